// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration of an AVF without a VMM: the state of one device goes on in another one, in the
 * same memory, and the guest's driver notices nothing. Rings, filters, RSS, interrupts and counters
 * go along; the source loses its address, or keeps it.
 */
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/migrate.h"

#define STOP		VFIO_DEVICE_STATE_STOP
#define RUNNING		VFIO_DEVICE_STATE_RUNNING
#define P2P		VFIO_DEVICE_STATE_RUNNING_P2P
#define RESUMING	VFIO_DEVICE_STATE_RESUMING
#define SETTLE		30	/* ms in which what must not come would come */

static struct avf a, b, peer;
static struct avf_rx rx;

/* --- two places for one guest ------------------------------------------------------------ */

static void start_with(unsigned int queues, uint32_t caps)
{
	avf_new(&a, queues, &(struct avf_opts){ .iova = 0x10000000, .caps = caps });
	avf_new(&peer, queues, &(struct avf_opts){ .iova = 0x7f40000000 });
	if (!mig_flags(&a.dev))
		ktap_skip("this device cannot be migrated");
	if (!mig_leaves(&a.dev))
		ktap_skip("a device behind iommufd never leaves RUNNING");
}

static void start(unsigned int queues)
{
	start_with(queues, 0);
}

/* Another device, which reaches the memory of A's guest. */
static void target(unsigned int queues)
{
	const struct avf_opts o = { .iova = 0x50000000, .with = &a.dev };
	char uuid[UUID_LEN + 1];

	mdev_new((int)queues, uuid);
	REQUIRE_OK(avf_open(&b, uuid, &o));
}

/* The guest of A is on B now: the VMM's part is B's, and all of the guest's state is A's. */
static void arrive(void)
{
	const struct avf there = b;

	b = a;
	b.dev = there.dev;
	memcpy(b.page, (const void *)there.page, sizeof(b.page));
	memcpy(b.event, there.event, sizeof(b.event));
}

/* A stops where it is, and B goes on. */
static void move(unsigned int queues)
{
	uint8_t *s;
	size_t len;

	target(queues);
	s = mig_save(&a.dev, &len);
	ktap_note("%zu bytes", len);
	EXPECT_LE(len, 16 << 10);
	REQUIRE_OK(mig_load(&b.dev, s, len));
	free(s);
	arrive();
}

static void done(void)
{
	avf_end(&a);
	avf_end(&b);
	avf_end(&peer);
}

static struct vc_stats stats(struct avf *x)
{
	const struct vc_queue_select sel = { .vsi_id = x->res.vsi_id };
	struct avf_msg reply;
	struct vc_stats s;

	REQUIRE_EQ(avf_vc(x, VC_GET_STATS, &sel, sizeof(sel), &reply), 0);
	memcpy(&s, reply.data, sizeof(s));
	return s;
}

/* --- cases --------------------------------------------------------------------------------- */

/* Clause: a pause loses nothing; the device goes on where it was. */
static void pauses(void)
{
	int i;

	start(1);
	for (i = 0; i < 30; i++) {
		REQUIRE_OK(mig_set(&a.dev, i % 2 ? STOP : P2P, NULL));
		REQUIRE_OK(mig_set(&a.dev, RUNNING, NULL));
		avf_pass(&a, &peer, 2);
		avf_pass(&peer, &a, 2);
	}
	avf_end(&a);
	avf_end(&peer);
}

/* Clause: a frame that is offered while the VM is stopped leaves when it goes on. */
static void doorbell_while_stopped(void)
{
	uint8_t f[200];

	start(1);
	avf_rx_drain(&peer);
	REQUIRE_OK(mig_set(&a.dev, P2P, NULL));
	frame_l2(f, sizeof(f), peer.res.mac, a.res.mac, 1);
	REQUIRE_GE(avf_tx(&a, 0, f, sizeof(f), 0), 0);
	EXPECT_EQ(avf_rx_count(&peer, a.res.mac, 0, SETTLE), 0);
	REQUIRE_OK(mig_set(&a.dev, STOP, NULL));
	REQUIRE_OK(mig_set(&a.dev, RUNNING, NULL));
	EXPECT_EQ(avf_rx_count(&peer, a.res.mac, 1, AVF_MS), 1);
	EXPECT_OK(avf_tx_done(&a, 0, AVF_MS));
	avf_end(&a);
	avf_end(&peer);
}

/* Clause: rings go on in the middle, both ways, with the guest's address. */
static void rings(void)
{
	start(2);
	avf_pass(&a, &peer, 7);
	avf_pass(&peer, &a, 5);
	move(2);
	avf_pass(&b, &peer, 100);
	avf_pass(&peer, &b, 100);
	EXPECT_OK(avf_tx_done(&b, 0, AVF_MS));
	done();
}

/* Clause: a group that the guest has joined, and its modes. */
static void filters(void)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 1, 2, 3 }, other[6] = { 1, 0, 0x5e, 9, 9, 9 };
	uint8_t f[100];

	start(1);
	REQUIRE_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, group, AVF_MAC_EXTRA), 0);
	move(1);
	avf_rx_drain(&b);
	frame_l2(f, sizeof(f), group, peer.res.mac, 1);
	REQUIRE_GE(avf_tx(&peer, 0, f, sizeof(f), 0), 0);
	frame_l2(f, sizeof(f), other, peer.res.mac, 2);
	REQUIRE_GE(avf_tx(&peer, 0, f, sizeof(f), 0), 0);
	EXPECT_EQ(avf_rx_count(&b, peer.res.mac, 1, AVF_MS), 1);
	EXPECT_EQ(avf_rx_count(&b, peer.res.mac, 0, SETTLE), 0);
	REQUIRE_EQ(avf_mac(&b, VC_DEL_ETH_ADDR, group, AVF_MAC_EXTRA), 0);
	done();
}

/* Clause: the same flow arrives in the same queue, with the same hash. */
static void hashes(void)
{
	struct frame_spec s = { .proto = PROTO_UDP, .sport = 1, .dport = 2, .payload = 50 };
	uint32_t hash[8];
	int queue[8], i;
	uint8_t f[200];
	size_t len;

	start(4);
	s.dst = a.res.mac;
	s.src = peer.res.mac;
	for (i = 0; i < 16; i++) {
		struct avf *x = i < 8 ? &a : &b;

		if (i == 8)
			move(4);
		s.sport = (uint16_t)(100 + i % 8);
		len = frame_build(f, &s, NULL);
		REQUIRE_GE(avf_tx(&peer, 0, f, len, 0), 0);
		if (i < 8) {
			queue[i] = avf_rx_from(x, peer.res.mac, &rx, AVF_MS);
			REQUIRE_GE(queue[i], 0);
			hash[i] = rx.hash;
			continue;
		}
		EXPECT_EQ(avf_rx_from(x, peer.res.mac, &rx, AVF_MS), queue[i % 8]);
		EXPECT_EQ(rx.hash, hash[i % 8]);
	}
	done();
}

/* A rule for datagrams to a port. Return: its number */
static uint32_t rule(struct avf *x, uint8_t port, int32_t action, uint16_t queue)
{
	static struct vc_fdir_add add;
	struct avf_msg reply;

	memset(&add, 0, sizeof(add));
	add.vsi_id = x->res.vsi_id;
	add.headers = 2;
	add.header[0].type = VC_HEADER_IPV4;
	add.header[1].type = VC_HEADER_UDP;
	add.header[1].fields = 2;
	add.header[1].bytes[3] = port;
	add.actions = 1;
	add.action[0].type = action;
	add.action[0].queue = queue;
	REQUIRE_EQ(avf_vc(x, VC_ADD_FDIR, &add, sizeof(add), &reply), 0);
	REQUIRE_EQ(reply.len, sizeof(add));
	memcpy(&add, reply.data, sizeof(add));
	REQUIRE_EQ(add.status, 0);
	return add.flow_id;
}

/* The queue that a datagram of @peer's arrives in within @ms, or -1. */
static int arrives_in(struct avf *x, uint16_t sport, uint16_t dport, int ms)
{
	struct frame_spec s = {
		.dst = x->res.mac, .src = peer.res.mac, .proto = PROTO_UDP, .sport = sport,
		.dport = dport, .payload = 50,
	};
	uint8_t f[200];
	size_t len = frame_build(f, &s, NULL);
	int queue;

	REQUIRE_GE(avf_tx(&peer, 0, f, len, 0), 0);
	queue = avf_rx_from(x, peer.res.mac, &rx, ms);
	return queue < 0 ? -1 : queue;
}

/* Clause: rules of the guest's, which it knows by their numbers. */
static void rules(void)
{
	struct vc_fdir_del del = { .vsi_id = 0 };
	struct avf_msg reply;
	uint16_t i;

	start_with(4, VC_CAP_FDIR);
	if (!(a.res.caps & VC_CAP_FDIR))
		ktap_skip("smartnic is loaded with guest_offloads=0");
	rule(&a, 7, VC_ACTION_QUEUE, 3);
	del.flow_id = rule(&a, 8, VC_ACTION_DROP, 0);
	EXPECT_EQ(arrives_in(&a, 1, 8, SETTLE * 10), -1);
	move(4);
	for (i = 100; i < 108; i++)
		EXPECT_EQ(arrives_in(&b, i, 7, AVF_MS), 3);
	EXPECT_EQ(arrives_in(&b, 1, 8, SETTLE * 10), -1);
	del.vsi_id = b.res.vsi_id;
	REQUIRE_EQ(avf_vc(&b, VC_DEL_FDIR, &del, sizeof(del), &reply), 0);
	memcpy(&del, reply.data, sizeof(del));
	EXPECT_EQ(del.status, 0);
	EXPECT_GE(arrives_in(&b, 1, 8, AVF_MS), 0);
	done();
}

/* Clause: an interrupt whose cause came while its vector was masked. */
static void interrupts(void)
{
	uint8_t f[100];

	start(1);
	avf_mask(&a, 1);
	event_wait(a.event[1], SETTLE);
	frame_l2(f, sizeof(f), a.res.mac, peer.res.mac, 1);
	REQUIRE_GE(avf_tx(&peer, 0, f, sizeof(f), 0), 0);
	REQUIRE_GE(avf_rx_from(&a, peer.res.mac, &rx, AVF_MS), 0);
	move(1);
	EXPECT_EQ(event_wait(b.event[1], SETTLE), 0);
	avf_arm(&b, 1);
	EXPECT_EQ(event_wait(b.event[1], AVF_MS), 1);
	done();
}

/* Clause: counters that the guest asks for go on where they were. */
static void counters(void)
{
	struct vc_stats before, after;

	start(1);
	avf_pass(&peer, &a, 20);
	avf_pass(&a, &peer, 10);
	before = stats(&a);
	EXPECT_GE(before.rx_unicast, 20);
	move(1);
	avf_pass(&peer, &b, 3);
	after = stats(&b);
	EXPECT_EQ(after.rx_unicast, before.rx_unicast + 3);
	EXPECT_EQ(after.tx_unicast, before.tx_unicast);
	done();
}

/* Clause: the address is the target's now, and the source does not go on. */
static void address(void)
{
	char mac[2][32];

	start(1);
	REQUIRE_GT(mdev_attr(a.dev.uuid, "mac", mac[0], sizeof(mac[0])), 0);
	move(1);
	REQUIRE_GT(mdev_attr(b.dev.uuid, "mac", mac[1], sizeof(mac[1])), 0);
	EXPECT(!strcmp(mac[0], mac[1]));
	EXPECT_ERR(mig_set(&a.dev, RUNNING, NULL), EADDRINUSE);
	avf_pass(&b, &peer, 3);
	avf_pass(&peer, &b, 3);
	avf_end(&a);
	avf_end(&b);
	avf_end(&peer);
}

/* Clause: a migration that is cancelled when the target has it all: the source goes on. */
static void cancelled(void)
{
	uint8_t *s;
	size_t len;
	int fd;

	start(1);
	target(1);
	s = mig_save(&a.dev, &len);
	REQUIRE_OK(mig_set(&b.dev, RESUMING, &fd));
	REQUIRE_EQ(mig_write(fd, s, len, 7), (ssize_t)len);
	avf_end(&b);
	close(fd);
	REQUIRE_OK(mig_set(&a.dev, RUNNING, NULL));
	avf_pass(&a, &peer, 10);
	avf_pass(&peer, &a, 10);
	free(s);
	avf_end(&a);
	avf_end(&peer);
}

/* Clause: an address that the operator has set on the target is not given up for a guest's. */
static void address_is_set(void)
{
	const struct avf_opts o = { .iova = 0x50000000, .with = &a.dev };
	char uuid[UUID_LEN + 1];
	uint8_t *s;
	size_t len;

	start(1);
	mdev_new(1, uuid);
	REQUIRE_OK(mdev_attr_set(uuid, "mac", "02:00:00:00:77:01"));
	REQUIRE_OK(avf_open(&b, uuid, &o));
	s = mig_save(&a.dev, &len);
	EXPECT_ERR(mig_load(&b.dev, s, len), EINVAL);
	avf_end(&b);
	REQUIRE_OK(mig_set(&a.dev, RUNNING, NULL));
	avf_pass(&a, &peer, 3);
	free(s);
	avf_end(&a);
	avf_end(&peer);
}

/* Clause: what the guest has for the trust in it, it does not get where there is none. */
static void trust(void)
{
	static const uint8_t station[6] = { 2, 0, 0, 0, 0x66, 1 };
	uint8_t *s;
	size_t len;

	start(1);
	REQUIRE_OK(mdev_attr_set(a.dev.uuid, "trust", "on"));
	REQUIRE_EQ(avf_mac(&a, VC_ADD_ETH_ADDR, station, AVF_MAC_EXTRA), 0);
	target(1);
	s = mig_save(&a.dev, &len);
	EXPECT_ERR(mig_load(&b.dev, s, len), EPERM);
	REQUIRE_OK(vfio_reset(&b.dev));
	REQUIRE_OK(mdev_attr_set(b.dev.uuid, "trust", "on"));
	REQUIRE_OK(mig_load(&b.dev, s, len));
	free(s);
	arrive();
	avf_pass(&b, &peer, 3);
	done();
}

/* The trusted guest of the peer takes the address of A, whose VM is stopped. */
static void taken_by_peer(void)
{
	REQUIRE_OK(mdev_attr_set(peer.dev.uuid, "trust", "on"));
	REQUIRE_EQ(avf_mac(&peer, VC_ADD_ETH_ADDR, a.res.mac, AVF_MAC_EXTRA), 0);
}

/* Clause: a trusted guest that uses a stopped VM's address loses it when that VM goes on. */
static void trusted_gives_back(void)
{
	start(1);
	REQUIRE_OK(mig_set(&a.dev, STOP, NULL));
	taken_by_peer();
	REQUIRE_OK(mig_set(&a.dev, RUNNING, NULL));
	avf_end(&peer);
	avf_new(&peer, 1, &(struct avf_opts){ .iova = 0x7f40000000 });
	avf_pass(&peer, &a, 3);
	avf_pass(&a, &peer, 3);
	avf_end(&a);
	avf_end(&peer);
}

/* Clause: likewise, when that VM goes on in another device. */
static void trusted_gives_back_to_target(void)
{
	uint8_t *s;
	size_t len;

	start(1);
	target(1);
	s = mig_save(&a.dev, &len);
	taken_by_peer();
	REQUIRE_OK(mig_load(&b.dev, s, len));
	free(s);
	arrive();
	avf_end(&peer);
	avf_new(&peer, 1, &(struct avf_opts){ .iova = 0x7f40000000 });
	avf_pass(&b, &peer, 3);
	avf_pass(&peer, &b, 3);
	done();
}

/* Clause: from one to the other and back, ten times. */
static void ping_pong(void)
{
	struct avf *at = &a, *to = &b;
	uint8_t *s;
	size_t len;
	int i;

	start(1);
	target(1);
	for (i = 0; i < 10; i++) {
		struct avf there = *to;

		avf_pass(at, &peer, 3);
		avf_pass(&peer, at, 3);
		s = mig_save(&at->dev, &len);
		REQUIRE_OK(mig_load(&to->dev, s, len));
		free(s);
		*to = *at;
		to->dev = there.dev;
		memcpy(to->page, (const void *)there.page, sizeof(to->page));
		memcpy(to->event, there.event, sizeof(to->event));
		at = to;
		to = to == &a ? &b : &a;
	}
	avf_pass(at, &peer, 3);
	done();
}

#define BY	"QEMU: a VM with this device moves"

static const struct ktap_case cases[] = {
	CASE_FOR(pauses, "QEMU: stop and cont"),
	CASE(doorbell_while_stopped),
	CASE_FOR(rings, BY),
	CASE_FOR(filters, BY),
	CASE_FOR(hashes, BY),
	CASE_FOR(rules, BY),
	CASE_FOR(interrupts, BY),
	CASE(counters),
	CASE(address),
	CASE(cancelled),
	CASE(address_is_set),
	CASE(trust),
	CASE(trusted_gives_back),
	CASE(trusted_gives_back_to_target),
	CASE_SECONDS(ping_pong, 60),
};

KTAP_MAIN("migration_nic", cases, mig_nic_setup, mig_nic_cleanup)
