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

/**
 * struct snic_virtio_cmd - a control command
 * @class: VIRTIO_NET_CTRL_*
 * @command: of the class
 * @min: least bytes of data
 * @max: most of them
 * @handle: carries it out; returns 0 or errno: the command is refused
 */
struct snic_virtio_cmd {
	u8 class;
	u8 command;
	u16 min;
	u16 max;
	int (*handle)(struct snic_adi *adi, const u8 *data, u16 len);
};

static int ctrl_promisc(struct snic_adi *adi, const u8 *data, u16 len)
{
	return snic_virtio_set_promisc(adi, data[0], snic_virtio(adi)->allmulti);
}

static int ctrl_allmulti(struct snic_adi *adi, const u8 *data, u16 len)
{
	return snic_virtio_set_promisc(adi, snic_virtio(adi)->promisc, data[0]);
}

/* A hint that is not taken, a notice that is not needed. */
static int ctrl_nothing(struct snic_adi *adi, const u8 *data, u16 len)
{
	return 0;
}

/* A count and as many addresses. Return: what follows them, or NULL: they are cut off. */
static const u8 *ctrl_macs(const u8 *at, const u8 *end, u32 *nr)
{
	if (end - at < sizeof(u32))
		return NULL;
	*nr = snic_virtio_le(at, sizeof(u32));
	at += sizeof(u32);
	return *nr <= (end - at) / ETH_ALEN ? at + *nr * ETH_ALEN : NULL;
}

/* Stations, then groups; what is in which does not matter. */
static int ctrl_mac_table(struct snic_adi *adi, const u8 *data, u16 len)
{
	struct snic_virtio *v = snic_virtio(adi);
	const u8 *end = data + len, *groups;
	u32 uc, mc;

	groups = ctrl_macs(data, end, &uc);
	if (!groups || ctrl_macs(groups, end, &mc) != end)
		return -EINVAL;
	BUILD_BUG_ON(sizeof(v->macs) + 2 * sizeof(u32) > SNIC_AQ_BUF_MAX);
	if (uc + mc > SNIC_VIRTIO_MACS)
		return -EINVAL;
	memcpy(v->macs, data + sizeof(u32), uc * ETH_ALEN);
	memcpy(v->macs[uc], groups + sizeof(u32), mc * ETH_ALEN);
	v->nr_macs = uc + mc;
	return snic_virtio_apply_macs(adi);
}

static int ctrl_mac_addr(struct snic_adi *adi, const u8 *data, u16 len)
{
	u8 mac[ETH_ALEN] __aligned(2);

	memcpy(mac, data, ETH_ALEN);
	return is_valid_ether_addr(mac) ? snic_virtio_set_own(adi, mac) : -EINVAL;
}

static int ctrl_pairs(struct snic_adi *adi, const u8 *data, u16 len)
{
	u64 accepted = snic_virtio_accepted(snic_virtio(adi));
	unsigned int most = accepted & SNIC_VIRTIO_F(VIRTIO_NET_F_MQ) ? adi->nr_queues : 1;
	u16 pairs = snic_virtio_le(data, sizeof(u16));

	return pairs && pairs <= most ? snic_virtio_set_pairs(adi, pairs) : -EINVAL;
}

/* Those that were accepted may be switched, also by drivers that did not ask for that. */
static int ctrl_offloads(struct snic_adi *adi, const u8 *data, u16 len)
{
	struct snic_virtio *v = snic_virtio(adi);
	u64 offloads = snic_virtio_le(data, sizeof(u64)), before = v->offloads;
	int err;

	if (offloads & ~(snic_virtio_accepted(v) & SNIC_VIRTIO_OFFLOADS))
		return -EINVAL;
	v->offloads = offloads;
	err = snic_virtio_give_features(adi);
	if (err)
		v->offloads = before;
	return err;
}

#define CTRL(_class, _command, _min, _max, _handle) \
	{ VIRTIO_NET_CTRL_##_class, VIRTIO_NET_CTRL_##_class##_##_command, _min, _max, _handle }

/* Drivers send some of these without the feature. */
static const struct snic_virtio_cmd snic_virtio_cmds[] = {
	CTRL(RX, PROMISC, 1, 1, ctrl_promisc),
	CTRL(RX, ALLMULTI, 1, 1, ctrl_allmulti),
	CTRL(RX, ALLUNI, 1, 1, ctrl_nothing),
	CTRL(RX, NOMULTI, 1, 1, ctrl_nothing),
	CTRL(RX, NOUNI, 1, 1, ctrl_nothing),
	CTRL(RX, NOBCAST, 1, 1, ctrl_nothing),
	CTRL(MAC, TABLE_SET, 2 * sizeof(u32), SNIC_AQ_BUF_MAX, ctrl_mac_table),
	CTRL(MAC, ADDR_SET, ETH_ALEN, ETH_ALEN, ctrl_mac_addr),
	/* Without a table of VLANs all pass that the operator lets pass. */
	CTRL(VLAN, ADD, sizeof(u16), sizeof(u16), ctrl_nothing),
	CTRL(VLAN, DEL, sizeof(u16), sizeof(u16), ctrl_nothing),
	CTRL(ANNOUNCE, ACK, 0, 0, ctrl_nothing),
	CTRL(MQ, VQ_PAIRS_SET, sizeof(u16), sizeof(u16), ctrl_pairs),
	CTRL(GUEST_OFFLOADS, SET, sizeof(u64), sizeof(u64), ctrl_offloads),
};

static int snic_virtio_ctrl(struct snic_adi *adi, u8 class, u8 command, const u8 *data, u16 len)
{
	unsigned int i;

	if (!(snic_virtio(adi)->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return -EPERM;
	for (i = 0; i < ARRAY_SIZE(snic_virtio_cmds); i++) {
		const struct snic_virtio_cmd *cmd = &snic_virtio_cmds[i];

		if (cmd->class != class || cmd->command != command)
			continue;
		if (len < cmd->min || len > cmd->max)
			return -EINVAL;
		return cmd->handle(adi, data, len);
	}
	return -EOPNOTSUPP;
}

/**
 * snic_virtio_message() - the device has a message about a virtio function
 * @adi: its ADI, lock held
 * @msg: a command of the control queue, or that a VQ has stopped
 *
 * Return: SNIC_DONE.
 */
enum snic_verdict snic_virtio_message(struct snic_adi *adi, const struct snic_msg *msg)
{
	u8 class = (msg->op & SNIC_MSG_CTRL_CLASS) >> 8, command = msg->op & SNIC_MSG_CTRL_COMMAND;
	int err;

	switch (msg->op & ~(u32)(SNIC_MSG_CTRL_CLASS | SNIC_MSG_CTRL_COMMAND)) {
	case SNIC_MSG_CTRL:
		err = snic_virtio_ctrl(adi, class, command, msg->data, msg->len);
		if (err)
			vdcm_limited(adi->vdcm, notice,
				     "control command %u/%u, %u bytes: refused with %d\n",
				     class, command, msg->len, err);
		snic_mbx_send(adi->pf, adi->func, SNIC_MSG_CTRL,
			      err ? VIRTIO_NET_ERR : VIRTIO_NET_OK, NULL, 0);
		break;
	case SNIC_MSG_VQ_STOPPED:
		snic_virtio_look_stopped(adi);
		break;
	}
	return SNIC_DONE;
}
