// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control queue of a virtio device: the device fetches a command, and the ADI's worker
 * answers it with adi->lock held.
 *
 * A driver waits for the answer without an end, and holds its host's networking meanwhile:
 * each command is answered, whatever is wrong with it. What a guest may not have is no
 * error, but for an address of its own: drivers take an error for a broken device.
 */
#include <linux/etherdevice.h>

#include "virtio.h"

/* How often the driver tries to send an answer, a second apart. */
#define SMNC_VIRTIO_TRIES	3

/**
 * struct smnc_virtio_cmd - a control command
 * @class: VIRTIO_NET_CTRL_*
 * @command: of the class
 * @min: least bytes of data
 * @max: most of them
 * @handle: carries it out; returns 0 or errno: the command is refused
 */
struct smnc_virtio_cmd {
	u8 class;
	u8 command;
	u16 min;
	u16 max;
	int (*handle)(struct smnc_adi *adi, const u8 *data, u16 len);
};

static int ctrl_promisc(struct smnc_adi *adi, const u8 *data, u16 len)
{
	return smnc_virtio_set_promisc(adi, data[0], smnc_virtio(adi)->allmulti);
}

static int ctrl_allmulti(struct smnc_adi *adi, const u8 *data, u16 len)
{
	return smnc_virtio_set_promisc(adi, smnc_virtio(adi)->promisc, data[0]);
}

static int ctrl_announced(struct smnc_adi *adi, const u8 *data, u16 len)
{
	smnc_virtio(adi)->announce = false;
	return 0;
}

/* The device ignores a hint. */
static int ctrl_nothing(struct smnc_adi *adi, const u8 *data, u16 len)
{
	return 0;
}

/* A count and as many addresses. Return: what follows them, or NULL: they are cut off. */
static const u8 *ctrl_macs(const u8 *at, const u8 *end, u32 *nr)
{
	if (end - at < sizeof(u32))
		return NULL;
	*nr = smnc_virtio_le(at, sizeof(u32));
	at += sizeof(u32);
	return *nr <= (end - at) / ETH_ALEN ? at + *nr * ETH_ALEN : NULL;
}

/* The driver's two tables are one: an address may stand in either. */
static int ctrl_mac_table(struct smnc_adi *adi, const u8 *data, u16 len)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	const u8 *end = data + len, *groups;
	u32 uc, mc;

	groups = ctrl_macs(data, end, &uc);
	if (!groups || ctrl_macs(groups, end, &mc) != end)
		return -EINVAL;
	BUILD_BUG_ON(sizeof(v->macs) + 2 * sizeof(u32) > SMNC_AQ_BUF_MAX);
	if (uc + mc > SMNC_VIRTIO_MACS)
		return -EINVAL;
	memcpy(v->macs, data + sizeof(u32), uc * ETH_ALEN);
	memcpy(v->macs[uc], groups + sizeof(u32), mc * ETH_ALEN);
	v->nr_macs = uc + mc;
	return smnc_virtio_apply_macs(adi);
}

static int ctrl_mac_addr(struct smnc_adi *adi, const u8 *data, u16 len)
{
	u8 mac[ETH_ALEN] __aligned(2);

	memcpy(mac, data, ETH_ALEN);
	return is_valid_ether_addr(mac) ? smnc_virtio_set_own(adi, mac) : -EINVAL;
}

static int ctrl_vlan_add(struct smnc_adi *adi, const u8 *data, u16 len)
{
	return smnc_virtio_set_vid(adi, smnc_virtio_le(data, sizeof(u16)), true);
}

static int ctrl_vlan_del(struct smnc_adi *adi, const u8 *data, u16 len)
{
	return smnc_virtio_set_vid(adi, smnc_virtio_le(data, sizeof(u16)), false);
}

/* Those that were accepted may be switched, also by drivers that did not ask for that. */
static int ctrl_offloads(struct smnc_adi *adi, const u8 *data, u16 len)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	u64 offloads = smnc_virtio_le(data, sizeof(u64)), before = v->offloads;
	int err;

	if (offloads & ~(smnc_virtio_accepted(v) & SMNC_VIRTIO_OFFLOADS))
		return -EINVAL;
	v->offloads = offloads;
	err = smnc_virtio_give_features(adi);
	if (err)
		v->offloads = before;
	return err;
}

#define CTRL(_class, _command, _min, _max, _handle) \
	{ VIRTIO_NET_CTRL_##_class, VIRTIO_NET_CTRL_##_class##_##_command, _min, _max, _handle }

/* Drivers send some of these without the feature. */
static const struct smnc_virtio_cmd smnc_virtio_cmds[] = {
	CTRL(RX, PROMISC, 1, 1, ctrl_promisc),
	CTRL(RX, ALLMULTI, 1, 1, ctrl_allmulti),
	CTRL(RX, ALLUNI, 1, 1, ctrl_nothing),
	CTRL(RX, NOMULTI, 1, 1, ctrl_nothing),
	CTRL(RX, NOUNI, 1, 1, ctrl_nothing),
	CTRL(RX, NOBCAST, 1, 1, ctrl_nothing),
	CTRL(MAC, TABLE_SET, 2 * sizeof(u32), SMNC_AQ_BUF_MAX, ctrl_mac_table),
	CTRL(MAC, ADDR_SET, ETH_ALEN, ETH_ALEN, ctrl_mac_addr),
	CTRL(VLAN, ADD, sizeof(u16), sizeof(u16), ctrl_vlan_add),
	CTRL(VLAN, DEL, sizeof(u16), sizeof(u16), ctrl_vlan_del),
	CTRL(ANNOUNCE, ACK, 0, 0, ctrl_announced),
	CTRL(MQ, VQ_PAIRS_SET, sizeof(u16), sizeof(u16), smnc_virtio_ctrl_pairs),
	CTRL(MQ, RSS_CONFIG, SMNC_VIRTIO_RSS_LEAST, SMNC_AQ_BUF_MAX, smnc_virtio_ctrl_rss),
	CTRL(MQ, HASH_CONFIG, SMNC_VIRTIO_HASH_LEAST, SMNC_AQ_BUF_MAX, smnc_virtio_ctrl_hash),
	CTRL(NOTF_COAL, TX_SET, 2 * sizeof(u32), 2 * sizeof(u32), smnc_virtio_ctrl_coal_tx),
	CTRL(NOTF_COAL, RX_SET, 2 * sizeof(u32), 2 * sizeof(u32), smnc_virtio_ctrl_coal_rx),
	{ VIRTIO_NET_CTRL_NOTF_COAL, SMNC_VIRTIO_COAL_VQ_SET, 3 * sizeof(u32), 3 * sizeof(u32),
	  smnc_virtio_ctrl_coal_vq },
	{ VIRTIO_NET_CTRL_NOTF_COAL, SMNC_VIRTIO_COAL_VQ_GET, sizeof(u32), sizeof(u32),
	  smnc_virtio_ctrl_coal_get },
	CTRL(GUEST_OFFLOADS, SET, sizeof(u64), sizeof(u64), ctrl_offloads),
};

static int smnc_virtio_ctrl(struct smnc_adi *adi, u8 class, u8 command, const u8 *data, u16 len)
{
	unsigned int i;

	if (!(smnc_virtio(adi)->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return -EPERM;
	for (i = 0; i < ARRAY_SIZE(smnc_virtio_cmds); i++) {
		const struct smnc_virtio_cmd *cmd = &smnc_virtio_cmds[i];

		if (cmd->class != class || cmd->command != command)
			continue;
		if (len < cmd->min || len > cmd->max)
			return -EINVAL;
		return cmd->handle(adi, data, len);
	}
	return -EOPNOTSUPP;
}

/**
 * smnc_virtio_answer() - send the answer to a control command
 * @adi: its ADI, lock held
 *
 * The guest's driver waits for the answer. The PF driver tries again while the mailbox is full,
 * and at last resets the SmartNIC, which then delivers the command again.
 */
void smnc_virtio_answer(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);

	if (!smnc_mbx_send(adi->pf, adi->func, SMNC_MSG_CTRL, v->ack, v->result,
			   v->result_len) ||
	    smnc_adi_off(adi))
		return;
	if (++v->tries < SMNC_VIRTIO_TRIES)
		smnc_virtio_put_off(adi, SMNC_VIRTIO_AGAIN_ANSWER);
	else
		smnc_hw_stuck(adi->pf, "its mailbox takes no answer");
}

/**
 * smnc_virtio_message() - the device has a message about a virtio function
 * @adi: its ADI, lock held
 * @msg: a command of the control queue, or that a VQ has stopped
 *
 * Return: SMNC_DONE.
 */
enum smnc_verdict smnc_virtio_message(struct smnc_adi *adi, struct smnc_msg *msg)
{
	u8 class = (msg->op & SMNC_MSG_CTRL_CLASS) >> 8, command = msg->op & SMNC_MSG_CTRL_COMMAND;
	struct smnc_virtio *v = smnc_virtio(adi);
	int err;

	switch (msg->op & ~(u32)(SMNC_MSG_CTRL_CLASS | SMNC_MSG_CTRL_COMMAND)) {
	case SMNC_MSG_CTRL:
		v->result_len = 0;
		err = smnc_virtio_ctrl(adi, class, command, msg->data, msg->len);
		if (err)
			vdcm_limited(adi->vdcm, notice,
				     "control command %u/%u, %u bytes: refused with %d\n",
				     class, command, msg->len, err);
		if (err)
			v->result_len = 0;
		v->ack = err ? VIRTIO_NET_ERR : VIRTIO_NET_OK;
		v->tries = 0;
		smnc_virtio_answer(adi);
		break;
	case SMNC_MSG_VQ_STOPPED:
		smnc_virtio_look_stopped(adi);
		break;
	}
	return SMNC_DONE;
}
