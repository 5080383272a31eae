/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Surprise removal, for tests: property "removed", at run time too. The device
 * answers all-ones, does no DMA and sends no interrupt; a hot-plug slot says
 * that it is empty. Put back, it is as after power-on.
 */
#include "pci.h"
#include "qapi/error.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"

/*
 * As in QEMU's own plug events: Linux does not enable presence events if the
 * slot has a button.
 */
#define SLOT_CHANGED        (PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_ABP)

static uint64_t smnc_gone_read(void *opaque, hwaddr off, unsigned size)
{
    return ~0ull;
}

static void smnc_gone_write(void *opaque, hwaddr off, uint64_t val,
                            unsigned size)
{
}

static const MemoryRegionOps smnc_gone_ops = {
    .read = smnc_gone_read,
    .write = smnc_gone_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

/* --- the slot ------------------------------------------------------------------ */

static void smnc_slot_interrupt(PCIDevice *port)
{
    if (msix_enabled(port)) {
        msix_notify(port, pcie_cap_flags_get_vector(port));
    } else if (msi_enabled(port)) {
        msi_notify(port, pcie_cap_flags_get_vector(port));
    } else if (pci_intx(port) != -1) {
        pci_set_irq(port, 1);
    }
}

/*
 * Presence and link of the slot changed. If firmware does the hot-plug (ACPI),
 * the slot has never reported a device.
 */
static void smnc_slot_event(SmncState *s, bool present)
{
    PCIDevice *port = pci_bridge_get_device(pci_get_bus(&s->parent_obj));
    uint16_t sta, ctl;
    uint8_t *cap;

    if (!port || !pci_is_express_downstream_port(port)) {
        return;
    }
    cap = port->config + port->exp.exp_cap;
    sta = pci_get_word(cap + PCI_EXP_SLTSTA);
    if (!present) {
        s->slot_told = sta & PCI_EXP_SLTSTA_PDS;
    }
    if (!s->slot_told) {
        return;
    }
    sta &= ~PCI_EXP_SLTSTA_PDS;
    sta |= SLOT_CHANGED | (present ? PCI_EXP_SLTSTA_PDS : 0);
    pci_set_word(cap + PCI_EXP_SLTSTA, sta);
    pci_word_test_and_clear_mask(cap + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_DLLLA);
    pci_word_test_and_set_mask(cap + PCI_EXP_LNKSTA,
                               present ? PCI_EXP_LNKSTA_DLLLA : 0);
    ctl = pci_get_word(cap + PCI_EXP_SLTCTL);
    if (!port->exp.hpev_notified && (ctl & PCI_EXP_SLTCTL_HPIE) &&
        (ctl & sta & SLOT_CHANGED)) {
        port->exp.hpev_notified = true;
        smnc_slot_interrupt(port);
    }
}

/* --- the property ----------------------------------------------------------------- */

static void smnc_gone_update(SmncState *s)
{
    unsigned i;

    memory_region_transaction_begin();
    for (i = 0; i < ARRAY_SIZE(s->gone); i++) {
        memory_region_set_enabled(&s->gone[i], s->removed || s->silent);
    }
    memory_region_transaction_commit();
}

/* The link is down: the device reads all-ones until the bus is reset. */
void smnc_set_silent(SmncState *s, bool silent)
{
    if (s->silent != silent) {
        s->silent = silent;
        smnc_gone_update(s);
    }
}

static bool smnc_get_removed(Object *obj, Error **errp)
{
    return SMARTNIC(obj)->removed;
}

static bool smnc_get_identify(Object *obj, Error **errp)
{
    return SMARTNIC(obj)->identify & SMNC_IDENTIFY_ON;
}

static void smnc_set_removed(Object *obj, bool value, Error **errp)
{
    SmncState *s = SMARTNIC(obj);

    if (!qdev_is_realized(DEVICE(obj))) {
        error_setg(errp, "removed can only be set on a device that is there");
        return;
    }
    if (value == s->removed) {
        return;
    }
    s->removed = value;
    smnc_gone_update(s);
    if (!value) {
        pci_device_reset(&s->parent_obj);
    }
    smnc_slot_event(s, !value);
}

static uint32_t smnc_read_config(PCIDevice *dev, uint32_t addr, int len)
{
    SmncState *s = SMARTNIC(dev);

    return s->removed || s->silent ? ~0u : pci_default_read_config(dev, addr, len);
}

/* The region that covers a BAR while the device is away. */
static void smnc_gone_add(SmncState *s, unsigned i, MemoryRegion *bar)
{
    memory_region_init_io(&s->gone[i], OBJECT(s), &smnc_gone_ops, s,
                          "smartnic-gone", memory_region_size(bar));
    memory_region_set_enabled(&s->gone[i], false);
    memory_region_add_subregion_overlap(bar, 0, &s->gone[i], 1);
}

void smnc_remove_init(SmncState *s)
{
    s->parent_obj.config_read = smnc_read_config;
    smnc_gone_add(s, 0, &s->bar_ctrl);
    smnc_gone_add(s, 1, &s->bar_adi);
    smnc_gone_add(s, 2, &s->bar_msix);
}

void smnc_remove_class_init(ObjectClass *class)
{
    object_class_property_add_bool(class, "removed", smnc_get_removed,
                                   smnc_set_removed);
    object_class_property_add_bool(class, "identify", smnc_get_identify, NULL);
}
