#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# virtio.sh [packed] [GUEST...]: stock guests with virtio devices: traffic, what it costs, all that
# an administrator does to the NIC, and all that happens to the device below it. One guest
# (v) has a virtio device, the other (m) one of each kind. With GUESTs (tests/lab/run
# --guest) only whether the driver of each works, and lives through a reset of the PF.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

MB=64
GUESTS=(v m mv)
FAKE=02:00:00:00:99:01
OTHER=02:00:00:00:99:02
# 1: with packed rings.
PACKED=
LAYOUT=(split packed)
# The virtio device of m is in a network of its own.
MNET=10.78.0

# The kernel has an inode to take mappings back by; 6.1 has none.
mapped() { [[ $(uname -r) != 6.1.* ]]; }

set_attr() { printf %s "$3" >"$MDEV/${UUID[$1]}/smartnic/$2"; }
stat_of() { cat "$MDEV/${UUID[$1]}/smartnic/stats/$2"; }
plain() { transfer "$1" "$2" 150 || { echo "$XFER_ERROR"; return 1; }; }
both_ways() { plain "$1" "$2" && plain "$2" "$1"; }
pf_reset() { echo 1 >"/sys/bus/pci/devices/$PF/reset"; }

# --- guests -------------------------------------------------------------------------

# Programs for the guest come on a disk, which is as long as a file of whole sectors is.
start_guests() {
	local disk="-drive if=virtio,readonly=on,format=raw,file"

	start_l2 v --mdev "${UUID[v]}" --smp 2 --qemu "$disk=/lab/selftests/xdp $disk=/lab/selftests/udp_gso" --no-wait &&
		start_l2 m --mdev "${UUID[m]}" --mdev "${UUID[mv]}" --no-wait && wait_l2 v && wait_l2 m
}

driven() { # GUEST QUEUES
	l2_cmd "$1" 'lspci -n | grep "0200: 1af4:1041"; ethtool -i eth0' && equal "$(guest_dev "$1")" eth0 &&
		equal "$(l2_cmd "$1" 'ethtool -i eth0' | sed -n 's/^driver: //p')" virtio_net && equal "$(queues_in_use "$1")" "$2"
}

# dev_of GUEST DRIVER: its interface.
dev_of() {
	l2_cmd "$1" --timeout 50 "i=0
		while [ \$i -lt $((200 * SLOW)) ]; do
			for d in /sys/class/net/*; do
				case \$(readlink -f \$d/device/driver) in */$2) echo \${d##*/}; exit ;; esac
			done
			i=\$((i + 1)); sleep 0.2
		done; exit 1"
}

# Its virtio device has a network of its own; names come in any order.
mixed_up() {
	MV=$(dev_of m virtio_net) && MA=$(dev_of m iavf) && [ "$MV" != "$MA" ] || return
	ADDR[m]=$NET.12 ADDR[mv]=$MNET.12
	l2_cmd m --timeout 60 "ip addr replace ${ADDR[m]}/24 dev $MA && ip addr replace ${ADDR[mv]}/24 dev $MV && ip link set $MA up && ip link set $MV up
		i=0; until [ \"\$(cat /sys/class/net/$MA/carrier /sys/class/net/$MV/carrier | tr -d '\n')\" = 11 ]; do
			i=\$((i + 1)); [ \$i -lt 150 ] || exit 1; sleep 0.2; done" &&
		ip addr replace $MNET.1/24 dev "$PF_DEV" && l2_cmd v "ip addr replace $MNET.11/24 dev eth0"
}

ring_layout() { if [ -n "$PACKED" ]; then accepted 34; else fails accepted 34; fi; }

pings() {
	ping_ms v host && ping_ms host v && ping_ms m host && ping_ms v m && ping_ms m v &&
		l2_cmd m "ping -c 3 -i 0.2 -W 5 $MNET.1 && ping -c 3 -i 0.2 -W 5 $MNET.11"
}

mixed_data() {
	local rc=0

	data 8 && make_data m 8 && plain v m && plain m v || return
	ADDR[m]=${ADDR[mv]}
	plain v m || rc=$?
	ADDR[m]=$NET.12
	return $rc
}

# Data of a guest is gone when it starts again.
data() { make_data v "$1" && { [ -z "${2:-}" ] || make_data host "$1"; }; }

doorbells() {
	measure_end "${GUESTS[@]}"
	echo "${COST[doors]} doorbell traps, ${COST[regs]} register traps, $COST_MS ms"
	if mapped; then equal "${COST[doors]}" 0; else [ "${COST[doors]}" -gt 0 ]; fi
}

# Packets of TCP that the host's stack was given.
segs_in() { awk '/^Tcp: [0-9]/ { print $11 }' /proc/net/snmp; }
count_segs() { # MB
	local before

	data "$1" && before=$(segs_in) && plain v host && SEGS=$(($(segs_in) - before)) && echo "$SEGS packets of TCP for $1 MiB"
}

# The guest's packets reach the host in one piece, or cut up, and that without GRO.
whole_to_host() {
	ethtool -k "$PF_DEV" | grep -qx 'rx-gro-hw: on' && ethtool -K "$PF_DEV" gro off && count_segs 8 && below "$SEGS" 2000 &&
		ethtool -K "$PF_DEV" rx-gro-hw off && count_segs 8 && [ "$SEGS" -gt 5000 ] && ethtool -K "$PF_DEV" rx-gro-hw on gro on
}

# What came in one piece leaves by a link without offloads.
whole_forwarded() {
	local sum far=10.79.0

	ip netns add far && ip link add fwd0 type veth peer name fwd1 netns far && ip addr add $far.1/24 dev fwd0 && ip link set fwd0 up &&
		ip -n far addr add $far.2/24 dev fwd1 && ip -n far link set fwd1 up && ip -n far route add default via $far.1 &&
		ethtool -K fwd0 tso off gso off && sysctl -qw net.ipv4.ip_forward=1 && l2_cmd v "ip route replace $far.0/24 via ${ADDR[host]}" && data 8 || return
	ip netns exec far timeout $((100 * SLOW)) socat -u TCP-LISTEN:7979,reuseaddr STDOUT </dev/null | sha256sum >/run/far.sum &
	until_true 20 listens tcp 7979 ip netns exec far && l2_cmd v --timeout 90 "nc $far.2 7979 </tmp/data >/dev/null" && wait $! && read -r sum _ </run/far.sum && equal "$sum" "${SUM[v]}"
	sum=$?
	ip link del fwd0
	ip netns del far
	return $sum
}

# Nothing happens in an idle guest: its driver asks for nothing.
idle() {
	measure_begin v
	sleep 3
	measure_end v
	echo "${COST[regs]} register traps"
	below "${COST[regs]}" 20
}

# --- what an administrator does ---------------------------------------------------------

offloads() {
	l2_cmd v 'ethtool -k eth0' >/run/features && offloads_on v && l2_cmd v 'ethtool -K eth0 tso off tx off && ethtool -K eth0 gro off' &&
		fails offloads_on v && reach v host && l2_cmd v 'ethtool -K eth0 tx on tso on gro on' && offloads_on v && reach v host
}

# Datagrams that the device cuts out of 40 packets: all arrive, as they are, and in order.
datagrams() {
	local before bad

	l2_cmd v 'ethtool -K eth0 tx-udp-segmentation on && ethtool -k eth0' | grep -qx 'tx-udp-segmentation: on' && before=$(stat_of v tso_packets) && bad=$(udp_bad) || return
	# All of them fit into the receiver's buffer, should it sleep meanwhile.
	sysctl -qw net.core.rmem_max=1048576 && l2_cmd v 'cat /dev/vdb >/tmp/udp_gso && chmod 755 /tmp/udp_gso' || return
	timeout $((60 * SLOW)) socat -u -T 10 UDP-RECV:7123,rcvbuf=1048576 STDOUT </dev/null >/run/datagrams &
	until_true 20 listens udp 7123 && l2_cmd v --timeout 60 "/tmp/udp_gso ${ADDR[host]} 7123 1200 40" || return
	wait $!
	equal "$(stat -c %s /run/datagrams)" $((40 * (8 * 1200 - 1))) && equal "$(tr -d '\0' </run/datagrams | grep -ao '0[0-9]\{6\}' | tr -d '\n')" "$(seq -f %07.0f 0 319 | tr -d '\n')" &&
		equal "$(udp_bad)" "$bad" && equal "$(($(stat_of v tso_packets) - before))" 40
}
udp_bad() { awk '/^Udp: [0-9]/ { print $4 }' /proc/net/snmp; }

channels() {
	l2_cmd v 'ethtool -l eth0' && l2_cmd v 'ethtool -L eth0 combined 1' && equal "$(queues_in_use v)" 1 && reach v host &&
		l2_cmd v 'ethtool -L eth0 combined 2' && equal "$(queues_in_use v)" 2 && reach v host &&
		fails l2_cmd v 'ethtool -L eth0 combined 3' && equal "$(queues_in_use v)" 2
}

# Resets and sets up each queue by itself.
rings() {
	l2_cmd v 'ethtool -g eth0; ethtool -G eth0 rx 64 tx 128 && ethtool -g eth0' >/run/rings && cat /run/rings &&
		equal "$(awk '/^RX:/ { r = $2 } /^TX:/ { t = $2 } END { print r, t }' /run/rings)" "64 128" &&
		reach v host && data 4 && plain v host && l2_cmd v 'ethtool -G eth0 rx 256 tx 256' && reach host v
}

flows() {
	local before after used

	before=$(queue_packets v rx)
	many_flows host v 32 || return
	after=$(queue_packets v rx)
	used=$(used_queues "$before" "$after")
	echo "$before -> $after"
	equal "$used" 2
}

# --- which queue receives, and when it says so ------------------------------------------

# accepted BIT...: features that the guest's driver has accepted.
accepted() {
	local b f

	f=$(l2_cmd v 'cat /sys/class/net/eth0/device/features') || return
	for b; do [ "${f:b:1}" = 1 ] || { echo "without feature $b: $f"; return 1; }; done
}

# interrupts input|output: of each VQ of that direction, one line.
interrupts() {
	l2_cmd v "grep -E 'virtio[0-9]+-$1[.]' /proc/interrupts" |
		awk '{ v = 0; for (k = 2; $k ~ /^[0-9]+$/; k++) v += $k; printf "%d ", v } END { print "" }'
}

# All flows from the host are received by queue N of the two.
only_queue() { # N
	local before
	local -a d

	before=$(interrupts input) && many_flows host v 16 || return
	read -ra d <<<"$(difference "$before" "$(interrupts input)")"
	echo "queue $1 alone: ${d[*]} interrupts"
	[ "${d[$1]}" -ge 20 ] && [ "${d[1 - $1]}" -lt 20 ]
}

table_entries() { awk '/^ *[0-9]+: / { n += NF - 1 } END { print n + 0 }' "$1"; }
refused() { # WORDS COMMAND: for that reason
	l2_cmd v "$2 2>&1" >/run/refused && { echo "not refused: $2"; return 1; }
	cat /run/refused
	grep -qi "$1" /run/refused
}

rss_table() {
	accepted 57 60 && l2_cmd v 'ethtool -x eth0' >/run/rss && cat /run/rss && equal "$(table_entries /run/rss)" 128 || return
	l2_cmd v 'ethtool -X eth0 weight 0 1' && only_queue 1 && pf_reset && reach v host && only_queue 1 &&
		l2_cmd v 'ethtool -X eth0 weight 1 0' && only_queue 0 && l2_cmd v 'ethtool -X eth0 default' && flows
}

# With the addresses alone all flows of the host have one hash.
rss_hash() {
	local before key=5a:01:23:45:67:89:ab:cd:ef:02 used

	key=$key:$key:$key:$key
	l2_cmd v 'ethtool -K eth0 receive-hashing on && ethtool -N eth0 rx-flow-hash tcp4 sd' && before=$(interrupts input) && many_flows host v 16 || return
	used=$(used_queues "$before" "$(interrupts input)")
	l2_cmd v 'ethtool -N eth0 rx-flow-hash tcp4 sdfn' && equal "$used" 1 && flows &&
		l2_cmd v "ethtool -X eth0 hkey $key && ethtool -x eth0" | grep -qx "$key" && flows && l2_cmd v 'ethtool -X eth0 default'
}

rss_refused() {
	refused 'not supported' 'ethtool -X eth0 hfunc xor' && refused 'invalid' 'ethtool -N eth0 rx-flow-hash tcp4 s' &&
		refused 'invalid\|out of bounds\|exceed' 'ethtool -X eth0 weight 0 0 1' && flows
}

# Interrupts for 200 pings from the host, 5 ms apart; those of each receiveq in $PING_EACH, and
# how long that took in $PING_MS: 1 s, or more on a machine that is busy.
ping_interrupts() {
	local before each

	before=$(interrupts input) && ping -q -c 200 -i 0.005 "${ADDR[v]}" >/run/pings || { cat /run/pings; return 1; }
	each=$(difference "$before" "$(interrupts input)")
	PING_MS=$(sed -n 's/.* packets transmitted.* time \([0-9]*\)ms/\1/p' /run/pings)
	read -ra PING_EACH <<<"$each"
	PING_IRQS=$((${each// / + }))
	echo "$each interrupts"
}
more_than() { ping_interrupts && [ "$PING_IRQS" -gt "$1" ]; }
fewer_than() { ping_interrupts && [ "$PING_IRQS" -lt "$1" ]; }
each_40ms() { ping_interrupts && below "$PING_IRQS" $((35 + PING_MS / 40)); }

# The time alone, over a reset of the PF, the packets alone, and none.
held() {
	local coal='ethtool -C eth0 rx-usecs'

	accepted 52 53 && more_than 100 && l2_cmd v "$coal 40000 rx-frames 1000; ethtool -c eth0" >/run/coal &&
		grep -qx 'rx-usecs:[[:space:]]*40000' /run/coal && each_40ms && pf_reset && reach v host && each_40ms &&
		l2_cmd v "$coal 500000 rx-frames 4" && fewer_than 80 && [ "$PING_IRQS" -gt 30 ] && l2_cmd v "$coal 0 rx-frames 1" && more_than 100
}

# virtio_net asks for few interrupts of sent packets under any limits.
held_sent() {
	l2_cmd v 'ethtool -C eth0 tx-usecs 5000 tx-frames 32 && ethtool -c eth0' >/run/coal && cat /run/coal && grep -q 'tx-usecs:[[:space:]]*5000' /run/coal &&
		data 8 && plain v host && l2_cmd v 'ethtool -C eth0 tx-usecs 0 tx-frames 1' && reach v host
}

# One VQ's limits are its own.
held_one() {
	local q one='ethtool --per-queue eth0 queue_mask'

	ping_interrupts || return
	q=$((PING_EACH[1] > PING_EACH[0]))
	l2_cmd v "$one $((2 - q)) --coalesce rx-usecs 40000 rx-frames 1000" && more_than 100 &&
		l2_cmd v "$one $((1 + q)) --coalesce rx-usecs 40000 rx-frames 1000 && $one $((1 + q)) --show-coalesce" >/run/coal && cat /run/coal &&
		grep -q 'rx-usecs:[[:space:]]*40000' /run/coal && each_40ms && l2_cmd v "$one 3 --coalesce rx-usecs 0 rx-frames 1" && more_than 100
}

# The guest chooses them itself, all the time.
held_adaptive() {
	l2_cmd v 'ethtool -C eth0 adaptive-rx on && ethtool -c eth0' | grep 'Adaptive RX: on' && data 16 host && both_ways v host &&
		l2_cmd v 'ethtool -C eth0 adaptive-rx off && ethtool -C eth0 rx-usecs 0 rx-frames 1' && reach v host && more_than 100
}

mtu() {
	local most

	most=$(l2_cmd v 'ip -d link show eth0' | awk '{ for (i = 1; i < NF; i++) if ($i == "maxmtu") print $(i + 1) }')
	equal "$most" 1500 && fails l2_cmd v 'ip link set eth0 mtu 1501' || return
	for m in 1280 576 1500; do
		l2_cmd v "ip link set eth0 mtu $m" && reach v host && l2_cmd v --timeout 40 "ping -c 3 -W 5 -M do -s $((m - 28)) ${ADDR[host]}" || return
	done
}

guest_mac() { l2_cmd "$1" 'cat /sys/class/net/eth0/address'; }

address_refused() {
	local own

	own=$(guest_mac v)
	equal "$own" "$(attr "${UUID[v]}" mac)" && fails l2_cmd v "ip link set eth0 address $OTHER" && equal "$(guest_mac v)" "$own" &&
		reach v host && reach host v
}

# With trust the address is the guest's. Without it again: no link, until the guest takes
# one that it may have.
address_trusted() {
	local own

	own=$(guest_mac v)
	set_attr v trust on && l2_cmd v "ip link set eth0 address $OTHER" && ip neigh flush dev "$PF_DEV" && reach host v && reach v host || return
	set_attr v trust off && until_true 10 carrier_is v 0 && l2_cmd v "ip link set eth0 address $own" && until_true 10 carrier_is v 1 &&
		ip neigh flush dev "$PF_DEV" && reach host v && reach v host
}

# Groups that the guest joins, and promiscuous mode: never an error.
groups() {
	l2_cmd v --timeout 90 'ip link set eth0 promisc on && ip link set eth0 allmulticast on && ip link set eth0 promisc off &&
		ip link set eth0 allmulticast off && for i in $(seq 70); do ip maddr add 33:33:00:00:10:$(printf %02x $i) dev eth0 || exit 1; done &&
		for i in $(seq 70); do ip maddr del 33:33:00:00:10:$(printf %02x $i) dev eth0 || exit 1; done' && reach v host
}

XDP='cat /dev/vda >/tmp/xdp && chmod 755 /tmp/xdp'
# What the one before said is not this one's.
xdp_run() { l2_cmd v "rm -f /tmp/xdp.out; /tmp/xdp eth0 $1 >/tmp/xdp.out 2>&1 </dev/null & echo \$! >/tmp/xdp.pid; i=0; until grep -qs attached /tmp/xdp.out; do i=\$((i + 1)); [ \$i -lt $((200 * SLOW)) ] || { cat /tmp/xdp.out; exit 1; }; sleep 0.1; done"; }
xdp_end() { l2_cmd v 'p=$(cat /tmp/xdp.pid); kill $p; i=0; while [ -d /proc/$p ] && [ $i -lt 200 ]; do i=$((i + 1)); sleep 0.1; done'; }

xdp() {
	l2_cmd v "$XDP" && xdp_run pass && reach v host && reach host v && xdp_end && xdp_run drop &&
		fails l2_cmd v --timeout 30 "ip neigh flush all; ping -c 3 -i 0.3 -W 1 ${ADDR[host]}" && xdp_end && reach v host
}

# --- what the operator does ----------------------------------------------------------------

carrier_is() { equal "$(l2_cmd "$1" 'cat /sys/class/net/eth0/carrier')" "$2" >/dev/null; }

link_state() {
	set_attr v link_state disable && until_true 10 carrier_is v 0 && fails l2_cmd m "ping -c 2 -W 1 $MNET.11" &&
		set_attr v link_state enable && until_true 10 carrier_is v 1 && reach v host &&
		set_attr v link_state auto && sleep 1 && carrier_is v 1 && reach host v
}

apart() { fails guest_cmd "$1" --timeout 30 "ip neigh flush all; ping -c 3 -i 0.3 -W 1 ${ADDR[$2]}"; }
vlan() {
	set_attr v vlan 100 && apart v host && apart m v && set_attr m vlan 100 && reach m v && apart m host &&
		set_attr v vlan untagged && set_attr m vlan untagged && reach v host && reach m v
}

# tagged VID [INTERVAL]: what the guest is given of frames to its address in that VLAN.
tagged() {
	local before mac

	mac=$(guest_mac v) before=$(stat_of v rx_unicast)
	ip link add link "$PF_DEV" name pf.t type vlan id "$1" && ip addr add 10.88.0.1/24 dev pf.t && ip link set pf.t up &&
		ip neigh replace 10.88.0.2 lladdr "$mac" dev pf.t || return
	ping -c 5 -i "${2:-0.1}" -W 1 10.88.0.2 >/run/tagged
	ip link del pf.t
	echo $(($(stat_of v rx_unicast) - before))
}

# Of the VLANs that the operator lets it have it is given those that it asks for, and all of
# them while it is promiscuous; over a reset of the PF as well.
vlan_table() {
	accepted 19 && set_attr v vlan untagged,5,7 && l2_cmd v 'modprobe 8021q; ip link add link eth0 name eth0.5 type vlan id 5 &&
		ip link set eth0.5 up && ip addr replace 10.88.0.2/24 dev eth0.5' && vlan_given && pf_reset && reach v host && vlan_given &&
		l2_cmd v 'ip link set eth0 promisc on' && [ "$(tagged 7)" -ge 5 ] && l2_cmd v 'ip link set eth0 promisc off' && equal "$(tagged 7)" 0 &&
		l2_cmd v 'ip link del eth0.5' && equal "$(tagged 5)" 0 && set_attr v vlan untagged && reach v host
}
# ping waits for its last answer an interval long.
vlan_given() { [ "$(tagged 5 1)" -ge 5 ] && grep -q ' 0% packet loss' /run/tagged && equal "$(tagged 7)" 0; }

# Two MB take two seconds at 8 Mb/s, however fast the machine is.
rate() {
	local waits

	data 2 && waits=$(stat_of v rate_waits) && set_attr v tx_rate 8 && plain v host && set_attr v tx_rate 0 || return
	echo "$XFER_SECONDS s, rate_waits $waits -> $(stat_of v rate_waits)"
	[ "${XFER_SECONDS%.*}" -ge 1 ] && [ "$(stat_of v rate_waits)" -gt "$waits" ]
}

# A VLAN device with an address of its own is another source.
spoofed() {
	local before

	before=$(stat_of v spoofed)
	set_attr v vlan untagged,5 && l2_cmd v "modprobe 8021q; ip link add link eth0 name eth0.t type vlan id 5 && ip link set eth0.t address $FAKE &&
		ip link set eth0.t up && ip addr replace 10.88.0.1/24 dev eth0.t; ping -c 3 -i 0.3 -W 1 10.88.0.99; true" || return
	[ "$(stat_of v spoofed)" -gt "$before" ] && set_attr v spoofchk off && before=$(stat_of v spoofed) &&
		l2_cmd v 'ping -c 3 -i 0.3 -W 1 10.88.0.99; true' && equal "$(stat_of v spoofed)" "$before" &&
		set_attr v spoofchk on && set_attr v vlan untagged && l2_cmd v 'ip link del eth0.t' && reach v host
}

# --- lives of the driver and the device ------------------------------------------------------

again() { equal "$(guest_dev v)" eth0 && guest_up v 1 && l2_cmd v "ip addr replace $MNET.11/24 dev eth0" && reach v host && reach host v && reach v m; }

# BDF of the function in the guest, and its virtio device.
BDF='b=$(lspci -Dn | awk "/0200: 1af4:1041/ { print \$1 }"); d=$(basename $(ls -d /sys/bus/pci/devices/$b/virtio*))'

net_unbound() {
	l2_cmd v "$BDF; echo \$d >/sys/bus/virtio/drivers/virtio_net/unbind && [ ! -e /sys/class/net/eth0 ] && echo \$d >/sys/bus/virtio/drivers/virtio_net/bind" && again
}

# The transport's driver goes too, and the guest resets the function meanwhile.
pci_unbound() {
	l2_cmd v "$BDF; cd /sys/bus/pci/drivers/virtio-pci && echo \$b >unbind && [ ! -e /sys/class/net/eth0 ] &&
		echo 1 >/sys/bus/pci/devices/\$b/reset && echo \$b >bind" && again
}

rebooted() { reboot_l2 v && again; }

# The VMM resets the device (VFIO_DEVICE_RESET) under traffic.
flood() { ping -f -q -i 0.002 "${ADDR[v]}" >/dev/null 2>&1 & FLOOD=$!; }
flood_end() { kill $FLOOD; wait $FLOOD 2>/dev/null; true; }
machine_reset() {
	local rc=0

	flood
	rm -f "$L2_RUN/v/up"
	l2_qmp v '{"execute":"system_reset"}' && wait_l2 v || rc=$?
	flood_end
	[ "$rc" = 0 ] && again
}

# A connection goes on over resets of the PF, and all its bytes arrive. The uplink must not
# be QEMU's user network, which answers segments of others' connections with a reset.
over_pf_reset() { # FROM TO MB
	local pid rc=0 i

	# Of what comes from the host nothing holds the rate down.
	make_data "$1" "$3" && set_attr v tx_rate 20 || return
	plain "$1" "$2" >/run/over 2>&1 &
	pid=$!
	for i in 1 2 3; do
		sleep 2
		kill -0 $pid 2>/dev/null || echo "the transfer had ended before reset $i"
		pf_reset || rc=$?
	done
	wait $pid || { rc=1; cat /run/over; }
	set_attr v tx_rate 0
	equal "$rc $(l2_cmd v 'cat /sys/class/net/eth0/carrier')" "0 1" && ping_ms v host && ping_ms host v
}

resumed() { [ "$(counters_sum resumes v)" -ge 6 ] && equal "$(l2_cmd v 'dmesg | grep -cE "NETDEV WATCHDOG|hung|virtio.*(reset|stopped)"')" 0; }

# What was counted since the opening never runs backwards.
declare -A SEEN=()
monotone() {
	local f n v bad=0

	for f in "$MDEV/${UUID[v]}"/smartnic/stats/*; do
		n=${f##*/} v=$(cat "$f")
		[ "$v" -ge "${SEEN[$n]:-0}" ] || { echo "$n: ${SEEN[$n]} -> $v"; bad=1; }
		SEEN[$n]=$v
	done
	[ "${#SEEN[@]}" -gt 20 ] && [ "$bad" = 0 ]
}

counted() { monotone && [ "$(stat_of v tx_bytes)" -gt 1000000 ] && equal "$(stat_of v bad_descriptors) $(stat_of v tx_errors)" "0 0"; }

# A device that is stopped is taken from the running guest.
ejected() {
	timeout $((60 * SLOW)) mdevctl stop -u "${UUID[mv]}" && [ ! -e "$MDEV/${UUID[mv]}" ] && until_true 10 fails l2_cmd m "[ -e /sys/class/net/$MV ]" && reach m host
}

killed() {
	flood
	sleep 1
	kill_l2 v
	flood_end
	idle_again "${UUID[v]}"
}

all_gone() {
	stop_l2 m && idle_again "${UUID[m]}" && mdevctl stop -u "${UUID[m]}" && mdevctl stop -u "${UUID[v]}" && equal "$(pool "$PF")" "$FULL"
}

in_mode() {
	local mode=${DMA:-$(attr "${UUID[v]}" dma_mode)}

	equal "$(attr "${UUID[v]}" dma_mode)" "$mode" && { [ "$mode" = table ] || [ "$(attr "${UUID[v]}" pasid)" != "$(attr "${UUID[m]}" pasid)" ]; }
}

loaded() {
	load_modules ${DMA:+dma_mode=$DMA} ${PACKED:+virtio_packed=1} && PF=$(pf_bdf) && PF_DEV=$(pf_netdev) && FULL=$(pool "$PF") && pf_up "$PF_DEV"
}

everything() {
	plan 52
	must "modules load" loaded
	must "a virtio device with two queue pairs" guest_mdev v "$PF" smartnic-virtio-2q
	must "one of each kind for another guest" eval 'guest_mdev m "$PF" smartnic-1q && guest_mdev mv "$PF" smartnic-virtio-1q'
	must "two stock guests boot" start_guests
	say "$(l2_cmd v 'uname -r'), $(l2_accel)"
	must "virtio_net drives it with two queue pairs" driven v 2
	check "translation mode" in_mode
	check "rings are ${LAYOUT[${PACKED:-0}]}" ring_layout
	must "address and link" guest_up v 1
	must "the other guest's devices have addresses and links" mixed_up
	check "everyone pings everyone" pings
	check "idle" idle
	must "random data to send" data $MB host
	measure_begin "${GUESTS[@]}"
	check "$MB MiB to the host, SHA-256" plain v host
	check "$MB MiB from the host, SHA-256" plain host v
	if mapped; then
		check "no doorbell was trapped" doorbells
	else
		check "every doorbell was trapped" doorbells
	fi
	check "packets reach the host whole, if it likes" whole_to_host
	check "whole packets are cut where they leave the host" whole_forwarded
	check "data between virtio and AVF, virtio and virtio" mixed_data
	check "flows use both queues" flows
	check "the guest's table chooses the queue" rss_table
	check "the guest chooses what is hashed, and the key" rss_hash
	check "a hash that the device has not is refused" rss_refused
	check "interrupts of what is received wait" held
	check "limits for what was sent" held_sent
	check "those of one queue wait" held_one
	check "they wait as the guest adapts to its traffic" held_adaptive
	check "offloads off and on" offloads
	check "datagrams are cut" datagrams
	check "one queue pair and two" channels
	check "other ring sizes" rings
	check "each MTU up to 1500" mtu
	check "an address that is not its own is refused" address_refused
	check "with trust it is the guest's, until that goes" address_trusted
	check "groups and promiscuous mode" groups
	check "XDP passes and drops" xdp
	check "link_state" link_state
	check "vlan" vlan
	check "the guest's own VLANs" vlan_table
	check "tx_rate" rate
	check "spoofchk" spoofed
	check "counters" counted
	check "the PF is reset under a transfer to the host" over_pf_reset v host 12
	check "the PF is reset under a transfer from the host" over_pf_reset host v 64
	check "the guest has noticed nothing, counters went on" eval 'resumed && monotone'
	check "virtio_net unbound and bound" net_unbound
	check "the function unbound, reset and bound" pci_unbound
	check "the guest reboots" rebooted
	check "the machine is reset under traffic" machine_reset
	check "mdevctl stop takes a device from the running guest" ejected
	check "QEMU is killed in traffic" killed
	check "the guests leave nothing behind" all_gone
	check "modules unload" unload_modules
}

# --- drivers of other kernels -------------------------------------------------------------------

start_other() { start_l2 v --guest "$1" --mdev "${UUID[v]}" --smp 2; }

others() {
	local g

	plan $((1 + 9 * $#))
	must "modules load" loaded
	for g; do
		must "$g: a device" guest_mdev v "$PF" smartnic-virtio-2q
		must "$g: the guest boots" start_other "$g"
		say "$g: $(l2_cmd v 'uname -r')"
		must "$g: virtio_net drives it with two queue pairs" driven v 2
		must "$g: address and link" guest_up v 1
		check "$g: data both ways" eval 'data 8 host && both_ways v host'
		check "$g: one queue pair and two" channels
		if [ "$g" = 6.1 ]; then
			skip "$g: the guest's table chooses the queue" "its kernel refuses -X of an ethtool that knows xfrm"
		else
			check "$g: the guest's table chooses the queue" rss_table
		fi
		check "$g: the PF is reset under a transfer" over_pf_reset v host 12
		check "$g: the end leaves nothing behind" eval 'stop_l2 v && idle_again "${UUID[v]}" && mdevctl stop -u "${UUID[v]}"'
	done
}

main() {
	[ "${1:-}" != packed ] || { PACKED=1; shift; }
	if [ "$#" = 0 ]; then everything; else others "$@"; fi
	finish
}

main "$@"
