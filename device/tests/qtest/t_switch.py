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
