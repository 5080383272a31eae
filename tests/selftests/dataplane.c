// SPDX-License-Identifier: GPL-2.0-only
/* Frames between two ADIs: bytes, offloads, filters. Queue behaviour is in queues.c. */
#include <arpa/inet.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define SETTLE	30	/* ms in which a frame that must not come would come */

static struct avf a, b, c;
static struct avf_rx rx;
static uint8_t big[65536];

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static void done(void)
{
	avf_end(&a);
	avf_end(&b);
}

/* Sends @f and expects it at B, byte for byte. */
static void exactly(const uint8_t *f, size_t len)
{
	REQUIRE_GE(avf_tx(&a, 0, f, len, 0), 0);
	REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	REQUIRE_EQ(rx.len, len);
	EXPECT_MEM(rx.data, f, len);
}

/* Clause: frames of each length from 60 to 1514 arrive unchanged, both ways. */
static void lengths(void)
{
	uint8_t f[1514];
	size_t len;

	avf_pair(&a, &b, 1);
	for (len = 60; len <= 1514; len += len < 70 || len > 1500 ? 1 : 61) {
		frame_l2(f, len, b.res.mac, a.res.mac, (uint32_t)len);
		exactly(f, len);
	}
	frame_l2(f, 777, a.res.mac, b.res.mac, 5);
	REQUIRE_GE(avf_tx(&b, 0, f, 777, 0), 0);
	REQUIRE_GE(avf_rx_from(&a, b.res.mac, &rx, AVF_MS), 0);
	EXPECT_MEM(rx.data, f, 777);
	EXPECT_OK(avf_tx_done(&a, 0, AVF_MS));
	EXPECT_OK(avf_tx_done(&b, 0, AVF_MS));
	done();
}

/* Cuts the @len bytes at @iova into @n pieces of different lengths. */
static unsigned int cut(struct avf_frag *f, unsigned int n, uint64_t iova, size_t len)
{
	unsigned int i;
	size_t at = 0, step = len / n;

	for (i = 0; i < n; i++) {
		size_t l = i + 1 == n ? len - at : step + i;

		f[i].iova = iova + at;
		f[i].len = (uint32_t)l;
		at += l;
	}
	return n;
}

/* Clause: a frame in 1 to 8 pieces, at odd addresses and across pages, arrives whole. */
static void scatter(void)
{
	struct avf_frag f[8];
	uint64_t iova;
	unsigned int n;
	uint8_t *buf;

	avf_pair(&a, &b, 1);
	buf = avf_alloc(&a, 8192, &iova);
	for (n = 1; n <= 8; n++) {
		unsigned int off = 4096 - 100 * n + 1;

		frame_l2(buf + off, 1200, b.res.mac, a.res.mac, n);
		cut(f, n, iova + off, 1200);
		REQUIRE_GE(avf_tx_frags(&a, 0, f, n, 0, 0, 0), 0);
		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
		EXPECT_EQ(rx.len, 1200);
		EXPECT_MEM(rx.data, buf + off, 1200);
		EXPECT_OK(avf_tx_done(&a, 0, AVF_MS));
	}
	done();
}

/* Clause: a frame larger than a receive buffer fills several in order, EOP on the
 * last; one that would need more than five is not delivered at all.
 */
static void chained_receive(void)
{
	static const size_t len[] = { 1024, 1025, 1514, 2048, 3000, 5120 };
	const struct avf_opts ob = { .iova = 0x7f40000000, .buf_size = 1024 };
	struct avf_frag f[4];
	uint64_t iova;
	uint8_t *buf;
	size_t i;

	avf_new(&a, 1, NULL);
	avf_new(&b, 1, &ob);
	buf = avf_alloc(&a, 8192, &iova);
	for (i = 0; i < ARRAY_SIZE(len); i++) {
		if (a.res.max_mtu && len[i] > a.res.max_mtu + 18u)
			break;
		frame_l2(buf, len[i], b.res.mac, a.res.mac, (uint32_t)i);
		cut(f, 4, iova, len[i]);
		REQUIRE_GE(avf_tx_frags(&a, 0, f, 4, 0, 0, 0), 0);
		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
		EXPECT_EQ(rx.len, len[i]);
		EXPECT_EQ(rx.descs, (len[i] + 1023) / 1024);
		EXPECT_MEM(rx.data, buf, len[i]);
		EXPECT_OK(avf_tx_done(&a, 0, AVF_MS));
	}
	ktap_note("up to %zu bytes", len[i - 1]);
	if (i == ARRAY_SIZE(len)) {
		frame_l2(buf, 5121, b.res.mac, a.res.mac, 99);
		cut(f, 4, iova, 5121);
		REQUIRE_GE(avf_tx_frags(&a, 0, f, 4, 0, 0, 0), 0);
		EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, SETTLE), 0);
	}
	done();
}

/* Clause: nothing is written behind the end of a frame. */
static void no_byte_too_many(void)
{
	uint8_t f[100], mark[2048];
	unsigned int i;

	avf_pair(&a, &b, 1);
	memset(mark, 0xa5, sizeof(mark));
	for (i = 0; i < AVF_RING; i++)
		memset(b.q[0].rx_buf + i * 2048, 0xa5, 2048);
	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 1);
	for (i = 0; i < 3; i++)
		REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
	for (i = 0; i < 3; i++)
		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	for (i = 0; i < AVF_RING; i++) {
		uint8_t *buf = b.q[0].rx_buf + i * 2048;
		size_t used = memcmp(buf, mark, 14) ? sizeof(f) : 0;

		EXPECT_MEM(buf + used, mark, 2048 - 1514);
	}
	done();
}

/* --- offloads --------------------------------------------------------------------------- */

static struct frame_spec spec(bool v6, uint8_t proto, size_t payload)
{
	return (struct frame_spec){
		.dst = b.res.mac, .src = a.res.mac, .v6 = v6, .proto = proto,
		.sport = 1234, .dport = 4321, .payload = payload, .seed = (uint32_t)payload,
		.seq = 0xfffffff0, .tcp_flags = 0x18, .ip_id = 0xfffe,
	};
}

static const unsigned int ptypes[2][2] = { { 24, 26 }, { 90, 92 } };	/* UDP, TCP */

/* Clause: IPv4, TCP and UDP checksums are filled in, for v4 and v6, odd lengths
 * too; the receiver is told that they are good, and of what type the packet is.
 */
static void checksum_offload(void)
{
	static const size_t payload[] = { 0, 1, 18, 777, 1460 };
	struct frame_info sent, got;
	unsigned int v6, tcp;
	uint8_t f[1600];
	size_t i, len;

	avf_pair(&a, &b, 1);
	for (v6 = 0; v6 < 2; v6++)
		for (tcp = 0; tcp < 2; tcp++)
			for (i = 0; i < ARRAY_SIZE(payload); i++) {
				struct frame_spec s = spec(v6, tcp ? PROTO_TCP : PROTO_UDP,
							   payload[i] - (v6 && payload[i] > 1440 ? 20 : 0));

				len = frame_build(f, &s, &sent);
				REQUIRE_GE(avf_tx(&a, 0, f, len, frame_tx_cmd(&s)), 0);
				REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
				EXPECT_EQ(rx.len, len);
				REQUIRE(frame_parse(rx.data, rx.len, &got));
				EXPECT(got.l3_ok);
				EXPECT(got.l4_ok);
				EXPECT_EQ(got.payload_len, s.payload);
				EXPECT_MEM(got.payload, sent.payload, s.payload);
				EXPECT(rx.qw1 & RXD_L3L4P);
				EXPECT_EQ(rx.qw1 & (RXD_IPE | RXD_L4E), 0);
				EXPECT_EQ(rx.ptype, ptypes[v6][tcp]);
			}
	done();
}

/* Clause: SCTP's CRC32c is filled in, for v4 and v6. */
static void sctp_checksum_offload(void)
{
	static const unsigned int ptype[] = { 27, 93 };
	unsigned int v6;
	uint8_t f[600];
	size_t len;

	avf_pair(&a, &b, 1);
	for (v6 = 0; v6 < 2; v6++) {
		len = frame_sctp(f, b.res.mac, a.res.mac, v6, 333);
		REQUIRE_GE(avf_tx(&a, 0, f, len, (v6 ? TXD_IPV6 : TXD_IPV4_CSUM) | TXD_L4_SCTP |
				  TXD_OFFSET(ETH_HLEN, v6 ? 40 : 20, 12)), 0);
		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
		EXPECT_EQ(rx.len, len);
		EXPECT(frame_sctp_ok(rx.data, rx.len));
		EXPECT_EQ(rx.ptype, ptype[v6]);
		EXPECT_EQ(rx.qw1 & RXD_L4E, 0);
	}
	done();
}

/* Clause: a wrong checksum that the sender wrote itself arrives unchanged and is
 * reported, never as good.
 */
static void bad_checksum_is_told(void)
{
	struct frame_spec s;
	struct frame_info got;
	uint8_t f[1600];
	size_t len;

	avf_pair(&a, &b, 1);
	s = spec(false, PROTO_UDP, 300);
	len = frame_build(f, &s, NULL);
	frame_finish(f, len);
	exactly(f, len);
	REQUIRE(frame_parse(rx.data, rx.len, &got));
	EXPECT(got.l3_ok && got.l4_ok);
	EXPECT_EQ(rx.qw1 & (RXD_IPE | RXD_L4E), 0);
	f[len - 1] ^= 0x10;
	exactly(f, len);
	EXPECT(!(rx.qw1 & RXD_L3L4P) || rx.qw1 & RXD_L4E);
	f[len - 1] ^= 0x10;
	f[14 + 8] ^= 1;		/* time to live */
	exactly(f, len);
	EXPECT(!(rx.qw1 & RXD_L3L4P) || rx.qw1 & RXD_IPE);
	/* no IP at all: type 1, nothing checked */
	frame_l2(f, 100, b.res.mac, a.res.mac, 3);
	exactly(f, 100);
	EXPECT_EQ(rx.ptype, 1);
	EXPECT_EQ(rx.qw1 & RXD_L3L4P, 0);
	done();
}

struct tso {
	bool v6;
	uint16_t mss;
	size_t payload;
	uint8_t flags;
};

static void one_tso(const struct tso *t, uint8_t *buf, uint64_t iova)
{
	struct frame_spec s = spec(t->v6, PROTO_TCP, t->payload);
	unsigned int segs = (unsigned int)((t->payload + t->mss - 1) / t->mss), i;
	struct frame_info sent, got;
	struct avf_frag f[8];
	size_t at = 0, len;

	s.tcp_flags = t->flags;
	s.tso = true;
	len = frame_build(big, &s, &sent);
	memcpy(buf, big, len);
	cut(f, 6, iova, len);
	REQUIRE_GE(avf_tx_frags(&a, 0, f, 6, frame_tx_cmd(&s), TXD_CTX_TSO(t->payload, t->mss), 0), 0);
	for (i = 0; i < segs; i++) {
		uint8_t flags = t->flags;

		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
		REQUIRE(frame_parse(rx.data, rx.len, &got));
		EXPECT_EQ(got.payload_len, i + 1 < segs ? t->mss : t->payload - at);
		EXPECT_MEM(got.payload, sent.payload + at, got.payload_len);
		EXPECT_EQ(rx.len, sent.hdr + got.payload_len);
		EXPECT_EQ(got.seq, (uint32_t)(s.seq + at));
		EXPECT_EQ(got.l3_total, t->v6 ? 20 + got.payload_len : 40 + got.payload_len);
		if (!t->v6)
			EXPECT_EQ(got.ip_id, (uint16_t)(s.ip_id + i));
		/* FIN and PSH on the last segment only, CWR on the first only. */
		if (i + 1 < segs)
			flags &= (uint8_t)~0x09;
		if (i)
			flags &= (uint8_t)~0x80;
		EXPECT_EQ(got.tcp_flags, flags);
		EXPECT(got.l3_ok);
		EXPECT(got.l4_ok);
		at += got.payload_len;
	}
	EXPECT_EQ(at, t->payload);
	EXPECT_OK(avf_tx_done(&a, 0, AVF_MS));
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, 5), 0);
}

/* Clause: TCP segmentation for v4 and v6: lengths, sequence numbers, IP ids, flags and
 * checksums of each segment, the payload whole.
 */
static void tcp_segmentation(void)
{
	static const struct tso t[] = {
		{ false, 1448, 20000, 0x18 },
		{ true, 1428, 20000, 0x18 },
		{ false, 536, 20001, 0x99 },	/* ACK PSH FIN CWR, odd */
		{ true, 1000, 1001, 0x99 },
		{ false, 1460, 1460, 0x18 },	/* a single segment */
		{ true, 1400, 48000, 0x10 },
	};
	uint64_t iova;
	uint8_t *buf;
	size_t i;

	avf_pair(&a, &b, 1);
	buf = avf_alloc(&a, 65536, &iova);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		one_tso(&t[i], buf, iova);
	done();
}

/* --- RSS ------------------------------------------------------------------------------------ */

static uint32_t toeplitz(const uint8_t *key, const uint8_t *in, size_t len)
{
	uint32_t hash = 0, win = ntohl(*(const uint32_t *)(const void *)key);
	size_t i, bit;

	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			if (in[i] & 0x80 >> bit)
				hash ^= win;
			win = win << 1 | (key[i + 4] >> (7 - bit) & 1);
		}
	return hash;
}

static struct vc_rss key, lut;

/* B's, the way a driver does. */
static void set_key_and_table(unsigned int queues)
{
	unsigned int i;

	key.vsi_id = b.res.vsi_id;
	key.len = 52;
	pattern(key.data, 52, 7);
	REQUIRE_EQ(avf_vc(&b, VC_RSS_KEY, &key, VC_RSS_LEN(52), NULL), 0);
	lut.vsi_id = b.res.vsi_id;
	lut.len = (uint16_t)b.res.rss_lut_size;
	for (i = 0; i < lut.len; i++)
		lut.data[i] = (uint8_t)(queues - 1 - i % queues);
	REQUIRE_EQ(avf_vc(&b, VC_RSS_LUT, &lut, VC_RSS_LEN(lut.len), NULL), 0);
}

/* Clause: with RSS a flow stays on the queue that its Toeplitz hash names, flows spread
 * over all queues, and the hash is told; with the hash off everything is on queue 0.
 */
static void rss(void)
{
	uint64_t cfg = 0, none = 0;
	unsigned int hits[4] = { 0 }, i;
	struct avf_msg reply;
	uint8_t f[200];
	size_t len;

	avf_pair(&a, &b, 4);
	REQUIRE(b.res.caps & VC_CAP_RSS_PF);
	REQUIRE_EQ(b.res.rss_key_size, 52);
	set_key_and_table(4);
	REQUIRE_EQ(avf_vc(&b, VC_RSS_HASHCFG_CAPS, NULL, 0, &reply), 0);
	memcpy(&cfg, reply.data, sizeof(cfg));
	EXPECT(cfg & 1ull << 31);	/* v4 UDP */
	EXPECT(cfg & 1ull << 33);	/* v4 TCP */
	REQUIRE_EQ(avf_vc(&b, VC_RSS_HASHCFG, &cfg, 8, NULL), 0);
	for (i = 0; i < 64; i++) {
		struct frame_spec s = spec(i & 32, i & 1 ? PROTO_TCP : PROTO_UDP, 50);
		uint32_t hash;
		int q;

		s.sport = (uint16_t)(1000 + i * 7);
		len = frame_build(f, &s, NULL);
		frame_finish(f, len);
		REQUIRE_GE(avf_tx(&a, i % 4, f, len, 0), 0);
		q = avf_rx_from(&b, a.res.mac, &rx, AVF_MS);
		REQUIRE_GE(q, 0);
		hits[q]++;
		/* addresses and ports follow each other in the packet */
		hash = s.v6 ? toeplitz(key.data, f + 14 + 8, 36) : toeplitz(key.data, f + 14 + 12, 12);
		EXPECT_EQ(rx.hash, hash);
		EXPECT_EQ(RXD_FLTSTAT(rx.qw1), 3);
		EXPECT_EQ(q, lut.data[hash % lut.len]);
	}
	ktap_note("64 flows: %u %u %u %u", hits[0], hits[1], hits[2], hits[3]);
	for (i = 0; i < 4; i++)
		EXPECT_GT(hits[i], 3);
	REQUIRE_EQ(avf_vc(&b, VC_RSS_HASHCFG, &none, 8, NULL), 0);
	for (i = 0; i < 8; i++) {
		struct frame_spec s = spec(false, PROTO_UDP, 50);

		s.sport = (uint16_t)(2000 + i);
		len = frame_build(f, &s, NULL);
		REQUIRE_GE(avf_tx(&a, 0, f, len, 0), 0);
		EXPECT_EQ(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
	}
	done();
}

/* Clause: a driver that sets key and table only (none of the hash configuration) has
 * its flows spread all the same.
 */
static void rss_without_hash_configuration(void)
{
	unsigned int hits[4] = { 0 }, i;
	uint8_t f[200];
	size_t len;
	int q;

	avf_pair(&a, &b, 4);
	set_key_and_table(4);
	for (i = 0; i < 48; i++) {
		struct frame_spec s = spec(false, i & 1 ? PROTO_TCP : PROTO_UDP, 50);

		s.sport = (uint16_t)(1000 + i * 13);
		len = frame_build(f, &s, NULL);
		frame_finish(f, len);
		REQUIRE_GE(avf_tx(&a, 0, f, len, 0), 0);
		q = avf_rx_from(&b, a.res.mac, &rx, AVF_MS);
		REQUIRE_GE(q, 0);
		hits[q]++;
		EXPECT_EQ(RXD_FLTSTAT(rx.qw1), 3);
	}
	ktap_note("48 flows: %u %u %u %u", hits[0], hits[1], hits[2], hits[3]);
	for (i = 0; i < 4; i++)
		EXPECT_GT(hits[i], 0);
	done();
}

/* --- the switch --------------------------------------------------------------------------------- */

static void three_done(void)
{
	avf_end(&c);
	done();
}

static void send_to(const uint8_t *dst)
{
	uint8_t f[80];

	frame_l2(f, sizeof(f), dst, a.res.mac, 77);
	REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
}

/* Clause: unicast reaches its owner only, broadcast everyone but the sender. */
static void unicast_and_broadcast(void)
{
	static const uint8_t nobody[6] = { 0x02, 0x99, 0x99, 0x99, 0x99, 0x99 };

	avf_three(&a, &b, &c);
	send_to(c.res.mac);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 1, AVF_MS), 1);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, 5), 0);
	send_to(mac_broadcast);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 1, AVF_MS), 1);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 1, AVF_MS), 1);
	EXPECT_EQ(avf_rx_count(&a, a.res.mac, 0, 5), 0);
	send_to(nobody);
	send_to(a.res.mac);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 0, SETTLE), 0);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, 5), 0);
	EXPECT_EQ(avf_rx_count(&a, a.res.mac, 0, 5), 0);
	three_done();
}

/* Clause: multicast comes by subscription, or all of it by promiscuous mode. */
static void multicast_by_subscription(void)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0x12, 0x34 };
	struct vc_promisc p = { .flags = VC_PROMISC_MC };

	avf_three(&a, &b, &c);
	send_to(group);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, SETTLE), 0);
	REQUIRE_EQ(avf_mac(&b, VC_ADD_ETH_ADDR, group, 2), 0);
	send_to(group);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 1, AVF_MS), 1);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 0, 5), 0);
	REQUIRE_EQ(avf_mac(&b, VC_DEL_ETH_ADDR, group, 2), 0);
	send_to(group);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, SETTLE), 0);
	p.vsi_id = c.res.vsi_id;
	REQUIRE_EQ(avf_vc(&c, VC_PROMISC, &p, sizeof(p), NULL), 0);
	send_to(group);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 1, AVF_MS), 1);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, 5), 0);
	p.flags = 0;
	REQUIRE_EQ(avf_vc(&c, VC_PROMISC, &p, sizeof(p), NULL), 0);
	send_to(group);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 0, SETTLE), 0);
	three_done();
}

/* Clause: unicast promiscuous mode is accepted (drivers ask for it) and shows a tenant
 * nothing of its neighbours' traffic.
 */
static void no_eavesdropping(void)
{
	struct vc_promisc p = { .flags = VC_PROMISC_UC | VC_PROMISC_MC };

	avf_three(&a, &b, &c);
	p.vsi_id = b.res.vsi_id;
	EXPECT_EQ(avf_vc(&b, VC_PROMISC, &p, sizeof(p), NULL), 0);
	send_to(c.res.mac);
	EXPECT_EQ(avf_rx_count(&c, a.res.mac, 1, AVF_MS), 1);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, 5), 0);
	three_done();
}

/* Clause: filters and modes of one tenant do not survive into the next, nor over a
 * reset.
 */
static void filters_end_with_reset(void)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0x56, 0x78 };

	avf_pair(&a, &b, 1);
	REQUIRE_EQ(avf_mac(&b, VC_ADD_ETH_ADDR, group, 2), 0);
	send_to(group);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 1, AVF_MS), 1);
	REQUIRE_OK(vfio_reset(&b.dev));
	REQUIRE_OK(avf_restart(&b));
	REQUIRE_EQ(avf_queues_up(&b, 1), 0);
	send_to(group);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 0, SETTLE), 0);
	send_to(b.res.mac);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 1, AVF_MS), 1);
	done();
}

/* Clause: a source address that is not one's own is dropped. */
static void spoofed_source(void)
{
	uint8_t f[80], fake[6];

	avf_three(&a, &b, &c);
	memcpy(fake, a.res.mac, 6);
	fake[5] ^= 0x5a;
	frame_l2(f, sizeof(f), b.res.mac, fake, 1);
	REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
	EXPECT_EQ(avf_rx_count(&b, fake, 0, SETTLE), 0);
	/* the worst one: somebody else's */
	frame_l2(f, sizeof(f), b.res.mac, c.res.mac, 1);
	REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
	EXPECT_EQ(avf_rx_count(&b, c.res.mac, 0, SETTLE), 0);
	/* dropped, not stuck */
	EXPECT_OK(avf_tx_done(&a, 0, AVF_MS));
	send_to(b.res.mac);
	EXPECT_EQ(avf_rx_count(&b, a.res.mac, 1, AVF_MS), 1);
	three_done();
}

/* Clause: VLAN tags pass untouched between devices that may have all VLANs. */
static void vlan_tags_pass(void)
{
	uint8_t f[200];

	avf_pair(&a, &b, 1);
	REQUIRE_OK(mdev_attr_set(a.dev.uuid, "trust", "on"));
	REQUIRE_OK(mdev_attr_set(b.dev.uuid, "trust", "on"));
	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 9);
	memcpy(f + 12, "\x81\x00\x60\x05\x88\xb5", 6);
	exactly(f, sizeof(f));
	done();
}

/* Clause: without mapped doorbells (everything through read and write) the result is
 * the same.
 */
static void without_mappings(void)
{
	const struct avf_opts o = { .no_mmap = true }, p = { .no_mmap = true, .iova = 1ull << 40 };
	uint8_t f[600];
	uint32_t i;

	avf_new(&a, 1, &o);
	avf_new(&b, 1, &p);
	for (i = 0; i < 100; i++) {
		frame_l2(f, 60 + i * 5, b.res.mac, a.res.mac, i);
		exactly(f, 60 + i * 5);
	}
	EXPECT_GT(mdev_counter(a.dev.uuid, "doorbell_traps"), 99);
	done();
}

static const struct ktap_case cases[] = {
	CASE(lengths),
	CASE(scatter),
	CASE(chained_receive),
	CASE(no_byte_too_many),
	CASE(checksum_offload),
	CASE(sctp_checksum_offload),
	CASE(bad_checksum_is_told),
	CASE(tcp_segmentation),
	CASE(rss),
	CASE(rss_without_hash_configuration),
	CASE(unicast_and_broadcast),
	CASE(multicast_by_subscription),
	CASE(no_eavesdropping),
	CASE(filters_end_with_reset),
	CASE(spoofed_source),
	CASE(vlan_tags_pass),
	CASE(without_mappings),
};

KTAP_MAIN("dataplane", cases, setup, mdev_cleanup)
