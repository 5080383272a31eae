# SPDX-License-Identifier: GPL-2.0-only
"""Virtio functions: offloads, the control queue, faults, broken devices."""
import struct

from .nic import PAGE, Func, Nic, Rx, Tx
from .packets import (ACK, CWR, FIN, PSH, TCP, UDP, command, csum, eth, good, mac, offsets,
                      packet, pseudo)
from .regs import R
from .t_mailbox import PfRing
from .t_virtio import A, B, FRAME, frame, pair
from .virtio import (BASE, CSUM, DATA_VALID, ECN, EVENT_IDX, GUEST_CSUM, HDR, HOST_TSO4, HOST_TSO6,
                     NEEDS_CSUM, TCP4, TCP6, UDP_L4, USUAL, Control, Vfunc, Vrx, Vtx, header)
from .virtio import UDP as UFO

RETRY, FAIL = R.FAULT_RESP_RETRY, R.FAULT_RESP_FAIL
CHECK = {TCP: 16, UDP: 6}


def l4_at(v6):
    return 54 if v6 else 34


def want(v6, proto, mss=0, **kw):
    """A header that asks for what a stack asks for."""
    gso = (TCP6 if v6 else TCP4) if mss else 0
    val = {'flags': NEEDS_CSUM, 'gso': gso, 'mss': mss, 'start': l4_at(v6), 'offset': CHECK[proto]}
    return header(**(val | kw))


# --- offloads ---


def test_checksums(m):
    """NEEDS_CSUM is completed; the receiver hears that it is good, if that is in force."""
    nic, a, b, tx, rx = pair(m, n=128, post=100)
    for v6 in (0, 1):
        for proto in (TCP, UDP):
            for size in (1, 64, 1001):
                for offloads in (GUEST_CSUM, 0):
                    assert b.features(USUAL, offloads) == 0
                    f = packet(B, A, v6, proto, bytes(i & 255 for i in range(size)), 'full')
                    assert not good(f) and tx.send(f, want(v6, proto))
                    got, head = rx.recv()
                    assert good(got) and len(got) == len(f), (v6, proto, size)
                    assert head['flags'] == (DATA_VALID if offloads else 0)


def test_data_valid(m):
    """It is said of frames whose checksums were looked at and are good."""
    _, _, _, _, rx = pair(m)
    fine = packet(B, mac(9), 0, TCP, b'x' * 80, 'valid')
    bad4 = fine[:50] + b'\0\1' + fine[52:]
    bad3 = fine[:24] + b'\0\1' + fine[26:]
    cases = ((fine, DATA_VALID), (packet(B, mac(9), 1, UDP, b'x' * 80, 'valid'), DATA_VALID), (bad4, 0), (bad3, 0),
             (eth(B, mac(9), bytes(80)), 0), (packet(B, mac(9), 0, UDP, b'x' * 80, 'none'), 0))
    for f, flags in cases:
        rx.m.send(f)
        got, head = rx.recv()
        assert got == f and head['flags'] == flags, f.hex()


def test_any_sum(m):
    """A sum from anywhere to the end of the packet, for whatever protocol."""
    _, a, _, tx, rx = pair(m)
    size = len(eth(B, A, bytes(80)))
    for start, offset in ((14, 0), (20, 10), (size - 2, 0), (15, 2)):
        f = eth(B, A, bytes(range(100, 180)))
        f = f[:start + offset] + b'\0\0' + f[start + offset + 2:]
        assert tx.send(f, header(NEEDS_CSUM, start=start, offset=offset))
        got = rx.recv()[0]
        # A sum over nothing but the field is complete with all ones.
        assert csum(got[start:]) == 0xffff, (start, offset)
        assert got[:start + offset] == f[:start + offset] and got[start + offset + 2:] == f[start + offset + 2:]
    assert a.stat(R.STAT_TX_ERRORS) == 0


def segments(rx, n):
    return [rx.recv()[0] for _ in range(n)]


def tso(v6, payload, **kw):
    return packet(B, A, v6, TCP, payload, 'full', **kw)


def test_tso(m):
    for_all = ((HDR,), None), ((5, HDR, 40, 90), None), ((HDR, 60), 0), ((), 0)
    _, a, _, tx, rx = pair(m, n=256, post=120)
    for v6 in (0, 1):
        for cuts, direct in for_all:
            payload = bytes(i * 7 & 255 for i in range(3333))
            f = tso(v6, payload, flags=FIN | PSH | ACK | CWR)
            hdr = len(f) - len(payload)
            head = want(v6, TCP, 1000, gso=(TCP6 if v6 else TCP4) | ECN, hdr_len=7)
            assert tx.send(f, head, cuts, direct)
            out = b''
            for i, got in enumerate(segments(rx, 4)):
                ip, tcp = got[14:], got[hdr - 20:hdr]
                assert good(got) and len(got) == hdr + (333 if i == 3 else 1000)
                assert struct.unpack('!I', tcp[4:8])[0] == 1000 + 1000 * i
                flags = ACK | (CWR if i == 0 else 0) | (FIN | PSH if i == 3 else 0)
                assert tcp[13] == flags, (i, tcp[13])
                if not v6:
                    assert struct.unpack('!H', ip[4:6])[0] == 7 + i
                out += got[hdr:]
            assert out == payload
    assert a.stat(R.STAT_TSO_PACKETS) == 8 and a.stat(R.STAT_TX_UNICAST) == 32


def test_tso_tag(m):
    """The network header is found behind tags."""
    _, _, _, tx, rx = pair(m)
    f = tso(0, bytes(2000))
    f = f[:12] + b'\x81\0\0\5' + f[12:]
    assert tx.send(f, want(0, TCP, 1000, start=38))
    for got in segments(rx, 2):
        assert got[12:16] == b'\x81\0\0\5' and good(got[:12] + got[16:])


def test_tso_turns(m):
    """A packet of more segments than a pass sends arrives whole, and is used at the end."""
    _, a, b, tx, rx = pair(m, n=1024, post=700, bufsz=1024)
    payload = bytes(i * 7 & 255 for i in range(64 * 690))
    assert tx.send(tso(0, payload, flags=FIN | PSH | ACK), want(0, TCP, 64))
    assert a.stat(R.STAT_TSO_PACKETS) == 1 and a.stat(R.STAT_TX_UNICAST) == 690
    out = b''
    for i, got in enumerate(segments(rx, 690)):
        assert good(got) and got[47] == (FIN | PSH | ACK if i == 689 else ACK)
        out += got[54:]
    assert out == payload and b.stat(R.STAT_RX_DISCARDS) == 0


def test_tso_64k(m):
    """A full-size packet, to the other kind of function."""
    nic = Nic(m)
    a, b = Vfunc(nic, 1, A, qps=[0]), Func(nic, 2, B, qps=[1])
    tx, rx = Vtx(a), Rx(b, post=60)
    payload = bytes(65535 - 40)
    f = packet(B, A, 0, TCP, b'', 'none') + payload
    seed = pseudo(0, b'\x0a\0\0\1', b'\x0a\0\0\2', TCP, 20 + len(payload))
    f = f[:50] + struct.pack('!H', seed) + f[52:]
    assert tx.send(f, want(0, TCP, 1460), cuts=(HDR, 100, 4000, 20000, 50000), direct=0)
    n = -(-len(payload) // 1460)
    assert b.stat(R.STAT_RX_UNICAST) == n
    got = segments(rx, n)
    assert all(good(x) for x in got) and sum(len(x) - 54 for x in got) == len(payload)


def test_from_avf(m):
    """What an AVF segments or sums arrives good and checked."""
    nic = Nic(m)
    a, b = Func(nic, 1, A, qps=[0]), Vfunc(nic, 2, B, qps=[1])
    tx, rx = Tx(a), Vrx(b)
    f = packet(B, A, 0, TCP, bytes(3000), 'tso', ip_good=False)
    assert tx.send(f, command(0, TCP), offsets(0, TCP), mss=1000, hdr=54)
    for _ in range(3):
        got, head = rx.recv()
        assert good(got) and head['flags'] == DATA_VALID


OFFLOADS = (
    # the header, and whether there is a checksum feature, or segmentation, in what was accepted
    (want(0, TCP, start=13), USUAL), (want(0, TCP, start=0), USUAL), (want(0, TCP, start=300), USUAL),
    (want(0, TCP, offset=0xffff), USUAL), (want(0, TCP, start=len(tso(0, bytes(200))) - 1, offset=0), USUAL),
    (want(0, TCP), BASE), (want(0, TCP, 100), BASE | CSUM), (want(0, TCP, 100), BASE | CSUM | HOST_TSO6),
    (want(0, TCP, 100, gso=TCP6), USUAL), (want(0, TCP, 100, flags=0), USUAL), (want(0, TCP, 63), USUAL),
    (want(0, TCP, 9669), USUAL), (want(0, TCP, 0, gso=TCP4), USUAL), (want(0, TCP, 100, gso=UFO), USUAL),
    (want(0, TCP, 100, gso=UDP_L4), USUAL), (want(0, TCP, 100, gso=2), USUAL), (want(0, TCP, 100, gso=ECN), USUAL),
    (want(0, TCP, 100, gso=TCP4 | ECN), BASE | CSUM | HOST_TSO4), (want(0, TCP, 100, gso=TCP4 | 0x40), USUAL),
    (want(0, TCP, 100, start=30), USUAL), (want(0, TCP, 100, start=38), USUAL), (want(0, TCP, 100, start=250), USUAL),
    (want(0, TCP, 100, offset=6), USUAL), (want(0, TCP, 100, start=0), USUAL), (want(1, TCP, 100, gso=TCP6), USUAL),
)


def test_bad_offloads(m):
    """The packet is dropped, used and counted; the queue goes on."""
    _, a, _, tx, rx = pair(m)
    f = tso(0, bytes(200))
    for n, (head, features) in enumerate(OFFLOADS):
        if features != a.has:
            assert a.enable(tx.vq, 0) == 0 and a.features(features) == 0
            tx = Vtx(a)
        assert tx.send(f, head), n
        assert a.stat(R.STAT_TX_ERRORS) == n + 1 and tx.active(), n
    assert tx.send(bytes(10000)) and a.stat(R.STAT_TX_ERRORS) == n + 2, 'too long for a frame'
    for at, val in ((46, 0x40), (23, UDP), (14, 0x46), (14, 0x65), (12, 0x86)):
        bad = f[:at] + bytes((val,)) + f[at + 1:]
        assert tx.send(bad, want(0, TCP, 100)), at
        n += 1
        assert a.stat(R.STAT_TX_ERRORS) == n + 2, (at, val)
    assert rx.recv(wait=False) is None and a.stat(R.STAT_BAD_DESCRIPTORS) == 0
    assert tx.send(f, header(0xfe, hdr_len=1, mss=7, buffers=9)) and rx.recv()[0] == f, 'flags that mean nothing'


# --- the control queue ---


def control(m, features=USUAL, **kw):
    nic = Nic(m)
    rx, tx = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
    rx.post(16)
    f = Vfunc(nic, 1, A, features=features, qps=[0])
    f.vector(1, 11)
    return nic, f, rx, tx, Control(f, **kw)


CTRL = R.MSG_CTRL


def test_command(m):
    """A command arrives as a message; its answer is written, used and signalled."""
    nic, f, rx, tx, q = control(m, vector=1)
    for i, (data, ack, result, room) in enumerate(((b'\1\0' + mac(7), 0, b'', 1), (b'\4\0\2\0', 1, b'', 1),
                                                   (b'\0\0', 0, b'result', 7), (b'\xff\xee' + bytes(4096), 2, b'results', 4),
                                                   (b'\0\1\1', 0, b'', 100))):
        q.event()
        head = q.command(data, room)
        got = rx.next()
        assert (got['cookie_high'], got['cookie_low']) == (CTRL | data[0] << 8 | data[1], i)
        assert got['data'] == data[2:] and got['param0'] == 1 and got['opcode'] == R.AQ_OP_TO_PF
        assert q.used(0) == [] and not nic.irq(11, wait=False), 'not before the answer'
        tx.send(1, result, high=CTRL, low=ack)
        n = min(len(result), room - 1)
        assert q.used() == [(head, 1 + n)]
        assert q.answer(n + 2) == bytes((ack,)) + result[:n] + b'\xee'
        assert nic.irq(11), 'signalled'
        rx.post(1)
    assert f.stat(R.STAT_MBX_REQUESTS) == f.stat(R.STAT_MBX_REPLIES) == i + 1
    assert f.stat(R.STAT_RX_DOORBELLS) == i + 1


def test_command_layouts(m):
    """Commands as drivers lay them out: pieces, an indirect table."""
    _, f, rx, tx, q = control(m)
    data = b'\1\0' + bytes(range(50))
    for cuts, ins, direct in (((2,), 1, None), ((1, 2, 30), 1, None), ((2,), 2, 0), ((), 3, 1)):
        m.write(q.out_pa, data)
        bufs = [(q.out + a, b - a, 0) for a, b in zip((0, *cuts), (*cuts, len(data)))]
        bufs += [(q.in_ + 100 * i, 1, 2) for i in range(ins)]
        head = q.chain(bufs, direct)
        q.offer(head)
        assert rx.next()['data'] == data[2:]
        tx.send(1, b'ab', high=CTRL, low=5)
        assert q.used() == [(head, min(ins, 3))]
        assert [q.answer(300)[100 * i] for i in range(ins)] == [5, *b'ab'][:ins]
        rx.post(1)


def test_command_one_by_one(m):
    """The next command is delivered when the one before is answered."""
    _, f, rx, tx, q = control(m)
    heads = [q.command(b'\0\0\1', kick=False) for _ in range(3)]
    q.kick()
    for i, head in enumerate(heads):
        assert rx.next()['cookie_low'] == i and rx.next(wait=False) is None
        q.kick()
        assert rx.next(wait=False) is None
        tx.send(1, b'', high=CTRL)
        assert q.used() == [(head, 1)]


def test_command_too_long(m):
    """The device itself answers a command whose data no message holds."""
    _, f, rx, tx, q = control(m)
    head = q.command(b'\1\0' + bytes(4097))
    assert q.used() == [(head, 1)] and q.answer(1) == b'\1' and rx.next(wait=False) is None
    head = q.command(b'\1\0' + bytes(4096))
    assert rx.next()['datalen'] == 4096
    tx.send(1, b'', high=CTRL)
    assert q.used() == [(head, 1)]


def test_command_waits(m):
    """It waits for a buffer of the PF."""
    nic = Nic(m)
    f = Vfunc(nic, 1, A, qps=[0])
    q = Control(f)
    q.command(b'\0\0\1')
    m.settle()
    rx, tx = PfRing(nic, R.MBX_RX), PfRing(nic, R.MBX_TX)
    rx.post(1)
    assert rx.next()['data'] == b'\1'
    tx.send(1, b'', high=CTRL)
    assert q.used()


def test_answers_dropped(m):
    """A message without a command outstanding, or a second one, or of another kind."""
    _, f, rx, tx, q = control(m)
    tx.send(1, b'', high=CTRL, low=9)
    assert tx.next()['retval'] == 0
    head = q.command(b'\0\0\1')
    assert rx.next()
    tx.send(1, b'', high=17, low=8)
    assert tx.next()['retval'] == 0 and q.used(0) == []
    tx.send(1, b'', high=CTRL, low=3)
    tx.send(1, b'', high=CTRL, low=4)
    assert q.used() == [(head, 1)] and q.answer(1) == b'\3'
    head = q.command(b'\0\0\1')
    assert rx.next() and q.used(0) == [], 'the second answer is gone'
    tx.send(1, b'', high=CTRL, low=5)
    assert q.used() == [(head, 1)] and q.answer(1) == b'\5'


def test_command_reset(m):
    """A reset while a command is outstanding; with RESUME it is delivered again."""
    nic, f, rx, tx, q = control(m)
    for reset in (f.reset, lambda: f.enable(q.vq, 0), lambda: f.enable(R.VQ_ALL, 0)):
        head = q.command(b'\1\0' + mac(5))
        assert rx.next()
        reset()
        f.features(USUAL)
        tx.send(1, b'', high=CTRL, low=1)
        assert tx.next()['retval'] == 0 and q.used(0) == []
        q.set_up(flags=R.VQ_ON | R.VQ_RESUME)
        assert rx.next()['data'] == mac(5)
        tx.send(1, b'', high=CTRL)
        tx.next()
        assert q.used() == [(head, 1)] and q.answer(1) == b'\0'
        rx.post(2)
    nic.wr(R.CTRL, R.CTRL_RESET)
    assert f.stopped() == 0


def test_command_quiesced(m):
    _, f, rx, tx, q = control(m)
    head = q.command(b'\0\0\1')
    assert rx.next()
    f.set(R.FUNC_CTRL, Vfunc.ENABLE | R.FUNC_CTRL_QUIESCE)
    tx.send(1, b'', high=CTRL)
    assert tx.next() and q.used(0) == []
    f.set(R.FUNC_CTRL, Vfunc.ENABLE)
    assert q.used() == [(head, 1)]


# --- faults ---


def parts(q, *bufs):
    """The IOVAs of all that a packet touches, and whether it is written there."""
    return [(q.driver, 0), (q.desc, 0), *bufs, (q.device, 1)]


def faulty(f, nic, unit, pages, go, done):
    """Each page in turn is missing: the unit faults, consumes nothing, and goes on after RETRY."""
    for iova, write in pages:
        pa = f.tab.leaf(iova & ~4095)
        was = f.m.rd(pa, 8)
        for val, flags in ((0, write), (was & ~(2 if write else 1), write | R.FAULT_PERM)):
            f.m.wr(pa, val, 8)
            f.set(R.FUNC_INVAL_CTL, 0)
            go()
            fault = nic.faults()[0]
            assert fault['addr'] & ~4095 == iova & ~4095, (hex(fault['addr']), hex(iova))
            assert (fault['func'], fault['unit'], fault['flags']) == (f.idx, unit, flags)
            assert not done(False), 'nothing was consumed'
            f.m.wr(pa, was, 8)
            f.set(R.FUNC_INVAL_CTL, 0)
            nic.answer(f.idx, unit, RETRY)
            assert done(True), hex(iova)


def test_tx_faults(m):
    nic, a, _, tx, rx = pair(m, n=256, post=100)
    for features in (USUAL, USUAL & ~EVENT_IDX):
        a.enable(tx.vq, 0)
        a.features(features)
        tx = Vtx(a)
        iova, pa = a.alloc(3 * PAGE)
        m.write(pa, header() + FRAME)
        table, table_pa = a.alloc(PAGE)
        tx.put_desc(0, iova, HDR, 1, 1, table_pa)
        tx.put_desc(1, iova + PAGE, 100, 1, 2, table_pa)
        tx.put_desc(2, iova + 2 * PAGE, 100, 0, 0, table_pa)
        m.write(pa + PAGE, FRAME[:100])
        m.write(pa + 2 * PAGE, FRAME[100:200])
        tx.put_desc(5, table, 48, 4)

        def done(wait, tx=tx):
            return tx.used(1 if wait else 0) == [(5, 0)] and rx.recv()[0] == FRAME[:200]

        pages = parts(tx, (table, 0), (iova, 0), (iova + PAGE, 0), (iova + 2 * PAGE, 0))
        faulty(a, nic, R.UNIT_TXQ(0), pages, lambda tx=tx: tx.offer(5), done)


def test_tso_faults(m):
    """A page that goes between the turns of a packet: the rest leaves after RETRY."""
    nic, a, b, tx, rx = pair(m, n=1024, post=900, bufsz=1024)
    payload = bytes(64 * 800)
    head = tx.packet(tso(0, payload), want(0, TCP, 64))
    page = tx.buf + 8 * PAGE
    a.tab.unmap(page)
    a.set(R.FUNC_INVAL_CTL, 0)
    tx.offer(head)
    assert nic.faults()[0]['addr'] == page and b.stat(R.STAT_RX_UNICAST) == 0, 'nothing is sent'
    a.tab.map(page, tx.buf_pa + 8 * PAGE)
    nic.answer(1, 0, RETRY)
    assert tx.used() == [(head, 0)] and b.stat(R.STAT_RX_UNICAST) == 800


def test_rx_faults(m):
    nic, _, b, tx, rx = pair(m, post=0)
    iova, pa = b.alloc(3 * PAGE)
    table, table_pa = b.alloc(PAGE)
    rx.put_desc(0, iova + 4090, 100, 1 | 2, 1, table_pa)
    rx.put_desc(1, iova + 2 * PAGE, 1000, 2, 0, table_pa)
    rx.put_desc(5, table, 32, 4)

    def go():
        rx.offer(5)
        assert tx.send(FRAME), 'the sender is not held up'

    def done(wait):
        if rx.used(1 if wait else 0) != [(5, HDR + len(FRAME))]:
            return False
        assert m.read(pa + 4090 + HDR, 88) + m.read(pa + 2 * PAGE, len(FRAME) - 88) == FRAME
        return True

    faulty(b, nic, R.UNIT_RXQ(0), parts(rx, (table, 0), (iova, 1), (iova + PAGE, 1), (iova + 2 * PAGE, 1)), go, done)


def test_control_faults(m):
    nic, f, rx, tx, q = control(m)
    rx.post(15)
    iova, pa = f.alloc(3 * PAGE)
    m.write(pa + PAGE - 1, b'\1\0' + mac(9))
    head = q.chain([(iova + PAGE - 1, 8, 0), (iova + 2 * PAGE, 1, 2)])

    def done(wait):
        if not wait:
            return rx.next(wait=False) or q.used(0)
        assert rx.next()['data'] == mac(9)
        tx.send(1, b'', high=CTRL)
        rx.post(1)
        return q.used() == [(head, 1)]

    faulty(f, nic, R.UNIT_ATQ, parts(q, (iova, 0), (iova + PAGE, 0), (iova + 2 * PAGE, 1)), lambda: q.offer(head), done)
    q.offer(head)
    assert rx.next()
    f.tab.unmap(iova + 2 * PAGE)
    f.set(R.FUNC_INVAL_CTL, 0)
    tx.send(1, b'', high=CTRL, low=7)
    assert nic.faults()[0]['unit'] == R.UNIT_ATQ and q.used(0) == []
    f.tab.map(iova + 2 * PAGE, pa + 2 * PAGE)
    nic.answer(1, R.UNIT_ATQ, RETRY)
    assert q.used() == [(head, 1)] and m.read(pa + 2 * PAGE, 1) == b'\7', 'the answer was kept'


def test_resume_faults(m):
    """The used index that a resumed ring begins at is read under the same rules."""
    nic, a, _, tx, rx = pair(m)
    assert tx.send(FRAME) and rx.recv()
    a.enable(tx.vq, 0)
    a.tab.unmap(tx.device)
    a.set(R.FUNC_INVAL_CTL, 0)
    tx.set_up(flags=R.VQ_ON | R.VQ_RESUME)
    assert nic.faults()[0]['addr'] == tx.device + 2
    a.tab.map(tx.device, tx.device_pa)
    nic.answer(1, 0, RETRY)
    assert tx.send(FRAME) and rx.recv()[0] == FRAME


def test_fail(m):
    """A fault answered with FAIL stops that queue, with a message to the PF; the others go on."""
    nic, a, b, tx, rx = pair(m)
    pf = PfRing(nic, R.MBX_RX)
    pf.post(8)
    q = Control(a, vq=6)
    for unit, vq, stopped in ((R.UNIT_TXQ(0), tx, 1 << 1), (R.UNIT_ATQ, q, 1 << R.STOPPED_CONTROL)):
        vq.offer(vq.chain([(0x7000000, 100, 0), (0x7000000, 1, 2)][:1 if vq is tx else 2]))
        assert nic.faults()[0]['unit'] == unit
        nic.answer(1, unit, FAIL)
        got = pf.next()
        assert (got['cookie_high'], got['param0'], got['datalen']) == (R.MSG_VQ_STOPPED, 1, 0)
        assert a.stopped() == stopped and pf.next(wait=False) is None
        vq.kick()
        m.settle()
        assert a.stopped() == stopped and vq.used(0) == []
        if vq is tx:
            assert tx.reason() == R.Q_ERR_FAULT
        vq.again()
        assert a.stopped() == 0
    assert tx.send(FRAME) and rx.recv()[0] == FRAME
    assert a.stat(R.STAT_FAULT_FAILS) == 2


def test_nowhere(m):
    """DMA that reaches no memory is terminal."""
    nic, a, _, tx, _ = pair(m)
    nic.rd(R.ICR)
    a.tab.map(0x7000000, 0x7fff00000000)
    tx.offer(tx.chain([(0x7000000, 100, 0)]))
    assert m.until(lambda: a.stopped() == 2) and nic.rd(R.ICR) & R.ICR_ERR
    assert tx.reason() == R.Q_ERR_FAULT


# --- a device that does not obey ---


def test_ignores_queues(m):
    """The queues of a function that ignores it stay active."""
    nic, a, _, tx, rx = pair(m)
    m.qmp('qom-set', path='nic', property='inject', value='function 1 queues')
    assert a.enable(tx.vq, 0) == 0 and a.enable(R.VQ_ALL, 0) == 0 and tx.active()
    assert tx.send(FRAME) and rx.recv()[0] == FRAME
    m.qmp('qom-set', path='nic', property='inject', value='')
    assert a.enable(tx.vq, 0) == 0 and not tx.active()


def test_removed(m):
    _, a, _, tx, _ = pair(m)
    tx.send(frame(1), kick=False)
    m.remove()
    tx.kick()
    m.remove(False)
    m.setup_pci()
    assert a.get(R.FUNC_STATUS) == 0 and tx.used_idx() == 0
