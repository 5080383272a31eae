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

#define SRC	BIT(0)
#define DST	BIT(1)
#define PROT	BIT(4)

/* Headers of a pattern, up to three: types and selected fields. */
struct headers {
	s32 type[3];
	u32 fields[3];
};

static int rss_cfg(u32 op, unsigned int tunnel, int count, const struct headers *h, s32 alg)
{
	struct virtchnl_rss_cfg *cfg = kunit_kzalloc(fake->test, sizeof(*cfg), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(fake->test, cfg);
	cfg->proto_hdrs.tunnel_level = tunnel;
	cfg->proto_hdrs.count = count;
	cfg->rss_algorithm = alg;
	for (i = 0; i < ARRAY_SIZE(h->type); i++) {
		cfg->proto_hdrs.proto_hdr[i].type = h->type[i];
		cfg->proto_hdrs.proto_hdr[i].field_selector = h->fields[i];
	}
	return fake_guest(op, cfg, sizeof(*cfg));
}

#define ETH	VIRTCHNL_PROTO_HDR_ETH
#define IP4	VIRTCHNL_PROTO_HDR_IPV4
#define IP6	VIRTCHNL_PROTO_HDR_IPV6
#define T	VIRTCHNL_PROTO_HDR_TCP
#define U	VIRTCHNL_PROTO_HDR_UDP
#define S	VIRTCHNL_PROTO_HDR_SCTP

/* Each pattern that there is: what it is taken for, and what of it is hashed. */
static void vcf_rss_patterns(struct kunit *test)
{
	static const struct {
		struct headers h;
		int count;
		unsigned int kind;
		u32 omit;
		u64 types;
	} rows[] = {
		{ { { IP4 }, { SRC | DST } }, 1, 3, 12, 3ull << 35 },
		{ { { IP4 }, { SRC } }, 1, 3, 14, 3ull << 35 },
		{ { { IP4, T }, { SRC | DST, SRC | DST } }, 2, 0, 0, 1ull << 33 },
		{ { { IP4, U }, { SRC | DST | PROT, SRC } }, 2, 1, 8, 1ull << 31 },
		{ { { IP4, S }, { DST, DST } }, 2, 2, 5, 1ull << 34 },
		{ { { ETH, IP4, T }, { 0, 0, SRC } }, 3, 0, 11, 1ull << 33 },
		{ { { IP6 }, { DST } }, 1, 7, 13, 3ull << 45 },
		{ { { IP6, T }, { SRC | DST, 0 } }, 2, 4, 12, 1ull << 43 },
		{ { { ETH, IP6, U }, { 0, SRC, DST } }, 3, 5, 6, 1ull << 41 },
		{ { { IP6, S }, { 0, SRC | DST } }, 2, 6, 3, 1ull << 44 },
	};
	struct smnc_vsi *vsi = &fake->adi.vsi;
	unsigned int i, sym;

	fake_ready();
	for (i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		unsigned int r = i / 2;

		sym = i % 2;
		KUNIT_ASSERT_EQ(test, set_hash(0), 0);
		KUNIT_EXPECT_EQ_MSG(test, rss_cfg(VIRTCHNL_OP_ADD_RSS_CFG, sym, rows[r].count,
						  &rows[r].h, sym ? 2 : 0), 0, "row %u", r);
		KUNIT_EXPECT_EQ_MSG(test, vsi->hashcfg, rows[r].types, "row %u", r);
		KUNIT_EXPECT_EQ_MSG(test, vsi->hash_omit, rows[r].omit << 4 * rows[r].kind, "row %u", r);
		KUNIT_EXPECT_EQ_MSG(test, vsi->hash_sym, sym << rows[r].kind, "row %u", r);
		fake_vsi_expect_known(test);
		KUNIT_EXPECT_EQ(test, rss_cfg(VIRTCHNL_OP_DEL_RSS_CFG, sym, rows[r].count, &rows[r].h,
					      0), 0);
		KUNIT_EXPECT_EQ(test, vsi->hashcfg, 0);
		KUNIT_EXPECT_EQ(test, vsi->hash_omit | vsi->hash_sym, 0);
	}
}

static void vcf_bad_patterns(struct kunit *test)
{
	static const struct {
		struct headers h;
		unsigned int tunnel;
		int count;
		s32 alg;
	} rows[] = {
		{ { { IP4 }, { SRC } }, 0, 0 },
		{ { { IP4 }, { SRC } }, 0, -1 },
		{ { { IP4 }, { SRC } }, 0, 4 },
		{ { { IP4 }, { SRC } }, 0, 33 },
		{ { { IP4 }, { SRC } }, 2, 1 },
		{ { { IP4 }, { SRC } }, 255, 1 },
		{ { { IP4 }, { 0 } }, 0, 1 },
		{ { { IP4 }, { PROT } }, 0, 1 },
		{ { { IP4 }, { SRC | BIT(2) } }, 0, 1 },
		{ { { IP4 }, { SRC | BIT(31) } }, 0, 1 },
		{ { { IP4, T }, { SRC, BIT(2) } }, 0, 2 },
		{ { { IP4, T }, { SRC, BIT(30) } }, 0, 2 },
		{ { { ETH }, { 0 } }, 0, 1 },
		{ { { ETH, IP4 }, { 1, SRC } }, 0, 2 },
		{ { { ETH, ETH, IP4 }, { 0, 0, SRC } }, 0, 3 },
		{ { { T }, { SRC } }, 0, 1 },
		{ { { IP4, IP4 }, { SRC, SRC } }, 0, 2 },
		{ { { IP4, T, T }, { SRC, SRC, SRC } }, 0, 3 },
		{ { { IP4, VIRTCHNL_PROTO_HDR_ESP }, { SRC, SRC } }, 0, 2 },
		{ { { IP4, -1 }, { SRC, SRC } }, 0, 2 },
		{ { { 0x7fffffff }, { SRC } }, 0, 1 },
		{ { { IP4 }, { SRC } }, 0, 1, 1 },
		{ { { IP4 }, { SRC } }, 0, 1, 3 },
		{ { { IP4 }, { SRC } }, 0, 1, -2 },
	};
	unsigned int i, fw;

	fake_ready();
	fw = fake->nr_fw;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_LT_MSG(test, rss_cfg(VIRTCHNL_OP_ADD_RSS_CFG, rows[i].tunnel, rows[i].count,
						  &rows[i].h, rows[i].alg), 0, "row %u", i);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
}

static int hfunc(u16 vsi, u16 alg)
{
	const u16 m[4] = { vsi, alg };

	return fake_guest(SMNC_VC_OP_RSS_HFUNC, m, sizeof(m));
}

/* Both directions to one queue, of every kind; types and fields stay. */
static void vcf_hfunc(struct kunit *test)
{
	static const struct headers udp = { { IP4, U }, { SRC, SRC } };
	struct smnc_vsi *vsi = &fake->adi.vsi;
	u32 omit;

	fake_ready();
	KUNIT_ASSERT_EQ(test, rss_cfg(VIRTCHNL_OP_ADD_RSS_CFG, 0, 2, &udp, 0), 0);
	omit = vsi->hash_omit;
	KUNIT_EXPECT_EQ(test, hfunc(SMNC_VC_VSI, 2), 0);
	KUNIT_EXPECT_EQ(test, vsi->hash_sym, 0xff);
	KUNIT_EXPECT_EQ(test, vsi->hash_omit, omit);
	KUNIT_EXPECT_EQ(test, set_hash(SMNC_HASHCFG), 0);
	KUNIT_EXPECT_EQ(test, vsi->hash_sym, 0xff);
	KUNIT_EXPECT_EQ(test, hfunc(SMNC_VC_VSI, 1), VIRTCHNL_STATUS_ERR_NOT_SUPPORTED);
	KUNIT_EXPECT_EQ(test, hfunc(SMNC_VC_VSI, 3), VIRTCHNL_STATUS_ERR_NOT_SUPPORTED);
	KUNIT_EXPECT_EQ(test, hfunc(SMNC_VC_VSI + 1, 0), PARAM);
	KUNIT_EXPECT_EQ(test, hfunc(SMNC_VC_VSI, 0), 0);
	KUNIT_EXPECT_EQ(test, vsi->hash_sym, 0);
	fake_vsi_expect_known(test);
	/* A VSI that is cleared has all fields again. */
	fake->adi.kind->reset(&fake->adi);
	KUNIT_EXPECT_EQ(test, smnc_adi_vsi_start(&fake->adi), 0);
	KUNIT_EXPECT_EQ(test, vsi->hash_omit, 0);
	fake_vsi_expect_known(test);
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
	KUNIT_CASE(vcf_rss_patterns),
	KUNIT_CASE(vcf_bad_patterns),
	KUNIT_CASE(vcf_hfunc),
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
