# SPDX-License-Identifier: GPL-2.0-only
"""Faults of the device, as tests of its driver ask for them."""
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R

A, B, X = mac(1), mac(2), mac(9)
EIO, EEXIST = 5, 17


def inject(m, what):
    m.qmp('qom-set', path='nic', property='inject', value=what)


def ask(nic, op, payload=b''):
    """A request, without waiting for its reply."""
    data = pack('BBH', op, 0, 7) + payload.ljust(24, b'\0')
    for i in range(0, 28, 4):
        nic.m.bar_wr(4, R.FW_REQUEST + i, int.from_bytes(data[i:i + 4], 'little'))
    nic.m.bar_wr(4, R.FW_CSR, R.FW_CSR2_READY)
    nic.m.settle()
    return nic.m.bar(4, R.FW_CSR)


def test_firmware_late(m):
    nic = Nic(m)
    inject(m, f'firmware late 1500 {R.FW_MAC_ADD}')
    assert nic.fw(R.FW_VSI_SET, pack('HH', 1, R.VSI_ACTIVE)) == 0, 'another message'
    assert ask(nic, R.FW_MAC_ADD, pack('H', 1) + X) == R.FW_CSR2_READY
    m.step(1_400_000_000)
    assert m.bar(4, R.FW_CSR) == R.FW_CSR2_READY
    m.step(200_000_000)
    assert m.until(lambda: m.bar(4, R.FW_CSR) == R.FW_CSR3_READY)
    m.bar_wr(4, R.FW_CSR, R.FW_CSR3_READY)
    assert nic.fw(R.FW_MAC_ADD, pack('H', 2) + X) == EEXIST, 'it was done, once only late'


def test_firmware_lost_and_error(m):
    nic = Nic(m)
    inject(m, 'firmware lost')
    assert ask(nic, R.FW_MAC_ADD, pack('H', 1) + X) == 0
    assert nic.fw(R.FW_MAC_ADD, pack('H', 2) + X) == EEXIST, 'it was done'
    inject(m, 'firmware error')
    assert nic.fw(R.FW_MAC_DEL, pack('H', 1) + X) == EIO
    assert nic.fw(R.FW_MAC_ADD, pack('H', 2) + X) == EEXIST, 'it was not done'


def test_firmware_hangs(m):
    nic = Nic(m)
    inject(m, 'firmware hangs')
    assert ask(nic, R.FW_GET_INFO) == R.FW_CSR2_READY
    m.step(10_000_000_000)
    assert m.bar(4, R.FW_CSR) == R.FW_CSR2_READY
    m.bar_wr(0, R.CTRL, R.CTRL_RESET)
    assert m.bar(4, R.FW_CSR) == 0 and nic.fw(R.FW_GET_INFO) == 0


def test_function(m):
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    tx, rx, back, home = Tx(a), Rx(b), Tx(b), Rx(a)
    inject(m, 'function 1 reset disable queues quiesce')
    tx.set(R.Q_CTL, 0)
    assert tx.ctl() & R.Q_CTL_ACTIVE and tx.send(eth(B, A, bytes(60))) and rx.recv()
    a.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
    assert a.get(R.FUNC_CTRL) & R.FUNC_CTRL_RESET and tx.ctl() & R.Q_CTL_ACTIVE
    a.set(R.FUNC_CTRL, R.FUNC_CTRL_QUIESCE)
    assert a.get(R.FUNC_STATUS) == R.FUNC_STATUS_ENABLED
    for f in (b,):                                  # the neighbour obeys
        f.set(R.FUNC_CTRL, 0)
        assert f.get(R.FUNC_STATUS) == 0
    inject(m, '')
    a.set(R.FUNC_CTRL, R.FUNC_CTRL_QUIESCE)
    assert a.get(R.FUNC_STATUS) == R.FUNC_STATUS_QUIESCED
    inject(m, 'function 1 disable')
    m.bar_wr(0, R.CTRL, R.CTRL_RESET)
    assert a.get(R.FUNC_STATUS) == 0, 'device reset resets it'
    assert back and home


def test_ring(m):
    nic = Nic(m)
    nic.rd(R.ICR)
    inject(m, 'ring cause')
    assert not nic.rd(R.CAUSE_RING + R.RING_LEN) & R.RING_LEN_ENABLE
    assert nic.rd(R.ICR) & R.ICR_ERR


def test_silence(m):
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    tx, rx = Tx(a), Rx(b)
    inject(m, 'silence')
    assert m.bar(0, R.ID) == 0xffffffff and m.cfg(0) == 0xffffffff
    tx.bell(1)
    m.settle()
    inject(m, '')
    assert m.bar(0, R.ID) == R.ID_MAGIC
    assert tx.send(eth(B, A, bytes(60))) and rx.recv()


def test_nonsense(m):
    for bad in ('x', 'firmware', 'firmware x', 'firmware late', 'function', 'function 1 x', 'ring', 'ring x'):
        try:
            inject(m, bad)
        except Exception:       # QMP says so
            continue
        raise AssertionError(bad)
