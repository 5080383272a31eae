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
