# SPDX-License-Identifier: GPL-2.0-only
"""Flow tables: rules that drop frames or choose their queue."""
import struct

from .machine import pack
from .nic import Func, Nic, Rx
from .packets import SCTP, TCP, UDP, eth, ip4, ip6, mac, packet
from .regs import R
from .t_vlan import ACTIVE, EINVAL, tag

A, B = mac(77), mac(2)
ENOENT, EFAULT = 2, 14
DROP, QUEUE = R.FLOW_DROP, R.FLOW_TO_QUEUE
SRC4, DST4 = b'\x0a\0\0\1', b'\x0a\0\0\2'
SRC6, DST6 = b'\xfd' + bytes(14) + b'\1', b'\xfd' + bytes(14) + b'\2'


def rule(fields, action=DROP, queue=0, version=0, proto=0, tos=0, ethertype=0, src=b'', dst=b'', sport=0, dport=0):
    return (pack('HBBBBBB', fields, action, queue, version, proto, tos, 0) + struct.pack('!HH', ethertype, 0) +
            src.ljust(16, b'\0') + dst.ljust(16, b'\0') + struct.pack('!HH', sport, dport))


class Flows:
    """A function with three queues and a hash, and a page for the payload of requests."""

    def __init__(self, m):
        self.m = m
        self.nic = Nic(m)
        self.f = Func(self.nic, 1, B, qps=[0, 1, 2], flags=ACTIVE)
        self.rxs = [Rx(self.f, q) for q in range(3)]
        self.page = m.alloc(4096)

    def set(self, index, data, size=None, vsi=1, addr=None):
        self.m.write(self.page, data)
        at = self.page if addr is None else addr
        return self.nic.fw(R.FW_FLOW_SET, pack('HHHHQ', vsi, index, len(data) if size is None else size, 0, at))

    def delete(self, index, vsi=1):
        return self.nic.fw(R.FW_FLOW_DEL, pack('HH', vsi, index))

    def where(self, frame):
        """The queue that the frame goes to, or None."""
        self.m.send(frame)
        for q, rx in enumerate(self.rxs):
            if rx.desc(rx.seen)[1] & 1:
                assert rx.recv()[0] == frame
                rx.again()
                return q
        return None


def rules():
    """(fields, values): of each field alone, and of all of them together."""
    v4, v6 = R.FLOW_VERSION, R.FLOW_VERSION
    for version, src, dst in ((4, SRC4, DST4), (6, SRC6, DST6)):
        yield v4, {'version': version}
        yield v4 | R.FLOW_SRC, {'version': version, 'src': src}
        yield v6 | R.FLOW_DST, {'version': version, 'dst': dst}
        for proto in (TCP, UDP, SCTP):
            yield v4 | R.FLOW_PROTO, {'version': version, 'proto': proto}
            yield v4 | R.FLOW_PROTO | R.FLOW_SPORT, {'version': version, 'proto': proto, 'sport': 1111}
            yield v4 | R.FLOW_PROTO | R.FLOW_DPORT, {'version': version, 'proto': proto, 'dport': 2222}
            yield (v4 | R.FLOW_SRC | R.FLOW_DST | R.FLOW_PROTO | R.FLOW_SPORT | R.FLOW_DPORT | R.FLOW_TOS,
                   {'version': version, 'src': src, 'dst': dst, 'proto': proto, 'sport': 1111, 'dport': 2222})
    yield R.FLOW_ETHERTYPE, {'ethertype': 0x88b5}


def traits(v6, proto):
    src, dst = (SRC6, DST6) if v6 else (SRC4, DST4)
    return {'version': 6 if v6 else 4, 'src': src, 'dst': dst, 'proto': proto, 'sport': 1111, 'dport': 2222,
            'ethertype': 0x86dd if v6 else 0x800}


def test_fields(m):
    """Each rule × each kind of frame, with and without a tag, to a queue and dropped."""
    t = Flows(m)
    frames = [(packet(B, A, v6, p, bytes(50), 'valid'), traits(v6, p)) for v6 in (0, 1) for p in (TCP, UDP, SCTP)]
    frames += [(eth(B, A, bytes(50)), {'ethertype': 0x88b5})]
    frames += [(tag(f, 5), want) for f, want in frames]
    drops = 0
    for fields, values in rules():
        for action, hit in ((QUEUE, 2), (DROP, None)):
            assert t.set(7, rule(fields, action, 2, **values)) == 0
            for f, has in frames:
                match = all(has.get(k) == v for k, v in values.items())
                assert t.where(f) == (hit if match else 0), (values, has, action)
                drops += match and action == DROP
            assert t.f.stat(R.STAT_FLOW_DROPS) == drops
    assert t.f.stat(R.STAT_RX_DISCARDS) == 0


def test_values(m):
    """A rule of another value does not match; the type of service is the whole byte."""
    t = Flows(m)
    f = packet(B, A, 0, TCP, bytes(50), 'valid')
    f = f[:15] + b'\xb8' + f[16:]
    base = {'version': 4, 'proto': TCP, 'tos': 0xb8, 'src': SRC4, 'dst': DST4, 'sport': 1111, 'dport': 2222}
    names = {'proto': R.FLOW_PROTO, 'tos': R.FLOW_TOS, 'src': R.FLOW_SRC, 'dst': R.FLOW_DST,
             'sport': R.FLOW_PROTO | R.FLOW_SPORT, 'dport': R.FLOW_PROTO | R.FLOW_DPORT}
    other = {'proto': UDP, 'tos': 0xb9, 'src': b'\x0a\0\0\3', 'dst': b'\x0b\0\0\2', 'sport': 1367, 'dport': 2223}
    for name, field in names.items():
        assert t.set(0, rule(R.FLOW_VERSION | field, QUEUE, 1, **base)) == 0
        assert t.where(f) == 1, name
        assert t.set(0, rule(R.FLOW_VERSION | field, QUEUE, 1, **(base | {name: other[name]}))) == 0
        assert t.where(f) == 0, name
    g = packet(B, A, 1, UDP, bytes(50), 'valid')
    g = g[:14] + b'\x6a\xb0' + g[16:]
    assert t.set(0, rule(R.FLOW_VERSION | R.FLOW_TOS, QUEUE, 1, version=6, tos=0xab)) == 0
    assert t.where(g) == 1 and t.where(packet(B, A, 1, UDP, bytes(50), 'valid')) == 0


def test_fragments(m):
    """They have addresses and a protocol, but no ports."""
    t = Flows(m)
    body = struct.pack('!HHHH', 1111, 2222, 58, 0) + bytes(50)
    frag = eth(B, A, ip4(UDP, 78, frag=0x2000) + body, 0x800)
    cut = eth(B, A, ip4(UDP, 24) + body[:4], 0x800)
    udp = R.FLOW_VERSION | R.FLOW_PROTO
    assert t.set(0, rule(udp | R.FLOW_DPORT, QUEUE, 1, version=4, proto=UDP, dport=2222)) == 0
    assert t.where(frag) == 0 and t.where(cut) == 0
    assert t.set(0, rule(udp | R.FLOW_SRC, QUEUE, 1, version=4, proto=UDP, src=SRC4)) == 0
    assert t.where(frag) == 1
    v6 = eth(B, A, ip6(44, 66) + bytes((UDP, 0, 0, 1, 0, 0, 0, 9)) + body, 0x86dd)
    assert t.set(0, rule(udp | R.FLOW_DPORT, QUEUE, 1, version=6, proto=UDP, dport=2222)) == 0
    assert t.where(v6) == 0


def test_order(m):
    """The first rule that matches decides; rules come before the hash; deleted ones are gone."""
    t = Flows(m)
    t.nic.fw(R.FW_RSS_HASH, pack('HHIQ', 1, 0, 0, (1 << 64) - 1))
    for at in range(0, 64, 16):
        assert t.nic.fw(R.FW_RSS_LUT, pack('HBB', 1, at, 16) + b'\2' * 16) == 0
    f = packet(B, A, 0, TCP, bytes(50), 'valid')
    assert t.where(f) == 2
    assert t.set(127, rule(R.FLOW_VERSION, QUEUE, 0, version=4)) == 0 and t.where(f) == 0
    assert t.set(3, rule(R.FLOW_VERSION, QUEUE, 1, version=4)) == 0 and t.where(f) == 1
    assert t.set(2, rule(R.FLOW_VERSION, version=4)) == 0 and t.where(f) is None
    assert t.delete(2) == 0 and t.where(f) == 1
    assert t.set(3, rule(R.FLOW_VERSION, QUEUE, 1, version=6)) == 0 and t.where(f) == 0, 'replaced'
    assert t.set(1, rule(R.FLOW_VERSION, QUEUE, 9, version=4)) == 0 and t.where(f) == 0, 'not active'
    assert t.nic.fw(R.FW_VSI_CLEAR, pack('H', 1)) == 0 and t.nic.vsi(1, ACTIVE, B) == 0
    assert t.where(f) == 0 and t.delete(127) == ENOENT


def test_a_full_table(m):
    """128 rules, the last of which is looked at; another VSI has its own."""
    t = Flows(m)
    for i in range(128):
        assert t.set(i, rule(R.FLOW_VERSION | R.FLOW_PROTO | R.FLOW_DPORT, QUEUE, 1 + i % 2,
                             version=4, proto=UDP, dport=1000 + i)) == 0
    for i in (0, 1, 63, 126, 127):
        assert t.where(packet(B, A, 0, UDP, b'x', 'valid', dport=1000 + i)) == 1 + i % 2
    assert t.where(packet(B, A, 0, UDP, b'x', 'valid', dport=1128)) == 0
    assert t.delete(5, vsi=2) == ENOENT and t.set(0, rule(R.FLOW_VERSION, version=4), vsi=2) == 0
    assert t.where(packet(B, A, 0, TCP, b'x', 'valid')) == 0


def test_firmware(m):
    """What is no rule, no place or no memory; refused changes nothing."""
    t = Flows(m)
    good = rule(R.FLOW_VERSION, QUEUE, 1, version=4)
    assert t.set(0, good) == 0
    udp = R.FLOW_VERSION | R.FLOW_PROTO
    bad = [rule(0), rule(0x100), rule(0x8001), rule(R.FLOW_VERSION, 2, version=4), rule(R.FLOW_VERSION, QUEUE, 16, version=4),
           rule(R.FLOW_VERSION, version=5), rule(R.FLOW_VERSION), rule(R.FLOW_SRC, src=SRC4),
           rule(R.FLOW_PROTO, proto=UDP), rule(R.FLOW_TOS), rule(R.FLOW_ETHERTYPE | R.FLOW_DST),
           rule(R.FLOW_VERSION | R.FLOW_SPORT, version=4, proto=UDP), rule(udp | R.FLOW_DPORT, version=4, proto=1)]
    for r in bad:
        assert t.set(0, r) == EINVAL, r.hex()
    for index in (128, 0xffff):
        assert t.set(index, good) == EINVAL and t.delete(index) == EINVAL
    for size in (0, 47, 49, 4096, 0xffff):
        assert t.set(0, good, size=size) == EINVAL
    assert t.set(0, good, vsi=300) == EINVAL
    for addr in (1 << 50, (1 << 64) - 8):
        assert t.set(0, good, addr=addr) == EFAULT
    t.m.cfg_wr(4, 2, 2)
    assert t.set(0, rule(R.FLOW_VERSION, version=4)) == EFAULT, 'no bus master'
    t.m.cfg_wr(4, 6, 2)
    assert t.where(packet(B, A, 0, TCP, b'x', 'valid')) == 1
