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

static void smnc_reset_hold(Object *obj, ResetType type)
{
    SmncState *s = SMARTNIC(obj);

    if (s->has_pasid) {
        pci_set_word(s->parent_obj.config + SMNC_ECAP_PASID + PCI_PASID_CTRL,
                     0);
    }
    pcie_cap_deverr_reset(&s->parent_obj);
    smnc_set_silent(s, false);
    smnc_device_reset(s);
}

/* --- configuration space ------------------------------------------------------ */

static void smnc_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                              int len)
{
    SmncState *s = SMARTNIC(dev);
    bool could = smnc_live(s);

    if (s->removed || s->silent) {
        return;
    }
    pci_default_write_config(dev, addr, val, len);
    pcie_aer_write_config(dev, addr, val, len);
    pcie_cap_flr_write_config(dev, addr, val, len);
    smnc_vpd_write_config(s, addr, len);
    if (!could && smnc_live(s)) {
        smnc_kick_all(s);
    }
}

static int smnc_add_pm(PCIDevice *dev, Error **errp)
{
    int ret = pci_pm_init(dev, SMNC_CAP_PM, errp);

    if (ret < 0) {
        return ret;
    }
    pci_set_word(dev->config + ret + PCI_PM_PMC, PCI_PM_CAP_VER_1_1);
    pci_set_word(dev->config + ret + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(dev->wmask + ret + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return 0;
}

static void smnc_add_pasid(PCIDevice *dev)
{
    pcie_add_capability(dev, PCI_EXT_CAP_ID_PASID, 1, SMNC_ECAP_PASID,
                        PCI_EXT_CAP_PASID_SIZEOF);
    pci_set_word(dev->config + SMNC_ECAP_PASID + PCI_PASID_CAP,
                 SMNC_PASID_WIDTH << 8);
    pci_set_word(dev->wmask + SMNC_ECAP_PASID + PCI_PASID_CTRL,
                 PCI_PASID_CTRL_ENABLE);
}

/*
 * Header 1 and 2, then supported page sizes, system page size (writable), and
 * capabilities, none of which the device has: no IMS.
 */
static void smnc_add_siov(PCIDevice *dev)
{
    uint8_t *cap = dev->config + SMNC_ECAP_SIOV;

    pcie_add_capability(dev, PCI_EXT_CAP_ID_DVSEC, 1, SMNC_ECAP_SIOV,
                        DVSEC_SIZE);
    pci_set_long(cap + PCI_DVSEC_HEADER1,
                 DVSEC_SIZE << 20 | PCI_VENDOR_ID_INTEL);
    pci_set_word(cap + PCI_DVSEC_HEADER2, DVSEC_ID_SIOV);
    pci_set_long(cap + 0x0c, SYSTEM_PAGE_4K);
    pci_set_long(cap + 0x10, SYSTEM_PAGE_4K);
}

static bool smnc_add_caps(SmncState *s, Error **errp)
{
    PCIDevice *dev = &s->parent_obj;
    int i, ret;

    if (smnc_add_pm(dev, errp) < 0) {
        return false;
    }
    ret = pcie_endpoint_cap_init(dev, SMNC_CAP_PCIE);
    if (ret < 0) {
        error_setg(errp, "no PCI Express capability: the device needs a PCI "
                   "Express slot");
        return false;
    }
    pcie_cap_flr_init(dev);
    pcie_cap_deverr_init(dev);
    if (msix_init(dev, s->num_vecs, &s->bar_msix, SMNC_BAR_MSIX,
                  SMNC_MSIX_TABLE, &s->bar_msix, SMNC_BAR_MSIX,
                  SMNC_MSIX_PBA, SMNC_CAP_MSIX, errp) < 0) {
        return false;
    }
    for (i = 0; i < s->num_vecs; i++) {
        msix_vector_use(dev, i);
    }
    if (smnc_vpd_init(s, errp) < 0 ||
        pcie_aer_init(dev, PCI_ERR_VER, SMNC_ECAP_AER, PCI_ERR_SIZEOF,
                      errp) < 0) {
        return false;
    }
    if (s->has_pasid) {
        smnc_add_pasid(dev);
    }
    smnc_add_siov(dev);
    return true;
}

/* --- network -------------------------------------------------------------------- */

static bool smnc_nc_can_receive(NetClientState *nc)
{
    return true;    /* one full queue must not hold up the other functions */
}

static ssize_t smnc_nc_receive_iov(NetClientState *nc, const struct iovec *iov,
                                   int n)
{
    SmncState *s = qemu_get_nic_opaque(nc);

    if (!s->removed && !s->silent) {
        smnc_veb_receive(s, iov, n);
    }
    return iov_size(iov, n);
}

static ssize_t smnc_nc_receive(NetClientState *nc, const uint8_t *buf,
                               size_t size)
{
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = size };

    return smnc_nc_receive_iov(nc, &iov, 1);
}

static void smnc_nc_link(NetClientState *nc)
{
    smnc_pf_event(qemu_get_nic_opaque(nc), SMNC_ICR_LINK);
}

static NetClientInfo smnc_nc_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = smnc_nc_can_receive,
    .receive = smnc_nc_receive,
    .receive_iov = smnc_nc_receive_iov,
    .link_status_changed = smnc_nc_link,
};

/* --- life ------------------------------------------------------------------------ */

static bool smnc_check_sizes(SmncState *s, Error **errp)
{
    if (!s->num_adis || s->num_adis > SMNC_MAX_ADIS ||
        !s->num_qps || s->num_qps > SMNC_MAX_QPS ||
        !s->num_vecs || s->num_vecs > SMNC_MAX_VECTORS) {
        error_setg(errp, "adis must be 1..%d, queues 1..%d, vectors 1..%d",
                   SMNC_MAX_ADIS, SMNC_MAX_QPS, SMNC_MAX_VECTORS);
        return false;
    }
    return true;
}

static void smnc_add_bars(SmncState *s)
{
    PCIDevice *dev = &s->parent_obj;
    Object *obj = OBJECT(s);

    memory_region_init_io(&s->bar_ctrl, obj, &smnc_ctrl_ops, s,
                          "smartnic-ctrl", SMNC_BAR_CTRL_SIZE);
    memory_region_init_io(&s->bar_adi, obj, &smnc_adi_ops, s, "smartnic-adi",
                          pow2ceil((uint64_t)s->num_adis * SMNC_WINDOW_SIZE));
    memory_region_init(&s->bar_msix, obj, "smartnic-msix", SMNC_BAR_MSIX_SIZE);
    memory_region_init_io(&s->fw_io, obj, &smnc_fw_ops, s, "smartnic-fw",
                          SMNC_FW_CSR + 4 - SMNC_FW_REQUEST);
    memory_region_add_subregion(&s->bar_msix, SMNC_FW_REQUEST, &s->fw_io);

    pci_register_bar(dev, SMNC_BAR_CTRL, PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->bar_ctrl);
    pci_register_bar(dev, SMNC_BAR_ADI, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &s->bar_adi);
    pci_register_bar(dev, SMNC_BAR_MSIX, PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &s->bar_msix);
}

/* The units of a function, SMNC_UNITS in all, by its kind. */
static const SmncUnitKind smnc_avf_units[] = {
    { SMNC_UNIT_TXQ(0), SMNC_FUNC_QPS, &smnc_avf_tx_ops },
    { SMNC_UNIT_RXQ(0), SMNC_FUNC_QPS, &smnc_avf_rx_ops },
    { SMNC_UNIT_ATQ, 1, &smnc_atq_ops },
    { SMNC_UNIT_ARQ, 1, &smnc_arq_ops },
};

static const SmncUnitKind smnc_virtio_units[] = {
    { SMNC_UNIT_TXQ(0), SMNC_FUNC_QPS, &smnc_vtx_ops },
    { SMNC_UNIT_RXQ(0), SMNC_FUNC_QPS, &smnc_vrx_ops },
    { SMNC_UNIT_ATQ, 1, &smnc_vctl_ops },
    { SMNC_UNIT_ARQ, 1, &smnc_vevent_ops },
};

static const SmncFuncKind smnc_func_kinds[SMNC_KINDS] = {
    [SMNC_KIND_AVF] = {
        .units = smnc_avf_units,
        .nunits = ARRAY_SIZE(smnc_avf_units),
        .msg_unit = SMNC_UNIT_ARQ,
        .state = &smnc_avf_state,
    },
    [SMNC_KIND_VIRTIO] = {
        .virtio = true,
        .units = smnc_virtio_units,
        .nunits = ARRAY_SIZE(smnc_virtio_units),
        .msg_unit = SMNC_UNIT_ATQ,
        .takes = smnc_vctl_takes,
        .spread = smnc_vq_spread,
        .stopped = smnc_vq_stopped,
        .state = &smnc_virtio_state,
    },
};

static bool smnc_pass_begin(SmncState *s)
{
    smnc_state_run(s);
    return smnc_mbx_tx_run(s);
}

static const SmncPassOps smnc_pass_ops = {
    .begin = smnc_pass_begin,
    .end = smnc_post_events,
};

static void smnc_realize(PCIDevice *dev, Error **errp)
{
    SmncState *s = SMARTNIC(dev);
    unsigned i;

    if (!smnc_check_sizes(s, errp)) {
        return;
    }
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    if (!s->serial) {
        s->serial = smnc_mac_key(s->conf.macaddr.a);
    }
    dev->config_write = smnc_write_config;
    smnc_add_bars(s);
    if (!smnc_add_caps(s, errp)) {
        return;
    }
    smnc_remove_init(s);

    s->kinds = smnc_func_kinds;
    s->func = g_new0(SmncFunc, smnc_num_funcs(s));
    s->qp = g_new0(SmncQp, s->num_qps);
    for (i = 0; i < smnc_num_funcs(s); i++) {
        smnc_func_init(s, i);
    }
    smnc_sched_init(s, &smnc_pass_ops);
    smnc_packets_init(s);
    smnc_veb_init(s);
    smnc_fw_init(s);

    s->nic = qemu_new_nic(&smnc_nc_info, &s->conf,
                          object_get_typename(OBJECT(s)), dev->qdev.id,
                          &dev->qdev.mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static void smnc_exit(PCIDevice *dev)
{
    SmncState *s = SMARTNIC(dev);
    unsigned i;

    smnc_device_reset(s);
    qemu_del_nic(s->nic);
    smnc_fw_exit(s);
    smnc_veb_exit(s);
    smnc_packets_exit(s);
    smnc_sched_exit(s);
    for (i = 0; i < smnc_num_funcs(s); i++) {
        smnc_func_exit(&s->func[i]);
    }
    g_free(s->func);
    g_free(s->qp);
    msix_unuse_all_vectors(dev);
    msix_uninit(dev, &s->bar_msix, &s->bar_msix);
    pcie_aer_exit(dev);
    pcie_cap_exit(dev);
}

static const VMStateDescription smnc_vmstate = {
    .name = TYPE_SMARTNIC,
    .unmigratable = 1,
};

static const Property smnc_properties[] = {
    DEFINE_NIC_PROPERTIES(SmncState, conf),
    DEFINE_PROP_UINT32("adis", SmncState, num_adis, 256),
    DEFINE_PROP_UINT32("queues", SmncState, num_qps, 1024),
    DEFINE_PROP_UINT32("vectors", SmncState, num_vecs, SMNC_MAX_VECTORS),
    DEFINE_PROP_UINT64("serial", SmncState, serial, 0),
    DEFINE_PROP_BOOL("pasid", SmncState, has_pasid, true),
    DEFINE_PROP_BOOL("x-break-xlat", SmncState, break_xlat, false),
};

static void smnc_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    ResettableClass *rc = RESETTABLE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);

    pc->realize = smnc_realize;
    pc->exit = smnc_exit;
    pc->vendor_id = SMNC_PCI_VENDOR;
    pc->device_id = SMNC_PCI_DEVICE;
    pc->subsystem_vendor_id = SMNC_PCI_SUBVENDOR;
    pc->subsystem_id = SMNC_PCI_SUBDEVICE;
    pc->revision = SMNC_PCI_REVISION;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    rc->phases.hold = smnc_reset_hold;
    dc->desc = "SmartNIC with assignable device interfaces";
    dc->vmsd = &smnc_vmstate;
    device_class_set_props(dc, smnc_properties);
    smnc_remove_class_init(class);
    smnc_inject_class_init(class);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo smnc_info = {
    .name = TYPE_SMARTNIC,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(SmncState),
    .class_init = smnc_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void smnc_register_types(void)
{
    type_register_static(&smnc_info);
}

type_init(smnc_register_types)
