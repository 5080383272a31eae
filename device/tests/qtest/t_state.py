# SPDX-License-Identifier: GPL-2.0-only
"""Saving and loading a function: what goes along, and what a hostile state meets."""
from .machine import pack, unpack
from .nic import Func, Nic, Rx, Tx
from .packets import TCP, command, eth, mac, offsets, packet
from .regs import R
from .t_mailbox import Aq, PfRing

EIO, EBUSY, EINVAL, ENOSPC = 5, 16, 22, 28
A, B = mac(1), mac(2)
FRAME = eth(B, A, bytes(range(200)))
QUIET = Func.ENABLE | R.FUNC_CTRL_QUIESCE

# Places in a state of an AVF.
HEAD, FUNC, VEC, AQ, QUEUE = 16, 16, 16, 32, 16
AT_FUNC = HEAD
AT_VEC = AT_FUNC + FUNC
AT_AQ = AT_VEC + R.FUNC_VECS * VEC
AT_QUEUE = AT_AQ + 2 * AQ
AVF = AT_QUEUE + 2 * R.FUNC_QPS * QUEUE     # without messages
MOST = AVF + R.STATE_MSGS * (12 + R.AQ_BUF_MAX)


def vec(v):
    return AT_VEC + v * VEC


def queue(q, rx):
    return AT_QUEUE + (2 * q + rx) * QUEUE


class State:
    """Commands to a function, with a buffer of their own."""

    def __init__(self, f, size=MOST):
        self.f, self.m = f, f.m
        self.at = f.m.alloc(size)

    def command(self, what, size, at=None):
        """A positive errno or 0."""
        at = self.at if at is None else at
        self.f.set(R.FUNC_STATE_LO, at & 0xffffffff)
        self.f.set(R.FUNC_STATE_HI, at >> 32)
        self.f.set(R.FUNC_STATE_LEN, size)
        self.f.set(R.FUNC_STATE_CTL, what)
        return self.result()

    def result(self):
        assert self.m.until(lambda: not self.f.get(R.FUNC_STATE_CTL) & R.STATE_BUSY), 'it is done'
        ctl = self.f.get(R.FUNC_STATE_CTL)
        assert ctl & R.STATE_ERR or not ctl
        return (ctl & R.STATE_ERRNO) >> R.STATE_ERRNO_SHIFT

    def size(self):
        assert self.command(R.STATE_SIZE, 0) == 0
        return self.f.get(R.FUNC_STATE_LEN)

    def save(self):
        assert self.command(R.STATE_SAVE, MOST) == 0
        return self.m.read(self.at, self.f.get(R.FUNC_STATE_LEN))

    def load(self, state):
        self.m.write(self.at, state)
        return self.command(R.STATE_LOAD, len(state))


def put(state, at, fmt, val):
    new = pack(fmt, val)
    return state[:at] + new + state[at + len(new):]


def get(state, at, fmt):
    return unpack(fmt, state[at:at + len(pack(fmt, 0))])[0]


def twin(f, idx, qps, flags=R.VSI_ACTIVE):
    """A function with the same memory, and queues that are set up alike."""
    g = Func(f.nic, idx, mac(idx), qps=qps, flags=flags, table=False)
    g.tab, g.pa = f.tab, f.pa
    g.set(R.FUNC_XLAT_LO, f.tab.root | R.FUNC_XLAT_VALID)
    for mine, other in zip(qps, f.qps):
        for half in (R.QP_TX, R.QP_RX):
            for reg in (R.Q_BASE_LO, R.Q_BASE_HI, R.Q_LEN, R.Q_INT, R.Q_BUFSZ, R.Q_MAXFRAME):
                f.nic.wr(R.QP(mine) + half + reg, f.nic.rd(R.QP(other) + half + reg))
    g.set(R.FUNC_CTRL, QUIET)
    return g


def follow(q, g):
    """The queue is @g's from now on."""
    q.f, q.block = g, R.QP(g.qps[q.q]) + (R.QP_RX if q.rx else R.QP_TX)


def moved(f, idx, qps):
    """Its state in another function, which runs."""
    f.set(R.FUNC_CTRL, QUIET)
    state = State(f).save()
    g = twin(f, idx, qps)
    s = State(g)
    assert s.load(state) == 0
    assert s.save() == state, 'what was loaded is saved again'
    return g, state


def test_size(m):
    f = Func(Nic(m), 1, A, qps=[0])
    f.set(R.FUNC_CTRL, QUIET)
    s = State(f)
    assert s.size() == AVF
    assert s.command(R.STATE_SAVE, AVF - 1) == ENOSPC
    state = s.save()
    assert unpack('IHHIHH', state[:HEAD]) == (R.STATE_MAGIC, R.STATE_VERSION, R.STATE_AVF, AVF, 0, 0)
    assert get(state, AT_FUNC, 'I') == R.RSTAT_VFACTIVE
    assert not any(state[AT_VEC:])


def test_rings_go_along(m):
    """Descriptors that wait, and tails that were written while the function was quiesced."""
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    tx, rx = Tx(a), Rx(b)
    assert tx.send(FRAME) and rx.recv()[0] == FRAME
    for f in (a, b):
        f.set(R.FUNC_CTRL, QUIET)
    tx.send(FRAME, bell=False)
    tx.bell()
    c, d = moved(a, 3, [2])[0], moved(b, 4, [3])[0]
    for old, new, q, addr in ((b, d, rx, B), (a, c, tx, A)):
        assert q.get(R.Q_HEAD) == 1 and q.ctl() == R.Q_CTL_ENABLE | R.Q_CTL_ACTIVE
        old.set(R.FUNC_CTRL, 0)
        assert nic.fw(R.FW_VSI_CLEAR, pack('H', old.idx)) == 0
        assert nic.vsi(new.idx, R.VSI_ACTIVE, addr) == 0
        follow(q, new)
        assert q.get(R.Q_HEAD) == 1 and q.ctl() == R.Q_CTL_ENABLE | R.Q_CTL_ACTIVE
        new.set(R.FUNC_CTRL, Func.ENABLE)
    assert rx.recv()[0] == FRAME, 'what the source had been given'
    assert tx.send(FRAME) and rx.recv()[0] == FRAME


def test_half_a_packet_goes_along(m):
    """Segments that left are not sent again. The rate ends the turn in the middle of a packet."""
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    tx, rx = Tx(a), Rx(b, n=256, post=200)
    assert nic.vsi(1, R.VSI_ACTIVE, rate=1) == 0
    data = bytes(i * 7 & 255 for i in range(60000))
    tx.send(packet(B, A, 0, TCP, data, 'tso'), command(0, TCP), offsets(0, TCP), mss=300, hdr=54, bell=False)
    tx.bell()
    m.settle()
    c, state = moved(a, 3, [2])
    left = get(state, queue(0, 0) + 12, 'I')
    assert 0 < left < 200
    a.set(R.FUNC_CTRL, 0)
    follow(tx, c)
    c.set(R.FUNC_CTRL, Func.ENABLE)
    got = [rx.recv()[0] for _ in range(200)]
    assert b''.join(f[54:] for f in got) == data
    assert rx.recv(wait=False) is None and tx.get(R.Q_HEAD) == tx.tail


def test_vectors_go_along(m):
    """Pending, with the ITR that the cause named; ITRs, DYN_CTL and the latched mailbox event."""
    nic = Nic(m)
    f = Func(nic, 1, A)
    f.vector(1, 10)
    f.win_wr(R.WIN_ITR(1, 0), 500)
    f.arm(1, R.DYN_INTENA | R.DYN_SWINT_TRIG | R.DYN_SW_ITR_ENA | 1 << 25 | 3 << 3)
    assert nic.irq(10)
    f.arm(1, R.DYN_INTENA | R.DYN_SWINT_TRIG | R.DYN_SW_ITR_ENA | 1 << 25 | 3 << 3)
    f.arm(2, R.DYN_SWINT_TRIG | 3 << 3)
    f.win_wr(R.WIN_ICR0_ENA1, R.ICR0_ADMINQ)
    f.set(R.FUNC_CTRL, QUIET)
    m.step(10_000_000)
    assert not nic.irq(10, wait=False), 'a quiesced function sends none'
    state = State(f).save()
    assert state[vec(1) + 4:vec(1) + 7] == b'\1\1\2' and state[vec(2) + 4:vec(2) + 7] == b'\0\1\x08'
    g, _ = moved(f, 2, [])
    assert g.win(R.WIN_ITR(1, 0)) == 500 and g.win(R.WIN_ICR0_ENA1) == R.ICR0_ADMINQ
    for v in (1, 2):
        g.vector(v, 20 + v)
    assert not nic.irq(21, wait=False)
    g.set(R.FUNC_CTRL, Func.ENABLE)
    assert nic.irq(21) and not nic.irq(22, wait=False)
    g.arm(2)
    assert nic.irq(22)
    f.set(R.FUNC_CTRL, Func.ENABLE)
    assert nic.irq(10), 'the source goes on, too'


def test_cause_without_room_goes_along(m):
    """A shared vector that waits for the cause ring."""
    nic = Nic(m, cause_len=2)
    f, other = Func(nic, 1, A), Func(nic, 5, mac(5))
    for who, v in ((other, 1), (f, 1)):
        who.set(R.FUNC_VECMAP(v), R.INTVEC_VALID | R.INTVEC_SHARED)
        who.arm(v, R.DYN_INTENA | R.DYN_SWINT_TRIG | 3 << 3)
        m.settle()
    f.set(R.FUNC_CTRL, QUIET)
    state = State(f).save()
    assert state[vec(1) + 4:vec(1) + 7] == b'\1\1\x08'


def test_mailbox_goes_along(m):
    """Messages that wait for descriptors, and a queue in the middle of its work."""
    nic = Nic(m)
    f = Func(nic, 1, A)
    pf = PfRing(nic, R.MBX_TX, n=64)
    atq, arq = Aq(f, False), Aq(f, True)
    arq.post(2)
    for i in range(5):
        pf.send(1, bytes([i]) * (i + 1), high=100 + i)
    assert arq.done(2)
    atq.send(b'request')            # the PF has no buffer for it
    m.settle()
    f.set(R.FUNC_CTRL, QUIET)
    s = State(f)
    state = s.save()
    assert len(state) == s.size() == AVF + 3 * 12 + 4 + 4 + 8 and get(state, 12, 'H') == 3
    g, _ = moved(f, 2, [])
    g.vector(0, 20)
    f.set(R.FUNC_CTRL, 0)
    atq.f = arq.f = g
    assert (atq.rd(12), arq.rd(12), arq.rd(16)) == (0, 2, 2)
    g.set(R.FUNC_CTRL, Func.ENABLE)
    arq.post(3)
    assert arq.done(5)
    for i in (2, 3, 4):
        d = arq.get(i)
        assert (d['cookie_high'], d['datalen']) == (100 + i, i + 1)
        assert m.read(arq.bufs[i][1], i + 1) == bytes([i]) * (i + 1)
    rx = PfRing(nic, R.MBX_RX)
    rx.post(4)
    d = rx.next()
    assert d['data'] == b'request' and d['param0'] == 2, 'stamped with its new number'
    assert atq.done(1)


def test_most_messages(m):
    nic = Nic(m)
    f = Func(nic, 1, A)
    pf = PfRing(nic, R.MBX_TX, n=128)
    for i in range(R.STATE_MSGS):
        pf.send(1, b'x' * 4096, high=i)
    m.settle()
    f.set(R.FUNC_CTRL, QUIET)
    s = State(f)
    assert s.size() == MOST
    g, _ = moved(f, 2, [])
    assert State(g).size() == MOST


def test_stopped_queue_goes_along(m):
    nic = Nic(m)
    a = Func(nic, 1, A, qps=[0])
    tx = Tx(a)
    tx.bell(77)
    assert tx.reason() == R.Q_ERR_TAIL
    c, _ = moved(a, 3, [2])
    follow(tx, c)
    assert tx.reason() == R.Q_ERR_TAIL and not tx.ctl() & R.Q_CTL_ACTIVE


def test_when(m):
    """Only of an ADI that is enabled and quiesced, and LOAD without a running queue."""
    nic = Nic(m)
    f = Func(nic, 1, A, qps=[0])
    s = State(f)
    for what in (R.STATE_SIZE, R.STATE_SAVE, R.STATE_LOAD):
        assert s.command(what, MOST) == EBUSY
    f.set(R.FUNC_CTRL, QUIET)
    state = s.save()
    tx = Tx(f)
    assert s.load(state) == EBUSY and tx.ctl() & R.Q_CTL_ACTIVE
    tx.enable(0)
    assert s.load(state) == 0
    assert s.command(0, MOST) == EINVAL
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_QUIESCE)
    assert s.command(R.STATE_SAVE, MOST) == EINVAL, 'disabled'
    pf = State(Func(nic, 0, mac(9)))
    pf.f.set(R.FUNC_CTRL, QUIET)
    assert pf.command(R.STATE_SIZE, 0) == EINVAL


def test_bus(m):
    """A command waits for the bus; memory that is none."""
    f = Func(Nic(m), 1, A)
    f.set(R.FUNC_CTRL, QUIET)
    s = State(f)
    state = s.save()
    for what in (R.STATE_SAVE, R.STATE_LOAD):
        assert s.command(what, len(state), at=0xfee00000) == EIO
        assert s.command(what, len(state), at=1 << 60) == EIO
    m.cfg_wr(4, 2, 2)
    f.set(R.FUNC_STATE_LO, s.at)
    f.set(R.FUNC_STATE_HI, 0)
    f.set(R.FUNC_STATE_CTL, R.STATE_SAVE)
    m.settle()
    assert f.get(R.FUNC_STATE_CTL) & R.STATE_BUSY
    for reg, val in ((R.FUNC_STATE_LEN, 5), (R.FUNC_STATE_LO, 64), (R.FUNC_STATE_CTL, 0)):
        f.set(reg, val)
    assert f.get(R.FUNC_STATE_LEN) == len(state) and f.get(R.FUNC_STATE_LO) == s.at
    m.cfg_wr(4, 6, 2)
    assert s.result() == 0 and m.read(s.at, len(state)) == state


def test_reset_takes_a_command_back(m):
    f = Func(Nic(m), 1, A)
    f.set(R.FUNC_CTRL, QUIET)
    m.qmp('qom-set', path='nic', property='inject', value='function 1 state')
    for end in (lambda: f.set(R.FUNC_CTRL, QUIET | R.FUNC_CTRL_RESET), lambda: f.nic.wr(R.CTRL, R.CTRL_RESET)):
        f.set(R.FUNC_STATE_CTL, R.STATE_SIZE)
        m.settle()
        assert f.get(R.FUNC_STATE_CTL) == R.STATE_BUSY
        end()
        assert f.get(R.FUNC_STATE_CTL) == 0
    assert f.get(R.FUNC_STATE_LEN) == 0


# --- hostile states -----------------------------------------------------------------------

def busy_function(m):
    """An AVF with something in each record of its state, and the one that takes it."""
    nic = Nic(m)
    f = Func(nic, 1, A, qps=[0, 1])
    pf = PfRing(nic, R.MBX_TX)
    Tx(f), Rx(f, post=8), Tx(f, q=1)
    Aq(f, False).put(bytes(32))
    Aq(f, True, enable=False)
    f.arm(3, R.DYN_SWINT_TRIG)
    pf.send(1, b'hello')
    m.settle()
    f.set(R.FUNC_CTRL, QUIET)
    state = State(f).save()
    g = twin(f, 2, [2, 3])
    return state, State(g)


def fields():
    """(where, format, values that no register write makes)"""
    yield from ((0, 'I', (0, R.STATE_MAGIC + 1)), (4, 'H', (0, R.STATE_VERSION + 1, 0xffff)),
                (6, 'H', (R.STATE_VIRTIO, 2)), (8, 'I', (0, AVF, 0xffffffff)),
                (12, 'H', (0, 2, R.STATE_MSGS + 1, 0xffff)), (14, 'H', (1,)))
    yield from ((AT_FUNC, 'I', (4, 1 << 31)), (AT_FUNC + 4, 'I', (2, 1 << 31)), (AT_FUNC + 12, 'I', (1,)))
    for v in (0, 3, 16):
        at = vec(v)
        yield from ((at, 'I', (1, R.DYN_CLEARPBA, R.DYN_SWINT_TRIG, R.DYN_INTENA_MSK, 1 << 17)),
                    (at + 4, 'B', (2, 255)), (at + 5, 'B', (2, int(v != 3))), (at + 7, 'B', (1,)),
                    (at + 6, 'B', (16, 255, 0 if v == 3 else 1)), (at + 14, 'H', (1,)))
        for i in range(3):
            yield at + 8 + 2 * i, 'H', (0x1000, 0xffff)
    for at in (AT_AQ, AT_AQ + AQ):
        yield from ((at + 16, 'I', (0x400, 1 << 27)), (at + 20, 'I', (0x400, 1 << 31)),
                    (at + 24, 'I', (0x400, 1 << 31)), (at + 28, 'I', (2, 1 << 31)))
    # The ATQ is armed, with 32 entries.
    yield from ((AT_AQ + 16, 'I', (0, 32, 1 | R.AQ_LEN_ENABLE)), (AT_AQ + 20, 'I', (32, 1023)),
                (AT_AQ + 24, 'I', (32, 1023)), (AT_AQ + AQ + 28, 'I', (1,)))
    for at, n in ((queue(0, 0), 64), (queue(0, 1), 64), (queue(1, 0), 64)):
        yield from ((at, 'B', (2, 3, 255)), (at + 1, 'B', (1, 255)), (at + 2, 'H', (1,)),
                    (at + 4, 'I', (n, 0xffffffff)), (at + 8, 'I', (n, 0xffffffff)),
                    (at + 12, 'I', (1 if at == queue(0, 1) else 1041, 0xffffffff)))
    # This half has no configuration, the next no queue pair.
    for at in (queue(1, 1), queue(2, 0), queue(15, 1)):
        yield from ((at, 'B', (1, 3)), (at + 1, 'B', (1,)), (at + 4, 'I', (1,)), (at + 12, 'I', (1,)))
    yield from ((AVF + 8, 'H', (4, 9, 4097, 0xffff)), (AVF + 10, 'H', (1,)))
    yield from ((AVF + 12 + 5 + i, 'B', (1,)) for i in range(3))


def test_hostile_fields(m):
    state, s = busy_function(m)
    before = s.save()
    n = 0
    for at, fmt, values in fields():
        for val in values:
            bad = put(state, at, fmt, val)
            if bad == state:
                continue
            assert s.load(bad) == EINVAL, (at, fmt, hex(val))
            n += 1
    assert n > 150
    assert s.save() == before, 'nothing of a refused state stays'
    assert s.load(state) == 0


def test_hostile_lengths(m):
    """Cut off anywhere, and with more behind."""
    state, s = busy_function(m)
    before = s.save()
    m.write(s.at, state)
    for n in (*range(0, len(state), 24), *range(len(state) - 24, len(state)), len(state) + 1, len(state) + 12,
              264 * 1024 + 1, 0xffffffff):
        assert s.command(R.STATE_LOAD, n) == EINVAL, n
        whole = (state + bytes(64))[:n]
        if HEAD <= n == len(whole):
            assert s.load(put(whole, 8, 'I', n)) == EINVAL, n
            m.write(s.at, state)
    assert s.save() == before
    assert s.load(state) == 0


def test_long_and_many_messages(m):
    """All is right about them but their length, or their number."""
    state, s = busy_function(m)
    for msgs in ([4097], [0] * (R.STATE_MSGS + 1)):
        tail = b''.join(pack('IIHH', 0, 0, n, 0) + bytes((n + 3) & ~3) for n in msgs)
        assert s.load(put(put(state[:AVF] + tail, 8, 'I', AVF + len(tail)), 12, 'H', len(msgs))) == EINVAL


def test_unfit_configuration(m):
    """An active queue whose set-up ENABLE would refuse."""
    state, s = busy_function(m)
    block = R.QP(s.f.qps[0]) + R.QP_RX
    for reg, val in ((R.Q_LEN, 33), (R.Q_LEN, 8192), (R.Q_BASE_LO, 64), (R.Q_BUFSZ, 0), (R.Q_BUFSZ, 16384)):
        was = s.f.nic.rd(block + reg)
        s.f.nic.wr(block + reg, val)
        assert s.load(state) == EINVAL, (reg, val)
        s.f.nic.wr(block + reg, was)
    s.f.set(R.FUNC_QMAP(1), 0)
    assert s.load(state) == EINVAL, 'without a queue pair'
    s.f.set(R.FUNC_QMAP(1), R.QMAP_VALID | s.f.qps[1])
    assert s.load(state) == 0


def test_stopped_fields(m):
    """A queue that has stopped with an error."""
    state, s = busy_function(m)
    at = queue(1, 0)
    stopped = put(put(state, at, 'B', R.STATE_STOPPED), at + 1, 'B', R.Q_ERR_DESC)
    for off, fmt, values in ((1, 'B', (0, 5, 255)), (4, 'I', (64, 0xffffffff)), (12, 'I', (1,))):
        for val in values:
            assert s.load(put(stopped, at + off, fmt, val)) == EINVAL, (off, val)
    assert s.load(put(stopped, at + 4, 'I', 63)) == 0
    assert s.f.nic.rd(R.QP(s.f.qps[1]) + R.Q_HEAD) == 63
