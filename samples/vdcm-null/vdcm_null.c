// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdcm_null: a PF driver without a PF, to see the framework work on any machine and to start a
 * driver from. docs/porting.md walks through it.
 *
 * Its ADIs copy memory: a guest writes addresses and a length, then GO; a work item copies, each
 * byte XORed with KEY, sets STATUS and signals vector 0; all-ones in GO break the ADI, which is
 * given up. RAISE signals any vector. Three pages of
 * the BAR are memory that a guest maps, as it maps the doorbells of hardware. NOTES are the
 * driver's own: they stay whatever becomes of the hardware, of which HARDWARE tells; so does the
 * attribute "hardware" of the parent, which also takes it away and brings it back.
 *
 *	BAR 0	0x0000	page 0 of the window, mappable
 *		0x2000	page 1, mappable
 *		0x3000	page 2, mappable; where it is not mapped, accesses of any size
 *		0x4000	page 3: registers, trapped
 *		0x5000	HARDWARE and NOTES, trapped
 *	BAR 3	MSI-X
 *	config	a vendor's capability, whose last 4 bytes are the NOTE of 32 bits
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <vdcm/vdcm.h>

#define NULL_ADIS	64
#define NULL_PAGES	3			/* of the window that a guest maps */
#define NULL_ORDER	2			/* of the window */
#define NULL_MAX_LEN	0x100000
#define NULL_BREAK	0xffffffffu

/* Registers, by their offset in the window. */
#define NULL_REG(_n)	(NULL_PAGES * VDCM_PAGE_SIZE + 4 * (_n))
#define NULL_SRC	NULL_REG(0)		/* 64 bits, as is DST */
#define NULL_DST	NULL_REG(2)
#define NULL_LEN	NULL_REG(4)
#define NULL_GO		NULL_REG(5)
#define NULL_RAISE	NULL_REG(6)
#define NULL_STATUS	NULL_REG(7)
#define NULL_KEY	NULL_REG(8)		/* 8 bits */

/* Registers of software, behind the window. */
#define NULL_SOFT	(VDCM_PAGE_SIZE << NULL_ORDER)
#define NULL_HARDWARE	NULL_SOFT		/* 8 bits, enum null_hardware */
#define NULL_NOTE16	(NULL_SOFT + 2)
#define NULL_NOTE32	(NULL_SOFT + 4)
#define NULL_NOTE64	(NULL_SOFT + 8)
#define NULL_NOTES	16			/* bytes of them, HARDWARE's place included */

enum null_status { NULL_DONE, NULL_BUSY, NULL_FAILED };
enum null_hardware { NULL_ON, NULL_OFF, NULL_GONE };

#define NULL_STATE_VERSION	1

/**
 * struct null_state - an ADI on its way to another host
 * @notes: as in struct null_adi
 * @window: the same
 */
struct null_state {
	u8 notes[NULL_NOTES];
	u8 window[PAGE_SIZE << NULL_ORDER];
};

/**
 * struct null_adi - what an ADI has in place of hardware
 * @adi: the ADI
 * @copy: the copy that GO started; the registers are its own while STATUS is NULL_BUSY
 * @window: pages and registers, while the ADI is open and not revoked, or NULL
 * @bus_master: the guest allows DMA
 * @notes: NOTES, as a guest sees them from HARDWARE on
 */
struct null_adi {
	struct vdcm_adi *adi;
	struct work_struct copy;
	void *window;
	bool bus_master;
	u8 notes[NULL_NOTES] __aligned(8);
};

static enum null_hardware null_hardware;	/* changes under the device lock */

static struct workqueue_struct *null_wq;

/* --- the function a guest sees ------------------------------------------------------------ */

static const struct vdcm_pages null_pages[] = {
	{ .first = 0, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 0 },
	{ .first = 2, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 1 },
	{ .first = 3, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 2, .widths = 1 | 2 | 4 | 8 },
	{ .first = 4, .count = 1, .kind = VDCM_PAGE_TRAP },
	{ .first = 5, .count = 1, .kind = VDCM_PAGE_TRAP, .soft = true },
};

/* SRC and DST may be written as a whole or in halves. */
static const struct vdcm_reg null_regs[] = {
	{ .offset = 0x4000, .count = 7, .stride = 4, .target = NULL_SRC, .wmask = ~0u },
	{ .offset = 0x4000, .count = 2, .stride = 8, .width = 8, .target = NULL_SRC,
	  .wmask = ~0ull },
	{ .offset = 0x401c, .count = 1, .target = NULL_STATUS },
	{ .offset = 0x4020, .count = 1, .width = 1, .target = NULL_KEY, .wmask = 0xff },
	{ .offset = 0x5000, .count = 1, .width = 1, .target = NULL_HARDWARE },
	{ .offset = 0x5002, .count = 1, .width = 2, .target = NULL_NOTE16, .wmask = 0xffff },
	{ .offset = 0x5004, .count = 1, .width = 4, .target = NULL_NOTE32, .wmask = ~0u },
	{ .offset = 0x5008, .count = 1, .width = 8, .target = NULL_NOTE64, .wmask = ~0ull },
};

/* Length and contents are the driver's: null_cap_read(). */
static const u8 null_cap[8] __aligned(4) = { 0, 0, sizeof(null_cap), 0x4e };

static const struct vdcm_cap null_caps[] = {
	{ .id = PCI_CAP_ID_VNDR, .len = sizeof(null_cap), .init = null_cap, .hooked = true },
};

static const struct vdcm_composition null_composition = {
	.vendor = 0x1234,
	.device = 0x0d01,
	.subvendor = 0x1234,
	.subdevice = 0x0001,
	.class_code = 0x088000,		/* system peripheral, other */
	.bars = {
		[0] = { .size = 0x10000, .flags = VDCM_BAR_64BIT,
			.pages = null_pages, .nr_pages = ARRAY_SIZE(null_pages) },
		[3] = { .size = 0x10000, .flags = VDCM_BAR_64BIT },
	},
	.regs = null_regs,
	.nr_regs = ARRAY_SIZE(null_regs),
	.caps = null_caps,
	.nr_caps = ARRAY_SIZE(null_caps),
	.msix_bar = 3,
	.msix_table = 0,
	.msix_pba = 0x8000,
};

#define NULL_TYPE(_vectors)							\
	{ .name = "v" #_vectors, .pretty_name = "VDCM sample, " #_vectors " vectors",	\
	  .description = "copies memory, " #_vectors " vectors, no hardware",	\
	  .comp = &null_composition, .nr_vectors = (_vectors), .cost = { 1 } }

static const struct vdcm_type null_types[] = {
	NULL_TYPE(2), NULL_TYPE(3), NULL_TYPE(5), NULL_TYPE(2048),
};

/* --- the copy ------------------------------------------------------------------------------ */

static void apply_key(u8 *buf, u32 len, u8 key)
{
	while (key && len)
		buf[--len] ^= key;
}

static int copy_memory(struct null_adi *n, void *buf)
{
	u8 key = *(u8 *)(n->window + NULL_KEY);
	u64 src = *(u64 *)(n->window + NULL_SRC), dst = *(u64 *)(n->window + NULL_DST);
	u32 len = *(u32 *)(n->window + NULL_LEN), done, piece;
	int ret = len > NULL_MAX_LEN ? -EINVAL : 0;

	for (done = 0; done < len && !ret; done += piece) {
		if (!READ_ONCE(n->bus_master))
			return -EACCES;
		piece = min(len - done, VDCM_PAGE_SIZE);
		ret = vdcm_adi_dma_rw(n->adi, src + done, buf, piece, false);
		if (ret)
			break;
		apply_key(buf, piece, key);
		ret = vdcm_adi_dma_rw(n->adi, dst + done, buf, piece, true);
	}
	return ret;
}

static void null_copy(struct work_struct *work)
{
	struct null_adi *n = container_of(work, struct null_adi, copy);
	void *buf = kmalloc(VDCM_PAGE_SIZE, GFP_KERNEL);
	int ret = buf ? copy_memory(n, buf) : -ENOMEM;

	kfree(buf);
	/* The registers are the guest's again. */
	smp_store_release((u32 *)(n->window + NULL_STATUS), ret ? NULL_FAILED : NULL_DONE);
	vdcm_adi_signal(n->adi, 0);
}

/* --- operations of the framework, all but page() in process context -------------------------- */

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

/* Of what is reset, resume() does the rest: the window. */
static bool null_soft_reset(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	memset(n->notes, 0, sizeof(n->notes));
	return true;
}

static int null_open(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	null_soft_reset(adi);
	n->window = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, NULL_ORDER);
	return n->window ? 0 : -ENOMEM;
}

/* The framework has revoked what user space mapped of the window. */
static void null_close(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	cancel_work_sync(&n->copy);
	free_pages((unsigned long)n->window, NULL_ORDER);
	n->window = NULL;
}

/* The hardware is back, as new; NOTES are as they were. */
static int null_resume(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	cancel_work_sync(&n->copy);
	memset(n->window, 0, PAGE_SIZE << NULL_ORDER);
	return 0;
}

static int null_reset(struct vdcm_adi *adi)
{
	null_soft_reset(adi);
	return null_resume(adi);
}

static void null_bus_master(struct vdcm_adi *adi, bool on)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	/* A copy under way ends as it would have: a VM that is paused loses nothing. */
	if (!on)
		flush_work(&n->copy);
	WRITE_ONCE(n->bus_master, on);
}

static phys_addr_t null_page(struct vdcm_adi *adi, unsigned int page)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	return page < NULL_PAGES ? virt_to_phys(n->window) + page * VDCM_PAGE_SIZE : 0;
}

static u64 load(const void *p, unsigned int size)
{
	u64 value;

	if (size == 1)
		value = READ_ONCE(*(const u8 *)p);
	else if (size == 2)
		value = READ_ONCE(*(const u16 *)p);
	else if (size == 4)
		value = READ_ONCE(*(const u32 *)p);
	else
		value = READ_ONCE(*(const u64 *)p);
	/* Pairs with null_copy(): the copy is visible before its STATUS. */
	smp_rmb();
	return value;
}

static void store(void *p, u64 value, unsigned int size)
{
	if (size == 1)
		WRITE_ONCE(*(u8 *)p, value);
	else if (size == 2)
		WRITE_ONCE(*(u16 *)p, value);
	else if (size == 4)
		WRITE_ONCE(*(u32 *)p, value);
	else
		WRITE_ONCE(*(u64 *)p, value);
}

/* A register of software is there also when its window is not. */
static void *null_reg(struct null_adi *n, u32 offset)
{
	return offset < NULL_SOFT ? n->window + offset : n->notes + (offset - NULL_SOFT);
}

/* The framework passes only offsets and sizes that the composition names. */
static u64 null_reg_read(struct vdcm_adi *adi, u32 offset, unsigned int size)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	if (offset == NULL_HARDWARE)
		return n->window ? READ_ONCE(null_hardware) : NULL_GONE;
	return load(null_reg(n, offset), size);
}

static void null_reg_write(struct vdcm_adi *adi, u32 offset, u64 value, unsigned int size)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	if (offset == NULL_RAISE) {
		vdcm_adi_signal(adi, value);
	} else if (offset == NULL_GO && value == NULL_BREAK) {
		vdcm_adi_lost(adi, "all-ones were written to GO");
	} else if (offset < NULL_SRC || offset >= NULL_SOFT ||
		   load(n->window + NULL_STATUS, 4) != NULL_BUSY) {
		store(null_reg(n, offset), value, size);
		if (offset != NULL_GO)
			return;
		store(n->window + NULL_STATUS, NULL_BUSY, 4);
		queue_work(null_wq, &n->copy);
	}
}

/* The capability: what it begins with, and from byte 4 on the NOTE there. */
static u32 null_cap_read(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			 unsigned int size)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	return load((offset < 4 ? cap->init : n->notes) + offset, size);
}

static void null_cap_write(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			   unsigned int size, u32 value)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	if (offset >= 4)
		store(n->notes + offset, value, size);
}

/* --- migration: all that there is, once no copy is under way ---------------------------------- */

static int null_freeze(struct vdcm_adi *adi)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);

	/* One that was refused for want of bus mastering may not have ended. */
	flush_work(&n->copy);
	return 0;
}

static int null_thaw(struct vdcm_adi *adi)
{
	return 0;
}

static size_t null_state_size(struct vdcm_adi *adi)
{
	return sizeof(struct null_state);
}

static ssize_t null_save(struct vdcm_adi *adi, void *buf, size_t len)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);
	struct null_state *state = buf;

	memcpy(state->notes, n->notes, sizeof(state->notes));
	memcpy(state->window, n->window, sizeof(state->window));
	return sizeof(*state);
}

/* A guest may write anything but STATUS, of which an ADI that is frozen has two values. */
static bool null_state_ok(const struct null_state *state, size_t len)
{
	u32 status;

	if (len != sizeof(*state))
		return false;
	memcpy(&status, state->window + NULL_STATUS, sizeof(status));
	return status == NULL_DONE || status == NULL_FAILED;
}

static int null_load(struct vdcm_adi *adi, const void *buf, size_t len)
{
	struct null_adi *n = vdcm_adi_drvdata(adi);
	const struct null_state *state = buf;

	if (!null_state_ok(state, len)) {
		vdcm_limited(adi, err,
			     "state of another device refused: no guest brings it about\n");
		return -EINVAL;
	}
	memcpy(n->notes, state->notes, sizeof(state->notes));
	memcpy(n->window, state->window, sizeof(state->window));
	return 0;
}

static const struct vdcm_adi_ops null_ops = {
	.create = null_create,
	.destroy = null_destroy,
	.open = null_open,
	.close = null_close,
	.reset = null_reset,
	.bus_master = null_bus_master,
	.page = null_page,
	.reg_read = null_reg_read,
	.reg_write = null_reg_write,
	.cap_read = null_cap_read,
	.cap_write = null_cap_write,
	.soft_reset = null_soft_reset,
	.resume = null_resume,
	.freeze = null_freeze,
	.thaw = null_thaw,
	.state_size = null_state_size,
	.save = null_save,
	.load = null_load,
};

/* --- its mdevs' attributes, and the parent ---------------------------------------------------- */

static struct attribute *null_attrs[] = {
	&vdcm_attr_state.attr,
	&vdcm_attr_pinned_bytes.attr,
	&vdcm_attr_dma_mode.attr,
	&vdcm_attr_pasid.attr,
	NULL,
};

static const struct attribute_group null_group = { .attrs = null_attrs };
static const struct attribute_group *null_groups[] = { &null_group, &vdcm_counters_group, NULL };

static struct vdcm_driver null_driver = {
	.name = "vdcm_null_adi",
	.owner = THIS_MODULE,
	.ops = &null_ops,
	.state_version = NULL_STATE_VERSION,
	.attrs_dir = "vdcm_null",
	.groups = null_groups,
};

static const char * const null_resources[] = { "ADIs" };

static const struct vdcm_parent_desc null_desc = {
	.types = null_types,
	.nr_types = ARRAY_SIZE(null_types),
	.resources = null_resources,
	.nr_resources = ARRAY_SIZE(null_resources),
	.capacity = { NULL_ADIS },
	.xlat = VDCM_XLAT_NONE,
};

static struct class null_class = { .name = "vdcm_null" };
static struct device *null_dev;
static struct vdcm_parent *null_parent;

/* --- hardware that goes and comes back -------------------------------------------------------- */

static const char * const null_hardware_names[] = {
	[NULL_ON] = "on", [NULL_OFF] = "off", [NULL_GONE] = "gone",
};

/* As a PF's reset, sleep or end would do it. */
static int null_set_hardware(enum null_hardware to)
{
	if (to == null_hardware)
		return 0;
	if (null_hardware == NULL_GONE)
		return -ENODEV;
	if (to == NULL_OFF)
		vdcm_parent_quiesce(null_parent);
	if (to == NULL_GONE)
		vdcm_parent_dead(null_parent);
	WRITE_ONCE(null_hardware, to);
	return to == NULL_ON ? vdcm_parent_resume(null_parent) : 0;
}

static ssize_t hardware_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", null_hardware_names[READ_ONCE(null_hardware)]);
}

static ssize_t hardware_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	int to = sysfs_match_string(null_hardware_names, buf), ret;

	if (to < 0)
		return to;
	device_lock(dev);
	ret = null_set_hardware(to);
	device_unlock(dev);
	return ret ?: count;
}
static DEVICE_ATTR_RW(hardware);

static int __init null_init(void)
{
	int ret = -ENOMEM;

	null_wq = alloc_workqueue("vdcm_null", WQ_UNBOUND, 0);
	if (!null_wq)
		return ret;
	ret = class_register(&null_class);
	if (ret)
		goto wq;
	null_dev = device_create(&null_class, NULL, 0, NULL, "vdcm_null");
	ret = PTR_ERR_OR_ZERO(null_dev);
	if (ret)
		goto class;
	ret = vdcm_driver_register(&null_driver);
	if (ret)
		goto device;
	null_parent = vdcm_parent_register(&null_driver, null_dev, &null_desc, NULL);
	ret = PTR_ERR_OR_ZERO(null_parent);
	if (ret)
		goto driver;
	ret = device_create_file(null_dev, &dev_attr_hardware);
	if (!ret)
		return 0;
	vdcm_parent_unregister(null_parent);
driver:
	vdcm_driver_unregister(&null_driver);
device:
	device_unregister(null_dev);
class:
	class_unregister(&null_class);
wq:
	destroy_workqueue(null_wq);
	return ret;
}

static void __exit null_exit(void)
{
	device_remove_file(null_dev, &dev_attr_hardware);
	device_lock(null_dev);
	if (null_hardware == NULL_OFF)
		null_set_hardware(NULL_GONE);
	device_unlock(null_dev);
	vdcm_parent_unregister(null_parent);
	vdcm_driver_unregister(&null_driver);
	device_unregister(null_dev);
	class_unregister(&null_class);
	destroy_workqueue(null_wq);
}

module_init(null_init);
module_exit(null_exit);
MODULE_DESCRIPTION("Sample PF driver of the VDCM framework, without hardware");
MODULE_LICENSE("GPL");
