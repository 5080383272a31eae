// SPDX-License-Identifier: GPL-2.0-only
/* An xarray for user space: a sorted array is enough. mac_pton() as well. */
#include <ctype.h>

bool (*fuzz_alloc_fails)(void);

void xa_init(struct xarray *xa)
{
	memset(xa, 0, sizeof(*xa));
}

void xa_destroy(struct xarray *xa)
{
	free(xa->slot);
	xa_init(xa);
}

/* The first slot whose index is not below. */
static size_t at_least(const struct xarray *xa, unsigned long index)
{
	size_t low = 0, high = xa->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (xa->slot[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct xarray *xa, size_t i, unsigned long index)
{
	return i < xa->nr && xa->slot[i].index == index;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	size_t i = at_least(xa, index);

	return is_at(xa, i, index) ? xa->slot[i].entry : NULL;
}

/* As the kernel's: replacing an entry needs no memory. */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, int gfp)
{
	size_t i = at_least(xa, index);
	void *old = NULL;

	if (is_at(xa, i, index)) {
		old = xa->slot[i].entry;
		xa->slot[i].entry = entry;
		return old;
	}
	if (fuzz_alloc_fails && fuzz_alloc_fails())
		return ERR_PTR(-ENOMEM);
	if (xa->nr == xa->room) {
		xa->room = xa->room ? 2 * xa->room : 64;
		xa->slot = realloc(xa->slot, xa->room * sizeof(*xa->slot));
	}
	memmove(&xa->slot[i + 1], &xa->slot[i], (xa->nr - i) * sizeof(*xa->slot));
	xa->slot[i] = (struct xa_slot) { .index = index, .entry = entry };
	xa->nr++;
	return NULL;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	size_t i = at_least(xa, index);
	void *old;

	if (!is_at(xa, i, index))
		return NULL;
	old = xa->slot[i].entry;
	xa->nr--;
	memmove(&xa->slot[i], &xa->slot[i + 1], (xa->nr - i) * sizeof(*xa->slot));
	return old;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long last, int filter)
{
	size_t i = at_least(xa, *index);

	while (filter != XA_PRESENT && i < xa->nr && !(xa->slot[i].marks & BIT(filter)))
		i++;
	if (i >= xa->nr || xa->slot[i].index > last)
		return NULL;
	*index = xa->slot[i].index;
	return xa->slot[i].entry;
}

bool xa_get_mark(struct xarray *xa, unsigned long index, int mark)
{
	size_t i = at_least(xa, index);

	return is_at(xa, i, index) && xa->slot[i].marks & BIT(mark);
}

void xa_set_mark(struct xarray *xa, unsigned long index, int mark)
{
	size_t i = at_least(xa, index);

	if (is_at(xa, i, index))
		xa->slot[i].marks |= BIT(mark);
}

void xa_clear_mark(struct xarray *xa, unsigned long index, int mark)
{
	size_t i = at_least(xa, index);

	if (is_at(xa, i, index))
		xa->slot[i].marks &= ~BIT(mark);
}

/* What the kernel's takes: six pairs of digits, one separator, more behind it. */
bool mac_pton(const char *s, u8 *mac)
{
	u8 out[ETH_ALEN];
	int i;

	if (strnlen(s, 3 * ETH_ALEN - 1) < 3 * ETH_ALEN - 1)
		return false;
	for (i = 0; i < ETH_ALEN; i++) {
		unsigned int byte;

		if (!isxdigit((u8)s[3 * i]) || !isxdigit((u8)s[3 * i + 1]) ||
		    (i < ETH_ALEN - 1 && s[3 * i + 2] != ':'))
			return false;
		sscanf(&s[3 * i], "%2x", &byte);
		out[i] = byte;
	}
	memcpy(mac, out, ETH_ALEN);
	return true;
}
