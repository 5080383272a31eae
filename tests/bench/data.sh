#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What traffic costs on an ADI and on its peers: the same guest, one network device after the
# other, in one L1. Counters and ratios count; the clock of an emulated machine does not. The
# table is in $LAB_OUT/performance.md as well.
#
#   data.sh [CONTENDER]...      all of CONTENDERS, or these; a type that the SmartNIC does not
#                               offer is skipped
# MIB, PACKETS, PINGS: how much of each kind of traffic. Wants --igb: make bench-data.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/bench/igb.sh

# How a guest gets its device (start_NAME), and what the device is.
CONTENDERS=(adi-avf adi-virtio vhost virtio e1000e igb-vf)
declare -A WHAT=(
	[adi-avf]="smartnic-1q, iavf"
	[adi-virtio]="smartnic-virtio-1q, virtio_net"
	[vhost]="virtio-net with vhost, virtio_net"
	[virtio]="virtio-net of QEMU, virtio_net"
	[e1000e]="e1000e of QEMU, e1000e"
	[igb-vf]="VF of an emulated 82576 on vfio-pci, igbvf"
)
PEER=vhost	# ratios are to it

# A test is run REPEAT times: the one with the fewest exits counts.
TESTS=(tcp-out tcp-in udp64-out udp64-in udp1472-out udp1472-in ping)
declare -A UNIT=(
	[tcp-out]="MiB, guest to host" [tcp-in]="MiB, host to guest"
	[udp64-out]="1000 datagrams of 64 bytes, guest to host" [udp64-in]="1000 datagrams of 64 bytes, host to guest"
	[udp1472-out]="1000 datagrams of 1472 bytes, guest to host" [udp1472-in]="1000 datagrams of 1472 bytes, host to guest"
	[ping]="100 round trips"
)
COLUMNS_OF=(rate lost exits user irqs ticks)
MIB=${MIB:-64} PACKETS=${PACKETS:-20000} PINGS=${PINGS:-1000} REPEAT=${REPEAT:-2}
declare -A R=() ENDS=()

# --- contenders: start_NAME leaves a guest "g" with eth0, and the host's end in HOST_DEV ----------

adi() { # TYPE
	UUID[g]=$(mdevctl start -p "$PF" -t "$1") && HOST_DEV=$PF_DEV && start_l2 g --mdev "${UUID[g]}"
}

tap() { # OPTIONS OF -netdev, DEVICE
	HOST_DEV=tap0
	modprobe tun && ip tuntap add tap0 mode tap vnet_hdr && start_l2 g --qemu "-netdev tap,id=n,ifname=tap0,script=no,downscript=no$1 -device $2,netdev=n"
}

start_adi_avf() { adi smartnic-1q; }
start_adi_virtio() { adi smartnic-virtio-1q; }
start_vhost() { modprobe vhost_net && tap ,vhost=on virtio-net-pci; }
start_virtio() { tap '' virtio-net-pci; }
start_e1000e() { tap '' e1000e; }

start_igb_vf() {
	vf_on_vfio || return
	HOST_DEV=$(basename "$IGB"/net/*)
	ip link set "$HOST_DEV" up && ip link set "$HOST_DEV" vf 0 mac 02:00:00:00:00:f0 &&
		start_l2 g --qemu "-device vfio-pci,host=$(basename "$VF")"
}

end_contender() {
	stop_l2 g
	[ -z "${UUID[g]:-}" ] || { mdevctl stop -u "${UUID[g]}" && unset 'UUID[g]'; }
	[ -z "$IGB" ] || { no_vf; IGB=; }
	ip addr flush dev "$HOST_DEV"
	[ "$HOST_DEV" != tap0 ] || ip link del tap0
}

offered() { # CONTENDER
	case $1 in
	adi-virtio) types "$PF" | grep -qx smartnic-virtio-1q ;;
	esac
}

# --- one test --------------------------------------------------------------------------------------

# Ticks of all processors of L1 that were not idle, interrupts of L1, exits of the guest.
now() {
	awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 } /^intr / { print $2 }' /proc/stat
	kvm_stat g exits
	kvm_stat g mmio_exits
}

# iperf FROM TO OPTIONS...: iperf3's report of the receiver as JSON in /run/iperf.
iperf() {
	local from=$1 to=$2

	shift 2
	PORT=$((PORT + 1))
	guest_cmd "$to" "rm -f /tmp/iperf.json; (timeout 120 iperf3 -s -1 -J -p $PORT >/tmp/iperf.json 2>/dev/null; mv /tmp/iperf.json /tmp/iperf.done) </dev/null >/dev/null 2>&1 &
		rm -f /tmp/iperf.done
		$(wait_listen)" || return
	guest_cmd "$from" --timeout 100 "iperf3 -c ${ADDR[$to]} -p $PORT $* >/tmp/iperf.out 2>&1 || { tail -n 2 /tmp/iperf.out; exit 1; }" || return
	guest_cmd "$to" --timeout 30 'i=0; until [ -e /tmp/iperf.done ]; do i=$((i + 1)); [ $i -lt 200 ] || exit 1; sleep 0.1; done; cat /tmp/iperf.done' >/run/iperf
}

# What was moved, in units of the test; what was lost, percent; seconds.
moved() {
	case $1 in
	tcp-*) jq -r '.end.sum_received | "\(.bytes / 1048576) 0 \(.seconds)"' /run/iperf ;;
	udp*) jq -r '.end.sum | "\((.packets - .lost_packets) / 1000) \(.lost_percent | . * 10 | round / 10) \(.seconds)"' /run/iperf ;;
	ping) awk -v n="$PINGS" '/packet loss/ { for (i = 1; i <= NF; i++) if ($i ~ /%/) lost = $i + 0 }
		/^r(ound-trip|tt)/ { split($0, a, "[/=]"); print n * (1 - lost / 100) / 100, lost, a[6] * n / 1000 }' /run/iperf ;;
	esac
}

traffic_of() { # TEST
	case $1 in
	tcp-out) iperf g host -n "${MIB}M" ;;
	tcp-in) iperf host g -n "${MIB}M" ;;
	udp64-out) iperf g host -u -b 0 -l 64 -k "$PACKETS" ;;
	udp64-in) iperf host g -u -b 0 -l 64 -k "$PACKETS" ;;
	udp1472-out) iperf g host -u -b 0 -l 1472 -k "$PACKETS" ;;
	udp1472-in) iperf host g -u -b 0 -l 1472 -k "$PACKETS" ;;
	ping) ping -f -q -c "$PINGS" "${ADDR[g]}" >/run/iperf ;;
	esac
}

# one CONTENDER TEST: R[CONTENDER TEST COLUMN], each by unit moved.
one() {
	local who=$1 test=$2 n lost secs i
	local -a a b

	for ((i = 0; i < REPEAT; i++)); do
		mapfile -t a < <(now)
		traffic_of "$test" || return
		mapfile -t b < <(now)
		read -r n lost secs < <(moved "$test")
		echo "$n moved, $lost % lost, $secs s"
		awk -v n="${n:-0}" 'BEGIN { exit n <= 0 }' || return
		# Exits of the smallest run.
		set -- "$(per $((b[2] - a[2])) "$n")" "$(per $((b[3] - a[3])) "$n")" "$(per $((b[1] - a[1])) "$n")" "$(per $((b[0] - a[0])) "$n")"
		awk -v is="$1" -v best="${R[$who $test exits]:-x}" 'BEGIN { exit best != "x" && is >= best }' || continue
		R[$who $test rate]=$(per "$n" "$secs") R[$who $test lost]=$lost
		R[$who $test exits]=$1 R[$who $test user]=$2 R[$who $test irqs]=$3 R[$who $test ticks]=$4
	done
}

per() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'; }

addressed() {
	NET=10.79.$1 ADDR[host]=10.79.$1.1
	l2_cmd g --timeout 60 'i=0; until [ -e /sys/class/net/eth0 ]; do i=$((i + 1)); [ $i -lt 200 ] || exit 1; sleep 0.2; done' || return
	ip addr replace "${ADDR[host]}/24" dev "$HOST_DEV" && ip link set "$HOST_DEV" up && guest_up g 1 && reach g host && reach host g
}

contend() { # NAME NUMBER
	local test

	if ! offered "$1"; then
		for test in device "${TESTS[@]}" end; do skip "$1: $test" "the SmartNIC does not offer it"; done
		return
	fi
	must "$1: ${WHAT[$1]}: link and pings" eval "start_${1//-/_} && addressed $2"
	for test in "${TESTS[@]}"; do check "$1: $test" one "$1" "$test"; done
	ENDS[$1]=1
	check "$1: the end" end_contender
}

# --- the table --------------------------------------------------------------------------------------

table() {
	local test who c line

	echo "# What traffic costs"
	echo
	echo "Printed by \`make bench-data\` on $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) processors, kernel $(uname -r),"
	echo "guests under $(l2_accel | cut -d' ' -f2). For each unit: exits of the virtual machine, those of them that went to"
	echo "QEMU, interrupts and ticks (10 ms) of the host; in brackets as part of \`$PEER\`'s. \`rate\` is units a second"
	echo "of an emulated clock: compare it within a table only."
	for test in "${TESTS[@]}"; do
		echo
		echo "## $test: ${UNIT[$test]}"
		echo
		echo "| device | rate | lost % | exits | to QEMU | interrupts | ticks |"
		echo "|---|---|---|---|---|---|---|"
		for who in "${CONTENDERS[@]}"; do
			[ -n "${R[$who $test exits]:-}" ] || continue
			line="| $who"
			for c in "${COLUMNS_OF[@]}"; do
				line+=" | ${R[$who $test $c]}"
				[ "$c" = lost ] || [ -z "${R[$PEER $test $c]:-}" ] || line+=" ($(per "${R[$who $test $c]}" "${R[$PEER $test $c]}"))"
			done
			echo "$line |"
		done
	done
}

main() {
	local n=0 who

	[ "$#" = 0 ] || CONTENDERS=("$@")
	plan $((1 + ${#CONTENDERS[@]} * (${#TESTS[@]} + 2) + 1))
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) IGB=
	for who in "${CONTENDERS[@]}"; do contend "$who" $((n++)); done
	check "modules unload" unload_modules
	table >"$LAB_OUT/performance.md"
	sed 's/^/# /' "$LAB_OUT/performance.md"
	finish
}

main "$@"
