#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Fuzz the SmartNIC model through qtest; prints KTAP.

usage: qtest_fuzz.py QEMU SECONDS [THEME...]        FUZZ_SEED=N: start there

A theme's round i has the seed FUZZ_SEED + i and a QEMU of its own. A crash, a
report of a sanitizer, no answer for 5 s, a device that does not work afterwards,
or a rule broken (see fuzz_guest.py) fails it.
"""
import math
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from qtest import fuzz_driver, fuzz_guest, fuzz_packets   # noqa: E402
from qtest.machine import Machine   # noqa: E402

THEMES = fuzz_guest.THEMES | fuzz_packets.THEMES | fuzz_driver.THEMES


def reports(m):
    """What the sanitizers wrote."""
    log = m.stderr().splitlines()
    at = [i for i, line in enumerate(log)
          if 'runtime error:' in line or 'Sanitizer' in line or 'Assertion' in line]
    return log[at[0]:at[0] + 40] if at else []


def one_round(qemu, theme, seed, deadline):
    """(steps, None or what went wrong)"""
    m = Machine(qemu, patience=5, **getattr(theme, 'machine', {}))
    why, steps = [], 0
    try:
        steps = theme(m, seed, deadline, time.monotonic)
    except Exception:   # any failure is a finding, not the end
        why = traceback.format_exc().splitlines()
    why += reports(m)
    try:
        if m.close() and not why:
            why = ['QEMU did not end well'] + reports(m)
    except Exception as e:
        why.append(repr(e))
        m.kill()
    return steps, why


def run(qemu, name, seed, seconds):
    """(rounds, steps, None or (seed, what went wrong))"""
    end = time.monotonic() + seconds
    rounds = total = 0
    while not rounds or time.monotonic() < end:
        # The first round is whole, so that it replays.
        steps, why = one_round(qemu, THEMES[name], seed + rounds, end if rounds else math.inf)
        if why:
            return rounds + 1, total, (seed + rounds, why)
        total += steps
        rounds += 1
    return rounds, total, None


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    seed = int(os.environ.get('FUZZ_SEED') or time.time_ns() % 1000000000)
    names = sys.argv[3:] or list(THEMES)
    print(f'KTAP version 1\n1..{len(names)}\n# FUZZ_SEED={seed}', flush=True)
    failed = 0
    for n, name in enumerate(names, 1):
        rounds, steps, why = run(sys.argv[1], name, seed, float(sys.argv[2]) / len(names))
        if why:
            failed = 1
            for line in why[1]:
                print('# ' + line)
            print(f'# again: FUZZ_SEED={why[0]} tests/fuzz/hw 1 {name}')
        print(f'{"not ok" if why else "ok"} {n} {name}: {rounds} rounds, {steps} steps', flush=True)
    sys.exit(failed)


if __name__ == '__main__':
    main()
