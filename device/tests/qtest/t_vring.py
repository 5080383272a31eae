# SPDX-License-Identifier: GPL-2.0-only
"""Virtqueues as a hostile guest writes them: which queue stops, and that nothing else does."""
from .nic import Nic
from .packets import eth, mac
from .regs import R
from .t_mailbox import PfRing
from .t_virtio import A, B, FRAME
from .virtio import (EVENT_IDX, HDR, INDIRECT, MRG_RXBUF, NEXT, TABLE, USUAL, WRITE, Control, Vfunc, Vrx, Vtx,
                     header)

C, D = mac(3), mac(4)
N = 64


class Bed:
    """A hostile function with three queues, one that sends to it, and two honest neighbours."""

    def __init__(self, m, features=USUAL):
        self.m = m
        self.nic = nic = Nic(m)
        self.pf, self.answers = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
        self.pf.post(16)
        self.f = Vfunc(nic, 1, A, features=features, qps=[0], flags=R.VSI_ACTIVE)
        self.peer = Vfunc(nic, 2, B, qps=[1])
        self.to, self.take = Vtx(self.peer), Vrx(self.peer, post=32)
        c, d = Vfunc(nic, 3, C, qps=[2]), Vfunc(nic, 4, D, qps=[3])
        self.others = Vtx(c), Vrx(d, post=64, n=128)
        self.queues()

    def queues(self):
        self.tx, self.rx = Vtx(self.f, n=N), Vrx(self.f, n=N, post=0)
        self.ctrl = Control(self.f, n=N)
        self.mem, self.mem_pa = self.f.alloc(4 * 4096)
        for at in (0, 4096, 8192):
            self.m.write(self.mem_pa + at, header() + FRAME)

    def go(self, q):
        """Makes the queue look at its ring."""
        if q is self.rx:
            assert self.to.send(eth(A, B, bytes(range(200))))
        q.kick()
        self.m.settle()

    def bit(self, q):
        return 1 << {self.tx: 1, self.rx: 0, self.ctrl: R.STOPPED_CONTROL}[q]

    def works(self):
        """The neighbours, and the queues of the function itself that have not stopped."""
        tx, rx = self.others
        f = eth(D, C, bytes(100))
        assert tx.send(f) and rx.recv()[0] == f
        rx.post(1)


def one(q, *descs, head=0, left=1):
    """Descriptors from 0 on, and heads that become available."""
    for i, d in enumerate(descs):
        q.put_desc(i, *d)
    q.offer(*[head] * left, kick=False)


def table(q, *descs, size=None, flags=TABLE, before=()):
    """Descriptor 0, or the one behind those before it, is an indirect table."""
    iova, pa = q.table(0)
    for i, d in enumerate(descs):
        q.put_desc(i, *d, table=pa)
    one(q, *before, (iova, 16 * len(descs) if size is None else size, flags))


def behind(q, at, desc, table=None):
    """A good descriptor right behind a table's end."""
    q.put_desc(at, *desc, table=table)


def avail_idx(q, idx):
    q.m.wr(q.driver_pa + 2, idx & 0xffff, 2)
    q.avail = idx & 0xffff


def buf(bed, q, size, i=0):
    """A buffer of the direction that the queue has."""
    return (bed.mem + 4096 * i, size, WRITE if q is bed.rx else 0)


DATA = ('tx', 'rx')
ALL = ('tx', 'rx', 'ctrl')

# Rows: name, queues, features taken away, what the guest does to its ring. All of them stop it.
BAD = (
    ('index far ahead', ALL, 0, lambda b, q: avail_idx(q, q.avail + N + 1)),
    ('index backwards', ALL, 0, lambda b, q: avail_idx(q, q.avail - 1)),
    ('head = size', DATA, 0, lambda b, q: (behind(q, N, buf(b, q, 1000)), one(q, buf(b, q, 1000), head=N))),
    ('head = 65535', ALL, 0, lambda b, q: one(q, buf(b, q, 100), head=0xffff)),
    ('next = size', ALL, 0, lambda b, q: (behind(q, N, (b.mem, 100, 0 if q is b.tx else WRITE)),
                                         one(q, (*buf(b, q, 100)[:2], buf(b, q, 100)[2] | NEXT, N)))),
    ('loop of one', ALL, 0, lambda b, q: one(q, (*buf(b, q, 16)[:2], buf(b, q, 1)[2] | NEXT, 0))),
    ('loop of two', ALL, 0, lambda b, q: one(q, (*buf(b, q, 16)[:2], buf(b, q, 1)[2] | NEXT, 1),
                                             (*buf(b, q, 16)[:2], buf(b, q, 1)[2] | NEXT, 0))),
    ('loop in a table', ALL, 0, lambda b, q: table(q, (*buf(b, q, 16)[:2], buf(b, q, 1)[2] | NEXT, 1),
                                                   (*buf(b, q, 16)[:2], buf(b, q, 1)[2] | NEXT, 0))),
    ('next beyond its table', ALL, 0,
     lambda b, q: (behind(q, 1, (b.mem, 100, 0 if q is b.tx else WRITE), q.table(0)[1]),
                   table(q, (*buf(b, q, 100)[:2], buf(b, q, 1)[2] | NEXT, 1)))),
    ('table without the feature', ALL, INDIRECT, lambda b, q: table(q, buf(b, q, 200))),
    ('table in a table', ALL, 0, lambda b, q: table(q, (b.mem, 16, TABLE))),
    ('table with next', ALL, 0, lambda b, q: table(q, buf(b, q, 200), flags=TABLE | NEXT)),
    ('table of length 0', ALL, 0, lambda b, q: table(q, buf(b, q, 200), size=0)),
    ('table of length 15', ALL, 0, lambda b, q: table(q, buf(b, q, 200), size=15)),
    ('table of length 17', ALL, 0, lambda b, q: table(q, buf(b, q, 200), size=17)),
    ('table of length 4 GiB - 1', ALL, 0, lambda b, q: table(q, buf(b, q, 200), size=0xffffffff)),
    ('1025 descriptors', ALL, 0, lambda b, q: table(q, *((*buf(b, q, 16)[:2], buf(b, q, 1)[2] | NEXT, i + 1)
                                                         for i in range(1025)))),
    ('readable behind writable', ALL, 0, lambda b, q: one(q, (b.mem, 100, NEXT, 1), (b.mem, 100, NEXT | WRITE, 2),
                                                         (b.mem, 100, 0))),
    ('no length', ALL, 0, lambda b, q: one(q, buf(b, q, 0))),
    ('no length behind a good buffer', ALL, 0, lambda b, q: one(q, (*buf(b, q, 200)[:2], buf(b, q, 1)[2] | NEXT, 1),
                                                               buf(b, q, 0))),
    ('no length in a table', ALL, 0, lambda b, q: table(q, buf(b, q, 0))),
    ('writable to be sent', ('tx',), 0, lambda b, q: one(q, (b.mem, 200, NEXT, 1), (b.mem, 100, WRITE))),
    ('only writable to be sent', ('tx',), 0, lambda b, q: one(q, (b.mem, 200, WRITE))),
    ('readable to be filled', ('rx',), 0, lambda b, q: one(q, (b.mem, 200, 0))),
    ('readable before what is filled', ('rx',), 0, lambda b, q: one(q, (b.mem, 20, NEXT, 1), (b.mem, 2000, WRITE))),
    ('too short to be sent', ('tx',), 0, lambda b, q: one(q, (b.mem, HDR + 13, 0))),
    ('shorter than the header', ('tx',), 0, lambda b, q: one(q, (b.mem, 5, 0))),
    ('too long to be sent', ('tx',), 0, lambda b, q: one(q, (b.mem, HDR + 65536 + 1024 + 1, 0))),
    ('4 GiB to be sent', ('tx',), 0, lambda b, q: one(q, (b.mem, 0xffffffff, 0))),
    ('sums of more than 32 bits', ('tx',), 0,
     lambda b, q: one(q, (b.mem, 200, NEXT, 1), (b.mem, 0x80000000, NEXT, 2), (b.mem, 0x80000000, 0))),
    ('table of length 0 behind a good buffer', ('rx',), 0,
     lambda b, q: (q.put_desc(1, b.mem, 0, TABLE), one(q, (b.mem, 100, WRITE)), q.offer(1, kick=False))),
    ('no room for the header', ('rx',), 0, lambda b, q: one(q, (b.mem, HDR - 1, WRITE))),
    ('no room for the header, mergeable off', ('rx',), MRG_RXBUF, lambda b, q: one(q, (b.mem, HDR - 1, WRITE))),
    ('command of a byte', ('ctrl',), 0, lambda b, q: one(q, (b.mem, 1, NEXT, 1), (b.mem, 1, WRITE))),
    ('command without an answer', ('ctrl',), 0, lambda b, q: one(q, (b.mem, 10, 0))),
    ('answer without a command', ('ctrl',), 0, lambda b, q: one(q, (b.mem, 10, WRITE))),
)


def stops(b, q, name, reason, number):
    """What is seen of a queue that stopped."""
    assert b.m.until(lambda: b.f.stopped() == b.bit(q)), (name, hex(b.f.stopped()))
    got = b.pf.next()
    assert got and (got['cookie_high'], got['param0'], got['datalen']) == (R.MSG_VQ_STOPPED, 1, 0), (name, got)
    assert b.pf.next(wait=False) is None, name
    b.pf.post(1)
    if q is not b.ctrl:
        assert q.reason() == reason and not q.active(), name
    assert b.f.stat(R.STAT_BAD_DESCRIPTORS) == number, name
    assert q.used_idx() == q.seen, (name, 'nothing is used')
    q.kick()
    b.m.settle()
    assert b.f.stopped() == b.bit(q) and b.pf.next(wait=False) is None, (name, 'once')
    b.works()


def serves(b, q, name):
    """The queue does what it is for."""
    q.again()
    assert b.f.stopped() == 0, name
    if q is b.tx:
        assert q.send(eth(B, A, b'fine' * 20)) and b.take.recv()[0] == eth(B, A, b'fine' * 20), name
        b.take.post(1)
    elif q is b.rx:
        q.post(1)
        f = eth(A, B, b'fine' * 20)
        assert b.to.send(f) and q.recv()[0] == f, name
    else:
        head = q.command(b'\0\0\1')
        assert b.pf.next()['data'] == b'\1', name
        b.answers.send(1, b'', high=R.MSG_CTRL)
        assert q.used() == [(head, 1)], name
        b.pf.post(1)
    q.again()


def bad(which):
    def test(m):
        b, number = Bed(m), 0
        q = getattr(b, which)
        for name, queues, less, do in BAD:
            if which not in queues:
                continue
            if b.f.has != USUAL & ~less:
                assert b.f.enable(R.VQ_ALL, 0) == 0 and b.f.features(USUAL & ~less) == 0
                b.queues()
                q = getattr(b, which)
            do(b, q)
            b.go(q)
            number += 1
            stops(b, q, name, R.Q_ERR_DESC, number)
            serves(b, q, name)
        assert number > 20 and b.f.stat(R.STAT_FAULTS) == 0
    return test


test_bad_tx, test_bad_rx, test_bad_ctrl = (bad(which) for which in ALL)

# Addresses that no function may use, or has not: a fault, and the PF's answer decides.
WHERE = (0, 0xfee00000, 0xfeefffff, (1 << 48) - 10, 1 << 48, (1 << 64) - 10, (1 << 64) - 300)


def test_addresses(m):
    """Of buffers and tables: a fault; FAIL stops the queue."""
    b = Bed(m)
    n = 0
    for where in WHERE:
        for q, unit in ((b.tx, R.UNIT_TXQ(0)), (b.rx, R.UNIT_RXQ(0)), (b.ctrl, R.UNIT_ATQ)):
            way = WRITE if q is b.rx else 0
            for do in (lambda: one(q, (where, 300, way | (NEXT if q is b.ctrl else 0), 1), (b.mem, 1, WRITE)),
                       lambda: one(q, (where, 160, TABLE))):
                do()
                b.go(q)
                f = b.nic.faults()[0]
                assert (f['func'], f['unit']) == (1, unit) and b.f.stopped() == 0
                assert where <= f['addr'] <= where + 300, hex(f['addr'])
                b.works()
                b.nic.answer(1, unit, R.FAULT_RESP_FAIL)
                stops(b, q, hex(where), R.Q_ERR_FAULT, 0)
                serves(b, q, hex(where))
                n += 1
    assert b.f.stat(R.STAT_FAULT_FAILS) == n


RINGS = ((0x70000000,) * 3, (0xfee00000,) * 3, ((1 << 48) - 16, (1 << 48) - 2, (1 << 48) - 4))


def test_rings(m):
    """Areas of a ring that is nowhere: a fault at the first touch."""
    b = Bed(m)
    for areas in RINGS:
        for q, unit in ((b.tx, R.UNIT_TXQ(0)), (b.rx, R.UNIT_RXQ(0)), (b.ctrl, R.UNIT_ATQ)):
            for part in range(3):
                assert b.f.enable(q.vq, 0) == 0
                mine = [q.desc, q.driver, q.device]
                mine[part] = areas[part]
                number = q.vq | (R.VQ_CONTROL if q is b.ctrl else 0)
                assert b.f.addr(number, N, *mine) == 0 and b.f.enable(q.vq) == 0
                one(q, buf(b, q, 200) if q is not b.ctrl else (b.mem, 10, NEXT, 1), (b.mem, 1, WRITE))
                b.go(q)
                f = b.nic.faults()[0]
                assert (f['func'], f['unit']) == (1, unit), f
                assert areas[part] <= f['addr'] < areas[part] + 8 * N + 6, (part, hex(f['addr']))
                b.nic.answer(1, unit, R.FAULT_RESP_FAIL)
                stops(b, q, (areas, part), R.Q_ERR_FAULT, 0)
                serves(b, q, (areas, part))


# --- unusual chains that are legal ---


def test_strange_but_right(m):
    """The specification allows it, or it harms its own queue only."""
    b = Bed(m)
    q = b.tx
    f = (header() + FRAME)[:160]
    iova, pa = q.table(0)
    m.write(pa, bytes(4096))
    rows = (
        ('direct ones, then a table', lambda: table(q, (b.mem + HDR, 148, 0), before=[(b.mem, HDR, NEXT, 1)])),
        ('WRITE on a table', lambda: table(q, (b.mem, 160, 0), flags=TABLE | WRITE)),
        ('a table with room behind', lambda: table(q, (b.mem, 160, 0), *[(0, 0, 0, 0)] * 9)),
        ('a table longer than the ring', lambda: table(q, *[(b.mem + i, 1, NEXT, i + 1) for i in range(159)],
                                                       (b.mem + 159, 1, 0))),
        ('a table in any order', lambda: table(q, (b.mem, 80, NEXT, 2), (0, 0, 0, 0), (b.mem + 80, 80, 0))),
        ('a chain of the whole ring', lambda: one(q, *[(b.mem + i, 1, NEXT, i + 1) for i in range(63)],
                                                  (b.mem + 63, 97, 0))),
        ('overlapping buffers', lambda: one(q, (b.mem, 160, 0))),
        ('unknown flags', lambda: one(q, (b.mem, 160, 0xfff8))),
    )
    for name, do in rows:
        do()
        q.kick()
        assert q.used() == [(0, 0)], name
        got = b.take.recv()
        assert got and got[0] == f[HDR:], name
        b.take.post(1)
    one(q, (b.mem, 160, 0), left=10)
    q.kick()
    assert q.used(10) == [(0, 0)] * 10, 'one head many times'
    for _ in range(10):
        assert b.take.recv()[0] == f[HDR:]
    b.take.post(10)
    q.m.write(q.device_pa, b'\xff' * 4)
    one(q, (b.mem, 160, 0))
    q.kick()
    assert b.take.recv()[0] == f[HDR:], 'the used ring is the device\'s: it is not read'
    assert q.used_idx() == q.avail
    q.again(flags=R.VQ_ON | R.VQ_RESUME)
    for _ in range(3):
        one(q, (b.mem, 160, 0))
        q.kick()
        assert b.take.recv()[0] == f[HDR:]
        q.m.write(q.device_pa, b'\xff' * 4)
    assert b.f.stopped() == 0, 'but at the start of one that is resumed'
    assert b.f.stopped() == 0 and b.f.stat(R.STAT_BAD_DESCRIPTORS) == 0
    b.works()


def test_receive_strange(m):
    """Buffers of one byte, chains, one buffer many times, more than fits."""
    b = Bed(m)
    q = b.rx
    small = [(b.mem + i, 1, WRITE | NEXT, i + 1) for i in range(150)] + [(b.mem + 150, 1000, WRITE)]
    f = eth(A, B, bytes(range(200)))
    table(q, *small)
    assert b.to.send(f) and q.used() == [(0, HDR + len(f))]
    assert m.read(b.mem_pa + HDR, len(f)) == f
    one(q, (b.mem, 128, WRITE), left=N)
    assert b.to.send(f) and q.used(2) == [(0, 128), (0, HDR + len(f) - 128)]
    for n in range(31):
        assert b.to.send(f) and len(q.used(2)) == 2, n
    one(q, (b.mem, 0xffffffff, WRITE))
    assert b.to.send(f) and q.used() == [(0, HDR + len(f))], 'only what it needs is looked at'
    assert b.f.stopped() == 0


def test_too_many_descriptors(m):
    """A frame that takes more than 1,024 is lost, its buffers are not used."""
    b = Bed(m)
    q = b.rx
    table(q, *[(b.mem + i, 1, WRITE | NEXT, i + 1) for i in range(699)], (b.mem, 1, WRITE))
    q.offer(0, kick=False)
    assert b.to.send(eth(A, B, bytes(1000)))
    assert b.f.stat(R.STAT_RX_DISCARDS) == 1 and q.used(0) == []
    assert b.to.send(eth(A, B, bytes(200))) and q.used() == [(0, HDR + 214)]
    assert b.f.stopped() == 0


def test_chains_fill_the_ring(m):
    """A frame is lost that does not fit in a ring whose chains take all of it; the next one is not."""
    b = Bed(m)
    q = b.rx
    for i in range(0, N, 2):
        q.put_desc(i, b.mem + 128 * i, 64, WRITE | NEXT, i + 1)
        q.put_desc(i + 1, b.mem + 128 * i + 64, 64, WRITE)
    q.offer(*range(0, N, 2), kick=False)
    assert b.to.send(eth(A, B, bytes(5000)))
    assert b.f.stat(R.STAT_RX_DISCARDS) == 1 and q.used(0) == []
    assert b.to.send(eth(A, B, bytes(50))) and q.used() == [(0, HDR + 64)]
    assert b.f.stopped() == 0


def test_events_of_junk(m):
    """Wishes that make no sense cost interrupts and kicks only."""
    b = Bed(m)
    for features in (USUAL, USUAL & ~EVENT_IDX):
        assert b.f.enable(R.VQ_ALL, 0) == 0 and b.f.features(features) == 0
        b.queues()
        for junk in (0xffff, 0x8000, 1, 0x7fff):
            m.wr(b.tx.driver_pa, junk, 2)
            b.tx.event(junk)
            m.wr(b.tx.device_pa, junk, 2)
            m.wr(b.tx.device_pa + 4 + 8 * N, junk, 2)
            assert b.tx.send(eth(B, A, bytes(60))) and b.take.recv()
            b.take.post(1)
    b.works()


def test_kicks(m):
    """Kicks of everything, in numbers."""
    b = Bed(m)
    for vq in (2, 3, 5, 31, 32, 33, 63, 0x7fff, 0x8000, 0xffff):
        b.f.kick(vq)
    for _ in range(500):
        b.f.kick(b.tx.vq)
        b.f.kick(b.rx.vq)
        b.f.kick(b.ctrl.vq)
    b.works()
    assert b.f.stopped() == 0
    assert b.f.stat(R.STAT_TX_DOORBELLS) + b.f.stat(R.STAT_RX_DOORBELLS) == 1510


def test_endless(m):
    """Work without end: 1,000 long chains, again and again, and a neighbour goes on."""
    b = Bed(m)
    assert b.f.enable(b.tx.vq, 0) == 0
    q = b.tx = Vtx(b.f, n=1024)
    m.write(b.mem_pa, header() + eth(A, A, bytes(1000)))
    iova, pa = q.table(0)
    for i in range(1000):
        q.put_desc(i, b.mem + i, 1, NEXT if i < 999 else 0, i + 1, table=pa)
    q.put_desc(0, iova, 16000, TABLE)
    for _ in range(3):
        q.offer(*[0] * 1000)
        b.works()
        assert q.m.until(lambda: q.used_idx() == q.avail, 30)
    assert b.f.stopped() == 0


def test_stops_of_all(m):
    """All queues of a function stop while the PF has no buffer: one message each, later."""
    b = Bed(m)
    b.nic.wr(R.MBX_RX + R.RING_LEN, 0)
    for q in (b.tx, b.rx, b.ctrl):
        one(q, buf(b, q, 0))
        b.go(q)
    assert b.m.until(lambda: b.f.stopped() == 3 | 1 << R.STOPPED_CONTROL)
    pf = PfRing(b.nic, R.MBX_RX)
    pf.post(2)
    assert pf.next()['cookie_high'] == pf.next()['cookie_high'] == R.MSG_VQ_STOPPED
    assert pf.next(wait=False) is None
    pf.post(4)
    assert pf.next()['cookie_high'] == R.MSG_VQ_STOPPED and pf.next(wait=False) is None
    b.f.reset()
    assert b.f.stopped() == 0


def test_junk_rings(m):
    """Rings full of junk, in every queue; the function's reset ends it."""
    import random
    rng = random.Random(7)
    b = Bed(m)
    for n in range(60):
        for q in (b.tx, b.rx, b.ctrl):
            for pa, size in ((q.desc_pa, 16 * N), (q.driver_pa, 6 + 2 * N), (q.device_pa, 6 + 8 * N)):
                if rng.random() < 0.7:
                    m.write(pa, rng.randbytes(size))
            b.go(q)
        for f in b.nic.faults(0):
            b.nic.answer(f['func'], f['unit'], rng.choice((1, 2, 2)))
        while b.pf.next(wait=False):
            b.pf.post(1)
        if n % 5 == 0:
            b.works()
        b.f.reset()
        b.f.features(USUAL)
        for q in (b.tx, b.rx, b.ctrl):
            q.set_up()
