/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SmartNIC device model: the state, and what the files of the model call in
 * one another. docs/hardware.md says what all of it means.
 */
#ifndef SNIC_INT_H
#define SNIC_INT_H

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "hw/pci/pci_device.h"
#include "net/net.h"
#include "regs.h"
#include "messages.h"

#define TYPE_SMARTNIC "smartnic"
OBJECT_DECLARE_SIMPLE_TYPE(SnicState, SMARTNIC)

#define SNIC_FRAME_MAX      9728        /* MAX_FRAME: bytes without FCS */
#define SNIC_LINK_MBPS      10000
#define SNIC_TSO_MAX        (65536 + 1024)  /* payload and headers */
#define SNIC_MSS_MIN        64
#define SNIC_MSS_MAX        9668
#define SNIC_FIFO           64          /* frames held for one RX queue */
#define SNIC_FIFO_PATIENCE  (20 * SCALE_MS)
#define SNIC_FUNC_MSGS      64          /* undelivered PF messages */
#define SNIC_TLB            64
#define SNIC_PAGE           4096u

typedef struct SnicFunc SnicFunc;

/* --- frames ---------------------------------------------------------------- */

/* What is known about a frame's checksums. */
#define SNIC_CSUM_L3        0x01        /* IPv4 header was checked */
#define SNIC_CSUM_L3_BAD    0x02
#define SNIC_CSUM_L4        0x04
#define SNIC_CSUM_L4_BAD    0x08

typedef struct SnicFrame {
    uint32_t refs;
    uint32_t len;
    /* Header offsets of the checksums the sender's offload made; 0: none. */
    uint16_t l3_made, l4_made;
    uint8_t l4_made_proto;
    /* Results of snic_frame_parse() */
    bool parsed;
    uint8_t ptype;
    uint8_t csum;
    uint64_t pctypes;                   /* virtchnl HENA bits that fit */
    uint16_t rss_len;
    uint8_t rss[36];
    uint8_t data[];                     /* even: QEMU reads its 16-bit words */
} SnicFrame;

/* --- packets ----------------------------------------------------------------- */

typedef struct SnicBuf {
    uint64_t addr;                      /* IOVA */
    uint32_t len;
} SnicBuf;

enum snic_l3 { SNIC_L3_NONE, SNIC_L3_IPV4, SNIC_L3_IPV4_CSUM, SNIC_L3_IPV6 };
enum snic_l4 { SNIC_L4_NONE, SNIC_L4_TCP, SNIC_L4_UDP, SNIC_L4_SCTP };

/* A packet in memory that a unit sends, and the offloads that it asks for. */
typedef struct SnicPkt {
    uint32_t total;                     /* bytes */
    uint8_t l3_kind, l4_kind;           /* enum snic_l3, enum snic_l4 */
    bool tso;
    uint32_t mss;
    uint32_t l2, l3, l4;                /* header lengths */
    unsigned nbufs;
    SnicBuf buf[SNIC_Q_MAX_TX_DESCS];
} SnicPkt;

/* --- units, queues, vectors, mailboxes of a function ------------------------ */

enum snic_wait {
    SNIC_IDLE, SNIC_RUN, SNIC_WAIT_ROOM, SNIC_WAIT_MBX, SNIC_WAIT_RATE
};
enum snic_fault_state { SNIC_NO_FAULT, SNIC_FAULT_QUEUED, SNIC_FAULT_POSTED };

typedef struct SnicUnit SnicUnit;

/* What a kind of unit does. */
typedef struct SnicUnitOps {
    bool (*pending)(SnicUnit *u);       /* it has something to do */
    void (*serve)(SnicUnit *u);         /* do a turn of it; only if pending */
    void (*fail)(SnicUnit *u);          /* stop, until the driver sets it up again */
} SnicUnitOps;

/* The units from @first on, @n of them, are of one kind. */
typedef struct SnicUnitKind {
    uint8_t first, n;
    const SnicUnitOps *ops;
} SnicUnitKind;

/* Anything that does DMA for a function, one at a time: SNIC_UNIT_*. */
struct SnicUnit {
    SnicFunc *f;
    const SnicUnitOps *ops;
    uint8_t idx;
    uint8_t on;                         /* enum snic_wait: the list it is on */
    uint8_t fault;                      /* enum snic_fault_state */
    uint8_t fault_flags;
    uint32_t fault_len;
    uint64_t fault_addr;
    bool rate_waited;                   /* counted in RATE_WAITS already */
    uint64_t served;                    /* when it sent last, in packets */
    QTAILQ_ENTRY(SnicUnit) link;        /* by @on */
    QTAILQ_ENTRY(SnicUnit) fault_link;  /* while the record waits for room */
};

typedef QTAILQ_HEAD(, SnicUnit) SnicUnitList;

typedef struct SnicPatience {
    int64_t used, at;                   /* ns; as of then */
    bool held;                          /* it is being used */
} SnicPatience;

typedef struct SnicQueue {
    uint64_t base;
    uint32_t len, ctl, intr, head, bufsz, maxframe;
    uint32_t seg;                       /* TX only: segments at HEAD that left */
    SnicPatience patience;              /* TX only: with receivers */
    /* RX only: frames that wait */
    SnicFrame **fifo;
    unsigned fifo_first, fifo_used;
    int64_t fifo_since;                 /* not empty since */
} SnicQueue;

typedef struct SnicQp {
    SnicFunc *f;                        /* NULL: unmapped */
    uint8_t q;
    SnicQueue tx, rx;
} SnicQp;

enum snic_cause_state {
    SNIC_NO_CAUSE, SNIC_CAUSE_QUEUED, SNIC_CAUSE_POSTED, SNIC_CAUSE_AGAIN
};

typedef struct SnicVector {
    SnicFunc *f;
    uint8_t idx;
    bool enabled, pending;
    uint8_t itrs;                       /* ITR indices of what is pending */
    uint8_t cause;                      /* enum snic_cause_state */
    uint32_t dyn;                       /* what DYN_CTL reads besides INTENA */
    uint32_t map;
    uint16_t itr[3];
    int64_t sent;
    QEMUTimer *timer;
    QTAILQ_ENTRY(SnicVector) link;      /* SNIC_CAUSE_QUEUED */
} SnicVector;

typedef struct SnicAq {
    uint32_t bal, bah, len, head, tail;
    uint64_t base;                      /* read when the tail was written */
    bool armed;                         /* a tail was written since LEN */
} SnicAq;

typedef struct SnicMsg {
    QSIMPLEQ_ENTRY(SnicMsg) next;
    uint32_t cookie_high, cookie_low;
    uint16_t len;
    uint8_t data[];
} SnicMsg;

typedef struct SnicTlb {
    uint64_t page, gen;
    hwaddr target;
    uint8_t perm;
} SnicTlb;

typedef struct SnicRate {
    int64_t free;                       /* the next packet may leave then */
    uint32_t rest;                      /* of a nanosecond, by the rate */
    uint64_t serial;                    /* packets sent */
    SnicUnitList wait;                  /* least recently served first */
    QEMUTimer *timer;
} SnicRate;

typedef struct SnicVsi {
    uint16_t flags;
    uint32_t port;                      /* SNIC_PORT_*, 0: no port VLAN */
    uint8_t vids[SNIC_VIDS / 8], staged[SNIC_VIDS / 8]; /* VLAN table */
    uint32_t tx_rate;                   /* Mb/s, 0: no limit */
    uint8_t nmacs;
    uint64_t macs[SNIC_FW_MACS_PER_VSI];
    uint8_t key[SNIC_RSS_KEY_BYTES];
    uint8_t lut[SNIC_RSS_LUT_ENTRIES];
    uint64_t hashcfg;
} SnicVsi;

struct SnicFunc {
    SnicState *s;
    uint16_t idx;
    uint32_t ctrl;
    uint32_t pasid;
    uint32_t rstat;
    uint32_t itr_min;                   /* 2 us */
    uint64_t xlat, inval;
    uint32_t qmap[SNIC_FUNC_QPS];
    uint32_t tx_tail[SNIC_FUNC_QPS], rx_tail[SNIC_FUNC_QPS];
    SnicUnit unit[SNIC_UNITS];
    SnicVector vec[SNIC_FUNC_VECS];
    uint32_t icr01, ena1;
    SnicAq atq, arq;
    QSIMPLEQ_HEAD(, SnicMsg) msgs;
    unsigned nmsgs;
    SnicVsi vsi;
    SnicRate rate;
    SnicPatience patience;              /* of those who send to it */
    uint64_t stats[SNIC_STAT_COUNT];
    uint64_t tlb_gen;
    SnicTlb tlb[SNIC_TLB];
};

/* --- the PF's rings ---------------------------------------------------------- */

enum { SNIC_R_FAULT, SNIC_R_CAUSE, SNIC_R_TX, SNIC_R_RX, SNIC_RINGS };

typedef struct SnicRing {
    uint64_t base;
    uint32_t len, head, tail;
    bool on;
    uint32_t *shadow;                   /* event rings: who stands in a slot */
} SnicRing;

typedef struct SnicMac {
    uint64_t mac;                       /* key */
    GArray *vsis;                       /* uint16_t; one of a unicast address */
} SnicMac;

/* What a pass does for the PF, around the turns of the units. */
typedef struct SnicPassOps {
    bool (*begin)(SnicState *s);        /* true: another pass is needed */
    void (*end)(SnicState *s);
} SnicPassOps;

/* --- faults for tests ---------------------------------------------------------- */

enum snic_fw_fault {
    SNIC_FW_FINE, SNIC_FW_LATE, SNIC_FW_LOST, SNIC_FW_ERROR, SNIC_FW_HANGS
};

#define SNIC_IGNORES_RESET      0x1
#define SNIC_IGNORES_DISABLE    0x2
#define SNIC_IGNORES_QUEUES     0x4
#define SNIC_IGNORES_QUIESCE    0x8

typedef struct SnicInject {
    enum snic_fw_fault fw;              /* of the next answer to @fw_op, 0: any */
    unsigned fw_op, fw_late_ms;
    unsigned func, ignores;             /* SNIC_IGNORES_* */
} SnicInject;

struct SnicState {
    PCIDevice parent_obj;

    /* properties */
    NICConf conf;
    uint32_t num_adis, num_qps, num_vecs;
    uint64_t serial;
    bool has_pasid;
    bool break_xlat;

    NICState *nic;
    MemoryRegion bar_ctrl, bar_adi, bar_msix, fw_io;
    bool removed, slot_told;
    bool silent;                        /* as removed, but still in its slot */
    SnicInject inject;
    MemoryRegion gone[3];               /* cover the BARs then */
    SnicFunc *func;                     /* num_adis + 1 */
    SnicQp *qp;
    unsigned adis_enabled;

    uint32_t xlat_mode;
    uint32_t icr, icr_mask, intvec[4];
    uint32_t icr_unsent;                /* events while it could not signal */
    SnicRing ring[SNIC_RINGS];
    uint32_t fault_seq;

    /* the engine */
    QEMUBH *bh;
    const SnicPassOps *pass;
    bool running;
    int credit;                         /* what this pass may still do */
    uint64_t run_gen;                   /* counts passes */
    SnicUnitList run, wait_room, wait_mbx, faults;
    QTAILQ_HEAD(, SnicVector) causes;
    QEMUTimer *room_timer;
    struct NetRxPkt *parser;
    uint8_t *txbuf;
    struct IntelIOMMUState *vtd;

    /* firmware and switch */
    QEMUBH *fw_bh;
    QEMUTimer *fw_timer;                /* of an answer that is late */
    bool fw_held;                       /* the request is not answered yet, or never */
    uint32_t fw_csr;
    uint8_t fw_req[SNIC_FW_MSG_BYTES], fw_reply[SNIC_FW_MSG_BYTES];
    GHashTable *macs;
    GArray *active, *uc_promisc, *mc_promisc;   /* VSI numbers */
    int default_vsi;                            /* -1: none */
};

static inline unsigned snic_num_funcs(SnicState *s)
{
    return s->num_adis + 1;
}

/* May it do DMA and send interrupts? Bus master, in D0, and there. */
static inline bool snic_live(SnicState *s)
{
    const uint8_t *config = s->parent_obj.config;

    return !s->removed && !s->silent &&
           (pci_get_word(config + PCI_COMMAND) & PCI_COMMAND_MASTER) &&
           !(pci_get_word(config + SNIC_CAP_PM + PCI_PM_CTRL) &
             PCI_PM_CTRL_STATE_MASK);
}

static inline bool snic_pasid_enabled(SnicState *s)
{
    return s->has_pasid &&
           (pci_get_word(s->parent_obj.config + SNIC_ECAP_PASID +
                         PCI_PASID_CTRL) & PCI_PASID_CTRL_ENABLE);
}

static inline bool snic_link_up(SnicState *s)
{
    NetClientState *nc = qemu_get_queue(s->nic);

    return nc->peer && !nc->link_down;
}

/* Its units may start: enabled, bus master, not to be quiet. */
static inline bool snic_func_runs(SnicFunc *f)
{
    return (f->ctrl & (SNIC_FUNC_CTRL_ENABLE | SNIC_FUNC_CTRL_DMA |
                       SNIC_FUNC_CTRL_QUIESCE)) ==
           (SNIC_FUNC_CTRL_ENABLE | SNIC_FUNC_CTRL_DMA) &&
           snic_live(f->s);
}

/* Queue @q's queue pair, or NULL. */
static inline SnicQp *snic_func_qp(SnicFunc *f, unsigned q)
{
    return f->qmap[q] & SNIC_QMAP_VALID ?
           &f->s->qp[f->qmap[q] & SNIC_QMAP_QP] : NULL;
}

/* A test's injected fault makes the function ignore @what, SNIC_IGNORES_*. */
static inline bool snic_ignores(SnicFunc *f, unsigned what)
{
    return f->s->inject.ignores & what && f->s->inject.func == f->idx;
}

static inline void snic_count(SnicFunc *f, enum snic_stat stat, uint64_t n)
{
    f->stats[stat] += n;
}

/* One line per device and second at most, whatever guests do. */
#define snic_guest_error(s, ...) \
    do { \
        static int64_t snic_last_; \
        int64_t snic_now_ = qemu_clock_get_ms(QEMU_CLOCK_REALTIME); \
        if (snic_now_ - snic_last_ >= 1000) { \
            snic_last_ = snic_now_; \
            qemu_log_mask(LOG_GUEST_ERROR, "smartnic: " __VA_ARGS__); \
        } \
    } while (0)

/* reset.c */
void snic_device_reset(SnicState *s);
void snic_kick_all(SnicState *s);

/* remove.c */
void snic_remove_init(SnicState *s);
void snic_remove_class_init(ObjectClass *class);
void snic_set_silent(SnicState *s, bool silent);

/* inject.c */
void snic_inject_class_init(ObjectClass *class);

/* vpd.c */
int snic_vpd_init(SnicState *s, Error **errp);
void snic_vpd_write_config(SnicState *s, uint32_t addr, int len);

/* regs.c */
extern const MemoryRegionOps snic_ctrl_ops, snic_adi_ops;

/* window.c */
uint32_t snic_window_read(SnicFunc *f, uint32_t off);
void snic_window_write(SnicFunc *f, uint32_t off, uint32_t val);

/* func.c */
void snic_func_init(SnicState *s, unsigned idx, const SnicUnitKind *kinds,
                    unsigned nkinds);
void snic_func_exit(SnicFunc *f);
void snic_func_reset(SnicFunc *f);
void snic_func_wipe(SnicFunc *f);
void snic_func_kick(SnicFunc *f);
uint32_t snic_func_read(SnicFunc *f, uint32_t off);
void snic_func_write(SnicFunc *f, uint32_t off, uint32_t val);

/* queue.c */
uint32_t snic_qp_read(SnicState *s, uint32_t off);
void snic_qp_write(SnicState *s, uint32_t off, uint32_t val);
void snic_qp_clear(SnicQp *qp);
void snic_qp_disable(SnicQp *qp, bool rx);
void snic_qp_map(SnicFunc *f, unsigned q, uint32_t val);
void snic_tail_write(SnicFunc *f, unsigned q, bool rx, uint32_t val);
void snic_queue_fail(SnicUnit *u, unsigned reason);

static inline bool snic_queue_active(const SnicQueue *q)
{
    return q->ctl & SNIC_Q_CTL_ACTIVE;
}

/* intr.c */
void snic_vec_raise(SnicFunc *f, unsigned vec, unsigned itr);
void snic_queue_raise(SnicFunc *f, uint32_t intr);
void snic_vec_try(SnicVector *v);
void snic_vec_write_ctl(SnicVector *v, uint32_t val);
uint32_t snic_vec_read_ctl(SnicVector *v);
void snic_vec_reset(SnicVector *v);
void snic_mbx_event(SnicFunc *f);
uint32_t snic_icr01_read(SnicFunc *f);
void snic_ena1_write(SnicFunc *f, uint32_t val);
void snic_pf_event(SnicState *s, uint32_t icr);
void snic_signal_all(SnicState *s);

/* ring.c */
uint32_t snic_ring_read(SnicState *s, unsigned ring, uint32_t off);
void snic_ring_write(SnicState *s, unsigned ring, uint32_t off, uint32_t val);
void snic_ring_fail(SnicState *s, unsigned ring);
void snic_rings_reset(SnicState *s);
void snic_post_events(SnicState *s);

static inline uint32_t snic_ring_avail(const SnicRing *r)
{
    return r->tail >= r->head ? r->tail - r->head : r->len - r->head + r->tail;
}

/* mailbox.c */
uint32_t snic_aq_read(SnicFunc *f, uint32_t off);
void snic_aq_write(SnicFunc *f, uint32_t off, uint32_t val);
void snic_aq_reset(SnicFunc *f);
extern const SnicUnitOps snic_atq_ops, snic_arq_ops;
bool snic_mbx_tx_run(SnicState *s);

/* sched.c */
void snic_sched_init(SnicState *s, const SnicPassOps *pass);
void snic_sched_exit(SnicState *s);
void snic_kick(SnicUnit *u);
void snic_kick_device(SnicState *s);
void snic_wake_room(SnicState *s);
void snic_wake_mbx(SnicState *s);
void snic_wake_rate(SnicFunc *f);
void snic_unit_cancel(SnicUnit *u);
void snic_unit_wait(SnicUnit *u, enum snic_wait on);
void snic_unit_fail(SnicUnit *u);
void snic_unit_run(SnicUnit *u);
void snic_fault(SnicUnit *u, uint64_t addr, uint32_t len, uint8_t flags);
void snic_fault_resp(SnicState *s, uint32_t val);

/* dma.c: snic_dma_*() say false when the unit must not go on */
bool snic_pf_dma(SnicState *s, uint64_t addr, void *buf, uint64_t len,
                 bool write);
bool snic_dma_probe(SnicUnit *u, uint64_t iova, uint64_t len, bool write);
bool snic_dma_read(SnicUnit *u, uint64_t iova, void *buf, uint64_t len);
bool snic_dma_write(SnicUnit *u, uint64_t iova, const void *buf, uint64_t len);
bool snic_dma_finish(SnicUnit *u, uint64_t iova, const void *buf, uint64_t len);
bool snic_dma_gather(SnicUnit *u, const SnicBuf *buf, unsigned n, uint8_t *out);
void snic_tlb_flush(SnicFunc *f);
void snic_tlb_inval(SnicFunc *f, uint64_t iova, uint32_t pages);

/* frame.c */
SnicFrame *snic_frame_new(uint32_t len);
void snic_frame_put(SnicFrame *frame);
void snic_frame_parse(SnicState *s, SnicFrame *frame);
bool snic_frame_hash(const SnicFrame *frame, SnicVsi *vsi, uint32_t *hash);
void snic_packets_init(SnicState *s);
void snic_packets_exit(SnicState *s);

/* offload.c */
bool snic_pkt_ok(const SnicPkt *p);
unsigned snic_pkt_segments(const SnicPkt *p);
uint32_t snic_pkt_bytes(const SnicPkt *p, unsigned i);
SnicFrame *snic_pkt_segment(const SnicPkt *p, const uint8_t *data, unsigned i);
void snic_pkt_csum(const SnicPkt *p, SnicFrame *frame, uint32_t extra);

/* fifo.c */

/* Writes the frame into the function's memory. False: not now. */
typedef bool SnicDeliver(SnicUnit *u, SnicQueue *rx, const SnicFrame *frame);

SnicQueue *snic_rx_queue(SnicFunc *f, SnicFrame *frame, unsigned *q);
void snic_rx_push(SnicFunc *f, SnicFrame *frame);
void snic_fifo_serve(SnicUnit *u, SnicQueue *rx, SnicDeliver *deliver);
void snic_fifo_drop(SnicFunc *f, SnicQueue *rx);

/* avf_tx.c, avf_rx.c */
extern const SnicUnitOps snic_avf_tx_ops, snic_avf_rx_ops;

/* send.c */
SnicFrame *snic_send_frame(SnicUnit *u, const SnicPkt *p, unsigned i);
unsigned snic_send(SnicUnit *u, const SnicPkt *p, SnicFrame *frame,
                   unsigned first);

/* veb.c */
typedef struct SnicPath {
    uint8_t kind;                       /* enum snic_path_kind */
    bool uplink;                        /* goes out */
    int vsi;                            /* unicast: the one that has it, or -1 */
    const SnicMac *mac;                 /* multicast: who has the filter */
} SnicPath;

enum snic_path_kind { SNIC_UNICAST, SNIC_MULTICAST, SNIC_BROADCAST };

#define SNIC_FROM_UPLINK (-1)

void snic_veb_path(SnicState *s, int src, const uint8_t *hdr, SnicPath *p);
bool snic_veb_admit(SnicFunc *f, const SnicFrame *frame);
int64_t snic_veb_room(SnicUnit *u, const SnicPath *p, SnicFrame *frame,
                      unsigned nframes);
void snic_veb_send(SnicState *s, int src, const SnicPath *p, SnicFrame *frame);
bool snic_veb_receive(SnicState *s, const struct iovec *iov, int n);
void snic_veb_init(SnicState *s);
void snic_veb_exit(SnicState *s);
void snic_veb_reset(SnicState *s);
int snic_veb_set(SnicState *s, unsigned vsi, uint16_t flags, uint32_t port,
                 uint32_t tx_rate);
int snic_veb_vlans(SnicState *s, unsigned vsi, const struct snic_fw_vlans *req);
void snic_veb_clear(SnicState *s, unsigned vsi);
int snic_mac_add(SnicState *s, unsigned vsi, uint64_t mac);
int snic_mac_del(SnicState *s, unsigned vsi, uint64_t mac);

static inline uint64_t snic_mac_key(const uint8_t *m)
{
    return (uint64_t)m[0] << 40 | (uint64_t)m[1] << 32 | (uint64_t)m[2] << 24 |
           m[3] << 16 | m[4] << 8 | m[5];
}

/* vlan.c */
typedef struct SnicShapes {
    bool control;                       /* a link control frame */
    uint16_t vlan;                      /* the one that it is in */
    uint16_t proto, tci;                /* of a tag still to be made */
    SnicFrame *outer, *inner;           /* with and without; NULL: not made */
} SnicShapes;

bool snic_frame_control(const SnicFrame *frame);
bool snic_port_valid(uint32_t port);
int snic_vlan_stage(SnicVsi *v, const struct snic_fw_vlans *req);
bool snic_vlan_takes(const SnicVsi *v, uint16_t vlan);
bool snic_vlan_admit(const SnicVsi *v, const SnicFrame *frame);
uint16_t snic_vlan_of(const SnicVsi *v, const SnicFrame *frame);
void snic_shapes_init(SnicShapes *sh, const SnicVsi *v, SnicFrame *frame);
SnicFrame *snic_shape_outer(SnicShapes *sh);
SnicFrame *snic_shape_inner(SnicShapes *sh);
void snic_shapes_put(SnicShapes *sh);

/* rate.c */
bool snic_rate_may(SnicUnit *u);
void snic_rate_charge(SnicUnit *u, uint32_t bytes);
void snic_rate_set(SnicFunc *f, uint32_t mbps);
void snic_rate_init(SnicFunc *f);
void snic_rate_reset(SnicFunc *f);
void snic_rate_exit(SnicFunc *f);

/* patience.c */
int64_t snic_patience_wait(SnicPatience *own, SnicPatience *to, int64_t until);
void snic_patience_own_end(SnicPatience *own);
void snic_patience_end(SnicPatience *to);

/* fw.c */
extern const MemoryRegionOps snic_fw_ops;
void snic_fw_init(SnicState *s);
void snic_fw_exit(SnicState *s);
void snic_fw_reset(SnicState *s);

#endif
