# SPDX-License-Identifier: GPL-2.0-only
"""Vectors, ITRs, shared causes, the PF's own interrupts."""
from .machine import unpack
from .nic import Func, Nic
from .packets import mac
from .regs import R

SW = R.DYN_SWINT_TRIG | R.DYN_INTENA_MSK


def setup(m, vecs=4, **kw):
    nic = Nic(m, **kw)
    f = Func(nic, 1, mac(1), qps=[0])
    for v in range(vecs):
        f.vector(v, 10 + v)
    return nic, f


def test_auto_mask(m):
    nic, f = setup(m)
    for v in (0, 1, 3):
        f.arm(v)
        assert f.dyn(v) & R.DYN_INTENA
        f.arm(v, SW)
        assert nic.irq(10 + v) and not f.dyn(v) & R.DYN_INTENA
        f.arm(v, SW)
        assert not nic.irq(10 + v, wait=False), 'masked'
        f.arm(v)
        assert nic.irq(10 + v), 'pending while masked'
    assert f.stat(R.STAT_INTERRUPTS) == 6 and f.stat(R.STAT_REARMS) == 6


def test_mask_and_clear(m):
    nic, f = setup(m)
    f.arm(1)
    f.arm(1, 0)
    f.arm(1, SW)
    assert not nic.irq(11, wait=False)
    f.arm(1, R.DYN_INTENA | R.DYN_CLEARPBA | 3 << 3)
    assert not nic.irq(11, wait=False), 'dropped'
    f.arm(1, R.DYN_INTENA_MSK)
    assert f.dyn(1) & R.DYN_INTENA


def test_vecmap(m):
    nic, f = setup(m)
    f.set(R.FUNC_VECMAP(1), 0)
    f.arm(1)
    f.arm(1, SW)
    assert not nic.irq(11, wait=False)
    f.vector(1, 20)
    assert nic.irq(20)
    f.vector(1, 2047)
    f.arm(1)
    f.arm(1, SW)
    m.settle()
    assert not f.dyn(1) & R.DYN_INTENA


def test_itr(m):
    nic, f = setup(m)
    m.step(10_000_000)
    f.arm(1, R.DYN_INTENA | 1 << 3 | 50 << 5)           # ITR 1: 100 us
    assert f.win(R.WIN_ITR(1, 0)) == 50
    trig = SW | R.DYN_SW_ITR_ENA | 1 << 25 | 3 << 3
    f.arm(1, trig)
    assert nic.irq(11)
    f.arm(1)
    f.arm(1, trig)
    assert not nic.irq(11, wait=False)
    m.step(99_000)
    assert not nic.irq(11, wait=False)
    m.step(2_000)
    assert nic.irq(11)
    f.arm(1)
    f.arm(1, trig)
    f.arm(1, SW | 3 << 3)                               # no limit: the smallest counts
    assert nic.irq(11)
    f.win_wr(R.WIN_ITR(1, 0), 0xffffffff)
    assert f.win(R.WIN_ITR(1, 0)) == 0xfff
    assert f.stat(R.STAT_ITR_WRITES) == 1


def test_itr_min(m):
    """The least interval holds whatever the function's ITRs say."""
    nic, f = setup(m)
    assert f.get(R.FUNC_ITR_MIN) == 0
    f.set(R.FUNC_ITR_MIN, 0xfffff000 | 500)
    assert f.get(R.FUNC_ITR_MIN) == 500
    m.step(10_000_000)
    for v, trig in ((1, SW | 3 << 3), (2, SW | R.DYN_SW_ITR_ENA | 1 << 25), (0, SW | 3 << 3)):
        f.arm(v)
        f.arm(v, trig)
        assert nic.irq(10 + v)
        f.arm(v)
        f.arm(v, trig)
        m.step(990_000)
        assert not nic.irq(10 + v, wait=False)
        m.step(20_000)
        assert nic.irq(10 + v)
    f.arm(1, R.DYN_INTENA | 1 << 3 | 800 << 5)          # a longer one counts, too
    f.arm(1, SW | R.DYN_SW_ITR_ENA | 1 << 25 | 3 << 3)
    assert nic.irq(11)
    f.arm(1)
    f.arm(1, SW | R.DYN_SW_ITR_ENA | 1 << 25 | 3 << 3)
    m.step(1_500_000)
    assert not nic.irq(11, wait=False)
    m.step(200_000)
    assert nic.irq(11)


def test_itr_min_each(m):
    """Each vector for itself; shared ones, too; other functions not at all."""
    nic, f = setup(m)
    g = Func(nic, 2, mac(2))
    g.vector(1, 30)
    f.set(R.FUNC_ITR_MIN, 500)
    f.set(R.FUNC_VECMAP(2), R.INTVEC_VALID | R.INTVEC_SHARED)
    m.step(10_000_000)
    for x, v, to in ((f, 1, 11), (f, 3, 13), (g, 1, 30), (g, 1, 30)):
        x.arm(v)
        x.arm(v, SW)
        assert nic.irq(to)
    for _ in range(2):
        f.arm(2)
        f.arm(2, SW)
    assert len(nic.records(nic.cause, 1)) == 1 and not nic.records(nic.cause, 0)
    m.step(1_001_000)
    assert len(nic.records(nic.cause, 1)) == 1


def test_itr_min_changes(m):
    """Lowered it lets go what waits; it is kept over a reset and gone with the function."""
    nic, f = setup(m)
    m.step(10_000_000)
    f.set(R.FUNC_ITR_MIN, 4095)
    for _ in range(2):
        f.arm(1)
        f.arm(1, SW)
    assert nic.irq(11) and not nic.irq(11, wait=False)
    f.set(R.FUNC_ITR_MIN, 500)
    assert not nic.irq(11, wait=False)
    m.step(1_001_000)
    assert nic.irq(11), 'by the new interval'
    f.arm(1)
    f.arm(1, SW)
    f.set(R.FUNC_ITR_MIN, 0)
    assert nic.irq(11), 'at once'
    f.set(R.FUNC_ITR_MIN, 500)
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
    assert f.get(R.FUNC_ITR_MIN) == 500
    f.arm(1)
    f.arm(1, SW)
    assert not nic.irq(11, wait=False), 'a reset is no way around it'
    m.step(1_001_000)
    assert nic.irq(11)
    f.set(R.FUNC_CTRL, 0)
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE)
    assert f.get(R.FUNC_ITR_MIN) == 0


def test_reset_forgets(m):
    nic, f = setup(m)
    f.arm(1, SW)
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
    f.arm(1)
    assert not nic.irq(11, wait=False)


def test_shared(m):
    nic, f = setup(m)
    for v in (1, 2):
        f.set(R.FUNC_VECMAP(v), R.INTVEC_VALID | R.INTVEC_SHARED)
        f.arm(v)
        f.arm(v, SW)
    assert nic.irq(2)
    got = [unpack('HH', r) for r in nic.records(nic.cause, 2, consume=False)]
    assert got == [(1, 1), (1, 2)]
    f.arm(1)
    f.arm(1, SW)                # sent again while the pair still stands in the ring
    m.settle()
    assert nic.rd(R.CAUSE_RING + R.RING_TAIL) == 2, 'at most once'
    nic.wr(R.CAUSE_RING + R.RING_HEAD, 1)
    assert [unpack('HH', r) for r in nic.records(nic.cause, 1)] == [(1, 1)], 'but not lost'
    assert f.stat(R.STAT_SHARED_CAUSES) == 3


def test_shared_full(m):
    """A ring of two has room for one record."""
    nic, f = setup(m, cause_len=2)
    for v in range(4):
        f.set(R.FUNC_VECMAP(v), R.INTVEC_VALID | R.INTVEC_SHARED)
        f.arm(v)
        f.arm(v, SW)
    got = []
    while True:
        r = nic.records(nic.cause, 1)
        if not r:
            break
        got += [unpack('HH', x)[1] for x in r]
    assert sorted(got) == [0, 1, 2, 3]


def test_ring_reset(m):
    """Records that nobody read are posted again in the next ring."""
    nic, f = setup(m)
    f.set(R.FUNC_VECMAP(1), R.INTVEC_VALID | R.INTVEC_SHARED)
    f.arm(1)
    f.arm(1, SW)
    assert m.until(lambda: nic.rd(R.CAUSE_RING + R.RING_TAIL) == 1)
    nic.cause = nic.ring(R.CAUSE_RING, 16, 4)
    assert len(nic.records(nic.cause, 1)) == 1


def test_ring_errors(m):
    nic, f = setup(m)
    for reg, val in ((R.RING_HEAD, 64), (R.RING_HEAD, 1), (R.RING_HEAD, 0xffffffff)):
        nic.cause = nic.ring(R.CAUSE_RING, 64, 4)
        nic.rd(R.ICR)
        nic.wr(R.CAUSE_RING + reg, val)
        assert nic.rd(R.ICR) & R.ICR_ERR
        assert not nic.rd(R.CAUSE_RING + R.RING_LEN) & R.RING_LEN_ENABLE
    for n in (0, 1, 3, 48, 0x1ffff):
        nic.wr(R.CAUSE_RING + R.RING_LEN, n | R.RING_LEN_ENABLE)
        assert not nic.rd(R.CAUSE_RING + R.RING_LEN) & R.RING_LEN_ENABLE
    nic.wr(R.CAUSE_RING + R.RING_LEN, R.EVENT_RING_MAX | R.RING_LEN_ENABLE)
    assert nic.rd(R.CAUSE_RING + R.RING_LEN) == R.EVENT_RING_MAX | R.RING_LEN_ENABLE
    nic.wr(R.MBX_TX + R.RING_LEN, 48 | R.RING_LEN_ENABLE)
    nic.wr(R.MBX_TX + R.RING_TAIL, 48)
    assert not nic.rd(R.MBX_TX + R.RING_LEN) & R.RING_LEN_ENABLE
    assert nic.irq(3)


def test_pf_mask(m):
    nic = Nic(m)
    nic.wr(R.ICR_MASK, 0)
    nic.fw(R.FW_GET_INFO)
    assert not nic.irq(3, wait=False)
    assert nic.rd(R.ICR) == R.ICR_FW
    nic.wr(R.ICR_MASK, R.ICR_FW)
    for _ in range(2):
        nic.fw(R.FW_GET_INFO)
        assert nic.irq(3), 'no auto-masking'
