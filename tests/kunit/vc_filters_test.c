// SPDX-License-Identifier: GPL-2.0-only
/* virtchnl: addresses, promiscuous modes, receive side scaling. */
#include <linux/etherdevice.h>

#include "fake_nic.h"

#define PARAM	VIRTCHNL_STATUS_ERR_PARAM

struct addrs_msg {
	struct virtchnl_ether_addr_list info;
	struct virtchnl_ether_addr addr[SNIC_FW_MACS_PER_VSI + 4];
};

/* @nr addresses, the first ending in @from. */
static void fill(struct addrs_msg *m, unsigned int nr, u8 from)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->info.vsi_id = FAKE_FUNC;
	m->info.num_elements = nr;
	for (i = 0; i < nr; i++) {
		m->info.list[i].addr[0] = 2;
		m->info.list[i].addr[5] = from + i;
	}
}

static int send(u32 op, struct addrs_msg *m)
{
	return fake_guest(op, m, virtchnl_struct_size(&m->info, list, m->info.num_elements));
}

static int add(struct addrs_msg *m)
{
	return send(VIRTCHNL_OP_ADD_ETH_ADDR, m);
}

static int del(struct addrs_msg *m)
{
	return send(VIRTCHNL_OP_DEL_ETH_ADDR, m);
}

static void vcf_add(struct kunit *test)
{
	struct addrs_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	const struct snic_fw_mac *fw = (void *)fake->fw_payload;

	fake_ready();
	fill(m, 2, 1);
	m->info.list[1].addr[0] = 0x33;
	KUNIT_EXPECT_EQ(test, add(m), 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 2);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SNIC_FW_MAC_ADD);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fw->vsi), FAKE_FUNC);
	KUNIT_EXPECT_MEMEQ(test, fw->mac, m->info.list[1].addr, ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, snic_vsi_has_mac(&fake->adi.vsi, m->info.list[0].addr));
	/* Again: nothing to do. */
	KUNIT_EXPECT_EQ(test, add(m), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 2);
	KUNIT_EXPECT_EQ(test, del(m), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SNIC_FW_MAC_DEL);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	/* Not there: as good as deleted. */
	KUNIT_EXPECT_EQ(test, del(m), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 4);
}

/* One address that must not be: none of the message is added. */
static void vcf_add_refused(struct kunit *test)
{
	struct addrs_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u8 *second = m->info.list[1].addr;

	fake_ready();
	fill(m, 2, 1);
	eth_zero_addr(second);
	KUNIT_EXPECT_EQ(test, add(m), PARAM);
	eth_broadcast_addr(second);
	KUNIT_EXPECT_EQ(test, add(m), PARAM);
	fill(m, 2, 1);
	ether_addr_copy(fake->taken, second);
	KUNIT_EXPECT_EQ(test, add(m), PARAM);
	fill(m, 1, 9);
	m->info.vsi_id--;
	KUNIT_EXPECT_EQ(test, add(m), PARAM);
	KUNIT_EXPECT_EQ(test, del(m), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
}

static void vcf_limit(struct kunit *test)
{
	struct addrs_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int i;

	fake_ready();
	fill(m, SNIC_FW_MACS_PER_VSI, 1);
	KUNIT_EXPECT_EQ(test, add(m), 0);
	fill(m, 1, 200);
	KUNIT_EXPECT_EQ(test, add(m), VIRTCHNL_STATUS_ERR_NO_MEMORY);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, SNIC_FW_MACS_PER_VSI);
	/* One from the middle makes room; the others stay. */
	fill(m, 1, 30);
	KUNIT_EXPECT_EQ(test, del(m), 0);
	KUNIT_EXPECT_FALSE(test, snic_vsi_has_mac(&fake->adi.vsi, m->info.list[0].addr));
	for (i = 1; i <= SNIC_FW_MACS_PER_VSI; i++) {
		u8 mac[ETH_ALEN] = { 2, 0, 0, 0, 0, i };

		KUNIT_EXPECT_EQ(test, snic_vsi_has_mac(&fake->adi.vsi, mac), i != 30);
	}
	fill(m, 1, 200);
	KUNIT_EXPECT_EQ(test, add(m), 0);
}

static void vcf_firmware_refuses(struct kunit *test)
{
	struct addrs_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	fake_ready();
	fill(m, 1, 1);
	fake->fw_error = -EEXIST;
	KUNIT_EXPECT_EQ(test, add(m), PARAM);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, add(m), VIRTCHNL_STATUS_ERR_ADMIN_QUEUE_ERROR);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	fake->fw_error = 0;
	KUNIT_EXPECT_EQ(test, add(m), 0);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, del(m), VIRTCHNL_STATUS_ERR_ADMIN_QUEUE_ERROR);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 1);
	/* Forgotten all the same: the function is going. */
	KUNIT_EXPECT_EQ(test, snic_vsi_clear(&fake->pf, &fake->adi.vsi), -EIO);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.flags, 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.id, FAKE_FUNC);
}

/* The guest names its primary address; a multicast one is not. */
static void vcf_primary(struct kunit *test)
{
	struct addrs_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	static const u8 none[ETH_ALEN];

	fake_ready();
	fill(m, 1, 1);
	m->info.list[0].type = VIRTCHNL_ETHER_ADDR_EXTRA;
	KUNIT_EXPECT_EQ(test, add(m), 0);
	fill(m, 1, 2);
	m->info.list[0].addr[0] = 3;
	m->info.list[0].type = VIRTCHNL_ETHER_ADDR_PRIMARY;
	KUNIT_EXPECT_EQ(test, add(m), 0);
	KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, none, ETH_ALEN);
	fill(m, 1, 3);
	m->info.list[0].type = VIRTCHNL_ETHER_ADDR_PRIMARY | 0xfc;
	KUNIT_EXPECT_EQ(test, add(m), 0);
	KUNIT_EXPECT_MEMEQ(test, fake->adi.guest_mac, m->info.list[0].addr, ETH_ALEN);
}

static int promisc(u16 vsi, u16 flags)
{
	const struct virtchnl_promisc_info info = { .vsi_id = vsi, .flags = flags };

	return fake_guest(VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE, &info, sizeof(info));
}

static void vcf_promisc(struct kunit *test)
{
	/* Without trust, and without a VLAN */
	const u16 base = SNIC_VSI_ACTIVE | SNIC_VSI_VLAN_FILTER;
	struct snic_vsi *vsi = &fake->adi.vsi;

	fake_ready();
	fake->adi.cfg[SNIC_CFG_TRUST] = false;
	KUNIT_EXPECT_EQ(test, promisc(FAKE_FUNC, FLAG_VF_MULTICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base | SNIC_VSI_MC_PROMISC);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 1);
	/* Told yes, given nothing. */
	KUNIT_EXPECT_EQ(test, promisc(FAKE_FUNC, FLAG_VF_MULTICAST_PROMISC |
				      FLAG_VF_UNICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base | SNIC_VSI_MC_PROMISC);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 1);
	KUNIT_EXPECT_EQ(test, promisc(FAKE_FUNC, FLAG_VF_UNICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base);
	KUNIT_EXPECT_EQ(test, promisc(FAKE_FUNC, 0x4), PARAM);
	KUNIT_EXPECT_EQ(test, promisc(FAKE_FUNC + 1, FLAG_VF_MULTICAST_PROMISC), PARAM);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_LT(test, promisc(FAKE_FUNC, FLAG_VF_MULTICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base);
	KUNIT_EXPECT_EQ(test, fake->adi.promisc, FLAG_VF_UNICAST_PROMISC);
	/* Trust comes: what was asked for is given. */
	fake->fw_error = 0;
	fake->adi.cfg[SNIC_CFG_TRUST] = true;
	KUNIT_EXPECT_EQ(test, snic_adi_vsi_update(&fake->adi), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags,
			SNIC_VSI_ACTIVE | SNIC_VSI_UC_PROMISC | SNIC_VSI_CONTROL);
	snic_vc_reset(&fake->adi);
	KUNIT_EXPECT_EQ(test, fake->adi.promisc, 0);
}

/* Without trust: its own address and multicast, nobody else's. */
static void vcf_untrusted(struct kunit *test)
{
	struct addrs_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	fake_ready();
	fake->adi.cfg[SNIC_CFG_TRUST] = false;
	fill(m, 2, 0xaa);
	KUNIT_EXPECT_EQ(test, add(m), PARAM);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 0);
	m->info.list[1].addr[0] = 3;
	KUNIT_EXPECT_EQ(test, add(m), 0);
	KUNIT_EXPECT_EQ(test, fake->adi.vsi.nr_macs, 2);
}

struct rss_msg {
	u16 vsi;
	u16 nr;
	u8 data[128];
};

static int rss_key(u16 vsi, u16 nr)
{
	struct rss_msg m = { .vsi = vsi, .nr = nr };
	const struct virtchnl_rss_key *key = (void *)&m;

	return fake_guest(VIRTCHNL_OP_CONFIG_RSS_KEY, &m, virtchnl_struct_size(key, key, nr));
}

static int rss_lut(u16 vsi, u16 nr, u8 entry, u8 value)
{
	struct rss_msg m = { .vsi = vsi, .nr = nr };
	const struct virtchnl_rss_lut *lut = (void *)&m;

	m.data[entry] = value;
	return fake_guest(VIRTCHNL_OP_CONFIG_RSS_LUT, &m, virtchnl_struct_size(lut, lut, nr));
}

static void vcf_rss(struct kunit *test)
{
	const struct snic_fw_chunk *chunk = (void *)fake->fw_payload;
	unsigned int i;

	fake_ready();
	KUNIT_EXPECT_EQ(test, rss_key(FAKE_FUNC, 52), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SNIC_FW_RSS_KEY);
	KUNIT_EXPECT_EQ(test, chunk->offset + chunk->len, 52);
	KUNIT_EXPECT_EQ(test, rss_key(FAKE_FUNC, 51), PARAM);
	KUNIT_EXPECT_EQ(test, rss_key(FAKE_FUNC, 53), PARAM);
	KUNIT_EXPECT_EQ(test, rss_key(FAKE_FUNC + 1, 52), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(FAKE_FUNC, 64, 63, FAKE_QUEUES - 1), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SNIC_FW_RSS_LUT);
	KUNIT_EXPECT_EQ(test, chunk->offset + chunk->len, 64);
	i = fake->nr_fw;
	KUNIT_EXPECT_EQ(test, rss_lut(FAKE_FUNC, 64, 63, FAKE_QUEUES), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(FAKE_FUNC, 64, 0, 255), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(FAKE_FUNC, 63, 0, 0), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(FAKE_FUNC, 65, 0, 0), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(0, 64, 0, 0), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, i);
}

static int set_hash(u64 hashcfg)
{
	return fake_guest(SNIC_VC_OP_SET_HASHCFG, &hashcfg, sizeof(hashcfg));
}

static void vcf_hash(struct kunit *test)
{
	u64 extra;

	fake_ready();
	KUNIT_EXPECT_EQ(test, fake_guest(SNIC_VC_OP_GET_HASHCFG, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, fake->len, 8);
	KUNIT_EXPECT_EQ(test, *(u64 *)fake->data, SNIC_HASHCFG);
	KUNIT_EXPECT_EQ(test, set_hash(SNIC_HASHCFG), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SNIC_FW_RSS_HASH);
	KUNIT_EXPECT_EQ(test, set_hash(0), 0);
	for (extra = 1; extra; extra <<= 1)
		KUNIT_EXPECT_EQ(test, set_hash(extra), SNIC_HASHCFG & extra ? 0 : PARAM);
}

/* Without the capability, or with it not asked for: nothing of RSS. */
static void vcf_no_rss(struct kunit *test)
{
	fake_ready();
	fake->adi.caps = VIRTCHNL_VF_OFFLOAD_L2;
	KUNIT_EXPECT_EQ(test, rss_key(FAKE_FUNC, 52), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(FAKE_FUNC, 64, 0, 0), PARAM);
	KUNIT_EXPECT_EQ(test, fake_guest(SNIC_VC_OP_GET_HASHCFG, NULL, 0), PARAM);
	KUNIT_EXPECT_EQ(test, set_hash(0), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 0);
}

/* Who never asks for RSS gets it over all its queues, with a key of its own. */
static void vcf_rss_default(struct kunit *test)
{
	const struct snic_fw_hash *hash = (void *)fake->fw_payload;

	KUNIT_EXPECT_EQ(test, snic_vsi_rss_default(&fake->pf, FAKE_FUNC, 3), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SNIC_FW_RSS_HASH);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(hash->hashcfg), SNIC_HASHCFG);
	fake->nr_fw = 0;
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, snic_vsi_rss_default(&fake->pf, FAKE_FUNC, 3), -EIO);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 1);
}

static struct kunit_case vcf_cases[] = {
	KUNIT_CASE(vcf_add),
	KUNIT_CASE(vcf_add_refused),
	KUNIT_CASE(vcf_limit),
	KUNIT_CASE(vcf_firmware_refuses),
	KUNIT_CASE(vcf_primary),
	KUNIT_CASE(vcf_promisc),
	KUNIT_CASE(vcf_untrusted),
	KUNIT_CASE(vcf_rss),
	KUNIT_CASE(vcf_hash),
	KUNIT_CASE(vcf_no_rss),
	KUNIT_CASE(vcf_rss_default),
	{ }
};

static struct kunit_suite vcf_suite = {
	.name = "virtchnl_filters",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = vcf_cases,
};

kunit_test_suites(&vcf_suite);
