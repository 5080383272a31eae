/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BAR0: the global registers, and the regions of the rest. BAR2: windows. */
#include "pci.h"
#include "../core/core.h"

static uint32_t smnc_status(SmncState *s)
{
    return SMNC_STATUS_READY |
           (smnc_link_up(s) ? SMNC_STATUS_LINK : 0) |
           (smnc_pasid_enabled(s) ? SMNC_STATUS_PASID_EN : 0);
}

static uint32_t smnc_icr_take(SmncState *s)
{
    uint32_t val = s->icr;

    s->icr = 0;
    return val;
}

static uint32_t smnc_global_read(SmncState *s, uint32_t off)
{
    switch (off) {
    case SMNC_ID:
        return SMNC_ID_MAGIC;
    case SMNC_VERSION:
        return SMNC_VERSION_1_0;
    case SMNC_CAPS:
        return SMNC_CAPS_XLAT_TABLE | SMNC_CAPS_STATE |
               (s->has_pasid ? SMNC_CAPS_XLAT_PASID : 0);
    case SMNC_NUM_ADIS:
        return s->num_adis;
    case SMNC_NUM_QPS:
        return s->num_qps;
    case SMNC_NUM_VECS:
        return s->num_vecs;
    case SMNC_SERIAL_LO:
        return s->serial;
    case SMNC_SERIAL_HI:
        return s->serial >> 32;
    case SMNC_STATUS:
        return smnc_status(s);
    case SMNC_LINK_SPEED:
        return SMNC_LINK_MBPS;
    case SMNC_XLAT_MODE:
        return s->xlat_mode;
    case SMNC_MAC_LO:
        return ldl_le_p(s->conf.macaddr.a);
    case SMNC_MAC_HI:
        return lduw_le_p(s->conf.macaddr.a + 4);
    case SMNC_MAX_FRAME:
        return SMNC_FRAME_MAX;
    case SMNC_SWITCH_MODE:
        return s->switch_mode;
    case SMNC_IDENTIFY:
        return s->identify;
    case SMNC_ICR:
        return smnc_icr_take(s);
    case SMNC_ICR_MASK:
        return s->icr_mask;
    case SMNC_INTVEC_MBX ... SMNC_INTVEC_MISC:
        return s->intvec[(off - SMNC_INTVEC_MBX) / 4];
    case SMNC_FAULT_RING ... SMNC_FAULT_RESP - 1:
        return smnc_ring_read(s, (off - SMNC_FAULT_RING) / 0x20, off & 0x1f);
    }
    return 0;
}

static void smnc_set_xlat_mode(SmncState *s, uint32_t val)
{
    if (s->adis_enabled || val > SMNC_XLAT_MODE_PASID) {
        return;
    }
    s->xlat_mode = s->has_pasid ? val : SMNC_XLAT_MODE_TABLE;
}

static void smnc_global_write(SmncState *s, uint32_t off, uint32_t val)
{
    switch (off) {
    case SMNC_CTRL:
        if (val & SMNC_CTRL_RESET) {
            smnc_device_reset(s);
        }
        break;
    case SMNC_XLAT_MODE:
        smnc_set_xlat_mode(s, val);
        break;
    case SMNC_SWITCH_MODE:
        s->switch_mode = val & SMNC_SWITCH_VEPA;
        break;
    case SMNC_IDENTIFY:
        s->identify = val & SMNC_IDENTIFY_ON;
        break;
    case SMNC_ICR_MASK:
        s->icr_mask = val;
        break;
    case SMNC_INTVEC_MBX ... SMNC_INTVEC_MISC:
        s->intvec[(off - SMNC_INTVEC_MBX) / 4] =
            val & (SMNC_INTVEC_VALID | SMNC_INTVEC_VEC);
        break;
    case SMNC_FAULT_RING ... SMNC_FAULT_RESP - 1:
        smnc_ring_write(s, (off - SMNC_FAULT_RING) / 0x20, off & 0x1f, val);
        break;
    case SMNC_FAULT_RESP:
        smnc_fault_resp(s, val);
        break;
    }
}

/* --- BAR0 by region -------------------------------------------------------------- */

enum smnc_region { R_NONE, R_GLOBAL, R_WINDOW, R_FUNC, R_QP, R_STATS, R_UPLINK };

/* Which region @off is in; *idx is the block's number, *off what is left. */
static enum smnc_region smnc_region(SmncState *s, hwaddr *off, unsigned *idx)
{
    hwaddr o = *off;

    *idx = 0;
    if (o < 0x1000) {
        return R_GLOBAL;
    }
    if (o >= SMNC_PF_WINDOW && o < SMNC_PF_WINDOW + SMNC_WINDOW_SIZE) {
        *off = o - SMNC_PF_WINDOW;
        return R_WINDOW;
    }
    if (o >= SMNC_STATS(0) && o < SMNC_STATS(smnc_num_funcs(s))) {
        *idx = (o - SMNC_STATS(0)) / 0x100;
        *off = o & 0xff;
        return R_STATS;
    }
    if (o >= SMNC_UPLINK_STATS &&
        o < SMNC_UPLINK_STATS + 8 * SMNC_UPLINK_COUNT) {
        *off = o - SMNC_UPLINK_STATS;
        return R_UPLINK;
    }
    if (o >= SMNC_QP(0) && o < SMNC_QP(s->num_qps)) {
        *off = o - SMNC_QP(0);
        return R_QP;
    }
    if (o >= SMNC_FUNC(0) && o < SMNC_FUNC(smnc_num_funcs(s))) {
        *idx = (o - SMNC_FUNC(0)) / 0x100;
        *off = o & 0xff;
        return R_FUNC;
    }
    return R_NONE;
}

/* All or a half of one of @nr counters. */
static uint64_t smnc_stats_read(const uint64_t *stats, unsigned nr,
                                uint32_t off, unsigned size)
{
    uint64_t val;

    if (off / 8 >= nr) {
        return 0;
    }
    val = stats[off / 8];
    if (size == 8) {
        return val;
    }
    return off & 4 ? val >> 32 : (uint32_t)val;
}

static uint64_t smnc_ctrl_read(void *opaque, hwaddr off, unsigned size)
{
    SmncState *s = opaque;
    unsigned idx;
    enum smnc_region region;

    if (off & (size - 1)) {
        return 0;
    }
    region = smnc_region(s, &off, &idx);
    if (region == R_STATS && (size == 4 || size == 8)) {
        return smnc_stats_read(s->func[idx].stats, SMNC_STAT_COUNT, off, size);
    }
    if (region == R_UPLINK && (size == 4 || size == 8)) {
        return smnc_stats_read(s->uplink, SMNC_UPLINK_COUNT, off, size);
    }
    if (size != 4) {
        return 0;
    }
    switch (region) {
    case R_GLOBAL:
        return smnc_global_read(s, off);
    case R_WINDOW:
        return smnc_window_read(&s->func[0], off);
    case R_FUNC:
        return smnc_func_read(&s->func[idx], off);
    case R_QP:
        return smnc_qp_read(s, off);
    default:
        return 0;
    }
}

static void smnc_ctrl_write(void *opaque, hwaddr off, uint64_t val,
                            unsigned size)
{
    SmncState *s = opaque;
    unsigned idx;

    if (size != 4 || off & 3) {
        return;
    }
    switch (smnc_region(s, &off, &idx)) {
    case R_GLOBAL:
        smnc_global_write(s, off, val);
        break;
    case R_WINDOW:
        smnc_window_write(&s->func[0], off, val, size);
        break;
    case R_FUNC:
        smnc_func_write(&s->func[idx], off, val);
        break;
    case R_QP:
        smnc_qp_write(s, off, val);
        break;
    default:
        break;
    }
}

static SmncFunc *smnc_adi(SmncState *s, hwaddr off)
{
    unsigned k = off / SMNC_WINDOW_SIZE;

    return k < s->num_adis ? &s->func[k + 1] : NULL;
}

static uint64_t smnc_adi_read(void *opaque, hwaddr off, unsigned size)
{
    SmncFunc *f = smnc_adi(opaque, off);

    if (!f || size != 4 || off & 3) {
        return 0;
    }
    return smnc_window_read(f, off % SMNC_WINDOW_SIZE);
}

static void smnc_adi_write(void *opaque, hwaddr off, uint64_t val,
                           unsigned size)
{
    SmncFunc *f = smnc_adi(opaque, off);

    if (f && !(off & (size - 1))) {
        smnc_window_write(f, off % SMNC_WINDOW_SIZE, val, size);
    }
}

/* Accept any size and alignment, so that the model can ignore it. */
const MemoryRegionOps smnc_ctrl_ops = {
    .read = smnc_ctrl_read,
    .write = smnc_ctrl_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

const MemoryRegionOps smnc_adi_ops = {
    .read = smnc_adi_read,
    .write = smnc_adi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};
