// SPDX-License-Identifier: GPL-2.0-only
/*
 * bounce IFACE VIA BACK COUNT [udp]: COUNT numbered frames leave the interface IFACE for the
 * address VIA, whose owner is to pass them on to IFACE. Each must come back once from the
 * address BACK, with what it carried. With "udp" they are datagrams of many flows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/frame.h"

#define WINDOW		32	/* frames under way at most: any ring holds them */
#define SILENCE_SECONDS	10
#define COUNT_MAX	1000000
#define NUMBER		46	/* where in a frame its number is: in the data of a datagram, too */
#define FRAME_MIN	60
#define FRAME_MAX	1514

struct bounce {
	int fd;
	uint8_t own[6], via[6], back[6];
	unsigned int count;
	bool udp;
	uint8_t *seen;	/* of each number */
};

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return -1;
}

static int mac_parse(const char *text, uint8_t *mac)
{
	errno = EINVAL;
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		      &mac[4], &mac[5]) == 6 ? 0 : fail(text);
}

static int socket_open(struct bounce *b, const char *iface)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct timeval limit = { .tv_sec = SILENCE_SECONDS };
	struct ifreq ifr = { 0 };

	strncpy(ifr.ifr_name, iface, IFNAMSIZ - 1);
	ll.sll_ifindex = (int)if_nametoindex(iface);
	b->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (b->fd < 0 || !ll.sll_ifindex || ioctl(b->fd, SIOCGIFHWADDR, &ifr) ||
	    bind(b->fd, (struct sockaddr *)&ll, sizeof(ll)) ||
	    setsockopt(b->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return fail(iface);
	memcpy(b->own, ifr.ifr_hwaddr.sa_data, sizeof(b->own));
	return 0;
}

/* Frame @nr: its length. Lengths go over all there are. */
static size_t frame_of(const struct bounce *b, unsigned int nr, const uint8_t *dst,
		       const uint8_t *src, uint8_t *f)
{
	size_t len = FRAME_MIN + nr * 97 % (FRAME_MAX - FRAME_MIN + 1);
	struct frame_spec s = {
		.dst = dst, .src = src, .proto = PROTO_UDP, .sport = (uint16_t)(1024 + nr % 61),
		.dport = 9, .ip_id = (uint16_t)nr, .payload = len - NUMBER + 4, .seed = nr,
	};

	if (b->udp)
		len = frame_build(f, &s, NULL);
	else
		frame_l2(f, len, dst, src, nr);
	memcpy(f + NUMBER, &nr, sizeof(nr));
	if (b->udp)
		frame_finish(f, len);
	return len;
}

static int frame_send(const struct bounce *b, unsigned int nr)
{
	static uint8_t f[2 * FRAME_MAX];
	size_t len = frame_of(b, nr, b->via, b->own, f);

	while (send(b->fd, f, len, 0) != (ssize_t)len) {
		if (errno != ENOBUFS && errno != EAGAIN)
			return fail("send");
		usleep(1000);
	}
	return 0;
}

/* The next frame that comes: 1 if it is one of ours, for the first time; 0 if it is no one's. */
static int frame_take(struct bounce *b)
{
	static uint8_t got[65536], want[2 * FRAME_MAX];
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	ssize_t len = recvfrom(b->fd, got, sizeof(got), 0, (struct sockaddr *)&from, &size);
	unsigned int nr;

	if (len < 0)
		return fail("nothing comes back");
	if (len < FRAME_MIN || from.sll_pkttype == PACKET_OUTGOING ||
	    memcmp(got + 6, b->back, sizeof(b->back)) || memcmp(got, b->own, sizeof(b->own)))
		return 0;
	memcpy(&nr, got + NUMBER, sizeof(nr));
	if (nr >= b->count)
		return 0;
	errno = EBADMSG;
	if (frame_of(b, nr, b->own, b->back, want) != (size_t)len || memcmp(got, want, len))
		return fail("a frame has changed");
	errno = EEXIST;
	if (b->seen[nr]++)
		return fail("a frame came twice");
	return 1;
}

static int bounce(struct bounce *b)
{
	unsigned int sent = 0, back = 0;
	int ret = 0;

	while (back < b->count && ret >= 0) {
		for (; !ret && sent < b->count && sent - back < WINDOW; sent++)
			ret = frame_send(b, sent);
		if (!ret)
			ret = frame_take(b);
		if (ret > 0) {
			back++;
			ret = 0;
		}
	}
	printf("%u sent, %u came back\n", sent, back);
	return ret;
}

int main(int argc, char **argv)
{
	struct bounce b = { 0 };

	if (argc < 5)
		return 2;
	b.count = (unsigned int)atoi(argv[4]);
	b.udp = argc > 5 && !strcmp(argv[5], "udp");
	if (!b.count || b.count > COUNT_MAX || mac_parse(argv[2], b.via) ||
	    mac_parse(argv[3], b.back) || socket_open(&b, argv[1]))
		return 2;
	b.seen = calloc(b.count, 1);
	return !b.seen || bounce(&b) < 0;
}
