# SPDX-License-Identifier: GPL-2.0-only
"""Port VLANs: what is on the wire, and who sees what."""
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import (ACK, BROADCAST, TCP, UDP, command, eth, good, mac, offsets, packet)
from .regs import R

ACTIVE = R.VSI_ACTIVE | R.VSI_ANTISPOOF
MCAST = b'\1\0\x5e\0\0\5'
EINVAL = 22
PTYPE_UDP = 24
L3L4P, IPE, L4E = 1 << 3, 1 << 22, 1 << 23


def tag(frame, tci, proto=b'\x81\0'):
    return frame[:12] + proto + tci.to_bytes(2, 'big') + frame[12:]


def net(m, vlans, flags=ACTIVE, **kw):
    """Function i has address mac(i + 1) and port VLAN vlans[i]."""
    nic = Nic(m)
    fs = []
    for i, vlan in enumerate(vlans):
        f = Func(nic, i, mac(i + 1), qps=[i], flags=flags)
        assert nic.vsi(i, flags, vlan=vlan) == 0
        f.tx, f.rx = Tx(f), Rx(f, **kw)
        fs.append(f)
    return nic, fs


def got(m, fs):
    """All that arrived: {function number or 'wire': frame}"""
    m.settle()
    out = {i: f.rx.recv()[0] for i, f in enumerate(fs) if f.rx.desc(f.rx.seen)[1] & 1}
    for i in out:
        fs[i].rx.again()
    wire = m.recv_now()
    return out | ({'wire': wire} if wire is not None else {})


def sent(m, fs, src, frame, **kw):
    assert fs[src].tx.send(frame, **kw), 'completed'
    return got(m, fs)


def test_firmware(m):
    nic = Nic(m)
    for vlan, rate, want in ((1, 0, 0), (4094, 100000, 0), (4095, 0, EINVAL), (0xffff, 0, EINVAL),
                             (4096, 5, EINVAL), (0x1000, 0, EINVAL), (0x7005, 0, 0),
                             (0x10005, 0, 0), (0x10000, 0, EINVAL), (0x20005, 0, EINVAL), (5, 100001, EINVAL), (5, 0xffffffff, EINVAL),
                             (0, 0, 0)):
        assert nic.vsi(1, ACTIVE, vlan=vlan, rate=rate) == want, (vlan, rate)


def test_refused_changes_nothing(m):
    nic, fs = net(m, (0, 7))
    assert nic.vsi(1, 0, vlan=4095) == EINVAL
    f = eth(mac(9), fs[1].mac, bytes(50))
    assert sent(m, fs, 1, f) == {'wire': tag(f, 7)}


def test_wire(m):
    _, fs = net(m, (0, 100))
    f = eth(mac(9), fs[1].mac, bytes(range(50)))
    assert sent(m, fs, 1, f) == {'wire': tag(f, 100)}
    f = eth(mac(9), fs[1].mac, b'tiny')
    assert sent(m, fs, 1, f) == {'wire': tag(f, 100).ljust(60, b'\0')}, 'padded with its tag'
    f = eth(mac(9), fs[0].mac, bytes(50))
    assert sent(m, fs, 0, f) == {'wire': f}, 'none without a port VLAN'
    assert fs[1].stat(R.STAT_TX_BYTES) == 64 + 18, 'as it left the queue'


def test_from_the_wire(m):
    _, fs = net(m, (0, 100))
    f = eth(mac(2), mac(9), bytes(range(50)))
    for tci in (100, 0xe000 | 100, 0x1000 | 100):
        m.send(tag(f, tci))
        r = fs[1].rx.recv()
        assert r[0] == f and r[1] >> 38 & 0x3fff == len(f), 'without its tag'
    for other in (f, tag(f, 101), tag(f, 0), tag(f, 100, b'\x88\xa8'), tag(f, 100, b'\x91\0'),
                  f[:12] + b'\x81\0', f[:12] + b'\x81\0\0\x64\x08'):
        m.send(other)
        assert got(m, fs) == {}, other.hex()
    m.send(tag(tag(f, 5), 100))
    assert got(m, fs) == {1: tag(f, 5)}, 'one tag, the outer one'


def test_same_vlan(m):
    _, fs = net(m, (0, 100, 100))
    f = eth(mac(3), fs[1].mac, bytes(50))
    assert sent(m, fs, 1, f) == {2: f}


def test_other_vlan(m):
    _, fs = net(m, (0, 100, 200))
    f = eth(mac(3), fs[1].mac, bytes(50))
    assert sent(m, fs, 1, f) == {}
    assert fs[1].stat(R.STAT_TX_DISCARDS) == 1 and fs[1].stat(R.STAT_VLAN_DROPS) == 0
    assert fs[2].stat(R.STAT_RX_DISCARDS) == 0


def test_trunk(m):
    """The PF without a port VLAN speaks to all, with tags."""
    _, fs = net(m, (0, 100, 200))
    f = eth(mac(1), fs[1].mac, bytes(50))
    assert sent(m, fs, 1, f) == {0: tag(f, 100)}
    f = eth(mac(2), fs[0].mac, bytes(50))
    assert sent(m, fs, 0, tag(f, 100)) == {1: f}
    assert sent(m, fs, 0, tag(f, 0xa064)) == {1: f}
    for other in (f, tag(f, 200), tag(f, 0), tag(f, 100, b'\x88\xa8')):
        assert sent(m, fs, 0, other) == {}, other.hex()


def test_priority(m):
    _, fs = net(m, (0, 100, 100))
    for pcp in (0, 0xa000, 0xf000):
        f = eth(mac(3), fs[1].mac, bytes(50))
        assert sent(m, fs, 1, tag(f, pcp)) == {2: f}
        f = eth(mac(9), fs[1].mac, bytes(50))
        assert sent(m, fs, 1, tag(f, pcp)) == {'wire': tag(f, pcp | 100)}
    assert fs[1].stat(R.STAT_VLAN_DROPS) == 0


def test_wrong_tag(m):
    _, fs = net(m, (0, 100, 100, 0))
    f = eth(BROADCAST, fs[1].mac, bytes(50))
    bad = (tag(f, 100), tag(f, 1), tag(f, 0xffff), tag(f, 0, b'\x88\xa8'), tag(f, 100, b'\x88\xa8'),
           tag(tag(f, 5), 0), tag(tag(f, 5, b'\x88\xa8'), 0), f[:12] + b'\x81\0', f[:12] + b'\x81\0\0\0',
           f[:12] + b'\x88\xa8')
    for n, x in enumerate(bad, 1):
        assert sent(m, fs, 1, x) == {}, x.hex()
        assert fs[1].stat(R.STAT_VLAN_DROPS) == n
    assert fs[1].stat(R.STAT_TX_BROADCAST) == 0 and fs[1].stat(R.STAT_TX_DISCARDS) == 0
    x = tag(eth(BROADCAST, mac(9), bytes(50)), 5)
    assert sent(m, fs, 1, x) == {} and fs[1].stat(R.STAT_SPOOFED) == 1
    assert fs[1].stat(R.STAT_VLAN_DROPS) == len(bad), 'counted once'


def test_promiscuous(m):
    _, fs = net(m, (0, 100, 200, 100, 0), ACTIVE | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC)
    for dst in (mac(9), MCAST, BROADCAST):
        f = eth(dst, fs[1].mac, bytes(50))
        assert sent(m, fs, 1, f) == {0: tag(f, 100), 3: f, 4: tag(f, 100), 'wire': tag(f, 100)}
        f = eth(dst, mac(77), bytes(50))
        m.send(tag(f, 200))
        assert got(m, fs) == {0: tag(f, 200), 2: f, 4: tag(f, 200)}
        m.send(f)
        assert got(m, fs) == {0: f, 4: f}


def test_default(m):
    """DEFAULT in a VLAN takes unmatched unicast of that VLAN."""
    nic, fs = net(m, (0, 100))
    assert nic.vsi(1, ACTIVE | R.VSI_DEFAULT, vlan=100) == 0
    f = eth(mac(9), mac(77), bytes(50))
    m.send(f)
    assert got(m, fs) == {}
    m.send(tag(f, 100))
    assert got(m, fs) == {1: f}


def test_groups(m):
    nic, fs = net(m, (0, 100, 100, 200, 0))
    f = eth(BROADCAST, fs[1].mac, bytes(50))
    assert sent(m, fs, 1, f) == {0: tag(f, 100), 2: f, 4: tag(f, 100), 'wire': tag(f, 100)}
    f = eth(BROADCAST, fs[0].mac, bytes(50))
    assert sent(m, fs, 0, f) == {4: f, 'wire': f}
    assert sent(m, fs, 0, tag(f, 200)) == {3: f, 4: tag(f, 200), 'wire': tag(f, 200)}
    for i in range(5):
        assert nic.fw(R.FW_MAC_ADD, pack('H', i) + MCAST) == 0
    f = eth(MCAST, fs[3].mac, bytes(50))
    assert sent(m, fs, 3, f) == {0: tag(f, 200), 4: tag(f, 200), 'wire': tag(f, 200)}
    f = eth(MCAST, mac(77), bytes(50))
    m.send(tag(f, 100))
    assert got(m, fs) == {0: tag(f, 100), 1: f, 2: f, 4: tag(f, 100)}


def test_pf_in_a_vlan(m):
    """The PF's VSI is a VSI."""
    _, fs = net(m, (100, 100))
    f = eth(mac(2), fs[0].mac, bytes(50))
    assert sent(m, fs, 0, f) == {1: f}
    f = eth(mac(9), fs[0].mac, bytes(50))
    assert sent(m, fs, 0, f) == {'wire': tag(f, 100)}


def test_change(m):
    nic, fs = net(m, (0, 100, 200))
    f = eth(mac(3), fs[1].mac, bytes(50))
    assert nic.vsi(1, ACTIVE, vlan=200) == 0
    assert sent(m, fs, 1, f) == {2: f}
    assert nic.vsi(1, ACTIVE) == 0
    assert sent(m, fs, 1, tag(f, 200)) == {2: f}, 'none: tags are its own'
    assert nic.fw(R.FW_VSI_CLEAR, pack('H', 2)) == 0
    assert nic.vsi(2, ACTIVE, mac(3)) == 0
    assert sent(m, fs, 1, f) == {2: f}, 'cleared with the VSI'


def test_change_drops_held(m):
    """What was held for the old VLAN is not given in the new one."""
    nic, fs = net(m, (0, 100), post=0)
    f = eth(mac(2), mac(9), bytes(50))
    m.send(tag(f, 100))
    assert nic.vsi(1, ACTIVE | R.VSI_UC_PROMISC, vlan=100) == 0
    assert fs[1].stat(R.STAT_RX_DISCARDS) == 0, 'the same VLAN'
    assert nic.vsi(1, ACTIVE, vlan=200) == 0
    assert fs[1].stat(R.STAT_RX_DISCARDS) == 1
    fs[1].rx.post(4)
    assert fs[1].rx.recv(wait=False) is None
    m.send(tag(f, 200))
    assert fs[1].rx.recv()[0] == f


def test_checksums(m):
    """Of frames whose tag the device makes and takes away."""
    _, fs = net(m, (0, 100, 100))
    for dst, to in ((3, 2), (1, 0), (9, 'wire')):
        f = packet(mac(dst), fs[1].mac, 0, UDP, bytes(range(80)), 'full', ip_good=False)
        assert fs[1].tx.send(f, command(0, UDP), offsets(0, UDP))
        if to == 'wire':
            x = m.recv()
        else:
            x, qw1, _ = fs[to].rx.recv()
            assert qw1 & (L3L4P | IPE | L4E) == L3L4P and qw1 >> 30 & 0xff == PTYPE_UDP, hex(qw1)
        if to != 2:
            assert x[12:16] == b'\x81\0\0\x64'
            x = x[:12] + x[16:]
        assert good(x) and len(x) == len(f)
    f = packet(mac(2), mac(9), 0, UDP, bytes(80), 'valid')
    m.send(tag(f, 100))
    x, qw1, _ = fs[1].rx.recv()
    assert x == f and qw1 & (L3L4P | IPE | L4E) == L3L4P
    m.send(tag(f[:-1] + b'!', 100))
    assert fs[1].rx.recv()[1] & (L3L4P | IPE | L4E) == L3L4P | L4E


def test_priority_checksums(m):
    """Descriptors count the tag that is replaced."""
    _, fs = net(m, (0, 100, 100))
    f = packet(mac(3), fs[1].mac, 0, UDP, bytes(range(80)), 'full', ip_good=False)
    off = offsets(0, UDP) + 2
    assert fs[1].tx.send(tag(f, 0x2000), command(0, UDP), off)
    x, qw1, _ = fs[2].rx.recv()
    assert good(x) and len(x) == len(f) and qw1 & (L3L4P | IPE | L4E) == L3L4P


def test_tso(m):
    for v6 in (0, 1):
        _, fs = net(m, (0, 100, 100), post=20)
        payload = bytes(i * 7 & 255 for i in range(3333))
        for dst, prio in ((3, False), (3, True), (9, False), (9, True)):
            f = packet(mac(dst), fs[1].mac, v6, TCP, payload, 'tso', flags=ACK, ip_good=False)
            hdr = len(f) - len(payload)
            x = tag(f, 0x4000) if prio else f
            assert fs[1].tx.send(x, command(v6, TCP), offsets(v6, TCP) + 2 * prio, mss=1000,
                                 hdr=hdr + 4 * prio)
            out = b''
            for i in range(4):
                if dst == 9:
                    x = m.recv()
                    assert x[12:16] == b'\x81\0' + (b'\x40\x64' if prio else b'\0\x64')
                    x = x[:12] + x[16:]
                else:
                    x, qw1, _ = fs[2].rx.recv()
                    assert qw1 & (L3L4P | IPE | L4E) == L3L4P
                assert good(x) and len(x) == hdr + (333 if i == 3 else 1000)
                out += x[hdr:]
            assert out == payload
        m.settle()
        fs[0].nic.wr(R.CTRL, R.CTRL_RESET)


def test_long(m):
    """The tag comes on top of the longest frame, both ways."""
    _, fs = net(m, (0, 100), bufsz=9728 // 128 * 128)
    f = eth(mac(9), fs[1].mac, bytes(9728 - 14))
    assert sent(m, fs, 1, f) == {'wire': tag(f, 100)}
    f = eth(mac(2), mac(9), bytes(9728 - 14))
    m.send(tag(f, 100))
    assert fs[1].rx.recv()[0] == f
    m.send(tag(f + b'x', 100))
    assert got(m, fs) == {}
