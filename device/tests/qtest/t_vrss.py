# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: hashes of frames, what is reported of them, and queues chosen by them."""
import itertools

from .machine import pack
from .nic import Func, Nic
from .packets import ACK, TCP, UDP, SCTP, eth, ip4, packet, toeplitz
from .regs import R
from .t_virtio import A, B, FRAME
from .t_vnet import tso, want
from .virtio import EINVAL, HASH_REPORT, HDR, RSS, USUAL, WHOLE, Vfunc, Vrx, Vtx, header

HASHED = USUAL | RSS | HASH_REPORT
IPV4, TCPV4, UDPV4, IPV6, TCPV6, UDPV6 = (1 << n for n in range(6))
KEY = bytes((i * 37 + 11) & 255 for i in range(40))


def stage(nic, f, at, data):
    return max(nic.fw(R.FW_STAGE_VQ_RSS, pack('HBB', f.idx, at + i, len(data[i:i + 16])) + data[i:i + 16])
               for i in range(0, len(data), 16))


def rss(nic, f, types=63, table=None, other=0, key=KEY, entries=None, flags=None):
    """With a table frames are spread by it."""
    assert stage(nic, f, 0, key) == 0
    if table is not None:
        assert stage(nic, f, R.VQ_STAGE_TABLE, bytes(table)) == 0
    if flags is None:
        flags = R.VQ_RSS_SPREAD if table is not None else 0
    if entries is None:
        entries = len(table or ())
    return nic.fw(R.FW_SET_VQ_RSS, pack('HHIHH', f.idx, flags, types, entries, other))


def bed(m, features=HASHED, queues=3, **kw):
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, features=features, qps=range(1, 1 + queues))
    return nic, b, Vtx(a), [Vrx(b, q, n=256, post=100, **kw) for q in range(queues)]


def of(v6, proto, **kw):
    return packet(B, A, v6, proto, b'x' * 30, 'valid', **kw)


# A frame, and the types that fit it: the one with ports, that of its IP.
FRAMES = [(of(v6, proto), 8 ** v6 * ports, 8 ** v6) for v6 in (0, 1)
          for proto, ports in ((TCP, 2), (UDP, 4), (SCTP, 0))] + [
    (eth(B, A, ip4(1, 60) + bytes(40), 0x800), 0, IPV4),
    (eth(B, A, ip4(UDP, 60, frag=0x2000) + bytes(40), 0x800), 0, IPV4),
    (FRAME, 0, 0)]


def hash_of(frame, ports, ip, types):
    """(report, hash)"""
    if not types & (ports | ip):
        return 0, 0
    at, size = (26, 8) if ip == IPV4 else (22, 32)
    data = frame[at:at + size]
    fits = ip
    if types & ports:
        data += frame[at + size:at + size + 4]
        fits = ports
    return fits.bit_length(), toeplitz(KEY, data)


def test_reports(m):
    """Each kind of frame with each type alone, all but it, none and all."""
    nic, b, tx, (rx,) = bed(m, queues=1)
    sets = {0, 63} | {1 << n for n in range(6)} | {63 ^ 1 << n for n in range(6)}
    for types in sorted(sets):
        assert rss(nic, b, types) == 0
        for f, ports, ip in FRAMES:
            assert tx.send(f)
            got, head = rx.recv()
            assert got == f
            assert (head['report'], head['hash']) == hash_of(f, ports, ip, types), (f.hex(), types)
            rx.post(1)


def test_key(m):
    """All bytes of the key count, and a shorter part changes only itself."""
    nic, b, tx, (rx,) = bed(m, queues=1)
    f = of(1, TCP)
    for key in (KEY, bytes(40), KEY[:39] + b'\0', b'\1' + KEY[1:]):
        assert rss(nic, b, key=key) == 0
        assert tx.send(f) and rx.recv()[1]['hash'] == toeplitz(key, f[22:54] + f[54:58])
    assert stage(nic, b, 0, KEY) == 0 and tx.send(f), 'prepared only'
    assert rx.recv()[1]['hash'] == toeplitz(b'\1' + KEY[1:], f[22:54] + f[54:58])


def test_spread(m):
    """The entry of the hash chooses; frames without one go to a queue of their own."""
    nic, b, tx, rxs = bed(m)
    for entries in (1, 2, 8, 128):
        table = [(i * 7 + entries) % 3 for i in range(entries)]
        assert rss(nic, b, TCPV4 | IPV6, table, other=1) == 0
        for port, (v6, proto) in itertools.product(range(6), ((0, TCP), (1, TCP), (0, UDP))):
            f = of(v6, proto, sport=port)
            report, value = hash_of(f, 8 ** v6 * (2 if proto == TCP else 4), 8 ** v6, TCPV4 | IPV6)
            q = table[value % entries] if report else 1
            assert tx.send(f)
            got, head = rxs[q].recv()
            assert got == f and (head['report'], head['hash']) == (report, value)
            rxs[q].post(1)
    assert rss(nic, b, 63, [2] * 4, other=2) == 0
    b.enable(rxs[2].vq, 0)
    assert tx.send(of(0, TCP)) and rxs[0].recv(), 'a queue that is off'
    assert tx.send(FRAME) and rxs[0].recv()
    assert rss(nic, b, 63) == 0 and tx.send(FRAME) and rxs[0].recv(), 'the VSI chooses again'
    b.reset()
    assert b.features(HASHED) == 0
    rx = Vrx(b)
    assert tx.send(of(0, TCP)) and rx.recv()[1]['report'] == 0, 'a reset ends it'


BAD = ({'flags': 2}, {'flags': 0x8001}, {'types': 64}, {'types': 1 << 31}, {'entries': 0}, {'entries': 3},
       {'entries': 129}, {'entries': 256}, {'entries': 0xffff}, {'other': 16}, {'other': 0xffff},
       {'table': [16]}, {'table': [0] * 127 + [255]})


def test_malformed(m):
    """What is refused changes nothing."""
    nic, b, tx, rxs = bed(m)
    assert rss(nic, b, TCPV4, [1, 1]) == 0
    for bad in BAD:
        assert rss(nic, b, **({'table': [2] * 2, 'types': 63} | bad)) == EINVAL, bad
        assert tx.send(of(0, TCP)) and rxs[1].recv()[1]['report'] == 2, bad
        rxs[1].post(1)
    for at, size, ok in ((0, 1, True), (191, 1, True), (176, 16, True), (0, 0, False), (0, 17, False),
                         (177, 16, False), (191, 2, False), (192, 1, False), (255, 1, False)):
        status = nic.fw(R.FW_STAGE_VQ_RSS, pack('HBB', 2, at, size) + bytes(16))
        assert status == (0 if ok else EINVAL), (at, size)
    avf = Func(nic, 3, bytes((2, 0, 0, 0, 0, 9)), qps=[9])
    assert stage(nic, avf, 0, KEY) == EINVAL, 'no virtio function'
    assert nic.fw(R.FW_SET_VQ_RSS, pack('HHIHH', 3, 0, 0, 0, 0)) == EINVAL


def test_header(m):
    """20 bytes each way with reports, 12 without, wherever they are cut."""
    for features in (HASHED, USUAL | RSS):
        nic, b, tx, (rx,) = bed(m, features, queues=1, cuts=(5, 17, 21))
        hdr = 20 if features & HASH_REPORT else 12
        back = Vtx(b)
        assert back.f.hdr == hdr
        to = Vrx(tx.f)
        f = eth(A, B, bytes(range(100)))
        for cuts in ((hdr,), (), (5, hdr - 1), (hdr + 3,), (hdr, hdr + 14)):
            assert back.send(f, cuts=cuts) and to.recv()[0] == f, cuts
        assert back.send(A + B + tso(0, bytes(3000))[12:], want(0, TCP, 1000))
        assert sum(len(to.recv()[0]) - 54 for _ in range(3)) == 3000
        assert tx.send(FRAME) and rx.recv()[0] == FRAME
        m.write(back.buf_pa, header() + bytes(hdr - HDR) + f)
        back.offer(back.chain([(back.buf, hdr + 13, 0)]))
        m.settle()
        assert b.stopped() == 2, 'shorter than a header and an Ethernet header'
        nic.wr(R.CTRL, R.CTRL_RESET)


def test_whole_hashed(m):
    """A whole packet has the hash of its segments."""
    nic, b, tx, (rx,) = bed(m, WHOLE | RSS | HASH_REPORT, queues=1)
    assert rss(nic, b) == 0
    f = tso(0, bytes(3000), flags=ACK)
    assert tx.send(f, want(0, TCP, 1000))
    got, head = rx.recv()
    assert len(got) == len(f) and head['buffers'] == 2
    assert (head['report'], head['hash']) == hash_of(f, TCPV4, IPV4, 63)
