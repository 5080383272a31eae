/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device reset, and what resumes when the device may use the bus again. */
#include "pci.h"
#include "../core/core.h"
#include "../switch/switch.h"
#include "../trace.h"

void snic_device_reset(SnicState *s)
{
    unsigned i;

    trace_snic_device_reset();
    for (i = 0; i < snic_num_funcs(s); i++) {
        snic_func_wipe(&s->func[i]);
    }
    for (i = 0; i < s->num_qps; i++) {
        snic_qp_clear(&s->qp[i]);
    }
    snic_rings_reset(s);
    snic_veb_reset(s);
    snic_fw_reset(s);
    timer_del(s->room_timer);
    s->adis_enabled = 0;
    s->xlat_mode = SNIC_XLAT_MODE_TABLE;
    s->icr = s->icr_mask = s->icr_unsent = 0;
    memset(s->intvec, 0, sizeof(s->intvec));
}

/* The device may use the bus again: all that paused resumes. */
void snic_kick_all(SnicState *s)
{
    unsigned i;

    for (i = 0; i < snic_num_funcs(s); i++) {
        if (snic_func_runs(&s->func[i])) {
            snic_func_kick(&s->func[i]);
        }
    }
    snic_wake_mbx(s);
    snic_kick_device(s);
    snic_signal_all(s);
}
