// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the modules expect of the kernel, one line each: built before them, this
 * module breaks first when a kernel changed, and the message names what moved.
 * It is never loaded.
 *
 * FUNC(name, result, arguments): an exported function
 * CALL(name, result, arguments): a function that may be inline
 * HAS(struct, member, type): a member of a structure
 * Where kernels of the supported window differ, the probes (../probes) choose.
 */
#include <linux/anon_inodes.h>
#include <linux/ethtool.h>
#include <linux/fs.h>
#include <linux/interval_tree.h>
#include <linux/iova_bitmap.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/mdev.h>

#include <compat/iommu.h>
#include <compat/irq.h>
#include <compat/mm.h>
#include <compat/task.h>
#include <compat/vfio.h>
#include <compat/virtchnl.h>

#define CALL(name, ret, args)						\
	static_assert(__builtin_types_compatible_p(typeof(name), ret args), \
		      #name "() is not what it was")
#define FUNC(name, ret, args)						\
	static_assert(__builtin_types_compatible_p(typeof(name), ret args), \
		      #name "() is not what it was");			\
	static const void * const api_##name __used = name
#define HAS(type, member, is)						\
	static_assert(__builtin_types_compatible_p(typeof_member(struct type, \
								 member), is), \
		      "struct " #type ": " #member " is not what it was")

/* --- mediated devices ------------------------------------------------------- */

FUNC(mdev_register_driver, int, (struct mdev_driver *));
FUNC(mdev_unregister_driver, void, (struct mdev_driver *));
FUNC(mdev_register_parent, int, (struct mdev_parent *, struct device *,
				 struct mdev_driver *, struct mdev_type **,
				 unsigned int));
FUNC(mdev_unregister_parent, void, (struct mdev_parent *));
CALL(mdev_dev, struct device *, (struct mdev_device *));
HAS(mdev_driver, device_api, const char *);
HAS(mdev_driver, probe, int (*)(struct mdev_device *));
HAS(mdev_driver, remove, void (*)(struct mdev_device *));
HAS(mdev_driver, get_available, unsigned int (*)(struct mdev_type *));
HAS(mdev_driver, show_description, ssize_t (*)(struct mdev_type *, char *));
HAS(mdev_driver, driver, struct device_driver);
HAS(mdev_type, sysfs_name, const char *);
HAS(mdev_type, pretty_name, const char *);
HAS(mdev_type, parent, struct mdev_parent *);
HAS(mdev_type, kobj, struct kobject);
HAS(mdev_device, type, struct mdev_type *);
HAS(mdev_device, uuid, guid_t);

/* --- VFIO ------------------------------------------------------------------- */

FUNC(_vfio_alloc_device, struct vfio_device *, (size_t, struct device *,
						const struct vfio_device_ops *));
FUNC(vfio_register_emulated_iommu_dev, int, (struct vfio_device *));
FUNC(vfio_unregister_group_dev, void, (struct vfio_device *));
CALL(vfio_put_device, void, (struct vfio_device *));
FUNC(vfio_dma_rw, int, (struct vfio_device *, dma_addr_t, void *, size_t, bool));
FUNC(vfio_pin_pages, int, (struct vfio_device *, dma_addr_t, int, int,
			   struct page **));
FUNC(vfio_unpin_pages, void, (struct vfio_device *, dma_addr_t, int));
FUNC(vfio_info_add_capability, int, (struct vfio_info_cap *,
				     struct vfio_info_cap_header *, size_t));
FUNC(vfio_info_cap_shift, void, (struct vfio_info_cap *, size_t));
FUNC(vfio_set_irqs_validate_and_prepare, int, (struct vfio_irq_set *, int, int,
					       size_t *));
HAS(vfio_device_ops, release, void (*)(struct vfio_device *));
HAS(vfio_device_ops, open_device, int (*)(struct vfio_device *));
HAS(vfio_device_ops, close_device, void (*)(struct vfio_device *));
HAS(vfio_device_ops, read, ssize_t (*)(struct vfio_device *, char __user *,
				       size_t, loff_t *));
HAS(vfio_device_ops, write, ssize_t (*)(struct vfio_device *,
					const char __user *, size_t, loff_t *));
HAS(vfio_device_ops, ioctl, long (*)(struct vfio_device *, unsigned int,
				     unsigned long));
HAS(vfio_device_ops, mmap, int (*)(struct vfio_device *,
				   struct vm_area_struct *));
HAS(vfio_device_ops, request, void (*)(struct vfio_device *, unsigned int));
HAS(vfio_device_ops, dma_unmap, void (*)(struct vfio_device *, u64, u64));
HAS(vfio_device_ops, device_feature, int (*)(struct vfio_device *, u32, void __user *,
					     size_t));
HAS(vfio_device, migration_flags, unsigned int);
HAS(vfio_device, mig_ops, const struct vfio_migration_ops *);
HAS(vfio_migration_ops, migration_set_state, struct file *(*)(struct vfio_device *,
							      enum vfio_device_mig_state));
HAS(vfio_migration_ops, migration_get_state, int (*)(struct vfio_device *,
						     enum vfio_device_mig_state *));
#ifdef HAVE_VFIO_MIG_DATA_SIZE
HAS(vfio_migration_ops, migration_get_data_size, int (*)(struct vfio_device *,
							 unsigned long *));
#endif
FUNC(vfio_mig_get_next_state, int, (struct vfio_device *, enum vfio_device_mig_state,
				    enum vfio_device_mig_state,
				    enum vfio_device_mig_state *));
CALL(vfio_check_feature, int, (u32, size_t, u32, size_t));
FUNC(anon_inode_getfile, struct file *, (const char *, const struct file_operations *,
					 void *, int));
FUNC(stream_open, int, (struct inode *, struct file *));
#ifdef HAVE_IOVA_BITMAP
CALL(iova_bitmap_set, void, (struct iova_bitmap *, unsigned long, size_t));
HAS(vfio_device, log_ops, const struct vfio_log_ops *);
HAS(vfio_log_ops, log_start, int (*)(struct vfio_device *, struct rb_root_cached *, u32, u64 *));
HAS(vfio_log_ops, log_stop, int (*)(struct vfio_device *));
HAS(vfio_log_ops, log_read_and_clear, int (*)(struct vfio_device *, unsigned long, unsigned long,
					      struct iova_bitmap *));
#endif
#ifdef HAVE_VFIO_REGION_INFO_CAPS_OP
HAS(vfio_device_ops, get_region_info_caps, int (*)(struct vfio_device *,
						   struct vfio_region_info *,
						   struct vfio_info_cap *));
#endif
#ifdef HAVE_VFIO_FREE_DEVICE
FUNC(vfio_free_device, void, (struct vfio_device *));
#endif
#ifdef HAVE_VFIO_EMULATED_IOMMUFD
HAS(vfio_device_ops, bind_iommufd, int (*)(struct vfio_device *,
					   struct iommufd_ctx *, u32 *));
HAS(vfio_device_ops, unbind_iommufd, void (*)(struct vfio_device *));
HAS(vfio_device_ops, attach_ioas, int (*)(struct vfio_device *, u32 *));
#if IS_ENABLED(CONFIG_IOMMUFD)
FUNC(vfio_iommufd_emulated_bind, int, (struct vfio_device *,
				       struct iommufd_ctx *, u32 *));
FUNC(vfio_iommufd_emulated_unbind, void, (struct vfio_device *));
FUNC(vfio_iommufd_emulated_attach_ioas, int, (struct vfio_device *, u32 *));
#endif
#endif
#ifdef HAVE_VFIO_DETACH_IOAS
HAS(vfio_device_ops, detach_ioas, void (*)(struct vfio_device *));
#if IS_ENABLED(CONFIG_IOMMUFD)
FUNC(vfio_iommufd_emulated_detach_ioas, void, (struct vfio_device *));
#endif
#endif
#ifdef HAVE_VFIO_VIRQFD
FUNC(vfio_virqfd_enable, int, (void *, int (*)(void *, void *),
			       void (*)(void *, void *), void *,
			       struct virqfd **, int));
FUNC(vfio_virqfd_disable, void, (struct virqfd **));
#endif
#ifdef HAVE_VFIO_DEVICE_INODE
HAS(vfio_device, inode, struct inode *);
#endif
#ifdef HAVE_VFIO_IOMMUFD_ACCESS
HAS(vfio_device, iommufd_access, struct iommufd_access *);
#endif

/* --- memory ----------------------------------------------------------------- */

FUNC(unmap_mapping_range, void, (struct address_space *, loff_t const,
				 loff_t const, int));
FUNC(vmf_insert_pfn, vm_fault_t, (struct vm_area_struct *, unsigned long,
				  unsigned long));
#ifdef HAVE_VM_FLAGS_SET
CALL(vm_flags_set, void, (struct vm_area_struct *, vm_flags_t));
#endif

/* --- tasks ------------------------------------------------------------------ */

#ifdef HAVE_TASK_WORK_ADD
FUNC(task_work_add, int, (struct task_struct *, struct callback_head *,
			  enum task_work_notify_mode));
#endif

/* --- IOMMU ------------------------------------------------------------------ */

FUNC(iommu_get_domain_for_dev, struct iommu_domain *, (struct device *));
FUNC(iommu_iova_to_phys, phys_addr_t, (struct iommu_domain *, dma_addr_t));
FUNC(iommu_unmap, size_t, (struct iommu_domain *, unsigned long, size_t));
FUNC(iommu_domain_free, void, (struct iommu_domain *));
FUNC(iommu_put_resv_regions, void, (struct device *, struct list_head *));
#ifdef VDCM_PASID_API
FUNC(iommu_map, int, (struct iommu_domain *, unsigned long, phys_addr_t, size_t,
		      int, gfp_t));
FUNC(iommu_detach_device_pasid, void, (struct iommu_domain *, struct device *,
				       ioasid_t));
FUNC(iommu_get_resv_regions, void, (struct device *, struct list_head *));
FUNC(iommu_alloc_global_pasid, ioasid_t, (struct device *));
FUNC(iommu_free_global_pasid, void, (ioasid_t));
CALL(iommu_paging_domain_alloc, struct iommu_domain *, (struct device *));
HAS(dev_iommu, max_pasids, u32);
#ifdef HAVE_IOMMU_ATTACH_PASID_HANDLE
FUNC(iommu_attach_device_pasid, int, (struct iommu_domain *, struct device *,
				      ioasid_t, struct iommu_attach_handle *));
#else
FUNC(iommu_attach_device_pasid, int, (struct iommu_domain *, struct device *,
				      ioasid_t));
#endif
#ifdef HAVE_IOMMU_PAGING_DOMAIN_ALLOC_FLAGS
FUNC(iommu_paging_domain_alloc_flags, struct iommu_domain *, (struct device *,
							      unsigned int));
#endif
#endif /* VDCM_PASID_API */

/* --- the user's memory ------------------------------------------------------ */

CALL(vdcm_get_pages, long, (struct mm_struct *, unsigned long, unsigned long,
			    struct page **));
FUNC(find_vma, struct vm_area_struct *, (struct mm_struct *, unsigned long));
FUNC(mmu_notifier_register, int, (struct mmu_notifier *, struct mm_struct *));
FUNC(mmu_notifier_unregister, void, (struct mmu_notifier *, struct mm_struct *));
HAS(mmu_notifier_ops, invalidate_range_start, int (*)(struct mmu_notifier *,
						      const struct mmu_notifier_range *));
HAS(mmu_notifier_ops, invalidate_range_end, void (*)(struct mmu_notifier *,
						     const struct mmu_notifier_range *));
FUNC(interval_tree_iter_first, struct interval_tree_node *, (struct rb_root_cached *,
							     unsigned long, unsigned long));

/* --- interrupts ------------------------------------------------------------- */

FUNC(eventfd_ctx_fdget, struct eventfd_ctx *, (int));
FUNC(eventfd_ctx_put, void, (struct eventfd_ctx *));
#ifdef HAVE_EVENTFD_SIGNAL_COUNT
CALL(eventfd_signal, __u64, (struct eventfd_ctx *, __u64));
#else
CALL(eventfd_signal, void, (struct eventfd_ctx *));
#endif
FUNC(irq_bypass_unregister_producer, void, (struct irq_bypass_producer *));
#ifdef HAVE_IRQ_BYPASS_EVENTFD
FUNC(irq_bypass_register_producer, int, (struct irq_bypass_producer *,
					 struct eventfd_ctx *, int));
#else
FUNC(irq_bypass_register_producer, int, (struct irq_bypass_producer *));
HAS(irq_bypass_producer, token, void *);
HAS(irq_bypass_producer, irq, int);
#endif
FUNC(pci_irq_vector, int, (struct pci_dev *, unsigned int));
FUNC(pci_free_irq_vectors, void, (struct pci_dev *));
#ifdef HAVE_MSIX_ALLOC_IRQ_AT
FUNC(pci_msix_can_alloc_dyn, bool, (struct pci_dev *));
FUNC(pci_msix_alloc_irq_at, struct msi_map, (struct pci_dev *, unsigned int,
					     const struct irq_affinity_desc *));
FUNC(pci_msix_free_irq, void, (struct pci_dev *, struct msi_map));
#endif

/* --- network ---------------------------------------------------------------- */

CALL(netif_napi_add, void, (struct net_device *, struct napi_struct *,
			    int (*)(struct napi_struct *, int)));
FUNC(napi_build_skb, struct sk_buff *, (void *, unsigned int));
FUNC(napi_complete_done, bool, (struct napi_struct *, int));
HAS(net_device_ops, ndo_start_xmit, netdev_tx_t (*)(struct sk_buff *,
						    struct net_device *));
HAS(net_device_ops, ndo_get_stats64, void (*)(struct net_device *,
					      struct rtnl_link_stats64 *));
HAS(ethtool_ops, get_ringparam, void (*)(struct net_device *,
					 struct ethtool_ringparam *,
					 struct kernel_ethtool_ringparam *,
					 struct netlink_ext_ack *));
CALL(virtchnl_vc_validate_vf_msg, int, (struct virtchnl_version_info *, u32, u8 *,
					u16));

MODULE_DESCRIPTION("The kernel's interfaces that vdcm and smartnic use");
MODULE_LICENSE("GPL");
