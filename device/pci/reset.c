/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device reset, and what resumes when the device may use the bus again. */
#include "pci.h"
#include "../core/core.h"
#include "../switch/switch.h"
#include "../trace.h"

void smnc_device_reset(SmncState *s)
{
    unsigned i;

    trace_smnc_device_reset();
    for (i = 0; i < smnc_num_funcs(s); i++) {
        smnc_func_wipe(&s->func[i]);
    }
    for (i = 0; i < s->num_qps; i++) {
        smnc_qp_clear(&s->qp[i]);
    }
    smnc_rings_reset(s);
    smnc_veb_reset(s);
    smnc_fw_reset(s);
    timer_del(s->room_timer);
    s->adis_enabled = 0;
    s->xlat_mode = SMNC_XLAT_MODE_TABLE;
    s->identify = 0;
    s->icr = s->icr_mask = s->icr_unsent = 0;
    memset(s->intvec, 0, sizeof(s->intvec));
}

/* The device may use the bus again: all that paused resumes. */
void smnc_kick_all(SmncState *s)
{
    unsigned i;

    for (i = 0; i < smnc_num_funcs(s); i++) {
        if (smnc_func_runs(&s->func[i])) {
            smnc_func_kick(&s->func[i]);
        }
    }
    smnc_wake_mbx(s);
    smnc_kick_device(s);
    smnc_signal_all(s);
}
