# SPDX-License-Identifier: GPL-2.0-only
"""Tags in descriptors, put in and left out by the device, and a VSI's own VLAN filter."""
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import BROADCAST, SCTP, TCP, UDP, command, eth, good, mac, offsets, packet
from .regs import R
from .t_trunk import S, forms
from .t_vlan import ACTIVE, EINVAL, got, net, sent, tag
from .t_whole import is_whole
from .virtio import WHOLE, Vfunc, Vrx

STRIP, OWN = ACTIVE | R.VSI_VLAN_STRIP, ACTIVE | R.VSI_VLAN_OWN
A, B = mac(1), mac(2)
RESULT = 0xff << 30 | 3 << 12 | 1 << 3 | 1 << 22 | 1 << 23     # type, hash, checksums


def test_insert(m):
    """A tag of each kind, at sizes around the padding; what counts is the frame with it."""
    _, fs = net(m, (0, 0), ACTIVE)
    size = 0
    for tci in (5, 0, 0xe005, 0xffff):
        for n in (0, 1, 41, 42, 46, 47, 1400, 9710):
            f = eth(BROADCAST, fs[1].mac, bytes(i & 255 for i in range(n)))
            want = tag(f, tci)
            assert sent(m, fs, 1, f, tag=tci) == {0: want, 'wire': want.ljust(60, b'\0')}, (tci, n)
            size += len(want)
    assert fs[1].stat(R.STAT_TX_BYTES) == size
    f = eth(BROADCAST, fs[1].mac, bytes(9714))
    assert sent(m, fs, 1, f, tag=5) == {'wire': tag(f, 5)}, 'the tag is on top of the longest frame'
    f = eth(BROADCAST, fs[1].mac, bytes(60))
    assert sent(m, fs, 1, f) == {0: f, 'wire': f}, 'none without the command'
    assert sent(m, fs, 1, f, tag=7, pieces=3)[0] == tag(f, 7)
    assert sent(m, fs, 1, tag(f, 6), tag=7)[0] == tag(tag(f, 6), 7), 'in front of its own'


def test_insert_with_offloads(m):
    """Checksums and segments are as without; header lengths are too."""
    _, fs = net(m, (0, 0), ACTIVE)
    for v6 in (0, 1):
        for proto in (TCP, UDP, SCTP):
            f = packet(A, B, v6, proto, bytes(200), 'full', ip_good=False)
            x = sent(m, fs, 1, f, cmd=command(v6, proto), off=offsets(v6, proto), tag=5)[0]
            assert x[12:16] == b'\x81\0\0\5' and good(x[:12] + x[16:]), (v6, proto)
        payload = bytes(i * 7 & 255 for i in range(3000))
        f = packet(mac(9), B, v6, TCP, payload, 'tso', ip_good=False)
        before = fs[1].stat(R.STAT_TX_BYTES)
        assert fs[1].tx.send(f, command(v6, TCP), offsets(v6, TCP), mss=1000, hdr=len(f) - 3000, tag=0x2005)
        segs = [m.recv() for _ in range(3)]
        assert all(x[12:16] == b'\x81\0\x20\5' and good(x[:12] + x[16:]) for x in segs)
        assert b''.join(x[len(f) - 3000 + 4:] for x in segs) == payload
        assert fs[1].stat(R.STAT_TX_BYTES) - before == sum(map(len, segs))


def test_insert_into_a_whole_packet(m):
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, features=WHOLE, qps=[1])
    tx, rx = Tx(a), Vrx(b, n=128, post=60)
    for v6 in (0, 1):
        payload = bytes(i * 7 & 255 for i in range(20000))
        f = packet(B, A, v6, TCP, payload, 'tso', ip_good=False)
        assert tx.send(f, command(v6, TCP), offsets(v6, TCP), mss=1460, hdr=len(f) - 20000, tag=5)
        x, head = rx.recv()
        assert x[12:16] == b'\x81\0\0\5' and is_whole(x, head, tag(f, 5), v6, 1460, payload, tag=4)


def test_inserted_tags_are_judged(m):
    """By the port VLAN and the VLAN table, as tags that the guest put there."""
    nic, fs = net(m, (0, 100), ACTIVE)
    f = eth(mac(9), fs[1].mac, bytes(60))
    assert sent(m, fs, 1, f, tag=5) == {} and fs[1].stat(R.STAT_VLAN_DROPS) == 1
    assert nic.vsi(1, ACTIVE, vlan=100 | R.PORT_8021AD) == 0
    assert sent(m, fs, 1, f, tag=5) == {'wire': tag(tag(f, 5), 100, S)}
    assert nic.vlans(1, {6}) == 0 and nic.vsi(1, ACTIVE | R.VSI_VLAN_FILTER) == 0
    assert sent(m, fs, 1, f, tag=5) == {} and sent(m, fs, 1, f, tag=6) == {'wire': tag(f, 6)}
    assert fs[1].stat(R.STAT_VLAN_DROPS) == 2


def test_strip(m):
    """What is tagged arrives without its first tag, and all else as it is."""
    nic, fs = net(m, (0, 0), ACTIVE)
    rx = fs[1].rx
    for strip in (True, False):
        assert nic.vsi(1, STRIP if strip else ACTIVE) == 0
        for x, _, name in forms(eth(BROADCAST, mac(77), bytes(range(60)))):
            m.send(x)
            y = rx.recv()[0]
            off = strip and x[12:14] == b'\x81\0' and len(x) >= 18
            assert y == (x[:12] + x[16:] if off else x), name
            assert rx.tag == (int.from_bytes(x[14:16], 'big') if off else None), name
            rx.again()
    assert fs[1].stat(R.STAT_RX_DISCARDS) == 0


def test_strip_keeps_results(m):
    """Hash, type and checksum results are those of the frame with its tag."""
    nic, fs = net(m, (0, 0), ACTIVE)
    nic.fw(R.FW_RSS_HASH, pack('HHIQ', 1, 0, 0, (1 << 64) - 1))
    frames = [tag(packet(B, mac(77), v6, p, bytes(100), seed), 5)
              for v6 in (0, 1) for p in (TCP, UDP, SCTP) for seed in ('valid', 'none')]
    seen = []
    for flags in (ACTIVE, STRIP):
        assert nic.vsi(1, flags) == 0
        out = []
        for f in frames:
            m.send(f)
            _, qw1, value = fs[1].rx.recv()
            fs[1].rx.again()
            out.append((qw1 & RESULT, value))
        seen.append(out)
    assert seen[0] == seen[1]


def test_strip_across_buffers(m):
    """Each length around full buffers; the longest frame is one with its tag."""
    nic = Nic(m)
    f = Func(nic, 1, B, qps=[0], flags=STRIP)
    rx = Rx(f, bufsz=128, maxframe=512, post=60)
    for n in (18, 64, 127, 128, 131, 132, 133, 255, 256, 259, 260, 261, 511, 512):
        x = tag(eth(B, mac(77), bytes(i * 7 & 255 for i in range(n - 18))), 0x1005)
        m.send(x)
        assert rx.recv()[0] == x[:12] + x[16:] and rx.tag == 0x1005, n
        rx.post(-(-(n - 4) // 128))
    before = f.stat(R.STAT_RX_BYTES)
    m.send(x)
    assert rx.recv() and f.stat(R.STAT_RX_BYTES) - before == 512
    m.send(x + b'\0')
    assert rx.recv(wait=False) is None and f.stat(R.STAT_RX_DISCARDS) == 1


def test_strip_is_retried(m):
    """A buffer whose second page is missing: one fault, then all of the frame."""
    nic = Nic(m)
    f = Func(nic, 1, B, qps=[0], flags=STRIP)
    rx = Rx(f, post=0)
    iova, pa = f.alloc(2 * 4096)
    f.tab.unmap(iova + 4096)
    rx.bufs[rx.tail] = iova + 4090, pa + 4090
    rx.put(pack('QQQQ', iova + 4090, 0, 0, 0))
    rx.bell()
    x = tag(eth(B, mac(77), bytes(range(100))), 5)
    m.send(x)
    fault, = nic.faults()
    assert (fault['addr'], fault['unit']) == (iova + 4096, 16)
    f.tab.map(iova + 4096, pa + 4096)
    nic.answer(1, 16, R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == x[:12] + x[16:] and rx.tag == 5


def test_own_filter(m):
    """Of 802.1Q VIDs those in the filter; all else, and what is sent, passes."""
    nic, fs = net(m, (0, 0), ACTIVE)
    for own in (set(), {5}, {1, 100, 127, 128, 4094}, set(range(1, 4095))):
        assert nic.vlans(1, own, R.VLANS_OWN) == 0
        for flags in (OWN, ACTIVE):
            assert nic.vsi(1, flags) == 0
            for x, _, name in forms(eth(BROADCAST, mac(77), bytes(60))):
                m.send(x)
                whole = x[12:14] == b'\x81\0' and len(x) >= 18
                vid = int.from_bytes(x[14:16], 'big') & 0xfff if whole else 0
                lost = flags == OWN and vid and vid not in own
                assert got(m, fs) == {0: x} | ({} if lost else {1: x}), (len(own), flags, name)
        f = tag(eth(mac(9), fs[1].mac, bytes(60)), 77)
        assert sent(m, fs, 1, f) == {'wire': f}
    assert fs[1].stat(R.STAT_RX_DISCARDS) == fs[1].stat(R.STAT_VLAN_DROPS) == 0


def test_own_filter_narrows(m):
    """Never more than the table gives; not in a port VLAN; gone when the VSI is cleared."""
    nic, fs = net(m, (0, 0), ACTIVE)
    assert nic.vlans(1, {0, 5, 6}) == 0 and nic.vlans(1, {6, 7}, R.VLANS_OWN) == 0
    assert nic.vsi(1, OWN | R.VSI_VLAN_FILTER) == 0
    f = eth(fs[1].mac, fs[0].mac, bytes(60))
    assert {vid: bool(sent(m, fs, 0, tag(f, vid))) for vid in (5, 6, 7)} == {5: False, 6: True, 7: False}
    assert sent(m, fs, 0, f) == {1: f} and fs[0].stat(R.STAT_TX_DISCARDS) == 2
    assert nic.vsi(1, OWN, vlan=5) == 0
    assert sent(m, fs, 0, tag(f, 5)) == {1: f}
    assert sent(m, fs, 0, tag(tag(f, 9), 5)) == {1: tag(f, 9)}
    assert nic.fw(R.FW_VSI_CLEAR, pack('H', 1)) == 0 and nic.vsi(1, OWN, fs[1].mac) == 0
    assert sent(m, fs, 0, tag(f, 6)) == {} and sent(m, fs, 0, f) == {1: f}


def test_firmware(m):
    """Unknown flags; a filter and a table that are prepared in turns do not mix."""
    nic, fs = net(m, (0, 0), ACTIVE)
    start, commit, own = R.VLANS_START, R.VLANS_COMMIT, R.VLANS_OWN

    def chunk(first, flags, vid):
        bits = (1 << (vid - first)).to_bytes(16, 'little')
        return nic.fw(R.FW_VSI_VLANS, pack('HHHH', 1, first, flags, 0) + bits)
    assert chunk(0, start | 8, 5) == EINVAL
    assert nic.vsi(1, ACTIVE | 0x8000) == EINVAL
    assert chunk(0, start | own, 5) == chunk(0, start, 6) == chunk(128, commit, 130) == 0
    assert chunk(0, start | commit | own, 6) == 0
    assert nic.vsi(1, OWN | R.VSI_VLAN_FILTER) == 0
    f = eth(fs[1].mac, fs[0].mac, bytes(60))
    assert {vid: bool(sent(m, fs, 0, tag(f, vid))) for vid in (5, 6, 130)} == {5: False, 6: True, 130: False}
    for op in (R.VSI_VLAN_STRIP, R.VSI_VLAN_OWN):
        assert nic.vsi(1, ACTIVE | op) == 0
