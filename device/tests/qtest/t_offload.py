# SPDX-License-Identifier: GPL-2.0-only
"""Checksums, segmentation, and what a receiver is told."""
import struct

from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import (ACK, BROADCAST, CWR, FIN, HDR, PSH, SCTP, TCP, UDP, command, eth, good, ip4,
                      ip6, mac, offsets, packet, toeplitz)
from .regs import R

A, B = mac(1), mac(2)
PTYPE = {(0, TCP): 26, (0, UDP): 24, (0, SCTP): 27, (1, TCP): 92, (1, UDP): 90, (1, SCTP): 93}
L3L4P, IPE, L4E, RSS = 1 << 3, 1 << 22, 1 << 23, 3 << 12


def pair(m, **kw):
    nic = Nic(m)
    a, b = Func(nic, 0, A, qps=[0]), Func(nic, 1, B, qps=[1, 2, 3, 4])
    return nic, a, b, Tx(a), Rx(b, **kw)


def ptype(qw1):
    return qw1 >> 30 & 0xff


def test_checksums(m):
    _, _, _, tx, rx = pair(m)
    for v6 in (0, 1):
        for proto in (TCP, UDP, SCTP):
            for size in (1, 64, 1001):
                f = packet(B, A, v6, proto, bytes(i & 255 for i in range(size)), 'full',
                           ip_good=False)
                assert not good(f)
                assert tx.send(f, command(v6, proto), offsets(v6, proto))
                got, qw1, _ = rx.recv()
                assert good(got) and len(got) == len(f), (v6, proto, size)
                assert ptype(qw1) == PTYPE[v6, proto]
                assert qw1 & (L3L4P | IPE | L4E) == L3L4P
                m.drain()


def test_checksums_on_the_wire(m):
    _, _, _, tx, _ = pair(m)
    f = packet(mac(9), A, 0, UDP, b'to the wire', 'full')
    assert tx.send(f, command(0, UDP), offsets(0, UDP))
    got = m.recv()
    assert good(got[:len(f)]) and len(got) == 60


def test_padding(m):
    """Bytes behind the IP packet are not part of a checksum."""
    _, _, _, tx, rx = pair(m)
    for proto in (TCP, UDP, SCTP):
        f = packet(B, A, 0, proto, b'abc', 'full')
        assert tx.send(f + b'\x55' * 9, command(0, proto), offsets(0, proto))
        got, qw1, _ = rx.recv()
        assert good(got[:len(f)]) and got[len(f):] == b'\x55' * 9


def test_received(m):
    """Frames from the wire are really checked."""
    _, _, _, _, rx = pair(m, post=31)
    for v6 in (0, 1):
        for proto in (TCP, UDP, SCTP):
            f = packet(B, A, v6, proto, b'payload of some length', 'valid')
            assert good(f)
            m.send(f)
            got, qw1, _ = rx.recv()
            assert ptype(qw1) == PTYPE[v6, proto]
            assert qw1 & (L3L4P | IPE | L4E) == L3L4P, (v6, proto, hex(qw1))
            m.send(f[:-1] + b'!')
            assert rx.recv()[1] & (L3L4P | IPE | L4E) == L3L4P | L4E
    f = packet(B, A, 0, TCP, b'x', 'valid', ip_good=False)
    m.send(f)
    assert rx.recv()[1] & (L3L4P | IPE | L4E) == L3L4P | IPE


def test_ptypes(m):
    _, _, _, _, rx = pair(m, post=31)
    body = bytes(40)
    cases = [
        (eth(B, A, body), 1, 0),
        (eth(B, A, ip4(6, 60, frag=0x2000) + body, 0x800), 22, L3L4P),
        (eth(B, A, ip4(6, 60, frag=5) + body, 0x800), 22, L3L4P),
        (eth(B, A, ip4(47, 60) + body, 0x800), 23, L3L4P),
        (eth(B, A, ip4(1, 60) + body, 0x800), 28, L3L4P),
        (eth(B, A, ip4(6, 20), 0x800), 23, L3L4P),              # no room for a TCP header
        (eth(B, A, ip4(132, 24) + b'abcd', 0x800), 23, L3L4P),
        (eth(B, A, ip4(17, 60) + b'\0\1\0\2\0\x28\0\0' + bytes(32), 0x800), 24, 0),     # UDP without
        (eth(B, A, ip6(47, 40) + body, 0x86dd), 89, 0),
        (eth(B, A, ip6(58, 40) + body, 0x86dd), 94, 0),
        (eth(B, A, ip6(44, 40) + b'\6\0\0\1' + bytes(36), 0x86dd), 88, 0),
        (eth(B, A, b'\0\5' + struct.pack('!H', 0x800) + ip4(17, 60) + b'\0\1\0\2\0\x28\0\0' +
             bytes(32), 0x8100), 24, 0),
        (eth(B, A, b'\x45', 0x800), 1, 0),
        (eth(B, A, b'', 0x86dd), 1, 0),
    ]
    for f, want, said in cases:
        m.send(f)
        got, qw1, _ = rx.recv()
        assert got[:len(f)] == f
        assert (ptype(qw1), qw1 & (L3L4P | IPE | L4E)) == (want, said), (f.hex(), hex(qw1))


def segments(m, rx, n):
    return [rx.recv()[0] for _ in range(n)]


def test_tso(m):
    _, a, _, tx, rx = pair(m, post=60)
    for v6 in (0, 1):
        payload = bytes(i * 7 & 255 for i in range(3333))
        flags = FIN | PSH | ACK | CWR
        f = packet(B, A, v6, TCP, payload, 'tso', flags=flags, ip_good=False)
        hdr = len(f) - len(payload)
        assert tx.send(f, command(v6, TCP), offsets(v6, TCP), mss=1000, hdr=hdr, pieces=3)
        out = b''
        for i, got in enumerate(segments(m, rx, 4)):
            ip, tcp = got[14:], got[hdr - 20:hdr]
            assert good(got) and len(got) == hdr + (333 if i == 3 else 1000)
            assert struct.unpack('!I', tcp[4:8])[0] == 1000 + 1000 * i
            want = ACK | (CWR if i == 0 else 0) | (FIN | PSH if i == 3 else 0)
            assert tcp[13] == want, (i, tcp[13])
            if not v6:
                assert struct.unpack('!H', ip[4:6])[0] == 7 + i
            out += got[hdr:]
        assert out == payload
    assert a.stat(R.STAT_TSO_PACKETS) == 2 and a.stat(R.STAT_TX_UNICAST) == 8


def test_tso_64k(m):
    """A full-size TSO packet to a neighbour loses nothing."""
    _, a, b, tx, rx = pair(m, post=60)
    payload = bytes(65536 - 40)
    f = packet(B, A, 0, TCP, b'', 'tso') + payload
    f = f[:14] + f[14:16] + b'\0\0' + f[18:]        # as the stack leaves it: length 0
    assert tx.send(f, command(0, TCP), offsets(0, TCP), mss=1460, hdr=54)
    assert b.stat(R.STAT_RX_UNICAST) == -(-len(payload) // 1460)
    assert sum(len(x) - 54 for x in segments(m, rx, b.stat(R.STAT_RX_UNICAST))) == len(payload)


def test_tso_burst_waits(m):
    """A receiver that stopped on a fault gets all of a burst afterwards."""
    nic, _, b, tx, rx = pair(m, post=60, mapped=False)
    payload = bytes(60000)
    f = packet(B, A, 0, TCP, b'', 'tso') + payload
    assert tx.send(f, command(0, TCP), offsets(0, TCP), mss=1460, hdr=54)
    tx.send(f, command(0, TCP), offsets(0, TCP), mss=1460, hdr=54, bell=False)
    tx.bell()
    for iova, pa in rx.bufs.values():
        b.tab.map(iova, pa)
    assert nic.faults()
    nic.answer(1, R.UNIT_RXQ(0), R.FAULT_RESP_RETRY)
    n = -(-len(payload) // 1460)
    assert m.until(lambda: b.stat(R.STAT_RX_UNICAST) == 60)
    segments(m, rx, 60)
    rx.mapped = True
    rx.post(40)
    assert m.until(lambda: b.stat(R.STAT_RX_UNICAST) == 2 * n)
    assert b.stat(R.STAT_RX_DISCARDS) == 0


def test_tso_turns(m):
    """A packet of more segments than a pass sends arrives whole."""
    _, a, b, tx, rx = pair(m, n=2048, post=1024, bufsz=1024)
    payload = bytes(i * 7 & 255 for i in range(65530))
    f = packet(B, A, 0, TCP, b'', 'tso', flags=FIN | PSH | ACK, ip_good=False) + payload
    assert tx.send(f, command(0, TCP), offsets(0, TCP), mss=64, hdr=54)
    assert a.stat(R.STAT_TSO_PACKETS) == 1 and a.stat(R.STAT_TX_UNICAST) == 1024
    out = b''
    for i, got in enumerate(segments(m, rx, 1024)):
        assert good(got) and struct.unpack('!I', got[38:42])[0] == 1000 + 64 * i
        assert got[47] == (FIN | PSH | ACK if i == 1023 else ACK)
        out += got[54:]
    assert out == payload and b.stat(R.STAT_RX_DISCARDS) == 0


def test_tso_length(m):
    """The context's TSO length is not looked at."""
    _, _, _, tx, rx = pair(m)
    f = packet(B, A, 0, TCP, bytes(1000), 'tso')
    m.write(tx.buf_pa, f)
    tx.context(1460, 200000)
    tx.data(tx.buf, len(f), 3 | command(0, TCP), offsets(0, TCP))
    tx.bell()
    got = rx.recv()[0]
    assert good(got) and got[54:] == bytes(1000)


def test_tso_small(m):
    """Less than one MSS is one frame."""
    _, _, _, tx, rx = pair(m)
    f = packet(B, A, 0, TCP, b'tiny', 'tso', flags=PSH | ACK)
    assert tx.send(f, command(0, TCP, False), offsets(0, TCP), mss=64, hdr=54)
    got = rx.recv()[0]
    assert good(got) and got[47] == PSH | ACK and got[54:] == b'tiny'


def test_uso(m):
    """Datagrams: each has its own length, checksum and IPv4 identification."""
    _, a, _, tx, rx = pair(m, post=60)
    for v6 in (0, 1):
        hdr = 62 if v6 else 42
        for mss, n in ((64, 64), (64, 65), (1000, 3000), (1400, 4201), (9000, 20000)):
            payload = bytes(i * 7 & 255 for i in range(n))
            f = packet(B, A, v6, UDP, payload, 'tso', ip_good=False)
            if not v6:
                f = f[:16] + b'\0\0' + f[18:]
            assert tx.send(f, command(v6, UDP), offsets(v6, UDP), mss=mss, hdr=hdr, pieces=2)
            got = []
            for i in range(-(-n // mss)):
                x, qw1, _ = rx.recv()
                rx.post(-(-len(x) // 2048))
                assert good(x) and qw1 & (L3L4P | L4E | IPE) == L3L4P, (v6, mss, i)
                assert struct.unpack('!H', x[hdr - 4:hdr - 2])[0] == len(x) - hdr + 8
                assert v6 or struct.unpack('!H', x[18:20])[0] == 7 + i
                got.append(x[hdr:])
            assert b''.join(got) == payload and {len(x) for x in got[:-1]} <= {mss}, (v6, mss, n)
    assert a.stat(R.STAT_TSO_PACKETS) == 10


def test_bad_offloads(m):
    nic, a, _, tx, rx = pair(m)
    f = packet(B, A, 0, TCP, bytes(200), 'full')
    tcp4, off = command(0, TCP), offsets(0, TCP)
    cases = [
        (tcp4, 0, 0), (tcp4, 0x3ffff, 0), (tcp4, 7, 0), (tcp4, 7 | 4 << 7, 0),
        (tcp4, 7 | 0x7f << 7, 0), (0x20 | 0x100, off, 100), (tcp4, off, 63), (tcp4, off, 9669),
        (0x20, 0x3ffff, 0), (0x40, 0x7f, 0), (0x100, off, 100), (0x60, off, 100), (0x60 | 0x300, off, 100),
        (0x360, 7 | 5 << 7 | 1 << 14, 100), (0x360, 7 | 5 << 7 | 3 << 14, 100), (0x360, 7 | 5 << 7, 100),
        (0x300, 7 | 5 << 7 | 2 << 14, 100), (0x360, 7 | 5 << 7 | 2 << 14, 63), (0x360, 7 | 5 << 7 | 2 << 14, 9687),
        (tcp4, 7 | 5 << 7 | 4 << 14, 100), (tcp4, 0x7f | 5 << 7 | 5 << 14, 100),
    ]
    for n, (cmd, o, mss) in enumerate(cases):
        tx.send(f, cmd, o, mss=mss, hdr=54, bell=False)
        tx.bell()
        assert m.until(lambda: tx.reason() == R.Q_ERR_DESC), (hex(cmd), hex(o), mss)
        assert tx.ctl() & (R.Q_CTL_ERROR | R.Q_CTL_ACTIVE) == R.Q_CTL_ERROR
        assert a.stat(R.STAT_TX_ERRORS) == n + 1
        tx.enable(0)
        assert tx.ctl() == 0
        tx.enable()
    assert rx.recv(wait=False) is None
    assert tx.send(f, tcp4, off) and good(rx.recv()[0])


def test_rss(m):
    nic, a, b, tx, rx0 = pair(m)
    rxs = [rx0] + [Rx(b, q) for q in (1, 2)]        # queue 3 stays off
    key = bytes((i * 37 + 11) & 255 for i in range(52))
    for at in range(0, 52, 16):
        part = key[at:at + 16]
        assert nic.fw(R.FW_RSS_KEY, pack('HBB', 1, at, len(part)) + part) == 0
    lut = bytes(i % 4 for i in range(64))
    for at in range(0, 64, 16):
        assert nic.fw(R.FW_RSS_LUT, pack('HBB', 1, at, 16) + lut[at:at + 16]) == 0
    hena = 1 << 33 | 1 << 31 | 1 << 43 | 1 << 45
    assert nic.fw(R.FW_RSS_HASH, pack('HHIQ', 1, 0, 0, hena)) == 0
    used = set()
    for sport in range(24):
        for v6, proto in ((0, TCP), (0, UDP), (1, TCP)):
            f = packet(B, A, v6, proto, b'x' * 30, 'valid', sport=sport, dport=80)
            assert tx.send(f)
            ip = f[14:]
            inp = (ip[8:40] if v6 else ip[12:20]) + struct.pack('!HH', sport, 80)
            want = toeplitz(key, inp)
            q = lut[want % 64]
            q = 0 if q == 3 else q
            got, qw1, value = rxs[q].recv()
            assert got == f and value == want and qw1 & RSS == RSS
            used.add(q)
            rxs[q].post(1)
    assert used == {0, 1, 2}
    f = packet(B, A, 0, SCTP, b'x', 'valid')
    assert tx.send(f)
    assert rx0.recv()[1] & RSS == 0, 'not selected'
    assert nic.fw(R.FW_RSS_HASH, pack('HHIQ', 1, 0, 0, 0)) == 0
    f = packet(B, A, 0, TCP, b'x', 'valid', sport=5)
    assert tx.send(f)
    assert rx0.recv()[0] == f, 'hash off: queue 0'


KINDS = {(v6, p): 4 * v6 + i for v6 in (0, 1) for i, p in enumerate((TCP, UDP, SCTP))}


def hashes(nic, tx, rx, omit, sym, v6, proto, sport=1111, dport=2222):
    """The hash of a packet, None if it has none, and the fields of the packet."""
    assert nic.fw(R.FW_RSS_HASH, pack('HBBIQ', 1, sym, 0, omit, (1 << 64) - 1)) == 0
    f = packet(B, A, v6, proto, b'x' * 30, 'valid', sport=sport, dport=dport)
    assert tx.send(f)
    got, qw1, value = rx.recv()
    rx.post(1)
    assert got == f
    ip = f[14:]
    addr = (ip[8:24], ip[24:40]) if v6 else (ip[12:16], ip[16:20])
    return value if qw1 & RSS else None, (*addr, struct.pack('!H', sport), struct.pack('!H', dport))


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def rss_setup(m):
    nic, _, _, tx, rx = pair(m)
    key = bytes((i * 37 + 11) & 255 for i in range(52))
    for at in range(0, 52, 16):
        part = key[at:at + 16]
        assert nic.fw(R.FW_RSS_KEY, pack('HBB', 1, at, len(part)) + part) == 0
    return nic, tx, rx, key


def test_rss_fields(m):
    """Each choice of fields of each kind of packet, other kinds being chosen otherwise."""
    nic, tx, rx, key = rss_setup(m)
    for (v6, proto), kind in KINDS.items():
        for omit in range(16):
            for sym in (0, 1):
                others = 0xa5a5a5a5 & ~(15 << 4 * kind)
                value, fields = hashes(nic, tx, rx, omit << 4 * kind | others, sym << kind, v6, proto)
                src, dst, sport, dport = fields
                if sym and not omit & 3:
                    src = dst = xor(src, dst)
                if sym and not omit & 12:
                    sport = dport = xor(sport, dport)
                data = b''.join(x for i, x in enumerate((src, dst, sport, dport)) if not omit >> i & 1)
                want = toeplitz(key, data) if data else None
                assert value == want, (v6, proto, omit, sym)


def test_rss_symmetric(m):
    """Both directions of a connection have one hash, other connections another one."""
    nic, tx, rx, _ = rss_setup(m)
    for (v6, proto), kind in KINDS.items():
        # One address for both ends: what differs are the ports.
        omit = 3 << 4 * kind
        there, _ = hashes(nic, tx, rx, omit, 1 << kind, v6, proto, 1000, 80)
        back, _ = hashes(nic, tx, rx, omit, 1 << kind, v6, proto, 80, 1000)
        other, _ = hashes(nic, tx, rx, omit, 1 << kind, v6, proto, 1001, 80)
        plain, _ = hashes(nic, tx, rx, omit, 0, v6, proto, 80, 1000)
        assert there == back != other and plain != back, (v6, proto)


def test_broadcast_checksum(m):
    """One frame, many receivers, one result."""
    _, _, b, tx, rx = pair(m)
    f = packet(BROADCAST, A, 0, UDP, b'all', 'full')
    assert tx.send(f, command(0, UDP), offsets(0, UDP))
    got, qw1, _ = rx.recv()
    assert good(got) and qw1 & (L3L4P | L4E | IPE) == L3L4P
    assert b.stat(R.STAT_RX_BROADCAST) == 1
    assert HDR[UDP] == 8
