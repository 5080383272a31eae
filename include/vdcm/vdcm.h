/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VDCM: the Virtual Device Composition Module.
 *
 * A PF driver describes its assignable device interfaces (ADIs) with a
 * struct vdcm_driver, registers each PF as a parent, and fills struct
 * vdcm_adi_ops. The framework does the rest: mdev life cycle, resource pool,
 * VFIO ABI, config space, MSI-X, mmap of doorbell pages, interrupts towards
 * user space, reset, and guest memory: pages are pinned on demand when the
 * device reports a fault. docs/porting.md walks through the contract.
 *
 * Contexts. "process" means: may sleep, holds no spinlock. For one ADI the framework never
 * calls two of create, destroy, open, close, reset, soft_reset, quiesce, resume, bus_master,
 * freeze, thaw, state_size, save, load, announce, reg_read, reg_write, cap_read, cap_write and
 * vector_irq at the same time (adi->lock), nor two of xlat_*, set_pasid, invalidate, starved
 * and fault_done (the pin lock). page runs beside anything.
 *
 * Lock order (outer to inner; docs/architecture.md):
 *	the PF's device lock: vdcm_parent_quiesce(), vdcm_parent_resume(),
 *	vdcm_parent_register(), vdcm_parent_unregister(); never in an operation
 *	  the parent's list lock (mutex)
 *	vfio group and device-set locks
 *	ioevents.lock of the VFIO device (mutex)
 *	lock of a migration's file (mutex), then its load (mutex)
 *	  adi->lock (mutex)
 *	    adi->pin_lock (mutex); also inside VFIO's locks, in its unmap callback
 *	      driver's own locks
 *	  mmap_lock
 *	    adi->mem_lock (rwsem)
 *	adi->irq_lock (spinlock, hard irq)
 * Pages are pinned and unpinned with none of these held.
 */
#ifndef VDCM_VDCM_H
#define VDCM_VDCM_H

#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/types.h>
#include <linux/uuid.h>

#include "composition.h"

struct module;
struct vdcm_adi;
struct vdcm_adi_ops;
struct vdcm_parent;

/* What state_size() returns, at most, bytes. */
#define VDCM_MAX_STATE	(512u << 10)

/*
 * How memory is allocated under the pin lock: a discard of guest memory waits for that lock
 * inside locks of the kernel that reclaim takes, so nothing under it waits for reclaim.
 */
#define VDCM_GFP_MAP	(GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT)

/* Kinds of shared resources of a PF, at most. */
#define VDCM_MAX_RESOURCES	8

/* How an ADI's DMA is translated. */
enum vdcm_xlat {
	VDCM_XLAT_TABLE,	/* the device's own table, filled through xlat_map() */
	VDCM_XLAT_PASID,	/* the platform IOMMU, per PASID */
	VDCM_XLAT_NONE,		/* not at all: only vdcm_adi_dma_rw() reaches guest memory */
};

/**
 * struct vdcm_type - an mdev type
 * @name: sysfs name, e.g. "1q" for "smartnic-1q"
 * @pretty_name: unique name for people, at most 39 characters
 * @description: one line: queues, vectors, limits
 * @comp: the PCI function a guest sees
 * @nr_vectors: MSI-X vectors of the function, 1..VDCM_MAX_VECTORS
 * @cost: what one instance takes from the parent's pool, by index in its @resources; not
 *	all 0
 * @ops: operations of its ADIs, or NULL: the driver's. All types of a PF have @resume, or none
 * @driver_data: the driver's own, e.g. number of queues
 */
struct vdcm_type {
	const char *name;
	const char *pretty_name;
	const char *description;
	const struct vdcm_composition *comp;
	u16 nr_vectors;
	u32 cost[VDCM_MAX_RESOURCES];
	const struct vdcm_adi_ops *ops;
	unsigned long driver_data;
};

/* Rights of a mapping; also of a fault's access. */
#define VDCM_PROT_READ	0x1
#define VDCM_PROT_WRITE	0x2

/**
 * struct vdcm_fault - a recoverable translation fault of an ADI
 * @iova: address of the access, bytes
 * @len: length of the access from @iova on, within one 4 KiB page
 * @prot: the right that was missing, VDCM_PROT_READ or VDCM_PROT_WRITE
 * @token: names the stopped unit; the framework hands it back in fault_done();
 *	at most VDCM_MAX_FAULTS different tokens are outstanding per ADI
 */
struct vdcm_fault {
	u64 iova;
	u32 len;
	u32 prot;
	u32 token;
};

#define VDCM_MAX_FAULTS	64

/* Bytes of one vdcm_adi_prefetch(), at most. */
#define VDCM_MAX_PREFETCH	(4u << 20)

/* Pages of one xlat_unmap() or invalidate(), at most. */
#define VDCM_XLAT_RUN	32768u

/**
 * struct vdcm_adi_ops - what a PF driver does for its ADIs
 *
 * @create: mdev created. No hardware. Sets up the driver's private data
 *	(vdcm_adi_set_drvdata()). Process context. 0 or errno; the framework has
 *	already taken the type's cost from the pool.
 * @destroy: undoes @create. The ADI is closed.
 * @open: allocate and enable hardware: window, VSI, queues, vectors. After it
 *	@page, @reg_read and @reg_write work, interrupts may be signalled, DMA is
 *	off until bus_master(). The framework has set up no translation yet.
 *	0 or errno (-ENOSPC: device exhausted, -EIO: device dead).
 * @close: undo @open: no DMA, no interrupt, no fault report of this ADI once it
 *	returns; state of the tenant scrubbed. Never fails, also on a dead device.
 *	Called with DMA off, nothing mapped, and no PASID set.
 * @reset: bring the ADI back to its state after @open: function reset in the
 *	hardware, doorbell pages cleared, filters but the default one gone. Called with
 *	DMA off (bus_master() was called if it was on) and the doorbell mappings zapped;
 *	translations stay. DMA comes back when the guest enables it. 0 or errno.
 * @soft_reset: a reset while the PF is quiesced: the driver's registers in soft pages and
 *	its hooked capabilities are at once as after @open. True: so is all that the driver
 *	holds of the ADI, and @resume will bring back what the guest sets up from here on.
 *	False: @reset is to be called when the PF is back, after @resume. Reaches for no
 *	hardware. Optional if no composition has any of the two, or without @resume.
 * @bus_master: the guest's bus master enable changed: allow or pause DMA.
 * @page: physical address of page @page of the ADI's MMIO window, 4 KiB aligned,
 *	or 0 if the page may not be mapped into user space now. May be called under
 *	mmap_lock and mem_lock: must not sleep, nor take locks held in open/close.
 * @reg_read: read @size bytes, 1, 2, 4 or 8, at byte offset @offset of the ADI window, a
 *	multiple of @size. Offset and size are those of a register of the composition, or in
 *	a page that is passed through of its widths. ~0 on a dead device; bits beyond @size do
 *	not matter. Process context.
 *	The registers of soft pages are read and written from open() on until the file is
 *	closed: also while the PF is quiesced, after it has died, and after close() if the
 *	ADI was revoked. The driver answers from its own state, and reaches for no hardware
 *	then: from quiesce() to the end of resume(), and from close() on.
 * @reg_write: likewise; @value has no bit beyond @size, and in registers none beyond their
 *	wmask.
 * @cap_read: read @size bytes, 1, 2 or 4, of a hooked capability; @offset counts from its
 *	start, header included, and is a multiple of @size. Also while the PF is quiesced: then
 *	it reaches for no hardware; not on a dead or revoked device. Process context. Optional
 *	if no composition hooks a capability.
 * @cap_write: likewise; @value has no bit beyond @size.
 * @vector_irq: Linux irq number behind vector @vec, or a negative errno when the
 *	vector is demultiplexed from a shared one (no irq bypass then). It must stay the
 *	same, and requested, from @open to @close. Process context. Optional.
 * @set_pasid: mode pasid: the ADI's accesses carry @pasid from now on;
 *	VDCM_NO_PASID: refuse all. Optional if no parent uses mode pasid.
 * @xlat_map: mode table: map @nr pages of 4 KiB at @iova to consecutive bus
 *	addresses from @dma on (of the parent device). Replaces existing entries.
 *	Allocates with VDCM_GFP_MAP, and takes no lock over which anything waits for memory. 0 or
 *	-ENOMEM (then nothing is changed): the framework reclaims memory and calls again.
 *	Optional without mode table.
 * @xlat_unmap: mode table: remove @nr pages, at most VDCM_XLAT_RUN, invalidate, and
 *	wait until no access under way uses the old entries. Must not fail; holes in
 *	the range are fine. All of a guest's memory is removed in such runs, between
 *	which the framework reschedules and others may come in.
 * @invalidate: mode pasid: the device forgets translations it cached (ATC) and
 *	waits, for at most VDCM_XLAT_RUN pages. Optional: NULL for devices that cache
 *	none.
 * @quiesce: the PF is about to be reset or put to sleep: stop what the driver does
 *	for the ADI by itself. Called with DMA off, doorbell mappings zapped, and no
 *	fault reported any more. The hardware may be gone already. Never fails.
 * @resume: the PF is back and knows nothing of the ADI: bring it to its state after
 *	@open with the same window, queues, vectors and, in mode table, the same
 *	translations; the guest is told to start again as its kind of hardware does it.
 *	DMA is off. The framework sets the PASID, and allows DMA when all ADIs are back. 0 or errno.
 *	Both are optional, but vdcm_parent_quiesce() needs @resume.
 * @starved: no more guest memory can be pinned (RLIMIT_MEMLOCK of the VMM, or no memory), or
 *	again it can. Meanwhile faults wait, so do their units, and pins are tried again every
 *	few seconds; nothing is answered with an error. Drivers tell the guest as its kind of
 *	hardware does, a network device by its link. Undone by a reset or quiesce, before
 *	those are called. Process context, with the pin lock. Optional.
 * @freeze: the VM is stopped, to be saved or only paused: nothing of the ADI changes by itself
 *	until thaw(). Called with DMA off (bus_master() was called if it was on) and no fault
 *	served. The driver carries out what the guest asked for before (messages under way),
 *	keeps the answers, and takes the ADI's addresses out of the network's reach without
 *	forgetting them: another ADI may take them. Vectors may still be signalled: the
 *	framework keeps them pending. Until thaw(), reg_read(), cap_read(), page() and writes to
 *	pages that are passed through go on; reg_write() of registers and cap_write() are not
 *	called. close() and reset() end it; so does resume(), after which the ADI is as after
 *	@open: the framework calls freeze() again after the last two if the VM is still stopped.
 *	0, or errno if DMA has not ended or something does not stop; the ADI goes on then.
 * @thaw: undo freeze(): the ADI goes on where it was, or where load() has put it. DMA is still
 *	off; bus_master(on) follows if the guest allows it. 0, or errno (-EADDRINUSE: another
 *	device has the ADI's address now); the ADI stays frozen then.
 * @state_size: bytes that save() writes at most, 1..VDCM_MAX_STATE; 0: this ADI cannot be
 *	migrated. Asked once, after create(); holds until destroy().
 * @save: write what the ADI is into @buf of @len bytes, at least state_size(): all that load()
 *	needs for an ADI that was just reset to go on as this one. Starts with a version of the
 *	driver's own. Not: config space but hooked capabilities, MSI-X, guest memory and its
 *	translation, which the framework saves or the VMM has; nor faults outstanding: their units
 *	have consumed nothing, and try again. The ADI is frozen, and may go on afterwards. Bytes
 *	written, or errno.
 * @load: take @len bytes of @buf, which another ADI of a type of the same name has saved,
 *	perhaps: anybody may have written them. The ADI is as after reset() and freeze(). Each
 *	value passes the checks that a guest's would; what the operator of this ADI has set
 *	stays. 0, or errno (-EINVAL, -EADDRINUSE, -EOPNOTSUPP for an unknown version), with one
 *	line in the log: the framework resets the ADI then.
 * @announce: the ADI has been loaded, has been thawed, and may do DMA: tell the network where
 *	its addresses are now. Optional.
 *	The first five are optional, all or none; with none no ADI can be migrated.
 * @fault_done: answer for a unit: @err 0 = mapped, try again; else -EFAULT: stop the
 *	unit and tell the guest. May be called before vdcm_adi_fault() has returned.
 *	Process context. Optional in mode none, in which no fault is taken.
 */
struct vdcm_adi_ops {
	int (*create)(struct vdcm_adi *adi);
	void (*destroy)(struct vdcm_adi *adi);
	int (*open)(struct vdcm_adi *adi);
	void (*close)(struct vdcm_adi *adi);
	int (*reset)(struct vdcm_adi *adi);
	bool (*soft_reset)(struct vdcm_adi *adi);
	void (*bus_master)(struct vdcm_adi *adi, bool on);
	phys_addr_t (*page)(struct vdcm_adi *adi, unsigned int page);
	u64 (*reg_read)(struct vdcm_adi *adi, u32 offset, unsigned int size);
	void (*reg_write)(struct vdcm_adi *adi, u32 offset, u64 value, unsigned int size);
	u32 (*cap_read)(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			unsigned int size);
	void (*cap_write)(struct vdcm_adi *adi, const struct vdcm_cap *cap, unsigned int offset,
			  unsigned int size, u32 value);
	int (*vector_irq)(struct vdcm_adi *adi, unsigned int vec);
	void (*set_pasid)(struct vdcm_adi *adi, u32 pasid);
	int (*xlat_map)(struct vdcm_adi *adi, u64 iova, dma_addr_t dma,
			unsigned int nr, u32 prot);
	void (*xlat_unmap)(struct vdcm_adi *adi, u64 iova, u64 nr);
	void (*invalidate)(struct vdcm_adi *adi, u64 iova, u64 nr);
	void (*fault_done)(struct vdcm_adi *adi, u32 token, int err);
	void (*quiesce)(struct vdcm_adi *adi);
	int (*resume)(struct vdcm_adi *adi);
	void (*starved)(struct vdcm_adi *adi, bool starved);
	int (*freeze)(struct vdcm_adi *adi);
	int (*thaw)(struct vdcm_adi *adi);
	size_t (*state_size)(struct vdcm_adi *adi);
	ssize_t (*save)(struct vdcm_adi *adi, void *buf, size_t len);
	int (*load)(struct vdcm_adi *adi, const void *buf, size_t len);
	void (*announce)(struct vdcm_adi *adi);
};

#define VDCM_NO_PASID	U32_MAX

/**
 * struct vdcm_driver - a PF driver that uses the framework
 * @name: name of the mdev driver, e.g. "smartnic_adi"
 * @owner: THIS_MODULE
 * @ops: operations of types that have none of their own; NULL if all have
 * @state_version: of what @save writes, with @save. A stream of another number is refused
 *	before the VM stops, so a new number is for what an older driver cannot load
 * @attrs_dir: name of the directory of each mdev that holds the attributes
 * @groups: sysfs attribute groups, NULL-terminated, or NULL. A group without a
 *	name is in @attrs_dir itself, one with a name in a directory there. All
 *	are of struct device_attribute and get the mdev's struct device:
 *	vdcm_adi_get(). vdcm_attr_* are attributes of the framework to put among
 *	them. They live from @create to before @destroy.
 * @private: the framework's
 */
struct vdcm_driver {
	const char *name;
	struct module *owner;
	const struct vdcm_adi_ops *ops;
	u32 state_version;
	const char *attrs_dir;
	const struct attribute_group **groups;
	void *private;
};

/**
 * struct vdcm_range - addresses
 * @first: the first
 * @last: the last
 */
struct vdcm_range {
	u64 first;
	u64 last;
};

/**
 * struct vdcm_parent_desc - a PF
 * @types: its mdev types; must live until vdcm_parent_unregister() returns
 * @nr_types: number of types
 * @resources: names of what types are paid with, plural, for messages ("queues"); must live
 *	as long as @types
 * @nr_resources: number of resources, 1..VDCM_MAX_RESOURCES
 * @capacity: what there is of each to share
 * @xlat: translation mode; VDCM_XLAT_PASID needs vdcm_pasid_usable() to be 0
 * @iova_bits: bits of the addresses that its ADIs can use, 12..64; 0 = 64. In mode pasid the
 *	IOMMU's limits are added
 * @reserved: bytes that its ADIs do not take for memory; in mode pasid the IOMMU's are added
 * @nr_reserved: entries in @reserved
 */
struct vdcm_parent_desc {
	const struct vdcm_type *types;
	unsigned int nr_types;
	const char * const *resources;
	unsigned int nr_resources;
	u32 capacity[VDCM_MAX_RESOURCES];
	enum vdcm_xlat xlat;
	u8 iova_bits;
	const struct vdcm_range *reserved;
	unsigned int nr_reserved;
};

int vdcm_driver_register(struct vdcm_driver *drv);
void vdcm_driver_unregister(struct vdcm_driver *drv);

struct vdcm_parent *vdcm_parent_register(struct vdcm_driver *drv,
					 struct device *dev,
					 const struct vdcm_parent_desc *desc,
					 void *drvdata);
void vdcm_parent_unregister(struct vdcm_parent *parent);
void vdcm_parent_quiesce(struct vdcm_parent *parent);
int vdcm_parent_resume(struct vdcm_parent *parent);
void vdcm_parent_dead(struct vdcm_parent *parent);
void *vdcm_parent_drvdata(const struct vdcm_parent *parent);
u32 vdcm_parent_used(struct vdcm_parent *parent, unsigned int resource);

int vdcm_pasid_usable(struct device *dev);

struct vdcm_adi *vdcm_adi_get(struct device *mdev_dev);
void vdcm_adi_set_drvdata(struct vdcm_adi *adi, void *data);
void *vdcm_adi_drvdata(const struct vdcm_adi *adi);
struct vdcm_parent *vdcm_adi_parent(const struct vdcm_adi *adi);
const struct vdcm_type *vdcm_adi_type(const struct vdcm_adi *adi);
struct device *vdcm_adi_dev(const struct vdcm_adi *adi);
bool vdcm_adi_may_log(struct vdcm_adi *adi);
void vdcm_adi_uuid(const struct vdcm_adi *adi, uuid_t *uuid);
int vdcm_adi_configure_begin(struct vdcm_adi *adi);
void vdcm_adi_configure_end(struct vdcm_adi *adi);

void vdcm_adi_signal(struct vdcm_adi *adi, unsigned int vec);
int vdcm_adi_fault(struct vdcm_adi *adi, const struct vdcm_fault *fault);
int vdcm_adi_prefetch(struct vdcm_adi *adi, u64 iova, u64 len, u32 prot);
int vdcm_adi_dma_rw(struct vdcm_adi *adi, u64 iova, void *data, size_t len, bool write);
void vdcm_adi_error(struct vdcm_adi *adi);
void vdcm_adi_lost(struct vdcm_adi *adi, const char *why);

/**
 * vdcm_limited() - log a line about an ADI, unless there were too many of late
 * @adi: ADI
 * @level: err, warn, notice or info
 * @fmt: as of printk(), and its arguments
 *
 * For every line that a guest, or who has the ADI open, can cause. The limit is the
 * ADI's own, ten lines in ten seconds: one tenant's noise hides no other's lines.
 *
 * Context: any.
 */
#define vdcm_limited(adi, level, fmt, ...)				\
do {									\
	struct vdcm_adi *__adi = (adi);					\
									\
	if (vdcm_adi_may_log(__adi))					\
		dev_##level(vdcm_adi_dev(__adi), fmt, ##__VA_ARGS__);	\
} while (0)

/* Read-only attributes of the framework, for a driver's attribute group. */
extern struct device_attribute vdcm_attr_state;		/* see docs/abi */
extern struct device_attribute vdcm_attr_pinned_bytes;
extern struct device_attribute vdcm_attr_dma_mode;	/* table | pasid | none */
extern struct device_attribute vdcm_attr_pasid;		/* number or "none" */
/* Counters, in a directory of that name. */
extern const struct attribute_group vdcm_counters_group;

#endif /* VDCM_VDCM_H */
