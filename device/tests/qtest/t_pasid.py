# SPDX-License-Identifier: GPL-2.0-only
"""Mode `pasid`: VT-d tables built by hand, first stage, scalable mode."""
from .machine import pack
from .nic import PAGE, Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R

VTD = 0xfed90000
GCMD, GSTS, RTADDR, CCMD, FSTS = 0x18, 0x1c, 0x20, 0x28, 0x34
IQH, IQT, IQA = 0x80, 0x88, 0x90
TE, SRTP, QIE = 1 << 31, 1 << 30, 1 << 26
A, B = mac(1), mac(2)
FRAME = eth(B, A, bytes(range(250)))
IOMMU = ('-device', 'intel-iommu,x-scalable-mode=on,x-flts=on,x-pasid-mode=on')
DEVFN = 4 << 3


class Vtd:
    def __init__(self, m):
        self.m = m
        self.gcmd = 0
        self.tables = {}
        self.root, self.ctx, self.dir = (self.page() for _ in range(3))
        self.queue = self.page()
        self.iqt = 0
        m.wr(self.root, self.ctx | 1, 8)                 # bus 0, devfn 0..127
        entry = self.ctx + DEVFN * 32
        m.write(entry, pack('QQQQ', self.dir | 1 | 7 << 9, 0, 0, 0))     # RID_PASID 0
        m.wr(VTD + RTADDR, self.root | 1 << 10, 8)       # scalable mode
        self.command(SRTP)
        m.wr(VTD + IQA, self.queue | 1 << 11, 8)         # 256-bit descriptors
        m.wr(VTD + IQT, 0, 8)
        self.command(QIE)
        self.passthrough(0)
        self.command(TE)

    def command(self, bit):
        self.m.wr(VTD + GCMD, self.gcmd | bit)
        if bit != SRTP:
            self.gcmd |= bit
        assert self.m.until(lambda: self.m.rd(VTD + GSTS) & bit)

    def page(self):
        at = self.m.alloc(PAGE)
        self.m.write(at, bytes(PAGE))
        return at

    def pasid_entry(self, pasid):
        d = self.dir + (pasid >> 6) * 8
        if pasid >> 6 >= 512:
            raise ValueError('one page of directory')
        if not self.m.rd(d, 8):
            self.m.wr(d, self.page() | 1, 8)
        return (self.m.rd(d, 8) & ~0xfff) + (pasid & 63) * 64

    def passthrough(self, pasid):
        self.m.write(self.pasid_entry(pasid), pack('QQ', 1 | 4 << 6 | 2 << 2, 1))

    def attach(self, pasid):
        self.tables[pasid] = root = self.page()
        self.m.write(self.pasid_entry(pasid), pack('QQQ', 1 | 1 << 6 | 2 << 2, pasid, root))

    def leaf(self, pasid, iova):
        at = self.tables[pasid]
        for shift in (39, 30, 21):
            e = at + ((iova >> shift) & 511) * 8
            if not self.m.rd(e, 8):
                self.m.wr(e, self.page() | 7, 8)
            at = self.m.rd(e, 8) & R.XLAT_ADDR
        return at + ((iova >> 12) & 511) * 8

    def map(self, pasid, iova, pa, size=PAGE, write=True):
        for off in range(0, size, PAGE):
            self.m.wr(self.leaf(pasid, iova + off), (pa + off) | 5 | 2 * write, 8)

    def unmap(self, pasid, iova):
        """Clear the entry and have the IOMMU forget it, as Linux does."""
        self.m.wr(self.leaf(pasid, iova), 0, 8)
        self.invalidate(pasid)

    def invalidate(self, pasid):
        d = pack('QQQQ', 6 | 2 << 4 | pasid << 16 | pasid << 32, 0, 0, 0)
        self.m.write(self.queue + self.iqt, d)
        self.iqt = (self.iqt + 32) % PAGE
        self.m.wr(VTD + IQT, self.iqt, 8)
        assert self.m.until(lambda: self.m.rd(VTD + IQH, 8) == self.iqt)

    def faulted(self):
        return self.m.rd(VTD + FSTS) & 3


class Tab:
    """Looks like nic.Table, is a PASID's first-stage table."""

    def __init__(self, vtd, pasid):
        self.vtd, self.pasid = vtd, pasid

    def map(self, iova, pa, size=PAGE, perm=3):
        self.vtd.map(self.pasid, iova, pa, size, perm & 2 == 2)

    def unmap(self, iova, size=PAGE):
        for off in range(0, size, PAGE):
            self.vtd.unmap(self.pasid, iova + off)


def setup(m, pasids=(5, 0x4321)):
    m.cfg_wr(R.ECAP_PASID + 6, 1, 2)
    vtd = Vtd(m)
    nic = Nic(m)
    nic.wr(R.XLAT_MODE, R.XLAT_MODE_PASID)
    assert nic.rd(R.XLAT_MODE) == R.XLAT_MODE_PASID
    fs = []
    for i, pasid in enumerate(pasids, 1):
        f = Func(nic, i, mac(i), qps=[i], table=False)
        vtd.attach(pasid)
        f.tab = Tab(vtd, pasid)
        f.set(R.FUNC_PASID, R.FUNC_PASID_VALID | pasid)
        fs.append(f)
    return vtd, nic, *fs


def test_loop(m):
    vtd, nic, a, b = setup(m)
    tx, rx = Tx(a), Rx(b)
    for _ in range(5):
        assert tx.send(FRAME) and rx.recv()[0] == FRAME
    assert not vtd.faulted()


def test_ecap(m):
    ecap = m.rd(VTD + 0x10, 8)
    assert ecap >> 40 & 1 and ecap >> 35 & 31 == 19


def test_fault_and_retry(m):
    vtd, nic, a, b = setup(m)
    tx, rx = Tx(a), Rx(b, mapped=False)
    assert tx.send(FRAME)
    f = nic.faults()[0]
    assert (f['addr'], f['len'], f['pasid']) == (rx.bufs[0][0], len(FRAME), 0x4321)
    assert f['flags'] == R.FAULT_WRITE
    assert not vtd.faulted(), 'the IOMMU logs nothing'
    b.tab.map(*rx.bufs[0], perm=1)
    nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_RETRY)
    assert nic.faults()[0]['flags'] == R.FAULT_WRITE | R.FAULT_PERM
    b.tab.map(*rx.bufs[0])
    nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME
    assert not vtd.faulted()


def test_isolation(m):
    vtd, nic, a, b = setup(m)
    tx, rx = Tx(a), Rx(b)
    iova, pa = b.alloc(PAGE)
    m.write(pa, FRAME)
    tx.data(iova, len(FRAME), 3)
    tx.bell()
    assert nic.faults()[0]['func'] == 1 and rx.recv(wait=False) is None


def test_isolation_broken(m):
    vtd, nic, a, b = setup(m)
    tx, rx = Tx(a), Rx(b)
    iova, pa = b.alloc(PAGE)
    m.write(pa, FRAME)
    tx.data(iova, len(FRAME), 3)
    tx.bell()
    assert rx.recv()[0] == FRAME


test_isolation_broken.options = ',x-break-xlat=on'


def test_unmap(m):
    """When the IOMMU's invalidation is complete nothing is left in the device."""
    vtd, nic, a, b = setup(m)
    tx, rx = Tx(a), Rx(b)
    assert tx.send(FRAME) and rx.recv()
    a.tab.unmap(tx.buf)
    tx.send(FRAME, bell=False)
    tx.bell()
    assert nic.faults()[0]['addr'] == tx.buf
    a.tab.map(tx.buf, tx.buf_pa)
    nic.answer(1, 0, R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME


def test_refused(m):
    vtd, nic, a, b = setup(m)
    tx = Tx(a)
    vtd.map(5, 0xfee00000, tx.buf_pa)
    for addr in (0xfee00000, (1 << 47) - 32, 1 << 47, 1 << 48):
        tx.data(addr, 64, 3)
        tx.bell()
        assert nic.faults()[0]['addr'] == addr
        nic.answer(1, 0, R.FAULT_RESP_FAIL)
        tx.set(R.Q_CTL, 0)
        tx.enable()
    assert a.stat(R.STAT_DMA_REFUSED) == 4 and not vtd.faulted()


def test_pasid_off(m):
    vtd, nic, a, b = setup(m)
    tx, rx = Tx(a), Rx(b)
    m.cfg_wr(R.ECAP_PASID + 6, 0, 2)
    tx.send(FRAME, bell=False)
    tx.bell()
    assert nic.faults() and a.stat(R.STAT_DMA_REFUSED) == 1
    m.cfg_wr(R.ECAP_PASID + 6, 1, 2)
    a.set(R.FUNC_PASID, 5)      # not valid
    nic.answer(1, 0, R.FAULT_RESP_RETRY)
    assert nic.faults() and a.stat(R.STAT_DMA_REFUSED) == 2
    a.set(R.FUNC_PASID, R.FUNC_PASID_VALID | 5)
    nic.answer(1, 0, R.FAULT_RESP_RETRY)
    assert rx.recv()[0] == FRAME


def test_unattached(m):
    """A PASID without a table is a fault to us and an error to the IOMMU."""
    vtd, nic, a, b = setup(m)
    tx = Tx(a)
    a.set(R.FUNC_PASID, R.FUNC_PASID_VALID | 77)
    tx.send(FRAME, bell=False)
    tx.bell()
    assert nic.faults()[0]['pasid'] == 77 and vtd.faulted()


def test_no_iommu(m):
    m.cfg_wr(R.ECAP_PASID + 6, 1, 2)
    nic = Nic(m)
    nic.wr(R.XLAT_MODE, R.XLAT_MODE_PASID)
    f = Func(nic, 1, A, qps=[0], table=False)
    f.set(R.FUNC_PASID, R.FUNC_PASID_VALID | 1)
    tx = Tx(f)
    tx.send(FRAME, bell=False)
    tx.bell()
    assert len(nic.faults()) == 1


for _name, _fn in list(globals().items()):
    if _name.startswith('test_') and _name != 'test_no_iommu':
        _fn.extra = IOMMU
