#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests without a device on L1's first processor, while the second loads its FPU again and
# again, as one that switches tasks does. Where L1 is emulated that was enough to lose either
# (tests/hw/patches/fpu-ignne.patch): before this passes no failure beside a guest says anything.
set -u
. /lab/tests/lab/l1.sh
. /lab/tests/e2e/ktap.sh

plan 6
taskset -c 1 /lab/selftests/fpu_busy &
taskset -p -c 0 $$ >/dev/null
for n in 1 2; do
	must "guest $n boots beside a busy FPU" start_l2 a
	check "guest $n answers, again and again" l2_cmd a --timeout 120 'for i in $(seq 50); do sleep 0.1; done'
	check "guest $n ends when it is told to" stop_l2 a
done
finish
