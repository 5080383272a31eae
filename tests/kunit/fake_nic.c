// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/random.h>
#include <linux/unaligned.h>

#include "fake_nic.h"
#include "../../driver/core/client.h"
#include "../../driver/reset.h"

struct fake_nic *fake;

static struct device fake_dev = { .init_name = "adi" };

static void net_vector(struct smnc_pf *pf, u16 func, u16 vec)
{
	KUNIT_ASSERT_EQ(fake->test, func, 0);
	KUNIT_ASSERT_LT(fake->test, vec, SMNC_FUNC_VECS);
	fake->net_signals[vec]++;
}

static void net_event(struct smnc_pf *pf)
{
}

/* Called by the framework only. */
const struct vdcm_adi_ops smnc_avf_ops;
const struct vdcm_adi_ops smnc_virtio_ops;

static int net_announce(struct smnc_pf *pf, const u8 *mac, u32 port)
{
	fake->announced++;
	fake->announced_port = port;
	return 0;
}

static const struct smnc_client net_client = {
	.vector = net_vector,
	.link = net_event,
	.dead = net_event,
	.announce = net_announce,
};

static void init_kind(struct kunit *test, const struct smnc_kind *kind)
{
	unsigned int i;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->test = test;
	smnc_vc_offloads = true;
	fake->dyn = true;
	fake->nr_alloc = FAKE_VECS;
	fake->irq_error = -1;
	fake->vq_engine = ~0ULL;
	fake_vq_forget();
	fake->pdev.dev.init_name = "nic";
	xa_init(&fake->regs);
	fake->pf.pdev = &fake->pdev;
	fake->pf.num_adis = 8;
	fake->pf.num_qps = 64;
	fake->pf.num_vecs = FAKE_VECS;
	fake->pf.max_frame = 9728;
	fake->pf.func = kunit_kcalloc(test, 9, sizeof(*fake->pf.func), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->pf.func);
	fake->pf.func[FAKE_FUNC] = &fake->adi;
	fake->pf.net_client = &net_client;
	fake->pf.adi_client = &smnc_adi_client;
	fake->pf.adi_wq = alloc_workqueue("fake", WQ_UNBOUND, 0);
	KUNIT_ASSERT_NOT_NULL(test, fake->pf.adi_wq);
	fake->pf.ctl_wq = fake->pf.adi_wq;
	mutex_init(&fake->pf.adis_lock);
	INIT_LIST_HEAD(&fake->pf.adis);
	list_add(&fake->adi.list, &fake->pf.adis);
	mutex_init(&fake->pf.fw_lock);
	smnc_macs_init(&fake->pf);
	fake->adi.addr.owner = &fake->adi;
	fake->other.owner = &fake->other;
	smnc_death_init(&fake->pf);
	smnc_recovery_init(&fake->pf);
	mutex_init(&fake->pdev.dev.mutex);
	mutex_init(&fake->adi.lock);
	fake->adi.pf = &fake->pf;
	fake->adi.func = FAKE_FUNC;
	fake->adi.nr_queues = FAKE_QUEUES;
	for (i = 0; i < FAKE_QUEUES; i++)
		fake->adi.qp[i] = FAKE_QP + i;
	fake->adi.kind = kind;
	fake->adi.priv = kunit_kzalloc(test, kind->bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->adi.priv);
	fake->avf = fake->adi.priv;
	smnc_worker_init(&fake->adi);
	KUNIT_ASSERT_EQ(test, smnc_msgs_alloc(&fake->adi), 0);
	fake->pf.fw_buf.cpu = kunit_kzalloc(test, SMNC_FW_MEMORY_MAX, GFP_KERNEL);
	fake->fw_flows = kunit_kcalloc(test, SMNC_FLOWS, sizeof(struct smnc_flow), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->pf.fw_buf.cpu);
	KUNIT_ASSERT_NOT_NULL(test, fake->fw_flows);
	smnc_vsi_init(&fake->adi.vsi, FAKE_FUNC);
	fake->adi.vsi.flags = SMNC_VSI_ACTIVE;
	get_random_bytes(fake->adi.rss_key, sizeof(fake->adi.rss_key));
	fake->fw_vsi.flags = SMNC_VSI_ACTIVE;
	fake->fw_vsi.vids[0] = BIT(0);
	smnc_stats_start(&fake->adi);
	fake->adi.addr.mac[0] = 2;
	fake->adi.addr.mac[5] = 0xaa;
	/* A guest that may do everything; tests take things away. */
	fake->adi.cfg[SMNC_CFG_TRUST] = true;
	fake->adi.cfg[SMNC_CFG_QUEUES] = FAKE_QUEUES;
	fake->adi.cfg[SMNC_CFG_RX_RING] = 4096;
	fake->adi.cfg[SMNC_CFG_TX_RING] = 4096;
	KUNIT_ASSERT_EQ(test, kind->start(&fake->adi), 0);
}

int fake_nic_init(struct kunit *test)
{
	init_kind(test, &smnc_avf_kind);
	return 0;
}

static void no_work(struct work_struct *work)
{
}

int fake_nic_init_virtio(struct kunit *test)
{
	init_kind(test, &smnc_virtio_kind);
	INIT_WORK(&fake->pf.mbx.work, no_work);
	KUNIT_ASSERT_EQ(test, smnc_adi_vsi_start(&fake->adi), 0);
	smnc_msgs_open(&fake->adi);
	return 0;
}

void fake_nic_exit(struct kunit *test)
{
	smnc_msgs_close(&fake->adi);
	smnc_msgs_free(&fake->adi);
	smnc_vsi_free(&fake->adi.vsi);
	cancel_delayed_work_sync(&fake->pf.rescue_work);
	cancel_delayed_work_sync(&fake->pf.recovery_work);
	destroy_workqueue(fake->pf.adi_wq);
	xa_destroy(&fake->regs);
}

/* What was sent for @op. Under adi->lock: the worker may send an event at any time. */
static int fake_reply(u32 op, unsigned int sent)
{
	if (fake->nr_sent == sent)
		return 1;
	KUNIT_EXPECT_EQ(fake->test, fake->nr_sent, sent + 1);
	KUNIT_EXPECT_EQ(fake->test, fake->op, op);
	KUNIT_EXPECT_EQ(fake->test, fake->func, FAKE_FUNC);
	/* An error carries nothing. */
	if (fake->status)
		KUNIT_EXPECT_EQ(fake->test, fake->len, 0);
	return fake->status;
}

int fake_guest(u32 op, const void *data, u16 len)
{
	struct smnc_msg *msg = kzalloc(struct_size(msg, data, len), GFP_KERNEL);
	unsigned int sent;
	int status;

	KUNIT_ASSERT_NOT_NULL(fake->test, msg);
	msg->op = op;
	msg->len = len;
	memcpy(msg->data, data, len);
	mutex_lock(&fake->adi.lock);
	sent = fake->nr_sent;
	smnc_worker_step(&fake->adi, 0, msg);
	status = fake_reply(op, sent);
	mutex_unlock(&fake->adi.lock);
	kfree(msg);
	return status;
}

void fake_ready(void)
{
	static const struct virtchnl_version_info version = { 1, 1 };
	static const u32 caps = ~0U;

	KUNIT_ASSERT_EQ(fake->test, fake_guest(VIRTCHNL_OP_VERSION, &version, sizeof(version)), 0);
	KUNIT_ASSERT_EQ(fake->test, fake_guest(VIRTCHNL_OP_GET_VF_RESOURCES, &caps, sizeof(caps)),
			0);
}

/* --- registers -------------------------------------------------------------- */

u32 fake_reg(u32 off)
{
	void *entry = xa_load(&fake->regs, off);

	return entry ? xa_to_value(entry) : 0;
}

void fake_set(u32 off, u32 value)
{
	xa_store(&fake->regs, off, xa_mk_value(value), GFP_ATOMIC);
}

/* A queue that is disabled loses its tail. */
static void clear_tail(u32 queue)
{
	unsigned int q;

	for (q = 0; q < FAKE_QUEUES; q++) {
		if (queue == SMNC_Q(FAKE_QP + q, SMNC_QP_TX))
			fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_TX_TAIL(q), 0);
		if (queue == SMNC_Q(FAKE_QP + q, SMNC_QP_RX))
			fake_set(FAKE_WIN(FAKE_FUNC) + SMNC_WIN_RX_TAIL(q), 0);
	}
}

/* A queue's control register: it starts, and stops, unless it was told not to. */
static void write_queue_ctl(u32 queue, u32 value)
{
	u32 ctl = value & SMNC_Q_CTL_ENABLE;

	if (!ctl && fake_reg(queue + SMNC_Q_CTL) & SMNC_Q_CTL_ENABLE)
		clear_tail(queue);
	if (ctl && fake->refused == queue)
		ctl = SMNC_Q_CTL_ERROR | SMNC_Q_ERR_CONFIG << SMNC_Q_CTL_REASON_SHIFT;
	else if (ctl || fake->stuck == queue)
		ctl |= SMNC_Q_CTL_ACTIVE;
	fake_set(queue + SMNC_Q_CTL, ctl);
}

bool smnc_hw_answers(struct smnc_pf *pf)
{
	return !fake->gone;
}

bool smnc_hw_alive(struct smnc_pf *pf)
{
	return !fake->gone && !smnc_hw_off(pf);
}

u32 smnc_read(struct smnc_pf *pf, u32 off)
{
	return smnc_pf_is(pf, SMNC_PF_DEAD) ? ~0U : fake_reg(off);
}

void smnc_write(struct smnc_pf *pf, u32 off, u32 value)
{
	fake->nr_writes++;
	if (off >= SMNC_QP(0) && off < SMNC_QP(SMNC_MAX_QPS) && off % 0x20 == SMNC_Q_CTL)
		write_queue_ctl(off - SMNC_Q_CTL, value);
	else if (off == SMNC_FUNC(FAKE_FUNC) + SMNC_FUNC_CTRL)
		fake_set(off, value & ~SMNC_FUNC_CTRL_RESET);
	else
		fake_set(off, value);
}

void smnc_win_write(struct smnc_pf *pf, u16 func, u32 off, u32 value)
{
	fake_set(FAKE_WIN(func) + off, value);
}

u32 smnc_win_read(struct smnc_pf *pf, u16 func, u32 off)
{
	return fake_reg(FAKE_WIN(func) + off);
}

void smnc_win_kick(struct smnc_pf *pf, u16 func, u32 off, u32 value, unsigned int size)
{
	KUNIT_EXPECT_EQ(fake->test, func, FAKE_FUNC);
	KUNIT_EXPECT_LT(fake->test, off, VDCM_PAGE_SIZE);
	fake->kicks_to = value;
}

int smnc_poll(struct smnc_pf *pf, u32 off, u32 mask, u32 want)
{
	if (smnc_pf_is(pf, SMNC_PF_DEAD))
		return -EIO;
	return (fake_reg(off) & mask) == want ? 0 : -ETIMEDOUT;
}

u64 smnc_stat(struct smnc_pf *pf, u16 func, unsigned int stat)
{
	return smnc_hw_off(pf) ? 0 : fake->stats[stat];
}

/* --- what only the device knows: a few bytes --------------------------------- */

static const u8 device_state[] = "what only the device knows";

int smnc_func_quiesce(struct smnc_pf *pf, u16 func, u32 ctrl)
{
	smnc_func_ctrl(pf, func, ctrl | SMNC_FUNC_CTRL_QUIESCE);
	return fake->quiesce_error;
}

int smnc_func_save(struct smnc_pf *pf, u16 func, void *buf, u32 *len)
{
	KUNIT_ASSERT_GE(fake->test, *len, sizeof(device_state));
	memcpy(buf, device_state, sizeof(device_state));
	*len = sizeof(device_state);
	return 0;
}

int smnc_func_load(struct smnc_pf *pf, u16 func, const void *buf, u32 len)
{
	fake->nr_loads++;
	KUNIT_ASSERT_EQ(fake->test, len, sizeof(device_state));
	KUNIT_EXPECT_MEMEQ(fake->test, buf, device_state, len);
	if (fake->load_enables)
		fake_set(fake->load_enables + SMNC_Q_CTL, SMNC_Q_CTL_ENABLE);
	return fake->load_error;
}

/* --- time: of the driver alone ---------------------------------------------- */

ktime_t ktime_get(void)
{
	return fake->now;
}

void usleep_range_state(unsigned long min, unsigned long max, unsigned int state)
{
	fake->now = ktime_add_us(fake->now, min);
	/* A test that waits for another thread. */
	if (min >= 1000)
		msleep(1);
	cond_resched();
}

/* --- mailbox, rings --------------------------------------------------------- */

int smnc_mbx_send(struct smnc_pf *pf, u16 func, u32 op, s32 status, const void *data, u16 len)
{
	KUNIT_ASSERT_LE(fake->test, len, sizeof(fake->data));
	fake->nr_sent++;
	fake->func = func;
	fake->op = op;
	fake->status = status;
	fake->len = len;
	memcpy(fake->data, data, len);
	return fake->send_error;
}

void smnc_mbx_kick(struct smnc_pf *pf)
{
	fake->kicks++;
}

void smnc_mbx_flush(struct smnc_pf *pf)
{
	fake->flushes++;
	flush_work(&pf->mbx.work);
}

void smnc_faults_poll(struct smnc_pf *pf)
{
	fake->polls++;
}

int smnc_ring_alloc(struct smnc_pf *pf, struct smnc_ring *ring, u32 reg, u32 len, u32 size)
{
	ring->desc = kunit_kcalloc(fake->test, len, size, GFP_KERNEL);
	ring->reg = reg;
	ring->len = len;
	ring->size = size;
	return ring->desc ? 0 : -ENOMEM;
}

void smnc_ring_enable(struct smnc_pf *pf, struct smnc_ring *ring)
{
}

void smnc_ring_free(struct smnc_pf *pf, struct smnc_ring *ring)
{
	ring->desc = NULL;
}

int smnc_ring_peer(struct smnc_pf *pf, struct smnc_ring *ring, u32 reg, u32 *index)
{
	if (fake->tail >= ring->len)
		return -EIO;
	*index = fake->tail;
	return 0;
}

/* --- the rest of the driver, and the framework ------------------------------ */

/* A message comes just before, and the worker has time to take it. */
static void message_before_reset(struct smnc_adi *adi)
{
	static const u8 on = 1;

	smnc_adi_message(adi, SMNC_MSG_CTRL, &on, 1);
	msleep(20);
}

int smnc_adi_func_reset(struct smnc_adi *adi)
{
	if (fake->reset_late)
		message_before_reset(adi);
	fake_vq_forget();
	smnc_msgs_purge(adi);
	return 0;
}

int smnc_adi_restart(struct smnc_adi *adi, bool dma_on)
{
	unsigned int q;

	fake->restarts++;
	fake_vq_forget();
	fake->restart_dma = dma_on;
	while (READ_ONCE(fake->restart_held))
		msleep(1);
	for (q = 0; q < adi->nr_queues; q++)
		smnc_qp_scrub(&fake->pf, adi->qp[q]);
	adi->kind->reset(adi);
	if (fake->restart_error)
		return fake->restart_error;
	smnc_msgs_open(adi);
	return smnc_adi_vsi_start(adi);
}

void vdcm_adi_signal(struct vdcm_adi *adi, unsigned int vec)
{
	KUNIT_ASSERT_LT(fake->test, vec, SMNC_FUNC_VECS);
	fake->signals[vec]++;
}

int vdcm_adi_fault(struct vdcm_adi *adi, const struct vdcm_fault *fault)
{
	fake->faults++;
	fake->fault_token = fault->token;
	return fake->fault_error;
}

void vdcm_adi_lost(struct vdcm_adi *adi, const char *why)
{
	fake->errors++;
}

void *vdcm_adi_drvdata(const struct vdcm_adi *adi)
{
	return &fake->adi;
}

void smnc_adi_mac_default(struct smnc_adi *adi)
{
	u8 mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };

	while (smnc_mac_set(adi->pf, &adi->addr, mac))
		mac[5]++;
	adi->mac_came = false;
}

void smnc_cfg_apply_itr(struct smnc_adi *adi)
{
}

struct device *vdcm_adi_dev(const struct vdcm_adi *adi)
{
	return &fake_dev;
}

bool vdcm_adi_may_log(struct vdcm_adi *adi)
{
	return true;
}

/* --- MSI-X vectors ---------------------------------------------------------- */

int pci_alloc_irq_vectors(struct pci_dev *dev, unsigned int min_vecs, unsigned int max_vecs,
			  unsigned int flags)
{
	unsigned int i, n = min(max_vecs, fake->nr_alloc);

	if (n < min_vecs)
		return -ENOSPC;
	for (i = 0; i < n; i++)
		fake->irqs[i].allocated = true;
	return n;
}

void pci_free_irq_vectors(struct pci_dev *dev)
{
	unsigned int i;

	for (i = 0; i < FAKE_VECS; i++) {
		KUNIT_EXPECT_NULL(fake->test, fake->irqs[i].handler);
		fake->irqs[i].allocated = false;
	}
}

int pci_irq_vector(struct pci_dev *dev, unsigned int nr)
{
	return nr < FAKE_VECS && fake->irqs[nr].allocated ? FAKE_IRQ + nr : -EINVAL;
}

bool pci_msix_can_alloc_dyn(struct pci_dev *dev)
{
	return fake->dyn;
}

struct msi_map pci_msix_alloc_irq_at(struct pci_dev *dev, unsigned int index,
				     const struct irq_affinity_desc *affdesc)
{
	struct msi_map map = { .index = -ENOSPC };

	if (index >= fake->nr_alloc)
		return map;
	KUNIT_EXPECT_FALSE(fake->test, fake->irqs[index].allocated);
	fake->irqs[index].allocated = true;
	map.index = index;
	map.virq = FAKE_IRQ + index;
	return map;
}

void pci_msix_free_irq(struct pci_dev *dev, struct msi_map map)
{
	KUNIT_EXPECT_TRUE(fake->test, fake->irqs[map.index].allocated);
	KUNIT_EXPECT_NULL(fake->test, fake->irqs[map.index].handler);
	KUNIT_EXPECT_EQ(fake->test, map.virq, FAKE_IRQ + map.index);
	fake->irqs[map.index].allocated = false;
}

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread,
			 unsigned long flags, const char *name, void *dev)
{
	unsigned int i = irq - FAKE_IRQ;

	KUNIT_ASSERT_LT(fake->test, i, FAKE_VECS);
	KUNIT_EXPECT_TRUE(fake->test, fake->irqs[i].allocated);
	KUNIT_EXPECT_NULL(fake->test, fake->irqs[i].handler);
	if (fake->irq_error == (int)i)
		return -EBUSY;
	fake->irqs[i].handler = handler;
	fake->irqs[i].thread = thread;
	fake->irqs[i].data = dev;
	return 0;
}

const void *free_irq(unsigned int irq, void *dev)
{
	unsigned int i = irq - FAKE_IRQ;

	KUNIT_ASSERT_LT(fake->test, i, FAKE_VECS);
	KUNIT_EXPECT_PTR_EQ(fake->test, fake->irqs[i].data, dev);
	KUNIT_EXPECT_NOT_NULL(fake->test, fake->irqs[i].handler);
	fake->irqs[i].handler = NULL;
	fake->irqs[i].data = NULL;
	return NULL;
}

void synchronize_irq(unsigned int irq)
{
	KUNIT_EXPECT_GE(fake->test, irq, FAKE_IRQ);
}

MODULE_DESCRIPTION("Unit tests of the PF driver's logic");
MODULE_LICENSE("GPL");
