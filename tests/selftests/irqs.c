// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_SET_IRQS in all its forms, and the MSI-X table behind it. */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/ktap.h"
#include "lib/subject.h"

#define QUEUES	4
#define VECS	(QUEUES + 1)
#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX
#define NONE	VFIO_IRQ_SET_DATA_NONE
#define BOOL	VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER
#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define QUIET	20	/* ms in which nothing must come */
#define SOON	2000	/* ms in which something must */
#define LATE	200	/* ms in which one arrives that nothing tells of */

static char *uuid;
static struct vfio_dev d;
static int ev[VECS];

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	uuid = ktap_shared(UUID_LEN + 1);
	mdev_new(QUEUES, uuid);
}

static void open_dev(void)
{
	unsigned int i;

	REQUIRE_OK(vfio_open(&d, uuid));
	for (i = 0; i < VECS; i++)
		ev[i] = event_new();
}

static void attach_all(void)
{
	open_dev();
	REQUIRE_OK(vfio_irq_eventfds(&d, MSIX, 0, VECS, ev));
}

/* Signals since the last call, each vector at most 9, as decimal digits: 01000. */
static unsigned int signals(void)
{
	unsigned int i, v = 0;

	for (i = 0; i < VECS; i++) {
		uint64_t n = event_wait(ev[i], 0);

		v = v * 10 + (n > 9 ? 9 : (unsigned int)n);
	}
	return v;
}

/* Clause: DATA_NONE | TRIGGER signals each eventfd of the range exactly once. */
static void trigger_none(void)
{
	attach_all();
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 0, VECS));
	EXPECT_EQ(signals(), 11111);
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 1, 2));
	EXPECT_EQ(signals(), 1100);
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, VECS - 1, 1));
	EXPECT_EQ(signals(), 1);
}

/* Clause: DATA_BOOL | TRIGGER signals those whose byte is not 0. */
static void trigger_bool(void)
{
	const uint8_t some[VECS] = { 0, 1, 0, 1, 0 };

	attach_all();
	EXPECT_OK(vfio_set_irqs(&d, MSIX, BOOL | TRIGGER, 0, VECS, some, sizeof(some)));
	EXPECT_EQ(signals(), 1010);
	EXPECT_OK(vfio_set_irqs(&d, MSIX, BOOL | TRIGGER, 3, 2, some + 2, 2));
	EXPECT_EQ(signals(), 1);
}

/* Clause: ranges of eventfds can be added, replaced and taken away one by one
 * (fd -1), and count 0 disables the index.
 */
static void eventfd_ranges(void)
{
	int fd[2], minus = -1, other;

	open_dev();
	other = event_new();
	REQUIRE_OK(vfio_irq_eventfds(&d, MSIX, 0, 1, ev));
	fd[0] = ev[2];
	fd[1] = ev[3];
	EXPECT_OK(vfio_irq_eventfds(&d, MSIX, 2, 2, fd));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 0, 1));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 2, 2));
	EXPECT_EQ(signals(), 10110);
	/* replace */
	EXPECT_OK(vfio_irq_eventfds(&d, MSIX, 2, 1, &other));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 2, 1));
	EXPECT_EQ(event_wait(other, 0), 1);
	EXPECT_EQ(signals(), 0);
	/* take one away; the others stay */
	EXPECT_OK(vfio_irq_eventfds(&d, MSIX, 2, 1, &minus));
	vfio_irq_trigger(&d, MSIX, 2, 1);
	EXPECT_EQ(event_wait(other, 0), 0);
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 3, 1));
	EXPECT_EQ(signals(), 10);
	EXPECT_OK(vfio_irq_disable(&d, MSIX));
	vfio_irq_trigger(&d, MSIX, 0, VECS);
	EXPECT_EQ(signals(), 0);
	EXPECT_OK(vfio_irq_disable(&d, MSIX));
	/* and once more from the start */
	EXPECT_OK(vfio_irq_eventfds(&d, MSIX, 0, VECS, ev));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 0, VECS));
	EXPECT_EQ(signals(), 11111);
}

/* Clause: MASK and UNMASK work if the index says so, else they are refused; a
 * trigger while masked arrives after unmasking, once.
 */
static void mask_and_unmask(void)
{
	struct vfio_irq_info info;
	const uint8_t one = 1;

	attach_all();
	REQUIRE_OK(vfio_irq_info(&d, MSIX, &info));
	if (!(info.flags & VFIO_IRQ_INFO_MASKABLE)) {
		EXPECT_ERR(vfio_set_irqs(&d, MSIX, NONE | MASK, 1, 1, NULL, 0), ANY_ERROR);
		EXPECT_ERR(vfio_set_irqs(&d, MSIX, NONE | UNMASK, 1, 1, NULL, 0), ANY_ERROR);
		EXPECT_ERR(vfio_set_irqs(&d, MSIX, BOOL | MASK, 1, 1, &one, 1), ANY_ERROR);
		EXPECT_OK(vfio_irq_trigger(&d, MSIX, 1, 1));
		EXPECT_EQ(signals(), 1000);
		return;
	}
	EXPECT_ERR(vfio_set_irqs(&d, MSIX, EVENTFD | MASK, 1, 1, ev, 4), ANY_ERROR);
	EXPECT_ERR(vfio_set_irqs(&d, MSIX, EVENTFD | UNMASK, 1, 1, ev, 4), ANY_ERROR);
	EXPECT_OK(vfio_set_irqs(&d, MSIX, NONE | MASK, 1, 1, NULL, 0));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 0, VECS));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 1, 1));
	EXPECT_EQ(signals(), 10111);
	EXPECT_OK(vfio_set_irqs(&d, MSIX, NONE | UNMASK, 1, 1, NULL, 0));
	EXPECT_EQ(signals(), 1000);
	EXPECT_OK(vfio_set_irqs(&d, MSIX, BOOL | MASK, 2, 1, &one, 1));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 2, 1));
	EXPECT_EQ(signals(), 0);
	EXPECT_OK(vfio_set_irqs(&d, MSIX, BOOL | UNMASK, 2, 1, &one, 1));
	EXPECT_EQ(signals(), 100);
}

struct bad_set {
	const char *what;
	uint32_t index, flags, start, count;
	size_t len;
};

/* Clause: wrong ranges, flags, sizes and kinds of file are refused, and what was
 * set before them still works.
 */
static void bad_arguments(void)
{
	static const struct bad_set bad[] = {
		{ "start at the end", MSIX, NONE | TRIGGER, VECS, 1, 0 },
		{ "count beyond the end", MSIX, NONE | TRIGGER, 1, VECS, 0 },
		{ "start + count wraps", MSIX, NONE | TRIGGER, 2, ~0u - 1, 0 },
		{ "huge count", MSIX, NONE | TRIGGER, 0, 0x10000000, 0 },
		{ "huge eventfd count", MSIX, EVENTFD | TRIGGER, 0, 0x40000001, 4 },
		{ "no such index", VFIO_PCI_NUM_IRQS, NONE | TRIGGER, 0, 1, 0 },
		{ "index far out", ~0u, NONE | TRIGGER, 0, 0, 0 },
		{ "INTx", VFIO_PCI_INTX_IRQ_INDEX, NONE | TRIGGER, 0, 1, 0 },
		{ "MSI", VFIO_PCI_MSI_IRQ_INDEX, NONE | TRIGGER, 0, 1, 0 },
		{ "no data flag", MSIX, TRIGGER, 0, 1, 0 },
		{ "no action flag", MSIX, NONE, 0, 1, 0 },
		{ "two data flags", MSIX, NONE | BOOL | TRIGGER, 0, 1, 1 },
		{ "two action flags", MSIX, NONE | TRIGGER | MASK, 0, 1, 0 },
		{ "unknown flag", MSIX, NONE | TRIGGER | 0x100, 0, 1, 0 },
		{ "bool data missing", MSIX, BOOL | TRIGGER, 0, 2, 1 },
		{ "eventfd data missing", MSIX, EVENTFD | TRIGGER, 0, 2, 4 },
		{ "REQ index, two", VFIO_PCI_REQ_IRQ_INDEX, NONE | TRIGGER, 0, 2, 0 },
		{ "ERR index, start 1", VFIO_PCI_ERR_IRQ_INDEX, NONE | TRIGGER, 1, 1, 0 },
	};
	const int32_t zero[4] = { 0 };
	int fds[2], pipefd[2], bogus = 12345, minus2 = -2;
	struct vfio_irq_set set = { .argsz = sizeof(set) - 1 };
	size_t i;

	attach_all();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		int ret = vfio_set_irqs(&d, bad[i].index, bad[i].flags, bad[i].start,
					bad[i].count, zero, bad[i].len);

		if (!EXPECT_LT(ret, 0))
			ktap_note("... %s", bad[i].what);
	}
	EXPECT(ioctl(d.fd, VFIO_DEVICE_SET_IRQS, &set) < 0 && errno == EINVAL);
	EXPECT(ioctl(d.fd, VFIO_DEVICE_SET_IRQS, NULL) < 0 && errno == EFAULT);
	/* file descriptors that are no eventfds */
	REQUIRE_OK(pipe(pipefd));
	EXPECT_ERR(vfio_irq_eventfds(&d, MSIX, 1, 1, &pipefd[0]), EINVAL);
	EXPECT_ERR(vfio_irq_eventfds(&d, MSIX, 1, 1, &bogus), EBADF);
	EXPECT_ERR(vfio_irq_eventfds(&d, MSIX, 1, 1, &minus2), ANY_ERROR);
	/* a bad one in the middle of a range */
	fds[0] = ev[2];
	fds[1] = bogus;
	EXPECT_ERR(vfio_irq_eventfds(&d, MSIX, 2, 2, fds), ANY_ERROR);
	signals();
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 0, 1));
	EXPECT_OK(vfio_irq_trigger(&d, MSIX, 4, 1));
	EXPECT_EQ(signals(), 10001);
}

/* Clause: the REQ and ERR indexes take one eventfd and give it back. */
static void req_and_err_index(void)
{
	static const uint32_t idx[] = { VFIO_PCI_REQ_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX };
	const uint8_t on = 1, off = 0;
	int minus = -1;
	size_t i;

	open_dev();
	for (i = 0; i < ARRAY_SIZE(idx); i++) {
		EXPECT_OK(vfio_irq_eventfds(&d, idx[i], 0, 1, &ev[0]));
		EXPECT_OK(vfio_irq_trigger(&d, idx[i], 0, 1));
		EXPECT_EQ(signals(), 10000);
		EXPECT_OK(vfio_set_irqs(&d, idx[i], BOOL | TRIGGER, 0, 1, &on, 1));
		EXPECT_EQ(signals(), 10000);
		EXPECT_OK(vfio_set_irqs(&d, idx[i], BOOL | TRIGGER, 0, 1, &off, 1));
		EXPECT_EQ(signals(), 0);
		EXPECT_ERR(vfio_set_irqs(&d, idx[i], NONE | MASK, 0, 1, NULL, 0), ANY_ERROR);
		EXPECT_OK(vfio_irq_eventfds(&d, idx[i], 0, 1, &minus));
		vfio_irq_trigger(&d, idx[i], 0, 1);
		EXPECT_EQ(signals(), 0);
		EXPECT_OK(vfio_irq_eventfds(&d, idx[i], 0, 1, &ev[1]));
		EXPECT_OK(vfio_irq_disable(&d, idx[i]));
		vfio_irq_trigger(&d, idx[i], 0, 1);
		EXPECT_EQ(signals(), 0);
	}
}

/* --- from the device ------------------------------------------------------------------- */

/* Clause: a vector of the hardware arrives at its eventfd and at no other; it is
 * masked by firing; what happens while masked fires on re-arm.
 */
static void hardware_vectors(void)
{
	static struct avf a;
	unsigned int v;

	subject_is_avf();
	REQUIRE_OK(avf_open(&a, uuid, NULL));
	for (v = 0; v < VECS; v++) {
		uint32_t reg = v ? AVF_DYN_CTLN(v - 1) : AVF_DYN_CTL01, k;

		avf_wr(&a, reg, AVF_DYN_INTENA | AVF_DYN_ITR_NONE | AVF_DYN_SWINT_TRIG);
		EXPECT_EQ(event_wait(a.event[v], SOON), 1);
		avf_wr(&a, reg, AVF_DYN_INTENA_MSK | AVF_DYN_SWINT_TRIG | AVF_DYN_ITR_NONE);
		EXPECT_EQ(event_wait(a.event[v], QUIET), 0);
		avf_arm(&a, v);
		EXPECT_EQ(event_wait(a.event[v], SOON), 1);
		/* dropped by CLEARPBA */
		avf_wr(&a, reg, AVF_DYN_INTENA_MSK | AVF_DYN_SWINT_TRIG | AVF_DYN_ITR_NONE);
		avf_wr(&a, reg, AVF_DYN_INTENA | AVF_DYN_CLEARPBA | AVF_DYN_ITR_NONE);
		EXPECT_EQ(event_wait(a.event[v], QUIET), 0);
		for (k = 0; k < VECS; k++)
			EXPECT_EQ(event_wait(a.event[k], 0), 0);
	}
	avf_close(&a);
}

/* Clause: an interrupt that arrives while no eventfd is attached is not lost for
 * good, nor does it come twice: after attaching, the vector works.
 */
static void reattach_under_load(void)
{
	int i, minus = -1;

	attach_all();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	for (i = 0; i < 20; i++) {
		REQUIRE_OK(vfio_irq_eventfds(&d, MSIX, 1, 1, &minus));
		subject()->raise(&d, 1);
		REQUIRE_OK(vfio_irq_eventfds(&d, MSIX, 1, 1, &ev[1]));
		subject()->raise(&d, 1);
		EXPECT_GE(event_wait(ev[1], SOON), 1);
	}
}

/* Clause: no eventfd is signalled after disable, whatever the hardware does. */
static void silence_after_disable(void)
{
	attach_all();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	subject()->raise(&d, 1);
	EXPECT_EQ(event_wait(ev[1], SOON), 1);
	REQUIRE_OK(vfio_irq_disable(&d, MSIX));
	subject()->raise(&d, 1);
	EXPECT_EQ(event_wait(ev[1], QUIET), 0);
}

/* --- the table, for a VMM that does not virtualise it --------------------------------- */

struct msix {
	unsigned int cap;
	uint32_t table, pba;
};

static struct msix msix_find(void)
{
	struct msix m;

	m.cap = cfg_cap(&d, PCI_CAP_ID_MSIX);
	REQUIRE(m.cap);
	m.table = (uint32_t)cfg_rd(&d, m.cap + PCI_MSIX_TABLE, 4) & ~7u;
	m.pba = (uint32_t)cfg_rd(&d, m.cap + PCI_MSIX_PBA, 4) & ~7u;
	return m;
}

static void entry_write(const struct msix *m, unsigned int v, uint32_t ctrl)
{
	vfio_wr(&d, 3, m->table + v * 16, 0xfee00000, 4);
	vfio_wr(&d, 3, m->table + v * 16 + 4, 0, 4);
	vfio_wr(&d, 3, m->table + v * 16 + 8, 0x4000 + v, 4);
	vfio_wr(&d, 3, m->table + v * 16 + 12, ctrl, 4);
}

/* Clause: entries are kept, reserved bits are not, the PBA is read-only, and what
 * is beyond the table reads 0.
 */
static void table_is_kept(void)
{
	struct msix m;
	unsigned int v;

	open_dev();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	m = msix_find();
	for (v = 0; v < VECS; v++)
		EXPECT_EQ(vfio_rd(&d, 3, m.table + v * 16 + 12, 4), PCI_MSIX_ENTRY_CTRL_MASKBIT);
	for (v = 0; v < VECS; v++)
		entry_write(&m, v, v & 1);
	for (v = 0; v < VECS; v++) {
		EXPECT_EQ(vfio_rd(&d, 3, m.table + v * 16, 8), 0xfee00000);
		EXPECT_EQ(vfio_rd(&d, 3, m.table + v * 16 + 8, 4), 0x4000 + v);
		EXPECT_EQ(vfio_rd(&d, 3, m.table + v * 16 + 12, 4), v & 1);
	}
	vfio_wr(&d, 3, m.table + VECS * 16, 0xffffffff, 4);
	EXPECT_EQ(vfio_rd(&d, 3, m.table + VECS * 16, 4), 0);
	vfio_wr(&d, 3, m.pba, 0xffffffff, 4);
	EXPECT_EQ(vfio_rd(&d, 3, m.pba, 4), 0);
	EXPECT_OK(vfio_reset(&d));
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	EXPECT_EQ(vfio_rd(&d, 3, m.table + 12, 4), PCI_MSIX_ENTRY_CTRL_MASKBIT);
	EXPECT_EQ(vfio_rd(&d, 3, m.table, 4), 0);
}

/* The PBA, once it is @want; what it is if that never happens. */
static uint32_t pba_becomes(const struct msix *m, uint32_t want)
{
	uint64_t end = now_ms() + SOON;
	uint32_t v;

	do {
		v = (uint32_t)vfio_rd(&d, 3, m->pba, 4);
	} while (v != want && now_ms() < end);
	return v;
}

/* Clauses: a masked entry holds the interrupt in the PBA; unmasking it delivers
 * once; the function mask does the same for all.
 */
static void masked_entry_pends(void)
{
	struct msix m;

	attach_all();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	m = msix_find();
	cfg_wr(&d, m.cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	EXPECT_EQ(cfg_rd(&d, m.cap + PCI_MSIX_FLAGS, 2), PCI_MSIX_FLAGS_ENABLE | (VECS - 1));
	entry_write(&m, 1, 0);
	entry_write(&m, 2, 1);
	subject()->raise(&d, 1);
	EXPECT_EQ(event_wait(ev[1], SOON), 1);
	subject()->raise(&d, 2);
	EXPECT_EQ(pba_becomes(&m, 1u << 2), 1u << 2);
	subject()->raise(&d, 2);
	EXPECT_EQ(event_wait(ev[2], LATE), 0);
	entry_write(&m, 2, 0);
	EXPECT_EQ(event_wait(ev[2], 0), 1);
	EXPECT_EQ(vfio_rd(&d, 3, m.pba, 4), 0);
	/* function mask */
	cfg_wr(&d, m.cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
	subject()->raise(&d, 1);
	EXPECT_EQ(pba_becomes(&m, 1u << 1), 1u << 1);
	EXPECT_EQ(signals(), 0);
	cfg_wr(&d, m.cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	EXPECT_EQ(signals(), 1000);
	EXPECT_EQ(vfio_rd(&d, 3, m.pba, 4), 0);
	/* a mask over a vector that fired before is no second interrupt */
	entry_write(&m, 1, 1);
	entry_write(&m, 1, 0);
	EXPECT_EQ(signals(), 0);
}

/* Clause: a VMM that keeps the table to itself (it never writes ours) still gets
 * its interrupts, with MSI-X enabled and with the guest's enable bit clear.
 */
static void untouched_table_is_no_obstacle(void)
{
	struct msix m;

	attach_all();
	cfg_command(&d, PCI_COMMAND_MEMORY, 0);
	m = msix_find();
	subject()->raise(&d, 1);
	EXPECT_EQ(event_wait(ev[1], SOON), 1);
	cfg_wr(&d, m.cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	subject()->raise(&d, 1);
	EXPECT_EQ(event_wait(ev[1], SOON), 1);
}

static const struct ktap_case cases[] = {
	CASE_FOR(trigger_none, "drivers in user space: loop-back"),
	CASE_FOR(trigger_bool, "drivers in user space: loop-back"),
	CASE_FOR(eventfd_ranges, "QEMU: vectors one by one, fd -1, count 0"),
	CASE_FOR(mask_and_unmask, "drivers in user space"),
	CASE_FOR(bad_arguments, "everyone beside a hostile VMM"),
	CASE_FOR(req_and_err_index, "QEMU: unplug requests, error recovery"),
	CASE_FOR(hardware_vectors, "the guest's iavf"),
	CASE_FOR(reattach_under_load, "QEMU: masks a vector by taking its eventfd"),
	CASE_FOR(silence_after_disable, "QEMU: a guest's reboot"),
	CASE_FOR(table_is_kept, "VMMs that leave the table to the device"),
	CASE_FOR(masked_entry_pends, "VMMs that leave the table to the device"),
	CASE_FOR(untouched_table_is_no_obstacle, "QEMU: keeps the table to itself"),
};

KTAP_MAIN("irqs", cases, setup, mdev_cleanup)
