#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What L1's second processor does must not change what the first one does. Where L1 is
# emulated it did (device/qemu-patches): before this passes no other failure says anything.
set -u
. /lab/tests/lab/l1.sh
. /lab/tests/e2e/ktap.sh

# The two SmartNICs by the address of their registers.
mapfile -t NICS < <(for d in $(grep -lx 0x10f5 /sys/bus/pci/devices/*/device); do
	read -r at _ <"${d%/*}/resource" && echo "$at ${d%/*}"
done | sort | cut -d ' ' -f 2)

# busy HOW...: the second processor, until idle.
busy() { taskset -c 1 /lab/selftests/busy "$@" & BUSY=$!; }
idle() { kill $BUSY; wait $BUSY; equal $? 143; }

# Each write takes the BARs out of the memory map or lays them into it again.
remap() {
	local n

	for ((n = 0; n < 300; n++)); do
		setpci -s "${NICS[0]##*/}" COMMAND=0:2 && setpci -s "${NICS[0]##*/}" COMMAND=2:2 || return
	done
}

plan 9
taskset -p -c 0 $$ >/dev/null
busy fpu
for n in 1 2; do
	must "guest $n boots beside a busy FPU" start_l2 a
	check "guest $n answers, again and again" l2_cmd a --timeout 120 'for i in $(seq 50); do sleep 0.1; done'
	check "guest $n ends when it is told to" stop_l2 a
done
check "the FPU was busy all the time" idle
echo 1 | tee "${NICS[@]/%//enable}" >/dev/null
busy mmio "${NICS[1]}/resource0"
check "BARs of a device come and go" remap
check "reads of another one's registers went on, and read those" idle
finish
