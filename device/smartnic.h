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
OBJECT_DECLARE_SIMPLE_TYPE(SmncState, SMARTNIC)

#define SMNC_FRAME_MAX      9728        /* MAX_FRAME: bytes without FCS */
#define SMNC_LINK_MBPS      10000
#define SMNC_TSO_MAX        (65536 + 1024)  /* payload and headers */
#define SMNC_MSS_MIN        64              /* of an AVF queue pair */
#define SMNC_TSO_SEGS       (SMNC_TSO_MAX / SMNC_MSS_MIN)
#define SMNC_MSS_MAX        9668
#define SMNC_FIFO           64          /* frames held for one RX queue */
#define SMNC_FIFO_PATIENCE  (20 * SCALE_MS)
#define SMNC_FUNC_MSGS      64          /* undelivered PF messages */
#define SMNC_TLB            64
#define SMNC_PAGE           4096u
#define SMNC_TAG_AT         12          /* a tag is behind the addresses */
#define SMNC_TAG_BYTES      4

/* An ITR, and what DYN_CTL keeps. */
#define SMNC_ITR_MASK       (SMNC_DYN_INTERVAL >> SMNC_DYN_INTERVAL_SHIFT)
#define SMNC_DYN_STORED     (SMNC_DYN_ITR_INDX | SMNC_DYN_INTERVAL | \
                             SMNC_DYN_WB_ON_ITR)

typedef struct SmncFunc SmncFunc;

/* --- frames ---------------------------------------------------------------- */

/* What is known about a frame's checksums. */
#define SMNC_CSUM_L3        0x01        /* IPv4 header was checked */
#define SMNC_CSUM_L3_BAD    0x02
#define SMNC_CSUM_L4        0x04
#define SMNC_CSUM_L4_BAD    0x08

/*
 * A frame, or a whole packet (@whole): one that stands for @segs frames of
 * @mss bytes of payload each, all with its first @hdr bytes in front.
 */
typedef struct SmncFrame {
    uint32_t refs;
    uint32_t len;
    uint8_t whole;                      /* SMNC_WHOLE_*, 0: a frame */
    uint16_t segs, mss, hdr;
    /* The sum from @sum_from on is not in its field yet, @sum_at behind. */
    bool partial;
    uint16_t sum_from, sum_at;
    /* Header offsets of the checksums the sender's offload made; 0: none. */
    uint16_t l3_made, l4_made;
    uint8_t l4_made_proto;
    /* Results of smnc_frame_parse() */
    bool parsed;
    uint8_t ptype;
    uint8_t csum;
    uint64_t pctypes;                   /* virtchnl HENA bits that fit */
    uint8_t rss_kind;                   /* enum smnc_hash_kind */
    uint8_t ip_version, ip_proto, ip_tos;   /* version 0: not IP */
    uint16_t rss_len;
    uint8_t rss[36];
    uint8_t data[];                     /* even: QEMU reads its 16-bit words */
} SmncFrame;

/* --- packets ----------------------------------------------------------------- */

typedef struct SmncBuf {
    uint64_t addr;                      /* IOVA */
    uint32_t len;
} SmncBuf;

enum smnc_l3 { SMNC_L3_NONE, SMNC_L3_IPV4, SMNC_L3_IPV4_CSUM, SMNC_L3_IPV6 };
enum smnc_l4 {
    SMNC_L4_NONE, SMNC_L4_TCP, SMNC_L4_UDP, SMNC_L4_SCTP,
    SMNC_L4_SUM                         /* all from l2 on, whatever it is */
};

/* A packet in memory that a unit sends, and the offloads that it asks for. */
typedef struct SmncPkt {
    uint32_t total;                     /* bytes */
    uint8_t l3_kind, l4_kind;           /* enum smnc_l3, enum smnc_l4 */
    bool tso;
    uint32_t mss;
    uint32_t l2, l3, l4;                /* header lengths */
    uint32_t sum_at;                    /* SMNC_L4_SUM: the field, behind l2 */
    uint32_t unsum;                     /* takes a length out of the L4 seed */
    bool tagged;                        /* each frame gets the 802.1Q tag @tci */
    uint16_t tci;
    unsigned nbufs;
    const SmncBuf *buf;
} SmncPkt;

/* --- units, queues, vectors, mailboxes of a function ------------------------ */

enum smnc_wait {
    SMNC_IDLE, SMNC_RUN, SMNC_WAIT_ROOM, SMNC_WAIT_MBX, SMNC_WAIT_RATE
};
enum smnc_fault_state { SMNC_NO_FAULT, SMNC_FAULT_QUEUED, SMNC_FAULT_POSTED };

typedef struct SmncUnit SmncUnit;

/* What a kind of unit does. */
typedef struct SmncUnitOps {
    bool (*pending)(SmncUnit *u);       /* it has something to do */
    void (*serve)(SmncUnit *u);         /* do a turn of it; only if pending */
    void (*fail)(SmncUnit *u);          /* stop, until the driver sets it up again */
} SmncUnitOps;

/* The units from @first on, @n of them, are of one kind. */
typedef struct SmncUnitKind {
    uint8_t first, n;
    const SmncUnitOps *ops;
} SmncUnitKind;

/* How a kind of function is saved and loaded: @bytes between head and messages. */
typedef struct SmncStateKind {
    uint16_t kind;                      /* SMNC_STATE_AVF, SMNC_STATE_VIRTIO */
    uint32_t bytes;
    void (*save)(SmncFunc *f, uint8_t *to);     /* @to is zeroed */
    /* Converts the record to the host's byte order; @msgs messages follow it. */
    bool (*ok)(SmncFunc *f, uint8_t *from, unsigned msgs);
    void (*load)(SmncFunc *f, const uint8_t *from);     /* it is ok */
} SmncStateKind;

/* What a function is: chosen when it is enabled. */
typedef struct SmncFuncKind {
    bool virtio;
    const SmncUnitKind *units;          /* SMNC_UNITS in all */
    unsigned nunits;
    uint8_t msg_unit;                   /* delivers the PF's messages */
    bool (*takes)(SmncFunc *f, uint32_t cookie_high);   /* false: drop it */
    /* The queue for a frame; false: as the VSI's settings say. NULL: always */
    bool (*spread)(SmncFunc *f, const SmncFrame *frame, unsigned *q);
    void (*stopped)(SmncFunc *f);       /* a queue has stopped with an error */
    const SmncStateKind *state;
} SmncFuncKind;

enum { SMNC_KIND_AVF, SMNC_KIND_VIRTIO, SMNC_KINDS };

/* Anything that does DMA for a function, one at a time: SMNC_UNIT_*. */
struct SmncUnit {
    SmncFunc *f;
    const SmncUnitOps *ops;
    uint8_t idx;
    uint8_t on;                         /* enum smnc_wait: the list it is on */
    uint8_t fault;                      /* enum smnc_fault_state */
    uint8_t fault_flags;
    uint32_t fault_len;
    uint64_t fault_addr;
    bool rate_waited;                   /* counted in RATE_WAITS already */
    QEMUTimer *timer;                   /* of an interrupt that is held; or NULL */
    uint64_t served;                    /* when it sent last, in packets */
    QTAILQ_ENTRY(SmncUnit) link;        /* by @on */
    QTAILQ_ENTRY(SmncUnit) fault_link;  /* while the record waits for room */
};

typedef QTAILQ_HEAD(, SmncUnit) SmncUnitList;

typedef struct SmncPatience {
    int64_t used, at;                   /* ns; as of then */
    bool held;                          /* a pause is in progress */
} SmncPatience;

/* A virtqueue, as far as it is not a queue like any other. */
typedef struct SmncVq {
    uint64_t desc, driver, device;      /* IOVAs of the three areas */
    uint32_t intr;                      /* SMNC_Q_INT_* */
    uint16_t number;                    /* of an enabled one */
    uint16_t size;
    uint16_t next;                      /* index of both rings, or a place */
    uint16_t signalled;                 /* @next, as of the last interrupt */
    uint32_t turn;                      /* ring entries used since then */
    bool resume;                        /* @next is to be read from memory */
    uint16_t after;                     /* packed, @resume: if @next was used */
    bool kicked;                        /* there may be something available */
    bool asked;                         /* the guest kicks at @ask */
    uint16_t ask;
    uint32_t usecs, packets;            /* limits of holding an interrupt; 0: none */
    uint32_t fresh;                     /* packets used since the last interrupt */
    bool held;                          /* an interrupt, until: */
    int64_t until;
} SmncVq;

typedef struct SmncQueue {
    uint64_t base;
    uint32_t len, ctl, intr, head, bufsz, maxframe;
    uint32_t seg;                       /* TX only: segments at HEAD that left */
    SmncPatience patience;              /* TX only: with receivers */
    /* RX only: frames that wait */
    SmncFrame **fifo;
    unsigned fifo_first, fifo_used;
    unsigned fifo_segs;                 /* frames that they stand for */
    int64_t fifo_since;                 /* not empty since */
    SmncVq vq;                          /* of virtio functions only */
} SmncQueue;

typedef struct SmncQp {
    SmncFunc *f;                        /* NULL: unmapped */
    uint8_t q;
    SmncQueue tx, rx;
} SmncQp;

enum smnc_cause_state {
    SMNC_NO_CAUSE, SMNC_CAUSE_QUEUED, SMNC_CAUSE_POSTED, SMNC_CAUSE_AGAIN
};

typedef struct SmncVector {
    SmncFunc *f;
    uint8_t idx;
    bool enabled, pending;
    uint8_t itrs;                       /* ITR indices of what is pending */
    uint8_t cause;                      /* enum smnc_cause_state */
    uint32_t dyn;                       /* what DYN_CTL reads besides INTENA */
    uint32_t map;
    uint16_t itr[3];
    int64_t sent;
    QEMUTimer *timer;
    QTAILQ_ENTRY(SmncVector) link;      /* SMNC_CAUSE_QUEUED */
} SmncVector;

typedef struct SmncAq {
    uint32_t bal, bah, len, head, tail;
    uint64_t base;                      /* read when the tail was written */
    bool armed;                         /* a tail was written since LEN */
} SmncAq;

typedef struct SmncMsg {
    QSIMPLEQ_ENTRY(SmncMsg) next;
    uint32_t cookie_high, cookie_low;
    uint16_t len;
    uint8_t data[];
} SmncMsg;

typedef struct SmncTlb {
    uint64_t page, gen;
    hwaddr target;
    uint8_t perm;
} SmncTlb;

/* How a virtio function's frames are hashed and spread. */
typedef struct SmncVqRss {
    bool spread;                        /* the table chooses queues */
    uint32_t types;                     /* VIRTIO_NET_RSS_HASH_TYPE_* */
    uint16_t entries, other;            /* of the table; queue without a hash */
    uint8_t staged[SMNC_VQ_STAGE_BYTES];
    uint8_t key[SMNC_VQ_KEY_BYTES];
    uint8_t table[SMNC_VQ_TABLE_ENTRIES];
} SmncVqRss;

/* What a virtio function has beside its queues. */
typedef struct SmncVirtio {
    uint64_t features;                  /* accepted by the guest's driver */
    uint64_t offloads;                  /* the receive offloads in force */
    SmncQueue ctrl;                     /* the control queue */
    bool has_ctrl;
    uint16_t ctrl_vq;                   /* its number */
    bool outstanding;                   /* the PF has the command */
    uint32_t commands;
    unsigned stops;                     /* VQs that stopped, not reported yet */
    SmncVqRss rss;
    uint64_t places;                    /* of packed rings, for the PF; 0: none */
} SmncVirtio;

typedef struct SmncRate {
    int64_t free;                       /* the next packet may leave then */
    uint32_t rest;                      /* of a nanosecond, by the rate */
    uint32_t was;                       /* Mb/s under which @free came about */
    uint64_t serial;                    /* packets sent */
    SmncUnitList wait;                  /* least recently served first */
    QEMUTimer *timer;
} SmncRate;

typedef struct SmncVsi {
    uint16_t flags;
    uint32_t port;                      /* SMNC_PORT_*, 0: no port VLAN */
    uint8_t vids[SMNC_VIDS / 8], staged[SMNC_VIDS / 8]; /* VLAN table */
    uint8_t own[SMNC_VIDS / 8];         /* VLAN filter of its user */
    uint32_t tx_rate;                   /* Mb/s, 0: no limit */
    uint8_t nmacs;
    uint64_t macs[SMNC_FW_MACS_PER_VSI];
    uint8_t key[SMNC_RSS_KEY_BYTES];
    uint8_t lut[SMNC_RSS_LUT_ENTRIES];
    uint64_t hashcfg;
    uint32_t hash_omit;                 /* as in smnc_fw_hash */
    uint8_t hash_sym;
    struct smnc_flow *flows;            /* SMNC_FLOWS, NULL: never had one */
    unsigned nflows;                    /* number of rules with fields */
} SmncVsi;

struct SmncFunc {
    SmncState *s;
    const SmncFuncKind *kind;
    uint16_t idx;
    uint32_t ctrl;
    uint32_t pasid;
    uint32_t rstat;
    uint32_t itr_min;                   /* 2 us */
    uint64_t xlat, inval;
    uint32_t qmap[SMNC_FUNC_QPS];
    uint32_t tx_tail[SMNC_FUNC_QPS], rx_tail[SMNC_FUNC_QPS];
    SmncUnit unit[SMNC_UNITS];
    SmncVector vec[SMNC_FUNC_VECS];
    uint32_t icr01, ena1;
    uint8_t whole;                      /* SMNC_WHOLE_* to get whole */
    SmncAq atq, arq;
    QSIMPLEQ_HEAD(, SmncMsg) msgs;
    unsigned nmsgs;
    SmncVirtio virtio;
    SmncVsi vsi;
    SmncRate rate;
    SmncPatience patience;              /* of the senders to this function */
    uint64_t stats[SMNC_STAT_COUNT];
    uint64_t state_at;                  /* saving and loading */
    uint32_t state_len, state_ctl;
    QTAILQ_ENTRY(SmncFunc) state_link;  /* BUSY */
    int64_t noise_since;                /* ms; of smnc_guest_error() */
    unsigned noise;                     /* lines since then */
    uint64_t tlb_gen;
    SmncTlb tlb[SMNC_TLB];
};

/* --- the PF's rings ---------------------------------------------------------- */

enum { SMNC_R_FAULT, SMNC_R_CAUSE, SMNC_R_TX, SMNC_R_RX, SMNC_RINGS };

typedef struct SmncRing {
    uint64_t base;
    uint32_t len, head, tail;
    bool on;
    uint32_t *shadow;                   /* event rings: function and index by slot */
} SmncRing;

typedef struct SmncMac {
    uint64_t mac;                       /* key */
    GArray *vsis;                       /* uint16_t; one of a unicast address */
} SmncMac;

/* What a pass does for the PF, around the turns of the units. */
typedef struct SmncPassOps {
    bool (*begin)(SmncState *s);        /* true: another pass is needed */
    void (*end)(SmncState *s);
} SmncPassOps;

/* --- faults for tests ---------------------------------------------------------- */

enum smnc_fw_fault {
    SMNC_FW_FINE, SMNC_FW_LATE, SMNC_FW_LOST, SMNC_FW_ERROR, SMNC_FW_HANGS
};

#define SMNC_IGNORES_RESET      0x1
#define SMNC_IGNORES_DISABLE    0x2
#define SMNC_IGNORES_QUEUES     0x4
#define SMNC_IGNORES_QUIESCE    0x8
#define SMNC_IGNORES_STATE      0x10

typedef struct SmncInject {
    enum smnc_fw_fault fw;              /* of the next answer to @fw_op, 0: any */
    unsigned fw_op, fw_late_ms;
    unsigned func, ignores;             /* SMNC_IGNORES_* */
} SmncInject;

struct SmncState {
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
    SmncInject inject;
    MemoryRegion gone[3];               /* cover the BARs then */
    const SmncFuncKind *kinds;          /* SMNC_KINDS */
    SmncFunc *func;                     /* num_adis + 1 */
    SmncQp *qp;
    unsigned adis_enabled;

    uint32_t xlat_mode;
    uint32_t icr, icr_mask, intvec[4];
    uint32_t icr_unsent;                /* events while it could not signal */
    SmncRing ring[SMNC_RINGS];
    uint32_t fault_seq;

    /* the engine */
    QEMUBH *bh;
    const SmncPassOps *pass;
    bool running;
    int credit;                         /* what this pass may still do */
    uint64_t run_gen;                   /* counts passes */
    SmncUnitList run, wait_room, wait_mbx, faults;
    QTAILQ_HEAD(, SmncVector) causes;
    QTAILQ_HEAD(, SmncFunc) states;     /* functions to save or load */
    QEMUTimer *room_timer;
    struct NetRxPkt *parser;
    uint8_t *txbuf;
    struct IntelIOMMUState *vtd;

    /* firmware and switch */
    QEMUBH *fw_bh;
    QEMUTimer *fw_timer;                /* of an answer that is late */
    bool fw_held;                       /* the request is not answered yet, or never */
    uint32_t fw_csr;
    uint8_t fw_req[SMNC_FW_MSG_BYTES], fw_reply[SMNC_FW_MSG_BYTES];
    GHashTable *macs;
    GArray *active, *uc_promisc, *mc_promisc;   /* VSI numbers */
    int default_vsi;                            /* -1: none */
    uint32_t switch_mode;                       /* SMNC_SWITCH_* */
    uint32_t identify;
    uint64_t uplink[SMNC_UPLINK_COUNT];
};

static inline unsigned smnc_num_funcs(SmncState *s)
{
    return s->num_adis + 1;
}

/* DMA and interrupts are allowed: present, bus master, in D0. */
static inline bool smnc_live(SmncState *s)
{
    const uint8_t *config = s->parent_obj.config;

    return !s->removed && !s->silent &&
           (pci_get_word(config + PCI_COMMAND) & PCI_COMMAND_MASTER) &&
           !(pci_get_word(config + SMNC_CAP_PM + PCI_PM_CTRL) &
             PCI_PM_CTRL_STATE_MASK);
}

static inline bool smnc_pasid_enabled(SmncState *s)
{
    return s->has_pasid &&
           (pci_get_word(s->parent_obj.config + SMNC_ECAP_PASID +
                         PCI_PASID_CTRL) & PCI_PASID_CTRL_ENABLE);
}

static inline bool smnc_link_up(SmncState *s)
{
    NetClientState *nc = qemu_get_queue(s->nic);

    return nc->peer && !nc->link_down;
}

/* The function's units may start: enabled, bus master, not quiesced. */
static inline bool smnc_func_runs(SmncFunc *f)
{
    return (f->ctrl & (SMNC_FUNC_CTRL_ENABLE | SMNC_FUNC_CTRL_DMA |
                       SMNC_FUNC_CTRL_QUIESCE)) ==
           (SMNC_FUNC_CTRL_ENABLE | SMNC_FUNC_CTRL_DMA) &&
           smnc_live(f->s);
}

/* Queue @q's queue pair, or NULL. */
static inline SmncQp *smnc_func_qp(SmncFunc *f, unsigned q)
{
    return f->qmap[q] & SMNC_QMAP_VALID ?
           &f->s->qp[f->qmap[q] & SMNC_QMAP_QP] : NULL;
}

/* An injected fault makes the function ignore @what, SMNC_IGNORES_*. */
static inline bool smnc_ignores(SmncFunc *f, unsigned what)
{
    return f->s->inject.ignores & what && f->s->inject.func == f->idx;
}

/* No unit of the function works, and none will start. */
static inline bool smnc_func_quiesced(SmncFunc *f)
{
    return f->ctrl & SMNC_FUNC_CTRL_QUIESCE &&
           !smnc_ignores(f, SMNC_IGNORES_QUIESCE);
}

static inline void smnc_count(SmncFunc *f, enum smnc_stat stat, uint64_t n)
{
    f->stats[stat] += n;
}

static inline bool smnc_queue_active(const SmncQueue *q)
{
    return q->ctl & SMNC_Q_CTL_ACTIVE;
}

static inline uint32_t smnc_ring_avail(const SmncRing *r)
{
    return r->tail >= r->head ? r->tail - r->head : r->len - r->head + r->tail;
}

static inline uint64_t smnc_mac_key(const uint8_t *m)
{
    return (uint64_t)m[0] << 40 | (uint64_t)m[1] << 32 | (uint64_t)m[2] << 24 |
           m[3] << 16 | m[4] << 8 | m[5];
}

#define SMNC_NOISE_LINES        10
#define SMNC_NOISE_MS           10000

static inline bool smnc_may_log(SmncFunc *f)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

    if (now - f->noise_since >= SMNC_NOISE_MS) {
        f->noise_since = now;
        f->noise = 0;
    }
    return f->noise++ < SMNC_NOISE_LINES;
}

/*
 * Logs an error of a function's driver. Each function has its own limit, ten
 * lines in ten seconds: one guest's noise hides no other's lines.
 */
#define smnc_guest_error(f, ...) \
    do { \
        if (smnc_may_log(f)) { \
            qemu_log_mask(LOG_GUEST_ERROR, "smartnic: " __VA_ARGS__); \
        } \
    } while (0)

#endif
