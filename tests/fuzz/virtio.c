// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio device on hardware that only keeps count: whatever a guest writes to registers,
 * to the capability of config space and to the control queue, the hardware is given what it
 * takes, nothing runs before DRIVER_OK, what runs is what the driver enabled, filters are
 * those that the guest may have, and each command gets one answer.
 */
#include "fuzz.h"
#include "core/hw.h"
#include "virtio/virtio.h"

#define FUNC	5
#define QUEUES	4
#define VQS	(2 * QUEUES + 1)
#define FILTERS	4

#define F(name)	SMNC_VIRTIO_F(name)
#define LEAST	(F(VIRTIO_F_VERSION_1) | F(VIRTIO_F_ACCESS_PLATFORM))
#define USUAL	(LEAST | F(VIRTIO_NET_F_CTRL_VQ) | F(VIRTIO_NET_F_MQ) | F(VIRTIO_F_RING_RESET) | \
		 F(VIRTIO_NET_F_GUEST_CSUM) | F(VIRTIO_NET_F_RSS) | F(VIRTIO_NET_F_HASH_REPORT) | \
		 F(VIRTIO_NET_F_NOTF_COAL) | F(SMNC_VIRTIO_VQ_NOTF_COAL) | \
		 F(VIRTIO_NET_F_CTRL_VLAN))
#define ENGINE	(LEAST | F(VIRTIO_F_RING_RESET) | F(VIRTIO_NET_F_GUEST_CSUM) | \
		 F(VIRTIO_NET_F_CSUM) | F(VIRTIO_NET_F_HOST_TSO4) | F(VIRTIO_NET_F_HOST_ECN) | \
		 F(VIRTIO_NET_F_NOTF_COAL) | F(SMNC_VIRTIO_VQ_NOTF_COAL) | \
		 F(VIRTIO_NET_F_RSS) | F(VIRTIO_NET_F_HASH_REPORT))

static struct smnc_pf pf;
static struct smnc_adi *adi;
static struct smnc_virtio *v;
static struct { bool on, control; struct smnc_vq_coal coal; } hw[VQS];
static u64 features;
static struct smnc_vq_rss hw_rss;
static bool placed;	/* it knows where to write the places of packed rings */
static bool failing;	/* requests to the firmware */
static bool failed;	/* one of them did: the hardware need not be as the driver believes */
static u64 stopped;
static unsigned int replies, restarts;
static u32 rows;

/* --- the hardware ------------------------------------------------------------------ */

static int verb(void)
{
	must(!smnc_hw_off(&pf) && adi->func == FUNC && adi->lock.held);
	rows = rows * 1103515245 + 12345;
	if (!failing || rows >> 28)
		return 0;
	failed = true;
	return -EREMOTEIO;
}

int smnc_vq_stopped(struct smnc_pf *p, struct smnc_vsi *vsi, u64 *vqs)
{
	*vqs = stopped;
	return verb();
}

int smnc_vq_features(struct smnc_pf *p, struct smnc_vsi *vsi, u64 set, u64 offloads)
{
	must((set & LEAST) == LEAST && !(set & ~smnc_virtio_offered(adi)));
	must(!(offloads & ~set) && !(offloads & ~SMNC_VIRTIO_OFFLOADS));
	if (verb())
		return -EREMOTEIO;
	features = set;
	return 0;
}

int smnc_vq_places(struct smnc_pf *p, struct smnc_vsi *vsi)
{
	must(features & F(VIRTIO_F_RING_PACKED));
	if (verb())
		return -EREMOTEIO;
	placed = true;
	return 0;
}

int smnc_vq_vector(struct smnc_pf *p, struct smnc_vsi *vsi, u16 vq, u16 vector)
{
	must(vq < VQS && (vector < 1 + 2 * QUEUES || vector == SMNC_VQ_NO_VECTOR));
	return verb();
}

int smnc_vq_start(struct smnc_pf *p, struct smnc_vsi *vsi, u16 vq, const struct smnc_vq_cfg *cfg,
		  u16 flags)
{
	unsigned int n = vq & SMNC_VQ_NUMBER, a;

	must(n < VQS && cfg->size && cfg->size <= SMNC_VIRTIO_VQ_SIZE);
	must(cfg->packed == !!(features & F(VIRTIO_F_RING_PACKED)));
	must(cfg->packed ? placed && !(cfg->area[1] % 4) : is_power_of_2(cfg->size));
	must(cfg->vector < 1 + 2 * QUEUES || cfg->vector == SMNC_VQ_NO_VECTOR);
	for (a = 0; a < SMNC_VQ_AREAS; a++)
		must(!(cfg->area[a] >> 48));
	must(!(cfg->area[0] % 16) && !(cfg->area[1] % 2) && !(cfg->area[2] % 4));
	must(v->status & VIRTIO_CONFIG_S_DRIVER_OK && v->status & VIRTIO_CONFIG_S_FEATURES_OK);
	must(!hw[n].on || failed);
	if (verb())
		return -EREMOTEIO;
	hw[n].on = true;
	hw[n].control = vq & SMNC_VQ_CONTROL;
	return 0;
}

int smnc_vq_stop(struct smnc_pf *p, struct smnc_vsi *vsi, u16 vq)
{
	must(vq < VQS);
	if (verb())
		return -EREMOTEIO;
	memset(&hw[vq], 0, sizeof(hw[vq]));
	return 0;
}

int smnc_queue_stopped(struct smnc_pf *p, u32 queue) { return 0; }
u32 smnc_read(struct smnc_pf *p, u32 off) { return rows >> 16; }
void smnc_hw_stuck(struct smnc_pf *p, const char *why) { must(failed); }

void smnc_win_kick(struct smnc_pf *p, u16 func, u32 off, u32 value, unsigned int size)
{
	must(func == FUNC && off < 4096 && (size == 2 || size == 4));
}

int smnc_adi_func_reset(struct smnc_adi *a)
{
	must(a->lock.held);
	memset(hw, 0, sizeof(hw));
	memset(&hw_rss, 0, sizeof(hw_rss));
	features = 0;
	placed = false;
	return 0;
}

void smnc_func_ctrl(struct smnc_pf *p, u16 func, u32 ctrl) { must(func == FUNC); }

/* --- the switch ----------------------------------------------------------------------- */

int smnc_adi_vsi_update(struct smnc_adi *a)
{
	must(a->lock.held);
	return failing ? verb() : 0;
}

/* VID 4095 is reserved. */
int smnc_vsi_set_own(struct smnc_pf *p, struct smnc_vsi *vsi, const u8 *own)
{
	must(vsi == &adi->vsi && !(own[SMNC_VIDS / 8 - 1] & 0x80));
	if (verb())
		return -EREMOTEIO;
	memcpy(vsi->own, own, sizeof(vsi->own));
	return 0;
}

/* Addresses that end in 7 are a neighbour's. */
int smnc_mac_taken(struct smnc_pf *p, const void *owner, const u8 *mac)
{
	must(owner == adi);
	return mac[5] == 7 ? -EEXIST : 0;
}

#include "filters.h"

int smnc_vq_coal(struct smnc_pf *p, struct smnc_vsi *vsi, u16 vq, const struct smnc_vq_coal *coal)
{
	must(vq < VQS && (hw[vq].on || failed) && !hw[vq].control);
	if (verb())
		return -EREMOTEIO;
	hw[vq].coal = *coal;
	return 0;
}

int smnc_vq_rss(struct smnc_pf *p, struct smnc_vsi *vsi, const struct smnc_vq_rss *rss)
{
	unsigned int i;

	must(!(rss->types & ~SMNC_VQ_RSS_TYPES) && rss->other < QUEUES);
	must(!rss->entries || is_power_of_2(rss->entries));
	must(rss->entries <= SMNC_VQ_TABLE_ENTRIES);
	for (i = 0; i < rss->entries; i++)
		must(rss->table[i] < QUEUES);
	if (verb())
		return -EREMOTEIO;
	hw_rss = *rss;
	return 0;
}

int smnc_vsi_rss_lut(struct smnc_pf *p, struct smnc_vsi *vsi, const u8 *lut)
{
	unsigned int i;

	for (i = 0; i < SMNC_RSS_LUT_ENTRIES; i++)
		must(lut[i] < QUEUES);
	memcpy(vsi->lut, lut, SMNC_RSS_LUT_ENTRIES);
	vsi->has |= SMNC_VSI_HAS_LUT;
	return 0;
}

int smnc_adi_vsi_again(struct smnc_adi *a)
{
	must(!a->nr_more && !a->more_lost);
	a->vsi.nr_macs = 0;
	a->vsi.has = 0;
	memset(a->vsi.own, 0, sizeof(a->vsi.own));
	if (!smnc_adi_may_have(a, a->guest_mac))
		ether_addr_copy(a->guest_mac, a->addr.mac);
	return smnc_vsi_add_mac(&pf, &a->vsi, a->guest_mac);
}

/* --- the rest of the driver --------------------------------------------------------------- */

struct device *vdcm_adi_dev(const struct vdcm_adi *a) { return NULL; }
bool vdcm_adi_may_log(struct vdcm_adi *a) { return false; }
void vdcm_adi_lost(struct vdcm_adi *a, const char *why) { must(failed); }
bool smnc_adi_link_up(const struct smnc_adi *a) { return !a->starved; }
bool smnc_adi_due(struct smnc_adi *a, unsigned int what) { return true; }
void smnc_msgs_open(struct smnc_adi *a) { must(a->lock.held); }
void smnc_msgs_close(struct smnc_adi *a) { must(!a->lock.held); }
void smnc_msgs_charge(struct smnc_adi *a, unsigned int requests) { must(!a->lock.held); }
void smnc_adi_wait(struct smnc_adi *a) { must(!a->lock.held); }
int smnc_mbx_tx_drain(struct smnc_pf *p) { return 0; }
void smnc_mbx_flush(struct smnc_pf *p) { }

void vdcm_adi_signal(struct vdcm_adi *a, unsigned int vec)
{
	must(vec < 1 + 2 * QUEUES && v->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

int smnc_mbx_send(struct smnc_pf *p, u16 func, u32 op, s32 status, const void *data, u16 len)
{
	must(func == FUNC && op == SMNC_MSG_CTRL && (status & ~1) == 0);
	must(!len || (len == 8 && !status));
	replies++;
	if (!failing || rows >> 28)
		return 0;
	failed = true;
	return -ETIMEDOUT;
}

int smnc_adi_restart(struct smnc_adi *a, bool dma_on)
{
	int err = smnc_adi_func_reset(a);

	restarts++;
	failed = false;
	smnc_virtio_forget(a);
	return err ?: smnc_adi_vsi_again(a);
}

/* --- a guest ------------------------------------------------------------------------------- */

static void write_reg(u32 at, unsigned int size, u64 value)
{
	smnc_virtio_reg_write(adi, SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_COMMON) + at, value, size);
}

/* A field at its width most of the time, and a value that means something. */
static void any_reg(struct input *in)
{
	static const struct { u8 at, size; } regs[] = {
		{ 0, 4 }, { 4, 4 }, { 8, 4 }, { 12, 4 }, { 16, 2 }, { 18, 2 }, { 20, 1 }, { 21, 1 },
		{ 22, 2 }, { 24, 2 }, { 26, 2 }, { 28, 2 }, { 30, 2 }, { 32, 4 }, { 36, 4 }, { 40, 4 },
		{ 44, 4 }, { 48, 4 }, { 52, 4 }, { 56, 2 }, { 58, 2 }, { 60, 2 },
	};
	u8 how = take8(in), r = how % ARRAY_SIZE(regs);
	u64 value = how & 0x80 ? take32(in) : take8(in) & 0x1f;

	if (how & 0x40 && how & 0x20)
		smnc_virtio_reg_write(adi, take16(in) & 0x3fff, value, 1 << (take8(in) & 3));
	else
		write_reg(regs[r].at, regs[r].size, value);
	smnc_virtio_reg_read(adi, SMNC_VIRTIO_WINDOW(1 + how % 3) + (take8(in) & 0x7f),
			     1 << (how & 3));
}

/* As a driver does it. */
static void start(struct input *in)
{
	u8 how = take8(in);
	u64 set = how & 1 ? USUAL : LEAST | take8(in);
	unsigned int n, vqs = take8(in);

	if (how & 2 && v->engine & F(VIRTIO_F_RING_PACKED))
		set |= F(VIRTIO_F_RING_PACKED);
	write_reg(20, 1, 0);
	write_reg(8, 4, 0);
	write_reg(12, 4, lower_32_bits(set));
	write_reg(8, 4, 1);
	write_reg(12, 4, upper_32_bits(set));
	write_reg(20, 1, 11);
	for (n = 0; n < VQS; n++) {
		write_reg(22, 2, n);
		write_reg(32, 4, 0x1000 * n);
		write_reg(26, 2, n);
		write_reg(28, 2, n < 8 ? vqs >> n & 1 : 1);
	}
	write_reg(20, 1, 15);
}

/* RSS_CONFIG, or HASH_CONFIG. */
static u16 hash_command(struct input *in, u8 *buf, bool spread)
{
	u16 entries = spread ? 1 << take8(in) % 8 : 0, len = 8, i;

	*(u32 *)buf = take8(in) & 0x3f;
	*(u16 *)(buf + 4) = spread ? entries - 1 : 0;
	buf[6] = spread ? take8(in) % QUEUES : 0;
	for (i = 0; i < entries; i++, len += 2)
		buf[len] = i < 8 ? take8(in) % QUEUES : 1;
	buf[len] = spread ? 1 + take8(in) % QUEUES : 0;
	len += spread ? 2 : 4;
	buf[len++] = i = take8(in) % (SMNC_VQ_KEY_BYTES + 1);
	return len + i;
}

static u16 command(struct input *in, u8 *buf, u8 *class, u8 *cmd)
{
	static const struct { u8 class, cmd, len; } cmds[] = {
		{ 0, 0, 1 }, { 0, 1, 1 }, { 1, 0, 0 }, { 1, 1, 6 }, { 2, 0, 2 }, { 3, 0, 0 },
		{ 2, 1, 2 },
		{ 4, 0, 2 }, { 5, 0, 8 }, { 0, 5, 1 }, { 4, 1, 0 }, { 4, 2, 0 }, { 6, 0, 8 },
		{ 6, 1, 8 }, { 6, 2, 12 }, { 6, 3, 4 },
	};
	u8 how = take8(in), i, lists;
	u16 len = 0;

	*class = cmds[how % ARRAY_SIZE(cmds)].class;
	*cmd = cmds[how % ARRAY_SIZE(cmds)].cmd;
	if (how % ARRAY_SIZE(cmds) == 2) {
		for (lists = 0; lists < 2; lists++) {
			u8 nr = take8(in) % 12;

			*(u32 *)(buf + len) = nr;
			len += 4;
			for (i = 0; i < nr; i++, len += 6) {
				buf[len] = take8(in);
				buf[len + 5] = take8(in);
			}
		}
	} else if (*class == 4 && *cmd) {
		len = hash_command(in, buf, *cmd == 1);
	} else {
		while (len < cmds[how % ARRAY_SIZE(cmds)].len)
			buf[len++] = take8(in) & 7;
	}
	return len;
}

static void message(struct input *in)
{
	u8 buf[SMNC_AQ_BUF_MAX + 64] = {}, class, cmd, damage = take8(in);
	u16 len = command(in, buf, &class, &cmd);
	u32 op;
	struct smnc_msg *msg;

	if (damage & 1)
		len += damage & 2 ? 1 : damage & 4 ? -1 : take16(in);
	if (len > SMNC_AQ_BUF_MAX)
		len = SMNC_AQ_BUF_MAX;
	if (damage & 0x10)
		buf[take16(in) % (len + 1)] = take8(in);
	op = SMNC_MSG_CTRL | class << 8 | cmd;
	if (damage & 0x20)
		op = damage & 0x40 ? SMNC_MSG_VQ_STOPPED : take32(in);
	stopped = damage & 0x80 ? take32(in) : 0;
	/* Exactly as long as it is: one byte further is a finding. */
	msg = malloc(sizeof(*msg) + len);
	msg->op = op;
	msg->len = len;
	memcpy(msg->data, buf, len);
	replies = 0;
	mutex_lock(&adi->lock);
	must(smnc_virtio_message(adi, msg) == SMNC_DONE);
	mutex_unlock(&adi->lock);
	must(replies == ((op & ~0xffffu) == SMNC_MSG_CTRL));
	free(msg);
}

static void cap(struct input *in)
{
	u8 how = take8(in), size = 1 << (how & 1) << (how >> 1 & 1), at = take8(in) % 20;

	at -= at % size;
	if (how & 0x80) {
		smnc_virtio_cap_write(adi, NULL, 4, 1, SMNC_VIRTIO_BAR);
		smnc_virtio_cap_write(adi, NULL, 8, 4, take16(in));
		smnc_virtio_cap_write(adi, NULL, 12, 4, size);
		at = 16;
	}
	if (how & 0x40)
		smnc_virtio_cap_write(adi, NULL, at, size, take32(in));
	else
		must(size == 4 || smnc_virtio_cap_read(adi, NULL, at, size) >> 8 * size == 0);
}

/* --- what happens to it ---------------------------------------------------------------------- */

static void revive(void)
{
	memset(hw, 0, sizeof(hw));
	memset(&hw_rss, 0, sizeof(hw_rss));
	features = 0;
	placed = false;
	failed = false;
	pf.state = SMNC_PF_UP;
	mutex_lock(&adi->lock);
	if (smnc_virtio_revive(adi))
		must(failed);
	mutex_unlock(&adi->lock);
}

static void event(struct input *in)
{
	u8 how = take8(in);

	switch (how % 8) {
	case 0:
		pf.state = SMNC_PF_QUIESCED;
		return;
	case 1:
	case 2:
		if (smnc_hw_off(&pf))
			revive();
		return;
	case 3:
		failing = how & 0x80;
		return;
	case 4:
		adi->cfg[SMNC_CFG_TRUST] = how & 0x80;
		break;
	case 5:
		adi->starved = how & 0x80;
		break;
	}
	mutex_lock(&adi->lock);
	if (!smnc_hw_off(&pf)) {
		if (smnc_adi_check_addrs(adi) < 0)
			must(failed);
		smnc_virtio_wishes(adi);
		if (adi->again) {
			adi->again = false;
			smnc_virtio_again(adi);
		}
	}
	smnc_virtio_link(adi);
	mutex_unlock(&adi->lock);
}

static void check(void)
{
	unsigned int n, nr = 0;

	must(!adi->lock.held && adi->nr_more <= SMNC_MORE_GROUPS && v->nr_macs <= SMNC_VIRTIO_MACS);
	must(!(v->status & VIRTIO_CONFIG_S_DRIVER_OK) || v->status & VIRTIO_CONFIG_S_FEATURES_OK);
	must(!v->again || adi->again);
	must(!v->announce || v->status & VIRTIO_CONFIG_S_DRIVER_OK);
	must(v->pairs >= 1 && v->pairs <= QUEUES && is_valid_ether_addr(v->mac));
	must(smnc_virtio_reg_read(adi, SMNC_VIRTIO_WINDOW(SMNC_VIRTIO_COMMON) + 20, 1) == v->status);
	for (n = VQS; n < SMNC_VIRTIO_VQS; n++)
		must(!v->vqs[n].enabled);
	if (failed || smnc_hw_off(&pf))
		return;
	for (n = 0; n < VQS; n++) {
		must(hw[n].on == (v->vqs[n].enabled && v->status & VIRTIO_CONFIG_S_DRIVER_OK));
		nr += hw[n].on && hw[n].control;
		must(!hw[n].on || (!v->vqs[n].coal.usecs || !v->vqs[n].coal.packets) ||
		     !memcmp(&hw[n].coal, &v->vqs[n].coal, sizeof(hw[n].coal)));
	}
	must(nr <= 1);
	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK)
		must(features == smnc_virtio_accepted(v));
	must(!memcmp(&hw_rss, &v->rss, sizeof(hw_rss)));
	must(!memcmp(adi->vsi.own, v->vids, sizeof(v->vids)));
	for (n = 0; n < sizeof(v->vids); n++)
		must(!v->vids[n] || smnc_virtio_accepted(v) & F(VIRTIO_NET_F_CTRL_VLAN));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct smnc_kind kind = { .queue_vecs = 2 };
	struct input in = { data, size };
	u8 device = take8(&in);

	adi = calloc(1, sizeof(*adi));
	v = calloc(1, sizeof(*v));
	memset(&pf, 0, sizeof(pf));
	memset(hw, 0, sizeof(hw));
	memset(&hw_rss, 0, sizeof(hw_rss));
	failing = false;
	failed = false;
	features = 0;
	placed = false;
	rows = device;
	adi->priv = v;
	adi->pf = &pf;
	adi->kind = &kind;
	adi->func = FUNC;
	adi->nr_queues = QUEUES;
	memcpy(adi->addr.mac, "\2\0\0\0\0\x11", ETH_ALEN);
	ether_addr_copy(adi->guest_mac, adi->addr.mac);
	adi->cfg[SMNC_CFG_TX_RING] = 96;
	adi->cfg[SMNC_CFG_RX_RING] = 4096;
	adi->cfg[SMNC_CFG_TRUST] = device & 1;
	v->engine = ENGINE | (device & 4 ? F(VIRTIO_F_RING_PACKED) : 0);
	v->vq_size = SMNC_VIRTIO_VQ_SIZE;
	smnc_virtio_flr(adi);
	mutex_lock(&adi->lock);
	smnc_virtio_forget(adi);
	smnc_adi_vsi_again(adi);
	mutex_unlock(&adi->lock);
	if (device & 2)
		start(&in);
	while (in.len) {
		switch (take8(&in) % 8) {
		case 0:
			start(&in);
			break;
		case 1:
			event(&in);
			break;
		case 2:
			cap(&in);
			break;
		case 3:
		case 4:
			if (!smnc_hw_off(&pf))
				message(&in);
			break;
		default:
			any_reg(&in);
		}
		check();
	}
	free(v);
	free(adi);
	return 0;
}
