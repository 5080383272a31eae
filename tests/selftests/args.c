// SPDX-License-Identifier: GPL-2.0-only
/* Module parameters: bad ones are refused with an errno and a line in the log, good
 * ones do what they say. Unloads the modules, so it runs last.
 */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/avf.h"
#include "lib/dmesg.h"
#include "lib/frame.h"
#include "lib/ktap.h"
#include "lib/module.h"

static char *vdcm_before, *smartnic_before;
static struct avf a, b;
static struct avf_rx rx;

static void setup(void)
{
	mdev_parent();
	mdev_cleanup();
	vdcm_before = module_params_shared("vdcm");
	smartnic_before = module_params_shared("smartnic");
	ktap_note("vdcm %s; smartnic %s", vdcm_before, smartnic_before);
}

/* Whatever a case did, the modules are in again as they were. */
static void cleanup(void)
{
	if (!module_loaded("smartnic") && module_file("smartnic"))
		modules_load(vdcm_before, smartnic_before);
	mdev_cleanup();
}

struct bad_write {
	const char *param;
	const char *value;
};

/* Clause: writing nonsense to a parameter at run time fails, changes nothing, and says
 * in the log what would be good.
 */
static void bad_values_at_run_time(void)
{
	static const struct bad_write bad[] = {
		{ "holdoff", "garbage" }, { "holdoff", "nonsense" }, { "holdoff", "2" },
		{ "holdoff", "-1" },
		{ "fault_around", "0" }, { "fault_around", "3" }, { "fault_around", "1024" },
		{ "fault_around", "-16" }, { "fault_around", "4294967297" },
		{ "fault_around", "many" },
	};
	char path[PATH_LEN], before[32], after[32];
	size_t i;
	int mark;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(path, sizeof(path), "/sys/module/vdcm/parameters/%s", bad[i].param);
		REQUIRE_GT(read_text(path, before, sizeof(before)), 0);
		mark = dmesg_mark();
		if (!EXPECT_ERR(write_text(path, bad[i].value), ANY_ERROR))
			ktap_note("... %s=%s", bad[i].param, bad[i].value);
		EXPECT_EQ(dmesg_count(mark, bad[i].param, NULL, 200), 1);
		close(mark);
		REQUIRE_GT(read_text(path, after, sizeof(after)), 0);
		EXPECT(!strcmp(before, after));
	}
}

/* Clause: good values are taken. */
static void good_values_at_run_time(void)
{
	static const char path[] = "/sys/module/vdcm/parameters/fault_around";
	char old[32], now[32];

	REQUIRE_GT(read_text(path, old, sizeof(old)), 0);
	REQUIRE_OK(write_text(path, "1"));
	REQUIRE_GT(read_text(path, now, sizeof(now)), 0);
	EXPECT_EQ(atoi(now), 1);
	avf_pair(&a, &b, 1);
	/* Page by page: not one page more than was touched is pinned. */
	EXPECT_EQ(mdev_counter(a.dev.uuid, "fault_around_pages"), 0);
	avf_close(&a);
	avf_close(&b);
	REQUIRE_OK(write_text(path, "512"));
	REQUIRE_OK(write_text(path, old));
	EXPECT_OK(mdev_remove(a.dev.uuid));
	EXPECT_OK(mdev_remove(b.dev.uuid));
}

static void need_files(void)
{
	if (!module_file("smartnic") || !module_file("vdcm"))
		ktap_skip("no module files: set MODULES");
}

/* Clause: a module with a bad parameter is not loaded, and the log names it. */
static void bad_values_at_load(void)
{
	static const char * const vdcm[] = {
		"holdoff=maybe", "fault_around=0", "fault_around=7", "fault_around=513",
	};
	static const char * const smartnic[] = {
		"dma_mode=nonsense", "dma_mode=", "dma_mode=1", "max_adi_vectors=-2",
		"max_adi_vectors=lots",
	};
	char name[64];
	size_t i;
	int mark;

	need_files();
	mdev_cleanup();
	REQUIRE_OK(modules_unload());
	for (i = 0; i < ARRAY_SIZE(vdcm); i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(vdcm[i], "="), vdcm[i]);
		mark = dmesg_mark();
		if (!EXPECT_ERR(module_load("vdcm", vdcm[i]), EINVAL))
			ktap_note("... vdcm %s", vdcm[i]);
		EXPECT_GE(dmesg_count(mark, name, NULL, 200), 1);
		close(mark);
		EXPECT(!module_loaded("vdcm"));
	}
	REQUIRE_OK(module_load("vdcm", vdcm_before));
	for (i = 0; i < ARRAY_SIZE(smartnic); i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(smartnic[i], "="), smartnic[i]);
		mark = dmesg_mark();
		if (!EXPECT_ERR(module_load("smartnic", smartnic[i]), EINVAL))
			ktap_note("... smartnic %s", smartnic[i]);
		EXPECT_GE(dmesg_count(mark, name, NULL, 200), 1);
		close(mark);
		EXPECT(!module_loaded("smartnic"));
	}
	REQUIRE_OK(module_load("smartnic", smartnic_before));
}

static void wait_for_types(void)
{
	uint64_t end = now_ms() + 3000;

	while (mdev_available("smartnic-1q") <= 0 && now_ms() < end)
		poll(NULL, 0, 10);
}

/* Frames there and back, each told by an interrupt. */
static void traffic(void)
{
	uint8_t f[400];
	uint32_t i;

	avf_pair(&a, &b, 2);
	for (i = 0; i < 10; i++) {
		frame_l2(f, sizeof(f), b.res.mac, a.res.mac, i);
		REQUIRE_GE(avf_tx(&a, i & 1, f, sizeof(f), 0), 0);
		REQUIRE_GE(avf_rx_from(&b, a.res.mac, &rx, AVF_MS), 0);
		EXPECT_MEM(rx.data, f, sizeof(f));
		/* What fired before the mask may be on its way, more so by a shared vector. */
		avf_mask(&b, 1);
		while (event_wait(b.event[1], 50))
			;
		avf_wr(&b, AVF_DYN_CTLN(0),
		       AVF_DYN_INTENA | AVF_DYN_ITR_NONE | AVF_DYN_SWINT_TRIG);
		EXPECT_EQ(event_wait(b.event[1], AVF_MS), 1);
		EXPECT_EQ(event_wait(b.event[1], 0), 0);
	}
}

static void traffic_done(void)
{
	avf_close(&a);
	avf_close(&b);
	EXPECT_OK(mdev_remove(a.dev.uuid));
	EXPECT_OK(mdev_remove(b.dev.uuid));
}

static void reload(const char *smartnic)
{
	need_files();
	mdev_cleanup();
	REQUIRE_OK(modules_unload());
	REQUIRE_OK(modules_load(vdcm_before, smartnic));
	wait_for_types();
}

/* Clause: dma_mode=table is the device's own translation, on every machine. */
static void table_mode(void)
{
	char mode[16];

	reload("dma_mode=table");
	traffic();
	EXPECT_GT(mdev_attr(a.dev.uuid, "dma_mode", mode, sizeof(mode)), 0);
	EXPECT(!strcmp(mode, "table"));
	EXPECT_GT(mdev_attr(a.dev.uuid, "pasid", mode, sizeof(mode)), 0);
	EXPECT(!strcmp(mode, "none"));
	traffic_done();
}

/* Clause: dma_mode=pasid gives each open ADI a PASID of its own, or is refused where
 * the platform has none.
 */
static void pasid_mode(void)
{
	char one[16], two[16];

	need_files();
	mdev_cleanup();
	REQUIRE_OK(modules_unload());
	REQUIRE_OK(modules_load(vdcm_before, "dma_mode=pasid"));
	wait_for_types();
	if (mdev_available("smartnic-1q") <= 0) {
		/* Loaded, but it took no device: there is no PASID here. */
		EXPECT_OK(module_unload("smartnic"));
		EXPECT_OK(module_load("smartnic", smartnic_before));
		ktap_skip("no PASIDs on this machine");
	}
	traffic();
	EXPECT_GT(mdev_attr(a.dev.uuid, "dma_mode", one, sizeof(one)), 0);
	EXPECT(!strcmp(one, "pasid"));
	EXPECT_GT(mdev_attr(a.dev.uuid, "pasid", one, sizeof(one)), 0);
	EXPECT_GT(mdev_attr(b.dev.uuid, "pasid", two, sizeof(two)), 0);
	EXPECT_GT(atoi(one), 0);
	EXPECT_GT(atoi(two), 0);
	EXPECT(strcmp(one, two) != 0);
	traffic_done();
}

/* Clause: without vectors of their own ADIs share one, and their interrupts arrive. */
static void shared_vectors(void)
{
	reload("max_adi_vectors=0");
	traffic();
	EXPECT_EQ(mdev_attr_num(a.dev.uuid, "vectors/dedicated"), 0);
	EXPECT_GT(mdev_attr_num(a.dev.uuid, "vectors/shared"), 0);
	traffic_done();
}

static void pf_write(const char *name, const char *value)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/smartnic/%s", mdev_parent(), name);
	EXPECT_OK(write_text(path, value));
}

static void pf_refuses(const char *name, const char *value)
{
	char path[PATH_LEN], before[32], after[32];

	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/smartnic/%s", mdev_parent(), name);
	REQUIRE_GT(read_text(path, before, sizeof(before)), 0);
	if (!EXPECT_ERR(write_text(path, value), EINVAL))
		ktap_note("... %s=%s", name, value);
	REQUIRE_GT(read_text(path, after, sizeof(after)), 0);
	EXPECT(!strcmp(before, after));
}

static void bind_again(const char *bdf)
{
	REQUIRE_OK(write_text("/sys/bus/pci/drivers/smartnic/unbind", bdf));
	REQUIRE_OK(write_text("/sys/bus/pci/drivers/smartnic/bind", bdf));
	wait_for_types();
}

/* Clause: a PF has its own limit of vectors, at once, and its own translation, from the next time
 * that it is bound; nonsense is refused.
 */
static void pf_parameters(void)
{
	char bdf[32], mode[16];

	reload("dma_mode=auto max_adi_vectors=-1");
	snprintf(bdf, sizeof(bdf), "%s", mdev_parent());
	pf_refuses("max_adi_vectors", "-2");
	pf_refuses("max_adi_vectors", "lots");
	pf_refuses("dma_mode", "nonsense");
	pf_write("max_adi_vectors", "0");
	traffic();
	EXPECT_EQ(mdev_attr_num(a.dev.uuid, "vectors/dedicated"), 0);
	traffic_done();
	pf_write("max_adi_vectors", "-1");
	pf_write("dma_mode", "table");
	traffic();
	EXPECT_GT(mdev_attr_num(a.dev.uuid, "vectors/dedicated"), 0);
	traffic_done();
	bind_again(bdf);
	traffic();
	EXPECT_GT(mdev_attr(a.dev.uuid, "dma_mode", mode, sizeof(mode)), 0);
	EXPECT(!strncmp(mode, "table", 5));
	traffic_done();
	pf_write("dma_mode", "auto");
	bind_again(bdf);
}

/* Clause: and back to what was. */
static void defaults_restored(void)
{
	char now[512];

	reload(smartnic_before);
	module_params("smartnic", now, sizeof(now));
	EXPECT(!strcmp(now, smartnic_before));
	traffic();
	traffic_done();
}

static const struct ktap_case cases[] = {
	CASE(bad_values_at_run_time),
	CASE(good_values_at_run_time),
	CASE(bad_values_at_load),
	CASE(table_mode),
	CASE(pasid_mode),
	CASE(shared_vectors),
	CASE(pf_parameters),
	CASE(defaults_restored),
};

KTAP_MAIN("args", cases, setup, cleanup)
