// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp_gso ADDRESS PORT SEGMENT PACKETS: sends packets of UDP segments to an IPv4 or
 * IPv6 address, each packet by one call that leaves the segmentation to the stack or the device.
 * Each segment begins with its number in seven digits. For guests; tests/e2e/features.sh,
 * virtio.sh.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

/* The last one is a byte shorter than the others. */
#define SEGMENTS	8
#define NUMBER		8	/* bytes of a segment's number, and its end */

static int fail(const char *what)
{
	fprintf(stderr, "udp_gso: %s: %s\n", what, strerror(errno));
	return 1;
}

static socklen_t address(const char *name, const char *port, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *v6 = (void *)to;
	struct sockaddr_in *v4 = (void *)to;

	if (inet_pton(AF_INET, name, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(atoi(port));
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, name, &v6->sin6_addr) != 1)
		return 0;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(atoi(port));
	return sizeof(*v6);
}

static void fill(unsigned char *segment, int len, unsigned int number)
{
	memset(segment, 'a' + number % SEGMENTS, (size_t)len);
	snprintf((char *)segment, NUMBER, "%07u", number % 10000000u);
}

int main(int argc, char **argv)
{
	static unsigned char data[65507 + 1];
	struct sockaddr_storage to = { .ss_family = AF_UNSPEC };
	socklen_t to_len = argc == 5 ? address(argv[1], argv[2], &to) : 0;
	int segment, packets, fd;
	unsigned int number = 0;
	size_t i, len;

	if (!to_len) {
		fprintf(stderr, "usage: udp_gso ADDRESS PORT SEGMENT PACKETS\n");
		return 2;
	}
	segment = atoi(argv[3]);
	packets = atoi(argv[4]);
	len = (size_t)segment * SEGMENTS - 1;
	if (segment < NUMBER || len >= sizeof(data))
		return 2;
	fd = socket(to.ss_family, SOCK_DGRAM, 0);
	if (fd < 0 || setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)))
		return fail("UDP_SEGMENT");
	for (; packets > 0; packets--) {
		for (i = 0; i < SEGMENTS; i++)
			fill(data + i * segment, segment, number++);
		if (sendto(fd, data, len, 0, (struct sockaddr *)&to, to_len) != (ssize_t)len)
			return fail("sendto");
		usleep(20000);
	}
	printf("%zu bytes each\n", len);
	return 0;
}
