// SPDX-License-Identifier: GPL-2.0-only
/* ethtool on the PF's netdev: a dump of registers (-d), and self-tests (-t). */
#include <linux/delay.h>

#include "../core/hw.h"
#include "netdev.h"
#include "settings.h"

#define SMNC_REGS_VERSION	1
#define SMNC_REGS_GLOBAL	0x100	/* bytes of BAR0 */
#define SMNC_REGS_FUNC		0x100
#define SMNC_REGS_QP		0x40

/* --- registers -------------------------------------------------------------------- */

/**
 * smnc_get_regs_len() - bytes of the dump
 * @dev: netdev
 *
 * BAR0 0x000 to 0x0ff, the block of function 0, a block for each queue pair of the netdev.
 */
int smnc_get_regs_len(struct net_device *dev)
{
	struct smnc_net *net = netdev_priv(dev);

	return SMNC_REGS_GLOBAL + SMNC_REGS_FUNC + net->max_queues * SMNC_REGS_QP;
}

/* The dump leaves ICR out: a read clears ICR. */
static u32 *smnc_regs_copy(struct smnc_pf *pf, u32 *to, u32 from, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i += 4, to++)
		*to = from + i == SMNC_ICR ? 0 : smnc_read(pf, from + i);
	return to;
}

void smnc_get_regs(struct net_device *dev, struct ethtool_regs *regs, void *data)
{
	struct smnc_net *net = netdev_priv(dev);
	unsigned int i;
	u32 *to = data;

	regs->version = SMNC_REGS_VERSION;
	to = smnc_regs_copy(net->pf, to, 0, SMNC_REGS_GLOBAL);
	to = smnc_regs_copy(net->pf, to, SMNC_FUNC(0), SMNC_REGS_FUNC);
	for (i = 0; i < net->max_queues; i++)
		to = smnc_regs_copy(net->pf, to, SMNC_QP(net->queue[i].qp), SMNC_REGS_QP);
}

/* --- tests ----------------------------------------------------------------------- */

/* Return: 0 = passed, as for all of them */
static u64 smnc_test_registers(struct smnc_net *net)
{
	static const u32 patterns[] = { 0x555, 0xaaa, 0xfff, 0 };
	u32 reg = SMNC_FUNC(0) + SMNC_FUNC_ITR_MIN, was = smnc_read(net->pf, reg);
	unsigned int i;
	u64 bad = 0;

	if (smnc_read(net->pf, SMNC_ID) != SMNC_ID_MAGIC)
		return 1;
	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		smnc_write(net->pf, reg, patterns[i]);
		bad |= smnc_read(net->pf, reg) ^ patterns[i];
	}
	smnc_write(net->pf, reg, was);
	return bad;
}

static u64 smnc_test_firmware(struct smnc_net *net)
{
	return smnc_fw_exec(net->pf, SMNC_FW_GET_INFO, NULL, NULL) ? 1 : 0;
}

/* Queues that are down have no interrupts. */
static u64 smnc_test_interrupts(struct smnc_net *net)
{
	unsigned int i, k;
	u64 bad = 0;

	for (i = 0; net->up && i < net->nr_queues; i++) {
		struct smnc_net_queue *q = &net->queue[i];
		u16 before = READ_ONCE(q->events);

		smnc_win_write(net->pf, 0, SMNC_WIN_DYN_CTLN(i),
			       SMNC_DYN_INTENA | SMNC_DYN_ITR_INDX | SMNC_DYN_SWINT_TRIG);
		for (k = 0; k < 100 && READ_ONCE(q->events) == before; k++)
			usleep_range(1000, 2000);
		if (READ_ONCE(q->events) == before)
			bad |= BIT_ULL(i);
	}
	return bad;
}

static u64 smnc_test_link(struct smnc_net *net)
{
	return smnc_read(net->pf, SMNC_STATUS) & SMNC_STATUS_LINK ? 0 : 1;
}

static const struct {
	char name[ETH_GSTRING_LEN];
	u64 (*run)(struct smnc_net *net);
	bool offline;
} smnc_tests[] = {
	{ "registers  (offline)", smnc_test_registers, true },
	{ "firmware   (online)", smnc_test_firmware, false },
	{ "interrupts (online)", smnc_test_interrupts, false },
	{ "link       (online)", smnc_test_link, false },
};

int smnc_test_count(void)
{
	return ARRAY_SIZE(smnc_tests);
}

void smnc_test_strings(u8 *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smnc_tests); i++)
		memcpy(data + i * ETH_GSTRING_LEN, smnc_tests[i].name, ETH_GSTRING_LEN);
}

void smnc_self_test(struct net_device *dev, struct ethtool_test *test, u64 *results)
{
	struct smnc_net *net = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smnc_tests); i++) {
		results[i] = 0;
		if (smnc_tests[i].offline && !(test->flags & ETH_TEST_FL_OFFLINE))
			continue;
		results[i] = smnc_hw_off(net->pf) ? 1 : smnc_tests[i].run(net);
		if (results[i])
			test->flags |= ETH_TEST_FL_FAILED;
	}
}
