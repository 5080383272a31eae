# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: verbs, the notify page, rings, notifications, receive, transmit."""
from .machine import pack, unpack
from .nic import Func, Nic, Rx, Tx
from .packets import UDP, eth, mac, packet
from .regs import R
from .virtio import (ACCESS_PLATFORM, BASE, CSUM, EBUSY, EINVAL, EVENT_IDX, HASH_REPORT, HDR, HOST_ECN,
                     HOST_TSO4, HOST_TSO6, IN_ORDER, MRG_RXBUF, NOTIFICATION_DATA, RSS, USUAL, VERSION_1, Vfunc, Vrx, Vtx)

A, B = mac(1), mac(2)
FRAME = eth(B, A, bytes(range(200)))
PLAIN = USUAL & ~EVENT_IDX


def frame(n, size=100):
    return eth(B, A, n.to_bytes(4, 'little') * (size // 4))


def pair(m, features=USUAL, tx=None, **kw):
    """Two virtio functions, one that sends and one that receives."""
    nic = Nic(m)
    a = Vfunc(nic, 1, A, features=features, qps=[0])
    b = Vfunc(nic, 2, B, features=features, qps=[1])
    for f in (a, b):
        f.vector(1, 10 + f.idx)
    return nic, a, b, Vtx(a, **(tx or {})), Vrx(b, **kw)


# --- the kind of a function ---


def test_kind(m):
    """A function is what it was enabled as, until it is disabled."""
    nic = Nic(m)
    f = Vfunc(nic, 1, A, qps=[0])
    assert f.get(R.FUNC_STATUS) & R.FUNC_STATUS_VIRTIO
    f.set(R.FUNC_CTRL, Func.ENABLE)
    assert f.get(R.FUNC_STATUS) & R.FUNC_STATUS_VIRTIO, 'ignored at any other time'
    f.set(R.FUNC_CTRL, 0)
    assert not f.get(R.FUNC_STATUS) & R.FUNC_STATUS_VIRTIO
    f.set(R.FUNC_CTRL, Func.ENABLE)
    f.set(R.FUNC_CTRL, Vfunc.ENABLE)
    assert not f.get(R.FUNC_STATUS) & R.FUNC_STATUS_VIRTIO
    pf = Func(nic, 0, mac(9), qps=[1])
    pf.set(R.FUNC_CTRL, 0)
    pf.set(R.FUNC_CTRL, Vfunc.ENABLE)
    assert pf.get(R.FUNC_STATUS) == R.FUNC_STATUS_ENABLED, 'not function 0'


def test_window(m):
    """The notify page reads 0, and nothing else is there."""
    _, a, _, tx, rx = pair(m)
    for off in (0, 4, 0x1000, 0x1800, 0x2800, 0x3000, 0x3040, 0x3ffc):
        a.win_wr(off, 1 if off >= 0x1000 else 5)
        assert a.win(off) == 0, hex(off)
    assert a.stat(R.STAT_TX_DOORBELLS) == 2 and a.stat(R.STAT_RX_DOORBELLS) == 0
    f = frame(1)
    for n, (size, off, want) in enumerate(((2, 0, True), (4, 0, True), (2, 2, True), (4, 0xffc, True),
                                           (2, 0xffe, True), (1, 0, False), (4, 2, False), (2, 1, False),
                                           (8, 0, False), (2, 0x1000, False))):
        tx.send(f, kick=False)
        tx.kick(size=size, off=off)
        assert bool(rx.recv(wait=want)) == want, (size, off)
        if not want:
            tx.kick()
            assert rx.recv()
        rx.post(1)
    tx.send(f, kick=False)
    a.win_wr(0, 0xbeef0000 | tx.vq)
    assert rx.recv(), 'the low 16 bits'


def test_queue_pair_block(m):
    """CTL and INT are shown, the rest reads 0, nothing can be written."""
    nic, a, _, tx, _ = pair(m)
    a.msix(tx.vq, 3)
    block = R.QP(0)
    for off in range(0, 0x40, 4):
        nic.wr(block + off, 0xffffffff)
    val = {off: nic.rd(block + off) for off in range(0, 0x40, 4)}
    assert val.pop(R.QP_TX + R.Q_CTL) == R.Q_CTL_ENABLE | R.Q_CTL_ACTIVE
    assert val.pop(R.QP_TX + R.Q_INT) & (R.Q_INT_VALID | R.Q_INT_VEC) == R.Q_INT_VALID | 3
    assert not any(val.values()), val


# --- verbs ---


def test_resource(m):
    nic = Nic(m)
    status, reply = nic.fw_reply(R.FW_GET_PF_RESOURCE, pack('H', 0))
    features, pairs, size, mtu, vectors = unpack('QHHHH', reply[:16])
    assert status == 0 and features & USUAL == USUAL
    assert (pairs, size, vectors) == (16, R.VQ_SIZE_MAX, 17) and 9000 <= mtu < 9728
    assert nic.fw(R.FW_GET_PF_RESOURCE, pack('H', 0xffff)) == EINVAL


def test_status(m):
    nic, a, _, _, _ = pair(m)
    reply = nic.fw_reply(R.FW_GET_STATUS, pack('H', 1))[1]
    assert unpack('QB', reply[:9]) == (0, 1)
    m.qmp('set_link', name='up', up=False)
    assert nic.fw_reply(R.FW_GET_STATUS, pack('H', 1))[1][8] == 0


FEATURES = (
    (BASE, 0, 0), (USUAL, USUAL & 2, 0), (USUAL, 0, 0), (VERSION_1, 0, EINVAL), (ACCESS_PLATFORM, 0, EINVAL),
    (BASE | 1 << 34, 0, 0), (BASE | IN_ORDER | NOTIFICATION_DATA, 0, 0), (BASE | 1 << 56, 0, EINVAL),
    (BASE | 1 << 10, 0, EINVAL), (BASE | 1 << 14, 0, EINVAL), (BASE | RSS | HASH_REPORT, 0, 0),
    (BASE | HOST_TSO4, 0, EINVAL), (BASE | HOST_TSO6, 0, EINVAL), (BASE | CSUM | HOST_ECN, 0, EINVAL),
    (BASE | CSUM | HOST_TSO6 | HOST_ECN, 0, 0), (BASE, 2, EINVAL),
    (BASE | 1 << 3 | 1 << 5 | 1 << 16 | 1 << 17 | 1 << 18 | 1 << 22 | 1 << 23 | 1 << 63 | 1 << 2, 0, 0),
)


def test_features(m):
    nic = Nic(m)
    f = Vfunc(nic, 1, A, qps=[0])
    for features, offloads, want in FEATURES:
        assert f.features(features, offloads) == want, hex(features)
    assert f.features(USUAL) == 0
    q = Vtx(f)
    assert f.features(USUAL) == 0 and f.features(USUAL, 0) == 0, 'the same set, other offloads'
    assert f.features(BASE) == EBUSY
    assert f.enable(q.vq, 0) == 0 and f.features(BASE) == 0
    avf = Func(nic, 2, B, qps=[1])
    assert Vfunc.features(avf, BASE, 0) == EINVAL, 'not of an AVF'


GOOD = (64, 0x1000, 0x2000, 0x3000)
START = (
    (GOOD, 0), ((1, 16, 2, 4), 0), ((1024, 0, 0, 0), 0), ((0, *GOOD[1:]), EINVAL), ((63, *GOOD[1:]), EINVAL),
    ((2048, *GOOD[1:]), EINVAL), ((32768, *GOOD[1:]), EINVAL), ((64, 8, 0, 0), EINVAL), ((64, 0, 1, 0), EINVAL),
    ((64, 0, 0, 2), EINVAL), ((64, (1 << 48) - 16, (1 << 48) - 2, (1 << 48) - 4), 0),
)


def test_start(m):
    nic = Nic(m)
    f = Vfunc(nic, 1, A, qps=[0])
    assert f.enable(0) == EINVAL, 'without a ring'
    for areas, want in START:
        assert f.addr(0, *areas) == 0
        assert f.enable(0) == want, areas
        if not want:
            assert f.enable(0) == EBUSY and f.addr(0, *GOOD) == EBUSY
            assert f.addr(R.VQ_CONTROL, *GOOD) == EBUSY, 'nor the control queue'
        assert f.enable(0, 0) == 0
        assert f.enable(0) == EINVAL, 'all of it is forgotten'
    assert f.enable(0, 0) == 0 and f.enable(R.VQ_ALL, 0) == 0 and f.enable(R.VQ_ALL, R.VQ_ON) == EINVAL
    assert f.addr(0, *GOOD) == 0 and f.enable(0, 4 | R.VQ_ON) == EINVAL
    for vq in (2, 31, 32, 0x7fff):
        assert f.addr(vq, *GOOD) == f.msix(vq, 1) == f.enable(vq) == f.enable(vq, 0) == EINVAL, 'no queue pair'
    for vector, want in ((0, 0), (16, 0), (17, EINVAL), (0xfffe, EINVAL), (R.VQ_NO_VECTOR, 0)):
        assert f.msix(1, vector) == want
    avf = Func(nic, 2, B, qps=[1])
    assert Vfunc.addr(avf, 0, *GOOD) == Vfunc.msix(avf, 0, 1) == Vfunc.enable(avf, 0) == EINVAL


def test_control_number(m):
    """The control queue has any number, a data queue's too."""
    nic = Nic(m)
    f = Vfunc(nic, 1, A, qps=[0, 1])
    for vq in (2, 4, 33, 0x7ffe):
        assert f.addr(R.VQ_CONTROL | vq, *GOOD) == 0 and f.enable(vq) == 0
        assert nic.rd(R.QP(1) + R.QP_RX + R.Q_CTL) == 0
        assert f.addr(R.VQ_CONTROL | 40, *GOOD) == EBUSY, 'one of them'
        assert f.enable(vq, 0) == 0 and f.enable(vq) == EINVAL
    assert f.addr(2, *GOOD) == 0 and f.enable(2) == 0
    assert nic.rd(R.QP(1) + R.QP_RX + R.Q_CTL) & R.Q_CTL_ACTIVE, 'and a data queue again'
    assert f.addr(R.VQ_CONTROL | 2, *GOOD) == EBUSY
    assert f.addr(R.VQ_CONTROL | 4, *GOOD) == 0
    assert f.addr(R.VQ_CONTROL | 5, *GOOD) == 0 and f.enable(4) == EINVAL, 'it moves'
    assert f.addr(5, *GOOD) == EINVAL and f.enable(5) == EINVAL, 'named a data queue'


# --- traffic ---


def test_loop(m):
    nic, a, b, tx, rx = pair(m, tx={'vector': 1}, vector=1)
    assert tx.send(FRAME)
    got, head = rx.recv()
    assert got == FRAME and head['buffers'] == 1 and head['gso'] == 0
    assert nic.irq(11) and nic.irq(12)
    assert a.stat(R.STAT_TX_UNICAST) == 1 and b.stat(R.STAT_RX_BYTES) == len(FRAME)
    assert tx.send(FRAME) and rx.recv()[0] == FRAME


def test_with_avf(m):
    """Both kinds in one switch, and the uplink."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    vtx, vrx, tx, rx = Vtx(a), Vrx(a), Tx(b), Rx(b)
    assert vtx.send(FRAME) and rx.recv()[0] == FRAME
    back = eth(A, B, b'back' * 20)
    assert tx.send(back) and vrx.recv()[0] == back
    up = eth(mac(9), A, b'up' * 40)
    assert vtx.send(up) and m.recv() == up
    down = eth(A, mac(9), b'down' * 400)
    m.send(down)
    assert vrx.recv()[0] == down


LAYOUTS = (
    ((), None), ((HDR,), None), ((5, HDR, 40), None), ((HDR + 7,), None), ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), None),
    ((), 0), ((HDR,), 0), ((HDR, 40, 100), 1), ((5, HDR, 40), 2), ((HDR, 30), 3),
)


def test_layouts(m):
    """Header and packet in any pieces, direct and indirect."""
    _, _, _, tx, rx = pair(m, n=256, post=2 * len(LAYOUTS))
    for cuts, direct in LAYOUTS:
        assert tx.send(FRAME, cuts=cuts, direct=direct), (cuts, direct)
        assert rx.recv()[0] == FRAME
    rx.f.enable(rx.vq, 0)
    for cuts, direct in LAYOUTS:
        q = Vrx(rx.f, n=256, post=8, cuts=[2 * c for c in cuts], direct=direct)
        for i in range(3):
            assert tx.send(frame(i, 1000)) and q.recv()[0] == frame(i, 1000), (cuts, direct)
        rx.f.enable(q.vq, 0)


def test_wrap(m):
    """The ring's indices over 65536, and the ring's slots."""
    _, _, _, tx, rx = pair(m, tx={'n': 32}, n=32, post=16)
    for q in (tx, rx):
        assert q.f.enable(q.vq, 0) == 0
        q.avail = q.seen = 65520
        q.m.wr(q.device_pa + 2, 65520, 2)
        q.m.wr(q.driver_pa + 2, 65520, 2)
        q.set_up(flags=R.VQ_ON | R.VQ_RESUME)
    rx.post(16)
    for i in range(70):
        assert tx.send(frame(i), cuts=(HDR, 50)), i
        assert rx.recv()[0] == frame(i)
        rx.post(1)
    assert tx.used_idx() == rx.used_idx() == (65520 + 70) & 0xffff


def test_start_looks(m):
    """What is available before the start needs no kick."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, qps=[1])
    rx = Vrx(b)
    tx = Vtx(a, on=False)
    tx.send(FRAME, kick=True)
    assert rx.recv(wait=False) is None and tx.used_idx() == 0
    assert a.enable(tx.vq) == 0
    assert rx.recv()[0] == FRAME


def test_resume(m):
    """What was available and not used is done again; what was used is not."""
    nic, a, b, tx, rx = pair(m)
    for i in range(3):
        assert tx.send(frame(i)) and rx.recv()[0] == frame(i)
    a.set(R.FUNC_CTRL, Vfunc.ENABLE | R.FUNC_CTRL_QUIESCE)
    head = tx.packet(frame(7))
    tx.offer(head)
    a.reset()
    a.features(USUAL)
    tx.set_up(flags=R.VQ_ON | R.VQ_RESUME)
    assert rx.recv()[0] == frame(7) and tx.used() == [(head, 0)]
    assert rx.recv(wait=False) is None
    b.reset()
    b.features(USUAL)
    rx.set_up(flags=R.VQ_ON | R.VQ_RESUME)
    for i in range(10):
        assert tx.send(frame(i)) and rx.recv()[0] == frame(i), i


def test_resume_signals(m):
    """A resumed ring is signalled once, and so is the first buffer it uses, wherever it begins."""
    nic, a, b, tx, rx = pair(m)
    for features in (USUAL, PLAIN):
        for idx in (0, 65535, 1000):
            assert a.enable(R.VQ_ALL, 0) == 0 and a.features(features) == 0
            tx.avail = tx.seen = idx
            m.wr(tx.device_pa + 2, idx, 2)
            m.wr(tx.driver_pa + 2, idx, 2)
            tx.event()
            tx.set_up(1, flags=R.VQ_ON | R.VQ_RESUME)
            assert nic.irq(11), 'what was used before may not have been signalled'
            assert tx.send(FRAME) and rx.recv() and nic.irq(11), (features == USUAL, idx)
            rx.post(1)


def test_reset(m):
    """Function reset forgets queues and features."""
    nic, a, b, tx, rx = pair(m)
    a.msix(1, 4)
    a.reset()
    assert nic.rd(R.QP(0) + R.QP_TX + R.Q_CTL) == 0 == nic.rd(R.QP(0) + R.QP_TX + R.Q_INT)
    tx.send(FRAME, kick=False)
    tx.kick()
    assert rx.recv(wait=False) is None and a.enable(tx.vq) == EINVAL
    assert a.get(R.FUNC_STATUS) & R.FUNC_STATUS_VIRTIO
    a.features(BASE)
    tx = Vtx(a)
    assert tx.send(FRAME, direct=0) is False and tx.reason() == R.Q_ERR_DESC, 'no indirect tables now'
    nic.wr(R.CTRL, R.CTRL_RESET)
    assert a.get(R.FUNC_STATUS) == 0


def test_take_away(m):
    """A queue pair that is taken away or moved stops its VQs."""
    nic, a, _, tx, rx = pair(m)
    a.set(R.FUNC_QMAP(0), R.QMAP_VALID | 5)
    assert nic.rd(R.QP(0) + R.QP_TX + R.Q_CTL) == 0 == nic.rd(R.QP(5) + R.QP_TX + R.Q_CTL)
    assert a.enable(tx.vq) == EINVAL
    a.qps = [5]
    assert Vtx(a).send(FRAME) and rx.recv()[0] == FRAME
    a.set(R.FUNC_QMAP(0), 0)
    assert a.addr(1, *GOOD) == EINVAL


def test_pauses(m):
    """Without DMA, and quiesced, a function's kicks are kept."""
    _, a, b, tx, rx = pair(m)
    for n, mode in enumerate((R.FUNC_CTRL_ENABLE, Vfunc.ENABLE | R.FUNC_CTRL_QUIESCE)):
        a.set(R.FUNC_CTRL, mode)
        tx.send(frame(n), kick=False)
        tx.kick()
        assert rx.recv(wait=False) is None
        a.set(R.FUNC_CTRL, Vfunc.ENABLE)
        assert rx.recv()[0] == frame(n) and tx.used()
        b.set(R.FUNC_CTRL, mode)
        assert tx.send(frame(n)) and rx.recv(wait=False) is None
        b.set(R.FUNC_CTRL, Vfunc.ENABLE)
        assert rx.recv()[0] == frame(n)


def test_vlan(m):
    """Port VLANs, rates and anti-spoofing are the VSI's, whatever the queues."""
    nic, a, b, tx, rx = pair(m)
    assert tx.send(eth(B, mac(9), bytes(60))) and a.stat(R.STAT_SPOOFED) == 1
    assert nic.vsi(1, R.VSI_ACTIVE, vlan=5) == 0
    up = eth(mac(9), A, bytes(60))
    assert tx.send(up) and m.recv() == up[:12] + b'\x81\0\0\5' + up[12:]
    assert nic.vsi(2, R.VSI_ACTIVE, vlan=6) == 0
    assert tx.send(FRAME) and rx.recv(wait=False) is None
    assert nic.vsi(2, R.VSI_ACTIVE, vlan=5) == 0
    assert tx.send(FRAME) and rx.recv()[0] == FRAME


def test_rate(m):
    nic, a, _, tx, rx = pair(m)
    assert nic.vsi(1, R.VSI_ACTIVE, rate=1) == 0
    for i in range(20):
        tx.send(frame(i, 1200), kick=False)
    tx.kick()
    first = len(tx.used())
    assert 0 < first < 20 and a.stat(R.STAT_RATE_WAITS) > 0
    for _ in range(40):
        m.step(10_000_000)
        m.settle()
    assert first + len(tx.used(0)) == 20


def test_turns(m):
    """A queue with a long ring does not starve another."""
    nic = Nic(m)
    a, c = Vfunc(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, qps=[1])
    busy, other = Vtx(a, n=1024), Vtx(c)
    head = busy.packet(eth(mac(9), A, bytes(46)), cuts=())
    busy.offer(*[head] * 1000)
    assert other.send(eth(mac(9), B, bytes(46)))
    assert len(busy.used(1000)) == 1000


# --- notifications ---


def test_flags(m):
    """Without EVENT_IDX: the flags of both sides."""
    nic, _, _, tx, rx = pair(m, features=PLAIN, tx={'vector': 1}, vector=1, post=2)
    assert tx.send(FRAME) and rx.recv() and nic.irq(11) and nic.irq(12)
    assert tx.no_notify() == 0, 'found empty'
    tx.no_interrupt()
    rx.no_interrupt()
    assert tx.send(FRAME) and rx.recv()
    assert not nic.irq(11, wait=False) and not nic.irq(12, wait=False)
    rx.no_interrupt(0)
    assert tx.send(FRAME) and rx.recv(wait=False) is None
    assert rx.no_notify() == 0, 'it waits for buffers'
    rx.post(4)
    assert rx.recv()[0] == FRAME and nic.irq(12)
    assert rx.no_notify() == 1, 'there are some'


def test_event_idx(m):
    """With EVENT_IDX: an interrupt when the wished index is passed, kicks from where it is empty."""
    nic, _, _, tx, rx = pair(m, tx={'vector': 1}, vector=1)
    tx.event(2)
    rx.event(0)
    for i in range(4):
        assert tx.send(frame(i)) and rx.recv()
        assert tx.avail_event() == i + 1
        assert nic.irq(11, wait=i == 2) == (i == 2), i
        assert nic.irq(12, wait=i == 0) == (i == 0), i
    tx.event(5)
    heads = [tx.packet(frame(9)) for _ in range(3)]
    tx.offer(*heads)
    assert len(tx.used(3)) == 3 and nic.irq(11), 'passed within a burst'
    tx.no_interrupt()
    tx.event()
    assert tx.send(FRAME) and nic.irq(11), 'the flag says nothing then'


def test_event_of_receivers(m):
    """A receiver without buffers asks for the next one that is added."""
    _, _, _, tx, rx = pair(m, post=0)
    assert tx.send(FRAME)
    assert rx.avail_event() == 0 and rx.recv(wait=False) is None
    rx.post(3)
    for _ in range(3):
        assert tx.send(FRAME) or True
    assert [rx.recv()[0] for _ in range(3)] == [FRAME] * 3
    m.settle()
    assert rx.avail_event() == 3 and rx.recv(wait=False) is None
    rx.post(1)
    assert rx.recv()[0] == FRAME


def test_vectors(m):
    """No register of the guest enables a vector; ITR_MIN holds; none is none; a change is at once."""
    nic, a, _, tx, rx = pair(m, tx={'vector': 1}, n=256, post=60)
    tx.event(0)
    assert tx.send(FRAME) and nic.irq(11)
    tx.event()
    assert tx.send(FRAME) and nic.irq(11), 'without being enabled again'
    a.set(R.FUNC_ITR_MIN, 500)
    m.step(2_000_000)
    tx.event()
    assert tx.send(FRAME) and nic.irq(11)
    tx.event()
    assert tx.send(FRAME) and not nic.irq(11, wait=False)
    m.step(1_100_000)
    assert nic.irq(11)
    a.set(R.FUNC_ITR_MIN, 0)
    assert a.msix(tx.vq, R.VQ_NO_VECTOR) == 0
    tx.event()
    assert tx.send(FRAME) and not nic.irq(11, wait=False)
    a.vector(5, 20)
    assert a.msix(tx.vq, 5) == 0
    tx.event()
    assert tx.send(FRAME) and nic.irq(20)
    a.set(R.FUNC_VECMAP(5), R.INTVEC_VALID | R.INTVEC_SHARED)
    tx.event()
    assert tx.send(FRAME)
    assert [unpack('HH', r) for r in nic.records(nic.cause)] == [(1, 5)]


# --- receive ---


def test_mergeable(m):
    """A frame takes as many buffers as it needs, all used at once."""
    _, _, b, tx, rx = pair(m, bufsz=256, n=256, post=200)
    for size in (200, 244 - 14, 248 - 14, 500, 4000, 9000):
        f = frame(size, size // 4 * 4)
        assert tx.send(f)
        got, head = rx.recv()
        assert got == f and head['buffers'] == -(-(len(f) + HDR) // 256), size
    assert b.stat(R.STAT_RX_DISCARDS) == 0


def test_mergeable_waits(m):
    """A frame waits until all of its buffers are there."""
    _, _, b, tx, rx = pair(m, bufsz=1024, post=2)
    f = frame(3, 2400)
    assert tx.send(f) and rx.recv(wait=False) is None
    assert rx.avail_event() == 2
    rx.post(1)
    assert rx.recv()[0] == f and b.stat(R.STAT_RX_DISCARDS) == 0


def test_mergeable_hopeless(m):
    """A frame that a full ring does not hold is lost, its buffers are not; small ones go on."""
    _, _, b, tx, rx = pair(m, bufsz=128, n=8, post=8)
    assert tx.send(frame(1, 2000)) and b.stat(R.STAT_RX_DISCARDS) == 1 and rx.used_idx() == 0
    assert tx.send(frame(2)) and rx.recv()[0] == frame(2)


def test_no_merging(m):
    """Without it a buffer holds a frame, or is used empty."""
    _, _, b, tx, rx = pair(m, features=USUAL & ~MRG_RXBUF, bufsz=1024)
    assert tx.send(frame(1, 1012 - 16)) and rx.recv()[0] == frame(1, 1012 - 16)
    assert tx.send(frame(2, 1012)) and rx.recv() == (b'', None)
    assert b.stat(R.STAT_RX_DISCARDS) == 1 and b.stat(R.STAT_RX_UNICAST) == 1
    assert tx.send(frame(3))
    got, head = rx.recv()
    assert got == frame(3) and head['buffers'] == 1


def test_held(m):
    """64 frames are held for a queue without buffers."""
    _, _, b, tx, rx = pair(m, tx={'n': 128}, post=0, n=128)
    for i in range(70):
        assert tx.send(frame(i)) or i > 64
        m.step(25_000_000)
    rx.post(80)
    for i in range(64):
        assert rx.recv()[0] == frame(i)
    assert b.stat(R.STAT_RX_DISCARDS) == 6
    rx.f.enable(rx.vq, 0)
    assert tx.send(FRAME) and b.stat(R.STAT_RX_DISCARDS) == 7, 'no queue'


def test_rss(m):
    """The VSI's table chooses the queue; a queue that is off is replaced by the first."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, qps=[1, 2, 3])
    tx, rxs = Vtx(a), [Vrx(b, q) for q in range(2)]
    lut = bytes(i % 3 for i in range(64))
    for at in range(0, 64, 16):
        assert nic.fw(R.FW_RSS_LUT, pack('HBB', 2, at, 16) + lut[at:at + 16]) == 0
    key = bytes((i * 37 + 11) & 255 for i in range(52))
    for at in range(0, 52, 16):
        part = key[at:at + 16]
        assert nic.fw(R.FW_RSS_KEY, pack('HBB', 2, at, len(part)) + part) == 0
    assert nic.fw(R.FW_RSS_HASH, pack('HHIQ', 2, 0, 0, (1 << 64) - 1)) == 0
    for port in range(24):
        assert tx.send(packet(B, A, 0, UDP, b'x' * 30, 'valid', sport=port))
    used = [rx.used_idx() for rx in rxs]
    assert sum(used) == 24 and min(used) > 3, used


