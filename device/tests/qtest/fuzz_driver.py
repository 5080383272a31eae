# SPDX-License-Identifier: GPL-2.0-only
"""Fuzz: a driver that does anything. Registers, rings, tables, messages, power."""
import random

from .fuzz_packets import mangle, offload, samples
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import eth, mac
from .regs import R
from .t_mailbox import Aq, PfRing, desc
from .t_pasid import IOMMU, Vtd
from .virtio import BASE, HASH_REPORT, OFFLOADS, RING_PACKED, RSS, USUAL, WHOLE, Control, Vfunc, Vrx, Vtx, header

STEPS = 1500
FUNCS, QPS = 5, 8
SIZES = f',adis={FUNCS},queues={QPS + 2},vectors=64'


class Soup:
    """A device set up honestly, and then whatever comes to mind."""

    def __init__(self, m, seed):
        self.m = m
        self.rng = random.Random(seed)
        self.samples = samples()
        self.places = [0, 0xfee00000, 0xc0000000, 0xc4000000, (1 << 47) - 64, (1 << 48) - 64,
                       (1 << 64) - 64]
        self.nic = nic = Nic(m, fault_len=16, cause_len=4)
        self.fs = [Func(nic, i, mac(i + 1), qps=[2 * i, 2 * i + 1], flags=R.VSI_ACTIVE)
                   for i in range(4)]
        self.queues = []
        for f in self.fs:
            for q in (0, 1):
                self.queues += [Tx(f, q), Rx(f, q, post=20, bufsz=1024)]
        self.vfs = [Vfunc(nic, i, mac(i + 1), features=WHOLE, qps=[4 + i], flags=R.VSI_ACTIVE) for i in (4, 5)]
        self.vqs = []
        for f in self.vfs:
            self.vqs += [Vtx(f), Vrx(f, post=20, bufsz=1024), Control(f)]
        for f in self.fs + self.vfs:
            for v in range(4):
                f.vector(v, 10 + 4 * f.idx + v if v < 2 else R.INTVEC_SHARED)
        self.aqs = [Aq(f, arq) for f in self.fs for arq in (False, True)]
        self.pf = [PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)]
        for q in self.queues:
            self.places += [q.iova, q.pa]
        for q in self.vqs:
            self.places += [q.desc, q.driver, q.device]
        for f in self.fs[1:] + self.vfs:
            self.places.append(f.tab.root)
        self.state = m.alloc(1 << 19)
        # Each round does some things often, some rarely, some never.
        self.ops = [op for op in vars(type(self)) if op.startswith('do_')]
        self.weights = [self.rng.choice((0, 1, 4, 16)) for _ in self.ops]
        self.weights[0] += 1
        for i, op in enumerate(self.ops):
            if op in ('do_pci', 'do_monitor', 'do_device_reset'):
                self.weights[i] = min(self.weights[i], 1) * 0.2

    def run(self, steps, deadline, now):
        for n in range(steps):
            if n % 50 == 0 and now() > deadline:
                return n
            getattr(self, self.rng.choices(self.ops, self.weights)[0])()
        return steps

    # --- numbers ---

    def address(self):
        r = self.rng
        return (r.choice(self.places) + r.choice((0, 0, 8, 64, 4090, r.randrange(8192)))) % (1 << 64)

    def number(self):
        r = self.rng
        return r.choice((0, 1, 3, 0xffffffff, 0x80000000, 0x80000001, r.getrandbits(32),
                         r.getrandbits(8), 1 << r.randrange(32), self.address() & 0xffffffff,
                         0x80000000 | r.randrange(80), 0x80000000 | 1 << r.randrange(17), 64, 512,
                         0x80000000 | 32 * r.randrange(1, 32), R.INTVEC_VALID | R.INTVEC_SHARED))

    def register(self):
        r = self.rng
        f = r.choice((0, 1, 2, 3, FUNCS, FUNCS + 1, 257))
        return r.choice((
            (0, r.randrange(0, 0x100, 4)), (0, R.FUNC(f) + r.randrange(0, 0x100, 4)),
            (0, R.QP(r.randrange(QPS + 3)) + r.randrange(0, 0x40, 4)),
            (0, R.PF_WINDOW + r.randrange(0, R.WINDOW_SIZE, 4)),
            (2, r.randrange(4) * R.WINDOW_SIZE + r.choice((0, 0x1000, 0x1800, 0x2800, 0x3000)) +
             r.randrange(0, 0x60, 4)),
            (4, r.choice((R.FW_REQUEST, R.FW_REPLY, R.FW_CSR, R.MSIX_TABLE, R.MSIX_PBA)) +
             r.randrange(0, 64)),
            (0, r.randrange(0, R.BAR_CTRL_SIZE, 4))))

    # --- actions ---

    def do_write(self):
        bar, off = self.register()
        if (bar, off) != (0, R.CTRL):
            self.m.bar_wr(bar, off, self.number(), self.rng.choice((4, 4, 4, 4, 1, 2)))

    def do_read(self):
        bar, off = self.register()
        self.m.bar(bar, off, self.rng.choice((1, 2, 4, 4, 4, 8)))

    def do_bell(self):
        q = self.rng.choice(self.queues)
        q.bell(self.rng.choice((q.tail, self.rng.randrange(q.n), self.number())))

    def frame(self):
        f, r = mangle(self.rng, self.rng.choice(self.samples)), self.rng
        if r.random() < 0.5:
            f = r.choice((mac(1), mac(2), mac(3), mac(5), mac(6), b'\xff' * 6, b'\1' * 6)) + f[6:]
        return f

    def restart(self, q):
        """A queue that has failed, mostly."""
        if self.rng.random() < 0.7 and not q.ctl() & R.Q_CTL_ACTIVE:
            q.set(R.Q_CTL, 0)
            q.enable()

    def do_tx(self):
        q, r = self.rng.choice(self.queues[::2]), self.rng
        frame = self.frame()
        self.m.write(q.buf_pa, frame)
        self.restart(q)
        if r.random() < 0.4:
            q.context(r.choice((0, 64, 100, 1460, 9668)), r.getrandbits(18))
        cmd, off = offload(r)
        n, whole = r.choice((1, 1, 2, 5, 8, 60)), r.random() < 0.5  # one packet or many
        size = r.choice((len(frame), 60, 16000, r.randrange(16384)))
        stray = r.randrange(3 * n)
        for i in range(n):
            end = 0 if whole and i < n - 1 else 3
            q.data(self.address() if i == stray else q.buf,
                   size if r.random() < 0.9 else r.randrange(16384), cmd | end, off)
        q.bell()

    def do_rx(self):
        q, r = self.rng.choice(self.queues[1::2]), self.rng
        self.restart(q)
        for _ in range(r.choice((1, 8))):
            where = r.choice(list(q.bufs.values()))[0] if r.random() < 0.8 else self.address()
            q.put(pack('QQQQ', where, 0, 0, 0))
        q.bell()

    def do_wire(self):
        for _ in range(self.rng.choice((1, 1, 10))):
            self.m.send(self.frame())
        self.m.drain_now()

    def do_chain(self):
        q, r = self.rng.choice(self.vqs), self.rng
        n, way = r.choice((1, 2, 2, 3, 8)), 2 if isinstance(q, Vrx) else 0
        bufs = []
        for i in range(n):
            where = self.address() if r.random() < 0.1 else r.choice(list(q.f.pa))
            last = 2 if isinstance(q, Control) and i == n - 1 else way
            bufs.append((where, r.choice((12, 60, 1500, r.randrange(1, 20000), r.getrandbits(32))),
                         last if r.random() < 0.95 else r.getrandbits(3) & ~1))
        if isinstance(q, Vtx):
            f = self.frame()
            self.m.write(q.buf_pa, header(r.choice((0, 1, 1, r.getrandbits(8))), r.choice((0, 0, 1, 4, r.getrandbits(8))),
                                          0, r.choice((64, 1460, r.getrandbits(16))), r.choice((34, 54, r.getrandbits(16))),
                                          r.choice((6, 16, r.getrandbits(16)))) + f)
            bufs[0] = (q.buf, r.choice((12 + len(f), 12, 5, 60000)), 0)
        head = q.chain(bufs, r.choice((None, 0, 1)))
        q.offer(*[head if r.random() < 0.95 else r.getrandbits(16)] * r.choice((1, 1, 5, 70)))
        if r.random() < 0.05:
            self.m.wr(q.driver_pa + 2, r.getrandbits(16), 2)

    def do_vkick(self):
        f, r = self.rng.choice(self.vfs), self.rng
        f.win_wr(r.randrange(0x3000), r.choice((0, 1, 2, 33, r.getrandbits(32))), r.choice((1, 2, 2, 4, 8)))

    def do_verb(self):
        """A VQ off and on, mostly as it was."""
        q, r = self.rng.choice(self.vqs), self.rng
        number = q.vq | (R.VQ_CONTROL if q.control else 0)
        areas = [x if r.random() < 0.95 else self.address() for x in (q.desc, q.driver, q.device)]
        self.message_to_firmware(R.FW_SET_VQ_ENABLE, pack('HHH', q.f.idx, r.choice((q.vq, q.vq, R.VQ_ALL)), 0))
        if r.random() < 0.5:
            features = r.choice((WHOLE, WHOLE & ~r.getrandbits(64) | BASE, WHOLE | RING_PACKED | RSS | HASH_REPORT,
                                 r.getrandbits(64)))
            self.message_to_firmware(R.FW_SET_DRV_FEATURE, pack('HHIQQ', q.f.idx, 0, 0, features,
                                                                features & r.choice((0, OFFLOADS, r.getrandbits(64)))))
        self.message_to_firmware(R.FW_SET_VQ_ADDR, pack('HHH', q.f.idx, number, r.choice((q.n,) * 9 + (r.getrandbits(11),))) +
                                 b''.join((x & (1 << 48) - 1).to_bytes(6, 'little') for x in areas))
        self.message_to_firmware(R.FW_SET_VQ_MSIX, pack('HHH', q.f.idx, q.vq, r.choice((0, 1, 16, 17, 0xffff))))
        flags = r.choice((R.VQ_ON, R.VQ_ON | R.VQ_RESUME))
        self.m.write(q.driver_pa, bytes(4))
        self.m.write(q.device_pa, bytes(4))
        q.at = q.avail = q.seen = 0
        self.message_to_firmware(R.FW_SET_VQ_ENABLE, pack('HHH', q.f.idx, q.vq, flags))

    def do_firmware(self):
        r = self.rng
        vsi = r.choice((0, 1, 2, 3, 4, FUNCS, FUNCS + 1, 0xffff))
        op = r.choice((r.randrange(17), r.randrange(17), r.randrange(24, 28)))
        payload = r.choice((
            pack('HHH', vsi, r.choice((0, 1, 2, 3, 4, 0x8002, 0xffff, r.getrandbits(16))), r.getrandbits(8)) + r.randbytes(18),
            pack('HHIQQ', vsi, 0, 0, r.choice((USUAL, r.getrandbits(64))), 0),
            pack('HHIHH', vsi, r.getrandbits(2), r.getrandbits(7), r.choice((1, 64, 128, r.getrandbits(9))),
                 r.choice((0, 1, r.getrandbits(16)))),
            pack('HHII', vsi, r.getrandbits(2), r.choice((0, 50, r.getrandbits(32))), r.choice((0, 3, r.getrandbits(32)))),
            pack('HHHHI', vsi, r.getrandbits(5), r.choice((0, 5, 100, r.getrandbits(12))), 0,
                 r.choice((0, 1, 5, 100, 99999))),
            pack('H', vsi) + mac(r.randrange(5)), pack('HBB', vsi, r.randrange(70), r.randrange(20)) +
            bytes(r.randrange(17) for _ in range(16)), pack('HHIQ', vsi, 0, 0, r.getrandbits(64)),
            r.randbytes(24)))
        self.message_to_firmware(op, payload)

    def message_to_firmware(self, op, payload):
        r = self.rng
        data = pack('BBH', op, r.getrandbits(8), 0) + payload.ljust(24, b'\0')[:24]
        for i in range(0, len(data), 4):
            self.m.bar_wr(4, R.FW_REQUEST + i, int.from_bytes(data[i:i + 4], 'little'))
        self.m.bar_wr(4, R.FW_CSR, R.FW_CSR2_READY | r.choice((0, R.FW_CSR3_READY)))
        self.m.bar(4, R.FW_CSR)
        self.m.bar_wr(4, R.FW_CSR, R.FW_CSR3_READY)

    def message(self):
        r = self.rng
        return desc(r.choice((self.address(), self.pf[0].bufs[0])), r.choice((0x1400, r.getrandbits(16))),
                    r.choice((R.AQ_OP_TO_PF, R.AQ_OP_TO_FUNC, 3, r.getrandbits(16))),
                    r.choice((0, 16, 4096, 4097, r.getrandbits(16))), r.choice((R.MSG_CTRL, r.getrandbits(32))),
                    r.getrandbits(8), r.choice((0, 1, 2, 4, 5, FUNCS + 1, r.getrandbits(32))))

    def do_mailbox(self):
        a, r = self.rng.choice(self.aqs), self.rng
        a.put(self.message())
        if r.random() < 0.2:
            a.wr(r.choice((0, 4, 8, 12, 16)), r.choice((0, 0x80000020, r.getrandbits(32))))

    def do_pf_mailbox(self):
        p, r = self.rng.choice(self.pf), self.rng
        if r.random() < 0.1:
            p.tail = 0
            self.nic.wr(p.r['reg'] + R.RING_LEN, r.choice((32, 2, 1024, 1025)) | R.RING_LEN_ENABLE)
        if p is self.pf[0] and r.random() < 0.7:
            p.post(1)
        else:
            p.put(self.message())

    def do_fault(self):
        self.nic.answer(self.rng.randrange(6), self.rng.randrange(36), self.rng.choice((1, 1, 2, 0, 9)))
        ring = self.rng.choice((R.FAULT_RING, R.CAUSE_RING))
        self.nic.wr(ring + R.RING_HEAD, self.rng.choice((self.nic.rd(ring + R.RING_TAIL), self.rng.randrange(16))))
        if self.rng.random() < 0.1:
            self.nic.wr(ring + R.RING_LEN, self.rng.choice((4, 16, 2, 65536)) | R.RING_LEN_ENABLE)

    def do_table(self):
        f, r = self.rng.choice(self.fs[1:] + self.vfs), self.rng
        at = f.tab.root + 8 * r.randrange(512)
        kind = r.randrange(4)
        if kind == 0:
            self.m.wr(at, r.choice((0, f.tab.root | 3, self.address() & ~0xfff | 3, r.getrandbits(64))), 8)
        elif kind == 1:
            leaf = f.tab.leaf(r.choice(list(f.pa)), make=False)
            if leaf:
                self.m.wr(leaf, r.choice((0, 1, 2, self.address() & ~0xfff | r.randrange(4))), 8)
        elif kind == 2:
            f.set(R.FUNC_INVAL_LO, self.address() & 0xffffffff)
            f.set(R.FUNC_INVAL_CTL, r.choice((0, 1, 512, 0xffffffff)))
        else:
            f.set(R.FUNC_XLAT_LO, r.choice((f.tab.root | 1, 0, self.address() & 0xfffff000 | 1)))

    def do_function(self):
        f, r = self.rng.choice(self.fs + self.vfs), self.rng
        f.set(R.FUNC_CTRL, f.ENABLE | r.choice((0, 0, 0, 4, 8)) if r.random() < 0.7 else r.getrandbits(5))
        f.set(R.FUNC_ITR_MIN, r.choice((0, 1, 4095)))
        q = r.randrange(R.FUNC_QPS)
        if r.random() < 0.3:
            f.set(R.FUNC_QMAP(q), r.choice((0, R.QMAP_VALID | r.randrange(QPS + 3))))

    def do_state(self):
        """A function's state, mostly mangled, into one of its kind that was reset."""
        r = self.rng
        some = r.choice((self.fs[1:], self.vfs))
        a, b = r.choice(some), r.choice(some)
        for f, what, size in ((a, R.STATE_SAVE, r.choice((4096, 4096, 1 << 19, r.getrandbits(12)))),
                              (b, R.STATE_LOAD, None)):
            if what == R.STATE_LOAD:
                size = a.get(R.FUNC_STATE_LEN) if r.random() < 0.9 else r.getrandbits(13)
                for _ in range(r.choice((0, 1, 1, 3))):
                    self.m.write(self.state + r.randrange(min(size, 4096) or 1), r.choice((b'\0', b'\1', r.randbytes(1), r.randbytes(4))))
                if r.random() < 0.8:
                    f.set(R.FUNC_CTRL, f.ENABLE | R.FUNC_CTRL_RESET)
                if r.random() < 0.5:
                    self.configure(f)
            f.set(R.FUNC_CTRL, f.ENABLE | (R.FUNC_CTRL_QUIESCE if r.random() < 0.95 else 0))
            f.set(R.FUNC_STATE_LO, self.state if r.random() < 0.95 else self.address() & 0xffffffff)
            f.set(R.FUNC_STATE_HI, 0)
            f.set(R.FUNC_STATE_LEN, size)
            f.set(R.FUNC_STATE_CTL, what if r.random() < 0.9 else r.getrandbits(2))
            f.get(R.FUNC_STATE_CTL)
        for f in (a, b):
            f.set(R.FUNC_CTRL, f.ENABLE)

    def configure(self, f):
        """Its queues as they were at first, disabled."""
        for q in self.queues:
            if q.f is f:
                q.set(R.Q_BASE_LO, q.iova & 0xffffffff)
                q.set(R.Q_LEN, q.n)
                q.set(R.Q_BUFSZ, q.bufsz)

    def do_queue(self):
        q, r = self.rng.choice(self.queues), self.rng
        if r.random() < 0.5:
            q.set(R.Q_CTL, 0)
            if r.random() < 0.3:
                q.set(R.Q_LEN, r.choice((32, 64, 4096, r.getrandbits(13))))
                q.set(R.Q_BASE_LO, r.choice((q.iova, self.address())) & 0xffffffff)
                q.set(R.Q_BUFSZ, r.choice((1024, 2048, 16256, r.getrandbits(14))))
        q.tail = 0
        q.enable()

    def do_vector(self):
        f, r = self.rng.choice(self.fs), self.rng
        f.arm(r.randrange(17), r.choice((1, 5, 0x80000004, r.getrandbits(32))))
        f.win_wr(R.WIN_ITR(r.randrange(3), r.randrange(16)), r.getrandbits(12))

    def do_time(self):
        self.m.step(self.rng.choice((1, 1000, 100_000, 5_000_000, 200_000_000)))

    def do_junk(self):
        where = [q.pa for q in self.queues] + [pa for q in self.vqs for pa in (q.desc_pa, q.driver_pa, q.device_pa)]
        self.m.write(self.rng.choice(where) + self.rng.randrange(1024), self.rng.randbytes(self.rng.randrange(1, 200)))

    def do_pci(self):
        r = self.rng
        kind = r.randrange(6)
        if kind == 0:
            self.m.cfg_wr(4, r.choice((0, 2, 4, 6)), 2)
        elif kind == 1:
            self.m.cfg_wr(R.CAP_PM + 4, r.randrange(4), 2)
        elif kind == 2:
            self.m.cfg_wr(R.CAP_MSIX + 2, r.choice((0, 0x8000, 0xc000)), 2)
        elif kind == 3:
            self.m.cfg_wr(R.CAP_PCIE + 8, 0x8000, 2)
        elif kind == 4:
            self.m.cfg_wr(r.randrange(0x40, 0x180, 4), r.getrandbits(32))
        self.m.cfg_wr(R.CAP_PM + 4, 0, 2)
        if r.random() < 0.8:
            self.m.setup_pci()

    def do_monitor(self):
        r = self.rng
        if r.random() < 0.5:
            self.m.qmp('set_link', name='up', up=r.random() < 0.5)
        else:
            self.m.remove(r.random() < 0.5)
            self.m.setup_pci()

    def do_device_reset(self):
        self.nic.wr(R.CTRL, R.CTRL_RESET)


def alive(m):
    """After an FLR it works as ever."""
    m.remove(False)
    m.qmp('set_link', name='up', up=True)
    m.cfg_wr(R.CAP_PM + 4, 0, 2)
    m.setup_pci()
    m.cfg_wr(R.CAP_PCIE + 8, 0x8000, 2)
    m.setup_pci()
    m.free = max(m.free, 0x4000000)
    nic = Nic(m)
    a, b = Func(nic, 1, mac(1), qps=[0]), Func(nic, 2, mac(2), qps=[1])
    tx, rx = Tx(a), Rx(b)
    f = eth(mac(2), mac(1), b'alive' * 20)
    assert tx.send(f) and rx.recv()[0] == f, 'it does not work any more'


def driver(m, seed, deadline, now):
    s = Soup(m, seed)
    n = s.run(STEPS, deadline, now)
    alive(m)
    return n


def pasid(m, seed, deadline, now):
    """The same with the IOMMU walking tables, some of them junk."""
    m.cfg_wr(R.ECAP_PASID + 6, 1, 2)
    vtd = Vtd(m)
    m.bar_wr(0, R.XLAT_MODE, R.XLAT_MODE_PASID)
    s = Soup(m, seed)
    for f in s.fs[1:] + s.vfs:
        vtd.attach(f.idx)
        for iova, pa in f.pa.items():
            vtd.map(f.idx, iova, pa, 1 << 16)
        f.set(R.FUNC_PASID, R.FUNC_PASID_VALID | f.idx)
        s.places.append(vtd.tables[f.idx])
    s.places.append(vtd.dir)
    n = s.run(STEPS, deadline, now)
    m.cfg_wr(R.ECAP_PASID + 6, 0, 2)
    vtd.passthrough(0)
    vtd.invalidate(0)
    alive(m)
    return n


driver.machine = {'options': SIZES}
pasid.machine = {'options': SIZES, 'extra': IOMMU}
THEMES = {'driver': driver, 'pasid': pasid}
