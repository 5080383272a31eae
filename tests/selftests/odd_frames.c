// SPDX-License-Identifier: GPL-2.0-only
/*
 * odd_frames FROM TO NETNS: packets as a guest behind a tap may hand them to the
 * interface FROM, with offloads whose header lengths and offsets make no sense. TO, in
 * another network namespace, must get those that can be sent, with the checksum that
 * was asked for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ETH		14
#define TCP_CSUM	16
#define UDP_CSUM	6
#define ARRIVES_SECONDS	3

/**
 * struct odd - a packet
 * @name: for people
 * @len: bytes of the frame
 * @v6: IPv6
 * @ihl: IPv4: header's length in its own words
 * @doff: TCP's, written where L4 begins by @ihl
 * @start: where the checksum begins
 * @field: where it goes, from @start on
 * @mss: to be segmented
 * @arrives: as one frame
 */
struct odd {
	const char *name;
	unsigned int len;
	bool v6;
	unsigned int ihl, doff, start, field, mss;
	bool arrives;
};

static const struct odd odds[] = {
	{ "sound", 100, false, 5, 5, ETH + 20, TCP_CSUM, 0, true },
	{ "TCP header longer than the frame", 60, false, 5, 15, ETH + 20, TCP_CSUM, 0, true },
	{ "TCP header of no length", 60, false, 5, 0, ETH + 20, TCP_CSUM, 0, true },
	{ "TCP header cut short", 60, false, 5, 5, ETH + 28, TCP_CSUM, 0, true },
	{ "UDP at the end of the frame", 60, false, 5, 5, 52, UDP_CSUM, 0, true },
	{ "checksum begins within the IPv4 header", 100, false, 5, 5, 20, TCP_CSUM, 0, true },
	{ "checksum begins within the IPv6 header", 100, true, 0, 5, ETH + 20, TCP_CSUM, 0, true },
	{ "checksum begins at an odd place", 100, false, 5, 5, ETH + 21, TCP_CSUM, 0, true },
	{ "IPv4 header of 600 bytes", 1400, false, 5, 5, ETH + 600, TCP_CSUM, 0, true },
	{ "IPv4 header of 8400 bytes", 9000, false, 5, 5, ETH + 8400, UDP_CSUM, 0, true },
	{ "segments longer than a frame", 30000, false, 5, 15, ETH + 20, TCP_CSUM, 9660, false },
	{ "segments longer than was said", 30000, false, 15, 15, ETH + 20, TCP_CSUM, 9668, false },
	{ "segments longer than the packet", 65000, false, 5, 5, ETH + 20, TCP_CSUM, 65000, false },
	{ "sound again", 100, false, 5, 5, ETH + 20, TCP_CSUM, 0, true },
};

struct end {
	int fd;
	uint8_t mac[6];
};

struct packet {
	struct virtio_net_hdr vnet;
	uint8_t frame[65536];
};

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return -1;
}

/* A packet socket on an interface of the network namespace this thread is in. */
static int end_open(struct end *e, const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct timeval limit = { .tv_sec = ARRIVES_SECONDS };
	struct ifreq ifr = { 0 };

	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	ll.sll_ifindex = if_nametoindex(dev);
	e->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (e->fd < 0 || !ll.sll_ifindex || ioctl(e->fd, SIOCGIFHWADDR, &ifr) ||
	    bind(e->fd, (struct sockaddr *)&ll, sizeof(ll)) ||
	    setsockopt(e->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return fail(dev);
	memcpy(e->mac, ifr.ifr_hwaddr.sa_data, sizeof(e->mac));
	return 0;
}

static int netns_enter(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || setns(fd, CLONE_NEWNET) ? fail(path) : 0;
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint16_t sum16(const uint8_t *p, unsigned int len)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* IP header with its lengths right, TCP behind it, the number of the case in the data. */
static void packet_headers(const struct odd *o, uint8_t *f, unsigned int l4)
{
	uint8_t *ip = f + ETH;

	put16(f + 12, o->v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (o->v6) {
		ip[0] = 0x60;
		put16(ip + 4, o->len - ETH - 40);
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
	} else {
		ip[0] = 0x40 | o->ihl;
		put16(ip + 2, o->len - ETH);
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		put16(ip + 10, 0);
		put16(ip + 10, ~sum16(ip, o->ihl * 4));
	}
	f[l4 + 12] = o->doff << 4;
	f[l4 + 13] = 0x10;
}

static void packet_make(struct packet *p, const struct odd *o, const struct end *from,
			const struct end *to)
{
	unsigned int l4 = ETH + (o->v6 ? 40 : o->ihl * 4);

	memset(p, 0, sizeof(*p));
	memset(p->frame, 0x55, o->len);
	memcpy(p->frame, to->mac, 6);
	memcpy(p->frame + 6, from->mac, 6);
	/* A sound header where it is said to be, another one where it is. */
	p->frame[o->start + 12] = 5 << 4;
	packet_headers(o, p->frame, l4);
	put16(p->frame + o->start + o->field, 0);
	p->vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	p->vnet.csum_start = o->start;
	p->vnet.csum_offset = o->field;
	if (o->mss) {
		p->vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		p->vnet.gso_size = o->mss;
		p->vnet.hdr_len = l4 + o->doff * 4;
	}
}

/* The frame of case @o comes, but for its checksum as in @p; others are passed over. */
static int packet_arrives(const struct end *to, const struct odd *o, const struct packet *p)
{
	unsigned int field = o->start + o->field, n;
	static uint8_t got[65536];
	ssize_t len;

	for (n = 0; n < 1000; n++) {
		len = recv(to->fd, got, sizeof(got), 0);
		if (len < 0)
			return fail("does not arrive");
		if (len == o->len && !memcmp(got, p->frame, field) &&
		    !memcmp(got + field + 2, p->frame + field + 2, len - field - 2))
			break;
	}
	if (n == 1000 || sum16(got + o->start, o->len - o->start) == 0xffff)
		return 0;
	errno = EBADMSG;
	return fail("checksum");
}

static int packet_send(const struct end *from, const struct odd *o, const struct packet *p)
{
	size_t len = sizeof(p->vnet) + o->len;

	return send(from->fd, p, len, 0) == (ssize_t)len ? 0 : fail("send");
}

int main(int argc, char **argv)
{
	static struct packet p;
	struct end from, to;
	unsigned int i;
	int on = 1, bad = 0;

	if (argc != 4)
		return 2;
	if (end_open(&from, argv[1]) || netns_enter(argv[3]) || end_open(&to, argv[2]))
		return 2;
	if (setsockopt(from.fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		return fail("PACKET_VNET_HDR") ? 2 : 0;
	for (i = 0; i < sizeof(odds) / sizeof(odds[0]); i++) {
		const struct odd *o = &odds[i];

		packet_make(&p, o, &from, &to);
		if (!packet_send(&from, o, &p) && (!o->arrives || !packet_arrives(&to, o, &p)))
			continue;
		fprintf(stderr, "failed: %s\n", o->name);
		bad++;
	}
	return bad > 0;
}
