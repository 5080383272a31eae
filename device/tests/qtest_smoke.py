#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Test the SmartNIC model's engine without any driver; prints KTAP.

usage: qtest_smoke.py QEMU [NAME...]        NAME: part of a test's name
"""
import os
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from qtest import (t_control, t_dma, t_engine, t_flow, t_hostile, t_inject, t_intr, t_mailbox,  # noqa: E402
                   t_offload, t_pasid, t_patience, t_pci, t_rate, t_regs, t_state, t_switch, t_tags, t_trace, t_trunk,
                   t_virtio, t_vcoal, t_vctl, t_vfault, t_vlan, t_vnet, t_vpacked, t_vring, t_vrss, t_vstate, t_whole)
from qtest.machine import Machine  # noqa: E402

SUITES = (t_regs, t_pci, t_intr, t_mailbox, t_dma, t_pasid, t_engine, t_offload, t_switch, t_vlan, t_trunk,
          t_tags, t_flow, t_control, t_rate, t_patience, t_state, t_hostile, t_inject, t_trace, t_virtio, t_vnet,
          t_whole, t_vctl, t_vfault, t_vring, t_vpacked, t_vrss, t_vcoal, t_vstate)


def tests(wanted):
    for suite in SUITES:
        for name, fn in vars(suite).items():
            full = f'{suite.__name__.rsplit("_", 1)[1]}.{name.removeprefix("test_")}'
            if name.startswith('test_') and (not wanted or any(w in full for w in wanted)):
                yield full, fn


def run(qemu, fn):
    """None, or what went wrong."""
    m = Machine(qemu, getattr(fn, 'options', ''), getattr(fn, 'extra', ()),
                getattr(fn, 'slot', False))
    why = None
    try:
        fn(m)
    except Exception:   # any failure of one test is a result, not the end
        why = traceback.format_exc()
    try:
        if m.close() and not why:
            why = 'QEMU did not end well'
    except Exception as e:
        why = (why or '') + str(e)
    return why


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    todo = list(tests(sys.argv[2:]))
    print('KTAP version 1')
    print(f'1..{len(todo)}')
    failed = 0
    for n, (name, fn) in enumerate(todo, 1):
        why = run(sys.argv[1], fn)
        failed += bool(why)
        for line in (why or '').splitlines():
            print('# ' + line)
        print(f'{"not ok" if why else "ok"} {n} {name}', flush=True)
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()
