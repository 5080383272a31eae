// SPDX-License-Identifier: GPL-2.0-only
/* How long a virtio device's driver has interrupts held: for which VQs, and for how long. */
#include "virtio_test.h"

#define NOTF	F(VIRTIO_NET_F_NOTF_COAL)
#define VQ_NOTF	F(SMNC_VIRTIO_VQ_NOTF_COAL)
#define COAL	(USUAL | NOTF | VQ_NOTF)
#define TX_SET	0
#define RX_SET	1
#define VQ_SET	2
#define VQ_GET	3

static int set(u8 command, u32 packets, u32 usecs)
{
	__le32 data[] = { cpu_to_le32(packets), cpu_to_le32(usecs) };

	return control(6, command, data, sizeof(data));
}

static int set_vq(u32 vq, u32 packets, u32 usecs)
{
	__le32 data[] = { cpu_to_le32(vq), cpu_to_le32(packets), cpu_to_le32(usecs) };

	return control(6, VQ_SET, data, sizeof(data));
}

static int get_vq(u32 vq)
{
	__le32 data = cpu_to_le32(vq);

	return control(6, VQ_GET, &data, sizeof(data));
}

static void expect(struct kunit *test, unsigned int n, u32 packets, u32 usecs)
{
	const __le32 *got = (const void *)fake->data;

	KUNIT_EXPECT_EQ_MSG(test, fake->vqs[n].coal.packets, packets, "VQ %u", n);
	KUNIT_EXPECT_EQ_MSG(test, fake->vqs[n].coal.usecs, usecs, "VQ %u", n);
	KUNIT_EXPECT_EQ(test, get_vq(n), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->len, 8);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(got[0]), packets);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(got[1]), usecs);
}

/* Of all VQs of a kind, and of one. */
static void coal_taken(struct kunit *test)
{
	unsigned int n;

	drive(COAL);
	KUNIT_EXPECT_EQ(test, set(TX_SET, 16, 50), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, fake->len, 0);
	KUNIT_EXPECT_EQ(test, set(RX_SET, ~0U, 70), VIRTIO_NET_OK);
	for (n = 0; n < CONTROL; n++)
		expect(test, n, n % 2 ? 16 : ~0U, n % 2 ? 50 : 70);
	KUNIT_EXPECT_EQ(test, set_vq(3, 1, 2), VIRTIO_NET_OK);
	expect(test, 3, 1, 2);
	expect(test, 1, 16, 50);
	KUNIT_EXPECT_EQ(test, fake->vqs[CONTROL].coal.usecs, 0);
	KUNIT_EXPECT_EQ(test, set(TX_SET, 0, 0), VIRTIO_NET_OK);
	expect(test, 3, 0, 0);
}

/* VQs that are none, or not enabled, and commands that were not accepted. */
static void coal_refused(struct kunit *test)
{
	static const u32 bad[] = { CONTROL, CONTROL + 1, 31, 0x7fff, 0x8001, 0xffff };
	unsigned int i;

	drive(COAL);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, set_vq(bad[i], 1, 1), VIRTIO_NET_ERR, "%u", bad[i]);
		KUNIT_EXPECT_EQ_MSG(test, get_vq(bad[i]), VIRTIO_NET_ERR, "%u", bad[i]);
		KUNIT_EXPECT_EQ(test, fake->len, 0);
	}
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_EQ(test, set_vq(1, 1, 1), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, get_vq(1), VIRTIO_NET_ERR);
	set_status(0);
	drive(USUAL | NOTF);
	KUNIT_EXPECT_EQ(test, set_vq(1, 1, 1), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, get_vq(1), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, set(TX_SET, 1, 1), VIRTIO_NET_OK);
	set_status(0);
	drive(USUAL | VQ_NOTF);
	KUNIT_EXPECT_EQ(test, set(TX_SET, 1, 1), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, set(RX_SET, 1, 1), VIRTIO_NET_ERR);
	KUNIT_EXPECT_EQ(test, set_vq(1, 1, 1), VIRTIO_NET_OK);
}

/* With two VQs the third is the control queue, and none of those that are set. */
static void coal_one_pair(struct kunit *test)
{
	accept(LEAST | F(VIRTIO_NET_F_CTRL_VQ) | NOTF | VQ_NOTF);
	enable_vq(0);
	enable_vq(1);
	enable_vq(2);
	add_status(S_DRIVER_OK);
	KUNIT_EXPECT_EQ(test, set(RX_SET, 3, 4), VIRTIO_NET_OK);
	expect(test, 0, 3, 4);
	KUNIT_EXPECT_EQ(test, fake->vqs[2].coal.usecs, 0);
	KUNIT_EXPECT_EQ(test, set_vq(2, 1, 1), VIRTIO_NET_ERR);
}

/* A VQ that is reset begins with what holds for its kind; a device with none. */
static void coal_lives(struct kunit *test)
{
	drive(COAL);
	KUNIT_EXPECT_EQ(test, set(TX_SET, 16, 50), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, set_vq(1, 1, 2), VIRTIO_NET_OK);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	enable_vq(1);
	expect(test, 1, 16, 50);
	KUNIT_EXPECT_EQ(test, set_vq(1, 1, 2), VIRTIO_NET_OK);
	smnc_msgs_close(&fake->adi);
	memset(fake->vqs, 0, sizeof(fake->vqs));
	mutex_lock(&fake->adi.lock);
	KUNIT_EXPECT_EQ(test, fake->adi.kind->revive(&fake->adi), 0);
	mutex_unlock(&fake->adi.lock);
	smnc_msgs_open(&fake->adi);
	expect(test, 1, 1, 2);
	expect(test, 3, 16, 50);
	expect(test, 0, 0, 0);
	set_status(0);
	drive(COAL);
	expect(test, 1, 0, 0);
}

/* A firmware that refuses: the driver hears of it, and it is as before. */
static void coal_firmware_refuses(struct kunit *test)
{
	drive(COAL);
	KUNIT_EXPECT_EQ(test, set_vq(1, 1, 2), VIRTIO_NET_OK);
	fake->fw_refused = SMNC_FW_SET_VQ_COAL;
	fake->fw_refusals = 1;
	KUNIT_EXPECT_EQ(test, set_vq(1, 5, 6), VIRTIO_NET_ERR);
	expect(test, 1, 1, 2);
	fake->fw_refusals = 1;
	KUNIT_EXPECT_EQ(test, set(TX_SET, 5, 6), VIRTIO_NET_ERR);
	expect(test, 1, 1, 2);
}

static struct kunit_case coal_cases[] = {
	KUNIT_CASE(coal_taken),
	KUNIT_CASE(coal_refused),
	KUNIT_CASE(coal_one_pair),
	KUNIT_CASE(coal_lives),
	KUNIT_CASE(coal_firmware_refuses),
	{ }
};

static struct kunit_suite coal_suite = {
	.name = "virtio_coal",
	.init = fake_nic_init_virtio,
	.exit = fake_nic_exit,
	.test_cases = coal_cases,
};

kunit_test_suites(&coal_suite);
