# SPDX-License-Identifier: GPL-2.0-only
"""What a virtio driver does with its rings, in Python, and the PF's verbs."""
from .machine import pack, unpack
from .nic import PAGE, Func
from .regs import R

CSUM, GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, GUEST_ECN = 1 << 0, 1 << 1, 1 << 7, 1 << 8, 1 << 9
HOST_TSO4, HOST_TSO6, HOST_ECN, MRG_RXBUF = 1 << 11, 1 << 12, 1 << 13, 1 << 15
INDIRECT, EVENT_IDX, VERSION_1, ACCESS_PLATFORM = 1 << 28, 1 << 29, 1 << 32, 1 << 33
RING_PACKED, IN_ORDER, ORDER_PLATFORM, NOTIFICATION_DATA, RING_RESET = 1 << 34, 1 << 35, 1 << 36, 1 << 38, 1 << 40
HOST_USO, HASH_REPORT, RSS = 1 << 56, 1 << 57, 1 << 60
BASE = VERSION_1 | ACCESS_PLATFORM
OFFLOADS = GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | GUEST_ECN
USUAL = (BASE | IN_ORDER | ORDER_PLATFORM | NOTIFICATION_DATA | RING_RESET | CSUM | GUEST_CSUM | HOST_TSO4 |
         HOST_TSO6 | HOST_ECN | MRG_RXBUF | INDIRECT | EVENT_IDX)
WHOLE = USUAL | GUEST_TSO4 | GUEST_TSO6 | GUEST_ECN

NEXT, WRITE, TABLE = 1, 2, 4        # flags of a descriptor
NEEDS_CSUM, DATA_VALID = 1, 2       # flags of a header
TCP4, UDP, TCP6, UDP_L4, ECN = 1, 3, 4, 5, 0x80
HDR = 12

EINVAL, EBUSY = 22, 16


def header(flags=0, gso=0, hdr_len=0, mss=0, start=0, offset=0, buffers=0):
    return pack('BBHHHHH', flags, gso, hdr_len, mss, start, offset, buffers)


def unheader(data):
    names = ('flags', 'gso', 'hdr_len', 'mss', 'start', 'offset', 'buffers')
    head = dict(zip(names, unpack('BBHHHHH', data[:HDR])))
    if len(data) > HDR:
        head['hash'], head['report'] = unpack('IH', data[HDR:HDR + 6])
    return head


class Vfunc(Func):
    """A virtio function."""

    ENABLE = Func.ENABLE | R.FUNC_CTRL_VIRTIO

    def __init__(self, nic, idx, mac, features=USUAL, offloads=None, **kw):
        super().__init__(nic, idx, mac, **kw)
        if features is not None:
            assert self.features(features, offloads) == 0

    def features(self, features, offloads=None):
        if offloads is None:
            offloads = features & OFFLOADS
        self.has = features
        self.hdr = HDR + 8 if features & HASH_REPORT else HDR
        return self.nic.fw(R.FW_SET_DRV_FEATURE, pack('HHIQQ', self.idx, 0, 0, features, offloads))

    def kick(self, vq, size=2, off=0):
        self.win_wr(off, vq, size)

    def addr(self, vq, n, desc, driver, device):
        areas = b''.join(x.to_bytes(6, 'little') for x in (desc, driver, device))
        return self.nic.fw(R.FW_SET_VQ_ADDR, pack('HHH', self.idx, vq, n) + areas)

    def msix(self, vq, vector):
        return self.nic.fw(R.FW_SET_VQ_MSIX, pack('HHH', self.idx, vq, vector))

    def enable(self, vq, flags=R.VQ_ON, place=0, after=0):
        return self.nic.fw(R.FW_SET_VQ_ENABLE, pack('HHHHH', self.idx, vq, flags, place, after))

    def places(self, at):
        return self.nic.fw(R.FW_SET_VQ_PLACES, pack('HHIQ', self.idx, 0, 0, at))

    def stopped(self):
        status, reply = self.nic.fw_reply(R.FW_GET_STATUS, pack('H', self.idx))
        assert status == 0
        return unpack('Q', reply[:8])[0]

    def reset(self):
        self.set(R.FUNC_CTRL, self.ENABLE | R.FUNC_CTRL_RESET)


class Vq:
    """A split virtqueue. Descriptors are taken in turn: few are outstanding."""

    def __init__(self, f, vq, n=64, vector=R.VQ_NO_VECTOR, control=False, on=True, mapped=True, size=None):
        self.f, self.m, self.vq, self.n, self.control = f, f.m, vq, n, control
        self.size = n if size is None else size
        self.desc, self.desc_pa = f.alloc(16 * n, mapped=mapped)
        self.driver, self.driver_pa = f.alloc(6 + 2 * n, mapped=mapped)
        self.device, self.device_pa = f.alloc(6 + 8 * n, mapped=mapped)
        self.tables = {}
        self.at = self.avail = self.seen = 0
        self.set_up(vector, on)

    def set_up(self, vector=R.VQ_NO_VECTOR, on=True, flags=R.VQ_ON, **place):
        number = self.vq | (R.VQ_CONTROL if self.control else 0)
        assert self.f.addr(number, self.size, self.desc, self.driver, self.device) == 0
        if vector != R.VQ_NO_VECTOR:
            assert self.f.msix(self.vq, vector) == 0
        if on:
            assert self.f.enable(self.vq, flags, **place) == 0

    def again(self, flags=R.VQ_ON):
        """Off and on, with a ring as the driver has it after a reset of the queue."""
        assert self.f.enable(self.vq, 0) == 0
        if flags == R.VQ_ON:
            self.m.write(self.driver_pa, bytes(6 + 2 * self.n))
            self.m.write(self.device_pa, bytes(6 + 8 * self.n))
            self.at = self.avail = self.seen = 0
        self.set_up(flags=flags)

    def ctl(self):
        """Of a data queue."""
        return self.f.nic.rd(R.QP(self.f.qps[self.vq // 2]) + (R.QP_TX if self.vq % 2 else R.QP_RX) + R.Q_CTL)

    def reason(self):
        return (self.ctl() & R.Q_CTL_REASON) >> R.Q_CTL_REASON_SHIFT

    def active(self):
        return bool(self.ctl() & R.Q_CTL_ACTIVE)

    # --- the available ring ---

    def put_desc(self, i, addr, size, flags=0, link=0, table=None):
        self.m.write((self.desc_pa if table is None else table) + 16 * i, pack('QIHH', addr, size, flags, link))

    def table(self, head):
        """A page for the indirect table of that head."""
        if head not in self.tables:
            self.tables[head] = self.f.alloc(20 * 1024)
        return self.tables[head]

    def chain(self, bufs, direct=None):
        """Writes descriptors for (address, length, flags) each; the head. The last ones of more
        than @direct are in an indirect table."""
        direct = len(bufs) if direct is None else direct
        head = self.at
        inner = bufs[direct:]
        for k, (addr, size, flags) in enumerate(bufs[:direct]):
            last = k == len(bufs) - 1
            self.put_desc(self.at, addr, size, flags | (0 if last else NEXT), (self.at + 1) % self.n)
            self.at = (self.at + 1) % self.n
        if inner:
            iova, pa = self.table(head)
            self.put_desc(self.at, iova, 16 * len(inner), TABLE)
            self.at = (self.at + 1) % self.n
            for k, (addr, size, flags) in enumerate(inner):
                last = k == len(inner) - 1
                self.put_desc(k, addr, size, flags | (0 if last else NEXT), k + 1, table=pa)
        return head

    def offer(self, *heads, kick=True):
        for head in heads:
            self.m.wr(self.driver_pa + 4 + 2 * (self.avail % self.n), head, 2)
            self.avail = (self.avail + 1) & 0xffff
        self.m.wr(self.driver_pa + 2, self.avail, 2)
        if kick:
            self.kick()

    def kick(self, **kw):
        self.f.kick(self.vq, **kw)

    # --- the used ring ---

    def used_idx(self):
        return self.m.rd(self.device_pa + 2, 2)

    def used(self, want=1, wait=True):
        """The next (head, length) each, as many as there are."""
        def some():
            return (self.used_idx() - self.seen) & 0xffff >= want
        if wait and want:
            self.m.until(some)
        else:
            self.m.settle()
        out = []
        while self.seen != self.used_idx():
            out.append(unpack('II', self.m.read(self.device_pa + 4 + 8 * (self.seen % self.n), 8)))
            self.seen = (self.seen + 1) & 0xffff
        return out

    # --- notifications ---

    def event(self, idx=None):
        """Where the driver wants the next interrupt."""
        self.m.wr(self.driver_pa + 4 + 2 * self.n, (self.seen if idx is None else idx) & 0xffff, 2)

    def no_interrupt(self, on=1):
        self.m.wr(self.driver_pa, on, 2)

    def avail_event(self):
        return self.m.rd(self.device_pa + 4 + 8 * self.n, 2)

    def no_notify(self):
        return self.m.rd(self.device_pa, 2)


class Vtx(Vq):
    def __init__(self, f, q=0, **kw):
        self.buf, self.buf_pa = f.alloc(80 * 1024)
        super().__init__(f, R.VQ_TX(q), **kw)

    def packet(self, frame, head=None, cuts=(HDR,), direct=None):
        """The head of a chain with the packet, cut at these places."""
        data = (header() if head is None else head) + bytes(self.f.hdr - HDR) + frame
        self.m.write(self.buf_pa, data)
        bufs = []
        for a, b in zip((0, *cuts), (*cuts, len(data))):
            if b > a:
                bufs.append((self.buf + a, b - a, 0))
        return self.chain(bufs, direct)

    def send(self, frame, head=None, cuts=(HDR,), direct=None, kick=True):
        """True once the packet is used."""
        at = self.packet(frame, head, cuts, direct)
        self.offer(at, kick=kick)
        return bool(kick) and self.used() == [(at, 0)]


class Vrx(Vq):
    def __init__(self, f, q=0, post=32, bufsz=2048, buffers=True, direct=None, cuts=(), **kw):
        self.bufs, self.bufsz, self.direct, self.cuts = {}, bufsz, direct, cuts
        self.buffers = buffers          # mapped
        super().__init__(f, R.VQ_RX(q), **kw)
        self.post(post)

    def post(self, n, kick=True):
        heads = []
        for _ in range(n):
            iova, pa = self.f.alloc(self.bufsz, mapped=self.buffers)
            ends = (*self.cuts, self.bufsz)
            bufs = [(iova + a, b - a, WRITE) for a, b in zip((0, *self.cuts), ends)]
            heads.append(self.chain(bufs, self.direct))
            self.bufs[heads[-1]] = pa
        if n:
            self.offer(*heads, kick=kick)

    def head(self, data):
        return unheader(data[:self.f.hdr])

    def recv(self, wait=True):
        """(frame, header) or None"""
        if not self.m.until(lambda: self.used_idx() != self.seen, 1 if wait else 0.02):
            return None
        data, left, head = b'', 1, None
        while left:
            at = self.device_pa + 4 + 8 * (self.seen % self.n)
            who, size = unpack('II', self.m.read(at, 8))
            assert self.seen != self.used_idx(), 'all buffers of a frame are used at once'
            self.seen = (self.seen + 1) & 0xffff
            data += self.m.read(self.bufs[who], size)
            if head is None:
                if not size:
                    return b'', None
                head = self.head(data)
                left = head['buffers']
            left -= 1
        return data[self.f.hdr:], head


class Control(Vq):
    """The control queue."""

    def __init__(self, f, vq=2, **kw):
        self.out, self.out_pa = f.alloc(4 * PAGE)
        self.in_, self.in_pa = f.alloc(2 * PAGE)
        super().__init__(f, vq, control=True, **kw)

    def command(self, data, room=1, kick=True):
        """Offers a command; the head."""
        self.m.write(self.out_pa, data)
        self.m.write(self.in_pa, b'\xee' * PAGE)
        bufs = [(self.out, len(data), 0), (self.in_, room, WRITE)]
        head = self.chain(bufs)
        self.offer(head, kick=kick)
        return head

    def answer(self, size):
        return self.m.read(self.in_pa, size)
