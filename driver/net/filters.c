// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the PF's netdev receives: the stack's address lists become filters and
 * flags of VSI 0.
 */
#include <linux/etherdevice.h>

#include "netdev.h"

/**
 * struct snic_wanted - what the stack wants
 * @flags: SNIC_VSI_*
 * @nr: entries of @macs
 * @macs: addresses
 */
struct snic_wanted {
	u16 flags;
	unsigned int nr;
	u8 macs[SNIC_FW_MACS_PER_VSI][ETH_ALEN];
};

/* An address that finds no room makes the VSI take all of its kind. */
static void snic_want(struct snic_wanted *w, const u8 *mac, u16 instead)
{
	if (w->nr < SNIC_FW_MACS_PER_VSI)
		ether_addr_copy(w->macs[w->nr++], mac);
	else
		w->flags |= instead;
}

static void snic_net_wanted(struct net_device *dev, struct snic_wanted *w)
{
	struct netdev_hw_addr *ha;

	memset(w, 0, sizeof(*w));
	w->flags = SNIC_VSI_ACTIVE;
	netif_addr_lock_bh(dev);
	if (dev->flags & IFF_PROMISC)
		w->flags |= SNIC_VSI_UC_PROMISC | SNIC_VSI_MC_PROMISC | SNIC_VSI_DEFAULT;
	if (dev->flags & IFF_ALLMULTI)
		w->flags |= SNIC_VSI_MC_PROMISC;
	snic_want(w, dev->dev_addr, SNIC_VSI_UC_PROMISC);
	netdev_for_each_uc_addr(ha, dev)
		snic_want(w, ha->addr, SNIC_VSI_UC_PROMISC);
	netdev_for_each_mc_addr(ha, dev)
		snic_want(w, ha->addr, SNIC_VSI_MC_PROMISC);
	netif_addr_unlock_bh(dev);
}

static bool snic_is_wanted(const struct snic_wanted *w, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < w->nr; i++)
		if (ether_addr_equal_unaligned(w->macs[i], mac))
			return true;
	return false;
}

/* Bring VSI 0 in line. filter_lock is held. */
static int snic_net_sync(struct snic_net *net)
{
	struct snic_vsi *vsi = &net->vsi;
	struct snic_pf *pf = net->pf;
	struct snic_wanted w;
	unsigned int i;
	int err, own = 0;

	snic_net_wanted(net->dev, &w);
	for (i = vsi->nr_macs; i--; )
		if (!snic_is_wanted(&w, vsi->macs[i]))
			snic_vsi_del_mac(pf, vsi, vsi->macs[i]);
	for (i = 0; i < w.nr; i++) {
		err = snic_vsi_add_mac(pf, vsi, w.macs[i]);
		if (!err)
			continue;
		/* The first is the interface's own. */
		if (!i)
			own = err;
		if (err == -EEXIST)
			netdev_warn(net->dev, "%pM is a function's\n", w.macs[i]);
		else if (err == -ENOSPC)
			w.flags |= is_multicast_ether_addr(w.macs[i]) ?
				   SNIC_VSI_MC_PROMISC : SNIC_VSI_UC_PROMISC;
	}
	err = w.flags == vsi->flags ? 0 : snic_vsi_set_flags(pf, vsi, w.flags);
	return own ?: err;
}

void snic_net_rx_mode_work(struct work_struct *work)
{
	struct snic_net *net = container_of(work, struct snic_net, rx_mode);

	mutex_lock(&net->filter_lock);
	if (net->vsi.flags & SNIC_VSI_ACTIVE && !snic_vsi_settle(net->pf, &net->vsi))
		snic_net_sync(net);
	mutex_unlock(&net->filter_lock);
}

/* Something has not been answered by the firmware: once more. */
void snic_net_settle(struct snic_pf *pf)
{
	struct snic_net *net = READ_ONCE(pf->net);

	if (net && READ_ONCE(net->vsi.unknown))
		queue_work(pf->ctl_wq, &net->rx_mode);
}

int snic_net_filters_on(struct snic_net *net)
{
	int err;

	mutex_lock(&net->filter_lock);
	err = snic_net_sync(net);
	mutex_unlock(&net->filter_lock);
	return err == -EEXIST ? -EADDRINUSE : err;
}

/* RSS goes as well; snic_net_open() sets it. */
void snic_net_filters_off(struct snic_net *net)
{
	mutex_lock(&net->filter_lock);
	snic_vsi_clear(net->pf, &net->vsi);
	mutex_unlock(&net->filter_lock);
}

/*
 * The interface gets another address, by which it is reached at once if it is up.
 * Return: 0, -EEXIST if the address is a function's, or another errno.
 */
int snic_net_move_mac(struct snic_net *net, const u8 *mac)
{
	int err = 0;

	mutex_lock(&net->filter_lock);
	if (net->up)
		err = snic_vsi_add_mac(net->pf, &net->vsi, mac);
	if (!err) {
		if (net->up)
			snic_vsi_del_mac(net->pf, &net->vsi, net->dev->dev_addr);
		/* A filter update that waits for the lock sees the new one. */
		eth_hw_addr_set(net->dev, mac);
	}
	mutex_unlock(&net->filter_lock);
	return err;
}
