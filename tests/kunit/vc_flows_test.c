// SPDX-License-Identifier: GPL-2.0-only
/* virtchnl: rules that a guest has for what it receives. */
#include <linux/in.h>

#include "fake_nic.h"

#define ETH	VIRTCHNL_PROTO_HDR_ETH
#define IP4	VIRTCHNL_PROTO_HDR_IPV4
#define IP6	VIRTCHNL_PROTO_HDR_IPV6
#define T	VIRTCHNL_PROTO_HDR_TCP
#define U	VIRTCHNL_PROTO_HDR_UDP
#define S	VIRTCHNL_PROTO_HDR_SCTP

#define OK		VIRTCHNL_FDIR_SUCCESS
#define FULL		VIRTCHNL_FDIR_FAILURE_RULE_NORESOURCE
#define EXISTS		VIRTCHNL_FDIR_FAILURE_RULE_EXIST
#define NONE		VIRTCHNL_FDIR_FAILURE_RULE_NONEXIST
#define INVALID		VIRTCHNL_FDIR_FAILURE_RULE_INVALID

#define TO_QUEUE	VIRTCHNL_ACTION_QUEUE
#define DROP		VIRTCHNL_ACTION_DROP

/* Headers of a rule, and what it does. */
struct rule {
	s32 type[3];
	u32 fields[3];
	int count;
	s32 action;
	u16 queue;
};

/* Every byte of a header is its place, and that of the port or address chosen by @salt. */
static struct virtchnl_fdir_add *fill(const struct rule *r, u8 salt)
{
	struct virtchnl_fdir_add *add = kunit_kzalloc(fake->test, sizeof(*add), GFP_KERNEL);
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(fake->test, add);
	add->vsi_id = SMNC_VC_VSI;
	add->rule_cfg.proto_hdrs.count = r->count;
	add->rule_cfg.action_set.count = 1;
	add->rule_cfg.action_set.actions[0].type = r->action;
	add->rule_cfg.action_set.actions[0].act_conf.queue.index = r->queue;
	for (i = 0; i < ARRAY_SIZE(r->type); i++) {
		struct virtchnl_proto_hdr *h = &add->rule_cfg.proto_hdrs.proto_hdr[i];

		h->type = r->type[i];
		h->field_selector = r->fields[i];
		for (k = 0; k < sizeof(h->buffer); k++)
			h->buffer[k] = salt + k;
	}
	return add;
}

/* Return: its status; the reply is the message. */
static int send(struct virtchnl_fdir_add *add, u32 *id)
{
	const struct virtchnl_fdir_add *reply = (void *)fake->data;

	KUNIT_EXPECT_EQ(fake->test, fake_guest(VIRTCHNL_OP_ADD_FDIR_FILTER, add, sizeof(*add)), 0);
	KUNIT_EXPECT_EQ(fake->test, fake->len, 2616);
	KUNIT_EXPECT_MEMEQ(fake->test, &reply->rule_cfg, &add->rule_cfg, sizeof(add->rule_cfg));
	if (id)
		*id = reply->flow_id;
	return reply->status;
}

static int del(u32 id)
{
	const struct virtchnl_fdir_del m = { .vsi_id = SMNC_VC_VSI, .flow_id = id };
	const struct virtchnl_fdir_del *reply = (void *)fake->data;

	KUNIT_EXPECT_EQ(fake->test, fake_guest(VIRTCHNL_OP_DEL_FDIR_FILTER, &m, sizeof(m)), 0);
	KUNIT_EXPECT_EQ(fake->test, fake->len, 12);
	KUNIT_EXPECT_EQ(fake->test, reply->flow_id, id);
	return reply->status;
}

/* Each header, each of its fields: what of it is in the rule, and nothing else. */
static void vcr_fields(struct kunit *test)
{
	static const struct {
		struct rule r;
		struct smnc_flow want;
	} rows[] = {
		{ { { ETH }, { BIT(2) }, 1, DROP },
		  { .fields = 0x01, .ethertype = { 12, 13 } } },
		{ { { ETH, IP4 }, { 0, BIT(0) }, 2, TO_QUEUE, 3 },
		  { .fields = 0x12, .action = 1, .queue = 3, .version = 4, .src = { 12, 13, 14, 15 } } },
		{ { { IP4 }, { BIT(1) }, 1, DROP },
		  { .fields = 0x22, .version = 4, .dst = { 16, 17, 18, 19 } } },
		{ { { IP4 }, { BIT(2) | BIT(4) }, 1, DROP },
		  { .fields = 0x0e, .version = 4, .tos = 1, .proto = 9 } },
		{ { { ETH, IP6 }, { 0, BIT(0) }, 2, DROP },
		  { .fields = 0x12, .version = 6,
		    .src = { 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 } } },
		{ { { IP6 }, { BIT(1) | BIT(4) }, 1, DROP },
		  { .fields = 0x26, .version = 6, .proto = 6,
		    .dst = { 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39 } } },
		{ { { IP6 }, { BIT(2) }, 1, DROP }, { .fields = 0x0a, .version = 6, .tos = 0 } },
		{ { { ETH, IP4, T }, { 0, 0, BIT(0) }, 3, DROP },
		  { .fields = 0x46, .version = 4, .proto = IPPROTO_TCP, .sport = { 0, 1 } } },
		{ { { ETH, IP4, U }, { 0, 0, BIT(1) }, 3, TO_QUEUE, 1 },
		  { .fields = 0x86, .action = 1, .queue = 1, .version = 4, .proto = IPPROTO_UDP,
		    .dport = { 2, 3 } } },
		{ { { IP6, S }, { 0, BIT(0) | BIT(1) }, 2, DROP },
		  { .fields = 0xc6, .version = 6, .proto = IPPROTO_SCTP, .sport = { 0, 1 },
		    .dport = { 2, 3 } } },
		{ { { IP4, T }, { BIT(4), 0 }, 2, DROP },
		  { .fields = 0x06, .version = 4, .proto = IPPROTO_TCP } },
	};
	unsigned int i;
	u32 id;

	fake_ready();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct virtchnl_fdir_add *add = fill(&rows[i].r, 0);

		KUNIT_EXPECT_EQ_MSG(test, send(add, &id), OK, "row %u", i);
		KUNIT_ASSERT_LT(test, id, SMNC_FLOWS);
		KUNIT_EXPECT_MEMEQ_MSG(test, &fake->fw_flows[id], &rows[i].want,
				       sizeof(rows[i].want), "row %u", i);
		fake_vsi_expect_known(test);
		KUNIT_EXPECT_EQ(test, del(id), OK);
		KUNIT_EXPECT_EQ(test, fake->fw_flows[id].fields, 0);
	}
}

/* Four bits of each of the first two bytes. */
static void vcr_class(struct kunit *test)
{
	static const struct rule r = { { IP6 }, { BIT(2) }, 1, DROP };
	struct virtchnl_fdir_add *add = fill(&r, 0);

	fake_ready();
	add->rule_cfg.proto_hdrs.proto_hdr[0].buffer[0] = 0x6a;
	add->rule_cfg.proto_hdrs.proto_hdr[0].buffer[1] = 0xb5;
	KUNIT_EXPECT_EQ(test, send(add, NULL), OK);
	KUNIT_EXPECT_EQ(test, fake->fw_flows[0].tos, 0xab);
}

static void vcr_bad(struct kunit *test)
{
	static const struct rule rows[] = {
		{ { IP4 }, { 1 }, 0, DROP },
		{ { IP4 }, { 1 }, -1, DROP },
		{ { ETH, IP4, T }, { 0, 1, 1 }, 4, DROP },
		{ { IP4 }, { 1 }, 33, DROP },
		{ { ETH }, { 0 }, 1, DROP },		/* matches everything */
		{ { ETH }, { BIT(0) }, 1, DROP },	/* addresses of stations */
		{ { IP4 }, { 1 | BIT(3) }, 1, DROP },	/* time to live */
		{ { IP4 }, { 1 | BIT(31) }, 1, DROP },
		{ { IP6 }, { 1 | BIT(5) }, 1, DROP },	/* a prefix */
		{ { IP4, T }, { 1, BIT(2) }, 2, DROP },
		{ { T }, { 1 }, 1, DROP },		/* of no IP */
		{ { ETH, T }, { 0, 1 }, 2, DROP },
		{ { T, IP4 }, { 1, 1 }, 2, DROP },
		{ { IP4, ETH }, { 1, 4 }, 2, DROP },
		{ { IP4, IP6 }, { 1, 1 }, 2, DROP },
		{ { IP4, T, U }, { 1, 1, 1 }, 3, DROP },
		{ { IP4, VIRTCHNL_PROTO_HDR_ESP }, { 1, 1 }, 2, DROP },
		{ { IP4, VIRTCHNL_PROTO_HDR_GTPU_IP }, { 1, 0 }, 2, DROP },
		{ { VIRTCHNL_PROTO_HDR_C_VLAN }, { 1 }, 1, DROP },
		{ { 0x7fffffff }, { 0 }, 1, DROP },
		{ { -1 }, { 0 }, 1, DROP },
		{ { IP4 }, { 1 }, 1, TO_QUEUE, FAKE_QUEUES },
		{ { IP4 }, { 1 }, 1, TO_QUEUE, 0xffff },
		{ { IP4 }, { 1 }, 1, TO_QUEUE, 0x100 },
		{ { IP4 }, { 1 }, 1, VIRTCHNL_ACTION_PASSTHRU },
		{ { IP4 }, { 1 }, 1, VIRTCHNL_ACTION_Q_REGION },
		{ { IP4 }, { 1 }, 1, VIRTCHNL_ACTION_MARK },
		{ { IP4 }, { 1 }, 1, -1 },
	};
	static const struct rule good = { { IP4 }, { 1 }, 1, DROP };
	struct virtchnl_fdir_add *add;
	unsigned int i, fw;

	fake_ready();
	fw = fake->nr_fw;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, send(fill(&rows[i], 1), NULL), INVALID, "row %u", i);
	add = fill(&good, 1);
	add->rule_cfg.proto_hdrs.tunnel_level = 1;
	KUNIT_EXPECT_EQ(test, send(add, NULL), INVALID);
	for (i = 0; i < 3; i++) {
		static const int counts[] = { 0, 2, -1 };

		add = fill(&good, 1);
		add->rule_cfg.action_set.count = counts[i];
		KUNIT_EXPECT_EQ(test, send(add, NULL), INVALID);
	}
	add = fill(&good, 1);
	add->vsi_id = SMNC_VC_VSI + 1;
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_ADD_FDIR_FILTER, add, sizeof(*add)),
			VIRTCHNL_STATUS_ERR_PARAM);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
}

/* 128 rules and no more, none twice; one that is only asked about is not there. */
static void vcr_table(struct kunit *test)
{
	static const struct rule drop = { { IP4 }, { 1 }, 1, DROP };
	static const struct rule queue = { { IP4 }, { 1 }, 1, TO_QUEUE, 2 };
	struct virtchnl_fdir_add *add = fill(&drop, 0);
	unsigned int i, fw;
	u32 id;

	fake_ready();
	fw = fake->nr_fw;
	add->validate_only = 1;
	KUNIT_EXPECT_EQ(test, send(add, NULL), OK);
	KUNIT_EXPECT_EQ(test, del(0), NONE);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	for (i = 0; i < SMNC_FLOWS; i++) {
		KUNIT_EXPECT_EQ(test, send(fill(&drop, i), &id), OK);
		KUNIT_EXPECT_EQ(test, id, i);
	}
	KUNIT_EXPECT_EQ(test, send(fill(&drop, 5), NULL), EXISTS);
	KUNIT_EXPECT_EQ(test, send(fill(&queue, 5), NULL), EXISTS);
	KUNIT_EXPECT_EQ(test, send(fill(&drop, 200), NULL), FULL);
	KUNIT_EXPECT_EQ(test, del(128), NONE);
	KUNIT_EXPECT_EQ(test, del(~0U), NONE);
	KUNIT_EXPECT_EQ(test, del(77), OK);
	KUNIT_EXPECT_EQ(test, del(77), NONE);
	KUNIT_EXPECT_EQ(test, send(fill(&queue, 200), &id), OK);
	KUNIT_EXPECT_EQ(test, id, 77);
	fake_vsi_expect_known(test);
	/* Another driver, or a reset: none. */
	fake_ready();
	KUNIT_EXPECT_EQ(test, del(5), NONE);
	fake_vsi_expect_known(test);
}

static void vcr_firmware(struct kunit *test)
{
	static const struct rule drop = { { IP4 }, { 1 }, 1, DROP };
	const struct virtchnl_fdir_del foreign = { .vsi_id = SMNC_VC_VSI + 1 };

	fake_ready();
	KUNIT_EXPECT_EQ(test, send(fill(&drop, 1), NULL), OK);
	fake->fw_error = -EINVAL;
	KUNIT_EXPECT_EQ(test, send(fill(&drop, 2), NULL), INVALID);
	fake->fw_error = 0;
	fake_vsi_expect_known(test);
	/* The answer is lost: the driver restores the rules that it knows, and no others. */
	fake->fw_fault = FAKE_FW_LOST;
	KUNIT_EXPECT_EQ(test, send(fill(&drop, 3), NULL), VIRTCHNL_FDIR_FAILURE_RULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, send(fill(&drop, 4), NULL), OK);
	fake_vsi_expect_known(test);
	KUNIT_EXPECT_EQ(test, fake_guest(VIRTCHNL_OP_DEL_FDIR_FILTER, &foreign, sizeof(foreign)),
			VIRTCHNL_STATUS_ERR_PARAM);
}

static struct kunit_case vcr_cases[] = {
	KUNIT_CASE(vcr_fields),
	KUNIT_CASE(vcr_class),
	KUNIT_CASE(vcr_bad),
	KUNIT_CASE(vcr_table),
	KUNIT_CASE(vcr_firmware),
	{ }
};

static struct kunit_suite vcr_suite = {
	.name = "virtchnl_flows",
	.init = fake_nic_init,
	.exit = fake_nic_exit,
	.test_cases = vcr_cases,
};

kunit_test_suites(&vcr_suite);
