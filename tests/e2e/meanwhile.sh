# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What goes on while a guest moves, for scripts with e2e/lib.sh and ktap.sh: pings, data both ways,
# the driver's counters. The guest is $AT, which was "a" at first; $RUN is a folder.

# Data is received for longer than any suite takes.
PIECE=65536 DATA_SECONDS=7200

# The host pings ten times a second, all the time. It resolves the guest's address once: TCP
# waits out a move, ARP gives up after three seconds. No uplink that answers, as QEMU's user network
# does: frames for a guest that is stopped are unknown to the switch, and go there, too.
traffic() {
	ip neigh replace "${ADDR[a]}" lladdr "$(l2_cmd a 'cat /sys/class/net/eth0/address')" nud permanent dev "$PF_DEV" || return
	ping -i 0.1 "${ADDR[a]}" >$RUN/pings 2>&1 &
	PING=$!
	l2_cmd a 'cat /proc/sys/kernel/random/boot_id; dmesg | wc -l' >$RUN/guest
}

# source_cmd: shell text. Random data, a piece at a time for as long as /tmp/go is there; then their
# sum is in /tmp/sent, their number in /tmp/pieces.
source_cmd() {
	echo "mkfifo /tmp/copy; : >/tmp/go
		(sha256sum </tmp/copy | cut -d' ' -f1 >/tmp/sent.new; mv /tmp/sent.new /tmp/sent) &
		n=0
		while [ -e /tmp/go ]; do
			head -c $PIECE /dev/urandom
			n=\$((n + 1)); echo \$n >/tmp/pieces
			sleep 0.2
		done | tee /tmp/copy"
}

# data_starts FROM TO
data_starts() {
	local send

	case $1 in
	host) send="socat -u STDIN TCP:${ADDR[$2]}:$((PORT + 1))" ;;
	*) send="nc ${ADDR[$2]} $((PORT + 1)) >/dev/null" ;;
	esac
	PORT=$((PORT + 1))
	receiver_start "$2" "$DATA_SECONDS" && guest_cmd "$1" "({ $(source_cmd); } | $send) </dev/null >/dev/null 2>&1 &"
}

# arrives FROM TO: all that was sent has been received.
arrives() {
	local got

	got=$(receiver_result "$2" 200) || return
	# The sender may still be at its sum.
	guest_cmd "$1" 'until [ -e /tmp/sent ]; do sleep 0.1; done' || return
	say "$1 to $2: $(guest_cmd "$1" 'cat /tmp/pieces') pieces of $PIECE bytes"
	equal "$got" "$(guest_cmd "$1" 'cat /tmp/sent')" && below 10 "$(guest_cmd "$1" 'cat /tmp/pieces')"
}

data_arrives() {
	ADDR[$AT]=${ADDR[a]}
	guest_cmd host 'rm /tmp/go' && guest_cmd "$AT" 'rm /tmp/go' && arrives host "$AT" && arrives "$AT" host
}

# The number of the last ping that was answered.
last_ping() { sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' $RUN/pings | tail -n 1; }

# answered SINCE: pings are answered again; prints how many were not, and the longest silence.
answered() {
	local i seq

	seq=$(last_ping)
	for ((i = 0; i < 300 * SLOW; i++)); do
		[ "$(last_ping)" -lt "$((seq + 10))" ] || break
		sleep 0.2
	done
	sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' $RUN/pings | sort -n | awk -v since="$1" '
		$1 >= since { if (prev) { n = $1 - prev - 1; lost += n > 0 ? n : 0; if (n > most) most = n }; prev = $1 }
		END { printf "pings: %d lost, %.1f s of silence at most\n", lost, most / 10 }' | tee $RUN/lost
	[ "$i" -lt $((300 * SLOW)) ] || { echo "no answer since ping $seq"; return 1; }
	LOST=$(sed 's/pings: \([0-9]*\) .*/\1/' $RUN/lost)
}

counters() {
	l2_cmd "$AT" 'ethtool -S eth0 >/dev/null; sleep 0.5; cd /sys/class/net/eth0/statistics
		for f in rx_packets rx_bytes tx_packets tx_bytes; do echo $f $(cat $f); done
		ethtool -S eth0 | sed -n "s/^ *\([rt]x_[a-z]*\): /\1 /p"'
}

# Each counter is what it was, or more.
monotone() {
	counters >$RUN/counters.new || return
	awk 'NR == FNR { old[$1] = $2; next } $1 in old && $2 < old[$1] { print $1 ": " old[$1] ", then " $2; bad = 1 }
		$1 == "rx_bytes" && $2 == old[$1] { print "no frame received"; bad = 1 }
		END { exit bad }' $RUN/counters $RUN/counters.new && mv $RUN/counters.new $RUN/counters
}

# The same boot, and not a line of the driver in the log.
unnoticed() {
	local boot lines

	{ read -r boot; read -r lines; } <$RUN/guest
	equal "$(l2_cmd "$AT" 'cat /proc/sys/kernel/random/boot_id')" "$boot" || return
	l2_cmd "$AT" "dmesg | tail -n +$((lines + 1))" >$RUN/dmesg || return
	cat $RUN/dmesg
	fails grep -E 'iavf|virtio|eth0|NETDEV|clocksource|BUG|WARNING|hung|stall' $RUN/dmesg
}

# well SINCE: the guest goes on.
well() { answered "$1" && unnoticed && monotone; }

# The guest moves to device b and back to a, $MOVES times, by the script's moves().
there_and_back() {
	local i

	for ((i = 0; i < MOVES; i++)); do
		moves b && moves a || return
	done
}

# The guest is gone: so are the pings and the devices, and the pool is what it was at first.
gives_back() {
	local d

	kill $PING
	for d in "${DEV[@]}"; do mdevctl stop -u "$d" || return; done
	equal "$(pool "$PF")" "$FULL"
}
