// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: receive side scaling.
 */
#include "avf.h"

int smnc_vc_rss_key(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply)
{
	const struct virtchnl_rss_key *key = msg;

	if (!smnc_vc_own_vsi(key->vsi_id) || key->key_len != SMNC_RSS_KEY_BYTES)
		return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_status(smnc_vsi_rss_key(adi->pf, &adi->vsi, key->key));
}

int smnc_vc_rss_lut(struct smnc_adi *adi, const void *msg, u16 len,
		    struct smnc_vc_reply *reply)
{
	const struct virtchnl_rss_lut *lut = msg;
	unsigned int i;

	if (!smnc_vc_own_vsi(lut->vsi_id) || lut->lut_entries != SMNC_RSS_LUT_ENTRIES)
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < SMNC_RSS_LUT_ENTRIES; i++)
		if (lut->lut[i] >= adi->nr_queues)
			return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_status(smnc_vsi_rss_lut(adi->pf, &adi->vsi, lut->lut));
}

int smnc_vc_get_hashcfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply)
{
	*(u64 *)reply->data = SMNC_HASHCFG;
	reply->len = sizeof(u64);
	return VIRTCHNL_STATUS_SUCCESS;
}

int smnc_vc_set_hashcfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply)
{
	u64 hashcfg = *(const u64 *)msg;

	if (hashcfg & ~SMNC_HASHCFG)
		return VIRTCHNL_STATUS_ERR_PARAM;
	return smnc_vc_status(smnc_vsi_rss_hash(adi->pf, &adi->vsi, hashcfg));
}

/* --- fields of each kind of packet ------------------------------------------ */

/* Packet types of each kind: bits of SMNC_HASHCFG. */
static const u64 smnc_vc_kinds[SMNC_HASH_KINDS] = {
	[SMNC_HASH_TCP] = BIT_ULL(33),
	[SMNC_HASH_UDP] = BIT_ULL(31),
	[SMNC_HASH_SCTP] = BIT_ULL(34),
	[SMNC_HASH_OTHER] = BIT_ULL(35) | BIT_ULL(36),
	[SMNC_HASH_V6 + SMNC_HASH_TCP] = BIT_ULL(43),
	[SMNC_HASH_V6 + SMNC_HASH_UDP] = BIT_ULL(41),
	[SMNC_HASH_V6 + SMNC_HASH_SCTP] = BIT_ULL(44),
	[SMNC_HASH_V6 + SMNC_HASH_OTHER] = BIT_ULL(45) | BIT_ULL(46),
};

/* Bits of a field selector, of IPv4 and IPv6, and of all protocols with ports. */
#define SMNC_VC_SEL_SRC		BIT(0)
#define SMNC_VC_SEL_DST		BIT(1)
#define SMNC_VC_SEL_PROT	BIT(4)

#define SMNC_VC_SEL_PAIR	(SMNC_VC_SEL_SRC | SMNC_VC_SEL_DST)

/* The kinds of packets that a pattern of headers stands for. */
struct smnc_vc_pattern {
	unsigned int kind;
	u32 fields;
};

static bool smnc_vc_pattern_l3(const struct virtchnl_proto_hdr *h, struct smnc_vc_pattern *p)
{
	/* The kind implies the protocol: a hash over the protocol makes no difference. */
	if (h->field_selector & ~(SMNC_VC_SEL_PAIR | SMNC_VC_SEL_PROT))
		return false;
	p->fields = h->field_selector & SMNC_VC_SEL_PAIR;
	p->kind = SMNC_HASH_OTHER;
	if (h->type == VIRTCHNL_PROTO_HDR_IPV6)
		p->kind += SMNC_HASH_V6;
	return h->type == VIRTCHNL_PROTO_HDR_IPV4 || h->type == VIRTCHNL_PROTO_HDR_IPV6;
}

static bool smnc_vc_pattern_l4(const struct virtchnl_proto_hdr *h, struct smnc_vc_pattern *p)
{
	p->kind -= SMNC_HASH_OTHER;
	switch (h->type) {
	case VIRTCHNL_PROTO_HDR_TCP:
		p->kind += SMNC_HASH_TCP;
		break;
	case VIRTCHNL_PROTO_HDR_UDP:
		p->kind += SMNC_HASH_UDP;
		break;
	case VIRTCHNL_PROTO_HDR_SCTP:
		p->kind += SMNC_HASH_SCTP;
		break;
	default:
		return false;
	}
	p->fields |= h->field_selector << 2;
	return !(h->field_selector & ~SMNC_VC_SEL_PAIR);
}

/* Some drivers mean plain packets and call their headers the first inner ones. */
static bool smnc_vc_pattern(const struct virtchnl_proto_hdrs *hdrs, struct smnc_vc_pattern *p)
{
	const struct virtchnl_proto_hdr *h = hdrs->proto_hdr;
	unsigned int n = hdrs->count;

	BUILD_BUG_ON(SMNC_HASH_SRC << 2 != SMNC_HASH_SPORT);
	if (hdrs->tunnel_level > 1 || hdrs->count < 1 || hdrs->count > 3)
		return false;
	if (h->type == VIRTCHNL_PROTO_HDR_ETH && !h->field_selector) {
		h++;
		n--;
	}
	if (n < 1 || n > 2 || !smnc_vc_pattern_l3(h, p))
		return false;
	return n == 1 || smnc_vc_pattern_l4(h + 1, p);
}

static int smnc_vc_set_kind(struct smnc_adi *adi, const struct virtchnl_rss_cfg *cfg, bool on)
{
	struct smnc_vsi *vsi = &adi->vsi;
	u32 omit = vsi->hash_omit;
	u64 types = vsi->hashcfg;
	struct smnc_vc_pattern p;
	u8 sym = vsi->hash_sym;

	if (!smnc_vc_pattern(&cfg->proto_hdrs, &p) || (on && !p.fields))
		return VIRTCHNL_STATUS_ERR_PARAM;
	omit &= ~((u32)SMNC_HASH_FIELDS << SMNC_HASH_SHIFT(p.kind));
	types &= ~smnc_vc_kinds[p.kind];
	sym &= ~BIT(p.kind);
	if (on) {
		omit |= (~p.fields & SMNC_HASH_FIELDS) << SMNC_HASH_SHIFT(p.kind);
		types |= smnc_vc_kinds[p.kind];
		if (cfg->rss_algorithm == VIRTCHNL_RSS_ALG_TOEPLITZ_SYMMETRIC)
			sym |= BIT(p.kind);
	}
	return smnc_vc_status(smnc_vsi_rss_fields(adi->pf, vsi, types, omit, sym));
}

static bool smnc_vc_alg_ok(u32 alg)
{
	return alg == VIRTCHNL_RSS_ALG_TOEPLITZ_ASYMMETRIC ||
	       alg == VIRTCHNL_RSS_ALG_TOEPLITZ_SYMMETRIC;
}

int smnc_vc_add_rss_cfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply)
{
	const struct virtchnl_rss_cfg *cfg = msg;

	BUILD_BUG_ON(sizeof(*cfg) != 2444);
	if (!smnc_vc_alg_ok(cfg->rss_algorithm))
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	return smnc_vc_set_kind(adi, cfg, true);
}

int smnc_vc_del_rss_cfg(struct smnc_adi *adi, const void *msg, u16 len,
			struct smnc_vc_reply *reply)
{
	return smnc_vc_set_kind(adi, msg, false);
}

/* Of all kinds. */
int smnc_vc_rss_hfunc(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply)
{
	const struct {
		u16 vsi_id;
		u16 alg;
		u32 reserved;
	} *hfunc = msg;
	struct smnc_vsi *vsi = &adi->vsi;
	u8 sym = 0;

	if (!smnc_vc_own_vsi(hfunc->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	if (!smnc_vc_alg_ok(hfunc->alg))
		return VIRTCHNL_STATUS_ERR_NOT_SUPPORTED;
	if (hfunc->alg == VIRTCHNL_RSS_ALG_TOEPLITZ_SYMMETRIC)
		sym = BIT(SMNC_HASH_KINDS) - 1;
	return smnc_vc_status(smnc_vsi_rss_fields(adi->pf, vsi, vsi->hashcfg, vsi->hash_omit, sym));
}
