#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# net-selftests.sh PLACE...: the kernel's own drivers/net selftests (step net-selftests), on two
# network devices on one wire, the second one in a network namespace.
#
#   guest   two virtio devices in a guest with the kernel that the tests are of
#
# A case passes, or is skipped with the reason that it gives. Those that fail, and why, are in
# net-selftests.table, and are skipped for that. $TESTS are other tests than all.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

G=net
TABLE=/lab/tests/e2e/net-selftests.table
DIR=kst/tools/testing/selftests/drivers/net
# Tests below drivers/net, and the seconds that each may take.
TESTS=${TESTS:-'
ping.py 120
queues.py 60
napi_id.py 60
stats.py 120
hw/csum.py 240
ring_reconfig.py 120
hw/rss_api.py 240
hw/irq.py 60
hds.py 60
'}

ENV="NETIF=loc0 LOCAL_V4=192.0.2.1 LOCAL_V6=2001:db8::1 REMOTE_V4=192.0.2.2 REMOTE_V6=2001:db8::2
	REMOTE_TYPE=netns REMOTE_ARGS=rem KSFT_MACHINE_SLOW=yes"

# wire LOCAL REMOTE: shell text. Addresses outlive "down", which tests before others leave.
wire() {
	cat <<-END
		ip netns add rem && ip link set $1 down && ip link set $1 name loc0 && ip link set $2 down && ip link set $2 name rem0 &&
		ip link set rem0 netns rem || exit 1
		for c in all default; do echo 0 >/proc/sys/net/ipv6/conf/\$c/disable_ipv6; done
		for c in all loc0; do echo 1 >/proc/sys/net/ipv6/conf/\$c/keep_addr_on_down; done
		ip addr add 192.0.2.1/24 dev loc0 && ip addr add 2001:db8::1/64 dev loc0 nodad && ip link set loc0 up || exit 1
		ip -n rem addr add 192.0.2.2/24 dev rem0 && ip -n rem addr add 2001:db8::2/64 dev rem0 nodad &&
		ip -n rem link set lo up && ip -n rem link set rem0 up || exit 1
		i=0
		until ping -c 1 -W 1 192.0.2.2 >/dev/null && ping -c 1 -W 1 2001:db8::2 >/dev/null; do
			i=\$((i + 1)); [ \$i -lt 30 ] || exit 1
		done
	END
}

# --- places -------------------------------------------------------------------------------

guest_start() {
	guest_mdev v "$PF" smartnic-virtio-2q && guest_mdev w "$PF" smartnic-virtio-2q &&
		start_l2 $G --guest net --mem 1024 --smp 2 --mdev "${UUID[v]}" --mdev "${UUID[w]}" && l2_cmd $G --timeout 60 "i=0
		until [ -e /sys/class/net/eth1 ]; do i=\$((i + 1)); [ \$i -lt 250 ] || exit 1; sleep 0.2; done
		$(wire eth0 eth1)"
}
guest_run() { # SECONDS DIRECTORY TEST
	l2_cmd $G --timeout "$1" "cd /$2 && timeout $1 env $(tr '\n\t' '  ' <<<"$ENV") ./$3 2>&1"
}
guest_end() { stop_l2 $G && mdevctl stop -u "${UUID[v]}" && mdevctl stop -u "${UUID[w]}"; }

# --- results --------------------------------------------------------------------------------

# why PLACE CASE: what the table says of a case that fails.
why() { awk -F ' *[|] *' -v p="$1" -v c="$2" '($1 == p || $1 == "*") && c ~ "^(" $2 ")$" { print $3; exit }' $TABLE; }

result() { # PLACE LINE
	local ok=${2%% *} name text reason

	read -r _ _ name _ <<<"${2#not }"
	text="$1: $name"
	reason=$(why "$1" "$name")
	case $2 in
	'ok '*'# SKIP'* | 'ok '*'# XFAIL'*) skip "$text" "$(sed 's/.*# *\(SKIP\|XFAIL\) *//' <<<"$2")" ;;
	'ok '*)
		check "$text" true
		[ -z "$reason" ] || say "$name passes, and is listed: $reason"
		;;
	*)
		if [ -n "$reason" ]; then skip "$text" "fails: $reason"; else check "$text" false; fi
		;;
	esac
	[ "$ok$reason" != not ]
}

# One program. What it says beside its results is kept in $LAB_OUT.
program() { # PLACE TEST SECONDS
	local line n=0 log

	log=$LAB_OUT/$1-$(tr '/' '-' <<<"$2").log
	"${1}_run" "$3" "$DIR/$(dirname "$2")" "$(basename "$2")" >"$log"
	say "$1: $2: status $?"
	while IFS= read -r line; do
		n=$((n + 1))
		result "$1" "$line" || grep -v '^ok ' "$log" | tail -n 5 | sed 's/^/#   | /'
	done < <(grep -aE '^(not )?ok [0-9]+ ' "$log")
	if [ $n = 0 ]; then result "$1" "not ok 1 $2" || tail -n 5 "$log" | sed 's/^/#   | /'; fi
}

place() {
	local t s

	must "$1: two devices on a wire" "$1_start"
	while read -r t s; do
		[ -z "$t" ] || program "$1" "$t" "$s"
	done <<<"$TESTS"
	check "$1: the end" "$1_end"
}

# How many cases there are is known afterwards.
printf 'KTAP version 1\n'
must "modules load" load_modules ${DMA:+dma_mode=$DMA}
PF=$(pf_bdf)
for p; do place "$p"; done
printf '1..%s\n' "$KTAP_N"
KTAP_PLAN=$KTAP_N
finish
