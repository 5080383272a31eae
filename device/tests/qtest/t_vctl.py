# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: the control queue."""
from .nic import Nic
from .packets import mac
from .regs import R
from .t_mailbox import PfRing, desc
from .t_virtio import A
from .virtio import USUAL, Control, Vfunc

def control(m, features=USUAL, **kw):
    nic = Nic(m)
    rx, tx = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
    rx.post(16)
    f = Vfunc(nic, 1, A, features=features, qps=[0])
    f.vector(1, 11)
    return nic, f, rx, tx, Control(f, **kw)


CTRL = R.MSG_CTRL


def test_command(m):
    """A command arrives as a message; its answer is written, used and signalled."""
    nic, f, rx, tx, q = control(m, vector=1)
    for i, (data, ack, result, room) in enumerate(((b'\1\0' + mac(7), 0, b'', 1), (b'\4\0\2\0', 1, b'', 1),
                                                   (b'\0\0', 0, b'result', 7), (b'\xff\xee' + bytes(4096), 2, b'results', 4),
                                                   (b'\0\1\1', 0, b'', 100))):
        q.event()
        head = q.command(data, room)
        got = rx.next()
        assert (got['cookie_high'], got['cookie_low']) == (CTRL | data[0] << 8 | data[1], i)
        assert got['data'] == data[2:] and got['param0'] == 1 and got['opcode'] == R.AQ_OP_TO_PF
        assert q.used(0) == [] and not nic.irq(11, wait=False), 'not before the answer'
        tx.send(1, result, high=CTRL, low=ack)
        n = min(len(result), room - 1)
        assert q.used() == [(head, 1 + n)]
        assert q.answer(n + 2) == bytes((ack,)) + result[:n] + b'\xee'
        assert nic.irq(11), 'signalled'
        rx.post(1)
    assert f.stat(R.STAT_MBX_REQUESTS) == f.stat(R.STAT_MBX_REPLIES) == i + 1
    assert f.stat(R.STAT_RX_DOORBELLS) == i + 1


def test_command_layouts(m):
    """Commands as drivers lay them out: pieces, an indirect table."""
    _, f, rx, tx, q = control(m)
    data = b'\1\0' + bytes(range(50))
    for cuts, ins, direct in (((2,), 1, None), ((1, 2, 30), 1, None), ((2,), 2, 0), ((), 3, 1)):
        m.write(q.out_pa, data)
        bufs = [(q.out + a, b - a, 0) for a, b in zip((0, *cuts), (*cuts, len(data)))]
        bufs += [(q.in_ + 100 * i, 1, 2) for i in range(ins)]
        head = q.chain(bufs, direct)
        q.offer(head)
        assert rx.next()['data'] == data[2:]
        tx.send(1, b'ab', high=CTRL, low=5)
        assert q.used() == [(head, min(ins, 3))]
        assert [q.answer(300)[100 * i] for i in range(ins)] == [5, *b'ab'][:ins]
        rx.post(1)


def test_command_one_by_one(m):
    """The next command is delivered when the one before is answered."""
    _, f, rx, tx, q = control(m)
    heads = [q.command(b'\0\0\1', kick=False) for _ in range(3)]
    q.kick()
    for i, head in enumerate(heads):
        assert rx.next()['cookie_low'] == i and rx.next(wait=False) is None
        q.kick()
        assert rx.next(wait=False) is None
        tx.send(1, b'', high=CTRL)
        assert q.used() == [(head, 1)]


def test_command_too_long(m):
    """The device itself answers a command whose data no message holds."""
    _, f, rx, tx, q = control(m)
    head = q.command(b'\1\0' + bytes(4097))
    assert q.used() == [(head, 1)] and q.answer(1) == b'\1' and rx.next(wait=False) is None
    head = q.command(b'\1\0' + bytes(4096))
    assert rx.next()['datalen'] == 4096
    tx.send(1, b'', high=CTRL)
    assert q.used() == [(head, 1)]


def test_command_waits(m):
    """It waits for a buffer of the PF."""
    nic = Nic(m)
    f = Vfunc(nic, 1, A, qps=[0])
    q = Control(f)
    q.command(b'\0\0\1')
    m.settle()
    rx, tx = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
    rx.post(1)
    assert rx.next()['data'] == b'\1'
    tx.send(1, b'', high=CTRL)
    assert q.used()


def test_answers_dropped(m):
    """A message without a command outstanding, or a second one, or of another kind."""
    _, f, rx, tx, q = control(m)
    tx.send(1, b'', high=CTRL, low=9)
    assert tx.next()['retval'] == 0
    head = q.command(b'\0\0\1')
    assert rx.next()
    tx.send(1, b'', high=17, low=8)
    assert tx.next()['retval'] == 0 and q.used(0) == []
    for low in (3, 4):
        tx.put(desc(0, 0, R.AQ_OP_TO_FUNC, 0, CTRL, low, 1), bell=False)
    tx.bell()
    assert q.used() == [(head, 1)] and q.answer(1) == b'\3'
    head = q.command(b'\0\0\1')
    assert rx.next() and q.used(0) == [], 'the second answer is gone'
    tx.send(1, b'', high=CTRL, low=5)
    assert q.used() == [(head, 1)] and q.answer(1) == b'\5'


def test_command_reset(m):
    """A reset while a command is outstanding; with RESUME it is delivered again."""
    nic, f, rx, tx, q = control(m)
    for reset in (f.reset, lambda: f.enable(q.vq, 0), lambda: f.enable(R.VQ_ALL, 0)):
        head = q.command(b'\1\0' + mac(5))
        assert rx.next()
        reset()
        f.features(USUAL)
        tx.send(1, b'', high=CTRL, low=1)
        assert tx.next()['retval'] == 0 and q.used(0) == []
        q.set_up(flags=R.VQ_ON | R.VQ_RESUME)
        assert rx.next()['data'] == mac(5)
        tx.send(1, b'', high=CTRL)
        tx.next()
        assert q.used() == [(head, 1)] and q.answer(1) == b'\0'
        rx.post(2)
    nic.wr(R.CTRL, R.CTRL_RESET)
    assert f.stopped() == 0


def test_command_quiesced(m):
    _, f, rx, tx, q = control(m)
    head = q.command(b'\0\0\1')
    assert rx.next()
    f.set(R.FUNC_CTRL, Vfunc.ENABLE | R.FUNC_CTRL_QUIESCE)
    tx.send(1, b'', high=CTRL)
    assert tx.next() and q.used(0) == []
    f.set(R.FUNC_CTRL, Vfunc.ENABLE)
    assert q.used() == [(head, 1)]
