// SPDX-License-Identifier: GPL-2.0-only
/* A virtio device is saved and loaded: what goes along, and what a hostile record meets. */
#include <linux/etherdevice.h>

#include "virtio_test.h"
#include "../../driver/adi/ops.h"
#include "../../driver/adi/record.h"
#include "../../driver/virtio/record.h"

#define ROOM	(512u << 10)
#define REC	(sizeof(struct smnc_rec_head) + sizeof(struct smnc_rec_adi))

#define ALONG	(USUAL | F(VIRTIO_NET_F_CTRL_VLAN) | F(VIRTIO_NET_F_RSS) | F(VIRTIO_NET_F_HASH_REPORT) | \
		 F(VIRTIO_NET_F_NOTF_COAL) | F(SMNC_VIRTIO_VQ_NOTF_COAL))

static const u8 group[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 5 };
static u8 *saved, *bad;
static ssize_t saved_len;

static int vstate_init(struct kunit *test)
{
	struct smnc_adi *adi;
	u8 mac[ETH_ALEN];

	fake_nic_init_virtio(test);
	adi = &fake->adi;
	ether_addr_copy(mac, adi->addr.mac);
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &adi->addr, mac), 0);
	saved = kunit_kzalloc(test, ROOM, GFP_KERNEL);
	bad = kunit_kzalloc(test, ROOM, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_ASSERT_NOT_NULL(test, bad);
	return 0;
}

/* As the framework does before it loads. */
static void fresh(struct kunit *test)
{
	smnc_msgs_close(&fake->adi);
	fake->adi.frozen = false;
	smnc_virtio_flr(&fake->adi);
	KUNIT_ASSERT_EQ(test, smnc_adi_restart(&fake->adi, false), 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
}

/* A driver that has all VQs running, two queue pairs and a table of addresses; saved. */
static void saved_driver(struct kunit *test)
{
	static const u8 table[] = { 0, 0, 0, 0, 1, 0, 0, 0, 0x33, 0x33, 0, 0, 0, 5 };
	static const u8 on[] = { 1 }, vid[] = { 5, 1 };
	/* Types, mask, other, a table of two, pairs, a key of two bytes. */
	static const u8 rss[] = { 0x3f, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 2, 0, 2, 7, 9 };
	/* Packets and microseconds: of all receiveqs, of VQ 2. */
	static const u8 coal[] = { 16, 0, 0, 0, 50, 0, 0, 0 };
	static const u8 coal_vq[] = { 2, 0, 0, 0, 3, 0, 0, 0, 70, 0, 0, 0 };

	drive(ALONG);
	KUNIT_ASSERT_EQ(test, control(VIRTIO_NET_CTRL_MQ, 1, rss, sizeof(rss)), 0);
	KUNIT_ASSERT_EQ(test, control(6, 1, coal, sizeof(coal)), 0);
	KUNIT_ASSERT_EQ(test, control(6, 2, coal_vq, sizeof(coal_vq)), 0);
	KUNIT_ASSERT_EQ(test, control(VIRTIO_NET_CTRL_RX, 1, on, sizeof(on)), 0);
	KUNIT_ASSERT_EQ(test, control(VIRTIO_NET_CTRL_MAC, 0, table, sizeof(table)), 0);
	KUNIT_ASSERT_EQ(test, control(VIRTIO_NET_CTRL_VLAN, 0, vid, sizeof(vid)), 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
	saved_len = smnc_adi_save(NULL, saved, ROOM);
	KUNIT_ASSERT_GT(test, saved_len, 0);
	fresh(test);
}

static void driver_goes_along(struct kunit *test)
{
	struct smnc_virtio *v = smnc_virtio(&fake->adi);
	struct virtio_pci_cfg_cap before = v->pci_cfg;
	unsigned int n;

	saved_driver(test);
	KUNIT_EXPECT_EQ(test, status(), 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	KUNIT_EXPECT_EQ(test, status(), S_ACK | S_DRIVER | S_FEATURES | S_DRIVER_OK);
	KUNIT_EXPECT_EQ(test, fake->vq_features, ALONG);
	KUNIT_EXPECT_MEMEQ(test, &fake->vq_rss, &v->rss, sizeof(v->rss));
	KUNIT_EXPECT_EQ(test, v->rss.types, 0x3f);
	KUNIT_EXPECT_EQ(test, v->rss.entries, 2);
	KUNIT_EXPECT_EQ(test, v->rss.table[0], 1);
	KUNIT_EXPECT_EQ(test, v->rss.key[1], 9);
	KUNIT_EXPECT_EQ(test, v->coal[0].usecs, 50);
	KUNIT_EXPECT_EQ(test, fake->vqs[0].coal.packets, 16);
	KUNIT_EXPECT_EQ(test, fake->vqs[2].coal.usecs, 70);
	KUNIT_EXPECT_EQ(test, fake->vqs[1].coal.usecs, 0);
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, F(VIRTIO_NET_F_GUEST_CSUM));
	KUNIT_EXPECT_EQ(test, v->pairs, 2);
	KUNIT_EXPECT_TRUE(test, v->allmulti);
	KUNIT_EXPECT_TRUE(test, v->used);
	KUNIT_EXPECT_EQ(test, v->nr_macs, 1);
	KUNIT_EXPECT_MEMEQ(test, &v->pci_cfg, &before, sizeof(v->pci_cfg));
	for (n = 0; n <= CONTROL; n++) {
		/* Set up; the device's own state starts it. */
		KUNIT_EXPECT_FALSE(test, fake->vqs[n].on);
		KUNIT_EXPECT_EQ(test, fake->vqs[n].control, n == CONTROL);
		KUNIT_EXPECT_EQ(test, fake->vqs[n].cfg.area[1], area(n, 1));
		KUNIT_EXPECT_TRUE(test, v->vqs[n].enabled && v->vqs[n].started);
	}
	KUNIT_EXPECT_EQ(test, smnc_adi_thaw(NULL), 0);
	fake_vsi_expect_known(test);
	KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(&fake->adi.vsi, group));
	KUNIT_EXPECT_EQ(test, v->vids[0x105 / 8], BIT(5));
	KUNIT_EXPECT_MEMEQ(test, fake->fw_vsi.own, v->vids, sizeof(v->vids));
	KUNIT_EXPECT_TRUE(test, fake->fw_vsi.flags & SMNC_VSI_VLAN_OWN);
}

/* One that has only looked around. */
static void new_driver_goes_along(struct kunit *test)
{
	struct smnc_rec_virtio *rec = (void *)(saved + REC);
	static const u16 sizes[] = { 0, 3, 0xffff };
	unsigned int i;

	set_status(S_ACK | S_DRIVER);
	choose(3);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
	saved_len = smnc_adi_save(NULL, saved, ROOM);
	KUNIT_ASSERT_GT(test, saved_len, 0);
	fresh(test);
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	KUNIT_EXPECT_EQ(test, status(), S_ACK | S_DRIVER);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SELECT, 2), 3);
	KUNIT_EXPECT_EQ(test, fake->vq_features, 0);
	/* Limits of a VQ that is not enabled. */
	fresh(test);
	memset(rec->vqs[1].coal, 1, sizeof(rec->vqs[1].coal));
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EINVAL);
	memset(rec->vqs[1].coal, 0, sizeof(rec->vqs[1].coal));
	/* Sizes of VQs that are not enabled. */
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fresh(test);
		rec->vqs[1].size = cpu_to_le16(sizes[i]);
		KUNIT_EXPECT_EQ_MSG(test, smnc_adi_load(NULL, saved, saved_len), -EINVAL, "%u",
				    sizes[i]);
	}
}

struct row {
	unsigned int at;
	unsigned int bytes;
	u64 values[3];
};

#define VIRTIO(_field, ...) \
	{ REC + offsetof(struct smnc_rec_virtio, _field), \
	  sizeof_field(struct smnc_rec_virtio, _field), { __VA_ARGS__ } }

/* Values that no register write makes; 0: no further one. */
static const struct row rows[] = {
	VIRTIO(driver[2], 1), VIRTIO(driver[1], 1, 1u << 30), VIRTIO(driver[0], 1, ~0u),
	VIRTIO(offloads, 1 << 7, 1 << 15, ~0ull), VIRTIO(config_vector, 9, 0xfffe),
	VIRTIO(pairs, FAKE_QUEUES + 1, 0xffff), VIRTIO(nr_macs, SMNC_VIRTIO_MACS + 1, 0xffff),
	VIRTIO(status, 0x10, 0x20, 7), VIRTIO(isr, 4, 255), VIRTIO(changed, 2), VIRTIO(link, 2),
	VIRTIO(promisc, 2), VIRTIO(allmulti, 2), VIRTIO(crowded, 2), VIRTIO(mac[0], 1, 255),
	VIRTIO(announce, 2), VIRTIO(again, 8, 255), VIRTIO(reserved0[1], 1), VIRTIO(reserved1[1], 1),
	VIRTIO(vids[511], 0x80, 0xff),
	VIRTIO(rss.types, 0x40, ~0u), VIRTIO(rss.entries, 3, 256, 0xffff),
	VIRTIO(rss.other, FAKE_QUEUES, 0xffff), VIRTIO(rss.table[0], FAKE_QUEUES, 255),
	VIRTIO(rss.table[127], FAKE_QUEUES, 255), VIRTIO(vqs[1].size, 3, 512, 0xffff),
	VIRTIO(vqs[1].vector, 9, 0xfffe), VIRTIO(vqs[1].enabled, 2), VIRTIO(vqs[1].reserved[0], 1),
	VIRTIO(vqs[1].area[0], 8, 1ull << 48), VIRTIO(vqs[1].area[1], 1),
	VIRTIO(vqs[1].area[2], 2, ~0ull), VIRTIO(vqs[CONTROL].size, 128),
	VIRTIO(vqs[CONTROL].coal, 1, 1ull << 32), VIRTIO(vqs[CONTROL + 1].enabled, 1), VIRTIO(vqs[16].area[0], 16),
};

static void hostile_driver(struct kunit *test)
{
	unsigned int i, k, b;
	u8 *at;

	saved_driver(test);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (k = 0; k < 3 && rows[i].values[k]; k++) {
			memcpy(bad, saved, saved_len);
			at = bad + rows[i].at;
			for (b = 0; b < rows[i].bytes; b++)
				at[b] = rows[i].values[k] >> 8 * b;
			KUNIT_EXPECT_LT_MSG(test, smnc_adi_load(NULL, bad, saved_len), 0,
					    "row %u, value %llx", i, rows[i].values[k]);
			KUNIT_EXPECT_EQ(test, fake->nr_loads, 0);
			fresh(test);
		}
	}
	/* Longer than the operator allows. */
	fake->adi.cfg[SMNC_CFG_RX_RING] = 32;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -ENOSPC);
	fresh(test);
	fake->adi.cfg[SMNC_CFG_RX_RING] = 4096;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
}

/* What is hashed or filtered is what the driver may say. */
static void choices_are_accepted(struct kunit *test)
{
	struct smnc_rec_virtio *rec = (void *)(saved + REC);

	drive(USUAL);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
	saved_len = smnc_adi_save(NULL, saved, ROOM);
	KUNIT_ASSERT_GT(test, saved_len, 0);
	fresh(test);
	rec->rss.types = cpu_to_le32(1);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EINVAL);
	fresh(test);
	rec->rss.types = 0;
	rec->rss.entries = cpu_to_le16(2);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EINVAL);
	fresh(test);
	rec->rss.entries = 0;
	rec->vids[0] = 2;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), -EINVAL);
	fresh(test);
	rec->vids[0] = 0;
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
}

/* Asks for the limits of VQ 0: a command that returns bytes. */
static int get_coal(void)
{
	static const u8 vq[] = { 0, 0, 0, 0 };

	return control(6, 3, vq, sizeof(vq));
}

/* An answer that is loaded has no bytes of an earlier command. */
static void claimed_answer_is_empty(struct kunit *test)
{
	struct smnc_rec_virtio *rec = (void *)(saved + REC);
	struct smnc_virtio *v = smnc_virtio(&fake->adi);

	saved_driver(test);
	KUNIT_ASSERT_EQ(test, smnc_adi_thaw(NULL), 0);
	drive(ALONG);
	KUNIT_ASSERT_EQ(test, get_coal(), VIRTIO_NET_OK);
	KUNIT_ASSERT_EQ(test, fake->len, sizeof(v->result));
	memset(v->result, 0xa5, sizeof(v->result));
	fresh(test);
	KUNIT_EXPECT_EQ(test, v->result_len, 0);
	KUNIT_EXPECT_FALSE(test, memchr_inv(v->result, 0, sizeof(v->result)));
	v->result_len = sizeof(v->result);
	rec->again = SMNC_VIRTIO_AGAIN_ANSWER;
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->op, SMNC_MSG_CTRL);
	KUNIT_EXPECT_EQ(test, fake->len, 0);
}

/* The record has no room for the bytes of an answer: the command has failed. */
static void answer_with_bytes_fails(struct kunit *test)
{
	unsigned int sent;

	drive(ALONG);
	fake->send_error = -ETIMEDOUT;
	KUNIT_ASSERT_EQ(test, get_coal(), VIRTIO_NET_OK);
	fake->send_error = 0;
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
	saved_len = smnc_adi_save(NULL, saved, ROOM);
	KUNIT_ASSERT_GT(test, saved_len, 0);
	fresh(test);
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, saved_len), 0);
	sent = fake->nr_sent;
	worker(SMNC_DUE_AGAIN);
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 1);
	KUNIT_EXPECT_EQ(test, fake->status, VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, fake->len, 0);
}

static struct kunit_case vstate_cases[] = {
	KUNIT_CASE(answer_with_bytes_fails),
	KUNIT_CASE(choices_are_accepted),
	KUNIT_CASE(claimed_answer_is_empty),
	KUNIT_CASE(driver_goes_along),
	KUNIT_CASE(new_driver_goes_along),
	KUNIT_CASE(hostile_driver),
	{ }
};

static struct kunit_suite vstate_suite = {
	.name = "virtio_saved",
	.init = vstate_init,
	.exit = fake_nic_exit,
	.test_cases = vstate_cases,
};

kunit_test_suites(&vstate_suite);
