/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function's window: tails, interrupt control, and the mailbox page. */
#include "pci.h"
#include "../core/core.h"
#include "../virtio/virtio.h"

/* @off is one of @n registers from @base on. */
#define ARRAY_AT(off, base, n)  ((uint32_t)((off) - (base)) < (n) * 4u)

/* ITR(i, v): the register of vector v + 1, or NULL. */
static uint16_t *smnc_itr(SmncFunc *f, uint32_t off)
{
    unsigned i, v;

    if (off >= SMNC_WIN_ITR01(0) && off <= SMNC_WIN_ITR01(2)) {
        return &f->vec[0].itr[(off - SMNC_WIN_ITR01(0)) / 4];
    }
    if (off < SMNC_WIN_ITR(0, 0) || off >= SMNC_WIN_ITR(3, 0)) {
        return NULL;
    }
    i = (off - SMNC_WIN_ITR(0, 0)) / 64;
    v = off % 64 / 4;
    return &f->vec[v + 1].itr[i];
}

uint32_t smnc_window_read(SmncFunc *f, uint32_t off)
{
    uint16_t *itr;

    if (!(f->ctrl & SMNC_FUNC_CTRL_ENABLE) || f->kind->virtio) {
        return 0;
    }
    if (ARRAY_AT(off, SMNC_WIN_TX_TAIL(0), SMNC_FUNC_QPS)) {
        return f->tx_tail[off / 4];
    }
    if (ARRAY_AT(off, SMNC_WIN_RX_TAIL(0), SMNC_FUNC_QPS)) {
        return f->rx_tail[(off - SMNC_WIN_RX_TAIL(0)) / 4];
    }
    if (ARRAY_AT(off, SMNC_WIN_DYN_CTLN(0), SMNC_FUNC_VECS - 1)) {
        return smnc_vec_read_ctl(&f->vec[(off - SMNC_WIN_DYN_CTLN(0)) / 4 + 1]);
    }
    itr = smnc_itr(f, off);
    if (itr) {
        return *itr;
    }
    switch (off) {
    case SMNC_WIN_RSTAT:
        return f->rstat;
    case SMNC_WIN_ICR01:
        return smnc_icr01_read(f);
    case SMNC_WIN_ICR0_ENA1:
        return f->ena1;
    case SMNC_WIN_DYN_CTL01:
        return smnc_vec_read_ctl(&f->vec[0]);
    case SMNC_WIN_MBX ... SMNC_WIN_RSTAT - 1:
        return smnc_aq_read(f, off);
    }
    return 0;
}

/* Of a virtio function: the notify page takes the number of a VQ anywhere. */
static void smnc_notify_write(SmncFunc *f, uint32_t off, uint32_t val,
                              unsigned size)
{
    if (off < SMNC_WIN_NOTIFY + SMNC_PAGE && (size == 2 || size == 4)) {
        smnc_vq_kick(f, val & 0xffff);
    }
}

static void smnc_avf_window_write(SmncFunc *f, uint32_t off, uint32_t val)
{
    uint16_t *itr;

    if (ARRAY_AT(off, SMNC_WIN_TX_TAIL(0), SMNC_FUNC_QPS)) {
        smnc_tail_write(f, off / 4, false, val);
        return;
    }
    if (ARRAY_AT(off, SMNC_WIN_RX_TAIL(0), SMNC_FUNC_QPS)) {
        smnc_tail_write(f, (off - SMNC_WIN_RX_TAIL(0)) / 4, true, val);
        return;
    }
    if (ARRAY_AT(off, SMNC_WIN_DYN_CTLN(0), SMNC_FUNC_VECS - 1)) {
        smnc_vec_write_ctl(&f->vec[(off - SMNC_WIN_DYN_CTLN(0)) / 4 + 1], val);
        return;
    }
    itr = smnc_itr(f, off);
    if (itr) {
        *itr = val & SMNC_ITR_MASK;
        smnc_count(f, SMNC_STAT_ITR_WRITES, 1);
        return;
    }
    switch (off) {
    case SMNC_WIN_ICR0_ENA1:
        smnc_ena1_write(f, val);
        break;
    case SMNC_WIN_DYN_CTL01:
        smnc_vec_write_ctl(&f->vec[0], val);
        break;
    case SMNC_WIN_MBX ... SMNC_WIN_RSTAT - 1:
        smnc_aq_write(f, off, val);
        break;
    }
}

/* @off is aligned to @size. */
void smnc_window_write(SmncFunc *f, uint32_t off, uint32_t val, unsigned size)
{
    if (!(f->ctrl & SMNC_FUNC_CTRL_ENABLE)) {
        return;
    }
    if (f->kind->virtio) {
        smnc_notify_write(f, off, val, size);
    } else if (size == 4) {
        smnc_avf_window_write(f, off, val);
    }
}
