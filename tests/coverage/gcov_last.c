// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage of a module on a kernel that knows nothing of it: the compiler lists the
 * counters of each file in a section; when the module is unloaded they are written
 * to DIR, in gcov's format (gcc/gcov-io.h of gcc-14 describes it), a file for each
 * source file and time the module was loaded. Nothing calls this file: its parameter
 * is freed with the module.
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gcov.h"

#define DIR	"/lab/out/gcov"
#define WORDS	0x20000

const struct gcov_info *smnc_gcov_last[1] GCOV_SECTION;

/* Its address is how the compiler says that counters are to be added up. */
void __gcov_merge_add(s64 *counters, u32 num)
{
}

static unsigned int put_function(u32 *w, unsigned int n, const struct gcov_info *info,
				 const struct gcov_function *f)
{
	const struct gcov_counters *c = f->counters;
	unsigned int i, k;

	w[n++] = GCOV_TAG_FUNCTION;
	w[n++] = 3 * 4;
	w[n++] = f->ident;
	w[n++] = f->lineno_checksum;
	w[n++] = f->cfg_checksum;
	for (i = 0; i < GCOV_COUNTERS; i++) {
		if (!info->merge[i])
			continue;
		if (n + 2 + 2 * c->num + 8 > WORDS)
			break;
		w[n++] = GCOV_TAG_COUNTER(i);
		w[n++] = c->num * 8;
		for (k = 0; k < c->num; k++) {
			w[n++] = lower_32_bits(c->values[k]);
			w[n++] = upper_32_bits(c->values[k]);
		}
		c++;
	}
	return n;
}

static void write_file(const struct gcov_info *info, u32 *w, u64 when)
{
	unsigned int i, n = 0;
	struct file *file;
	loff_t pos = 0;
	char *path;

	w[n++] = GCOV_MAGIC;
	w[n++] = info->version;
	w[n++] = info->stamp;
	w[n++] = info->checksum;
	for (i = 0; i < info->nr_functions; i++)
		if (info->functions[i] && info->functions[i]->key == info)
			n = put_function(w, n, info, info->functions[i]);
	path = kasprintf(GFP_KERNEL, DIR "/%llu-%s-%s", when, KBUILD_MODNAME,
			 info->filename);
	if (!path)
		return;
	/* Two folders may have a file of the same name. */
	strreplace(path + sizeof(DIR), '/', '+');
	file = filp_open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	if (IS_ERR(file)) {
		pr_notice("%s: %ld\n", path, PTR_ERR(file));
	} else {
		kernel_write(file, w, n * sizeof(*w), &pos);
		filp_close(file, NULL);
	}
	kfree(path);
}

static void write_all(void *arg)
{
	u32 *w = kvmalloc_array(WORDS, sizeof(*w), GFP_KERNEL);
	u64 when = ktime_get_ns();
	const struct gcov_info **info;

	for (info = smnc_gcov_first; w && info < smnc_gcov_last; info++)
		if (*info)
			write_file(*info, w, when);
	kvfree(w);
}

static int refuse(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops gcov_ops = {
	.set = refuse,
	.free = write_all,
};

module_param_cb(gcov, &gcov_ops, NULL, 0);
MODULE_PARM_DESC(gcov, "not for users");
