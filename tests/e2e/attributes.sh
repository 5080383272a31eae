#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Settings of a device as its guest feels them: two stock guests with different
# rates, spoofed and wrongly tagged frames, VLANs that keep guests apart, the link
# switched off and on, addresses given and taken, every MTU. Everything is changed while
# the guests run, and they go on.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

GUESTS=(g1 g2)
FAKE=02:00:00:00:99:01
declare -A RATE=([g1]=8 [g2]=20)

set_attr() { printf %s "$3" >"$MDEV/${UUID[$1]}/smartnic/$2"; }
stat_of() { cat "$MDEV/${UUID[$1]}/smartnic/stats/$2"; }

start_guests() {
	local g

	for g in "${GUESTS[@]}"; do
		guest_mdev "$g" "$PF" smartnic-1q && start_l2 "$g" --mdev "${UUID[$g]}" --no-wait || return
	done
	for g in "${GUESTS[@]}"; do wait_l2 "$g" && equal "$(guest_dev "$g")" eth0 || return; done
	pf_up "$PF_DEV" && guest_up g1 1 && guest_up g2 2 && deep_queue g1 && deep_queue g2
}

all_reach() { reach g1 host && reach g2 host && reach g1 g2; }

# --- rates ----------------------------------------------------------------------

# send GUEST PORT SECONDS [IPERF3 OPTIONS]: its guest time; kb/s of payload that
# arrived go to a file.
send() {
	local g=$1 port=$2 secs=$3

	shift 3
	iperf3 -s -1 -p "$port" </dev/null >"/run/iperf.$g.host" 2>&1 &
	# shellcheck disable=SC2034 # of wait_listen
	PORT=$port
	guest_cmd host "$(wait_listen)" &&
		guest_cmd "$g" --timeout $((secs * 6 + 60)) "iperf3 -c ${ADDR[host]} -p $port -t $secs -O 1 -f k $*" >"/run/iperf.$g" 2>&1
	wait $!
	awk '$NF == "receiver" { for (i = 2; i < NF; i++) if ($i == "Kbits/sec") r = $(i - 1) } END { print int(r) }' "/run/iperf.$g" >"/run/kbps.$g"
}

# all_send SECONDS [IPERF3 OPTIONS]: both guests side by side; KBPS[guest].
declare -A KBPS=()
all_send() {
	local g p=6001 pids=() secs=$1

	shift
	for g in "${GUESTS[@]}"; do
		send "$g" $p "$secs" "$@" &
		pids+=($!)
		p=$((p + 1))
	done
	wait "${pids[@]}"
	for g in "${GUESTS[@]}"; do
		KBPS[$g]=$(cat "/run/kbps.$g")
		say "$g: ${KBPS[$g]} kb/s of payload with tx_rate $(attr "${UUID[$g]}" tx_rate)" >&3
	done
}

# The stack keeps little in the ring by itself, and refills it late on emulated
# processors; a rate is measured on a sender that always has something to send.
deep_queue() { l2_cmd "$1" 'echo 150000 >/sys/class/net/eth0/queues/tx-0/byte_queue_limits/limit_min'; }

# Never more than 10 % above: 1,400 bytes of each frame's 1,442 are what iperf3 counts.
# Datagrams, more than may leave. How near it comes from below depends on the time that
# an emulated processor gets beside other suites: half will do, qtest rate.* is exact.
DATAGRAMS='-u -l 1400 -b 60M'
within() { # GUEST
	local got=$((KBPS[$1] * 1442 / 1400)) want=$((RATE[$1] * 1000))

	echo "$1: $got kb/s, $want wanted"
	[ "$got" -ge $((want / 2)) ] && [ "$got" -le $((want * 11 / 10)) ]
}

rates_held() {
	local g

	for g in "${GUESTS[@]}"; do set_attr "$g" tx_rate "${RATE[$g]}" || return; done
	# shellcheck disable=SC2086
	all_send 10 $DATAGRAMS
	within g1 && within g2 && [ "$(stat_of g1 rate_waits)" -gt 0 ] && [ "$(stat_of g2 rate_waits)" -gt 0 ]
}

rates_changed() {
	RATE[g1]=16 RATE[g2]=4
	rates_held
}

# TCP stays below. How near it comes depends on the load, as above: a quarter will do.
tcp() {
	local g

	all_send 5
	for g in "${GUESTS[@]}"; do
		echo "$g: ${KBPS[$g]} kb/s of payload, at most ${RATE[$g]} Mb/s"
		[ "${KBPS[$g]}" -le $((RATE[$g] * 1000)) ] && [ "${KBPS[$g]}" -ge $((RATE[$g] * 250)) ] || return
	done
}

rate_changed_in_traffic() {
	local rc=0 pid t0 t1 half

	set_attr g1 tx_rate 4
	# shellcheck disable=SC2086
	send g1 6003 10 $DATAGRAMS &
	pid=$!
	sleep 5
	t0=$(stat_of g1 tx_bytes)
	set_attr g1 tx_rate 16 || rc=1
	half=${EPOCHREALTIME/./}
	sleep 3
	t1=$(stat_of g1 tx_bytes)
	half=$((${EPOCHREALTIME/./} - half))
	wait $pid
	# bytes * 8 / microseconds: Mb/s
	echo "after the change: $(((t1 - t0) * 8000 / half)) kb/s; on average $(cat /run/kbps.g1)"
	[ "$rc" = 0 ] && [ $(((t1 - t0) * 8000 / half)) -gt 8000 ] && [ $(((t1 - t0) * 8000 / half)) -lt 17600 ]
}

rate_lifted() {
	set_attr g1 tx_rate 0 && set_attr g2 tx_rate 0 || return
	all_send 3
	[ "${KBPS[g1]}" -gt 20000 ]
}

# --- frames that must not get through ---------------------------------------------

# seen FILTER COMMAND...: how many frames the PF's interface sees meanwhile.
seen() {
	local filter=$1 pid i

	shift
	rm -f /run/seen /run/seen.err
	tcpdump -Z root -p -n -e -i "$PF_DEV" "$filter" >/run/seen 2>/run/seen.err </dev/null &
	pid=$!
	for ((i = 0; i < 100 * SLOW; i++)); do
		! grep -q 'listening on' /run/seen.err || break
		sleep 0.1
	done
	"$@" >/dev/null 2>&1
	sleep 1
	kill -INT $pid
	wait $pid
	head -n 3 /run/seen >&2
	SEEN=$(grep -c . /run/seen)
}

# A VLAN device with an address of its own: what it asks for by ARP is tagged, and
# from nobody who is known here.
tagged_dev() { # GUEST ID [ADDRESS]
	l2_cmd "$1" "modprobe 8021q; ip link del eth0.t 2>/dev/null
		ip link add link eth0 name eth0.t type vlan id $2 && { [ -z '${3:-}' ] || ip link set eth0.t address ${3:-}; } &&
		ip link set eth0.t up && ip addr replace 10.88.0.1/24 dev eth0.t"
}
arps() { l2_cmd "$1" --timeout 30 'ping -c 3 -i 0.3 -W 1 10.88.0.99; true'; }

spoofed() {
	local before after

	set_attr g1 vlan untagged,5 && tagged_dev g1 5 $FAKE || return
	before=$(stat_of g1 spoofed)
	seen "ether src $FAKE" arps g1
	after=$(stat_of g1 spoofed)
	echo "spoofed $before -> $after, $SEEN seen"
	[ "$after" -ge $((before + 1)) ] && [ "$SEEN" = 0 ]
}

spoofing_allowed() {
	local before

	before=$(stat_of g1 spoofed)
	set_attr g1 spoofchk off && seen "ether src $FAKE" arps g1 && set_attr g1 spoofchk on || return
	echo "$SEEN seen"
	[ "$SEEN" -ge 1 ] && equal "$(stat_of g1 spoofed)" "$before"
}

further_address() {
	local before

	before=$(stat_of g1 spoofed)
	seen 'ether src 02:00:00:00:99:02' arps g1
	echo "$SEEN seen"
	[ "$SEEN" -ge 1 ] && equal "$(stat_of g1 spoofed)" "$before"
}

# The address is refused (trust off); with trust it is the guest's.
trusted() {
	# The driver asks for the address a moment after the stack begins to use it.
	set_attr g1 trust on && tagged_dev g1 5 02:00:00:00:99:02 && sleep 2 && until_true 20 further_address &&
		set_attr g1 trust off && l2_cmd g1 'ip link del eth0.t' &&
		sleep 2 && carrier g1 && reach g1 host
}

wrong_vlan() {
	local before after

	set_attr g1 vlan 100 && tagged_dev g1 5 || return
	before=$(stat_of g1 vlan_drops)
	seen 'vlan' arps g1
	after=$(stat_of g1 vlan_drops)
	echo "vlan_drops $before -> $after, $(grep -c 'vlan 5,' /run/seen) seen"
	l2_cmd g1 'ip link del eth0.t'
	[ "$after" -ge $((before + 1)) ] && equal "$(grep -c 'vlan 5,' /run/seen)" 0
}

# --- VLANs keep guests apart --------------------------------------------------------

apart() { fails guest_cmd "$1" --timeout 30 "ip neigh flush all; ping -c 3 -i 0.3 -W 1 ${ADDR[$2]}"; }
vlans() { set_attr g1 vlan "$1" && set_attr g2 vlan "$2"; }
own_vlans() { vlans 100 200 && apart g1 g2 && apart g2 g1 && apart g1 host; }
same_vlan() { vlans 300 300 && reach g1 g2 && reach g2 g1 && apart g2 host; }

tag_seen() {
	seen 'vlan 300' guest_cmd g1 --timeout 30 "ip neigh flush all; ping -c 2 -W 1 ${ADDR[host]}"
	[ "$SEEN" -ge 1 ]
}

# The stock driver's own VLAN devices, in a list of VLANs: these pass, others do not.
trunk_dev() { # GUEST ID
	l2_cmd "$1" "modprobe 8021q; ip link del eth0.t 2>/dev/null
		ip link add link eth0 name eth0.t type vlan id $2 && ip link set eth0.t up && ip addr replace 10.88.0.${1#g}/24 dev eth0.t"
}
trunk_pings() { l2_cmd "$1" --timeout 30 "ip neigh flush all; ping -c 3 -i 0.3 -W 1 10.88.0.${2#g}"; }
trunk_works() {
	vlans untagged,5-6 untagged,5,7 && trunk_dev g1 5 && trunk_dev g2 5 && trunk_pings g1 g2 && trunk_pings g2 g1 && reach g1 g2 || return
	for id in 6 7 8; do
		trunk_dev g1 $id && trunk_dev g2 $id && fails trunk_pings g1 g2 || return
	done
	l2_cmd g1 'ip link del eth0.t' && l2_cmd g2 'ip link del eth0.t'
}

no_vlan() { vlans 0 0 && all_reach; }

# --- the link -----------------------------------------------------------------------

guest_carrier() { # GUEST 0|1
	l2_cmd "$1" --timeout 30 "i=0
		until [ \"\$(cat /sys/class/net/eth0/carrier)\" = $2 ]; do
			i=\$((i + 1)); [ \$i -lt $((50 * SLOW)) ] || exit 1; sleep 0.2
		done"
}

link_off() {
	set_attr g1 link_state disable && guest_carrier g1 0 && apart g2 g1 && equal "$(l2_cmd g2 'cat /sys/class/net/eth0/carrier')" 1
}
link_on() { set_attr g1 link_state "$1" && guest_carrier g1 1 && reach g1 g2 && reach host g1; }

# --- changes in traffic ---------------------------------------------------------------

# refused GUEST ATTRIBUTE VALUE: EBUSY, and the value is what it was.
refused() {
	local before

	before=$(attr "${UUID[$1]}" "$2")
	fails set_attr "$@" && equal "$(attr "${UUID[$1]}" "$2")" "$before"
}

# Each setting while the guest's pings go on: in force with the guest working, or refused.
STEPS=("tx_rate 50" "tx_rate 0" "spoofchk off" "spoofchk on" "trust on" "trust off" "itr 100" "itr 0" "link_state enable" "link_state auto")
FIXED=("rx_ring_size 64" "tx_ring_size 64" "mac 02:00:00:00:99:09")

in_traffic() {
	local rc=0 s pid

	l2_cmd g1 --timeout 300 "ping -i 0.05 -q ${ADDR[host]} >/run/ping 2>&1 & echo \$! >/run/ping.pid"
	for s in "${STEPS[@]}"; do
		# shellcheck disable=SC2086
		set_attr g1 $s && reach g1 g2 && reach host g1 || { echo "$s"; rc=1; }
	done
	for s in "${FIXED[@]}"; do
		# shellcheck disable=SC2086
		refused g1 $s && reach g1 g2 || { echo "$s"; rc=1; }
	done
	pid=$(l2_cmd g1 'cat /run/ping.pid')
	l2_cmd g1 "kill -INT $pid; sleep 1; cat /run/ping"
	return $rc
}

# --- addresses given and taken ------------------------------------------------------------

guest_mac() { l2_cmd "$1" 'cat /sys/class/net/eth0/address'; }

# With trust the guest is reached by the address it chose; without, by its own again, and
# nothing has to be done in the guest.
trust_goes() {
	local i own

	own=$(guest_mac g1)
	equal "$own" "$(attr "${UUID[g1]}" mac)" && set_attr g1 trust on &&
		l2_cmd g1 'ip link set eth0 address 02:00:00:00:99:77' && equal "$(guest_mac g1)" 02:00:00:00:99:77 &&
		ip neigh flush dev "$PF_DEV" && reach host g1 || return
	set_attr g1 trust off
	for ((i = 0; i < 40; i++)); do
		[ "$(guest_mac g1)" != "$own" ] || break
		sleep 0.5
	done
	ip neigh flush dev "$PF_DEV"
	equal "$(guest_mac g1)" "$own" && carrier g1 && reach host g1 && reach g1 host && reach g2 g1
}

# An address that is refused as the guest's own is an error there, and costs nothing.
own_address_refused() {
	local own

	own=$(guest_mac g1)
	fails l2_cmd g1 'ip link set eth0 address 02:00:00:00:99:78' && equal "$(guest_mac g1)" "$own" && reach g1 host && reach host g1
}

link_local() { l2_cmd "$1" 'ip -6 -br addr show dev eth0' | grep -o 'fe80[^/]*'; }

# ipv6 GUEST: the host finds it by a group, that of its address.
ipv6() {
	ip -6 neigh flush dev "$PF_DEV"
	ping -6 -c 5 -i 0.5 -W 2 "$(link_local "$1")%$PF_DEV"
}

# A further address that is refused, together with everything new: the groups are kept.
refused_address_costs_nothing() {
	l2_cmd g2 --timeout 40 'ip link set eth0 down; bridge fdb add 02:00:00:00:99:79 dev eth0 self permanent
		ip link set eth0 up; sleep 5' && guest_up g2 2 && reach g2 host && until_true 20 ipv6 g2
}

many_groups() {
	local n

	l2_cmd g2 --timeout 60 'for i in $(seq 80); do echo "addr add fd77::$i/64 dev eth0 nodad"; done >/run/b; ip -6 -batch /run/b; sleep 3' &&
		ip -6 addr replace fd77::ff/64 dev "$PF_DEV" nodad || return
	for n in 1 40 64 65 80; do until_true 20 ping -6 -c 3 -i 0.5 -W 2 "fd77::$n" || return; done
	l2_cmd g2 --timeout 60 'for i in $(seq 2 80); do echo "addr del fd77::$i/64 dev eth0"; done >/run/b; ip -6 -batch /run/b; sleep 3' &&
		ip -6 neigh flush dev "$PF_DEV" && until_true 20 ping -6 -c 3 -i 0.5 -W 2 fd77::1
}

# --- MTU --------------------------------------------------------------------------------

max_mtu() { awk '{ for (i = 1; i < NF; i++) if ($i == "maxmtu") print $(i + 1) }'; }

# A ping of exactly that size, either way.
mtu_is() {
	l2_cmd g2 "ip link set eth0 mtu $1" && carrier g2 && reach g2 host &&
		l2_cmd g2 --timeout 40 "ping -c 3 -W 5 -M do -s $(($1 - 28)) ${ADDR[host]}" &&
		ping -c 3 -W 5 -M "do" -s $(($1 - 28)) "${ADDR[g2]}"
}

every_mtu() {
	local m most

	most=$(l2_cmd g2 'ip -d link show eth0' | max_mtu)
	echo "the guest's most is $most, the host's $(ip -d link show "$PF_DEV" | max_mtu)"
	ip link set "$PF_DEV" mtu "$most" || return
	for m in 68 576 800 1280 1500 4000 9000 "$most"; do
		mtu_is "$m" || { echo "MTU $m"; return 1; }
	done
	ip link set "$PF_DEV" mtu 1500 && mtu_is 1500
}

# A reboot of the guest keeps what the operator set.
settings_stay() {
	vlans 42 42 && set_attr g1 tx_rate 12 && reboot_l2 g1 && equal "$(guest_dev g1)" eth0 && guest_up g1 1 && reach g1 g2 && apart g1 host &&
		equal "$(attr "${UUID[g1]}" vlan) $(attr "${UUID[g1]}" tx_rate)" "42 12"
}

all_gone() {
	local g

	for g in "${GUESTS[@]}"; do
		stop_l2 "$g" && mdevctl stop -u "${UUID[$g]}" || return
	done
}

main() {
	plan 28
	exec 3>&1
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
	must "two stock guests on devices" start_guests
	must "everyone reaches everyone" all_reach
	check "each guest sends at its rate, never above, over 10 s" rates_held
	check "changed rates hold, over 10 s" rates_changed
	check "TCP keeps to the rates" tcp
	check "a rate changes in the middle of a transfer" rate_changed_in_traffic
	check "without a rate it is faster" rate_lifted
	check "spoofed frames are counted and dropped" spoofed
	check "with spoofchk off they pass" spoofing_allowed
	check "a trusted guest has further addresses" trusted
	check "wrongly tagged frames are counted and dropped" wrong_vlan
	check "guests of different VLANs do not reach each other" own_vlans
	check "guests of one VLAN do" same_vlan
	check "the VLAN's tag is on the wire" tag_seen
	check "VLAN devices of stock guests work in a list of VLANs" trunk_works
	check "without a VLAN everyone reaches everyone" no_vlan
	check "link_state disable: the guest has no carrier and no traffic" link_off
	check "link_state enable" link_on enable
	check "link_state auto" link_on auto
	check "settings change under traffic, or are refused" in_traffic
	check "trust goes: the guest goes on with its own address" trust_goes
	check "a refused address of its own is an error in the guest" own_address_refused
	check "a refused further address costs nothing else" refused_address_costs_nothing
	check "more groups than filters" many_groups
	check "each MTU, with pings of exactly that size" every_mtu
	check "settings outlive the guest's reboot" settings_stay
	check "the guests leave nothing behind" all_gone
	finish
}

main
