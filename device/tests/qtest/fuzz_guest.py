# SPDX-License-Identifier: GPL-2.0-only
"""Fuzz: a hostile guest beside an honest driver and an honest neighbour.

The guest writes what it likes into its window and its memory. The rules:
* memory that it has not been given for writing keeps its bytes;
* what leaves on the wire from it carries its port VLAN's tag, and no second;
* the neighbour, promiscuous in another VLAN, never sees a frame of it;
* the neighbour's own frames arrive all the time;
* none of the driver's rings breaks.
"""
import random

from .fuzz_packets import mangle, samples
from .machine import pack, unpack
from .nic import PAGE, Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R
from .t_mailbox import PfRing, desc
from .virtio import BASE, EVENT_IDX, HASH_REPORT, MRG_RXBUF, NEEDS_CSUM, RING_PACKED, RSS, TCP4, TCP6, USUAL, WHOLE, Vfunc, header

STEPS = 1200
GUEST, NEIGHBOUR = mac(2), mac(3)
VLAN, OTHER = 100, 200
MEMORY = 64     # pages of the guest
HOLE = 8        # every so many-th is not mapped, the one after it read-only
ACTIVE = R.VSI_ACTIVE | R.VSI_ANTISPOOF


class Guest:
    """With AVF queues."""

    KIND = Func
    OWN = ()        # operations that another kind of function has instead

    def __init__(self, m, rng):
        self.m, self.rng = m, rng
        nic = self.nic = Nic(m, cause_len=4)
        self.rx_ring = PfRing(nic, R.MBX_RX)
        self.rx_ring.post(16)
        self.pf = Func(nic, 0, mac(1), qps=[0])
        self.pf.tx = Tx(self.pf)
        self.f = self.KIND(nic, 1, GUEST, qps=[1, 2])
        self.n = Func(nic, 2, NEIGHBOUR, qps=[3])
        assert nic.vsi(1, ACTIVE, vlan=VLAN) == 0
        assert nic.vsi(2, ACTIVE | R.VSI_UC_PROMISC | R.VSI_MC_PROMISC, vlan=OTHER) == 0
        self.n.rx = Rx(self.n, post=60)
        for v in range(4):
            self.f.vector(v, 10 + v if v < 2 else R.INTVEC_SHARED)
        self.memory()
        for q in range(2):
            self.queue(q)
        self.samples = [to + GUEST + f[12:] for f in samples()
                        for to in (mac(1), NEIGHBOUR, mac(9), b'\xff' * 6, b'\1' * 6)]

    def memory(self):
        """Guest pages between pages that are not its own."""
        self.iova = 0x100000
        self.pages = {}
        for i in range(MEMORY):
            guard, pa = self.m.alloc(PAGE), self.m.alloc(PAGE)
            self.m.write(guard, b'\xa5' * PAGE)
            kind = i % HOLE
            if kind == HOLE - 2:
                continue
            self.m.write(pa, b'\x5a' * PAGE)
            self.f.tab.map(self.iova + i * PAGE, pa, perm=1 if kind == HOLE - 1 else 3)
            self.pages[i] = guard, pa, kind != HOLE - 1

    def queue(self, q):
        """As a driver does for a guest that asks for it: anywhere in its memory."""
        r, block = self.rng, R.QP(self.f.qps[q])
        for part, rx in ((R.QP_TX, 0), (R.QP_RX, 1)):
            base = self.iova + r.randrange(MEMORY * PAGE // 128) * 128
            for reg, val in ((R.Q_CTL, 0), (R.Q_BASE_LO, base), (R.Q_BASE_HI, 0),
                             (R.Q_LEN, r.choice((32, 64, 512))), (R.Q_INT, R.Q_INT_VALID | r.randrange(17)),
                             (R.Q_BUFSZ, r.choice((1024, 4096))), (R.Q_MAXFRAME, 9728), (R.Q_CTL, 1)):
                if rx or reg not in (R.Q_BUFSZ, R.Q_MAXFRAME):
                    self.nic.wr(block + part + reg, val)

    def poke(self, at, data):
        """The guest writes at its own address, as far as it has memory there."""
        for i, b in ((at - self.iova + k, data[k:k + 1]) for k in range(len(data))):
            page = self.pages.get(i // PAGE)
            if page and page[2]:
                yield page[1] + i % PAGE, b

    def write(self, at, data):
        run, start = b'', None
        for pa, b in self.poke(at, data):
            if start is not None and pa != start + len(run):
                self.m.write(start, run)
                run, start = b'', None
            start = pa if start is None else start
            run += b
        if run:
            self.m.write(start, run)

    def read(self, at, n):
        """What the guest has at its own address; zeros where it has nothing."""
        pages = (self.pages.get((at + i - self.iova) // PAGE) for i in range(n))
        return b''.join(self.m.read(p[1] + (at + i) % PAGE, 1) if p else b'\0' for i, p in enumerate(pages))

    def address(self):
        r = self.rng
        return r.choice((self.iova + r.randrange(MEMORY * PAGE),) * 4 +
                        (r.getrandbits(64), 0xfee00000, (1 << 48) - 8, (1 << 64) - 8, 0))

    # --- actions ---

    def do_descriptors(self):
        r = self.rng
        q = r.randrange(2)
        part = r.choice((R.QP_TX, R.QP_RX))
        block = R.QP(self.f.qps[q]) + part
        base, n = self.nic.rd(block + R.Q_BASE_LO), self.nic.rd(block + R.Q_LEN)
        head = self.nic.rd(block + R.Q_HEAD)
        count = r.choice((1, 2, 10))
        for i in range(count):
            if part == R.QP_RX:
                d = pack('QQQQ', self.address(), 0, 0, 0)
                self.write(base + (head + i) % n * 32, d)
                continue
            where, f = self.address(), mangle(r, r.choice(self.samples))
            self.write(where, f)
            kind = r.choice((0, 0, 0, 0, 1, r.randrange(16)))
            cmd = r.choice((3, 3, 0x163, 0x123, r.getrandbits(10)))
            size = r.choice((len(f), 60, r.randrange(16384)))
            self.write(base + (head + i) % n * 16,
                       pack('QQ', where, kind | cmd << 4 | r.getrandbits(18) << 16 | size << 34))
        tail = (R.WIN_RX_TAIL if part == R.QP_RX else R.WIN_TX_TAIL)(q)
        self.f.win_wr(tail, r.choice(((head + count) % max(n, 1),) * 8 + (r.randrange(600), r.getrandbits(32))))

    def do_window(self):
        r = self.rng
        page = r.choice((0, 0x1000, 0x1800, 0x2800))
        self.f.win_wr(page + r.randrange(0, 0x80, 4), r.choice((0, 1, r.randrange(64), r.getrandbits(32))))

    def do_mailbox(self):
        r = self.rng
        reg = r.choice((R.WIN_ATQBAL, R.WIN_ARQBAL))
        if r.random() < 0.3:
            base = self.address() & 0xffffffff
            for off, val in ((8, r.choice((0x80000020, 0x80000001, r.getrandbits(32)))), (0, base), (4, 0)):
                self.f.win_wr(reg + off, val)
        base = self.f.win(reg)
        self.write(base + 32 * r.randrange(32), desc(self.address(), r.choice((0x1400, r.getrandbits(16))),
                                                     r.choice((R.AQ_OP_TO_PF, 3, r.getrandbits(16))),
                                                     r.choice((16, 4096, r.getrandbits(16)))))
        self.f.win_wr(reg + r.choice((16, 16, 16, 12)), r.choice((0, r.randrange(32), r.getrandbits(32))))

    def do_vectors(self):
        self.f.arm(self.rng.randrange(17), self.rng.choice((1, 5, 0x80000004, self.rng.getrandbits(32))))

    def do_junk(self):
        self.write(self.address(), self.rng.randbytes(self.rng.randrange(1, 100)))

    def do_wire(self):
        f = mangle(self.rng, self.rng.choice(self.samples))
        self.m.send(GUEST + mac(9) + b'\x81\0' + VLAN.to_bytes(2, 'big') + f[12:])

    # --- actions of the driver, and time ---

    def do_time(self):
        self.m.step(self.rng.choice((1000, 100_000, 30_000_000)))

    def do_queues(self):
        self.queue(self.rng.randrange(2))

    def do_rate(self):
        rate = self.rng.choice((0, 1, 100, 100000))
        assert self.nic.vsi(1, ACTIVE, vlan=VLAN, rate=rate) == 0

    def do_reset(self):
        self.f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
        for q in range(2):
            self.queue(q)

    def restart(self):
        """The queues that have stopped."""
        for q in range(2):
            for part in (R.QP_TX, R.QP_RX):
                if self.nic.rd(R.QP(self.f.qps[q]) + part + R.Q_CTL) & R.Q_CTL_ERROR:
                    self.queue(q)

    def serve(self):
        """The driver's interrupt handler."""
        for f in self.nic.faults(0):
            assert f['func'] == 1, f
            self.nic.answer(1, f['unit'], self.rng.choice((R.FAULT_RESP_RETRY, R.FAULT_RESP_FAIL, R.FAULT_RESP_FAIL)))
        for rec in self.nic.records(self.nic.cause, 0):
            assert unpack('HH', rec)[0] == 1
        self.restart()
        while self.nic.rd(R.MBX_RX + R.RING_HEAD) != self.rx_ring.tail:
            at = self.rx_ring.r['base'] + 32 * ((self.rx_ring.tail + 16) % self.rx_ring.n)
            if not self.m.rd(at, 2) & R.AQ_DD:
                break
            assert self.m.rd(at + 16) == 1, 'stamped with who it is from'
            break

    def repost(self):
        head = self.nic.rd(R.MBX_RX + R.RING_HEAD)
        while (self.rx_ring.tail + 1) % self.rx_ring.n != head:
            self.rx_ring.post(1)

    # --- the rules ---

    def check_wire(self):
        while (f := self.m.recv_now()) is not None:
            assert f[12:14] == b'\x81\0' and int.from_bytes(f[14:16], 'big') & 0xfff == VLAN, f[:20].hex()
            assert f[16:18] not in (b'\x81\0', b'\x88\xa8') and f[6:12] == GUEST, f[:20].hex()

    def check_memory(self):
        for i, (guard, pa, write) in self.pages.items():
            assert self.m.read(guard, PAGE) == b'\xa5' * PAGE, 'outside'
            if not write:
                assert self.m.read(pa, PAGE) == b'\x5a' * PAGE, f'read-only page {i}'

    def check_neighbour(self, n):
        f = eth(NEIGHBOUR, mac(1), n.to_bytes(4, 'big') * 20)
        assert self.pf.tx.send(f[:12] + b'\x81\0' + OTHER.to_bytes(2, 'big') + f[12:]), 'the PF is held up'
        got = self.n.rx.recv()
        assert got and got[0] == f, ('the neighbour', got and got[0][:20].hex())
        self.m.write(self.n.rx.pa + self.n.rx.tail * 32,
                     pack('QQQQ', self.n.rx.bufs[self.n.rx.tail % 60][0], 0, 0, 0))
        self.n.rx.bufs[self.n.rx.tail] = self.n.rx.bufs[self.n.rx.tail % 60]
        self.n.rx.tail = (self.n.rx.tail + 1) % self.n.rx.n
        self.n.rx.bell()

    def check_rings(self):
        for ring in (R.FAULT_RING, R.CAUSE_RING, R.MBX_RX):
            assert self.nic.rd(ring + R.RING_LEN) & R.RING_LEN_ENABLE, hex(ring)


def vheader(rng, junk):
    """What a packet of samples() may ask for, or anything."""
    if junk:
        return rng.randbytes(12)
    v6 = rng.randrange(2)
    return rng.choice((header(), header(NEEDS_CSUM, start=54 if v6 else 34, offset=rng.choice((16, 6))),
                       header(NEEDS_CSUM, TCP6 if v6 else TCP4, 0, rng.choice((64, 1000)), 54 if v6 else 34, 16)))


class VirtioGuest(Guest):
    """With virtqueues, a control queue among them."""

    KIND = Vfunc
    OWN = ('do_mailbox', 'do_vectors', 'do_descriptors')
    SIZES = (2, 8, 64, 256)
    CONTROL = 4

    def __init__(self, m, rng):
        self.rings = {}
        self.answered = 0
        super().__init__(m, rng)
        self.tx_ring = PfRing(self.nic, R.MBX_TX)
        self.queue(2)

    def queue(self, q):
        """As a driver does for a guest that asks for it: anywhere in its memory."""
        r, f = self.rng, self.f
        for vq in (self.CONTROL,) if q == 2 else (2 * q, 2 * q + 1):
            f.enable(vq, 0)
            if r.random() < 0.1:
                continue
            size = r.choice(self.SIZES)
            desc, driver, device = (self.place(vq, part) for part in range(3))
            driver &= ~3        # as a packed ring has it
            assert f.addr(vq | (R.VQ_CONTROL if vq == self.CONTROL else 0), size, desc, driver, device) == 0
            assert f.msix(vq, r.choice((0, 1, 5, R.VQ_NO_VECTOR))) == 0
            resume = r.choice((0, 0, R.VQ_RESUME))
            at = unpack('H', self.read(device + 2, 2))[0] if resume else 0
            self.write(driver + 2, pack('H', at if r.random() < 0.9 else r.getrandbits(16)))
            # A packed ring does not go on where it was.
            assert f.enable(vq, R.VQ_ON | resume) == 0 or (resume and f.enable(vq) == 0)
            self.rings[vq] = size, desc, driver, device

    def place(self, vq, part):
        """An area of the VQ's: mostly in pages of its own."""
        r = self.rng
        if r.random() < 0.05:
            return self.iova + r.randrange(MEMORY * PAGE // 16) * 16
        return self.iova + (HOLE * vq + 2 * part) * PAGE + r.randrange(PAGE // 16) * 16

    def anywhere(self):
        r = self.rng
        return self.iova + r.randrange(MEMORY * PAGE) if r.random() < 0.98 else self.address()

    def descs(self, at, n, vq, inner=False):
        """A chain of that many descriptors from there on, nearly right."""
        r = self.rng
        for i in range(n):
            flags = 2 * (i == n - 1) if vq == self.CONTROL else 2 * (vq % 2 == 0)
            flags |= i < n - 1
            where, size = self.anywhere(), r.choice((12, 60, 100, 1500) * 8 + (r.randrange(4096), r.getrandbits(32)))
            if vq % 2 and i == 0:
                f = r.choice(self.samples)
                f = mangle(r, f) if r.random() < 0.5 else f
                junk = r.random() < 0.2
                self.write(where, vheader(r, junk) + f)
                size = 12 + len(f) if not junk else size
            if not inner and i == n - 1 and r.random() < 0.4:
                count = r.choice((1, 2, 5, 30))
                self.descs(where, count, vq, True)
                flags, size = 4, 16 * count + (r.random() < 0.05)
            if r.random() < 0.02:
                flags = r.getrandbits(16)
            self.write(at + 16 * i, pack('QIHH', where, size, flags, r.choice((i + 1,) * 50 + (r.getrandbits(16),))))

    def do_chains(self):
        r = self.rng
        if not self.rings:
            return
        vq = r.choice(list(self.rings))
        size, desc, driver, device = self.rings[vq]
        self.descs(desc, max(r.randrange(1, min(size, 6) + 1), 1 + (vq == self.CONTROL)), vq)
        idx = unpack('H', self.read(driver + 2, 2))[0]
        for _ in range(r.choice((1, 1, 3))):
            self.write(driver + 4 + 2 * (idx % size), pack('H', r.choice((0,) * 40 + (r.getrandbits(16),))))
            idx = idx + 1 & 0xffff
        self.write(driver + 2, pack('H', idx if r.random() < 0.98 else r.getrandbits(16)))
        self.f.kick(vq)

    def do_kick(self):
        r = self.rng
        self.f.win_wr(r.randrange(0, 0x4000), r.choice((0, 1, 4, r.getrandbits(32))), r.choice((1, 2, 4, 8)))

    def do_features(self):
        r = self.rng
        self.f.features(r.choice((USUAL, WHOLE, BASE, USUAL | RING_PACKED, WHOLE | RSS | HASH_REPORT, r.getrandbits(64))),
                        r.choice((None, 0)))

    def do_reset(self):
        self.f.reset()
        self.f.features(self.rng.choice((USUAL, USUAL, USUAL & ~EVENT_IDX, USUAL & ~MRG_RXBUF, USUAL | RING_PACKED)))
        for q in range(3):
            self.queue(q)

    def restart(self):
        stopped = self.f.stopped()
        for q in range(3):
            if stopped & (1 << R.STOPPED_CONTROL if q == 2 else 3 << 2 * q):
                self.queue(q)
        while self.nic.rd(R.MBX_RX + R.RING_HEAD) != self.answered:
            at = self.rx_ring.r['base'] + 32 * self.answered
            assert self.m.rd(at + 16) == 1, 'stamped with who it is from'
            if self.m.rd(at + 8) & R.MSG_CTRL and self.rng.random() < 0.9:
                self.tx_ring.send(1, self.rng.randbytes(self.rng.choice((0, 0, 5, 1000))), high=R.MSG_CTRL,
                                  low=self.rng.getrandbits(8))
            self.answered = (self.answered + 1) % self.rx_ring.n


def virtio_guest(m, seed, deadline, now):
    return guest(m, seed, deadline, now, VirtioGuest)


def guest(m, seed, deadline, now, kind=Guest):
    rng = random.Random(seed)
    g = kind(m, rng)
    ops = [op for op in dir(g) if op.startswith('do_') and op not in g.OWN]
    rare = ('do_reset', 'do_queues', 'do_rate', 'do_time', 'do_features')
    weights = [rng.choice((1, 4)) * 0.2 if op in rare else rng.choice((0, 2, 8)) for op in ops]
    for n in range(STEPS):
        getattr(g, rng.choices(ops, weights)[0])()
        if n % 20 == 19:
            g.serve()
            g.repost()
            g.check_wire()
            g.check_neighbour(n)
            g.check_rings()
            if now() > deadline:
                break
    g.check_memory()
    return n + 1


THEMES = {'guest': guest, 'virtio_guest': virtio_guest}
