# SPDX-License-Identifier: GPL-2.0-only
"""Messages from a function to the PF and back."""
from .machine import pack, unpack
from .nic import Func, Nic
from .packets import mac
from .regs import R

NAMES = ('flags', 'opcode', 'datalen', 'retval', 'cookie_high', 'cookie_low', 'param0', 'param1',
         'addr_high', 'addr_low')
FMT = 'HHHHIIIIII'


def desc(addr=0, flags=0, opcode=R.AQ_OP_TO_PF, datalen=0, high=0, low=0, param0=0):
    return pack(FMT, flags, opcode, datalen, 0, high, low, param0, 0, addr >> 32,
                addr & 0xffffffff)


class Aq:
    """A function's ATQ or ARQ, set up in the order iavf uses."""

    def __init__(self, f, arq, n=32, enable=True):
        self.f, self.m, self.n = f, f.m, n
        self.reg = R.WIN_ARQBAL if arq else R.WIN_ATQBAL
        self.iova, self.pa = f.alloc(n * 32)
        self.bufs = [f.alloc(4096) for _ in range(n)]
        self.tail = 0
        if enable:
            self.wr(8, n | R.AQ_LEN_ENABLE)
        self.wr(0, self.iova & 0xffffffff)
        self.wr(4, self.iova >> 32)

    def wr(self, off, val):
        self.f.win_wr(self.reg + off, val)

    def rd(self, off):
        return self.f.win(self.reg + off)

    def get(self, i):
        return dict(zip(NAMES, unpack(FMT, self.m.read(self.pa + 32 * i, 32))))

    def put(self, d, bell=True):
        self.m.write(self.pa + 32 * self.tail, d)
        self.tail = (self.tail + 1) % self.n
        if bell:
            self.wr(0x10, self.tail)

    def post(self, n):
        for _ in range(n):
            self.put(desc(self.bufs[self.tail][0], R.AQ_BUF, 0, 4096), bell=False)
        self.wr(0x10, self.tail)

    def send(self, text, **kw):
        iova, pa = self.bufs[self.tail]
        self.m.write(pa, text)
        self.put(desc(iova, R.AQ_BUF | R.AQ_RD, datalen=len(text), **kw))

    def done(self, head):
        return self.m.until(lambda: self.rd(12) == head)


class PfRing:
    def __init__(self, nic, reg, n=32):
        self.nic, self.m, self.n = nic, nic.m, n
        self.r = nic.ring(reg, n, 32)
        self.bufs = [nic.m.alloc(4096) for _ in range(n)]
        self.tail = self.seen = 0

    def post(self, n):
        for _ in range(n):
            self.put(desc(self.bufs[self.tail], R.AQ_BUF), bell=False)
        self.bell()

    def put(self, d, bell=True):
        self.m.write(self.r['base'] + 32 * self.tail, d)
        self.tail = (self.tail + 1) % self.n
        if bell:
            self.bell()

    def bell(self):
        self.nic.wr(self.r['reg'] + R.RING_TAIL, self.tail)

    def send(self, func, text, **kw):
        self.m.write(self.bufs[self.tail], text)
        self.put(desc(self.bufs[self.tail], R.AQ_BUF | R.AQ_RD, R.AQ_OP_TO_FUNC, len(text),
                      param0=func, **kw))

    def next(self, wait=True):
        def ready():
            return self.nic.rd(self.r['reg'] + R.RING_HEAD) != self.seen
        if not (self.m.until(ready) if wait else (self.m.settle(), ready())[1]):
            return None
        d = dict(zip(NAMES, unpack(FMT, self.m.read(self.r['base'] + 32 * self.seen, 32))))
        d['data'] = self.m.read(self.bufs[self.seen], d['datalen'])
        self.seen = (self.seen + 1) % self.n
        return d


def setup(m):
    nic = Nic(m)
    f = Func(nic, 3, mac(3))
    f.vector(0, 10)
    rx, tx = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
    rx.post(16)
    return nic, f, rx, tx


def test_to_pf(m):
    nic, f, rx, _ = setup(m)
    atq = Aq(f, False)
    assert atq.rd(0) == atq.iova & 0xffffffff and atq.rd(8) == 32 | R.AQ_LEN_ENABLE
    atq.send(b'hello', high=17, low=5, param0=999)
    d = rx.next()
    assert d['data'] == b'hello' and d['param0'] == 3, 'stamped'
    assert (d['cookie_high'], d['cookie_low'], d['opcode']) == (17, 5, R.AQ_OP_TO_PF)
    assert d['flags'] == R.AQ_DD | R.AQ_BUF
    assert nic.irq(0) and nic.rd(R.ICR) & R.ICR_MBX_RX
    assert atq.done(1)
    assert atq.get(0)['flags'] & 3 == R.AQ_DD | R.AQ_CMP and atq.get(0)['retval'] == 0
    assert f.stat(R.STAT_MBX_REQUESTS) == 1


def test_shutdown_and_bad(m):
    _, f, rx, _ = setup(m)
    atq = Aq(f, False)
    atq.put(desc(opcode=R.AQ_OP_SHUTDOWN))
    assert atq.done(1) and atq.get(0)['retval'] == 0
    assert not atq.get(0)['flags'] & R.AQ_ERR
    atq.put(desc(opcode=0x1234))
    atq.put(desc(atq.bufs[0][0], R.AQ_BUF | R.AQ_RD, datalen=4097))
    assert atq.done(3)
    for i in (1, 2):
        assert atq.get(i)['retval'] == 22 and atq.get(i)['flags'] & R.AQ_ERR
    assert rx.next(wait=False) is None
    atq.put(desc(high=8))
    assert rx.next()['cookie_high'] == 8, 'without a payload'


def test_waits_for_buffers(m):
    nic = Nic(m)
    f = Func(nic, 1, mac(1))
    atq = Aq(f, False)
    atq.send(b'one')
    atq.send(b'two')
    m.settle()
    assert atq.rd(12) == 0
    rx = PfRing(nic, R.MBX_RX)
    m.settle()
    assert atq.rd(12) == 0
    rx.post(1)
    assert rx.next()['data'] == b'one' and rx.next(wait=False) is None
    rx.post(1)
    assert rx.next()['data'] == b'two'


def test_to_function(m):
    nic, f, _, tx = setup(m)
    arq = Aq(f, True)
    f.win_wr(R.WIN_ICR0_ENA1, R.ICR0_ADMINQ)
    f.arm(0)
    arq.post(31)
    tx.send(3, b'answer', high=4, low=9)
    d = tx.next()
    assert d['flags'] & 3 == 3 and d['retval'] == 0
    assert nic.irq(0) and nic.irq(10)
    assert f.win(R.WIN_ICR01) == R.ICR0_ADMINQ | R.ICR0_INTEVENT and f.win(R.WIN_ICR01) == 0
    assert arq.done(1)
    d = arq.get(0)
    assert (d['flags'], d['opcode'], d['datalen']) == (R.AQ_DD | R.AQ_BUF, R.AQ_OP_TO_FUNC, 6)
    assert (d['cookie_high'], d['cookie_low']) == (4, 9)
    assert m.read(arq.bufs[0][1], 7) == b'answer\0'
    assert f.stat(R.STAT_MBX_REPLIES) == 1


def test_latched_without_enable(m):
    """DPDK reads ICR01 with ICR0_ENA1 clear."""
    nic, f, _, tx = setup(m)
    arq = Aq(f, True)
    f.arm(0)
    arq.post(4)
    tx.send(3, b'x')
    assert arq.done(1)
    assert not nic.irq(10, wait=False)
    f.win_wr(R.WIN_ICR0_ENA1, R.ICR0_ADMINQ)
    assert nic.irq(10), 'enabled with the cause latched'


def test_held_messages(m):
    _, f, _, tx = setup(m)
    for i in range(65):
        tx.send(3, b'%d' % i)
        assert tx.next()['retval'] == (105 if i == 64 else 0)
    arq = Aq(f, True, n=128)
    arq.post(100)
    assert arq.done(64)
    for i in range(64):
        assert m.read(arq.bufs[i][1], arq.get(i)['datalen']) == b'%d' % i
    tx.send(3, b'late')
    assert arq.done(65)


def test_bad_destination(m):
    _, _, _, tx = setup(m)
    for func in (4, 257, 0xffffffff):
        tx.send(func, b'x')
        d = tx.next()
        assert d['retval'] == 22 and d['flags'] & R.AQ_ERR
    tx.put(desc(opcode=R.AQ_OP_TO_PF, param0=3))
    assert tx.next()['retval'] == 22


def test_reset_drops(m):
    _, f, _, tx = setup(m)
    tx.send(3, b'old')
    assert tx.next()['retval'] == 0
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
    arq = Aq(f, True)
    assert arq.rd(12) == 0
    arq.post(4)
    tx.send(3, b'new')
    assert arq.done(1)
    assert m.read(arq.bufs[0][1], 3) == b'new'
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
    assert arq.rd(8) == 0 and arq.rd(12) == 0 and arq.rd(16) == 0


def test_tails(m):
    _, f, rx, _ = setup(m)
    atq = Aq(f, False, enable=False)
    atq.send(b'early')
    m.settle()
    assert atq.rd(12) == 0 and atq.rd(16) == 1, 'latched only'
    atq.wr(12, 5)
    assert atq.rd(12) == 0
    atq.wr(8, 32 | R.AQ_LEN_ENABLE)
    atq.wr(16, 1)
    assert rx.next()['data'] == b'early'
    atq.wr(16, 32)
    assert atq.rd(8) & (R.AQ_LEN_CRIT | R.AQ_LEN_ENABLE) == R.AQ_LEN_CRIT
    assert f.stat(R.STAT_BAD_TAILS) == 1


def test_shutdown_order(m):
    """HEAD = 0, TAIL = 0, LEN = 0 does not run through the ring again."""
    _, f, rx, _ = setup(m)
    atq = Aq(f, False)
    for i in range(3):
        atq.send(b'%d' % i)
        assert rx.next()
    assert atq.done(3)
    m.write(atq.pa, bytes(32 * 32))
    atq.wr(12, 0)
    m.settle()
    atq.wr(16, 0)
    m.settle()
    atq.wr(8, 0)
    assert m.read(atq.pa, 32 * 32) == bytes(32 * 32)
    assert f.stat(R.STAT_BAD_DESCRIPTORS) == 0


def test_faults(m):
    nic, f, rx, tx = setup(m)
    atq, arq = Aq(f, False), Aq(f, True)
    iova, pa = f.alloc(4096, mapped=False)
    m.write(pa, b'mapped late')
    atq.put(desc(iova + 0, R.AQ_BUF | R.AQ_RD, datalen=11))
    fault = nic.faults()[0]
    assert (fault['addr'], fault['len'], fault['unit']) == (iova, 11, R.UNIT_ATQ)
    assert rx.next(wait=False) is None
    f.tab.map(iova, pa)
    nic.answer(3, R.UNIT_ATQ, R.FAULT_RESP_RETRY)
    assert rx.next()['data'] == b'mapped late'
    f.tab.unmap(arq.bufs[0][0])
    f.set(R.FUNC_INVAL_CTL, 0)
    arq.post(8)
    tx.send(3, b'reply')
    fault = nic.faults()[0]
    assert (fault['unit'], fault['flags']) == (R.UNIT_ARQ, R.FAULT_WRITE)
    nic.answer(3, R.UNIT_ARQ, R.FAULT_RESP_FAIL)
    assert arq.rd(8) & (R.AQ_LEN_CRIT | R.AQ_LEN_ENABLE) == R.AQ_LEN_CRIT


def lost_ring(m, arq):
    """A message of zeros for a page that is the ring's table; the ring is looked up again."""
    nic, f, rx, tx = setup(m)
    aq = Aq(f, arq)
    entry = f.tab.leaf(aq.iova)
    assert entry % 4096 <= 127 * 8
    kept = m.rd(entry, 8)
    data = 0x8_0000_0000 + aq.iova % (64 * 4096)
    return nic, f, rx, tx, aq, entry, kept, data


def test_lost_arq_ring(m):
    """A mapping that goes while a message is written: a fault, and the message stays."""
    nic, f, _, tx, arq, entry, kept, data = lost_ring(m, True)
    f.tab.map(data, entry & ~4095)
    arq.put(desc(data, R.AQ_BUF, 0, 4096))
    tx.send(3, bytes(1024), high=5)
    faults = nic.faults()
    assert arq.rd(8) & (R.AQ_LEN_CRIT | R.AQ_LEN_ENABLE) == R.AQ_LEN_ENABLE
    assert [(x['addr'], x['unit'], x['flags']) for x in faults] == \
        [(arq.iova, R.UNIT_ARQ, R.FAULT_WRITE)]
    assert arq.rd(12) == 0 and not arq.get(0)['flags'] & R.AQ_DD
    m.wr(entry, kept, 8)
    f.tab.map(data, m.alloc(4096))
    f.set(R.FUNC_INVAL_CTL, 0)
    nic.answer(3, R.UNIT_ARQ, R.FAULT_RESP_RETRY)
    assert arq.done(1) and arq.get(0)['flags'] & R.AQ_DD and arq.get(0)['cookie_high'] == 5


def test_lost_atq_ring(m):
    """What was looked at just before the message went can be written back."""
    _, f, rx, _, atq, entry, _, data = lost_ring(m, False)
    f.tab.map(data, m.alloc(4096))
    m.write(rx.r['base'], desc(entry & ~4095, R.AQ_BUF))
    atq.put(desc(data, R.AQ_BUF | R.AQ_RD, datalen=1024))
    assert atq.done(1) and atq.rd(8) & (R.AQ_LEN_CRIT | R.AQ_LEN_ENABLE) == R.AQ_LEN_ENABLE
    assert m.rd(entry, 8) == 0 and atq.get(0)['flags'] & R.AQ_DD


def test_pf_dma_error(m):
    """A ring of the PF that is not in memory is switched off."""
    nic, f, _, tx = setup(m)
    nic.rd(R.ICR)
    nic.wr(R.MBX_TX + R.RING_LEN, 0)
    nic.wr(R.MBX_TX + R.RING_BASE_HI, 0x7fff)
    nic.wr(R.MBX_TX + R.RING_LEN, 32 | R.RING_LEN_ENABLE)
    nic.wr(R.MBX_TX + R.RING_TAIL, 1)
    assert m.until(lambda: nic.rd(R.ICR) & R.ICR_ERR)
    assert not nic.rd(R.MBX_TX + R.RING_LEN) & R.RING_LEN_ENABLE
