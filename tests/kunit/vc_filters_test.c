// SPDX-License-Identifier: GPL-2.0-only
/* virtchnl: promiscuous modes, receive side scaling. */
#include "fake_nic.h"

#define PARAM	VIRTCHNL_STATUS_ERR_PARAM

static int promisc(u16 vsi, u16 flags)
{
	const struct virtchnl_promisc_info info = { .vsi_id = vsi, .flags = flags };

	return fake_guest(VIRTCHNL_OP_CONFIG_PROMISCUOUS_MODE, &info, sizeof(info));
}

static void vcf_promisc(struct kunit *test)
{
	/* Without trust, and without a VLAN */
	const u16 base = SMNC_VSI_ACTIVE | SMNC_VSI_VLAN_FILTER | SMNC_VSI_VLAN_STRIP;
	struct smnc_vsi *vsi = &fake->adi.vsi;

	fake_ready();
	fake->adi.cfg[SMNC_CFG_TRUST] = false;
	KUNIT_EXPECT_EQ(test, promisc(SMNC_VC_VSI, FLAG_VF_MULTICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base | SMNC_VSI_MC_PROMISC);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 1);
	/* Told yes, given nothing. */
	KUNIT_EXPECT_EQ(test, promisc(SMNC_VC_VSI, FLAG_VF_MULTICAST_PROMISC |
				      FLAG_VF_UNICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base | SMNC_VSI_MC_PROMISC);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 1);
	KUNIT_EXPECT_EQ(test, promisc(SMNC_VC_VSI, FLAG_VF_UNICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base);
	KUNIT_EXPECT_EQ(test, promisc(SMNC_VC_VSI, 0x4), PARAM);
	KUNIT_EXPECT_EQ(test, promisc(SMNC_VC_VSI + 1, FLAG_VF_MULTICAST_PROMISC), PARAM);
	fake->fw_error = -EIO;
	KUNIT_EXPECT_LT(test, promisc(SMNC_VC_VSI, FLAG_VF_MULTICAST_PROMISC), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags, base);
	KUNIT_EXPECT_EQ(test, fake->adi.promisc, SMNC_VSI_UC_PROMISC);
	/* Trust comes: what was asked for is given. */
	fake->fw_error = 0;
	fake->adi.cfg[SMNC_CFG_TRUST] = true;
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_update(&fake->adi), 0);
	KUNIT_EXPECT_EQ(test, vsi->flags,
			SMNC_VSI_ACTIVE | SMNC_VSI_UC_PROMISC | SMNC_VSI_CONTROL |
			SMNC_VSI_VLAN_STRIP);
	fake->adi.kind->reset(&fake->adi);
	KUNIT_EXPECT_EQ(test, fake->adi.promisc, 0);
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
	const struct smnc_fw_chunk *chunk = (void *)fake->fw_payload;
	unsigned int i;

	fake_ready();
	KUNIT_EXPECT_EQ(test, rss_key(SMNC_VC_VSI, 52), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_RSS_KEY);
	KUNIT_EXPECT_EQ(test, chunk->offset + chunk->len, 52);
	KUNIT_EXPECT_EQ(test, rss_key(SMNC_VC_VSI, 51), PARAM);
	KUNIT_EXPECT_EQ(test, rss_key(SMNC_VC_VSI, 53), PARAM);
	KUNIT_EXPECT_EQ(test, rss_key(SMNC_VC_VSI + 1, 52), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(SMNC_VC_VSI, 64, 63, FAKE_QUEUES - 1), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_RSS_LUT);
	KUNIT_EXPECT_EQ(test, chunk->offset + chunk->len, 64);
	i = fake->nr_fw;
	KUNIT_EXPECT_EQ(test, rss_lut(SMNC_VC_VSI, 64, 63, FAKE_QUEUES), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(SMNC_VC_VSI, 64, 0, 255), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(SMNC_VC_VSI, 63, 0, 0), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(SMNC_VC_VSI, 65, 0, 0), PARAM);
	KUNIT_EXPECT_EQ(test, rss_lut(0, 64, 0, 0), PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, i);
}

static int set_hash(u64 hashcfg)
{
	return fake_guest(SMNC_VC_OP_SET_HASHCFG, &hashcfg, sizeof(hashcfg));
}

static void vcf_hash(struct kunit *test)
{
	u64 extra;

	fake_ready();
	KUNIT_EXPECT_EQ(test, fake_guest(SMNC_VC_OP_GET_HASHCFG, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, fake->len, 8);
	KUNIT_EXPECT_EQ(test, *(u64 *)fake->data, SMNC_HASHCFG);
	KUNIT_EXPECT_EQ(test, set_hash(SMNC_HASHCFG), 0);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_RSS_HASH);
	KUNIT_EXPECT_EQ(test, set_hash(0), 0);
	for (extra = 1; extra; extra <<= 1)
		KUNIT_EXPECT_EQ(test, set_hash(extra), SMNC_HASHCFG & extra ? 0 : PARAM);
}

/* Who never asks for RSS gets it over all its queues, with a key of its own. */
static void vcf_rss_default(struct kunit *test)
{
	const struct smnc_fw_hash *hash = (void *)fake->fw_payload;

	KUNIT_EXPECT_EQ(test, smnc_vsi_rss_default(&fake->pf, &fake->adi.vsi, fake->adi.rss_key,
						   3), 0);
	KUNIT_EXPECT_MEMEQ(test, fake->fw_vsi.key, fake->adi.rss_key, SMNC_RSS_KEY_BYTES);
	KUNIT_EXPECT_EQ(test, fake->fw_op, SMNC_FW_RSS_HASH);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(hash->hashcfg), SMNC_HASHCFG);
	fake->nr_fw = 0;
	fake->fw_error = -EIO;
	KUNIT_EXPECT_EQ(test, smnc_vsi_rss_default(&fake->pf, &fake->adi.vsi, fake->adi.rss_key,
						   3), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, 1);
}

static struct kunit_case vcf_cases[] = {
	KUNIT_CASE(vcf_promisc),
	KUNIT_CASE(vcf_rss),
	KUNIT_CASE(vcf_hash),
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
