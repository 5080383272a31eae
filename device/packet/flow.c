/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a VSI's flow table: which rules are valid, and which one a frame matches. */
#include "packet.h"
#include "net/eth.h"

#define IP_FIELDS           (SMNC_FLOW_PROTO | SMNC_FLOW_TOS | SMNC_FLOW_SRC | \
                             SMNC_FLOW_DST | PORT_FIELDS)
#define PORT_FIELDS         (SMNC_FLOW_SPORT | SMNC_FLOW_DPORT)
#define FIELDS              (SMNC_FLOW_ETHERTYPE | SMNC_FLOW_VERSION | IP_FIELDS)

static bool smnc_has_ports(uint8_t proto)
{
    return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP ||
           proto == IP_PROTO_SCTP;
}

static bool smnc_flow_valid(const struct smnc_flow *r)
{
    unsigned fields = le16_to_cpu(r->fields);

    if (!fields || fields & ~FIELDS || r->action > SMNC_FLOW_TO_QUEUE ||
        r->queue >= SMNC_FUNC_QPS) {
        return false;
    }
    if (fields & IP_FIELDS && !(fields & SMNC_FLOW_VERSION)) {
        return false;
    }
    if (fields & SMNC_FLOW_VERSION && r->version != 4 && r->version != 6) {
        return false;
    }
    return !(fields & PORT_FIELDS) ||
           (fields & SMNC_FLOW_PROTO && smnc_has_ports(r->proto));
}

/* A positive errno or 0 */
int smnc_flow_set(SmncVsi *v, unsigned index, const struct smnc_flow *rule)
{
    if (index >= SMNC_FLOWS || !smnc_flow_valid(rule)) {
        return EINVAL;
    }
    if (!v->flows) {
        v->flows = g_new0(struct smnc_flow, SMNC_FLOWS);
    }
    v->nflows += !v->flows[index].fields;
    v->flows[index] = *rule;
    return 0;
}

int smnc_flow_del(SmncVsi *v, unsigned index)
{
    if (index >= SMNC_FLOWS) {
        return EINVAL;
    }
    if (!v->flows || !v->flows[index].fields) {
        return ENOENT;
    }
    v->flows[index].fields = 0;
    v->nflows--;
    return 0;
}

void smnc_flow_clear(SmncVsi *v)
{
    g_free(v->flows);
    v->flows = NULL;
    v->nflows = 0;
}

/* The type behind a first 802.1Q tag. NULL: the frame ends before. */
static const uint8_t *smnc_flow_type(const SmncFrame *frame)
{
    const uint8_t *type = frame->data + SMNC_TAG_AT;

    if (lduw_be_p(type) != ETH_P_VLAN) {
        return type;
    }
    return frame->len >= ETH_HLEN + SMNC_TAG_BYTES ? type + SMNC_TAG_BYTES : NULL;
}

static bool smnc_flow_ip(const struct smnc_flow *r, unsigned fields,
                         const SmncFrame *frame)
{
    unsigned addr = r->version == 4 ? 4 : 16;
    const uint8_t *ports = frame->rss + 2 * addr;

    if (frame->ip_version != r->version ||
        (fields & SMNC_FLOW_PROTO && frame->ip_proto != r->proto) ||
        (fields & SMNC_FLOW_TOS && frame->ip_tos != r->tos) ||
        (fields & SMNC_FLOW_SRC && memcmp(frame->rss, r->src, addr)) ||
        (fields & SMNC_FLOW_DST && memcmp(frame->rss + addr, r->dst, addr))) {
        return false;
    }
    if (!(fields & PORT_FIELDS)) {
        return true;
    }
    return frame->rss_len == 2 * addr + 4 &&
           !(fields & SMNC_FLOW_SPORT && memcmp(ports, r->sport, 2)) &&
           !(fields & SMNC_FLOW_DPORT && memcmp(ports + 2, r->dport, 2));
}

static bool smnc_flow_matches(const struct smnc_flow *r, const SmncFrame *frame,
                              const uint8_t *type)
{
    unsigned fields = le16_to_cpu(r->fields);

    if (!fields || (fields & SMNC_FLOW_ETHERTYPE &&
                    (!type || memcmp(type, r->ethertype, 2)))) {
        return false;
    }
    return !(fields & SMNC_FLOW_VERSION) || smnc_flow_ip(r, fields, frame);
}

/* The first rule that a parsed frame matches, or NULL. */
const struct smnc_flow *smnc_flow_find(const SmncVsi *v, const SmncFrame *frame)
{
    const uint8_t *type;
    unsigned i;

    if (!v->nflows) {
        return NULL;
    }
    type = smnc_flow_type(frame);
    for (i = 0; i < SMNC_FLOWS; i++) {
        if (smnc_flow_matches(&v->flows[i], frame, type)) {
            return &v->flows[i];
        }
    }
    return NULL;
}
