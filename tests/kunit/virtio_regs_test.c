// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of a virtio device: what each answers, at which width, and how a driver gets
 * from a reset to DRIVER_OK, in the order of the specification and in any other.
 */
#include <linux/etherdevice.h>

#include "virtio_test.h"

#define TO_FEATURES	(S_ACK | S_DRIVER | S_FEATURES)

/* --- widths ------------------------------------------------------------------- */

/* Every field of the common configuration, but for those that are not there. */
static const struct {
	u8 offset;
	u8 width;
	u64 fresh;	/* after a reset */
	u64 write;
	u64 then;	/* after that was written */
} fields[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, 4, 0, 0xfffffff1, 0xfffffff1 },
	{ VIRTIO_PCI_COMMON_GFSELECT, 4, 0, 0xfffffff2, 0xfffffff2 },
	{ VIRTIO_PCI_COMMON_GF, 4, 0, 0x12345678, 0x12345678 },
	{ VIRTIO_PCI_COMMON_MSIX, 2, 0xffff, 3, 3 },
	{ VIRTIO_PCI_COMMON_NUMQ, 2, 2 * FAKE_QUEUES + 1, 7, 2 * FAKE_QUEUES + 1 },
	{ VIRTIO_PCI_COMMON_STATUS, 1, 0, S_ACK, S_ACK },
	{ VIRTIO_PCI_COMMON_Q_SELECT, 2, 0, 0xfff3, 0xfff3 },
	{ VIRTIO_PCI_COMMON_Q_SIZE, 2, 256, 64, 64 },
	{ VIRTIO_PCI_COMMON_Q_MSIX, 2, 0xffff, 4, 4 },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0, 1, 1 },
	{ VIRTIO_PCI_COMMON_Q_NOFF, 2, 0, 5, 0 },
	{ VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0, 0xabcdef00, 0xabcdef00 },
	{ VIRTIO_PCI_COMMON_Q_DESCHI, 4, 0, 0x1234, 0x1234 },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO, 4, 0, 0xabcdef00, 0xabcdef00 },
	{ VIRTIO_PCI_COMMON_Q_AVAILHI, 4, 0, 0x1234, 0x1234 },
	{ VIRTIO_PCI_COMMON_Q_USEDLO, 4, 0, 0xabcdef00, 0xabcdef00 },
	{ VIRTIO_PCI_COMMON_Q_USEDHI, 4, 0, 0x1234, 0x1234 },
	{ VIRTIO_PCI_COMMON_Q_RESET, 2, 0, 1, 0 },
};

/* Each answers its own width; another one reads 0 and changes nothing. */
static void regs_widths(struct kunit *test)
{
	unsigned int i, w;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		u8 at = fields[i].offset;

		KUNIT_EXPECT_EQ_MSG(test, rd(at, fields[i].width), fields[i].fresh, "%u", at);
		for (w = 1; w <= 8; w *= 2) {
			if (w == fields[i].width)
				continue;
			KUNIT_EXPECT_EQ_MSG(test, rd(at, w), 0, "%u: %u bytes", at, w);
			wr(at, w, fields[i].write);
			KUNIT_EXPECT_EQ_MSG(test, rd(at, fields[i].width), fields[i].fresh,
					    "%u: %u bytes written", at, w);
		}
		wr(at, fields[i].width, fields[i].write);
		KUNIT_EXPECT_EQ_MSG(test, rd(at, fields[i].width), fields[i].then, "%u", at);
		fake->adi.kind->reset(&fake->adi);
	}
}

/* Where there is no register, and beyond the end. */
static void regs_holes(struct kunit *test)
{
	u32 at;

	for (at = 60; at < VDCM_PAGE_SIZE; at += 4) {
		wr(at, 4, ~0U);
		KUNIT_EXPECT_EQ(test, rd(at, 4), 0);
	}
	KUNIT_EXPECT_EQ(test, rd(2, 2), 0);
	KUNIT_EXPECT_EQ(test, config(SMNC_VIRTIO_BYTES, 1), 0);
	KUNIT_EXPECT_EQ(test, config(SMNC_VIRTIO_BYTES - 2, 4), 0);
	KUNIT_EXPECT_EQ(test, config(VDCM_PAGE_SIZE - 4, 4), 0);
}

/* --- features ------------------------------------------------------------------- */

/* What the driver may choose of hashes and interrupts. */
#define CHOICES	(F(VIRTIO_NET_F_RSS) | F(VIRTIO_NET_F_HASH_REPORT) | \
		 F(VIRTIO_NET_F_NOTF_COAL) | F(SMNC_VIRTIO_VQ_NOTF_COAL))

static void regs_offered(struct kunit *test)
{
	static const u32 words[] = { 2, 3, 4, 31, 32, 64, 0x80000000, ~0U };
	u64 has = offered();
	unsigned int i;

	KUNIT_EXPECT_EQ(test, has & USUAL, USUAL);
	KUNIT_EXPECT_EQ(test, has & CHOICES, CHOICES);
	/* The engine claims all there are: only what the driver knows is offered. */
	KUNIT_EXPECT_FALSE(test, has & F(VIRTIO_F_RING_PACKED));
	KUNIT_EXPECT_NULL(test, fake->pf.places);
	KUNIT_EXPECT_FALSE(test, has & F(VIRTIO_NET_F_GUEST_UFO));
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		wr(VIRTIO_PCI_COMMON_DFSELECT, 4, words[i]);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_DF, 4), 0);
	}
	fake->adi.nr_queues = 1;
	KUNIT_EXPECT_FALSE(test, offered() & (F(VIRTIO_NET_F_MQ) | F(VIRTIO_NET_F_RSS)));
	fake->adi.nr_queues = FAKE_QUEUES;
	smnc_virtio(&fake->adi)->engine = LEAST;
	KUNIT_EXPECT_FALSE(test, offered() & F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS));
}

static const struct {
	const char *name;
	u64 features;
	u32 beyond;	/* in the third word */
	bool ok;
} sets[] = {
	{ "the least", LEAST, 0, true },
	{ "the usual", USUAL, 0, true },
	{ "nothing", 0, 0, false },
	{ "no VERSION_1", LEAST & ~F(VIRTIO_F_VERSION_1), 0, false },
	{ "no ACCESS_PLATFORM", LEAST & ~F(VIRTIO_F_ACCESS_PLATFORM), 0, false },
	{ "not offered", LEAST | F(VIRTIO_F_RING_PACKED), 0, false },
	{ "beyond 64", LEAST, 1, false },
	{ "TSO4 without CSUM", LEAST | F(VIRTIO_NET_F_HOST_TSO4), 0, false },
	{ "TSO4", LEAST | F(VIRTIO_NET_F_HOST_TSO4) | F(VIRTIO_NET_F_CSUM), 0, true },
	{ "TSO6 without CSUM", LEAST | F(VIRTIO_NET_F_HOST_TSO6), 0, false },
	{ "USO without CSUM", LEAST | F(SMNC_VIRTIO_HOST_USO), 0, false },
	{ "USO", LEAST | F(SMNC_VIRTIO_HOST_USO) | F(VIRTIO_NET_F_CSUM), 0, true },
	{ "ECN without TSO", LEAST | F(VIRTIO_NET_F_HOST_ECN) | F(VIRTIO_NET_F_CSUM), 0, false },
	{ "ECN with TSO6", LEAST | F(VIRTIO_NET_F_HOST_ECN) | F(VIRTIO_NET_F_CSUM) |
	  F(VIRTIO_NET_F_HOST_TSO6), 0, true },
	{ "GUEST_TSO4 without GUEST_CSUM", LEAST | F(VIRTIO_NET_F_GUEST_TSO4), 0, false },
	{ "GUEST_TSO6 without GUEST_CSUM", LEAST | F(VIRTIO_NET_F_GUEST_TSO6), 0, false },
	{ "GUEST_ECN without GUEST_TSO", LEAST | F(VIRTIO_NET_F_GUEST_ECN) |
	  F(VIRTIO_NET_F_GUEST_CSUM), 0, false },
	{ "CTRL_VLAN alone", LEAST | F(VIRTIO_NET_F_CTRL_VLAN), 0, false },
	{ "CTRL_RX alone", LEAST | F(VIRTIO_NET_F_CTRL_RX), 0, false },
	{ "CTRL_MAC_ADDR alone", LEAST | F(VIRTIO_NET_F_CTRL_MAC_ADDR), 0, false },
	{ "MQ alone", LEAST | F(VIRTIO_NET_F_MQ), 0, false },
	{ "offloads alone", LEAST | F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS), 0, false },
};

static void regs_feature_sets(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		fake->vq_features = 0;
		write_features(2, sets[i].beyond);
		accept(sets[i].features);
		KUNIT_EXPECT_EQ_MSG(test, status(), sets[i].ok ? TO_FEATURES : S_ACK | S_DRIVER,
				    "%s", sets[i].name);
		KUNIT_EXPECT_EQ_MSG(test, fake->vq_features, sets[i].ok ? sets[i].features : 0,
				    "%s", sets[i].name);
		set_status(0);
		KUNIT_EXPECT_EQ(test, status(), 0);
	}
}

/* A driver writes them once more after it has looked at them; not after FEATURES_OK. */
static void regs_features_settled(struct kunit *test)
{
	accept(USUAL);
	write_features(0, 0);
	wr(VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_GF, 4), lower_32_bits(USUAL));
	KUNIT_EXPECT_EQ(test, fake->vq_offloads, F(VIRTIO_NET_F_GUEST_CSUM));
	write_features(77, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_GF, 4), 0);
}

/* The hardware refuses what the driver would take. */
static void regs_features_refused(struct kunit *test)
{
	fake->fw_refused = SMNC_FW_SET_DRV_FEATURE;
	fake->fw_refusals = 1;
	accept(LEAST);
	KUNIT_EXPECT_EQ(test, status(), S_ACK | S_DRIVER);
	add_status(S_DRIVER_OK);
	KUNIT_EXPECT_EQ(test, status(), S_ACK | S_DRIVER);
	set_status(0);
	accept(LEAST);
	KUNIT_EXPECT_EQ(test, status(), TO_FEATURES);
}

/* --- device_status ---------------------------------------------------------------- */

static const struct {
	const char *name;
	u8 writes[4];
	u8 then;
	bool runs;
} walks[] = {
	{ "as specified", { S_ACK, S_ACK | S_DRIVER, TO_FEATURES, TO_FEATURES | S_DRIVER_OK },
	  TO_FEATURES | S_DRIVER_OK, true },
	{ "all at once", { TO_FEATURES | S_DRIVER_OK }, TO_FEATURES | S_DRIVER_OK, true },
	{ "DRIVER_OK before FEATURES_OK", { S_ACK | S_DRIVER, S_ACK | S_DRIVER | S_DRIVER_OK },
	  S_ACK | S_DRIVER, false },
	{ "bits dropped", { TO_FEATURES, S_ACK }, TO_FEATURES, false },
	{ "NEEDS_RESET written", { S_ACK | S_BROKEN }, S_ACK, false },
	{ "unknown bits", { S_ACK | 0x30 }, S_ACK, false },
	{ "failed", { S_ACK, S_ACK | S_FAILED }, S_ACK | S_FAILED, false },
};

static void regs_status_walks(struct kunit *test)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(walks); i++) {
		write_features(0, lower_32_bits(LEAST));
		write_features(1, upper_32_bits(LEAST));
		enable_vq(0);
		for (k = 0; k < ARRAY_SIZE(walks[i].writes) && walks[i].writes[k]; k++) {
			KUNIT_EXPECT_FALSE_MSG(test, fake->vqs[0].on, "%s: early", walks[i].name);
			set_status(walks[i].writes[k]);
		}
		KUNIT_EXPECT_EQ_MSG(test, status(), walks[i].then, "%s", walks[i].name);
		KUNIT_EXPECT_EQ_MSG(test, fake->vqs[0].on, walks[i].runs, "%s", walks[i].name);
		set_status(0);
		KUNIT_EXPECT_EQ_MSG(test, status(), 0, "%s: reset", walks[i].name);
		KUNIT_EXPECT_FALSE_MSG(test, fake->vqs[0].on, "%s: reset", walks[i].name);
	}
}

/* A reset reaches the hardware only where something did before. */
static void regs_reset_spares(struct kunit *test)
{
	unsigned int fw = fake->nr_fw;

	set_status(0);
	set_status(S_ACK | S_DRIVER);
	set_status(0);
	KUNIT_EXPECT_EQ(test, fake->restarts, 0);
	KUNIT_EXPECT_EQ(test, fake->nr_fw, fw);
	fake->adi.dma_on = true;
	drive(USUAL);
	set_status(0);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
	KUNIT_EXPECT_TRUE(test, fake->restart_dma);
	set_status(0);
	KUNIT_EXPECT_EQ(test, fake->restarts, 1);
}

/* All that a driver left is gone with a reset. */
static void regs_reset_forgets(struct kunit *test)
{
	unsigned int i;

	drive(USUAL);
	choose(1);
	set_status(0);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		KUNIT_EXPECT_EQ_MSG(test, rd(fields[i].offset, fields[i].width), fields[i].fresh,
				    "%u", fields[i].offset);
	for (i = 0; i <= CONTROL; i++)
		KUNIT_EXPECT_FALSE(test, fake->vqs[i].on);
}

/* A guest that resets without end pays for it in time, a bounded one each time. */
static void regs_reset_loop(struct kunit *test)
{
	ktime_t begin = fake->now, one;
	unsigned int i, fw = fake->nr_fw;

	for (i = 0; i < 60; i++) {
		accept(LEAST);
		one = fake->now;
		set_status(0);
		KUNIT_EXPECT_LT(test, ktime_ms_delta(fake->now, one), 300);
	}
	KUNIT_EXPECT_GT(test, ktime_ms_delta(fake->now, begin),
			(s64)(fake->nr_fw - fw - SMNC_PACE_BURST) * 1000 / SMNC_PACE_RATE / 2);
}

/* --- VQs ----------------------------------------------------------------------------- */

static void regs_queue_select(struct kunit *test)
{
	static const u16 none[] = { 2 * FAKE_QUEUES + 1, SMNC_VIRTIO_VQS, 0x7fff, 0xffff };
	unsigned int i, r;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		choose(none[i]);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SELECT, 2), none[i]);
		for (r = 0; r < ARRAY_SIZE(fields); r++)
			if (fields[r].offset >= VIRTIO_PCI_COMMON_Q_SIZE)
				wr(fields[r].offset, fields[r].width, fields[r].write);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), 0);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_MSIX, 2), 0xffff);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_DESCLO, 4), 0);
	}
	for (i = 0; i <= CONTROL; i++) {
		choose(i);
		KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_NOFF, 2), i);
	}
}

static void regs_queue_size(struct kunit *test)
{
	static const struct { u32 write, then; } sizes[] = {
		{ 0, 256 }, { 3, 256 }, { 257, 256 }, { 512, 256 }, { 0x8000, 256 }, { 0xffff, 256 },
		{ 128, 128 }, { 1, 1 }, { 256, 256 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		wr(VIRTIO_PCI_COMMON_Q_SIZE, 2, sizes[i].write);
		KUNIT_EXPECT_EQ_MSG(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), sizes[i].then, "%u",
				    sizes[i].write);
	}
	/* The operator's limit, of each half. */
	fake->adi.cfg[SMNC_CFG_TX_RING] = 96;
	fake->adi.kind->reset(&fake->adi);
	choose(1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), 64);
	wr(VIRTIO_PCI_COMMON_Q_SIZE, 2, 128);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), 64);
}

static void regs_queue_vector(struct kunit *test)
{
	unsigned int most = 2 * FAKE_QUEUES;

	wr(VIRTIO_PCI_COMMON_Q_MSIX, 2, most);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_MSIX, 2), most);
	wr(VIRTIO_PCI_COMMON_Q_MSIX, 2, most + 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_MSIX, 2), SMNC_VQ_NO_VECTOR);
	wr(VIRTIO_PCI_COMMON_MSIX, 2, most + 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_MSIX, 2), SMNC_VQ_NO_VECTOR);
	/* Of a VQ that runs, and where the hardware says no. */
	drive(USUAL);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_MSIX, 2, 7);
	KUNIT_EXPECT_EQ(test, fake->vqs[1].cfg.vector, 7);
	fake->fw_refused = SMNC_FW_SET_VQ_MSIX;
	fake->fw_refusals = 1;
	wr(VIRTIO_PCI_COMMON_Q_MSIX, 2, 6);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_MSIX, 2), SMNC_VQ_NO_VECTOR);
}

/* Set-ups that the device must not be given. */
static void regs_queue_areas(struct kunit *test)
{
	static const struct { u8 reg; u32 value; } bad[] = {
		{ VIRTIO_PCI_COMMON_Q_DESCLO, 8 }, { VIRTIO_PCI_COMMON_Q_DESCHI, 0x10000 },
		{ VIRTIO_PCI_COMMON_Q_AVAILLO, 1 }, { VIRTIO_PCI_COMMON_Q_AVAILHI, 0x80000000 },
		{ VIRTIO_PCI_COMMON_Q_USEDLO, 2 }, { VIRTIO_PCI_COMMON_Q_USEDHI, 0x10000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		setup_vq(0);
		wr(bad[i].reg, 4, bad[i].value);
		wr(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		KUNIT_EXPECT_EQ_MSG(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0, "%u", i);
	}
	/* What is enabled stays as it is. */
	enable_vq(0);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
	wr(VIRTIO_PCI_COMMON_Q_DESCLO, 4, 0xabcd000);
	wr(VIRTIO_PCI_COMMON_Q_SIZE, 2, 1);
	wr(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_DESCLO, 4), lower_32_bits(area(0, 0)));
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_SIZE, 2), 256);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
}

/* With MQ, without it, and without a control queue. */
static void regs_control_queue(struct kunit *test)
{
	static const struct { u64 features; unsigned int control; } cases[] = {
		{ USUAL, CONTROL },
		{ LEAST | F(VIRTIO_NET_F_CTRL_VQ) | F(VIRTIO_NET_F_RSS), CONTROL },
		{ LEAST | F(VIRTIO_NET_F_CTRL_VQ), 2 },
		{ LEAST, ~0U },
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int pairs = cases[i].control == CONTROL ? FAKE_QUEUES : 1;

		accept(cases[i].features);
		for (n = 0; n <= CONTROL; n++)
			enable_vq(n);
		add_status(S_DRIVER_OK);
		for (n = 0; n <= CONTROL; n++) {
			KUNIT_EXPECT_EQ_MSG(test, fake->vqs[n].on,
					    n < 2 * pairs || n == cases[i].control, "%u: %u", i, n);
			KUNIT_EXPECT_EQ_MSG(test, fake->vqs[n].control, n == cases[i].control,
					    "%u: %u", i, n);
		}
		set_status(0);
	}
}

static void regs_started(struct kunit *test)
{
	unsigned int n, a;

	accept(USUAL);
	enable_vq(0);
	enable_vq(CONTROL);
	KUNIT_EXPECT_FALSE(test, fake->vqs[0].on);
	add_status(S_DRIVER_OK);
	/* At once from now on. */
	enable_vq(3);
	for (n = 0; n <= CONTROL; n++) {
		bool on = n == 0 || n == 3 || n == CONTROL;

		KUNIT_EXPECT_EQ(test, fake->vqs[n].on, on);
		KUNIT_EXPECT_FALSE(test, fake->vqs[n].resumed);
		for (a = 0; on && a < SMNC_VQ_AREAS; a++)
			KUNIT_EXPECT_EQ(test, fake->vqs[n].cfg.area[a], area(n, a));
	}
	KUNIT_EXPECT_EQ(test, fake->vqs[3].cfg.vector, 4);
	KUNIT_EXPECT_EQ(test, fake->vqs[CONTROL].cfg.vector, SMNC_VQ_NO_VECTOR);
}

static void regs_queue_reset(struct kunit *test)
{
	drive(USUAL & ~F(VIRTIO_F_RING_RESET));
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
	set_status(0);
	drive(USUAL);
	choose(1);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 0);
	KUNIT_EXPECT_TRUE(test, fake->vqs[1].on);
	wr(VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_Q_MSIX, 2), SMNC_VQ_NO_VECTOR);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].on);
	KUNIT_EXPECT_TRUE(test, fake->vqs[0].on);
	enable_vq(1);
	KUNIT_EXPECT_TRUE(test, fake->vqs[1].on);
	KUNIT_EXPECT_FALSE(test, fake->vqs[1].resumed);
}

/* --- the device configuration ---------------------------------------------------------- */

/* In any width, as drivers read it. */
static void regs_config(struct kunit *test)
{
	u8 mac[ETH_ALEN];
	unsigned int i;

	for (i = 0; i < ETH_ALEN; i++)
		mac[i] = config(i, 1);
	KUNIT_EXPECT_MEMEQ(test, mac, fake->adi.addr.mac, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, max_virtqueue_pairs), 2),
			FAKE_QUEUES);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, mtu), 2), 1500);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, mtu) + 1, 1), 1500 >> 8);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, duplex), 1), 1);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, rss_max_key_size), 1), 40);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config,
					      rss_max_indirection_table_length), 2), 128);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, supported_hash_types), 4),
			0x3f);
}

/* A change is an interrupt, a bit of the ISR, and another generation. */
static void regs_link(struct kunit *test)
{
	u8 generation;

	fake->adi.cfg[SMNC_CFG_LINK] = SMNC_LINK_ENABLE;
	worker(SMNC_DUE_LINK);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, status), 2), 1);
	KUNIT_EXPECT_EQ(test, fake->signals[0], 0);
	drive(USUAL);
	generation = rd(VIRTIO_PCI_COMMON_CFGGENERATION, 1);
	KUNIT_EXPECT_EQ(test, rd(VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
	fake->adi.starved = true;
	worker(SMNC_DUE_LINK);
	KUNIT_EXPECT_EQ(test, config(offsetof(struct virtio_net_config, status), 2), 0);
	KUNIT_EXPECT_EQ(test, fake->signals[0], 1);
	KUNIT_EXPECT_EQ(test, isr(), 2);
	KUNIT_EXPECT_EQ(test, isr(), 0);
	KUNIT_EXPECT_NE(test, rd(VIRTIO_PCI_COMMON_CFGGENERATION, 1), generation);
	worker(SMNC_DUE_LINK);
	KUNIT_EXPECT_EQ(test, fake->signals[0], 1);
	wr(VIRTIO_PCI_COMMON_MSIX, 2, SMNC_VQ_NO_VECTOR);
	fake->adi.starved = false;
	worker(SMNC_DUE_LINK);
	KUNIT_EXPECT_EQ(test, fake->signals[0], 1);
	KUNIT_EXPECT_EQ(test, isr(), 2);
}

/* --- notify page, access from config space ------------------------------------------------ */

static void regs_notify(struct kunit *test)
{
	smnc_virtio_reg_write(&fake->adi, 0xffe, 5, 2);
	KUNIT_EXPECT_EQ(test, fake->kicks_to, 5);
	smnc_virtio_reg_write(&fake->adi, 8, 6, 4);
	KUNIT_EXPECT_EQ(test, fake->kicks_to, 6);
	smnc_virtio_reg_write(&fake->adi, 0, 7, 1);
	smnc_virtio_reg_write(&fake->adi, 0, 7, 8);
	KUNIT_EXPECT_EQ(test, fake->kicks_to, 6);
	KUNIT_EXPECT_EQ(test, smnc_virtio_reg_read(&fake->adi, 0, 4), 0);
	fake->adi.func = 0;
	smnc_virtio_reg_write(&fake->adi, 0, 8, 2);
	KUNIT_EXPECT_EQ(test, fake->kicks_to, 6);
	fake->adi.func = FAKE_FUNC;
}

static void cap_wr(unsigned int offset, unsigned int size, u32 value)
{
	smnc_virtio_cap_write(&fake->adi, NULL, offset, size, value);
}

static u32 cap_rd(unsigned int offset, unsigned int size)
{
	return smnc_virtio_cap_read(&fake->adi, NULL, offset, size);
}

static void cap_point(u8 bar, u32 offset, u32 length)
{
	cap_wr(VIRTIO_PCI_CAP_BAR, 1, bar);
	cap_wr(VIRTIO_PCI_CAP_OFFSET, 4, offset);
	cap_wr(VIRTIO_PCI_CAP_LENGTH, 4, length);
}

static void regs_pci_cfg(struct kunit *test)
{
	static const struct { u8 bar; u32 offset, length; } bad[] = {
		{ 1, 20, 1 }, { 4, 20, 0 }, { 4, 20, 3 }, { 4, 20, 8 }, { 4, 21, 2 }, { 4, 22, 4 },
		{ 4, 0x4000, 4 }, { 4, 0xfffffffc, 4 }, { 0xff, 20, 1 },
	};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, cap_rd(2, 1), 20);
	KUNIT_EXPECT_EQ(test, cap_rd(3, 1), VIRTIO_PCI_CAP_PCI_CFG);
	cap_wr(2, 2, 0);
	KUNIT_EXPECT_EQ(test, cap_rd(2, 1), 20);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cap_point(bad[i].bar, bad[i].offset, bad[i].length);
		cap_wr(16, 4, S_ACK);
		KUNIT_EXPECT_EQ_MSG(test, status(), 0, "%u", i);
	}
	cap_point(4, VIRTIO_PCI_COMMON_STATUS, 1);
	KUNIT_EXPECT_EQ(test, cap_rd(VIRTIO_PCI_CAP_OFFSET, 4), VIRTIO_PCI_COMMON_STATUS);
	cap_wr(16, 4, S_ACK);
	KUNIT_EXPECT_EQ(test, status(), S_ACK);
	KUNIT_EXPECT_EQ(test, cap_rd(16, 1), S_ACK);
	cap_point(4, 0x2000, 4);
	KUNIT_EXPECT_EQ(test, cap_rd(16, 4), config(0, 4));
	cap_point(4, 0x3000, 2);
	cap_wr(16, 2, 3);
	KUNIT_EXPECT_EQ(test, fake->kicks_to, 3);
	cap_point(4, 0x3001, 2);
	cap_wr(16, 2, 9);
	KUNIT_EXPECT_EQ(test, fake->kicks_to, 3);
	/* The driver's reset leaves it alone, one of the function does not. */
	set_status(0);
	KUNIT_EXPECT_EQ(test, cap_rd(VIRTIO_PCI_CAP_LENGTH, 4), 2);
	fake->adi.kind->flr(&fake->adi);
	KUNIT_EXPECT_EQ(test, cap_rd(VIRTIO_PCI_CAP_LENGTH, 4), 0);
	KUNIT_EXPECT_EQ(test, cap_rd(18, 4), 0);
	cap_wr(18, 4, ~0U);
}

static struct kunit_case virtio_cases[] = {
	KUNIT_CASE(regs_widths),
	KUNIT_CASE(regs_holes),
	KUNIT_CASE(regs_offered),
	KUNIT_CASE(regs_feature_sets),
	KUNIT_CASE(regs_features_settled),
	KUNIT_CASE(regs_features_refused),
	KUNIT_CASE(regs_status_walks),
	KUNIT_CASE(regs_reset_spares),
	KUNIT_CASE(regs_reset_forgets),
	KUNIT_CASE(regs_reset_loop),
	KUNIT_CASE(regs_queue_select),
	KUNIT_CASE(regs_queue_size),
	KUNIT_CASE(regs_queue_vector),
	KUNIT_CASE(regs_queue_areas),
	KUNIT_CASE(regs_control_queue),
	KUNIT_CASE(regs_started),
	KUNIT_CASE(regs_queue_reset),
	KUNIT_CASE(regs_config),
	KUNIT_CASE(regs_link),
	KUNIT_CASE(regs_notify),
	KUNIT_CASE(regs_pci_cfg),
	{ }
};

static struct kunit_suite virtio_suite = {
	.name = "virtio_regs",
	.init = fake_nic_init_virtio,
	.exit = fake_nic_exit,
	.test_cases = virtio_cases,
};

kunit_test_suites(&virtio_suite);
