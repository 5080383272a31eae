// SPDX-License-Identifier: GPL-2.0-only
/*
 * A devlink port for each ADI, and its rate: docs/devlink.md. ADIs come and go under vdcm's
 * locks, which are inside devlink's; so a work item registers ports, and for a moment a port may
 * have no ADI.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>

#include "../adi/adi.h"
#include "internal.h"

/* devlink counts bytes per second, the attribute tx_rate Mb/s. */
#define SMNC_MBPS	125000ULL

/**
 * struct smnc_port - the devlink port of an ADI
 * @port: devlink's part
 * @sd: its instance
 * @nr: number of the ADI
 * @serial: its serial number: another ADI may have its number since
 * @rated: it has a rate
 */
struct smnc_port {
	struct devlink_port port;
	struct smnc_devlink *sd;
	u32 nr;
	u64 serial;
	bool rated;
};

/* --- what is asked about a port --------------------------------------------------- */

static struct smnc_adi *smnc_port_find(const struct smnc_port *p)
{
	struct smnc_adi *adi;

	lockdep_assert_held(&p->sd->pf->adis_lock);
	list_for_each_entry(adi, &p->sd->pf->adis, list)
		if (adi->serial == p->serial)
			return adi;
	return NULL;
}

/* -EOPNOTSUPP: a port without ADI is listed without the value, and the list goes on. */
int smnc_port_mac_get(struct devlink_port *port, u8 *mac, int *len, struct netlink_ext_ack *extack)
{
	struct smnc_port *p = container_of(port, struct smnc_port, port);
	struct smnc_pf *pf = p->sd->pf;
	struct smnc_adi *adi;

	mutex_lock(&pf->adis_lock);
	adi = smnc_port_find(p);
	if (adi)
		smnc_mac_get(pf, &adi->addr, mac);
	mutex_unlock(&pf->adis_lock);
	*len = ETH_ALEN;
	return adi ? 0 : -EOPNOTSUPP;
}

int smnc_port_state_get(struct devlink_port *port, enum devlink_port_fn_state *state,
			enum devlink_port_fn_opstate *opstate, struct netlink_ext_ack *extack)
{
	struct smnc_port *p = container_of(port, struct smnc_port, port);
	struct smnc_adi *adi;

	*state = DEVLINK_PORT_FN_STATE_ACTIVE;
	mutex_lock(&p->sd->pf->adis_lock);
	adi = smnc_port_find(p);
	*opstate = adi && READ_ONCE(adi->func) ? DEVLINK_PORT_FN_OPSTATE_ATTACHED :
		   DEVLINK_PORT_FN_OPSTATE_DETACHED;
	mutex_unlock(&p->sd->pf->adis_lock);
	return adi ? 0 : -EOPNOTSUPP;
}

static void smnc_port_refused(int err, struct netlink_ext_ack *extack)
{
	switch (err) {
	case 0:
		break;
	case -EBUSY:
		NL_SET_ERR_MSG(extack, "The device is open: close it first");
		break;
	case -EEXIST:
		NL_SET_ERR_MSG(extack, "Another function has this address");
		break;
	case -ERANGE:
		NL_SET_ERR_MSG(extack, "The rate is beyond the greatest that tx_rate takes");
		break;
	case -ENODEV:
		NL_SET_ERR_MSG(extack, "The SmartNIC is dead: see the kernel log");
		break;
	default:
		NL_SET_ERR_MSG(extack, "The SmartNIC's firmware did not do it: try again");
	}
}

/* --- what is set ------------------------------------------------------------------ */

static struct device *smnc_port_dev(const struct smnc_port *p)
{
	struct device *dev = NULL;
	struct smnc_adi *adi;

	mutex_lock(&p->sd->pf->adis_lock);
	adi = smnc_port_find(p);
	if (adi)
		dev = get_device(vdcm_adi_dev(adi->vdcm));
	mutex_unlock(&p->sd->pf->adis_lock);
	return dev;
}

/*
 * The mdev of a port, locked so that it stays. Who removes it holds the lock until user space has
 * closed it: nothing here waits for the lock.
 */
static struct device *smnc_port_lock(const struct smnc_port *p, struct netlink_ext_ack *extack)
{
	struct device *dev = smnc_port_dev(p);

	if (!dev) {
		NL_SET_ERR_MSG(extack, "The mdev of this port is gone");
		return ERR_PTR(-ENODEV);
	}
	if (device_trylock(dev)) {
		if (dev_get_drvdata(dev))
			return dev;
		device_unlock(dev);
	}
	put_device(dev);
	NL_SET_ERR_MSG(extack, "The mdev of this port is being created or removed: try again");
	return ERR_PTR(-EBUSY);
}

static void smnc_port_unlock(struct device *dev)
{
	device_unlock(dev);
	put_device(dev);
}

int smnc_port_mac_set(struct devlink_port *port, const u8 *mac, int len,
		      struct netlink_ext_ack *extack)
{
	struct smnc_port *p = container_of(port, struct smnc_port, port);
	struct device *dev;
	int err;

	if (len != ETH_ALEN || !is_valid_ether_addr(mac)) {
		NL_SET_ERR_MSG(extack, "This is no unicast MAC address");
		return -EINVAL;
	}
	dev = smnc_port_lock(p, extack);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = smnc_adi_mac_set(smnc_adi_of(dev), mac);
	smnc_port_unlock(dev);
	smnc_port_refused(err, extack);
	return err;
}

int smnc_port_rate_set(struct devlink_rate *rate, void *priv, u64 tx_max,
		       struct netlink_ext_ack *extack)
{
	struct device *dev;
	u64 mbps = tx_max;
	int err;

	if (do_div(mbps, SMNC_MBPS)) {
		NL_SET_ERR_MSG(extack, "The rate is not a multiple of 1 Mb/s");
		return -EINVAL;
	}
	dev = smnc_port_lock(priv, extack);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = smnc_cfg_set_tx_rate(smnc_adi_of(dev), mbps);
	smnc_port_unlock(dev);
	smnc_port_refused(err, extack);
	return err;
}

/* --- ports of the ADIs that there are --------------------------------------------- */

static void smnc_port_remove(struct smnc_devlink *sd, u32 nr)
{
	struct smnc_port *p = sd->ports[nr - 1];

	if (!p)
		return;
	sd->ports[nr - 1] = NULL;
	if (p->rated)
		devl_rate_leaf_destroy(&p->port);
	devl_port_unregister(&p->port);
	kfree(p);
}

static const struct vdcm_port_ops smnc_port_ops = { SMNC_PORT_OPS };

static int smnc_port_register(struct smnc_port *p)
{
	struct pci_dev *pdev = p->sd->pf->pdev;
	int err;

	devlink_port_attrs_pci_sf_set(&p->port, 0, PCI_FUNC(pdev->devfn), p->nr, false);
	err = vdcm_port_register(priv_to_devlink(p->sd), &p->port, p->nr, &smnc_port_ops);
	/* devlink warns of a port that gets no netdev within an hour. This one never has any. */
	if (!err)
		cancel_delayed_work_sync(&p->port.type_warn_dw);
	return err;
}

static int smnc_port_add(struct smnc_devlink *sd, u32 nr, u64 serial)
{
	struct smnc_port *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int err;

	if (!p)
		return -ENOMEM;
	p->sd = sd;
	p->nr = nr;
	p->serial = serial;
	err = smnc_port_register(p);
	if (err)
		kfree(p);
	else
		sd->ports[nr - 1] = p;
	return err;
}

/**
 * struct smnc_port_want - the ADI that has a number
 * @serial: its serial number, 0: there is none
 * @rate: Mb/s
 */
struct smnc_port_want {
	u64 serial;
	u32 rate;
};

/* The ADIs that there are, by number; NULL: no memory. */
static struct smnc_port_want *smnc_ports_wanted(struct smnc_devlink *sd)
{
	struct smnc_pf *pf = sd->pf;
	struct smnc_port_want *want = kvcalloc(pf->num_adis, sizeof(*want), GFP_KERNEL);
	struct smnc_adi *adi;

	if (!want)
		return NULL;
	mutex_lock(&pf->adis_lock);
	list_for_each_entry(adi, &pf->adis, list)
		want[adi->nr - 1] = (struct smnc_port_want) {
			.serial = adi->serial,
			.rate = READ_ONCE(adi->cfg[SMNC_CFG_TX_RATE]),
		};
	mutex_unlock(&pf->adis_lock);
	return want;
}

/* Return: 0 or errno: the port is missing, or has no rate */
static int smnc_port_fit(struct smnc_devlink *sd, u32 nr, const struct smnc_port_want *want)
{
	struct smnc_port *p = sd->ports[nr - 1];
	int err = 0;

	if (p && p->serial != want->serial)
		smnc_port_remove(sd, nr);
	if (!want->serial)
		return 0;
	if (!sd->ports[nr - 1])
		err = smnc_port_add(sd, nr, want->serial);
	if (err)
		return err;
	p = sd->ports[nr - 1];
	if (!p->rated)
		err = vdcm_rate_create(&p->port, p);
	if (err)
		return err;
	p->rated = true;
	p->port.devlink_rate->tx_max = want->rate * SMNC_MBPS;
	return 0;
}

/* Make the ports fit the ADIs; devlink's instance lock is held. */
static void smnc_ports_fit(struct smnc_devlink *sd)
{
	struct smnc_port_want *want = smnc_ports_wanted(sd);
	int err = want ? 0 : -ENOMEM;
	u32 nr;

	for (nr = 1; want && nr <= sd->pf->num_adis; nr++)
		err = smnc_port_fit(sd, nr, &want[nr - 1]) ?: err;
	kvfree(want);
	if (!err)
		return;
	dev_warn_ratelimited(&sd->pf->pdev->dev, "an mdev has no devlink port yet: %d\n", err);
	smnc_adis_look_again(sd->pf);
}

static void smnc_ports_work(struct work_struct *work)
{
	struct smnc_devlink *sd = container_of(work, struct smnc_pf, adis_work.work)->devlink;
	struct devlink *dl = priv_to_devlink(sd);

	devl_lock(dl);
	if (!sd->no_ports)
		smnc_ports_fit(sd);
	devl_unlock(dl);
}

/* devlink wants none of them in a reload. Its instance lock is held. */
void smnc_ports_down(struct smnc_devlink *sd)
{
	u32 nr;

	sd->no_ports = true;
	for (nr = 1; sd->ports && nr <= sd->pf->num_adis; nr++)
		smnc_port_remove(sd, nr);
}

/* Undo smnc_ports_down(). */
void smnc_ports_up(struct smnc_devlink *sd)
{
	sd->no_ports = false;
	if (sd->ports)
		smnc_ports_fit(sd);
}

void smnc_ports_create(struct smnc_devlink *sd)
{
	sd->ports = kvcalloc(sd->pf->num_adis, sizeof(*sd->ports), GFP_KERNEL);
	if (sd->ports)
		smnc_adis_watch(sd->pf, smnc_ports_work);
}

void smnc_ports_destroy(struct smnc_devlink *sd)
{
	struct devlink *dl = priv_to_devlink(sd);

	if (!sd->ports)
		return;
	smnc_adis_unwatch(sd->pf);
	devl_lock(dl);
	smnc_ports_down(sd);
	devl_unlock(dl);
	kvfree(sd->ports);
	sd->ports = NULL;
}
