// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <string.h>

#include "frame.h"
#include "virtchnl.h"

const uint8_t mac_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

void pattern(uint8_t *p, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 12345;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (uint8_t)(x >> 24);
	}
}

static void eth_header(uint8_t *f, const uint8_t *dst, const uint8_t *src, uint16_t type)
{
	memcpy(f, dst, 6);
	memcpy(f + 6, src, 6);
	put16(f + 12, type);
}

void frame_l2(uint8_t *f, size_t len, const uint8_t *dst, const uint8_t *src, uint32_t seed)
{
	eth_header(f, dst, src, ETHERTYPE_TEST);
	pattern(f + ETH_HLEN, len - ETH_HLEN, seed);
}

/* --- the Internet checksum ------------------------------------------------------------ */

static uint32_t sum(const uint8_t *p, size_t len, uint32_t acc)
{
	for (; len > 1; p += 2, len -= 2)
		acc += get16(p);
	return len ? acc + ((uint32_t)p[0] << 8) : acc;
}

static uint16_t fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return (uint16_t)acc;
}

static uint32_t pseudo(const uint8_t *ip, bool v6, uint8_t proto, uint32_t len)
{
	return sum(ip + (v6 ? 8 : 12), v6 ? 32 : 8, proto + len);
}

/* --- building ---------------------------------------------------------------------------- */

static void ip_header(uint8_t *ip, const struct frame_spec *s, size_t l4_total)
{
	if (s->v6) {
		ip[0] = 0x60;
		put16(ip + 4, (uint32_t)l4_total);
		ip[6] = s->proto;
		ip[7] = 64;
		ip[8] = 0xfd;
		ip[23] = 1;
		ip[24] = 0xfd;
		ip[39] = 2;
		return;
	}
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(20 + l4_total));
	put16(ip + 4, s->ip_id);
	ip[8] = 64;
	ip[9] = s->proto;
	put32(ip + 12, 0x0a000001);
	put32(ip + 16, 0x0a000002);
}

size_t frame_build(uint8_t *f, const struct frame_spec *s, struct frame_info *info)
{
	size_t ip_len = s->v6 ? 40 : 20, l4_len = s->proto == PROTO_TCP ? 20 : 8;
	size_t hdr = ETH_HLEN + ip_len + l4_len, l4_total = l4_len + s->payload;
	uint8_t *ip = f + ETH_HLEN, *l4 = ip + ip_len;

	memset(f, 0, hdr);
	eth_header(f, s->dst, s->src, s->v6 ? 0x86dd : 0x0800);
	ip_header(ip, s, s->tso && s->payload > 60000 ? 0 : l4_total);
	if (s->tso)	/* drivers leave the lengths of the whole to the device */
		put16(ip + (s->v6 ? 4 : 2), 0);
	put16(l4, s->sport);
	put16(l4 + 2, s->dport);
	if (s->proto == PROTO_TCP) {
		put32(l4 + 4, s->seq);
		put32(l4 + 8, 0x01020304);
		l4[12] = 0x50;
		l4[13] = s->tcp_flags;
		put16(l4 + 14, 0xffff);
	} else {
		put16(l4 + 4, (uint32_t)l4_total);
	}
	put16(l4 + (s->proto == PROTO_TCP ? 16 : 6),
	      fold(pseudo(ip, s->v6, s->proto, s->tso ? 0 : (uint32_t)l4_total)));
	pattern(f + hdr, s->payload, s->seed);
	if (info) {
		memset(info, 0, sizeof(*info));
		info->ip_len = ip_len;
		info->l4_len = l4_len;
		info->hdr = hdr;
		info->len = hdr + s->payload;
		info->payload = f + hdr;
		info->payload_len = s->payload;
	}
	return hdr + s->payload;
}

uint64_t frame_tx_cmd(const struct frame_spec *s)
{
	bool tcp = s->proto == PROTO_TCP;

	return (s->v6 ? TXD_IPV6 : TXD_IPV4_CSUM) | (tcp ? TXD_L4_TCP : TXD_L4_UDP) |
	       TXD_OFFSET(ETH_HLEN, s->v6 ? 40 : 20, tcp ? 20 : 8);
}

/* --- taking apart -------------------------------------------------------------------------- */

struct layout {
	bool v6;
	uint8_t proto;
	const uint8_t *ip, *l4;
	size_t ip_len, l4_total;
};

static bool find_layers(const uint8_t *f, size_t len, struct layout *l)
{
	uint16_t type;

	if (len < ETH_HLEN + 28)
		return false;
	type = get16(f + 12);
	l->ip = f + ETH_HLEN;
	l->v6 = type == 0x86dd;
	if (l->v6) {
		l->ip_len = 40;
		l->proto = l->ip[6];
		l->l4_total = get16(l->ip + 4);
	} else if (type == 0x0800) {
		l->ip_len = (size_t)(l->ip[0] & 15) * 4;
		l->proto = l->ip[9];
		if (get16(l->ip + 2) < l->ip_len)
			return false;
		l->l4_total = get16(l->ip + 2) - l->ip_len;
	} else {
		return false;
	}
	l->l4 = l->ip + l->ip_len;
	return (l->proto == PROTO_TCP || l->proto == PROTO_UDP) && l->l4_total >= 8 &&
	       ETH_HLEN + l->ip_len + l->l4_total <= len;
}

bool frame_parse(const uint8_t *f, size_t len, struct frame_info *info)
{
	struct layout l;

	memset(info, 0, sizeof(*info));
	if (!find_layers(f, len, &l))
		return false;
	info->ip_len = l.ip_len;
	info->l4_len = l.proto == PROTO_TCP ? (size_t)(l.l4[12] >> 4) * 4 : 8;
	info->hdr = ETH_HLEN + l.ip_len + info->l4_len;
	info->len = len;
	info->l3_total = get16(l.ip + (l.v6 ? 4 : 2));
	info->ip_id = l.v6 ? 0 : get16(l.ip + 4);
	if (l.proto == PROTO_TCP) {
		info->seq = get32(l.l4 + 4);
		info->tcp_flags = l.l4[13];
	}
	info->payload = f + info->hdr;
	info->payload_len = l.l4_total - info->l4_len;
	info->l3_ok = l.v6 || fold(sum(l.ip, l.ip_len, 0)) == 0xffff;
	info->l4_ok = fold(sum(l.l4, l.l4_total,
			       pseudo(l.ip, l.v6, l.proto, (uint32_t)l.l4_total))) == 0xffff;
	return true;
}

void frame_finish(uint8_t *f, size_t len)
{
	struct layout l;
	uint8_t *ip, *csum;

	if (!find_layers(f, len, &l))
		return;
	ip = f + ETH_HLEN;
	if (!l.v6) {
		put16(ip + 10, 0);
		put16(ip + 10, (uint16_t)~fold(sum(ip, l.ip_len, 0)));
	}
	csum = ip + l.ip_len + (l.proto == PROTO_TCP ? 16 : 6);
	put16(csum, (uint16_t)~fold(sum(l.l4, l.l4_total, 0)));
}

/* --- SCTP ------------------------------------------------------------------------------------- */

#define SCTP_HLEN	12

static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = ~0u;
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

size_t frame_sctp(uint8_t *f, const uint8_t *dst, const uint8_t *src, bool v6, size_t payload)
{
	const struct frame_spec s = { .v6 = v6, .proto = PROTO_SCTP };
	size_t ip_len = v6 ? 40 : 20;
	uint8_t *l4 = f + ETH_HLEN + ip_len;

	memset(f, 0, ETH_HLEN + ip_len + SCTP_HLEN);
	eth_header(f, dst, src, v6 ? 0x86dd : 0x0800);
	ip_header(f + ETH_HLEN, &s, SCTP_HLEN + payload);
	put16(l4, 5001);
	put16(l4 + 2, 5002);
	put32(l4 + 4, 0x12345678);
	pattern(l4 + SCTP_HLEN, payload, 11);
	return ETH_HLEN + ip_len + SCTP_HLEN + payload;
}

bool frame_sctp_ok(const uint8_t *f, size_t len)
{
	size_t ip_len = get16(f + 12) == 0x86dd ? 40 : 20;
	uint8_t copy[2048], *l4 = copy + ETH_HLEN + ip_len;
	uint32_t got, want;

	if (len > sizeof(copy) || len < ETH_HLEN + ip_len + SCTP_HLEN)
		return false;
	memcpy(copy, f, len);
	memcpy(&got, l4 + 8, 4);
	memset(l4 + 8, 0, 4);
	want = crc32c(l4, len - ETH_HLEN - ip_len);
	return got == want;	/* least significant byte first, on the wire as here */
}
