// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/modules/vdcm-test: registers of 1 to 8 bytes, doorbells of any size, and what is left of a
 * function whose hardware is off, gone or taken away.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/module.h"
#include "lib/subject.h"

#define PAGE		4096
#define DOORBELLS	0x2000		/* of 4 bytes */
#define ANY_DOORBELLS	0x3000
#define REGS		0x4000
#define GO		0x4014
#define RAISE		0x4018
#define SOFT		0x5000
#define HARDWARE	0x5000
#define NOTE16		0x5002
#define NOTE32		0x5004
#define NOTE64		0x5008
#define ABSENT		0x8000
#define ON		0
#define OFF		1
#define GONE		2

#define MEMORY		PCI_COMMAND_MEMORY
#define OFFSET(region, off)	((uint64_t)(region) << 40 | (off))
#define SOON		10000
#define LATE		20000		/* the time that a user has to let go, and more */

static char *uuid;
static struct vfio_dev d;

static void set_hardware(const char *to)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/hardware", mdev_parent());
	REQUIRE_OK(write_text(path, to));
}

static void reload(void)
{
	int ret = module_reload("vdcm_test", "");

	if (ret)
		ktap_note("vdcm_test is not loaded again: %s", strerror(-ret));
}

static void setup(void)
{
	subject_is("vdcm_test");
	uuid = subject_device();
}

static void start(void)
{
	set_hardware("on");
	REQUIRE_OK(vfio_open(&d, uuid));
	cfg_command(&d, MEMORY, 0);
}

/* --- widths ------------------------------------------------------------------------------- */

/**
 * struct place - a register, or a page of them
 * @offset: in BAR 0
 * @count: so many, side by side
 * @width: bytes; 0 = any
 * @fixed: it does not keep what is written
 */
struct place {
	uint32_t offset, count, width;
	bool fixed;
};

static const struct place places[] = {
	{ DOORBELLS, PAGE / 4, 4, false },
	{ ANY_DOORBELLS, PAGE, 0, false },
	{ REGS, 2, 8, false }, { REGS, 5, 4, false }, { GO, 3, 4, true }, { REGS + 0x20, 1, 1, false },
	{ HARDWARE, 1, 1, true }, { NOTE16, 1, 2, false }, { NOTE32, 1, 4, false },
	{ NOTE64, 1, 8, false },
};

static const struct place *place_of(uint32_t off, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		const struct place *p = &places[i];
		uint32_t width = p->width ? p->width : 1;

		if (off >= p->offset && off < p->offset + p->count * width &&
		    (!p->width || (size == width && (off - p->offset) % width == 0)))
			return p;
	}
	return NULL;
}

static uint8_t model[PAGE];	/* the page under test, as it should be */

/* What an access that one place answers reads, and what a write leaves in the model. */
static uint64_t model_read(uint32_t off, size_t size)
{
	uint64_t v = 0;

	if (place_of(off, size))
		memcpy(&v, model + off % PAGE, size);
	else if (size == 8)
		v = model_read(off, 4) | model_read(off + 4, 4) << 32;
	return v;
}

static void model_write(uint32_t off, uint64_t v, size_t size)
{
	const struct place *p = place_of(off, size);

	if (p && !p->fixed) {
		memcpy(model + off % PAGE, &v, size);
	} else if (!p && size == 8) {
		model_write(off, v & 0xffffffff, 4);
		model_write(off + 4, v >> 32, 4);
	}
}

/* Writes to GO and RAISE do something. */
static bool acts(uint32_t off, size_t size)
{
	return off < RAISE + 4 && off + size > GO && off >= REGS;
}

static void check_whole(uint32_t page)
{
	uint32_t off;
	size_t size;

	for (size = 1; size <= 8; size *= 2)
		for (off = page; off < page + PAGE; off += size)
			if (place_of(off, size) &&
			    !EXPECT_EQ(vfio_rd(&d, 0, off, size), model_read(off, size)))
				ktap_note("... at %#x, %zu bytes", off, size);
}

/* Clause: a register answers accesses of its place and width, a doorbell those of its sizes; 8
 * bytes may be two times 4; any other access reads 0 and changes nothing. Every size at every
 * place of the pages.
 */
static void widths(void)
{
	static const uint32_t pages[] = { DOORBELLS, ANY_DOORBELLS, REGS, SOFT, ABSENT };
	uint64_t v = 0x0123456789abcdef;
	uint32_t off;
	size_t i, size;

	start();
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		memset(model, 0, sizeof(model));
		for (size = 1; size <= 8; size *= 2) {
			for (off = pages[i]; off < pages[i] + PAGE; off += size) {
				v = v * 6364136223846793005ull + 1442695040888963407ull;
				if (!acts(off, size)) {
					vfio_wr(&d, 0, off, v >> 3, size);
					model_write(off, v >> 3, size);
				}
				if (!EXPECT_EQ(vfio_rd(&d, 0, off, size), model_read(off, size)))
					ktap_note("... at %#x, %zu bytes", off, size);
			}
			check_whole(pages[i]);
		}
	}
}

/* Clause: the hooked capability is in the chain, its bytes are the driver's, in any pieces. */
static void capability(void)
{
	unsigned int cap;
	size_t i;

	start();
	cap = cfg_cap(&d, PCI_CAP_ID_VNDR);
	REQUIRE(cap);
	EXPECT_EQ(cfg_rd(&d, cap + 2, 2), 0x4e08);
	vfio_wr(&d, 0, NOTE32, 0x44332211, 4);
	EXPECT_EQ(cfg_rd(&d, cap + 4, 4), 0x44332211);
	EXPECT_EQ(cfg_rd(&d, cap, 8) >> 16, 0x443322114e08);
	for (i = 0; i < 4; i++)
		cfg_wr(&d, cap + 4 + i, 0xa0 + i, 1);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE32, 4), 0xa3a2a1a0);
	cfg_wr(&d, cap, ~0ull, 8);
	EXPECT_EQ(cfg_rd(&d, cap, 1), PCI_CAP_ID_VNDR);
	EXPECT_EQ(cfg_rd(&d, cap + 2, 2), 0x4e08);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE32, 4), 0xffffffff);
	EXPECT_OK(vfio_reset(&d));
	EXPECT_EQ(cfg_rd(&d, cap + 4, 4), 0);
}

static int ioevent(uint32_t off, unsigned int size, uint64_t value, int fd)
{
	/* VFIO_DEVICE_IOEVENTFD_8 to _64 are the sizes. */
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = size, .offset = OFFSET(0, off), .data = value, .fd = fd,
	};

	return ioctl(d.fd, VFIO_DEVICE_IOEVENTFD, &io) ? -errno : 0;
}

/* Clause: an eventfd stands for a write of any size that a doorbell takes, and no other. */
static void eventfds(void)
{
	const uint64_t v = 0x8877665544332211, one = 1;
	int fd = event_new(), i;
	unsigned int size;

	start();
	if (ioevent(DOORBELLS, 4, 1, -1) == -ENOTTY)
		ktap_skip("this kernel's VFIO has no virqfd");
	for (size = 1; size <= 8; size *= 2) {
		uint32_t at = ANY_DOORBELLS + 0x10 * size;
		uint64_t cut = size == 8 ? v : v & ((1ull << 8 * size) - 1);

		EXPECT_ERR(ioevent(DOORBELLS + 0x10, size, 1, fd), size == 4 ? 0 : ENOTTY);
		EXPECT_ERR(ioevent(NOTE64, size, 1, fd), EINVAL);
		EXPECT_ERR(ioevent(ABSENT, size, 1, fd), EINVAL);
		if (size > 1)
			EXPECT_ERR(ioevent(at + size / 2, size, 1, fd), EINVAL);
		if (size < 8)
			EXPECT_ERR(ioevent(at, size, v, fd), EINVAL);
		EXPECT_OK(ioevent(at, size, cut, fd));
		EXPECT_ERR(ioevent(at, size, cut, fd), EEXIST);
		/* The same value of another size is another write. */
		EXPECT_OK(ioevent(at + 8, size, 0x11, fd));
		if (size > 1)
			EXPECT_ERR(ioevent(at + 8, size / 2, 0x11, -1), ENODEV);
		EXPECT_OK(ioevent(at + 8, size, 0x11, -1));
	}
	REQUIRE_EQ(write(fd, &one, sizeof(one)), sizeof(one));
	for (size = 1; size <= 8; size *= 2) {
		uint32_t at = ANY_DOORBELLS + 0x10 * size;
		uint64_t cut = size == 8 ? v : v & ((1ull << 8 * size) - 1);

		for (i = 0; i < SOON && vfio_rd(&d, 0, at, 8) != cut; i += 10)
			poll(NULL, 0, 10);
		EXPECT_EQ(vfio_rd(&d, 0, at, 8), cut);
	}
}

/* --- many vectors ----------------------------------------------------------------------------- */

#define VECTORS		2048
#define MSIX		VFIO_PCI_MSIX_IRQ_INDEX
#define PBA		0x8000
#define ENTRY_CTRL(vec)	((vec) * 16 + 12)

/* Clause: a function of as many vectors as MSI-X has: each has its eventfd, its entry of the table
 * and its pending bit.
 */
static void many_vectors(void)
{
	static const int some[] = { 0, 63, 64, 65, 1023, 2046, 2047 };
	static int fds[VECTORS];
	struct vfio_irq_info info;
	char other[UUID_LEN + 1];
	int odd = event_new(), even = event_new(), i;
	unsigned int cap;

	mdev_uuid(other);
	REQUIRE_OK(mdev_create("vdcm_test-v2048", other));
	REQUIRE_OK(vfio_open(&d, other));
	cfg_command(&d, MEMORY, 0);
	cap = cfg_cap(&d, PCI_CAP_ID_MSIX);
	REQUIRE(cap);
	EXPECT_EQ(cfg_rd(&d, cap + PCI_MSIX_FLAGS, 2), VECTORS - 1);
	REQUIRE_OK(vfio_irq_info(&d, MSIX, &info));
	EXPECT_EQ(info.count, VECTORS);
	for (i = 0; i < VECTORS; i++)
		fds[i] = i % 2 ? odd : even;
	EXPECT_ERR(vfio_irq_eventfds(&d, MSIX, 1, VECTORS, fds), EINVAL);
	REQUIRE_OK(vfio_irq_eventfds(&d, MSIX, 0, VECTORS, fds));
	for (i = 0; i < (int)ARRAY_SIZE(some); i++) {
		vfio_wr(&d, 0, RAISE, some[i], 4);
		EXPECT_EQ(event_wait(some[i] % 2 ? odd : even, SOON), 1);
		vfio_wr(&d, 3, ENTRY_CTRL(some[i]), 1, 4);
		vfio_wr(&d, 0, RAISE, some[i], 4);
		EXPECT(vfio_rd(&d, 3, PBA + some[i] / 8, 1) >> some[i] % 8 & 1);
	}
	EXPECT_EQ(event_wait(odd, 50) + event_wait(even, 0), 0);
	vfio_wr(&d, 0, RAISE, VECTORS, 4);
	EXPECT_EQ(vfio_rd(&d, 3, PBA + VECTORS / 8, 8), 0);
	/* All at once: the function mask holds them, and lets go of them. */
	cfg_wr(&d, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
	for (i = 0; i < VECTORS; i++)
		vfio_wr(&d, 0, RAISE, (uint64_t)i, 4);
	for (i = 0; i < VECTORS / 8; i += 8)
		EXPECT_EQ(vfio_rd(&d, 3, PBA + (uint64_t)i, 8), ~0ull);
	for (i = 0; i < (int)ARRAY_SIZE(some); i++)
		vfio_wr(&d, 3, ENTRY_CTRL(some[i]), 0, 4);
	EXPECT_EQ(event_wait(odd, 50) + event_wait(even, 0), 0);
	cfg_wr(&d, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
	EXPECT_EQ(event_wait(odd, SOON), VECTORS / 2);
	EXPECT_EQ(event_wait(even, SOON), VECTORS / 2);
	EXPECT_EQ(vfio_rd(&d, 3, PBA + 128, 8), 0);
	EXPECT_OK(vfio_reset(&d));
	EXPECT_OK(vfio_irq_disable(&d, MSIX));
	vfio_close(&d);
	EXPECT_OK(mdev_remove(other));
}

/* --- hardware that is not there ------------------------------------------------------------- */

static void write_notes(void)
{
	vfio_wr(&d, 0, NOTE16, 0x1122, 2);
	vfio_wr(&d, 0, NOTE32, 0x33445566, 4);
	vfio_wr(&d, 0, NOTE64, 0x778899aabbccddee, 8);
}

static void expect_notes(bool kept)
{
	EXPECT_EQ(vfio_rd(&d, 0, NOTE16, 2), kept ? 0x1122 : 0);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE32, 4), kept ? 0x33445566 : 0);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE64, 8), kept ? 0x778899aabbccddee : 0);
}

/* Registers of software live; nothing else but what @emulated says. */
static void expect_away(uint64_t hardware, bool emulated)
{
	EXPECT_EQ(vfio_rd(&d, 0, HARDWARE, 1), hardware);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE16, 1), 0);
	EXPECT_EQ(vfio_rd(&d, 0, SOFT + 0x10, 4), 0);
	expect_notes(true);
	vfio_wr(&d, 0, NOTE32, 7, 4);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE32, 4), 7);
	vfio_wr(&d, 0, NOTE32, 0x33445566, 4);
	vfio_wr(&d, 0, REGS, 5, 4);
	EXPECT_EQ(vfio_rd(&d, 0, REGS, 4), 0xffffffff);
	EXPECT_EQ(vfio_rd(&d, 0, REGS, 8), ~0ull);
	EXPECT_EQ(vfio_rd(&d, 0, REGS + 0x20, 1), 0xff);
	EXPECT_EQ(vfio_rd(&d, 0, ANY_DOORBELLS, 2), 0xffff);
	EXPECT_EQ(vfio_rd(&d, 0, ABSENT, 4), emulated ? 0 : 0xffffffff);
	EXPECT_EQ(vfio_rd(&d, 3, 0, 4), emulated ? 0 : 0xffffffff);
	EXPECT_EQ(cfg_rd(&d, PCI_VENDOR_ID, 4), emulated ? subject()->id : 0xffffffff);
}

/* Clause: while the PF is away, registers of software are read and written, a hooked capability
 * too, and a reset clears them, at once and once; they stay over the PF's reset, registers do
 * not.
 */
static void quiesced(void)
{
	unsigned int cap;

	start();
	cap = cfg_cap(&d, PCI_CAP_ID_VNDR);
	write_notes();
	vfio_wr(&d, 0, REGS, 0x1234, 4);
	set_hardware("off");
	expect_away(OFF, true);
	EXPECT_EQ(cfg_rd(&d, cap + 4, 4), 0x33445566);
	cfg_command(&d, 0, MEMORY);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE32, 4), 0xffffffff);
	cfg_command(&d, MEMORY, 0);
	set_hardware("on");
	EXPECT_EQ(vfio_rd(&d, 0, HARDWARE, 1), ON);
	expect_notes(true);
	EXPECT_EQ(vfio_rd(&d, 0, REGS, 4), 0);
	vfio_wr(&d, 0, REGS, 0x1234, 4);
	EXPECT_EQ(vfio_rd(&d, 0, REGS, 4), 0x1234);

	set_hardware("off");
	EXPECT_OK(vfio_reset(&d));
	cfg_command(&d, MEMORY, 0);
	expect_notes(false);
	write_notes();
	expect_away(OFF, true);
	set_hardware("on");
	/* What was written after the reset is not undone by a second part of it. */
	EXPECT_EQ(vfio_rd(&d, 0, HARDWARE, 1), ON);
	expect_notes(true);
	EXPECT_EQ(vfio_rd(&d, 0, REGS, 4), 0);
}

/* Clause: a user who does not let go loses all of a function but its registers of software. */
static void revoked(void)
{
	uint64_t end = now_ms() + LATE;
	pid_t pid;
	int status;

	start();
	write_notes();
	fflush(stdout);
	pid = fork();
	REQUIRE_GE(pid, 0);
	if (!pid) {
		/* Not its own hold on the device. */
		vfio_close(&d);
		_exit(mdev_remove(uuid) ? 1 : 0);
	}
	while (cfg_rd(&d, PCI_VENDOR_ID, 4) != 0xffffffff && now_ms() < end)
		poll(NULL, 0, 50);
	expect_away(GONE, false);
	EXPECT_EQ(vfio_rd(&d, 0, NOTE16, 2), 0x1122);
	vfio_close(&d);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	REQUIRE_OK(mdev_create(mdev_type_of(1), uuid));
	start();
	EXPECT_EQ(vfio_rd(&d, 0, HARDWARE, 1), ON);
	expect_notes(false);
}

static void break_it(void)
{
	uint64_t end = now_ms() + SOON;
	int err = event_new();

	REQUIRE_OK(vfio_irq_eventfds(&d, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, &err));
	vfio_wr(&d, 0, GO, 0xffffffff, 4);
	EXPECT_EQ(cfg_rd(&d, PCI_VENDOR_ID, 4), 0xffffffff);
	EXPECT_EQ(event_wait(err, SOON), 1);
	while (vfio_rd(&d, 0, HARDWARE, 1) != GONE && now_ms() < end)
		poll(NULL, 0, 10);
	close(err);
}

/* Clause: one device is given up without its PF: its user is notified and loses it as that of a
 * dead PF does; it can be opened again, and removed.
 */
static void lost(void)
{
	start();
	write_notes();
	break_it();
	expect_away(GONE, false);
	EXPECT_ERR(vfio_reset(&d), EIO);
	vfio_close(&d);
	start();
	EXPECT_EQ(vfio_rd(&d, 0, HARDWARE, 1), ON);
	EXPECT_EQ(cfg_rd(&d, PCI_VENDOR_ID, 4), subject()->id);
	expect_notes(false);
	/* The PF is reset meanwhile: that does not bring it back. */
	break_it();
	set_hardware("off");
	set_hardware("on");
	EXPECT_EQ(vfio_rd(&d, 0, HARDWARE, 1), GONE);
	EXPECT_EQ(cfg_rd(&d, PCI_VENDOR_ID, 4), 0xffffffff);
	vfio_close(&d);
	REQUIRE_OK(mdev_remove(uuid));
	REQUIRE_OK(mdev_create(mdev_type_of(1), uuid));
}

/* Clause: of a device that is dead as much is left; the last case, for the driver is loaded
 * again.
 */
static void dead(void)
{
	start();
	write_notes();
	set_hardware("gone");
	expect_away(GONE, false);
	poll(NULL, 0, 100);
	expect_away(GONE, false);
	EXPECT_ERR(vfio_reset(&d), EIO);
	expect_notes(true);
	vfio_close(&d);
}

static const struct ktap_case cases[] = {
	CASE_SECONDS(widths, 60),
	CASE(capability),
	CASE(eventfds),
	CASE(many_vectors),
	CASE(quiesced),
	CASE_SECONDS(revoked, 60),
	CASE(lost),
	CASE(dead),
};

static void cleanup(void)
{
	mdev_cleanup();
	reload();
}

KTAP_MAIN("registers", cases, setup, cleanup)
