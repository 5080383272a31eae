// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>

#include "copier.h"
#include "ktap.h"

uint8_t *copier_memory(void)
{
	uint8_t *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(mem != MAP_FAILED);
	return mem;
}

void copier_open(struct vfio_dev *d, const char *uuid, int *ev, uint8_t *mem)
{
	REQUIRE_OK(vfio_open(d, uuid));
	*ev = event_new();
	REQUIRE_OK(vfio_irq_eventfds(d, MSIX, 0, 1, ev));
	REQUIRE_OK(vfio_map(d, mem, IOVA, SIZE, DMA_RW));
}

void copier_go(struct vfio_dev *d, uint64_t src, uint64_t dst, uint32_t len)
{
	vfio_wr(d, 0, SRC, src, 8);
	vfio_wr(d, 0, DST, dst, 8);
	vfio_wr(d, 0, LEN, len, 4);
	vfio_wr(d, 0, GO, 1, 4);
}

uint64_t copier_ends(struct vfio_dev *d, int ev)
{
	REQUIRE_EQ(event_wait(ev, SOON), 1);
	return vfio_rd(d, 0, STATUS, 4);
}
