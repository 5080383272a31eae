# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: checksums and segmentation."""
import struct

from .nic import Func, Nic, Rx, Tx
from .packets import (ACK, CWR, FIN, PSH, TCP, UDP, command, csum, eth, good, mac, offsets, packet, pseudo)
from .regs import R
from .t_virtio import A, B, pair
from .t_vlan import ACTIVE
from .t_vlan import tag as tagged
from .virtio import (BASE, CSUM, DATA_VALID, ECN, EINVAL, GUEST_CSUM, HDR, HOST_TSO4, HOST_TSO6, HOST_USO,
                     NEEDS_CSUM, TCP4, TCP6, UDP_L4, USUAL, Vfunc, Vrx, Vtx, header)
from .virtio import UDP as UFO

CHECK = {TCP: 16, UDP: 6}


def l4_at(v6):
    return 54 if v6 else 34


def want(v6, proto, mss=0, **kw):
    """A header that asks for what a stack asks for."""
    gso = (TCP6 if v6 else TCP4) if mss else 0
    val = {'flags': NEEDS_CSUM, 'gso': gso, 'mss': mss, 'start': l4_at(v6), 'offset': CHECK[proto]}
    return header(**(val | kw))


def test_checksums(m):
    """NEEDS_CSUM is left to a receiver that can have that, and completed for others."""
    nic, a, b, tx, rx = pair(m, n=128, post=100)
    for v6 in (0, 1):
        for proto in (TCP, UDP):
            for size in (1, 64, 1001):
                for offloads in (GUEST_CSUM, 0):
                    assert b.features(USUAL, offloads) == 0
                    f = packet(B, A, v6, proto, bytes(i & 255 for i in range(size)), 'full')
                    assert not good(f) and tx.send(f, want(v6, proto))
                    got, head = rx.recv()
                    assert len(got) == len(f), (v6, proto, size)
                    if offloads:
                        assert got == f and head['flags'] == NEEDS_CSUM
                        assert (head['start'], head['offset']) == (l4_at(v6), CHECK[proto])
                    else:
                        assert good(got) and head['flags'] == 0
    up = packet(mac(9), A, 0, UDP, b'to the wire', 'full')
    assert tx.send(up, want(0, UDP))
    got = m.recv()
    assert good(got[:len(up)]) and len(got) == 60


def test_checksums_to_others(m):
    """An AVF is given complete ones, beside a virtio function that has them left partial, or not."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    c, d = Vfunc(nic, 3, mac(3), qps=[2]), Vfunc(nic, 4, mac(4), offloads=0, qps=[3])
    tx, avf, left, done = Vtx(a), Rx(b), Vrx(c), Vrx(d)
    for dst in (B, b'\xff' * 6):
        for v6 in (0, 1):
            for proto in (TCP, UDP):
                f = packet(dst, A, v6, proto, bytes(range(77)), 'full')
                assert tx.send(f, want(v6, proto))
                got, qw1, _ = avf.recv()
                assert good(got) and qw1 & (1 << 3 | 1 << 22 | 1 << 23) == 1 << 3, 'L3L4P'
                if dst == B:
                    continue
                got, head = left.recv()
                assert good(got) if head['flags'] == DATA_VALID else got == f and head['flags'] == NEEDS_CSUM
                got, head = done.recv()
                assert good(got) and head['flags'] == 0
                m.drain_now()


def test_data_valid(m):
    """It is said of frames whose checksums were looked at and are good."""
    _, _, _, _, rx = pair(m)
    fine = packet(B, mac(9), 0, TCP, b'x' * 80, 'valid')
    bad4 = fine[:50] + b'\0\1' + fine[52:]
    bad3 = fine[:24] + b'\0\1' + fine[26:]
    cases = ((fine, DATA_VALID), (packet(B, mac(9), 1, UDP, b'x' * 80, 'valid'), DATA_VALID), (bad4, 0), (bad3, 0),
             (eth(B, mac(9), bytes(80)), 0), (packet(B, mac(9), 0, UDP, b'x' * 80, 'none'), 0))
    for f, flags in cases:
        rx.m.send(f)
        got, head = rx.recv()
        assert got == f and head['flags'] == flags, f.hex()


def test_any_sum(m):
    """A sum from anywhere to the end of the packet, for whatever protocol."""
    _, a, b, tx, rx = pair(m)
    assert b.features(USUAL, 0) == 0
    size = len(eth(B, A, bytes(80)))
    for start, offset in ((14, 0), (20, 10), (size - 2, 0), (15, 2)):
        f = eth(B, A, bytes(range(100, 180)))
        f = f[:start + offset] + b'\0\0' + f[start + offset + 2:]
        assert tx.send(f, header(NEEDS_CSUM, start=start, offset=offset))
        got = rx.recv()[0]
        # A sum over nothing but the field is complete with all ones.
        assert csum(got[start:]) == 0xffff, (start, offset)
        assert got[:start + offset] == f[:start + offset] and got[start + offset + 2:] == f[start + offset + 2:]
    assert a.stat(R.STAT_TX_ERRORS) == 0


def forged(start, word, *words):
    """A frame with a priority tag whose sum from @start on makes its first word @word."""
    f = tagged(eth(mac(9), A, bytes(60), 0), 0)
    for at, value in words:
        f = f[:at] + value.to_bytes(2, 'big') + f[at + 2:]
    rest = (0xffff - word - sum(value for at, value in words)) % 0xffff
    return f[:20] + rest.to_bytes(2, 'big') + f[22:]


def test_sum_in_a_header(m):
    """No sum changes a field afterwards by which the switch has judged a frame."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    tx, avf = Vtx(a), Rx(b)
    assert nic.vlans(1, [0]) == 0
    vlan, control = forged(14, 200, (16, 0x88b5)), forged(16, 0x8808)
    assert csum(vlan[14:]) == 0xffff - 200 and csum(control[16:]) == 0xffff - 0x8808
    n = 0
    for port, flags in ((0, R.VSI_VLAN_FILTER), (100, 0), (200, 0)):
        assert nic.vsi(1, ACTIVE | flags, vlan=port) == 0 and nic.vsi(2, ACTIVE, vlan=port) == 0
        n += 1
        for f, start, stat in ((vlan, 14, R.STAT_VLAN_DROPS), (control, 16, R.STAT_CONTROL_DROPS)):
            for dst in (f[:6], B):
                assert tx.send(dst + f[6:], header(NEEDS_CSUM, start=start, offset=0))
                m.settle()
                assert m.recv_now() is None and avf.recv(wait=False) is None, (port, start)
            assert a.stat(stat) == 2 * n, (port, start)
    assert a.stat(R.STAT_TX_ERRORS) == 0


def segments(rx, n):
    return [rx.recv()[0] for _ in range(n)]


def tso(v6, payload, **kw):
    return packet(B, A, v6, TCP, payload, 'full', **kw)


def test_tso(m):
    for_all = ((HDR,), None), ((5, HDR, 40, 90), None), ((HDR, 60), 0), ((), 0)
    _, a, _, tx, rx = pair(m, n=256, post=120)
    for v6 in (0, 1):
        for cuts, direct in for_all:
            payload = bytes(i * 7 & 255 for i in range(3333))
            f = tso(v6, payload, flags=FIN | PSH | ACK | CWR)
            hdr = len(f) - len(payload)
            head = want(v6, TCP, 1000, gso=(TCP6 if v6 else TCP4) | ECN, hdr_len=7)
            assert tx.send(f, head, cuts, direct)
            out = b''
            for i, got in enumerate(segments(rx, 4)):
                ip, tcp = got[14:], got[hdr - 20:hdr]
                assert good(got) and len(got) == hdr + (333 if i == 3 else 1000)
                assert struct.unpack('!I', tcp[4:8])[0] == 1000 + 1000 * i
                flags = ACK | (CWR if i == 0 else 0) | (FIN | PSH if i == 3 else 0)
                assert tcp[13] == flags, (i, tcp[13])
                if not v6:
                    assert struct.unpack('!H', ip[4:6])[0] == 7 + i
                out += got[hdr:]
            assert out == payload
    assert a.stat(R.STAT_TSO_PACKETS) == 8 and a.stat(R.STAT_TX_UNICAST) == 32


def test_uso(m):
    """Datagrams: each has its own length, checksum and IPv4 identification."""
    _, a, _, tx, rx = pair(m, n=256, post=120)
    assert a.enable(tx.vq, 0) == 0 and a.features(USUAL | HOST_USO) == 0
    tx = Vtx(a)
    for v6 in (0, 1):
        for tag in (0, 4):
            for mss, n in ((64, 64), (64, 65), (1, 7), (20, 101), (1000, 3333), (1400, 4201)):
                payload = bytes(i * 7 & 255 for i in range(n))
                f = packet(B, A, v6, UDP, payload, 'full')
                f = f[:12] + b'\x81\0\0\5'[:tag] + f[12:]
                hdr = len(f) - n
                assert tx.send(f, want(v6, UDP, mss, gso=UDP_L4, start=l4_at(v6) + tag), cuts=(HDR, 50), direct=0)
                out = b''
                for i, got in enumerate(segments(rx, -(-n // mss))):
                    assert got[12:12 + tag] == b'\x81\0\0\5'[:tag]
                    assert good(got[:12] + got[12 + tag:]), (v6, mss, i)
                    assert struct.unpack('!H', got[hdr - 4:hdr - 2])[0] == len(got) - hdr + 8
                    assert v6 or struct.unpack('!H', got[18 + tag:20 + tag])[0] == 7 + i
                    out += got[hdr:]
                assert out == payload
    assert a.stat(R.STAT_TX_ERRORS) == 0


def test_tso_most_frames(m):
    """A packet becomes a thousand frames, but not any number."""
    _, a, _, tx, rx = pair(m, n=1024, post=1010, bufsz=1024)
    assert tx.send(tso(0, bytes(1041)), want(0, TCP, 1)) and a.stat(R.STAT_TX_ERRORS) == 1 and tx.active()
    assert a.stat(R.STAT_TX_UNICAST) == 0 and tx.send(tso(0, bytes(1000)), want(0, TCP, 1))
    assert a.stat(R.STAT_TX_UNICAST) == 1000 and len(segments(rx, 1000)) == 1000


def test_tso_tag(m):
    """The network header is found behind tags."""
    _, _, _, tx, rx = pair(m)
    f = tso(0, bytes(2000))
    f = f[:12] + b'\x81\0\0\5' + f[12:]
    assert tx.send(f, want(0, TCP, 1000, start=38))
    for got in segments(rx, 2):
        assert got[12:16] == b'\x81\0\0\5' and good(got[:12] + got[16:])


def test_tso_turns(m):
    """A packet of more segments than a pass sends arrives whole, and is used at the end."""
    _, a, b, tx, rx = pair(m, n=1024, post=700, bufsz=1024)
    payload = bytes(i * 7 & 255 for i in range(64 * 690))
    assert tx.send(tso(0, payload, flags=FIN | PSH | ACK), want(0, TCP, 64))
    assert a.stat(R.STAT_TSO_PACKETS) == 1 and a.stat(R.STAT_TX_UNICAST) == 690
    out = b''
    for i, got in enumerate(segments(rx, 690)):
        assert good(got) and got[47] == (FIN | PSH | ACK if i == 689 else ACK)
        out += got[54:]
    assert out == payload and b.stat(R.STAT_RX_DISCARDS) == 0


def test_tso_64k(m):
    """A full-size packet, to the other kind of function."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    tx, rx = Vtx(a), Rx(b, post=60)
    payload = bytes(65535 - 40)
    f = packet(B, A, 0, TCP, b'', 'none') + payload
    seed = pseudo(0, b'\x0a\0\0\1', b'\x0a\0\0\2', TCP, 20 + len(payload))
    f = f[:50] + struct.pack('!H', seed) + f[52:]
    assert tx.send(f, want(0, TCP, 1460), cuts=(HDR, 100, 4000, 20000, 50000), direct=0)
    n = -(-len(payload) // 1460)
    assert b.stat(R.STAT_RX_UNICAST) == n
    got = segments(rx, n)
    assert all(good(x) for x in got) and sum(len(x) - 54 for x in got) == len(payload)


def test_from_avf(m):
    """What an AVF segments or sums arrives good and checked."""
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, qps=[1])
    tx, rx = Tx(a), Vrx(b)
    f = packet(B, A, 0, TCP, bytes(3000), 'tso', ip_good=False)
    assert tx.send(f, command(0, TCP), offsets(0, TCP), mss=1000, hdr=54)
    for _ in range(3):
        got, head = rx.recv()
        assert good(got) and head['flags'] == DATA_VALID


BAD_OFFLOADS = (
    # the header, the features that the driver has accepted
    (want(0, TCP, start=13), USUAL), (want(0, TCP, start=0), USUAL), (want(0, TCP, start=300), USUAL),
    (want(0, TCP, offset=0xffff), USUAL), (want(0, TCP, start=len(tso(0, bytes(200))) - 1, offset=0), USUAL),
    (want(0, TCP), BASE), (want(0, TCP, 100), BASE | CSUM), (want(0, TCP, 100), BASE | CSUM | HOST_TSO6),
    (want(0, TCP, 100, gso=TCP6), USUAL), (want(0, TCP, 100, flags=0), USUAL),
    (want(0, TCP, 9669), USUAL), (want(0, TCP, 0, gso=TCP4), USUAL), (want(0, TCP, 100, gso=UFO), USUAL),
    (want(0, TCP, 100, gso=UDP_L4), USUAL), (want(0, TCP, 100, gso=2), USUAL), (want(0, TCP, 100, gso=ECN), USUAL),
    (want(0, TCP, 100, gso=TCP4 | ECN), BASE | CSUM | HOST_TSO4), (want(0, TCP, 100, gso=TCP4 | 0x40), USUAL),
    (want(0, TCP, 100, start=30), USUAL), (want(0, TCP, 100, start=38), USUAL), (want(0, TCP, 100, start=250), USUAL),
    (want(0, TCP, 100, offset=6), USUAL), (want(0, TCP, 100, start=0), USUAL), (want(1, TCP, 100, gso=TCP6), USUAL),
)


USO = USUAL | HOST_USO
BAD_USO = (
    want(0, UDP, 100, gso=UDP_L4 | ECN), want(0, UDP, 100, gso=UDP_L4, offset=16), want(0, UDP, 0, gso=UDP_L4),
    want(0, UDP, 100, gso=UDP_L4, flags=0), want(0, UDP, 100, gso=UDP_L4, start=30),
    want(0, UDP, 100, gso=UDP_L4, start=250), want(0, UDP, 100, gso=TCP4), want(1, UDP, 100, gso=UDP_L4),
)


def test_bad_uso(m):
    """The same of what is to become datagrams."""
    _, a, _, tx, rx = pair(m)
    f, sent = packet(B, A, 0, UDP, bytes(200), 'full'), want(0, UDP, 100, gso=UDP_L4)
    assert tx.send(f, sent) and a.stat(R.STAT_TX_ERRORS) == 1, 'not accepted'
    assert a.enable(tx.vq, 0) == 0 and a.features(BASE | HOST_USO) == EINVAL and a.features(USO) == 0
    tx = Vtx(a)
    for n, head in enumerate(BAD_USO):
        assert tx.send(f, head) and a.stat(R.STAT_TX_ERRORS) == n + 2 and tx.active(), n
    for at, val in ((23, TCP), (14, 0x46), (14, 0x65), (12, 0x86)):
        assert tx.send(f[:at] + bytes((val,)) + f[at + 1:], sent), at
        n += 1
        assert a.stat(R.STAT_TX_ERRORS) == n + 2, (at, val)
    assert rx.recv(wait=False) is None and tx.send(f, sent) and len(segments(rx, 2)) == 2


def test_bad_offloads(m):
    """The packet is dropped, used and counted; the queue goes on."""
    _, a, _, tx, rx = pair(m)
    f = tso(0, bytes(200))
    for n, (head, features) in enumerate(BAD_OFFLOADS):
        if features != a.has:
            assert a.enable(tx.vq, 0) == 0 and a.features(features) == 0
            tx = Vtx(a)
        assert tx.send(f, head), n
        assert a.stat(R.STAT_TX_ERRORS) == n + 1 and tx.active(), n
    assert tx.send(bytes(10000)) and a.stat(R.STAT_TX_ERRORS) == n + 2, 'too long for a frame'
    for at, val in ((46, 0x40), (23, UDP), (14, 0x46), (14, 0x65), (12, 0x86)):
        bad = f[:at] + bytes((val,)) + f[at + 1:]
        assert tx.send(bad, want(0, TCP, 100)), at
        n += 1
        assert a.stat(R.STAT_TX_ERRORS) == n + 2, (at, val)
    assert rx.recv(wait=False) is None and a.stat(R.STAT_BAD_DESCRIPTORS) == 0
    assert tx.send(f, header(0xfe, hdr_len=1, mss=7, buffers=9)) and rx.recv()[0] == f, 'flags that mean nothing'
