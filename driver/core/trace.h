/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the PF driver: docs/observability.md. Names of events and fields are read
 * by scripts, and stay. Nothing here takes a lock or touches the device.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM smartnic

#if !defined(SMARTNIC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SMARTNIC_TRACE_H

#include <linux/tracepoint.h>

#include <compat/trace.h>

#include "pf.h"

/* Opcodes of virtchnl, and of a virtio function's messages (docs/hardware.md, 14). */
#define smnc_show_op(op) __print_symbolic(op, \
	{ 1, "VERSION" }, { 2, "RESET_VF" }, { 3, "GET_VF_RESOURCES" }, \
	{ 4, "CONFIG_TX_QUEUE" }, { 5, "CONFIG_RX_QUEUE" }, { 6, "CONFIG_VSI_QUEUES" }, \
	{ 7, "CONFIG_IRQ_MAP" }, { 8, "ENABLE_QUEUES" }, { 9, "DISABLE_QUEUES" }, \
	{ 10, "ADD_ETH_ADDR" }, { 11, "DEL_ETH_ADDR" }, { 12, "ADD_VLAN" }, \
	{ 13, "DEL_VLAN" }, { 14, "CONFIG_PROMISCUOUS_MODE" }, { 15, "GET_STATS" }, \
	{ 17, "EVENT" }, { 18, "CONFIG_RSS_HFUNC" }, { 23, "CONFIG_RSS_KEY" }, \
	{ 24, "CONFIG_RSS_LUT" }, { 25, "GET_RSS_HASHCFG" }, { 26, "SET_RSS_HASHCFG" }, \
	{ 27, "ENABLE_VLAN_STRIPPING" }, { 28, "DISABLE_VLAN_STRIPPING" }, \
	{ 29, "REQUEST_QUEUES" }, { 44, "GET_SUPPORTED_RXDIDS" }, { 45, "ADD_RSS_CFG" }, \
	{ 46, "DEL_RSS_CFG" }, { 47, "ADD_FDIR_FILTER" }, { 48, "DEL_FDIR_FILTER" }, \
	{ 50, "GET_MAX_RSS_QREGION" }, { 51, "GET_OFFLOAD_VLAN_V2_CAPS" }, \
	{ 52, "ADD_VLAN_V2" }, { 53, "DEL_VLAN_V2" }, { 54, "ENABLE_VLAN_STRIPPING_V2" }, \
	{ 55, "DISABLE_VLAN_STRIPPING_V2" }, { 56, "ENABLE_VLAN_INSERTION_V2" }, \
	{ 57, "DISABLE_VLAN_INSERTION_V2" }, { 60, "1588_PTP_GET_CAPS" }, \
	{ 61, "1588_PTP_GET_TIME" }, { 66, "GET_QOS_CAPS" }, { 107, "ENABLE_QUEUES_V2" }, \
	{ 112, "CONFIG_QUEUE_BW" }, { 113, "CONFIG_QUANTA" }, \
	{ 0x10000, "CTRL_RX_PROMISC" }, { 0x10001, "CTRL_RX_ALLMULTI" }, \
	{ 0x10002, "CTRL_RX_ALLUNI" }, { 0x10003, "CTRL_RX_NOMULTI" }, \
	{ 0x10004, "CTRL_RX_NOUNI" }, { 0x10005, "CTRL_RX_NOBCAST" }, \
	{ 0x10100, "CTRL_MAC_TABLE_SET" }, { 0x10101, "CTRL_MAC_ADDR_SET" }, \
	{ 0x10200, "CTRL_VLAN_ADD" }, { 0x10201, "CTRL_VLAN_DEL" }, \
	{ 0x10300, "CTRL_ANNOUNCE_ACK" }, { 0x10400, "CTRL_MQ_VQ_PAIRS_SET" }, \
	{ 0x10401, "CTRL_MQ_RSS_CONFIG" }, { 0x10402, "CTRL_MQ_HASH_CONFIG" }, \
	{ 0x10500, "CTRL_GUEST_OFFLOADS_SET" }, { 0x10600, "CTRL_NOTF_COAL_TX_SET" }, \
	{ 0x10601, "CTRL_NOTF_COAL_RX_SET" }, { 0x10602, "CTRL_NOTF_COAL_VQ_SET" }, \
	{ 0x10603, "CTRL_NOTF_COAL_VQ_GET" }, { 0x20000, "VQ_STOPPED" })

/* All of enum smnc_fw_op: tests/lab/lists compares them. */
#define smnc_show_fw(op) __print_symbolic(op, \
	{ SMNC_FW_GET_INFO, "GET_INFO" }, { SMNC_FW_VSI_SET, "VSI_SET" }, \
	{ SMNC_FW_MAC_ADD, "MAC_ADD" }, { SMNC_FW_MAC_DEL, "MAC_DEL" }, \
	{ SMNC_FW_VSI_CLEAR, "VSI_CLEAR" }, { SMNC_FW_RSS_KEY, "RSS_KEY" }, \
	{ SMNC_FW_RSS_LUT, "RSS_LUT" }, { SMNC_FW_RSS_HASH, "RSS_HASH" }, \
	{ SMNC_FW_VSI_VLANS, "VSI_VLANS" }, { SMNC_FW_GET_PF_RESOURCE, "GET_PF_RESOURCE" }, \
	{ SMNC_FW_GET_STATUS, "GET_STATUS" }, { SMNC_FW_SET_DRV_FEATURE, "SET_DRV_FEATURE" }, \
	{ SMNC_FW_SET_VQ_ADDR, "SET_VQ_ADDR" }, { SMNC_FW_SET_VQ_MSIX, "SET_VQ_MSIX" }, \
	{ SMNC_FW_SET_VQ_ENABLE, "SET_VQ_ENABLE" }, { SMNC_FW_STAGE_VQ_RSS, "STAGE_VQ_RSS" }, \
	{ SMNC_FW_SET_VQ_RSS, "SET_VQ_RSS" }, { SMNC_FW_SET_VQ_COAL, "SET_VQ_COAL" }, \
	{ SMNC_FW_FLOW_SET, "FLOW_SET" }, { SMNC_FW_FLOW_DEL, "FLOW_DEL" }, \
	{ SMNC_FW_SET_VQ_PLACES, "SET_VQ_PLACES" })

/* Tools do not know the kernel's enums: the macro exports their values. */
TRACE_DEFINE_ENUM(SMNC_FW_GET_INFO);
TRACE_DEFINE_ENUM(SMNC_FW_VSI_SET);
TRACE_DEFINE_ENUM(SMNC_FW_MAC_ADD);
TRACE_DEFINE_ENUM(SMNC_FW_MAC_DEL);
TRACE_DEFINE_ENUM(SMNC_FW_VSI_CLEAR);
TRACE_DEFINE_ENUM(SMNC_FW_RSS_KEY);
TRACE_DEFINE_ENUM(SMNC_FW_RSS_LUT);
TRACE_DEFINE_ENUM(SMNC_FW_RSS_HASH);
TRACE_DEFINE_ENUM(SMNC_FW_VSI_VLANS);
TRACE_DEFINE_ENUM(SMNC_FW_GET_PF_RESOURCE);
TRACE_DEFINE_ENUM(SMNC_FW_GET_STATUS);
TRACE_DEFINE_ENUM(SMNC_FW_SET_DRV_FEATURE);
TRACE_DEFINE_ENUM(SMNC_FW_SET_VQ_ADDR);
TRACE_DEFINE_ENUM(SMNC_FW_SET_VQ_MSIX);
TRACE_DEFINE_ENUM(SMNC_FW_SET_VQ_ENABLE);
TRACE_DEFINE_ENUM(SMNC_FW_STAGE_VQ_RSS);
TRACE_DEFINE_ENUM(SMNC_FW_SET_VQ_RSS);
TRACE_DEFINE_ENUM(SMNC_FW_SET_VQ_COAL);
TRACE_DEFINE_ENUM(SMNC_FW_FLOW_SET);
TRACE_DEFINE_ENUM(SMNC_FW_FLOW_DEL);
TRACE_DEFINE_ENUM(SMNC_FW_SET_VQ_PLACES);

/* --- messages ----------------------------------------------------------------- */

DECLARE_EVENT_CLASS(smnc_mbx_class,
		    TP_PROTO(const struct smnc_pf *pf, u16 func, u32 op, s32 status, u16 len,
			     int err),
		    TP_ARGS(pf, func, op, status, len, err),
		    TP_STRUCT__entry(__string(pf, pci_name(pf->pdev))
			    __field(u16, func)
			    __field(u32, op)
			    __field(s32, status)
			    __field(u16, len)
			    __field(int, err)
		    ),
		    TP_fast_assign(vdcm_assign_str(pf, pci_name(pf->pdev));
			    __entry->func = func;
			    __entry->op = op;
			    __entry->status = status;
			    __entry->len = len;
			    __entry->err = err;
		    ),
		    TP_printk("%s func=%u op=%s(0x%x) status=%d len=%u err=%d", __get_str(pf),
			      __entry->func, smnc_show_op(__entry->op), __entry->op,
			      __entry->status,
			      __entry->len, __entry->err)
);

/* A message of a function has arrived. */
DEFINE_EVENT(smnc_mbx_class, smnc_mbx_in,
	     TP_PROTO(const struct smnc_pf *pf, u16 func, u32 op, s32 status, u16 len, int err),
	     TP_ARGS(pf, func, op, status, len, err)
);

/* The PF has sent a message to a function, unless @err. */
DEFINE_EVENT(smnc_mbx_class, smnc_mbx_out,
	     TP_PROTO(const struct smnc_pf *pf, u16 func, u32 op, s32 status, u16 len, int err),
	     TP_ARGS(pf, func, op, status, len, err)
);

/* The firmware has answered with @status, or has not: @err; @ns: since the request. */
TRACE_EVENT(smnc_fw,
	    TP_PROTO(const struct smnc_pf *pf, u8 op, u16 seq, u8 status, u64 ns, int err),
	    TP_ARGS(pf, op, seq, status, ns, err),
	    TP_STRUCT__entry(__string(pf, pci_name(pf->pdev))
		    __field(u8, op)
		    __field(u16, seq)
		    __field(u8, status)
		    __field(u64, ns)
		    __field(int, err)
	    ),
	    TP_fast_assign(vdcm_assign_str(pf, pci_name(pf->pdev));
		    __entry->op = op;
		    __entry->seq = seq;
		    __entry->status = status;
		    __entry->ns = ns;
		    __entry->err = err;
	    ),
	    TP_printk("%s op=%s(%u) seq=%u status=%u ns=%llu err=%d", __get_str(pf),
		      smnc_show_fw(__entry->op), __entry->op, __entry->seq, __entry->status,
		      __entry->ns, __entry->err)
);

/* --- units and functions --------------------------------------------------------- */

/* A unit stopped: an access of @len bytes at @iova was not translated. */
TRACE_EVENT(smnc_fault,
	    TP_PROTO(const struct smnc_pf *pf, u16 func, u8 unit, u64 iova, u32 len, u8 flags,
		     u32 seq),
	    TP_ARGS(pf, func, unit, iova, len, flags, seq),
	    TP_STRUCT__entry(__string(pf, pci_name(pf->pdev))
		    __field(u16, func)
		    __field(u8, unit)
		    __field(u64, iova)
		    __field(u32, len)
		    __field(u8, flags)
		    __field(u32, seq)
	    ),
	    TP_fast_assign(vdcm_assign_str(pf, pci_name(pf->pdev));
		    __entry->func = func;
		    __entry->unit = unit;
		    __entry->iova = iova;
		    __entry->len = len;
		    __entry->flags = flags;
		    __entry->seq = seq;
	    ),
	    TP_printk("%s func=%u unit=%u iova=0x%llx len=%u flags=%s seq=%u", __get_str(pf),
		      __entry->func, __entry->unit, __entry->iova, __entry->len,
		      __print_flags(__entry->flags, "|", { SMNC_FAULT_WRITE, "write" },
				    { SMNC_FAULT_PERM, "perm" }), __entry->seq)
);

/* The driver told a unit to try again, or, with @err, to stop. */
TRACE_EVENT(smnc_fault_answer,
	    TP_PROTO(const struct smnc_pf *pf, u16 func, u8 unit, int err),
	    TP_ARGS(pf, func, unit, err),
	    TP_STRUCT__entry(__string(pf, pci_name(pf->pdev))
		    __field(u16, func)
		    __field(u8, unit)
		    __field(int, err)
	    ),
	    TP_fast_assign(vdcm_assign_str(pf, pci_name(pf->pdev));
		    __entry->func = func;
		    __entry->unit = unit;
		    __entry->err = err;
	    ),
	    TP_printk("%s func=%u unit=%u err=%d", __get_str(pf), __entry->func, __entry->unit,
		      __entry->err)
);

DECLARE_EVENT_CLASS(smnc_func_class,
		    TP_PROTO(const struct smnc_pf *pf, u16 func, int value),
		    TP_ARGS(pf, func, value),
		    TP_STRUCT__entry(__string(pf, pci_name(pf->pdev))
			    __field(u16, func)
			    __field(int, value)
		    ),
		    TP_fast_assign(vdcm_assign_str(pf, pci_name(pf->pdev));
			    __entry->func = func;
			    __entry->value = value;
		    ),
		    TP_printk("%s func=%u %d", __get_str(pf), __entry->func, __entry->value)
);

/* A vector without an MSI-X entry of its own came through the cause ring: @value. */
DEFINE_EVENT(smnc_func_class, smnc_cause,
	     TP_PROTO(const struct smnc_pf *pf, u16 func, int value),
	     TP_ARGS(pf, func, value)
);

/* The function of an open ADI was reset: 0, or an errno. */
DEFINE_EVENT(smnc_func_class, smnc_func_reset,
	     TP_PROTO(const struct smnc_pf *pf, u16 func, int value),
	     TP_ARGS(pf, func, value)
);

/* --- the device ------------------------------------------------------------------- */

DECLARE_EVENT_CLASS(smnc_device_class,
		    TP_PROTO(const struct smnc_pf *pf, const char *what, int err),
		    TP_ARGS(pf, what, err),
		    TP_STRUCT__entry(__string(pf, pci_name(pf->pdev))
			    __string(what, what)
			    __field(int, err)
		    ),
		    TP_fast_assign(vdcm_assign_str(pf, pci_name(pf->pdev));
			    vdcm_assign_str(what, what);
			    __entry->err = err;
		    ),
		    TP_printk("%s %s err=%d", __get_str(pf), __get_str(what), __entry->err)
);

/* The driver does not access the device any more: in reset, asleep, or silent. */
DEFINE_EVENT(smnc_device_class, smnc_quiesce,
	     TP_PROTO(const struct smnc_pf *pf, const char *what, int err),
	     TP_ARGS(pf, what, err)
);

/* The device is back, or, with @err, given up. */
DEFINE_EVENT(smnc_device_class, smnc_resume,
	     TP_PROTO(const struct smnc_pf *pf, const char *what, int err),
	     TP_ARGS(pf, what, err)
);

/* The device is stuck, does not answer, or is given up. */
DEFINE_EVENT(smnc_device_class, smnc_trouble,
	     TP_PROTO(const struct smnc_pf *pf, const char *what, int err),
	     TP_ARGS(pf, what, err)
);

#endif /* SMARTNIC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
