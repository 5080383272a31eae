/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware: one request, one reply, through a small buffer in BAR4. */
#include "pci.h"
#include "../core/core.h"
#include "../packet/packet.h"
#include "../switch/switch.h"
#include "../virtio/virtio.h"
#include "../trace.h"
#include "qemu/main-loop.h"

#define OFF(reg)            ((reg) - SMNC_FW_REQUEST)
#define FW_MAJOR            1
#define FW_MINOR            0
#define FW_PATCH            0

/* --- operations: a positive errno or 0 --------------------------------------------- */

typedef int SmncFwOp(SmncState *s, unsigned vsi, const void *in, void *out);

static int smnc_fw_get_info(SmncState *s, unsigned vsi, const void *in,
                            void *out)
{
    struct smnc_fw_info *info = out;

    info->major = cpu_to_le16(FW_MAJOR);
    info->minor = cpu_to_le16(FW_MINOR);
    info->patch = cpu_to_le16(FW_PATCH);
    info->macs_per_vsi = cpu_to_le16(SMNC_FW_MACS_PER_VSI);
    return 0;
}

static int smnc_fw_vsi_set(SmncState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct smnc_fw_vsi *req = in;

    return smnc_veb_set(s, vsi, le16_to_cpu(req->flags),
                        le32_to_cpu(req->vlan), le32_to_cpu(req->tx_rate));
}

static int smnc_fw_vsi_vlans(SmncState *s, unsigned vsi, const void *in,
                             void *out)
{
    return smnc_veb_vlans(s, vsi, in);
}

static int smnc_fw_vsi_clear(SmncState *s, unsigned vsi, const void *in,
                             void *out)
{
    smnc_veb_clear(s, vsi);
    return 0;
}

static int smnc_fw_mac_add(SmncState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct smnc_fw_mac *req = in;

    return smnc_mac_add(s, vsi, smnc_mac_key(req->mac));
}

static int smnc_fw_mac_del(SmncState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct smnc_fw_mac *req = in;

    return smnc_mac_del(s, vsi, smnc_mac_key(req->mac));
}

static int smnc_fw_chunk(const struct smnc_fw_chunk *req, uint8_t *to,
                         unsigned size)
{
    if (!req->len || req->len > sizeof(req->data) ||
        req->offset + req->len > size) {
        return EINVAL;
    }
    memcpy(to + req->offset, req->data, req->len);
    return 0;
}

static int smnc_fw_rss_key(SmncState *s, unsigned vsi, const void *in,
                           void *out)
{
    return smnc_fw_chunk(in, s->func[vsi].vsi.key, SMNC_RSS_KEY_BYTES);
}

static int smnc_fw_rss_lut(SmncState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct smnc_fw_chunk *req = in;
    unsigned i;

    for (i = 0; i < MIN(req->len, sizeof(req->data)); i++) {
        if (req->data[i] >= SMNC_FUNC_QPS) {
            return EINVAL;
        }
    }
    return smnc_fw_chunk(req, s->func[vsi].vsi.lut, SMNC_RSS_LUT_ENTRIES);
}

static int smnc_fw_rss_hash(SmncState *s, unsigned vsi, const void *in,
                            void *out)
{
    const struct smnc_fw_hash *req = in;

    SmncVsi *v = &s->func[vsi].vsi;

    v->hashcfg = le64_to_cpu(req->hashcfg);
    v->hash_omit = le32_to_cpu(req->omit);
    v->hash_sym = req->symmetric;
    return 0;
}

/* Reads a payload of @size bytes from the PF's memory. */
static int smnc_fw_fetch(SmncState *s, const struct smnc_fw_memory *req,
                         void *to, unsigned size)
{
    if (le16_to_cpu(req->len) != size) {
        return EINVAL;
    }
    return smnc_live(s) &&
           smnc_pf_dma(s, le64_to_cpu(req->addr), to, size, false) ? 0 : EFAULT;
}

static int smnc_fw_flow_set(SmncState *s, unsigned vsi, const void *in,
                            void *out)
{
    const struct smnc_fw_memory *req = in;
    struct smnc_flow rule;
    int rc = smnc_fw_fetch(s, req, &rule, sizeof(rule));

    return rc ? rc : smnc_flow_set(&s->func[vsi].vsi, le16_to_cpu(req->index),
                                   &rule);
}

static int smnc_fw_flow_del(SmncState *s, unsigned vsi, const void *in,
                            void *out)
{
    const struct smnc_fw_memory *req = in;

    return smnc_flow_del(&s->func[vsi].vsi, le16_to_cpu(req->index));
}

static int smnc_fw_pf_resource(SmncState *s, unsigned vsi, const void *in,
                               void *out)
{
    smnc_vq_resource(out);
    return 0;
}

static int smnc_fw_status(SmncState *s, unsigned vsi, const void *in, void *out)
{
    struct smnc_fw_status *status = out;

    status->stopped = cpu_to_le64(smnc_vq_errors(&s->func[vsi]));
    status->link = smnc_link_up(s);
    return 0;
}

static int smnc_fw_drv_feature(SmncState *s, unsigned vsi, const void *in,
                               void *out)
{
    const struct smnc_fw_feature *req = in;

    return smnc_vq_set_features(&s->func[vsi], le64_to_cpu(req->features),
                                le64_to_cpu(req->offloads));
}

static int smnc_fw_vq_addr(SmncState *s, unsigned vsi, const void *in,
                           void *out)
{
    return smnc_vq_set_addr(&s->func[vsi], in);
}

static int smnc_fw_vq_msix(SmncState *s, unsigned vsi, const void *in,
                           void *out)
{
    const struct smnc_fw_vq_msix *req = in;

    return smnc_vq_set_msix(&s->func[vsi], le16_to_cpu(req->vq),
                            le16_to_cpu(req->vector));
}

static int smnc_fw_vq_enable(SmncState *s, unsigned vsi, const void *in,
                             void *out)
{
    const struct smnc_fw_vq_enable *req = in;

    return smnc_vq_set_enable(&s->func[vsi], req);
}

static int smnc_fw_set_vq_places(SmncState *s, unsigned vsi, const void *in,
                                 void *out)
{
    const struct smnc_fw_vq_places *req = in;

    return smnc_vq_set_places(&s->func[vsi], le64_to_cpu(req->at));
}

static int smnc_fw_stage_vq_rss(SmncState *s, unsigned vsi, const void *in,
                                void *out)
{
    return smnc_vq_stage_rss(&s->func[vsi], in);
}

static int smnc_fw_set_vq_rss(SmncState *s, unsigned vsi, const void *in,
                              void *out)
{
    return smnc_vq_set_rss(&s->func[vsi], in);
}

static int smnc_fw_set_vq_coal(SmncState *s, unsigned vsi, const void *in,
                               void *out)
{
    const struct smnc_fw_vq_coal *req = in;

    return smnc_vq_set_coal(&s->func[vsi], le16_to_cpu(req->vq),
                            le32_to_cpu(req->usecs),
                            le32_to_cpu(req->packets));
}

static SmncFwOp *const smnc_fw_ops_table[] = {
    [SMNC_FW_GET_INFO] = smnc_fw_get_info,
    [SMNC_FW_VSI_SET] = smnc_fw_vsi_set,
    [SMNC_FW_MAC_ADD] = smnc_fw_mac_add,
    [SMNC_FW_MAC_DEL] = smnc_fw_mac_del,
    [SMNC_FW_VSI_CLEAR] = smnc_fw_vsi_clear,
    [SMNC_FW_RSS_KEY] = smnc_fw_rss_key,
    [SMNC_FW_RSS_LUT] = smnc_fw_rss_lut,
    [SMNC_FW_RSS_HASH] = smnc_fw_rss_hash,
    [SMNC_FW_VSI_VLANS] = smnc_fw_vsi_vlans,
    [SMNC_FW_GET_PF_RESOURCE] = smnc_fw_pf_resource,
    [SMNC_FW_GET_STATUS] = smnc_fw_status,
    [SMNC_FW_SET_DRV_FEATURE] = smnc_fw_drv_feature,
    [SMNC_FW_SET_VQ_ADDR] = smnc_fw_vq_addr,
    [SMNC_FW_SET_VQ_MSIX] = smnc_fw_vq_msix,
    [SMNC_FW_SET_VQ_ENABLE] = smnc_fw_vq_enable,
    [SMNC_FW_STAGE_VQ_RSS] = smnc_fw_stage_vq_rss,
    [SMNC_FW_SET_VQ_RSS] = smnc_fw_set_vq_rss,
    [SMNC_FW_SET_VQ_COAL] = smnc_fw_set_vq_coal,
    [SMNC_FW_FLOW_SET] = smnc_fw_flow_set,
    [SMNC_FW_FLOW_DEL] = smnc_fw_flow_del,
    [SMNC_FW_SET_VQ_PLACES] = smnc_fw_set_vq_places,
};

static int smnc_fw_execute(SmncState *s, const struct smnc_fw_msg *req,
                           struct smnc_fw_msg *reply)
{
    /* Every operation but GET_INFO starts with the number of a VSI. */
    unsigned vsi = lduw_le_p(req->payload);
    /* A payload may hold 64-bit words; in its message it is not aligned. */
    uint64_t in[sizeof(req->payload) / 8], out[ARRAY_SIZE(in)] = { 0 };
    int rc;

    QEMU_BUILD_BUG_ON(sizeof(in) != sizeof(req->payload));
    if (req->op >= ARRAY_SIZE(smnc_fw_ops_table) ||
        !smnc_fw_ops_table[req->op]) {
        return EINVAL;
    }
    if (req->op != SMNC_FW_GET_INFO && vsi >= smnc_num_funcs(s)) {
        return EINVAL;
    }
    memcpy(in, req->payload, sizeof(in));
    rc = smnc_fw_ops_table[req->op](s, vsi, in, out);
    memcpy(reply->payload, out, sizeof(out));
    return rc;
}

static void smnc_fw_answer(SmncState *s, const struct smnc_fw_msg *req,
                           enum smnc_fw_fault fault)
{
    struct smnc_fw_msg reply = { .op = req->op, .seq = req->seq, .status = EIO };

    if (fault != SMNC_FW_ERROR) {
        reply.status = smnc_fw_execute(s, req, &reply);
    }
    trace_smnc_firmware(req->op, req->seq, reply.status);
    s->fw_csr &= ~SMNC_FW_CSR2_READY;
    if (fault == SMNC_FW_LOST) {
        return;
    }
    memcpy(s->fw_reply, &reply, sizeof(reply));
    s->fw_csr |= SMNC_FW_CSR3_READY;
    smnc_pf_event(s, SMNC_ICR_FW);
}

/* The fault that a test injected into the answer to @op, once. */
static enum smnc_fw_fault smnc_fw_injected(SmncState *s, unsigned op)
{
    SmncInject *in = &s->inject;
    enum smnc_fw_fault fault = in->fw;

    if (!fault || (in->fw_op && in->fw_op != op)) {
        return SMNC_FW_FINE;
    }
    in->fw = SMNC_FW_FINE;
    return fault;
}

static void smnc_fw_work(void *opaque)
{
    SmncState *s = opaque;
    struct smnc_fw_msg req;
    enum smnc_fw_fault fault;

    QEMU_BUILD_BUG_ON(sizeof(req) != SMNC_FW_MSG_BYTES);
    if (!(s->fw_csr & SMNC_FW_CSR2_READY) || s->fw_csr & SMNC_FW_CSR3_READY ||
        s->fw_held) {
        return;
    }
    memcpy(&req, s->fw_req, sizeof(req));
    fault = smnc_fw_injected(s, req.op);
    if (fault == SMNC_FW_LATE || fault == SMNC_FW_HANGS) {
        s->fw_held = true;
        if (fault == SMNC_FW_LATE) {
            timer_mod(s->fw_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                                   s->inject.fw_late_ms);
        }
        return;
    }
    smnc_fw_answer(s, &req, fault);
}

/* Answers the request that was delayed. */
static void smnc_fw_late(void *opaque)
{
    SmncState *s = opaque;

    s->fw_held = false;
    smnc_fw_work(s);
}

/* --- registers ----------------------------------------------------------------------- */

static uint64_t smnc_fw_read(void *opaque, hwaddr off, unsigned size)
{
    SmncState *s = opaque;
    uint8_t window[OFF(SMNC_FW_CSR) + 4] = { 0 };

    memcpy(window, s->fw_req, sizeof(s->fw_req));
    memcpy(window + OFF(SMNC_FW_REPLY), s->fw_reply, sizeof(s->fw_reply));
    stl_le_p(window + OFF(SMNC_FW_CSR), s->fw_csr);
    if (off + size > OFF(SMNC_FW_CSR) &&
        (off != OFF(SMNC_FW_CSR) || size != 4)) {
        return 0;       /* a register, not a buffer */
    }
    return ldn_le_p(window + off, size);
}

static void smnc_fw_write(void *opaque, hwaddr off, uint64_t val,
                          unsigned size)
{
    SmncState *s = opaque;
    unsigned i;

    if (off == OFF(SMNC_FW_CSR) && size == 4) {
        s->fw_csr |= val & SMNC_FW_CSR2_READY;
        s->fw_csr &= ~(val & SMNC_FW_CSR3_READY);
        qemu_bh_schedule(s->fw_bh);
        return;
    }
    for (i = 0; i < size && off + i < sizeof(s->fw_req); i++) {
        s->fw_req[off + i] = val >> (8 * i);
    }
}

const MemoryRegionOps smnc_fw_ops = {
    .read = smnc_fw_read,
    .write = smnc_fw_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};

void smnc_fw_init(SmncState *s)
{
    s->fw_bh = qemu_bh_new_guarded(smnc_fw_work, s,
                                   &s->parent_obj.qdev.mem_reentrancy_guard);
    s->fw_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, smnc_fw_late, s);
}

void smnc_fw_exit(SmncState *s)
{
    timer_free(s->fw_timer);
    qemu_bh_delete(s->fw_bh);
}

void smnc_fw_reset(SmncState *s)
{
    timer_del(s->fw_timer);
    s->fw_held = false;
    s->fw_csr = 0;
    memset(s->fw_req, 0, sizeof(s->fw_req));
    memset(s->fw_reply, 0, sizeof(s->fw_reply));
}
