#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration's part in L1, called by tests/e2e/demo.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/demo-show.sh

DATA_MB=${DATA_MB:-64}
FLOWS=32

# Which guest gets which type, in order.
plan_guests() {
	local i

	TYPES=(smartnic-1q smartnic-1q smartnic-4q)
	if [ -n "${TYPE:-}${GUESTS:-}" ]; then
		TYPES=()
		for ((i = 0; i < ${GUESTS:-2}; i++)); do TYPES+=("${TYPE:-smartnic-1q}"); done
	fi
	GUEST=()
	for ((i = 1; i <= ${#TYPES[@]}; i++)); do GUEST+=("g$i"); done
}

# Drivers take no more queues than there are processors; two are there for real.
guest_cpus() {
	local q

	q=$(queues_of "$1")
	[ "$q" -le 4 ] || q=4
	echo "$q"
}

show_modules() {
	run_or_fail load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	[ -d "/sys/bus/pci/devices/$PF" ] && [ -d "/sys/class/net/$PF_DEV" ] || fail "smartnic did not bind to a PF with a netdev"
	note "kernel $(uname -r), PF $PF, netdev $PF_DEV"
	dmesg | grep -E 'smartnic|vdcm' | tail -n 4 | indent
}

show_types() {
	mdevctl types >/run/types || fail "mdevctl types: status $?"
	indent </run/types
	note "pool: $(pool "$PF")"
}

# Every start lowers what is left of all types.
start_mdevs() {
	local i g before

	for i in "${!GUEST[@]}"; do
		g=${GUEST[i]}
		before=$(available "$PF" "${TYPES[i]}")
		guest_mdev "$g" "$PF" "${TYPES[i]}" || fail "mdevctl start -p $PF -t ${TYPES[i]}: ${UUID[$g]:-no UUID}"
		note "mdevctl start -p $PF -t ${TYPES[i]}   ->  ${UUID[$g]} ($g)"
		note "pool: $(pool "$PF")"
		[ "$(available "$PF" "${TYPES[i]}")" -lt "$before" ] || fail "available_instances of ${TYPES[i]} did not go down"
	done
	mdevctl list | indent
}

boot_guests() {
	local i g

	for i in "${!GUEST[@]}"; do
		g=${GUEST[i]}
		start_l2 "$g" --mdev "${UUID[$g]}" --smp "$(guest_cpus "${TYPES[i]}")" --mem 256 --no-wait || fail "QEMU for $g did not start"
	done
	for i in "${!GUEST[@]}"; do
		g=${GUEST[i]}
		wait_l2 "$g" || fail "$g did not boot"
		note "$g is up after $(phase_seconds) s: $(l2_cmd "$g" 'echo "Linux $(uname -r), $(nproc) processors, $(($(sed -n "s/MemTotal: *\([0-9]*\).*/\1/p" /proc/meminfo) / 1024)) MiB"')"
		[ "$(guest_dev "$g")" = eth0 ] || fail "$g: $(driver_of "${TYPES[i]}") has no netdev; its log: $(l2_cmd "$g" 'dmesg | grep -E "iavf|virtio" | tail -n 3')"
		l2_cmd "$g" 'ethtool -i eth0; dmesg | grep -E "iavf|virtio_net"' | indent
	done
}

addresses() {
	local i g

	run_or_fail pf_up "$PF_DEV"
	for i in "${!GUEST[@]}"; do
		g=${GUEST[i]}
		guest_up "$g" $((i + 1)) || fail "$g: no carrier"
		note "$g: $(l2_cmd "$g" 'ip -br addr show eth0' | tr -s ' ')  $(l2_cmd "$g" 'ethtool eth0' | awk '/Speed:/ { print $2 }')"
	done
	note "host: $(ip -br addr show "$PF_DEV" | tr -s ' ')"
}

# The kernel's word on the PASID of every open ADI.
show_identity() {
	local g mode pasid line seen=" "

	for g in "${GUEST[@]}"; do
		mode=$(attr "${UUID[$g]}" dma_mode)
		pasid=$(attr "${UUID[$g]}" pasid)
		[ -z "${DMA:-}" ] || [ "$mode" = "$DMA" ] || fail "$g runs in mode $mode, not $DMA"
		if [ "$mode" = table ]; then
			[ "$pasid" = none ] || fail "$g has PASID $pasid in mode table"
			note "$g: mode table: translated by the device's own table, no PASID"
			continue
		fi
		[[ $pasid =~ ^[1-9][0-9]*$ ]] || fail "$g: no PASID ($pasid)"
		[[ $seen != *" $pasid "* ]] || fail "$g shares PASID $pasid"
		seen+="$pasid "
		line=$(dmesg | grep "${UUID[$g]}" | grep -iE "pasid $pasid( |\$|[,.:])" | tail -n 1)
		[ -n "$line" ] || fail "the kernel's log names no PASID $pasid for ${UUID[$g]}"
		note "$g: $line"
	done
}

ping_all() {
	local a b ms all=(host "${GUEST[@]}") i j

	for ((i = 0; i < ${#all[@]}; i++)); do
		for ((j = i + 1; j < ${#all[@]}; j++)); do
			a=${all[i]} b=${all[j]}
			ms=$(ping_ms "$b" "$a") || fail "ping $b -> $a: no answer, or a lost one"
			note "$(printf '%-4s -> %-4s  %s ms' "$b" "$a" "$ms")"
		done
	done
}

prepare() {
	local g off

	for g in host "$@"; do
		make_data "$g" "$DATA_MB" || fail "$g: no data"
		note "$(printf '%-4s %s MiB of random data, SHA-256 %.16s...' "$g" "$DATA_MB" "${SUM[$g]}")"
		off=$(offloads_on "$g") || fail "$g: offloads are off: $off"
	done
	note "TSO, scatter-gather, TX and RX checksum offload are on everywhere"
}

# Whether checksums are left to the receiver: whole packets reach a virtio function so.
partial() { [ "$1" != host ] && [ "$(driver_of "${TYPES[${1#g} - 1]}")" = virtio_net ]; }

# send_data FROM TO: one row of the table.
send_data() {
	partial "$2" || watch_checksums "$2" "$1" 2000 || fail "tcpdump at $2 did not start"
	measure_begin "${GUEST[@]}"
	transfer "$1" "$2" 150 || fail "$1 -> $2: $XFER_ERROR"
	measure_end "${GUEST[@]}"
	if partial "$2"; then note "SHA-256 matches"; else good_checksums "$1" "$2"; fi
	row "$1 -> $2, $DATA_MB MiB" "$XFER_SECONDS" "$(awk -v s="$XFER_SECONDS" -v mb="$DATA_MB" 'BEGIN { printf "%.1f", mb / s }')"
	steady "$1 -> $2"
}

good_checksums() {
	local good bad

	read -r good bad < <(checksums_seen "$2")
	note "SHA-256 matches; tcpdump at $2: $good segments with a good checksum, $bad with a bad one"
	[ "${good:-0}" -ge 100 ] || fail "$1 -> $2: tcpdump saw only ${good:-no} good checksums"
	[ "$bad" = 0 ] || fail "$1 -> $2: $bad segments with a bad checksum at $2"
}

# Traffic must cost no trap. What is left is the guest driver's own statistics
# poll, every two seconds: its rate is the idle rate.
steady() {
	[ "${COST[doors]}" = 0 ] || fail "$1: ${COST[doors]} doorbells were trapped"
	awk -v regs="${COST[regs]}" -v ms="$COST_MS" -v idle="$IDLE_REGS" -v idle_ms="$IDLE_MS" -v n="${#GUEST[@]}" \
		'BEGIN { exit !(regs <= 2 * idle * ms / idle_ms + 40 * n) }' ||
		fail "$1: ${COST[regs]} register traps in $COST_MS ms, $IDLE_REGS in $IDLE_MS ms when idle"
}

idle() {
	measure_begin "${GUEST[@]}"
	sleep 5
	measure_end "${GUEST[@]}"
	IDLE_REGS=${COST[regs]} IDLE_MS=$COST_MS
	row "idle" "$(phase_seconds)" ""
	note "$IDLE_REGS register traps: iavf asks for statistics every two seconds; ${COST[doors]} doorbell traps"
}

# Flows over the queues of the guest with the most of them.
spread() {
	local g=$1 active want used before after dir

	active=$(queues_in_use "$g")
	want=$((active * 3 / 4))
	for dir in rx tx; do
		before=$(queue_packets "$g" $dir)
		measure_begin "${GUEST[@]}"
		if [ $dir = rx ]; then many_flows host "$g" $FLOWS; else many_flows "$g" host $FLOWS; fi >/run/flows 2>&1 ||
			fail "$FLOWS flows ($dir of $g): $(tail -n 1 /run/flows)"
		measure_end "${GUEST[@]}"
		after=$(queue_packets "$g" $dir)
		used=$(used_queues "$before" "$after")
		note "$dir: packets by queue: $(difference "$before" "$after"): $used of $active queues used by $FLOWS flows"
		row "$FLOWS flows, $dir of $g" "$(ms_seconds "$COST_MS")" ""
		steady "$FLOWS flows, $dir"
		[ "$used" -ge "$want" ] || fail "only $used of $active queues of $g were used ($dir)"
	done
}

pf_counters() {
	note "PF, ethtool -S: $(ethtool -S "$PF_DEV" | awk '/ (tso_packets|tx_doorbells|rx_doorbells|interrupts|dma_refused|bad_descriptors|tx_errors|rx_discards):/ { printf "%s %s  ", $1, $2 }')"
}

memory() {
	local g b pages

	for g in "${GUEST[@]}"; do
		b=$(pinned "$g")
		pages=$((b / 4096))
		note "$g: $pages pages pinned, $(mib "$b") MiB of the guest's 256 MiB; state: $(attr "${UUID[$g]}" state)"
		[ "$b" -gt 0 ] && [ "$b" -lt $((200 << 20)) ] || fail "$g: $b bytes pinned"
	done
}

widest() { # the guest with the most queues, if it has more than one
	local i best=1 g=

	for i in "${!GUEST[@]}"; do
		[ "$(queues_of "${TYPES[i]}")" -le "$best" ] || { best=$(queues_of "${TYPES[i]}") g=${GUEST[i]}; }
	done
	echo "$g"
}

take_down() {
	local g before=$1

	for g in "${GUEST[@]}"; do
		stop_l2 "$g" || fail "$g did not stop"
	done
	for g in "${GUEST[@]}"; do
		[ "$(pinned "$g")" = 0 ] || fail "$(pinned "$g") bytes of $g are still pinned"
		mdevctl stop -u "${UUID[$g]}" || fail "mdevctl stop -u ${UUID[$g]}"
	done
	note "pool: $(pool "$PF")"
	[ "$(pool "$PF")" = "$before" ] || fail "the pool is not what it was: $before"
	run_or_fail unload_modules
	note "modules unloaded"
}

main() {
	local last wide full

	plan_guests
	last=${GUEST[-1]}
	wide=$(widest)

	phase "The modules"; show_modules
	phase "What there is to share"; show_types
	full=$(pool "$PF")
	phase "A slice for every guest"; start_mdevs
	phase "Booting ${#GUEST[@]} stock guests (QEMU $(qemu-system-x86_64 --version | awk 'NR == 1 { print $4 }'), ${L2_HOW:=$(l2_accel | cut -d' ' -f2)})"
	measure_zero; boot_guests
	measure_end "${GUEST[@]}"; row "boot, driver probe" "$(phase_seconds)" ""
	phase "Addresses"; measure_begin "${GUEST[@]}"; addresses
	measure_end "${GUEST[@]}"; row "link up" "$(phase_seconds)" ""
	phase "Identities"; show_identity
	phase "Memory after boot"; memory
	phase "Ping"; measure_begin "${GUEST[@]}"; ping_all
	measure_end "${GUEST[@]}"; row "ping" "$(phase_seconds)" ""
	phase "Idle"; idle
	phase "Data to send"
	if [ "$last" = g1 ]; then prepare g1; else prepare g1 "$last"; fi
	phase "$DATA_MB MiB guest -> host"; send_data g1 host
	phase "$DATA_MB MiB host -> guest"; send_data host "$last"
	if [ "$last" != g1 ]; then
		phase "$DATA_MB MiB guest -> guest"; send_data g1 "$last"
	fi
	if [ -n "$wide" ]; then
		phase "$FLOWS flows over the queues of $wide"; spread "$wide"
	fi
	phase "Memory at the end"; memory; pf_counters
	if [ -z "${KEEP:-}" ]; then
		phase "Taking it down"; take_down "$full"
	fi
	phase_end
	table
	[ -z "${KEEP:-}" ] || keep_hint
}

main
