#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh [VFIO-OPTIONS]: two stock guests, one with one queue and one with four:
# traffic, what it costs, and everything a guest's administrator does to a NIC.
# DMA picks the translation mode. With x-no-mmap=on every doorbell is trapped, and
# all else must be the same.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

VFIO=${1:-}
MB=8
GUESTS=(g1 g4)

# Doorbells are mapped unless the VMM or the kernel (6.1 has no inode to zap) can't.
mapped() { [ "$VFIO" != x-no-mmap=on ] && [[ $(uname -r) != 6.1.* ]]; }

in_mode() {
	local g mode=${DMA:-$(attr "${UUID[g1]}" dma_mode)}

	for g in "${GUESTS[@]}"; do
		equal "$(attr "${UUID[$g]}" dma_mode)" "$mode" || return
		if [ "$mode" = table ]; then
			equal "$(attr "${UUID[$g]}" pasid)" none || return
		else
			dmesg | grep "${UUID[$g]}" | grep "PASID $(attr "${UUID[$g]}" pasid) attached" || return
		fi
	done
	[ "$mode" = table ] || [ "$(attr "${UUID[g1]}" pasid)" != "$(attr "${UUID[g4]}" pasid)" ]
}

start_guests() {
	start_l2 g1 --mdev "${UUID[g1]}" --smp 1 ${VFIO:+--vfio-opts "$VFIO"} --no-wait &&
		start_l2 g4 --mdev "${UUID[g4]}" --smp 4 ${VFIO:+--vfio-opts "$VFIO"} --no-wait &&
		wait_l2 g1 && wait_l2 g4
}

probed() { equal "$(guest_dev "$1")" eth0 && equal "$(queues_in_use "$1")" "$2"; }

# Not a loss between any two.
pings() {
	local p

	for p in "host g1" "host g4" "g1 host" "g4 host" "g4 g1"; do
		echo "$p"
		# shellcheck disable=SC2086
		ping_ms $p || return
	done
}

all_data() { make_data host $MB && make_data g1 $MB && make_data g4 $MB; }
all_offloads() { offloads_on host && offloads_on g1 && offloads_on g4; }

# One transfer with a look at the checksums on the receiving side.
sums() {
	local good bad

	watch_checksums "$2" "$1" 500 || return
	transfer "$1" "$2" 90 || { echo "$XFER_ERROR"; checksums_seen "$2"; return 1; }
	read -r good bad < <(checksums_seen "$2")
	echo "$good good, $bad bad checksums"
	[ "$good" -ge 100 ] && [ "$bad" = 0 ]
}

plain() { transfer "$1" "$2" 90 || { echo "$XFER_ERROR"; return 1; }; }

# Mapped doorbells: none may trap. Not mapped: all do, and it works all the same.
doorbells() {
	measure_end "${GUESTS[@]}"
	echo "${COST[doors]} doorbell traps, ${COST[regs]} register traps, $COST_MS ms"
	if mapped; then
		equal "${COST[doors]}" 0 && below "${COST[regs]}" $((IDLE * 2 * COST_MS / 1000 + 80))
	else
		[ "${COST[doors]}" -gt 0 ]
	fi
}

# Register traps of both guests per second when nothing happens.
idle() {
	measure_begin "${GUESTS[@]}"
	sleep 4
	measure_end "${GUESTS[@]}"
	IDLE=$((COST[regs] * 1000 / COST_MS + 1))
	echo "$IDLE register traps a second, ${COST[doors]} doorbell traps"
	below $IDLE 200 && { ! mapped || equal "${COST[doors]}" 0; }
}

flows() {
	local before after used

	before=$(queue_packets g4 rx)
	many_flows host g4 32 || return
	after=$(queue_packets g4 rx)
	used=$(used_queues "$before" "$after")
	echo "$before -> $after"
	[ "$used" -ge 3 ]
}

pinned_little() {
	local g b

	for g in "${GUESTS[@]}"; do
		b=$(pinned "$g")
		echo "$g: $b bytes pinned of 256 MiB"
		[ "$b" -gt 0 ] && [ "$b" -lt $((128 << 20)) ] || return
	done
}

# --- what an administrator does -------------------------------------------------

guests_carrier() { # 0|1
	local g i

	for g in "${GUESTS[@]}"; do
		for ((i = 0; i < 20 * SLOW; i++)); do
			[ "$(l2_cmd "$g" 'cat /sys/class/net/eth0/carrier')" != "$1" ] || break
			sleep 0.5
		done
		[ "$i" -lt $((20 * SLOW)) ] || { echo "$g: carrier is not $1"; return 1; }
	done
}

uplink() { l1_qmp '{"execute":"set_link","arguments":{"name":"up0","up":'"$1"'}}'; }
link_event() { uplink "$1" && guests_carrier "$2"; }

pf_down_up() {
	ip link set "$PF_DEV" down && reach g1 g4 && ip link set "$PF_DEV" up && reach g4 host && reach host g1
}

# NAME NUMBER OTHER: as good as new: link, host, other guest, data both ways.
again() { guest_up "$1" "$2" && reach "$1" "$3" && plain "$1" host && plain host "$1"; }

down_up() { l2_cmd "$1" 'ip link set eth0 down && sleep 1' && again "$@"; }

reload_driver() {
	l2_cmd "$1" 'rmmod iavf && [ ! -e /sys/class/net/eth0 ] && modprobe iavf' && equal "$(guest_dev "$1")" eth0 && again "$@"
}

# The frames must get through whole at the new size, and at the old one again.
mtu() {
	local size=$((MTU - 28))

	ip link set "$PF_DEV" mtu "$MTU" && l2_cmd g4 "ip link set eth0 mtu $MTU" && carrier g4 && reach g4 host &&
		l2_cmd g4 --timeout 30 "ping -c 3 -W 5 -M do -s $size ${ADDR[host]}" && plain g4 host && plain host g4
}

mtu_back() { ip link set "$PF_DEV" mtu 1500 && l2_cmd g4 'ip link set eth0 mtu 1500' && again g4 4 g1; }

ring_size() {
	l2_cmd g4 'ethtool -G eth0 rx 256 tx 128 && sleep 1; ethtool -g eth0' && again g4 4 g1
}

reboot_guest() {
	reboot_l2 "$1" && equal "$(guest_dev "$1")" eth0 && guest_up "$1" "$2" && make_data "$1" $MB && again "$@"
}

all_gone() {
	local g

	for g in "${GUESTS[@]}"; do
		stop_l2 "$g" && idle_again "${UUID[$g]}" && equal "$(attr "${UUID[$g]}" pasid)" none || return
		mdevctl stop -u "${UUID[$g]}" || return
	done
	equal "$(pool "$PF")" "$FULL"
}

traffic() {
	check "everyone pings everyone" pings
	must "random data to send" all_data
	check "TSO and checksum offload are on" all_offloads
	check "idle" idle
	measure_begin "${GUESTS[@]}"
	check "1q guest to host: SHA-256 and every checksum" sums g1 host
	check "host to 1q guest: SHA-256 and every checksum" sums host g1
	check "4q guest to host: SHA-256 and every checksum" sums g4 host
	check "host to 4q guest: SHA-256 and every checksum" sums host g4
	check "guest to guest: SHA-256 and every checksum" sums g1 g4
	check "the other way: SHA-256 and every checksum" sums g4 g1
	if mapped; then
		check "no doorbell was trapped" doorbells
	else
		check "every doorbell was trapped" doorbells
	fi
	check "32 flows use at least three of four queues" flows
	check "little of the guests' memory is pinned" pinned_little
}

administration() {
	if l1_qmp_there; then
		check "the guests see the link go down" link_event false 0
		check "the guests see the link come up" link_event true 1
	else
		skip "the guests see the link go down" "no monitor in L1: run --qmp"
		skip "the guests see the link come up" "no monitor in L1: run --qmp"
	fi
	check "guests reach each other with the PF down, and the host after" pf_down_up
	MTU=4000
	check "MTU $MTU" mtu
	check "MTU 1500 again" mtu_back
	check "other ring sizes" ring_size
	check "the guest reboots in the same QEMU" reboot_guest g4 4 g1
}

main() {
	local n=27

	[ -n "$VFIO" ] || n=34
	plan $n
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) FULL=$(pool "$PF")
	must "a 1q device" guest_mdev g1 "$PF" smartnic-1q
	must "a 4q device" guest_mdev g4 "$PF" smartnic-4q
	must "two stock guests boot" start_guests
	say "$(l2_cmd g4 'uname -r'), $(l2_accel)"
	must "iavf drives the 1q device" probed g1 1
	must "iavf drives the 4q device with four queues" probed g4 4
	check "translation mode" in_mode
	must "the PF is up" pf_up "$PF_DEV"
	must "the 1q guest has an address and a link" guest_up g1 1
	must "the 4q guest has an address and a link" guest_up g4 4
	traffic
	check "ifdown and ifup in the guest" down_up g1 1 g4
	check "iavf unloaded and loaded in the guest" reload_driver g4 4 g1
	# What does not depend on how doorbells travel is done once.
	[ -n "$VFIO" ] || administration
	check "the guests leave nothing behind" all_gone
	check "modules unload" unload_modules
	finish
}

main
