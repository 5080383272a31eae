# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What goes on while a guest moves, for scripts with e2e/lib.sh and ktap.sh: pings, and the driver's
# counters. The guest is $AT, which was "a" at first; $RUN is a folder.

# The host pings ten times a second, all the time.
traffic() {
	ping -i 0.1 "${ADDR[a]}" >$RUN/pings 2>&1 &
	PING=$!
	l2_cmd a 'cat /proc/sys/kernel/random/boot_id; dmesg | wc -l' >$RUN/guest
}

# The number of the last ping that was answered.
last_ping() { sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' $RUN/pings | tail -n 1; }

# answered SINCE: pings are answered again; prints how many were not, and the longest silence.
answered() {
	local i seq

	seq=$(last_ping)
	for ((i = 0; i < 300; i++)); do
		[ "$(last_ping)" -lt "$((seq + 10))" ] || break
		sleep 0.2
	done
	sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' $RUN/pings | sort -n | awk -v since="$1" '
		$1 >= since { if (prev) { n = $1 - prev - 1; lost += n > 0 ? n : 0; if (n > most) most = n }; prev = $1 }
		END { printf "pings: %d lost, %.1f s of silence at most\n", lost, most / 10 }' | tee $RUN/lost
	[ "$i" -lt 300 ] || { echo "no answer since ping $seq"; return 1; }
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
