#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tracepoints and debugfs, with an operator's tools: tracefs, cat and awk. The script boots a
# guest, sends traffic, resets the guest and its SmartNIC, and stops the guest. The trace must have
# these events in order, with the same numbers as sysfs. The trace stays in $LAB_OUT.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

T=/sys/kernel/tracing D=/sys/kernel/debug
TRACE=$LAB_OUT/observe.trace

EVENTS="vdcm/vdcm_trap vdcm/vdcm_mmap_fault vdcm/vdcm_irq_set vdcm/vdcm_irq vdcm/vdcm_fault
	vdcm/vdcm_pin vdcm/vdcm_map vdcm/vdcm_fault_done vdcm/vdcm_unmap vdcm/vdcm_gate
	vdcm/vdcm_open vdcm/vdcm_close vdcm/vdcm_reset vdcm/vdcm_revoke vdcm/vdcm_quiesce
	vdcm/vdcm_resume smartnic/smnc_mbx_in smartnic/smnc_mbx_out smartnic/smnc_fw
	smartnic/smnc_fault smartnic/smnc_fault_answer smartnic/smnc_cause
	smartnic/smnc_func_reset smartnic/smnc_quiesce smartnic/smnc_resume smartnic/smnc_trouble"

# Every event there is, and no other.
events_there() {
	mountpoint -q $T || mount -t tracefs nodev $T || return
	mountpoint -q $D || mount -t debugfs nodev $D || return
	equal "$(cd $T/events && find vdcm smartnic -mindepth 1 -maxdepth 1 -type d | sort | xargs)" \
		"$(printf '%s\n' $EVENTS | sort | xargs)"
}

trace_on() {
	echo 16384 >$T/buffer_size_kb && echo 1 >$T/events/vdcm/enable && echo 1 >$T/events/smartnic/enable &&
		echo >$T/trace && echo 1 >$T/tracing_on
}
# Counters go on while cat reads the trace: the traced numbers lie between two readings.
counters_to() { grep -H . "$MDEV/${UUID[v]}/smartnic/counters"/* | sed 's,.*/,,; s/:/ /' >"$1"; }
trace_take() {
	counters_to /run/before && cat $T/trace >"$TRACE" && counters_to /run/after && echo >$T/trace || return
	# Nothing was lost.
	sed -nE 's,^# entries-in-buffer/entries-written: ([0-9]+)/([0-9]+) .*,\1 \2,p' "$TRACE" | awk '{ ok = $1 == $2 } END { exit !ok }'
}
counted() { # COUNTER NUMBER
	awk -v c="$1" -v n="$2" '$1 == c { v[++i] = $2 } END { if (i != 2 || n < v[1] || n > v[2]) { print c ": " n ", counted " v[1] " to " v[2]; exit 1 } }' /run/before /run/after
}

# has EVENT [REGEX...]: one line of the event holds all of them, in this order.
has() {
	local event=$1 re

	shift
	re=$(printf '%s.*' "$@")
	grep -qE " $event: .*$re" "$TRACE" || { echo "no $event with $*"; return 1; }
}
lines_of() { grep -cE " $1: .*${2:-}" "$TRACE"; }
seconds_of() { grep -E " $1: .*${2:-}" "$TRACE" | head -n "${3:-1}" | tail -n 1 | sed -E 's/.* ([0-9]+\.[0-9]+): [a-z_]+: .*/\1/'; }

up() { equal "$(guest_dev v)" eth0 && guest_up v 1 && reach v host; }

# A driver's questions, by their names, each with its answer after it.
messages() {
	local op

	for op in VERSION GET_VF_RESOURCES CONFIG_VSI_QUEUES CONFIG_IRQ_MAP ENABLE_QUEUES; do
		has smnc_mbx_in "func=[0-9]+" "op=$op\(" && has smnc_mbx_out "op=$op\(" "status=0" "err=0" || return
	done
	fails has smnc_mbx_in 'op=0x' && fails has smnc_fw 'op=0x' && has smnc_fw op=VSI_SET status=0 'ns=[1-9]' 'err=0'
}

# Each fault of the device has one of the framework's, and its answer; the sums are sysfs's.
faults() {
	local asked

	has vdcm_fault "${UUID[v]}" 'prot=[rw]' 'err=0' && has vdcm_pin "${UUID[v]}" 'pages=16' 'prot=rw' 'err=0' &&
		has vdcm_map "${UUID[v]}" 'pages=16' 'err=0' && has vdcm_fault_done "${UUID[v]}" 'ns=[1-9]' 'err=0' || return
	asked=$(lines_of vdcm_fault)
	counted dma_faults "$asked" && equal "$(lines_of smnc_fault)" "$asked" && equal "$(lines_of vdcm_fault_done)" "$asked" &&
		counted pages_pinned_total "$(sed -nE 's/.* vdcm_pin: .* pages=([0-9]+) .* err=0$/\1/p' "$TRACE" | awk '{ n += $1 } END { print n }')"
}

# The order in which one fault is served, by time.
in_order() {
	printf '%s\n' "$(seconds_of smnc_fault)" "$(seconds_of vdcm_fault)" "$(seconds_of vdcm_pin)" "$(seconds_of vdcm_map)" \
		"$(seconds_of vdcm_fault_done)" "$(seconds_of smnc_fault_answer)" >/run/times
	cat /run/times
	equal "$(wc -w </run/times)" 6 && sort -c -n /run/times
}

accesses() {
	has vdcm_trap "${UUID[v]}" read 'config\+0x0' 'value=0x' && has vdcm_trap write 'bar[0-9]\+0x' && has vdcm_irq_set on=1 &&
		has vdcm_irq "${UUID[v]}" on=1 || return
	counted traps_read "$(lines_of vdcm_trap 'read bar')" && counted traps_write "$(lines_of vdcm_trap 'write bar')" &&
		counted mmap_faults "$(lines_of vdcm_mmap_fault)" && counted irqs_signalled "$(lines_of vdcm_irq on=1)"
}

# Median and most of the numbers that follow a name, in microseconds.
latency() {
	sed -nE "s/.* $1: .* ns=([0-9]+).*/\1/p" "$TRACE" | sort -n |
		awk -v n="$1" '{ v[NR] = $1 } END { printf "%s: %d, median %d us, at most %d us\n", n, NR, v[int((NR + 1) / 2)] / 1000, v[NR] / 1000 }'
}

files_of_open() {
	cat "$D/vdcm/${UUID[v]}" "$D/smartnic/$PF/device" "$D/smartnic/$PF/functions" >/run/files || return
	cat /run/files
	grep -qE "^user: qemu.*\[$(l2_pid v)\]" /run/files && grep -q '^hardware: there$' /run/files &&
		grep -q '^bus master: on, memory: on$' /run/files && grep -q '^faults: taken, 0 waiting' /run/files &&
		grep -qE '^vector 1: eventfd' /run/files && grep -qE '^ring mailbox receive: enabled, 128 entries' /run/files &&
		grep -qE "^[0-9]+: ${UUID[v]} 2q, 2 queue pairs, DMA on" /run/files && grep -qE 'queue 0 .* tx 0x3 .* rx 0x3' /run/files
}

reset_of_pf() {
	echo >$T/trace
	echo 1 >"/sys/bus/pci/devices/$PF/reset" && reach v host 40 && trace_take || return
	has smnc_quiesce 'in order' && has vdcm_quiesce "$PF" 'ns=[1-9]' && has vdcm_resume "$PF" 'ns=[1-9]' 'err=0' &&
		has smnc_resume "$PF reset err=0" && has smnc_mbx_out op=EVENT && fails has smnc_trouble . || return
	printf '%s\n' "$(seconds_of vdcm_quiesce)" "$(seconds_of smnc_quiesce)" "$(seconds_of smnc_resume)" "$(seconds_of vdcm_resume)" >/run/times
	cat /run/times
	sort -c -n /run/times
}

rebooted() {
	echo >$T/trace
	reboot_l2 v && trace_take && has vdcm_reset "${UUID[v]}" 'err=0' && has smnc_func_reset "$PF func=[0-9]+ 0" || return
	# The firmware of the machine moves memory about.
	has vdcm_unmap "${UUID[v]}" 'iova=0x' 'callbacks=[1-9]' 'ns=[1-9]' 'done=1' &&
		has vdcm_gate "${UUID[v]}" closed && has vdcm_gate "${UUID[v]}" open
}

ends() {
	echo >$T/trace
	stop_l2 v && trace_take && has vdcm_close "${UUID[v]}" 'user=[1-9]' &&
		grep -qx 'user: none' "$D/vdcm/${UUID[v]}" && fails grep -q "${UUID[v]}" "$D/smartnic/$PF/functions"
}

revoked() {
	start_hold /run/hold "${UUID[v]}"
	HOLD=$!
	until_true 20 grep -q ready /run/hold || return
	echo >$T/trace
	mdevctl stop -u "${UUID[v]}" &
	until_true 40 grep -q vdcm_revoke $T/trace
	cat $T/trace >"$TRACE"
	has vdcm_revoke "${UUID[v]}" "user=$HOLD" && grep -q '^hardware: revoked' "$D/vdcm/${UUID[v]}" || return
	kill "$HOLD"
	wait
	[ ! -e "$D/vdcm/${UUID[v]}" ]
}

leave() {
	echo 0 >$T/events/enable
	unload_modules && [ ! -e $D/vdcm ] && [ ! -e $D/smartnic ]
}

plan 16
must "modules load" load_modules
must "the events are there" events_there
PF=$(pf_bdf) PF_DEV=$(pf_netdev)
must "the PF is up" pf_up "$PF_DEV"
must "tracing" trace_on
must "a device" guest_mdev v "$PF" smartnic-2q
must "a guest boots and is on the network" eval 'start_l2 v --mdev "${UUID[v]}" && up && trace_take'
cp "$TRACE" "$LAB_OUT/observe-boot.trace"
for e in smnc_fw vdcm_pin vdcm_map vdcm_fault_done; do say "$(latency $e)"; done
check "its messages, by name, each with an answer" messages
check "accesses and interrupts, as many as counted" accesses
check "faults, pins and answers, as many as counted" faults
check "one fault from the device to its answer" in_order
check "debugfs shows the open device" files_of_open
check "a reset of the function" rebooted
check "a reset of the SmartNIC" eval 'up && reset_of_pf'
check "the guest ends" ends
check "a device is taken from its user" revoked
check "modules unload" leave
finish
