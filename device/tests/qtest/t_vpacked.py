# SPDX-License-Identifier: GPL-2.0-only
"""Packed virtqueues: what the driver's side of them may and may not do."""
import random
import struct

from .machine import pack
from .nic import Nic
from .packed import DESC, DISABLE, ENABLE, WRAP, Pcontrol, Prx, Ptx
from .packets import TCP, eth, mac
from .regs import R
from .t_mailbox import PfRing
from .t_state import State, get, put
from .t_virtio import A, B, FRAME, LAYOUTS, frame
from .t_vnet import tso, want
from .t_vstate import QUIET, moved, twin, vq
from .virtio import (EINVAL, EVENT_IDX, HDR, INDIRECT, NEXT, RING_PACKED, TABLE, USUAL, WHOLE, WRITE, Vfunc, header)

PACKED = USUAL | RING_PACKED
N = 61      # no power of two


def pair(m, features=PACKED, tx=None, **kw):
    nic = Nic(m)
    a = Vfunc(nic, 1, A, features=features, qps=[0])
    b = Vfunc(nic, 2, B, features=features, qps=[1])
    for f in (a, b):
        f.vector(1, 10 + f.idx)
    return nic, a, b, Ptx(a, **({'n': N} | (tx or {}))), Prx(b, **({'n': N, 'post': 20} | kw))


def test_layouts(m):
    """Packets and buffers in any pieces, direct and indirect, many times around the ring."""
    _, _, _, tx, rx = pair(m)
    for turn in range(4):
        for cuts, direct in LAYOUTS:
            f = frame(turn, 100 + turn)
            assert tx.send(f, cuts=cuts, direct=direct), (turn, cuts, direct)
            assert rx.recv()[0] == f
            rx.post(1)
    for cuts, direct in LAYOUTS:
        rx.f.enable(rx.vq, 0)
        rx = Prx(rx.f, n=89, post=6, cuts=[2 * c for c in cuts], direct=direct)
        for i in range(50):
            assert tx.send(frame(i, 1000)) and rx.recv()[0] == frame(i, 1000), (cuts, direct, i)
            rx.post(1)


def test_sizes(m):
    """Each size of a ring, and each alignment of its areas."""
    nic = Nic(m)
    f = Vfunc(nic, 1, A, features=PACKED, qps=[0])
    for size, ok in ((0, 0), (1, 1), (2, 1), (3, 1), (1023, 1), (1024, 1), (1025, 0), (32768, 0)):
        assert f.addr(1, size, 0x1000, 0x2000, 0x3000) == 0
        assert f.enable(1) == (0 if ok else EINVAL), size
        f.enable(1, 0)
    for areas, ok in (((16, 4, 4), 1), ((8, 4, 4), 0), ((16, 2, 4), 0), ((16, 4, 2), 0)):
        assert f.addr(1, 8, *areas) == 0 and f.enable(1) == (0 if ok else EINVAL), areas
        f.enable(1, 0)
    assert f.addr(1, 8, 0x1000, 0x2000, 0x3000) == 0
    for bad in (8, 0x7fff, WRAP | 8, 0xffff):
        assert f.enable(1, R.VQ_ON | R.VQ_RESUME, bad, 0) == EINVAL, bad
        assert f.enable(1, R.VQ_ON | R.VQ_RESUME, WRAP, bad) == EINVAL, bad
    assert f.enable(1, R.VQ_ON | R.VQ_RESUME, 7, WRAP | 7) == 0 and f.enable(1, 0) == 0
    for n in (1, 2, 3):
        tx = Ptx(f, n=n)
        for i in range(9):
            assert tx.send(frame(i), direct=0), (n, i)
        f.enable(tx.vq, 0)


def test_mergeable(m):
    """Buffers of one frame are used at once; a frame that no ring holds is lost."""
    _, _, b, tx, rx = pair(m, post=30, bufsz=128)
    for i in range(40):
        f = frame(i, 900)
        assert tx.send(f)
        got, head = rx.recv()
        assert got == f and head['buffers'] == 8
        rx.post(8)
    rx.f.enable(rx.vq, 0)
    rx = Prx(b, n=5, post=5, bufsz=128)
    assert tx.send(frame(1, 900)) and rx.recv(wait=False) is None and b.stat(R.STAT_RX_DISCARDS) == 1
    assert tx.send(FRAME) and rx.recv()[0] == FRAME
    rx.post(2)
    assert tx.send(frame(2, 400)) and rx.recv()[0] == frame(2, 400)


def test_whole(m):
    """A packet of 64 KiB, both ways of a packed ring."""
    _, _, _, tx, rx = pair(m, WHOLE | RING_PACKED, n=200, post=60, bufsz=1536)
    payload = bytes(i * 7 & 255 for i in range(60000))
    for cuts, direct in (((HDR,), None), ((HDR, 5000, 30000), 0)):
        assert tx.send(tso(0, payload), want(0, TCP, 1000), cuts=cuts, direct=direct)
        got, head = rx.recv()
        assert got[54:] == payload and head['mss'] == 1000
        rx.post(head['buffers'])


def test_flags(m):
    """Without event indices flags say who wants to hear of what."""
    nic, _, _, tx, rx = pair(m, PACKED & ~EVENT_IDX, tx={'vector': 1})
    assert tx.send(FRAME) and nic.irq(11) and tx.asked()[1] == ENABLE
    tx.no_interrupt()
    assert tx.send(FRAME) and not nic.irq(11, wait=False)
    tx.no_interrupt(0)
    assert tx.send(FRAME) and nic.irq(11)
    tx.event(0)
    assert tx.send(FRAME) and nic.irq(11), 'a place is not looked at'
    rx.f.enable(rx.vq, 0)
    rx = Prx(rx.f, n=N, post=0)
    tx.send(FRAME)
    m.settle()
    assert rx.asked()[1] == ENABLE
    rx.post(4)
    assert rx.recv() and tx.send(FRAME) and rx.recv() and rx.asked()[1] in (ENABLE, DISABLE)


def test_events(m):
    """Each place of several turns is met by its interrupt, and by no other."""
    nic, _, _, tx, rx = pair(m, tx={'vector': 1, 'n': 7})
    for i in range(30):
        tx.event(tx.after(tx.seen, 1))
        assert tx.send(FRAME, direct=0) and rx.recv() and not nic.irq(11, wait=False), i
        assert tx.asked() == (tx.at, DESC), 'it asks for the next one'
        tx.event(tx.seen)
        assert tx.send(FRAME, direct=0) and rx.recv() and nic.irq(11), i
        rx.post(2)
    tx.event(tx.after(tx.seen, 2))
    for k in range(4):
        assert tx.send(FRAME, direct=0) and rx.recv()
        assert nic.irq(11, wait=False) == (k == 2), k
    for _ in range(2):
        tx.event(tx.seen ^ WRAP)
        assert tx.send(FRAME, direct=0) and rx.recv() and not nic.irq(11, wait=False), 'a place of another turn'
        rx.post(1)
    tx.m.wr(tx.driver_pa + 2, 7, 2)
    assert tx.send(FRAME) and nic.irq(11), 'flags that make no sense want one'


def test_control(m):
    nic = Nic(m)
    pf, answers = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
    pf.post(8)
    ctrl = Pcontrol(Vfunc(nic, 1, A, features=PACKED, qps=[0]), n=5)
    for i in range(12):
        head = ctrl.command(b'\4\0' + bytes((i, 0)), room=4)
        d = pf.next()
        assert d['cookie_high'] == R.MSG_CTRL | 4 << 8 and d['data'] == bytes((i, 0))
        assert ctrl.used(wait=False) == []
        pf.post(1)
        answers.send(1, b'abc', high=R.MSG_CTRL, low=1)
        answers.next()
        assert ctrl.used() == [(head, 4)] and ctrl.answer(4) == b'\1abc'


def test_state(m):
    """A place in the ring goes along with its wrap counter; one beyond the ring is refused."""
    nic, a, b, tx, rx = pair(m, tx={'n': 5})
    for i in range(8):
        assert tx.send(frame(i), direct=0) and rx.recv()
    a.set(R.FUNC_CTRL, QUIET)
    state = State(a).save()
    place = 8 % 5               # the second turn: wrap counter 0
    at = vq(tx.vq)
    assert get(state, at, 'H') == get(state, at + 2, 'H') == place
    g = twin(a, 4, [2], [tx], a.has)
    s = State(g)
    for bad in (5, 0x7fff, WRAP | 5, 0xffff):
        assert s.load(put(put(state, at, 'H', bad), at + 2, 'H', bad)) == EINVAL, bad
        assert s.load(put(state, at + 4, 'H', bad)) == EINVAL, bad
    assert s.load(put(state, at, 'H', place + 1)) == EINVAL, 'looked at, and somewhere else'
    g.set(R.FUNC_CTRL, 0)
    assert nic.fw(R.FW_VSI_CLEAR, pack('H', 4)) == 0
    c, _ = moved(a, 3, [3], tx)
    assert nic.vsi(3, R.VSI_ACTIVE, A) == 0
    c.set(R.FUNC_CTRL, Vfunc.ENABLE)
    for i in range(12):
        assert tx.send(frame(i), direct=0) and rx.recv()[0] == frame(i)
        rx.post(1)


# --- resets of the device ---


def noted(m, pa, vq_):
    return struct.unpack('<HH', m.read(pa + 4 * vq_, 4))


def test_places(m):
    """The PF's memory says where each ring is, before the guest has the buffer."""
    nic, a, b, tx, rx = pair(m, tx={'n': 5}, n=7, post=6)
    pa, other = m.alloc(4096), m.alloc(4096)
    assert [a.places(x) for x in (pa + 128, pa + 4)] == [EINVAL] * 2 and a.places(pa) == 0 and b.places(other) == 0
    before = WRAP
    for i in range(23):
        assert tx.send(frame(i), cuts=(HDR, 20), direct=3) and rx.recv()[0] == frame(i)
        after = tx.after(before, 3)
        assert noted(m, pa, tx.vq) == (before, after), i
        before = after
        rx.post(1)
    assert noted(m, other, rx.vq)[1] == rx.seen
    assert noted(m, pa, R.VQ_RX(0)) == (0, 0) and not any(m.read(pa + 132, 124))
    assert a.places(0) == 0 and tx.send(FRAME) and noted(m, pa, tx.vq)[1] == before


def test_resume(m):
    """A ring goes on where the device was: before a buffer was used, or after that."""
    nic, a, b, tx, rx = pair(m, tx={'n': 5}, n=4, post=4)
    pa = m.alloc(4096)
    assert a.places(pa) == 0 and b.places(pa + 256) == 0
    for i in range(14):
        assert tx.send(frame(i), direct=0) and rx.recv()[0] == frame(i)
        # The guest has the slot again at once: a ring of 4 is full of available buffers.
        rx.post(1)
        for q, at in ((tx, pa), (rx, pa + 256)):
            place, after = noted(m, at, q.vq)
            assert q.f.enable(q.vq, 0) == 0
            q.set_up(flags=R.VQ_ON | R.VQ_RESUME, place=place, after=after)
        m.settle()
    # One that it was about to use, and did not.
    place, after = noted(m, pa, tx.vq)
    assert a.enable(tx.vq, 0) == 0
    head = tx.packet(FRAME, direct=0)
    tx.offer(head, kick=False)
    tx.set_up(flags=R.VQ_ON | R.VQ_RESUME, place=after, after=tx.after(after, 2))
    assert tx.used() == [(head, 0)] and rx.recv()[0] == FRAME
    rx.post(1)
    assert tx.send(frame(9), direct=0) and rx.recv()[0] == frame(9)


def test_resume_state(m):
    """A state of a ring that was not looked at yet has both places."""
    nic, a, b, tx, rx = pair(m, tx={'n': 5})
    assert tx.send(FRAME, direct=0) and rx.recv()
    assert a.enable(tx.vq, 0) == 0
    a.set(R.FUNC_CTRL, QUIET)
    tx.set_up(flags=R.VQ_ON | R.VQ_RESUME, place=WRAP, after=WRAP | 1)
    state = State(a).save()
    at = vq(tx.vq)
    assert (get(state, at, 'H'), get(state, at + 2, 'H')) == (WRAP | 1, WRAP)
    c, _ = moved(a, 3, [3], tx)
    assert nic.vsi(3, R.VSI_ACTIVE, A) == 0
    c.set(R.FUNC_CTRL, Vfunc.ENABLE)
    assert tx.send(frame(1), direct=0) and rx.recv()[0] == frame(1)


def test_resume_stopped(m):
    """A ring that stopped before its first look has one place in its state, and moves."""
    nic, a, b, tx, rx = pair(m, tx={'n': 5})
    assert tx.send(FRAME, direct=0) and rx.recv()
    assert a.enable(tx.vq, 0) == 0
    a.tab.unmap(tx.desc)
    a.set(R.FUNC_INVAL_CTL, 0)
    tx.set_up(flags=R.VQ_ON | R.VQ_RESUME, place=WRAP, after=WRAP | 1)
    tx.kick()
    assert nic.faults()[0]['unit'] == R.UNIT_TXQ(0)
    nic.answer(1, R.UNIT_TXQ(0), R.FAULT_RESP_FAIL)
    m.settle()
    assert not tx.active()
    a.set(R.FUNC_CTRL, QUIET)
    state = State(a).save()
    at = vq(tx.vq)
    assert get(state, at, 'H') == get(state, at + 2, 'H')
    moved(a, 3, [3], tx)


# --- hostile rings ---


def chain(q, *descs):
    """Descriptors that are all available, as they are."""
    for k, (addr, size, flags) in enumerate(descs):
        q.put(q.after(WRAP, k), addr, size, flags, 5)
    q.kick()


def table(q, *descs, size=None, flags=TABLE, before=()):
    iova, pa = q.table(0)
    for i, d in enumerate(descs):
        q.m.write(pa + 16 * i, pack('QIHH', *d[:2], 0, d[2]))
    chain(q, *before, (iova, 16 * len(descs) if size is None else size, flags))


def test_reserved_flags(m):
    """Of the flags in a table only WRITE has a meaning."""
    _, a, _, tx, rx = pair(m)
    for flags in (TABLE, NEXT, 0xffff & ~WRITE):
        assert a.enable(tx.vq, 0) == 0
        tx = Ptx(a, n=N)
        mem, pa = a.alloc(4096)
        m.write(pa, header() + FRAME)
        table(tx, (mem, 30, flags), (mem + 30, HDR + len(FRAME) - 30, flags))
        assert rx.recv()[0] == FRAME and not a.stopped(), flags


BAD = (
    ('the whole ring and more', 0, lambda q, a: chain(q, *[(a, 8, NEXT)] * N)),
    ('table without the feature', INDIRECT, lambda q, a: table(q, (a, 200, 0))),
    ('table with next', 0, lambda q, a: table(q, (a, 200, 0), flags=TABLE | NEXT)),
    ('table of length 0', 0, lambda q, a: table(q, (a, 200, 0), size=0)),
    ('table of length 17', 0, lambda q, a: table(q, (a, 200, 0), size=17)),
    ('table of 4 GiB', 0, lambda q, a: table(q, *[(a, 16, 0)] * 1100, size=0xfffffff0)),
    ('1025 descriptors', 0, lambda q, a: table(q, *[(a, 16, 0)] * 1025)),
    ('no length', 0, lambda q, a: chain(q, (a, 0, 0))),
    ('no length behind a good one', 0, lambda q, a: chain(q, (a, 200, NEXT), (a, 0, 0))),
    ('no length in a table', 0, lambda q, a: table(q, (a, 200, 0), (a, 0, 0))),
    ('readable behind writable', 0, lambda q, a: chain(q, (a, 100, NEXT | WRITE), (a, 100, 0))),
    ('writable to be sent', 0, lambda q, a: chain(q, (a, 200, NEXT), (a, 200, WRITE))),
    ('too short', 0, lambda q, a: chain(q, (a, HDR + 13, 0))),
    ('4 GiB to be sent', 0, lambda q, a: chain(q, (a, 0xffffffff, 0))),
    ('more than 32 bits', 0, lambda q, a: chain(q, (a, 200, NEXT), (a, 1 << 31, NEXT), (a, 1 << 31, 0))),
)


def test_malformed(m):
    """Each stops the queue that has it, alone, and that queue starts again."""
    nic, a, b, tx, rx = pair(m)
    for name, less, what in BAD:
        assert a.enable(tx.vq, 0) == 0 and a.features(PACKED & ~less) == 0
        tx = Ptx(a, n=N)
        mem, pa = a.alloc(4096)
        m.write(pa, header() + FRAME)
        what(tx, mem)
        assert m.until(lambda: tx.reason() == R.Q_ERR_DESC), name
        assert a.stopped() == 1 << tx.vq and not tx.active() and tx.peek(WRAP) is None, name
        assert b.stopped() == 0
        tx.again()
        assert tx.send(FRAME) and rx.recv()[0] == FRAME, name
        rx.post(1)
    back = Ptx(b, n=N)
    for name, what in (('readable to be filled', lambda q, a: chain(q, (a, 2000, 0))),
                       ('no room for a header', lambda q, a: chain(q, (a, HDR - 1, WRITE))),
                       ('over where the engine is', lambda q, a: chain(q, *[(a, 4, WRITE | NEXT)] * N))):
        to = Prx(a, n=N, post=0)
        mem, pa = a.alloc(4096)
        what(to, mem)
        assert back.send(eth(A, B, bytes(100)))
        assert m.until(lambda: a.stopped() & 1), name
        assert a.enable(to.vq, 0) == 0
    assert tx.send(FRAME) and rx.recv()


def test_over_itself(m):
    """A chain that goes on over the place where the engine is, behind others that are good."""
    _, a, b, tx, rx = pair(m, n=8, post=0)
    iova, _ = b.alloc(4096)
    for k in range(8):
        rx.put(WRAP | k, iova, 64, WRITE | (NEXT if k > 5 else 0), k)
    rx.count = {k: 1 for k in range(8)}
    rx.kick()
    assert tx.send(frame(1, 300)) and m.until(lambda: rx.peek(WRAP)) and b.stopped() == 0
    b.enable(rx.vq, 0)
    rx = Prx(b, n=8, post=0)
    for k in range(8):
        rx.put(WRAP | k, iova, 64, WRITE | (NEXT if k > 5 else 0), k)
    rx.kick()
    assert tx.send(frame(1, 500)) and m.until(lambda: rx.reason() == R.Q_ERR_DESC), 'six buffers hold 384 bytes'
    assert rx.peek(WRAP) is None and a.stopped() == 0


def test_junk(m):
    """Rings of random bytes: the neighbour goes on."""
    nic, a, b, tx, rx = pair(m)
    rnd = random.Random(7)
    c = Vfunc(nic, 3, mac(3), features=PACKED, qps=[2])
    for _ in range(60):
        q = Ptx(c, n=rnd.choice((1, 3, 16, 61)))
        for _ in range(4):
            m.write(q.desc_pa, b''.join(pack('QIHH', c.next + rnd.choice((-0x1000, -0x4000, 1 << 40)),
                                             rnd.choice((0, 16, 64, 4096, 1 << 31)), rnd.getrandbits(16),
                                             rnd.choice((0x80, 0x8000, 0x8080, rnd.getrandbits(16))) | rnd.getrandbits(3))
                                        for _ in range(q.n)))
            m.write(q.driver_pa, rnd.randbytes(4))
            q.kick()
        m.settle()
        for d in nic.faults(0):
            nic.answer(d['func'], d['unit'], R.FAULT_RESP_FAIL)
        assert c.enable(q.vq, 0) == 0
        assert tx.send(FRAME) and rx.recv()[0] == FRAME
        rx.post(1)


# --- faults ---


def test_faults(m):
    """Each page that a packet needs is asked for once, and nothing is used before all are there."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, features=PACKED, qps=[0]), Vfunc(nic, 2, B, features=PACKED, qps=[1])
    tx, rx = Ptx(a, n=N, mapped=False), Prx(b, n=N, post=3, mapped=False, buffers=False)
    sent = tx.packet(FRAME, direct=0)
    a.tab.unmap(tx.buf, 80 * 1024)
    a.tab.unmap(tx.table(sent % 8)[0], 20 * 1024)
    tx.offer(sent)
    for _ in range(40):
        faults = nic.faults(0)
        if not faults:
            m.settle()
            faults = nic.faults(0)
        if not faults:
            break
        for d in faults:
            f = a if d['func'] == 1 else b
            q = tx if f is a else rx
            page = d['addr'] & ~4095
            assert page == q.device or q.peek(WRAP) is None, 'used before the end'
            base = max(iova for iova in f.pa if iova <= page)
            f.tab.map(page, f.pa[base] + page - base)
            nic.answer(d['func'], d['unit'], R.FAULT_RESP_RETRY)
            m.settle()
    assert tx.used() == [(sent, 0)] and rx.recv()[0] == FRAME
    assert a.stat(R.STAT_FAULTS) >= 4 and b.stat(R.STAT_FAULTS) >= 3 and a.stopped() == b.stopped() == 0
