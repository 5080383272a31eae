// SPDX-License-Identifier: GPL-2.0-only
/*
 * rowdy UUID MODE: be a tenant that others must not suffer from, until killed; say
 * "ready" when it begins. For tests/e2e/neighbours.sh.
 *
 *	frames	link control frames, and frames into VLANs that are not its own
 *	fifo	receive nothing for a while, then all that waits, in turns
 *	resets	reset its function again and again
 *	floods	messages to the driver, more than it may have
 *	lists	more groups than there are filters, foreign addresses, and promiscuity on and off
 *
 * Whatever happens to its device meanwhile, it starts again.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../include/smartnic/messages.h"
#include "lib/avf.h"
#include "lib/frame.h"

#define LEN	100

static struct avf a;

static int frames(void)
{
	static const struct {
		const char *dst;
		uint16_t tpid, tci, proto;
	} kinds[] = {
		{ "\x01\x80\xc2\x00\x00\x01", 0, 0, 0x8808 },
		{ "\x01\x80\xc2\x00\x00\x01", 0x8100, 100, 0x8808 },
		{ "\x01\x80\xc2\x00\x00\x0e", 0, 0, 0x88cc },
		{ "\x01\x80\xc2\x00\x00\x02", 0, 0, 0x8809 },
		{ "\xff\xff\xff\xff\xff\xff", 0x8100, 100, 0x0806 },
		{ "\xff\xff\xff\xff\xff\xff", 0x88a8, 100, 0x0806 },
	};
	static unsigned int n;
	uint8_t f[LEN];
	unsigned int i;

	for (i = 0; i < 48; i++, n++) {
		size_t k = n % (sizeof(kinds) / sizeof(kinds[0])), at = kinds[k].tpid ? 16 : 12;

		frame_l2(f, LEN, (const uint8_t *)kinds[k].dst, a.res.mac, n);
		if (kinds[k].tpid) {
			f[12] = (uint8_t)(kinds[k].tpid >> 8);
			f[13] = (uint8_t)kinds[k].tpid;
			f[14] = (uint8_t)(kinds[k].tci >> 8);
			f[15] = (uint8_t)kinds[k].tci;
		}
		f[at] = (uint8_t)(kinds[k].proto >> 8);
		f[at + 1] = (uint8_t)kinds[k].proto;
		if (avf_tx(&a, 0, f, LEN, 0) < 0)
			return -1;
	}
	return avf_tx_done(&a, 0, 100);
}

static int fifo(void)
{
	usleep(21000);
	avf_rx_drain(&a);
	return 0;
}

static int resets(void)
{
	avf_aq_post(&a, SMNC_AQ_OP_TO_PF, VC_RESET_VF, NULL, 0);
	usleep(1000);
	return -1;
}

static int floods(void)
{
	static const uint32_t ops[] = { VC_VERSION, 0x999, VC_GET_STATS, VC_PROMISC };
	unsigned int i;

	for (i = 0; i < AVF_AQ_RING - 1; i++)
		avf_aq_post(&a, SMNC_AQ_OP_TO_PF, ops[i % 4], &ops, 8);
	return avf_aq_drain(&a, 100);
}

/* 60 groups and four addresses of others: taken in, and given up again. */
static int lists(void)
{
	static struct vc_macs m;
	struct vc_promisc p = { .vsi_id = a.res.vsi_id, .flags = VC_PROMISC_UC | VC_PROMISC_MC };
	static const uint32_t ops[] = { VC_ADD_ETH_ADDR, VC_DEL_ETH_ADDR };
	struct avf_msg reply;
	unsigned int i, n = 64;

	m.vsi_id = a.res.vsi_id;
	m.num = (uint16_t)n;
	for (i = 0; i < n; i++) {
		memcpy(m.mac[i].addr, a.res.mac, 6);
		m.mac[i].addr[0] = i < 60 ? 0x33 : 0x02;
		m.mac[i].addr[5] = (uint8_t)i;
	}
	for (i = 0; i < 2; i++) {
		if (avf_vc(&a, ops[i], &m, VC_MACS_LEN(n), &reply) < 0 ||
		    avf_vc(&a, VC_PROMISC, &p, sizeof(p), &reply) < 0)
			return -1;
		p.flags = 0;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*turn)(void);	/* else the function starts again */
} modes[] = {
	{ "frames", frames },
	{ "fifo", fifo },
	{ "resets", resets },
	{ "floods", floods },
	{ "lists", lists },
};

static int start_again(void)
{
	return avf_restart(&a) || avf_queues_up(&a, 1);
}

static void __attribute__((noreturn)) be(int (*turn)(void))
{
	for (;;) {
		/* The function was reset, or it must be. */
		if (!(avf_rd(&a, AVF_ATQLEN) & AVF_AQ_LEN_ENABLE) || turn())
			while (start_again())
				usleep(50000);
	}
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 3 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[2], modes[i].name))
			continue;
		if (avf_open(&a, argv[1], NULL) || avf_init(&a) || avf_queues_up(&a, 1))
			return 1;
		puts("ready");
		fflush(stdout);
		be(modes[i].turn);
	}
	fprintf(stderr, "usage: rowdy UUID frames|fifo|resets|floods|lists\n");
	return 2;
}
