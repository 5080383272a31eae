/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address filters of a VSI, for targets of files that set them: FILTERS of them, and an address
 * that ends in 7 is a neighbour's. "adi" is the ADI.
 */
bool smnc_vsi_has_mac(const struct smnc_vsi *vsi, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < vsi->nr_macs; i++)
		if (ether_addr_equal(vsi->macs[i], mac))
			return true;
	return false;
}

int smnc_vsi_add_mac(struct smnc_pf *p, struct smnc_vsi *vsi, const u8 *mac)
{
	must(vsi == &adi->vsi && !is_zero_ether_addr(mac) && !is_broadcast_ether_addr(mac));
	must(is_multicast_ether_addr(mac) || ether_addr_equal(mac, adi->addr.mac) ||
	     (mac[5] != 7 && adi->cfg[SMNC_CFG_TRUST]));
	must(adi->cfg[SMNC_CFG_TRUST] || !is_link_local_ether_addr(mac));
	if (smnc_vsi_has_mac(vsi, mac))
		return 0;
	if (vsi->nr_macs == FILTERS)
		return -ENOSPC;
	ether_addr_copy(vsi->macs[vsi->nr_macs++], mac);
	return 0;
}

int smnc_vsi_del_mac(struct smnc_pf *p, struct smnc_vsi *vsi, const u8 *mac)
{
	unsigned int i;

	must(vsi == &adi->vsi);
	for (i = 0; i < vsi->nr_macs; i++) {
		if (!ether_addr_equal(vsi->macs[i], mac))
			continue;
		memmove(vsi->macs[i], vsi->macs[--vsi->nr_macs], ETH_ALEN);
		return 0;
	}
	return -ENOENT;
}
