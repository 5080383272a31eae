# SPDX-License-Identifier: GPL-2.0-only
"""Resets, power states, errors and surprise removal."""
from .nic import Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R

A, B = mac(1), mac(2)
MEM_BME = 6
PMCSR = R.CAP_PM + 4
DEVCTL, DEVSTA = R.CAP_PCIE + 8, R.CAP_PCIE + 10
UNCOR, COR = R.ECAP_AER + 4, R.ECAP_AER + 0x10
GONE = 0xffffffff


def pair(m, **kw):
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    b.vector(1, 20)
    return nic, a, b, Tx(a), Rx(b, **kw)


def frame(n):
    return eth(B, A, bytes((n,)) * 100)


def find(m, want, at=0x100):
    """The port's extended capability."""
    while at:
        head = m.port(at)
        if head & 0xffff == want:
            return at
        at = head >> 20


def port_cap(m, want=0x10):
    at = m.port(0x34, 1)
    while m.port(at, 1) != want:
        at = m.port(at + 1, 1)
    return at


# --- reset --------------------------------------------------------------------


def check_reset(m, reset):
    nic, a, _, tx, rx = pair(m)
    assert tx.send(frame(1)) and rx.recv()
    m.cfg_wr(R.ECAP_PASID + 6, 1, 2)
    m.cfg_wr(DEVCTL, 0xf, 2)
    bar = m.cfg(0x10)
    reset()
    assert m.cfg(4, 2) & MEM_BME == 0 and m.cfg(0x10) & ~0xf == 0 and bar & ~0xf
    assert m.cfg(R.ECAP_PASID + 6, 2) == 0 and m.cfg(R.CAP_MSIX + 2, 2) & 0x8000 == 0
    assert m.cfg(DEVCTL, 2) & 0xf == 0
    m.setup_pci()
    assert a.get(R.FUNC_CTRL) == 0 and a.get(R.FUNC_QMAP(0)) == 0 and tx.ctl() == 0
    assert nic.rd(R.FAULT_RING + R.RING_LEN) == 0 and nic.rd(R.ICR_MASK) == 0
    assert m.bar(4, R.MSIX_TABLE) == 0
    _, _, b, tx, rx = pair(m)
    b.arm(1)
    assert tx.send(frame(2)) and rx.recv()[0] == frame(2)
    assert b.nic.irq(20)


def test_flr(m):
    check_reset(m, lambda: m.cfg_wr(DEVCTL, 0x8000, 2))


def test_bus_reset(m):
    def reset():
        m.port_wr(0x3e, 0x40, 2)
        m.port_wr(0x3e, 0, 2)
    check_reset(m, reset)


test_bus_reset.slot = True


def test_flr_while_busy(m):
    """With frames held, a rate that makes wait, faults outstanding."""
    nic, a, b, tx, rx = pair(m, mapped=False)
    assert nic.vsi(1, R.VSI_ACTIVE, rate=1) == 0
    for i in range(20):
        tx.send(frame(i), bell=False)
    tx.bell()
    assert nic.faults()
    m.cfg_wr(DEVCTL, 0x8000, 2)
    m.step(1_000_000_000)
    m.setup_pci()
    _, _, _, tx, rx = pair(m)
    for i in range(20):
        assert tx.send(frame(i)) and rx.recv()[0] == frame(i), 'no rate is left'


# --- power ---------------------------------------------------------------------


def d3(m, on=True):
    m.cfg_wr(PMCSR, 3 if on else 0, 2)
    assert m.cfg(PMCSR, 2) & 3 == (3 if on else 0)


def test_d3_keeps_state(m):
    nic, a, b, tx, rx = pair(m)
    b.set(R.FUNC_ITR_MIN, 9)
    assert tx.send(frame(1)) and rx.recv()
    state = [a.get(r) for r in range(0, 0x100, 4)], [nic.rd(r) for r in (R.ICR_MASK, R.INTVEC_MBX)]
    d3(m)
    assert m.bar(0, R.ID) != R.ID_MAGIC, 'no memory in D3'
    m.bar_wr(0, R.FUNC(1), 0)
    d3(m, False)
    assert ([a.get(r) for r in range(0, 0x100, 4)],
            [nic.rd(r) for r in (R.ICR_MASK, R.INTVEC_MBX)]) == state
    assert tx.ctl() & R.Q_CTL_ACTIVE and b.get(R.FUNC_ITR_MIN) == 9
    assert m.cfg(4, 2) & MEM_BME == MEM_BME
    assert tx.send(frame(2)) and rx.recv()[0] == frame(2)


def test_d3_no_dma(m):
    """What the wire brings meanwhile waits; nothing is written, nothing is said."""
    nic, _, b, _, rx = pair(m)
    b.arm(1)
    d3(m)
    m.send(frame(3))
    assert rx.recv(wait=False) is None
    m.step(100_000_000)
    m.settle()
    assert rx.recv(wait=False) is None and not nic.irq(20, wait=False)
    d3(m, False)
    assert rx.recv()[0] == frame(3) and nic.irq(20)


def test_d3_no_interrupts(m):
    """A vector that was pending, one that its ITR held, the PF's own."""
    nic, _, b, _, _ = pair(m)
    b.vector(2, 21)
    m.step(10_000_000)
    b.arm(1, R.DYN_INTENA | 1 << 3 | 500 << 5)
    trig = R.DYN_SWINT_TRIG | R.DYN_INTENA_MSK | R.DYN_SW_ITR_ENA | 1 << 25 | 3 << 3
    b.arm(1, trig)
    assert nic.irq(20)
    b.arm(1)
    b.arm(1, trig)
    nic.irq(3)
    d3(m)
    m.qmp('set_link', name='up', up=False)
    m.step(10_000_000)
    assert not nic.irq(20, wait=False) and not nic.irq(3, wait=False)
    d3(m, False)
    assert nic.irq(20) and nic.irq(3)
    assert nic.rd(R.ICR) & R.ICR_LINK and not nic.rd(R.STATUS) & R.STATUS_LINK
    m.step(10_000_000)
    d3(m)
    d3(m, False)
    assert not nic.irq(20, wait=False) and not nic.irq(3, wait=False), 'once'


def test_no_bus_master(m):
    """Bus Master Enable stops both as well."""
    nic, _, b, _, rx = pair(m)
    b.arm(1)
    m.cfg_wr(4, 2, 2)
    m.send(frame(1))
    b.arm(1, R.DYN_SWINT_TRIG | R.DYN_INTENA_MSK)
    m.settle()
    assert b.dyn(1) & R.DYN_INTENA, 'still pending'
    m.cfg_wr(4, 6, 2)
    assert rx.recv()[0] == frame(1) and nic.irq(20)


# --- errors ---------------------------------------------------------------------


def inject(m, error):
    said = m.qmp('human-monitor-command', **{'command-line': f'pcie_aer_inject_error nic {error}'})
    assert said.startswith('OK'), said


def aer(m):
    """Everything reports; the port's error registers."""
    m.cfg_wr(DEVCTL, 0xf, 2)
    m.port_wr(4, 0x106, 2)
    m.port_wr(0x3e, 2, 2)
    m.port_wr(port_cap(m) + 8, 0xf, 2)
    return find(m, 1)


def check_aer(m, error, reg, bit, sta, root):
    at = aer(m)
    inject(m, error)
    assert m.cfg(reg) & bit and m.cfg(DEVSTA, 2) & 0xf == sta
    assert m.port(at + 0x30) & 0x7f == root, hex(m.port(at + 0x30))
    source = m.port(at + 0x34)
    assert (source & 0xffff if root == 1 else source >> 16) == 0x100
    m.cfg_wr(reg, bit)
    assert not m.cfg(reg) & bit


def test_aer_correctable(m):
    check_aer(m, 'BAD_TLP', COR, 0x40, 1, 0x1)


def test_aer_nonfatal(m):
    check_aer(m, 'COMP_TIME', UNCOR, 0x4000, 2, 0x24)


def test_aer_fatal(m):
    check_aer(m, 'MALF_TLP', UNCOR, 0x40000, 4, 0x54)


def test_aer_reset(m):
    """Fatal, then what a host does: the link is reset, and all works again."""
    aer(m)
    inject(m, 'DLP')
    check_reset(m, lambda: (m.port_wr(0x3e, 0x40, 2), m.port_wr(0x3e, 0, 2)))


for fn in (test_aer_correctable, test_aer_nonfatal, test_aer_fatal, test_aer_reset):
    fn.slot = True
del fn


# --- removal --------------------------------------------------------------------


def test_removed(m):
    nic, a, b, tx, rx = pair(m)
    m.remove()
    for reg in (0, 4, 0x10, R.CAP_PCIE, R.ECAP_AER):
        assert m.cfg(reg) == GONE and m.cfg(reg, 2) == 0xffff and m.cfg(reg, 1) == 0xff
    for bar, off in ((0, R.ID), (0, R.FUNC(1)), (0, R.STATS(1)), (0, 0x1ffffc), (2, 0), (2, 0x3ffffc),
                     (4, 0), (4, R.MSIX_TABLE), (4, R.MSIX_PBA), (4, R.FW_REQUEST), (4, 0x3fffc)):
        assert m.bar(bar, off) == GONE, (bar, hex(off))
        m.bar_wr(bar, off, 0)
    assert m.bar(0, R.STATS(0), 8) == (1 << 64) - 1
    m.cfg_wr(4, 0, 2)
    m.cfg_wr(DEVCTL, 0x8000, 2)
    m.remove()
    assert m.cfg(0) == GONE, 'twice is once'
    m.remove(False)
    assert m.cfg(0) == 0x10f51af4


def test_removed_silence(m):
    """No DMA, no interrupt, nothing from or to the wire."""
    nic, _, b, tx, rx = pair(m)
    assert nic.vsi(1, R.VSI_ACTIVE, rate=1) == 0
    for i in range(10):
        tx.send(eth(mac(9), A, bytes(1000)), bell=False)
    tx.bell()
    m.settle()
    m.drain()
    b.arm(1, R.DYN_INTENA | 1 << 3 | 4000 << 5)
    for _ in range(2):
        b.arm(1, R.DYN_SWINT_TRIG | R.DYN_INTENA_MSK | R.DYN_SW_ITR_ENA | 1 << 25 | 3 << 3)
    nic.irq(20), nic.irq(3)
    memory = m.read(tx.pa, 64 * 16)
    m.remove()
    m.send(frame(1))
    tx.bell(20)
    m.qmp('set_link', name='up', up=False)
    m.qmp('set_link', name='up', up=True)
    m.step(1_000_000_000)
    m.settle()
    assert m.recv(0.05) is None and rx.recv(wait=False) is None
    assert m.read(tx.pa, 64 * 16) == memory
    assert not nic.irq(20, wait=False) and not nic.irq(3, wait=False)


def test_put_back(m):
    check_reset(m, lambda: (m.remove(), m.remove(False)))


def test_slot(m):
    """A hot-plug slot notices, both ways."""
    pair(m)
    cap = port_cap(m)
    assert m.port(cap + 0x1a, 2) & 0x40 and m.port(cap + 0x12, 2) & 0x2000
    m.port_wr(cap + 0x18, 0x28, 2)
    m.remove()
    assert m.port(cap + 0x1a, 2) & 0x48 == 8, 'changed: empty'
    assert not m.port(cap + 0x12, 2) & 0x2000, 'link down'
    m.port_wr(cap + 0x1a, 9, 2)
    assert not m.port(cap + 0x1a, 2) & 9
    m.remove(False)
    assert m.port(cap + 0x1a, 2) & 0x48 == 0x48 and m.port(cap + 0x12, 2) & 0x2000
    m.setup_pci()
    _, _, _, tx, rx = pair(m)
    assert tx.send(frame(1)) and rx.recv()[0] == frame(1)


test_slot.slot = True
test_slot.extra = ('-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off')
