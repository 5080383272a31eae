/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vital Product Data: a name, a part number and the serial number. */
#include "pci.h"
#include "qemu/range.h"

#define VPD_FLAG            0x8000      /* the device is done */
#define VPD_TAG_ID          0x82
#define VPD_TAG_READ        0x90
#define VPD_TAG_END         0x78

static const char vpd_name[] = "SmartNIC";
static const char vpd_part[] = "SNIC-1";

static size_t vpd_bytes(uint8_t *out, const void *data, size_t len)
{
    memcpy(out, data, len);
    return len;
}

static size_t vpd_field(uint8_t *out, const char *key, const char *val)
{
    size_t len = strlen(val);

    out[0] = key[0];
    out[1] = key[1];
    out[2] = len;
    return 3 + vpd_bytes(out + 3, val, len);
}

/* Fills @out (128 bytes); what is not used stays 0. */
static void vpd_image(SmncState *s, uint8_t *out)
{
    char serial[17];
    size_t n = 0, read, i;
    uint8_t sum = 0;

    snprintf(serial, sizeof(serial), "%016" PRIx64, s->serial);
    out[n++] = VPD_TAG_ID;
    stw_le_p(out + n, strlen(vpd_name));
    n += 2;
    n += vpd_bytes(out + n, vpd_name, strlen(vpd_name));
    out[n++] = VPD_TAG_READ;
    read = n + 2;
    n = read;
    n += vpd_field(out + n, "PN", vpd_part);
    n += vpd_field(out + n, "SN", serial);
    out[n++] = 'R';
    out[n++] = 'V';
    out[n++] = 1;
    stw_le_p(out + read - 2, n + 1 - read);
    for (i = 0; i < n; i++) {
        sum += out[i];
    }
    out[n++] = -sum;
    out[n] = VPD_TAG_END;
}

int smnc_vpd_init(SmncState *s, Error **errp)
{
    PCIDevice *dev = &s->parent_obj;
    int cap = pci_add_capability(dev, PCI_CAP_ID_VPD, SMNC_CAP_VPD, 8, errp);

    if (cap < 0) {
        return cap;
    }
    pci_set_word(dev->wmask + cap + PCI_VPD_ADDR, 0xffff);
    return 0;
}

/* An address written with the flag clear is a read; writes are refused. */
void smnc_vpd_write_config(SmncState *s, uint32_t addr, int len)
{
    uint8_t *cap = s->parent_obj.config + SMNC_CAP_VPD;
    uint8_t image[128] = { 0 };
    uint16_t at;

    if (!ranges_overlap(addr, len, SMNC_CAP_VPD + PCI_VPD_ADDR, 2)) {
        return;
    }
    at = pci_get_word(cap + PCI_VPD_ADDR);
    if (at & VPD_FLAG) {
        pci_set_word(cap + PCI_VPD_ADDR, at & ~VPD_FLAG);
        return;
    }
    vpd_image(s, image);
    at &= ~3;
    pci_set_long(cap + PCI_VPD_DATA,
                 at < sizeof(image) ? ldl_le_p(image + at) : 0);
    pci_set_word(cap + PCI_VPD_ADDR, at | VPD_FLAG);
}
