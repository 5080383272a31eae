/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SmartNIC device model: the state, and questions about it. docs/hardware.md
 * says what all of it means; the header of a folder, what its files offer.
 */
#ifndef SMARTNIC_H
#define SMARTNIC_H

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "hw/pci/pci_device.h"
#include "net/net.h"
#include "smartnic/regs.h"
#include "smartnic/messages.h"

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

/* Properties of a whole packet; of a function: those that it may have. */
#define SNIC_WHOLE_V4       0x01
#define SNIC_WHOLE_V6       0x02
#define SNIC_WHOLE_CWR      0x04

/*
 * A frame, or a whole packet (@whole): one that stands for @segs frames of
 * @mss bytes of payload each, all with its first @hdr bytes in front.
 */
typedef struct SnicFrame {
    uint32_t refs;
    uint32_t len;
    uint8_t whole;                      /* SNIC_WHOLE_*, 0: a frame */
    uint16_t segs, mss, hdr;
    /* The sum from @sum_from on is not in its field yet, @sum_at behind. */
    bool partial;
    uint16_t sum_from, sum_at;
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
enum snic_l4 {
    SNIC_L4_NONE, SNIC_L4_TCP, SNIC_L4_UDP, SNIC_L4_SCTP,
    SNIC_L4_SUM                         /* all from l2 on, whatever it is */
};

/* A packet in memory that a unit sends, and the offloads that it asks for. */
typedef struct SnicPkt {
    uint32_t total;                     /* bytes */
    uint8_t l3_kind, l4_kind;           /* enum snic_l3, enum snic_l4 */
    bool tso;
    uint32_t mss;
    uint32_t l2, l3, l4;                /* header lengths */
    uint32_t sum_at;                    /* SNIC_L4_SUM: the field, behind l2 */
    uint32_t unsum;                     /* takes a length out of the L4 seed */
    unsigned nbufs;
    const SnicBuf *buf;
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

/* What a function is: chosen when it is enabled. */
typedef struct SnicFuncKind {
    bool virtio;
    const SnicUnitKind *units;          /* SNIC_UNITS in all */
    unsigned nunits;
    uint8_t msg_unit;                   /* delivers the PF's messages */
    bool (*takes)(SnicFunc *f, uint32_t cookie_high);   /* false: drop it */
    void (*stopped)(SnicFunc *f);       /* a queue has stopped with an error */
} SnicFuncKind;

enum { SNIC_KIND_AVF, SNIC_KIND_VIRTIO, SNIC_KINDS };

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
    bool held;                          /* a pause is in progress */
} SnicPatience;

/* A virtqueue, as far as it is not a queue like any other. */
typedef struct SnicVq {
    uint64_t desc, driver, device;      /* IOVAs of the three areas */
    uint32_t intr;                      /* SNIC_Q_INT_* */
    uint16_t size;
    uint16_t next;                      /* index of both rings */
    uint16_t signalled;                 /* @next, as of the last interrupt */
    bool resume;                        /* @next is to be read from memory */
    bool kicked;                        /* there may be something available */
    bool asked;                         /* the guest kicks at @ask */
    uint16_t ask;
} SnicVq;

typedef struct SnicQueue {
    uint64_t base;
    uint32_t len, ctl, intr, head, bufsz, maxframe;
    uint32_t seg;                       /* TX only: segments at HEAD that left */
    SnicPatience patience;              /* TX only: with receivers */
    /* RX only: frames that wait */
    SnicFrame **fifo;
    unsigned fifo_first, fifo_used;
    unsigned fifo_segs;                 /* frames that they stand for */
    int64_t fifo_since;                 /* not empty since */
    SnicVq vq;                          /* of virtio functions only */
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

/* What a virtio function has beside its queues. */
typedef struct SnicVirtio {
    uint64_t features;                  /* accepted by the guest's driver */
    uint64_t offloads;                  /* the receive offloads in force */
    SnicQueue ctrl;                     /* the control queue */
    bool has_ctrl;
    uint16_t ctrl_vq;                   /* its number */
    bool outstanding;                   /* the PF has the command */
    uint32_t commands;
    unsigned stops;                     /* VQs that stopped, not reported yet */
} SnicVirtio;

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
    const SnicFuncKind *kind;
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
    uint8_t whole;                      /* SNIC_WHOLE_*: packets it takes whole */
    SnicAq atq, arq;
    QSIMPLEQ_HEAD(, SnicMsg) msgs;
    unsigned nmsgs;
    SnicVirtio virtio;
    SnicVsi vsi;
    SnicRate rate;
    SnicPatience patience;              /* of the senders to this function */
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
    uint32_t *shadow;                   /* event rings: function and index by slot */
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
    const SnicFuncKind *kinds;          /* SNIC_KINDS */
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

/* DMA and interrupts are allowed: present, bus master, in D0. */
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

/* The function's units may start: enabled, bus master, not quiesced. */
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

/* An injected fault makes the function ignore @what, SNIC_IGNORES_*. */
static inline bool snic_ignores(SnicFunc *f, unsigned what)
{
    return f->s->inject.ignores & what && f->s->inject.func == f->idx;
}

static inline void snic_count(SnicFunc *f, enum snic_stat stat, uint64_t n)
{
    f->stats[stat] += n;
}

static inline bool snic_queue_active(const SnicQueue *q)
{
    return q->ctl & SNIC_Q_CTL_ACTIVE;
}

static inline uint32_t snic_ring_avail(const SnicRing *r)
{
    return r->tail >= r->head ? r->tail - r->head : r->len - r->head + r->tail;
}

static inline uint64_t snic_mac_key(const uint8_t *m)
{
    return (uint64_t)m[0] << 40 | (uint64_t)m[1] << 32 | (uint64_t)m[2] << 24 |
           m[3] << 16 | m[4] << 8 | m[5];
}

/*
 * One line a second at most for each place that calls it, whatever guests do.
 */
#define snic_guest_error(s, ...) \
    do { \
        static int64_t snic_last_; \
        int64_t snic_now_ = qemu_clock_get_ms(QEMU_CLOCK_REALTIME); \
        if (snic_now_ - snic_last_ >= 1000) { \
            snic_last_ = snic_now_; \
            qemu_log_mask(LOG_GUEST_ERROR, "smartnic: " __VA_ARGS__); \
        } \
    } while (0)

#endif
