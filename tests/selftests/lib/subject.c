// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "avf.h"
#include "ktap.h"
#include "subject.h"

static void avf_raise(struct vfio_dev *d, unsigned int vec)
{
	vfio_wr(d, 0, vec ? AVF_DYN_CTLN(vec - 1) : AVF_DYN_CTL01,
		AVF_DYN_INTENA | AVF_DYN_ITR_NONE | AVF_DYN_SWINT_TRIG, 4);
}

/* RAISE of the drivers without hardware. */
static void copier_raise(struct vfio_dev *d, unsigned int vec)
{
	vfio_wr(d, 0, 0x4018, vec, 4);
}

/* Two drivers whose ADIs copy memory, with the same registers for that. */
#define COPIER(name, device)						\
	.module = name,							\
	.type = name "-v%d",						\
	.type_plus = 1,							\
	.sizes = (const int[]){ 4, 2, 1, 0 },				\
	.id = (device) << 16 | 0x1234,					\
	.class_code = 0x088000,						\
	.passed = 1u << 0 | 1u << 2 | 1u << 3,				\
	.memory = true,							\
	.reg = 0x4000,							\
	.raise = copier_raise

static const struct subject subjects[] = {
	{
		.module = "smartnic",
		.type = "smartnic-%dq",
		.sizes = (const int[]){ 16, 8, 4, 2, 1, 0 },
		.id = 0x18898086,
		.class_code = 0x020000,
		.passed = AVF_BAR0_PASS_PAGES,
		.reg = AVF_ATQBAL,
		.raise = avf_raise,
	},
	{ COPIER("vdcm_null", 0x0d01u) },
	{ COPIER("vdcm_test", 0x0d02u) },
};

const struct subject *subject(void)
{
	const char *name = getenv("SUBJECT");
	size_t i;

	for (i = 0; name && i < ARRAY_SIZE(subjects); i++)
		if (!strcmp(subjects[i].module, name))
			return &subjects[i];
	return &subjects[0];
}

void subject_is_avf(void)
{
	if (subject() != &subjects[0])
		ktap_skip("%s makes no AVF", subject()->module);
}

void subject_is(const char *module)
{
	if (strcmp(subject()->module, module))
		ktap_skip("SUBJECT is not %s", module);
}

char *subject_device(void)
{
	char *uuid;

	if (subject() == &subjects[0])
		ktap_skip("SUBJECT is not vdcm_null or vdcm_test");
	mdev_parent();
	mdev_cleanup();
	uuid = ktap_shared(UUID_LEN + 1);
	mdev_new(1, uuid);
	return uuid;
}
