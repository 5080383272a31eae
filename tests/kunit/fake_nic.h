/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tested part of driver/ asks of the rest: registers, firmware, mailbox,
 * MSI-X vectors and the framework. They replace the real ones in smartnic_kunit.ko.
 */
#ifndef FAKE_NIC_H
#define FAKE_NIC_H

#include <kunit/test.h>
#include <linux/interrupt.h>
#include <linux/xarray.h>

#include "../../driver/adi/adi.h"
#include "../../driver/core/hw.h"
#include "../../driver/avf/avf.h"
#include "../../driver/virtio/virtio.h"

#define FAKE_FUNC	3
#define FAKE_QUEUES	4
#define FAKE_QP		10	/* first queue pair of the ADI */
#define FAKE_VECS	64	/* MSI-X entries */
#define FAKE_IRQ	1000	/* Linux irq of entry 0 */
#define FAKE_LOG	160
#define FAKE_WIN(func)	(0x10000000 + (func) * 0x4000)	/* registers of its window */

/* How the firmware's answer to one request fails. */
enum fake_fw_fault {
	FAKE_FW_FINE,
	FAKE_FW_LATE,	/* after @fw_late */
	FAKE_FW_LOST,	/* done, no answer */
	FAKE_FW_HANGS,	/* never done, nor anything after it */
	FAKE_FW_ERROR,	/* not done, EIO */
	FAKE_FW_STRAY,	/* done, an old answer comes first */
	FAKE_FW_OTHER,	/* done, and the answer is to something else */
};

/**
 * struct fake_vq - a VQ as the firmware has it
 * @on: it runs
 * @resumed: it began at the used index, or at @place
 * @place: where in a packed ring, and the place behind
 * @control: it is the control queue
 * @cfg: its set-up
 * @coal: limits of holding its interrupts
 */
struct fake_vq {
	bool on;
	bool resumed;
	bool control;
	struct smnc_vq_place place;
	struct smnc_vq_cfg cfg;
	struct smnc_vq_coal coal;
};

/**
 * struct fake_nic - a SmartNIC with one open ADI
 * @pf: its PF
 * @pdev: PCI function
 * @adi: ADI, function FAKE_FUNC with FAKE_QUEUES queue pairs; @avf: its state as an AVF
 * @regs: registers by offset
 * @nr_writes: writes to registers
 * @status: reply: VIRTCHNL_STATUS_*; @op, @func, @len, @data: rest of it
 * @nr_sent: replies and events sent
 * @send_error: how that ends
 * @stats: what the device counts
 * @gone: the device does not answer
 * @now: time, as the driver sees it; it passes while the driver sleeps
 * @fw_error: what the firmware answers
 * @fw_op: last message to the firmware; @fw_payload: its payload
 * @nr_fw: messages to the firmware
 * @fw_macs: filters it has, of all it was given
 * @fw_off: the device is stuck once it has carried out this message
 * @fw_refused: message that is answered with -EEXIST, one about VQs with -EBUSY, @fw_refusals
 *	times
 * @fw_fault: what will be wrong with one answer; @fw_this: what is with the next one
 * @fw_fault_op: messages it may be about, 0: any; @fw_skip: so many of them are fine before
 * @fw_babbles: it answers what was not asked, without end
 * @fw_late: us that an answer takes that is late
 * @fw_csr: the handshake; @fw_due: when the request is answered
 * @fw_request: the request; @fw_reply: the reply
 * @fw_vsi: what the firmware holds of the ADI's VSI; @fw_flows: its flow table; @fw_vids: VLANs
 *	not committed yet
 * @places: memory for places in packed rings; @vq_places: what the device was told of it
 * @vqs: VQs of the ADI, if it is a virtio device; @kicks_to: the last value of a kick
 * @vq_features: accepted; @vq_offloads: in force
 * @vq_stage: key and table that are prepared; @vq_rss: in force
 * @vq_engine: features that it has
 * @vq_stopped: VQs that it has stopped
 * @stuck: offset of a queue that does not stop
 * @refused: offset of a queue whose set-up the device refuses
 * @other: an address of a neighbour
 * @quiesce_error: how that of the function ends
 * @load_error: how a load of its state ends; @load_enables: queue that it enables
 * @nr_loads: loads of its state
 * @announced: frames that announce an address; @announced_port: VLAN of the last
 * @reset_late: a control command arrives just before smnc_adi_func_reset()
 * @restarts: calls of smnc_adi_restart(); @restart_dma, @restart_error: see there
 * @restart_held: it waits until this is false
 * @errors: calls of vdcm_adi_lost()
 * @faults: calls of vdcm_adi_fault(); @fault_token, @fault_error: see there
 * @tail: where the cause ring ends
 * @signals: signals by vector of the ADI; @net_signals: likewise of the netdev
 * @kicks: mailbox kicks; @flushes: mailbox flushes; @polls: fault polls
 * @irqs: by MSI-X entry
 * @nr_alloc: MSI-X entries that the platform has
 * @dyn: entries can be added
 * @irq_error: MSI-X entry whose irq cannot be requested
 */
struct fake_nic {
	struct kunit *test;
	struct smnc_pf pf;
	struct pci_dev pdev;
	struct smnc_adi adi;
	struct smnc_avf *avf;
	struct xarray regs;
	unsigned int nr_writes;

	s32 status;
	u32 op;
	u16 func;
	u16 len;
	u8 data[SMNC_AQ_BUF_MAX];
	unsigned int nr_sent;
	int send_error;

	u64 stats[SMNC_STAT_COUNT];
	bool gone;
	ktime_t now;
	int fw_error;
	unsigned int fw_op;
	u8 fw_payload[64];
	unsigned int nr_fw;
	unsigned int fw_macs;
	unsigned int fw_off;
	unsigned int fw_refused;
	unsigned int fw_refusals;
	enum fake_fw_fault fw_fault;
	enum fake_fw_fault fw_this;
	unsigned int fw_fault_op;
	unsigned int fw_skip;
	unsigned int fw_late;
	bool fw_babbles;
	u32 fw_csr;
	ktime_t fw_due;
	struct smnc_fw_msg fw_request;
	struct smnc_fw_msg fw_reply;
	struct smnc_vsi fw_vsi;
	struct smnc_flow *fw_flows;
	u8 fw_vids[SMNC_VIDS / 8];
	struct fake_vq vqs[SMNC_VIRTIO_VQS];
	struct smnc_vq_place places[(FAKE_FUNC + 1) * SMNC_VQ_PLACES_BYTES /
				    sizeof(struct smnc_vq_place)];
	u64 vq_places;
	u64 vq_features;
	u64 vq_offloads;
	u8 vq_stage[SMNC_VQ_STAGE_BYTES];
	struct smnc_vq_rss vq_rss;
	u64 vq_engine;
	u64 vq_stopped;
	u32 kicks_to;

	u32 stuck;
	u32 refused;
	struct smnc_addr other;
	int quiesce_error;
	int load_error;
	u32 load_enables;
	unsigned int nr_loads;
	unsigned int announced;
	u32 announced_port;
	bool reset_late;
	unsigned int restarts;
	bool restart_dma;
	int restart_error;
	bool restart_held;
	unsigned int errors;
	unsigned int faults;
	u32 fault_token;
	int fault_error;

	u32 tail;
	unsigned int signals[SMNC_FUNC_VECS];
	unsigned int net_signals[SMNC_FUNC_VECS];
	unsigned int kicks;
	unsigned int flushes;
	unsigned int polls;
	struct {
		irq_handler_t handler;
		irq_handler_t thread;
		void *data;
		bool allocated;
	} irqs[FAKE_VECS];
	unsigned int nr_alloc;
	bool dyn;
	int irq_error;
};

extern struct fake_nic *fake;

int fake_nic_init(struct kunit *test);
/* The same with a virtio device in place of an AVF. */
int fake_nic_init_virtio(struct kunit *test);
void fake_nic_exit(struct kunit *test);
u32 fake_reg(u32 off);
void fake_set(u32 off, u32 value);

/* The VQs of the firmware are as after a reset of the function. */
void fake_vq_forget(void);

/* Is what the firmware holds of the ADI's VSI what the driver thinks? */
void fake_vsi_expect_known(struct kunit *test);

/* A message from the guest. Return: VIRTCHNL_STATUS_*, or 1 if there is no reply. */
int fake_guest(u32 op, const void *msg, u16 len);
/* The same with an ADI that agreed on everything. */
void fake_ready(void);

#endif /* FAKE_NIC_H */
