// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packed rings of a virtio device: what a driver may set up, and where each ring goes on after
 * its hardware was reset, or was not heard of.
 */
#include "virtio_test.h"
#include "../../driver/adi/ops.h"

#define PACKED	(USUAL | F(VIRTIO_F_RING_PACKED))
#define DMA	0x7700000000ULL
#define ROOM	(512u << 10)

static int packed_init(struct kunit *test)
{
	int err = fake_nic_init_virtio(test);

	fake->pf.places = fake->places;
	fake->pf.places_dma = DMA;
	KUNIT_ASSERT_EQ(test, fake->adi.kind->start(&fake->adi), 0);
	return err;
}

static struct smnc_vq_place *place(unsigned int n)
{
	return &fake->places[FAKE_FUNC * SMNC_VQ_PLACES_BYTES / sizeof(*fake->places) + n];
}

/* The device writes where it is in VQ @n. */
static void at(unsigned int n, u16 is, u16 after)
{
	*place(n) = (struct smnc_vq_place) { cpu_to_le16(is), cpu_to_le16(after) };
}

static void expect_place(struct kunit *test, unsigned int n, u16 is, u16 after)
{
	KUNIT_EXPECT_TRUE_MSG(test, fake->vqs[n].on, "%u", n);
	KUNIT_EXPECT_EQ_MSG(test, le16_to_cpu(fake->vqs[n].place.place), is, "%u", n);
	KUNIT_EXPECT_EQ_MSG(test, le16_to_cpu(fake->vqs[n].place.after), after, "%u", n);
}

/* Only with memory for the places. */
static void packed_offered(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, offered() & F(VIRTIO_F_RING_PACKED));
	fake->pf.places = NULL;
	KUNIT_ASSERT_EQ(test, fake->adi.kind->start(&fake->adi), 0);
	KUNIT_EXPECT_FALSE(test, offered() & F(VIRTIO_F_RING_PACKED));
	accept(PACKED);
	KUNIT_EXPECT_FALSE(test, status() & S_FEATURES);
}

/* Any size up to the largest; event structures are aligned to 4 bytes. */
static void packed_set_up(struct kunit *test)
{
	static const u16 sizes[] = { 1, 3, 5, 100, 255, 256 }, bad[] = { 0, 257, 0x8000, 0xffff };
	unsigned int i, a;

	accept(PACKED);
	add_status(S_DRIVER_OK);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		setup_vq(1);
		wr(VIRTIO_PCI_COMMON_Q_SIZE, 2, sizes[i]);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), sizes[i]);
		wr(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		KUNIT_EXPECT_EQ(test, fake->vqs[1].cfg.size, sizes[i]);
		wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	}
	setup_vq(1);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		wr(VIRTIO_PCI_COMMON_Q_SIZE, 2, bad[i]);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), 256);
	}
	for (a = 1; a < SMNC_VQ_AREAS; a++) {
		wr(VIRTIO_PCI_COMMON_Q_DESCLO + 8 * a, 4, 0x1002);
		wr(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		wr(VIRTIO_PCI_COMMON_Q_DESCLO + 8 * a, 4, 0x1004);
	}
	/* A size that split rings do not have is not kept for one. */
	set_status(0);
	write_features(1, upper_32_bits(PACKED));
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_SIZE, 2, 3);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), 3);
	accept(USUAL);
	setup_vq(1);
	wr(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	KUNIT_EXPECT_EQ(test, status() & S_BROKEN, 0);
}

static void quiesce_and_revive(struct kunit *test)
{
	unsigned int i;

	smnc_msgs_close(&fake->adi);
	memset(&fake->fw_vsi, 0, sizeof(fake->fw_vsi));
	fake->fw_vsi.vids[0] = BIT(0);
	for (i = 0; i < SMNC_VIRTIO_VQS; i++)
		fake->vqs[i] = (struct fake_vq) {};
	fake->vq_places = 0;
	mutex_lock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, fake->adi.kind->revive(&fake->adi), 0);
	mutex_unlock(&fake->adi.lock);
	smnc_msgs_open(&fake->adi);
}

/* Each ring goes on where the device was, also after a second reset. */
static void packed_revived(struct kunit *test)
{
	unsigned int n, turn;

	at(0, 77, 78);
	drive(PACKED);
	KUNIT_EXPECT_EQ(test, fake->vq_places, DMA + FAKE_FUNC * SMNC_VQ_PLACES_BYTES);
	for (n = 0; n <= CONTROL; n++) {
		expect_place(test, n, SMNC_VQ_PLACE_FIRST, SMNC_VQ_PLACE_FIRST);
		KUNIT_EXPECT_FALSE(test, fake->vqs[n].resumed);
	}
	for (turn = 0; turn < 2; turn++) {
		for (n = 0; n < CONTROL; n++)
			at(n, 10 * turn + n, 0x8000 | n);
		quiesce_and_revive(test);
		KUNIT_EXPECT_EQ(test, fake->vq_places, DMA + FAKE_FUNC * SMNC_VQ_PLACES_BYTES);
		for (n = 0; n < CONTROL; n++) {
			expect_place(test, n, 10 * turn + n, 0x8000 | n);
			KUNIT_EXPECT_TRUE(test, fake->vqs[n].resumed);
		}
		/* Nothing was used there. */
		expect_place(test, CONTROL, SMNC_VQ_PLACE_FIRST, SMNC_VQ_PLACE_FIRST);
	}
	KUNIT_EXPECT_EQ(test, status() & S_BROKEN, 0);
}

/* A VQ that is reset begins anew, and so does each of them for the next driver. */
static void packed_anew(struct kunit *test)
{
	drive(PACKED);
	at(1, 5, 6);
	at(2, 7, 8);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	enable_vq(1);
	expect_place(test, 1, SMNC_VQ_PLACE_FIRST, SMNC_VQ_PLACE_FIRST);
	set_status(0);
	drive(PACKED);
	expect_place(test, 2, SMNC_VQ_PLACE_FIRST, SMNC_VQ_PLACE_FIRST);
	/* Split rings have no places. */
	set_status(0);
	drive(USUAL);
	KUNIT_EXPECT_EQ(test, fake->vq_places, 0);
	expect_place(test, 2, 0, 0);
}

/* It goes along with its sizes, and only to where packed rings are offered. */
static void packed_saved(struct kunit *test)
{
	u8 *saved = kunit_kzalloc(test, ROOM, GFP_KERNEL), mac[ETH_ALEN];
	ssize_t len;

	KUNIT_ASSERT_NOT_NULL(test, saved);
	memcpy(mac, fake->adi.addr.mac, ETH_ALEN);
	KUNIT_ASSERT_EQ(test, smnc_mac_set(&fake->pf, &fake->adi.addr, mac), 0);
	accept(PACKED);
	setup_vq(1);
	wr(VIRTIO_PCI_COMMON_Q_SIZE, 2, 5);
	wr(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	add_status(S_DRIVER_OK);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
	len = smnc_adi_save(NULL, saved, ROOM);
	KUNIT_ASSERT_GT(test, len, 0);
	smnc_msgs_close(&fake->adi);
	fake->adi.frozen = false;
	smnc_virtio_flr(&fake->adi);
	KUNIT_ASSERT_EQ(test, smnc_adi_restart(&fake->adi, false), 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_freeze(NULL), 0);
	KUNIT_ASSERT_EQ(test, smnc_adi_load(NULL, saved, len), 0);
	KUNIT_EXPECT_EQ(test, fake->vqs[1].cfg.size, 5);
	KUNIT_EXPECT_TRUE(test, smnc_virtio(&fake->adi)->vqs[1].cfg.packed);
	KUNIT_EXPECT_NE(test, fake->vq_places, 0);
	smnc_virtio(&fake->adi)->engine &= ~F(VIRTIO_F_RING_PACKED);
	KUNIT_ASSERT_EQ(test, smnc_adi_restart(&fake->adi, false), 0);
	KUNIT_EXPECT_EQ(test, smnc_adi_load(NULL, saved, len), -EINVAL);
}

static struct kunit_case packed_cases[] = {
	KUNIT_CASE(packed_offered),
	KUNIT_CASE(packed_set_up),
	KUNIT_CASE(packed_revived),
	KUNIT_CASE(packed_anew),
	KUNIT_CASE(packed_saved),
	{ }
};

static struct kunit_suite packed_suite = {
	.name = "virtio_packed",
	.init = packed_init,
	.exit = fake_nic_exit,
	.test_cases = packed_cases,
};

kunit_test_suites(&packed_suite);
