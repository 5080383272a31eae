# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How the demonstration speaks: phases, notes, the table at the end.

ROWS=()
PHASE=start
PHASE_N=0
DEMO_T0=$SECONDS

note() { printf '   %s\n' "$*"; }
indent() { sed 's/^/   | /'; }
phase_seconds() { ms_seconds $(((${EPOCHREALTIME/./} - PHASE_T0) / 1000)); }
ms_seconds() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }
mib() { awk -v b="$1" 'BEGIN { printf "%.1f", b / 1048576 }'; }

phase() {
	phase_end
	PHASE=$1
	PHASE_N=$((PHASE_N + 1))
	PHASE_T0=${EPOCHREALTIME/./}
	printf '\n== %d. %s\n' "$PHASE_N" "$PHASE"
}

phase_end() {
	[ "$PHASE" = start ] || printf '   (%s s)\n' "$(phase_seconds)"
}

fail() {
	local g

	printf '\ndemo: step %d, "%s": %s\n' "$PHASE_N" "$PHASE" "$*"
	echo "   the end of the kernel's log:"
	dmesg | tail -n 12 | indent
	for g in "${GUEST[@]}"; do
		[ ! -s "$LAB_OUT/l2-$g.qemu" ] || { echo "   QEMU of $g says:"; tail -n 5 "$LAB_OUT/l2-$g.qemu" | indent; }
		! l2_alive "$g" || { echo "   the end of the console of $g:"; tail -n 5 "$(l2_console "$g")" | indent; }
	done
	exit 1
}

run_or_fail() { "$@" || fail "$*: status $?"; }

# row PHASE SECONDS RATE: what measure_end found.
row() {
	ROWS+=("$(printf '%-24s %7s %7s %9s %8s %8s %9s %7s %8s %8s' "$1" "$2" "$3" "${COST[exits]}" "${COST[user]}" \
		"${COST[regs]}" "${COST[doors]}" "${COST[faults]}" "${COST[irqs]}" "$(mib "${COST[pinned]}")")")
}

# Before the guests exist everything is zero.
measure_zero() {
	local n

	COST_T0=${EPOCHREALTIME/./}
	for n in $COST_NAMES; do COST0[$n]=0; done
}

table() {
	printf '\n%-24s %7s %7s %9s %8s %8s %9s %7s %8s %8s\n' "all guests together" seconds MiB/s "VM exits" "to QEMU" "register" doorbell "DMA" inter- "pinned"
	printf '%-24s %7s %7s %9s %8s %8s %9s %7s %8s %8s\n' "" "" "" "" "(MMIO)" traps traps faults rupts MiB
	printf -- '-%.0s' {1..106}
	echo
	printf '%s\n' "${ROWS[@]}"
	printf '%s s in L1, guests on %s\n' "$((SECONDS - DEMO_T0))" "$L2_HOW"
}

keep_hint() {
	printf '\nThe guests are still running. In this shell: . /lab/tests/e2e/lib.sh; l2_cmd g1 "ip addr"; mdevctl list\n'
	printf 'Leave it with exit: L1 stops.\n'
}
