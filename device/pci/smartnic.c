/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SmartNIC device model: the PCI face. BARs, capabilities, reset, properties,
 * and the connection to QEMU's network.
 */
#include "pci.h"
#include "../avf/avf.h"
#include "../core/core.h"
#include "../packet/packet.h"
#include "../switch/switch.h"
#include "../virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_aer.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/eth.h"

#define DVSEC_SIZE          0x18
#define DVSEC_ID_SIOV       5
#define SYSTEM_PAGE_4K      1           /* bit 0 of the page size registers */

/* --- reset -------------------------------------------------------------------- */

static void snic_reset_hold(Object *obj, ResetType type)
{
    SnicState *s = SMARTNIC(obj);

    if (s->has_pasid) {
        pci_set_word(s->parent_obj.config + SNIC_ECAP_PASID + PCI_PASID_CTRL,
                     0);
    }
    pcie_cap_deverr_reset(&s->parent_obj);
    snic_set_silent(s, false);
    snic_device_reset(s);
}

/* --- configuration space ------------------------------------------------------ */

static void snic_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                              int len)
{
    SnicState *s = SMARTNIC(dev);
    bool could = snic_live(s);

    if (s->removed || s->silent) {
        return;
    }
    pci_default_write_config(dev, addr, val, len);
    pcie_aer_write_config(dev, addr, val, len);
    pcie_cap_flr_write_config(dev, addr, val, len);
    snic_vpd_write_config(s, addr, len);
    if (!could && snic_live(s)) {
        snic_kick_all(s);
    }
}

static int snic_add_pm(PCIDevice *dev, Error **errp)
{
    int ret = pci_pm_init(dev, SNIC_CAP_PM, errp);

    if (ret < 0) {
        return ret;
    }
    pci_set_word(dev->config + ret + PCI_PM_PMC, PCI_PM_CAP_VER_1_1);
    pci_set_word(dev->config + ret + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(dev->wmask + ret + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return 0;
}

static void snic_add_pasid(PCIDevice *dev)
{
    pcie_add_capability(dev, PCI_EXT_CAP_ID_PASID, 1, SNIC_ECAP_PASID,
                        PCI_EXT_CAP_PASID_SIZEOF);
    pci_set_word(dev->config + SNIC_ECAP_PASID + PCI_PASID_CAP,
                 SNIC_PASID_WIDTH << 8);
    pci_set_word(dev->wmask + SNIC_ECAP_PASID + PCI_PASID_CTRL,
                 PCI_PASID_CTRL_ENABLE);
}

/*
 * Header 1 and 2, then supported page sizes, system page size (writable), and
 * capabilities, none of which the device has: no IMS.
 */
static void snic_add_siov(PCIDevice *dev)
{
    uint8_t *cap = dev->config + SNIC_ECAP_SIOV;

    pcie_add_capability(dev, PCI_EXT_CAP_ID_DVSEC, 1, SNIC_ECAP_SIOV,
                        DVSEC_SIZE);
    pci_set_long(cap + PCI_DVSEC_HEADER1,
                 DVSEC_SIZE << 20 | PCI_VENDOR_ID_INTEL);
    pci_set_word(cap + PCI_DVSEC_HEADER2, DVSEC_ID_SIOV);
    pci_set_long(cap + 0x0c, SYSTEM_PAGE_4K);
    pci_set_long(cap + 0x10, SYSTEM_PAGE_4K);
}

static bool snic_add_caps(SnicState *s, Error **errp)
{
    PCIDevice *dev = &s->parent_obj;
    int i, ret;

    if (snic_add_pm(dev, errp) < 0) {
        return false;
    }
    ret = pcie_endpoint_cap_init(dev, SNIC_CAP_PCIE);
    if (ret < 0) {
        error_setg(errp, "no PCI Express capability: the device needs a PCI "
                   "Express slot");
        return false;
    }
    pcie_cap_flr_init(dev);
    pcie_cap_deverr_init(dev);
    if (msix_init(dev, s->num_vecs, &s->bar_msix, SNIC_BAR_MSIX,
                  SNIC_MSIX_TABLE, &s->bar_msix, SNIC_BAR_MSIX,
                  SNIC_MSIX_PBA, SNIC_CAP_MSIX, errp) < 0) {
        return false;
    }
    for (i = 0; i < s->num_vecs; i++) {
        msix_vector_use(dev, i);
    }
    if (snic_vpd_init(s, errp) < 0 ||
        pcie_aer_init(dev, PCI_ERR_VER, SNIC_ECAP_AER, PCI_ERR_SIZEOF,
                      errp) < 0) {
        return false;
    }
    if (s->has_pasid) {
        snic_add_pasid(dev);
    }
    snic_add_siov(dev);
    return true;
}

/* --- network -------------------------------------------------------------------- */

static bool snic_nc_can_receive(NetClientState *nc)
{
    return true;    /* one full queue must not hold up the other functions */
}

static ssize_t snic_nc_receive_iov(NetClientState *nc, const struct iovec *iov,
                                   int n)
{
    SnicState *s = qemu_get_nic_opaque(nc);

    if (!s->removed && !s->silent) {
        snic_veb_receive(s, iov, n);
    }
    return iov_size(iov, n);
}

static ssize_t snic_nc_receive(NetClientState *nc, const uint8_t *buf,
                               size_t size)
{
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = size };

    return snic_nc_receive_iov(nc, &iov, 1);
}

static void snic_nc_link(NetClientState *nc)
{
    snic_pf_event(qemu_get_nic_opaque(nc), SNIC_ICR_LINK);
}

static NetClientInfo snic_nc_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = snic_nc_can_receive,
    .receive = snic_nc_receive,
    .receive_iov = snic_nc_receive_iov,
    .link_status_changed = snic_nc_link,
};

/* --- life ------------------------------------------------------------------------ */

static bool snic_check_sizes(SnicState *s, Error **errp)
{
    if (!s->num_adis || s->num_adis > SNIC_MAX_ADIS ||
        !s->num_qps || s->num_qps > SNIC_MAX_QPS ||
        !s->num_vecs || s->num_vecs > SNIC_MAX_VECTORS) {
        error_setg(errp, "adis must be 1..%d, queues 1..%d, vectors 1..%d",
                   SNIC_MAX_ADIS, SNIC_MAX_QPS, SNIC_MAX_VECTORS);
        return false;
    }
    return true;
}

static void snic_add_bars(SnicState *s)
{
    PCIDevice *dev = &s->parent_obj;
    Object *obj = OBJECT(s);

    memory_region_init_io(&s->bar_ctrl, obj, &snic_ctrl_ops, s,
                          "smartnic-ctrl", SNIC_BAR_CTRL_SIZE);
    memory_region_init_io(&s->bar_adi, obj, &snic_adi_ops, s, "smartnic-adi",
                          pow2ceil((uint64_t)s->num_adis * SNIC_WINDOW_SIZE));
    memory_region_init(&s->bar_msix, obj, "smartnic-msix", SNIC_BAR_MSIX_SIZE);
    memory_region_init_io(&s->fw_io, obj, &snic_fw_ops, s, "smartnic-fw",
                          SNIC_FW_CSR + 4 - SNIC_FW_REQUEST);
    memory_region_add_subregion(&s->bar_msix, SNIC_FW_REQUEST, &s->fw_io);

    pci_register_bar(dev, SNIC_BAR_CTRL, PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->bar_ctrl);
    pci_register_bar(dev, SNIC_BAR_ADI, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &s->bar_adi);
    pci_register_bar(dev, SNIC_BAR_MSIX, PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->bar_msix);
}

/* The units of a function, SNIC_UNITS in all, by its kind. */
static const SnicUnitKind snic_avf_units[] = {
    { SNIC_UNIT_TXQ(0), SNIC_FUNC_QPS, &snic_avf_tx_ops },
    { SNIC_UNIT_RXQ(0), SNIC_FUNC_QPS, &snic_avf_rx_ops },
    { SNIC_UNIT_ATQ, 1, &snic_atq_ops },
    { SNIC_UNIT_ARQ, 1, &snic_arq_ops },
};

static const SnicUnitKind snic_virtio_units[] = {
    { SNIC_UNIT_TXQ(0), SNIC_FUNC_QPS, &snic_vtx_ops },
    { SNIC_UNIT_RXQ(0), SNIC_FUNC_QPS, &snic_vrx_ops },
    { SNIC_UNIT_ATQ, 1, &snic_vctl_ops },
    { SNIC_UNIT_ARQ, 1, &snic_vevent_ops },
};

static const SnicFuncKind snic_func_kinds[SNIC_KINDS] = {
    [SNIC_KIND_AVF] = {
        .units = snic_avf_units,
        .nunits = ARRAY_SIZE(snic_avf_units),
        .msg_unit = SNIC_UNIT_ARQ,
    },
    [SNIC_KIND_VIRTIO] = {
        .virtio = true,
        .units = snic_virtio_units,
        .nunits = ARRAY_SIZE(snic_virtio_units),
        .msg_unit = SNIC_UNIT_ATQ,
        .takes = snic_vctl_takes,
        .stopped = snic_vq_stopped,
    },
};

static const SnicPassOps snic_pass_ops = {
    .begin = snic_mbx_tx_run,
    .end = snic_post_events,
};

static void snic_realize(PCIDevice *dev, Error **errp)
{
    SnicState *s = SMARTNIC(dev);
    unsigned i;

    if (!snic_check_sizes(s, errp)) {
        return;
    }
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    if (!s->serial) {
        s->serial = snic_mac_key(s->conf.macaddr.a);
    }
    dev->config_write = snic_write_config;
    snic_add_bars(s);
    if (!snic_add_caps(s, errp)) {
        return;
    }
    snic_remove_init(s);

    s->kinds = snic_func_kinds;
    s->func = g_new0(SnicFunc, snic_num_funcs(s));
    s->qp = g_new0(SnicQp, s->num_qps);
    for (i = 0; i < snic_num_funcs(s); i++) {
        snic_func_init(s, i);
    }
    snic_sched_init(s, &snic_pass_ops);
    snic_packets_init(s);
    snic_veb_init(s);
    snic_fw_init(s);

    s->nic = qemu_new_nic(&snic_nc_info, &s->conf,
                          object_get_typename(OBJECT(s)), dev->qdev.id,
                          &dev->qdev.mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static void snic_exit(PCIDevice *dev)
{
    SnicState *s = SMARTNIC(dev);
    unsigned i;

    snic_device_reset(s);
    qemu_del_nic(s->nic);
    snic_fw_exit(s);
    snic_veb_exit(s);
    snic_packets_exit(s);
    snic_sched_exit(s);
    for (i = 0; i < snic_num_funcs(s); i++) {
        snic_func_exit(&s->func[i]);
    }
    g_free(s->func);
    g_free(s->qp);
    msix_unuse_all_vectors(dev);
    msix_uninit(dev, &s->bar_msix, &s->bar_msix);
    pcie_aer_exit(dev);
    pcie_cap_exit(dev);
}

static const VMStateDescription snic_vmstate = {
    .name = TYPE_SMARTNIC,
    .unmigratable = 1,
};

static const Property snic_properties[] = {
    DEFINE_NIC_PROPERTIES(SnicState, conf),
    DEFINE_PROP_UINT32("adis", SnicState, num_adis, 256),
    DEFINE_PROP_UINT32("queues", SnicState, num_qps, 1024),
    DEFINE_PROP_UINT32("vectors", SnicState, num_vecs, SNIC_MAX_VECTORS),
    DEFINE_PROP_UINT64("serial", SnicState, serial, 0),
    DEFINE_PROP_BOOL("pasid", SnicState, has_pasid, true),
    DEFINE_PROP_BOOL("x-break-xlat", SnicState, break_xlat, false),
};

static void snic_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    ResettableClass *rc = RESETTABLE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);

    pc->realize = snic_realize;
    pc->exit = snic_exit;
    pc->vendor_id = SNIC_PCI_VENDOR;
    pc->device_id = SNIC_PCI_DEVICE;
    pc->subsystem_vendor_id = SNIC_PCI_SUBVENDOR;
    pc->subsystem_id = SNIC_PCI_SUBDEVICE;
    pc->revision = SNIC_PCI_REVISION;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    rc->phases.hold = snic_reset_hold;
    dc->desc = "SmartNIC with assignable device interfaces";
    dc->vmsd = &snic_vmstate;
    device_class_set_props(dc, snic_properties);
    snic_remove_class_init(class);
    snic_inject_class_init(class);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo snic_info = {
    .name = TYPE_SMARTNIC,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(SnicState),
    .class_init = snic_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void snic_register_types(void)
{
    type_register_static(&snic_info);
}

type_init(snic_register_types)
