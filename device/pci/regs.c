/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BAR0: the global registers, and the regions of the rest. BAR2: windows. */
#include "pci.h"
#include "../core/core.h"

static uint32_t snic_status(SnicState *s)
{
    return SNIC_STATUS_READY |
           (snic_link_up(s) ? SNIC_STATUS_LINK : 0) |
           (snic_pasid_enabled(s) ? SNIC_STATUS_PASID_EN : 0);
}

static uint32_t snic_global_read(SnicState *s, uint32_t off)
{
    const uint8_t *mac = s->conf.macaddr.a;
    uint32_t val;

    switch (off) {
    case SNIC_ID:
        return SNIC_ID_MAGIC;
    case SNIC_VERSION:
        return SNIC_VERSION_1_0;
    case SNIC_CAPS:
        return SNIC_CAPS_XLAT_TABLE | (s->has_pasid ? SNIC_CAPS_XLAT_PASID : 0);
    case SNIC_NUM_ADIS:
        return s->num_adis;
    case SNIC_NUM_QPS:
        return s->num_qps;
    case SNIC_NUM_VECS:
        return s->num_vecs;
    case SNIC_SERIAL_LO:
        return s->serial;
    case SNIC_SERIAL_HI:
        return s->serial >> 32;
    case SNIC_STATUS:
        return snic_status(s);
    case SNIC_LINK_SPEED:
        return SNIC_LINK_MBPS;
    case SNIC_XLAT_MODE:
        return s->xlat_mode;
    case SNIC_MAC_LO:
        return ldl_le_p(mac);
    case SNIC_MAC_HI:
        return lduw_le_p(mac + 4);
    case SNIC_MAX_FRAME:
        return SNIC_FRAME_MAX;
    case SNIC_ICR:
        val = s->icr;
        s->icr = 0;
        return val;
    case SNIC_ICR_MASK:
        return s->icr_mask;
    case SNIC_INTVEC_MBX ... SNIC_INTVEC_MISC:
        return s->intvec[(off - SNIC_INTVEC_MBX) / 4];
    case SNIC_FAULT_RING ... SNIC_FAULT_RESP - 1:
        return snic_ring_read(s, (off - SNIC_FAULT_RING) / 0x20, off & 0x1f);
    }
    return 0;
}

static void snic_set_xlat_mode(SnicState *s, uint32_t val)
{
    if (s->adis_enabled || val > SNIC_XLAT_MODE_PASID) {
        return;
    }
    s->xlat_mode = s->has_pasid ? val : SNIC_XLAT_MODE_TABLE;
}

static void snic_global_write(SnicState *s, uint32_t off, uint32_t val)
{
    switch (off) {
    case SNIC_CTRL:
        if (val & SNIC_CTRL_RESET) {
            snic_device_reset(s);
        }
        break;
    case SNIC_XLAT_MODE:
        snic_set_xlat_mode(s, val);
        break;
    case SNIC_ICR_MASK:
        s->icr_mask = val;
        break;
    case SNIC_INTVEC_MBX ... SNIC_INTVEC_MISC:
        s->intvec[(off - SNIC_INTVEC_MBX) / 4] =
            val & (SNIC_INTVEC_VALID | SNIC_INTVEC_VEC);
        break;
    case SNIC_FAULT_RING ... SNIC_FAULT_RESP - 1:
        snic_ring_write(s, (off - SNIC_FAULT_RING) / 0x20, off & 0x1f, val);
        break;
    case SNIC_FAULT_RESP:
        snic_fault_resp(s, val);
        break;
    }
}

/* --- BAR0 by region -------------------------------------------------------------- */

enum snic_region { R_NONE, R_GLOBAL, R_WINDOW, R_FUNC, R_QP, R_STATS };

/* Which region @off is in; *idx is the block's number, *off what is left. */
static enum snic_region snic_region(SnicState *s, hwaddr *off, unsigned *idx)
{
    hwaddr o = *off;

    *idx = 0;
    if (o < 0x1000) {
        return R_GLOBAL;
    }
    if (o >= SNIC_PF_WINDOW && o < SNIC_PF_WINDOW + SNIC_WINDOW_SIZE) {
        *off = o - SNIC_PF_WINDOW;
        return R_WINDOW;
    }
    if (o >= SNIC_STATS(0) && o < SNIC_STATS(snic_num_funcs(s))) {
        *idx = (o - SNIC_STATS(0)) / 0x100;
        *off = o & 0xff;
        return R_STATS;
    }
    if (o >= SNIC_QP(0) && o < SNIC_QP(s->num_qps)) {
        *off = o - SNIC_QP(0);
        return R_QP;
    }
    if (o >= SNIC_FUNC(0) && o < SNIC_FUNC(snic_num_funcs(s))) {
        *idx = (o - SNIC_FUNC(0)) / 0x100;
        *off = o & 0xff;
        return R_FUNC;
    }
    return R_NONE;
}

static uint64_t snic_stats_read(SnicFunc *f, uint32_t off, unsigned size)
{
    uint64_t val;

    if (off / 8 >= SNIC_STAT_COUNT) {
        return 0;
    }
    val = f->stats[off / 8];
    if (size == 8) {
        return val;
    }
    return off & 4 ? val >> 32 : (uint32_t)val;
}

static uint64_t snic_ctrl_read(void *opaque, hwaddr off, unsigned size)
{
    SnicState *s = opaque;
    unsigned idx;
    enum snic_region region;

    if (off & (size - 1)) {
        return 0;
    }
    region = snic_region(s, &off, &idx);
    if (region == R_STATS && (size == 4 || size == 8)) {
        return snic_stats_read(&s->func[idx], off, size);
    }
    if (size != 4) {
        return 0;
    }
    switch (region) {
    case R_GLOBAL:
        return snic_global_read(s, off);
    case R_WINDOW:
        return snic_window_read(&s->func[0], off);
    case R_FUNC:
        return snic_func_read(&s->func[idx], off);
    case R_QP:
        return snic_qp_read(s, off);
    default:
        return 0;
    }
}

static void snic_ctrl_write(void *opaque, hwaddr off, uint64_t val,
                            unsigned size)
{
    SnicState *s = opaque;
    unsigned idx;

    if (size != 4 || off & 3) {
        return;
    }
    switch (snic_region(s, &off, &idx)) {
    case R_GLOBAL:
        snic_global_write(s, off, val);
        break;
    case R_WINDOW:
        snic_window_write(&s->func[0], off, val, size);
        break;
    case R_FUNC:
        snic_func_write(&s->func[idx], off, val);
        break;
    case R_QP:
        snic_qp_write(s, off, val);
        break;
    default:
        break;
    }
}

static SnicFunc *snic_adi(SnicState *s, hwaddr off)
{
    unsigned k = off / SNIC_WINDOW_SIZE;

    return k < s->num_adis ? &s->func[k + 1] : NULL;
}

static uint64_t snic_adi_read(void *opaque, hwaddr off, unsigned size)
{
    SnicFunc *f = snic_adi(opaque, off);

    if (!f || size != 4 || off & 3) {
        return 0;
    }
    return snic_window_read(f, off % SNIC_WINDOW_SIZE);
}

static void snic_adi_write(void *opaque, hwaddr off, uint64_t val,
                           unsigned size)
{
    SnicFunc *f = snic_adi(opaque, off);

    if (f && !(off & (size - 1))) {
        snic_window_write(f, off % SNIC_WINDOW_SIZE, val, size);
    }
}

/* Accept any size and alignment, so that the model can ignore it. */
const MemoryRegionOps snic_ctrl_ops = {
    .read = snic_ctrl_read,
    .write = snic_ctrl_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

const MemoryRegionOps snic_adi_ops = {
    .read = snic_adi_read,
    .write = snic_adi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};
