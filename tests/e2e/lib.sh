# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For the end-to-end scripts, inside L1: the PF and its mdevs, guests on them,
# traffic between them, and what it cost. l1.sh brings the guests themselves.
#
# Limits in seconds are for a machine of the usual speed ($SLOW, see l1.sh).
#
# A place traffic comes from or goes to is "host" (the PF's netdev) or the name
# of a guest.

. /lab/tests/lab/l1.sh
. /lab/tests/e2e/measure.sh

MDEV=/sys/bus/mdev/devices
NET=10.77.0
PORT=5001
declare -A UUID=() ADDR=([host]=$NET.1) SUM=()

# --- the PF -----------------------------------------------------------------

pf_bdf() { basename "$(readlink -f /sys/bus/pci/drivers/smartnic/*:*.[0-7] | head -n 1)"; }
pf_netdev() { basename /sys/bus/pci/drivers/smartnic/*:*/net/*; }

# pf_up: the PF's netdev gets the host's address.
pf_up() {
	ip addr replace "${ADDR[host]}/24" dev "$1" && ip link set "$1" up
}

# pool PF: one line, "1q 256  2q 256 ...", what can still be created.
pool() {
	local t

	for t in $(types "$1"); do
		printf '%s %s  ' "${t#smartnic-}" "$(available "$1" "$t")"
	done
	echo
}

types() { find "/sys/class/mdev_bus/$1/mdev_supported_types" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V; }
available() { cat "/sys/class/mdev_bus/$1/mdev_supported_types/$2/available_instances"; }

# queues_of TYPE: how many queue pairs smartnic-4q has.
queues_of() { local n=${1##*-}; echo "${n%q}"; }

# driver_of TYPE: the guest's driver.
driver_of() { case $1 in smartnic-virtio-*) echo virtio_net ;; *) echo iavf ;; esac; }

attr() { cat "$MDEV/$1/smartnic/$2"; }

is_idle() { equal "$(attr "$1" state) $(attr "$1" pinned_bytes)" "idle 0"; } # UUID
# A VMM may be gone a moment before its files are.
idle_again() { until_true 30 is_idle "$1"; } # UUID

# start_hold FILE UUID [node]: a device is held open ($! holds it), and FILE says "ready" when
# it is. FILE is emptied first: what the holder before said is not this one's.
start_hold() {
	local file=$1

	shift
	: >"$file"
	/lab/selftests/hold "$@" >>"$file" 2>&1 &
}

# --- guests -----------------------------------------------------------------

# guest_mdev NAME PF TYPE: start an mdev for a guest; its UUID in UUID[NAME].
guest_mdev() {
	UUID[$1]=$(mdevctl start -p "$2" -t "$3") && [ -d "$MDEV/${UUID[$1]}" ]
}

# guest_cmd NAME [--timeout S] COMMANDS: also for "host".
guest_cmd() {
	local secs=60

	if [ "$1" = host ]; then
		shift
		[ "$1" != --timeout ] || { secs=$2; shift 2; }
		timeout -k 2 $((secs * SLOW)) bash -c "$*" </dev/null
	else
		l2_cmd "$@"
	fi
}

# guest_dev NAME [SECONDS]: the interface that iavf or virtio_net drives; it comes some
# time after the driver was loaded.
guest_dev() {
	l2_cmd "$1" --timeout "$((${2:-40} + 10))" "i=0
		while [ \$i -lt $((${2:-40} * 5 * SLOW)) ]; do
			for d in /sys/class/net/*; do
				case \$(readlink -f \$d/device/driver) in
				*/iavf | */virtio_net) echo \${d##*/}; exit ;;
				esac
			done
			i=\$((i + 1)); sleep 0.2
		done; exit 1"
}

# Guest commands cost most of a second under emulation: what can be one is one.
wait_carrier() { # SECONDS: shell text
	echo "i=0
		until [ \"\$(cat /sys/class/net/eth0/carrier 2>/dev/null)\" = 1 ]; do
			i=\$((i + 1)); [ \$i -lt $(($1 * 5 * SLOW)) ] || exit 1; sleep 0.2
		done"
}

# carrier NAME [SECONDS]: until the guest's link is up.
carrier() { l2_cmd "$1" --timeout "$((${2:-20} + 10))" "$(wait_carrier "${2:-20}")"; }

# guest_up NAME NUMBER: address 10.77.0.(10 + NUMBER), link up, carrier there.
guest_up() {
	ADDR[$1]=$NET.$((10 + $2))
	l2_cmd "$1" --timeout 40 "ip addr replace ${ADDR[$1]}/24 dev eth0 && ip link set eth0 up || exit 1
		$(wait_carrier 30)"
}

# --- traffic ----------------------------------------------------------------

# reach FROM TO [SECONDS]: until a ping is answered.
reach() { guest_cmd "$1" --timeout "$((${3:-20} + 10))" "$(wait_ping "${ADDR[$2]}" "${3:-20}")"; }

wait_ping() { # ADDRESS SECONDS: shell text
	echo "i=0
		until ping -c 1 -W 1 $1 >/dev/null 2>&1; do
			i=\$((i + 1)); [ \$i -lt $(($2 * SLOW)) ] || exit 1
		done"
}

# each_ping N ADDRESS [OPTIONS of ping]: shell text, N pings, all answered. One by one: a ping
# of several waits for its last answer no longer than its interval, or twice what others took.
each_ping() {
	local n=$1 address=$2

	shift 2
	echo "n=0
		while [ \$n -lt $n ]; do
			n=\$((n + 1)); ping -c 1 -W $((5 * SLOW)) $* $address || exit 1
		done"
}

# ping_ms FROM TO: once an answer has come, three more pings, all answered; prints
# the mean round trip.
ping_ms() {
	guest_cmd "$1" --timeout 50 "$(wait_ping "${ADDR[$2]}" 20)
		$(each_ping 3 "${ADDR[$2]}")" |
		awk '/^r(ound-trip|tt)/ { split($0, a, "[/=]"); rtt += a[6]; n++ }
			END { if (n < 3) exit 1; printf "%.3f\n", rtt / n }'
}

# make_data NAME MB: random data to send, once per side; its SHA-256 in SUM.
make_data() {
	local mb=$2

	SUM[$1]=$(guest_cmd "$1" --timeout 120 "dd if=/dev/urandom of=/tmp/data bs=1M count=$mb 2>/dev/null && sha256sum </tmp/data") || return
	SUM[$1]=${SUM[$1]%% *}
	[ "${#SUM[$1]}" = 64 ]
}

# In L1 the receiver and sender are socat; in a guest busybox's nc. A receiving nc
# that reads an end of file closes its half, and a sending nc leaves on that: so it
# reads from a fifo that never says anything.
recv_cmd() {
	case $1 in
	host) echo "socat -u TCP-LISTEN:$PORT,reuseaddr STDOUT" ;;
	*) echo "mkfifo -m 600 /tmp/never 2>/dev/null; nc -l -p $PORT <>/tmp/never" ;;
	esac
}

send_cmd() {
	case $1 in
	host) echo "socat -u OPEN:/tmp/data,rdonly TCP:$2:$PORT" ;;
	*) echo "nc $2 $PORT </tmp/data >/dev/null" ;;
	esac
}

# until something listens on PORT: shell text. /proc, not a probe connection,
# which the listener would take for the transfer.
wait_listen() {
	echo "i=0
		until grep -qi ':$(printf %04X $PORT) 0*:0000 0A' /proc/net/tcp /proc/net/tcp6; do
			i=\$((i + 1)); [ \$i -lt $((200 * SLOW)) ] || exit 1; sleep 0.05
		done"
}

# listens tcp|udp PORT [COMMAND...]: a process of L1 listens at PORT. COMMAND, such as "ip netns
# exec NAME", selects another network namespace.
listens() {
	local what=$1 port=$2 state=0A

	shift 2
	[ "$what" = tcp ] || state=07
	"$@" grep -qsi ":$(printf %04X "$port") 0*:0000 $state" "/proc/net/$what" "/proc/net/${what}6"
}

# transfer FROM TO [SECONDS]: FROM's data over TCP; the sum must match at TO.
# Prints the seconds it took. XFER_ERROR says what went wrong.
transfer() {
	local from=$1 to=$2 limit=${3:-120} got=/run/xfer.$2 t0 t1 rc=0 sum

	PORT=$((PORT + 1))
	XFER_ERROR='' XFER_SECONDS=''
	receiver_start "$to" "$limit" || { XFER_ERROR="no receiver at $to"; return 1; }
	t0=${EPOCHREALTIME/./}
	guest_cmd "$from" --timeout "$limit" "$(send_cmd "$from" "${ADDR[$to]}")" >/dev/null || rc=$?
	[ "$rc" = 0 ] || XFER_ERROR="sender at $from: status $rc"
	sum=$(receiver_result "$to" "$limit") || XFER_ERROR=${XFER_ERROR:-"receiver at $to did not end"}
	t1=${EPOCHREALTIME/./}
	XFER_SECONDS=$(((t1 - t0) / 1000))
	XFER_SECONDS=${XFER_SECONDS%???}.$(printf %03d $((XFER_SECONDS % 1000)))
	[ -z "$XFER_ERROR" ] || return 1
	[ "$sum" = "${SUM[$from]}" ] || { XFER_ERROR="SHA-256 at $to is ${sum:-missing}, ${SUM[$from]} was sent"; return 1; }
}

# The receiver runs in the background of its side and leaves its sum in a file.
receiver_start() {
	guest_cmd "$1" "rm -f /tmp/sum
		(timeout $(($2 * SLOW)) sh -c '$(recv_cmd "$1")' | sha256sum >/tmp/sum.new; mv /tmp/sum.new /tmp/sum) </dev/null >/dev/null 2>&1 &
		$(wait_listen)"
}

receiver_result() {
	guest_cmd "$1" --timeout "$2" "i=0
		until [ -e /tmp/sum ]; do
			i=\$((i + 1)); [ \$i -lt $(($2 * 20 * SLOW)) ] || exit 1; sleep 0.05
		done
		cut -d' ' -f1 /tmp/sum"
}

# --- checksums and offloads ---------------------------------------------------

# offloads_on NAME: TSO and checksum offload, as ethtool sees them; prints what is off.
offloads_on() {
	local dev=eth0 off

	[ "$1" != host ] || dev=$PF_DEV
	off=$(guest_cmd "$1" "ethtool -k $dev" |
		awk -F': ' '/^(tcp-segmentation-offload|tx-checksumming|rx-checksumming|scatter-gather):/ { n++; if ($2 !~ /^on/) print $1 }
			END { if (n != 4) print "ethtool -k" }')
	[ -z "$off" ] || { echo "$off"; return 1; }
}

# watch_checksums NAME FROM PACKETS: tcpdump on the receiver looks at segments
# from FROM with data in them. What GRO has merged never was on the wire (and has
# no checksum), so GRO is off while it looks; so is the PF's, which leaves packets whole.
watch_checksums() {
	local dev=eth0 whole=''

	[ "$1" != host ] || { dev=$PF_DEV whole='rx-gro-hw off'; }
	guest_cmd "$1" "ethtool -K $dev gro off $whole
		rm -f /tmp/cap
		timeout $((120 * SLOW)) tcpdump -Z root -p -i $dev -n -vv -s 0 -B 4096 -c $3 'tcp and src host ${ADDR[$2]} and greater 200' >/tmp/cap.new 2>/tmp/cap.err </dev/null &
		i=0
		until grep -qs 'listening on' /tmp/cap.err; do
			i=\$((i + 1)); [ \$i -lt $((100 * SLOW)) ] || exit 1; sleep 0.1
		done"
}

# checksums_seen NAME: "GOOD BAD" packets of the last watch, which ends here.
checksums_seen() {
	local dev=eth0 whole=''

	[ "$1" != host ] || { dev=$PF_DEV whole='rx-gro-hw on'; }
	guest_cmd "$1" "killall -q -INT tcpdump; i=0
		while pidof tcpdump >/dev/null && [ \$i -lt $((50 * SLOW)) ]; do i=\$((i + 1)); sleep 0.1; done
		ethtool -K $dev gro on $whole
		echo \$(grep -c '(correct)' /tmp/cap.new) \$(grep -c -e incorrect -e 'bad cksum' /tmp/cap.new)"
}

# --- queues -------------------------------------------------------------------

# queues_in_use NAME: how many queue pairs the guest's driver uses.
queues_in_use() { l2_cmd "$1" "ethtool -l eth0" | awk '/^Combined:/ { n = $2 } END { print n + 0 }'; }

# queue_packets NAME rx|tx: packets of each queue in use, one line. virtio_net's ethtool has
# none: of what is received interrupts are counted, what is sent is counted by qdiscs.
queue_packets() {
	l2_cmd "$1" "ethtool -S eth0; ethtool -i eth0; tc -s qdisc show dev eth0; grep -E 'virtio[0-9]+-input' /proc/interrupts" |
		awk -v d="$2" -v n="$(queues_in_use "$1")" '
			function one(v) { if (i++ < n) { printf "%s%d", s, v; s = " " } }
			$1 ~ "^" d "-[0-9]+[.]packets:$" { one($2) }
			/^driver: virtio_net/ { virtio = 1 }
			/^qdisc/ { leaf = / parent / }
			virtio && d == "tx" && leaf && $1 == "Sent" { one($4) }
			virtio && d == "rx" && /virtio[0-9]+-input/ { v = 0; for (k = 2; $k ~ /^[0-9]+$/; k++) v += $k; one(v) }
			END { print "" }'
}

# many_flows FROM TO FLOWS: TCP connections side by side, one second of data.
many_flows() {
	PORT=$((PORT + 1))
	guest_cmd "$2" "iperf3 -s -1 -p $PORT </dev/null >/dev/null 2>&1 &
		$(wait_listen)" &&
		guest_cmd "$1" --timeout 60 "iperf3 -c ${ADDR[$2]} -p $PORT -P $3 -n $(($3 * 131072)) -l 16384 >/tmp/iperf.out 2>&1 || { tail -n 2 /tmp/iperf.out; exit 1; }"
}

# Queues that carried more than a stray packet between two readings.
used_queues() {
	local d n=0

	for d in $(difference "$1" "$2"); do [ "$d" -lt 20 ] || n=$((n + 1)); done
	echo "$n"
}

difference() { # BEFORE AFTER: of two lines of numbers
	local -a a b
	local i

	read -ra a <<<"$1"
	read -ra b <<<"$2"
	for i in "${!b[@]}"; do b[i]=$((b[i] - ${a[i]:-0})); done
	echo "${b[*]}"
}

# --- the machine L1 runs on -----------------------------------------------------

# With tests/lab/run --qmp L1 can talk to its own QEMU.
l1_qmp_there() { [ -n "$(l1_qmp_port)" ]; }

l1_qmp_port() {
	local n

	for n in /sys/class/virtio-ports/*/name; do
		[ "$(cat "$n" 2>/dev/null)" != lab.qmp ] || basename "$(dirname "$n")"
	done
}

# l1_qmp COMMAND: its answer is printed; fails if it is an error. The greeting
# comes once, before the first answer.
l1_qmp() {
	local line cmd fd

	exec {fd}<>"/dev/$(l1_qmp_port)" || return
	for cmd in ${L1_QMP_ON:-'{"execute":"qmp_capabilities"}'} "$1"; do
		[ "$cmd" != on ] || continue
		printf '%s\n' "$cmd" >&"$fd"
		while read -r -t $((30 * SLOW)) -u "$fd" line; do
			case $line in
			*'"return"'* | *'"error"'*) break ;;
			esac
		done
	done
	L1_QMP_ON=on
	exec {fd}>&-
	echo "$line"
	[[ $line == *'"return"'* ]]
}
