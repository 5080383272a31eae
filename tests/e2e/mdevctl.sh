#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packaged mdevctl against the driver: types, life of a device, attributes,
# errors, and a pool that is exact. Wants a small SmartNIC, so that it can be
# emptied: --nic adis=8,queues=40
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

ADIS=8
QUEUES=

# What must be left of a type of N queues when MINE ADIs with SUM queues exist.
expected() {
	local by_adis=$((ADIS - MINE)) by_queues=$(((QUEUES - SUM) / $1))

	echo $((by_adis < by_queues ? by_adis : by_queues))
}

MINE=0 SUM=0
pool_exact() {
	local t want="" got=""

	for t in $(types "$PF"); do
		want+="$t=$(expected "$(queues_of "$t")") "
		got+="$t=$(available "$PF" "$t") "
	done
	equal "$got" "$want"
}

started() { MINE=$((MINE + 1)) SUM=$((SUM + $1)); }
stopped() { MINE=$((MINE - 1)) SUM=$((SUM - $1)); }

start() { # TYPE [ARGS]: UUID in U
	local t=$1

	shift
	U=$(mdevctl start -p "$PF" -t "$t" "$@") && [ -d "$MDEV/$U" ]
}

# says REGEX COMMAND...: the command fails with a message that matches.
says() {
	local re=$1 out rc=0

	shift
	out=$("$@" 2>&1) || rc=$?
	printf '%s\n(status %d)\n' "$out" "$rc"
	[ "$rc" != 0 ] && grep -qiE "$re" <<<"$out"
}

# The line for people that the driver leaves for a refused device.
logged() {
	dmesg | tail -n 20 | tee "$KTAP_OUT.dmesg" | grep -qiE "$1" || { tail -n 5 "$KTAP_OUT.dmesg"; return 1; }
}

types_listed() {
	local n t

	mdevctl types >/run/types || return
	cat /run/types
	for t in smartnic-{1,2,4,8,16}q smartnic-virtio-{1,2,4,8}q; do
		n=$(available "$PF" "$t")
		grep -A 1 "^  $t\$" /run/types | grep -q "Available instances: $n\$" || { echo "$t: not $n"; return 1; }
	done
	[ "$(grep -c 'Device API: vfio-pci' /run/types)" = 9 ] && [ "$(grep -c 'Name: ' /run/types)" = 9 ]
}

# Fill the pool with one type; the one more must be refused. UUIDs in FULL.
fill() {
	local n

	FULL=()
	n=$(available "$PF" "$1")
	while [ "${#FULL[@]}" -lt "$n" ]; do
		start "$1" || return
		FULL+=("$U")
		started "$(queues_of "$1")"
		pool_exact || return
	done
	equal "$(available "$PF" "$1")" 0
}

drain() {
	local u

	for u in "${FULL[@]}"; do
		mdevctl stop -u "$u" || return
		stopped "$1"
		pool_exact || return
	done
}

refused_by_kernel() { # straight through sysfs: mdevctl looks at the count first
	local uuid

	uuid=$(cat /proc/sys/kernel/random/uuid)
	echo "$uuid" >"/sys/class/mdev_bus/$PF/mdev_supported_types/$1/create" && return 1
	[ ! -e "$MDEV/$uuid" ]
}

listed() { mdevctl list -u "$1" | grep "^$1 $PF $2"; }
attributes() {
	local a

	for a in state mac queues vectors/shared vsi function dma_mode pasid pinned_bytes counters/resets; do
		attr "$U" "$a" || return
	done
	equal "$(attr "$U" state)" idle && equal "$(attr "$U" queues)" 2 &&
		equal "$(attr "$U" pinned_bytes)" 0 && equal "$(attr "$U" dma_mode)" "${DMA:-$(attr "$U" dma_mode)}"
}

main() {
	plan 29
	say "$(mdevctl --version), kernel $(uname -r)"
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf)
	QUEUES=$(available "$PF" smartnic-1q)
	check "ADIs limit the smallest type" equal "$QUEUES" "$ADIS"
	# The queues that the PF itself does not use.
	QUEUES=$((40 - $(pf_queues)))
	must "available_instances of all types follow from the pool" pool_exact
	must "mdevctl types" types_listed

	must "start with a parent and a type prints the UUID" start smartnic-2q
	started 2
	check "the pool is exact after start" pool_exact
	check "mdevctl list shows it" listed "$U" smartnic-2q
	check "attributes of an idle device" attributes
	check "the same UUID again is refused" says 'already|exists' mdevctl start -u "$U" -p "$PF" -t smartnic-1q
	check "the pool is exact after that" pool_exact
	check "define the running device" mdevctl define -u "$U"
	check "stop" mdevctl stop -u "$U"
	stopped 2
	check "the pool is exact after stop" pool_exact
	check "a defined device is listed when it does not run" defined_listed "$U"
	check "start of the defined device" mdevctl start -u "$U"
	started 2
	check "the pool is exact after that start" pool_exact
	check "undefine and stop" undefine_stop "$U"
	stopped 2

	V=$(cat /proc/sys/kernel/random/uuid)
	check "define with a mac" define_mac "$V" 02:00:00:00:77:01
	check "its start sets the mac" start_mac "$V" 02:00:00:00:77:01
	started 1
	check "another device with the same mac is refused" same_mac 02:00:00:00:77:01
	check "the pool is exact after the refusal" pool_exact
	check "a mac that is none is refused" bad_macs "$V"
	mdevctl stop -u "$V" && stopped 1
	mdevctl undefine -u "$V"

	check "fill the pool with one type" fill smartnic-8q
	check "one more is refused by mdevctl" says 'available|No space|instances' mdevctl start -p "$PF" -t smartnic-8q
	check "one more is refused by the kernel, and the log says what lacks" exhausted smartnic-8q
	check "drain it" drain 8
	check "unknown type" says 'type|not' mdevctl start -p "$PF" -t smartnic-3q
	check "unknown parent" says 'parent|not' mdevctl start -p 0000:7f:00.0 -t smartnic-1q
	check "modules unload" unload_modules
	finish
}

# The PF's netdev has taken its queues before the pool was made.
pf_queues() { ls -d "/sys/class/net/$(pf_netdev)/queues/rx-"* | wc -l; }

defined_listed() {
	[ ! -e "$MDEV/$1" ] && mdevctl list -d | grep "^$1 $PF smartnic-2q"
}

undefine_stop() { mdevctl undefine -u "$1" && mdevctl stop -u "$1" && [ ! -e "$MDEV/$1" ]; }

define_mac() {
	mdevctl define -u "$1" -p "$PF" -t smartnic-1q &&
		mdevctl modify -u "$1" --addattr=smartnic/mac --value="$2" && mdevctl list -d -v
}

start_mac() { mdevctl start -u "$1" && equal "$(attr "$1" mac)" "$2"; }

# mdevctl takes a device whose attribute fails away again.
same_mac() {
	local u rc=0

	u=$(cat /proc/sys/kernel/random/uuid)
	define_mac "$u" "$1" || return
	mdevctl start -u "$u" || rc=$?
	mdevctl undefine -u "$u"
	[ "$rc" != 0 ] && [ ! -e "$MDEV/$u" ]
}

bad_macs() {
	local m before

	before=$(attr "$1" mac)
	for m in 00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:01 02:00:00:00:77 02:00:00:00:77:01:02 '02-00' ''; do
		if [ -n "$m" ] && printf %s "$m" >"$MDEV/$1/smartnic/mac"; then echo "$m taken"; return 1; fi
	done
	equal "$(attr "$1" mac)" "$before"
}

exhausted() { refused_by_kernel "$1" && logged 'queue|ADI|no room|exhaust|lack'; }

main
