// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PF's own network interface: life, queues, counters.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/interrupt.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>

#include "../core/client.h"
#include "../core/hw.h"
#include "avf_desc.h"
#include "netdev.h"
#include "qstats.h"

static irqreturn_t smnc_net_irq(int irq, void *data)
{
	struct smnc_net_queue *q = data;

	WRITE_ONCE(q->events, q->events + 1);
	napi_schedule(&q->napi);
	return IRQ_HANDLED;
}

/* Follow pf->link. */
static void smnc_net_carrier(struct smnc_pf *pf)
{
	struct smnc_net *net = READ_ONCE(pf->net);
	bool link;

	if (!net)
		return;
	/* The link's work and an opening may both be here: the last one sees what holds. */
	do {
		link = READ_ONCE(pf->link);
		if (link && !smnc_pf_is(pf, SMNC_PF_DEAD))
			netif_carrier_on(net->dev);
		else
			netif_carrier_off(net->dev);
	} while (link != READ_ONCE(pf->link));
}

/* Hard interrupt. */
static void smnc_net_signal(struct smnc_pf *pf, u16 func, u16 vec)
{
	struct smnc_net *net = READ_ONCE(pf->net);

	if (net && vec && vec <= net->max_queues)
		smnc_net_irq(0, &net->queue[vec - 1]);
}

const struct smnc_client smnc_net_client = {
	.vector = smnc_net_signal,
	.link = smnc_net_carrier,
	.dead = smnc_net_carrier,
	.announce = smnc_net_announce,
};

/* --- queues ----------------------------------------------------------------- */

static void smnc_net_arm(struct smnc_net_queue *q, bool on)
{
	smnc_win_write(q->net->pf, 0, SMNC_WIN_DYN_CTLN(q->index),
		       on ? SMNC_DYN_INTENA | SMNC_DYN_ITR_INDX : 0);
}

static int smnc_net_queue_up(struct smnc_net_queue *q)
{
	struct smnc_pf *pf = q->net->pf;
	u32 tx = SMNC_Q(q->qp, SMNC_QP_TX), rx = SMNC_Q(q->qp, SMNC_QP_RX);
	struct smnc_queue_cfg cfg = { .base = q->tx.dma, .len = q->tx.len };
	int err;

	smnc_queue_setup(pf, tx, &cfg);
	cfg.base = q->rx.dma;
	cfg.len = q->rx.len;
	cfg.bufsz = SMNC_RX_BUFSZ;
	cfg.max_frame = min_t(u32, pf->max_frame, SMNC_Q_MAX_CHAIN * SMNC_RX_BUFSZ);
	smnc_queue_setup(pf, rx, &cfg);
	smnc_net_moderate(q);
	smnc_queue_irq(pf, tx, q->index + 1, SMNC_NET_ITR_TX);
	smnc_queue_irq(pf, rx, q->index + 1, SMNC_NET_ITR_RX);
	smnc_rings_fill(q);
	err = smnc_queue_start(pf, tx);
	if (!err)
		err = smnc_queue_start(pf, rx);
	return err;
}

static void smnc_net_queues_stop(struct smnc_net *net)
{
	struct smnc_pf *pf = net->pf;
	unsigned int i;
	int err = 0;

	for (i = 0; i < net->nr_queues; i++) {
		smnc_queue_stop(pf, SMNC_Q(net->queue[i].qp, SMNC_QP_TX));
		smnc_queue_stop(pf, SMNC_Q(net->queue[i].qp, SMNC_QP_RX));
	}
	for (i = 0; i < net->nr_queues && !err; i++) {
		err = smnc_queue_stopped(pf, SMNC_Q(net->queue[i].qp, SMNC_QP_TX));
		if (!err)
			err = smnc_queue_stopped(pf, SMNC_Q(net->queue[i].qp, SMNC_QP_RX));
	}
	if (err && err != -EIO)
		smnc_hw_stuck(pf, "a queue of the netdev does not stop");
}

/* A queue that found no memory for any buffer gets no interrupt that would look again. */
static void smnc_net_poll_once(struct smnc_net *net)
{
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < net->nr_queues; i++)
		napi_schedule(&net->queue[i].napi);
	local_bh_enable();
}

int smnc_net_open(struct net_device *dev)
{
	struct smnc_net *net = netdev_priv(dev);
	unsigned int i;
	int err = 0;

	if (!smnc_hw_alive(net->pf))
		return -EIO;
	smnc_net_take_whole(net, dev->features);
	for (i = 0; i < net->nr_queues && !err; i++)
		err = smnc_rings_alloc(&net->queue[i]);
	for (i = 0; i < net->nr_queues && !err; i++)
		err = smnc_net_queue_up(&net->queue[i]);
	if (!err)
		err = smnc_net_rss_on(net);
	if (!err)
		err = smnc_net_filters_on(net);
	if (err)
		goto fail;
	net->up = true;
	for (i = 0; i < net->nr_queues; i++) {
		smnc_net_measure_start(&net->queue[i]);
		vdcm_net_napi_irq(&net->queue[i].napi, net->queue[i].irq ?: -1);
		napi_enable(&net->queue[i].napi);
		vdcm_net_queue_napi(dev, i, &net->queue[i].napi);
		smnc_net_arm(&net->queue[i], true);
	}
	smnc_net_poll_once(net);
	netif_tx_start_all_queues(dev);
	smnc_net_carrier(net->pf);
	return 0;
fail:
	smnc_net_filters_off(net);
	smnc_net_queues_stop(net);
	for (i = 0; i < net->nr_queues; i++)
		smnc_rings_free(&net->queue[i]);
	return err;
}

int smnc_net_stop(struct net_device *dev)
{
	struct smnc_net *net = netdev_priv(dev);
	unsigned int i;

	/* A restart that failed has stopped it already. */
	if (!net->up)
		return 0;
	net->up = false;
	smnc_net_filters_off(net);
	for (i = 0; i < net->nr_queues; i++) {
		smnc_net_arm(&net->queue[i], false);
		vdcm_net_queue_napi(dev, i, NULL);
		napi_disable(&net->queue[i].napi);
		smnc_net_measure_stop(&net->queue[i]);
	}
	/* Only now: a poll might wake a queue again. */
	netif_tx_disable(dev);
	smnc_net_queues_stop(net);
	for (i = 0; i < net->nr_queues; i++) {
		netdev_tx_reset_queue(netdev_get_tx_queue(dev, i));
		smnc_rings_free(&net->queue[i]);
	}
	return 0;
}

/* One that cannot be opened is down, and "ip link set up" tries again. Under rtnl. */
void smnc_net_reopen(struct smnc_net *net)
{
	int err = smnc_net_open(net->dev);

	/* A device that is off is opened after the reset that brings it back. */
	if (!err || smnc_hw_off(net->pf))
		return;
	netdev_err(net->dev, "could not be restarted, it is down: %d\n", err);
	dev_close(net->dev);
}

static void smnc_net_restart_work(struct work_struct *work)
{
	struct smnc_net *net = container_of(work, struct smnc_net, restart);

	rtnl_lock();
	if (netif_running(net->dev) && netif_device_present(net->dev) &&
	    smnc_hw_alive(net->pf)) {
		smnc_net_stop(net->dev);
		/* Else it is opened after the reset that this has led to. */
		if (!smnc_hw_off(net->pf))
			smnc_net_reopen(net);
	}
	rtnl_unlock();
}

static void smnc_net_tx_timeout(struct net_device *dev, unsigned int queue)
{
	struct smnc_net *net = netdev_priv(dev);

	netdev_warn(dev, "queue %u, control %#x: starting anew\n", queue,
		    smnc_read(net->pf, SMNC_Q(net->queue[queue].qp, SMNC_QP_TX) +
			      SMNC_Q_CTL));
	smnc_health_bad(net->pf, SMNC_HEALTH_TX, "%s: queue %u does not go on", dev->name, queue);
	queue_work(net->pf->ctl_wq, &net->restart);
}

/* The netdev goes down and up again, soon. Any context. */
void smnc_net_restart(struct smnc_pf *pf)
{
	struct smnc_net *net = READ_ONCE(pf->net);

	if (net)
		queue_work(pf->ctl_wq, &net->restart);
}

/* --- other operations ------------------------------------------------------- */

static void smnc_net_set_rx_mode(struct net_device *dev)
{
	struct smnc_net *net = netdev_priv(dev);

	queue_work(net->pf->ctl_wq, &net->rx_mode);
}

static int smnc_net_set_mac(struct net_device *dev, void *addr)
{
	struct smnc_net *net = netdev_priv(dev);
	const struct sockaddr *sa = addr;
	int err;

	if (!is_valid_ether_addr(sa->sa_data))
		return -EADDRNOTAVAIL;
	if (ether_addr_equal(dev->dev_addr, sa->sa_data))
		return 0;
	/* From here on it is no ADI's to take; nor is the old one, until it is left. */
	if (smnc_mac_set(net->pf, &net->next, sa->sa_data))
		return -EADDRINUSE;
	err = smnc_net_move_mac(net, sa->sa_data);
	if (!err)
		smnc_mac_set(net->pf, &net->addr, sa->sa_data);
	smnc_mac_drop(net->pf, &net->next);
	return err == -EEXIST ? -EADDRINUSE : err;
}

/* The device delivers every length it can receive; the stack decides. */
static int smnc_net_change_mtu(struct net_device *dev, int mtu)
{
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static const struct net_device_ops smnc_net_ops = {
	.ndo_open = smnc_net_open,
	.ndo_stop = smnc_net_stop,
	.ndo_start_xmit = smnc_net_xmit,
	.ndo_features_check = smnc_tx_features,
	.ndo_set_features = smnc_net_new_features,
	.ndo_set_rx_mode = smnc_net_set_rx_mode,
	.ndo_set_mac_address = smnc_net_set_mac,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_change_mtu = smnc_net_change_mtu,
	.ndo_get_stats64 = smnc_net_get_stats64,
	.ndo_tx_timeout = smnc_net_tx_timeout,
	.ndo_bridge_setlink = smnc_bridge_setlink,
	.ndo_bridge_getlink = smnc_bridge_getlink,
};

/* --- life ------------------------------------------------------------------- */

/* Function 0 with its queue pairs and vectors, in a device that was reset. */
static int smnc_net_func_map(struct smnc_net *net)
{
	struct smnc_pf *pf = net->pf;
	unsigned int i;
	int err;

	err = smnc_func_reset(pf, 0, SMNC_FUNC_CTRL_DMA);
	if (err)
		return err;
	smnc_net_stats_go(net);
	smnc_net_limit(net);
	if (net->vepa)
		smnc_net_switch_mode(net);
	for (i = 0; i < net->max_queues; i++) {
		struct smnc_net_queue *q = &net->queue[i];

		smnc_qp_scrub(pf, q->qp);
		smnc_func_map_queue(pf, 0, i, q->qp);
		smnc_func_map_vector(pf, 0, i + 1, SMNC_INTVEC_VALID |
				     (q->irq ? q->entry : SMNC_INTVEC_SHARED));
	}
	return 0;
}

/* Its vectors stay until the end. */
static int smnc_net_func_on(struct smnc_net *net)
{
	struct smnc_pf *pf = net->pf;
	unsigned int i;
	int irq;

	for (i = 0; i < net->max_queues; i++) {
		struct smnc_net_queue *q = &net->queue[i];

		snprintf(q->irq_name, sizeof(q->irq_name), "%s-net%u@%s", SMNC_DRV_NAME, i,
			 pci_name(pf->pdev));
		irq = smnc_net_vector(pf, i, &q->entry);
		if (irq > 0 && !request_irq(irq, smnc_net_irq, 0, q->irq_name, q))
			q->irq = irq;
	}
	return smnc_net_func_map(net);
}

static void smnc_net_func_off(struct smnc_net *net)
{
	struct smnc_pf *pf = net->pf;
	unsigned int i;

	smnc_func_off(pf, 0);
	for (i = 0; i < net->max_queues; i++) {
		smnc_func_map_vector(pf, 0, i + 1, 0);
		smnc_func_map_queue(pf, 0, i, -1);
		if (net->queue[i].irq)
			free_irq(net->queue[i].irq, &net->queue[i]);
	}
}

static void smnc_net_address(struct smnc_net *net)
{
	u32 lo = smnc_read(net->pf, SMNC_MAC_LO), hi = smnc_read(net->pf, SMNC_MAC_HI);
	u8 mac[ETH_ALEN] = { lo, lo >> 8, lo >> 16, lo >> 24, hi, hi >> 8 };

	if (is_valid_ether_addr(mac))
		eth_hw_addr_set(net->dev, mac);
	else
		eth_hw_addr_random(net->dev);
	net->addr.owner = net;
	net->next.owner = net;
	smnc_mac_set(net->pf, &net->addr, net->dev->dev_addr);
}

static void smnc_net_set_features(struct net_device *dev)
{
	struct smnc_net *net = netdev_priv(dev);

	get_random_bytes(net->rss_key, sizeof(net->rss_key));
	dev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
			   NETIF_F_TSO | NETIF_F_TSO_ECN | NETIF_F_TSO6 |
			   NETIF_F_RXCSUM | NETIF_F_RXHASH;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA;
	dev->vlan_features = dev->features;
	dev->hw_features |= NETIF_F_GRO_HW;
	dev->features |= NETIF_F_GRO_HW;
	/* Its own addresses are filters: without the flag each made it promiscuous. */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_UNICAST_FLT;
	dev->watchdog_timeo = 5 * HZ;
	smnc_qstats_init(dev);
}

/* Defaults of settings that the operator has not set. */
static void smnc_net_defaults(struct smnc_net *net, unsigned int nr)
{
	net->nr_queues = nr;
	net->max_queues = nr;
	net->cfg = (struct smnc_net_cfg) {
		.nr_queues = nr, .rx_len = SMNC_NET_RX_RING, .tx_len = SMNC_NET_TX_RING,
	};
	net->coal = (struct smnc_net_coal) {
		.rx_usecs = SMNC_COAL_USECS, .tx_usecs = SMNC_COAL_USECS,
	};
}

/**
 * smnc_net_init() - make the PF's netdev
 * @pf: PF
 *
 * Return: 0 or errno; the PF works without.
 */
int smnc_net_init(struct smnc_pf *pf)
{
	unsigned int i, nr = pf->net_qps;
	struct net_device *dev = alloc_etherdev_mqs(sizeof(struct smnc_net), nr, nr);
	struct smnc_net *net;
	int err;

	if (!dev)
		return -ENOMEM;
	net = netdev_priv(dev);
	net->pf = pf;
	net->dev = dev;
	smnc_net_defaults(net, nr);
	mutex_init(&net->filter_lock);
	spin_lock_init(&net->stats_lock);
	smnc_vsi_init(&net->vsi, 0);
	INIT_WORK(&net->rx_mode, smnc_net_rx_mode_work);
	INIT_WORK(&net->restart, smnc_net_restart_work);
	SET_NETDEV_DEV(dev, &pf->pdev->dev);
	dev->netdev_ops = &smnc_net_ops;
	dev->ethtool_ops = &smnc_ethtool_ops;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = min_t(u32, pf->max_frame, SMNC_Q_MAX_CHAIN * SMNC_RX_BUFSZ) -
		       VLAN_ETH_HLEN;
	smnc_net_set_features(dev);
	smnc_net_address(net);
	for (i = 0; i < nr; i++) {
		net->queue[i].net = net;
		net->queue[i].index = i;
		net->queue[i].qp = i;
		netif_napi_add(dev, &net->queue[i].napi, smnc_net_poll);
	}
	err = smnc_net_func_on(net);
	if (err)
		goto func;
	WRITE_ONCE(pf->net, net);
	netif_carrier_off(dev);
	err = register_netdev(dev);
	if (!err) {
		smnc_net_carrier(pf);
		return 0;
	}
	WRITE_ONCE(pf->net, NULL);
	smnc_sync_events(pf);
func:
	smnc_net_func_off(net);
	smnc_mac_drop(pf, &net->addr);
	free_netdev(dev);
	return err;
}

/* --- the device is reset under it ----------------------------------------------- */

/* Stopped, but as up as it was in the eyes of the stack. */
void smnc_net_detach(struct smnc_pf *pf)
{
	struct smnc_net *net = pf->net;

	if (!net)
		return;
	rtnl_lock();
	netif_device_detach(net->dev);
	netif_carrier_off(net->dev);
	smnc_net_stop(net->dev);
	rtnl_unlock();
	smnc_net_stats_hold(net);
}

/*
 * Its addresses come before the ADIs: what these send to the host is lost until the interface
 * is open again, and does not leave by the uplink.
 *
 * Return: 0 or errno
 */
int smnc_net_restore(struct smnc_pf *pf)
{
	struct smnc_net *net = pf->net;
	int err = net ? smnc_net_func_map(net) : 0;

	if (net && !err && netif_running(net->dev))
		smnc_net_filters_on(net);
	return err;
}

void smnc_net_attach(struct smnc_pf *pf)
{
	struct smnc_net *net = pf->net;

	if (!net)
		return;
	rtnl_lock();
	if (netif_running(net->dev))
		smnc_net_reopen(net);
	else
		smnc_net_filters_off(net);
	netif_device_attach(net->dev);
	/* Groups that were joined meanwhile, where the kernel holds no rtnl for that. */
	queue_work(pf->ctl_wq, &net->rx_mode);
	rtnl_unlock();
}

void smnc_net_exit(struct smnc_pf *pf)
{
	struct smnc_net *net = pf->net;

	if (!net)
		return;
	unregister_netdev(net->dev);
	WRITE_ONCE(pf->net, NULL);
	smnc_sync_events(pf);
	cancel_work_sync(&net->restart);
	cancel_work_sync(&net->rx_mode);
	smnc_net_func_off(net);
	smnc_mac_drop(pf, &net->addr);
	free_netdev(net->dev);
}
