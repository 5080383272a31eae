# SPDX-License-Identifier: GPL-2.0-only
"""Translation tables: faults, answers, isolation, invalidation."""
import mmap
import os
import signal
import tempfile

from .machine import pack
from .nic import PAGE, Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R

PLAIN = 1       # a command without offloads (EOP is added)
A, B = mac(1), mac(2)
FRAME = eth(B, A, bytes(range(200)))
ALIAS = 64 * PAGE       # pages so far apart have one place in the translation cache
MEMORY = f'{tempfile.gettempdir()}/snic-memory-{os.getpid()}'       # where a test shares it


def pair(m, **kw):
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    for f in (a, b):
        f.vector(1, 10 + f.idx)
    return nic, a, b, Tx(a), Rx(b, **kw)


def test_loop(m):
    nic, a, b, tx, rx = pair(m)
    a.arm(1)
    b.arm(1)
    assert tx.send(FRAME)
    assert rx.recv()[0] == FRAME
    assert nic.irq(11) and nic.irq(12)
    assert a.stat(R.STAT_TX_UNICAST) == 1 and b.stat(R.STAT_RX_BYTES) == len(FRAME)


def test_rx_fault_and_retry(m):
    nic, a, b, tx, rx = pair(m, mapped=False)
    iova, pa = rx.bufs[0]
    assert tx.send(FRAME), 'the sender is not held up'
    f = nic.faults()[0]
    assert (f['addr'], f['len'], f['func'], f['unit']) == (iova, len(FRAME), 2, R.UNIT_RXQ(0))
    assert (f['flags'], f['pasid'], f['seq']) == (R.FAULT_WRITE, 0, 0)
    assert nic.irq(1) and nic.rd(R.ICR) & R.ICR_FAULT
    assert rx.ctl() & R.Q_CTL_FAULT and rx.recv(wait=False) is None
    nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_RETRY)
    f = nic.faults()[0]
    assert f['addr'] == iova and f['seq'] == 1, 'still missing: it faults again'
    b.tab.map(iova, pa, perm=1)
    nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_RETRY)
    assert nic.faults()[0]['flags'] == R.FAULT_WRITE | R.FAULT_PERM
    b.tab.map(iova, pa)
    nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME and not rx.ctl() & R.Q_CTL_FAULT
    assert b.stat(R.STAT_FAULTS) == 3 and b.stat(R.STAT_FAULT_RETRIES) == 3


def test_tx_fault(m):
    nic, a, _, tx, rx = pair(m)
    iova, pa = a.alloc(2 * PAGE)
    m.write(pa + PAGE - 100, FRAME)
    a.tab.unmap(iova + PAGE)
    tx.data(iova + PAGE - 100, len(FRAME), 3)
    tx.bell()
    f = nic.faults()[0]
    assert (f['addr'], f['len'], f['unit'], f['flags']) == (iova + PAGE, len(FRAME) - 100, 0, 0)
    assert tx.desc(0)[1] & 0xf == 0 and tx.get(R.Q_HEAD) == 0, 'nothing consumed'
    a.tab.map(iova + PAGE, pa + PAGE)
    nic.answer(1, R.UNIT_TXQ(0), R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME


def test_ring_fault(m):
    """The write-back is probed, too."""
    nic, a, _, tx, rx = pair(m)
    a.tab.map(tx.iova, tx.pa, perm=1)
    a.set(R.FUNC_INVAL_CTL, 0)
    tx.send(FRAME, bell=False)
    tx.bell()
    f = nic.faults()[0]
    assert (f['addr'], f['flags']) == (tx.iova, R.FAULT_WRITE | R.FAULT_PERM)
    assert rx.recv(wait=False) is None
    a.tab.map(tx.iova, tx.pa)
    nic.answer(1, 0, R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME


def test_fail(m):
    nic, a, b, tx, rx = pair(m, mapped=False)
    tx.send(FRAME)
    nic.faults()
    nic.answer(2, R.UNIT_RXQ(0), 3)
    nic.answer(2, 34, R.FAULT_RESP_RETRY)
    nic.answer(0xffff, 0, R.FAULT_RESP_FAIL)
    nic.answer(1, R.UNIT_TXQ(0), R.FAULT_RESP_FAIL)
    assert rx.ctl() & R.Q_CTL_FAULT and tx.ctl() & R.Q_CTL_ACTIVE, 'ignored'
    nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_FAIL)
    assert rx.reason() == R.Q_ERR_FAULT
    assert rx.ctl() & (R.Q_CTL_ACTIVE | R.Q_CTL_FAULT) == 0
    assert b.stat(R.STAT_FAULT_FAILS) == 1 and b.stat(R.STAT_RX_DISCARDS) == 1
    assert tx.send(FRAME), 'others go on'
    rx.set(R.Q_CTL, 0)
    rx2 = Rx(b)
    assert tx.send(FRAME) and rx2.recv()[0] == FRAME


def test_refused(m):
    nic, a, _, tx, _ = pair(m)
    bad = [(1 << 48, 64), ((1 << 48) - 32, 64), ((1 << 64) - 32, 64), (0xfee00000, 64),
           (0xfeefffff, 64), (0xfedfffff, 64)]
    for n, (addr, size) in enumerate(bad):
        a.tab.map(0xfee00000, tx.buf_pa)
        tx.data(addr, size, 3)
        tx.bell()
        f = nic.faults()[0]
        assert f['addr'] == addr, hex(addr)
        nic.answer(1, 0, R.FAULT_RESP_FAIL)
        assert tx.reason() == R.Q_ERR_FAULT
        tx.set(R.Q_CTL, 0)
        tx.enable()
        assert a.stat(R.STAT_DMA_REFUSED) == n + 1


def test_no_identity(m):
    nic, a, _, tx, rx = pair(m)
    a.set(R.FUNC_XLAT_LO, 0)
    tx.send(FRAME, bell=False)
    tx.bell()
    assert nic.faults()[0]['addr'] == tx.iova
    a.set(R.FUNC_XLAT_LO, a.tab.root | R.FUNC_XLAT_VALID)
    nic.answer(1, 0, R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME


def cross(m):
    """Function 1 sends from function 2's address; True if that worked."""
    nic, a, b, tx, rx = pair(m)
    iova, pa = b.alloc(PAGE)
    m.write(pa, FRAME)
    tx.data(iova, len(FRAME), 3)
    tx.bell()
    return rx.recv(wait=False) is not None, nic


def test_isolation(m):
    worked, nic = cross(m)
    assert not worked and len(nic.faults()) == 1


def test_isolation_broken(m):
    """The test above notices a device without isolation."""
    worked, _ = cross(m)
    assert worked


test_isolation_broken.options = ',x-break-xlat=on'


def test_same_address_twice(m):
    """One IOVA is two pages for two functions."""
    nic, a, b, tx, rx = pair(m, post=0)
    iova = 0x123456000
    pa, pb = m.alloc(PAGE), m.alloc(PAGE)
    a.tab.map(iova, pa)
    b.tab.map(iova, pb)
    m.write(pa, FRAME)
    m.write(pb, b'\xee' * PAGE)
    rx.bufs[0] = (iova, pb)
    rx.put(iova.to_bytes(8, 'little') + bytes(24))
    rx.bell()
    tx.data(iova, len(FRAME), 3)
    tx.bell()
    assert rx.recv()[0] == FRAME
    assert m.read(pa, len(FRAME)) == FRAME and m.read(pb + len(FRAME), 1) == b'\xee'


def test_rights_at_every_level(m):
    nic, a, _, tx, rx = pair(m)
    iova = 0x5_0000_0000
    pa = m.alloc(PAGE)
    m.write(pa, FRAME)
    a.tab.map(iova, pa)
    top = a.tab.root + (iova >> 39) * 8
    mid = (m.rd(top, 8) & R.XLAT_ADDR) + ((iova >> 30) & 511) * 8
    val = m.rd(mid, 8)
    m.wr(mid, val & ~3 | 2, 8)
    tx.data(iova, len(FRAME), 3)
    tx.bell()
    assert nic.faults()[0]['flags'] == R.FAULT_PERM
    m.wr(mid, val & ~3 | 1, 8)
    nic.answer(1, 0, R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME, 'read-only is enough to read'


def test_invalidate(m):
    nic, a, _, tx, rx = pair(m)
    assert tx.send(FRAME) and rx.recv()
    for pages in (1, 0, 0xffffff):
        a.tab.unmap(tx.buf)
        a.set(R.FUNC_INVAL_LO, tx.buf & 0xffffffff)
        a.set(R.FUNC_INVAL_HI, tx.buf >> 32)
        a.set(R.FUNC_INVAL_CTL, pages)
        assert not a.get(R.FUNC_INVAL_CTL) & R.FUNC_INVAL_BUSY
        tx.send(FRAME, bell=False)
        tx.bell()
        assert nic.faults()[0]['addr'] == tx.buf
        a.tab.map(tx.buf, tx.buf_pa)
        nic.answer(1, 0, R.FAULT_RESP_RETRY)
        assert rx.recv()[0] == FRAME


def test_one_fault_ring_slot(m):
    """Faults that find the ring full are posted when HEAD moves."""
    nic = Nic(m, fault_len=2)
    a = Func(nic, 1, A, qps=[0])
    funcs = [Func(nic, i, mac(i), qps=[i]) for i in range(2, 8)]
    tx = Tx(a)
    for f in funcs:
        f.rx = Rx(f, mapped=False)
        assert tx.send(eth(f.mac, A, b'x' * 50))
    seen = []
    while True:
        got = nic.faults()
        if not got:
            break
        seen += [f['func'] for f in got]
    assert seen == [2, 3, 4, 5, 6, 7]
    assert not nic.faults(0), 'one each'


def test_bus_master_off(m):
    _, a, _, tx, rx = pair(m)
    m.cfg_wr(4, 2, 2)
    tx.send(FRAME, bell=False)
    tx.bell()
    m.settle()
    assert tx.get(R.Q_HEAD) == 0
    m.cfg_wr(4, 6, 2)
    assert rx.recv()[0] == FRAME


def test_pause(m):
    _, a, b, tx, rx = pair(m)
    on = R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA
    for quiet in (R.FUNC_CTRL_ENABLE, on | R.FUNC_CTRL_QUIESCE):
        a.set(R.FUNC_CTRL, quiet)
        assert bool(a.get(R.FUNC_STATUS) & R.FUNC_STATUS_QUIESCED) == (quiet != 1)
        tx.send(FRAME, bell=False)
        tx.bell()
        m.settle()
        assert rx.recv(wait=False) is None
        a.set(R.FUNC_CTRL, on)
        assert rx.recv()[0] == FRAME
        b.set(R.FUNC_CTRL, quiet)
        assert tx.send(FRAME)
        assert rx.recv(wait=False) is None
        b.set(R.FUNC_CTRL, on)
        assert rx.recv()[0] == FRAME


def trap(f, victim_of, iova, victim):
    """Map two pages at iova; zeros for the second clear the entry of victim_of's page."""
    table = victim_of.tab.leaf(victim)
    assert table % PAGE <= 62 * 8, 'among the first'
    f.tab.map(iova, f.m.alloc(PAGE))
    f.tab.map(iova + PAGE, table & ~(PAGE - 1))
    return iova + PAGE - 512


def lost_rx(m, victim, others):
    """A frame in three buffers. While it is written the victim's mapping goes."""
    nic, a, b, tx, rx = pair(m, post=0, bufsz=1024)
    frame = eth(B, A, bytes(2500 - 14))
    victim, others = victim(rx), others(rx)
    for iova in others:
        b.tab.map(iova, m.alloc(PAGE))
    at = trap(b, b, 0x7_0000_0000, victim)
    kept = m.rd(b.tab.leaf(victim), 8)
    bufs = [at, *others]
    for iova in bufs:
        rx.put(pack('QQQQ', iova, 0, 0, 0))
    rx.bell()
    assert tx.send(frame)
    faults = nic.faults()
    assert rx.ctl() & (R.Q_CTL_ACTIVE | R.Q_CTL_FAULT | R.Q_CTL_ERROR) == \
        R.Q_CTL_ACTIVE | R.Q_CTL_FAULT, hex(rx.ctl())
    assert [(f['addr'], f['unit'], f['flags']) for f in faults] == \
        [(victim, R.UNIT_RXQ(0), R.FAULT_WRITE)]
    assert rx.get(R.Q_HEAD) == 0 and [rx.desc(i) for i in range(3)] == [(x, 0) for x in bufs]
    b.tab.map(0x7_0000_0000, m.alloc(2 * PAGE), 2 * PAGE)
    m.wr(b.tab.leaf(victim), kept, 8)
    b.set(R.FUNC_INVAL_CTL, 0)
    for i, iova in enumerate(bufs):
        rx.bufs[i] = iova, (m.rd(b.tab.leaf(iova), 8) & R.XLAT_ADDR) + iova % PAGE
    nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == frame and rx.get(R.Q_HEAD) == 3
    assert b.stat(R.STAT_RX_DISCARDS) == 0


def test_lost_buffer(m):
    """A mapping that goes between the look and the access is a fault."""
    page = 0x8_0000_0000
    lost_rx(m, lambda rx: page, lambda rx: [page, page + ALIAS])


def test_lost_rx_ring(m):
    """Write-backs come after all data, and all of them or none."""
    page = 0x8_0000_0000
    lost_rx(m, lambda rx: rx.iova, lambda rx: [page + PAGE, page + rx.iova % ALIAS])


def test_lost_tx_ring(m):
    """What was looked at just before the frame went can be written back."""
    nic, a, b, tx, rx = pair(m, post=0)
    data = 0x8_0000_0000 + tx.iova % ALIAS
    pa = m.alloc(PAGE)
    a.tab.map(data, pa)
    frame = eth(B, A, bytes(1000))
    m.write(pa, frame)
    rx.put(pack('QQQQ', trap(b, a, 0x9_0000_0000, tx.iova), 0, 0, 0))
    rx.bell()
    tx.data(data, len(frame), 3)
    tx.bell()
    assert m.until(lambda: tx.desc(0)[1] & 0xf == 0xf), hex(tx.ctl())
    assert m.rd(a.tab.leaf(tx.iova), 8) == 0 and tx.get(R.Q_HEAD) == 1
    assert tx.ctl() & (R.Q_CTL_ACTIVE | R.Q_CTL_ERROR) == R.Q_CTL_ACTIVE


def flicker(memory, at, val):
    """A process that writes val and 0 by turns, as fast as it can; its id."""
    parent, child = os.getpid(), os.fork()
    if child:
        return child
    words = memoryview(memory).cast('Q')
    while os.getppid() == parent:
        for _ in range(5000):
            words[at // 8] = 0
            words[at // 8] = val
    os._exit(0)


def test_lost_data(m):
    """An entry that comes and goes under the device's eyes: packets wait, none kills the queue."""
    with open(MEMORY, 'r+b') as f:
        memory = mmap.mmap(f.fileno(), 0)
    os.unlink(MEMORY)
    nic, a, b, tx, rx = pair(m, post=0)
    pages = [0x8_0000_0000 + i * ALIAS for i in range(50)]
    for iova in pages:
        a.tab.map(iova, tx.buf_pa)
    m.write(tx.buf_pa, eth(mac(9), A, bytes(986)))
    entry = a.tab.leaf(pages[0])
    writer = flicker(memory, entry, m.rd(entry, 8))
    try:
        for _ in range(4000):
            if tx.get(R.Q_HEAD) == tx.tail:
                for i, iova in enumerate(pages):
                    tx.data(iova + 20 * i, 20, 3 if i == 49 else 0)
                tx.bell()
            if nic.rd(R.FAULT_RING + R.RING_TAIL) != nic.fault['head']:
                f = nic.faults()[0]
                assert (f['addr'], f['unit'], f['flags']) == (pages[0], 0, 0)
                nic.answer(1, 0, R.FAULT_RESP_RETRY)
            m.drain_now()
            assert tx.ctl() & (R.Q_CTL_ACTIVE | R.Q_CTL_ERROR) == R.Q_CTL_ACTIVE
    finally:
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
    assert a.stat(R.STAT_TX_UNICAST) and a.stat(R.STAT_FAULTS)


test_lost_data.extra = ('-object', f'memory-backend-file,id=ram,size=256M,share=on,mem-path={MEMORY}',
                        '-machine', 'memory-backend=ram')


def test_dma_error(m):
    """A table that points outside memory is the driver's mistake: ERROR."""
    nic, a, _, tx, _ = pair(m)
    iova = 0x9_0000_0000
    a.tab.map(iova, 0x7fff_0000_0000)
    tx.data(iova, 64, 3)
    tx.bell()
    assert m.until(lambda: tx.reason() == R.Q_ERR_FAULT)
    assert nic.rd(R.ICR) & R.ICR_ERR
    a.tab.map(iova, 0xfed00000)         # not RAM
    tx.set(R.Q_CTL, 0)
    tx.enable()
    tx.data(iova, 64, 3)
    tx.bell()
    assert m.until(lambda: tx.reason() == R.Q_ERR_FAULT)
