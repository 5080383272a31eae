// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PF's state in debugfs, for a person to read. The files are no stable interface: programs
 * read sysfs, ethtool and devlink (docs/observability.md).
 */
#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "adi/adi.h"
#include "core/hw.h"
#include "debugfs.h"

static struct dentry *smnc_debug_root;

static void show_ring(struct seq_file *s, struct smnc_pf *pf, const char *name,
		      const struct smnc_ring *r)
{
	u32 len = smnc_read(pf, r->reg + SMNC_RING_LEN);

	seq_printf(s, "ring %s: %s, %u entries, head %u (driver %u), tail %u (driver %u)\n", name,
		   len & SMNC_RING_LEN_ENABLE ? "enabled" : "disabled", len & SMNC_RING_LEN_MASK,
		   smnc_read(pf, r->reg + SMNC_RING_HEAD), r->head,
		   smnc_read(pf, r->reg + SMNC_RING_TAIL), r->tail);
}

static int smnc_device_show(struct seq_file *s, void *unused)
{
	struct smnc_pf *pf = s->private;

	seq_printf(s, "state: %s\n", smnc_pf_states.names[READ_ONCE(pf->state)]);
	seq_printf(s, "rescues: %u\n", pf->nr_rescues);
	seq_printf(s, "firmware: %s, last message %u\n", pf->fw_version, pf->fw_seq);
	seq_printf(s, "vectors: %u allocated at the start, %u for control, %u of ADIs\n",
		   pf->nr_vecs, pf->nr_ctl, READ_ONCE(pf->adi_vecs));
	seq_printf(s, "functions of ADIs: %u of %u in use\n",
		   bitmap_weight(pf->func_map, pf->num_adis + 1), pf->num_adis);
	seq_printf(s, "queue pairs: %u of %u in use\n", bitmap_weight(pf->qp_map, pf->num_qps),
		   pf->num_qps);
	if (smnc_hw_off(pf))
		return 0;
	seq_printf(s, "status: 0x%x, interrupt mask 0x%x\n", smnc_read(pf, SMNC_STATUS),
		   smnc_read(pf, SMNC_ICR_MASK));
	show_ring(s, pf, "fault", &pf->faults);
	show_ring(s, pf, "cause", &pf->causes);
	show_ring(s, pf, "mailbox transmit", &pf->mbx.tx);
	show_ring(s, pf, "mailbox receive", &pf->mbx.rx);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(smnc_device);

static void show_half(struct seq_file *s, struct smnc_pf *pf, const char *name, u32 q)
{
	u32 ctl = smnc_read(pf, q + SMNC_Q_CTL);

	seq_printf(s, " %s 0x%x head %u of %u", name, ctl, smnc_read(pf, q + SMNC_Q_HEAD),
		   smnc_read(pf, q + SMNC_Q_LEN));
}

static void show_function(struct seq_file *s, struct smnc_adi *adi)
{
	struct smnc_pf *pf = adi->pf;
	unsigned int i;

	if (!adi->func)
		return;
	seq_printf(s, "%u: %s %s, %u queue pairs, DMA %s%s%s\n", adi->func,
		   dev_name(vdcm_adi_dev(adi->vdcm)), vdcm_adi_type(adi->vdcm)->name,
		   adi->nr_queues, adi->dma_on ? "on" : "off",
		   adi->state == SMNC_ADI_AWAY ? ", away" : "", adi->starved ? ", starved" : "");
	seq_printf(s, "  vsi: flags 0x%x, vlan 0x%x, rate %u, %u addresses%s\n", adi->vsi.flags,
		   adi->vsi.vlan, adi->vsi.tx_rate, adi->vsi.nr_macs,
		   adi->vsi.unknown ? ", unknown" : "");
	for (i = 0; i < adi->nr_queues && !smnc_adi_off(adi); i++) {
		seq_printf(s, "  queue %u (pair %u):", i, adi->qp[i]);
		show_half(s, pf, "tx", SMNC_Q(adi->qp[i], SMNC_QP_TX));
		show_half(s, pf, "rx", SMNC_Q(adi->qp[i], SMNC_QP_RX));
		seq_putc(s, '\n');
	}
}

/* Shows each open ADI. adi->lock is outside adis_lock: the file leaves out a busy ADI. */
static int smnc_functions_show(struct seq_file *s, void *unused)
{
	struct smnc_pf *pf = s->private;
	struct smnc_adi *adi;

	mutex_lock(&pf->adis_lock);
	list_for_each_entry(adi, &pf->adis, list) {
		if (!mutex_trylock(&adi->lock)) {
			seq_printf(s, "-: %s is busy\n", dev_name(vdcm_adi_dev(adi->vdcm)));
			continue;
		}
		show_function(s, adi);
		mutex_unlock(&adi->lock);
	}
	mutex_unlock(&pf->adis_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(smnc_functions);

/**
 * smnc_debugfs_add() - make a PF's folder
 * @pf: PF, set up
 *
 * Context: process. Undone by smnc_debugfs_remove().
 */
void smnc_debugfs_add(struct smnc_pf *pf)
{
	pf->debug = debugfs_create_dir(pci_name(pf->pdev), smnc_debug_root);
	debugfs_create_file("device", 0400, pf->debug, pf, &smnc_device_fops);
	debugfs_create_file("functions", 0400, pf->debug, pf, &smnc_functions_fops);
}

/**
 * smnc_debugfs_remove() - remove a PF's files, and wait until no process reads them
 * @pf: PF
 *
 * Context: process; no lock of the PF or an ADI is held.
 */
void smnc_debugfs_remove(struct smnc_pf *pf)
{
	debugfs_remove(pf->debug);
}

void smnc_debugfs_init(void)
{
	smnc_debug_root = debugfs_create_dir(SMNC_DRV_NAME, NULL);
}

void smnc_debugfs_exit(void)
{
	debugfs_remove(smnc_debug_root);
}
