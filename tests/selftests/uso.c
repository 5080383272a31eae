// SPDX-License-Identifier: GPL-2.0-only
/*
 * uso ADDRESS PORT BYTES TIMES: sends TIMES buffers of 16 datagrams of BYTES bytes each, which
 * the kernel leaves to the driver of the interface to cut (UDP_SEGMENT). Each datagram begins
 * with its number. For guests; tests/e2e/virtio.sh.
 */
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define DATAGRAMS 16

static char buf[DATAGRAMS * 1472];

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int i, fd, bytes, times;
	unsigned int n = 0;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: uso ADDRESS PORT BYTES TIMES\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	bytes = atoi(argv[3]);
	times = atoi(argv[4]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bytes < 8 || bytes > 1472 || fd < 0 ||
	    setsockopt(fd, SOL_UDP, UDP_SEGMENT, &bytes, sizeof(bytes))) {
		perror("uso");
		return 1;
	}
	while (times-- > 0) {
		for (i = 0; i < DATAGRAMS; i++) {
			memset(buf + i * bytes, 'a' + i, (size_t)bytes);
			snprintf(buf + i * bytes, 8, "%07u", n++ % 10000000u);
		}
		if (sendto(fd, buf, (size_t)(DATAGRAMS * bytes), 0, (void *)&to, sizeof(to)) !=
		    DATAGRAMS * bytes) {
			perror("uso: sendto");
			return 1;
		}
		usleep(20000);
	}
	return 0;
}
