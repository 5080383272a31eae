# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: packets to be segmented that arrive whole."""
import struct

from .nic import Func, Nic, Rx, Tx
from .packets import ACK, CWR, TCP, UDP, command, finish, good, mac, offsets, packet, pseudo
from .regs import R
from .t_virtio import A, B, FRAME
from .t_vnet import l4_at, segments, tso, want
from .virtio import (BASE, ECN, GUEST_CSUM, GUEST_ECN, GUEST_TSO4, GUEST_TSO6, HDR, MRG_RXBUF, NEEDS_CSUM, OFFLOADS,
                     TCP4, TCP6, WHOLE, Vfunc, Vrx, Vtx)


def whole(m, features=WHOLE, offloads=None, **kw):
    nic = Nic(m)
    a = Vfunc(nic, 1, A, qps=[0])
    b = Vfunc(nic, 2, B, features=features, offloads=offloads, qps=[1])
    return nic, a, b, Vtx(a), Vrx(b, **({'bufsz': 1536, 'n': 256, 'post': 120} | kw))


def is_whole(got, head, f, v6, mss, payload, tag=0):
    """@got is @f as it was, with its lengths, its IP checksum and the pseudo header's sum."""
    assert len(got) == len(f) and got[54 + 20 * v6 + tag:] == payload
    assert (head['flags'], head['gso'] & 0x7f, head['mss']) == (NEEDS_CSUM, TCP6 if v6 else TCP4, mss)
    assert (head['start'], head['offset']) == (l4_at(v6) + tag, 16)
    assert head['hdr_len'] == l4_at(v6) + 20 + tag
    done = got[:head['start']] + finish(got[head['start']:], TCP)
    assert good(done[:12] + done[12 + tag:]), 'the receiver can complete it'
    return True


def test_whole(m):
    """A packet to be segmented arrives as it is, and counts as its segments."""
    nic, a, b, tx, rx = whole(m)
    packets = size = 0
    for v6 in (0, 1):
        for n in (2, 1001, 3333, 60000):
            for flags, ecn in ((ACK, 0), (ACK | CWR, ECN)):
                payload = bytes(i * 7 & 255 for i in range(n))
                f = tso(v6, payload, flags=flags)
                mss = 1000 if n > 1000 else 64
                gso = (TCP6 if v6 else TCP4) | ecn
                assert tx.send(f, want(v6, TCP, mss, gso=gso))
                got, head = rx.recv()
                segs = -(-n // mss)
                if segs == 1:
                    assert good(got) and head['gso'] == 0, 'one segment is a frame'
                else:
                    assert is_whole(got, head, f, v6, mss, payload) and head['gso'] == gso
                    assert head['buffers'] == -(-(len(f) + HDR) // 1536)
                packets += segs
                size += n + segs * (len(f) - n)
                rx.post(head['buffers'])
    for f, way in ((a, 'TX'), (b, 'RX')):
        assert f.stat(getattr(R, f'STAT_{way}_UNICAST')) == packets
        assert f.stat(getattr(R, f'STAT_{way}_BYTES')) == size
    assert a.stat(R.STAT_TSO_PACKETS) == 16 and b.stat(R.STAT_RX_DISCARDS) == 0


def test_whole_from_avf(m):
    """AVF drivers leave out lengths and checksums; the packet is complete all the same."""
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, features=WHOLE, qps=[1])
    tx, rx = Tx(a), Vrx(b, n=128, post=60)
    for v6 in (0, 1):
        payload = bytes(i * 7 & 255 for i in range(20000))
        f = packet(B, A, v6, TCP, payload, 'tso', ip_good=False)
        if not v6:
            f = f[:16] + b'\0\0' + f[18:]
        assert tx.send(f, command(v6, TCP), offsets(v6, TCP), mss=1460, hdr=len(f) - len(payload), pieces=3)
        assert is_whole(*rx.recv(), f, v6, 1460, payload)
    assert a.stat(R.STAT_TX_UNICAST) == 28 == b.stat(R.STAT_RX_UNICAST)


# Offset, old and new byte of a header, by version of IP: the packet's own headers lead to no TCP there.
NOT_TCP = ((0, 14, 0x45, 0x46), (0, 20, 0, 0x20), (0, 23, TCP, UDP), (1, 20, TCP, UDP))


def test_whole_as_it_says(m):
    """A packet whose headers are not where its sender's descriptor has them is cut."""
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, features=WHOLE, qps=[1])
    tx, rx = Tx(a), Vrx(b, n=128, post=60)
    for v6, at, old, new in NOT_TCP:
        payload = bytes(3000)
        f = packet(B, A, v6, TCP, payload, 'tso', ip_good=False)
        assert f[at] == old
        f = f[:at] + bytes((new,)) + f[at + 1:]
        assert tx.send(f, command(v6, TCP), offsets(v6, TCP), mss=1000, hdr=len(f) - len(payload))
        for _ in range(3):
            got, head = rx.recv()
            assert head['gso'] == 0 and got[-1000:] == payload[:1000], (v6, at)
        assert rx.recv(wait=False) is None


# What is not in force, of which packet, and whether it is whole then.
CUT = (
    (GUEST_TSO4, 0, ACK, False), (GUEST_TSO4 | GUEST_ECN, 1, ACK, True), (GUEST_TSO6, 1, ACK, False),
    (GUEST_ECN, 0, ACK, True), (GUEST_ECN, 0, ACK | CWR, False), (GUEST_TSO4 | GUEST_TSO6 | GUEST_ECN | GUEST_CSUM, 0, ACK, False),
    (GUEST_CSUM, 1, ACK, False), (0, 0, ACK | CWR, True),
)


def test_whole_in_force(m):
    """Only what the driver accepted and has in force; changes act at once."""
    _, a, b, tx, rx = whole(m)
    for less, v6, flags, is_one in CUT:
        assert b.features(WHOLE, WHOLE & OFFLOADS & ~less) == 0
        payload = bytes(3000)
        f = tso(v6, payload, flags=flags)
        assert tx.send(f, want(v6, TCP, 1000))
        if is_one:
            assert is_whole(*rx.recv(), f, v6, 1000, payload)
        else:
            assert all(good(x) for x in segments(rx, 3)), hex(less)
        rx.post(3)
    assert b.enable(R.VQ_ALL, 0) == 0 and b.features(WHOLE & ~MRG_RXBUF) == 0
    rx = Vrx(b)
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000))
    assert all(good(x) for x in segments(rx, 3)), 'not without mergeable buffers'


def test_whole_needs(m):
    """Features of it that lack another one."""
    nic = Nic(m)
    f = Vfunc(nic, 1, A, qps=[0])
    for features, ok in ((GUEST_TSO4, False), (GUEST_TSO6, False), (GUEST_CSUM | GUEST_ECN, False),
                         (GUEST_CSUM | GUEST_TSO6 | GUEST_ECN, True), (GUEST_CSUM | GUEST_TSO4, True)):
        assert f.features(BASE | features) == (0 if ok else 22), hex(features)


def test_whole_and_cut(m):
    """One packet to a receiver that takes it whole, one that does not, an AVF and the uplink."""
    nic, a, b, tx, rx = whole(m)
    avf, c = Func(nic, 3, mac(3), qps=[2]), Vfunc(nic, 4, mac(4), qps=[3])
    more = Rx(avf), Vrx(c)
    for f in (b, avf, c):
        assert nic.vsi(f.idx, R.VSI_ACTIVE | R.VSI_UC_PROMISC) == 0
    payload = bytes(i * 7 & 255 for i in range(3333))
    for dst in (B, mac(9)):
        f = dst + tso(0, payload)[6:]
        assert tx.send(f, want(0, TCP, 1000))
        assert is_whole(*rx.recv(), f, 0, 1000, payload) and rx.recv(wait=False) is None
        for q in more:
            got = segments(q, 4)
            assert all(good(x) for x in got) and b''.join(x[54:] for x in got) == payload
        if dst != B:
            got = [m.recv() for _ in range(4)]
            assert all(good(x) for x in got) and b''.join(x[54:] for x in got) == payload
        assert m.recv(0.05) is None
        rx.post(3)
    assert a.stat(R.STAT_TX_UNICAST) == 8 and a.stat(R.STAT_TX_DISCARDS) == 0
    f = b'\xff' * 6 + tso(0, payload)[6:]
    assert tx.send(f, want(0, TCP, 1000)) and len(segments(rx, 4)) == 4, 'broadcast is cut'


def test_whole_turns(m):
    """Those who have the packet whole get no segment, however many turns the rest takes."""
    nic, a, b, tx, rx = whole(m)
    c = Vfunc(nic, 4, mac(4), qps=[3])
    other = Vrx(c, n=1024, post=700)
    assert nic.vsi(4, R.VSI_ACTIVE | R.VSI_UC_PROMISC) == 0
    payload = bytes(i * 7 & 255 for i in range(64 * 690))
    f = tso(0, payload)
    assert tx.send(f, want(0, TCP, 64))
    assert is_whole(*rx.recv(), f, 0, 64, payload) and rx.recv(wait=False) is None
    assert b''.join(x[54:] for x in segments(other, 690)) == payload
    assert b.stat(R.STAT_RX_UNICAST) == c.stat(R.STAT_RX_UNICAST) == a.stat(R.STAT_TX_UNICAST) == 690
    assert nic.vsi(4, R.VSI_ACTIVE | R.VSI_UC_PROMISC, vlan=7) == 0
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000)) and rx.recv()[1]['mss'] == 1000
    assert a.stat(R.STAT_TX_DISCARDS) == 0, 'segments that only others could have had'


def test_whole_vlan(m):
    """Behind a tag, from and to port VLANs."""
    nic, a, b, tx, rx = whole(m)
    payload = bytes(3000)
    f = tso(0, payload)
    tagged = f[:12] + b'\x81\0\0\5' + f[12:]
    assert tx.send(tagged, want(0, TCP, 1000, start=38))
    assert is_whole(*rx.recv(), tagged, 0, 1000, payload, 4)
    assert nic.vsi(1, R.VSI_ACTIVE, vlan=5) == 0
    assert tx.send(f, want(0, TCP, 1000))
    assert is_whole(*rx.recv(), tagged, 0, 1000, payload, 4)
    assert nic.vsi(2, R.VSI_ACTIVE, vlan=5) == 0
    assert tx.send(f, want(0, TCP, 1000))
    assert is_whole(*rx.recv(), f, 0, 1000, payload)
    assert nic.vsi(1, R.VSI_ACTIVE) == 0
    assert tx.send(tagged, want(0, TCP, 1000, start=38))
    assert is_whole(*rx.recv(), f, 0, 1000, payload)
    assert b.stat(R.STAT_RX_UNICAST) == 12 and b.stat(R.STAT_RX_BYTES) == 4 * (3000 + 3 * 54) + 2 * 3 * 4
    part = packet(B, A, 0, UDP, b'part', 'full')
    assert tx.send(part[:12] + b'\x81\0\0\5' + part[12:], want(0, UDP, start=38))
    got, head = rx.recv()
    assert got == part and (head['flags'], head['start']) == (NEEDS_CSUM, 34)
    assert nic.vsi(2, R.VSI_ACTIVE, vlan=6) == 0
    assert tx.send(tagged, want(0, TCP, 1000, start=38))
    assert a.stat(R.STAT_TX_DISCARDS) == 3, 'its segments'


def test_whole_held(m):
    """A packet that waits takes the room of its segments; a changed mind loses it."""
    _, a, b, tx, rx = whole(m, post=0)
    for n in (40, 24, 1):
        tx.send(tso(0, bytes(1000 * n)), want(0, TCP, 1000), kick=False)
        tx.kick()
        m.settle()
    assert len(tx.used(2)) == 2 and tx.used(0) == [], 'the third waits'
    m.step(25_000_000)
    assert len(tx.used()) == 1 and b.stat(R.STAT_RX_DISCARDS) == 1
    rx.post(120)
    assert rx.recv()[1]['mss'] == rx.recv()[1]['mss'] == 1000 and rx.recv(wait=False) is None
    assert b.stat(R.STAT_RX_UNICAST) == 64
    b.enable(rx.vq, 0)
    rx = Vrx(b, post=0)
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000))
    assert b.features(WHOLE, GUEST_CSUM) == 0
    assert tx.send(FRAME)
    rx.post(8)
    assert rx.recv()[0] == FRAME and b.stat(R.STAT_RX_DISCARDS) == 4


def test_whole_changed_mind(m):
    """A packet of a kind that the driver wants no longer is lost, not the other kind with it."""
    _, a, b, tx, rx = whole(m, post=0)
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000))
    assert b.features(WHOLE, GUEST_CSUM | GUEST_TSO6) == 0
    rx.post(8)
    m.until(lambda: b.stat(R.STAT_RX_DISCARDS) == 3)
    assert tx.send(tso(1, bytes(3000)), want(1, TCP, 1000)) and rx.recv()[1]['mss'] == 1000
    assert rx.recv(wait=False) is None


def test_whole_small_ring(m):
    """A ring that cannot hold a packet loses one; the next ones are cut."""
    _, a, b, tx, rx = whole(m, n=8, post=8, bufsz=1536)
    f = tso(0, bytes(20000))
    assert tx.send(f, want(0, TCP, 1000)) and rx.used_idx() == 0 and b.stat(R.STAT_RX_DISCARDS) == 20
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000)) and len(segments(rx, 3)) == 3
    rx.post(3)
    assert b.features(WHOLE) == 0
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000)) and rx.recv()[1]['gso'] == TCP4
    rx.post(2)
    assert tx.send(f, want(0, TCP, 1000)) and b.stat(R.STAT_RX_DISCARDS) == 40 and b.stopped() == 0
    assert b.enable(rx.vq, 0) == 0
    rx = Vrx(b, n=64, post=60, bufsz=1536)
    assert tx.send(f, want(0, TCP, 1000)) and rx.recv()[1]['gso'] == TCP4, 'a larger ring'


ALL = R.WHOLE_V4 | R.WHOLE_V6 | R.WHOLE_CWR
IS_WHOLE = 1 << 16


def to_avf(m, whole=ALL, idx=0, **kw):
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Func(nic, idx, B, qps=[1])
    b.set(R.FUNC_WHOLE, whole)
    return nic, a, b, Vtx(a), Rx(b, **({'n': 128, 'post': 100, 'bufsz': 3712} | kw))


def avf_whole(rx, f, v6, mss, payload, kind):
    got, qw1, _ = rx.recv()
    assert qw1 & IS_WHOLE and len(got) == len(f) and got[54 + 20 * v6:] == payload
    l4 = l4_at(v6)
    assert rx.qw2 == mss | l4 << 16 | (l4 + 20) << 32 | kind << 48
    assert good(got[:l4] + finish(got[l4:], TCP))
    return True


def test_whole_to_avf(m):
    """An AVF function that asks for it, the PF's and others, is given packets whole."""
    for idx in (0, 2):
        _, a, b, tx, rx = to_avf(m, idx=idx)
        assert b.get(R.FUNC_WHOLE) == ALL
        segs = 0
        for v6 in (0, 1):
            for n in (65, 3000, 65000):
                for flags in (ACK, ACK | CWR):
                    payload, mss = bytes(i * 7 & 255 for i in range(n)), 1000 if n > 1000 else 64
                    f = tso(v6, payload, flags=flags)
                    assert tx.send(f, want(v6, TCP, mss, gso=(TCP6 if v6 else TCP4) | (ECN if flags & CWR else 0)))
                    kind = (R.WHOLE_V6 if v6 else R.WHOLE_V4) | (R.WHOLE_CWR if flags & CWR else 0)
                    assert avf_whole(rx, f, v6, mss, payload, kind)
                    rx.post(-(-len(f) // 3712))
                    segs += -(-n // mss)
        assert b.stat(R.STAT_RX_UNICAST) == a.stat(R.STAT_TX_UNICAST) == segs
        assert b.stat(R.STAT_RX_DISCARDS) == 0
        assert tx.send(FRAME) and not rx.recv()[1] & IS_WHOLE, 'a frame'
        b.nic.wr(R.CTRL, R.CTRL_RESET)


def test_whole_to_avf_cut(m):
    """Only packets of the kinds that it asks for; a function reset ends that."""
    _, _, b, tx, rx = to_avf(m)
    for whole in range(8):
        b.set(R.FUNC_WHOLE, whole | 0xfffffff8)
        assert b.get(R.FUNC_WHOLE) == whole, 'unnamed bits'
        for v6, flags in ((0, ACK), (1, ACK), (0, ACK | CWR)):
            need = (R.WHOLE_V6 if v6 else R.WHOLE_V4) | (R.WHOLE_CWR if flags & CWR else 0)
            payload = bytes(2000)
            f = tso(v6, payload, flags=flags)
            assert tx.send(f, want(v6, TCP, 1000))
            if need & ~whole:
                got = [rx.recv() for _ in range(2)]
                assert all(good(x[0]) and not x[1] & IS_WHOLE for x in got)
            else:
                assert avf_whole(rx, f, v6, 1000, payload, need)
            rx.post(2)
    b.set(R.FUNC_WHOLE, ALL)
    b.set(R.FUNC_CTRL, b.ENABLE | R.FUNC_CTRL_RESET)
    assert b.get(R.FUNC_WHOLE) == 0
    b.set(R.FUNC_CTRL, 0)
    b.set(R.FUNC_WHOLE, ALL)
    assert b.get(R.FUNC_WHOLE) == 0, 'a function that is disabled'
    v = Vfunc(b.nic, 3, mac(3), qps=[3])
    v.set(R.FUNC_WHOLE, ALL)
    assert v.get(R.FUNC_WHOLE) == 0, 'a virtio function'


def test_whole_to_avf_limits(m):
    """Too many buffers lose one packet, and the next ones are cut; MAXFRAME is about segments."""
    _, _, b, tx, rx = to_avf(m, bufsz=1024)
    most = tso(0, bytes(18 * 1024 - 54))
    assert tx.send(most, want(0, TCP, 1000))
    got, qw1, _ = rx.recv()
    assert len(got) == 18 * 1024 and qw1 & IS_WHOLE and rx.seen == 18
    assert tx.send(tso(0, bytes(18 * 1024 - 53)), want(0, TCP, 1000))
    m.settle()
    assert b.get(R.FUNC_WHOLE) == 0 and b.stat(R.STAT_RX_DISCARDS) == 19 and rx.recv(wait=False) is None
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000)) and len(segments(rx, 3)) == 3
    b.set(R.FUNC_WHOLE, ALL)
    rx.enable(0)
    rx = Rx(b, bufsz=3712, maxframe=1053)
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 1000)) and b.stat(R.STAT_RX_DISCARDS) == 22
    assert tx.send(tso(0, bytes(3000)), want(0, TCP, 999)) and rx.recv()[1] & IS_WHOLE


def test_whole_to_avf_held(m):
    """A packet that waits for descriptors is lost when the function changes its mind."""
    _, _, b, tx, rx = to_avf(m, post=1)
    assert tx.send(tso(0, bytes(9000)), want(0, TCP, 1000))
    m.settle()
    assert rx.recv(wait=False) is None
    rx.post(2)
    assert len(rx.recv()[0]) == 9054
    assert tx.send(tso(0, bytes(9000)), want(0, TCP, 1000))
    b.set(R.FUNC_WHOLE, R.WHOLE_V6)
    rx.post(8)
    m.settle()
    assert b.stat(R.STAT_RX_DISCARDS) == 9
    assert tx.send(FRAME) and rx.recv()[0] == FRAME


def test_whole_rate(m):
    """The rate is charged for the segments."""
    nic, a, _, tx, rx = whole(m)
    assert nic.vsi(1, R.VSI_ACTIVE, rate=10) == 0
    f = tso(0, bytes(60000))
    for _ in range(3):
        tx.send(f, want(0, TCP, 1000), kick=False)
    tx.kick()
    assert len(tx.used()) == 1
    m.step(47_000_000)
    assert len(tx.used(0)) == 0, '63,240 bytes take 50.6 ms'
    m.step(10_000_000)
    assert len(tx.used()) == 1 and rx.recv()


def test_whole_too_long(m):
    """What no IP length can say is cut."""
    _, _, b, tx, rx = whole(m, n=256, post=200)
    payload = bytes(65536 - 54 + 20)
    f = packet(B, A, 0, TCP, b'', 'none') + payload
    seed = pseudo(0, b'\x0a\0\0\1', b'\x0a\0\0\2', TCP, 20) + len(payload)
    f = f[:50] + struct.pack('!H', (seed & 0xffff) + (seed >> 16)) + f[52:]
    assert tx.send(f, want(0, TCP, 1460))
    assert all(good(x) for x in segments(rx, 45))
