# SPDX-License-Identifier: GPL-2.0-only
"""What a VSI may send in a time, by the virtual clock."""
from .machine import pack
from .nic import Func, Nic, Rx, Tx
from .packets import TCP, command, eth, mac, offsets, packet
from .regs import R

ACTIVE = R.VSI_ACTIVE | R.VSI_ANTISPOOF
A, B = mac(1), mac(2)
MS = 1_000_000


def setup(m, rate, queues=1, n=1024, rx=False):
    nic = Nic(m)
    f = Func(nic, 1, A, qps=list(range(queues)))
    f.txs = [Tx(f, q, n=n) for q in range(queues)]
    limit(nic, rate)
    if rx:
        g = Func(nic, 2, B, qps=[queues])
        return nic, f, g, Rx(g)
    return nic, f


def limit(nic, rate, flags=ACTIVE):
    assert nic.vsi(1, flags, rate=rate) == 0


def load(tx, frame, count, bell=True):
    tx.m.write(tx.buf_pa, frame)
    one = pack('QQ', tx.buf, 3 << 4 | len(frame) << 34)
    at = tx.tail
    assert at + count < tx.n
    tx.m.write(tx.pa + at * 16, one * count)
    tx.tail += count
    if bell:
        tx.bell()


def run(m, f, ms, step=0.25):
    """Bytes sent in each millisecond."""
    out = []
    was = f.stat(R.STAT_TX_BYTES)
    for _ in range(ms):
        for _ in range(int(1 / step)):
            m.step(step * MS)
            m.settle()
        m.drain_now()
        out.append(f.stat(R.STAT_TX_BYTES) - was)
        was += out[-1]
    return out


def near(sent, rate, ms, packet=0):
    """At most the rate for 10 ms more, at least 5 % less; and one packet."""
    want = rate * 1000 * ms / 8
    return 0.95 * want - packet <= sent <= rate * 1000 * (ms + 10) / 8 + packet


def most(per_ms, ms=100):
    return max(sum(per_ms[i:i + ms]) for i in range(max(1, len(per_ms) - ms + 1)))


def test_1_mbit(m):
    _, f = setup(m, 1)
    frame = eth(mac(9), A, bytes(486))
    load(f.txs[0], frame, 900)
    out = run(m, f, 600)
    assert near(sum(out), 1, 600, 500), sum(out)
    assert most(out) <= 13750 + 500


def test_100_mbit(m):
    _, f = setup(m, 100)
    frame = eth(mac(9), A, bytes(1500))
    load(f.txs[0], frame, 1000)
    out = run(m, f, 110)
    assert near(sum(out), 100, 110, 1514), sum(out)
    assert most(out) <= 1375000 + 1514


def test_padding_counts(m):
    _, f = setup(m, 10)
    load(f.txs[0], eth(mac(9), A, b''), 1000)
    sent = sum(run(m, f, 40)) // 14 * 60
    assert near(sent, 10, 40, 60), sent


def test_tso(m):
    """Every segment counts; a packet is not torn."""
    _, f = setup(m, 100)
    p = packet(mac(9), A, 0, TCP, b'', 'tso') + bytes(30000)
    tx = f.txs[0]
    for _ in range(100):
        tx.send(p, command(0, TCP), offsets(0, TCP), mss=1400, hdr=54, bell=False)
    tx.bell()
    one = 30000 + 22 * 54
    out = run(m, f, 200)
    assert all(x % one == 0 for x in out)
    assert near(sum(out), 100, 200, one), sum(out)
    assert most(out) <= 1375000 + one


def test_tso_headers_count(m):
    _, f = setup(m, 100)
    p = packet(mac(9), A, 0, TCP, b'', 'tso') + bytes(6400)
    for _ in range(200):
        f.txs[0].send(p, command(0, TCP), offsets(0, TCP), mss=64, hdr=54, bell=False)
    f.txs[0].bell()
    out = run(m, f, 150)
    assert near(sum(out), 100, 150, 100 * 118), sum(out)


def test_nothing_lost(m):
    _, f, g, rx = setup(m, 5, rx=True)
    tx = f.txs[0]
    for i in range(30):
        tx.m.write(tx.buf_pa + 1000 * i, eth(B, A, bytes((i,)) * 900))
        tx.data(tx.buf + 1000 * i, 914, 3)
    tx.bell()
    m.settle()
    assert f.stat(R.STAT_RATE_WAITS) == 1 and tx.get(R.Q_HEAD) < 3
    run(m, f, 60)
    for i in range(30):
        assert rx.recv()[0] == eth(B, A, bytes((i,)) * 900)
    assert f.stat(R.STAT_TX_DISCARDS) == g.stat(R.STAT_RX_DISCARDS) == 0
    assert 20 <= f.stat(R.STAT_RATE_WAITS) <= 30


def test_queues_share(m):
    _, f = setup(m, 50, queues=4)
    for q, tx in enumerate(f.txs):
        load(tx, eth(mac(9), A, bytes(300 + 300 * q)), 800)
    out = run(m, f, 60)
    assert near(sum(out), 50, 60, 1214), sum(out)
    assert f.stat(R.STAT_RATE_WAITS) <= f.stat(R.STAT_TX_UNICAST) + 4, 'a turn lost is no wait'
    sent = [tx.get(R.Q_HEAD) * (314 + 300 * q) for q, tx in enumerate(f.txs)]
    assert min(sent) * 2 >= max(sent), ('they take turns', sent)


def test_others_do_not_wait(m):
    nic, f, g, rx = setup(m, 1, rx=True)
    load(f.txs[0], eth(mac(9), A, bytes(1500)), 50)
    m.settle()
    assert Tx(g).send(eth(mac(9), B, bytes(1500)))
    assert f.txs[0].get(R.Q_HEAD) < 3


def test_lift(m):
    nic, f = setup(m, 1)
    load(f.txs[0], eth(mac(9), A, bytes(1500)), 50)
    m.settle()
    assert f.txs[0].get(R.Q_HEAD) < 3
    limit(nic, 0)
    assert m.until(lambda: f.txs[0].get(R.Q_HEAD) == 50), 'without any time'


def test_raise(m):
    nic, f = setup(m, 1)
    load(f.txs[0], eth(mac(9), A, bytes(1500)), 900)
    run(m, f, 3)
    assert f.txs[0].get(R.Q_HEAD) < 4
    limit(nic, 100)
    assert near(sum(run(m, f, 60)), 100, 60, 1514)


def test_lower(m):
    nic, f = setup(m, 100)
    frame = eth(mac(9), A, bytes(486))
    load(f.txs[0], frame, 1000)
    run(m, f, 5)
    limit(nic, 1)
    out = run(m, f, 300)
    assert near(sum(out), 1, 300, 1000), sum(out)


def test_same_again(m):
    """Setting the VSI as it is forgives nothing."""
    nic, f = setup(m, 1)
    load(f.txs[0], eth(mac(9), A, bytes(1500)), 50)
    m.settle()
    was = f.txs[0].get(R.Q_HEAD)
    for flags in (ACTIVE | R.VSI_UC_PROMISC, ACTIVE) * 10:
        limit(nic, 1, flags)
    m.settle()
    assert f.txs[0].get(R.Q_HEAD) == was


def test_debt_outlives_a_clear(m):
    """A guest can have its VSI cleared: what it has sent beyond its rate counts on."""
    nic, f = setup(m, 1)
    big = packet(mac(9), A, 0, TCP, bytes(60000), 'tso')
    assert f.txs[0].send(big, command(0, TCP), offsets(0, TCP), mss=1460, hdr=54)
    for _ in range(3):
        assert nic.fw(R.FW_VSI_CLEAR, pack('H', 1)) == 0 and nic.vsi(1, ACTIVE, A, rate=1) == 0
    was = f.stat(R.STAT_TX_BYTES)
    load(f.txs[0], eth(mac(9), A, bytes(486)), 10)
    assert sum(run(m, f, 300)) == 0, 'of half a second that it has used'
    assert sum(run(m, f, 300)) > 0 and f.stat(R.STAT_TX_BYTES) > was


def test_set_while_off(m):
    """On a disabled function, a paused one, and over a reset."""
    nic, f = setup(m, 1)
    tx = f.txs[0]
    load(tx, eth(mac(9), A, bytes(486)), 100)
    run(m, f, 2)
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE)
    was = tx.get(R.Q_HEAD)
    run(m, f, 20)
    assert tx.get(R.Q_HEAD) == was, 'paused'
    limit(nic, 0)
    m.settle()
    assert tx.get(R.Q_HEAD) == was, 'still'
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA)
    assert m.until(lambda: tx.get(R.Q_HEAD) == 100)
    limit(nic, 1)
    load(tx, eth(mac(9), A, bytes(486)), 100)
    m.settle()
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA | R.FUNC_CTRL_RESET)
    assert tx.ctl() == 0
    run(m, f, 10)
    f.set(R.FUNC_CTRL, 0)
    limit(nic, 2)
    f.set(R.FUNC_CTRL, R.FUNC_CTRL_ENABLE | R.FUNC_CTRL_DMA)
    tx.tail = 0
    tx.enable()
    load(tx, eth(mac(9), A, bytes(486)), 900)
    assert near(sum(run(m, f, 100)), 2, 100, 1000)


def test_disable_while_waiting(m):
    nic, f = setup(m, 1, queues=2)
    for tx in f.txs:
        load(tx, eth(mac(9), A, bytes(1500)), 50)
    run(m, f, 2)
    f.txs[0].set(R.Q_CTL, 0)
    was = f.txs[1].get(R.Q_HEAD)
    run(m, f, 60, 1)
    assert f.txs[0].get(R.Q_HEAD) == 0 and f.txs[1].get(R.Q_HEAD) > was + 3
    nic.wr(R.CTRL, R.CTRL_RESET)
    run(m, f, 30, 1)
    assert f.stat(R.STAT_TX_BYTES) == 0


def test_dropped_count_too(m):
    """A VSI does not send faster by frames that the switch drops."""
    _, f = setup(m, 1)
    load(f.txs[0], eth(mac(9), mac(8), bytes(486)), 900)
    run(m, f, 200)
    assert near(f.stat(R.STAT_SPOOFED) * 500, 1, 200, 1000)
