// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdcm_null: a PF driver without hardware, to read (beside docs/porting.md) and to start from.
 *
 * Its ADIs copy memory: a guest writes two addresses and a length, then GO; a work item copies,
 * sets STATUS and signals vector 0. RAISE signals any vector. Three pages are memory that a guest
 * maps, as it maps the doorbells of hardware.
 *
 *	BAR 0	0x0000	page 0 of the window, mapped
 *		0x2000	pages 1 and 2, mapped
 *		0x4000	page 3: registers, trapped
 *	BAR 3	MSI-X table and PBA
 */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <vdcm/vdcm.h>

#define NULL_PAGES	3		/* of the window that a guest maps */
#define NULL_MAX_LEN	0x100000
enum null_status { NULL_DONE, NULL_BUSY, NULL_FAILED };

/* The window of an ADI; STATUS alone is not written by the guest. */
struct null_window {
	u8 pages[NULL_PAGES][VDCM_PAGE_SIZE];
	u64 src, dst;
	u32 len, go, raise, status;
};

#define NULL_REG(_name)	((u32)offsetof(struct null_window, _name))

/**
 * struct null_adi - an ADI
 * @adi: the framework's
 * @copy: the copy that GO starts; the registers are its own while STATUS is NULL_BUSY
 * @window: from open() to close()
 * @bus_master: the guest allows DMA
 */
struct null_adi {
	struct vdcm_adi *adi;
	struct work_struct copy;
	struct null_window *window;
	bool bus_master;
};

static struct workqueue_struct *null_wq;
static struct vdcm_parent *null_parent;
static bool null_hardware;			/* changes under the device lock */

/* --- the function that a guest sees -------------------------------------------------------- */

static const struct vdcm_pages null_pages[] = {
	{ .first = 0, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 0 },
	{ .first = 2, .count = 2, .kind = VDCM_PAGE_PASS, .adi_page = 1 },
	{ .first = 4, .count = 1, .kind = VDCM_PAGE_TRAP },
};

/* Of 4 bytes each: SRC and DST are two. The framework makes two accesses of one of 8 bytes. */
static const struct vdcm_reg null_regs[] = {
	{ .offset = 0x4000, .count = 7, .stride = 4, .target = NULL_REG(src), .wmask = ~0u },
	{ .offset = 0x401c, .count = 1, .target = NULL_REG(status) },
};

static const struct vdcm_composition null_composition = {
	.vendor = 0x1234, .device = 0x0d01, .subvendor = 0x1234, .subdevice = 0x0001,
	.class_code = 0x088000,		/* system peripheral, other */
	.bars = {
		[0] = { .size = 0x10000, .flags = VDCM_BAR_64BIT,
			.pages = null_pages, .nr_pages = ARRAY_SIZE(null_pages) },
		[3] = { .size = 0x10000, .flags = VDCM_BAR_64BIT },
	},
	.regs = null_regs, .nr_regs = ARRAY_SIZE(null_regs),
	.msix_bar = 3, .msix_table = 0, .msix_pba = 0x8000,
};

#define NULL_TYPE(_vectors)							\
	{ .name = "v" #_vectors, .pretty_name = "VDCM sample, " #_vectors " vectors",	\
	  .description = "copies memory, " #_vectors " vectors, no hardware",	\
	  .comp = &null_composition, .nr_vectors = (_vectors), .cost = { 1 } }

static const struct vdcm_type null_types[] = { NULL_TYPE(2), NULL_TYPE(3), NULL_TYPE(5) };

/* What hardware would do. */
static void null_copy(struct work_struct *work)
{
	struct null_adi *n = container_of(work, struct null_adi, copy);
	struct null_window *w = n->window;
	void *buf = w->len <= NULL_MAX_LEN ? kvmalloc(w->len, GFP_KERNEL) : NULL;
	int ret = -EINVAL;

	if (buf && READ_ONCE(n->bus_master))
		ret = vdcm_adi_dma_rw(n->adi, w->src, buf, w->len, false) ?:
		      vdcm_adi_dma_rw(n->adi, w->dst, buf, w->len, true);
	kvfree(buf);
	/* The registers are the guest's again. */
	smp_store_release(&w->status, ret ? NULL_FAILED : NULL_DONE);
	vdcm_adi_signal(n->adi, 0);
}

/* --- the life of an ADI -------------------------------------------------------------------- */

static int null_create(struct vdcm_adi *adi)
{
	struct null_adi *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return -ENOMEM;
	n->adi = adi;
	INIT_WORK(&n->copy, null_copy);
	vdcm_adi_set_drvdata(adi, n);
	return 0;
}

static void null_destroy(struct vdcm_adi *adi)
{
	kfree(vdcm_adi_drvdata(adi));
}

static int null_open(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	n->window = alloc_pages_exact(sizeof(*n->window), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return n->window ? 0 : -ENOMEM;
}

/* The framework has revoked what user space mapped of the window. */
static void null_close(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	cancel_work_sync(&n->copy);
	free_pages_exact(n->window, sizeof(*n->window));
}

/* Also for resume(): after a reset of the PF an ADI is as after one of its own. */
static int null_reset(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	cancel_work_sync(&n->copy);
	memset(n->window, 0, sizeof(*n->window));
	return 0;
}

/* A copy under way ends as it would have: a VM that is paused loses nothing. */
static void null_bus_master(struct vdcm_adi *adi, bool on)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	if (!on)
		flush_work(&n->copy);
	WRITE_ONCE(n->bus_master, on);
}

static phys_addr_t null_page(struct vdcm_adi *adi, unsigned int page)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	return page < NULL_PAGES ? virt_to_phys(n->window->pages[page]) : 0;
}

/* The framework passes only offsets and sizes that the composition names. */
static u64 null_reg_read(struct vdcm_adi *adi, u32 offset, unsigned int size)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	/* Pairs with null_copy(): the copy is visible before its STATUS. */
	return smp_load_acquire((u32 *)((void *)n->window + offset));
}

static void null_reg_write(struct vdcm_adi *adi, u32 offset, u64 value, unsigned int size)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	if (offset == NULL_REG(raise)) {
		vdcm_adi_signal(adi, value);
	} else if (offset < NULL_REG(src) || READ_ONCE(n->window->status) != NULL_BUSY) {
		WRITE_ONCE(*(u32 *)((void *)n->window + offset), value);
		if (offset != NULL_REG(go))
			return;
		n->window->status = NULL_BUSY;
		queue_work(null_wq, &n->copy);
	}
}

static const struct vdcm_adi_ops null_ops = {
	.create = null_create, .destroy = null_destroy,
	.open = null_open, .close = null_close,
	.reset = null_reset, .resume = null_reset,
	.bus_master = null_bus_master, .page = null_page,
	.reg_read = null_reg_read, .reg_write = null_reg_write,
};

static struct attribute *null_attrs[] = {
	&vdcm_attr_state.attr, &vdcm_attr_pinned_bytes.attr,
	&vdcm_attr_dma_mode.attr, &vdcm_attr_pasid.attr, NULL
};

static const struct attribute_group null_group = { .attrs = null_attrs };
static const struct attribute_group *null_groups[] = { &null_group, &vdcm_counters_group, NULL };

static struct vdcm_driver null_driver = {
	.name = "vdcm_null_adi", .owner = THIS_MODULE, .ops = &null_ops,
	.attrs_dir = "vdcm_null", .groups = null_groups,
};

/* --- the PF ------------------------------------------------------------------------------- */

static const char * const null_resources[] = { "ADIs" };

static const struct vdcm_parent_desc null_desc = {
	.types = null_types, .nr_types = ARRAY_SIZE(null_types),
	.resources = null_resources, .nr_resources = ARRAY_SIZE(null_resources),
	.capacity = { 64 },
	.xlat = VDCM_XLAT_NONE,
};

/* "off" and "on" take the hardware away and bring it back, as a PF's reset does. */
static ssize_t hardware_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	bool on;
	int ret = kstrtobool(buf, &on);

	if (ret)
		return ret;
	/* The PF may be removed, which waits for this write. */
	if (!device_trylock(dev))
		return restart_syscall();
	if (on && !null_hardware)
		ret = vdcm_parent_resume(null_parent);
	else if (!on && null_hardware)
		vdcm_parent_quiesce(null_parent);
	null_hardware = on;
	device_unlock(dev);
	return ret ?: count;
}
static DEVICE_ATTR_WO(hardware);
static struct attribute *null_pf_attrs[] = { &dev_attr_hardware.attr, NULL };
ATTRIBUTE_GROUPS(null_pf);

static void null_remove(void *data)
{
	if (!null_hardware)
		vdcm_parent_dead(null_parent);
	vdcm_parent_unregister(null_parent);
}

static int null_probe(struct platform_device *pdev)
{
	null_hardware = true;
	null_parent = vdcm_parent_register(&null_driver, &pdev->dev, &null_desc, NULL);
	if (IS_ERR(null_parent))
		return PTR_ERR(null_parent);
	return devm_add_action_or_reset(&pdev->dev, null_remove, NULL);
}

static struct platform_driver null_pf_driver = {
	.probe = null_probe,
	.driver = { .name = "vdcm_null", .dev_groups = null_pf_groups },
};

static struct platform_device *null_pf;

static int __init null_init(void)
{
	int ret;

	null_wq = alloc_workqueue("vdcm_null", WQ_UNBOUND, 0);
	if (!null_wq)
		return -ENOMEM;
	ret = vdcm_driver_register(&null_driver);
	if (!ret) {
		null_pf = platform_create_bundle(&null_pf_driver, null_probe, NULL, 0, NULL, 0);
		ret = PTR_ERR_OR_ZERO(null_pf);
		if (ret)
			vdcm_driver_unregister(&null_driver);
	}
	if (ret)
		destroy_workqueue(null_wq);
	return ret;
}

static void __exit null_exit(void)
{
	platform_device_unregister(null_pf);
	platform_driver_unregister(&null_pf_driver);
	vdcm_driver_unregister(&null_driver);
	destroy_workqueue(null_wq);
}

module_init(null_init);
module_exit(null_exit);
MODULE_DESCRIPTION("Sample PF driver of the VDCM framework, without hardware");
MODULE_LICENSE("GPL");
