#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a stock guest's administrator does with the features of an AVF device: VLAN devices
# whose tags are in descriptors, with each offload off and on and over a reset; VLANs that
# are not wanted, or not allowed; segmentation of UDP; the table of the hash, its fields and one
# hash for both directions; rules; a port VLAN. The argument is a kernel (tests/lab/run --guest)
# for the guest that is tried; its neighbour has the stock one.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

GUESTS=(g1 g2)
KERNEL=${1:-}

set_attr() { printf %s "$3" >"$MDEV/${UUID[$1]}/smartnic/$2"; }
stat_of() { cat "$MDEV/${UUID[$1]}/smartnic/stats/$2"; }

TOOL="-drive if=virtio,readonly=on,format=raw,file=/lab/selftests/udp_gso"

start_guests() {
	local g kernel=(${KERNEL:+--guest "$KERNEL"})

	for g in "${GUESTS[@]}"; do
		guest_mdev "$g" "$PF" smartnic-2q && set_attr "$g" vlan untagged,5-7 &&
			start_l2 "$g" "${kernel[@]}" --mdev "${UUID[$g]}" --smp 2 --qemu "$TOOL" --no-wait || return
		kernel=()
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
	l2_cmd "$1" --timeout 60 "$(wait_ping "10.88.$3.${2#g}" 20) && ping -c 2 -i 0.2 -W 3 10.88.$3.${2#g}"
}
both_ways() { tagged g1 g2 5 && tagged g2 g1 5 && reach g1 g2; }
# Both ways as well, for g2 answers.
one_way() { tagged g1 g2 5 && reach g1 g2; }

vlan_devices() { vlan_dev g1 5 && vlan_dev g2 5 && both_ways; }

# The tag that the device puts in is on the wire.
tag_on_the_wire() {
	local pid

	rm -f /run/seen.err
	tcpdump -Z root -p -n -e -c 1 -i "$PF_DEV" 'vlan 5' >/run/seen 2>/run/seen.err </dev/null &
	pid=$!
	until_true 20 grep -q 'listening on' /run/seen.err || return
	l2_cmd g1 --timeout 30 'ping -c 5 -i 0.5 -W 1 10.88.5.99; true'
	sleep 1
	kill $pid 2>/dev/null
	wait $pid
	grep 'vlan 5,' /run/seen
}

# iavf resets its function for a new MTU. iavf of 6.1 returns EBUSY when the reset takes longer than 5 s, and sets
# the MTU all the same.
has_mtu() { l2_cmd g1 'ip link show eth0' | grep -q "mtu $1 "; }
reset_by_mtu() { { l2_cmd g1 "ip link set eth0 mtu $1" || until_true 20 has_mtu "$1"; } && carrier g1; }

# With each offload off the stack does it; a reset of the function changes nothing of that.
offloads_switched() {
	local f

	for f in rxvlan txvlan; do
		l2_cmd g1 "ethtool -K eth0 $f off" && one_way || { echo "$f off"; return 1; }
		reset_by_mtu 1400 && one_way || { echo "$f off, after a reset"; return 1; }
		l2_cmd g1 "ethtool -K eth0 $f on" && reset_by_mtu 1500 && one_way || { echo "$f on"; return 1; }
	done
}

large_transfers() {
	make_data g1 2 && { transfer g1 g2 || { echo "$XFER_ERROR"; return 1; }; } || return
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

# VLAN_V2 of the guest's is no way into a VLAN that the operator has not given it.
others_closed() {
	local drops before after

	set_attr g1 vlan untagged
	drops=$(stat_of g1 vlan_drops) before=$(stat_of g2 rx_broadcast)
	l2_cmd g1 --timeout 30 'ip neigh flush all; ping -c 5 -i 0.5 -W 1 10.88.5.99; true'
	after=$(stat_of g2 rx_broadcast)
	drops=$(($(stat_of g1 vlan_drops) - drops))
	echo "sent: $drops dropped, the neighbour's broadcasts $before -> $after"
	[ "$drops" -ge 3 ] && [ "$after" = "$before" ] || return
	before=$(stat_of g1 rx_broadcast)
	l2_cmd g2 --timeout 30 'ip neigh flush all; ping -c 5 -i 0.5 -W 1 10.88.5.99; true'
	after=$(stat_of g1 rx_broadcast)
	echo "received: $before -> $after"
	[ "$after" = "$before" ] && reach g1 g2 || return
	set_attr g1 vlan untagged,5-7 && both_ways
}

# --- segmentation -----------------------------------------------------------------

# length_of FILE: bytes of UDP in the packets that tcpdump has written there so far. It gets them
# in blocks, up to a second late.
LENGTH='length_of() { sed -nE "s/.*UDP, length ([0-9]+).*/\1/p" $1 | awk "{ n += \$1 } END { print n + 0 }"; }'
eval "$LENGTH"
all_of() { below 7998 "$(length_of "$1")"; }

GSO='[ -x /tmp/udp_gso ] || { cat /dev/vda >/tmp/udp_gso; chmod 755 /tmp/udp_gso; }'

# gso_seen PORT: lengths of the packets of one call as the guest's tcpdump sees them, which looks
# at what the driver is given; how many the PF's tcpdump sees with a right checksum, and their
# lengths. It must know no protocol of that port.
gso_seen() {
	local pid

	rm -f /run/seen.err
	tcpdump -Z root -p -n -l -vv -s 0 -i "$PF_DEV" "udp and dst port $1" >/run/seen 2>/run/seen.err </dev/null &
	pid=$!
	until_true 20 grep -q 'listening on' /run/seen.err || return
	l2_cmd g1 --timeout 60 "$GSO; $LENGTH
		rm -f /tmp/sent.err
		tcpdump -Z root -p -n -l -i eth0 'udp and dst port $1' >/tmp/sent 2>/tmp/sent.err </dev/null &
		i=0; until grep -qs 'listening on' /tmp/sent.err; do i=\$((i + 1)); [ \$i -lt $((100 * SLOW)) ] || exit 1; sleep 0.1; done
		/tmp/udp_gso ${ADDR[host]} $1 1000 1; sleep 1
		i=0; until [ \$(length_of /tmp/sent) -ge 7999 ] || [ \$i -ge $((100 * SLOW)) ]; do i=\$((i + 1)); sleep 0.1; done
		killall tcpdump; sleep 0.5
		sed -n 's/.*UDP, length //p' /tmp/sent | xargs" || return
	until_true 20 all_of /run/seen >/dev/null
	kill $pid
	wait $pid
	grep -c 'udp sum ok' /run/seen
	sed -nE 's/.*UDP, length ([0-9]+).*/\1/p' /run/seen | xargs
}

segmented() {
	gso_seen 7117 >/run/gso
	cat /run/gso /run/seen.err
	equal "$(tail -n 3 /run/gso | xargs)" "7999 8 1000 1000 1000 1000 1000 1000 1000 999" || return
	# Without the offload the driver is given segments: the guest's tcpdump shows who made them.
	l2_cmd g1 'ethtool -K eth0 tx-udp-segmentation off' && gso_seen 7118 >/run/gso
	cat /run/gso
	l2_cmd g1 'ethtool -K eth0 tx-udp-segmentation on' && equal "$(tail -n 3 /run/gso | awk 'NR == 1 { print NF }')" 8
}

udp_counts() { l2_cmd "$1" "awk '/^Udp: [0-9]/ { print \$3, \$8 }' /proc/net/snmp; awk '/^Udp6NoPorts|^Udp6InCsumErrors/ { print \$2 }' /proc/net/snmp6" | xargs; }

# In a VLAN and over IPv6: the neighbour counts the datagrams, and no wrong checksum.
segmented_for_neighbour() {
	local before

	l2_cmd g1 'ip -6 addr add fd77::1/64 dev eth0 nodad' && l2_cmd g2 'ip -6 addr add fd77::2/64 dev eth0 nodad' || return
	l2_cmd g1 --timeout 40 "$(wait_ping fd77::2 20)" || return
	before=$(udp_counts g2)
	l2_cmd g1 "$GSO; /tmp/udp_gso 10.88.5.2 7117 1000 4 && /tmp/udp_gso fd77::2 7117 1000 2" && until_true 20 neighbour_counted "$before"
}
# Not at a port, wrong checksum; the same of IPv6.
neighbour_counted() { equal "$(difference "$1" "$(udp_counts g2)")" "32 0 16 0"; }

# --- the hash ---------------------------------------------------------------------

# flows N: queues of g1 that several connections from the host use.
queues_used() {
	local before

	before=$(queue_packets g1 rx)
	many_flows host g1 12 || return
	used_queues "$before" "$(queue_packets g1 rx)"
}

# iavf answers EINVAL while its own work holds its lock.
hash_of() { l2_cmd g1 "i=0; until ethtool -N eth0 rx-flow-hash tcp4 $1; do i=\$((i + 1)); [ \$i -lt $((60 * SLOW)) ] || exit 1; sleep 0.3; done"; }
hash_fields() {
	hash_of sd && equal "$(queues_used)" 1 || { echo "addresses alone"; return 1; }
	hash_of sdfn && equal "$(queues_used)" 2 || { echo "addresses and ports"; return 1; }
	l2_cmd g1 'ethtool -n eth0 rx-flow-hash tcp4' | grep -q 'L4 bytes 0 & 1'
}

# The table of the hash: one queue, the other one, both. iavf sends it after the tool has ended.
table_chooses() {
	l2_cmd g1 "ethtool -X eth0 weight 1 0" && until_true 30 one_queue 0 && l2_cmd g1 "ethtool -X eth0 weight 0 1" && until_true 30 one_queue 1 || return
	l2_cmd g1 'ethtool -x eth0' | tee /run/rss | awk '/^ *[0-9]+:/ { for (i = 2; i <= NF; i++) n[$i]++ } END { exit !(n[1] == 64) }' || { cat /run/rss; return 1; }
	# Each -X of this ethtool makes the hash symmetric, but for "xfrm none".
	l2_cmd g1 'ethtool -X eth0 equal 2 && ethtool -X eth0 xfrm none' && equal "$(queues_used)" 2
}
one_queue() { # QUEUE
	local before d

	before=$(queue_packets g1 rx)
	many_flows host g1 8 || return
	d=$(difference "$before" "$(queue_packets g1 rx)")
	echo "packets by queue: $d, all for queue $1"
	# shellcheck disable=SC2086
	set -- "$1" $d
	if [ "$1" = 0 ]; then [ "$2" -ge 20 ] && [ "$3" -lt 20 ]; else [ "$3" -ge 20 ] && [ "$2" -lt 20 ]; fi
}

symmetric() {
	l2_cmd g1 'ethtool -x eth0' | grep -q 'symmetric-xor: off' && l2_cmd g1 'ethtool -X eth0 xfrm symmetric-xor && ethtool -x eth0' | tee /run/rss | grep -q 'symmetric-xor: on' || { cat /run/rss; return 1; }
	equal "$(queues_used)" 2 && l2_cmd g1 'ethtool -X eth0 xfrm none'
}

# --- rules ------------------------------------------------------------------------

# rules RULE...: shell text. iavf answers EINVAL while its own work holds its lock.
rules() {
	local r

	echo 'ethtool -K eth0 ntuple on || exit 1'
	for r; do
		echo "i=0; until ethtool -N eth0 $r; do i=\$((i + 1)); [ \$i -lt $((60 * SLOW)) ] || exit 1; sleep 0.3; done"
	done
	echo 'sleep 1; ethtool -n eth0'
}

# All connections to one port go to the queue that a rule names, once the device has it: iavf
# sends it after the tool has ended.
rule_chooses() {
	l2_cmd g1 "$(rules "flow-type tcp4 dst-port $((PORT + 1)) action 1")" && until_true 30 chosen &&
		l2_cmd g1 'ethtool -n eth0' | grep -q 'Action: Direct to queue 1'
}
chosen() {
	local before d port=$PORT

	before=$(queue_packets g1 rx)
	many_flows host g1 8 || { PORT=$port; return 1; }
	PORT=$port
	d=$(difference "$before" "$(queue_packets g1 rx)")
	echo "packets by queue: $d"
	# shellcheck disable=SC2086
	set -- $d
	[ "$1" -lt 20 ] && [ "$2" -ge 20 ]
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
	l2_cmd g1 "$(rules "flow-type udp4 dst-port 7777 action -1")" && reach host g1 && until_true 20 dropped || return
	# iavf sends its rules again some time after the link is up.
	reset_by_mtu 1400 && reach host g1 && until_true 20 dropped || { echo "after a reset"; return 1; }
	l2_cmd g1 'ethtool -K eth0 ntuple off' && reset_by_mtu 1500 && reach host g1 && fails dropped
}

# A rule with all fields, one of IPv6, and one that is deleted by its number.
dropped_of() { # COUNT COMMAND...
	local before want=$1

	shift
	before=$(stat_of g1 flow_drops)
	"$@" || return
	sleep 1
	equal $(($(stat_of g1 flow_drops) - before)) "$want"
}
datagram_from() { echo x | socat -u STDIN "UDP4:${ADDR[g1]}:7778,sourceport=$1"; }
datagram_v6() { l2_cmd g2 "$GSO; /tmp/udp_gso fd77::1 $1 100 1"; }
rule_fields() {
	l2_cmd g1 "$(rules "flow-type udp4 src-ip ${ADDR[host]} dst-ip ${ADDR[g1]} src-port 4001 dst-port 7778 action -1 loc 3" \
		"flow-type udp6 src-ip fd77::2 dst-port 7779 action -1 loc 4")" >/run/rules
	cat /run/rules
	equal "$(grep -c '^Filter:' /run/rules)" 2 || return
	until_true 20 dropped_of 1 datagram_from 4001 && dropped_of 0 datagram_from 4002 &&
		until_true 20 dropped_of 8 datagram_v6 7779 && dropped_of 0 datagram_v6 7780 || return
	l2_cmd g1 'ethtool -N eth0 delete 3 && sleep 1' && until_true 20 dropped_of 0 datagram_from 4001 && dropped_of 8 datagram_v6 7779 &&
		l2_cmd g1 'ethtool -K eth0 ntuple off && sleep 1' && until_true 20 dropped_of 0 datagram_v6 7779
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
	plan 19
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	must "two stock guests on devices" start_guests
	say "$(l2_cmd g1 'uname -r')"
	check "the guest's driver offers VLAN offloads and UDP segmentation" features_on
	check "VLAN devices of stock guests reach each other" vlan_devices
	check "the tag is on the wire" tag_on_the_wire
	check "each VLAN offload off and on, and over a reset" offloads_switched
	check "large transfers beside VLAN devices" large_transfers
	check "a VLAN that the guest does not want does not reach it" others_filtered
	check "a VLAN that the operator has not given is closed both ways" others_closed
	check "the device makes datagrams of UDP packets" segmented
	check "and in a VLAN, and of IPv6" segmented_for_neighbour
	if [ "$KERNEL" = 6.1 ]; then
		skip "the table of the hash chooses the queues" "its kernel refuses -X of an ethtool that knows xfrm"
	else
		check "the table of the hash chooses the queues" table_chooses
	fi
	check "the guest chooses the fields of the hash" hash_fields
	if [ "$KERNEL" = 6.1 ]; then
		skip "the guest chooses one hash for both directions" "its iavf cannot"
	else
		check "the guest chooses one hash for both directions" symmetric
	fi
	check "a rule chooses the queue" rule_chooses
	check "a rule drops frames, over a reset as well" rule_drops
	check "rules of all fields, of IPv6, and one that is deleted" rule_fields
	check "in a port VLAN there is no VLAN offload" port_vlan
	check "the guests leave nothing behind" all_gone
	finish
}

main
