#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""verdict_test.py: what the lab makes of a run's files and of KTAP logs. KTAP.

The functions of verdict.sh, and ktap-summary, are asked about logs made here.
"""
import os
import subprocess
import sys
import tempfile

LAB = os.path.dirname(os.path.abspath(__file__))
REPORT = """[    1.0] ------------[ cut here ]------------
[    1.0] WARNING: CPU: 0 PID: 1 at drivers/pci/{0}.c:1 {0}+0x1/0x2
[    1.0] Call Trace:
[    1.0]  {0}+0x1/0x2
[    1.0] ---[ end trace 0000000000000000 ]---
"""
BAD = [
    "WARNING: CPU: 1 PID: 7 at kernel/x.c:1", "BUG: unable to handle page fault", "Oops: 0000 [#1]",
    "general protection fault", "Kernel panic - not syncing", "kernel panic", "Call Trace:", "KASAN: null-ptr-deref in range",
    "KFENCE: memory corruption", "UBSAN: array-index-out-of-bounds", "DMAR: [DMA Read] Request device fault addr",
    "DMA-API: smartnic 0000:01:00.0: freeing", "unregister_netdevice: waiting for eth1", "task x blocked for more than 120 seconds",
    "Disabling lock debugging due to kernel taint", "INFO: possible recursive locking", "INFO: task x:1", "INFO: rcu_sched self-detected",
    "possible circular locking", "kmemleak: 3 new suspected memory leaks", "refcount_t: underflow", "watchdog: soft lockup",
    "hard LOCKUP", "rcu: detected stalls", "scheduling while atomic", "sleeping function called from invalid context",
    "NETDEV WATCHDOG: eth0", "bad page state in process x", "ODEBUG disabled", "DMA-API: debugging out of memory",
    "Kernel memory leak detector disabled",
]
GOOD = [
    "smartnic 0000:01:00.0: DMAR translation on", "Warning: unused", "debug: all is well", "INFO: lockdep is on",
    "DMAR: IOMMU enabled", "smartnic_adi x: function reset failed: -5",
]

# name, console, {file of out/: text}, regular expressions that allow, the lines left
HITS = [
    *((f"a line that fails: {line}", f"[ 1.0] {line}\r\n", {}, [], [f"[ 1.0] {line}"]) for line in BAD),
    *((f"a line that does not: {line}", f"[ 1.0] {line}\n", {}, [], []) for line in GOOD),
    ("allowed by the caller", "BUG: one\nBUG: two\n", {}, ["one"], ["BUG: two"]),
    ("allowed by the script", "BUG: one\nBUG: two\n", {"allow-dmesg": "two\n"}, [], ["BUG: one"]),
    ("an empty expression allows nothing", "BUG: one\n", {"allow-dmesg": "\n"}, [""], ["BUG: one"]),
    ("allowed as a report", REPORT.format("known"), {"allow-reports": "WARNING\tknown\n"}, [], []),
    ("a report of which one text is missing", REPORT.format("known"), {"allow-reports": "known\tother\n"}, [], None),
    ("the other one of two reports", REPORT.format("known") + REPORT.format("new"), {"allow-reports": "known\n"}, [], None),
    ("what stands in an allowed report and is not its own", REPORT.format("known").replace("Call Trace:", "Call Trace:\nBUG: alien"),
     {"allow-reports": "known\n"}, [], ["BUG: alien"]),
    ("a report without an end", REPORT.format("known").replace("end trace", "..."), {"allow-reports": "known\n"}, [], None),
    ("bytes that are no text", "\udcff\udcfe BUG: one\n", {}, [], ["\udcff\udcfe BUG: one"]),
]

# name, QEMU's status, what the script's status was, cpu-reset.log, hits, verdict
VERDICTS = [
    ("the script passed", 1, "0", "", "", 0),
    ("the script failed", 1, "1", "", "", 1),
    ("the script skipped all", 1, "4", "", "", 4),
    ("passed, with messages", 1, "0", "", "BUG: x", 123),
    ("skipped, with messages", 1, "4", "", "BUG: x", 123),
    ("failed, with messages: the failure stands", 1, "2", "", "BUG: x", 2),
    ("time-out", 124, "", "", "", 124),
    ("time-out after the script's end", 124, "0", "", "", 124),
    ("killed by the time-out", 137, "", "", "", 124),
    ("L1 turned itself off without a word", 0, "0", "", "", 125),
    ("no status of the script", 1, "", "", "", 125),
    ("triple fault", 0, "", "Triple fault\n", "", 125),
    ("QEMU crashed", 139, "0", "", "", 125),
]

# name, status, console, what is said
EMULATION = [
    ("a stale breakpoint", 125, "Oops: int3: 0000", "a stale breakpoint"),
    ("a lost timer", 124, "timer wakeup didn't happen for 120", "lost its timer"),
    ("the same in a run that passed", 0, "Oops: int3: 0000", ""),
    ("the same in one that skipped", 4, "timer wakeup didn't happen for 120", ""),
    ("a failure of its own", 1, "BUG: x", ""),
]

# name, status, KTAP, what is added
RESULTS = [
    ("passed", 0, "ok 1 a\n", ""),
    ("skipped", 4, "ok 1 a # SKIP b\n", ""),
    ("explained", 1, "not ok 1 a\n", ""),
    ("explained, of 2", 2, "not ok 1 a\n", ""),
    ("explained by a child", 1, "#     not ok 1 a\n", ""),
    ("not explained", 1, "ok 1 a\n", "Bail out! s: status 1"),
    ("messages, whatever else", 123, "not ok 1 a\n", "Bail out! s: messages in the kernel log"),
    ("time-out", 124, "ok 1 a\n", "Bail out! s: time-out"),
    ("did not finish", 125, "ok 1 a\n", "Bail out! s: status 125"),
]

# name, logs, last line, status
SUMMARIES = [
    ("one result", ["1..1\nok 1 a\n"], "1 passed, 0 failed, 0 skipped", 0),
    ("a parent is not counted", ["1..1\n  1..2\n  ok 1 a\n  ok 2 b\nok 1 p\n"], "2 passed, 0 failed, 0 skipped", 0),
    ("a parent that failed, its children passed", ["1..1\n# 1..1\n# ok 1 a\nnot ok 1 p\n"], "1 passed, 1 failed, 0 skipped", 1),
    ("a parent of a child that failed", ["1..1\n# 1..1\n# not ok 1 a\nnot ok 1 p\n"], "0 passed, 1 failed, 0 skipped", 1),
    ("a plan that is not kept", ["1..2\nok 1 a\n"], "1 passed, 1 failed, 0 skipped", 1),
    ("a child's plan that is not kept", ["1..1\n# 1..3\n# ok 1 a\nok 1 p\n"], "1 passed, 1 failed, 0 skipped", 1),
    ("more than planned", ["1..1\nok 1 a\nok 2 b\n"], "2 passed, 1 failed, 0 skipped", 1),
    ("no result", ["1..0\n"], "0 passed, 1 failed, 0 skipped", 1),
    ("an empty log beside a good one", ["1..1\nok 1 a\n", ""], "1 passed, 1 failed, 0 skipped", 1),
    ("a skip", ["1..1\nok 1 a # SKIP no such thing\n"], "0 passed, 0 failed, 1 skipped", 0),
    ("a plan that skips all", ["1..1\n# 1..0 # SKIP why\nok 1 p # SKIP\n"], "0 passed, 0 failed, 1 skipped", 0),
    ("bail out", ["1..1\nok 1 a\nBail out! b\n"], "1 passed, 1 failed, 0 skipped", 1),
]


def shell(commands, run, share, **env):
    return subprocess.run(["bash", "-euc", f'say() {{ echo "lab: $*" >&2; }}; . "{LAB}/verdict.sh"; {commands}'],
                          env=os.environ | {"run": run, "share": share} | env, capture_output=True, check=False)


def text(raw):
    return raw.decode(errors="surrogateescape")


def write(path, what):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(what.encode(errors="surrogateescape"))


def hits(run, share, console, out, allow, want):
    write(f"{run}/console.log", console)
    for name, what in out.items():
        write(f"{share}/out/{name}", what)
    r = shell("kernel_hits " + " ".join(f"'{a}'" for a in allow), run, share)
    lines = text(r.stdout).splitlines()
    return (bool(lines) if want is None else lines == want), text(r.stdout + r.stderr)


def verdict(run, share, rc, script, reset, found, want):
    write(f"{run}/console.log", "the last line\n")
    if reset:
        write(f"{run}/cpu-reset.log", reset)
    if script:
        write(f"{share}/out/rc", script + "\n")
    r = shell(f'verdict_of {rc} 300 "$found"; exit $verdict', run, share, found=found)
    shown = "the last line" in text(r.stderr)
    return r.returncode == want and shown == (want >= 124), f"{r.returncode}\n{text(r.stderr)}"


def emulation(run, share, status, console, want):
    write(f"{run}/a.console", console + "\n")
    r = shell(f'emulation_fault {status} "$run/none" "$run/a.console"', run, share)
    return (want in text(r.stdout)) == bool(r.stdout) if want else not r.stdout, text(r.stdout + r.stderr)


def result(run, share, status, ktap, want):
    write(f"{run}/k", ktap)
    r = shell(f'suite_result {status} "$run/k" s', run, share)
    with open(f"{run}/k", encoding="utf-8") as f:
        return text(r.stdout).strip() == want and f.read() == ktap + (want + "\n" if want else ""), text(r.stdout + r.stderr)


def summary(run, _share, logs, want, status):
    paths = [f"{run}/{n}.ktap" for n in range(len(logs))]
    for path, what in zip(paths, logs):
        write(path, what)
    r = subprocess.run([f"{LAB}/ktap-summary", *paths], capture_output=True, check=False)
    out = text(r.stdout)
    return out.splitlines()[-1] == want and r.returncode == status, out + text(r.stderr)


def main():
    table = [(f, *case) for f, cases in ((hits, HITS), (verdict, VERDICTS), (emulation, EMULATION), (result, RESULTS),
                                         (summary, SUMMARIES)) for case in cases]
    print("KTAP version 1")
    print(f"1..{len(table)}")
    failed = 0
    for n, (check, name, *case) in enumerate(table, 1):
        with tempfile.TemporaryDirectory() as run, tempfile.TemporaryDirectory() as share:
            ok, seen = check(run, share, *case)
        failed += not ok
        if not ok:
            print("\n".join(f"# {line}" for line in seen.splitlines()))
        print(f"{'ok' if ok else 'not ok'} {n} {check.__name__}: {name.replace('#', '')}")
    sys.exit(bool(failed))


main()
