#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a stock guest's administrator does with the features of an AVF device: VLAN devices
# whose tags are in descriptors, with each offload off and on and over a reset; VLANs that
# are not wanted; fields of the hash and one hash for both directions; rules; a port VLAN.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

GUESTS=(g1 g2)

set_attr() { printf %s "$3" >"$MDEV/${UUID[$1]}/smartnic/$2"; }
stat_of() { cat "$MDEV/${UUID[$1]}/smartnic/stats/$2"; }

start_guests() {
	local g

	for g in "${GUESTS[@]}"; do
		guest_mdev "$g" "$PF" smartnic-2q && set_attr "$g" vlan untagged,5-7 && start_l2 "$g" --mdev "${UUID[$g]}" --smp 2 --no-wait || return
	done
	for g in "${GUESTS[@]}"; do wait_l2 "$g" && equal "$(guest_dev "$g")" eth0 || return; done
	pf_up "$PF_DEV" && guest_up g1 1 && guest_up g2 2 && reach g1 g2 && reach g2 host
}

# feature GUEST NAME: "on", "off", "off [fixed]", ...
feature() { l2_cmd "$1" "ethtool -k eth0" | sed -n "s/^$2: //p"; }

features_on() {
	local f

	for f in rx-vlan-offload tx-vlan-offload rx-vlan-filter tx-udp-segmentation; do
		case $(feature g1 $f) in on | "on [fixed]") ;; *) echo "$f: $(feature g1 $f)"; return 1 ;; esac
	done
}

vlan_dev() { # GUEST ID
	l2_cmd "$1" "modprobe 8021q; ip link add link eth0 name eth0.$2 type vlan id $2 && ip link set eth0.$2 up &&
		ip addr replace 10.88.$2.${1#g}/24 dev eth0.$2"
}
tagged() { # FROM TO ID
	l2_cmd "$1" --timeout 60 "$(wait_ping "10.88.$3.${2#g}" 20) && ping -c 3 -i 0.3 -W 2 10.88.$3.${2#g}"
}
both_ways() { tagged g1 g2 5 && tagged g2 g1 5 && reach g1 g2; }

vlan_devices() { vlan_dev g1 5 && vlan_dev g2 5 && both_ways; }

# The tag that the device puts in is on the wire.
tag_on_the_wire() {
	local pid

	tcpdump -Z root -p -n -e -c 1 -i "$PF_DEV" 'vlan 5' >/run/seen 2>/run/seen.err </dev/null &
	pid=$!
	sleep 2
	l2_cmd g1 --timeout 30 'ping -c 5 -i 0.5 -W 1 10.88.5.99; true'
	sleep 1
	kill $pid 2>/dev/null
	wait $pid
	grep 'vlan 5,' /run/seen
}

# With each offload off the stack does it; a reset of the function changes nothing of that.
offloads_switched() {
	local f

	for f in rxvlan txvlan; do
		l2_cmd g1 "ethtool -K eth0 $f off" && both_ways || { echo "$f off"; return 1; }
		l2_cmd g1 'ip link set eth0 mtu 1400' && carrier g1 && both_ways || { echo "$f off, after a reset"; return 1; }
		l2_cmd g1 "ethtool -K eth0 $f on; ip link set eth0 mtu 1500" && carrier g1 && both_ways || { echo "$f on"; return 1; }
	done
}

large_transfers() {
	make_data g1 2 && transfer g1 g2 || return
	ADDR[g2v]=10.88.5.2
	l2_cmd g1 --timeout 60 "ping -c 3 -s 8000 -i 0.3 -W 3 10.88.5.2"
}

# Broadcasts of a VLAN that the guest has no device for do not reach it.
others_filtered() {
	local before after

	vlan_dev g1 6 || return
	before=$(stat_of g2 rx_broadcast)
	l2_cmd g1 --timeout 30 'ping -c 5 -i 0.5 -W 1 10.88.6.99; true'
	after=$(stat_of g2 rx_broadcast)
	echo "VLAN 6, not wanted: $before -> $after"
	[ "$after" = "$before" ] || return
	vlan_dev g2 6 && tagged g1 g2 6 && both_ways && l2_cmd g1 'ip link del eth0.6' && l2_cmd g2 'ip link del eth0.6' && both_ways
}

# --- the hash ---------------------------------------------------------------------

# flows N: queues of g1 that several connections from the host use.
queues_used() {
	local before

	before=$(queue_packets g1 rx)
	many_flows host g1 12 || return
	used_queues "$before" "$(queue_packets g1 rx)"
}

hash_fields() {
	l2_cmd g1 'ethtool -N eth0 rx-flow-hash tcp4 sd' && equal "$(queues_used)" 1 || { echo "addresses alone"; return 1; }
	l2_cmd g1 'ethtool -N eth0 rx-flow-hash tcp4 sdfn' && equal "$(queues_used)" 2 || { echo "addresses and ports"; return 1; }
	l2_cmd g1 'ethtool -n eth0 rx-flow-hash tcp4' | grep -q 'L4 bytes 0 & 1'
}

symmetric() {
	l2_cmd g1 'ethtool -X eth0 xfrm symmetric-xor && ethtool -x eth0' | tee /run/rss | grep -q 'symmetric-xor: on' || { cat /run/rss; return 1; }
	equal "$(queues_used)" 2 && l2_cmd g1 'ethtool -X eth0 xfrm none'
}

# --- rules ------------------------------------------------------------------------

# All connections to one port go to the queue that a rule names.
rule_chooses() {
	local before d

	l2_cmd g1 "ethtool -K eth0 ntuple on && ethtool -N eth0 flow-type tcp4 dst-port $((PORT + 1)) action 1" || return
	before=$(queue_packets g1 rx)
	many_flows host g1 8 || return
	d=$(difference "$before" "$(queue_packets g1 rx)")
	echo "packets by queue: $d"
	# shellcheck disable=SC2086
	set -- $d
	[ "$1" -lt 20 ] && [ "$2" -ge 20 ] && l2_cmd g1 'ethtool -n eth0' | grep -q 'Action: Direct to queue 1'
}

# Datagrams to a port that a rule drops; also after a reset of the function.
dropped() {
	local i before

	before=$(stat_of g1 flow_drops)
	for ((i = 0; i < 5; i++)); do echo x >"/dev/udp/${ADDR[g1]}/7777"; done
	sleep 1
	[ "$(stat_of g1 flow_drops)" -ge $((before + 5)) ]
}
rule_drops() {
	l2_cmd g1 'ethtool -N eth0 flow-type udp4 dst-port 7777 action -1' && reach host g1 && dropped || return
	l2_cmd g1 'ip link set eth0 mtu 1400' && carrier g1 && reach host g1 && dropped || { echo "after a reset"; return 1; }
	l2_cmd g1 'ethtool -K eth0 ntuple off; ip link set eth0 mtu 1500' && carrier g1 && reach host g1 && fails dropped
}

# --- a port VLAN --------------------------------------------------------------------

port_vlan() {
	l2_cmd g1 'ip link del eth0.5'
	set_attr g1 vlan 5 && l2_cmd g1 --timeout 60 'rmmod iavf; modprobe iavf' && equal "$(guest_dev g1)" eth0 && guest_up g1 1 || return
	equal "$(feature g1 rx-vlan-offload)" "off [fixed]" && equal "$(feature g1 rx-vlan-filter)" "off [fixed]" || return
	l2_cmd g1 'ip addr add 10.88.5.1/24 dev eth0' && both_ways_untagged
}
both_ways_untagged() { tagged g1 g2 5 && tagged g2 g1 5; }

all_gone() {
	local g

	for g in "${GUESTS[@]}"; do
		stop_l2 "$g" && mdevctl stop -u "${UUID[$g]}" || return
	done
}

main() {
	plan 14
	must "modules load" load_modules ${DMA:+dma_mode=$DMA} guest_offloads=1
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	must "two stock guests on devices" start_guests
	check "the guest's driver offers VLAN offloads and UDP segmentation" features_on
	check "VLAN devices of stock guests reach each other" vlan_devices
	check "the tag is on the wire" tag_on_the_wire
	check "each VLAN offload off and on, and over a reset" offloads_switched
	check "large transfers beside VLAN devices" large_transfers
	check "a VLAN that the guest does not want does not reach it" others_filtered
	check "the guest chooses the fields of the hash" hash_fields
	check "the guest chooses one hash for both directions" symmetric
	check "a rule chooses the queue" rule_chooses
	check "a rule drops frames, over a reset as well" rule_drops
	check "in a port VLAN there is no VLAN offload" port_vlan
	check "the guests leave nothing behind" all_gone
	finish
}

main
