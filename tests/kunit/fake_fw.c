// SPDX-License-Identifier: GPL-2.0-only
/* The firmware of the SmartNIC that fake_nic.c is: what it is asked for, and what it holds. */
#include <linux/etherdevice.h>
#include <linux/unaligned.h>

#include "fake_nic.h"

static void fw_mac(struct smnc_vsi *vsi, const u8 *mac, bool add)
{
	unsigned int i;

	for (i = 0; i < vsi->nr_macs && !ether_addr_equal_unaligned(vsi->macs[i], mac); )
		i++;
	if (add && i == vsi->nr_macs && i < SMNC_FW_MACS_PER_VSI)
		memcpy(vsi->macs[vsi->nr_macs++], mac, ETH_ALEN);
	else if (!add && i < vsi->nr_macs)
		memmove(vsi->macs[i], vsi->macs[--vsi->nr_macs], ETH_ALEN);
	fake->fw_macs = vsi->nr_macs;
}

static void fw_vlans(struct smnc_vsi *vsi, const struct smnc_fw_vlans *msg)
{
	u16 flags = le16_to_cpu(msg->flags);

	if (flags & SMNC_VLANS_START)
		memset(fake->fw_vids, 0, sizeof(fake->fw_vids));
	memcpy(fake->fw_vids + le16_to_cpu(msg->first) / 8, msg->vids, sizeof(msg->vids));
	if (flags & SMNC_VLANS_COMMIT)
		memcpy(flags & SMNC_VLANS_OWN ? vsi->own : vsi->vids, fake->fw_vids,
		       sizeof(vsi->vids));
}

static u64 get48(const u8 *b)
{
	return get_unaligned_le32(b) | (u64)get_unaligned_le16(b + 4) << 32;
}

static int vq_addr(struct fake_vq *vq, const struct smnc_fw_vq_addr *m)
{
	if (vq->on)
		return EBUSY;
	vq->control = le16_to_cpu(m->vq) & SMNC_VQ_CONTROL;
	vq->cfg.size = le16_to_cpu(m->size);
	vq->cfg.area[SMNC_VQ_DESC] = get48(m->desc);
	vq->cfg.area[SMNC_VQ_DRIVER] = get48(m->driver);
	vq->cfg.area[SMNC_VQ_DEVICE] = get48(m->device);
	return 0;
}

static int vq_enable(struct fake_vq *vq, const struct smnc_fw_vq_enable *m)
{
	u16 flags = le16_to_cpu(m->flags);

	if (!(flags & SMNC_VQ_ON)) {
		*vq = (struct fake_vq) { .cfg.vector = SMNC_VQ_NO_VECTOR };
		return 0;
	}
	if (vq->on)
		return EBUSY;
	if (!vq->cfg.size || vq->cfg.area[SMNC_VQ_DESC] % 16 ||
	    vq->cfg.area[SMNC_VQ_DRIVER] % 2 || vq->cfg.area[SMNC_VQ_DEVICE] % 4)
		return EINVAL;
	vq->on = true;
	vq->resumed = flags & SMNC_VQ_RESUME;
	vq->place.place = m->place;
	vq->place.after = m->after;
	return 0;
}

/* Nothing of a driver is left. */
void fake_vq_forget(void)
{
	unsigned int i;

	for (i = 0; i < SMNC_VIRTIO_VQS; i++)
		fake->vqs[i] = (struct fake_vq) { .cfg.vector = SMNC_VQ_NO_VECTOR };
	fake->vq_places = 0;
	fake->vq_features = 0;
	fake->vq_offloads = 0;
	fake->vq_stopped = 0;
	fake->vq_rss = (struct smnc_vq_rss) {};
}

/* Return: a positive errno */
static int vq_stage(const struct smnc_fw_chunk *m)
{
	if (!m->len || m->len > sizeof(m->data) || m->offset + m->len > SMNC_VQ_STAGE_BYTES)
		return EINVAL;
	memcpy(fake->vq_stage + m->offset, m->data, m->len);
	return 0;
}

static int vq_rss(const struct smnc_fw_vq_rss *m)
{
	struct smnc_vq_rss *rss = &fake->vq_rss;

	memset(rss, 0, sizeof(*rss));
	rss->types = le32_to_cpu(m->types);
	memcpy(rss->key, fake->vq_stage, sizeof(rss->key));
	if (!(le16_to_cpu(m->flags) & SMNC_VQ_RSS_SPREAD))
		return 0;
	rss->entries = le16_to_cpu(m->entries);
	rss->other = le16_to_cpu(m->other);
	KUNIT_ASSERT_LE(fake->test, rss->entries, sizeof(rss->table));
	memcpy(rss->table, fake->vq_stage + SMNC_VQ_STAGE_TABLE, rss->entries);
	return 0;
}

/* A verb about VQs. Return: a positive errno */
static int fw_vq(const struct smnc_fw_msg *msg, u8 *reply)
{
	struct smnc_fw_resource *res = (void *)reply;
	struct smnc_fw_status *status = (void *)reply;
	struct smnc_fw_feature feature;
	u16 n = get_unaligned_le16(msg->payload + 2) & SMNC_VQ_NUMBER;
	struct fake_vq *vq = &fake->vqs[n % SMNC_VIRTIO_VQS];

	KUNIT_EXPECT_EQ(fake->test, get_unaligned_le16(msg->payload), FAKE_FUNC);
	switch (msg->op) {
	case SMNC_FW_GET_PF_RESOURCE:
		memset(reply, 0, sizeof(*res));
		res->features = cpu_to_le64(fake->vq_engine);
		res->vq_size = cpu_to_le16(SMNC_VQ_SIZE_MAX);
		res->mtu = cpu_to_le16(9000);
		return 0;
	case SMNC_FW_GET_STATUS:
		memset(reply, 0, sizeof(*status));
		status->stopped = cpu_to_le64(fake->vq_stopped);
		return 0;
	case SMNC_FW_SET_DRV_FEATURE:
		memcpy(&feature, msg->payload, sizeof(feature));
		fake->vq_features = le64_to_cpu(feature.features);
		fake->vq_offloads = le64_to_cpu(feature.offloads);
		return 0;
	case SMNC_FW_SET_VQ_PLACES:
		fake->vq_places = get_unaligned_le64(msg->payload + 8);
		return 0;
	case SMNC_FW_STAGE_VQ_RSS:
		return vq_stage((void *)msg->payload);
	case SMNC_FW_SET_VQ_RSS:
		return vq_rss((void *)msg->payload);
	}
	KUNIT_EXPECT_LT(fake->test, n, 2 * FAKE_QUEUES + 1);
	if (msg->op == SMNC_FW_SET_VQ_ADDR)
		return vq_addr(vq, (void *)msg->payload);
	if (msg->op == SMNC_FW_SET_VQ_ENABLE)
		return vq_enable(vq, (void *)msg->payload);
	if (msg->op == SMNC_FW_SET_VQ_COAL) {
		vq->coal.usecs = get_unaligned_le32(msg->payload + 4);
		vq->coal.packets = get_unaligned_le32(msg->payload + 8);
		return 0;
	}
	vq->cfg.vector = get_unaligned_le16(msg->payload + 4);
	return 0;
}

/* What a request that is carried out does to the ADI's VSI. */
static void fw_execute(const struct smnc_fw_msg *msg)
{
	struct smnc_vsi *vsi = &fake->fw_vsi;
	const struct smnc_fw_chunk *chunk = (void *)msg->payload;
	const struct smnc_fw_vsi *set = (void *)msg->payload;
	const struct smnc_fw_memory *mem = (void *)msg->payload;
	struct smnc_flow *flows = fake->fw_flows;
	struct smnc_fw_hash hash;

	if (le16_to_cpu(set->vsi) != FAKE_FUNC)
		return;
	switch (msg->op) {
	case SMNC_FW_VSI_SET:
		vsi->flags = le16_to_cpu(set->flags);
		vsi->vlan = le32_to_cpu(set->vlan);
		vsi->tx_rate = le32_to_cpu(set->tx_rate);
		break;
	case SMNC_FW_VSI_CLEAR:
		memset(vsi, 0, sizeof(*vsi));
		vsi->vids[0] = BIT(0);
		memset(flows, 0, SMNC_FLOWS * sizeof(*flows));
		fake->fw_macs = 0;
		break;
	case SMNC_FW_MAC_ADD:
	case SMNC_FW_MAC_DEL:
		fw_mac(vsi, ((const struct smnc_fw_mac *)msg->payload)->mac,
		       msg->op == SMNC_FW_MAC_ADD);
		break;
	case SMNC_FW_VSI_VLANS:
		fw_vlans(vsi, (void *)msg->payload);
		break;
	case SMNC_FW_RSS_KEY:
		memcpy(vsi->key + chunk->offset, chunk->data, chunk->len);
		break;
	case SMNC_FW_RSS_LUT:
		memcpy(vsi->lut + chunk->offset, chunk->data, chunk->len);
		break;
	case SMNC_FW_RSS_HASH:
		memcpy(&hash, msg->payload, sizeof(hash));
		vsi->hashcfg = le64_to_cpu(hash.hashcfg);
		vsi->hash_omit = le32_to_cpu(hash.omit);
		vsi->hash_sym = hash.symmetric;
		break;
	case SMNC_FW_FLOW_SET:
		KUNIT_EXPECT_EQ(fake->test, le16_to_cpu(mem->len), sizeof(*flows));
		KUNIT_ASSERT_LT(fake->test, le16_to_cpu(mem->index), SMNC_FLOWS);
		memcpy(&flows[le16_to_cpu(mem->index)], fake->pf.fw_buf.cpu, sizeof(*flows));
		break;
	case SMNC_FW_FLOW_DEL:
		KUNIT_ASSERT_LT(fake->test, le16_to_cpu(mem->index), SMNC_FLOWS);
		flows[le16_to_cpu(mem->index)].fields = 0;
		break;
	}
}

static int fw_status(const struct smnc_fw_msg *msg, enum fake_fw_fault fault)
{
	if (fault == FAKE_FW_ERROR)
		return EIO;
	if (fake->fw_refusals && msg->op == fake->fw_refused) {
		fake->fw_refusals--;
		return msg->op < SMNC_FW_GET_PF_RESOURCE ? EEXIST : EBUSY;
	}
	return -fake->fw_error;
}

/* The request's time has come. */
static void fw_answer(void)
{
	struct smnc_fw_msg *req = &fake->fw_request, *reply = &fake->fw_reply;
	enum fake_fw_fault fault = fake->fw_this;

	if (fault == FAKE_FW_HANGS)
		return;
	*reply = *req;
	if (fault == FAKE_FW_STRAY) {
		reply->seq = cpu_to_le16(le16_to_cpu(req->seq) - 1);
		reply->status = ENOSPC;
		fake->fw_csr |= SMNC_FW_CSR3_READY;
		fake->fw_this = FAKE_FW_FINE;
		return;
	}
	reply->status = fw_status(req, fault);
	if (!reply->status && (req->op == SMNC_FW_SET_VQ_PLACES ||
			       (req->op >= SMNC_FW_GET_PF_RESOURCE && req->op < SMNC_FW_FLOW_SET)))
		reply->status = fw_vq(req, reply->payload);
	else if (!reply->status)
		fw_execute(req);
	fake->fw_csr &= ~SMNC_FW_CSR2_READY;
	if (fake->fw_off && req->op == fake->fw_off)
		WRITE_ONCE(fake->pf.state, SMNC_PF_STUCK);
	if (fault == FAKE_FW_LOST)
		return;
	if (fault == FAKE_FW_OTHER)
		reply->op++;
	fake->fw_csr |= SMNC_FW_CSR3_READY;
}

static void fw_request(void)
{
	struct smnc_fw_msg *req = &fake->fw_request;

	fake->fw_this = FAKE_FW_FINE;
	if (fake->fw_fault && (!fake->fw_fault_op || fake->fw_fault_op == req->op)) {
		if (fake->fw_skip)
			fake->fw_skip--;
		else
			swap(fake->fw_this, fake->fw_fault);
	}
	KUNIT_EXPECT_FALSE(fake->test, fake->fw_csr & SMNC_FW_CSR2_READY);
	KUNIT_EXPECT_FALSE(fake->test, fake->fw_csr & SMNC_FW_CSR3_READY);
	fake->nr_fw++;
	fake->fw_op = req->op;
	memcpy(fake->fw_payload, req->payload, sizeof(req->payload));
	fake->fw_csr |= SMNC_FW_CSR2_READY;
	fake->fw_due = ktime_add_us(fake->now, fake->fw_this == FAKE_FW_LATE ? fake->fw_late : 0);
}

u32 smnc_fw_read(struct smnc_pf *pf, u32 off)
{
	if (off >= SMNC_FW_REPLY && off < SMNC_FW_REPLY + sizeof(fake->fw_reply))
		return get_unaligned_le32((u8 *)&fake->fw_reply + off - SMNC_FW_REPLY);
	if ((fake->fw_csr & (SMNC_FW_CSR2_READY | SMNC_FW_CSR3_READY)) == SMNC_FW_CSR2_READY &&
	    !ktime_before(fake->now, fake->fw_due))
		fw_answer();
	if (fake->fw_babbles) {
		fake->fw_reply.seq = cpu_to_le16(0xeeee);
		fake->fw_csr |= SMNC_FW_CSR3_READY;
	}
	return fake->fw_csr;
}

void smnc_fw_write(struct smnc_pf *pf, u32 off, u32 value)
{
	if (off >= SMNC_FW_REQUEST && off < SMNC_FW_REQUEST + sizeof(fake->fw_request)) {
		put_unaligned_le32(value, (u8 *)&fake->fw_request + off - SMNC_FW_REQUEST);
		return;
	}
	if (value & SMNC_FW_CSR3_READY)
		fake->fw_csr &= ~SMNC_FW_CSR3_READY;
	if (value & SMNC_FW_CSR2_READY)
		fw_request();
}

void fake_vsi_expect_known(struct kunit *test)
{
	const struct smnc_vsi *is = &fake->fw_vsi, *vsi = &fake->adi.vsi;
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, vsi->unknown);
	KUNIT_EXPECT_EQ(test, is->flags, vsi->flags);
	KUNIT_EXPECT_EQ(test, is->vlan, vsi->vlan);
	KUNIT_EXPECT_EQ(test, is->tx_rate, vsi->tx_rate);
	KUNIT_EXPECT_EQ(test, is->hashcfg, vsi->hashcfg);
	KUNIT_EXPECT_EQ(test, is->hash_omit, vsi->hash_omit);
	KUNIT_EXPECT_EQ(test, is->hash_sym, vsi->hash_sym);
	KUNIT_EXPECT_MEMEQ(test, is->vids, vsi->vids, sizeof(is->vids));
	KUNIT_EXPECT_MEMEQ(test, is->own, vsi->own, sizeof(is->own));
	KUNIT_EXPECT_MEMEQ(test, is->key, vsi->key, sizeof(is->key));
	KUNIT_EXPECT_MEMEQ(test, is->lut, vsi->lut, sizeof(is->lut));
	for (i = 0; i < SMNC_FLOWS; i++) {
		__le16 fields = vsi->flows ? vsi->flows[i].fields : 0;

		KUNIT_EXPECT_EQ_MSG(test, fake->fw_flows[i].fields, fields, "rule %u", i);
		if (fields)
			KUNIT_EXPECT_MEMEQ(test, &fake->fw_flows[i], &vsi->flows[i],
					   sizeof(vsi->flows[i]));
	}
	KUNIT_EXPECT_EQ(test, is->nr_macs, vsi->nr_macs);
	for (i = 0; i < is->nr_macs; i++)
		KUNIT_EXPECT_TRUE(test, smnc_vsi_has_mac(vsi, is->macs[i]));
}
