# SPDX-License-Identifier: GPL-2.0-only
"""Rings, FIFOs, back-pressure, frames of every size."""
from .nic import Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R

A, B = mac(1), mac(2)


def frame(n, size=100):
    return eth(B, A, n.to_bytes(4, 'little') * (size // 4))


def pair(m, tx=None, **kw):
    nic = Nic(m)
    a, b = Func(nic, 0, A, qps=[0]), Func(nic, 1, B, qps=[1])
    return nic, a, b, Tx(a, **(tx or {})), Rx(b, **kw)


def test_wrap(m):
    _, _, _, tx, rx = pair(m, tx={'n': 32}, n=32, post=16)
    for i in range(100):
        assert tx.send(frame(i), pieces=3), i
        assert rx.recv()[0] == frame(i)
        rx.post(1)
    assert tx.get(R.Q_HEAD) == 300 % 32 and rx.get(R.Q_HEAD) == 100 % 32


def test_latched_tail(m):
    """iavf writes the RX tail before the queue is set up."""
    _, _, b, tx, rx = pair(m, post=0)
    rx.set(R.Q_CTL, 0)
    rx.post(8)
    assert b.win(R.WIN_RX_TAIL(0)) == 8
    rx.set(R.Q_CTL, 1)
    assert tx.send(frame(1)) and rx.recv()[0] == frame(1)


def test_rs_only(m):
    """Only descriptors with RS are written back."""
    _, _, _, tx, rx = pair(m)
    for i in range(3):
        tx.data(tx.buf, 60, 1 if i < 2 else 3)
    m.write(tx.buf_pa, frame(0))
    tx.bell()
    for _ in range(3):
        assert rx.recv()
    assert m.until(lambda: tx.desc(2)[1] & 0xf == 0xf)
    assert [tx.desc(i)[1] & 0xf for i in range(3)] == [0, 0, 0xf]


def test_incomplete_packet(m):
    """A packet without its end is waited for."""
    _, _, _, tx, rx = pair(m)
    f = frame(5, 400)
    m.write(tx.buf_pa, f)
    tx.data(tx.buf, 200, 0)
    tx.bell()
    assert rx.recv(wait=False) is None and tx.ctl() & R.Q_CTL_ACTIVE
    tx.data(tx.buf + 200, len(f) - 200, 3)
    tx.bell()
    assert rx.recv()[0] == f


def test_chain(m):
    _, _, b, tx, rx = pair(m, bufsz=1024, post=31)
    for size in (1024 - 14, 1028, 4000, 5 * 1024 - 14):
        f = frame(size, size // 4 * 4)
        assert tx.send(f) and rx.recv()[0] == f
        assert b.stat(R.STAT_RX_DISCARDS) == 0
    assert tx.send(frame(1, 5 * 1024)), 'more than five buffers'
    assert b.stat(R.STAT_RX_DISCARDS) == 1
    assert tx.send(frame(2)) and rx.recv()[0] == frame(2)


def test_maxframe(m):
    _, _, b, tx, rx = pair(m, maxframe=1514)
    assert tx.send(frame(1, 1500)) and rx.recv()
    assert tx.send(frame(2, 1504)) and b.stat(R.STAT_RX_DISCARDS) == 1


def test_partial_chain(m):
    """A frame waits until all of its descriptors are there."""
    _, _, _, tx, rx = pair(m, bufsz=1024, post=2)
    f = frame(3, 2400)
    assert tx.send(f) and rx.recv(wait=False) is None
    rx.post(1)
    assert rx.recv()[0] == f


def test_fifo(m):
    """Frames for a queue without descriptors wait; the sender pauses; 64 are held."""
    nic, _, b, tx, rx = pair(m, tx={'n': 128}, post=0, n=128)
    for i in range(64):
        assert tx.send(frame(i), bell=i % 16 == 15) or i % 16 != 15
    assert b.stat(R.STAT_RX_DISCARDS) == 0
    tx.send(frame(64), bell=False)
    tx.bell()
    m.settle()
    assert tx.get(R.Q_HEAD) == 64, 'paused'
    rx.post(1)
    assert m.until(lambda: tx.get(R.Q_HEAD) == 65), 'room again'
    tx.send(frame(65), bell=False)
    tx.bell()
    m.settle()
    assert tx.get(R.Q_HEAD) == 65
    m.step(25_000_000)
    assert m.until(lambda: tx.get(R.Q_HEAD) == 66), 'not for ever'
    assert b.stat(R.STAT_RX_DISCARDS) == 1
    assert tx.send(frame(66)), 'and not again'
    rx.post(100)
    for i in range(65):
        assert rx.recv()[0] == tx_frame(m, tx, i)
    assert rx.recv(wait=False) is None


def tx_frame(m, tx, i):
    """What was in the buffer when frame i was sent: the last one of its burst."""
    if i < 64:
        return frame(i // 16 * 16 + 15)
    return frame(i)


def test_fifo_uplink(m):
    nic = Nic(m)
    b = Func(nic, 0, B, qps=[0])
    rx = Rx(b, post=0)
    for i in range(70):
        m.send(frame(i))
    m.until(lambda: b.stat(R.STAT_RX_DISCARDS) == 6)
    assert b.stat(R.STAT_RX_DISCARDS) == 6
    rx.post(63)
    for i in range(63):
        assert rx.recv()[0] == frame(i)
    rx.post(1)
    assert rx.recv()[0] == frame(63)


def test_disable_drops_held(m):
    _, _, b, tx, rx = pair(m, post=0)
    assert tx.send(frame(1))
    rx.set(R.Q_CTL, 0)
    assert b.stat(R.STAT_RX_DISCARDS) == 1
    rx.enable()
    rx.post(4)
    assert rx.recv(wait=False) is None
    assert tx.send(frame(2)) and rx.recv()[0] == frame(2)


def test_two_queues_take_turns(m):
    """A queue with a long ring does not starve another."""
    nic = Nic(m)
    a, c = Func(nic, 1, A, qps=[0]), Func(nic, 2, mac(3), qps=[1])
    busy, other = Tx(a, n=4096), Tx(c)
    m.write(busy.buf_pa, eth(mac(9), A, bytes(46)))
    for _ in range(4000):
        busy.data(busy.buf, 60, 1)
    busy.bell()
    assert other.send(eth(mac(9), mac(3), bytes(46)))
    assert m.until(lambda: busy.get(R.Q_HEAD) == 4000)


def test_short_frames(m):
    _, _, _, tx, rx = pair(m)
    assert tx.send(eth(B, A)) and rx.recv()[0] == eth(B, A), 'as it is to a neighbour'
    assert tx.send(eth(mac(9), A))
    assert m.recv() == eth(mac(9), A).ljust(60, b'\0'), 'padded on the wire'


def test_jumbo(m):
    _, _, b, tx, rx = pair(m, bufsz=9728 // 128 * 128)
    big = frame(7, 9000)
    assert tx.send(big, pieces=7) and rx.recv()[0] == big
    m.send(frame(8, 9000))
    assert rx.recv()[0] == frame(8, 9000)
