# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: faults on each part of a packet, and a device that does not obey."""
from .machine import pack
from .nic import PAGE
from .packets import TCP, mac
from .regs import R
from .t_mailbox import PfRing
from .t_vctl import CTRL, control
from .t_virtio import FRAME, frame, pair
from .t_vnet import tso, want
from .virtio import EVENT_IDX, HDR, USUAL, Control, Vtx, header

RETRY, FAIL = R.FAULT_RESP_RETRY, R.FAULT_RESP_FAIL



def parts(q, *bufs):
    """The IOVAs of all that a packet touches, and whether it is written there."""
    return [(q.driver, 0), (q.desc, 0), *bufs, (q.device, 1)]


def faulty(f, nic, unit, pages, go, done):
    """Each page in turn is missing: the unit faults, consumes nothing, and goes on after RETRY."""
    for iova, write in pages:
        pa = f.tab.leaf(iova & ~4095)
        was = f.m.rd(pa, 8)
        for val, flags in ((0, write), (was & ~(2 if write else 1), write | R.FAULT_PERM)):
            f.m.wr(pa, val, 8)
            f.set(R.FUNC_INVAL_CTL, 0)
            go()
            fault = nic.faults()[0]
            assert fault['addr'] & ~4095 == iova & ~4095, (hex(fault['addr']), hex(iova))
            assert (fault['func'], fault['unit'], fault['flags']) == (f.idx, unit, flags)
            assert not done(False), 'nothing was consumed'
            f.m.wr(pa, was, 8)
            f.set(R.FUNC_INVAL_CTL, 0)
            nic.answer(f.idx, unit, RETRY)
            assert done(True), hex(iova)


def test_tx_faults(m):
    nic, a, _, tx, rx = pair(m, n=256, post=100)
    for features in (USUAL, USUAL & ~EVENT_IDX):
        a.enable(tx.vq, 0)
        a.features(features)
        tx = Vtx(a)
        iova, pa = a.alloc(3 * PAGE)
        m.write(pa, header() + FRAME)
        table, table_pa = a.alloc(PAGE)
        tx.put_desc(0, iova, HDR, 1, 1, table_pa)
        tx.put_desc(1, iova + PAGE, 100, 1, 2, table_pa)
        tx.put_desc(2, iova + 2 * PAGE, 100, 0, 0, table_pa)
        m.write(pa + PAGE, FRAME[:100])
        m.write(pa + 2 * PAGE, FRAME[100:200])
        tx.put_desc(5, table, 48, 4)

        def done(wait, tx=tx):
            return tx.used(1 if wait else 0) == [(5, 0)] and rx.recv()[0] == FRAME[:200]

        pages = parts(tx, (table, 0), (iova, 0), (iova + PAGE, 0), (iova + 2 * PAGE, 0))
        faulty(a, nic, R.UNIT_TXQ(0), pages, lambda tx=tx: tx.offer(5), done)


def test_ring_faults(m):
    """Each page of the rings that an entry needs: index, entry, event, used entry, used index."""
    nic, a, _, tx, rx = pair(m, n=256, post=100)
    a.enable(tx.vq, 0)
    n, at = 1024, 900
    desc, desc_pa = a.alloc(5 * PAGE)
    driver, driver_pa = (x + PAGE - 2000 for x in a.alloc(2 * PAGE))
    device, device_pa = a.alloc(3 * PAGE)
    assert a.addr(tx.vq, n, desc, driver, device) == 0
    m.wr(device_pa + 2, at, 2)
    m.wr(driver_pa + 2, at, 2)
    iova, pa = a.alloc(PAGE)
    m.write(pa, header() + FRAME)
    m.write(desc_pa + 16 * 700, pack('QIHH', iova, HDR + len(FRAME), 0, 0))
    assert a.enable(tx.vq, R.VQ_ON | R.VQ_RESUME) == 0

    def go():
        used = m.rd(device_pa + 2, 2)
        m.wr(driver_pa + 4 + 2 * (used % n), 700, 2)
        m.wr(driver_pa + 2, used + 1, 2)
        a.kick(tx.vq)

    def done(wait):
        got = rx.recv(wait=wait)
        return got and got[0] == FRAME and m.rd(device_pa + 2, 2) == m.rd(driver_pa + 2, 2)

    pages = ((driver, 0), (driver + 2052, 0), (desc + 16 * 700, 0), (device + 4 + 8 * at, 1), (device, 1))
    faulty(a, nic, R.UNIT_TXQ(0), pages, go, done)
    assert a.stopped() == 0


def test_tso_faults(m):
    """A page that goes between the turns of a packet: the rest leaves after RETRY."""
    nic, a, b, tx, rx = pair(m, n=1024, post=900, bufsz=1024)
    payload = bytes(64 * 800)
    head = tx.packet(tso(0, payload), want(0, TCP, 64))
    page = tx.buf + 8 * PAGE
    a.tab.unmap(page)
    a.set(R.FUNC_INVAL_CTL, 0)
    tx.offer(head)
    assert nic.faults()[0]['addr'] == page and b.stat(R.STAT_RX_UNICAST) == 0, 'nothing is sent'
    a.tab.map(page, tx.buf_pa + 8 * PAGE)
    nic.answer(1, 0, RETRY)
    assert tx.used() == [(head, 0)] and b.stat(R.STAT_RX_UNICAST) == 800


def test_rx_faults(m):
    nic, _, b, tx, rx = pair(m, post=0)
    iova, pa = b.alloc(3 * PAGE)
    table, table_pa = b.alloc(PAGE)
    rx.put_desc(0, iova + 4090, 100, 1 | 2, 1, table_pa)
    rx.put_desc(1, iova + 2 * PAGE, 1000, 2, 0, table_pa)
    rx.put_desc(5, table, 32, 4)

    def go():
        rx.offer(5)
        assert tx.send(FRAME), 'the sender is not held up'

    def done(wait):
        if rx.used(1 if wait else 0) != [(5, HDR + len(FRAME))]:
            return False
        assert m.read(pa + 4090 + HDR, 88) + m.read(pa + 2 * PAGE, len(FRAME) - 88) == FRAME
        return True

    faulty(b, nic, R.UNIT_RXQ(0), parts(rx, (table, 0), (iova, 1), (iova + PAGE, 1), (iova + 2 * PAGE, 1)), go, done)


def test_control_faults(m):
    nic, f, rx, tx, q = control(m)
    rx.post(15)
    iova, pa = f.alloc(3 * PAGE)
    m.write(pa + PAGE - 1, b'\1\0' + mac(9))
    head = q.chain([(iova + PAGE - 1, 8, 0), (iova + 2 * PAGE, 1, 2)])

    def done(wait):
        if not wait:
            return rx.next(wait=False) or q.used(0)
        assert rx.next()['data'] == mac(9)
        tx.send(1, b'', high=CTRL)
        rx.post(1)
        return q.used() == [(head, 1)]

    faulty(f, nic, R.UNIT_ATQ, parts(q, (iova, 0), (iova + PAGE, 0), (iova + 2 * PAGE, 1)), lambda: q.offer(head), done)
    q.offer(head)
    assert rx.next()
    f.tab.unmap(iova + 2 * PAGE)
    f.set(R.FUNC_INVAL_CTL, 0)
    tx.send(1, b'', high=CTRL, low=7)
    assert nic.faults()[0]['unit'] == R.UNIT_ATQ and q.used(0) == []
    f.tab.map(iova + 2 * PAGE, pa + 2 * PAGE)
    nic.answer(1, R.UNIT_ATQ, RETRY)
    assert q.used() == [(head, 1)] and m.read(pa + 2 * PAGE, 1) == b'\7', 'the answer was kept'


def test_resume_faults(m):
    """The used index that a resumed ring begins at is read under the same rules."""
    nic, a, _, tx, rx = pair(m)
    assert tx.send(FRAME) and rx.recv()
    a.enable(tx.vq, 0)
    a.tab.unmap(tx.device)
    a.set(R.FUNC_INVAL_CTL, 0)
    tx.set_up(flags=R.VQ_ON | R.VQ_RESUME)
    assert nic.faults()[0]['addr'] == tx.device + 2
    a.tab.map(tx.device, tx.device_pa)
    nic.answer(1, 0, RETRY)
    assert tx.send(FRAME) and rx.recv()[0] == FRAME


def test_fail(m):
    """A fault answered with FAIL stops that queue, with a message to the PF; the others go on."""
    nic, a, b, tx, rx = pair(m)
    pf = PfRing(nic, R.MBX_RX)
    pf.post(8)
    q = Control(a, vq=6)
    for unit, vq, stopped in ((R.UNIT_TXQ(0), tx, 1 << 1), (R.UNIT_ATQ, q, 1 << R.STOPPED_CONTROL)):
        vq.offer(vq.chain([(0x7000000, 100, 0), (0x7000000, 1, 2)][:1 if vq is tx else 2]))
        assert nic.faults()[0]['unit'] == unit
        nic.answer(1, unit, FAIL)
        got = pf.next()
        assert (got['cookie_high'], got['param0'], got['datalen']) == (R.MSG_VQ_STOPPED, 1, 0)
        assert a.stopped() == stopped and pf.next(wait=False) is None
        vq.kick()
        m.settle()
        assert a.stopped() == stopped and vq.used(0) == []
        if vq is tx:
            assert tx.reason() == R.Q_ERR_FAULT
        vq.again()
        assert a.stopped() == 0
    assert tx.send(FRAME) and rx.recv()[0] == FRAME
    assert a.stat(R.STAT_FAULT_FAILS) == 2


def test_nowhere(m):
    """DMA that reaches no memory is terminal."""
    nic, a, _, tx, _ = pair(m)
    nic.rd(R.ICR)
    a.tab.map(0x7000000, 0x7fff00000000)
    tx.offer(tx.chain([(0x7000000, 100, 0)]))
    assert m.until(lambda: a.stopped() == 2) and nic.rd(R.ICR) & R.ICR_ERR
    assert tx.reason() == R.Q_ERR_FAULT


# --- a device that does not obey ---


def test_ignores_queues(m):
    """The queues of a function that ignores it stay active."""
    nic, a, _, tx, rx = pair(m)
    m.qmp('qom-set', path='nic', property='inject', value='function 1 queues')
    assert a.enable(tx.vq, 0) == 0 and a.enable(R.VQ_ALL, 0) == 0 and tx.active()
    assert tx.send(FRAME) and rx.recv()[0] == FRAME
    m.qmp('qom-set', path='nic', property='inject', value='')
    assert a.enable(tx.vq, 0) == 0 and not tx.active()


def test_removed(m):
    _, a, _, tx, _ = pair(m)
    tx.send(frame(1), kick=False)
    m.remove()
    tx.kick()
    m.remove(False)
    m.setup_pci()
    assert a.get(R.FUNC_STATUS) == 0 and tx.used_idx() == 0
