/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMA under an identity. The PF's addresses are used as they are. An ADI's are
 * translated page by page, through its table or by the IOMMU under its PASID.
 * A unit probes all memory that it needs before it consumes anything. The
 * access can still fail: a translation may leave the cache and be removed.
 */
#include "core.h"
#include "hw/i386/intel_iommu.h"
#include "hw/i386/x86-iommu.h"
#include "hw/pci/pci_bus.h"
#include "exec/address-spaces.h"

#define MSI_FIRST   0xfee00000ull
#define MSI_LAST    0xfeefffffull

#define PERM_READ   SMNC_XLAT_READ
#define PERM_WRITE  SMNC_XLAT_WRITE
#define PERM_MAPPED 4u

/* RAM only, with the device's requester ID. */
static MemTxAttrs smnc_attrs(SmncState *s)
{
    return (MemTxAttrs) {
        .memory = 1,
        .requester_id = pci_requester_id(&s->parent_obj),
    };
}

bool smnc_pf_dma(SmncState *s, uint64_t addr, void *buf, uint64_t len,
                 bool write)
{
    return pci_dma_rw(&s->parent_obj, addr, buf, len,
                      write ? DMA_DIRECTION_FROM_DEVICE :
                              DMA_DIRECTION_TO_DEVICE,
                      smnc_attrs(s)) == MEMTX_OK;
}

/* --- walks: PERM_* of the page, and where it is ---------------------------------- */

static unsigned smnc_walk_table(SmncState *s, uint64_t root, uint64_t iova,
                                hwaddr *target)
{
    uint64_t table = root & SMNC_XLAT_ADDR, perm = PERM_READ | PERM_WRITE, e;
    int shift;

    for (shift = 39; shift >= 12; shift -= 9) {
        uint64_t at = table + ((iova >> shift) % SMNC_XLAT_ENTRIES) * 8;

        if (!smnc_pf_dma(s, at, &e, sizeof(e), false)) {
            return 0;
        }
        e = le64_to_cpu(e);
        if (!(e & (PERM_READ | PERM_WRITE))) {
            return 0;
        }
        perm &= e;
        table = e & SMNC_XLAT_ADDR;
    }
    *target = table;
    return perm | PERM_MAPPED;
}

static IntelIOMMUState *smnc_vtd(SmncState *s)
{
    if (!s->vtd) {
        s->vtd = (IntelIOMMUState *)
            object_dynamic_cast(OBJECT(x86_iommu_get_default()),
                                TYPE_INTEL_IOMMU_DEVICE);
    }
    return s->vtd;
}

static unsigned smnc_walk_pasid(SmncState *s, uint32_t pasid, uint64_t iova,
                                bool write, hwaddr *target)
{
    PCIDevice *dev = &s->parent_obj;
    IntelIOMMUState *vtd = smnc_vtd(s);
    IOMMUTLBEntry e;

    if (!vtd) {
        return 0;
    }
    pasid &= SMNC_FUNC_PASID_MASK;
    if (!vtd_probe(vtd, pci_get_bus(dev), dev->devfn, pasid, iova, write, &e)) {
        return write && vtd_probe(vtd, pci_get_bus(dev), dev->devfn, pasid,
                                  iova, false, &e) ? PERM_READ | PERM_MAPPED
                                                   : 0;
    }
    *target = (e.translated_addr & ~e.addr_mask) | (iova & e.addr_mask & ~0xfff);
    /* A write makes the page dirty: only a write probe allows writes. */
    return PERM_MAPPED | (e.perm & IOMMU_RO ? PERM_READ : 0) |
           (write ? PERM_WRITE : 0);
}

static bool smnc_pasid_mode(SmncState *s)
{
    return s->xlat_mode == SMNC_XLAT_MODE_PASID;
}

static bool smnc_has_identity(SmncFunc *f)
{
    return smnc_pasid_mode(f->s) ? f->pasid & SMNC_FUNC_PASID_VALID &&
                                   smnc_pasid_enabled(f->s)
                                 : f->xlat & SMNC_FUNC_XLAT_VALID;
}

static unsigned smnc_walk(SmncFunc *f, uint64_t iova, bool write,
                          hwaddr *target)
{
    return smnc_pasid_mode(f->s) ?
           smnc_walk_pasid(f->s, f->pasid, iova, write, target) :
           smnc_walk_table(f->s, f->xlat, iova, target);
}

/* x-break-xlat: what a device without isolation would do. */
static unsigned smnc_walk_broken(SmncFunc *f, uint64_t iova, bool write,
                                 hwaddr *target)
{
    SmncState *s = f->s;
    unsigned i, perm, need = write ? PERM_WRITE : PERM_READ;

    for (i = 1; i < smnc_num_funcs(s); i++) {
        SmncFunc *o = &s->func[i];

        if (o == f || !(o->ctrl & SMNC_FUNC_CTRL_ENABLE) ||
            !smnc_has_identity(o)) {
            continue;
        }
        perm = smnc_walk(o, iova, write, target);
        if (perm & need) {
            return perm;
        }
    }
    return 0;
}

/* --- translation cache ------------------------------------------------------------ */

void smnc_tlb_flush(SmncFunc *f)
{
    f->tlb_gen++;
}

void smnc_tlb_inval(SmncFunc *f, uint64_t iova, uint32_t pages)
{
    uint64_t first = iova / SMNC_PAGE;
    unsigned i;

    if (!pages) {
        smnc_tlb_flush(f);
        return;
    }
    for (i = 0; i < SMNC_TLB; i++) {
        if (f->tlb[i].page - first < pages) {
            f->tlb[i].gen = 0;
        }
    }
}

/*
 * In mode pasid an entry is valid for one pass only: no vCPU can make the
 * IOMMU invalidate anything during a pass.
 */
static uint64_t smnc_tlb_gen(SmncFunc *f)
{
    return smnc_pasid_mode(f->s) ? f->s->run_gen << 32 | (uint32_t)f->tlb_gen
                                 : f->tlb_gen;
}

static unsigned smnc_translate(SmncFunc *f, uint64_t iova, bool write,
                               hwaddr *target)
{
    SmncTlb *t = &f->tlb[iova / SMNC_PAGE % SMNC_TLB];
    unsigned perm, need = write ? PERM_WRITE : PERM_READ;
    uint64_t gen = smnc_tlb_gen(f);

    if (t->gen == gen && t->page == iova / SMNC_PAGE && (t->perm & need)) {
        *target = t->target;
        return t->perm;
    }
    perm = smnc_walk(f, iova, write, target);
    if (!(perm & need)) {
        if (f->s->break_xlat) {
            unsigned other = smnc_walk_broken(f, iova, write, target);

            perm = other ? other : perm;
        }
        return perm;
    }
    *t = (SmncTlb) {
        .page = iova / SMNC_PAGE, .gen = gen, .target = *target, .perm = perm,
    };
    return perm;
}

/* --- DMA of units ------------------------------------------------------------------- */

static bool smnc_refused(SmncFunc *f, uint64_t iova, uint64_t len)
{
    uint64_t last = iova + len - 1;
    /* Only canonical addresses, or guests could fill the IOMMU's log. */
    unsigned bits = SMNC_XLAT_IOVA_BITS - smnc_pasid_mode(f->s);

    return last < iova || last >> bits ||
           (iova <= MSI_LAST && last >= MSI_FIRST) || !smnc_has_identity(f);
}

static uint32_t smnc_piece(uint64_t iova, uint64_t len)
{
    return MIN(len, SMNC_PAGE - iova % SMNC_PAGE);
}

static bool smnc_may(unsigned perm, bool write)
{
    return perm & (write ? PERM_WRITE : PERM_READ);
}

/* The unit cannot access the page, on which it has @perm. */
static void smnc_fault_page(SmncUnit *u, uint64_t iova, uint32_t n, bool write,
                            unsigned perm)
{
    smnc_fault(u, iova, n, (write ? SMNC_FAULT_WRITE : 0) |
                           (perm & PERM_MAPPED ? SMNC_FAULT_PERM : 0));
}

/* True: the whole range may be accessed. False: the unit has faulted. */
bool smnc_dma_probe(SmncUnit *u, uint64_t iova, uint64_t len, bool write)
{
    SmncFunc *f = u->f;
    hwaddr target;

    if (!f->idx || !len) {
        return true;
    }
    if (smnc_refused(f, iova, len)) {
        smnc_count(f, SMNC_STAT_DMA_REFUSED, 1);
        smnc_fault_page(u, iova, smnc_piece(iova, len), write, 0);
        return false;
    }
    while (len) {
        uint32_t n = smnc_piece(iova, len);
        unsigned perm = smnc_translate(f, iova, write, &target);

        if (!smnc_may(perm, write)) {
            smnc_fault_page(u, iova, n, write, perm);
            return false;
        }
        iova += n;
        len -= n;
    }
    return true;
}

static bool smnc_dma_page(SmncState *s, hwaddr target, uint8_t *buf, uint32_t n,
                          bool write)
{
    if (!smnc_pasid_mode(s)) {
        return smnc_pf_dma(s, target, buf, n, write);
    }
    smp_mb();
    return address_space_rw(&address_space_memory, target, smnc_attrs(s), buf,
                            n, write) == MEMTX_OK;
}

/* Not recoverable by the guest. */
static bool smnc_dma_error(SmncUnit *u)
{
    smnc_guest_error(u->f, "function %u unit %u: DMA error\n", u->f->idx,
                     u->idx);
    smnc_unit_fail(u);
    smnc_pf_event(u->f->s, SMNC_ICR_ERR);
    return false;
}

/*
 * The range was probed. A translation that was lost since then is a fault. If
 * the access is @final, the unit cannot repeat its work and fails instead.
 */
static bool smnc_dma_rw(SmncUnit *u, uint64_t iova, uint8_t *buf, uint64_t len,
                        bool write, bool final)
{
    SmncFunc *f = u->f;
    hwaddr target;

    if (!f->idx) {
        return smnc_pf_dma(f->s, iova, buf, len, write) || smnc_dma_error(u);
    }
    while (len) {
        uint32_t n = smnc_piece(iova, len);
        unsigned perm = smnc_translate(f, iova, write, &target);

        if (!smnc_may(perm, write) && !final) {
            smnc_fault_page(u, iova, n, write, perm);
            return false;
        }
        if (!smnc_may(perm, write) ||
            !smnc_dma_page(f->s, target | iova % SMNC_PAGE, buf, n, write)) {
            return smnc_dma_error(u);
        }
        iova += n;
        buf += n;
        len -= n;
    }
    return true;
}

bool smnc_dma_read(SmncUnit *u, uint64_t iova, void *buf, uint64_t len)
{
    return smnc_dma_rw(u, iova, buf, len, false, false);
}

bool smnc_dma_write(SmncUnit *u, uint64_t iova, const void *buf, uint64_t len)
{
    return smnc_dma_rw(u, iova, (void *)buf, len, true, false);
}

/* The write-back of finished work; the range was probed just before. */
bool smnc_dma_finish(SmncUnit *u, uint64_t iova, const void *buf, uint64_t len)
{
    return smnc_dma_rw(u, iova, (void *)buf, len, true, true);
}

/* All of the buffers, one behind the other, into @out. */
bool smnc_dma_gather(SmncUnit *u, const SmncBuf *buf, unsigned n, uint8_t *out)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        if (!smnc_dma_probe(u, buf[i].addr, buf[i].len, false)) {
            return false;
        }
    }
    for (i = 0; i < n; i++) {
        if (!smnc_dma_read(u, buf[i].addr, out, buf[i].len)) {
            return false;
        }
        out += buf[i].len;
    }
    return true;
}
