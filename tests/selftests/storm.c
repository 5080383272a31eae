// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hold-off gate. VFIO's type1 back end gives up on the whole machine (BUG_ON)
 * when pages are pinned again and again while it unmaps a range. So: sixteen queues
 * that fault all the time in a range that is mapped and unmapped all the time.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define QUEUES	16
#define LOOPS	500
#define REGION	0x2000000000ull
#define BYTES	(16ull << 20)
#define PARAM	"/sys/module/vdcm/parameters/holdoff"

static struct avf a;
static uint8_t *region;
static bool stop;
static unsigned int rounds;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

/* Each queue's next packet is in another 2 MiB of the region, so each faults. */
static void aim(unsigned int round)
{
	unsigned int q, k;

	for (q = 0; q < QUEUES; q++) {
		a.q[q].tx_next = 0;
		a.q[q].tx_clean = 0;
		for (k = 0; k < 8; k++) {
			a.q[q].tx[k].qw0 = REGION + ((q + round + k * 3) * (BYTES / 32)) % BYTES;
			a.q[q].tx[k].qw1 = TXD_EOP | TXD_RS | TXD_SIZE(64);
		}
	}
}

/* Takes all queues down and up again in three messages, and rings all doorbells. */
static bool again(unsigned int round)
{
	struct vc_queue_config c;
	unsigned int q;

	if (avf_queues_select(&a, VC_DISABLE_QUEUES, 0xffff, 0xffff))
		return false;
	aim(round);
	avf_queue_config(&a, &c, QUEUES);
	if (avf_vc(&a, VC_CONFIG_VSI_QUEUES, &c, VC_QUEUE_CONFIG_LEN(QUEUES), NULL) ||
	    avf_queues_select(&a, VC_ENABLE_QUEUES, 0xffff, 0xffff))
		return false;
	for (q = 0; q < QUEUES; q++)
		avf_wr(&a, AVF_TX_TAIL(q), 8);
	return true;
}

static void *keep_faulting(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (!again(rounds)) {
			EXPECT(!"the PF refused to configure the queues");
			break;
		}
		rounds++;
		poll(NULL, 0, 1);
	}
	return NULL;
}

static void start(void)
{
	/* An arena for 16 queue pairs. */
	const struct avf_opts o = { .memory = 16 << 20 };

	avf_new(&a, QUEUES, &o);
	region = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(region != MAP_FAILED);
	memset(region, 0, BYTES);
}

/* Maps and unmaps the region @n times while the queues fault in it. */
static void storm(unsigned int n, unsigned int us)
{
	pthread_t t;
	unsigned int i;

	stop = false;
	REQUIRE_OK(pthread_create(&t, NULL, keep_faulting, NULL));
	for (i = 0; i < n; i++) {
		REQUIRE_OK(vfio_map(&a.dev, region, REGION, BYTES, DMA_RW));
		if (us)
			usleep(us);
		REQUIRE_OK(vfio_unmap(&a.dev, REGION, BYTES));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
}

static int64_t count(const char *name)
{
	return mdev_counter(a.dev.uuid, name);
}

static int64_t pinned(void)
{
	return mdev_attr_num(a.dev.uuid, "pinned_bytes");
}

/* The same once no more is being pinned. */
static int64_t pinned_at_rest(void)
{
	int64_t now = pinned(), before;

	do {
		before = now;
		poll(NULL, 0, 200);
		now = pinned();
	} while (now != before);
	return now;
}

static void finish(void)
{
	/* Still a device: everything again, and a message. */
	EXPECT_OK(vfio_reset(&a.dev));
	EXPECT_OK(avf_restart(&a));
	avf_close(&a);
	EXPECT_EQ(pinned(), 0);
	EXPECT_OK(mdev_remove(a.dev.uuid));
}

/* Clause: the machine survives, faults are served in between, and nothing of the
 * region stays pinned.
 */
static void faults_against_unmap(void)
{
	int64_t base, faults, callbacks;
	unsigned int i, tries = 0;

	start();
	/* All of the driver's own memory has been touched before the counting. */
	for (i = 0; i <= AVF_AQ_RING / 3; i++)
		REQUIRE(again(0));
	base = pinned_at_rest();
	faults = count("dma_faults");
	callbacks = count("unmap_callbacks");
	storm(LOOPS, 300);
	/* And some rounds in which pins get through: the gate opens after 10 ms and up. */
	poll(NULL, 0, 100);
	do {
		storm(6, 30000 * ++tries);
	} while (count("unmap_callbacks") == callbacks && tries < 8);
	ktap_note("%u rounds of 16 queues, %lld faults, %lld callbacks, %lld delayed", rounds,
		  (long long)(count("dma_faults") - faults),
		  (long long)(count("unmap_callbacks") - callbacks),
		  (long long)count("holdoff_delayed"));
	EXPECT_GT(count("dma_faults"), faults);
	EXPECT_GT(count("unmap_callbacks"), callbacks);
	EXPECT_EQ(pinned(), base);
	finish();
}

static void restore(char *old)
{
	write_text(PARAM, old);
}

/* Clause: without the gate (module parameter holdoff off: it only counts, and a cap
 * keeps the machine safe) pins would have been retried, which shows that the storm is
 * one and the gate is what holds it.
 */
static void without_gate_it_would_retry(void)
{
	int64_t before;
	char old[16];
	int tries;

	if (read_text(PARAM, old, sizeof(old)) < 0)
		ktap_skip("no %s", PARAM);
	if (!vfio_is_type1())
		ktap_skip("iommufd keeps accesses from what it unmaps: no gate");
	start();
	before = count("holdoff_would_retry");
	EXPECT_GE(before, 0);
	REQUIRE_OK(write_text(PARAM, "0"));
	for (tries = 0; tries < 10 && count("holdoff_would_retry") == before; tries++)
		storm(50, tries * 500);
	ktap_note("%lld pins came while the gate would have been closed",
		  (long long)(count("holdoff_would_retry") - before));
	EXPECT_GT(count("holdoff_would_retry"), before);
	restore(old);
	finish();
}

static void cleanup(void)
{
	/* Whatever happened to the case: the gate is on again. */
	write_text(PARAM, "1");
	mdev_cleanup();
}

static const struct ktap_case cases[] = {
	CASE_SECONDS(faults_against_unmap, 30),
	CASE_SECONDS(without_gate_it_would_retry, 30),
};

KTAP_MAIN("storm", cases, setup, cleanup)
