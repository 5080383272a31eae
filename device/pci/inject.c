/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults of the device itself, for tests: property "inject", at run time
 * (docs/hardware.md, section 15).
 */
#include "pci.h"
#include "../core/core.h"
#include "qapi/error.h"

/* --- the firmware's next answer --------------------------------------------------- */

static bool smnc_inject_firmware(SmncInject *in, char **words)
{
    static const char *const faults[] = {
        [SMNC_FW_LATE] = "late", [SMNC_FW_LOST] = "lost",
        [SMNC_FW_ERROR] = "error", [SMNC_FW_HANGS] = "hangs",
    };
    unsigned i;

    for (i = SMNC_FW_LATE; i < ARRAY_SIZE(faults); i++) {
        if (*words && !strcmp(*words, faults[i])) {
            break;
        }
    }
    if (i == ARRAY_SIZE(faults)) {
        return false;
    }
    words++;
    if (i == SMNC_FW_LATE) {
        if (!*words) {
            return false;
        }
        in->fw_late_ms = strtoul(*words++, NULL, 10);
    }
    in->fw_op = *words ? strtoul(*words, NULL, 10) : 0;
    in->fw = i;
    return true;
}

/* --- a function that does not obey -------------------------------------------- */

static bool smnc_inject_function(SmncInject *in, char **words)
{
    static const struct {
        const char *word;
        unsigned flag;
    } what[] = {
        { "reset", SMNC_IGNORES_RESET },
        { "disable", SMNC_IGNORES_DISABLE },
        { "queues", SMNC_IGNORES_QUEUES },
        { "quiesce", SMNC_IGNORES_QUIESCE },
        { "state", SMNC_IGNORES_STATE },
    };
    unsigned i;

    if (!*words) {
        return false;
    }
    in->func = strtoul(*words++, NULL, 10);
    in->ignores = 0;
    for (; *words; words++) {
        for (i = 0; i < ARRAY_SIZE(what) && strcmp(*words, what[i].word); i++) {
        }
        if (i == ARRAY_SIZE(what)) {
            return false;
        }
        in->ignores |= what[i].flag;
    }
    return true;
}

/* --- rings, the link ----------------------------------------------------------------- */

static bool smnc_inject_ring(SmncState *s, char **words)
{
    static const char *const rings[] = {
        [SMNC_R_FAULT] = "fault", [SMNC_R_CAUSE] = "cause",
        [SMNC_R_TX] = "tx", [SMNC_R_RX] = "rx",
    };
    unsigned i;

    for (i = 0; *words && i < ARRAY_SIZE(rings); i++) {
        if (!strcmp(*words, rings[i])) {
            smnc_ring_fail(s, i);
            return true;
        }
    }
    return false;
}

/* --- the property --------------------------------------------------------------------- */

static bool smnc_inject(SmncState *s, char **words)
{
    if (!words[0]) {
        memset(&s->inject, 0, sizeof(s->inject));
        smnc_set_silent(s, false);
        return true;
    }
    if (!strcmp(words[0], "firmware")) {
        return smnc_inject_firmware(&s->inject, words + 1);
    }
    if (!strcmp(words[0], "function")) {
        return smnc_inject_function(&s->inject, words + 1);
    }
    if (!strcmp(words[0], "ring")) {
        return smnc_inject_ring(s, words + 1);
    }
    if (!strcmp(words[0], "silence")) {
        smnc_set_silent(s, true);
        return true;
    }
    return false;
}

static void smnc_set_inject(Object *obj, const char *value, Error **errp)
{
    char **words;

    if (!qdev_is_realized(DEVICE(obj))) {
        error_setg(errp, "inject is for a device that is there");
        return;
    }
    words = g_strsplit(value, " ", 8);
    if (!smnc_inject(SMARTNIC(obj), *value ? words : words + g_strv_length(words))) {
        error_setg(errp, "inject: '%s'?", value);
    }
    g_strfreev(words);
}

void smnc_inject_class_init(ObjectClass *class)
{
    object_class_property_add_str(class, "inject", NULL, smnc_set_inject);
}
