#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmms.sh [TYPE]: one guest, one workload, several ways in which a VMM can use the
# device: mapped or trapped doorbells, interrupts through KVM or through QEMU. The
# guest's report is the same text each time, with each QEMU that L1 may have (run --root).
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

VARIANTS=("" x-no-mmap=on x-no-kvm-msix=on x-no-mmap=on,x-no-kvm-msix=on)
G=g
TYPE=${1:-smartnic-4q}
DRIVER=$(driver_of "$TYPE")
UUID[$G]=7a7d1c0e-5b7e-4b0a-9d53-9d6f6e0a1c01
MAC=02:00:00:00:99:01
SEEN=/run/seen
LAST=250000	# of the numbers that are sent, about 1.6 MB

# The same for every VMM, every variant, every kernel.
wanted() {
	local sum

	sum=$(seq 1 $LAST | sha256sum)
	cat <<-END
		driver $DRIVER
		mac $MAC
		queues 4
		speed 10000Mb/s
		pings lost 0
		guest to host ${sum%% *}
		host to guest ${sum%% *}
		bad checksums 0
		queues used by 32 flows at least 3
		after rmmod and modprobe ${sum%% *}
		after reboot ${sum%% *}
	END
}

mapped() { [[ $1 != *x-no-mmap=on* && $(uname -r) != 6.1.* ]]; }

boots() { start_l2 $G --mdev "${UUID[$G]}" --smp 4 ${1:+--vfio-opts "$1"} && equal "$(guest_dev $G)" eth0; }

numbers() {
	SUM[$1]=$(guest_cmd "$1" --timeout 60 "seq 1 $LAST >/tmp/data && sha256sum </tmp/data") && SUM[$1]=${SUM[$1]%% *}
}

# sent FROM TO WHAT: a line with the sum that arrived, which transfer has compared.
sent() {
	if transfer "$1" "$2" 120; then echo "$3 ${SUM[$1]}"; else echo "$3: $XFER_ERROR"; fi
}

looks() {
	l2_cmd $G 'echo driver $(ethtool -i eth0 | sed -n "s/^driver: //p")
		echo mac $(cat /sys/class/net/eth0/address)'
	echo "queues $(queues_in_use $G)"
	l2_cmd $G 'ethtool eth0 | sed -n "s/^[[:space:]]*Speed: /speed /p"'
}

pings() {
	if ping_ms $G host >/dev/null && ping_ms host $G >/dev/null; then echo "pings lost 0"; else echo "pings were lost"; fi
}

flows() {
	local before used

	before=$(queue_packets $G rx)
	many_flows host $G 32 || return
	# Of virtio devices interrupts are counted, each for several packets.
	[ "$DRIVER" != virtio_net ] || { many_flows host $G 32 && many_flows host $G 32; } || return
	used=$(used_queues "$before" "$(queue_packets $G rx)")
	[ "$used" -lt 3 ] || used="at least 3"
	echo "queues used by 32 flows $used"
}

# Checksums are looked at in the direction in which the device fills them in.
workload() {
	local good bad

	looks
	pings
	numbers $G && numbers host || return
	watch_checksums host $G 200 || return
	sent $G host "guest to host"
	read -r good bad < <(checksums_seen host)
	sent host $G "host to guest"
	[ "${good:-0}" -ge 100 ] || bad="unknown, $good seen"
	echo "bad checksums $bad"
	flows
	l2_cmd $G "rmmod $DRIVER && modprobe $DRIVER" && guest_dev $G >/dev/null && guest_up $G 1 || return
	sent host $G "after rmmod and modprobe"
	reboot_l2 $G && guest_dev $G >/dev/null && guest_up $G 1 && numbers $G || return
	sent $G host "after reboot"
}

same() {
	guest_up $G 1 || return
	measure_begin $G
	workload >$SEEN.now
	cat $SEEN.now
	wanted | diff - $SEEN.now
}

doorbells() {
	measure_end $G
	echo "${COST[doors]} doorbells trapped, ${COST[irqs]} interrupts, ${COST[user]} exits to QEMU, $COST_MS ms"
	if mapped "$1"; then equal "${COST[doors]}" 0; else [ "${COST[doors]}" -gt 0 ]; fi
}

ends() { stop_l2 $G && idle_again "${UUID[$G]}"; }

variant() {
	local what=${1:-no option}

	must "$what: the guest boots, $DRIVER binds" boots "$1"
	check "$what: the same results" same
	check "$what: doorbells" doorbells "$1"
	say "$what: $(tail -n 1 "$KTAP_OUT")"
	check "$what: idle afterwards, nothing pinned" ends
}

main() {
	local v

	plan $((4 + 4 * ${#VARIANTS[@]}))
	say "$(qemu-system-x86_64 --version | head -n 1), mdevctl $(mdevctl --version | cut -d' ' -f2), kernel $(uname -r)"
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	must "a $TYPE device" mdevctl start -u "${UUID[$G]}" -p "$PF" -t "$TYPE"
	echo $MAC >"$MDEV/${UUID[$G]}/smartnic/mac"
	must "the PF is up" pf_up "$PF_DEV"
	for v in "${VARIANTS[@]}"; do
		variant "$v"
	done
	check "modules unload" eval 'mdevctl stop -u "${UUID[$G]}" && unload_modules'
	finish
}

main
