/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the framework: docs/observability.md. Names of events and fields are read
 * by scripts, and stay. Nothing here takes a lock or touches the device.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vdcm

#if !defined(VDCM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VDCM_TRACE_H

#include <linux/tracepoint.h>

#include <compat/trace.h>

#include "internal.h"

#define vdcm_show_region(index) __print_symbolic(index, \
	{ 0, "bar0" }, { 1, "bar1" }, { 2, "bar2" }, { 3, "bar3" }, { 4, "bar4" }, \
	{ 5, "bar5" }, { 7, "config" })

#define vdcm_show_prot(prot) __print_symbolic(prot, \
	{ VDCM_PROT_READ, "r" }, { VDCM_PROT_WRITE, "w" }, \
	{ VDCM_PROT_READ | VDCM_PROT_WRITE, "rw" })

/* --- accesses --------------------------------------------------------------- */

TRACE_EVENT(vdcm_trap,
	    TP_PROTO(const struct vdcm_adi *adi, unsigned int index, u64 offset, unsigned int size,
		     u64 value, bool write),
	    TP_ARGS(adi, index, offset, size, value, write),
	    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
		    __field(unsigned int, index)
		    __field(u64, offset)
		    __field(unsigned int, size)
		    __field(u64, value)
		    __field(bool, write)
	    ),
	    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
		    __entry->index = index;
		    __entry->offset = offset;
		    __entry->size = size;
		    __entry->value = size < 8 ? value & ((1ULL << 8 * size) - 1) : value;
		    __entry->write = write;
	    ),
	    TP_printk("%s %s %s+0x%llx size=%u value=0x%llx", __get_str(dev),
		      __entry->write ? "write" : "read", vdcm_show_region(__entry->index),
		      __entry->offset, __entry->size, __entry->value)
);

/* @state: 0 refused (SIGBUS), 1 mapped, 2 waits for the PF */
TRACE_EVENT(vdcm_mmap_fault,
	    TP_PROTO(const struct vdcm_adi *adi, unsigned int index, u64 offset,
		     unsigned int state),
	    TP_ARGS(adi, index, offset, state),
	    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
		    __field(unsigned int, index)
		    __field(u64, offset)
		    __field(unsigned int, state)
	    ),
	    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
		    __entry->index = index;
		    __entry->offset = offset;
		    __entry->state = state;
	    ),
	    TP_printk("%s %s+0x%llx %s", __get_str(dev), vdcm_show_region(__entry->index),
		      __entry->offset, __print_symbolic(__entry->state, { 0, "refused" },
							{ 1, "mapped" }, { 2, "waits" }))
);

/* --- interrupts -------------------------------------------------------------- */

DECLARE_EVENT_CLASS(vdcm_vector_class,
		    TP_PROTO(const struct vdcm_adi *adi, unsigned int vector, bool on),
		    TP_ARGS(adi, vector, on),
		    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
			    __field(unsigned int, vector)
			    __field(bool, on)
		    ),
		    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
			    __entry->vector = vector;
			    __entry->on = on;
		    ),
		    TP_printk("%s vector=%u on=%d", __get_str(dev), __entry->vector, __entry->on)
);

/* An eventfd was installed (@on), or taken away. */
DEFINE_EVENT(vdcm_vector_class, vdcm_irq_set,
	     TP_PROTO(const struct vdcm_adi *adi, unsigned int vector, bool on),
	     TP_ARGS(adi, vector, on)
);

/* A vector fired: its eventfd was signalled (@on), or it is pending. */
DEFINE_EVENT(vdcm_vector_class, vdcm_irq,
	     TP_PROTO(const struct vdcm_adi *adi, unsigned int vector, bool on),
	     TP_ARGS(adi, vector, on)
);

/* --- guest memory: fault -> pin -> map -> fault_done -------------------------- */

TRACE_EVENT(vdcm_fault,
	    TP_PROTO(const struct vdcm_adi *adi, const struct vdcm_fault *fault, int err),
	    TP_ARGS(adi, fault, err),
	    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
		    __field(u32, token)
		    __field(u64, iova)
		    __field(u32, len)
		    __field(u32, prot)
		    __field(int, err)
	    ),
	    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
		    __entry->token = fault->token;
		    __entry->iova = fault->iova;
		    __entry->len = fault->len;
		    __entry->prot = fault->prot;
		    __entry->err = err;
	    ),
	    TP_printk("%s token=0x%x iova=0x%llx len=%u prot=%s err=%d", __get_str(dev),
		      __entry->token, __entry->iova, __entry->len, vdcm_show_prot(__entry->prot),
		      __entry->err)
);

DECLARE_EVENT_CLASS(vdcm_pages_class,
		    TP_PROTO(const struct vdcm_adi *adi, u64 page, u64 nr, u32 prot, u64 ns,
			     int err),
		    TP_ARGS(adi, page, nr, prot, ns, err),
		    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
			    __field(u64, iova)
			    __field(u64, pages)
			    __field(u32, prot)
			    __field(u64, ns)
			    __field(int, err)
		    ),
		    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
			    __entry->iova = page << PAGE_SHIFT;
			    __entry->pages = nr;
			    __entry->prot = prot;
			    __entry->ns = ns;
			    __entry->err = err;
		    ),
		    TP_printk("%s iova=0x%llx pages=%llu prot=%s ns=%llu err=%d", __get_str(dev),
			      __entry->iova, __entry->pages, vdcm_show_prot(__entry->prot),
			      __entry->ns,
			      __entry->err)
);

/* vdcm has asked VFIO to pin pages; @ns: how long that took. */
DEFINE_EVENT(vdcm_pages_class, vdcm_pin,
	     TP_PROTO(const struct vdcm_adi *adi, u64 page, u64 nr, u32 prot, u64 ns, int err),
	     TP_ARGS(adi, page, nr, prot, ns, err)
);

/* vdcm has asked the translation to map pages; @ns: how long that took. */
DEFINE_EVENT(vdcm_pages_class, vdcm_map,
	     TP_PROTO(const struct vdcm_adi *adi, u64 page, u64 nr, u32 prot, u64 ns, int err),
	     TP_ARGS(adi, page, nr, prot, ns, err)
);

/* The unit has got the answer to its fault; @ns: since the fault arrived. */
TRACE_EVENT(vdcm_fault_done,
	    TP_PROTO(const struct vdcm_adi *adi, const struct vdcm_fault *fault, u64 ns, int err),
	    TP_ARGS(adi, fault, ns, err),
	    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
		    __field(u32, token)
		    __field(u64, iova)
		    __field(u64, ns)
		    __field(int, err)
	    ),
	    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
		    __entry->token = fault->token;
		    __entry->iova = fault->iova;
		    __entry->ns = ns;
		    __entry->err = err;
	    ),
	    TP_printk("%s token=0x%x iova=0x%llx ns=%llu err=%d", __get_str(dev), __entry->token,
		      __entry->iova, __entry->ns, __entry->err)
);

/* A callback of VFIO's is over; @callbacks: how many the operation has made for the range. */
TRACE_EVENT(vdcm_unmap,
	    TP_PROTO(const struct vdcm_adi *adi, u64 first, u64 last, unsigned int callbacks,
		     u64 ns,
		     bool done),
	    TP_ARGS(adi, first, last, callbacks, ns, done),
	    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
		    __field(u64, first)
		    __field(u64, last)
		    __field(unsigned int, callbacks)
		    __field(u64, ns)
		    __field(bool, done)
	    ),
	    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
		    __entry->first = first;
		    __entry->last = last;
		    __entry->callbacks = callbacks;
		    __entry->ns = ns;
		    __entry->done = done;
	    ),
	    TP_printk("%s iova=0x%llx-0x%llx callbacks=%u ns=%llu done=%d", __get_str(dev),
		      __entry->first, __entry->last, __entry->callbacks, __entry->ns, __entry->done)
);

/* Pins in a range are held off from now on (@closed), or no longer. */
TRACE_EVENT(vdcm_gate,
	    TP_PROTO(const struct vdcm_adi *adi, u64 first, u64 last, bool closed),
	    TP_ARGS(adi, first, last, closed),
	    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
		    __field(u64, first)
		    __field(u64, last)
		    __field(bool, closed)
	    ),
	    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
		    __entry->first = first;
		    __entry->last = last;
		    __entry->closed = closed;
	    ),
	    TP_printk("%s iova=0x%llx-0x%llx %s", __get_str(dev), __entry->first, __entry->last,
		      __entry->closed ? "closed" : "open")
);

/* --- life --------------------------------------------------------------------- */

DECLARE_EVENT_CLASS(vdcm_adi_class,
		    TP_PROTO(const struct vdcm_adi *adi, int err),
		    TP_ARGS(adi, err),
		    TP_STRUCT__entry(__string(dev, dev_name(adi->dev))
			    __field(int, pid)
			    __field(int, err)
		    ),
		    TP_fast_assign(vdcm_assign_str(dev, dev_name(adi->dev));
			    __entry->pid = adi->opener_pid;
			    __entry->err = err;
		    ),
		    TP_printk("%s user=%d err=%d", __get_str(dev), __entry->pid, __entry->err)
);

DEFINE_EVENT(vdcm_adi_class, vdcm_open,
	     TP_PROTO(const struct vdcm_adi *adi, int err),
	     TP_ARGS(adi, err)
);

DEFINE_EVENT(vdcm_adi_class, vdcm_close,
	     TP_PROTO(const struct vdcm_adi *adi, int err),
	     TP_ARGS(adi, err)
);

/* The hardware's part of a reset of the function is over, or owed while the PF is away. */
DEFINE_EVENT(vdcm_adi_class, vdcm_reset,
	     TP_PROTO(const struct vdcm_adi *adi, int err),
	     TP_ARGS(adi, err)
);

DEFINE_EVENT(vdcm_adi_class, vdcm_revoke,
	     TP_PROTO(const struct vdcm_adi *adi, int err),
	     TP_ARGS(adi, err)
);

DECLARE_EVENT_CLASS(vdcm_parent_class,
		    TP_PROTO(const struct device *pf, u64 ns, int err),
		    TP_ARGS(pf, ns, err),
		    TP_STRUCT__entry(__string(pf, dev_name(pf))
			    __field(u64, ns)
			    __field(int, err)
		    ),
		    TP_fast_assign(vdcm_assign_str(pf, dev_name(pf));
			    __entry->ns = ns;
			    __entry->err = err;
		    ),
		    TP_printk("%s ns=%llu err=%d", __get_str(pf), __entry->ns, __entry->err)
);

/* All ADIs of a PF are stopped; @ns: how long that took. */
DEFINE_EVENT(vdcm_parent_class, vdcm_quiesce,
	     TP_PROTO(const struct device *pf, u64 ns, int err),
	     TP_ARGS(pf, ns, err)
);

/* All ADIs of a PF go on again; @ns: how long that took. */
DEFINE_EVENT(vdcm_parent_class, vdcm_resume,
	     TP_PROTO(const struct device *pf, u64 ns, int err),
	     TP_ARGS(pf, ns, err)
);

#endif /* VDCM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
