# SPDX-License-Identifier: GPL-2.0-only
"""Frames, and an independent check of what the offloads made of them."""
import struct

BROADCAST = b'\xff' * 6
TCP, UDP, SCTP = 6, 17, 132
FIN, PSH, ACK, CWR = 1, 8, 16, 128


def mac(n):
    return bytes((2, 0, 0, 0, 0, n))


def eth(dst, src, payload=b'', proto=0x88b5):
    return dst + src + struct.pack('!H', proto) + payload


def csum(data):
    if len(data) % 2:
        data += b'\0'
    s = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return s


def crc32c(data):
    crc = 0xffffffff
    for b in data:
        crc ^= b
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def ip4(proto, length, src=b'\x0a\0\0\1', dst=b'\x0a\0\0\2', ident=7, frag=0, good=True):
    h = struct.pack('!BBHHHBBH', 0x45, 0, length, ident, frag, 64, proto, 0) + src + dst
    c = csum(h) ^ 0xffff if good else 0
    return h[:10] + struct.pack('!H', c) + h[12:]


def ip6(proto, length, src=b'\xfd' + bytes(14) + b'\1', dst=b'\xfd' + bytes(14) + b'\2'):
    return struct.pack('!IHBB', 0x60000000, length, proto, 64) + src + dst


def pseudo(v6, src, dst, proto, length):
    if v6:
        return csum(src + dst + struct.pack('!IHBB', length, 0, 0, proto))
    return csum(src + dst + struct.pack('!BBH', 0, proto, length))


def l4(proto, payload, check=0, flags=ACK, seq=1000, sport=1111, dport=2222):
    if proto == TCP:
        return struct.pack('!HHIIBBHHH', sport, dport, seq, 1, 0x50, flags, 500, check, 0) + payload
    if proto == UDP:
        return struct.pack('!HHHH', sport, dport, 8 + len(payload), check) + payload
    return struct.pack('!HHII', sport, dport, 5, check) + payload


CHECK_AT = {TCP: 16, UDP: 6, SCTP: 8}
HDR = {TCP: 20, UDP: 8, SCTP: 12}


def packet(dst, src, v6, proto, payload, seed='none', ip_good=True, **kw):
    """seed: none (0), full (pseudo header with length), tso (without), valid"""
    ip_src, ip_dst = (b'\xfd' + bytes(14) + b'\1', b'\xfd' + bytes(14) + b'\2') if v6 else \
        (b'\x0a\0\0\1', b'\x0a\0\0\2')
    body = l4(proto, payload, **kw)
    n = len(body)
    check = 0
    if seed in ('full', 'valid') and proto != SCTP:
        check = pseudo(v6, ip_src, ip_dst, proto, n)
    elif seed == 'tso':
        check = pseudo(v6, ip_src, ip_dst, proto, 0)
    at = CHECK_AT[proto]
    body = body[:at] + struct.pack('!H', check) + body[at + 2:]
    if seed == 'valid':
        body = finish(body, proto)
    head = ip6(proto, n) if v6 else ip4(proto, n + 20, good=ip_good)
    return eth(dst, src, head + body, 0x86dd if v6 else 0x0800)


def finish(body, proto):
    at = CHECK_AT[proto]
    if proto == SCTP:
        return body[:8] + struct.pack('<I', crc32c(body[:8] + bytes(4) + body[12:])) + body[12:]
    return body[:at] + struct.pack('!H', (csum(body) ^ 0xffff) or 0xffff) + body[at + 2:]


def good(frame):
    """Are the frame's checksums and lengths right?"""
    proto = struct.unpack('!H', frame[12:14])[0]
    v6 = proto == 0x86dd
    ip = frame[14:]
    if v6:
        kind, src, dst, body = ip[6], ip[8:24], ip[24:40], ip[40:]
        if struct.unpack('!H', ip[4:6])[0] != len(body):
            return False
    else:
        kind, src, dst, body = ip[9], ip[12:16], ip[16:20], ip[20:]
        if csum(ip[:20]) != 0xffff or struct.unpack('!H', ip[2:4])[0] != len(ip):
            return False
    if kind == SCTP:
        return struct.unpack('<I', body[8:12])[0] == crc32c(body[:8] + bytes(4) + body[12:])
    s = pseudo(v6, src, dst, kind, len(body)) + csum(body)
    return (s & 0xffff) + (s >> 16) == 0xffff


def offsets(v6, proto):
    """The offset field of a TX descriptor."""
    return 7 | (10 if v6 else 5) << 7 | (HDR[proto] // 4) << 14


def command(v6, proto, ip_csum=True):
    iipt = 0x20 if v6 else (0x60 if ip_csum else 0x40)
    return iipt | {TCP: 0x100, SCTP: 0x200, UDP: 0x300}[proto]


def toeplitz(key, data):
    bits = int.from_bytes(key, 'big')
    n = len(key) * 8
    h = 0
    for i in range(len(data) * 8):
        if data[i // 8] & (0x80 >> i % 8):
            h ^= (bits >> (n - 32 - i)) & 0xffffffff
    return h
