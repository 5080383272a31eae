// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_SET_IRQS, and signals on their way to user space. */
#include <kunit/test.h>
#include <linux/eventfd.h>

#include "../../vdcm/vfio/exporter.h"
#include "fake_vfio.h"

#define VECS		3
#define DATA_NONE	VFIO_IRQ_SET_DATA_NONE
#define DATA_BOOL	VFIO_IRQ_SET_DATA_BOOL
#define DATA_EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD
#define TRIGGER		VFIO_IRQ_SET_ACTION_TRIGGER
#define MASK		VFIO_IRQ_SET_ACTION_MASK
#define UNMASK		VFIO_IRQ_SET_ACTION_UNMASK
#define MSIX		VFIO_PCI_MSIX_IRQ_INDEX

struct open_adi {
	struct vdcm_adi adi;
	struct vdcm_parent parent;
	struct vdcm_adi_ops ops;
	struct vdcm_type type;
	struct vdcm_live *live;
	int irq[VECS];
};

static int vector_irq(struct vdcm_adi *adi, unsigned int vec)
{
	return container_of(adi, struct open_adi, adi)->irq[vec];
}

static int irq_init(struct kunit *test)
{
	struct open_adi *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, o);
	o->live = kunit_kzalloc(test, struct_size(o->live, vecs, VECS), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, o->live);
	o->ops.vector_irq = vector_irq;
	o->adi.ops = &o->ops;
	o->type.nr_vectors = VECS;
	o->adi.parent = &o->parent;
	o->adi.type = &o->type;
	o->adi.live = o->live;
	o->adi.state = VDCM_ADI_OPEN;
	o->live->adi = &o->adi;
	mutex_init(&o->adi.lock);
	spin_lock_init(&o->adi.irq_lock);
	KUNIT_ASSERT_EQ(test, vdcm_msix_init(&o->live->msix, VECS), 0);
	for (i = 0; i < VECS; i++)
		o->irq[i] = -ENXIO;
	fake_vfio_init(test, &o->adi.irq_lock);
	test->priv = o;
	return 0;
}

static int set(struct kunit *test, u32 index, u32 flags, u32 start, u32 count, const void *data)
{
	struct open_adi *o = test->priv;
	struct vfio_irq_set hdr = {
		.argsz = sizeof(hdr),
		.flags = flags,
		.index = index,
		.start = start,
		.count = count,
	};
	int ret;

	mutex_lock(&o->adi.lock);
	ret = vdcm_irq_set(&o->adi, &hdr, data);
	mutex_unlock(&o->adi.lock);
	return ret;
}

/* Eventfd i for vector i. */
static void arm(struct kunit *test)
{
	static const s32 fds[VECS] = { FAKE_FD, FAKE_FD + 1, FAKE_FD + 2 };

	KUNIT_ASSERT_EQ(test, set(test, MSIX, DATA_EVENTFD | TRIGGER, 0, VECS, fds), 0);
}

static void release(struct kunit *test)
{
	struct open_adi *o = test->priv;
	int i;

	mutex_lock(&o->adi.lock);
	vdcm_irq_release(&o->adi);
	mutex_unlock(&o->adi.lock);
	for (i = 0; i < FAKE_FDS; i++)
		KUNIT_EXPECT_EQ(test, fake_vfio.refs[i], 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 0);
}

static s64 signalled(struct kunit *test)
{
	struct open_adi *o = test->priv;

	return atomic64_read(&o->adi.counters[VDCM_CNT_IRQS_SIGNALLED]);
}

static void signal(struct kunit *test, unsigned int vec)
{
	struct open_adi *o = test->priv;

	vdcm_adi_signal(&o->adi, vec);
}

static void irq_counts(struct kunit *test)
{
	struct open_adi *o = test->priv;

	KUNIT_EXPECT_EQ(test, vdcm_irq_count(&o->adi, VFIO_PCI_INTX_IRQ_INDEX), 0);
	KUNIT_EXPECT_EQ(test, vdcm_irq_count(&o->adi, VFIO_PCI_MSI_IRQ_INDEX), 0);
	KUNIT_EXPECT_EQ(test, vdcm_irq_count(&o->adi, MSIX), VECS);
	KUNIT_EXPECT_EQ(test, vdcm_irq_count(&o->adi, VFIO_PCI_ERR_IRQ_INDEX), 1);
	KUNIT_EXPECT_EQ(test, vdcm_irq_count(&o->adi, VFIO_PCI_REQ_IRQ_INDEX), 1);
	KUNIT_EXPECT_EQ(test, vdcm_irq_count(&o->adi, VFIO_PCI_NUM_IRQS), 0);
}

static void irq_refused(struct kunit *test)
{
	static const s32 fd = FAKE_FD;

	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE, 0, 1, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | MASK | UNMASK, 0, 1, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | MASK | TRIGGER, 0, 1, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(test, VFIO_PCI_INTX_IRQ_INDEX, DATA_NONE | TRIGGER, 0, 1, NULL),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, set(test, ~0U, DATA_NONE | TRIGGER, 0, 1, NULL), -EINVAL);
	/* Eventfds that mask: nobody has them. */
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_EVENTFD | MASK, 0, 1, &fd), -ENOTTY);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_EVENTFD | UNMASK, 0, 1, &fd), -ENOTTY);
	KUNIT_EXPECT_EQ(test, set(test, VFIO_PCI_ERR_IRQ_INDEX, DATA_NONE | MASK, 0, 1, NULL),
			-ENOTTY);
	KUNIT_EXPECT_EQ(test, set(test, VFIO_PCI_REQ_IRQ_INDEX, DATA_NONE | UNMASK, 0, 1, NULL),
			-ENOTTY);
	release(test);
}

static void irq_eventfds(struct kunit *test)
{
	static const s32 other[] = { FAKE_FD + 5, -1 };
	unsigned int i;

	arm(test);
	for (i = 0; i < VECS; i++)
		signal(test, i);
	signal(test, VECS);
	signal(test, ~0U);
	KUNIT_EXPECT_EQ(test, signalled(test), VECS);
	for (i = 0; i < VECS; i++)
		KUNIT_EXPECT_EQ(test, fake_vfio.signals[i], 1);
	/* The second gets another one, the third none; the first keeps its own. */
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_EVENTFD | TRIGGER, 1, 2, other), 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.refs[0], 1);
	KUNIT_EXPECT_EQ(test, fake_vfio.refs[1], 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.refs[2], 0);
	for (i = 0; i < VECS; i++)
		signal(test, i);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[0], 2);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[1], 1);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[5], 1);
	/* The third waited, and is delivered once there is somebody. */
	arm(test);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[2], 2);
	release(test);
}

/* One bad descriptor: nothing is changed and no reference stays. */
static void irq_bad_fd(struct kunit *test)
{
	static const s32 not_open[] = { FAKE_FD + 7, FAKE_FD + 8, 3 };
	static const s32 negative[] = { FAKE_FD + 7, -2, FAKE_FD + 8 };
	unsigned int i;

	arm(test);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_EVENTFD | TRIGGER, 0, VECS, not_open), -EBADF);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_EVENTFD | TRIGGER, 0, VECS, negative), -EINVAL);
	KUNIT_EXPECT_EQ(test, set(test, VFIO_PCI_ERR_IRQ_INDEX, DATA_EVENTFD | TRIGGER, 0, 1,
				  &negative[1]), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vfio.refs[7], 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.refs[8], 0);
	for (i = 0; i < VECS; i++)
		signal(test, i);
	for (i = 0; i < VECS; i++)
		KUNIT_EXPECT_EQ(test, fake_vfio.signals[i], 1);
	release(test);
}

static void irq_mask(struct kunit *test)
{
	static const u8 second[] = { 0, 1 };

	arm(test);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_BOOL | MASK, 1, 2, second), 0);
	signal(test, 1);
	signal(test, 2);
	signal(test, 2);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[1], 1);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[2], 0);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | UNMASK, 0, 2, NULL), 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[2], 0);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | UNMASK, 2, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[2], 1);
	release(test);
}

/* A trigger without an eventfd: as if the device had raised it. */
static void irq_loopback(struct kunit *test)
{
	static const u8 ends[] = { 1, 0, 1 };

	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | TRIGGER, 0, VECS, NULL), 0);
	KUNIT_EXPECT_EQ(test, signalled(test), 0);
	arm(test);
	/* Nobody listened then: nothing is pending now. */
	KUNIT_EXPECT_EQ(test, signalled(test), 0);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_BOOL | TRIGGER, 0, VECS, ends), 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[0], 1);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[1], 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[2], 1);
	KUNIT_EXPECT_EQ(test, signalled(test), 2);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | MASK, 1, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | TRIGGER, 1, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[1], 0);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | UNMASK, 1, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[1], 1);
	release(test);
}

static void irq_disable(struct kunit *test)
{
	static const u8 none;
	int i;

	arm(test);
	/* Only "no data" disables. */
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_BOOL | TRIGGER, 0, 0, &none), 0);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_EVENTFD | TRIGGER, 0, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.refs[0], 1);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | MASK, 0, 2, NULL), 0);
	signal(test, 0);
	KUNIT_EXPECT_EQ(test, set(test, MSIX, DATA_NONE | TRIGGER, 0, 0, NULL), 0);
	for (i = 0; i < VECS; i++)
		KUNIT_EXPECT_EQ(test, fake_vfio.refs[i], 0);
	/* Neither pending nor masked any more. */
	arm(test);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[0], 0);
	signal(test, 1);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[1], 1);
	release(test);
}

static void irq_singles(struct kunit *test)
{
	static const u32 indices[] = { VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_REQ_IRQ_INDEX };
	static const s32 fds[] = { FAKE_FD + 3, FAKE_FD + 4, -1 };
	struct open_adi *o = test->priv;
	static const u8 no, yes = 1;
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, vdcm_irq_request(&o->adi));
	vdcm_adi_error(&o->adi);
	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		u32 index = indices[i];
		int seen = fake_vfio.signals[4];

		KUNIT_EXPECT_EQ(test, set(test, index, DATA_NONE | TRIGGER, 0, 1, NULL), 0);
		KUNIT_EXPECT_EQ(test, set(test, index, DATA_EVENTFD | TRIGGER, 0, 1, &fds[0]), 0);
		KUNIT_EXPECT_EQ(test, set(test, index, DATA_EVENTFD | TRIGGER, 0, 1, &fds[1]), 0);
		KUNIT_EXPECT_EQ(test, fake_vfio.refs[3], 0);
		KUNIT_EXPECT_EQ(test, fake_vfio.refs[4], 1);
		KUNIT_EXPECT_EQ(test, set(test, index, DATA_NONE | TRIGGER, 0, 1, NULL), 0);
		KUNIT_EXPECT_EQ(test, set(test, index, DATA_BOOL | TRIGGER, 0, 1, &no), 0);
		KUNIT_EXPECT_EQ(test, fake_vfio.signals[4], seen + 1);
		KUNIT_EXPECT_EQ(test, set(test, index, DATA_BOOL | TRIGGER, 0, 1, &yes), 0);
		KUNIT_EXPECT_EQ(test, fake_vfio.signals[4], seen + 2);
		vdcm_adi_error(&o->adi);
		KUNIT_EXPECT_EQ(test, vdcm_irq_request(&o->adi), i == 1);
		KUNIT_EXPECT_EQ(test, fake_vfio.signals[4], seen + 3);
		/* Away with it: by no data, or by -1. */
		KUNIT_EXPECT_EQ(test, set(test, index, DATA_BOOL | TRIGGER, 0, 0, &no), 0);
		KUNIT_EXPECT_EQ(test, fake_vfio.refs[4], 1);
		if (i)
			set(test, index, DATA_EVENTFD | TRIGGER, 0, 1, &fds[2]);
		else
			set(test, index, DATA_NONE | TRIGGER, 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, fake_vfio.refs[4], 0);
	}
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[3], 0);
	set(test, indices[0], DATA_EVENTFD | TRIGGER, 0, 1, &fds[0]);
	set(test, indices[1], DATA_EVENTFD | TRIGGER, 0, 1, &fds[1]);
	release(test);
}

static void irq_closed(struct kunit *test)
{
	struct open_adi *o = test->priv;

	arm(test);
	o->adi.live = NULL;
	signal(test, 0);
	vdcm_adi_error(&o->adi);
	KUNIT_EXPECT_FALSE(test, vdcm_irq_request(&o->adi));
	KUNIT_EXPECT_EQ(test, signalled(test), 0);
	o->adi.live = o->live;
	release(test);
}

/* A vector with a Linux irq is offered for posting while nothing blocks it. */
static void irq_bypass(struct kunit *test)
{
	static const s32 other = FAKE_FD + 6;
	struct open_adi *o = test->priv;

	o->irq[0] = 30;
	o->irq[1] = 31;
	o->irq[2] = 0;
	arm(test);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 2);
	KUNIT_EXPECT_TRUE(test, o->live->vecs[0].bypass);
	KUNIT_EXPECT_FALSE(test, o->live->vecs[2].bypass);
	set(test, MSIX, DATA_NONE | MASK, 0, 1, NULL);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 1);
	KUNIT_EXPECT_FALSE(test, o->live->vecs[0].bypass);
	set(test, MSIX, DATA_NONE | UNMASK, 0, 1, NULL);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 2);
	set(test, MSIX, DATA_EVENTFD | TRIGGER, 1, 1, &other);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 2);
	KUNIT_EXPECT_EQ(test, fake_vfio.refs[1], 0);
	set(test, MSIX, DATA_NONE | TRIGGER, 0, 0, NULL);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 0);
	/* Taken from its user: there are no irqs behind the vectors any more. */
	o->adi.state = VDCM_ADI_REVOKED;
	arm(test);
	KUNIT_EXPECT_EQ(test, fake_vfio.producers, 0);
	o->adi.state = VDCM_ADI_OPEN;
	set(test, MSIX, DATA_NONE | TRIGGER, 0, 0, NULL);
	/* Refused: the vector works all the same. */
	fake_vfio.bypass_error = -EBUSY;
	arm(test);
	KUNIT_EXPECT_FALSE(test, o->live->vecs[0].bypass);
	signal(test, 0);
	KUNIT_EXPECT_EQ(test, fake_vfio.signals[0], 1);
	release(test);
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE(irq_counts),
	KUNIT_CASE(irq_refused),
	KUNIT_CASE(irq_eventfds),
	KUNIT_CASE(irq_bad_fd),
	KUNIT_CASE(irq_mask),
	KUNIT_CASE(irq_loopback),
	KUNIT_CASE(irq_disable),
	KUNIT_CASE(irq_singles),
	KUNIT_CASE(irq_closed),
	KUNIT_CASE(irq_bypass),
	{ }
};

static struct kunit_suite irq_suite = {
	.name = "irq",
	.init = irq_init,
	.test_cases = irq_cases,
};

kunit_test_suites(&irq_suite);
