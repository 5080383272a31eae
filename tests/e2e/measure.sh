# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a stretch of time cost: exits of the guests' virtual machines, accesses
# that the framework trapped, faults, pinned memory.
#
#   measure_begin GUEST...; ...; measure_end GUEST...     then ${COST[name]}:
#	exits	VM exits (KVM)
#	user	of these, accesses to device memory that went to QEMU
#	regs	trapped accesses to registers of the ADIs (mailbox, interrupt cause)
#	doors	trapped doorbells: accesses to pages that should be mapped
#	maps	doorbell pages mapped at a first touch
#	faults	DMA faults: pages asked for by the device
#	irqs	interrupts to the guests
#	pinned	bytes pinned at the end (a level, not a difference)

declare -A COST=() COST0=()
COST_NAMES="exits user regs doors maps faults irqs"

kvm_stat() {
	local pid f sum=0

	# A further device of a guest that is counted by another name has no VM of its own.
	pid=$(l2_pid "$1") || { echo 0; return; }
	for f in /sys/kernel/debug/kvm/"$pid"-*/"$2"; do
		[ ! -e "$f" ] || sum=$((sum + $(cat "$f")))
	done
	echo "$sum"
}

# counters_sum NAMES GUEST...: the sum of some of the mdevs' counters.
counters_sum() {
	local names=$1 g n sum=0

	shift
	for g; do
		for n in $names; do
			sum=$((sum + $(attr "${UUID[$g]}" "counters/$n")))
		done
	done
	echo "$sum"
}

pinned() { attr "${UUID[$1]}" pinned_bytes; }

# measure_now ARRAY GUEST...
measure_now() {
	local -n to=$1
	local g

	shift
	to=()
	for g; do
		to[exits]=$((${to[exits]:-0} + $(kvm_stat "$g" exits)))
		to[user]=$((${to[user]:-0} + $(kvm_stat "$g" mmio_exits)))
		to[pinned]=$((${to[pinned]:-0} + $(pinned "$g")))
	done
	to[regs]=$(counters_sum "traps_read traps_write" "$@")
	to[doors]=$(counters_sum "doorbell_traps" "$@")
	to[maps]=$(counters_sum "mmap_faults" "$@")
	to[faults]=$(counters_sum "dma_faults" "$@")
	to[irqs]=$(counters_sum "irqs_signalled" "$@")
}

measure_begin() { COST_T0=${EPOCHREALTIME/./}; measure_now COST0 "$@"; }

measure_end() {
	local n

	measure_now COST "$@"
	COST_MS=$(((${EPOCHREALTIME/./} - COST_T0) / 1000))
	for n in $COST_NAMES; do
		COST[$n]=$((COST[$n] - COST0[$n]))
	done
}
