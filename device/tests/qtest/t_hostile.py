# SPDX-License-Identifier: GPL-2.0-only
"""Whatever is written, the device stays alive and others are served."""
import math
import os
import random

from . import fuzz_packets
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import BROADCAST, TCP, command, eth, mac, offsets, packet
from .regs import R

A, B = mac(1), mac(2)
ROUNDS = int(os.environ.get('FUZZ_ROUNDS', '12000'))
SEED = int(os.environ.get('FUZZ_SEED') or 0)


def pair(m):
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    return nic, a, b, Tx(a), Rx(b)


def test_tails(m):
    nic, a, b, tx, rx = pair(m)
    for q in (tx, rx):
        for bad in (64, 65, 4096, 0x80000000, 0xffffffff):
            q.bell(bad)
            assert q.ctl() & (R.Q_CTL_ERROR | R.Q_CTL_ACTIVE) == R.Q_CTL_ERROR
            assert q.reason() == R.Q_ERR_TAIL
            q.bell(1)
            m.settle()
            assert not q.ctl() & R.Q_CTL_ACTIVE, 'only ENABLE 0 -> 1 helps'
            q.set(R.Q_CTL, 0)
            q.enable()
            assert q.ctl() & R.Q_CTL_ACTIVE
    assert a.stat(R.STAT_BAD_TAILS) == b.stat(R.STAT_BAD_TAILS) == 5
    tx.set(R.Q_CTL, 0)
    tx.bell(100)
    tx.set(R.Q_CTL, 1)
    assert tx.reason() == R.Q_ERR_TAIL, 'a bad latched tail'


def test_noise_hides_nobody(m):
    """One guest fills the log to its limit; another one's line is there."""
    nic, a, b, tx, rx = pair(m)
    for _ in range(30):
        tx.bell(100)
        tx.set(R.Q_CTL, 0)
        tx.enable()
    rx.bell(100)
    assert 0 < m.stderr().count('function 1 queue 0: tail out of range') < 30
    assert m.stderr().count('function 2 queue 0: tail out of range') == 1


def test_descriptors(m):
    nic, a, _, tx, rx = pair(m)
    m.write(tx.buf_pa, eth(B, A, bytes(100)))
    bad = [
        [(0x2, 60, 3)], [(0xf, 60, 3)], [(0x0, 0, 3)], [(0x0, 13, 3)],
        [(0x0, 60, 0), (0x1, 0, 0), (0x0, 60, 3)],
        [(0x0, 60, 0)] * 63 + [(0x1, 0, 0)],
        [(0x0, 16383, 3)],
        [(0x0, 5000, 0), (0x0, 5000, 3)],
    ]
    for n, descs in enumerate(bad):
        for dtype, size, cmd in descs:
            tx.put(pack('QQ', tx.buf, dtype | cmd << 4 | size << 34))
            if tx.tail == tx.n - 1:
                break
        tx.bell()
        if len(descs) >= 63:        # 63 fit: no end of packet, nothing to do
            m.settle()
            assert tx.ctl() & R.Q_CTL_ACTIVE
        else:
            assert m.until(lambda: tx.reason() == R.Q_ERR_DESC), descs
        tx.set(R.Q_CTL, 0)
        tx.tail = 0
        tx.enable()
    tx.tail = 0
    assert tx.send(eth(B, A, bytes(100))) and rx.recv()


def test_no_end(m):
    nic, a, _, _, rx = pair(m)
    a.set(R.FUNC_QMAP(1), R.QMAP_VALID | 9)
    a.qps.append(9)
    tx = Tx(a, 1, n=128)
    m.write(tx.buf_pa, eth(B, A, bytes(100)))
    for _ in range(64):
        tx.data(tx.buf, 60, 0)
    tx.bell()
    assert m.until(lambda: tx.reason() == R.Q_ERR_DESC)
    tx.set(R.Q_CTL, 0)
    tx.tail = 0
    tx.enable()
    for i in range(64):
        tx.data(tx.buf, 100, 3 if i == 63 else 0)
    tx.bell()
    assert len(rx.recv()[0]) == 6400


def test_rx_descriptors(m):
    """Buffers anywhere: the queue faults and nobody else notices."""
    nic, a, b, tx, rx = pair(m)
    rx.set(R.Q_CTL, 0)
    rx.enable()
    for bad in (0, 0xfee00000, (1 << 64) - 1, 1 << 47):
        rx.put(pack('QQQQ', bad, 0, 0, 0))
        rx.bell()
        assert tx.send(eth(B, A, bytes(100)))
        assert nic.faults()[0]['func'] == 2
        nic.answer(2, R.UNIT_RXQ(0), R.FAULT_RESP_FAIL)
        rx.set(R.Q_CTL, 0)
        rx.tail = 0
        rx.enable()


def test_table_loops(m):
    """A table that is its own child is only a strange table."""
    nic, a, _, tx, _ = pair(m)
    root = a.tab.root
    m.wr(root + 511 * 8, root | 3, 8)
    tx.data(0xfffffffff000, 64, 3)
    tx.bell()
    m.settle()
    assert m.until(lambda: tx.desc(0)[1] & 0xf == 0xf or tx.ctl() & R.Q_CTL_ERROR)


def storm(m, n=40):
    """As many segments as there can be, to everyone; the rate stops it on the way."""
    nic = Nic(m)
    fs = [Func(nic, i, mac(i), qps=[i], flags=R.VSI_ACTIVE) for i in range(1, n)]
    for f in fs[1:]:
        Rx(f, post=1)
    tx = Tx(fs[0])
    assert nic.vsi(1, R.VSI_ACTIVE, rate=1) == 0
    tx.send(packet(BROADCAST, A, 0, TCP, b'', 'tso') + bytes(65536), command(0, TCP),
            offsets(0, TCP), mss=64, hdr=54, bell=False)
    tx.bell()
    m.settle()
    m.drain_now()
    sent = fs[0].stat(R.STAT_TX_BROADCAST)
    assert 0 < sent < 100, ('a part of it', sent)
    assert tx.get(R.Q_HEAD) == 0 and fs[0].stat(R.STAT_TSO_PACKETS) == 0
    return nic, fs, tx, sent


def end_storm(m, nic, f, tx, flags=R.VSI_ACTIVE):
    def done():
        m.drain_now()
        return tx.get(R.Q_HEAD) == 6
    assert nic.vsi(1, flags) == 0
    return m.until(done, 20) and tx.desc(5)[1] & 0xf == 0xf


def test_storm(m):
    """One packet is many frames: a pass sends some of them."""
    nic, fs, tx, _ = storm(m)
    other = Tx(fs[1])
    assert other.send(eth(mac(99), fs[1].mac, bytes(46)))
    assert end_storm(m, nic, fs[0], tx)
    assert fs[0].stat(R.STAT_TX_BROADCAST) == 1024 and fs[0].stat(R.STAT_TSO_PACKETS) == 1
    assert fs[0].stat(R.STAT_TX_BYTES) == 65536 + 1024 * 54
    for f in fs[1:]:
        assert f.stat(R.STAT_RX_BROADCAST) == 1 and f.stat(R.STAT_RX_DISCARDS) == 1024 - 65


def test_storm_forbidden(m):
    """What the VSI may not send any more is not sent."""
    nic, fs, tx, sent = storm(m, 10)
    assert end_storm(m, nic, fs[0], tx, 0)
    assert fs[0].stat(R.STAT_TX_BROADCAST) == sent and fs[0].stat(R.STAT_TX_DISCARDS) == 1


def test_storm_fault(m):
    """The write-back is looked at for every part; RETRY sends what is left."""
    nic, fs, tx, sent = storm(m, 10)
    fs[0].tab.map(tx.iova, tx.pa, perm=1)
    fs[0].set(R.FUNC_INVAL_CTL, 0)
    assert nic.vsi(1, R.VSI_ACTIVE) == 0
    f = nic.faults()[0]
    assert (f['addr'] & -4096, f['flags']) == (tx.iova, R.FAULT_WRITE | R.FAULT_PERM)
    assert fs[0].stat(R.STAT_TX_BROADCAST) == sent and tx.get(R.Q_HEAD) == 0
    fs[0].tab.map(tx.iova, tx.pa)
    nic.answer(1, 0, R.FAULT_RESP_RETRY)
    assert end_storm(m, nic, fs[0], tx) and fs[0].stat(R.STAT_TX_BROADCAST) == 1024


def test_storm_off(m):
    """A queue that was off begins with a whole packet."""
    nic, fs, tx, sent = storm(m, 10)
    tx.set(R.Q_CTL, 0)
    assert nic.vsi(1, R.VSI_ACTIVE) == 0
    m.settle()
    assert fs[0].stat(R.STAT_TX_BROADCAST) == sent
    tx.enable()
    whole = packet(BROADCAST, A, 0, TCP, b'', 'tso') + bytes(640)
    assert tx.send(whole, command(0, TCP), offsets(0, TCP), mss=64, hdr=54)
    assert fs[0].stat(R.STAT_TX_BROADCAST) == sent + 10


def test_storm_changed(m):
    """Another packet in the place of the one that was begun, with fewer segments."""
    nic, fs, tx, sent = storm(m, 10)
    was = fs[0].stat(R.STAT_TX_BYTES)
    assert sent > 7
    m.write(tx.pa, pack('QQ', 0, 1 | 1 << 4 | 9668 << 50))
    assert end_storm(m, nic, fs[0], tx)
    assert fs[0].stat(R.STAT_TX_BROADCAST) == sent + 1, 'the last one'
    assert fs[0].stat(R.STAT_TX_BYTES) == was + 54 + 65536 % 9668
    assert tx.ctl() & R.Q_CTL_ACTIVE


def registers(nic, rng):
    """One more or less sensible register."""
    f = rng.choice((0, 1, 2, 3, 255, 256, 257))
    kind = rng.randrange(7)
    if kind == 0:
        return 0, rng.randrange(0, 0x100, 4)
    if kind == 1:
        return 0, R.FUNC(f) + rng.randrange(0, 0x100, 4)
    if kind == 2:
        return 0, R.QP(rng.choice((0, 1, 2, 3, 1023, 1024))) + rng.randrange(0, 0x40, 4)
    if kind == 3:
        return 0, R.PF_WINDOW + rng.randrange(0, R.WINDOW_SIZE, 4)
    if kind == 4:
        return 2, rng.randrange(3) * R.WINDOW_SIZE + rng.choice(
            (rng.randrange(0, 0x40, 4), 0x1000 + rng.randrange(0, 0x40, 4),
             0x1800 + rng.randrange(0, 0x100, 4), 0x2800 + rng.randrange(0, 0x40, 4),
             0x3000 + rng.randrange(0, 0x60, 4)))
    if kind == 5:
        return 4, rng.choice((R.FW_REQUEST, R.FW_REPLY)) + rng.randrange(0, 64)
    return 0, rng.randrange(0, R.BAR_CTRL_SIZE, 4)


def value(m, rng):
    return rng.choice((
        0, 1, 3, 0xffffffff, 0x80000000, 0x80000001, rng.getrandbits(32), rng.getrandbits(8),
        1 << rng.randrange(32), 0x100000 + rng.randrange(0, 1 << 20) // 128 * 128,
        0x80000000 | rng.randrange(0, 1100), 0x80000000 | 1 << rng.randrange(17), 64, 512, 0x1000,
        0x80000000 | 32 * rng.randrange(1, 32)))


def fuzz(m, seed, rounds=ROUNDS):
    rng = random.Random(seed)
    junk = rng.randbytes(1 << 20)
    m.write(0x100000, junk)
    nic = Nic(m)
    fs = [Func(nic, i, mac(i + 1), qps=[i], flags=R.VSI_ACTIVE | R.VSI_UC_PROMISC)
          for i in range(3)]
    for f in fs:
        Tx(f, enable=False).enable()
        Rx(f)
    for n in range(rounds):
        bar, off = registers(nic, rng)
        if rng.random() < 0.02:
            m.bar(bar, off, rng.choice((1, 2, 4, 8)) if bar != 4 else 4)
            continue
        if (bar, off) == (0, R.CTRL) and rng.random() < 0.9:
            continue
        m.bar_wr(bar, off, value(m, rng))
        if n % 1000 == 0:
            m.step(1_000_000)
            m.send(eth(mac(rng.randrange(4)), mac(9), rng.randbytes(rng.randrange(46, 1500))))
    m.settle()
    nic.wr(R.CTRL, R.CTRL_RESET)
    for i in range(0, 28, 4):
        m.bar_wr(4, R.FW_CSR, R.FW_CSR3_READY)
    nic, a, b, tx, rx = pair(m)
    f = eth(B, A, b'alive' * 20)
    assert tx.send(f) and rx.recv()[0] == f


def test_fuzz_1(m):
    fuzz(m, SEED + 1)


def test_fuzz_2(m):
    fuzz(m, SEED + 2)


def test_fuzz_descriptors(m):
    """Random bytes as descriptors of every ring."""
    rng = random.Random(SEED + 3)
    nic, a, b, tx, rx = pair(m)
    for n in range(max(300, ROUNDS // 40)):
        for q in (tx, rx):
            q.set(R.Q_CTL, 0)
            q.tail = 0
            data = bytearray(rng.randbytes(q.n * q.size))
            for i in range(0, len(data), q.size):
                if rng.random() < 0.9:      # somewhere in the function's memory
                    data[i:i + 8] = pack('Q', tx.buf + rng.randrange(70000) if q is tx else
                                         rx.bufs[0][0])
                if q is tx and rng.random() < 0.8:
                    qw1 = rng.getrandbits(64) & ~0xf | (rng.random() < 0.2)
                    if rng.random() < 0.7:
                        qw1 = qw1 & ~(0x3fff << 34) | rng.randrange(1, 200) << 34
                    data[i + 8:i + 16] = pack('Q', qw1)
            m.write(q.pa, data)
            q.enable()
            q.bell(63)
        m.settle()
        for f in nic.faults(0):
            nic.answer(f['func'], f['unit'], rng.choice((1, 2)))
    assert nic.rd(R.ID) == R.ID_MAGIC


def test_fuzz_packets(m):
    """Almost valid packets, received, checked, hashed, segmented."""
    fuzz_packets.packets(m, SEED + 4, math.inf, lambda: 0, ROUNDS // 4)
