# SPDX-License-Identifier: GPL-2.0-only
"""Trace events: what the device does, in lines of QEMU's log."""
from .nic import Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R
from .t_mailbox import Aq, PfRing
from .virtio import MRG_RXBUF, USUAL, Control, Vfunc, Vrx, Vtx, header

A, B, X = mac(1), mac(2), mac(9)
FRAME = eth(B, A, bytes(100))
ON = R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA
RETRY, FAIL = R.FAULT_RESP_RETRY, R.FAULT_RESP_FAIL


def pair(m, **kw):
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    b.vector(1, 12)
    return nic, a, b, Tx(a), Rx(b, **kw)


def says(m, *lines):
    """The events, one behind the other, each from a line's start on."""
    m.settle()
    log = iter(m.stderr().splitlines())
    for line in lines:
        assert any(heard.startswith(line) for heard in log), f'no "{line}" in\n{m.stderr()[-4000:]}'


def test_frame(m):
    _, _, b, tx, rx = pair(m)
    b.arm(1)
    assert tx.send(FRAME) and rx.recv()
    says(m, 'smnc_doorbell func 2 rx queue 0 tail 32', 'smnc_doorbell func 1 tx queue 0 tail 1',
         'smnc_interrupt func 2 vector 1 MSI-X 12')


def vlan_5(nic, _):
    nic.vlans(1, [5])
    nic.vsi(1, R.VSI_ACTIVE | R.VSI_VLAN_FILTER)


def setting(**regs):
    """The receive queue starts again with other registers."""
    def again(_, rx):
        rx.enable(0)
        for reg, val in regs.items():
            rx.set(getattr(R, reg), val)
        rx.enable()
    return again


# What is done before, the frame, which function it is counted of, and why it is dropped.
DROPS = (
    (None, eth(B, X), 1, 'spoofed source address'),
    (None, eth(B, A, proto=0x88cc), 1, 'link control'),
    (vlan_5, FRAME, 1, 'VLAN'),
    (lambda nic, _: nic.vsi(1, 0), FRAME, 1, 'VSI is not active'),
    (lambda nic, _: nic.m.qmp('set_link', name='up', up=False), eth(X, A), 1, 'no receiver'),
    (lambda _, rx: rx.enable(0), FRAME, 2, 'no active receive queue'),
    (setting(Q_MAXFRAME=20), FRAME, 2, 'longer than MAXFRAME'),
    (setting(Q_MAXFRAME=9728, Q_BUFSZ=1024), FRAME.ljust(6000, b'\0'), 2, 'needs too many buffers'),
)


def test_drops(m):
    nic, _, _, tx, rx = pair(m)
    for before, frame, func, why in DROPS:
        nic.vsi(1, R.VSI_ACTIVE | R.VSI_ANTISPOOF)
        if before:
            before(nic, rx)
        assert tx.send(frame)
        says(m, f'smnc_drop func {func} {why}, {len(frame)} bytes')


def test_drops_held(m):
    _, _, _, tx, rx = pair(m, post=0)
    for _ in range(65):
        assert tx.send(FRAME)
        m.step(200_000_000)
    says(m, 'smnc_drop func 2 too many frames wait for descriptors or pages')
    rx.enable(0)
    says(m, 'smnc_drop func 2 held by a queue that stops or changes its VLAN')


def test_drops_from_the_uplink(m):
    pair(m)
    m.send(eth(X, B))
    says(m, f'smnc_drop_uplink no receiver, {len(eth(X, B))} bytes')
    m.send(b'\1' * 13)
    says(m, 'smnc_drop_uplink length, 13 bytes')


def test_fault(m):
    nic, _, _, tx, rx = pair(m, mapped=False)
    assert tx.send(FRAME)
    unit = R.UNIT_RXQ(0)
    for code in (RETRY, FAIL):
        assert nic.faults()
        nic.answer(2, unit, code)
    says(m, f'smnc_fault func 2 unit {unit} addr {rx.bufs[0][0]:#x} len {len(FRAME)} flags 0x1', 'smnc_pf_event icr',
         f'smnc_fault_resp func 2 unit {unit} code {RETRY}', f'smnc_fault func 2 unit {unit}',
         f'smnc_fault_resp func 2 unit {unit} code {FAIL}', f'smnc_unit_fail func 2 unit {unit}',
         'smnc_queue_error func 2 rx queue 0 reason')


def test_messages(m):
    nic = Nic(m)
    f = Func(nic, 3, mac(3))
    rx, tx, atq, arq = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX), Aq(f, False), Aq(f, True)
    rx.post(4)
    arq.post(4)
    atq.send(b'hello', high=17, low=5)
    assert rx.next()
    tx.send(3, b'hi', high=18, low=6)
    assert arq.done(1)
    says(m, 'smnc_firmware op 2 seq 1 status 0', 'smnc_mbx_to_pf func 3 cookie 0x11 0x5 len 5',
         'smnc_mbx_to_func func 3 cookie 0x12 0x6 len 2')


def test_virtqueues(m):
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, features=USUAL & ~MRG_RXBUF, qps=[1])
    pf, answers, ctrl = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX), Control(a)
    pf.post(4)
    tx, rx = Vtx(a), Vrx(b, bufsz=64)
    ctrl.command(b'\1\2' + b'345')
    assert pf.next()
    answers.send(1, b'', high=R.MSG_CTRL, low=7)
    assert ctrl.used()
    assert tx.send(FRAME, header(1)) and tx.send(FRAME)
    tx.put_desc(tx.at, 0, 0)
    tx.offer(tx.at)
    assert pf.next()
    assert b.enable(rx.vq, 0) == 0
    says(m, f'smnc_vq_features func 1 features {USUAL:#x} offloads 0x2', 'smnc_vq_enable func 1 vq 2 size 64 resume 0',
         'smnc_vq_enable func 1 vq 1 size 64 resume 0', 'smnc_vq_kick func 1 vq 2', 'smnc_vq_command func 1 class 1 command 2 len 3',
         'smnc_vq_answer func 1 ack 7 len 0', 'smnc_vq_kick func 1 vq 1', 'smnc_drop func 1 offloads that it cannot have',
         'smnc_drop func 2 buffers cannot hold it', 'smnc_vq_malformed func 1 unit 0 a buffer of no length',
         'smnc_queue_error func 1 tx queue 0 reason 3', f'smnc_mbx_to_pf func 1 cookie {R.MSG_VQ_STOPPED:#x}',
         'smnc_vq_disable func 2 vq 0')


def test_resets(m):
    _, a, _, _, _ = pair(m)
    a.set(R.FUNC_CTRL, ON | R.FUNC_CTRL_QUIESCE)
    a.set(R.FUNC_CTRL, ON)
    a.set(R.FUNC_CTRL, ON | R.FUNC_CTRL_RESET)
    m.bar_wr(0, R.CTRL, R.CTRL_RESET)
    says(m, 'smnc_func_ctrl func 1 0x0 -> 0x', 'smnc_quiesce func 1 quiet 1', 'smnc_quiesce func 1 quiet 0',
         'smnc_func_reset func 1', 'smnc_device_reset')


for _name, _fn in list(vars().items()):
    if _name.startswith('test_'):
        _fn.extra = ('-trace', 'smnc_*')
