#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The PF's own netdev, with the tools its operator has: two SmartNICs on one wire, the
# second one in a network namespace. Settings are changed while traffic passes.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

HERE=10.88.0.1 THERE=10.88.0.2
MB=8

there() { ip netns exec there "$@"; }
answers() { ping -c 1 -W 2 "$@" >/dev/null; }
until_answers() { local i; for i in 1 2 3 4 5 6 7 8 9 10; do answers "$@" && return; done; return 1; }
stat_of() { cat "/sys/class/net/$A/statistics/$1"; }
# B's counters, read where it lives.
stat_there() { there ethtool -S "$B" | awk -v n="$1:" '$1 == n { print $2 }'; }
stat_here() { ethtool -S "$A" | awk -v n="$1:" '$1 == n { print $2 }'; }

two_pfs() {
	local d

	PFS=()
	for d in /sys/bus/pci/drivers/smartnic/*:*; do PFS+=("$(basename "$d")"); done
	equal "${#PFS[@]}" 2 || return
	A=$(basename "/sys/bus/pci/devices/${PFS[0]}"/net/*) B=$(basename "/sys/bus/pci/devices/${PFS[1]}"/net/*)
	# The only frames are to be those of the tests.
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip netns add there && there sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1 &&
		ip link set "$B" netns there &&
		ip addr add $HERE/24 dev "$A" && there ip addr add $THERE/24 dev "$B" &&
		ip link set "$A" up && there ip link set "$B" up && there ip link set lo up &&
		until_answers $THERE
}

who_it_is() {
	ethtool -i "$A" >/run/i || return
	grep -qx 'driver: smartnic' /run/i && grep -qx "bus-info: ${PFS[0]}" /run/i && grep -qE '^firmware-version: .*[0-9]' /run/i
}

link_of() {
	ethtool "$A" >/run/l && grep -q 'Link detected: yes' /run/l && grep -q 'Duplex: Full' /run/l || return
	equal "$(sed -n 's/.*Speed: \([0-9]*\)Mb.*/\1/p' /run/l)" "$(cat "/sys/class/net/$A/speed")"
}

rings_and_channels() {
	ethtool -g "$A" | awk '/^[RT]X:/ { n += $2 > 0 } END { exit n != 4 }' &&
		equal "$(ethtool -l "$A" | awk '/^Combined:/ { print $2 }' | tail -n 1)" \
			"$(find "/sys/class/net/$A/queues" -name 'tx-*' | wc -l)"
}

ring_of() { ethtool -g "$A" | awk -v n="$1:" '$1 == n { print $2 }' | tail -n 1; }
channels_of() { ethtool -l "$A" | awk '/^Combined:/ { print $2 }' | tail -n 1; }
coal_of() { ethtool -c "$A" | awk -v n="$1:" '$1 == n { print $2 }'; }

# Sizes change under traffic; what cannot be leaves the old ones.
ring_sizes() {
	local r flood

	equal "$(ring_of RX) $(ring_of TX)" "2048 256" || return
	ping -f -q $THERE >/dev/null 2>&1 &
	flood=$!
	for r in "256 4096" "4096 256" "512 512"; do
		# shellcheck disable=SC2086
		set -- $r
		ethtool -G "$A" rx "$1" tx "$2" && equal "$(ring_of RX) $(ring_of TX)" "$r" && transfer || break
	done
	kill $flood
	wait $flood 2>/dev/null
	equal "$r" "512 512" && fails ethtool -G "$A" rx 8192 && fails ethtool -G "$A" rx 224 && fails ethtool -G "$A" tx 300 &&
		equal "$(ring_of RX) $(ring_of TX)" "512 512" && ip link set "$A" down && ethtool -G "$A" rx 2048 tx 256 && ip link set "$A" up &&
		until_answers $THERE && equal "$(ring_of RX) $(ring_of TX)" "2048 256"
}

# Queues go and come; a table that names one that is to go keeps it.
channels() {
	local n

	n=$(channels_of)
	[ "$n" -gt 1 ] || { echo "only $n queue"; return 1; }
	ethtool -L "$A" combined 1 && equal "$(channels_of)" 1 && transfer && equal "$(find "/sys/class/net/$A/queues" -name 'rx-*' | wc -l)" 1 &&
		fails ethtool -L "$A" combined 0 && fails ethtool -L "$A" combined $((n + 1)) &&
		ethtool -L "$A" combined "$n" && transfer && ethtool -X "$A" equal "$n" && fails ethtool -L "$A" combined 1 &&
		equal "$(channels_of)" "$n" && ethtool -X "$A" default && ethtool -L "$A" combined 1 && ethtool -L "$A" combined "$n" && transfer
}

# All flows to the last queue, by table and by key; over a reset.
spreading() {
	local n key

	n=$(channels_of) key=$(ethtool -x "$A" | sed -n '/^RSS hash key:/{n;p}')
	[ "${#key}" = 155 ] || { echo "key $key"; return 1; }
	weights=$(for ((i = 1; i < n; i++)); do printf '0 '; done)1
	# shellcheck disable=SC2086
	ethtool -X "$A" weight $weights || return
	equal "$(ethtool -x "$A" | awk '/^ *[0-9]+: / { for (i = 2; i <= NF; i++) print $i }' | sort -u)" $((n - 1)) &&
		only_queue $((n - 1)) && ethtool -X "$A" hkey "${key//[0-9a-f]/5}" && equal "$(ethtool -x "$A" | sed -n '/^RSS hash key:/{n;p}')" "${key//[0-9a-f]/5}" &&
		echo 1 >"/sys/bus/pci/devices/${PFS[0]}/reset" && until_answers $THERE && only_queue $((n - 1)) &&
		fails ethtool -X "$A" hfunc xor && ethtool -X "$A" hkey "$key" && ethtool -X "$A" default && transfer
}

# only_queue Q: datagrams of eight senders to A interrupt for that queue. Nothing answers them.
irqs_of() { awk -v n="smartnic-net" '$0 ~ n { s = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) s += $i; print $NF, s }' /proc/interrupts | grep "@${PFS[0]}"; }
only_queue() {
	local before sink

	socat -u UDP-RECV:$PORT,bind=$HERE OPEN:/dev/null &
	sink=$!
	until_true 20 listens udp $PORT || return
	before=$(irqs_of)
	for _ in 1 2 3 4 5 6 7 8; do there socat -u -b 1000 OPEN:/run/data,readbytes=100000 "UDP-SENDTO:$HERE:$PORT"; done
	kill $sink
	wait $sink 2>/dev/null
	paste -d' ' <(echo "$before") <(irqs_of) | awk -v q="smartnic-net$1@" '{ d = $4 - $2; if (index($1, q)) { if (d < 4) bad = 1 } else if (d > 5) bad = 1; print $1, d } END { exit bad }'
}

# How many interrupts a transfer takes is the host's load as well: shown, not compared.
moderation() {
	local fast slow least

	equal "$(coal_of rx-usecs) $(coal_of tx-usecs) $(coal_of rx-usecs-high)" "50 50 0" && ethtool -C "$A" rx-usecs 1000 tx-usecs 1000 &&
		equal "$(coal_of rx-usecs)" 1000 && slow=$(irqs_per_mb) && ethtool -C "$A" rx-usecs 0 tx-usecs 0 && fast=$(irqs_per_mb) &&
		ethtool -C "$A" rx-usecs-high 1000 && equal "$(coal_of rx-usecs-high)" 1000 && least=$(irqs_per_mb) || return
	echo "# interrupts per transfer: $slow at 1000 us, $fast at 0, $least with a limit of 1000 us"
	fails ethtool -C "$A" rx-usecs 9000 && fails ethtool -C "$A" rx-frames 5 &&
		ethtool -C "$A" rx-usecs-high 0 adaptive-rx on && ethtool -c "$A" | grep -q '^Adaptive RX: on' && transfer && transfer &&
		ethtool -C "$A" adaptive-rx off rx-usecs 50 tx-usecs 50
}
irqs_per_mb() {
	local before

	before=$(irqs_of | awk '{ s += $2 } END { print s }')
	transfer || return
	echo $(($(irqs_of | awk '{ s += $2 } END { print s }') - before))
}

# group GROUP NAME: one of ethtool's standard counters of the uplink.
group() { ethtool -S "$A" --groups "$1" | awk -v n="$1-$2:" '$1 == n { print $2 }'; }
group_there() { there ethtool -S "$B" --groups "$1" | awk -v n="$1-$2:" '$1 == n { print $2 }'; }

# The uplink's counters are those of what passed it; a reset of the SmartNIC takes none back.
uplink() {
	local frames octets there0 sent

	frames=$(group eth-mac FramesTransmittedOK) octets=$(group eth-mac OctetsTransmittedOK) there0=$(group_there eth-mac FramesReceivedOK)
	ping -c 20 -i 0.05 -s 1000 $THERE >/dev/null || return
	sent=$(($(group eth-mac FramesTransmittedOK) - frames))
	echo "$sent frames"
	# 20 requests, and ARP now and then.
	fails below "$sent" 20 && below "$sent" 30 && fails below $(($(group eth-mac OctetsTransmittedOK) - octets)) $((20 * 1046)) &&
		equal $(($(group_there eth-mac FramesReceivedOK) - there0)) "$sent" &&
		ethtool -S "$A" --groups rmon >/run/rmon && cat /run/rmon &&
		fails below "$(awk '/tx-rmon-etherStatsPkts1024to1518Octets/ { print $2 }' /run/rmon)" 20 &&
		frames=$(group eth-mac FramesReceivedOK) && echo 1 >"/sys/bus/pci/devices/${PFS[0]}/reset" && until_answers $THERE &&
		fails below "$(group eth-mac FramesReceivedOK)" "$frames"
}

# seen_there MAC: how many of three frames for it, from A, a promiscuous B gets.
seen_there() {
	there ip link set "$B" promisc on && sleep 0.3
	received "$1"
	there ip link set "$B" promisc off
}

leaves() { fails below "$(seen_there "$1")" 3; }

# As a VEPA, frames for a device on the same card leave it.
hairpin() {
	local mac rc=0

	UUID[x]=$(mdevctl start -p "${PFS[0]}" -t smartnic-1q) && mac=$(attr "${UUID[x]}" mac) || return
	start_hold /run/hold "${UUID[x]}"
	HOLD=$!
	until_true 20 grep -q ready /run/hold
	bridge link show dev "$A" | tee /dev/stderr | grep -q 'hwmode VEB' && below "$(seen_there "$mac")" 3 &&
		bridge link set dev "$A" hwmode vepa && bridge link show dev "$A" | grep -q 'hwmode VEPA' && until_true 10 leaves "$mac" &&
		echo 1 >"/sys/bus/pci/devices/${PFS[0]}/reset" && until_answers $THERE && until_true 10 leaves "$mac" &&
		bridge link set dev "$A" hwmode veb && below "$(seen_there "$mac")" 3 || rc=1
	kill $HOLD
	wait $HOLD 2>/dev/null
	mdevctl stop -u "${UUID[x]}"
	return $rc
}

lamp() { ethtool -p "$A" 1; }

# The device's magic number, its link, and nothing that a read would change.
dump() {
	ethtool -d "$A" raw on >/run/regs || return
	equal "$(head -c 4 /run/regs)" SNIC && equal "$(od -An -tx4 -j 64 -N 4 /run/regs | tr -d ' ')" 00000000 &&
		equal "$(wc -c </run/regs)" $((512 + 64 * $(ethtool -l "$A" | awk '/^Combined:/ { print $2; exit }')))
}

self_test() {
	ethtool -t "$A" offline >/run/test || { cat /run/test; return 1; }
	cat /run/test
	grep -q 'The test result is PASS' /run/test && equal "$(grep -cE '(offline|online)\)[[:space:]]+0$' /run/test)" 4 && transfer || return
	there ip link set "$B" down
	there ethtool -t "$B" online && there ip link set "$B" up && until_answers $THERE
}

# transfer: MB of random data, the same there.
transfer() {
	there timeout $((60 * SLOW)) socat -u TCP-LISTEN:$PORT,reuseaddr,bind=$THERE OPEN:/run/got,creat,trunc &
	timeout $((60 * SLOW)) socat -u OPEN:/run/data TCP:$THERE:$PORT,retry=100,interval=0.2
	wait $! && cmp /run/data /run/got
}

# Frames that came to B, those among them for which its rings had no room, and bytes of the others.
there_came() {
	there cat "/sys/class/net/$B/statistics/rx_packets" "/sys/class/net/$B/statistics/rx_missed_errors" "/sys/class/net/$B/statistics/rx_bytes" |
		awk '{ v[NR] = $1 } END { print v[1] + v[2], v[2], v[3] }'
}

# What one end sent is what the other got, by each of the ways to ask. A connection's
# last words may pass while it is asked.
counters() {
	local tx0 sent0 came0 came tx sent lost0 i

	# Others before this may have stopped queues amid frames.
	lost0=$(stat_here tx_discards)
	tx0=$(stat_here tx_bytes) sent0=$(stat_of tx_packets) came0=$(there_came)
	transfer || return
	for i in {1..20}; do
		tx=$(($(stat_here tx_bytes) - tx0)) sent=$(($(stat_of tx_packets) - sent0)) came=$(difference "$came0" "$(there_came)")
		[ "$sent" != "${came%% *}" ] || break
		sleep 0.5
	done
	ethtool -S "$A" | awk 'NR > 1 && $1 == ":" { print "counter " NR - 1 " has no name"; n++ } END { exit n > 0 }' || return
	[ "$tx" -ge $((MB * 1048576)) ] && equal "${came%% *}" "$sent" && equal "$(stat_of tx_bytes)" "$(stat_here tx_bytes)" &&
		equal "$(stat_here tx_discards)" "$lost0" && equal "$(stat_there bad_descriptors)" 0 || return
	[[ $came == *" 0 "* ]] || { echo "$came: frames were lost"; return; }
	equal "${came##* }" "$tx"
}

jumbo() {
	local max

	max=$(ip -d link show "$A" | sed -n 's/.* maxmtu \([0-9]*\).*/\1/p')
	fails ip link set "$A" mtu $((max + 1)) || return
	fails answers -M "do" -s 4000 $THERE || return
	ip link set "$A" mtu 9000 && there ip link set "$B" mtu 9000 && until_answers -M "do" -s 8972 $THERE && transfer
}

# Whatever the stack does itself, the data is the same.
without() {
	local f

	for f in tso "tx off sg" rx; do
		# shellcheck disable=SC2086
		ethtool -K "$A" $f off && there ethtool -K "$B" $f off && transfer || { echo "$f"; return 1; }
	done
	ethtool -K "$A" rx on tx on sg on tso on && there ethtool -K "$B" rx on tx on sg on tso on && transfer
}

vlan() {
	ip link add link "$A" name v5 type vlan id 5 && there ip link add link "$B" name v5 type vlan id 5 &&
		ip addr add 10.88.5.1/24 dev v5 && there ip addr add 10.88.5.2/24 dev v5 &&
		ip link set v5 up && there ip link set v5 up && until_answers 10.88.5.2
}

other_mac() {
	ip link set "$A" address 02:00:00:00:88:01 && until_answers $THERE &&
		ip link set "$A" down && ip link set "$A" address 02:00:00:00:88:02 && ip link set "$A" up && until_answers $THERE
}

# An address that a device has is not the PF's to take.
taken_mac() {
	local mac

	UUID[x]=$(mdevctl start -p "${PFS[0]}" -t smartnic-1q) && mac=$(attr "${UUID[x]}" mac) || return
	fails ip link set "$A" address "$mac" && ip link set "$A" down && fails ip link set "$A" address "$mac" &&
		ip link set "$A" up && until_answers $THERE && mdevctl stop -u "${UUID[x]}"
}

# The interface and a device want an address at the same time: one gets it, the other an error.
one_address() {
	local i mac won

	UUID[x]=$(mdevctl start -p "${PFS[0]}" -t smartnic-1q) || return
	for i in {10..29}; do
		mac=02:00:00:00:89:$i won=0
		{ echo "$mac" >"$MDEV/${UUID[x]}/smartnic/mac"; } 2>/dev/null &
		if ip link set "$A" address "$mac" 2>/dev/null; then won=1; fi
		if wait $!; then won=$((won + 1)); fi
		equal "$won" 1 || return
		if [ "$(attr "${UUID[x]}" mac)" = "$mac" ]; then fails grep -qx "$mac" "/sys/class/net/$A/address"; else grep -qx "$mac" "/sys/class/net/$A/address"; fi || return
	done
	mdevctl stop -u "${UUID[x]}" && until_answers $THERE
}

# from_raw DEST: a frame to that address, from A; how many more B's stack has counted.
received() {
	local n

	n=$(there cat "/sys/class/net/$B/statistics/rx_packets")
	ip neigh replace 10.88.0.99 lladdr "$1" dev "$A"
	ping -c 3 -i 0.2 -W 1 10.88.0.99 >/dev/null
	echo $(($(there cat "/sys/class/net/$B/statistics/rx_packets") - n))
}

# The driver changes its filters after the tool has ended.
comes() { fails below "$(received "$1")" 3; }
stays_out() { below "$(received "$1")" 3; }

promiscuous() {
	stays_out 02:00:00:00:77:01 && there ip link set "$B" promisc on && until_true 10 comes 02:00:00:00:77:01 &&
		there ip link set "$B" promisc off && until_true 10 stays_out 02:00:00:00:77:01
}

# More groups than the device has filters for: then it lets all of them through.
groups() { there bash -ec "for i in {1..80}; do ip maddr $1 33:33:00:00:77:\$(printf %02x \$i) dev $B; done"; }
many_groups() {
	groups add && until_true 10 comes 33:33:00:00:77:50 && groups del && until_true 10 stays_out 33:33:00:00:77:50
}

# Interfaces on top with addresses of their own.
macvlans() {
	local i

	for i in 1 2 3; do
		there ip link add link "$B" name "m$i" type macvlan mode bridge && there ip addr add "10.88.$((10 + i)).2/24" dev "m$i" &&
			there ip link set "m$i" up && ip addr add "10.88.$((10 + i)).1/24" dev "$A" && until_answers "10.88.$((10 + i)).2" || return
	done
	# Each is a filter; none makes the interface below take everything.
	there ip -d link show "$B" | grep -q ' promiscuity 0 ' && below "$(received 02:00:00:00:77:02)" 3
}

timestamps() { ethtool -T "$A" | grep -q software-transmit; }

down_and_up() {
	local i

	ping -i 0.05 $THERE >/dev/null 2>&1 &
	for i in 1 2 3 4 5; do ip link set "$A" down && ip link set "$A" up && until_answers $THERE || break; done
	kill $!
	wait $! 2>/dev/null
	equal "$i" 5 && transfer
}

# What the device would stop a queue over comes to A, as from a guest's tap: headers that
# do not fit, segments and tagged frames that are too long.
odd_frames() {
	local max dropped

	/lab/selftests/odd_frames "$A" "$B" there || return
	max=$(ip -d link show "$A" | sed -n 's/.* maxmtu \([0-9]*\).*/\1/p') dropped=$(stat_of tx_dropped)
	ip link set "$A" mtu "$max" && ip link add link "$A" name v7 type vlan id 7 && ip link add link v7 name v78 type vlan id 8 &&
		ip addr add 10.88.78.1/24 dev v78 && ip link set v7 up && ip link set v78 up &&
		ip neigh replace 10.88.78.2 lladdr 02:00:00:00:78:02 nud permanent dev v78 || return
	for _ in 1 2 3 4 5 6 7 8; do fails answers -W 0.2 -s $((max - 28)) 10.88.78.2 || return; done
	ip link del v7 && ip link set "$A" mtu 9000 && until_answers $THERE && transfer &&
		fails below "$(stat_of tx_dropped)" $((dropped + 8)) && equal "$(stat_here bad_descriptors)" 0 &&
		equal "$(sort -u "/sys/class/net/$A"/queues/tx-*/tx_timeout)" 0
}

# Counters that fell between two readings of "NAME VALUE" lines.
fallen() { awk 'NR == FNR { was[$1] = $2; next } $2 + 0 < was[$1] + 0 { print $1, was[$1], "->", $2 } END { exit !NR }' "$1" "$2"; }
all_stats() {
	ethtool -S "$A" | sed -n 's/^ *\(.*\): /\1 /p'
	grep -H . "/sys/class/net/$A"/statistics/* | sed 's,.*/,sysfs_,; s/:/ /'
}

# follow FILE: say when the bytes sent become fewer, until FILE is gone.
follow() {
	local was=0 now

	while [ -e "$1" ]; do
		read -r now <"/sys/class/net/$A/statistics/tx_bytes"
		[ "$now" -ge "$was" ] || echo "$was -> $now"
		was=$now
	done
}

# The device forgets what it counted when it is reset; the netdev does not.
over_reset() {
	local sent i

	sent=$(stat_of tx_bytes)
	touch /run/following
	follow /run/following >/run/fell &
	for i in 1 2 3; do
		all_stats >/run/before && echo 1 >"/sys/bus/pci/devices/${PFS[0]}/reset" && all_stats >/run/after &&
			equal "$(fallen /run/before /run/after)" "" && until_answers $THERE || break
	done
	rm /run/following
	wait $!
	equal "$i $(cat /run/fell)" "3 " && transfer && sent=$((sent + MB * 1048576)) &&
		fails below "$(stat_of tx_bytes)" $sent && fails below "$(stat_here tx_bytes)" $sent
}

leave() {
	ip netns del there
	unload_modules
}

plan 29
dd if=/dev/urandom of=/run/data bs=1M count=$MB 2>/dev/null
must "modules load" load_modules
must "two SmartNICs on a wire" two_pfs
check "ethtool -i" who_it_is
check "link and speed" link_of
check "software timestamps" timestamps
check "rings and channels" rings_and_channels
check "ring sizes" ring_sizes
check "numbers of queues" channels
check "spreading of what is received" spreading
check "interrupt moderation" moderation
check "register dump" dump
check "self-test" self_test
check "the uplink's counters" uplink
check "VEB and VEPA" hairpin
check "identify" lamp
check "what one sent the other counted" counters
check "jumbo frames" jumbo
check "without offloads" without
check "VLAN" vlan
check "another address, up and down" other_mac
check "an address that is a device's" taken_mac
check "an address that both want" one_address
check "promiscuous" promiscuous
check "more groups than filters" many_groups
check "interfaces on top" macvlans
check "down and up under traffic" down_and_up
check "frames that make no sense" odd_frames
check "counters over resets" over_reset
check "modules unload" leave
finish
