# SPDX-License-Identifier: GPL-2.0-only
"""A packed virtqueue in the place of a split one: what a virtio driver does with it, in Python."""
from .machine import pack, unpack
from .regs import R
from .virtio import NEXT, TABLE, Control, Vq, Vrx, Vtx

AVAIL, USED = 1 << 7, 1 << 15
WRAP = 0x8000
ENABLE, DISABLE, DESC = 0, 1, 2


class Packed(Vq):
    """Buffers have IDs of their own, in no order of a ring's."""

    def __init__(self, f, vq, n=64, vector=R.VQ_NO_VECTOR, control=False, on=True, mapped=True, size=None):
        self.f, self.m, self.vq, self.n, self.control = f, f.m, vq, n, control
        self.size = n if size is None else size
        self.desc, self.desc_pa = f.alloc(16 * n, mapped=mapped)
        self.driver, self.driver_pa = f.alloc(4, mapped=mapped)
        self.device, self.device_pa = f.alloc(4, mapped=mapped)
        self.fresh()
        self.set_up(vector, on)

    def fresh(self):
        self.at = self.seen = WRAP
        self.tables, self.first, self.count, self.ids = {}, {}, {}, 0x1234

    def again(self, flags=R.VQ_ON):
        assert self.f.enable(self.vq, 0) == 0
        self.m.write(self.desc_pa, bytes(16 * self.n))
        self.m.write(self.driver_pa, bytes(4))
        self.m.write(self.device_pa, bytes(4))
        self.fresh()
        self.set_up(flags=flags)

    def after(self, place, n):
        i = (place & ~WRAP) + n
        return i | place & WRAP if i < self.n else i - self.n | ~place & WRAP

    # --- available ---

    def put(self, place, addr, size, flags, ident, hold=False):
        """Writes a descriptor; with @hold it is not available yet."""
        flags |= AVAIL if place & WRAP else USED
        data = pack('QIHH', addr, size, ident, flags)
        at = self.desc_pa + 16 * (place & ~WRAP)
        self.m.write(at, data[:14] if hold else data)
        return at + 14, flags

    def table(self, head):
        if head not in self.tables:
            self.tables[head] = self.f.alloc(20 * 1024)
        return self.tables[head]

    def chain(self, bufs, direct=None):
        """The ID of a buffer, which offer() makes available."""
        direct = len(bufs) if direct is None else direct
        self.ids = self.ids + 7 & 0xffff
        ident, ring = self.ids, list(bufs[:direct])
        if bufs[direct:]:
            iova, pa = self.table(ident % 8)
            for k, (addr, size, flags) in enumerate(bufs[direct:]):
                self.m.write(pa + 16 * k, pack('QIHH', addr, size, 0xdead, flags))
            ring.append((iova, 16 * len(bufs[direct:]), TABLE))
        for k, (addr, size, flags) in enumerate(ring):
            last = k == len(ring) - 1
            held = self.put(self.at, addr, size, flags | (0 if last else NEXT), ident if last else 0xbeef, hold=not k)
            if not k:
                self.first[ident] = held
            self.at = self.after(self.at, 1)
        self.count[ident] = len(ring)
        return ident

    def offer(self, *heads, kick=True):
        for head in heads:
            at, flags = self.first[head]
            self.m.wr(at, flags, 2)
        if kick:
            self.kick()

    # --- used ---

    def peek(self, place):
        """(ID, length) of what is used there, or None."""
        size, ident, flags = unpack('IHH', self.m.read(self.desc_pa + 16 * (place & ~WRAP) + 8, 8))
        wrap = bool(place & WRAP)
        return (ident, size) if bool(flags & AVAIL) == bool(flags & USED) == wrap else None

    def pending(self):
        out, place = [], self.seen
        while (got := self.peek(place)) and len(out) < self.n:
            out.append(got)
            place = self.after(place, self.count[got[0]])
        return out, place

    def used(self, want=1, wait=True):
        if wait and want:
            self.m.until(lambda: len(self.pending()[0]) >= want)
        else:
            self.m.settle()
        out, self.seen = self.pending()
        return out

    def take(self):
        """The next one, which is there."""
        got = self.peek(self.seen)
        self.seen = self.after(self.seen, self.count[got[0]])
        return got

    # --- notifications ---

    def event(self, place=None):
        self.m.wr(self.driver_pa, self.seen if place is None else place, 2)
        self.m.wr(self.driver_pa + 2, DESC, 2)

    def no_interrupt(self, on=1):
        self.m.wr(self.driver_pa + 2, DISABLE if on else ENABLE, 2)

    def asked(self):
        """(place, flags) of the device's event structure."""
        return unpack('HH', self.m.read(self.device_pa, 4))


class Ptx(Packed, Vtx):
    def __init__(self, f, q=0, **kw):
        self.buf, self.buf_pa = f.alloc(80 * 1024)
        Packed.__init__(self, f, R.VQ_TX(q), **kw)


class Prx(Packed, Vrx):
    def __init__(self, f, q=0, post=32, bufsz=2048, buffers=True, direct=None, cuts=(), **kw):
        self.bufs, self.bufsz, self.direct, self.cuts, self.buffers = {}, bufsz, direct, cuts, buffers
        Packed.__init__(self, f, R.VQ_RX(q), **kw)
        self.post(post)

    def recv(self, wait=True):
        if not self.m.until(lambda: self.peek(self.seen), 1 if wait else 0.02):
            return None
        data, left, head = b'', 1, None
        while left:
            assert self.peek(self.seen), 'all buffers of a frame are used at once'
            who, size = self.take()
            data += self.m.read(self.bufs[who], size)
            if head is None:
                if not size:
                    return b'', None
                head = self.head(data)
                left = head['buffers']
            left -= 1
        return data[self.f.hdr:], head


class Pcontrol(Packed, Control):
    def __init__(self, f, vq=2, **kw):
        self.out, self.out_pa = f.alloc(4 * 4096)
        self.in_, self.in_pa = f.alloc(2 * 4096)
        Packed.__init__(self, f, vq, control=True, **kw)
