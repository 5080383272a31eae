# SPDX-License-Identifier: GPL-2.0-only
"""Saving and loading a virtio function."""
from .machine import pack
from .nic import Nic
from .packets import eth, mac
from .regs import R
from .t_mailbox import PfRing
from .t_state import AT_VEC, EINVAL, VEC, State, get, put
from .virtio import BASE, EVENT_IDX, Control, Vfunc, Vrx, Vtx

A, B = mac(1), mac(2)
FRAME = eth(B, A, bytes(range(200)))
QUIET = Vfunc.ENABLE | R.FUNC_CTRL_QUIESCE
AT_CTRL = AT_VEC + R.FUNC_VECS * VEC
AT_VQ = AT_CTRL + 16
CONTROL = 32
VIRTIO = AT_VQ + 33 * 16


def vq(n):
    return AT_VQ + 16 * n


def twin(f, idx, qps, queues, features):
    """A function with the same memory, whose VQs are set up alike and do not run."""
    g = Vfunc(f.nic, idx, mac(idx), features=features, qps=qps, flags=R.VSI_ACTIVE, table=False)
    g.tab, g.pa, g.next = f.tab, f.pa, f.next
    g.set(R.FUNC_XLAT_LO, f.tab.root | R.FUNC_XLAT_VALID)
    g.set(R.FUNC_CTRL, QUIET)
    for q in queues:
        assert g.addr(q.vq | (R.VQ_CONTROL if q.control else 0), q.size, q.desc, q.driver, q.device) == 0
        assert g.msix(q.vq, 1) == 0
    return g


def moved(f, idx, qps, *queues):
    """Its state in another function, which has its queues from now on, quiesced."""
    f.set(R.FUNC_CTRL, QUIET)
    state = State(f).save()
    g = twin(f, idx, qps, queues, f.has)
    s = State(g)
    assert s.load(state) == 0
    assert s.save() == state, 'what was loaded is saved again'
    for q in queues:
        q.f = g
    f.set(R.FUNC_CTRL, 0)
    assert f.nic.fw(R.FW_VSI_CLEAR, pack('H', f.idx)) == 0
    return g, state


def test_size(m):
    f = Vfunc(Nic(m), 1, A, qps=[0])
    f.set(R.FUNC_CTRL, QUIET)
    s = State(f)
    assert s.size() == VIRTIO
    state = s.save()
    assert get(state, 6, 'H') == R.STATE_VIRTIO and not any(state[AT_VEC:])


def test_rings(m):
    """Indices, and kicks while the function was quiesced."""
    nic = Nic(m)
    for features in (BASE, BASE | EVENT_IDX):
        a, b = Vfunc(nic, 1, A, features=features, qps=[0]), Vfunc(nic, 2, B, features=features, qps=[1])
        tx, rx = Vtx(a), Vrx(b, post=4)
        for _ in range(3):
            assert tx.send(FRAME) and rx.recv()[0] == FRAME
        a.set(R.FUNC_CTRL, QUIET)
        tx.send(FRAME, kick=False)
        tx.kick()
        c, state = moved(a, 3, [2], tx)
        d, _ = moved(b, 4, [3], rx)
        at = vq(R.VQ_TX(0))
        assert get(state, at, 'H') == get(state, at + 2, 'H') == 3, 'last_avail, last_used'
        assert nic.vsi(3, R.VSI_ACTIVE, A) == 0 and nic.vsi(4, R.VSI_ACTIVE, B) == 0
        for f in (d, c):
            f.set(R.FUNC_CTRL, Vfunc.ENABLE)
        assert rx.recv()[0] == FRAME, 'the kick goes along'
        rx.post(8)
        assert len(tx.used()) == 1 and tx.send(FRAME) and rx.recv()[0] == FRAME
        for f in (c, d):
            f.set(R.FUNC_CTRL, 0)
            assert nic.fw(R.FW_VSI_CLEAR, pack('H', f.idx)) == 0


def test_signalled(m):
    """The interrupt that the driver waits for, and no other."""
    nic = Nic(m)
    a = Vfunc(nic, 1, A, features=BASE | EVENT_IDX, qps=[0])
    tx = Vtx(a, vector=1)
    a.vector(1, 10)
    tx.event(2)
    for _ in range(2):
        assert tx.send(FRAME)
    assert not nic.irq(10, wait=False)
    c, _ = moved(a, 3, [2], tx)
    c.vector(1, 12)
    c.set(R.FUNC_CTRL, Vfunc.ENABLE)
    assert not nic.irq(12, wait=False)
    assert tx.send(FRAME) and nic.irq(12)


def test_command(m):
    """A command that the PF has, and its answer that waits."""
    nic = Nic(m)
    pf, answers = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
    pf.post(16)
    for early in (False, True):
        a = Vfunc(nic, 1, A, qps=[0])
        ctrl = Control(a)
        head = ctrl.command(b'\1\2abc')
        assert pf.next()['data'] == b'abc'
        a.set(R.FUNC_CTRL, QUIET)
        if early:
            answers.send(1, b'', high=R.MSG_CTRL, low=0)
            assert answers.next()['retval'] == 0
        c, state = moved(a, 3, [2], ctrl)
        assert get(state, 12, 'H') == early and state[AT_CTRL + 8] == 1
        c.set(R.FUNC_CTRL, Vfunc.ENABLE)
        if not early:
            assert not ctrl.used(wait=False)
            answers.send(3, b'', high=R.MSG_CTRL, low=0)
            answers.next()
        assert ctrl.used() == [(head, 1)] and ctrl.answer(1) == b'\0'
        assert pf.next(wait=False) is None, 'it is not delivered again'
        c.set(R.FUNC_CTRL, 0)


def test_stopped(m):
    """A VQ that has stopped with an error, of which the PF has had no message."""
    nic = Nic(m)
    a = Vfunc(nic, 1, A, qps=[0])
    tx = Vtx(a)
    tx.offer(200)
    assert m.until(lambda: tx.reason() == R.Q_ERR_DESC)
    c, _ = moved(a, 3, [2], tx)
    assert c.stopped() == 1 << R.VQ_TX(0)
    pf = PfRing(nic, R.MBX_RX)
    pf.post(2)
    c.set(R.FUNC_CTRL, Vfunc.ENABLE)
    d = pf.next()
    assert d['cookie_high'] == R.MSG_VQ_STOPPED and d['param0'] == 3


def test_hostile(m):
    nic = Nic(m)
    pf = PfRing(nic, R.MBX_RX)
    a = Vfunc(nic, 1, A, qps=[0])
    queues = [Vtx(a), Vrx(a, post=4), Control(a)]
    pf.post(4)
    queues[2].command(b'\1\2')
    assert pf.next()
    a.set(R.FUNC_CTRL, QUIET)
    state = State(a).save()
    g = twin(a, 3, [2], queues, a.has)
    s = State(g)
    before = s.save()
    at = vq(R.VQ_TX(0))
    cases = [(6, 'H', (R.STATE_AVF, 2)), (12, 'H', (1, 2)), (AT_CTRL + 4, 'I', (34, 0xffffffff)),
             (AT_CTRL + 8, 'B', (2, 255)), (AT_CTRL + 9, 'B', (1,)), (AT_CTRL + 10, 'H', (1,)),
             (AT_CTRL + 12, 'I', (1,)), (vq(CONTROL) + 8, 'B', (0, 3)), (vq(0) + 12, 'I', (1,)),
             (at, 'H', (7,)), (at + 2, 'H', (7,)), (at + 8, 'B', (0, 3, 255)), (at + 9, 'B', (1, 255)),
             (at + 10, 'B', (8, 255)), (at + 11, 'B', (1,)), (at + 12, 'I', (1041, 0xffffffff))]
    # No queue pair; the number of the control queue; one that is off but not 0.
    for n in (3, 2, 31):
        cases += [(vq(n) + 8, 'B', (1, 2)), (vq(n), 'H', (1,)), (vq(n) + 4, 'I', (1,)), (vq(n) + 12, 'I', (1,))]
    for place, fmt, values in cases:
        for val in values:
            assert s.load(put(state, place, fmt, val)) == EINVAL, (place, fmt, val)
    message = pack('IIHH', R.MSG_CTRL, 0, 0, 0)
    for n, outstanding, want in ((1, 1, 0), (2, 1, EINVAL), (1, 0, EINVAL)):
        more = put(put(state + n * message, 8, 'I', VIRTIO + 12 * n), 12, 'H', n)
        if want:
            assert s.load(put(more, AT_CTRL + 8, 'B', outstanding)) == want
    off = put(state[:vq(CONTROL)] + bytes(16), AT_CTRL + 8, 'B', 1)
    assert s.load(off) == EINVAL, 'a command without a queue'
    assert s.save() == before
    for vq_, size, desc, driver, device in ((1, 3, 0, 0, 0), (1, 64, 8, 0, 0), (1, 64, 0, 1, 0), (1, 64, 0, 0, 2)):
        assert g.addr(vq_, size, desc, driver, device) == 0
        assert s.load(state) == EINVAL, 'a set-up that SET_VQ_ENABLE refuses'
    q = queues[0]
    assert g.addr(1, q.size, q.desc, q.driver, q.device) == 0
    assert s.load(state) == 0
