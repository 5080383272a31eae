// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtchnl: the addresses a guest wants to receive, judged one by one.
 */
#include <linux/etherdevice.h>

#include "avf.h"

static bool smnc_vc_addr_extra(const struct virtchnl_ether_addr *a)
{
	return (a->type & VIRTCHNL_ETHER_ADDR_TYPE_MASK) == VIRTCHNL_ETHER_ADDR_EXTRA;
}

static bool smnc_vc_addr_primary(const struct virtchnl_ether_addr *a)
{
	return (a->type & VIRTCHNL_ETHER_ADDR_TYPE_MASK) == VIRTCHNL_ETHER_ADDR_PRIMARY;
}

/*
 * Entries that ask for nothing: broadcasts reach every VSI, zero is no address, and
 * the groups that bridges keep to themselves are not for guests without trust.
 */
static bool smnc_vc_addr_skip(const struct smnc_adi *adi, const u8 *addr)
{
	return is_zero_ether_addr(addr) || is_broadcast_ether_addr(addr) ||
	       !smnc_adi_may_join(adi, addr);
}

static int smnc_vc_add_addr(struct smnc_adi *adi, const struct virtchnl_ether_addr *a)
{
	if (!is_multicast_ether_addr(a->addr) && !smnc_adi_may_have(adi, a->addr)) {
		vdcm_limited(adi->vdcm, notice, "the guest wants the address %pM: %s\n", a->addr,
			     adi->cfg[SMNC_CFG_TRUST] ? "it is another's" :
							"only with trust on");
		return -EEXIST;
	}
	return smnc_adi_add_addr(adi, a->addr);
}

/*
 * The address the guest has chosen as its own, where it does not say so: drivers from
 * before address types add the new one and delete the old one, in either order.
 */
static void smnc_vc_legacy_own(struct smnc_adi *adi)
{
	struct smnc_avf *avf = smnc_avf(adi);

	if (!is_zero_ether_addr(avf->legacy_mac) &&
	    smnc_vsi_has_mac(&adi->vsi, avf->legacy_mac) &&
	    !smnc_vsi_has_mac(&adi->vsi, adi->guest_mac))
		ether_addr_copy(adi->guest_mac, avf->legacy_mac);
}

static void smnc_vc_note_own(struct smnc_adi *adi, const struct virtchnl_ether_addr *a)
{
	struct smnc_avf *avf = smnc_avf(adi);

	if (!is_valid_ether_addr(a->addr))
		return;
	if (smnc_vc_addr_primary(a))
		ether_addr_copy(adi->guest_mac, a->addr);
	else if (!smnc_vc_addr_extra(a))
		ether_addr_copy(avf->legacy_mac, a->addr);
}

/*
 * To a driver an error is about everything that it has had no answer for, and it forgets
 * all of it. So a station's further address is refused without one: the host's log has
 * it. An error it is where the driver would otherwise take the address for its own.
 */
static bool smnc_vc_refused_quietly(const struct virtchnl_ether_addr *a, int err)
{
	return smnc_vc_addr_extra(a) && !is_multicast_ether_addr(a->addr) &&
	       (err == -EEXIST || err == -ENOSPC);
}

/* What is fine is added, whatever else is in the list. */
int smnc_vc_add_addrs(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply)
{
	const struct virtchnl_ether_addr_list *list = msg;
	const struct virtchnl_ether_addr *a = list->list;
	int err = 0, one;
	unsigned int i;

	if (!smnc_vc_own_vsi(list->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < list->num_elements; i++) {
		if (smnc_vc_addr_skip(adi, a[i].addr))
			continue;
		one = smnc_vc_add_addr(adi, &a[i]);
		if (!one)
			smnc_vc_note_own(adi, &a[i]);
		else if (!smnc_vc_refused_quietly(&a[i], one))
			err = err ?: one;
	}
	smnc_vc_legacy_own(adi);
	return smnc_vc_status(err);
}

/* Deleting an address that is not there succeeds. */
int smnc_vc_del_addrs(struct smnc_adi *adi, const void *msg, u16 len,
		      struct smnc_vc_reply *reply)
{
	const struct virtchnl_ether_addr_list *list = msg;
	int err = 0, one;
	unsigned int i;

	if (!smnc_vc_own_vsi(list->vsi_id))
		return VIRTCHNL_STATUS_ERR_PARAM;
	for (i = 0; i < list->num_elements; i++) {
		one = smnc_adi_del_addr(adi, list->list[i].addr);
		if (one && one != -ENOENT)
			err = err ?: one;
	}
	smnc_vc_legacy_own(adi);
	return smnc_vc_status(err);
}
