# SPDX-License-Identifier: GPL-2.0-only
"""What a driver does with the SmartNIC, in Python."""
from .machine import pack, unpack
from .regs import R

PAGE = 4096
ITR_NONE = 3
TX_IL2TAG1 = 8


class Nic:
    """The PF's side of the device."""

    def __init__(self, m, fault_len=64, cause_len=64):
        self.m = m
        self.seq = 0
        self.msi = m.alloc(4 * R.MAX_VECTORS)
        self.funcs = {}
        self.fault = self.ring(R.FAULT_RING, fault_len, 32)
        self.cause = self.ring(R.CAUSE_RING, cause_len, 4)
        for v in range(64):
            self.msix(v)
        for i, reg in enumerate((R.INTVEC_MBX, R.INTVEC_FAULT, R.INTVEC_CAUSE, R.INTVEC_MISC)):
            self.wr(reg, R.INTVEC_VALID | i)
        self.wr(R.ICR_MASK, 0x7f)

    def rd(self, off, size=4):
        return self.m.bar(0, off, size)

    def wr(self, off, val, size=4):
        self.m.bar_wr(0, off, val, size)

    # --- interrupts arrive as values in memory ---

    def msix(self, v):
        at = R.MSIX_TABLE + 16 * v
        for i, val in enumerate((self.msi + 4 * v, 0, 0x1000 + v, 0)):
            self.m.bar_wr(4, at + 4 * i, val)

    def irq(self, v, wait=True):
        """Was vector v sent since the last look?"""
        got = self.m.until(lambda: self.m.rd(self.msi + 4 * v), 1 if wait else 0)
        if not wait and not got:
            self.m.settle()
            got = self.m.rd(self.msi + 4 * v)
        self.m.wr(self.msi + 4 * v, 0)
        return got == 0x1000 + v

    # --- rings ---

    def ring(self, reg, n, size):
        base = self.m.alloc(n * size)
        self.wr(reg + R.RING_BASE_LO, base)
        self.wr(reg + R.RING_BASE_HI, 0)
        self.wr(reg + R.RING_LEN, n | R.RING_LEN_ENABLE)
        return {'reg': reg, 'base': base, 'n': n, 'size': size, 'head': 0}

    def records(self, ring, want=1, consume=True):
        """What the device wrote into an event ring."""
        def have():
            return (self.rd(ring['reg'] + R.RING_TAIL) - ring['head']) % ring['n'] >= want
        if want:
            self.m.until(have)
        else:
            self.m.settle()
        out = []
        while ring['head'] != self.rd(ring['reg'] + R.RING_TAIL):
            out.append(self.m.read(ring['base'] + ring['head'] * ring['size'], ring['size']))
            ring['head'] = (ring['head'] + 1) % ring['n']
        if consume:
            self.wr(ring['reg'] + R.RING_HEAD, ring['head'])
        return out

    def faults(self, want=1):
        names = ('addr', 'len', 'func', 'unit', 'flags', 'pasid', 'seq', 'reserved')
        return [dict(zip(names, unpack('QIHBBIIQ', r))) for r in self.records(self.fault, want)]

    def answer(self, func, unit, code):
        self.wr(R.FAULT_RESP, func | unit << R.FAULT_RESP_UNIT_SHIFT |
                code << R.FAULT_RESP_CODE_SHIFT)

    # --- firmware ---

    def fw_raw(self, data):
        for i in range(0, len(data), 4):
            self.m.bar_wr(4, R.FW_REQUEST + i, int.from_bytes(data[i:i + 4], 'little'))
        self.m.bar_wr(4, R.FW_CSR, R.FW_CSR2_READY)
        self.m.until(lambda: self.m.bar(4, R.FW_CSR) & R.FW_CSR3_READY)
        reply = b''.join(pack('I', self.m.bar(4, R.FW_REPLY + i)) for i in range(0, 28, 4))
        self.m.bar_wr(4, R.FW_CSR, R.FW_CSR3_READY)
        return reply

    def fw_reply(self, op, payload=b''):
        """(status, payload of the reply)"""
        self.seq += 1
        reply = self.fw_raw(pack('BBH', op, 0, self.seq & 0xffff) + payload.ljust(24, b'\0'))
        assert reply[0] == op and unpack('H', reply[2:4])[0] == self.seq & 0xffff
        return reply[1], reply[4:]

    def fw(self, op, payload=b''):
        return self.fw_reply(op, payload)[0]

    def vsi(self, n, flags, *macs, vlan=0, rate=0):
        status = [self.fw(R.FW_VSI_SET, pack('HHII', n, flags, vlan, rate))]
        status += [self.fw(R.FW_MAC_ADD, pack('H', n) + mac) for mac in macs]
        return max(status)

    def vlans(self, n, vids, which=0):
        """The VSI's VLAN table; VID 0: untagged frames. which=VLANS_OWN: its own filter."""
        bits = sum(1 << vid for vid in vids).to_bytes(R.VIDS // 8, 'little')
        step = R.FW_VIDS
        chunks = [first for first in range(0, R.VIDS, step)
                  if any(bits[first // 8:(first + step) // 8])] or [0]
        return max(self.fw(R.FW_VSI_VLANS,
                           pack('HHHH', n, first, (R.VLANS_START if first == chunks[0] else 0) |
                                (R.VLANS_COMMIT if first == chunks[-1] else 0) | which, 0) +
                           bits[first // 8:(first + step) // 8]) for first in chunks)


class Table:
    """A translation table, mode `table`."""

    def __init__(self, m):
        self.m = m
        self.root = self.page()

    def page(self):
        at = self.m.alloc(PAGE)
        self.m.write(at, bytes(PAGE))
        return at

    def leaf(self, iova, make=True):
        at = self.root
        for shift in (39, 30, 21):
            e = at + ((iova >> shift) & 511) * 8
            val = self.m.rd(e, 8)
            if not val:
                if not make:
                    return None
                val = self.page() | 3
                self.m.wr(e, val, 8)
            at = val & R.XLAT_ADDR
        return at + ((iova >> 12) & 511) * 8

    def map(self, iova, pa, size=PAGE, perm=3):
        for off in range(0, size, PAGE):
            self.m.wr(self.leaf(iova + off), (pa + off) | perm, 8)

    def unmap(self, iova, size=PAGE):
        for off in range(0, size, PAGE):
            self.m.wr(self.leaf(iova + off), 0, 8)


class Func:
    """A function with its own address space; function 0 is the identity."""

    ENABLE = R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA

    def __init__(self, nic, idx, mac, qps=(), flags=None, table=True):
        self.nic, self.m, self.idx, self.mac = nic, nic.m, idx, mac
        self.block = R.FUNC(idx)
        self.tab = Table(self.m) if idx and table else None
        self.next = 0x40000000 + idx * 0x10000000
        self.pa = {}
        if self.tab:
            self.set(R.FUNC_XLAT_HI, 0)
            self.set(R.FUNC_XLAT_LO, self.tab.root | R.FUNC_XLAT_VALID)
        for q, qp in enumerate(qps):
            self.set(R.FUNC_QMAP(q), R.QMAP_VALID | qp)
        self.qps = list(qps)
        self.set(R.FUNC_CTRL, self.ENABLE)
        self.set(R.FUNC_RSTAT, R.RSTAT_VFACTIVE)
        if flags is None:
            flags = R.VSI_ACTIVE | R.VSI_ANTISPOOF
        assert nic.vsi(idx, flags, mac) == 0

    def get(self, off):
        return self.nic.rd(self.block + off)

    def set(self, off, val):
        self.nic.wr(self.block + off, val)

    def win(self, off, size=4):
        if self.idx:
            return self.m.bar(2, (self.idx - 1) * R.WINDOW_SIZE + off, size)
        return self.nic.rd(R.PF_WINDOW + off, size)

    def win_wr(self, off, val, size=4):
        if self.idx:
            self.m.bar_wr(2, (self.idx - 1) * R.WINDOW_SIZE + off, val, size)
        else:
            self.nic.wr(R.PF_WINDOW + off, val, size)

    def stat(self, i):
        return self.nic.rd(R.STATS(self.idx) + 8 * i, 8)

    # --- memory as the function sees it ---

    def alloc(self, size, perm=3, mapped=True):
        """(IOVA, address in memory)"""
        size = (size + PAGE - 1) // PAGE * PAGE
        pa = self.m.alloc(size)
        self.m.write(pa, bytes(size))
        if not self.idx:
            return pa, pa
        iova = self.next
        self.next += size + PAGE        # a hole after each
        self.pa[iova] = pa
        if mapped and self.tab:
            self.tab.map(iova, pa, size, perm)
        return iova, pa

    def vector(self, v, to):
        self.set(R.FUNC_VECMAP(v), R.INTVEC_VALID | to)

    def arm(self, v, val=None):
        reg = R.WIN_DYN_CTLN(v - 1) if v else R.WIN_DYN_CTL01
        self.win_wr(reg, R.DYN_INTENA | ITR_NONE << 3 if val is None else val)

    def dyn(self, v):
        return self.win(R.WIN_DYN_CTLN(v - 1) if v else R.WIN_DYN_CTL01)


class Queue:
    """One direction of a queue pair."""

    def __init__(self, f, q, rx, n=64, vec=1, itr=ITR_NONE, bufsz=2048, maxframe=9728,
                 enable=True):
        self.f, self.m, self.q, self.rx, self.n = f, f.m, q, rx, n
        self.block = R.QP(f.qps[q]) + (R.QP_RX if rx else R.QP_TX)
        self.size = 32 if rx else 16
        self.iova, self.pa = f.alloc(n * self.size)
        self.bufsz = bufsz
        self.tail = self.seen = 0
        self.set(R.Q_BASE_LO, self.iova & 0xffffffff)
        self.set(R.Q_BASE_HI, self.iova >> 32)
        self.set(R.Q_LEN, n)
        self.set(R.Q_INT, R.Q_INT_VALID | vec | itr << R.Q_INT_ITR_SHIFT)
        if rx:
            self.set(R.Q_BUFSZ, bufsz)
            self.set(R.Q_MAXFRAME, maxframe)
        if enable:
            self.enable()

    def get(self, off):
        return self.f.nic.rd(self.block + off)

    def set(self, off, val):
        self.f.nic.wr(self.block + off, val)
        if off == R.Q_CTL and not val:
            self.tail = self.seen = 0

    def enable(self, on=1):
        self.set(R.Q_CTL, on)

    def ctl(self):
        return self.get(R.Q_CTL)

    def reason(self):
        return (self.ctl() & R.Q_CTL_REASON) >> R.Q_CTL_REASON_SHIFT

    def bell(self, tail=None):
        self.f.win_wr((R.WIN_RX_TAIL if self.rx else R.WIN_TX_TAIL)(self.q),
                      self.tail if tail is None else tail)

    def put(self, data):
        self.m.write(self.pa + self.tail * self.size, data)
        self.tail = (self.tail + 1) % self.n

    def desc(self, i):
        return unpack('QQ', self.m.read(self.pa + i % self.n * self.size, 16))


class Tx(Queue):
    def __init__(self, f, q=0, **kw):
        super().__init__(f, q, False, **kw)
        self.buf, self.buf_pa = f.alloc(80 * 1024)

    def data(self, addr, size, cmd, off=0, tag=0):
        self.put(pack('QQ', addr, cmd << 4 | off << 16 | size << 34 | tag << 48))

    def context(self, mss, length):
        self.put(pack('QQ', 0, 1 | 1 << 4 | length << 30 | mss << 50))

    def send(self, frame, cmd=0, off=0, mss=0, hdr=0, pieces=1, bell=True, tag=None):
        """One packet; True once its last descriptor is done. tag: TCI to be inserted."""
        if tag is not None:
            cmd |= TX_IL2TAG1
        self.m.write(self.buf_pa, frame)
        if mss:
            self.context(mss, len(frame) - hdr)
        step = min(-(-len(frame) // pieces), 16000)
        at = 0
        while at < len(frame):
            n = min(step, len(frame) - at)
            last = at + n == len(frame)
            self.data(self.buf + at, n, cmd | (3 if last else 0), off, tag or 0)
            at += n
        last = self.tail - 1
        if bell:
            self.bell()
            return self.m.until(lambda: self.desc(last)[1] & 0xf == 0xf)
        return last


class Rx(Queue):
    def __init__(self, f, q=0, post=32, mapped=True, **kw):
        super().__init__(f, q, True, enable=False, **kw)
        self.bufs, self.qw2 = {}, None
        self.mapped = mapped
        self.post(post)
        self.enable()

    def post(self, n):
        for _ in range(n):
            iova, pa = self.f.alloc(self.bufsz, mapped=self.mapped)
            self.bufs[self.tail] = (iova, pa)
            self.put(pack('QQQQ', iova, 0, 0, 0))
        self.bell()

    def again(self):
        """Post the buffer that was received last."""
        self.bufs[self.tail] = iova, _ = self.bufs[(self.seen - 1) % self.n]
        self.put(pack('QQQQ', iova, 0, 0, 0))
        self.bell()

    def recv(self, wait=True):
        """(frame, quad word 1 of the last descriptor, hash) or None"""
        out = b''
        while True:
            if not self.m.until(lambda: self.desc(self.seen)[1] & 1, 1 if wait else 0.02):
                return None
            qw0, qw1 = self.desc(self.seen)
            self.qw2 = self.m.rd(self.pa + self.seen * 32 + 16, 8)
            self.tag = qw0 >> 16 & 0xffff if qw1 & 4 else None
            out += self.m.read(self.bufs[self.seen][1], (qw1 >> 38) & 0x3fff)
            self.m.write(self.pa + self.seen * 32, bytes(32))
            self.seen = (self.seen + 1) % self.n
            if qw1 & 2:
                return out, qw1, qw0 >> 32
