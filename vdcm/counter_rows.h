/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of an ADI: a row is VDCM_CNT_* and its name in sysfs (vdcm_counters_group). No guard:
 * included where VDCM_COUNTER_ROW() is defined. docs/abi describes each.
 */
VDCM_COUNTER_ROW(TRAPS_READ, traps_read)
VDCM_COUNTER_ROW(TRAPS_WRITE, traps_write)
VDCM_COUNTER_ROW(MMAP_FAULTS, mmap_faults)
VDCM_COUNTER_ROW(DOORBELL_TRAPS, doorbell_traps)
VDCM_COUNTER_ROW(DMA_FAULTS, dma_faults)
VDCM_COUNTER_ROW(PAGES_PINNED_TOTAL, pages_pinned_total)
VDCM_COUNTER_ROW(PINNED_PAGES, pinned_pages)
VDCM_COUNTER_ROW(FAULT_AROUND_PAGES, fault_around_pages)
VDCM_COUNTER_ROW(PINS_FAILED, pins_failed)
VDCM_COUNTER_ROW(STARVED, starved)
VDCM_COUNTER_ROW(UNMAP_CALLBACKS, unmap_callbacks)
VDCM_COUNTER_ROW(DISCARDS, discards)
VDCM_COUNTER_ROW(HOLDOFF_DELAYED, holdoff_delayed)
VDCM_COUNTER_ROW(HOLDOFF_WOULD_RETRY, holdoff_would_retry)
VDCM_COUNTER_ROW(IRQS_SIGNALLED, irqs_signalled)
VDCM_COUNTER_ROW(RESETS, resets)
VDCM_COUNTER_ROW(RESUMES, resumes)
VDCM_COUNTER_ROW(AGED_PAGES, aged_pages)
VDCM_COUNTER_ROW(AGE_FAULTS, age_faults)
