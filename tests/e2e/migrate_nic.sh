#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# migrate_nic.sh [TYPE]: a stock guest moves with its device, an ADI of the SmartNIC, while the
# host pings it and both send data over TCP: into a file and back, to another ADI of the SmartNIC
# and back. Then what a target refuses, what an operator cancels, and a target that is killed. The
# guest's driver must notice nothing of all this, and every byte sent must arrive.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/migration.sh
. /lab/tests/e2e/meanwhile.sh

TYPE=${1:-smartnic-1q}
OTHER=${TYPE%-1q}-2q
RUN=/run/migrate
MOVES=3			# there and back
MOST=300		# pings that a move loses, at most: emulated processors are slow
SLOWLY=$((4 << 20)) FAST=$((1 << 30))	# bytes per second
mkdir -p $RUN
declare -A DEV=()	# mdevs
MOVED=()

# --- QEMU ---------------------------------------------------------------------------

qmp() { # NAME COMMAND [ARGUMENTS]
	l2_qmp "$1" "{\"execute\":\"$2\"${3:+,\"arguments\":{$3}}}"
}

capabilities() {
	local c list=''

	for c in return-path switchover-ack; do list+=",{\"capability\":\"$c\",\"state\":true}"; done
	qmp "$1" migrate-set-capabilities "\"capabilities\":[${list#,}]" &&
		qmp "$1" migrate-set-parameters "\"max-bandwidth\":$FAST,\"downtime-limit\":1000"
}

speed() { qmp "$1" migrate-set-parameters "\"max-bandwidth\":$2"; }

# vm NAME DEVICE [OPTIONS of QEMU]
vm() {
	local name=$1 dev=$2

	shift 2
	start_l2 "$name" --mdev "${DEV[$dev]}" --vfio-opts enable-migration=on --mem 192 --no-wait ${1:+--qemu "$*"}
}

# No boot is to be waited for: the guest runs already.
target() { # NAME DEVICE
	vm "$1" "$2" -incoming defer && up "$1" && capabilities "$1" &&
		qmp "$1" migrate-incoming "\"uri\":\"unix:$RUN/$1.wire\""
}

# The socket of QMP is there; no word of the guest's boot is awaited.
up() {
	local i

	for ((i = 0; i < 300 * SLOW; i++)); do
		[ ! -S "$L2_RUN/$1/qmp" ] || break
		l2_alive "$1" || { cat "$LAB_OUT/l2-$1.qemu"; return 1; }
		sleep 0.1
	done
	: >"$L2_RUN/$1/up"
}

to() { qmp "$2" migrate "\"uri\":\"unix:$RUN/$1.wire\""; }

# --- test cases ----------------------------------------------------------------------

devices() {
	local l t

	for l in a b other mac rings; do
		t=$TYPE
		[ $l != other ] || t=$OTHER
		DEV[$l]=$(mdevctl start -p "$PF" -t "$t") || return
	done
	echo 02:00:00:00:77:01 >"$MDEV/${DEV[mac]}/smartnic/mac" && echo 64 >"$MDEV/${DEV[rings]}/smartnic/rx_ring_size"
}

boots() {
	vm a a && wait_l2 a && equal "$(guest_dev a)" eth0 && guest_up a 1 || return
	ADDR[b]=${ADDR[a]} AT=a
	reach host a && traffic && data_starts host a && data_starts a host && counters >$RUN/counters
}

pauses() {
	local i since

	since=$(last_ping)
	for ((i = 0; i < 5; i++)); do
		qmp a stop && equal "$(status a)" paused && qmp a cont || return
	done
	well "$since"
}

through_a_file() {
	local since

	since=$(last_ping)
	qmp a migrate "\"uri\":\"file:$RUN/state\"" && becomes a completed || return
	say "file: $(stat -c %s $RUN/state) bytes"
	kill_l2 a
	idle_again "${DEV[a]}" && vm a a -incoming "file:$RUN/state" && up a && runs a && well "$since" && rm -f $RUN/state
}

# moves TO: the guest is on device TO then, in the QEMU of that name.
moves() {
	local from=$AT to=$1 since

	since=$(last_ping)
	target "$to" "$to" && capabilities "$from" && to "$to" "$from" && becomes "$from" completed && runs "$to" || return
	AT=$to
	NUMBERS=$(of "$from" '.return | "downtime \(.downtime) ms, \(.ram.transferred) bytes of memory, \(.vfio.transferred) of the device, \(."total-time") ms"')
	kill_l2 "$from"
	well "$since" && below "$LOST" $((MOST * SLOW)) || return
	MOVED+=("$from to $to: $NUMBERS; $(tail -n 1 $RUN/lost)")
}

# Prints the downtime, the bytes and the lost pings of each move.
numbers() { local m; for m in "${MOVED[@]}"; do say "$m"; done; }

ends() { kill_l2 "$1" 2>/dev/null; rm -f $RUN/"$1".wire; }

complaints() { dmesg -l err,warn; }

# refused DEVICE WHAT: the target's kernel says why, and the source goes on.
refused() {
	local since lines

	since=$(last_ping)
	lines=$(complaints | wc -l)
	target x "$1" && capabilities "$AT" && to x "$AT" && becomes "$AT" failed && runs "$AT" || return
	ends x
	complaints | tail -n +$((lines + 1)) | tee $RUN/refusal
	equal "$(grep -c "${DEV[$1]}" $RUN/refusal)" 1 && grep "$2" $RUN/refusal && well "$since"
}

# at PHASE: a slow migration to B is under way. PHASE: "active", or "pre-switchover": the VM is
# stopped, and the state of the device was read.
at() {
	target b b && capabilities "$AT" && speed "$AT" $SLOWLY || return
	[ "$1" = active ] || pause_before_switchover true && speed "$AT" $FAST || return
	to b "$AT" && becomes "$AT" "$1"
}

pause_before_switchover() {
	qmp "$AT" migrate-set-capabilities "\"capabilities\":[{\"capability\":\"pause-before-switchover\",\"state\":$1}]"
}

goes_on() { # SINCE
	runs "$AT" && speed "$AT" $FAST && pause_before_switchover false && ends b && well "$1"
}

cancelled() { # PHASE
	local since

	since=$(last_ping)
	at "$1" && qmp "$AT" migrate_cancel && becomes "$AT" cancelled && goes_on "$since"
}

target_killed() { # PHASE
	local since

	since=$(last_ping)
	at "$1" && kill_l2 b && { [ "$1" = active ] || qmp "$AT" migrate-continue '"state":"pre-switchover"'; }
	becomes "$AT" failed && goes_on "$since"
}

all_gone() { kill_l2 "$AT"; gives_back; }

main() {
	plan 16
	say "$(qemu-system-x86_64 --version | head -n 1), kernel $(uname -r), $TYPE"
	must "modules load" load_modules ${DMA:+dma_mode=$DMA} migration=1
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) FULL=$(pool "$PF")
	must "the PF is up" pf_up "$PF_DEV"
	must "devices" devices
	must "a stock guest, with traffic" boots
	must "paused five times" pauses
	must "into a file, and out of it into the same device" through_a_file
	must "to another device and back, $MOVES times" there_and_back
	numbers
	check "refused by a device of another type" refused other "its type differs"
	check "refused by a device whose address the operator has set" refused mac "mac is set to"
	check "refused by a device with shorter rings" refused rings "its rings are longer than rx_ring_size"
	check "cancelled on the way" cancelled active
	check "cancelled when the VM was stopped" cancelled pre-switchover
	check "the target is killed on the way" target_killed active
	check "the target is killed when the VM was stopped" target_killed pre-switchover
	check "all data sent meanwhile has arrived" data_arrives
	check "all is given back" all_gone
	finish
}

main
