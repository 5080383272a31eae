/* SPDX-License-Identifier: GPL-2.0-only */
/* Ethernet frames: made, and taken apart again. */
#ifndef SELFTESTS_FRAME_H
#define SELFTESTS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETH_HLEN	14
#define ETHERTYPE_TEST	0x88b5	/* local experiments */
#define PROTO_TCP	6
#define PROTO_UDP	17
#define PROTO_SCTP	132

extern const uint8_t mac_broadcast[6];

/* A frame of @len bytes (14 and up) whose payload follows from @seed. */
void frame_l2(uint8_t *f, size_t len, const uint8_t *dst, const uint8_t *src, uint32_t seed);
/* Bytes that follow from @seed. */
void pattern(uint8_t *p, size_t len, uint32_t seed);

struct frame_spec {
	const uint8_t *dst, *src;
	bool v6;
	uint8_t proto;		/* PROTO_TCP or PROTO_UDP */
	uint16_t sport, dport;
	uint32_t seq;
	uint8_t tcp_flags;
	uint16_t ip_id;
	size_t payload;
	uint32_t seed;
	bool tso;		/* checksum seed without the length, as for TSO */
};

/* What was built, or found in a frame. */
struct frame_info {
	size_t ip_len, l4_len, hdr;	/* header lengths; hdr = all of them */
	size_t len;			/* of the whole frame */
	uint32_t seq;
	uint16_t ip_id, l3_total;	/* v4 total length, v6 payload length */
	uint8_t tcp_flags;
	bool l3_ok, l4_ok;
	const uint8_t *payload;
	size_t payload_len;
};

/*
 * Builds the frame as a driver hands it to a device that offloads checksums:
 * IPv4 header checksum 0, L4 checksum = sum of the pseudo header. Returns the
 * length; @info (may be NULL) gets the header lengths.
 */
size_t frame_build(uint8_t *f, const struct frame_spec *s, struct frame_info *info);
/* Fills in the checksums that frame_build() has left to the device. */
void frame_finish(uint8_t *f, size_t len);
/* Takes an IP frame apart and verifies its checksums; false if it is none. */
bool frame_parse(const uint8_t *f, size_t len, struct frame_info *info);
/* The descriptor bits that ask for the checksums of a built frame. */
uint64_t frame_tx_cmd(const struct frame_spec *s);

/* An SCTP packet of @payload bytes with CRC 0; and whether a received one's is right. */
size_t frame_sctp(uint8_t *f, const uint8_t *dst, const uint8_t *src, bool v6, size_t payload);
bool frame_sctp_ok(const uint8_t *f, size_t len);

#endif /* SELFTESTS_FRAME_H */
