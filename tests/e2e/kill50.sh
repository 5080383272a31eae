#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kill50.sh [COUNT [TYPE]]: QEMU is killed (SIGKILL) in the middle of traffic, COUNT times
# in a row: nothing may stay behind, a neighbour notices nothing, and at the end
# both modules unload.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

COUNT=${1:-50}
TYPE=${2:-smartnic-4q}

vmstat() { awk -v n="$1" '$1 == n { print $2 }' /proc/vmstat; }

# The kernel's own count of pages pinned for DMA, its parts on each CPU included.
pins() { cat /proc/sys/vm/stat_refresh; echo $(($(vmstat nr_foll_pin_acquired) - $(vmstat nr_foll_pin_released))); }

vectors() { echo "dedicated $(attr "${UUID[v]}" vectors/dedicated) shared $(attr "${UUID[v]}" vectors/shared)"; }

# Everything that must be as it was, one "name value" a line.
levels() {
	echo "pins $(($(pins) - $(neighbour_pins)))"
	echo "irqs $(grep -c smartnic /proc/interrupts)"
	echo "pool $(pool "$PF")"
	echo "state $(attr "${UUID[v]}" state)"
	echo "pinned $(pinned v)"
	echo "pasid $(attr "${UUID[v]}" pasid)"
	echo "function $(attr "${UUID[v]}" function)"
	echo "vectors $(vectors)"
	echo "qemus $(pidof qemu-system-x86_64 | wc -w)"
}

# The neighbour goes on pinning, for itself.
neighbour_pins() { echo $(($(pinned n) / 4096)); }

settled() {
	local i now

	for ((i = 0; i < 20 * SLOW; i++)); do
		now=$(levels)
		[ "$now" != "$1" ] || return 0
		sleep 0.5
	done
	diff <(echo "$1") <(echo "$now")
	return 1
}

# What an open device has; the same numbers every time, or something leaks.
identity() { echo "function $(attr "${UUID[v]}" function) pasid $(attr "${UUID[v]}" pasid) $(vectors)"; }

victim_up() {
	start_l2 v --mdev "${UUID[v]}" --smp 2 && equal "$(guest_dev v)" eth0 && guest_up v 1 && reach v host
}

rx_bytes() { cat "/sys/class/net/$PF_DEV/statistics/$1_bytes"; }

# Both ways, without an end.
traffic() {
	local rx tx i

	PORT=$((PORT + 1))
	rx=$(rx_bytes rx) tx=$(rx_bytes tx)
	socat -u TCP-LISTEN:$PORT,reuseaddr OPEN:/dev/null </dev/null >/dev/null 2>&1 &
	SINK=$!
	guest_cmd host "$(wait_listen)" || return
	l2_cmd v "nc ${ADDR[host]} $PORT </dev/zero >/dev/null 2>&1 &"
	timeout $((60 * SLOW)) socat -u OPEN:/dev/zero "UDP4-SENDTO:${ADDR[v]}:9" </dev/null >/dev/null 2>&1 &
	FLOOD=$!
	for ((i = 0; i < 150 * SLOW; i++)); do
		[ $(($(rx_bytes rx) - rx)) -lt 500000 ] || [ $(($(rx_bytes tx) - tx)) -lt 500000 ] || return 0
		sleep 0.2
	done
	echo "no traffic: $(($(rx_bytes rx) - rx)) bytes from the guest, $(($(rx_bytes tx) - tx)) to it"
	return 1
}

# One life: up, traffic, killed, and as if it had never been.
life() {
	local id

	victim_up || return
	id=$(identity)
	[ -n "${ID:-}" ] || ID=$id
	equal "$id" "$ID" || return
	traffic || return
	[ "$(pinned v)" -gt 0 ] || { echo "nothing is pinned"; return 1; }
	kill_l2 v
	kill "$FLOOD" "$SINK" 2>/dev/null
	wait "$FLOOD" "$SINK" 2>/dev/null
	settled "$LEVELS" && reach n host
}

# KiB that are free or could be: without caches, with what each CPU keeps for
# itself, and with what the neighbour's QEMU, whose guest lives on, has by now.
available_kb() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	cat /proc/sys/vm/stat_refresh
	awk '/^MemAvailable:/ { kb += $2 } $1 == "count:" { kb += 4 * $2 } /^(Rss|VmPTE):/ { kb += $2 } END { print kb }' \
		/proc/meminfo /proc/zoneinfo "/proc/$(l2_pid n)/smaps_rollup" "/proc/$(l2_pid n)/status"
}

keeps_what_is_freed() { [ "${LAB_KERNEL:-}" = debug ]; }

# A page leaked in every life, or 256 KiB in one, are both too much. What the
# kernel frees late, it has some seconds for. Before 6.11 kernels do not count the
# IOMMU's pages.
memory() {
	local now i

	for ((i = 0; i < 10; i++)); do
		now=$(available_kb)
		[ $((MEM - now)) -ge $((6144 + COUNT * 32)) ] || break
		sleep 2
	done
	LEFT="available: $MEM KiB, then $now KiB; IOMMU pages: $IOMMU, then $(vmstat nr_iommu_pages)"
	echo "$LEFT"
	[ $((MEM - now)) -lt $((6144 + COUNT * 32)) ] && [ $(($(vmstat nr_iommu_pages) + 0)) -le $((IOMMU + 8)) ]
}

all_gone() {
	stop_l2 n && mdevctl stop -u "${UUID[n]}" && mdevctl stop -u "${UUID[v]}" &&
		equal "$(pool "$PF")" "$FULL" && equal "$(pins)" "$PINS"
}

main() {
	local i

	plan $((COUNT + 9))
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) FULL=$(pool "$PF") PINS=$(pins)
	must "the PF is up" pf_up "$PF_DEV"
	must "a device for the neighbour" guest_mdev n "$PF" smartnic-1q
	must "a device for the victim" guest_mdev v "$PF" "$TYPE"
	must "the neighbour boots" start_l2 n --mdev "${UUID[n]}"
	must "the neighbour is on the network" neighbour
	LEVELS=$(levels)
	for ((i = 1; i <= COUNT; i++)); do
		must "killed during traffic, $i of $COUNT" life
		# The first life leaves caches filled that later ones find so.
		[ "$i" != 1 ] || keeps_what_is_freed || { MEM=$(available_kb) IOMMU=$(vmstat nr_iommu_pages); }
	done
	say "every time: $ID"
	if keeps_what_is_freed; then
		skip "memory is back" "this kernel keeps what was freed; it is asked for leaks at the end"
	else
		check "memory is back" memory
		say "$LEFT"
	fi
	check "the devices leave nothing behind" all_gone
	check "modules unload" unload_modules
	finish
}

neighbour() { equal "$(guest_dev n)" eth0 && guest_up n 2 && reach n host; }

main
