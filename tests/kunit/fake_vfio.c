// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/irqbypass.h>

#include "fake_vfio.h"

struct eventfd_ctx {
	int nr;
};

struct fake_vfio fake_vfio;
static struct eventfd_ctx ctxs[FAKE_FDS];
static struct eventfd_ctx *offered[FAKE_FDS];

void fake_vfio_init(struct kunit *test, spinlock_t *lock)
{
	int i;

	fake_vfio = (struct fake_vfio) { .test = test, .lock = lock };
	memset(offered, 0, sizeof(offered));
	for (i = 0; i < FAKE_FDS; i++)
		ctxs[i].nr = i;
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	if (fd < FAKE_FD || fd >= FAKE_FD + FAKE_FDS)
		return ERR_PTR(-EBADF);
	fake_vfio.refs[fd - FAKE_FD]++;
	return &ctxs[fd - FAKE_FD];
}

void eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	fake_vfio.refs[ctx->nr]--;
	KUNIT_EXPECT_GE(fake_vfio.test, fake_vfio.refs[ctx->nr], 0);
	/* Whoever was told about it still uses it. */
	if (!fake_vfio.refs[ctx->nr])
		KUNIT_EXPECT_NULL(fake_vfio.test, offered[ctx->nr]);
}

void eventfd_signal_mask(struct eventfd_ctx *ctx, __poll_t mask)
{
	KUNIT_EXPECT_GT(fake_vfio.test, fake_vfio.refs[ctx->nr], 0);
	KUNIT_EXPECT_TRUE(fake_vfio.test, lockdep_is_held(fake_vfio.lock));
	fake_vfio.signals[ctx->nr]++;
}

int irq_bypass_register_producer(struct irq_bypass_producer *producer,
				 struct eventfd_ctx *eventfd, int irq)
{
	KUNIT_EXPECT_GT(fake_vfio.test, irq, 0);
	if (fake_vfio.bypass_error)
		return fake_vfio.bypass_error;
	KUNIT_EXPECT_NULL(fake_vfio.test, offered[eventfd->nr]);
	offered[eventfd->nr] = eventfd;
	producer->eventfd = eventfd;
	producer->irq = irq;
	fake_vfio.producers++;
	return 0;
}

void irq_bypass_unregister_producer(struct irq_bypass_producer *producer)
{
	KUNIT_EXPECT_PTR_EQ(fake_vfio.test, offered[producer->eventfd->nr], producer->eventfd);
	offered[producer->eventfd->nr] = NULL;
	fake_vfio.producers--;
}
