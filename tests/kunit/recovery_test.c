// SPDX-License-Identifier: GPL-2.0-only
/* Error recovery: what the PF driver answers, and who has the device meanwhile. */
#include "fake_nic.h"
#include "../../driver/devlink/devlink.h"
#include "../../driver/net/netdev.h"
#include "../../driver/reset.h"

/*
 * What was done, a letter each: "m" and "M" the bus taken and given, "q" and "Q"
 * devices quiesced and resumed, "n", "r" and "N" the netdev detached, restored and
 * attached, "s" config space saved, "l" and "c" loaded and restored, "R" the device
 * reset, "x" its users told that it is given up.
 */
static char done[32];
static int reset_error;
static int drain_error;

static void did(char what)
{
	size_t n = strlen(done);

	KUNIT_ASSERT_LT(fake->test, n + 1, sizeof(done));
	done[n] = what;
	done[n + 1] = 0;
}

/* --- what reset.c asks for ------------------------------------------------------ */

void pci_clear_master(struct pci_dev *pdev)
{
	/* Before anybody can see it dead, and takes it for one that does no DMA. */
	KUNIT_EXPECT_FALSE(fake->test, smnc_pf_is(&fake->pf, SMNC_PF_DEAD));
	did('m');
}

void pci_set_master(struct pci_dev *pdev)
{
	/* Whatever ran in it ended before. */
	KUNIT_EXPECT_TRUE(fake->test, strlen(done) && done[strlen(done) - 1] == 'R');
	did('M');
}

void pci_restore_state(struct pci_dev *pdev)
{
	/* It gives the bus back: not to a device that was given up, now or soon. */
	KUNIT_EXPECT_FALSE(fake->test, smnc_pf_is(&fake->pf, SMNC_PF_DEAD));
	KUNIT_EXPECT_FALSE(fake->test, delayed_work_pending(&fake->pf.recovery_work));
	did('c');
}

int pci_save_state(struct pci_dev *pdev)
{
	did('s');
	return 0;
}

struct pci_saved_state *pci_store_saved_state(struct pci_dev *pdev)
{
	return kzalloc(16, GFP_KERNEL);
}

int pci_load_saved_state(struct pci_dev *pdev, struct pci_saved_state *state)
{
	KUNIT_EXPECT_PTR_EQ(fake->test, state, fake->pf.saved);
	did('l');
	return 0;
}

int smnc_hw_reset(struct smnc_pf *pf)
{
	did('R');
	return reset_error;
}

int smnc_set_xlat(struct smnc_pf *pf, u32 mode)
{
	return 0;
}

void smnc_mbx_start(struct smnc_pf *pf)
{
}

int smnc_mbx_tx_drain(struct smnc_pf *pf)
{
	return drain_error;
}

void smnc_net_detach(struct smnc_pf *pf)
{
	did('n');
}

int smnc_net_restore(struct smnc_pf *pf)
{
	did('r');
	return 0;
}

void smnc_net_attach(struct smnc_pf *pf)
{
	did('N');
}

void smnc_devlink_capture(struct smnc_pf *pf)
{
}

void vdcm_parent_dead(struct vdcm_parent *parent)
{
	did('x');
}

void vdcm_parent_quiesce(struct vdcm_parent *parent)
{
	did('q');
}

int vdcm_parent_resume(struct vdcm_parent *parent)
{
	did('Q');
	return 0;
}

/* --- the tests -------------------------------------------------------------------- */

static void no_work(struct work_struct *work)
{
}

static void says(struct kunit *test, const char *want)
{
	if (mutex_is_locked(&fake->pdev.dev.mutex))
		msleep(50);
	else
		flush_delayed_work(&fake->pf.rescue_work);
	flush_work(&fake->pf.death_work);
	KUNIT_EXPECT_STREQ(test, done, want);
	done[0] = 0;
}

static int recovery_init(struct kunit *test)
{
	int err = fake_nic_init(test);

	if (err)
		return err;
	done[0] = 0;
	reset_error = 0;
	drain_error = 0;
	mutex_init(&fake->pf.adis_lock);
	INIT_LIST_HEAD(&fake->pf.adis);
	smnc_held_init(&fake->pf);
	list_add(&fake->adi.list, &fake->pf.adis);
	INIT_WORK(&fake->pf.link_work, no_work);
	INIT_WORK(&fake->pf.mbx.work, no_work);
	INIT_DELAYED_WORK(&fake->pf.watch_work, no_work);
	smnc_recovery_ready(&fake->pf);
	says(test, "s");
	/* Only passed on. */
	fake->pf.parent = (void *)fake;
	pci_set_drvdata(&fake->pdev, &fake->pf);
	return 0;
}

static void recovery_exit(struct kunit *test)
{
	smnc_recovery_exit(&fake->pf);
	cancel_delayed_work_sync(&fake->pf.watch_work);
	mutex_destroy(&fake->pf.adis_lock);
	fake_nic_exit(test);
}

static bool waits(void)
{
	return delayed_work_pending(&fake->pf.recovery_work);
}

static void detected(struct kunit *test, pci_channel_state_t state, pci_ers_result_t want,
		     const char *did_what)
{
	KUNIT_EXPECT_EQ(test, smnc_err_handlers.error_detected(&fake->pdev, state), want);
	says(test, did_what);
}

static void slot(struct kunit *test, pci_ers_result_t want, const char *did_what)
{
	KUNIT_EXPECT_EQ(test, smnc_err_handlers.slot_reset(&fake->pdev), want);
	says(test, did_what);
}

/* Nothing was lost: nobody notices. */
static void recovery_not_needed(struct kunit *test)
{
	detected(test, pci_channel_io_normal, PCI_ERS_RESULT_CAN_RECOVER, "");
	KUNIT_EXPECT_FALSE(test, waits());
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "");
}

/* Frozen: nobody touches the device until it was reset and all others agree. */
static void recovery_after_reset(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	KUNIT_EXPECT_TRUE(test, smnc_hw_off(&fake->pf));
	KUNIT_EXPECT_TRUE(test, waits());
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	KUNIT_EXPECT_TRUE(test, smnc_hw_off(&fake->pf));
	KUNIT_EXPECT_TRUE(test, waits());
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "RMrQN");
	KUNIT_EXPECT_FALSE(test, smnc_hw_off(&fake->pf));
	KUNIT_EXPECT_FALSE(test, smnc_pf_is(&fake->pf, SMNC_PF_DEAD));
	KUNIT_EXPECT_FALSE(test, waits());
}

/* It does not answer after its reset. */
static void recovery_no_answer(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	fake->gone = true;
	slot(test, PCI_ERS_RESULT_DISCONNECT, "lcmmx");
	KUNIT_EXPECT_FALSE(test, waits());
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "");
}

/* Without a copy of its own: what the PCI core has. */
static void recovery_no_copy(struct kunit *test)
{
	kfree(fake->pf.saved);
	fake->pf.saved = NULL;
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	slot(test, PCI_ERS_RESULT_RECOVERED, "cm");
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "RMrQN");
}

/* It did then, and does no more when all had agreed. */
static void recovery_falls_silent(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	fake->gone = true;
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "mx");
}

/* Guests are told of a reset while the device can tell them. */
static void recovery_told(struct kunit *test)
{
	static const u32 impending = VIRTCHNL_EVENT_RESET_IMPENDING;
	unsigned int sent;

	fake_ready();
	sent = fake->nr_sent;
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "RMrQN");
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent);
	smnc_err_handlers.reset_prepare(&fake->pdev);
	says(test, "qn");
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 1);
	KUNIT_EXPECT_EQ(test, fake->op, VIRTCHNL_OP_EVENT);
	KUNIT_EXPECT_MEMEQ(test, fake->data, &impending, sizeof(impending));
	smnc_err_handlers.reset_done(&fake->pdev);
	says(test, "RMrQN");
}

/* One second for a device that is stuck, not one for each of its ADIs. */
static void recovery_stuck(struct kunit *test)
{
	struct smnc_adi *more = kunit_kzalloc(test, sizeof(*more), GFP_KERNEL);
	unsigned int sent;

	KUNIT_ASSERT_NOT_NULL(test, more);
	fake_ready();
	more->pf = &fake->pf;
	more->func = FAKE_FUNC + 1;
	more->kind = &smnc_avf_kind;
	more->priv = kunit_kzalloc(test, more->kind->bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, more->priv);
	smnc_avf(more)->state = SMNC_VC_READY;
	list_add_tail(&more->list, &fake->pf.adis);
	/* No room in the mailbox any more. */
	sent = fake->nr_sent;
	fake->send_error = -ETIMEDOUT;
	smnc_err_handlers.reset_prepare(&fake->pdev);
	says(test, "mqn");
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 1);
	smnc_err_handlers.reset_done(&fake->pdev);
	says(test, "RMrQN");
	/* All found room, and none was taken out. */
	fake->send_error = 0;
	fake->avf->state = SMNC_VC_READY;
	sent = fake->nr_sent;
	drain_error = -ETIMEDOUT;
	smnc_err_handlers.reset_prepare(&fake->pdev);
	says(test, "mqn");
	KUNIT_EXPECT_EQ(test, fake->nr_sent, sent + 2);
	smnc_err_handlers.reset_done(&fake->pdev);
	says(test, "RMrQN");
	list_del(&more->list);
}

/* It answers, but cannot be set up. */
static void recovery_reset_fails(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	reset_error = -EIO;
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "Rmx");
}

/* Nobody tells how it went: given up, and stays it. */
static void recovery_takes_too_long(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	flush_delayed_work(&fake->pf.recovery_work);
	says(test, "mx");
	slot(test, PCI_ERS_RESULT_DISCONNECT, "");
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "");
	KUNIT_EXPECT_FALSE(test, waits());
}

/* The same after a slot reset that went well: others refused. */
static void recovery_others_refuse(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	flush_delayed_work(&fake->pf.recovery_work);
	says(test, "mx");
}

static void recovery_gone_for_good(struct kunit *test)
{
	detected(test, pci_channel_io_perm_failure, PCI_ERS_RESULT_DISCONNECT, "mx");
	detected(test, pci_channel_io_perm_failure, PCI_ERS_RESULT_DISCONNECT, "");
	fake->pf.state = SMNC_PF_UP;
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	detected(test, pci_channel_io_perm_failure, PCI_ERS_RESULT_DISCONNECT, "mx");
	KUNIT_EXPECT_FALSE(test, waits());
}

/* A dead device is not brought back by any error. */
static void recovery_of_the_dead(struct kunit *test)
{
	fake->pf.state = SMNC_PF_DEAD;
	detected(test, pci_channel_io_normal, PCI_ERS_RESULT_DISCONNECT, "");
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_DISCONNECT, "");
	slot(test, PCI_ERS_RESULT_DISCONNECT, "");
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "");
	KUNIT_EXPECT_FALSE(test, waits());
}

/* A reset through sysfs in between must not wake what the link's reset hits next. */
static void recovery_amid_reset(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	smnc_err_handlers.reset_prepare(&fake->pdev);
	smnc_err_handlers.reset_done(&fake->pdev);
	says(test, "");
	KUNIT_EXPECT_TRUE(test, smnc_hw_off(&fake->pf));
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	smnc_err_handlers.reset_prepare(&fake->pdev);
	smnc_err_handlers.reset_done(&fake->pdev);
	says(test, "");
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "RMrQN");
	smnc_err_handlers.reset_prepare(&fake->pdev);
	smnc_err_handlers.reset_done(&fake->pdev);
	says(test, "qnRMrQN");
}

/* The driver is taken away in the middle of it. */
static void recovery_removed(struct kunit *test)
{
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mqn");
	smnc_recovery_exit(&fake->pf);
	says(test, "mx");
	KUNIT_EXPECT_FALSE(test, waits());
}

/* Once, whoever says so, and however often. */
static void recovery_death(struct kunit *test)
{
	smnc_hw_dead(&fake->pf);
	KUNIT_EXPECT_TRUE(test, smnc_pf_is(&fake->pf, SMNC_PF_DEAD));
	says(test, "mx");
	smnc_hw_dead(&fake->pf);
	smnc_hw_stuck(&fake->pf, "the test is out to kill it");
	smnc_hw_lost(&fake->pf);
	says(test, "");
}

/* A device that does not obey is reset, with all its ADIs. */
static void recovery_rescue(struct kunit *test)
{
	smnc_hw_stuck(&fake->pf, "the test says so");
	/* From here on: not only when the work comes to run. */
	KUNIT_EXPECT_TRUE(test, smnc_hw_off(&fake->pf));
	smnc_hw_stuck(&fake->pf, "and again");
	says(test, "mmqnRMrQN");
	KUNIT_EXPECT_FALSE(test, smnc_hw_off(&fake->pf));
	KUNIT_EXPECT_FALSE(test, smnc_pf_is(&fake->pf, SMNC_PF_DEAD));
	KUNIT_EXPECT_FALSE(test, waits());
}

/* A reset does not help for long: given up, unless time has passed. */
static void recovery_rescues(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < SMNC_RESCUES; i++) {
		smnc_hw_stuck(&fake->pf, "the test says so");
		says(test, "mmqnRMrQN");
	}
	/* The first is long ago by now. */
	fake->pf.rescues[0] -= SMNC_RESCUE_SECONDS * HZ + 1;
	smnc_hw_stuck(&fake->pf, "the test says so");
	says(test, "mmqnRMrQN");
	smnc_hw_stuck(&fake->pf, "the test says so");
	says(test, "mmqnmx");
	KUNIT_EXPECT_TRUE(test, smnc_pf_is(&fake->pf, SMNC_PF_DEAD));
}

static void recovery_rescue_fails(struct kunit *test)
{
	reset_error = -ETIMEDOUT;
	smnc_hw_stuck(&fake->pf, "the test says so");
	says(test, "mmqnRmx");
}

/* Who has the device lock comes first, and may reset it himself. */
static void recovery_rescue_waits(struct kunit *test)
{
	device_lock(&fake->pdev.dev);
	smnc_hw_stuck(&fake->pf, "the test says so");
	says(test, "m");
	smnc_err_handlers.reset_prepare(&fake->pdev);
	says(test, "mqn");
	smnc_err_handlers.reset_done(&fake->pdev);
	says(test, "RMrQN");
	device_unlock(&fake->pdev.dev);
	says(test, "");
	/* Likewise one who removes it: nothing is left that would wait for the lock. */
	device_lock(&fake->pdev.dev);
	smnc_hw_stuck(&fake->pf, "the test says so");
	smnc_recovery_exit(&fake->pf);
	says(test, "mmx");
	device_unlock(&fake->pdev.dev);
}

/* The operator asks for a reset: as often as he likes. */
static void recovery_asked(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 2 * SMNC_RESCUES; i++) {
		KUNIT_EXPECT_EQ(test, smnc_reset_request(&fake->pf), 0);
		says(test, "qnRMrQN");
	}
	smnc_hw_dead(&fake->pf);
	says(test, "mx");
	KUNIT_EXPECT_EQ(test, smnc_reset_request(&fake->pf), -ENODEV);
	says(test, "");
}

/* A reload is a reset in order, of a device that is there. */
static void recovery_reload(struct kunit *test)
{
	device_lock(&fake->pdev.dev);
	KUNIT_EXPECT_EQ(test, smnc_reload_prepare(&fake->pf), 0);
	says(test, "qn");
	KUNIT_EXPECT_EQ(test, smnc_reload_prepare(&fake->pf), -EBUSY);
	KUNIT_EXPECT_EQ(test, smnc_reload_done(&fake->pf), 0);
	says(test, "RMrQN");
	smnc_hw_stuck(&fake->pf, "the test says so");
	KUNIT_EXPECT_EQ(test, smnc_reload_prepare(&fake->pf), -EBUSY);
	says(test, "m");
	device_unlock(&fake->pdev.dev);
	says(test, "mqnRMrQN");
	device_lock(&fake->pdev.dev);
	KUNIT_EXPECT_EQ(test, smnc_reload_prepare(&fake->pf), 0);
	reset_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, smnc_reload_done(&fake->pf), -EIO);
	says(test, "qnRmx");
	KUNIT_EXPECT_EQ(test, smnc_reload_prepare(&fake->pf), -EIO);
	device_unlock(&fake->pdev.dev);
	says(test, "");
}

/* Its link went down before the kernel says so: as if it had. */
static void recovery_lost_first(struct kunit *test)
{
	smnc_hw_lost(&fake->pf);
	says(test, "mmqn");
	KUNIT_EXPECT_TRUE(test, waits());
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "");
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "RMrQN");
	KUNIT_EXPECT_FALSE(test, smnc_pf_is(&fake->pf, SMNC_PF_DEAD));
	KUNIT_EXPECT_FALSE(test, waits());
	KUNIT_EXPECT_EQ(test, fake->pf.nr_rescues, 0);
	/* Nor does the kernel have to find the error fatal. */
	smnc_hw_lost(&fake->pf);
	detected(test, pci_channel_io_normal, PCI_ERS_RESULT_NEED_RESET, "mmqn");
}

/* The kernel is first to have the lock. */
static void recovery_lost_amid(struct kunit *test)
{
	device_lock(&fake->pdev.dev);
	smnc_hw_lost(&fake->pf);
	detected(test, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET, "mmqn");
	device_unlock(&fake->pdev.dev);
	says(test, "");
	slot(test, PCI_ERS_RESULT_RECOVERED, "lcm");
	smnc_err_handlers.resume(&fake->pdev);
	says(test, "RMrQN");
}

/* The kernel says nothing: given up after the time that recovery may take. */
static void recovery_lost_for_good(struct kunit *test)
{
	smnc_hw_lost(&fake->pf);
	says(test, "mmqn");
	flush_delayed_work(&fake->pf.recovery_work);
	says(test, "mx");
	slot(test, PCI_ERS_RESULT_DISCONNECT, "");
}

/* It was taken out: then there is nothing to wait for. */
static void recovery_taken_out(struct kunit *test)
{
	fake->pdev.error_state = pci_channel_io_perm_failure;
	smnc_hw_lost(&fake->pf);
	says(test, "mx");
	KUNIT_EXPECT_FALSE(test, waits());
}

/* Every state has a name and a way to the end, and the end has none. */
static void recovery_states(struct kunit *test)
{
	unsigned int from;

	for (from = 0; from < SMNC_NR_PF_STATES; from++) {
		KUNIT_EXPECT_NOT_NULL(test, smnc_pf_states.names[from]);
		fake->pf.state = SMNC_PF_DEAD;
		KUNIT_EXPECT_FALSE(test, smnc_pf_move(&fake->pf, from));
		fake->pf.state = from;
		KUNIT_EXPECT_EQ(test, smnc_pf_move(&fake->pf, SMNC_PF_DEAD),
				from != SMNC_PF_DEAD);
	}
	fake->pf.state = SMNC_PF_UP;
	says(test, "");
}

static struct completion go;

static void wait_to_go(struct work_struct *work)
{
	wait_for_completion(&go);
}

/* It dies as it is removed: what tells its users comes too late to find any. */
static void recovery_death_in_removal(struct kunit *test)
{
	struct workqueue_struct *other = fake->pf.ctl_wq;
	struct work_struct before;

	init_completion(&go);
	INIT_WORK_ONSTACK(&before, wait_to_go);
	fake->pf.ctl_wq = alloc_ordered_workqueue("fake-ctl", 0);
	KUNIT_ASSERT_NOT_NULL(test, fake->pf.ctl_wq);
	queue_work(fake->pf.ctl_wq, &before);
	smnc_hw_dead(&fake->pf);
	/* As smnc_death_exit() does, just before it got there. */
	WRITE_ONCE(fake->pf.removing, true);
	complete(&go);
	says(test, "m");
	destroy_workqueue(fake->pf.ctl_wq);
	destroy_work_on_stack(&before);
	fake->pf.ctl_wq = other;
	smnc_death_exit(&fake->pf);
	fake->pf.state = SMNC_PF_UP;
	smnc_hw_dead(&fake->pf);
	says(test, "m");
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(recovery_states),
	KUNIT_CASE(recovery_not_needed),
	KUNIT_CASE(recovery_after_reset),
	KUNIT_CASE(recovery_no_answer),
	KUNIT_CASE(recovery_no_copy),
	KUNIT_CASE(recovery_falls_silent),
	KUNIT_CASE(recovery_told),
	KUNIT_CASE(recovery_stuck),
	KUNIT_CASE(recovery_reset_fails),
	KUNIT_CASE(recovery_takes_too_long),
	KUNIT_CASE(recovery_others_refuse),
	KUNIT_CASE(recovery_gone_for_good),
	KUNIT_CASE(recovery_of_the_dead),
	KUNIT_CASE(recovery_amid_reset),
	KUNIT_CASE(recovery_removed),
	KUNIT_CASE(recovery_death),
	KUNIT_CASE(recovery_death_in_removal),
	KUNIT_CASE(recovery_rescue),
	KUNIT_CASE(recovery_rescues),
	KUNIT_CASE(recovery_rescue_fails),
	KUNIT_CASE(recovery_rescue_waits),
	KUNIT_CASE(recovery_asked),
	KUNIT_CASE(recovery_reload),
	KUNIT_CASE(recovery_lost_first),
	KUNIT_CASE(recovery_lost_amid),
	KUNIT_CASE(recovery_lost_for_good),
	KUNIT_CASE(recovery_taken_out),
	{ }
};

static struct kunit_suite recovery_suite = {
	.name = "recovery",
	.init = recovery_init,
	.exit = recovery_exit,
	.test_cases = recovery_cases,
};

kunit_test_suites(&recovery_suite);
