// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdcm_test: samples/vdcm-null with all that is optional of the framework, for its tests.
 *
 * Its ADIs copy memory as those of the sample do, by the same registers, but XOR each byte with
 * KEY; all-ones in GO break the ADI, which the driver gives up. HARDWARE says if the hardware is
 * there. NOTES are the driver's own, and stay while it is not. The parent's attribute "hardware"
 * says the same, and a write to it takes the hardware away, brings it back or ends it.
 *
 * With the parameter "table" it has a translation table, and cannot try an access again: each copy
 * has its memory prefetched, and fails where the table has no entry.
 *
 *	BAR 0	0x0000	page 0 of the window, mappable
 *		0x2000	page 1, mappable
 *		0x3000	page 2, mappable; where it is not mapped, accesses of any size
 *		0x4000	page 3: registers, trapped
 *		0x5000	HARDWARE and NOTES, trapped
 *	BAR 3	MSI-X
 *	config	a vendor's capability, whose last 4 bytes are the NOTE of 32 bits
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <vdcm/vdcm.h>

#define TEST_ADIS	64
#define TEST_PAGES	3			/* of the window that a guest maps */
#define TEST_ORDER	2			/* of the window */
#define TEST_MAX_LEN	0x100000
#define TEST_BREAK	0xffffffffu

/* Registers, by their offset in the window. */
#define TEST_REG(_n)	(TEST_PAGES * VDCM_PAGE_SIZE + 4 * (_n))
#define TEST_SRC	TEST_REG(0)		/* 64 bits, as is DST */
#define TEST_DST	TEST_REG(2)
#define TEST_LEN	TEST_REG(4)
#define TEST_GO		TEST_REG(5)
#define TEST_RAISE	TEST_REG(6)
#define TEST_STATUS	TEST_REG(7)
#define TEST_KEY	TEST_REG(8)		/* 8 bits */

/* Registers of software, behind the window. */
#define TEST_SOFT	(VDCM_PAGE_SIZE << TEST_ORDER)
#define TEST_HARDWARE	TEST_SOFT		/* 8 bits, enum test_hardware */
#define TEST_NOTE16	(TEST_SOFT + 2)
#define TEST_NOTE32	(TEST_SOFT + 4)
#define TEST_NOTE64	(TEST_SOFT + 8)
#define TEST_NOTES	16			/* bytes of them, HARDWARE's place included */

enum test_status { TEST_DONE, TEST_BUSY, TEST_FAILED };
enum test_hardware { TEST_ON, TEST_OFF, TEST_GONE };

#define TEST_STATE_VERSION	1

/**
 * struct test_state - an ADI on its way to another host
 * @notes: as in struct test_adi
 * @window: the same
 */
struct test_state {
	u8 notes[TEST_NOTES];
	u8 window[PAGE_SIZE << TEST_ORDER];
};

/**
 * struct test_adi - what an ADI has in place of hardware
 * @adi: the ADI
 * @copy: the copy that GO started; the registers are its own while STATUS is TEST_BUSY
 * @window: pages and registers, while the ADI is open and not revoked, or NULL
 * @bus_master: the guest allows DMA
 * @table_lock: no access is under way by an entry that is taken out
 * @table: by page: host page, and in the low bits VDCM_PROT_*
 * @notes: NOTES, as a guest sees them from HARDWARE on
 */
struct test_adi {
	struct vdcm_adi *adi;
	struct work_struct copy;
	void *window;
	bool bus_master;
	struct mutex table_lock;	/* as said above */
	struct xarray table;
	u8 notes[TEST_NOTES] __aligned(8);
};

static enum test_hardware test_hardware;	/* changes under the device lock */

static struct workqueue_struct *test_wq;

static bool test_table;
module_param_named(table, test_table, bool, 0444);
MODULE_PARM_DESC(table, "translate by a table of the device (default: by the processor)");

static bool test_fail_open;
module_param_named(fail_open, test_fail_open, bool, 0644);
MODULE_PARM_DESC(fail_open, "opening a device takes a millisecond, and fails");

static bool test_fail_save;
module_param_named(fail_save, test_fail_save, bool, 0644);
MODULE_PARM_DESC(fail_save, "the state of a device cannot be saved");

/* --- the function a guest sees ------------------------------------------------------------ */

static const struct vdcm_pages test_pages[] = {
	{ .first = 0, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 0 },
	{ .first = 2, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 1 },
	{ .first = 3, .count = 1, .kind = VDCM_PAGE_PASS, .adi_page = 2, .widths = 1 | 2 | 4 | 8 },
	{ .first = 4, .count = 1, .kind = VDCM_PAGE_TRAP },
	{ .first = 5, .count = 1, .kind = VDCM_PAGE_TRAP, .soft = true },
};

/* SRC and DST may be written as a whole or in halves. */
static const struct vdcm_reg test_regs[] = {
	{ .offset = 0x4000, .count = 7, .stride = 4, .target = TEST_SRC, .wmask = ~0u },
	{ .offset = 0x4000, .count = 2, .stride = 8, .width = 8, .target = TEST_SRC,
	  .wmask = ~0ull },
	{ .offset = 0x401c, .count = 1, .target = TEST_STATUS },
	{ .offset = 0x4020, .count = 1, .width = 1, .target = TEST_KEY, .wmask = 0xff },
	{ .offset = 0x5000, .count = 1, .width = 1, .target = TEST_HARDWARE },
	{ .offset = 0x5002, .count = 1, .width = 2, .target = TEST_NOTE16, .wmask = 0xffff },
	{ .offset = 0x5004, .count = 1, .width = 4, .target = TEST_NOTE32, .wmask = ~0u },
	{ .offset = 0x5008, .count = 1, .width = 8, .target = TEST_NOTE64, .wmask = ~0ull },
};

/* Length and contents are the driver's: test_cap_read(). */
static const u8 test_cap[8] __aligned(4) = { 0, 0, sizeof(test_cap), 0x4e };

static const struct vdcm_cap test_caps[] = {
	{ .id = PCI_CAP_ID_VNDR, .len = sizeof(test_cap), .init = test_cap, .hooked = true },
};

static const struct vdcm_composition test_composition = {
	.vendor = 0x1234,
	.device = 0x0d02,
	.subvendor = 0x1234,
	.subdevice = 0x0001,
	.class_code = 0x088000,		/* system peripheral, other */
	.bars = {
		[0] = { .size = 0x10000, .flags = VDCM_BAR_64BIT,
			.pages = test_pages, .nr_pages = ARRAY_SIZE(test_pages) },
		[3] = { .size = 0x10000, .flags = VDCM_BAR_64BIT },
	},
	.regs = test_regs,
	.nr_regs = ARRAY_SIZE(test_regs),
	.caps = test_caps,
	.nr_caps = ARRAY_SIZE(test_caps),
	.msix_bar = 3,
	.msix_table = 0,
	.msix_pba = 0x8000,
};

#define TEST_TYPE(_vectors)							\
	{ .name = "v" #_vectors, .pretty_name = "VDCM test, " #_vectors " vectors",	\
	  .description = "copies memory, " #_vectors " vectors, no hardware",	\
	  .comp = &test_composition, .nr_vectors = (_vectors), .cost = { 1 } }

static const struct vdcm_type test_types[] = {
	TEST_TYPE(2), TEST_TYPE(3), TEST_TYPE(5), TEST_TYPE(2048),
};

/* --- the table ------------------------------------------------------------------------------ */

#define PROT_BITS	2

static void test_xlat_unmap(struct vdcm_adi *adi, u64 iova, u64 nr)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);
	u64 page = iova >> PAGE_SHIFT;

	mutex_lock(&n->table_lock);
	while (nr--)
		xa_erase(&n->table, page + nr);
	mutex_unlock(&n->table_lock);
}

static int test_xlat_map(struct vdcm_adi *adi, u64 iova, dma_addr_t dma, unsigned int nr, u32 prot)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);
	unsigned long pfn = dma_to_phys(vdcm_adi_dev(adi)->parent, dma) >> PAGE_SHIFT;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++)
		ret = xa_err(xa_store(&n->table, (iova >> PAGE_SHIFT) + i,
				      xa_mk_value((pfn + i) << PROT_BITS | prot),
				      GFP_KERNEL_ACCOUNT));
	if (ret)
		test_xlat_unmap(adi, iova, nr);
	return ret;
}

/* It reports no fault. */
static void test_fault_done(struct vdcm_adi *adi, u32 token, int err)
{
}

/* Within a page. */
static int test_access_page(struct test_adi *n, u64 iova, void *data, u32 len, bool write)
{
	void *entry = xa_load(&n->table, iova >> PAGE_SHIFT);
	unsigned long value = entry ? xa_to_value(entry) : 0;
	void *at = __va(value >> PROT_BITS << PAGE_SHIFT) + offset_in_page(iova);

	if (!(value & (write ? VDCM_PROT_WRITE : VDCM_PROT_READ)))
		return -EFAULT;
	memcpy(write ? at : data, write ? data : at, len);
	return 0;
}

static int test_access(struct test_adi *n, u64 iova, void *data, u32 len, bool write)
{
	u32 first = min_t(u32, len, PAGE_SIZE - offset_in_page(iova));
	int ret;

	if (!test_table)
		return vdcm_adi_dma_rw(n->adi, iova, data, len, write);
	mutex_lock(&n->table_lock);
	ret = test_access_page(n, iova, data, first, write);
	if (!ret && len > first)
		ret = test_access_page(n, iova + first, data + first, len - first, write);
	mutex_unlock(&n->table_lock);
	return ret;
}

static int test_prefetch(struct test_adi *n, u64 src, u64 dst, u32 len)
{
	if (!test_table || !len)
		return 0;
	return vdcm_adi_prefetch(n->adi, src, len, VDCM_PROT_READ) ?:
	       vdcm_adi_prefetch(n->adi, dst, len, VDCM_PROT_WRITE);
}

/* --- the copy ------------------------------------------------------------------------------ */

static void apply_key(u8 *buf, u32 len, u8 key)
{
	while (key && len)
		buf[--len] ^= key;
}

static int copy_memory(struct test_adi *n, void *buf)
{
	u8 key = *(u8 *)(n->window + TEST_KEY);
	u64 src = *(u64 *)(n->window + TEST_SRC), dst = *(u64 *)(n->window + TEST_DST);
	u32 len = *(u32 *)(n->window + TEST_LEN), done, piece;
	int ret = len > TEST_MAX_LEN ? -EINVAL : test_prefetch(n, src, dst, len);

	for (done = 0; done < len && !ret; done += piece) {
		if (!READ_ONCE(n->bus_master))
			return -EACCES;
		piece = min(len - done, VDCM_PAGE_SIZE);
		ret = test_access(n, src + done, buf, piece, false);
		if (ret)
			break;
		apply_key(buf, piece, key);
		ret = test_access(n, dst + done, buf, piece, true);
	}
	return ret;
}

static void test_copy(struct work_struct *work)
{
	struct test_adi *n = container_of(work, struct test_adi, copy);
	void *buf = kmalloc(VDCM_PAGE_SIZE, GFP_KERNEL);
	int ret = buf ? copy_memory(n, buf) : -ENOMEM;

	kfree(buf);
	/* The registers are the guest's again. */
	smp_store_release((u32 *)(n->window + TEST_STATUS), ret ? TEST_FAILED : TEST_DONE);
	vdcm_adi_signal(n->adi, 0);
}

/* --- operations of the framework, all but page() in process context -------------------------- */

static int test_create(struct vdcm_adi *adi)
{
	struct test_adi *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return -ENOMEM;
	n->adi = adi;
	INIT_WORK(&n->copy, test_copy);
	mutex_init(&n->table_lock);
	xa_init_flags(&n->table, XA_FLAGS_ACCOUNT);
	vdcm_adi_set_drvdata(adi, n);
	return 0;
}

static void test_destroy(struct vdcm_adi *adi)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	xa_destroy(&n->table);
	kfree(n);
}

/* Of what is reset, resume() does the rest: the window. */
static bool test_soft_reset(struct vdcm_adi *adi)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	memset(n->notes, 0, sizeof(n->notes));
	return true;
}

static int test_open(struct vdcm_adi *adi)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	if (READ_ONCE(test_fail_open)) {
		usleep_range(1000, 2000);
		return -ENOSPC;
	}
	test_soft_reset(adi);
	n->window = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, TEST_ORDER);
	return n->window ? 0 : -ENOMEM;
}

/* The framework has revoked what user space mapped of the window. */
static void test_close(struct vdcm_adi *adi)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	cancel_work_sync(&n->copy);
	free_pages((unsigned long)n->window, TEST_ORDER);
	n->window = NULL;
}

/* The hardware is back, as new; NOTES are as they were. */
static int test_resume(struct vdcm_adi *adi)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	cancel_work_sync(&n->copy);
	memset(n->window, 0, PAGE_SIZE << TEST_ORDER);
	return 0;
}

static int test_reset(struct vdcm_adi *adi)
{
	test_soft_reset(adi);
	return test_resume(adi);
}

static void test_bus_master(struct vdcm_adi *adi, bool on)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	/* A copy under way ends as it would have: a VM that is paused loses nothing. */
	if (!on)
		flush_work(&n->copy);
	WRITE_ONCE(n->bus_master, on);
}

static phys_addr_t test_page(struct vdcm_adi *adi, unsigned int page)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	return page < TEST_PAGES ? virt_to_phys(n->window) + page * VDCM_PAGE_SIZE : 0;
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
	/* Pairs with test_copy(): the copy is visible before its STATUS. */
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
static void *test_reg(struct test_adi *n, u32 offset)
{
	return offset < TEST_SOFT ? n->window + offset : n->notes + (offset - TEST_SOFT);
}

/* The framework passes only offsets and sizes that the composition names. */
static u64 test_reg_read(struct vdcm_adi *adi, u32 offset, unsigned int size)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	if (offset == TEST_HARDWARE)
		return n->window ? READ_ONCE(test_hardware) : TEST_GONE;
	return load(test_reg(n, offset), size);
}

static void test_reg_write(struct vdcm_adi *adi, u32 offset, u64 value, unsigned int size)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	if (offset == TEST_RAISE) {
		vdcm_adi_signal(adi, value);
	} else if (offset == TEST_GO && value == TEST_BREAK) {
		vdcm_adi_lost(adi, "all-ones were written to GO");
	} else if (offset < TEST_SRC || offset >= TEST_SOFT ||
		   load(n->window + TEST_STATUS, 4) != TEST_BUSY) {
		store(test_reg(n, offset), value, size);
		if (offset != TEST_GO)
			return;
		store(n->window + TEST_STATUS, TEST_BUSY, 4);
		queue_work(test_wq, &n->copy);
	}
}

/* The capability: what it begins with, and from byte 4 on the NOTE there. */
static u32 test_cap_read(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			 unsigned int size)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	return load((offset < 4 ? cap->init : n->notes) + offset, size);
}

static void test_cap_write(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			   unsigned int size, u32 value)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	if (offset >= 4)
		store(n->notes + offset, value, size);
}

/* --- migration: all that there is, once no copy is under way ---------------------------------- */

static int test_freeze(struct vdcm_adi *adi)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);

	/* One that was refused for want of bus mastering may not have ended. */
	flush_work(&n->copy);
	return 0;
}

static int test_thaw(struct vdcm_adi *adi)
{
	return 0;
}

static size_t test_state_size(struct vdcm_adi *adi)
{
	return sizeof(struct test_state);
}

static ssize_t test_save(struct vdcm_adi *adi, void *buf, size_t len)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);
	struct test_state *state = buf;

	if (READ_ONCE(test_fail_save))
		return -EIO;
	memcpy(state->notes, n->notes, sizeof(state->notes));
	memcpy(state->window, n->window, sizeof(state->window));
	return sizeof(*state);
}

/* A guest may write anything but STATUS, of which an ADI that is frozen has two values. */
static bool test_state_ok(const struct test_state *state, size_t len)
{
	u32 status;

	if (len != sizeof(*state))
		return false;
	memcpy(&status, state->window + TEST_STATUS, sizeof(status));
	return status == TEST_DONE || status == TEST_FAILED;
}

static int test_load(struct vdcm_adi *adi, const void *buf, size_t len)
{
	struct test_adi *n = vdcm_adi_drvdata(adi);
	const struct test_state *state = buf;

	if (!test_state_ok(state, len)) {
		vdcm_limited(adi, err,
			     "state of another device refused: no guest brings it about\n");
		return -EINVAL;
	}
	memcpy(n->notes, state->notes, sizeof(state->notes));
	memcpy(n->window, state->window, sizeof(state->window));
	return 0;
}

static const struct vdcm_adi_ops test_ops = {
	.create = test_create,
	.destroy = test_destroy,
	.open = test_open,
	.close = test_close,
	.reset = test_reset,
	.bus_master = test_bus_master,
	.page = test_page,
	.reg_read = test_reg_read,
	.reg_write = test_reg_write,
	.cap_read = test_cap_read,
	.cap_write = test_cap_write,
	.soft_reset = test_soft_reset,
	.resume = test_resume,
	.xlat_map = test_xlat_map,
	.xlat_unmap = test_xlat_unmap,
	.fault_done = test_fault_done,
	.freeze = test_freeze,
	.thaw = test_thaw,
	.state_size = test_state_size,
	.save = test_save,
	.load = test_load,
};

/* --- its mdevs' attributes, and the parent ---------------------------------------------------- */

static struct attribute *test_attrs[] = {
	&vdcm_attr_state.attr,
	&vdcm_attr_pinned_bytes.attr,
	&vdcm_attr_dma_mode.attr,
	&vdcm_attr_pasid.attr,
	NULL,
};

static const struct attribute_group test_group = { .attrs = test_attrs };
static const struct attribute_group *test_groups[] = { &test_group, &vdcm_counters_group, NULL };

static struct vdcm_driver test_driver = {
	.name = "vdcm_test_adi",
	.owner = THIS_MODULE,
	.ops = &test_ops,
	.state_version = TEST_STATE_VERSION,
	.attrs_dir = "vdcm_test",
	.groups = test_groups,
};

static const char * const test_resources[] = { "ADIs" };

static struct vdcm_parent_desc test_desc = {
	.types = test_types,
	.nr_types = ARRAY_SIZE(test_types),
	.resources = test_resources,
	.nr_resources = ARRAY_SIZE(test_resources),
	.capacity = { TEST_ADIS },
	.xlat = VDCM_XLAT_NONE,
};

static struct class test_class = { .name = "vdcm_test" };
static struct device *test_dev;
static u64 test_dma_mask = ~0ULL;
static struct vdcm_parent *test_parent;

/* --- hardware that goes and comes back -------------------------------------------------------- */

static const char * const test_hardware_names[] = {
	[TEST_ON] = "on", [TEST_OFF] = "off", [TEST_GONE] = "gone",
};

/* As a PF's reset, sleep or end would do it. */
static int test_set_hardware(enum test_hardware to)
{
	if (to == test_hardware)
		return 0;
	if (test_hardware == TEST_GONE)
		return -ENODEV;
	if (to == TEST_OFF)
		vdcm_parent_quiesce(test_parent);
	if (to == TEST_GONE)
		vdcm_parent_dead(test_parent);
	WRITE_ONCE(test_hardware, to);
	return to == TEST_ON ? vdcm_parent_resume(test_parent) : 0;
}

static ssize_t hardware_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", test_hardware_names[READ_ONCE(test_hardware)]);
}

static ssize_t hardware_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	int to = sysfs_match_string(test_hardware_names, buf), ret;

	if (to < 0)
		return to;
	device_lock(dev);
	ret = test_set_hardware(to);
	device_unlock(dev);
	return ret ?: count;
}
static DEVICE_ATTR_RW(hardware);

static int __init test_init(void)
{
	int ret = -ENOMEM;

	test_wq = alloc_workqueue("vdcm_test", WQ_UNBOUND, 0);
	if (!test_wq)
		return ret;
	ret = class_register(&test_class);
	if (ret)
		goto wq;
	test_dev = device_create(&test_class, NULL, 0, NULL, "vdcm_test");
	ret = PTR_ERR_OR_ZERO(test_dev);
	if (ret)
		goto class;
	test_dev->dma_mask = &test_dma_mask;
	if (test_table)
		test_desc.xlat = VDCM_XLAT_TABLE;
	ret = vdcm_driver_register(&test_driver);
	if (ret)
		goto device;
	test_parent = vdcm_parent_register(&test_driver, test_dev, &test_desc, NULL);
	ret = PTR_ERR_OR_ZERO(test_parent);
	if (ret)
		goto driver;
	ret = device_create_file(test_dev, &dev_attr_hardware);
	if (!ret)
		return 0;
	vdcm_parent_unregister(test_parent);
driver:
	vdcm_driver_unregister(&test_driver);
device:
	device_unregister(test_dev);
class:
	class_unregister(&test_class);
wq:
	destroy_workqueue(test_wq);
	return ret;
}

static void __exit test_exit(void)
{
	device_remove_file(test_dev, &dev_attr_hardware);
	device_lock(test_dev);
	if (test_hardware == TEST_OFF)
		test_set_hardware(TEST_GONE);
	device_unlock(test_dev);
	vdcm_parent_unregister(test_parent);
	vdcm_driver_unregister(&test_driver);
	device_unregister(test_dev);
	class_unregister(&test_class);
	destroy_workqueue(test_wq);
}

module_init(test_init);
module_exit(test_exit);
MODULE_DESCRIPTION("PF driver for tests of the VDCM framework, without hardware");
MODULE_LICENSE("GPL");
