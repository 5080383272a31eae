// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulated PCI config space, composed from a composition.
 *
 * Contents, writable bits and write-1-to-clear bits are data, a byte each; the
 * only code is what a write has to tell the owner.
 */
#include <linux/bits.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "config.h"

/* A dword of config space: reset value, writable and write-1-to-clear bits. */
struct cfg_dword {
	u32 offset;
	u32 value;
	u32 wmask;
	u32 w1c;
};

#define CAP_HEADER(id, next)	((id) | (next) << 8)
#define HIGH(x)			((u32)(x) << 16)

#define COMMAND_WMASK	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |	\
			 PCI_COMMAND_PARITY | PCI_COMMAND_SERR |	\
			 PCI_COMMAND_INTX_DISABLE)
#define STATUS_W1C	(PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT | \
			 PCI_STATUS_REC_TARGET_ABORT |			\
			 PCI_STATUS_REC_MASTER_ABORT |			\
			 PCI_STATUS_SIG_SYSTEM_ERROR |			\
			 PCI_STATUS_DETECTED_PARITY)
#define DEVCTL_RESET	(PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | \
			 PCI_EXP_DEVCTL_READRQ_512B)
#define DEVCTL_WMASK	(PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE |	\
			 PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE |	\
			 PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD | \
			 PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ)
#define DEVSTA_W1C	(PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED |	\
			 PCI_EXP_DEVSTA_FED | PCI_EXP_DEVSTA_URD)
#define LNKCTL_WMASK	(PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_RCB |	\
			 PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES)

/* Parts that are the same in every function. Interrupt pin and ROM stay 0. */
static const struct cfg_dword cfg_common[] = {
	{ PCI_COMMAND, HIGH(PCI_STATUS_CAP_LIST), COMMAND_WMASK,
	  HIGH(STATUS_W1C) },
	{ PCI_CACHE_LINE_SIZE, 0, 0xff, 0 },
	{ PCI_CAPABILITY_LIST, VDCM_CAP_MSIX, 0, 0 },
	{ PCI_INTERRUPT_LINE, 0, 0xff, 0 },

	{ VDCM_CAP_PCIE,
	  CAP_HEADER(PCI_CAP_ID_EXP, VDCM_CAP_PM) |
	  HIGH(2 | PCI_EXP_TYPE_ENDPOINT << 4), 0, 0 },
	{ VDCM_CAP_PCIE + PCI_EXP_DEVCAP,
	  PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR, 0, 0 },
	{ VDCM_CAP_PCIE + PCI_EXP_DEVCTL, DEVCTL_RESET, DEVCTL_WMASK,
	  HIGH(DEVSTA_W1C) },
	{ VDCM_CAP_PCIE + PCI_EXP_LNKCAP,
	  PCI_EXP_LNKCAP_SLS_2_5GB | 1 << 4, 0, 0 },
	{ VDCM_CAP_PCIE + PCI_EXP_LNKCTL,
	  HIGH(PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1),
	  LNKCTL_WMASK, 0 },
	{ VDCM_CAP_PCIE + PCI_EXP_DEVCAP2, PCI_EXP_DEVCAP2_COMP_TMOUT_DIS,
	  0, 0 },
	{ VDCM_CAP_PCIE + PCI_EXP_DEVCTL2, 0, PCI_EXP_DEVCTL2_COMP_TMOUT_DIS,
	  0 },
	{ VDCM_CAP_PCIE + PCI_EXP_LNKCAP2, PCI_EXP_LNKCAP2_SLS_2_5GB, 0, 0 },
	{ VDCM_CAP_PCIE + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS_2_5GT, 0, 0 },

	{ VDCM_CAP_PM, CAP_HEADER(PCI_CAP_ID_PM, 0) | HIGH(3), 0, 0 },
	{ VDCM_CAP_PM + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET,
	  PCI_PM_CTRL_STATE_MASK, 0 },
};

static u16 get16(const struct vdcm_config *cfg, u32 offset)
{
	return cfg->data[offset] | cfg->data[offset + 1] << 8;
}

static void put_dword(struct vdcm_config *cfg, u32 offset, u32 value,
		      u32 wmask, u32 w1c)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		cfg->data[offset + i] = value >> 8 * i;
		cfg->wmask[offset + i] = wmask >> 8 * i;
		cfg->w1c[offset + i] = w1c >> 8 * i;
	}
}

static void put_bar(struct vdcm_config *cfg, unsigned int i,
		    const struct vdcm_bar *bar)
{
	u32 offset = PCI_BASE_ADDRESS_0 + 4 * i;
	u32 type = PCI_BASE_ADDRESS_SPACE_MEMORY;
	u64 wmask = ~(bar->size - 1);

	if (!bar->size)
		return;
	if (bar->flags & VDCM_BAR_64BIT)
		type |= PCI_BASE_ADDRESS_MEM_TYPE_64;
	if (bar->flags & VDCM_BAR_PREFETCH)
		type |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	put_dword(cfg, offset, type, wmask & PCI_BASE_ADDRESS_MEM_MASK, 0);
	if (bar->flags & VDCM_BAR_64BIT)
		put_dword(cfg, offset + 4, 0, wmask >> 32, 0);
}

static bool made_here(u16 id)
{
	return id == PCI_CAP_ID_MSIX || id == PCI_CAP_ID_EXP || id == PCI_CAP_ID_PM;
}

static unsigned int cap_header(const struct vdcm_cap *cap)
{
	return cap->version ? 4 : 2;
}

static bool cap_valid(const struct vdcm_cap *cap)
{
	unsigned int header = cap_header(cap), i;

	if (cap->hooked && (cap->wmask || cap->w1c))
		return false;
	if (!cap->id || cap->len < 4 || cap->len % 4 || !cap->init ||
	    cap->version > 15)
		return false;
	if (!cap->version && (cap->id > U8_MAX || made_here(cap->id)))
		return false;
	for (i = 0; i < header; i++)
		if ((cap->wmask && cap->wmask[i]) || (cap->w1c && cap->w1c[i]))
			return false;
	return true;
}

/* Capability @nr, or if there is no such one the first place behind its like. */
static u32 place(const struct vdcm_composition *comp, unsigned int nr, bool ext)
{
	u32 at = ext ? VDCM_CAP_EXT : VDCM_CAP_OTHERS;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!comp->caps[i].version == !ext)
			at += comp->caps[i].len;
	return at;
}

/**
 * vdcm_config_check() - are the capabilities of a composition well-formed?
 * @comp: the function
 *
 * Return: NULL, or what is wrong, for the log.
 */
const char *vdcm_config_check(const struct vdcm_composition *comp)
{
	unsigned int i;

	/* So that the sum of their lengths does not wrap. */
	if (comp->nr_caps > VDCM_CONFIG_STORED / 4)
		return "too many capabilities";
	for (i = 0; i < comp->nr_caps; i++)
		if (!cap_valid(&comp->caps[i]))
			return "malformed capability";
	if (place(comp, comp->nr_caps, false) > VDCM_CAP_EXT ||
	    place(comp, comp->nr_caps, true) > VDCM_CONFIG_STORED)
		return "capabilities do not fit";
	return NULL;
}

/**
 * vdcm_config_cap() - where a capability of a composition is
 * @comp: the function; checked by vdcm_config_check()
 * @nr: index in @comp->caps
 *
 * Return: offset in config space, bytes.
 */
u32 vdcm_config_cap(const struct vdcm_composition *comp, unsigned int nr)
{
	return place(comp, nr, comp->caps[nr].version);
}

/* Where the capability behind @nr of the same kind is, or 0. */
static u32 next_cap(const struct vdcm_composition *comp, unsigned int nr, bool ext)
{
	for (; nr < comp->nr_caps; nr++)
		if (!comp->caps[nr].version == !ext)
			return place(comp, nr, ext);
	return 0;
}

static void put_cap(struct vdcm_config *cfg, const struct vdcm_composition *comp,
		    unsigned int nr)
{
	const struct vdcm_cap *cap = &comp->caps[nr];
	u32 at = vdcm_config_cap(comp, nr);
	u32 next = next_cap(comp, nr + 1, cap->version);

	memcpy(&cfg->data[at], cap->init, cap->len);
	if (cap->wmask)
		memcpy(&cfg->wmask[at], cap->wmask, cap->len);
	if (cap->w1c)
		memcpy(&cfg->w1c[at], cap->w1c, cap->len);
	if (cap->version) {
		put_dword(cfg, at, cap->id | cap->version << 16 | next << 20, 0, 0);
	} else {
		cfg->data[at] = cap->id;
		cfg->data[at + 1] = next;
	}
}

/**
 * vdcm_config_init() - compose config space in its state after reset
 * @cfg: written as a whole
 * @comp: the function; checked by vdcm_regions_create() and vdcm_config_check()
 * @nr_vectors: MSI-X vectors, 1..VDCM_MAX_VECTORS
 */
void vdcm_config_init(struct vdcm_config *cfg,
		      const struct vdcm_composition *comp,
		      unsigned int nr_vectors)
{
	unsigned int i;

	memset(cfg, 0, sizeof(*cfg));
	for (i = 0; i < ARRAY_SIZE(cfg_common); i++)
		put_dword(cfg, cfg_common[i].offset, cfg_common[i].value,
			  cfg_common[i].wmask, cfg_common[i].w1c);

	put_dword(cfg, PCI_VENDOR_ID, comp->vendor | HIGH(comp->device), 0, 0);
	put_dword(cfg, PCI_CLASS_REVISION,
		  comp->revision | comp->class_code << 8, 0, 0);
	put_dword(cfg, PCI_SUBSYSTEM_VENDOR_ID,
		  comp->subvendor | HIGH(comp->subdevice), 0, 0);
	for (i = 0; i < VDCM_NR_BARS; i++)
		put_bar(cfg, i, &comp->bars[i]);

	put_dword(cfg, VDCM_CAP_MSIX,
		  CAP_HEADER(PCI_CAP_ID_MSIX, VDCM_CAP_PCIE) |
		  HIGH(nr_vectors - 1),
		  HIGH(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL), 0);
	put_dword(cfg, VDCM_CAP_MSIX + PCI_MSIX_TABLE,
		  comp->msix_table | comp->msix_bar, 0, 0);
	put_dword(cfg, VDCM_CAP_MSIX + PCI_MSIX_PBA,
		  comp->msix_pba | comp->msix_bar, 0, 0);
	cfg->data[VDCM_CAP_PM + 1] = next_cap(comp, 0, false);
	if (comp->d3_resets)
		cfg->data[VDCM_CAP_PM + PCI_PM_CTRL] &= ~PCI_PM_CTRL_NO_SOFT_RESET;
	for (i = 0; i < comp->nr_caps; i++)
		put_cap(cfg, comp, i);
}

/*
 * The part of an access that begins at @offset of @cap's body: naturally aligned. The body
 * begins at 2 or 4 and ends at a multiple of 4: no piece leaves it.
 */
static void cap_piece(const struct vdcm_cap *cap, u32 offset, unsigned int size,
		      struct vdcm_config_piece *piece)
{
	piece->cap = cap;
	piece->offset = offset;
	piece->size = 4;
	while (offset % piece->size || piece->size > size)
		piece->size /= 2;
}

/**
 * vdcm_config_piece() - which side answers an access to config space?
 * @comp: the function; checked by vdcm_config_check()
 * @offset: in bytes, of any alignment
 * @size: 1..8 bytes
 * @piece: the answer for the first bytes; the rest is to be asked for again
 *
 * An access that meets no hooked capability is one piece. Any context.
 */
void vdcm_config_piece(const struct vdcm_composition *comp, u32 offset, unsigned int size,
		       struct vdcm_config_piece *piece)
{
	u32 next[2] = { VDCM_CAP_OTHERS, VDCM_CAP_EXT };
	unsigned int i;

	*piece = (struct vdcm_config_piece) { .size = size };
	for (i = 0; i < comp->nr_caps; i++) {
		const struct vdcm_cap *cap = &comp->caps[i];
		u32 at = next[!!cap->version], body = at + cap_header(cap);

		next[!!cap->version] += cap->len;
		if (!cap->hooked || offset >= at + cap->len || offset + piece->size <= body)
			continue;
		if (offset >= body) {
			cap_piece(cap, offset - at, size, piece);
			return;
		}
		/* Up to the nearest one. */
		piece->size = body - offset;
	}
}

/**
 * vdcm_config_read() - read config space
 * @cfg: config space
 * @offset: in bytes, of any alignment
 * @size: 1..8 bytes; what lies beyond VDCM_CONFIG_SIZE reads 0
 *
 * Return: the bytes, little-endian order, the first in bits 7:0.
 */
u64 vdcm_config_read(const struct vdcm_config *cfg, u32 offset,
		     unsigned int size)
{
	u64 value = 0;
	unsigned int i;

	for (i = 0; i < size && offset + i < VDCM_CONFIG_STORED; i++)
		value |= (u64)cfg->data[offset + i] << 8 * i;
	return value;
}

static bool in_range(u32 offset, unsigned int size, u32 byte)
{
	return byte >= offset && byte - offset < size;
}

/* D1 and D2 do not exist: a write that asks for them keeps the old state. */
static void keep_power_state(struct vdcm_config *cfg, u8 old)
{
	u8 *state = &cfg->data[VDCM_CAP_PM + PCI_PM_CTRL];
	u8 wanted = *state & PCI_PM_CTRL_STATE_MASK;

	if (wanted && wanted != PCI_PM_CTRL_STATE_MASK)
		*state = old;
}

/* Has a function whose power state was @old left D3hot, and lost its state by that? */
static bool lost_in_d3(const struct vdcm_config *cfg, u8 old)
{
	u8 now = cfg->data[VDCM_CAP_PM + PCI_PM_CTRL];

	return !(now & (PCI_PM_CTRL_NO_SOFT_RESET | PCI_PM_CTRL_STATE_MASK)) &&
	       old & PCI_PM_CTRL_STATE_MASK;
}

/**
 * vdcm_config_write() - write config space
 * @cfg: config space
 * @offset: in bytes, of any alignment
 * @size: 1..8 bytes
 * @value: the bytes, the first in bits 7:0
 *
 * Return: VDCM_CFG_* bits: what the owner has to act upon. The function level
 * reset is to be done last, as it undoes the rest.
 */
u32 vdcm_config_write(struct vdcm_config *cfg, u32 offset, unsigned int size,
		      u64 value)
{
	u8 power = cfg->data[VDCM_CAP_PM + PCI_PM_CTRL];
	bool bus_master = vdcm_config_bus_master(cfg);
	bool memory = vdcm_config_memory(cfg);
	u32 devctl = VDCM_CAP_PCIE + PCI_EXP_DEVCTL + 1;
	unsigned int i;
	u32 ret = 0;

	for (i = 0; i < size && offset + i < VDCM_CONFIG_STORED; i++) {
		u8 *data = &cfg->data[offset + i];
		u8 wmask = cfg->wmask[offset + i];
		u8 byte = value >> 8 * i;

		*data = (*data & ~wmask) | (byte & wmask);
		*data &= ~(byte & cfg->w1c[offset + i]);
	}
	keep_power_state(cfg, power);

	if (memory != vdcm_config_memory(cfg))
		ret |= VDCM_CFG_MEMORY;
	if (bus_master != vdcm_config_bus_master(cfg))
		ret |= VDCM_CFG_BUS_MASTER;
	if (in_range(offset, size, VDCM_CAP_MSIX + PCI_MSIX_FLAGS + 1))
		ret |= VDCM_CFG_MSIX;
	/* Initiate FLR is bit 15 of Device Control; it always reads 0. */
	if (in_range(offset, size, devctl) &&
	    value >> 8 * (devctl - offset) & PCI_EXP_DEVCTL_BCR_FLR >> 8)
		ret |= VDCM_CFG_FLR;
	if (lost_in_d3(cfg, power))
		ret |= VDCM_CFG_FLR;
	return ret;
}

/**
 * vdcm_config_load() - take over the fields of config space that a guest has written elsewhere
 * @cfg: config space in its state after reset
 * @image: VDCM_CONFIG_STORED bytes of a config space of the same composition; only fields that
 *	a guest can write are taken
 *
 * The caller compares old and new fields, and acts upon the differences.
 */
void vdcm_config_load(struct vdcm_config *cfg, const u8 *image)
{
	u8 d0 = cfg->data[VDCM_CAP_PM + PCI_PM_CTRL];
	unsigned int i;

	for (i = 0; i < VDCM_CONFIG_STORED; i++)
		cfg->data[i] = (cfg->data[i] & ~cfg->wmask[i]) | (image[i] & cfg->wmask[i]);
	keep_power_state(cfg, d0);
}

static bool in_d0(const struct vdcm_config *cfg)
{
	return !(get16(cfg, VDCM_CAP_PM + PCI_PM_CTRL) &
		 PCI_PM_CTRL_STATE_MASK);
}

/**
 * vdcm_config_memory() - does the function answer to accesses of its BARs?
 * @cfg: config space
 *
 * Return: true if memory space is enabled and the function is in D0.
 */
bool vdcm_config_memory(const struct vdcm_config *cfg)
{
	return in_d0(cfg) && get16(cfg, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

/**
 * vdcm_config_bus_master() - may the function do DMA?
 * @cfg: config space
 *
 * Return: true if bus mastering is enabled and the function is in D0.
 */
bool vdcm_config_bus_master(const struct vdcm_config *cfg)
{
	return in_d0(cfg) && get16(cfg, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

/**
 * vdcm_config_msix_ctrl() - MSI-X message control
 * @cfg: config space
 *
 * Return: PCI_MSIX_FLAGS_*.
 */
u16 vdcm_config_msix_ctrl(const struct vdcm_config *cfg)
{
	return get16(cfg, VDCM_CAP_MSIX + PCI_MSIX_FLAGS);
}
