# SPDX-License-Identifier: GPL-2.0-only
"""VLAN tables, 802.1ad port VLANs and their priority: who sends and gets which tags."""
from .machine import pack
from .packets import BROADCAST, TCP, UDP, command, eth, good, mac, offsets, packet
from .regs import R
from .t_vlan import ACTIVE, EINVAL, got, net, sent, tag

FILTER = ACTIVE | R.VSI_VLAN_FILTER
AD, PRIO = R.PORT_8021AD, R.PORT_PRIO_SET
S = b'\x88\xa8'


def prio(p):
    return PRIO | p << R.PORT_PRIO_SHIFT


def forms(f):
    """Frames of every kind of tagging: (frame, VLAN of the first tag or None, name)"""
    out = [(f, 0, 'untagged'), (tag(f, 0), 0, 'VID 0'), (tag(f, 0xe000), 0, 'priority')]
    for vid in (1, 5, 99, 100, 101, 127, 128, 200, 4094):
        out += [(tag(f, vid), vid, vid), (tag(f, 0x6000 | vid), vid, f'{vid}, priority')]
        out += [(tag(tag(f, 7), vid), vid, f'7 in {vid}')]
        out += [(tag(f, vid, S), None, f'S {vid}'), (tag(tag(f, 5), vid, S), None, f'5 in S {vid}'),
                (tag(tag(f, vid), 0), None, f'{vid} behind VID 0')]
        out += [(tag(f, vid, bytes((0x91 + i, 0))), None, f'old {i}, {vid}') for i in range(3)]
    out += [(tag(f, 4095), None, 'VID 4095'), (tag(f, 0, S), None, 'S 0'),
            (tag(tag(f, 5, S), 0), None, 'S behind VID 0'), (f[:12] + b'\x81\0', None, 'cut'),
            (f[:12] + b'\x81\0\0\x64', None, 'cut'), (f[:12] + b'\x81\0\0\0', None, 'cut'),
            (f[:12] + S, None, 'cut')]
    return out


TABLES = ({0}, {100}, {0, 100}, {100, 200}, {0, *range(100, 129), 4094}, set(),
          set(range(4095)), {5, 127, 128})


def test_tables(m):
    """Each table × each form, sent and received."""
    nic, fs = net(m, (0, 0), ACTIVE | R.VSI_MC_PROMISC)
    drops = 0
    for table in TABLES:
        assert nic.vlans(1, table) == 0
        assert nic.vsi(1, FILTER | R.VSI_MC_PROMISC | R.VSI_UC_PROMISC) == 0
        for x, vlan, name in forms(eth(BROADCAST, fs[1].mac, bytes(60))):
            want = {0: x, 'wire': x.ljust(60, b'\0')} if vlan in table else {}
            assert sent(m, fs, 1, x) == want, (table, name, 'sent')
            drops += not want
            assert fs[1].stat(R.STAT_VLAN_DROPS) == drops, (table, name)
        for x, vlan, name in forms(eth(BROADCAST, mac(77), bytes(60))):
            m.send(x)
            assert got(m, fs) == {0: x} | ({1: x} if vlan in table else {}), (table, name)
    assert fs[1].stat(R.STAT_TX_DISCARDS) == fs[1].stat(R.STAT_RX_DISCARDS) == 0


def test_untagged_by_default(m):
    """The table of a VSI that was never given one, or cleared."""
    nic, fs = net(m, (0, 0, 100, 0), ACTIVE)
    for _ in range(2):
        assert nic.vsi(1, FILTER) == 0
        f = eth(BROADCAST, fs[1].mac, bytes(60))
        assert sent(m, fs, 1, tag(f, 100)) == {}
        assert sent(m, fs, 1, f) == {0: f, 3: f, 'wire': f}
        f = eth(BROADCAST, fs[2].mac, bytes(60))
        assert sent(m, fs, 2, f) == {0: tag(f, 100), 3: tag(f, 100), 'wire': tag(f, 100)}
        assert nic.vlans(1, {100}) == 0
        assert sent(m, fs, 2, f)[1] == tag(f, 100)
        assert nic.fw(R.FW_VSI_CLEAR, pack('H', 1)) == 0
        assert nic.vsi(1, FILTER, fs[1].mac) == 0


def test_firmware(m):
    nic, fs = net(m, (0, 0))

    def chunk(first, flags=R.VLANS_START | R.VLANS_COMMIT, bits=b'', vsi=1):
        return nic.fw(R.FW_VSI_VLANS, pack('HHHH', vsi, first, flags, 0) + bits)

    assert nic.vsi(1, FILTER, vlan=5) == EINVAL, 'a port VLAN and a table'
    assert nic.vsi(1, FILTER) == 0
    for args in ((1,), (64,), (4096,), (0xff80,), (0, 8), (0, 0x8003)):
        assert chunk(*args) == EINVAL, args
    assert chunk(3968, bits=bytes(15) + b'\x80') == EINVAL, 'VID 4095'
    assert chunk(0, vsi=300) == EINVAL
    f = eth(BROADCAST, fs[1].mac, bytes(60))
    assert set(sent(m, fs, 1, f)) == {0, 'wire'}, 'refused changes nothing'
    # nothing is in force before it is complete
    assert chunk(0, R.VLANS_START, bytes(12) + b'\x10') == 0     # 100
    assert chunk(128, 0, bytes(9) + b'\1') == 0                  # 200
    assert set(sent(m, fs, 1, f)) == {0, 'wire'}
    assert sent(m, fs, 1, tag(f, 100)) == {}
    assert chunk(3968, R.VLANS_COMMIT, bytes(15) + b'\x40') == 0  # 4094
    assert sent(m, fs, 1, f) == {}
    for vid in (100, 200, 4094):
        assert set(sent(m, fs, 1, tag(f, vid))) == {0, 'wire'}
    # what was begun and left is forgotten
    assert chunk(0, R.VLANS_START, b'\xff') == 0
    assert chunk(128, R.VLANS_START | R.VLANS_COMMIT, b'\1') == 0
    for vid in (1, 100, 200):
        assert sent(m, fs, 1, tag(f, vid)) == {}
    assert set(sent(m, fs, 1, tag(f, 128))) == {0, 'wire'}


def test_change_drops_held(m):
    """What was held in the old table's VLANs is not given in the new one's."""
    nic, fs = net(m, (0, 0), post=0)
    lost = 0
    for change, drops in ((lambda: nic.vsi(1, FILTER), 1),
                          (lambda: nic.vsi(1, FILTER), 0), (lambda: nic.vlans(1, {0}), 0),
                          (lambda: nic.vlans(1, {0, 7}), 1), (lambda: nic.vsi(1, ACTIVE), 1),
                          (lambda: nic.vlans(1, {7}), 0), (lambda: nic.vsi(1, ACTIVE, vlan=7), 1)):
        if not fs[1].stat(R.STAT_RX_DISCARDS) - lost:
            m.send(eth(mac(2), mac(9), bytes(60)))
        m.settle()
        was = fs[1].stat(R.STAT_RX_DISCARDS)
        assert change() == 0
        assert (fs[1].stat(R.STAT_RX_DISCARDS) > was) == bool(drops)
        lost = fs[1].stat(R.STAT_RX_DISCARDS)


def test_tenants_apart(m):
    """An untagged device, a trunk and two port VLANs: who hears whose broadcast."""
    nic, fs = net(m, (0, 0, 0, 100, 200))
    assert nic.vsi(1, FILTER | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC) == 0
    assert nic.vlans(2, {0, 200}) == nic.vsi(2, FILTER) == 0
    for src, tags, want in (
            (1, None, {0, 2, 'wire'}), (1, 100, set()), (1, 200, set()),
            (2, None, {0, 1, 'wire'}), (2, 200, {0, 4, 'wire'}), (2, 100, set()),
            (3, None, {0, 'wire'}), (4, None, {0, 2, 'wire'}),
            (0, None, {1, 2, 'wire'}), (0, 100, {3, 'wire'}), (0, 200, {2, 4, 'wire'})):
        for dst in (BROADCAST, b'\1\0\x5e\0\0\5'):
            if dst != BROADCAST:
                for i in range(5):
                    assert nic.fw(R.FW_MAC_ADD, pack('H', i) + dst) == 0
            f = eth(dst, fs[src].mac, bytes(60))
            assert set(sent(m, fs, src, tag(f, tags) if tags else f)) == want, (src, tags)
    # nor by its address
    for src, dst, vid, want in ((1, 3, 100, set()), (1, 4, 200, set()), (2, 3, 100, set()),
                                (2, 4, 200, {4}), (1, 4, None, set()), (2, 4, None, {1})):
        f = eth(fs[dst].mac, fs[src].mac, bytes(60))
        assert set(sent(m, fs, src, tag(f, vid) if vid else f)) == want, (src, dst, vid)


def test_port_priority(m):
    nic, fs = net(m, (0, 0, 100))
    f = eth(mac(9), fs[1].mac, bytes(60))
    for p in (0, 3, 7):
        assert nic.vsi(1, ACTIVE, vlan=100 | prio(p)) == 0
        for x in (f, tag(f, 0), tag(f, 0xa000)):
            assert sent(m, fs, 1, x) == {'wire': tag(f, p << 13 | 100)}, (p, x[:20].hex())
    assert nic.vsi(1, ACTIVE, vlan=100) == 0
    assert sent(m, fs, 1, tag(f, 0xa000)) == {'wire': tag(f, 0xa064)}, 'the sender\'s'
    f = eth(mac(3), fs[1].mac, bytes(60))
    assert nic.vsi(1, ACTIVE, vlan=100 | prio(3)) == 0
    assert sent(m, fs, 1, tag(f, 0xa000)) == {2: f}


def test_outer(m):
    """An 802.1ad port VLAN: the tenant's own tags are its own."""
    nic, fs = net(m, (0, 0, 0, 0, 0))
    for i, vlan in ((1, 100 | AD), (2, 100 | AD | prio(5)), (3, 100), (4, 101 | AD)):
        assert nic.vsi(i, ACTIVE, vlan=vlan) == 0
    for own, pcp in ((None, 0), (0, 0), (0xa000, 5), (5, 0), (100, 0), (0x6005, 3), (4095, 0)):
        f = eth(BROADCAST, fs[1].mac, bytes(60))
        x = f if own is None else tag(f, own)
        out = tag(x, pcp << 13 | 100, S)
        assert sent(m, fs, 1, x) == {0: out, 2: x, 'wire': out}, own
        f = eth(BROADCAST, fs[2].mac, bytes(60))
        x = f if own is None else tag(f, own)
        out = tag(x, 5 << 13 | 100, S)
        assert sent(m, fs, 2, x) == {0: out, 1: x, 'wire': out}, own
        f = eth(BROADCAST, mac(77), bytes(60))
        x = f if own is None else tag(f, own)
        m.send(tag(x, 100, S))
        assert got(m, fs) == {0: tag(x, 100, S), 1: x, 2: x}, own
    f = eth(BROADCAST, fs[1].mac, bytes(60))
    x = tag(tag(f, 6), 5)
    assert sent(m, fs, 1, x)[2] == x, 'two of its own'
    drops = fs[1].stat(R.STAT_VLAN_DROPS)
    for n, x in enumerate((tag(f, 100, S), tag(f, 0, S), tag(tag(f, 5), 100, S),
                           tag(f, 5, b'\x91\0'), f[:12] + b'\x81\0', f[:12] + b'\x81\0\0\5',
                           f[:12] + S), 1):
        assert sent(m, fs, 1, x) == {}, x.hex()
        assert fs[1].stat(R.STAT_VLAN_DROPS) == drops + n
    f = eth(BROADCAST, mac(77), bytes(60))
    for x, want in ((f, {0}), (tag(f, 100), {0, 3}), (tag(f, 101, S), {0, 4}),
                    (tag(tag(f, 100), 0), {0}), (tag(f, 0, S), {0})):
        m.send(x)
        assert set(got(m, fs)) == want, x.hex()


def test_outer_offloads(m):
    """Checksums and segments of frames behind an outer tag, with tags of their own."""
    nic, fs = net(m, (0, 0, 0), post=20)
    for i in (1, 2):
        assert nic.vsi(i, ACTIVE, vlan=100 | AD) == 0
    for own in (0, 1):
        f = packet(mac(3), fs[1].mac, 0, UDP, bytes(range(80)), 'full', ip_good=False)
        x = tag(f, 5) if own else f
        assert fs[1].tx.send(x, command(0, UDP), offsets(0, UDP) + 2 * own)
        x = fs[2].rx.recv()[0]
        assert x[12:16] == b'\x81\0\0\5' if own else True
        assert good(x[:12] + x[16:] if own else x)
        payload = bytes(i * 7 & 255 for i in range(2500))
        f = packet(mac(9), fs[1].mac, 0, TCP, payload, 'tso', ip_good=False)
        hdr = len(f) - len(payload)
        x = tag(f, 5) if own else f
        assert fs[1].tx.send(x, command(0, TCP), offsets(0, TCP) + 2 * own, mss=1000,
                             hdr=hdr + 4 * own)
        for _ in range(3):
            x = m.recv()
            assert x[12:16] == S + b'\0\x64' and (not own or x[16:20] == b'\x81\0\0\5')
            assert good(x[:12] + x[16 + 4 * own:])


def test_outer_long(m):
    _, fs = net(m, (0, 0), bufsz=9728 // 128 * 128)
    assert fs[0].nic.vsi(1, ACTIVE, vlan=100 | AD) == 0
    f = eth(mac(9), fs[1].mac, bytes(9728 - 14))
    assert sent(m, fs, 1, f) == {'wire': tag(f, 100, S)}
    f = eth(mac(2), mac(9), bytes(9728 - 14))
    m.send(tag(f, 100, S))
    assert fs[1].rx.recv()[0] == f


def test_trunk_sends_segments(m):
    """A packet for segmentation has one tag, and each segment has it."""
    nic, fs = net(m, (0, 0, 0), post=20)
    assert nic.vlans(1, {5}) == nic.vsi(1, FILTER) == 0
    payload = bytes(i * 7 & 255 for i in range(2500))
    f = packet(mac(3), fs[1].mac, 0, TCP, payload, 'tso', ip_good=False)
    for vid in (5, 6):
        assert fs[1].tx.send(tag(f, vid), command(0, TCP), offsets(0, TCP) + 2, mss=1000,
                             hdr=len(f) - len(payload) + 4)
        if vid == 5:
            for _ in range(3):
                x = fs[2].rx.recv()[0]
                assert x[12:16] == b'\x81\0\0\5' and good(x[:12] + x[16:])
    assert fs[2].rx.recv(wait=False) is None and fs[1].stat(R.STAT_VLAN_DROPS) == 1
