// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the PF's netdev receives: the stack's address lists become filters and
 * flags of VSI 0.
 */
#include <linux/etherdevice.h>

#include "netdev.h"

/**
 * struct smnc_wanted - what the stack wants
 * @flags: SMNC_VSI_*
 * @nr: entries of @macs
 * @macs: addresses
 */
struct smnc_wanted {
	u16 flags;
	unsigned int nr;
	u8 macs[SMNC_FW_MACS_PER_VSI][ETH_ALEN];
};

/* An address that finds no room makes the VSI take all of its kind. */
static void smnc_want(struct smnc_wanted *w, const u8 *mac, u16 instead)
{
	if (w->nr < SMNC_FW_MACS_PER_VSI)
		ether_addr_copy(w->macs[w->nr++], mac);
	else
		w->flags |= instead;
}

static void smnc_net_wanted(struct net_device *dev, struct smnc_wanted *w)
{
	struct netdev_hw_addr *ha;

	memset(w, 0, sizeof(*w));
	w->flags = SMNC_VSI_ACTIVE;
	netif_addr_lock_bh(dev);
	if (dev->flags & IFF_PROMISC)
		w->flags |= SMNC_VSI_UC_PROMISC | SMNC_VSI_MC_PROMISC | SMNC_VSI_DEFAULT;
	if (dev->flags & IFF_ALLMULTI)
		w->flags |= SMNC_VSI_MC_PROMISC;
	smnc_want(w, dev->dev_addr, SMNC_VSI_UC_PROMISC);
	netdev_for_each_uc_addr(ha, dev)
		smnc_want(w, ha->addr, SMNC_VSI_UC_PROMISC);
	netdev_for_each_mc_addr(ha, dev)
		smnc_want(w, ha->addr, SMNC_VSI_MC_PROMISC);
	netif_addr_unlock_bh(dev);
}

static bool smnc_is_wanted(const struct smnc_wanted *w, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < w->nr; i++)
		if (ether_addr_equal_unaligned(w->macs[i], mac))
			return true;
	return false;
}

/* Return: may what the firmware has refused, or not done in time, succeed the next time? */
static bool smnc_net_dropped(struct smnc_net *net, const struct smnc_wanted *w)
{
	struct smnc_vsi *vsi = &net->vsi;
	bool again = false;
	unsigned int i;
	int err;

	for (i = vsi->nr_macs; i--; ) {
		/* A VSI that is settled meanwhile may have fewer. */
		if (i >= vsi->nr_macs || smnc_is_wanted(w, vsi->macs[i]))
			continue;
		err = smnc_vsi_del_mac(net->pf, vsi, vsi->macs[i]);
		again |= err && err != -ENOENT;
	}
	return again;
}

/* Bring VSI 0 in line. filter_lock is held. */
static int smnc_net_sync(struct smnc_net *net)
{
	struct smnc_vsi *vsi = &net->vsi;
	struct smnc_pf *pf = net->pf;
	struct smnc_wanted w;
	bool again;
	unsigned int i;
	int err, own = 0;

	smnc_net_wanted(net->dev, &w);
	again = smnc_net_dropped(net, &w);
	for (i = 0; i < w.nr; i++) {
		err = smnc_vsi_add_mac(pf, vsi, w.macs[i]);
		if (!err)
			continue;
		/* The first is the interface's own. */
		if (!i)
			own = err;
		if (err == -EEXIST)
			netdev_warn(net->dev, "%pM is a function's\n", w.macs[i]);
		else if (err == -ENOSPC)
			w.flags |= is_multicast_ether_addr(w.macs[i]) ?
				   SMNC_VSI_MC_PROMISC : SMNC_VSI_UC_PROMISC;
		else
			again = true;
	}
	err = w.flags == vsi->flags ? 0 : smnc_vsi_set_flags(pf, vsi, w.flags);
	WRITE_ONCE(net->resync, again || err);
	return own ?: err;
}

void smnc_net_rx_mode_work(struct work_struct *work)
{
	struct smnc_net *net = container_of(work, struct smnc_net, rx_mode);

	mutex_lock(&net->filter_lock);
	/* Also the VSI of an interface that is down: it may not be cleared yet. */
	if (!smnc_vsi_settle(net->pf, &net->vsi) && net->vsi.flags & SMNC_VSI_ACTIVE)
		smnc_net_sync(net);
	mutex_unlock(&net->filter_lock);
}

/* Something has not been done by the firmware: once more. */
void smnc_net_settle(struct smnc_pf *pf)
{
	struct smnc_net *net = READ_ONCE(pf->net);

	if (net && (READ_ONCE(net->vsi.unknown) || READ_ONCE(net->resync)))
		queue_work(pf->ctl_wq, &net->rx_mode);
}

int smnc_net_filters_on(struct smnc_net *net)
{
	int err;

	mutex_lock(&net->filter_lock);
	err = smnc_net_sync(net);
	mutex_unlock(&net->filter_lock);
	return err == -EEXIST ? -EADDRINUSE : err;
}

/* RSS goes as well; smnc_net_open() sets it. */
void smnc_net_filters_off(struct smnc_net *net)
{
	mutex_lock(&net->filter_lock);
	WRITE_ONCE(net->resync, false);
	smnc_vsi_clear(net->pf, &net->vsi);
	mutex_unlock(&net->filter_lock);
}

/*
 * The interface gets another address, by which it is reached at once if it is up.
 * Return: 0, -EEXIST if the address is a function's, or another errno.
 */
int smnc_net_move_mac(struct smnc_net *net, const u8 *mac)
{
	int err = 0;

	mutex_lock(&net->filter_lock);
	if (net->up)
		err = smnc_vsi_add_mac(net->pf, &net->vsi, mac);
	if (!err) {
		if (net->up)
			smnc_vsi_del_mac(net->pf, &net->vsi, net->dev->dev_addr);
		/* A filter update that waits for the lock sees the new one. */
		eth_hw_addr_set(net->dev, mac);
	}
	mutex_unlock(&net->filter_lock);
	/* The old one may be wanted still, as a further address. */
	queue_work(net->pf->ctl_wq, &net->rx_mode);
	return err;
}
