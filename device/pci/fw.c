/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware: one request, one reply, through a small buffer in BAR4. */
#include "pci.h"
#include "../core/core.h"
#include "../switch/switch.h"
#include "../virtio/virtio.h"
#include "../trace.h"
#include "qemu/main-loop.h"

#define OFF(reg)            ((reg) - SNIC_FW_REQUEST)
#define FW_MAJOR            1
#define FW_MINOR            0
#define FW_PATCH            0

/* --- operations: a positive errno or 0 --------------------------------------------- */

typedef int SnicFwOp(SnicState *s, unsigned vsi, const void *in, void *out);

static int snic_fw_get_info(SnicState *s, unsigned vsi, const void *in,
                            void *out)
{
    struct snic_fw_info *info = out;

    info->major = cpu_to_le16(FW_MAJOR);
    info->minor = cpu_to_le16(FW_MINOR);
    info->patch = cpu_to_le16(FW_PATCH);
    info->macs_per_vsi = cpu_to_le16(SNIC_FW_MACS_PER_VSI);
    return 0;
}

static int snic_fw_vsi_set(SnicState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct snic_fw_vsi *req = in;

    return snic_veb_set(s, vsi, le16_to_cpu(req->flags),
                        le32_to_cpu(req->vlan), le32_to_cpu(req->tx_rate));
}

static int snic_fw_vsi_vlans(SnicState *s, unsigned vsi, const void *in,
                             void *out)
{
    return snic_veb_vlans(s, vsi, in);
}

static int snic_fw_vsi_clear(SnicState *s, unsigned vsi, const void *in,
                             void *out)
{
    snic_veb_clear(s, vsi);
    return 0;
}

static int snic_fw_mac_add(SnicState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct snic_fw_mac *req = in;

    return snic_mac_add(s, vsi, snic_mac_key(req->mac));
}

static int snic_fw_mac_del(SnicState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct snic_fw_mac *req = in;

    return snic_mac_del(s, vsi, snic_mac_key(req->mac));
}

static int snic_fw_chunk(const struct snic_fw_chunk *req, uint8_t *to,
                         unsigned size)
{
    if (!req->len || req->len > sizeof(req->data) ||
        req->offset + req->len > size) {
        return EINVAL;
    }
    memcpy(to + req->offset, req->data, req->len);
    return 0;
}

static int snic_fw_rss_key(SnicState *s, unsigned vsi, const void *in,
                           void *out)
{
    return snic_fw_chunk(in, s->func[vsi].vsi.key, SNIC_RSS_KEY_BYTES);
}

static int snic_fw_rss_lut(SnicState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct snic_fw_chunk *req = in;
    unsigned i;

    for (i = 0; i < MIN(req->len, sizeof(req->data)); i++) {
        if (req->data[i] >= SNIC_FUNC_QPS) {
            return EINVAL;
        }
    }
    return snic_fw_chunk(req, s->func[vsi].vsi.lut, SNIC_RSS_LUT_ENTRIES);
}

static int snic_fw_rss_hash(SnicState *s, unsigned vsi, const void *in,
                            void *out)
{
    const struct snic_fw_hash *req = in;

    s->func[vsi].vsi.hashcfg = le64_to_cpu(req->hashcfg);
    return 0;
}

static int snic_fw_pf_resource(SnicState *s, unsigned vsi, const void *in,
                               void *out)
{
    snic_vq_resource(out);
    return 0;
}

static int snic_fw_status(SnicState *s, unsigned vsi, const void *in, void *out)
{
    struct snic_fw_status *status = out;

    status->stopped = cpu_to_le64(snic_vq_errors(&s->func[vsi]));
    status->link = snic_link_up(s);
    return 0;
}

static int snic_fw_drv_feature(SnicState *s, unsigned vsi, const void *in,
                               void *out)
{
    const struct snic_fw_feature *req = in;

    return snic_vq_set_features(&s->func[vsi], le64_to_cpu(req->features),
                                le64_to_cpu(req->offloads));
}

static int snic_fw_vq_addr(SnicState *s, unsigned vsi, const void *in,
                           void *out)
{
    return snic_vq_set_addr(&s->func[vsi], in);
}

static int snic_fw_vq_msix(SnicState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct snic_fw_vq_msix *req = in;

    return snic_vq_set_msix(&s->func[vsi], le16_to_cpu(req->vq),
                            le16_to_cpu(req->vector));
}

static int snic_fw_vq_enable(SnicState *s, unsigned vsi, const void *in,
                             void *out)
{
    const struct snic_fw_vq_enable *req = in;

    return snic_vq_set_enable(&s->func[vsi], le16_to_cpu(req->vq),
                              le16_to_cpu(req->flags));
}

static SnicFwOp *const snic_fw_ops_table[] = {
    [SNIC_FW_GET_INFO] = snic_fw_get_info,
    [SNIC_FW_VSI_SET] = snic_fw_vsi_set,
    [SNIC_FW_MAC_ADD] = snic_fw_mac_add,
    [SNIC_FW_MAC_DEL] = snic_fw_mac_del,
    [SNIC_FW_VSI_CLEAR] = snic_fw_vsi_clear,
    [SNIC_FW_RSS_KEY] = snic_fw_rss_key,
    [SNIC_FW_RSS_LUT] = snic_fw_rss_lut,
    [SNIC_FW_RSS_HASH] = snic_fw_rss_hash,
    [SNIC_FW_VSI_VLANS] = snic_fw_vsi_vlans,
    [SNIC_FW_GET_PF_RESOURCE] = snic_fw_pf_resource,
    [SNIC_FW_GET_STATUS] = snic_fw_status,
    [SNIC_FW_SET_DRV_FEATURE] = snic_fw_drv_feature,
    [SNIC_FW_SET_VQ_ADDR] = snic_fw_vq_addr,
    [SNIC_FW_SET_VQ_MSIX] = snic_fw_vq_msix,
    [SNIC_FW_SET_VQ_ENABLE] = snic_fw_vq_enable,
};

static int snic_fw_execute(SnicState *s, const struct snic_fw_msg *req,
                           struct snic_fw_msg *reply)
{
    /* Every operation but GET_INFO starts with the number of a VSI. */
    unsigned vsi = lduw_le_p(req->payload);
    /* A payload may hold 64-bit words; in its message it is not aligned. */
    uint64_t in[sizeof(req->payload) / 8], out[ARRAY_SIZE(in)] = { 0 };
    int rc;

    QEMU_BUILD_BUG_ON(sizeof(in) != sizeof(req->payload));
    if (req->op >= ARRAY_SIZE(snic_fw_ops_table) ||
        !snic_fw_ops_table[req->op]) {
        return EINVAL;
    }
    if (req->op != SNIC_FW_GET_INFO && vsi >= snic_num_funcs(s)) {
        return EINVAL;
    }
    memcpy(in, req->payload, sizeof(in));
    rc = snic_fw_ops_table[req->op](s, vsi, in, out);
    memcpy(reply->payload, out, sizeof(out));
    return rc;
}

static void snic_fw_answer(SnicState *s, const struct snic_fw_msg *req,
                           enum snic_fw_fault fault)
{
    struct snic_fw_msg reply = { .op = req->op, .seq = req->seq, .status = EIO };

    if (fault != SNIC_FW_ERROR) {
        reply.status = snic_fw_execute(s, req, &reply);
    }
    trace_snic_firmware(req->op, req->seq, reply.status);
    s->fw_csr &= ~SNIC_FW_CSR2_READY;
    if (fault == SNIC_FW_LOST) {
        return;
    }
    memcpy(s->fw_reply, &reply, sizeof(reply));
    s->fw_csr |= SNIC_FW_CSR3_READY;
    snic_pf_event(s, SNIC_ICR_FW);
}

/* The fault that a test injected into the answer to @op, once. */
static enum snic_fw_fault snic_fw_injected(SnicState *s, unsigned op)
{
    SnicInject *in = &s->inject;
    enum snic_fw_fault fault = in->fw;

    if (!fault || (in->fw_op && in->fw_op != op)) {
        return SNIC_FW_FINE;
    }
    in->fw = SNIC_FW_FINE;
    return fault;
}

static void snic_fw_work(void *opaque)
{
    SnicState *s = opaque;
    struct snic_fw_msg req;
    enum snic_fw_fault fault;

    QEMU_BUILD_BUG_ON(sizeof(req) != SNIC_FW_MSG_BYTES);
    if (!(s->fw_csr & SNIC_FW_CSR2_READY) || s->fw_csr & SNIC_FW_CSR3_READY ||
        s->fw_held) {
        return;
    }
    memcpy(&req, s->fw_req, sizeof(req));
    fault = snic_fw_injected(s, req.op);
    if (fault == SNIC_FW_LATE || fault == SNIC_FW_HANGS) {
        s->fw_held = true;
        if (fault == SNIC_FW_LATE) {
            timer_mod(s->fw_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                                   s->inject.fw_late_ms);
        }
        return;
    }
    snic_fw_answer(s, &req, fault);
}

/* Answers the request that was delayed. */
static void snic_fw_late(void *opaque)
{
    SnicState *s = opaque;

    s->fw_held = false;
    snic_fw_work(s);
}

/* --- registers ----------------------------------------------------------------------- */

static uint64_t snic_fw_read(void *opaque, hwaddr off, unsigned size)
{
    SnicState *s = opaque;
    uint8_t window[OFF(SNIC_FW_CSR) + 4] = { 0 };

    memcpy(window, s->fw_req, sizeof(s->fw_req));
    memcpy(window + OFF(SNIC_FW_REPLY), s->fw_reply, sizeof(s->fw_reply));
    stl_le_p(window + OFF(SNIC_FW_CSR), s->fw_csr);
    if (off + size > OFF(SNIC_FW_CSR) &&
        (off != OFF(SNIC_FW_CSR) || size != 4)) {
        return 0;       /* a register, not a buffer */
    }
    return ldn_le_p(window + off, size);
}

static void snic_fw_write(void *opaque, hwaddr off, uint64_t val,
                          unsigned size)
{
    SnicState *s = opaque;
    unsigned i;

    if (off == OFF(SNIC_FW_CSR) && size == 4) {
        s->fw_csr |= val & SNIC_FW_CSR2_READY;
        s->fw_csr &= ~(val & SNIC_FW_CSR3_READY);
        qemu_bh_schedule(s->fw_bh);
        return;
    }
    for (i = 0; i < size && off + i < sizeof(s->fw_req); i++) {
        s->fw_req[off + i] = val >> (8 * i);
    }
}

const MemoryRegionOps snic_fw_ops = {
    .read = snic_fw_read,
    .write = snic_fw_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};

void snic_fw_init(SnicState *s)
{
    s->fw_bh = qemu_bh_new_guarded(snic_fw_work, s,
                                   &s->parent_obj.qdev.mem_reentrancy_guard);
    s->fw_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, snic_fw_late, s);
}

void snic_fw_exit(SnicState *s)
{
    timer_free(s->fw_timer);
    qemu_bh_delete(s->fw_bh);
}

void snic_fw_reset(SnicState *s)
{
    timer_del(s->fw_timer);
    s->fw_held = false;
    s->fw_csr = 0;
    memset(s->fw_req, 0, sizeof(s->fw_req));
    memset(s->fw_reply, 0, sizeof(s->fw_reply));
}
