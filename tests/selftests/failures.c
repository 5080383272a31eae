// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that can fail does, one after the other: each allocation and user copy
 * below the modules while the PF is probed, instances are created, opened, used,
 * reset, closed and removed; and the device goes away or falls silent at any moment.
 * Needs a kernel with fault injection (the lab's debug kernel).
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/dmesg.h"
#include "lib/fail.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define DRIVER	"/sys/bus/pci/drivers/smartnic"
#define REGION	0x2000000000ull
#define BYTES	(1ul << 20)

static char pf[128], uuid[UUID_LEN + 1];
static int before;	/* instances that could be created */
static struct avf a, b;
static struct avf_rx rx;
static struct vfio_dev d;

/*
 * Mistakes of the kernel itself under failures, whichever driver calls it. register_irq_proc()
 * (request_irq() of any driver) does not look whether the entries of /proc/irq/N could be made;
 * unregister_irq_proc() removes them all, and remove_proc_entry() warns of each that is not
 * there by its name. What it says of a driver, a directory that is not empty, is no part of
 * that. And kmemleak's own allocation may be the one that fails: then it scans more.
 */
static void allow_the_kernels_own(void)
{
	dmesg_allow_report("name '\t at remove_proc_entry+\t unregister_irq_proc+");
	dmesg_allow("kmemleak: Cannot allocate a scan area");
}

static void setup(void)
{
	snprintf(pf, sizeof(pf), "%s", mdev_parent());
	mdev_cleanup();
	allow_the_kernels_own();
}

static void start(void)
{
	mdev_cleanup();
	fail_setup();
	before = mdev_available("smartnic-1q");
	REQUIRE_GT(before, 1);
}

/* Frames pass between two fresh instances, and nothing is missing. */
static void all_is_well(void)
{
	uint8_t f[200];

	EXPECT_EQ(mdev_available("smartnic-1q"), before);
	avf_pair(&a, &b, 1);
	frame_l2(f, sizeof(f), b.res.mac, a.res.mac, 7);
	REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
	REQUIRE_OK(avf_rx(&b, 0, &rx, AVF_MS));
	EXPECT_MEM(rx.data, f, sizeof(f));
	avf_close(&a);
	avf_close(&b);
	EXPECT_OK(mdev_remove(a.dev.uuid));
	EXPECT_OK(mdev_remove(b.dev.uuid));
	EXPECT_EQ(mdev_available("smartnic-1q"), before);
}

/*
 * @op with the 1st, 2nd, ... thing failing, in growing steps, until nothing is left to
 * fail. What fails may be made up for: then @op succeeds. @after looks and cleans up.
 * How many failed.
 */
static unsigned int sweep(const char *what, int (*op)(void), void (*after)(int ret))
{
	unsigned int nth, injected = 0, refused = 0;
	bool hit = true;
	int ret;

	for (nth = 1; hit; nth += 1 + nth / 12) {
		fail_arm(nth);
		ret = op();
		hit = fail_disarm();
		injected += hit;
		refused += !!ret;
		if (!hit)
			EXPECT_OK(ret);
		after(ret);
	}
	ktap_note("%s: %u failures, %u refusals, %u or fewer places", what, injected, refused,
		  nth - 1);
	return injected;
}

/* --- PF and instances ------------------------------------------------------------------------ */

static bool bound(void)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), DRIVER "/%s", pf);
	return access(path, F_OK) == 0;
}

static bool half_made(void)
{
	char path[PATH_LEN];
	bool net;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/net", pf);
	net = access(path, F_OK) == 0;
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s", pf);
	return net || access(path, F_OK) == 0;
}

static int bind_pf(void)
{
	return write_text(DRIVER "/bind", pf);
}

static void unbind_pf(int ret)
{
	EXPECT_EQ(bound(), !ret);
	if (ret)
		EXPECT(!half_made());
	else
		EXPECT_OK(write_text(DRIVER "/unbind", pf));
	EXPECT(!half_made());
}

/* Clause: probing either works or leaves nothing. */
static void probe(void)
{
	start();
	REQUIRE_OK(write_text(DRIVER "/unbind", pf));
	EXPECT_GT(sweep("probe", bind_pf, unbind_pf), 0);
	REQUIRE_OK(bind_pf());
	all_is_well();
}

static int create(void)
{
	mdev_uuid(uuid);
	return mdev_create("smartnic-1q", uuid);
}

static void created(int ret)
{
	EXPECT_EQ(mdev_exists(uuid), !ret);
	EXPECT_EQ(mdev_available("smartnic-1q"), before - !ret);
	if (!ret)
		EXPECT_OK(mdev_remove(uuid));
	EXPECT_EQ(mdev_available("smartnic-1q"), before);
}

/* Clause: creating an instance either works or takes nothing from the pool. */
static void creation(void)
{
	start();
	/* It warns when its last step fails, and keeps a group: the kernel's own mistake. */
	fail_spare("vfio_create_group");
	EXPECT_GT(sweep("create", create, created), 0);
	all_is_well();
}

static int remove_it(void)
{
	return mdev_remove(uuid);
}

static void removed(int ret)
{
	EXPECT_EQ(mdev_exists(uuid), !!ret);
	if (ret)
		EXPECT_OK(mdev_remove(uuid));
	EXPECT_EQ(mdev_available("smartnic-1q"), before);
	REQUIRE_OK(create());
}

/* Clause: removing needs nothing that may be missing. */
static void removal(void)
{
	start();
	REQUIRE_OK(create());
	sweep("remove", remove_it, removed);
	EXPECT_OK(mdev_remove(uuid));
	all_is_well();
}

/* --- an open device -------------------------------------------------------------------------- */

static bool idle(void)
{
	char state[64];

	return mdev_attr(uuid, "state", state, sizeof(state)) > 0 && !strcmp(state, "idle");
}

static int open_it(void)
{
	return vfio_open(&d, uuid);
}

static void opened(int ret)
{
	if (!ret)
		vfio_close(&d);
	EXPECT(idle());
}

/* Clause: opening either works or leaves the device idle. */
static void opening(void)
{
	start();
	REQUIRE_OK(create());
	EXPECT_GT(sweep("open", open_it, opened), 0);
	EXPECT_OK(mdev_remove(uuid));
	all_is_well();
}

static int fds[2];

static int install_eventfds(void)
{
	return vfio_irq_eventfds(&d, VFIO_PCI_MSIX_IRQ_INDEX, 0, 2, fds);
}

static int region_infos(void)
{
	struct vfio_region_info *info = vfio_region(&d, VFIO_PCI_BAR0_REGION_INDEX);

	free(info);
	return info ? 0 : -EIO;
}

static int registers(void)
{
	uint32_t v;
	ssize_t n = vfio_pread(&d, VFIO_PCI_BAR0_REGION_INDEX, AVF_RSTAT, &v, 4);

	if (n == 4)
		n = vfio_pwrite(&d, VFIO_PCI_BAR0_REGION_INDEX, AVF_RSTAT, &v, 4);
	return n == 4 ? 0 : -EIO;
}

static int reset_it(void)
{
	return vfio_reset(&d);
}

static int touch(void)
{
	volatile uint32_t *page = vfio_mmap(&d, VFIO_PCI_BAR0_REGION_INDEX, 0, 4096);
	int ret = page == MAP_FAILED || touch_faults(page, true) ? -EIO : 0;

	if (page != MAP_FAILED)
		munmap((void *)page, 4096);
	return ret;
}

static void nothing(int ret)
{
	(void)ret;
}

/* Clause: whatever fails in a call, the next one works. */
static void use(void)
{
	start();
	REQUIRE_OK(create());
	REQUIRE_OK(open_it());
	fds[0] = event_new();
	fds[1] = event_new();
	cfg_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	EXPECT_GT(sweep("SET_IRQS", install_eventfds, nothing), 0);
	EXPECT_GT(sweep("GET_REGION_INFO", region_infos, nothing), 0);
	EXPECT_GT(sweep("registers", registers, nothing), 0);
	if (d.regions[VFIO_PCI_BAR0_REGION_INDEX].flags & VFIO_REGION_INFO_FLAG_MMAP &&
	    !touch())
		ktap_note("mapped page touched");
	EXPECT_OK(vfio_irq_trigger(&d, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1));
	EXPECT_EQ(event_wait(fds[0], AVF_MS), 1);
	sweep("reset", reset_it, nothing);
	EXPECT_OK(reset_it());
	vfio_close(&d);
	EXPECT(idle());
	EXPECT_OK(mdev_remove(uuid));
	all_is_well();
}

static void closed(void)
{
	EXPECT(idle());
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
	avf_up(&a, uuid, NULL, 1);
}

/* Clause: closing gives everything back, whatever is short. */
static void closing(void)
{
	unsigned int nth;

	start();
	REQUIRE_OK(create());
	avf_up(&a, uuid, NULL, 1);
	/* A close may have nothing that can fail. */
	for (nth = 1; nth < 4; nth++) {
		fail_arm(nth);
		avf_close(&a);
		fail_disarm();
		closed();
	}
	avf_close(&a);
	EXPECT_OK(mdev_remove(uuid));
	all_is_well();
}

/* --- memory on demand ------------------------------------------------------------------------ */

/* One packet from @iova; whether it left within @ms. */
static bool sends(uint64_t iova, int ms)
{
	struct avf_frag f = { iova, 200 };

	REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
	return !avf_tx_done(&a, 0, ms);
}

/* Clause: a page that cannot be pinned or mapped stops that queue alone; it works again
 * when there is memory; nothing stays pinned.
 */
static void pins(void)
{
	unsigned int every, failed = 0, i;
	int64_t base;
	uint8_t *mem;

	start();
	mem = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(mem != MAP_FAILED);
	memset(mem, 1, BYTES);
	REQUIRE_OK(create());
	avf_up(&a, uuid, NULL, 1);
	base = mdev_attr_num(uuid, "pinned_bytes");
	for (every = 1; every <= 6; every++) {
		for (i = 0; i < 4; i++) {
			REQUIRE_OK(vfio_map(&a.dev, mem, REGION + i * 4096 * BYTES, BYTES, DMA_RW));
			fail_everywhere(every);
			if (!sends(REGION + i * 4096 * BYTES, 500)) {
				failed++;
				fail_everywhere(0);
				avf_queue_again(&a, 0);
				EXPECT(sends(REGION + i * 4096 * BYTES, AVF_MS));
			}
			fail_everywhere(0);
			REQUIRE_OK(vfio_unmap(&a.dev, REGION + i * 4096 * BYTES, BYTES));
		}
	}
	ktap_note("%u of 24 packets stopped their queue, %lld pins failed", failed,
		  (long long)mdev_counter(uuid, "pins_failed"));
	EXPECT_GT(failed, 0);
	EXPECT_GT(mdev_counter(uuid, "pins_failed"), 0);
	EXPECT_LE(mdev_attr_num(uuid, "pinned_bytes"), base + 4096 * 64);
	avf_close(&a);
	EXPECT_EQ(mdev_attr_num(uuid, "pinned_bytes"), 0);
	EXPECT_OK(mdev_remove(uuid));
	all_is_well();
}

/* --- the device goes away -------------------------------------------------------------------- */

static uint16_t broken;		/* bits of the PF's command register to clear */
static unsigned int delay_us;

static void command(uint16_t set, uint16_t clear)
{
	char path[PATH_LEN];
	uint16_t v = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", pf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE_GE(fd, 0);
	REQUIRE_EQ(pread(fd, &v, 2, PCI_COMMAND), 2);
	v = (uint16_t)((v & ~clear) | set);
	REQUIRE_EQ(pwrite(fd, &v, 2, PCI_COMMAND), 2);
	close(fd);
}

static void *break_it(void *arg)
{
	(void)arg;
	usleep(delay_us);
	command(0, broken);
	return NULL;
}

/* A life of a device, as far as it gets; no mappings, which would raise SIGBUS. */
static void live(void)
{
	const struct avf_opts o = { .no_mmap = true };

	if (create())
		return;
	if (!avf_open(&a, uuid, &o)) {
		if (!avf_init(&a))
			vfio_reset(&a.dev);
		avf_close(&a);
	}
	EXPECT_OK(mdev_remove(uuid));
}

static void probe_and_live(void)
{
	if (!bind_pf())
		live();
}

/* @what while the device breaks at some moment; afterwards all is well. */
static void breaks_during(void (*what)(void), bool probing, unsigned int rounds)
{
	uint64_t t0 = now_us(), whole;
	unsigned int i;
	pthread_t t;

	start();
	if (probing)
		REQUIRE_OK(write_text(DRIVER "/unbind", pf));
	what();
	whole = now_us() - t0;
	for (i = 0; i < rounds; i++) {
		if (probing && bound())
			REQUIRE_OK(write_text(DRIVER "/unbind", pf));
		delay_us = (unsigned int)(whole * (i + 1) / (rounds + 1));
		REQUIRE_OK(pthread_create(&t, NULL, break_it, NULL));
		what();
		pthread_join(t, NULL);
		/* A driver that gave the device up is asked to begin anew. */
		if (bound())
			REQUIRE_OK(write_text(DRIVER "/unbind", pf));
		EXPECT(!half_made());
		command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
		REQUIRE_OK(bind_pf());
		EXPECT_EQ(mdev_available("smartnic-1q"), before);
	}
	all_is_well();
}

/* Clause: registers that read all-ones at any moment of a life end nothing but that life. */
static void gone_during_life(void)
{
	broken = PCI_COMMAND_MEMORY;
	breaks_during(live, false, 10);
}

static void gone_during_probe(void)
{
	broken = PCI_COMMAND_MEMORY;
	breaks_during(probe_and_live, true, 10);
}

/* Clause: a device that takes no messages any more keeps nobody waiting for long. */
static void silent_during_life(void)
{
	broken = PCI_COMMAND_MASTER;
	breaks_during(live, false, 6);
}

static void silent_during_probe(void)
{
	broken = PCI_COMMAND_MASTER;
	breaks_during(probe_and_live, true, 6);
}

static void cleanup(void)
{
	/* The kernel is whole again, and the PF driven, whatever happened to a case. */
	write_text("/sys/kernel/debug/failslab/probability", "0");
	write_text("/sys/kernel/debug/fail_page_alloc/probability", "0");
	if (pf[0] && !bound())
		bind_pf();
	mdev_cleanup();
}

static const struct ktap_case cases[] = {
	CASE_SECONDS(probe, 60),
	CASE(creation),
	CASE(removal),
	CASE(opening),
	CASE(use),
	CASE(closing),
	CASE(pins),
	CASE_SECONDS(gone_during_life, 60),
	CASE_SECONDS(gone_during_probe, 60),
	CASE_SECONDS(silent_during_life, 60),
	CASE_SECONDS(silent_during_probe, 60),
};

KTAP_MAIN("failures", cases, setup, cleanup)
