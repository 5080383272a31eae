# SPDX-License-Identifier: GPL-2.0-only
"""The switch: who gets what."""
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import BROADCAST, eth, mac
from .regs import R

ACTIVE = R.VSI_ACTIVE | R.VSI_ANTISPOOF
MCAST = b'\1\0\x5e\0\0\5'


def trio(m, flags=(ACTIVE, ACTIVE, ACTIVE)):
    nic = Nic(m)
    fs = [Func(nic, i, mac(i + 1), qps=[i], flags=flags[i]) for i in range(3)]
    for f in fs:
        f.tx, f.rx = Tx(f), Rx(f)
    return nic, fs


def takers(m, fs, frame):
    """Who received: function numbers, and 'wire'."""
    got = {i for i, f in enumerate(fs) if (f.rx.recv(wait=False) or (None,))[0] == frame}
    w = m.recv(0.05)
    if w and w[:len(frame)] == frame:
        got.add('wire')
    return got


def test_unicast(m):
    nic, fs = trio(m)
    for dst, want in ((1, {0}), (2, {1}), (3, {2}), (9, {'wire'})):
        for src in range(3):
            f = eth(mac(dst), fs[src].mac, bytes(50))
            assert fs[src].tx.send(f)
            assert takers(m, fs, f) == want - {src}, (dst, src)
    assert fs[0].stat(R.STAT_TX_DISCARDS) == 1, 'to itself: no one'
    m.send(eth(mac(2), mac(77), bytes(50)))
    assert takers(m, fs, eth(mac(2), mac(77), bytes(50))) == {1}
    m.send(eth(mac(9), mac(77), bytes(50)))
    assert takers(m, fs, eth(mac(9), mac(77), bytes(50))) == set()


def test_broadcast(m):
    _, fs = trio(m, (ACTIVE, ACTIVE, 0))
    f = eth(BROADCAST, fs[1].mac, bytes(50))
    assert fs[1].tx.send(f)
    assert takers(m, fs, f) == {0, 'wire'}
    f = eth(BROADCAST, mac(77), bytes(50))
    m.send(f)
    assert takers(m, fs, f) == {0, 1}
    assert fs[1].stat(R.STAT_TX_BROADCAST) == 1 and fs[1].stat(R.STAT_RX_BROADCAST) == 1


def test_multicast(m):
    nic, fs = trio(m, (ACTIVE | R.VSI_MC_PROMISC, ACTIVE, ACTIVE))
    f = eth(MCAST, fs[1].mac, bytes(50))
    assert fs[1].tx.send(f)
    assert takers(m, fs, f) == {0, 'wire'}
    for vsi in (0, 1, 2):
        assert nic.fw(R.FW_MAC_ADD, pack('H', vsi) + MCAST) == 0
    assert fs[1].tx.send(f)
    assert takers(m, fs, f) == {0, 2, 'wire'}
    m.send(f)
    assert takers(m, fs, f) == {0, 1, 2}
    assert not fs[0].rx.recv(wait=False), 'once'


def test_promisc_and_default(m):
    nic, fs = trio(m, (ACTIVE | R.VSI_DEFAULT, ACTIVE | R.VSI_UC_PROMISC, ACTIVE))
    f = eth(mac(9), mac(77), bytes(50))
    m.send(f)
    assert takers(m, fs, f) == {0, 1}
    f = eth(mac(1), fs[2].mac, bytes(50))
    assert fs[2].tx.send(f)
    assert takers(m, fs, f) == {0, 1}
    f = eth(mac(2), fs[2].mac, bytes(50))
    assert fs[2].tx.send(f)
    assert takers(m, fs, f) == {1}
    assert not fs[1].rx.recv(wait=False), 'once'
    assert nic.vsi(2, ACTIVE | R.VSI_DEFAULT) == 0
    f = eth(mac(10), mac(77), bytes(50))
    m.send(f)
    assert takers(m, fs, f) == {1, 2}, 'one VSI is the default'


def test_antispoof(m):
    nic, fs = trio(m)
    for src in (mac(2), mac(9), BROADCAST, MCAST, bytes(6)):
        assert fs[2].tx.send(eth(mac(1), src, bytes(50))), 'completed'
    assert fs[2].stat(R.STAT_SPOOFED) == 5
    assert takers(m, fs, b'') == set()
    assert nic.vsi(2, R.VSI_ACTIVE) == 0
    f = eth(mac(1), mac(9), bytes(50))
    assert fs[2].tx.send(f) and takers(m, fs, f) == {0}
    assert nic.vsi(2, 0) == 0
    assert fs[2].tx.send(f) and takers(m, fs, f) == set()
    assert fs[2].stat(R.STAT_TX_DISCARDS) == 1


def test_vsi_clear(m):
    nic, fs = trio(m)
    assert nic.fw(R.FW_VSI_CLEAR, pack('H', 1)) == 0
    f = eth(mac(2), fs[0].mac, bytes(50))
    assert fs[0].tx.send(f) and takers(m, fs, f) == {'wire'}
    assert nic.vsi(1, ACTIVE, mac(2)) == 0
    assert fs[0].tx.send(f) and takers(m, fs, f) == {1}


def test_vlan_untouched(m):
    _, fs = trio(m)
    f = eth(mac(2), fs[0].mac, b'\x20\5\x88\xb5' + bytes(50), 0x8100)
    assert fs[0].tx.send(f) and takers(m, fs, f) == {1}


def test_inactive_queue(m):
    _, fs = trio(m)
    fs[1].rx.set(R.Q_CTL, 0)
    f = eth(mac(2), fs[0].mac, bytes(50))
    assert fs[0].tx.send(f) and fs[1].stat(R.STAT_RX_DISCARDS) == 1


def test_many(m):
    """Broadcast to many ADIs."""
    nic = Nic(m)
    fs = [Func(nic, i, mac(i % 256)[:4] + bytes((1, i)) if i else mac(1), qps=[i],
               flags=R.VSI_ACTIVE) for i in range(40)]
    for f in fs:
        f.rx = Rx(f, post=2)
    tx = Tx(fs[0])
    f = eth(BROADCAST, mac(1), bytes(50))
    assert tx.send(f)
    assert all(x.rx.recv()[0] == f for x in fs[1:])


def test_vepa(m):
    """Each frame of a VSI goes to the uplink; what comes back spares its sender."""
    nic, fs = trio(m, (ACTIVE | R.VSI_DEFAULT, ACTIVE, ACTIVE | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC))
    m.bar_wr(0, R.SWITCH_MODE, 0xffffffff)
    assert m.bar(0, R.SWITCH_MODE) == R.SWITCH_VEPA
    for dst in (mac(1), mac(2), mac(9), BROADCAST, MCAST):
        for src in (0, 1):
            f = eth(dst, fs[src].mac, bytes(50))
            assert fs[src].tx.send(f)
            assert takers(m, fs, f) == {'wire'}, (dst, src)
    assert fs[0].stat(R.STAT_TX_DISCARDS) == 0
    for dst, src, want in ((mac(2), 0, {1, 2}), (mac(1), 1, {0, 2}), (BROADCAST, 1, {0, 2}), (BROADCAST, 2, {0, 1}),
                           (mac(9), 1, {0, 2}), (mac(1), 2, {0}), (MCAST, 2, set())):
        f = eth(dst, fs[src].mac, bytes(50))
        m.send(f)
        assert takers(m, fs, f) == want, (dst, src)
    f = eth(BROADCAST, mac(77), bytes(50))
    m.send(f)
    assert takers(m, fs, f) == {0, 1, 2}, 'of no VSI'
    m.bar_wr(0, R.SWITCH_MODE, 0)
    f = eth(mac(2), fs[0].mac, bytes(50))
    assert fs[0].tx.send(f) and takers(m, fs, f) == {1, 2}
    m.bar_wr(0, R.SWITCH_MODE, R.SWITCH_VEPA)
    m.bar_wr(0, R.CTRL, R.CTRL_RESET)
    assert m.bar(0, R.SWITCH_MODE) == 0


def uplink(m):
    return [m.bar(0, R.UPLINK_STATS + 8 * i, 8) for i in range(R.UPLINK_COUNT)]


def test_uplink_counters(m):
    _, fs = trio(m)
    assert uplink(m) == [0] * R.UPLINK_COUNT
    frames = [(mac(9), 20), (mac(9), 61), (BROADCAST, 123), (MCAST, 124), (mac(9), 252), (mac(9), 1019), (mac(9), 1514)]
    for dst, size in frames:
        assert fs[0].tx.send(eth(dst, fs[0].mac, bytes(size - 14)))
    assert fs[0].tx.send(eth(mac(2), fs[0].mac, bytes(50))), 'which stays inside'
    got = uplink(m)
    assert got[R.UPLINK_TX_FRAMES:R.UPLINK_RX_FRAMES] == [7, 60 + 61 + 123 + 124 + 252 + 1019 + 1514, 1, 1]
    assert got[R.UPLINK_TX_SIZE:R.UPLINK_TX_SIZE + R.UPLINK_SIZES] == [1, 2, 1, 1, 1, 1, 0]
    assert not any(got[R.UPLINK_RX_FRAMES:R.UPLINK_RX_LOST + 1]), got
    for dst, size in ((mac(1), 60), (BROADCAST, 60), (MCAST, 60), (mac(9), 1515)):
        m.send(eth(dst, mac(77), bytes(size - 14)))
    m.send(bytes(13))
    got = uplink(m)
    assert got[R.UPLINK_RX_FRAMES:R.UPLINK_RX_LOST + 1] == [4, 180 + 1515, 1, 1, 3]
    assert got[R.UPLINK_RX_SIZE:] == [3, 0, 0, 0, 0, 0, 1]
    at = R.UPLINK_STATS + 8 * R.UPLINK_RX_BYTES
    assert m.bar(0, at) == 180 + 1515 and m.bar(0, at + 4) == 0 and m.bar(0, at, 2) == 0
    m.bar_wr(0, at, 5)
    assert m.bar(0, at) == 180 + 1515 and m.bar(0, R.UPLINK_STATS + 8 * R.UPLINK_COUNT, 8) == 0
    m.bar_wr(0, R.CTRL, R.CTRL_RESET)
    assert uplink(m) == [0] * R.UPLINK_COUNT
