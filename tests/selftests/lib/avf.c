// SPDX-License-Identifier: GPL-2.0-only
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../include/smartnic/messages.h"
#include "avf.h"
#include "ktap.h"

#define PAGE		4096u
#define ATQ_OFF		0u			/* ring, then the other ring, then buffers */
#define ARQ_OFF		PAGE
#define ATQ_BUF_OFF(i)	(2 * PAGE + (i) * AVF_AQ_BUF)
#define ARQ_BUF_OFF(i)	(ATQ_BUF_OFF(AVF_AQ_RING) + (i) * AVF_AQ_BUF)
#define AQ_BYTES	ARQ_BUF_OFF(AVF_AQ_RING)

/* --- memory and registers ------------------------------------------------------ */

void *avf_alloc(struct avf *a, size_t len, uint64_t *iova)
{
	void *p = a->mem + a->used;

	len = (len + PAGE - 1) & ~(size_t)(PAGE - 1);
	REQUIRE_LE(a->used + len, a->o.memory);
	a->used += len;
	memset(p, 0, len);
	if (iova)
		*iova = avf_iova(a, p);
	return p;
}

uint64_t avf_iova(const struct avf *a, const void *p)
{
	return a->o.iova + (uint64_t)((const uint8_t *)p - a->mem);
}

uint32_t avf_rd(struct avf *a, uint32_t reg)
{
	if (a->page[reg >> 12])
		return *(volatile uint32_t *)(a->page[reg >> 12] + (reg & (PAGE - 1)));
	return (uint32_t)vfio_rd(&a->dev, 0, reg, 4);
}

void avf_wr(struct avf *a, uint32_t reg, uint32_t val)
{
	/* Descriptors first, then the doorbell. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (a->page[reg >> 12])
		*(volatile uint32_t *)(a->page[reg >> 12] + (reg & (PAGE - 1))) = val;
	else
		vfio_wr(&a->dev, 0, reg, val, 4);
}

/* --- life ------------------------------------------------------------------------ */

static int map_pages(struct avf *a)
{
	unsigned int i;
	void *p;

	/* Where the kernel cannot revoke mappings, every access traps. */
	if (!(a->dev.regions[0].flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	for (i = 0; i < ARRAY_SIZE(a->page); i++) {
		if (!(AVF_BAR0_PASS_PAGES & 1u << i))
			continue;
		p = vfio_mmap(&a->dev, 0, i * PAGE, PAGE);
		if (p == MAP_FAILED)
			return -errno;
		a->page[i] = p;
	}
	return 0;
}

static int open_irqs(struct avf *a)
{
	struct vfio_irq_info info;
	unsigned int i;
	int ret = vfio_irq_info(&a->dev, VFIO_PCI_MSIX_IRQ_INDEX, &info);

	if (ret)
		return ret;
	a->nr_vectors = info.count < AVF_VECTORS ? info.count : AVF_VECTORS;
	for (i = 0; i < a->nr_vectors; i++)
		a->event[i] = event_new();
	return vfio_irq_eventfds(&a->dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, a->nr_vectors, a->event);
}

int avf_open(struct avf *a, const char *uuid, const struct avf_opts *o)
{
	int ret;

	memset(a, 0, sizeof(*a));
	if (o)
		a->o = *o;
	if (!a->o.iova)
		a->o.iova = 0x10000000;
	if (!a->o.memory)
		a->o.memory = 4 << 20;
	if (!a->o.buf_size)
		a->o.buf_size = 2048;
	ret = vfio_open_with(&a->dev, uuid, a->o.with);
	if (ret)
		return ret;
	a->mem = mmap(NULL, a->o.memory, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->mem == MAP_FAILED)
		ret = -ENOMEM;
	if (!ret)
		ret = vfio_map(&a->dev, a->mem, a->o.iova, a->o.memory, DMA_RW);
	if (!ret)
		ret = open_irqs(a);
	if (!ret) {
		cfg_command(&a->dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
		if (!a->o.no_mmap)
			ret = map_pages(a);
	}
	if (ret)
		avf_close(a);
	return ret;
}

void avf_close(struct avf *a)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(a->page); i++)
		if (a->page[i])
			munmap((void *)a->page[i], PAGE);
	for (i = 0; i < a->nr_vectors; i++)
		close(a->event[i]);
	vfio_close(&a->dev);
	if (a->mem && a->mem != MAP_FAILED)
		munmap(a->mem, a->o.memory);
	a->mem = NULL;
	a->nr_vectors = 0;
	memset(a->page, 0, sizeof(a->page));
}

int avf_init(struct avf *a)
{
	const uint32_t caps = VC_CAP_L2 | VC_CAP_RSS_PF | VC_CAP_ADV_LINK_SPEED | a->o.caps;
	const struct vc_version version = { 1, 1 };
	uint64_t end = now_ms() + AVF_MS;
	struct avf_msg reply;
	int ret;

	while (avf_rd(a, AVF_RSTAT) - 1 > 1) {	/* neither COMPLETED nor VFACTIVE */
		if (now_ms() > end)
			return -ETIMEDOUT;
		usleep(1000);
	}
	ret = avf_aq_up(a);
	if (ret)
		return ret;
	if (!a->same_driver) {
		ret = avf_vc(a, VC_VERSION, &version, sizeof(version), &reply);
		if (ret || reply.len != sizeof(version))
			return -EPROTO;
	}
	ret = avf_vc(a, VC_GET_VF_RESOURCES, &caps, sizeof(caps), &reply);
	if (ret || reply.len < sizeof(a->res))
		return -EPROTO;
	memcpy(&a->res, reply.data, sizeof(a->res));
	return 0;
}

int avf_restart(struct avf *a)
{
	a->used = 0;
	a->aq = NULL;
	a->nr_queues = 0;
	a->nr_events = 0;
	memset(a->q, 0, sizeof(a->q));
	cfg_command(&a->dev, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	return avf_init(a);
}

void avf_wait_reset(struct avf *a)
{
	uint64_t end = now_ms() + AVF_MS;

	while (avf_rd(a, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE && now_ms() < end)
		usleep(500);
	REQUIRE_EQ(avf_rd(a, AVF_ARQLEN) & AVF_AQ_LEN_ENABLE, 0);
	while (avf_rd(a, AVF_RSTAT) != 2 && now_ms() < end)
		usleep(500);
	REQUIRE_EQ(avf_rd(a, AVF_RSTAT), 2);
}

void avf_follow_reset(struct avf *a, unsigned int queues)
{
	struct avf_msg m;

	do {
		REQUIRE_OK(avf_aq_recv(a, &m, AVF_MS));
		REQUIRE_EQ(m.op, VC_EVENT);
		REQUIRE_EQ(m.len, sizeof(a->last_event));
		memcpy(&a->last_event, m.data, sizeof(a->last_event));
	} while (a->last_event.event != 2);
	avf_wait_reset(a);
	REQUIRE_OK(avf_restart(a));
	REQUIRE_EQ(avf_queues_up(a, queues), 0);
}

static void up(struct avf *a, unsigned int queues)
{
	REQUIRE_OK(avf_init(a));
	REQUIRE_EQ(avf_queues_up(a, queues ? queues : a->res.num_queue_pairs), 0);
}

void avf_up(struct avf *a, const char *uuid, const struct avf_opts *o, unsigned int queues)
{
	REQUIRE_OK(avf_open(a, uuid, o));
	up(a, queues);
}

void avf_succeed(struct avf *a, const char *uuid, const struct avf_opts *o, unsigned int queues)
{
	int ret;

	ktap_until((ret = avf_open(a, uuid, o)) != -EBUSY, AVF_MS);
	REQUIRE_OK(ret);
	up(a, queues);
}

void avf_new(struct avf *a, unsigned int queues, const struct avf_opts *o)
{
	char uuid[UUID_LEN + 1];

	mdev_new(queues, uuid);
	avf_up(a, uuid, o, queues);
}

void avf_pair(struct avf *a, struct avf *b, unsigned int queues)
{
	/* Different addresses, so that one's are never by chance the other's. */
	avf_new(a, queues, &(struct avf_opts){ .iova = 0x10000000 });
	avf_new(b, queues, &(struct avf_opts){ .iova = 0x7f40000000 });
}

void avf_three(struct avf *a, struct avf *b, struct avf *c)
{
	avf_pair(a, b, 1);
	avf_new(c, 1, &(struct avf_opts){ .iova = 0x300000000 });
}

void avf_end(struct avf *a)
{
	avf_close(a);
	EXPECT_OK(mdev_remove(a->dev.uuid));
}

/* --- admin queue ------------------------------------------------------------------- */

static volatile struct smnc_aq_desc *aq_desc(struct avf *a, uint32_t ring, unsigned int i)
{
	return (volatile struct smnc_aq_desc *)(a->aq + ring) + i;
}

static void arq_post(struct avf *a, unsigned int i)
{
	volatile struct smnc_aq_desc *d = aq_desc(a, ARQ_OFF, i);
	uint64_t buf = a->aq_iova + ARQ_BUF_OFF(i);

	d->opcode = 0;
	d->datalen = AVF_AQ_BUF;
	d->retval = 0;
	d->cookie_high = 0;
	d->cookie_low = 0;
	d->param0 = 0;
	d->param1 = 0;
	d->addr_high = (uint32_t)(buf >> 32);
	d->addr_low = (uint32_t)buf;
	d->flags = SMNC_AQ_BUF | SMNC_AQ_LB;
}

int avf_aq_up(struct avf *a)
{
	uint64_t atq, arq;
	unsigned int i;

	if (!a->aq)
		a->aq = avf_alloc(a, AQ_BYTES, &a->aq_iova);
	memset(a->aq, 0, 2 * PAGE);
	atq = a->aq_iova + ATQ_OFF;
	arq = a->aq_iova + ARQ_OFF;
	a->atq_tail = 0;
	a->arq_next = 0;
	for (i = 0; i < AVF_AQ_RING; i++)
		arq_post(a, i);
	/* Length first, as guests' drivers do. */
	avf_wr(a, AVF_ATQH, 0);
	avf_wr(a, AVF_ATQT, 0);
	avf_wr(a, AVF_ATQLEN, AVF_AQ_RING | AVF_AQ_LEN_ENABLE);
	avf_wr(a, AVF_ATQBAL, (uint32_t)atq);
	avf_wr(a, AVF_ATQBAH, (uint32_t)(atq >> 32));
	avf_wr(a, AVF_ARQH, 0);
	avf_wr(a, AVF_ARQT, 0);
	avf_wr(a, AVF_ARQLEN, AVF_AQ_RING | AVF_AQ_LEN_ENABLE);
	avf_wr(a, AVF_ARQBAL, (uint32_t)arq);
	avf_wr(a, AVF_ARQBAH, (uint32_t)(arq >> 32));
	avf_wr(a, AVF_ARQT, AVF_AQ_RING - 1);
	if (avf_rd(a, AVF_ATQBAL) != (uint32_t)atq || avf_rd(a, AVF_ARQBAL) != (uint32_t)arq)
		return -EIO;
	avf_wr(a, AVF_ICR0_ENA1, AVF_ICR_ADMINQ);
	avf_wr(a, AVF_DYN_CTL01, AVF_DYN_INTENA | AVF_DYN_ITR_NONE);
	return 0;
}

int avf_aq_post(struct avf *a, uint16_t opcode, uint32_t op, const void *msg, size_t len)
{
	unsigned int i = a->atq_tail;
	volatile struct smnc_aq_desc *d = aq_desc(a, ATQ_OFF, i);
	uint64_t buf = a->aq_iova + ATQ_BUF_OFF(i);
	uint16_t flags = SMNC_AQ_SI;

	if (len && msg)
		memcpy(a->aq + ATQ_BUF_OFF(i), msg, len < AVF_AQ_BUF ? len : AVF_AQ_BUF);
	if (len)
		flags |= SMNC_AQ_BUF | SMNC_AQ_RD | (len > 512 ? SMNC_AQ_LB : 0);
	d->opcode = opcode;
	d->datalen = (uint16_t)len;
	d->retval = 0;
	d->cookie_high = op;
	d->cookie_low = 0;
	d->param0 = 0;
	d->param1 = 0;
	d->addr_high = (uint32_t)(buf >> 32);
	d->addr_low = (uint32_t)buf;
	d->flags = flags;
	a->atq_tail = (uint16_t)((i + 1) % AVF_AQ_RING);
	avf_wr(a, AVF_ATQT, a->atq_tail);
	return (int)i;
}

int avf_aq_drain(struct avf *a, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;

	while ((avf_rd(a, AVF_ATQH) & 0x3ff) != a->atq_tail) {
		if (avf_rd(a, AVF_ATQLEN) & AVF_AQ_LEN_CRIT)
			return -EFAULT;
		if (now_ms() >= end)
			return -ETIMEDOUT;
		usleep(200);
	}
	return 0;
}

int avf_aq_recv(struct avf *a, struct avf_msg *m, int ms)
{
	volatile struct smnc_aq_desc *d = aq_desc(a, ARQ_OFF, a->arq_next);
	uint64_t end = now_ms() + (uint64_t)ms;
	unsigned int i = a->arq_next;

	while (!(__atomic_load_n(&d->flags, __ATOMIC_ACQUIRE) & SMNC_AQ_DD)) {
		if (now_ms() >= end)
			return -ETIMEDOUT;
		/* The interrupt shortens the wait; it is not relied on here. */
		event_wait(a->event[0], 2);
		avf_wr(a, AVF_DYN_CTL01, AVF_DYN_INTENA | AVF_DYN_ITR_NONE);
	}
	if (d->opcode != SMNC_AQ_OP_TO_FUNC || d->flags & SMNC_AQ_ERR || d->datalen > AVF_AQ_BUF)
		return -EPROTO;
	m->op = d->cookie_high;
	m->status = (int32_t)d->cookie_low;
	m->len = d->datalen;
	memcpy(m->data, a->aq + ARQ_BUF_OFF(i), m->len);
	arq_post(a, i);
	a->arq_next = (uint16_t)((i + 1) % AVF_AQ_RING);
	avf_wr(a, AVF_ARQT, i);
	return 0;
}

int avf_vc(struct avf *a, uint32_t op, const void *msg, size_t len, struct avf_msg *reply)
{
	uint64_t end = now_ms() + AVF_MS;
	struct avf_msg own;

	if (!reply)
		reply = &own;
	avf_aq_post(a, SMNC_AQ_OP_TO_PF, op, msg, len);
	do {
		int left = (int)(end - now_ms());

		if (left <= 0 || avf_aq_recv(a, reply, left))
			return AVF_NO_REPLY;
		if (reply->op == VC_EVENT && reply->len == sizeof(a->last_event)) {
			memcpy(&a->last_event, reply->data, sizeof(a->last_event));
			a->nr_events++;
		}
	} while (reply->op != op);
	return reply->status;
}
