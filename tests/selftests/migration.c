// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration without a VMM, on tests/modules/vdcm-test: every arc from every state, the state of one
 * device in another one, files that are used too late, and a PF that is reset meanwhile.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ktap.h"
#include "lib/module.h"
#include "lib/pair.h"
#include "lib/slow_file.h"

/* --- states ------------------------------------------------------------------------------- */

/* Clause: what a VMM is told of a device before it begins. */
static void offered(void)
{
	uint64_t must = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P;
	struct vfio_device_feature_migration m;

	pair_start();
	EXPECT_EQ(mig_flags(&a) & ~(uint64_t)VFIO_MIGRATION_PRE_COPY, must);
	EXPECT_EQ(mig_get(&a), RUNNING);
	EXPECT_GT(mig_size(&a), 0);
	EXPECT_LE(mig_size(&a), 600 << 10);
	EXPECT_ERR(mig_set(&a, VFIO_DEVICE_STATE_ERROR, NULL), EINVAL);
	EXPECT_ERR(mig_set(&a, MIG_STATES, NULL), EINVAL);
	EXPECT_ERR(mig_set(&a, -1, NULL), EINVAL);
	EXPECT_ERR(mig_feature(&a, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIGRATION, &m,
			       sizeof(m)), ANY_ERROR);
	EXPECT_EQ(mig_get(&a), RUNNING);
}

/* Does an arc from @from to @to end in a new file? The old one of PRE_COPY goes on. */
static bool has_file(int from, int to)
{
	bool precopy = from == PRE_COPY || from == PRE_COPY_P2P;

	if (from == to)
		return false;
	if (to == PRE_COPY || to == PRE_COPY_P2P || to == STOP_COPY)
		return !precopy;
	return to == RESUMING;
}

/* What comes of it; RESUMING without a state leads nowhere. */
static int result_of(int from, int to)
{
	if (from == to && mig_has(&a, to))
		return 0;
	if (!mig_has(&a, to) || from == RESUMING ||
	    (from == STOP_COPY && (to == PRE_COPY || to == PRE_COPY_P2P)))
		return EINVAL;
	if (!mig_leaves(&a) && (to == PRE_COPY || to == PRE_COPY_P2P || to == STOP_COPY))
		return EOPNOTSUPP;
	return 0;
}

static void try_arc(int from, int to)
{
	int fd[2] = { -1, -1 }, err = result_of(from, to), ret;

	if (from != RUNNING && mig_set(&a, from, &fd[0]))
		return;
	ret = mig_set(&a, to, &fd[1]);
	if (ret != -err || (!ret && (fd[1] >= 0) != has_file(from, to)))
		ktap_note("%s -> %s: %d, file %d", mig_names[from], mig_names[to], ret, fd[1]);
	EXPECT_EQ(ret, -err);
	if (!ret)
		EXPECT_EQ(fd[1] >= 0, has_file(from, to));
	if (!ret || from == RESUMING)
		EXPECT_EQ(mig_get(&a), ret ? from : to);
	REQUIRE_OK(vfio_reset(&a));
	EXPECT_EQ(mig_get(&a), RUNNING);
	close(fd[0]);
	close(fd[1]);
}

/* Clause: from every state to every state, with the file that belongs to it, and back by a reset. */
static void every_arc(void)
{
	int from, to;

	pair_start();
	for (from = 1; from < MIG_STATES; from++)
		for (to = 0; to < MIG_STATES; to++)
			if (mig_has(&a, from))
				try_arc(from, to);
	cfg_command(&a, MEMORY | MASTER, 0);
	pair_works(&a, ev_a);
}

/* Clause: a pause loses nothing: copies end, interrupts come when the VM goes on, once. */
static void pause_loses_nothing(void)
{
	int i;

	pair_start();
	vfio_wr(&a, 0, NOTE64, 0x1122334455667788, 8);
	for (i = 0; i < 30; i++) {
		memset(mem, i + 1, HALF);
		copier_go(&a, IOVA, IOVA + HALF, HALF);
		REQUIRE_OK(mig_set(&a, i % 2 ? STOP : P2P, NULL));
		EXPECT_EQ(vfio_rd(&a, 0, STATUS, 4), DONE);
		EXPECT_EQ(mem[SIZE - 1], i + 1);
		REQUIRE_OK(mig_set(&a, RUNNING, NULL));
		EXPECT_EQ(event_wait(ev_a, SOON), 1);
	}
	EXPECT_EQ(vfio_rd(&a, 0, NOTE64, 8), 0x1122334455667788);
	pair_works(&a, ev_a);
}

/* Clause: in STOP the device delivers no interrupt from any source; each becomes pending. */
static void silent_in_stop(void)
{
	pair_start();
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	EXPECT_OK(vfio_irq_trigger(&a, MSIX, 0, 1));
	EXPECT_EQ(event_wait(ev_a, QUIET), 0);
	/* A VMM that sets its eventfds up again changes nothing. */
	EXPECT_OK(vfio_irq_disable(&a, MSIX));
	EXPECT_OK(vfio_irq_eventfds(&a, MSIX, 0, 1, &ev_a));
	EXPECT_OK(vfio_irq_trigger(&a, MSIX, 0, 1));
	EXPECT_EQ(event_wait(ev_a, QUIET), 0);
	REQUIRE_OK(mig_set(&a, P2P, NULL));
	EXPECT_EQ(event_wait(ev_a, SOON), 1);
}

/* Clause: in STOP config space and the MSI-X table answer, registers are not written. */
static void stop_answers(void)
{
	pair_start();
	vfio_wr(&a, 0, SRC, 0x1234, 8);
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	EXPECT_EQ(cfg_rd(&a, PCI_VENDOR_ID, 4), 0x0d021234);
	cfg_wr(&a, PCI_INTERRUPT_LINE, 0x42, 1);
	EXPECT_EQ(cfg_rd(&a, PCI_INTERRUPT_LINE, 1), 0x42);
	vfio_wr(&a, 3, 16, 0xfee01000, 4);
	EXPECT_EQ(vfio_rd(&a, 3, 16, 4), 0xfee01000);
	EXPECT_EQ(vfio_rd(&a, 0, SRC, 8), 0x1234);
	vfio_wr(&a, 0, SRC, 0x4321, 8);
	vfio_wr(&a, 0, NOTE16, 0x4321, 2);
	copier_go(&a, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(vfio_rd(&a, 0, SRC, 8), 0x1234);
	EXPECT_EQ(vfio_rd(&a, 0, NOTE16, 2), 0);
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	EXPECT_EQ(event_wait(ev_a, QUIET), 0);
	EXPECT_EQ(vfio_rd(&a, 0, SRC, 8), 0x1234);
}

/* Clause: bus mastering that is enabled or disabled while the VM is stopped counts when it goes on. */
static void bus_master_while_stopped(void)
{
	pair_start();
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	cfg_command(&a, 0, MASTER);
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	copier_go(&a, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(event_wait(ev_a, SOON), 1);
	EXPECT_NE(vfio_rd(&a, 0, STATUS, 4), DONE);
	REQUIRE_OK(mig_set(&a, P2P, NULL));
	cfg_command(&a, MASTER, 0);
	copier_go(&a, IOVA, IOVA + HALF, 64);
	EXPECT_EQ(event_wait(ev_a, SOON), 1);
	EXPECT_NE(vfio_rd(&a, 0, STATUS, 4), DONE);
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	pair_works(&a, ev_a);
}

/* Clause: a reset of the function by its guest is no arc: state and session stay. */
static void function_reset_is_no_arc(void)
{
	static const int states[] = { P2P, STOP, STOP_COPY, RESUMING, PRE_COPY, PRE_COPY_P2P };
	unsigned int cap, i;
	int fd;

	pair_start();
	cap = cfg_cap(&a, PCI_CAP_ID_EXP);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (result_of(RUNNING, states[i]))
			continue;
		vfio_wr(&a, 0, SRC, 0x77, 8);
		REQUIRE_OK(mig_set(&a, states[i], &fd));
		cfg_wr(&a, cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, 2);
		EXPECT_EQ(mig_get(&a), states[i]);
		cfg_command(&a, MEMORY | MASTER, 0);
		EXPECT_EQ(vfio_rd(&a, 0, SRC, 8), 0);
		/* Still stopped. */
		if (states[i] != P2P && states[i] != PRE_COPY && states[i] != PRE_COPY_P2P) {
			vfio_wr(&a, 0, SRC, 0x78, 8);
			EXPECT_EQ(vfio_rd(&a, 0, SRC, 8), 0);
		}
		if (fd >= 0)
			close(fd);
		if (states[i] == RESUMING)
			REQUIRE_OK(vfio_reset(&a));
		else
			REQUIRE_OK(mig_set(&a, RUNNING, NULL));
		cfg_command(&a, MEMORY | MASTER, 0);
		pair_works(&a, ev_a);
	}
}

/* --- the state of one device in another one -------------------------------------------------- */

/* Clause: the target gets the whole state, and delivers pending interrupts when it goes on. */
static void moves(void)
{
	uint8_t *s, *again;
	size_t len, len2;
	int fd;

	pair_start();
	pair_needs_source();
	pair_fill(&a);
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	EXPECT_OK(vfio_irq_trigger(&a, MSIX, 0, 1));
	s = mig_save(&a, &len);
	EXPECT_EQ(event_wait(ev_a, 0), 0);

	REQUIRE_OK(mig_set(&b, RESUMING, &fd));
	REQUIRE_EQ(mig_write(fd, s, len, len), len);
	/* As QEMU does it: command and eventfds while the device is in RESUMING. */
	EXPECT_OK(vfio_irq_disable(&b, MSIX));
	cfg_command(&b, MEMORY | MASTER, 0);
	EXPECT_OK(vfio_irq_eventfds(&b, MSIX, 0, 1, &ev_b));
	EXPECT_EQ(event_wait(ev_b, QUIET), 0);
	REQUIRE_OK(mig_set(&b, STOP, NULL));
	EXPECT_EQ(event_wait(ev_b, QUIET), 0);
	REQUIRE_OK(mig_set(&b, RUNNING, NULL));
	pair_check(&b);
	again = mig_save(&b, &len2);
	REQUIRE_EQ(len2, len);
	REQUIRE_OK(mig_set(&b, RUNNING, NULL));
	pair_works(&b, ev_b);
	/* The source may go on: a cancelled migration. */
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	EXPECT_EQ(event_wait(ev_a, SOON), 1);
	pair_check(&a);
	pair_works(&a, ev_a);
	free(s);
	free(again);
}

/* Clause: an interrupt that was pending when the VM stopped is delivered on the other side. */
static void pending_moves(void)
{
	uint8_t *s;
	size_t len;

	pair_start();
	pair_needs_source();
	pair_fill(&a);
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	EXPECT_OK(vfio_irq_trigger(&a, MSIX, 0, 1));
	EXPECT_EQ(vfio_rd(&a, 3, 0x8000, 8), 1);
	s = mig_save(&a, &len);
	REQUIRE_OK(mig_load(&b, s, len));
	EXPECT_EQ(event_wait(ev_b, SOON), 1);
	EXPECT_EQ(vfio_rd(&b, 3, 0x8000, 8), 0);
	free(s);
}

/* Clause: HELLO comes before the VM stops, the rest after it, in one stream. */
static void pre_copy(void)
{
	uint8_t *s = malloc(MIG_ROOM);
	ssize_t hello, rest;
	int fd, more;

	pair_start();
	pair_needs_source();
	if (!mig_has(&a, PRE_COPY))
		ktap_skip("this kernel has no PRE_COPY");
	pair_fill(&a);
	REQUIRE(s != NULL);
	REQUIRE_OK(mig_set(&a, PRE_COPY, &fd));
	EXPECT_EQ(mig_initial_bytes(fd), HEAD + HELLO_LEN);
	REQUIRE_EQ(read(fd, s, 10), 10);
	EXPECT_EQ(mig_initial_bytes(fd), HEAD + HELLO_LEN - 10);
	hello = 10 + mig_read(fd, s + 10, 7);
	EXPECT_EQ(hello, HEAD + HELLO_LEN);
	EXPECT_EQ(mig_initial_bytes(fd), 0);
	EXPECT(read(fd, s, 1) < 0 && errno == ENOMSG);
	/* The device runs. */
	vfio_wr(&a, 0, NOTE16, 0x1111, 2);
	EXPECT_EQ(vfio_rd(&a, 0, NOTE16, 2), 0x1111);
	vfio_wr(&a, 0, NOTE16, 0xabcd, 2);
	REQUIRE_OK(mig_set(&a, STOP_COPY, &more));
	EXPECT_EQ(more, -1);
	EXPECT_ERR(mig_initial_bytes(fd), EINVAL);
	rest = mig_read(fd, s + hello, MIG_ROOM);
	REQUIRE_GT(rest, 0);
	EXPECT_EQ(read(fd, s + hello + rest, 1), 0);
	EXPECT_EQ(read(fd, s + hello + rest, 1), 0);
	REQUIRE_OK(mig_load(&b, s, (size_t)(hello + rest)));
	pair_check(&b);
	/* A migration that ends before it has begun, and another one. */
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	EXPECT(read(fd, s, 1) < 0 && errno == ENODEV);
	close(fd);
	REQUIRE_OK(mig_set(&a, PRE_COPY, &fd));
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	close(fd);
	pair_check(&a);
	free(s);
}

#define FAIL_SAVE "/sys/module/vdcm_test/parameters/fail_save"

/* Clause: a state that could not be saved is saved by the next try, once. */
static void saved_at_the_second_try(void)
{
	uint8_t *s = malloc(MIG_ROOM);
	ssize_t len;
	int fd;

	pair_start();
	pair_needs_source();
	if (access(FAIL_SAVE, W_OK))
		ktap_skip("this driver's save does not fail on demand");
	if (!mig_has(&a, PRE_COPY))
		ktap_skip("this kernel has no PRE_COPY");
	pair_fill(&a);
	REQUIRE(s != NULL);
	REQUIRE_OK(mig_set(&a, PRE_COPY, &fd));
	REQUIRE_OK(write_text(FAIL_SAVE, "1"));
	EXPECT_ERR(mig_set(&a, STOP_COPY, NULL), EIO);
	REQUIRE_OK(write_text(FAIL_SAVE, "0"));
	/* The device runs on. */
	REQUIRE_OK(mig_set(&a, PRE_COPY, NULL));
	vfio_wr(&a, 0, NOTE16, 0x1111, 2);
	EXPECT_EQ(vfio_rd(&a, 0, NOTE16, 2), 0x1111);
	vfio_wr(&a, 0, NOTE16, 0xabcd, 2);
	REQUIRE_OK(mig_set(&a, STOP_COPY, NULL));
	len = mig_read(fd, s, MIG_ROOM);
	REQUIRE_GT(len, 0);
	REQUIRE_OK(mig_load(&b, s, (size_t)len));
	pair_check(&b);
	close(fd);
	free(s);
}

/* Clause: A to B and back ten times; nothing wears off. */
static void ping_pong(void)
{
	struct vfio_dev *d[2] = { &a, &b };
	uint8_t *s;
	size_t len;
	int i;

	pair_start();
	pair_needs_source();
	pair_fill(&a);
	for (i = 0; i < 10; i++) {
		s = mig_save(d[i % 2], &len);
		REQUIRE_OK(vfio_reset(d[i % 2]));
		REQUIRE_OK(mig_load(d[!(i % 2)], s, len));
		pair_check(d[!(i % 2)]);
		free(s);
	}
	pair_works(&a, ev_a);
}

/* --- the log of writes ------------------------------------------------------------------------ */

static unsigned int count(const uint64_t *bitmap, unsigned int first, unsigned int last)
{
	unsigned int n = 0, i;

	for (i = first; i <= last; i++)
		n += bitmap[i / 64] >> i % 64 & 1;
	return n;
}

/* Clause: the log has the pages that the device has written, once, and no others. */
static void logging(void)
{
	uint64_t bitmap[SIZE / 4096 / 64] = { 0 };
	const unsigned int pages = SIZE / 4096, half = pages / 2;

	pair_start();
	if (mig_log_start(&a, IOVA, SIZE) == -ENOTTY)
		ktap_skip("this kernel has no bitmaps for it");
	EXPECT_ERR(mig_log_start(&a, IOVA, SIZE), EINVAL);
	pair_works(&a, ev_a);
	/* 100 bytes, then two pages and a byte of the next one. */
	REQUIRE_OK(mig_log_report(&a, IOVA, SIZE, bitmap));
	EXPECT_EQ(count(bitmap, 0, pages - 1), 1);
	EXPECT_EQ(count(bitmap, half, half), 1);
	memset(bitmap, 0, sizeof(bitmap));
	copier_go(&a, IOVA, IOVA + HALF + 4095, 4098);
	REQUIRE_EQ(event_wait(ev_a, SOON), 1);
	REQUIRE_OK(mig_log_report(&a, IOVA, SIZE, bitmap));
	EXPECT_EQ(count(bitmap, 0, pages - 1), 3);
	EXPECT_EQ(count(bitmap, half, half + 2), 3);
	memset(bitmap, 0, sizeof(bitmap));
	REQUIRE_OK(mig_log_report(&a, IOVA, SIZE, bitmap));
	EXPECT_EQ(count(bitmap, 0, pages - 1), 0);
	/* It is independent of the state, and of a reset. */
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	pair_works(&a, ev_a);
	REQUIRE_OK(vfio_reset(&a));
	REQUIRE_OK(mig_log_report(&a, IOVA, HALF, bitmap));
	EXPECT_EQ(count(bitmap, 0, pages - 1), 0);
	REQUIRE_OK(mig_log_report(&a, IOVA, SIZE, bitmap));
	EXPECT_EQ(count(bitmap, 0, pages - 1), 1);
	REQUIRE_OK(mig_log_stop(&a));
	EXPECT_ERR(mig_log_report(&a, IOVA, SIZE, bitmap), EINVAL);
}

/* --- files ------------------------------------------------------------------------------------ */

/* Clause: a file outlives its session and its device, and is of no use then. */
static void files_end(void)
{
	char c = 0, *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *s;
	size_t len;
	int fd, in;

	s = pair_recorded(&len);
	REQUIRE_OK(mig_set(&a, STOP_COPY, &fd));
	EXPECT(write(fd, &c, 1) < 0 && errno == EBADF);
	EXPECT(pread(fd, &c, 1, 0) < 0 && errno == ESPIPE);
	EXPECT(lseek(fd, 0, SEEK_SET) < 0 && errno == ESPIPE);
	EXPECT(read(fd, nowhere, 10) < 0 && errno == EFAULT);
	EXPECT_EQ(read(fd, &c, 0), 0);
	EXPECT_EQ(read(fd, &c, 1), 1);
	EXPECT_ERR(mig_initial_bytes(fd), EINVAL);
	EXPECT(ioctl(fd, VFIO_DEVICE_RESET) < 0 && errno == ENOTTY);
	REQUIRE_OK(mig_set(&b, RESUMING, &in));
	EXPECT(read(in, &c, 1) < 0 && errno == EBADF);
	EXPECT(pwrite(in, &c, 1, 0) < 0 && errno == ESPIPE);
	EXPECT(write(in, nowhere, 10) < 0 && errno == EFAULT);
	REQUIRE_EQ(mig_write(in, s, 50, 50), 50);
	/* The session of A ends by an arc, that of B by a reset. */
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	EXPECT(read(fd, &c, 1) < 0 && errno == ENODEV);
	REQUIRE_OK(vfio_reset(&b));
	EXPECT(write(in, s + 50, 1) < 0 && errno == ENODEV);
	close(fd);
	close(in);
	REQUIRE_OK(mig_set(&a, STOP_COPY, &fd));
	REQUIRE_OK(mig_set(&b, RESUMING, &in));
	vfio_close(&a);
	vfio_close(&b);
	EXPECT(read(fd, &c, 1) < 0 && errno == ENODEV);
	EXPECT(write(in, s, len) < 0 && errno == ENODEV);
	EXPECT_OK(mdev_remove(uuid_b));
	REQUIRE_OK(mdev_create(mdev_type_of(1), uuid_b));
	EXPECT(write(in, s, len) < 0 && errno == ENODEV);
	free(s);
}

/* Clause: a file that is closed early costs its migration only. */
static void files_closed_early(void)
{
	uint8_t *s;
	size_t len;
	int fd;

	s = pair_recorded(&len);
	REQUIRE_OK(mig_set(&a, STOP_COPY, &fd));
	close(fd);
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	pair_check(&a);
	REQUIRE_OK(mig_set(&b, RESUMING, &fd));
	REQUIRE_EQ(mig_write(fd, s, len / 2, len / 2), len / 2);
	close(fd);
	EXPECT_ERR(mig_set(&b, STOP, NULL), EINVAL);
	REQUIRE_OK(vfio_reset(&b));
	/* Closed, but complete. */
	REQUIRE_OK(mig_load(&b, s, len));
	pair_check(&b);
	free(s);
}

/* Clause: who reads into memory that does not answer waits alone. */
static void slow_user_memory(void)
{
	size_t len;
	uint8_t *s = pair_recorded(&len);
	uint64_t end;
	pid_t pid;
	int fd;

	REQUIRE_OK(mig_set(&a, STOP_COPY, &fd));
	slow_file_start(SIZE);
	end = now_ms() + SOON;
	pid = fork();
	REQUIRE_GE(pid, 0);
	if (!pid) {
		void *p = slow_file_map();

		_exit(p == MAP_FAILED || read(fd, p, len) <= 0);
	}
	while (!slow_file_wanted() && now_ms() < end)
		poll(NULL, 0, 10);
	REQUIRE(slow_file_wanted());
	pair_hardware("off");
	pair_hardware("on");
	EXPECT_OK(mig_set(&a, STOP, NULL));
	EXPECT_OK(vfio_reset(&a));
	cfg_command(&a, MEMORY | MASTER, 0);
	pair_works(&a, ev_a);
	EXPECT(slow_file_wanted());
	slow_file_end();
	waitpid(pid, NULL, 0);
	free(s);
}

/* --- the PF ----------------------------------------------------------------------------------- */

/* Clause: a reset of the PF costs a stopped VM what it costs a running one, no more. */
static void pf_reset_while_stopped(void)
{
	size_t len, n;
	uint8_t *s = pair_recorded(&len), *t = malloc(MIG_ROOM);
	int fd;

	REQUIRE_OK(mig_set(&a, STOP_COPY, &fd));
	pair_hardware("off");
	pair_hardware("on");
	EXPECT_EQ(mig_get(&a), STOP_COPY);
	n = (size_t)mig_read(fd, t, MIG_ROOM);
	EXPECT_EQ(n, len);
	EXPECT_MEM(t, s, len);
	REQUIRE_OK(mig_set(&a, RUNNING, NULL));
	close(fd);
	/* The registers are those of hardware that was reset, the notes are not. */
	EXPECT_EQ(vfio_rd(&a, 0, SRC, 8), 0);
	EXPECT_EQ(vfio_rd(&a, 0, NOTE16, 2), 0xabcd);
	pair_works(&a, ev_a);

	REQUIRE_OK(mig_set(&b, RESUMING, &fd));
	REQUIRE_EQ(mig_write(fd, s, len / 2, len), len / 2);
	pair_hardware("off");
	pair_hardware("on");
	REQUIRE_EQ(mig_write(fd, s + len / 2, len - len / 2, len), len - len / 2);
	REQUIRE_OK(mig_set(&b, RUNNING, NULL));
	close(fd);
	pair_check(&b);
	pair_works(&b, ev_b);
	free(s);
	free(t);
}

static void reload(void)
{
	uint64_t end = now_ms() + SOON;
	int ret;

	while ((ret = module_unload("vdcm_test")) == -EAGAIN && now_ms() < end)
		poll(NULL, 0, 10);
	REQUIRE_OK(ret);
	REQUIRE_OK(module_load("vdcm_test", ""));
}

/* Clause: a VM whose device is gone can be paused; its state cannot be had. */
static void hardware_gone(void)
{
	int fd;

	pair_start();
	REQUIRE_OK(mig_set(&a, STOP, NULL));
	pair_hardware("gone");
	EXPECT_OK(mig_set(&a, RUNNING, NULL));
	EXPECT_OK(mig_set(&a, STOP, NULL));
	EXPECT_ERR(mig_set(&a, STOP_COPY, &fd), mig_leaves(&a) ? EIO : EOPNOTSUPP);
	EXPECT_EQ(mig_get(&a), STOP);
	EXPECT_OK(mig_set(&a, RUNNING, NULL));
	EXPECT_ERR(mig_set(&a, PRE_COPY, &fd), ANY_ERROR);
	vfio_close(&a);
	vfio_close(&b);
	reload();
}

static const struct ktap_case cases[] = {
	CASE_FOR(offered, "QEMU: else the VM cannot be migrated"),
	CASE_SECONDS(every_arc, 60),
	CASE_FOR(pause_loses_nothing, "QEMU: each stop and cont goes through STOP"),
	CASE(silent_in_stop),
	CASE(stop_answers),
	CASE_FOR(bus_master_while_stopped, "QEMU: restores COMMAND in RESUMING"),
	CASE(function_reset_is_no_arc),
	CASE_FOR(moves, "QEMU: installs the eventfds in RESUMING"),
	CASE(pending_moves),
	CASE_FOR(pre_copy, "QEMU: switchover-ack waits for the initial bytes"),
	CASE(saved_at_the_second_try),
	CASE(ping_pong),
	CASE_FOR(logging, "QEMU: takes it before what type1 tells"),
	CASE(files_end),
	CASE(files_closed_early),
	CASE(slow_user_memory),
	CASE(pf_reset_while_stopped),
	CASE(hardware_gone),
};

KTAP_MAIN("migration", cases, pair_setup, mdev_cleanup)
