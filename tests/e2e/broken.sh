#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# broken.sh [TYPE]: a SmartNIC of which a part is broken (property "inject" of the model), beside a
# device that is open: who pays, and for how long; both are of TYPE (smartnic-1q). Run it
# with --qmp, and with the hot plug left to the port (see removal.sh).
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

TYPE=${1:-smartnic-1q}
# Messages to the firmware.
VSI_SET=2 MAC_ADD=3 VSI_CLEAR=5 RSS_KEY=6
declare -A PID=()

inject() { l1_qmp '{"execute":"qom-set","arguments":{"path":"nic0","property":"inject","value":"'"$1"'"}}'; }
aer() { l1_qmp '{"execute":"human-monitor-command","arguments":{"command-line":"pcie_aer_inject_error nic0 MALF_TLP"}}'; }
logged() { dmesg | grep -q "$1"; }
pf_reset() { echo 1 >"/sys/bus/pci/devices/$PF/reset"; }

until_s() { # SECONDS COMMAND...
	local i n=$(($1 * 10 * SLOW))

	shift
	for ((i = 0; i < n; i++)); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "not within the time: $*"
	return 1
}

opened() { # NAME
	start_hold "/run/hold-$1" "${UUID[$1]}"
	PID[$1]=$!
	until_s 10 grep -qE 'ready|failed' "/run/hold-$1" && grep -q ready "/run/hold-$1"
}

closed() { # NAME
	kill -KILL "${PID[$1]}" 2>/dev/null
	wait "${PID[$1]}" 2>/dev/null
	until_s 10 state_is "$1" idle
}

state_is() { [[ "$(attr "${UUID[$1]}" state)" = $2 ]]; }
function_of() { attr "${UUID[$1]}" function; }
resumes() { attr "${UUID[n]}" counters/resumes; }
resumes_are() { [ "$(resumes)" = "$1" ]; }
neighbour() { state_is n "open ${PID[n]} hold" && fails grep -q error /run/hold-n; }

set_up() {
	guest_mdev n "$PF" "$TYPE" && guest_mdev x "$PF" "$TYPE" && opened n && opened x && closed x
}

# FAULT OP: closing or opening meets a firmware that does not answer as it should. The next
# one who asks is served, and in the end the function is anyone's again.
firmware() {
	local was n i

	n=$(resumes)
	opened x && was=$(function_of x) || return
	inject "firmware $1 $VSI_CLEAR" && closed x && opened x && closed x || return
	inject "firmware $1 $2" || return
	# It may fail, but then not twice.
	opened x || opened x || return
	for i in {1..5}; do
		closed x && sleep 2 && opened x || return
		[ "$(function_of x)" != "$was" ] || break
	done
	equal "$(function_of x)" "$was" && closed x && neighbour && equal "$(resumes)" "$n"
}

# A function that neither stops nor starts: no one else notices.
function_stuck() {
	local was n

	n=$(resumes)
	opened x && was=$(function_of x) && inject "function $was disable reset" && closed x && opened x || return
	fails equal "$(function_of x)" "$was" >/dev/null && closed x && opened x && fails equal "$(function_of x)" "$was" >/dev/null &&
		closed x && neighbour && equal "$(resumes)" "$n" || return
	# Reset, the device has it again.
	inject "" && pf_reset && until_s 10 resumes_are $((n + 1)) && opened x && equal "$(function_of x)" "$was" && closed x && neighbour
}

# Nor does it start in the first place: the same opening goes on with another one.
function_starts_not() {
	local was n

	n=$(resumes)
	opened x && was=$(function_of x) && closed x && inject "function $was reset" && opened x || return
	fails equal "$(function_of x)" "$was" >/dev/null && closed x && inject "" && equal "$(resumes)" "$n" && neighbour &&
		pf_reset && until_s 10 resumes_are $((n + 1))
}

# Not even kept from DMA: then the device is reset, and all carry on.
function_wild() {
	local n

	n=$(resumes)
	opened x && inject "function $(function_of x) disable quiesce" && closed x && until_s 10 resumes_are $((n + 1)) &&
		inject "" && opened x && closed x && neighbour
}

ring() { # NAME
	local n

	n=$(resumes)
	inject "ring $1" && until_s 10 resumes_are $((n + 1)) && opened x && closed x && neighbour
}

# The link is down before the kernel says so.
link_lost() {
	local n

	n=$(resumes)
	inject silence && until_s 10 logged 'the device does not answer any more' && neighbour && fails logged 'is given up' || return
	aer && until_s 25 resumes_are $((n + 1)) && opened x && closed x && neighbour
}

# A restart that fails leaves an interface that is down, and can be brought up.
netdev() {
	closed n && pf_up "$PF_DEV" && inject "firmware error $RSS_KEY" && pf_reset || return
	fails grep -q UP <(ip -br link show "$PF_DEV" | sed 's/.*<//') && ip link set "$PF_DEV" up &&
		equal "$(cat "/sys/class/net/$PF_DEV/carrier")" 1 && inject "" && opened n
}

# What the firmware refuses once it gets again: a group, and the end of all filters of an
# interface that is down.
T=/sys/kernel/tracing
done_again() { grep -A100 "op=$1(.* status=[1-9]" $T/trace | grep -q "op=$1(.* status=0 "; } # OP
refused_filters() {
	local rc

	echo >$T/trace && echo 1 >$T/events/smartnic/smnc_fw/enable && echo 1 >$T/tracing_on || return
	inject "firmware error $MAC_ADD" && ip maddr add 33:33:00:00:77:01 dev "$PF_DEV" && until_s 10 done_again MAC_ADD &&
		inject "firmware error $VSI_CLEAR" && ip link set "$PF_DEV" down && until_s 10 done_again VSI_CLEAR
	rc=$?
	echo 0 >$T/events/smartnic/smnc_fw/enable
	[ $rc = 0 ] || grep 'op=' $T/trace | tail -n 20
	ip maddr del 33:33:00:00:77:01 dev "$PF_DEV"
	ip link set "$PF_DEV" up && return $rc
}

# Resets do not help for ever. Bound anew it is a device as any.
given_up() {
	local i

	for i in {1..10}; do
		inject "ring fault"
		sleep 2
		! logged 'the device is given up' || break
	done
	until_s 10 logged 'the device is given up' && until_s 5 state_is n dead && until_s 5 grep -q error /run/hold-n || return
	kill -KILL "${PID[n]}"
	echo "$PF" >/sys/bus/pci/drivers/smartnic/unbind && echo "$PF" >/sys/bus/pci/drivers/smartnic/bind &&
		until_s 10 test -d "/sys/class/mdev_bus/$PF" && guest_mdev y "$PF" "$TYPE" && opened y && closed y && mdevctl stop -u "${UUID[y]}"
}

leave() {
	kill -KILL "${PID[@]}" 2>/dev/null
	wait
	inject ""
	unload_modules
}

plan 16
must "modules load" load_modules ${DMA:+dma_mode=$DMA}
PF=$(pf_bdf) PF_DEV=$(pf_netdev)
must "L1 reaches its machine" l1_qmp '{"execute":"query-status"}'
must "a neighbour" set_up
check "the firmware answers late" firmware "late 1500" $MAC_ADD
check "the firmware does not answer" firmware lost $MAC_ADD
check "the firmware refuses" firmware error $VSI_SET
check "a function does not stop" function_stuck
check "a function does not start" function_starts_not
check "a function cannot be kept from DMA" function_wild
check "a ring of the PF is disabled: cause" ring cause
check "the link is down first" link_lost
check "a ring of the PF is disabled: rx" ring rx
check "the interface after a failed restart" netdev
check "the interface's filters are refused once" refused_filters
check "given up in the end, and bound anew" given_up
check "modules unload" leave
finish
