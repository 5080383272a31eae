// SPDX-License-Identifier: GPL-2.0-only
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "ktap.h"
#include "mdev.h"
#include "virtio.h"

const struct virtio_field virtio_common[CC_NR] = {
	[CC_DEV_SELECT] = { 0, 4 },
	[CC_DEV_FEATURE] = { 4, 4 },
	[CC_DRV_SELECT] = { 8, 4 },
	[CC_DRV_FEATURE] = { 12, 4 },
	[CC_CONFIG_VECTOR] = { 16, 2 },
	[CC_NUM_QUEUES] = { 18, 2 },
	[CC_STATUS] = { 20, 1 },
	[CC_GENERATION] = { 21, 1 },
	[CC_Q_SELECT] = { 22, 2 },
	[CC_Q_SIZE] = { 24, 2 },
	[CC_Q_VECTOR] = { 26, 2 },
	[CC_Q_ENABLE] = { 28, 2 },
	[CC_Q_NOTIFY_OFF] = { 30, 2 },
	[CC_Q_DESC_LO] = { 32, 4 },
	[CC_Q_DESC_HI] = { 36, 4 },
	[CC_Q_AVAIL_LO] = { 40, 4 },
	[CC_Q_AVAIL_HI] = { 44, 4 },
	[CC_Q_USED_LO] = { 48, 4 },
	[CC_Q_USED_HI] = { 52, 4 },
	[CC_Q_NOTIFY_DATA] = { 56, 2 },
	[CC_Q_RESET] = { 58, 2 },
	[CC_ADMIN_INDEX] = { 60, 2 },
	[CC_ADMIN_NUM] = { 62, 2 },
};

/* --- registers --------------------------------------------------------------------------- */

static void find_caps(struct virtio *v)
{
	unsigned int pos, type;

	for (pos = (unsigned int)cfg_rd(&v->dev, PCI_CAPABILITY_LIST, 1); pos;
	     pos = (unsigned int)cfg_rd(&v->dev, pos + 1, 1)) {
		if (cfg_rd(&v->dev, pos, 1) != PCI_CAP_ID_VNDR)
			continue;
		type = (unsigned int)cfg_rd(&v->dev, pos + VCAP_TYPE, 1);
		if (type >= VCAP_NR || v->cap[type].at)
			continue;
		v->cap[type] = (struct virtio_cap){
			.at = pos,
			.bar = (uint32_t)cfg_rd(&v->dev, pos + VCAP_BAR, 1),
			.offset = (uint32_t)cfg_rd(&v->dev, pos + VCAP_OFFSET, 4),
			.length = (uint32_t)cfg_rd(&v->dev, pos + VCAP_LENGTH, 4),
		};
	}
}

void virtio_open(struct virtio *v, const char *uuid)
{
	memset(v, 0, sizeof(*v));
	REQUIRE_OK(vfio_open(&v->dev, uuid));
	find_caps(v);
	cfg_command(&v->dev, PCI_COMMAND_MEMORY, 0);
	REQUIRE(v->cap[VCAP_COMMON].at && v->cap[VCAP_NOTIFY].at && v->cap[VCAP_DEVICE].at);
	v->multiplier = (unsigned int)cfg_rd(&v->dev, v->cap[VCAP_NOTIFY].at + VCAP_MULTIPLIER, 4);
}

void virtio_close(struct virtio *v)
{
	vfio_close(&v->dev);
	if (v->mem)
		munmap(v->mem, VIRTIO_MEMORY);
	v->mem = NULL;
}

void virtio_new(struct virtio *v, int pairs)
{
	char uuid[UUID_LEN + 1];

	mdev_uuid(uuid);
	REQUIRE_OK(mdev_create(mdev_virtio_type(pairs), uuid));
	virtio_open(v, uuid);
}

void virtio_end(struct virtio *v)
{
	virtio_close(v);
	EXPECT_OK(mdev_remove(v->dev.uuid));
}

uint64_t virtio_rd(struct virtio *v, enum virtio_common field)
{
	const struct virtio_cap *c = &v->cap[VCAP_COMMON];

	return vfio_rd(&v->dev, c->bar, c->offset + virtio_common[field].off, virtio_common[field].size);
}

void virtio_wr(struct virtio *v, enum virtio_common field, uint64_t value)
{
	const struct virtio_cap *c = &v->cap[VCAP_COMMON];

	vfio_wr(&v->dev, c->bar, c->offset + virtio_common[field].off, value, virtio_common[field].size);
}

uint64_t virtio_cfg(struct virtio *v, unsigned int off, unsigned int size)
{
	const struct virtio_cap *c = &v->cap[VCAP_DEVICE];

	return vfio_rd(&v->dev, c->bar, c->offset + off, size);
}

/* --- negotiation ------------------------------------------------------------------------ */

uint64_t virtio_offered(struct virtio *v)
{
	uint64_t low;

	virtio_wr(v, CC_DEV_SELECT, 0);
	low = virtio_rd(v, CC_DEV_FEATURE);
	virtio_wr(v, CC_DEV_SELECT, 1);
	return virtio_rd(v, CC_DEV_FEATURE) << 32 | low;
}

void virtio_accept(struct virtio *v, uint64_t features)
{
	virtio_wr(v, CC_DRV_SELECT, 0);
	virtio_wr(v, CC_DRV_FEATURE, features & UINT32_MAX);
	virtio_wr(v, CC_DRV_SELECT, 1);
	virtio_wr(v, CC_DRV_FEATURE, features >> 32);
	v->features = features;
}

void virtio_reset(struct virtio *v)
{
	uint64_t end = now_ms() + VIRTIO_MS;

	virtio_wr(v, CC_STATUS, 0);
	while (virtio_rd(v, CC_STATUS)) {
		REQUIRE(now_ms() < end);
		poll(NULL, 0, 1);
	}
}

bool virtio_negotiate(struct virtio *v, uint64_t features)
{
	virtio_wr(v, CC_STATUS, VS_ACKNOWLEDGE);
	virtio_wr(v, CC_STATUS, VS_ACKNOWLEDGE | VS_DRIVER);
	virtio_accept(v, features);
	virtio_wr(v, CC_STATUS, VS_ACKNOWLEDGE | VS_DRIVER | VS_FEATURES_OK);
	return virtio_rd(v, CC_STATUS) & VS_FEATURES_OK;
}

/* --- queues -------------------------------------------------------------------------- */

static uint64_t iova_of(const struct virtio *v, const void *p)
{
	return VIRTIO_IOVA + (uint64_t)((const uint8_t *)p - v->mem);
}

static void *take(struct virtio *v, size_t len)
{
	void *p = v->mem + v->used;

	v->used += (len + 4095) & ~4095ul;
	REQUIRE_LE(v->used, VIRTIO_MEMORY);
	memset(p, 0, len);
	return p;
}

static void wr_address(struct virtio *v, enum virtio_common low, uint64_t iova)
{
	virtio_wr(v, low, iova & UINT32_MAX);
	virtio_wr(v, low + 1, iova >> 32);
}

void virtio_queue_up(struct virtio *v, unsigned int nr)
{
	struct virtio_queue *q = &v->q[nr];

	q->desc = take(v, VIRTIO_RING * sizeof(*q->desc));
	q->avail = take(v, 6 + 2 * VIRTIO_RING);
	q->used = take(v, 6 + 8 * VIRTIO_RING);
	q->buf = take(v, VIRTIO_RING * VIRTIO_BUF);
	q->buf_iova = iova_of(v, q->buf);
	q->next = 0;
	q->seen = 0;
	virtio_wr(v, CC_Q_SELECT, nr);
	REQUIRE_GE(virtio_rd(v, CC_Q_SIZE), VIRTIO_RING);
	virtio_wr(v, CC_Q_SIZE, VIRTIO_RING);
	/* Vectors as Linux gives them: 0 for changes of the configuration, then the queues. */
	virtio_wr(v, CC_Q_VECTOR, nr < v->ctrl ? nr + 1 : VIRTIO_NO_VECTOR);
	wr_address(v, CC_Q_DESC_LO, iova_of(v, q->desc));
	wr_address(v, CC_Q_AVAIL_LO, iova_of(v, (const void *)q->avail));
	wr_address(v, CC_Q_USED_LO, iova_of(v, (const void *)q->used));
	virtio_wr(v, CC_Q_ENABLE, 1);
	REQUIRE_EQ(virtio_rd(v, CC_Q_ENABLE), 1);
}

/* Makes the chain that begins at descriptor @head available. */
static void post(struct virtio_queue *q, uint16_t head)
{
	q->avail[2 + q->next % VIRTIO_RING] = head;
	__sync_synchronize();
	q->avail[1] = ++q->next;
	__sync_synchronize();
}

/* Waits for the next used element: its length, or -ETIMEDOUT. */
static int wait_used(struct virtio_queue *q, uint32_t *id, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;
	const volatile uint32_t *element;

	while (q->used[1] == q->seen) {
		if (now_ms() >= end)
			return -ETIMEDOUT;
		poll(NULL, 0, 1);
	}
	__sync_synchronize();
	element = (const volatile uint32_t *)(const volatile void *)&q->used[2] + 2 * (q->seen++ % VIRTIO_RING);
	*id = element[0];
	return (int)element[1];
}

void virtio_kick(struct virtio *v, unsigned int queue)
{
	const struct virtio_cap *c = &v->cap[VCAP_NOTIFY];

	vfio_wr(&v->dev, c->bar, c->offset + queue * v->multiplier, queue, 2);
}

static void rx_fill(struct virtio *v, unsigned int nr)
{
	struct virtio_queue *q = &v->q[nr];
	unsigned int i;

	for (i = 0; i < VIRTIO_RING; i++) {
		q->desc[i] = (struct virtio_desc){
			.addr = q->buf_iova + i * VIRTIO_BUF, .len = VIRTIO_BUF, .flags = VD_WRITE,
		};
		post(q, (uint16_t)i);
	}
}

void virtio_queues(struct virtio *v, unsigned int pairs, uint64_t features)
{
	unsigned int i;

	v->used = 0;
	REQUIRE(virtio_negotiate(v, features));
	v->pairs = pairs;
	v->ctrl = features & VF_MQ ? (unsigned int)virtio_rd(v, CC_NUM_QUEUES) - 1 : 2;
	for (i = 0; i < 2 * pairs; i++)
		virtio_queue_up(v, i);
	if (features & VF_CTRL_VQ)
		virtio_queue_up(v, v->ctrl);
	for (i = 0; i < pairs; i++)
		rx_fill(v, 2 * i);
	for (i = 0; i < 6; i++)
		v->mac[i] = (uint8_t)virtio_cfg(v, VN_MAC + i, 1);
}

void virtio_up(struct virtio *v, unsigned int pairs, uint64_t features)
{
	v->mem = mmap(NULL, VIRTIO_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(v->mem != MAP_FAILED);
	REQUIRE_OK(vfio_map(&v->dev, v->mem, VIRTIO_IOVA, VIRTIO_MEMORY, DMA_RW));
	virtio_restart(v, pairs, features);
}

void virtio_restart(struct virtio *v, unsigned int pairs, uint64_t features)
{
	cfg_command(&v->dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	virtio_reset(v);
	virtio_queues(v, pairs, features);
	virtio_wr(v, CC_STATUS, virtio_rd(v, CC_STATUS) | VS_DRIVER_OK);
	REQUIRE_EQ(virtio_rd(v, CC_STATUS), VS_ACKNOWLEDGE | VS_DRIVER | VS_FEATURES_OK | VS_DRIVER_OK);
}

void virtio_post(struct virtio *v, unsigned int pair, const void *frame, size_t len)
{
	struct virtio_queue *q = &v->q[2 * pair + 1];

	REQUIRE_LE(len, VIRTIO_BUF - VIRTIO_HDR);
	memset(q->buf, 0, VIRTIO_HDR);
	memcpy(q->buf + VIRTIO_HDR, frame, len);
	q->desc[0] = (struct virtio_desc){ .addr = q->buf_iova, .len = (uint32_t)(VIRTIO_HDR + len) };
	post(q, 0);
}

/* Kicks, and waits until the one chain under way was used. */
static void sent(struct virtio *v, unsigned int pair, int ms)
{
	struct virtio_queue *q = &v->q[2 * pair + 1];
	uint32_t id;

	virtio_kick(v, 2 * pair + 1);
	REQUIRE_GE(wait_used(q, &id, ms), 0);
	EXPECT_EQ(id, 0);
}

void virtio_tx(struct virtio *v, unsigned int pair, const void *frame, size_t len)
{
	virtio_post(v, pair, frame, len);
	sent(v, pair, VIRTIO_MS);
}

void virtio_tx_at(struct virtio *v, unsigned int pair, uint64_t iova, size_t len)
{
	struct virtio_queue *q = &v->q[2 * pair + 1];

	memset(q->buf, 0, VIRTIO_HDR);
	q->desc[0] = (struct virtio_desc){
		.addr = q->buf_iova, .len = VIRTIO_HDR, .flags = VD_NEXT, .next = 1,
	};
	q->desc[1] = (struct virtio_desc){ .addr = iova, .len = (uint32_t)len };
	post(q, 0);
	/* The gate of an unmap just before may hold the page back for a while. */
	sent(v, pair, 3 * VIRTIO_MS);
}

int virtio_rx(struct virtio *v, unsigned int pair, void *frame, int ms)
{
	struct virtio_queue *q = &v->q[2 * pair];
	uint32_t id;
	int len = wait_used(q, &id, ms);

	if (len < 0)
		return len;
	REQUIRE(id < VIRTIO_RING && len >= VIRTIO_HDR && len <= VIRTIO_BUF);
	memcpy(frame, q->buf + id * VIRTIO_BUF + VIRTIO_HDR, (size_t)len - VIRTIO_HDR);
	post(q, (uint16_t)id);
	virtio_kick(v, 2 * pair);
	return len - VIRTIO_HDR;
}

int virtio_command(struct virtio *v, uint8_t class, uint8_t command, const void *data, size_t len)
{
	struct virtio_queue *q = &v->q[v->ctrl];
	uint8_t *ack = q->buf + VIRTIO_BUF;
	uint32_t id;
	int ret;

	REQUIRE_LE(len, VIRTIO_BUF - 2);
	q->buf[0] = class;
	q->buf[1] = command;
	if (len)
		memcpy(q->buf + 2, data, len);
	*ack = 0xee;
	q->desc[0] = (struct virtio_desc){
		.addr = q->buf_iova, .len = (uint32_t)(2 + len), .flags = VD_NEXT, .next = 1,
	};
	q->desc[1] = (struct virtio_desc){
		.addr = q->buf_iova + VIRTIO_BUF, .len = 1, .flags = VD_WRITE,
	};
	post(q, 0);
	virtio_kick(v, v->ctrl);
	ret = wait_used(q, &id, VIRTIO_MS);
	return ret < 0 ? ret : *(volatile uint8_t *)ack;
}
