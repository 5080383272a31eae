# SPDX-License-Identifier: GPL-2.0-only
"""How long receivers without room hold a sending queue, by the virtual clock."""
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R

MS = 1_000_000
FIFO = 64
SLICE = 0.5         # ms between two looks
GOOD = 0            # the receiver that always has room; from 1 on: slow ones


class Hall:
    """VSI 1 sends to the others."""

    def __init__(self, m, slow=1):
        self.m = m
        nic = Nic(m)
        f = Func(nic, 1, mac(1), qps=[0])
        self.tx = Tx(f, n=1024)
        self.to, self.rx, self.posted, self.bufs = [], [], [], []
        for i in range(slow + 1):
            to = Func(nic, 2 + i, mac(2 + i), qps=[1 + i])
            rx = Rx(to, n=4096, post=0)
            rx.buf = to.alloc(4096)[0]
            frame = eth(mac(2 + i), mac(1), bytes(60))
            iova, pa = f.alloc(4096)
            m.write(pa, frame)
            self.bufs.append(pack('QQ', iova, 3 << 4 | len(frame) << 34))
            self.to.append(to)
            self.rx.append(rx)
            self.posted.append(0)
        self.post(GOOD, 2000)

    def post(self, i, n):
        """Descriptors, all with one buffer: what is in it does not matter."""
        rx = self.rx[i]
        self.posted[i] += n
        while n:
            k = min(rx.n - rx.tail, n)
            self.m.write(rx.pa + rx.tail * 32, pack('QQQQ', rx.buf, 0, 0, 0) * k)
            rx.tail = (rx.tail + k) % rx.n
            n -= k
        rx.bell()

    def send(self, order):
        for to in order:
            self.tx.put(self.bufs[to])
        self.tx.bell()

    def waiting(self):
        return (self.tx.tail - self.tx.get(R.Q_HEAD)) % self.tx.n

    def got(self, i):
        return self.to[i].stat(R.STAT_RX_UNICAST)

    def lost(self, i):
        return self.to[i].stat(R.STAT_RX_DISCARDS)

    def step(self, ms=SLICE):
        if ms:
            self.m.step(ms * MS)
        self.m.settle()

    def held(self):
        """ms until all that was queued has left."""
        n = 0
        while self.waiting():
            self.step()
            n += 1
        return n * SLICE

    def throughput(self, ms, period):
        """
        Each slice four frames are for GOOD, behind one for each of the others,
        which take all that is held every @period ms, are filled again at once, and
        take nothing until then. The share of what GOOD would get without them.
        """
        others = list(range(1, len(self.to)))
        for n in range(int(ms / SLICE)):
            if n % int(period / SLICE) == 0:
                for i in others:
                    self.post(i, FIFO)
                if self.waiting() < 200:
                    self.send(others * FIFO)
            if self.waiting() < 100:
                self.send(others + [GOOD] * 4)
            self.step()
            if self.posted[GOOD] - self.got(GOOD) < 1000:
                self.post(GOOD, 1000)
        return self.got(GOOD) / (4 * ms / SLICE)


def test_one_receiver(m):
    """Full and empty in turns: nine tenths stay the others'."""
    share = Hall(m).throughput(2000, 21)
    assert share >= 0.9, share


def test_many_receivers(m):
    """All of them together hold a queue no longer."""
    share = Hall(m, 6).throughput(3000, 21)
    assert share >= 0.9, share


def test_short_turns(m):
    share = Hall(m).throughput(2000, 3)
    assert share >= 0.9, share


def test_slow_for_a_moment(m):
    """Nothing is lost."""
    h = Hall(m)
    for _ in range(4):
        h.send([1] * 100)
        h.step(15)
        assert h.waiting() == 100 - FIFO
        h.post(1, 100)
        h.step()
        assert not h.waiting()
        h.step(1000)
    assert h.lost(1) == 0 and h.got(1) == 400


def test_earned_back(m):
    """100 ms, of which 1/40 of the time comes back; a pause has 20 ms at most."""
    h = Hall(m)

    def turns():
        """A receiver that is filled twelve times, and then one frame more: ms."""
        out = []
        for _ in range(12):
            h.send([1] * (FIFO + 1))
            out.append(h.held())
            h.post(1, FIFO)
            h.step()
            assert h.got(1) == h.posted[1]
        return out

    for pause, least, most in ((0, 100, 104), (0, 0, 2), (800, 17, 24), (8000, 100, 104)):
        h.step(pause)
        got = turns()
        assert least <= sum(got) <= most and max(got) <= 20.5, (pause, got)
    assert h.lost(1) and not h.lost(GOOD)


def test_ends_with_the_receiver(m):
    """A pause whose receiver or sender goes away does not go on."""
    h = Hall(m)
    h.send([1] * (FIFO + 1))
    h.step()
    assert h.waiting() == 1
    h.rx[1].set(R.Q_CTL, 0)
    h.step()
    assert not h.waiting()
    h.step(5000)
    h.rx[1].enable()
    h.send([1] * (FIFO + 1))
    h.step()
    assert h.waiting() == 1
    h.tx.set(R.Q_CTL, 0)
    h.step(30)
    h.tx.enable()
    h.send([GOOD])
    h.step()
    assert not h.waiting() and h.got(GOOD) == 1
