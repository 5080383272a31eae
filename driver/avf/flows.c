// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: rules by which a guest has frames dropped or given to one of its queues. Each is
 * answered with the message itself and a status of its own.
 */
#include <linux/in.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "avf.h"

/* Most headers that a rule names: Ethernet, IP, and a protocol that has ports. */
#define SMNC_VC_HEADERS		3

/**
 * struct smnc_vc_flow_field - a field that a rule may name
 * @type: header that has the field
 * @bit: its bit of the header's field selector
 * @at: offset of the field in the header
 * @bytes: its length
 * @to: offset of the field in struct smnc_flow
 * @field: SMNC_FLOW_*
 */
struct smnc_vc_flow_field {
	u8 type;
	u8 bit;
	u8 at;
	u8 bytes;
	u8 to;
	u8 field;
};

#define FIELD(_type, _bit, _at, _bytes, _to, _field) { \
		.type = VIRTCHNL_PROTO_HDR_##_type, .bit = (_bit), .at = (_at), .bytes = (_bytes), \
		.to = offsetof(struct smnc_flow, _to), .field = SMNC_FLOW_##_field }

/* The class of IPv6, bit 2, crosses bytes: smnc_vc_flow_class(). */
static const struct smnc_vc_flow_field smnc_vc_flow_fields[] = {
	FIELD(ETH, 2, 12, 2, ethertype, ETHERTYPE),
	FIELD(IPV4, 0, 12, 4, src, SRC),
	FIELD(IPV4, 1, 16, 4, dst, DST),
	FIELD(IPV4, 2, 1, 1, tos, TOS),
	FIELD(IPV4, 4, 9, 1, proto, PROTO),
	FIELD(IPV6, 0, 8, 16, src, SRC),
	FIELD(IPV6, 1, 24, 16, dst, DST),
	FIELD(IPV6, 2, 0, 1, tos, TOS),
	FIELD(IPV6, 4, 6, 1, proto, PROTO),
	FIELD(TCP, 0, 0, 2, sport, SPORT),
	FIELD(TCP, 1, 2, 2, dport, DPORT),
	FIELD(UDP, 0, 0, 2, sport, SPORT),
	FIELD(UDP, 1, 2, 2, dport, DPORT),
	FIELD(SCTP, 0, 0, 2, sport, SPORT),
	FIELD(SCTP, 1, 2, 2, dport, DPORT),
};

/* False: the guest selects a field that a rule cannot have. */
static bool smnc_vc_flow_take(const struct virtchnl_proto_hdr *h, struct smnc_flow *rule)
{
	u32 left = h->field_selector;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smnc_vc_flow_fields); i++) {
		const struct smnc_vc_flow_field *f = &smnc_vc_flow_fields[i];

		if (f->type != h->type || !(left & BIT(f->bit)))
			continue;
		left &= ~BIT(f->bit);
		rule->fields |= cpu_to_le16(f->field);
		memcpy((u8 *)rule + f->to, h->buffer + f->at, f->bytes);
	}
	return !left;
}

static void smnc_vc_flow_class(const struct virtchnl_proto_hdr *h, struct smnc_flow *rule)
{
	if (rule->fields & cpu_to_le16(SMNC_FLOW_TOS))
		rule->tos = h->buffer[0] << 4 | h->buffer[1] >> 4;
}

static bool smnc_vc_flow_proto(struct smnc_flow *rule, u8 proto)
{
	rule->fields |= cpu_to_le16(SMNC_FLOW_PROTO);
	rule->proto = proto;
	return !!(rule->fields & cpu_to_le16(SMNC_FLOW_VERSION));
}

static bool smnc_vc_flow_header(const struct virtchnl_proto_hdr *h, struct smnc_flow *rule)
{
	if (!smnc_vc_flow_take(h, rule))
		return false;
	switch (h->type) {
	case VIRTCHNL_PROTO_HDR_ETH:
		return true;
	case VIRTCHNL_PROTO_HDR_IPV6:
		smnc_vc_flow_class(h, rule);
		fallthrough;
	case VIRTCHNL_PROTO_HDR_IPV4:
		rule->fields |= cpu_to_le16(SMNC_FLOW_VERSION);
		rule->version = h->type == VIRTCHNL_PROTO_HDR_IPV4 ? 4 : 6;
		return true;
	case VIRTCHNL_PROTO_HDR_TCP:
		return smnc_vc_flow_proto(rule, IPPROTO_TCP);
	case VIRTCHNL_PROTO_HDR_UDP:
		return smnc_vc_flow_proto(rule, IPPROTO_UDP);
	case VIRTCHNL_PROTO_HDR_SCTP:
		return smnc_vc_flow_proto(rule, IPPROTO_SCTP);
	default:
		return false;
	}
}

/* Outer headers come first, each kind once: their numbers rise from layer to layer. */
static unsigned int smnc_vc_layer(s32 type)
{
	if (type == VIRTCHNL_PROTO_HDR_ETH)
		return 1;
	return type == VIRTCHNL_PROTO_HDR_IPV4 || type == VIRTCHNL_PROTO_HDR_IPV6 ? 2 : 3;
}

static bool smnc_vc_flow_pattern(const struct virtchnl_proto_hdrs *hdrs, struct smnc_flow *rule)
{
	unsigned int i, layer = 0;

	if (hdrs->tunnel_level || hdrs->count < 1 || hdrs->count > SMNC_VC_HEADERS)
		return false;
	for (i = 0; i < hdrs->count; i++) {
		const struct virtchnl_proto_hdr *h = &hdrs->proto_hdr[i];

		if (smnc_vc_layer(h->type) <= layer || !smnc_vc_flow_header(h, rule))
			return false;
		layer = smnc_vc_layer(h->type);
	}
	return !!rule->fields;
}

static bool smnc_vc_flow_action(const struct smnc_adi *adi,
				const struct virtchnl_filter_action_set *set,
				struct smnc_flow *rule)
{
	const struct virtchnl_filter_action *action = set->actions;

	if (set->count != 1)
		return false;
	switch (action->type) {
	case VIRTCHNL_ACTION_DROP:
		rule->action = SMNC_FLOW_DROP;
		return true;
	case VIRTCHNL_ACTION_QUEUE:
		rule->action = SMNC_FLOW_TO_QUEUE;
		rule->queue = action->act_conf.queue.index;
		return action->act_conf.queue.index < adi->nr_queues;
	default:
		return false;
	}
}

/**
 * struct smnc_vc_flow_value - the value of a field of a rule
 * @field: SMNC_FLOW_*
 * @needs: fields without which a rule does not have it
 * @at: offset in struct smnc_flow
 * @bytes: its length
 */
struct smnc_vc_flow_value {
	u16 field;
	u16 needs;
	u8 at;
	u8 bytes;
};

#define VALUE(_member, _bytes, _field, _needs) { \
		.field = SMNC_FLOW_##_field, .needs = (_needs), \
		.at = offsetof(struct smnc_flow, _member), .bytes = (_bytes) }

static const struct smnc_vc_flow_value smnc_vc_flow_values[] = {
	VALUE(ethertype, 2, ETHERTYPE, 0),
	VALUE(version, 1, VERSION, 0),
	VALUE(proto, 1, PROTO, SMNC_FLOW_VERSION),
	VALUE(tos, 1, TOS, SMNC_FLOW_VERSION),
	VALUE(src, 16, SRC, SMNC_FLOW_VERSION),
	VALUE(dst, 16, DST, SMNC_FLOW_VERSION),
	VALUE(sport, 2, SPORT, SMNC_FLOW_VERSION | SMNC_FLOW_PROTO),
	VALUE(dport, 2, DPORT, SMNC_FLOW_VERSION | SMNC_FLOW_PROTO),
};

/* Does a rule have no other fields than a rule can have, and is the rest of it zero? */
static bool smnc_vc_flow_fields_ok(const struct smnc_flow *rule)
{
	u16 fields = le16_to_cpu(rule->fields), left = fields;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smnc_vc_flow_values); i++) {
		const struct smnc_vc_flow_value *v = &smnc_vc_flow_values[i];

		if (!(fields & v->field)) {
			if (memchr_inv((const u8 *)rule + v->at, 0, v->bytes))
				return false;
		} else if (v->needs & ~fields) {
			return false;
		}
		left &= ~v->field;
	}
	return fields && !left && !rule->reserved && !rule->reserved1[0] && !rule->reserved1[1];
}

/* Are values those that a rule's IP version and protocol have? */
static bool smnc_vc_flow_values_ok(const struct smnc_flow *rule)
{
	u16 fields = le16_to_cpu(rule->fields);

	if (fields & SMNC_FLOW_VERSION && rule->version != 4 && rule->version != 6)
		return false;
	if (rule->version == 4 && (memchr_inv(rule->src + 4, 0, sizeof(rule->src) - 4) ||
				   memchr_inv(rule->dst + 4, 0, sizeof(rule->dst) - 4)))
		return false;
	return !(fields & (SMNC_FLOW_SPORT | SMNC_FLOW_DPORT)) || rule->proto == IPPROTO_TCP ||
	       rule->proto == IPPROTO_UDP || rule->proto == IPPROTO_SCTP;
}

/* Is a rule of a record one that smnc_vc_add_flow() may have set? */
bool smnc_vc_flow_ok(const struct smnc_adi *adi, const struct smnc_flow *rule)
{
	if (!smnc_vc_flow_fields_ok(rule) || !smnc_vc_flow_values_ok(rule))
		return false;
	return rule->action == SMNC_FLOW_TO_QUEUE ? rule->queue < adi->nr_queues :
	       rule->action == SMNC_FLOW_DROP && !rule->queue;
}

/* Do two rules match the same frames? */
static bool smnc_vc_flow_same(const struct smnc_flow *a, const struct smnc_flow *b)
{
	struct smnc_flow x = *a;

	x.action = b->action;
	x.queue = b->queue;
	return !memcmp(&x, b, sizeof(x));
}

/* A free place for the rule, or enum virtchnl_fdir_prgm_status, negative. */
static int smnc_vc_flow_place(const struct smnc_vsi *vsi, const struct smnc_flow *rule)
{
	int free = -VIRTCHNL_FDIR_FAILURE_RULE_NORESOURCE;
	unsigned int i;

	if (!vsi->flows)
		return 0;
	for (i = 0; i < SMNC_FLOWS; i++) {
		if (smnc_vc_flow_same(&vsi->flows[i], rule))
			return -VIRTCHNL_FDIR_FAILURE_RULE_EXIST;
		if (free < 0 && !vsi->flows[i].fields)
			free = i;
	}
	return free;
}

static int smnc_vc_flow_status(int err)
{
	switch (err) {
	case 0:
		return VIRTCHNL_FDIR_SUCCESS;
	case -EINVAL:
		return VIRTCHNL_FDIR_FAILURE_RULE_INVALID;
	case -ENOENT:
		return VIRTCHNL_FDIR_FAILURE_RULE_NONEXIST;
	case -ETIMEDOUT:
		return VIRTCHNL_FDIR_FAILURE_RULE_TIMEOUT;
	default:
		return VIRTCHNL_FDIR_FAILURE_RULE_NORESOURCE;
	}
}

/* Sets a rule. Return: enum virtchnl_fdir_prgm_status */
static int smnc_vc_flow_add(struct smnc_adi *adi, const struct virtchnl_fdir_add *add, u32 *id)
{
	struct smnc_flow rule = {};
	int place;

	if (!smnc_vc_flow_pattern(&add->rule_cfg.proto_hdrs, &rule) ||
	    !smnc_vc_flow_action(adi, &add->rule_cfg.action_set, &rule))
		return VIRTCHNL_FDIR_FAILURE_RULE_INVALID;
	place = smnc_vc_flow_place(&adi->vsi, &rule);
	if (place < 0)
		return -place;
	*id = place;
	if (add->validate_only)
		return VIRTCHNL_FDIR_SUCCESS;
	return smnc_vc_flow_status(smnc_vsi_flow_set(adi->pf, &adi->vsi, place, &rule));
}

int smnc_vc_add_flow(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply)
{
	struct virtchnl_fdir_add *add = reply->msg;
	u32 id = 0;

	BUILD_BUG_ON(sizeof(*add) != 2616);
	if (!smnc_vc_own_vsi(add->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	add->status = smnc_vc_flow_add(adi, add, &id);
	add->flow_id = id;
	reply->data = add;
	reply->len = len;
	return VIRTCHNL_STATUS_SUCCESS;
}

int smnc_vc_del_flow(struct smnc_adi *adi, const void *msg, u16 len,
		     struct smnc_vc_reply *reply)
{
	struct virtchnl_fdir_del *del = reply->msg;
	int err = -ENOENT;

	BUILD_BUG_ON(sizeof(*del) != 12);
	if (!smnc_vc_own_vsi(del->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	if (del->flow_id < SMNC_FLOWS)
		err = smnc_vsi_flow_del(adi->pf, &adi->vsi,
					array_index_nospec(del->flow_id, SMNC_FLOWS));
	del->status = smnc_vc_flow_status(err);
	reply->data = del;
	reply->len = len;
	return VIRTCHNL_STATUS_SUCCESS;
}
