/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function's window: tails, interrupt control, and the mailbox page. */
#include "pci.h"
#include "../core/core.h"
#include "../virtio/virtio.h"

/* @off is one of @n registers from @base on. */
#define ARRAY_AT(off, base, n)  ((uint32_t)((off) - (base)) < (n) * 4u)

/* ITR(i, v): the register of vector v + 1, or NULL. */
static uint16_t *snic_itr(SnicFunc *f, uint32_t off)
{
    unsigned i, v;

    if (off >= SNIC_WIN_ITR01(0) && off <= SNIC_WIN_ITR01(2)) {
        return &f->vec[0].itr[(off - SNIC_WIN_ITR01(0)) / 4];
    }
    if (off < SNIC_WIN_ITR(0, 0) || off >= SNIC_WIN_ITR(3, 0)) {
        return NULL;
    }
    i = (off - SNIC_WIN_ITR(0, 0)) / 64;
    v = off % 64 / 4;
    return &f->vec[v + 1].itr[i];
}

uint32_t snic_window_read(SnicFunc *f, uint32_t off)
{
    uint16_t *itr;

    if (!(f->ctrl & SNIC_FUNC_CTRL_ENABLE) || f->kind->virtio) {
        return 0;
    }
    if (ARRAY_AT(off, SNIC_WIN_TX_TAIL(0), SNIC_FUNC_QPS)) {
        return f->tx_tail[off / 4];
    }
    if (ARRAY_AT(off, SNIC_WIN_RX_TAIL(0), SNIC_FUNC_QPS)) {
        return f->rx_tail[(off - SNIC_WIN_RX_TAIL(0)) / 4];
    }
    if (ARRAY_AT(off, SNIC_WIN_DYN_CTLN(0), SNIC_FUNC_VECS - 1)) {
        return snic_vec_read_ctl(&f->vec[(off - SNIC_WIN_DYN_CTLN(0)) / 4 + 1]);
    }
    itr = snic_itr(f, off);
    if (itr) {
        return *itr;
    }
    switch (off) {
    case SNIC_WIN_RSTAT:
        return f->rstat;
    case SNIC_WIN_ICR01:
        return snic_icr01_read(f);
    case SNIC_WIN_ICR0_ENA1:
        return f->ena1;
    case SNIC_WIN_DYN_CTL01:
        return snic_vec_read_ctl(&f->vec[0]);
    case SNIC_WIN_MBX ... SNIC_WIN_RSTAT - 1:
        return snic_aq_read(f, off);
    }
    return 0;
}

/* Of a virtio function: the notify page takes the number of a VQ anywhere. */
static void snic_notify_write(SnicFunc *f, uint32_t off, uint32_t val,
                              unsigned size)
{
    if (off < SNIC_WIN_NOTIFY + SNIC_PAGE && (size == 2 || size == 4)) {
        snic_vq_kick(f, val & 0xffff);
    }
}

static void snic_avf_window_write(SnicFunc *f, uint32_t off, uint32_t val)
{
    uint16_t *itr;

    if (ARRAY_AT(off, SNIC_WIN_TX_TAIL(0), SNIC_FUNC_QPS)) {
        snic_tail_write(f, off / 4, false, val);
        return;
    }
    if (ARRAY_AT(off, SNIC_WIN_RX_TAIL(0), SNIC_FUNC_QPS)) {
        snic_tail_write(f, (off - SNIC_WIN_RX_TAIL(0)) / 4, true, val);
        return;
    }
    if (ARRAY_AT(off, SNIC_WIN_DYN_CTLN(0), SNIC_FUNC_VECS - 1)) {
        snic_vec_write_ctl(&f->vec[(off - SNIC_WIN_DYN_CTLN(0)) / 4 + 1], val);
        return;
    }
    itr = snic_itr(f, off);
    if (itr) {
        *itr = val & (SNIC_DYN_INTERVAL >> SNIC_DYN_INTERVAL_SHIFT);
        snic_count(f, SNIC_STAT_ITR_WRITES, 1);
        return;
    }
    switch (off) {
    case SNIC_WIN_ICR0_ENA1:
        snic_ena1_write(f, val);
        break;
    case SNIC_WIN_DYN_CTL01:
        snic_vec_write_ctl(&f->vec[0], val);
        break;
    case SNIC_WIN_MBX ... SNIC_WIN_RSTAT - 1:
        snic_aq_write(f, off, val);
        break;
    }
}

/* @off is aligned to @size. */
void snic_window_write(SnicFunc *f, uint32_t off, uint32_t val, unsigned size)
{
    if (!(f->ctrl & SNIC_FUNC_CTRL_ENABLE)) {
        return;
    }
    if (f->kind->virtio) {
        snic_notify_write(f, off, val, size);
    } else if (size == 4) {
        snic_avf_window_write(f, off, val);
    }
}
