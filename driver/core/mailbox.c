// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PF mailbox: messages of ADIs arrive in posted buffers, stamped with the
 * function number by the hardware; replies leave through the other ring.
 *
 * Reception only sorts: each message is copied to its ADI, whose own worker
 * answers it. A slow or flooding ADI does not delay the others.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "client.h"
#include "hw.h"
#include "pf.h"
#include "trace.h"

#define SMNC_MBX_RX_ENTRIES	128
#define SMNC_MBX_TX_ENTRIES	64
#define SMNC_MBX_TX_BYTES	SMNC_AQ_BUF_MAX

static void smnc_mbx_work(struct work_struct *work);

static void smnc_mbx_free_bufs(struct smnc_pf *pf, struct smnc_buf *bufs,
			       unsigned int nr, size_t size)
{
	unsigned int i;

	for (i = 0; bufs && i < nr; i++)
		if (bufs[i].cpu)
			dma_free_coherent(&pf->pdev->dev, size, bufs[i].cpu, bufs[i].dma);
	kfree(bufs);
}

static struct smnc_buf *smnc_mbx_alloc_bufs(struct smnc_pf *pf, unsigned int nr,
					    size_t size)
{
	struct smnc_buf *bufs = kcalloc(nr, sizeof(*bufs), GFP_KERNEL);
	unsigned int i;

	for (i = 0; bufs && i < nr; i++) {
		bufs[i].cpu = dma_alloc_coherent(&pf->pdev->dev, size, &bufs[i].dma,
						 GFP_KERNEL);
		if (!bufs[i].cpu) {
			smnc_mbx_free_bufs(pf, bufs, nr, size);
			return NULL;
		}
	}
	return bufs;
}

static void smnc_mbx_post(struct smnc_ring *r, const struct smnc_buf *buf)
{
	struct smnc_aq_desc *d = r->desc;

	d[r->tail] = (struct smnc_aq_desc) {
		.flags = cpu_to_le16(SMNC_AQ_BUF | SMNC_AQ_LB),
		.datalen = cpu_to_le16(SMNC_AQ_BUF_MAX),
		.addr_high = cpu_to_le32(upper_32_bits(buf->dma)),
		.addr_low = cpu_to_le32(lower_32_bits(buf->dma)),
	};
	r->tail = (r->tail + 1) % r->len;
}

/* Both rings, empty. The device is reset, and nothing is sent. */
void smnc_mbx_start(struct smnc_pf *pf)
{
	struct smnc_mailbox *mbx = &pf->mbx;

	memset(mbx->tx.desc, 0, mbx->tx.len * mbx->tx.size);
	memset(mbx->rx.desc, 0, mbx->rx.len * mbx->rx.size);
	smnc_ring_enable(pf, &mbx->tx);
	smnc_ring_enable(pf, &mbx->rx);
	/* One entry of a ring stays free. */
	while (mbx->rx.tail != mbx->rx.len - 1)
		smnc_mbx_post(&mbx->rx, &mbx->rx_buf[mbx->rx.tail]);
	smnc_write(pf, mbx->rx.reg + SMNC_RING_TAIL, mbx->rx.tail);
}

int smnc_mbx_init(struct smnc_pf *pf)
{
	struct smnc_mailbox *mbx = &pf->mbx;
	int err;

	BUILD_BUG_ON(sizeof(struct smnc_aq_desc) != 32);
	mutex_init(&mbx->tx_lock);
	INIT_WORK(&mbx->work, smnc_mbx_work);
	err = smnc_ring_alloc(pf, &mbx->tx, SMNC_MBX_TX, SMNC_MBX_TX_ENTRIES,
			      sizeof(struct smnc_aq_desc));
	if (err)
		return err;
	err = smnc_ring_alloc(pf, &mbx->rx, SMNC_MBX_RX, SMNC_MBX_RX_ENTRIES,
			      sizeof(struct smnc_aq_desc));
	if (err)
		goto fail;
	err = -ENOMEM;
	mbx->tx_buf = smnc_mbx_alloc_bufs(pf, SMNC_MBX_TX_ENTRIES, SMNC_MBX_TX_BYTES);
	mbx->rx_buf = smnc_mbx_alloc_bufs(pf, SMNC_MBX_RX_ENTRIES, SMNC_AQ_BUF_MAX);
	if (!mbx->tx_buf || !mbx->rx_buf)
		goto fail;
	smnc_mbx_start(pf);
	return 0;
fail:
	smnc_mbx_exit(pf);
	return err;
}

void smnc_mbx_exit(struct smnc_pf *pf)
{
	struct smnc_mailbox *mbx = &pf->mbx;

	cancel_work_sync(&mbx->work);
	smnc_ring_free(pf, &mbx->tx);
	smnc_ring_free(pf, &mbx->rx);
	smnc_mbx_free_bufs(pf, mbx->tx_buf, SMNC_MBX_TX_ENTRIES, SMNC_MBX_TX_BYTES);
	smnc_mbx_free_bufs(pf, mbx->rx_buf, SMNC_MBX_RX_ENTRIES, SMNC_AQ_BUF_MAX);
	mbx->tx_buf = NULL;
	mbx->rx_buf = NULL;
}

/* Something may have arrived. Any context. */
void smnc_mbx_kick(struct smnc_pf *pf)
{
	queue_work(pf->ctl_wq, &pf->mbx.work);
}

/* Everything that has arrived so far is with its ADI when this returns. */
void smnc_mbx_flush(struct smnc_pf *pf)
{
	smnc_mbx_kick(pf);
	flush_work(&pf->mbx.work);
}

static void smnc_mbx_deliver(struct smnc_pf *pf, const struct smnc_aq_desc *d,
			     const void *data)
{
	u32 func = le32_to_cpu(d->param0);
	u16 len = le16_to_cpu(d->datalen);

	if (!func || func > pf->num_adis)
		return;
	if (le16_to_cpu(d->flags) & SMNC_AQ_ERR || len > SMNC_AQ_BUF_MAX)
		return;
	trace_smnc_mbx_in(pf, func, le32_to_cpu(d->cookie_high), 0, len, 0);
	pf->adi_client->message(pf, func, le32_to_cpu(d->cookie_high), data, len);
}

static void smnc_mbx_work(struct work_struct *work)
{
	struct smnc_pf *pf = container_of(work, struct smnc_pf, mbx.work);
	struct smnc_ring *r = &pf->mbx.rx;
	struct smnc_aq_desc *ring = r->desc;
	unsigned int budget = r->len;
	struct smnc_aq_desc msg;

	while (!smnc_hw_off(pf)) {
		struct smnc_aq_desc *d = &ring[r->head];

		if (!(le16_to_cpu(READ_ONCE(d->flags)) & SMNC_AQ_DD))
			break;
		/* A flood must not keep smnc_mbx_flush() waiting for ever. */
		if (!budget--) {
			smnc_mbx_kick(pf);
			break;
		}
		/* DD is written last. */
		dma_rmb();
		/* A copy: the device cannot change it after the check. */
		msg = *d;
		smnc_mbx_deliver(pf, &msg, pf->mbx.rx_buf[r->head].cpu);
		WRITE_ONCE(d->flags, 0);
		r->head = (r->head + 1) % r->len;
		/* The free entry moves on with the head: its buffer is posted. */
		smnc_mbx_post(r, &pf->mbx.rx_buf[r->tail]);
		dma_wmb();
		smnc_write(pf, r->reg + SMNC_RING_TAIL, r->tail);
		cond_resched();
	}
}

/* Wait until the device has taken messages; a device takes them at once. */
static int smnc_mbx_tx_wait(struct smnc_pf *pf, bool all)
{
	struct smnc_ring *r = &pf->mbx.tx;
	ktime_t end = ktime_add_us(ktime_get(), SMNC_POLL_US);

	for (;;) {
		if (smnc_ring_peer(pf, r, SMNC_RING_HEAD, &r->head))
			return -EIO;
		if (all ? r->head == r->tail : (r->tail + 1) % r->len != r->head)
			return 0;
		if (ktime_after(ktime_get(), end))
			return -ETIMEDOUT;
		usleep_range(20, 60);
	}
}

/* What became of the message that was in this entry before. Under tx_lock. */
static void smnc_mbx_tx_reap(struct smnc_pf *pf, struct smnc_aq_desc *d)
{
	u32 func = le32_to_cpu(READ_ONCE(d->param0));
	u16 why = le16_to_cpu(READ_ONCE(d->retval));

	if (le16_to_cpu(d->flags) & SMNC_AQ_DD && why && func && func <= pf->num_adis)
		pf->adi_client->undelivered(pf, func, why);
}

/**
 * smnc_mbx_send() - a message to a function
 * @pf: PF
 * @func: function number
 * @op: virtchnl opcode
 * @status: virtchnl status
 * @data: payload, or NULL
 * @len: its length
 *
 * Context: process.
 * Return: 0 when it is on its way, else errno.
 */
int smnc_mbx_send(struct smnc_pf *pf, u16 func, u32 op, s32 status,
		  const void *data, u16 len)
{
	struct smnc_mailbox *mbx = &pf->mbx;
	struct smnc_aq_desc *ring = mbx->tx.desc;
	struct smnc_ring *r = &mbx->tx;
	struct smnc_aq_desc *d;
	struct smnc_buf *buf;
	int err;

	if (WARN_ON_ONCE(len > SMNC_MBX_TX_BYTES))
		return -EMSGSIZE;
	mutex_lock(&mbx->tx_lock);
	err = smnc_mbx_tx_wait(pf, false);
	if (err)
		goto out;
	d = &ring[r->tail];
	buf = &mbx->tx_buf[r->tail];
	smnc_mbx_tx_reap(pf, d);
	if (len)
		memcpy(buf->cpu, data, len);
	*d = (struct smnc_aq_desc) {
		.flags = cpu_to_le16(len ? SMNC_AQ_BUF | SMNC_AQ_RD | SMNC_AQ_SI : SMNC_AQ_SI),
		.opcode = cpu_to_le16(SMNC_AQ_OP_TO_FUNC),
		.datalen = cpu_to_le16(len),
		.cookie_high = cpu_to_le32(op),
		.cookie_low = cpu_to_le32(status),
		.param0 = cpu_to_le32(func),
		.addr_high = cpu_to_le32(upper_32_bits(buf->dma)),
		.addr_low = cpu_to_le32(lower_32_bits(buf->dma)),
	};
	dma_wmb();
	r->tail = (r->tail + 1) % r->len;
	smnc_write(pf, r->reg + SMNC_RING_TAIL, r->tail);
out:
	mutex_unlock(&mbx->tx_lock);
	trace_smnc_mbx_out(pf, func, op, status, len, err);
	if (err && !smnc_hw_off(pf))
		dev_err_ratelimited(&pf->pdev->dev, "PF mailbox stuck: %d\n", err);
	return err;
}

/* No message sent so far is still on its way to a function. Return: 0 or errno */
int smnc_mbx_tx_drain(struct smnc_pf *pf)
{
	int err;

	mutex_lock(&pf->mbx.tx_lock);
	err = smnc_mbx_tx_wait(pf, true);
	mutex_unlock(&pf->mbx.tx_lock);
	return err;
}
