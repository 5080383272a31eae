# SPDX-License-Identifier: GPL-2.0-only
"""Registers, capabilities, firmware, the life of functions."""
from .machine import pack, unpack
from .nic import Func, Nic, Rx, Tx
from .packets import mac
from .regs import R


def test_identity(m):
    assert m.bar(0, R.ID) == R.ID_MAGIC and m.bar(0, R.VERSION) == R.VERSION_1_0
    assert m.bar(0, R.CAPS) == R.CAPS_XLAT_TABLE | R.CAPS_XLAT_PASID | R.CAPS_STATE
    assert [m.bar(0, x) for x in (R.NUM_ADIS, R.NUM_QPS, R.NUM_VECS)] == [256, 1024, 2048]
    assert m.bar(0, R.MAC_LO) == 2 and m.bar(0, R.MAC_HI) == 0x0100
    assert m.bar(0, R.SERIAL_LO) == 1 and m.bar(0, R.SERIAL_HI) == 0x0200
    assert m.bar(0, R.STATUS) == R.STATUS_READY | R.STATUS_LINK


def test_identify(m):
    lamp = lambda: m.qmp('qom-get', path='nic', property='identify')    # noqa: E731
    assert m.bar(0, R.IDENTIFY) == 0 and not lamp()
    m.bar_wr(0, R.IDENTIFY, 0xffffffff)
    assert m.bar(0, R.IDENTIFY) == R.IDENTIFY_ON and lamp()
    m.bar_wr(0, R.CTRL, R.CTRL_RESET)
    assert m.bar(0, R.IDENTIFY) == 0 and not lamp()


def test_access_sizes(m):
    for off in (R.ID, R.NUM_ADIS, R.SERIAL_LO):
        assert m.bar(0, off, 1) == 0 and m.bar(0, off, 2) == 0 and m.bar(0, off, 8) == 0
    m.bar_wr(0, R.ICR_MASK, 0x12, 1)
    m.bar_wr(0, R.ICR_MASK, 0x1234, 2)
    m.bar_wr(0, R.ICR_MASK, 0x12345678, 8)
    m.bar_wr(0, R.ICR_MASK + 2, 0x12345678)
    assert m.bar(0, R.ICR_MASK) == 0
    for off, val in ((0, 0x12), (1, 0x34), (2, 0x7856)):        # buffers take any size
        m.bar_wr(4, R.FW_REQUEST + off, val, 1 + off // 2)
    assert m.bar(4, R.FW_REQUEST) == 0x78563412 and m.bar(4, R.FW_REQUEST + 1, 2) == 0x5634
    m.bar_wr(4, R.FW_REQUEST, 0)
    m.bar_wr(4, R.FW_CSR + 1, R.FW_CSR2_READY >> 8, 1)
    m.settle()
    assert m.bar(4, R.FW_CSR) == 0
    m.bar_wr(4, R.FW_CSR, R.FW_CSR2_READY)
    assert m.until(lambda: m.bar(4, R.FW_CSR) == R.FW_CSR3_READY)
    for off, size in ((0, 1), (1, 1), (0, 2), (1, 2), (-2, 4)):
        assert m.bar(4, R.FW_CSR + off, size) == 0, (off, size)
    m.bar_wr(4, R.FW_CSR, R.FW_CSR3_READY)
    for off in (0x700, 0x3000, 0x9000, 0x1fff00):
        m.bar_wr(0, off, 0xffffffff)
        assert m.bar(0, off) == 0


def test_capabilities(m):
    found = {}
    at = m.cfg(0x34, 1)
    while at:
        found[m.cfg(at, 1)] = at
        at = m.cfg(at + 1, 1)
    assert found == {1: R.CAP_PM, 0x10: R.CAP_PCIE, 0x11: R.CAP_MSIX, 3: R.CAP_VPD}
    at, ext = 0x100, {}
    while at:
        head = m.cfg(at)
        ext[head & 0xffff] = at
        at = head >> 20
    assert ext == {1: R.ECAP_AER, 0x1b: R.ECAP_PASID, 0x23: R.ECAP_SIOV}
    assert m.cfg(R.ECAP_PASID + 4, 2) == 20 << 8
    m.cfg_wr(R.ECAP_PASID + 6, 7, 2)
    assert m.cfg(R.ECAP_PASID + 6, 2) == 1 and m.bar(0, R.STATUS) & R.STATUS_PASID_EN
    assert m.cfg(R.ECAP_SIOV + 4) == 0x18 << 20 | 0x8086 and m.cfg(R.ECAP_SIOV + 8, 2) == 5
    assert m.cfg(R.CAP_PM + 4, 2) & 8, 'no soft reset'
    m.cfg_wr(R.CAP_PCIE + 8, 0x8000, 2)     # FLR
    assert m.cfg(R.ECAP_PASID + 6, 2) == 0


def test_no_pasid(m):
    assert m.bar(0, R.CAPS) == R.CAPS_XLAT_TABLE | R.CAPS_STATE
    assert m.cfg(R.ECAP_AER) >> 20 == R.ECAP_SIOV
    m.bar_wr(0, R.XLAT_MODE, R.XLAT_MODE_PASID)
    assert m.bar(0, R.XLAT_MODE) == R.XLAT_MODE_TABLE
    assert [m.bar(0, x) for x in (R.NUM_ADIS, R.NUM_QPS, R.NUM_VECS)] == [3, 5, 7]
    assert m.bar(0, R.SERIAL_LO) == 0x1234
    assert m.bar(2, 3 * R.WINDOW_SIZE + R.WIN_RSTAT) == 0


test_no_pasid.options = ',pasid=off,adis=3,queues=5,vectors=7,serial=0x1234'


def test_vpd(m):
    out = b''
    for at in range(0, 64, 4):
        m.cfg_wr(R.CAP_VPD + 2, at, 2)
        assert m.cfg(R.CAP_VPD + 2, 2) == at | 0x8000
        out += pack('I', m.cfg(R.CAP_VPD + 4))
    assert out.startswith(b'\x82\x08\0SmartNIC\x90') and b'SN\x100000020000000001' in out


def test_firmware(m):
    nic = Nic(m)
    info = nic.fw_raw(pack('BBH', R.FW_GET_INFO, 0, 77).ljust(28, b'\0'))
    assert unpack('BBHHHHH', info[:12]) == (R.FW_GET_INFO, 0, 77, 1, 0, 0, 64)
    assert nic.irq(3)
    assert nic.rd(R.ICR) & R.ICR_FW and nic.rd(R.ICR) == 0
    assert nic.fw(0) == nic.fw(99) == 22
    assert nic.fw(R.FW_VSI_SET, pack('HH', 257, 1)) == 22
    assert nic.fw(R.FW_VSI_SET, pack('HH', 256, 0x8000)) == 22
    assert nic.fw(R.FW_MAC_ADD, pack('H', 1) + mac(9)) == 0
    assert nic.fw(R.FW_MAC_ADD, pack('H', 1) + mac(9)) == 0
    assert nic.fw(R.FW_MAC_ADD, pack('H', 2) + mac(9)) == 17
    assert nic.fw(R.FW_MAC_DEL, pack('H', 2) + mac(9)) == 2
    assert nic.fw(R.FW_MAC_ADD, pack('H', 2) + bytes(6)) == 22
    for i in range(63):
        assert nic.fw(R.FW_MAC_ADD, pack('H', 1) + b'\1\0\0\0\0' + bytes((i,))) == 0
    assert nic.fw(R.FW_MAC_ADD, pack('H', 1) + mac(99)) == 28
    assert nic.fw(R.FW_MAC_DEL, pack('H', 1) + mac(9)) == 0
    assert nic.fw(R.FW_MAC_ADD, pack('H', 2) + mac(9)) == 0
    assert nic.fw(R.FW_VSI_CLEAR, pack('H', 1)) == nic.fw(R.FW_VSI_CLEAR, pack('H', 1)) == 0
    for args, want in (((1, 0, 16), 0), ((1, 48, 4), 0), ((1, 48, 5), 22), ((1, 0, 17), 22),
                       ((1, 0, 0), 22), ((1, 255, 16), 22)):
        assert nic.fw(R.FW_RSS_KEY, pack('HBB', *args)) == want
    assert nic.fw(R.FW_RSS_LUT, pack('HBB', 1, 60, 4) + bytes(4)) == 0
    assert nic.fw(R.FW_RSS_LUT, pack('HBB', 1, 61, 4) + bytes(4)) == 22
    assert nic.fw(R.FW_RSS_LUT, pack('HBB', 1, 0, 1) + b'\x10') == 22
    assert nic.fw(R.FW_RSS_HASH, pack('HHIQ', 1, 0, 0, 1 << 33)) == 0


def test_firmware_waits(m):
    """A second request is taken only when the first reply was."""
    nic = Nic(m)
    m.bar_wr(4, R.FW_REQUEST, R.FW_GET_INFO | 1 << 16)
    m.bar_wr(4, R.FW_CSR, R.FW_CSR2_READY)
    assert m.until(lambda: m.bar(4, R.FW_CSR) == R.FW_CSR3_READY)
    m.bar_wr(4, R.FW_REQUEST + 2, 2, 2)
    m.bar_wr(4, R.FW_CSR, R.FW_CSR2_READY)
    m.settle()
    assert m.bar(4, R.FW_CSR) == R.FW_CSR2_READY | R.FW_CSR3_READY
    assert m.bar(4, R.FW_REPLY + 2, 2) == 1
    m.bar_wr(4, R.FW_CSR, R.FW_CSR3_READY)
    assert m.until(lambda: m.bar(4, R.FW_REPLY + 2, 2) == 2)
    assert nic.irq(3)


def test_function_life(m):
    nic = Nic(m)
    win = R.WINDOW_SIZE * 4
    m.bar_wr(2, win + R.WIN_TX_TAIL(3), 5)
    assert m.bar(2, win + R.WIN_TX_TAIL(3)) == 0, 'a disabled window is dead'
    f = Func(nic, 5, mac(5), qps=[7])
    assert f.get(R.FUNC_STATUS) == R.FUNC_STATUS_ENABLED
    assert f.win(R.WIN_RSTAT) == R.RSTAT_VFACTIVE
    f.win_wr(R.WIN_RSTAT, 0)
    assert f.win(R.WIN_RSTAT) == R.RSTAT_VFACTIVE
    f.win_wr(R.WIN_TX_TAIL(3), 5)
    f.win_wr(R.WIN_ITR(1, 15), 0x55)
    assert f.win(R.WIN_TX_TAIL(3)) == 5 and f.win(R.WIN_ITR(1, 15)) == 0x55
    assert f.stat(R.STAT_TX_DOORBELLS) == 1
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
    assert f.win(R.WIN_TX_TAIL(3)) == 0 and f.win(R.WIN_ITR(1, 15)) == 0
    assert f.win(R.WIN_RSTAT) == R.RSTAT_INPROGRESS
    assert f.get(R.FUNC_CTRL) == R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA
    assert f.get(R.FUNC_QMAP(0)) == R.QMAP_VALID | 7
    assert f.stat(R.STAT_TX_DOORBELLS) == 1, 'counters survive a reset'
    nic.wr(R.XLAT_MODE, R.XLAT_MODE_PASID)
    assert nic.rd(R.XLAT_MODE) == R.XLAT_MODE_TABLE, 'an ADI is enabled'
    f.set(R.FUNC_CTRL, 0)
    assert f.win(R.WIN_RSTAT) == 0
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE)
    assert f.stat(R.STAT_TX_DOORBELLS) == 0
    nic.wr(R.CTRL, R.CTRL_RESET)
    assert f.get(R.FUNC_CTRL) == 0 and f.get(R.FUNC_QMAP(0)) == 0
    assert f.get(R.FUNC_XLAT_LO) == 0 and nic.rd(R.FAULT_RING + R.RING_LEN) == 0
    nic.wr(R.XLAT_MODE, R.XLAT_MODE_PASID)
    assert nic.rd(R.XLAT_MODE) == R.XLAT_MODE_PASID


def test_queue_mapping(m):
    nic = Nic(m)
    a, b = Func(nic, 1, mac(1), qps=[4]), Func(nic, 2, mac(2))
    b.set(R.FUNC_QMAP(0), R.QMAP_VALID | 4)
    assert b.get(R.FUNC_QMAP(0)) == 0, 'taken'
    a.set(R.FUNC_QMAP(1), R.QMAP_VALID | 4)
    assert a.get(R.FUNC_QMAP(1)) == 0, 'taken by another queue'
    b.set(R.FUNC_QMAP(0), R.QMAP_VALID | 1024)
    assert b.get(R.FUNC_QMAP(0)) == 0, 'unknown'
    q = Tx(a)
    assert q.ctl() == R.Q_CTL_ENABLE | R.Q_CTL_ACTIVE
    a.set(R.FUNC_QMAP(0), 0)
    assert q.ctl() == 0
    q.set(R.Q_CTL, 1)
    assert q.ctl() == 0, 'unmapped'
    b.set(R.FUNC_QMAP(0), R.QMAP_VALID | 4)
    assert b.get(R.FUNC_QMAP(0)) == R.QMAP_VALID | 4
    a.set(R.FUNC_QMAP(0), R.QMAP_VALID | 5)
    a.qps = [5]
    q = Tx(a)
    for n in (5, 1024, 0x7fffffff):
        a.set(R.FUNC_QMAP(0), R.QMAP_VALID | n)
        assert a.get(R.FUNC_QMAP(0)) == R.QMAP_VALID | 5 and q.ctl() & R.Q_CTL_ACTIVE, n
    a.set(R.FUNC_QMAP(0), R.QMAP_VALID | 4)
    assert a.get(R.FUNC_QMAP(0)) == 0 and q.ctl() == 0, 'taken: it has none'


def test_queue_config(m):
    nic = Nic(m)
    f = Func(nic, 1, mac(1), qps=[0])
    for reg, bad in ((R.Q_LEN, 0), (R.Q_LEN, 31), (R.Q_LEN, 48), (R.Q_LEN, 4128),
                     (R.Q_BASE_LO, 64), (R.Q_BUFSZ, 0), (R.Q_BUFSZ, 1023), (R.Q_BUFSZ, 16384),
                     (R.Q_BUFSZ, 1100)):
        q = Rx(f, post=0)
        q.set(R.Q_CTL, 0)
        q.set(reg, bad)
        q.set(R.Q_CTL, 1)
        assert q.ctl() & (R.Q_CTL_ERROR | R.Q_CTL_ACTIVE) == R.Q_CTL_ERROR, (reg, bad)
        assert q.reason() == R.Q_ERR_CONFIG
        q.set(R.Q_CTL, 0)
        assert q.ctl() == 0
    q = Rx(f, post=3)
    q.set(R.Q_LEN, 4096)
    assert q.get(R.Q_LEN) == 64, 'read-only while enabled'
    assert f.win(R.WIN_RX_TAIL(0)) == 3
    q.set(R.Q_CTL, 0)
    assert f.win(R.WIN_RX_TAIL(0)) == 0 and q.get(R.Q_HEAD) == 0


def test_link(m):
    nic = Nic(m)
    assert nic.rd(R.STATUS) & R.STATUS_LINK
    assert nic.rd(R.LINK_SPEED) > 0 and nic.rd(R.MAX_FRAME) >= 9014
