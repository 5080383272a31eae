#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# neighbours.sh [ROW...]: a well-behaved pair of stock guests beside each tenant of the
# table below (of the given rows; without one, of all). While the tenant is there, a guest's
# pings to the host and to its neighbour, and a transfer, never stall for longer than 1 s of
# guest time, devices are created and removed, and after a reset of the PF the guests go on.
# The rows with "broken" need tests/lab/run --qmp.
#
# A machine that is busy elsewhere stalls as well: pings and transfer have three tries.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

ST=/lab/selftests
ROWDY_ADDR=$NET.66
# ms that pings may be silent for
STALL_MS=1000
PINGS=50		# 5 a second

# row | the tenant ... | command: "rowdy MODE"; "killed MODE", the same and SIGKILL after a second,
#   again and again; a selftest and the case to repeat; or "broken FAULT" (of property "inject";
#   F: the tenant's function) | what else the guest does
TABLE='
frames | sends PAUSE, LLDP and into foreign VLANs | rowdy frames |
fifo | lets its FIFO fill and empty in turns | rowdy fifo | talks_to_it
resets | resets its function in a loop | rowdy resets |
floods | floods the mailbox | rowdy floods |
faults | faults while it unmaps | storm faults_against_unmap |
registers | writes registers at random | hostile registers_at_random |
lists | fills its filters with groups and foreign addresses | rowdy lists |
killed | is killed while it sends | killed frames |
discards | has memory that its VMM discards | demand_paging discarded_in_traffic |
tebibyte | maps, unmaps and closes a tebibyte | containers tebibyte |
rings | has rings at foreign addresses | isolation odd_rings |
buffers | has buffers at foreign addresses | isolation odd_transmit_buffers |
chains | has malformed chains in its virtqueues | virtio_data other_queues_go_on |
virtio | writes virtio registers at random | virtio_data random_writes |
unmaps | unmaps in two threads at once | containers two_threads_unmap_at_once |
slow-pin | has memory that does not arrive | slow_pin only_its_owner_waits_for_a_pin |
ioevents | signals eventfds while its reset waits for memory | ioevent slow_neighbour |
stuck | has a function that does not stop | broken function F disable reset |
late | is closed by a firmware that answers late | broken firmware late 1500 5 |
'

# --- the tenant that misbehaves --------------------------------------------------------

rowdy_pid=

inject() { l1_qmp '{"execute":"qom-set","arguments":{"path":"nic0","property":"inject","value":"'"$1"'"}}'; }

# broken FAULT...: the tenant's device is opened and, once it has a FAULT, closed, again and again.
broken() {
	local hold fault="$*"

	while :; do
		start_hold /run/hold "${UUID[rowdy]}"
		hold=$!
		until grep -qE 'ready|failed' /run/hold; do sleep 0.1; done
		cat /run/hold
		inject "${fault/ F / $(attr "${UUID[rowdy]}" function) }"
		kill -KILL "$hold"
		wait "$hold"
		sleep 0.2
	done
}

killed() { # MODE
	while :; do
		"$ST/rowdy" "${UUID[rowdy]}" "$1" &
		sleep 1
		kill -KILL $!
		wait $!
	done
}

repeat() { # SELFTEST CASE
	while :; do
		"$ST/$1" "$2"
		sleep 0.2
	done
}

rowdy_start() { # COMMAND...
	local i cmd=("$@")

	case $1 in
	rowdy | broken | killed) UUID[rowdy]=$(mdevctl start -p "$PF" -t smartnic-1q) || return ;;
	*) cmd=(repeat "$@") ;;
	esac
	[ "$1" != rowdy ] || cmd=("$ST/rowdy" "${UUID[rowdy]}" "$2")
	# A process group of its own.
	set -m
	"${cmd[@]}" >/run/rowdy.log 2>&1 </dev/null &
	set +m
	rowdy_pid=$!
	renice -n 5 -g "$rowdy_pid" >/dev/null
	[ "${cmd[0]}" != repeat ] || { sleep 2; return 0; }
	for ((i = 0; i < 200 * SLOW; i++)); do
		! grep -q ready /run/rowdy.log || return 0
		sleep 0.1
	done
	cat /run/rowdy.log
	return 1
}

rowdy_there() { [ -d "/proc/$rowdy_pid" ] || { tail -n 5 /run/rowdy.log; return 1; }; }

# rowdy_stop COMMAND...: nothing of it is left.
rowdy_stop() {
	local u rc=0

	kill -KILL -- "-$rowdy_pid" 2>/dev/null
	wait "$rowdy_pid" 2>/dev/null
	sleep 0.5
	[ "$1" != broken ] || inject "" || rc=1
	for u in "$MDEV"/5e1f7e57-* ${UUID[rowdy]:+"$MDEV/${UUID[rowdy]}"}; do
		[ ! -e "$u" ] || timeout 30 bash -c "echo 1 >$u/remove" || rc=1
	done
	unset "UUID[rowdy]"
	rowdy_pid=
	return "$rc"
}

# The guest sends to it as fast as ping may; nothing answers.
talks_to_it() {
	l2_cmd g1 "ip neigh replace $ROWDY_ADDR lladdr $(attr "${UUID[rowdy]}" mac) dev eth0
		ping -q -i 0.002 $ROWDY_ADDR </dev/null >/dev/null 2>&1 &"
}

# --- what must not stall -----------------------------------------------------------------

# ms of the longest silence in the output of ping -i 0.2; those not answered count.
PING_STALL='/icmp_seq=/ { match($0, /icmp_seq=[0-9]+/); s = substr($0, RSTART + 9, RLENGTH - 9) + 0
		match($0, /time=[0-9.]+/); t = substr($0, RSTART + 5, RLENGTH - 5) + (s - last - 1) * 200
		if (t > worst) worst = t; if (s > last) last = s }
	END { t = (n - last) * 200; print int(t > worst ? t : worst) }'

# One measurement within the guest: pings to host and neighbour and a transfer of 10 s,
# reported each second; prints three numbers, ms or intervals in which nothing came.
measure() {
	local out

	PORT=$((PORT + 1))
	l2_cmd g2 "iperf3 -s -1 -p $PORT </dev/null >/dev/null 2>&1 & $(wait_listen)" || return
	out=$(l2_cmd g1 --timeout 60 "ping -i 0.2 -c $PINGS -W 3 ${ADDR[host]} >/tmp/p1 2>&1 &
		ping -i 0.2 -c $PINGS -W 3 ${ADDR[g2]} >/tmp/p2 2>&1 &
		iperf3 -c ${ADDR[g2]} -p $PORT -t 10 -i 1 -b 2M -f k >/tmp/t 2>&1
		wait
		grep -h icmp_seq /tmp/p1 | sed 's/^/1 /'; grep -h icmp_seq /tmp/p2 | sed 's/^/2 /'; sed 's/^/t /' /tmp/t") || true
	echo "$(sed -n 's/^1 //p' <<<"$out" | awk -v n=$PINGS "$PING_STALL")" \
		"$(sed -n 's/^2 //p' <<<"$out" | awk -v n=$PINGS "$PING_STALL")" \
		"$(sed -n 's/^t //p' <<<"$out" | awk '/ sec / && !/sender|receiver/ { n++; if ($5 + 0 == 0) none++ } END { print n < 10 ? 10 - n + none : none + 0 }')"
}

no_stall() {
	local try to_host to_g2 silent

	for try in 1 2 3; do
		read -r to_host to_g2 silent < <(measure) || return
		say "try $try: longest silence of pings $to_host and $to_g2 ms, $silent s of the transfer without data" >&3
		[ "$to_host" -gt "$STALL_MS" ] || [ "$to_g2" -gt "$STALL_MS" ] || [ "$silent" -gt 0 ] || return 0
	done
	return 1
}

devices_come_and_go() {
	local u i

	for i in 1 2 3; do
		u=$(timeout 30 mdevctl start -p "$PF" -t smartnic-2q) && timeout 30 mdevctl stop -u "$u" || return
	done
}

pf_reset() {
	local t0=$SECONDS

	timeout 60 bash -c "echo 1 >/sys/bus/pci/devices/$PF/reset" || return
	echo "$((SECONDS - t0)) s"
	reach g1 host 60 && reach g1 g2 60 && reach g2 host 60
}

start_guests() {
	guest_mdev g1 "$PF" smartnic-1q && guest_mdev g2 "$PF" smartnic-1q && start_l2 g1 --mdev "${UUID[g1]}" --no-wait &&
		start_l2 g2 --mdev "${UUID[g2]}" --no-wait && wait_l2 g1 && wait_l2 g2 &&
		equal "$(guest_dev g1) $(guest_dev g2)" "eth0 eth0" && pf_up "$PF_DEV" && guest_up g1 1 && guest_up g2 2 && reach g1 host && reach g1 g2
}

all_gone() {
	stop_l2 g1 && stop_l2 g2 && mdevctl stop -u "${UUID[g1]}" && mdevctl stop -u "${UUID[g2]}"
}

# beside TENANT COMMAND ELSE
beside() {
	local cmd

	read -ra cmd <<<"$2"
	check "beside one that $1: it is there" rowdy_start "${cmd[@]}" ||
		{ rowdy_stop "${cmd[@]}" >/dev/null 2>&1; return 1; }
	[ -z "$3" ] || $3
	check "beside one that $1: no stall" no_stall
	check "beside one that $1: devices come and go" devices_come_and_go
	check "beside one that $1: the PF is reset, the guests go on" pf_reset
	check "beside one that $1: it is still there, and goes" eval 'rowdy_there && rowdy_stop "${cmd[@]}"'
	[ -z "$3" ] || l2_cmd g1 'killall -q ping; true'
}

# wanted ROW...: these rows of the table; without one, all of them.
wanted() {
	local w

	[ "$#" -gt 0 ] || { sed '/^$/d' <<<"$TABLE"; return; }
	for w; do
		grep "^$w |" <<<"$TABLE" || { echo "Bail out! no row $w"; return 1; }
	done
}

trim() { local s=$1; s=${s#"${s%%[! ]*}"}; echo "${s%"${s##*[! ]}"}"; }

main() {
	local rows=() row name cmd more

	row=$(wanted "$@") || { echo "$row"; exit 1; }
	mapfile -t rows <<<"$row"
	plan $((4 + 5 * ${#rows[@]}))
	exec 3>&1
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	must "two stock guests on devices" start_guests
	check "undisturbed: no stall" no_stall
	for row in "${rows[@]}"; do
		IFS='|' read -r _ name cmd more <<<"$row"
		beside "$(trim "$name")" "$(trim "$cmd")" "$(trim "$more")"
	done
	check "the guests leave nothing behind" all_gone
	finish
}

main "$@"
