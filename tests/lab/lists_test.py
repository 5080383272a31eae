#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lists_test.py: the lists agree, and tests/lab/lists notices when they do not. KTAP.

A case changes one place of the sources, by a regular expression; the check must say so.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lists")
SOURCES = os.path.join(os.path.dirname(LISTS), "../..")
READ = ["mdevctl", "driver", "device", "include", "docs/abi"]

KIT, ROWS, PARSE = "mdevctl/smartnic.sh", "driver/adi/cfg_rows.h", "driver/adi/attrs_parse.c"
TRACE = "driver/core/trace.h"
ABI, REGS, STATS = "docs/abi/sysfs-bus-mdev-smartnic", "include/smartnic/regs.h", "include/smartnic/stat_rows.h"

# name, check, file, what is replaced, by what, finding
CASES = [
    ("a setting that the kit lacks", "settings", KIT, r"\n\t\titr\t.*", "", "itr: no row in mdevctl"),
    ("one that the driver lacks", "settings", KIT, r"\n(\t\titr\t.*)", r"\n\1\n\t\tmtu 1500 closed number 68 9600 1", "mtu: no attribute in driver/adi"),
    ("one that is not documented", "settings", ABI, r"smartnic/itr\n", "smartnic/holdoff\n", "itr: no entry (RW) in docs/abi"),
    ("an attribute of the driver's alone", "settings", ROWS, r"SMNC_CFG_ROW\(ITR,", "SMNC_CFG_ROW(MTU, mtu, true, 1)\n\\g<0>",
     "mtu: no row in mdevctl"),
    ("another usual value in the kit", "settings", KIT, r"(spoofchk\t)on", r"\1off", "spoofchk: usually off in the kit, on in the driver"),
    ("another one in the driver", "settings", ROWS, r"(LINK, link_state, true, )SMNC_LINK_AUTO", r"\1SMNC_LINK_ENABLE",
     "link_state: usually auto in the kit, enable in the driver"),
    ("one that the driver does not set", "settings", ROWS, r"(spoofchk, true, )true", r"\1false", "spoofchk: usually on in the kit, off in the driver"),
    ("closed in the kit alone", "settings", KIT, r"(itr\t\t0\t)live", r"\1closed", "itr: closed in the kit, live in the driver"),
    ("closed in the driver alone", "settings", ROWS, r"(tx_rate, )true", r"\1false", "tx_rate: live in the kit, closed in the driver"),
    ("an attribute with a store of its own that changes live", "settings", "driver/adi/sysfs.c", r"smnc_adi_mac_set", "smnc_adi_mac_live",
     "mac: closed in the kit, live in the driver"),
    ("another limit in the kit", "settings", KIT, r"number 0 100000 1", "number 0 200000 1", "tx_rate: takes number 0 200000 1 in the kit"),
    ("another range in the driver", "settings", PARSE, r"(smnc_range_ring = {) 64", r"\1 32", "rx_ring_size: takes number 64 4096 32 in the kit"),
    ("a register that becomes wider", "settings", REGS, r"(SMNC_FUNC_ITR_MIN_MASK\t+)0x00000fff", r"\g<1>0x0000ffff", "itr: takes number 0 8190 2"),
    ("a word that the kit does not know", "settings", PARSE, r'("disable",)', r'\1\n\t[SMNC_LINK_LOCAL] = "local",', "link_state: takes word auto enable"),
    ("a document with another limit", "settings", ABI, r"100000, or 0", "50000, or 0", "tx_rate: docs/abi/sysfs-bus-mdev-smartnic does not have 100000"),
    ("a document with another default", "settings", ABI, r'"off", the default: only', '"off": only', "trust: docs/abi/sysfs-bus-mdev-smartnic does not call off"),
    ("a document that calls live what is not", "settings", ABI, r"which is the default\. Fewer take no less from the pool\. Only while the device\s+is closed",
     "the default. Changes act at once", "queues: docs/abi/sysfs-bus-mdev-smartnic does not say that it changes only"),
    ("a counter that was renamed", "counters", STATS, r"\(SPOOFED, spoofed\)", "(SPOOFED, forged)", "forged: no row of stats/"),
    ("a counter that is not documented", "counters", ABI, r"\n\t\tspoofed\t.*", "", "spoofed: no row of stats/"),
    ("a row without a counter", "counters", ABI, r"\n(\t\tspoofed\t.*)", r"\n\1\n\t\tlost\t\tframes", "lost: a row of stats/"),
    ("a counter that the device does not count", "counters", "device/core/rate.c", r"SMNC_STAT_RATE_WAITS", "0", "rate_waits: "),
    ("a message to the firmware without a name", "names", TRACE, r'{ SMNC_FW_VSI_SET, "VSI_SET" }, ', "", "VSI_SET: no name in driver"),
    ("one with another's name", "names", TRACE, r'{ SMNC_FW_MAC_ADD, "MAC_ADD" }', '{ SMNC_FW_MAC_ADD, "MAC_DEL" }', "MAC_ADD: no name in driver"),
    ("a number that tools do not know", "names", TRACE, r"TRACE_DEFINE_ENUM\(SMNC_FW_VSI_SET\);\n", "", "VSI_SET: number not exported"),
    ("an answered opcode without a name", "names", TRACE, r'{ 47, "ADD_FDIR_FILTER" }, ', "", "ADD_FDIR_FILTER: answered"),
]


def run(check, file=None, old=None, new=None):
    """The check's status and output, with a place of the sources changed."""
    with tempfile.TemporaryDirectory() as root:
        for folder in READ:
            shutil.copytree(os.path.join(SOURCES, folder), os.path.join(root, folder))
        if file:
            path = os.path.join(root, file)
            with open(path, encoding="utf-8") as f:
                text, times = re.subn(old, new, f.read(), count=1)
            if not times:
                return None, f"{file}: nothing matches {old}"
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        is_ = subprocess.run([sys.executable, LISTS, check], env=os.environ | {"LISTS_ROOT": root},
                             capture_output=True, text=True, check=False)
        return is_.returncode, is_.stdout + is_.stderr


def main():
    cases = [(f"{check} agree", check, None, None, None, None) for check in ("settings", "counters")] + CASES
    print("KTAP version 1")
    print(f"1..{len(cases)}")
    failed = 0
    for n, (name, check, file, old, new, want) in enumerate(cases, 1):
        status, out = run(check, file, old, new)
        ok = status == bool(want) and (not want or want in out)
        failed += not ok
        if not ok:
            print("\n".join(f"# {line}" for line in out.splitlines()))
        print(f"{'ok' if ok else 'not ok'} {n} {check}: {name}")
    sys.exit(bool(failed))


main()
