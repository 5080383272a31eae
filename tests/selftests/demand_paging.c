// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory is pinned when the device touches it, and for no longer than it is mapped. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"

#define MB		(1ull << 20)
#define AQ_BYTES	(66 * 4096)	/* the driver's admin queues */
#define PARAM		"/sys/module/vdcm/parameters/fault_around"
#define REGION		0x2000000000ull	/* where the tests map a second piece of memory */
#define PIECE		(4 * MB)
#define MSI		0xfee00000ull	/* interrupt messages, 1 MiB */
#define QUIET		20

static struct avf a, b;
static struct avf_rx rx;
static uint8_t *piece[2];

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
}

static int64_t pinned(const struct avf *x)
{
	return mdev_attr_num(x->dev.uuid, "pinned_bytes");
}

static void start(void)
{
	int i;

	avf_pair(&a, &b, 1);
	for (i = 0; i < 2; i++) {
		piece[i] = mmap(NULL, PIECE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		REQUIRE(piece[i] != MAP_FAILED);
	}
}

static void done(void)
{
	avf_end(&a);
	avf_end(&b);
}

/* Bytes pinned at most around a page that was touched. */
static int64_t around(void)
{
	char buf[16];

	return read_text(PARAM, buf, sizeof(buf)) > 0 ? atoi(buf) * 4096ll : 2 * (int64_t)MB;
}

/* A sends the 200 bytes at @iova, made from @seed, and B gets them. */
static void send_from(uint64_t iova, uint8_t *at, uint32_t seed)
{
	struct avf_frag f = { iova, 200 };

	frame_l2(at, 200, b.res.mac, a.res.mac, seed);
	REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
	REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, 2 * AVF_MS), 0);
	EXPECT_EQ(rx.len, 200);
	EXPECT_MEM(rx.data, at, 200);
	REQUIRE_OK(avf_tx_done(&a, 0, AVF_MS));
}

/* Points all of A's receive buffers into the piece and lets B send one frame. */
static void receive_into(uint64_t iova, uint32_t seed)
{
	uint8_t f[200];

	avf_queue_aim(&a, 0, iova, 2048);
	frame_l2(f, sizeof(f), a.res.mac, b.res.mac, seed);
	REQUIRE_GE(avf_tx(&b, 0, f, sizeof(f), 0), 0);
}

/* B sends to A, whose receive buffers are in the piece: nothing of it is written. */
static void not_received_in(uint64_t iova, const uint8_t *at, uint32_t seed)
{
	static uint8_t before[AVF_RING * 2048];

	memcpy(before, at, sizeof(before));
	receive_into(iova, seed);
	EXPECT_ERR(avf_rx(&a, 0, &rx, QUIET), ETIMEDOUT);
	EXPECT_MEM(at, before, sizeof(before));
}

/* The frame is there, and its bytes are in the piece: avf_rx() copies them from the
 * ring's usual buffers, so only its length counts. Frames of the network may be first.
 */
static void received_in(const uint8_t *at, uint32_t seed)
{
	unsigned int i;
	uint8_t f[200];

	frame_l2(f, sizeof(f), a.res.mac, b.res.mac, seed);
	do {
		i = a.q[0].rx_next;
		REQUIRE_OK(avf_rx(&a, 0, &rx, 2 * AVF_MS));
	} while (memcmp(at + 2048 * i + 6, b.res.mac, 6));
	EXPECT_EQ(rx.len, sizeof(f));
	EXPECT_MEM(at + 2048 * i, f, sizeof(f));
}

/* Clause: opening, mapping and register accesses pin nothing; the first DMA does; what
 * is pinned stays within the fault-around of what was touched.
 */
static void first_touch_pins(void)
{
	const struct avf_opts o = { .iova = 0x40000000, .memory = 64 * MB };
	char uuid[UUID_LEN + 1];
	int64_t one, two;

	mdev_new(1, uuid);
	REQUIRE_OK(avf_open(&a, uuid, &o));
	EXPECT_EQ(pinned(&a), 0);
	avf_wr(&a, AVF_RX_TAIL(0), 5);
	avf_rd(&a, AVF_RSTAT);
	EXPECT_EQ(pinned(&a), 0);
	REQUIRE_OK(avf_init(&a));
	one = pinned(&a);
	EXPECT_GT(one, 0);
	EXPECT_LE(one, AQ_BYTES + 2 * around());
	ktap_note("64 MiB mapped, %lld KiB pinned for the admin queues", (long long)one / 1024);
	/* Something 32 MiB away. */
	a.used = 32 * MB;
	REQUIRE_EQ(avf_queues_up(&a, 1), 0);
	avf_wr(&a, AVF_TX_TAIL(0), 1);	/* a descriptor of zeroes: fetched, then refused */
	ktap_until(pinned(&a) != one, AVF_MS);
	poll(NULL, 0, QUIET);
	two = pinned(&a);
	EXPECT_GT(two, one);
	/* two rings; the buffers were not touched, and may be around them */
	EXPECT_LE(two, one + 2 * around());
	avf_close(&a);
	EXPECT_EQ(pinned(&a), 0);
	EXPECT_OK(mdev_remove(uuid));
}

/* Clause: unmapping unpins before it returns. */
static void unmap_unpins(void)
{
	int64_t base, with;
	int i;

	start();
	send_from(avf_iova(&a, a.q[0].tx_buf), a.q[0].tx_buf, 1);
	base = pinned(&a);
	for (i = 0; i < 4; i++) {
		uint64_t iova = REGION + (uint64_t)i * 64 * MB;

		REQUIRE_OK(vfio_map(&a.dev, piece[0], iova, PIECE, DMA_RW));
		EXPECT_EQ(pinned(&a), base);
		send_from(iova + PIECE - 4096, piece[0] + PIECE - 4096, 2);
		with = pinned(&a);
		EXPECT_GT(with, base);
		EXPECT_LE(with, base + around());
		REQUIRE_OK(vfio_unmap(&a.dev, iova, PIECE));
		EXPECT_EQ(pinned(&a), base);
	}
	/* A single page is the first and the last of what is unmapped. */
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, 4096, DMA_RW));
	send_from(REGION, piece[0], 3);
	EXPECT_EQ(pinned(&a), base + 4096);
	REQUIRE_OK(vfio_unmap(&a.dev, REGION, 4096));
	EXPECT_EQ(pinned(&a), base);
	done();
}

/* Clause: other memory at the same address is what the device reads next. */
static void remapped_memory_is_read(void)
{
	int i;

	start();
	for (i = 0; i < 5; i++) {
		/* The other piece holds other bytes at the same place. */
		memset(piece[!(i & 1)], 0xee, 4096);
		REQUIRE_OK(vfio_map(&a.dev, piece[i & 1], REGION, PIECE, DMA_RW));
		send_from(REGION, piece[i & 1], (uint32_t)i);
		REQUIRE_OK(vfio_unmap(&a.dev, REGION, PIECE));
	}
	done();
}

/* Clause: what the device writes goes to the memory mapped now, and not one byte to
 * the memory that was mapped before.
 */
static void remapped_memory_is_written(void)
{
	static uint8_t marks[PIECE];
	int i;

	start();
	memset(marks, 0xee, sizeof(marks));
	for (i = 0; i < 4; i++) {
		uint8_t *now = piece[i & 1], *old = piece[!(i & 1)];

		memset(old, 0xee, PIECE);
		REQUIRE_OK(vfio_map(&a.dev, now, REGION, PIECE, DMA_RW));
		receive_into(REGION, (uint32_t)i);
		received_in(now, (uint32_t)i);
		EXPECT_MEM(old, marks, PIECE);
		avf_queue_again(&a, 0);
		REQUIRE_OK(vfio_unmap(&a.dev, REGION, PIECE));
	}
	done();
}

/* Clause: once unmap has returned, the device writes no more there, although frames
 * keep coming; the queue stops, and works again when configured anew.
 */
static void unmap_under_traffic(void)
{
	static uint8_t copy[AVF_RING * 2048];
	uint8_t f[200];
	int i, k;

	start();
	for (i = 0; i < 5; i++) {
		REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
		receive_into(REGION, 1);
		REQUIRE_OK(avf_rx(&a, 0, &rx, 2 * AVF_MS));
		frame_l2(f, sizeof(f), a.res.mac, b.res.mac, 7);
		for (k = 0; k < 40; k++) {
			REQUIRE_GE(avf_tx(&b, 0, f, sizeof(f), 0), 0);
			if (k == 5 + 3 * i) {
				REQUIRE_OK(vfio_unmap(&a.dev, REGION, PIECE));
				memcpy(copy, piece[0], sizeof(copy));
			}
		}
		poll(NULL, 0, QUIET);
		EXPECT_MEM(piece[0], copy, sizeof(copy));
		REQUIRE_OK(avf_tx_done(&b, 0, AVF_MS));
		avf_queue_again(&a, 0);
		avf_rx_drain(&a);
	}
	send_from(avf_iova(&a, a.q[0].tx_buf), a.q[0].tx_buf, 1);
	done();
}

/* Clause: memory mapped read-only can be sent from, and is not written, neither where
 * the device has read before nor elsewhere: the queue stops and the bytes stay.
 */
static void read_only_mapping(void)
{
	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RO));
	send_from(REGION, piece[0], 3);
	not_received_in(REGION, piece[0], 4);
	not_received_in(REGION + PIECE / 2, piece[0] + PIECE / 2, 5);
	avf_queue_again(&a, 0);
	receive_into(a.q[0].rx_buf_iova, 6);
	REQUIRE_OK(avf_rx(&a, 0, &rx, AVF_MS));
	REQUIRE_OK(vfio_unmap(&a.dev, REGION, PIECE));
	done();
}

/* Clause: what is mapped around a page that the device writes has rights of its own. */
static void read_only_beside_writable(void)
{
	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, MB, DMA_RW));
	REQUIRE_OK(vfio_map(&a.dev, piece[0] + MB, REGION + MB, MB, DMA_RO));
	receive_into(REGION, 3);
	received_in(piece[0], 3);
	not_received_in(REGION + MB, piece[0] + MB, 4);
	send_from(REGION + MB, piece[0] + MB, 5);
	not_received_in(REGION + MB, piece[0] + MB, 6);
	done();
}

/* Clause: memory that user space itself may not write cannot be written by the device,
 * whatever the mapping claims.
 */
static void memory_without_write_access(void)
{
	start();
	memset(piece[0], 0x42, PIECE);
	REQUIRE_OK(mprotect(piece[0], PIECE, PROT_READ));
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
	not_received_in(REGION, piece[0], 4);
	done();
}

/* Clause: memory that is mapped for writing alone is received into, and not sent from where
 * the translation can tell; iommufd pins such memory for reading, too.
 */
static void write_only_mapping(void)
{
	struct avf_frag f = { REGION + 4096, 200 };
	char mode[16];

	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, VFIO_DMA_MAP_FLAG_WRITE));
	receive_into(REGION, 3);
	received_in(piece[0], 3);
	REQUIRE_GT(mdev_attr(a.dev.uuid, "dma_mode", mode, sizeof(mode)), 0);
	if (!strcmp(mode, "table")) {
		avf_queue_again(&a, 0);
		receive_into(REGION, 4);
		received_in(piece[0], 4);
		f.iova = REGION;
	}
	if (vfio_is_type1()) {
		frame_l2(piece[0] + (f.iova - REGION), 200, b.res.mac, a.res.mac, 5);
		REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
		EXPECT_ERR(avf_rx_from(&b, a.res.mac, &rx, QUIET), ETIMEDOUT);
	}
	done();
}

/* Is the page at an address of this process reserved? See pagemap.rst in the kernel. */
static bool is_reserved(unsigned long at)
{
	uint64_t entry = 0, flags = 0;
	int map = open("/proc/self/pagemap", O_RDONLY);
	int kinds = open("/proc/kpageflags", O_RDONLY);

	/* It is there after a read. */
	(void)*(volatile char *)at;
	if (map < 0 || kinds < 0)
		ktap_skip("this kernel does not tell of its pages");
	REQUIRE_EQ(pread(map, &entry, 8, (off_t)(at / 4096 * 8)), 8);
	REQUIRE_EQ(pread(kinds, &flags, 8, (off_t)((entry & ((1ull << 55) - 1)) * 8)), 8);
	close(map);
	close(kinds);
	return flags >> 32 & 1;
}

/* Clause: pages of the kernel that a process has mapped are no memory for a device. */
static void reserved_pages(void)
{
	struct avf_frag f = { REGION, 200 };
	unsigned long at = 0;
	char line[256];
	FILE *maps;

	maps = fopen("/proc/self/maps", "r");
	REQUIRE(maps);
	while (!at && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vvar]"))
			at = strtoul(line, NULL, 16);
	fclose(maps);
	if (!at)
		ktap_skip("no [vvar] in this process");
	if (!is_reserved(at))
		ktap_skip("this kernel's [vvar] is ordinary memory");
	start();
	if (vfio_map(&a.dev, (void *)at, REGION, 4096, DMA_RO))
		ktap_note("cannot even be mapped");
	REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
	EXPECT_ERR(avf_tx_done(&a, 0, 300), ETIMEDOUT);
	done();
}

/* Clause: the pages that are pinned together with one that is written need no fault of
 * their own.
 */
static void written_together(void)
{
	int64_t faults, pins;
	int i;

	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
	receive_into(REGION, 0);
	received_in(piece[0], 0);
	faults = mdev_counter(a.dev.uuid, "dma_faults");
	pins = mdev_counter(a.dev.uuid, "pages_pinned_total");
	for (i = 1; i < 5; i++) {
		uint8_t frame[200];

		frame_l2(frame, sizeof(frame), a.res.mac, b.res.mac, (uint32_t)i);
		REQUIRE_GE(avf_tx(&b, 0, frame, sizeof(frame), 0), 0);
		received_in(piece[0], (uint32_t)i);
	}
	/* Two buffers are in a page. */
	EXPECT_EQ(mdev_counter(a.dev.uuid, "dma_faults"), faults);
	EXPECT_EQ(mdev_counter(a.dev.uuid, "pages_pinned_total"), pins);
	done();
}

/* Clause: the platform takes one megabyte of addresses for interrupt messages, whatever
 * is mapped there: the device reaches nothing in it, and everything beside it.
 */
static void interrupt_messages(void)
{
	struct avf_frag f = { MSI, 200 };
	int64_t before;
	uint8_t *at;
	char old[16];

	/* As much around as can be, so that it would reach over the edge. */
	REQUIRE_GT(read_text(PARAM, old, sizeof(old)), 0);
	REQUIRE_OK(write_text(PARAM, "512"));
	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], MSI - 2 * MB, PIECE, DMA_RW));
	at = piece[0] + 2 * MB;
	send_from(MSI - 4096, at - 4096, 1);
	before = pinned(&a);
	send_from(MSI + MB, at + MB, 2);
	EXPECT_LE(pinned(&a), before + (int64_t)MB);
	frame_l2(at, 200, b.res.mac, a.res.mac, 3);
	REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
	EXPECT_ERR(avf_rx_from(&b, a.res.mac, &rx, QUIET), ETIMEDOUT);
	EXPECT_ERR(avf_tx_done(&a, 0, 0), ETIMEDOUT);
	not_received_in(MSI, at, 4);
	not_received_in(MSI + MB - AVF_RING * 2048, at + MB - AVF_RING * 2048, 5);
	avf_queue_again(&a, 0);
	send_from(MSI + MB, at + MB, 6);
	EXPECT_OK(write_text(PARAM, old));
	done();
}

/* Clause: a page first read and then written by the device: both work, the second
 * time with a fault of its own or without.
 */
static void read_then_write(void)
{
	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
	send_from(REGION, piece[0], 3);
	receive_into(REGION, 4);
	received_in(piece[0], 4);
	done();
}

/* Clause: a queue that failed on unmapped memory works when the memory is there. */
static void mapped_too_late(void)
{
	struct avf_frag f = { REGION, 200 };

	start();
	REQUIRE_GE(avf_tx_frags(&a, 0, &f, 1, 0, 0, 0), 0);
	EXPECT_ERR(avf_tx_done(&a, 0, QUIET), ETIMEDOUT);
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
	avf_queue_again(&a, 0);
	send_from(REGION, piece[0], 3);
	done();
}

/* Clause: closing with memory mapped and pinned unpins everything; so does reset-less
 * end of the process (see life).
 */
static void close_unpins(void)
{
	char state[64];

	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
	send_from(REGION, piece[0], 3);
	EXPECT_GT(pinned(&a), 0);
	avf_close(&a);
	EXPECT_EQ(pinned(&a), 0);
	EXPECT_GT(mdev_attr(a.dev.uuid, "state", state, sizeof(state)), 0);
	EXPECT(!strcmp(state, "idle"));
	avf_close(&b);
}

/* --- mapping while the device works ---------------------------------------------------- */

static bool stop_mapping;
static int loops;

static void *map_and_unmap(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop_mapping, __ATOMIC_ACQUIRE)) {
		if (vfio_map(&a.dev, piece[1], REGION + 1024 * MB, PIECE, DMA_RW) ||
		    vfio_unmap(&a.dev, REGION + 1024 * MB, PIECE))
			break;
		loops++;
		poll(NULL, 0, 1);
	}
	return NULL;
}

/* Clause: mapping and unmapping elsewhere does not disturb traffic. */
static void mapping_elsewhere(void)
{
	pthread_t t;
	uint32_t i;

	start();
	REQUIRE_OK(pthread_create(&t, NULL, map_and_unmap, NULL));
	for (i = 0; i < 100; i++)
		send_from(avf_iova(&a, a.q[0].tx_buf), a.q[0].tx_buf, i);
	__atomic_store_n(&stop_mapping, true, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	ktap_note("%d maps and unmaps meanwhile", loops);
	EXPECT_GT(loops, 3);
	done();
}

/* --- memory that is mapped for the device, and discarded --------------------------------- */

/* What the receive buffers take. */
#define SPAN	(AVF_RING * 2048ul)

static uint8_t *map_piece(int flags, int fd)
{
	uint8_t *p = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, flags, fd, 0);

	REQUIRE(p != MAP_FAILED);
	return p;
}

static uint8_t *make_anonymous(int *fd)
{
	*fd = -1;
	return map_piece(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static uint8_t *make_huge(int *fd)
{
	uint8_t *p = mmap(NULL, 2 * PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	*fd = -1;
	REQUIRE(p != MAP_FAILED);
	p = (uint8_t *)(((uintptr_t)p + PIECE - 1) & ~(PIECE - 1));
	madvise(p, PIECE, MADV_HUGEPAGE);
	memset(p, 1, PIECE);
	return p;
}

static uint8_t *make_file(int *fd, int flags)
{
	*fd = memfd_create("memory", 0);
	REQUIRE_GE(*fd, 0);
	REQUIRE_OK(ftruncate(*fd, PIECE));
	return map_piece(flags, *fd);
}

static uint8_t *make_shared(int *fd)
{
	return make_file(fd, MAP_SHARED);
}

static uint8_t *make_private(int *fd)
{
	return make_file(fd, MAP_PRIVATE);
}

/* Another mapping of it stays. */
static uint8_t *make_shared_twice(int *fd)
{
	uint8_t *p = make_file(fd, MAP_SHARED);

	memset(map_piece(MAP_SHARED, *fd), 1, PIECE);
	return p;
}

static void advise(uint8_t *p, int fd)
{
	(void)fd;
	REQUIRE_OK(madvise(p, SPAN, MADV_DONTNEED));
}

static void punch(uint8_t *p, int fd)
{
	(void)p;
	REQUIRE_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SPAN));
}

/* A process that has it mapped, too. */
static void punch_elsewhere(uint8_t *p, int fd)
{
	int status = -1;
	pid_t pid = fork();

	REQUIRE_GE(pid, 0);
	if (!pid) {
		(void)*(volatile uint8_t *)p;
		_exit(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SPAN) ? 1 : 0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	REQUIRE_EQ(status, 0);
}

static void replace(uint8_t *p, int fd)
{
	(void)fd;
	REQUIRE(mmap(p, SPAN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0) == p);
}

static void move_away(uint8_t *p, int fd)
{
	uint8_t *to = map_piece(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	REQUIRE(mremap(p, SPAN, SPAN, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	replace(p, fd);
}

static const struct discard {
	const char *name;
	uint8_t *(*make)(int *fd);
	void (*discard)(uint8_t *p, int fd);
	bool may_be_missed;	/* vdcm does not find such pages on Linux 7.3 */
} discards[] = {
	{ "MADV_DONTNEED, anonymous", make_anonymous, advise, false },
	{ "MADV_DONTNEED, huge pages", make_huge, advise, false },
	{ "MADV_DONTNEED, private file", make_private, advise, true },
	{ "MADV_DONTNEED, shared file", make_shared, advise, false },
	{ "a hole, shared file", make_shared, punch, false },
	{ "a hole, file mapped twice", make_shared_twice, punch, false },
	{ "a hole by another process", make_shared, punch_elsewhere, false },
	{ "other memory in its place", make_anonymous, replace, false },
	{ "moved away", make_anonymous, move_away, false },
};

/* Clause: memory that the VMM discards and has anew is what the device reads and writes
 * next: no byte goes to, or comes from, the pages that were there.
 */
static void discarded_memory(void)
{
	const struct discard *d;
	int64_t counted;
	uint8_t *p;
	int fd;

	start();
	for (d = discards; d < discards + ARRAY_SIZE(discards); d++) {
		ktap_note("%s", d->name);
		p = d->make(&fd);
		REQUIRE_OK(vfio_map(&a.dev, p, REGION, PIECE, DMA_RW));
		receive_into(REGION, 1);
		received_in(p, 1);
		send_from(REGION, p, 2);
		counted = mdev_counter(a.dev.uuid, "discards");
		d->discard(p, fd);
		if (d->may_be_missed && mdev_counter(a.dev.uuid, "discards") == counted) {
			ktap_note("not followed on this kernel");
			avf_queue_again(&a, 0);
			REQUIRE_OK(vfio_unmap(&a.dev, REGION, PIECE));
			continue;
		}
		EXPECT_GT(mdev_counter(a.dev.uuid, "discards"), counted);
		send_from(REGION, p, 3);
		avf_queue_again(&a, 0);
		receive_into(REGION, 4);
		received_in(p, 4);
		avf_queue_again(&a, 0);
		REQUIRE_OK(vfio_unmap(&a.dev, REGION, PIECE));
	}
	done();
}

/* Clause: the same while the device uses the memory all the time, as under a balloon. */
static void discarded_in_traffic(void)
{
	uint8_t f[200];
	uint32_t i, k;

	start();
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
	receive_into(REGION, 0);
	received_in(piece[0], 0);
	/* No buffer is used twice. */
	for (i = 1; i < 30; i++) {
		/* Some frames, which come before, amid and after it. */
		frame_l2(f, sizeof(f), a.res.mac, b.res.mac, 1000);
		REQUIRE_GE(avf_tx(&b, 0, f, sizeof(f), 0), 0);
		advise(piece[0], -1);
		frame_l2(f, sizeof(f), a.res.mac, b.res.mac, i);
		REQUIRE_GE(avf_tx(&b, 0, f, sizeof(f), 0), 0);
		do {
			k = a.q[0].rx_next;
			REQUIRE_OK(avf_rx(&a, 0, &rx, 2 * AVF_MS));
		} while (memcmp(piece[0] + 2048 * k, f, sizeof(f)));
	}
	done();
}

/* Clause: devices of one container whose pins of a page VFIO shares do not give each other
 * the page that was discarded. Each has a frame of its own in the page, and all fault at once,
 * so that some pin while others have yet to unpin.
 */
static void discarded_and_shared(void)
{
	enum { NR = 6, FRAME = 256, LEN = 200 };
	static struct avf more[NR - 1];
	struct avf *all[NR] = { &a };
	uint32_t i, k, n;

	start();
	for (k = 1; k < NR; k++) {
		struct avf_opts o = { .iova = 0x40000000ull * k, .with = &a.dev };

		all[k] = &more[k - 1];
		avf_new(all[k], 1, &o);
	}
	REQUIRE_OK(vfio_map(&a.dev, piece[0], REGION, PIECE, DMA_RW));
	for (i = 0; i < 30; i++) {
		for (k = 0; k < NR; k++)
			frame_l2(piece[0] + FRAME * k, LEN, b.res.mac, all[k]->res.mac, NR * i + k);
		for (k = 0; k < NR; k++) {
			struct avf_frag f = { REGION + FRAME * k, LEN };

			REQUIRE_GE(avf_tx_frags(all[k], 0, &f, 1, 0, 0, 0), 0);
		}
		for (n = 0; n < NR; n++) {
			REQUIRE_OK(avf_rx(&b, 0, &rx, 2 * AVF_MS));
			for (k = 0; k < NR && memcmp(rx.data + 6, all[k]->res.mac, 6); k++)
				;
			REQUIRE_GE(NR - 1, k);
			EXPECT_MEM(rx.data, piece[0] + FRAME * k, LEN);
		}
		for (k = 0; k < NR; k++)
			REQUIRE_OK(avf_tx_done(all[k], 0, AVF_MS));
		advise(piece[0], -1);
	}
	for (k = 1; k < NR; k++)
		avf_end(all[k]);
	done();
}

/* Clause: memory that the device does not use may be discarded at no cost to it. */
static void discarded_elsewhere(void)
{
	int64_t faults, counted;
	uint8_t *p;

	start();
	p = map_piece(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	/* A huge page that is split is unmapped for a moment, as a whole. */
	madvise(p, PIECE, MADV_NOHUGEPAGE);
	REQUIRE_OK(vfio_map(&a.dev, p, REGION, PIECE, DMA_RW));
	memset(p, 1, PIECE);
	send_from(REGION, p, 1);
	faults = mdev_counter(a.dev.uuid, "dma_faults");
	counted = mdev_counter(a.dev.uuid, "discards");
	advise(p + PIECE - SPAN, -1);
	advise(piece[1], -1);
	EXPECT_OK(munmap(piece[1], PIECE));
	send_from(REGION, p, 2);
	EXPECT_EQ(mdev_counter(a.dev.uuid, "dma_faults"), faults);
	EXPECT_EQ(mdev_counter(a.dev.uuid, "discards"), counted);
	done();
}

static const struct ktap_case cases[] = {
	CASE(first_touch_pins),
	CASE(unmap_unpins),
	CASE(remapped_memory_is_read),
	CASE(remapped_memory_is_written),
	CASE(unmap_under_traffic),
	CASE(read_only_mapping),
	CASE(read_only_beside_writable),
	CASE(memory_without_write_access),
	CASE(write_only_mapping),
	CASE(reserved_pages),
	CASE(written_together),
	CASE(interrupt_messages),
	CASE(read_then_write),
	CASE(mapped_too_late),
	CASE(close_unpins),
	CASE(mapping_elsewhere),
	CASE(discarded_memory),
	CASE(discarded_in_traffic),
	CASE(discarded_and_shared),
	CASE(discarded_elsewhere),
};

KTAP_MAIN("demand_paging", cases, setup, mdev_cleanup)
