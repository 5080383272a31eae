# SPDX-License-Identifier: GPL-2.0-only
"""Fuzz: almost valid packets, with and without port VLANs, sent, segmented, received."""
import random

from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import SCTP, TCP, UDP, eth, ip6, mac, offsets, packet
from .regs import R

STEPS = 600
A, B = mac(1), mac(2)


def mangle(rng, frame):
    """Nearly a packet: some bytes wrong, perhaps cut off."""
    f = bytearray(frame)
    for _ in range(rng.randrange(4)):
        f[rng.randrange(12, min(len(f), 60))] = rng.choice((0, 1, 4, 5, 6, 0xff, 44, 60, 132,
                                                            rng.randrange(256)))
    # The second is just behind some header.
    return bytes(f[:rng.choice((len(f), 14 + 4 * rng.randrange(3) + rng.choice((20, 40)) + rng.randrange(16),
                                len(f), rng.randrange(14, len(f))))])


def samples():
    ext = b'\x3c\0\1\2\0\0\0\0' + b'\x2b\0\xc9\x10' + bytes(4) + b'\6\2\2\1' + bytes(20)
    out = [packet(B, A, v6, p, bytes(100), 'full') for v6 in (0, 1) for p in (TCP, UDP, SCTP)]
    out += [eth(B, A, ip6(n, 100) + ext + bytes(60), 0x86dd) for n in (0, 43, 44, 51, 60, 135)]
    tags = (b'\x81\0\0\5', b'\x81\0\x60\0', b'\x88\xa8\0\5\x81\0\0\6', b'\x81\0\0\0\x81\0\0\5')
    out += [f[:12] + tag + f[12:] for f in out for tag in tags]
    return out


def offload(rng):
    """Command bits but the lowest two, and offsets, that often fit."""
    cmd = rng.choice((0x160, 0x120, 0x260, 0x220, 0x360, 0x320, rng.getrandbits(10)))
    off = rng.choice((offsets(0, TCP), offsets(1, TCP), offsets(1, UDP), offsets(0, SCTP),
                      offsets(0, TCP) + 2, 9 | 5 << 7 | 5 << 14, rng.getrandbits(18)))
    return cmd & 0x3fc, off


def transmit(m, rng, tx, f):
    m.write(tx.buf_pa, f)
    mss = rng.choice((0, 0, 64, 100, 1460))
    if mss:
        tx.context(mss, len(f))
    cmd, off = offload(rng)
    tx.data(tx.buf, len(f), cmd | 3, off)
    tx.bell()
    m.settle()
    if not tx.ctl() & R.Q_CTL_ACTIVE:
        tx.set(R.Q_CTL, 0)
        tx.enable()


def flow(m, rng, nic, page):
    """A rule of any kind for the receiver, which is deleted now and then."""
    index = rng.randrange(4)
    m.write(page, pack('HBBBBBB', rng.choice((1, 2, 6, 0x36, 0xc6, rng.getrandbits(9))), rng.randrange(3),
                       rng.randrange(3), rng.choice((4, 6)), rng.choice((6, 17, 132)), 0, 0) + bytes(40))
    nic.fw(R.FW_FLOW_SET, pack('HHHHQ', 2, index, 48, 0, page))
    nic.fw(R.FW_FLOW_DEL, pack('HH', 2, rng.randrange(4)))


def packets(m, seed, deadline, now, steps=STEPS):
    rng = random.Random(seed)
    nic = Nic(m)
    a = Func(nic, 1, A, qps=[0], flags=R.VSI_ACTIVE)
    b = Func(nic, 2, B, qps=[1], flags=R.VSI_ACTIVE | R.VSI_DEFAULT)
    page = m.alloc(4096)
    tx, rx = Tx(a), Rx(b, post=0)
    nic.fw(R.FW_RSS_HASH, pack('HHIQ', 2, 0, 0, (1 << 64) - 1))
    iova, _ = b.alloc(4096)
    fresh = pack('QQQQ', iova, 0, 0, 0) * rx.n
    base = samples()
    for n in range(steps):
        if n % 50 == 0:
            if now() > deadline:
                return n
            flow(m, rng, nic, page)
            for i, flags in ((1, R.VSI_ACTIVE), (2, R.VSI_ACTIVE | R.VSI_DEFAULT)):
                vlan = rng.choice((0, 0, 5, 6, 5 | R.PORT_8021AD, 5 | R.PORT_PRIO_SET | R.PORT_PRIO))
                if not vlan:
                    assert nic.vlans(i, rng.sample((0, 5, 6, 130, 4094), rng.randrange(6))) == 0
                    flags |= rng.choice((0, R.VSI_VLAN_FILTER, R.VSI_CONTROL))
                assert nic.vlans(i, rng.sample((5, 6, 130), rng.randrange(3)), R.VLANS_OWN) == 0
                flags |= rng.choice((0, R.VSI_VLAN_OWN, R.VSI_VLAN_STRIP))
                assert nic.vsi(i, flags, vlan=vlan) == 0
        f = mangle(rng, rng.choice(base))
        m.write(rx.pa, fresh)
        rx.bell((rx.get(R.Q_HEAD) + rx.n - 1) % rx.n)
        if rng.random() < 0.4:
            m.send(f)
        else:
            transmit(m, rng, tx, f)
        m.drain_now()
    for i in range(4):
        nic.fw(R.FW_FLOW_DEL, pack('HH', 2, i))
    assert nic.vsi(1, R.VSI_ACTIVE) == nic.vsi(2, R.VSI_ACTIVE) == 0
    was = b.stat(R.STAT_RX_UNICAST)
    rx.bell((rx.get(R.Q_HEAD) + rx.n - 1) % rx.n)
    tx.send(eth(B, A, bytes(50)))
    assert m.until(lambda: b.stat(R.STAT_RX_UNICAST) > was), 'it does not work any more'
    return steps


THEMES = {'packets': packets}
