# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: interrupts that are held for a time or a number of packets."""
from .machine import pack
from .nic import Func, Nic
from .packets import eth
from .regs import R
from .t_virtio import A, B, FRAME
from .t_vstate import moved
from .packed import Ptx
from .virtio import EINVAL, EVENT_IDX, RING_PACKED, USUAL, Vfunc, Vrx, Vtx

US = 1000
# Flags in place of event indices: each turn of the VQ wants an interrupt.
FLAGS = USUAL & ~EVENT_IDX


def coal(f, vq, usecs, packets):
    return f.nic.fw(R.FW_SET_VQ_COAL, pack('HHII', f.idx, vq, usecs, packets))


def bed(m, features=FLAGS, **kw):
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, features=features, qps=[0]), Vfunc(nic, 2, B, features=features, qps=[1])
    for f, vec in ((a, 11), (b, 12)):
        f.vector(1, vec)
    return nic, a, b, Vtx(a, vector=1), Vrx(b, vector=1, **({'n': 256, 'post': 100} | kw))


def test_packets(m):
    """So many packets are one interrupt, of a transmitq and of a receiveq."""
    nic, a, b, tx, rx = bed(m)
    for f, q, vec in ((a, tx, 11), (b, rx, 12)):
        nic.irq(vec, wait=False)
        assert coal(f, q.vq, 1_000_000, 5) == 0
        for n in range(12):
            assert tx.send(FRAME) and rx.recv()
            rx.post(1)
            assert nic.irq(vec, wait=False) == (n % 5 == 4), n
        assert coal(f, q.vq, 0, 0) == 0
        assert nic.irq(vec, wait=False), 'what was held is sent with new limits'
        assert tx.send(FRAME) and rx.recv() and nic.irq(vec, wait=False), 'and nothing is held'
        assert not nic.irq(vec, wait=False)


def test_event_index(m):
    """The guest's event index stays where it is while an interrupt is held, and each packet counts."""
    for features, kind in ((USUAL, Vtx), (USUAL | RING_PACKED, Ptx)):
        nic = Nic(m)
        f = Vfunc(nic, 1, A, features=features, qps=[0])
        f.vector(1, 11)
        tx = kind(f, vector=1, n=8)
        assert coal(f, tx.vq, 1_000_000, 5) == 0
        tx.event()
        for n in range(40):
            assert tx.send(FRAME)
            got = nic.irq(11, wait=False)
            assert bool(got) == (n % 5 == 4), (kind, n)
            if got:
                tx.event()
        f.reset()


def test_once_around(m):
    """More packets than an index can count are one interrupt, wherever the guest's event index is."""
    nic = Nic(m)
    f = Vfunc(nic, 1, A, features=USUAL, qps=[0])
    f.vector(1, 11)
    tx = Vtx(f, vector=1, n=1024)
    assert coal(f, tx.vq, 1_000_000, 65536 + 4) == 0
    tx.event(7)
    tx.offer(*[tx.packet(FRAME)] * 1024, kick=False)
    tx.avail = 0
    for n in (8, *[1024] * 63, 1020):
        assert not nic.irq(11, wait=False)
        tx.avail += n
        m.wr(tx.driver_pa + 2, tx.avail & 0xffff, 2)
        tx.kick()
        assert m.until(lambda: tx.used_idx() == tx.avail & 0xffff)
    assert nic.irq(11)


def test_time(m):
    """The time begins with the first packet, and is that of one interrupt."""
    nic, a, _, tx, rx = bed(m)
    assert coal(a, tx.vq, 100, 1000) == 0
    for _ in range(3):
        assert tx.send(FRAME) and rx.recv()
        m.step(50 * US)
        assert tx.send(FRAME) and rx.recv() and not nic.irq(11, wait=False)
        m.step(49 * US)
        assert not nic.irq(11, wait=False)
        m.step(1 * US)
        assert nic.irq(11, wait=False)
        m.step(1000 * US)
        assert not nic.irq(11, wait=False), 'without a packet'


def test_no_limit(m):
    """One limit alone holds nothing."""
    nic, a, _, tx, rx = bed(m)
    for usecs, packets in ((0, 10), (1000, 0), (0, 0)):
        assert coal(a, tx.vq, usecs, packets) == 0
        for _ in range(2):
            assert tx.send(FRAME) and rx.recv() and nic.irq(11, wait=False)
    assert coal(a, tx.vq, 0xffffffff, 1) == 0
    assert tx.send(FRAME) and nic.irq(11, wait=False), 'one packet is enough'


def test_unwanted(m):
    """What the guest does not want an interrupt for does not count."""
    nic, a, _, tx, rx = bed(m)
    assert coal(a, tx.vq, 100, 3) == 0
    tx.no_interrupt()
    for _ in range(5):
        assert tx.send(FRAME) and rx.recv()
    m.step(1000 * US)
    assert not nic.irq(11, wait=False)
    tx.no_interrupt(0)
    for n in range(3):
        assert not nic.irq(11, wait=False), n
        assert tx.send(FRAME) and rx.recv()
    assert nic.irq(11, wait=False)


def test_events(m):
    """Event indices say which use is to be signalled, and the limits when."""
    nic, a, _, tx, rx = bed(m, USUAL)
    assert coal(a, tx.vq, 100, 1000) == 0
    tx.event(2)
    for _ in range(2):
        assert tx.send(FRAME) and rx.recv()
    m.step(1000 * US)
    assert not nic.irq(11, wait=False)
    assert tx.send(FRAME) and rx.recv() and not nic.irq(11, wait=False)
    m.step(100 * US)
    assert nic.irq(11, wait=False)


def test_lives(m):
    """Limits and what is held end with the VQ; an old time does not end a new one's."""
    nic, a, _, tx, rx = bed(m)
    assert coal(a, tx.vq, 100, 1000) == 0
    assert tx.send(FRAME) and rx.recv()
    tx.again()
    a.msix(tx.vq, 1)
    m.step(1000 * US)
    assert not nic.irq(11, wait=False)
    assert tx.send(FRAME) and rx.recv() and nic.irq(11, wait=False), 'no limits'
    assert coal(a, tx.vq, 100, 1000) == 0
    assert tx.send(FRAME) and rx.recv()
    tx.again()
    a.msix(tx.vq, 1)
    m.step(60 * US)
    assert coal(a, tx.vq, 100, 1000) == 0
    assert tx.send(FRAME) and rx.recv()
    m.step(60 * US)
    assert not nic.irq(11, wait=False)
    m.step(40 * US)
    assert nic.irq(11, wait=False)
    assert tx.send(FRAME) and rx.recv()
    a.set(R.FUNC_CTRL, a.ENABLE & ~R.FUNC_CTRL_DMA)
    m.step(100 * US)
    assert nic.irq(11, wait=False), 'a pause of DMA does not hold it'
    a.set(R.FUNC_CTRL, a.ENABLE)
    assert tx.send(FRAME) and rx.recv()
    a.reset()
    a.vector(1, 11)
    m.step(1000 * US)
    assert not nic.irq(11, wait=False)
    a.set(R.FUNC_CTRL, 0)
    m.step(1000 * US)


def test_unknown(m):
    """Only VQs that there are."""
    nic, a, _, tx, _ = bed(m)
    for vq, want in ((tx.vq, 0), (0, 0), (2, EINVAL), (31, EINVAL), (32, EINVAL), (0x8001, EINVAL), (0xffff, EINVAL)):
        assert coal(a, vq, 10, 10) == want, vq
    avf = Func(nic, 3, bytes((2, 0, 0, 0, 0, 9)), qps=[9])
    assert coal(avf, 0, 10, 10) == EINVAL


def test_state(m):
    """What is held is saved, and sent by the function that loads it."""
    nic, a, _, tx, rx = bed(m)
    assert coal(a, tx.vq, 1_000_000, 1000) == 0
    assert tx.send(FRAME) and rx.recv()
    c, _ = moved(a, 3, [2], tx)
    c.vector(1, 13)
    c.set(R.FUNC_CTRL, c.ENABLE)
    assert nic.irq(13) and not nic.irq(11, wait=False)


def test_stops(m):
    """A VQ that stops sends what it has used."""
    nic, a, _, tx, rx = bed(m)
    assert coal(a, tx.vq, 1_000_000, 1000) == 0
    good = tx.packet(eth(B, A, bytes(100)))
    bad = tx.chain([(tx.buf, 0, 0)])
    tx.offer(good, bad)
    assert tx.used() and rx.recv() and a.stopped() == 2
    assert nic.irq(11, wait=False)
