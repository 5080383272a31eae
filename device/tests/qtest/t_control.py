# SPDX-License-Identifier: GPL-2.0-only
"""Link control frames: PAUSE, PFC, LLDP, LACP, STP and their group addresses."""
from .machine import pack
from .packets import BROADCAST, TCP, command, eth, mac
from .regs import R
from .t_vlan import ACTIVE, got, net, sent, tag

GROUP = b'\1\x80\xc2\0\0'
PAUSE, SLOW, LLDP, LLC, OTHER = 0x8808, 0x8809, 0x88cc, 0x26, 0x88b5
TRUSTED = ACTIVE | R.VSI_CONTROL

# destination, Ethertype or length, what it is
FRAMES = (
    (GROUP + b'\1', PAUSE, 'PAUSE or PFC'),
    (mac(9), PAUSE, 'PAUSE to one station'),
    (BROADCAST, PAUSE, 'PAUSE to all'),
    (GROUP + b'\2', SLOW, 'LACP'),
    (mac(9), SLOW, 'LACP to one station'),
    (GROUP + b'\x0e', LLDP, 'LLDP'),
    (mac(9), LLDP, 'LLDP to one station'),
    (GROUP + b'\0', LLC, 'STP'),
    (GROUP + b'\3', 0x888e, '802.1X'),
    *((GROUP + bytes((i,)), OTHER, f'group {i:x}') for i in range(16)),
)

TAGS = {
    'untagged': lambda f: f,
    'priority': lambda f: tag(f, 0xe000),
    'C': lambda f: tag(f, 100),
    'S': lambda f: tag(f, 100, b'\x88\xa8'),
    'C in C': lambda f: tag(tag(f, 5), 100),
    'C in S': lambda f: tag(tag(f, 5), 100, b'\x88\xa8'),
    'C in priority': lambda f: tag(tag(f, 5), 0),
    'old': lambda f: tag(f, 100, b'\x91\0'),
    'six': lambda f: tag(tag(tag(tag(tag(tag(f, 6), 5), 4), 3), 2), 1),
}

# Port of VSI 1 and its flags beside ACTIVE
PORTS = {
    'no port VLAN': (0, 0),
    'a table': (0, R.VSI_VLAN_FILTER),
    'port VLAN': (100, 0),
    '802.1ad port VLAN': (100 | R.PORT_8021AD, 0),
}


def cases(src):
    for dst, proto, what in FRAMES:
        f = eth(dst, src, bytes(60), proto)
        for name, tags in TAGS.items():
            yield tags(f), f'{what}, {name}'


def test_untrusted_sends_none(m):
    nic, fs = net(m, (0, 0, 0), ACTIVE | R.VSI_MC_PROMISC)
    assert nic.vsi(2, TRUSTED | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC) == 0
    n = 0
    for port, (vlan, flags) in PORTS.items():
        assert nic.vsi(1, ACTIVE | flags, vlan=vlan) == 0
        for f, what in cases(fs[1].mac):
            n += 1
            assert fs[1].tx.send(f), 'completed'
            assert fs[1].stat(R.STAT_CONTROL_DROPS) == n, (port, what)
    assert got(m, fs) == {}
    assert fs[1].stat(R.STAT_VLAN_DROPS) == 0 and fs[1].stat(R.STAT_TX_DISCARDS) == 0
    assert fs[1].stat(R.STAT_TX_MULTICAST) == fs[1].stat(R.STAT_TX_BYTES) == 0
    f = eth(GROUP + b'\x10', fs[1].mac, bytes(60))
    assert nic.vsi(1, ACTIVE) == 0
    assert sent(m, fs, 1, f) == {0: f, 2: f, 'wire': f}, 'the first address behind the groups'


def test_made_by_segmentation(m):
    """The header lengths of TSO are the guest's: its second segment's Ethertype is a PAUSE frame's."""
    for name in ('no port VLAN', 'a table', '802.1ad port VLAN'):
        vlan, flags = PORTS[name]
        nic, fs = net(m, (0, 0))
        assert nic.vlans(1, [0, 5]) == 0 and nic.vsi(1, ACTIVE | flags, vlan=vlan) == 0
        ip = b'\x81\0\0\0\x88\x07' + bytes(14)
        f = mac(9) + fs[1].mac + b'\x81\0\0\5' + ip + bytes(12) + b'\x50' + bytes(7) + bytes(128)
        assert fs[1].tx.send(f, command(0, TCP), 8 | 5 << 7 | 5 << 14, mss=64, hdr=56)
        m.settle()
        seen = []
        while (wire := m.recv_now()) is not None:
            seen.append(wire)
        assert len(seen) == 1 and b'\x88\x08' not in seen[0][:30], name
        assert fs[1].stat(R.STAT_CONTROL_DROPS) == fs[1].stat(R.STAT_TX_UNICAST) == 1
        nic.wr(R.CTRL, R.CTRL_RESET)


def test_spoofed_counts_once(m):
    _, fs = net(m, (0, 0))
    assert sent(m, fs, 1, eth(GROUP + b'\1', mac(9), bytes(60), PAUSE)) == {}
    assert fs[1].stat(R.STAT_SPOOFED) == 1 and fs[1].stat(R.STAT_CONTROL_DROPS) == 0


def test_allowed_sends(m):
    """VSI 0, and one with CONTROL: out, and to those who may have it."""
    _, fs = net(m, (0, 0, 0), TRUSTED | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC)
    nic = fs[0].nic
    assert nic.vsi(2, ACTIVE | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC) == 0
    for src in (0, 1):
        assert nic.vsi(0, ACTIVE | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC) == 0
        for dst, proto, what in FRAMES:
            f = eth(dst, fs[src].mac, bytes(60), proto)
            for tags in ('untagged', 'C', 'C in S'):
                x = TAGS[tags](f)
                assert sent(m, fs, src, x) == {1 - src: x, 'wire': x}, (src, what, tags)
    assert not fs[1].stat(R.STAT_CONTROL_DROPS) and not fs[0].stat(R.STAT_CONTROL_DROPS)


def test_from_the_uplink(m):
    """Filters and promiscuous modes of a VSI without CONTROL do not matter."""
    nic, fs = net(m, (0, 0, 0, 100), ACTIVE | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC)
    assert nic.vsi(1, TRUSTED) == 0
    for i in range(4):
        for g in range(16):
            assert nic.fw(R.FW_MAC_ADD, pack('H', i) + GROUP + bytes((g,))) == 0
    for dst, proto, what in FRAMES:
        f = eth(dst, mac(77), bytes(60), proto)
        want = {0} | ({1} if dst[0] & 1 else set())
        for tags in ('untagged', 'priority', 'C', 'C in S'):
            x = TAGS[tags](f)
            m.send(x)
            assert got(m, fs) == {i: x for i in want}, (what, tags)
    f = eth(GROUP + b'\x10', mac(77), bytes(60))
    m.send(f)
    assert set(got(m, fs)) == {0, 2}


def test_default_is_given_none(m):
    nic, fs = net(m, (0, 0))
    assert nic.vsi(1, ACTIVE | R.VSI_DEFAULT) == 0
    m.send(eth(mac(9), mac(77), bytes(60), PAUSE))
    assert got(m, fs) == {}
    m.send(eth(fs[1].mac, mac(77), bytes(60), LLDP))
    assert got(m, fs) == {}, 'nor at its own address'


def loses_held(m, nic, b, f, given, withdrawn):
    """VSI 1, whose function is @b, loses @f, which its queue holds, when its flags change, and is given the next one."""
    m.send(f)
    assert nic.vsi(1, given) == 0
    assert b.stat(R.STAT_RX_DISCARDS) == 0
    assert nic.vsi(1, withdrawn) == 0
    assert b.stat(R.STAT_RX_DISCARDS) == 1
    b.rx.post(4)
    assert b.rx.recv(wait=False) is None
    assert nic.vsi(1, given) == 0
    m.send(f)
    assert b.rx.recv()[0] == f


def test_withdrawn(m):
    """What is held for a VSI goes with its CONTROL."""
    nic, fs = net(m, (0, 0), TRUSTED, post=0)
    assert nic.fw(R.FW_MAC_ADD, pack('H', 1) + GROUP + b'\x0e') == 0
    loses_held(m, nic, fs[1], eth(GROUP + b'\x0e', mac(77), bytes(60), LLDP), TRUSTED, ACTIVE)


def test_inactive(m):
    """What is held for a VSI goes when it is not active any more."""
    nic, fs = net(m, (0, 0), post=0)
    loses_held(m, nic, fs[1], eth(fs[1].mac, mac(77), bytes(60)), ACTIVE, 0)
