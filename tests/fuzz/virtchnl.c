// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtchnl responder on a device that only keeps count: whatever a guest
 * sends, the registers written are those of its own queues and hold what the
 * device takes, nothing runs that was not configured, and each message gets one
 * reply.
 */
#include "fuzz.h"
#include "core/hw.h"
#include "avf/avf.h"

#define FUNC	5
#define QUEUES	4
#define BUF_MAX	4096	/* as the mailbox: buffers are no longer */

static const u16 qps[QUEUES] = { 9, 3, 40, 17 };
static struct smnc_pf pf;
static struct smnc_adi *adi;
static struct smnc_avf *avf;
static u32 qreg[QUEUES][16];
static bool may_write, broken, deaf;
static unsigned int replies;
static u32 rx_tail;
static struct {
	u16 func, len;
	u32 op;
	s32 status;
} last;

/* --- the device ------------------------------------------------------------------ */

/* The register of one of our queues, or a finding. */
static u32 *reg_of(u32 off, unsigned int *q)
{
	for (*q = 0; *q < QUEUES; ++*q)
		if (off >= SMNC_QP(qps[*q]) && off < SMNC_QP(qps[*q]) + 0x40)
			return &qreg[*q][(off - SMNC_QP(qps[*q])) / 4];
	must(!"a register of nobody's or another's queue");
	return NULL;
}

static void check_enable(const u32 *r, u32 dir)
{
	u32 base = dir / 4;
	u64 addr = r[base] | (u64)r[base + 1] << 32;

	must(!(addr % 128) && !(addr >> SMNC_XLAT_IOVA_BITS));
	must(r[base + 2] >= SMNC_Q_LEN_MIN && r[base + 2] <= SMNC_Q_LEN_MAX && !(r[base + 2] % 32));
	if (dir == SMNC_QP_RX) {
		must(r[base + 6] >= SMNC_Q_BUFSZ_MIN && r[base + 6] <= SMNC_Q_BUFSZ_MAX);
		must(r[base + 7] <= pf.max_frame);
	}
}

void smnc_write(struct smnc_pf *p, u32 off, u32 value)
{
	unsigned int q;
	u32 *r = reg_of(off, &q), dir = off & 0x20, at = off & 0x1f;

	must(p == &pf && may_write);
	/* A queue is set up while it rests. */
	if (at != SMNC_Q_CTL && at != SMNC_Q_INT)
		must(!(qreg[q][(dir + SMNC_Q_CTL) / 4] & SMNC_Q_CTL_ENABLE) || deaf);
	if (at == SMNC_Q_INT) {
		must((value & SMNC_Q_INT_VEC) <= QUEUES);
		must(!(value & ~(SMNC_Q_INT_VALID | SMNC_Q_INT_VEC | SMNC_Q_INT_ITR)));
	}
	if (at == SMNC_Q_CTL && value & SMNC_Q_CTL_ENABLE)
		check_enable(qreg[q], dir);
	*r = value;
}

/* Of its window only tails are the PF's to write, back to 0 or to what RX ones were. */
void smnc_win_write(struct smnc_pf *p, u16 func, u32 off, u32 value)
{
	bool rx = off >= SMNC_WIN_RX_TAIL(0) && off < SMNC_WIN_RX_TAIL(QUEUES);

	must(p == &pf && may_write && func == FUNC && off % 4 == 0);
	must(rx || off < SMNC_WIN_TX_TAIL(QUEUES));
	must(!value || (rx && value == rx_tail));
}

u32 smnc_win_read(struct smnc_pf *p, u16 func, u32 off)
{
	must(p == &pf && func == FUNC && off % 4 == 0);
	must(off >= SMNC_WIN_RX_TAIL(0) && off < SMNC_WIN_RX_TAIL(QUEUES));
	return rx_tail;
}

u32 smnc_read(struct smnc_pf *p, u32 off)
{
	unsigned int q;

	if (off == SMNC_STATUS || off == SMNC_LINK_SPEED)
		return 1000;
	if (broken)
		return ~0u;
	/* A device that does not take it says so by not being enabled. */
	return deaf ? SMNC_Q_ERR_CONFIG << SMNC_Q_CTL_REASON_SHIFT | SMNC_Q_CTL_ERROR : *reg_of(off, &q);
}

int smnc_poll(struct smnc_pf *p, u32 off, u32 mask, u32 want)
{
	return broken ? -EIO : 0;
}

u64 smnc_stats_guest(struct smnc_adi *a, unsigned int stat)
{
	must(a == adi && stat < ARRAY_SIZE(adi->life));
	return stat;
}

void smnc_stats_new_life(struct smnc_adi *a) { must(a == adi); }

int smnc_mbx_send(struct smnc_pf *p, u16 func, u32 op, s32 status, const void *data, u16 len)
{
	u8 sum = 0, copy[64];
	u16 i;

	/* Every byte of a reply is ours to tell. */
	for (i = 0; i < len; i++)
		sum ^= copy[i % 64] = ((const u8 *)data)[i];
	last.func = func + 0 * sum;
	last.len = len;
	last.op = op;
	last.status = status;
	replies++;
	return 0;
}

/* --- the rest of the driver ----------------------------------------------------------- */

struct device *vdcm_adi_dev(const struct vdcm_adi *a) { return NULL; }
bool vdcm_adi_may_log(struct vdcm_adi *a) { return false; }
void smnc_adi_link_event(struct smnc_adi *a) { must(a == adi); }
bool smnc_adi_link_up(const struct smnc_adi *a) { return true; }
int smnc_adi_vsi_update(struct smnc_adi *a) { must(a == adi); return broken ? -EIO : 0; }
int smnc_adi_vsi_start(struct smnc_adi *a)
{
	must(a == adi && !a->nr_more && !a->more_lost);
	a->vsi.nr_macs = 0;
	return broken ? -EIO : 0;
}

/* Addresses that end in 7 are a neighbour's. */
int smnc_mac_taken(struct smnc_pf *p, const void *owner, const u8 *mac)
{
	must(owner == adi);
	return mac[5] == 7 ? -EEXIST : 0;
}

int smnc_vsi_set_flags(struct smnc_pf *p, struct smnc_vsi *vsi, u16 flags)
{
	must(vsi == &adi->vsi && !(flags & (SMNC_VSI_UC_PROMISC | SMNC_VSI_DEFAULT)));
	if (broken)
		return -EIO;
	vsi->flags = flags;
	return 0;
}

#define FILTERS	3
#include "filters.h"

int smnc_vsi_rss_key(struct smnc_pf *p, struct smnc_vsi *vsi, const u8 *key)
{
	u8 copy[SMNC_RSS_KEY_BYTES];

	must(vsi == &adi->vsi);
	memcpy(copy, key, sizeof(copy));
	return copy[0] == 1 ? -EIO : 0;
}

int smnc_vsi_rss_lut(struct smnc_pf *p, struct smnc_vsi *vsi, const u8 *lut)
{
	unsigned int i;

	must(vsi == &adi->vsi);
	for (i = 0; i < SMNC_RSS_LUT_ENTRIES; i++)
		must(lut[i] < QUEUES);
	return 0;
}

int smnc_vsi_rss_hash(struct smnc_pf *p, struct smnc_vsi *vsi, u64 hashcfg)
{
	must(vsi == &adi->vsi && !(hashcfg & ~SMNC_HASHCFG));
	vsi->hashcfg = hashcfg;
	return 0;
}

/* A kind of which nothing is hashed is not hashed. */
int smnc_vsi_rss_fields(struct smnc_pf *p, struct smnc_vsi *vsi, u64 hashcfg, u32 omit, u8 sym)
{
	unsigned int k;

	for (k = 0; k < SMNC_HASH_KINDS; k++)
		must((omit >> SMNC_HASH_SHIFT(k) & SMNC_HASH_FIELDS) != SMNC_HASH_FIELDS);
	vsi->hash_omit = omit;
	vsi->hash_sym = sym;
	return smnc_vsi_rss_hash(p, vsi, hashcfg);
}

/* The driver sets no filter for VID 0, and never for VID 4095, which is reserved. */
int smnc_vsi_set_own(struct smnc_pf *p, struct smnc_vsi *vsi, const u8 *own)
{
	must(vsi == &adi->vsi && !(own[0] & 1) && !(own[SMNC_VIDS / 8 - 1] & 0x80));
	if (broken)
		return -EIO;
	memcpy(vsi->own, own, sizeof(vsi->own));
	return 0;
}

int smnc_vsi_alloc_flows(struct smnc_vsi *vsi) { return 0; }

/*
 * A rule names fields, those that it needs among them, and a queue that there is. It is one that
 * a record may have: its guest can be migrated.
 */
int smnc_vsi_flow_set(struct smnc_pf *p, struct smnc_vsi *vsi, unsigned int index,
		      const struct smnc_flow *rule)
{
	must(vsi == &adi->vsi && index < SMNC_FLOWS && rule->fields && rule->queue < QUEUES);
	must(rule->action <= SMNC_FLOW_TO_QUEUE && rule->version <= 6);
	must(rule->fields & SMNC_FLOW_VERSION || !(rule->fields & ~SMNC_FLOW_ETHERTYPE));
	must(rule->fields & SMNC_FLOW_PROTO || !(rule->fields & (SMNC_FLOW_SPORT | SMNC_FLOW_DPORT)));
	must(smnc_vc_flow_ok(adi, rule));
	if (broken)
		return -EIO;
	if (!vsi->flows)
		vsi->flows = calloc(SMNC_FLOWS, sizeof(*rule));
	must(!vsi->flows[index].fields);
	vsi->flows[index] = *rule;
	return 0;
}

int smnc_vsi_flow_del(struct smnc_pf *p, struct smnc_vsi *vsi, unsigned int index)
{
	must(vsi == &adi->vsi && index < SMNC_FLOWS);
	if (!vsi->flows || !vsi->flows[index].fields)
		return -ENOENT;
	vsi->flows[index].fields = 0;
	return 0;
}

/* --- the guest --------------------------------------------------------------------- */

static u16 pairs(struct input *in, u8 *buf)
{
	struct virtchnl_vsi_queue_config_info *c = (void *)buf;
	unsigned int i;

	c->num_queue_pairs = 1 + take_below(in, QUEUES);
	for (i = 0; i < c->num_queue_pairs; i++) {
		struct virtchnl_queue_pair_info *q = &c->qpair[i];
		u8 n = take8(in);

		q->txq.vsi_id = q->rxq.vsi_id = SMNC_VC_VSI;
		q->txq.queue_id = q->rxq.queue_id = n % 16 == 15 ? take8(in) % (QUEUES + 2) : i;
		q->txq.ring_len = q->rxq.ring_len = 32 * (1 + n % 128);
		q->txq.dma_ring_addr = q->rxq.dma_ring_addr = (u64)n << 39;
		if (n % 16 == 14)
			q->txq.ring_len = 0;
		else if (n % 16 == 13)
			q->rxq.ring_len = 0;
		q->rxq.databuffer_size = 1024 + 64 * n;
		q->rxq.max_pkt_size = 64 * n;
	}
	return virtchnl_struct_size(c, qpair, c->num_queue_pairs);
}

static u16 vectors(struct input *in, u8 *buf)
{
	struct virtchnl_irq_map_info *m = (void *)buf;
	unsigned int i;

	m->num_vectors = 1 + take_below(in, QUEUES + 1);
	for (i = 0; i < m->num_vectors; i++)
		m->vecmap[i] = (struct virtchnl_vector_map) {
			SMNC_VC_VSI, i, take8(in) % 16, take8(in) % 16, i % 4, 3,
		};
	return virtchnl_struct_size(m, vecmap, m->num_vectors);
}

static u16 addresses(struct input *in, u8 *buf)
{
	struct virtchnl_ether_addr_list *l = (void *)buf;
	unsigned int i;

	l->num_elements = 1 + take_below(in, 6);
	for (i = 0; i < l->num_elements; i++) {
		l->list[i].addr[0] = take8(in);
		l->list[i].addr[5] = take8(in);
		l->list[i].type = take8(in);
	}
	return virtchnl_struct_size(l, list, l->num_elements);
}

/* @op: ADD_VLAN, ADD_VLAN_V2 and the like */
static u16 vlans(struct input *in, u32 op, u8 *buf)
{
	struct virtchnl_vlan_filter_list_v2 *v2 = (void *)buf;
	u16 *v1 = (u16 *)buf;
	unsigned int i;

	v1[1] = 1 + take_below(in, 5);
	for (i = 0; i < v1[1]; i++) {
		if (op < VIRTCHNL_OP_ADD_VLAN_V2) {
			v1[2 + i] = take16(in) & 0x1fff;
			continue;
		}
		v2->filters[i].inner.tci = take16(in) & 0x1fff;
		v2->filters[i].inner.tpid = ETH_P_8021Q;
	}
	return op < VIRTCHNL_OP_ADD_VLAN_V2 ? 6 + 2 * v1[1] : 8 + 32 * v1[1];
}

/* Headers of a packet, as patterns of RSS name them. */
static void headers(struct input *in, struct virtchnl_proto_hdrs *hdrs)
{
	unsigned int i, n = 1 + take_below(in, 4), how = take8(in);

	hdrs->tunnel_level = how & 1;
	hdrs->count = n;
	for (i = 0; i < n; i++) {
		hdrs->proto_hdr[i].type = how & 2 ? 4 + 2 * i + (how >> 2 & 1) : take8(in) % 20;
		hdrs->proto_hdr[i].field_selector = take8(in) & (how & 8 ? 3 : 0xff);
	}
}

/* What a driver would send; it is damaged afterwards. */
static u16 honest(struct input *in, u32 op, u8 *buf)
{
	u16 len;

	switch (op) {
	case VIRTCHNL_OP_VERSION:
		*(u32 *)buf = 1;
		*(u32 *)(buf + 4) = take8(in) & 1;
		return 8;
	case VIRTCHNL_OP_RESET_VF:
		return 0;
	case VIRTCHNL_OP_GET_VF_RESOURCES:
		*(u32 *)buf = take8(in) & 1 ? ~0u : take32(in);
		return take8(in) & 3 ? 4 : 0;
	case SMNC_VC_OP_GET_HASHCFG:
	case VIRTCHNL_OP_ENABLE_VLAN_STRIPPING:
	case VIRTCHNL_OP_DISABLE_VLAN_STRIPPING:
	case VIRTCHNL_OP_GET_OFFLOAD_VLAN_V2_CAPS:
		return 0;
	case VIRTCHNL_OP_ADD_RSS_CFG:
	case VIRTCHNL_OP_DEL_RSS_CFG:
		headers(in, (void *)buf);
		((struct virtchnl_rss_cfg *)buf)->rss_algorithm = take8(in) & 3;
		return sizeof(struct virtchnl_rss_cfg);
	case VIRTCHNL_OP_ADD_FDIR_FILTER: {
		struct virtchnl_fdir_add *add = (void *)buf;

		headers(in, &add->rule_cfg.proto_hdrs);
		for (len = 0; len < 24; len++)
			add->rule_cfg.proto_hdrs.proto_hdr[len / 8].buffer[len * 5] = take8(in);
		add->rule_cfg.action_set.count = 1 + take_below(in, 2);
		add->rule_cfg.action_set.actions[0].type = take8(in) & 3;
		add->rule_cfg.action_set.actions[0].act_conf.queue.index = take8(in) % 8;
		len = sizeof(*add);
		break;
	}
	case VIRTCHNL_OP_DEL_FDIR_FILTER:
		*(u32 *)(buf + 4) = take8(in);
		len = 12;
		break;
	case SMNC_VC_OP_RSS_HFUNC:
		*(u16 *)(buf + 2) = take8(in) & 3;
		len = 8;
		break;
	case VIRTCHNL_OP_ADD_VLAN:
	case VIRTCHNL_OP_DEL_VLAN:
	case VIRTCHNL_OP_ADD_VLAN_V2:
	case VIRTCHNL_OP_DEL_VLAN_V2:
		len = vlans(in, op, buf);
		break;
	case VIRTCHNL_OP_ENABLE_VLAN_STRIPPING_V2:
	case VIRTCHNL_OP_DISABLE_VLAN_STRIPPING_V2:
	case VIRTCHNL_OP_ENABLE_VLAN_INSERTION_V2:
	case VIRTCHNL_OP_DISABLE_VLAN_INSERTION_V2:
		*(u32 *)(buf + 4) = 1 + (take8(in) & 7) / 7;
		*(u16 *)(buf + 8) = SMNC_VC_VSI;
		return 16;
	case SMNC_VC_OP_SET_HASHCFG:
		*(u64 *)buf = take8(in) & 1 ? SMNC_HASHCFG : take64(in);
		return 8;
	case VIRTCHNL_OP_CONFIG_VSI_QUEUES:
		len = pairs(in, buf);
		break;
	case VIRTCHNL_OP_CONFIG_IRQ_MAP:
		return vectors(in, buf);
	case VIRTCHNL_OP_ADD_ETH_ADDR:
	case VIRTCHNL_OP_DEL_ETH_ADDR:
		len = addresses(in, buf);
		break;
	case VIRTCHNL_OP_CONFIG_RSS_KEY:
		*(u16 *)(buf + 2) = SMNC_RSS_KEY_BYTES;
		len = virtchnl_struct_size((struct virtchnl_rss_key *)buf, key, SMNC_RSS_KEY_BYTES);
		break;
	case VIRTCHNL_OP_CONFIG_RSS_LUT:
		*(u16 *)(buf + 2) = SMNC_RSS_LUT_ENTRIES;
		len = virtchnl_struct_size((struct virtchnl_rss_lut *)buf, lut, SMNC_RSS_LUT_ENTRIES);
		buf[4] = take8(in) % 8;
		break;
	default:
		*(u32 *)(buf + 4) = take8(in) % 32;
		*(u32 *)(buf + 8) = take8(in) % 32;
		len = op == VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE ? 4 : 12;
		if (len == 4)
			*(u16 *)(buf + 2) = take8(in);
		break;
	}
	*(u16 *)buf = SMNC_VC_VSI;
	return len;
}

static void check(u32 op, u16 tx, u16 rx, enum smnc_vc_state state, bool reset)
{
	unsigned int q;

	must(replies == !reset);
	must(!reset || op == VIRTCHNL_OP_RESET_VF || op == VIRTCHNL_OP_GET_VF_RESOURCES);
	must(adi->nr_more <= SMNC_MORE_GROUPS);
	if (replies)
		must(last.func == FUNC && last.op == op &&
		     last.len <= (op == VIRTCHNL_OP_ADD_FDIR_FILTER ? 2616 : SMNC_VC_REPLY_BYTES) &&
		     (!last.status || !last.len));
	must(!((avf->configured_tx | avf->configured_rx) >> QUEUES));
	must(!(avf->enabled_tx & ~avf->configured_tx) && !(avf->enabled_rx & ~avf->configured_rx));
	must(adi->func == FUNC && adi->nr_queues == QUEUES && !adi->lock.held);
	if (state < SMNC_VC_READY && !reset)
		must(avf->enabled_tx == tx && avf->enabled_rx == rx);
	/* What runs is what the driver believes to run. */
	for (q = 0; q < QUEUES && !broken && !deaf; q++) {
		must((qreg[q][SMNC_Q_CTL / 4] & 1) == (avf->enabled_tx >> q & 1));
		must((qreg[q][(SMNC_QP_RX + SMNC_Q_CTL) / 4] & 1) == (avf->enabled_rx >> q & 1));
	}
	if (is_multicast_ether_addr(adi->guest_mac))
		must(!"a multicast address became the guest's own");
}

static void message(struct input *in)
{
	static const u8 ops[] = {
		1, 2, 3, 6, 7, 8, 9, 10, 11, 14, 15, 23, 24, 25, 26,
		12, 13, 27, 28, 51, 52, 53, 54, 55, 56, 57, 18, 45, 46, 47, 48,
	};
	u8 how = take8(in), buf[BUF_MAX + 64] = {};
	u32 op = how & 0x80 ? take16(in) : ops[how % ARRAY_SIZE(ops)];
	u16 len = honest(in, op, buf), damage = take8(in), tx = avf->enabled_tx, rx = avf->enabled_rx;
	enum smnc_vc_state state = avf->state;
	struct smnc_msg *msg;
	bool reset;

	if (damage & 1)
		len += damage & 2 ? 1 : damage & 4 ? -1 : take16(in);
	if (len > BUF_MAX)
		len = len > BUF_MAX + 8 ? 0 : BUF_MAX;
	for (; damage & 0xe0; damage -= 0x20) {
		u16 at = take16(in);

		buf[at % (len + 1)] = take8(in);
	}
	/* Exactly as long as it is: one byte further is a finding. */
	msg = malloc(sizeof(*msg) + len);
	msg->op = op;
	msg->len = len;
	memcpy(msg->data, buf, len);
	replies = 0;
	may_write = avf->state == SMNC_VC_READY;
	rx_tail = damage;
	reset = smnc_vc_handle(adi, msg) == SMNC_RESTART;
	free(msg);
	if (reset) {
		memset(qreg, 0, sizeof(qreg));
		smnc_avf_reset(adi);
	}
	check(op, tx, rx, state, reset);

	/* The link is nobody's business before queues run. */
	replies = 0;
	smnc_vc_link(adi);
	must(replies == !!(avf->enabled_tx | avf->enabled_rx));
	if (replies)
		must(last.func == FUNC && last.op == VIRTCHNL_OP_EVENT);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct smnc_kind kind = { .queue_vecs = 1 };
	struct input in = { data, size };
	u8 device = take8(&in);

	smnc_vc_offloads = true;
	adi = calloc(1, sizeof(*adi));
	avf = calloc(1, sizeof(*avf));
	adi->priv = avf;
	memset(qreg, 0, sizeof(qreg));
	memset(&pf, 0, sizeof(pf));
	pf.max_frame = 9728;
	adi->pf = &pf;
	adi->kind = &kind;
	adi->func = FUNC;
	adi->nr_queues = QUEUES;
	memcpy(adi->addr.mac, "\2\0\0\0\0\x11", ETH_ALEN);
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	memcpy(adi->qp, qps, sizeof(qps));
	adi->cfg[SMNC_CFG_TX_RING] = adi->cfg[SMNC_CFG_RX_RING] = SMNC_Q_LEN_MAX;
	adi->cfg[SMNC_CFG_TRUST] = device & 1;
	/* Most guests have got through the greeting. */
	if (device & 2) {
		avf->state = SMNC_VC_READY;
		avf->caps = ~0u;
		avf->vlan = device & 4;
	}
	adi->vlan.mode = device & 8 ? SMNC_VLAN_PORT : SMNC_VLAN_TRUNK;
	broken = (device & 0xf0) == 0xf0;
	deaf = (device & 0xf0) == 0xe0;
	while (in.len)
		message(&in);
	free(adi->vsi.flows);
	free(avf);
	free(adi);
	return 0;
}
