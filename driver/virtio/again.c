// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work that a virtio device has put off: its hardware failed to do it, or its driver is not
 * ready for it yet. adi->lock is held.
 */
#include "virtio.h"

/**
 * smnc_virtio_again() - do the work that was put off
 * @adi: ADI, its lock held
 */
void smnc_virtio_again(struct smnc_adi *adi)
{
	struct smnc_virtio *v = smnc_virtio(adi);
	u8 what = v->again;

	v->again = 0;
	if (what & SMNC_VIRTIO_AGAIN_ANSWER)
		smnc_virtio_answer(adi);
	if (what & SMNC_VIRTIO_AGAIN_LOOK)
		smnc_virtio_look_stopped(adi);
	if (what & SMNC_VIRTIO_AGAIN_ANNOUNCE)
		smnc_virtio_ask_announce(adi);
}
