#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dpdk.sh BINDING...: testpmd in a guest with three devices (a: AVF, net_iavf; v and w: virtio,
# net_virtio) forwards between two of them. The host sends numbered frames to the address of
# one; each comes back once, unchanged, from the address of the other, and the devices and
# testpmd have counted as many.
#
#   uio     over uio_pci_generic
#   vfio    over vfio-pci, behind an IOMMU of the guest
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/testpmd.sh

G=dpdk
DEVICES=(a v w)
TYPES=(smartnic-2q smartnic-virtio-2q smartnic-virtio-1q)
FRAMES=2000

pf_reset() { echo 1 >"/sys/bus/pci/devices/$PF/reset"; }
stat_of() { cat "$MDEV/${UUID[$1]}/smartnic/stats/$2"; }
mac_of() { attr "${UUID[$1]}" mac; }

devices() {
	local i

	for i in "${!DEVICES[@]}"; do guest_mdev "${DEVICES[$i]}" "$PF" "${TYPES[$i]}" || return; done
}

# The only frames are to be the test's.
host_up() {
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 && pf_up "$PF_DEV"
}

# --- guests ---------------------------------------------------------------------------------

uio_guest() {
	start_l2 $G --guest dpdk --mem 768 --smp 2 --mdev "${UUID[a]}" --mdev "${UUID[v]}" --mdev "${UUID[w]}" && testpmd_bind uio_pci_generic
}

# Each device behind a port of its own has an IOMMU group of its own.
vfio_guest() {
	local d n=0 ports=

	for d in "${DEVICES[@]}"; do
		n=$((n + 1))
		ports+=" -device pcie-root-port,id=rp$n,chassis=$n,slot=$n -device vfio-pci,sysfsdev=$MDEV/${UUID[$d]},bus=rp$n"
	done
	start_l2 $G --guest dpdk --mem 768 --smp 2 --machine q35,kernel-irqchip=split --append "intel_iommu=on iommu.passthrough=0" \
		--qemu "-device intel-iommu,intremap=on,caching-mode=on$ports" && testpmd_bind vfio-pci && grouped
}
grouped() { l2_cmd $G "for b in ${BDF[*]}; do basename \$(readlink -f /sys/bus/pci/devices/\$b/iommu_group); done | sort -u | wc -l" | grep -x ${#DEVICES[@]}; }

# --- forwarding -------------------------------------------------------------------------------

bdf_of() {
	local i

	for i in "${!DEVICES[@]}"; do [ "${DEVICES[$i]}" != "$1" ] || echo "${BDF[$i]}"; done
}

# switch A B RXQ TXQ: testpmd forwards between A and B. What it sends has the address of the
# device that sends it, and goes to the host's.
switch() {
	local host

	host=$(cat "/sys/class/net/$PF_DEV/address")
	PAIR=("$1" "$2") PASSED=0
	testpmd_run "$(bdf_of "$1") $(bdf_of "$2")" --forward-mode=mac --rss-udp --eth-peer=0,"$host" --eth-peer=1,"$host" "--rxq=$3" "--txq=$4"
}

# one_way FROM TO [udp]
one_way() {
	local rx tx

	rx=$(stat_of "$1" rx_unicast) tx=$(stat_of "$2" tx_unicast)
	/lab/selftests/bounce "$PF_DEV" "$(mac_of "$1")" "$(mac_of "$2")" $FRAMES ${3:+"$3"} || return
	equal "$(($(stat_of "$1" rx_unicast) - rx)) $(($(stat_of "$2" tx_unicast) - tx))" "$FRAMES $FRAMES"
}

# Both ways through the pair at hand; with "udp" as one_way().
# shellcheck disable=SC2120
passes() { one_way "${PAIR[0]}" "${PAIR[1]}" "$@" && one_way "${PAIR[1]}" "${PAIR[0]}" "$@" && PASSED=$((PASSED + FRAMES)); }

stopped_started() {
	local c

	for c in stop 'port stop all' 'port start all' start; do testpmd_do "$c" || return; done
	# shellcheck disable=SC2119
	passes
}

# What testpmd says of all ports together since they were started last: as many each way.
testpmd_counted() {
	testpmd_do stop && testpmd_quits && l2_cmd $G 'cat /tmp/pmd.out' >/run/pmd.out || return
	sed -n '/Accumulated forward statistics/,$p' /run/pmd.out | grep -E 'RX-packets|TX-packets' || { tail -n 30 /run/pmd.out; return 1; }
	sed -n '/Accumulated forward statistics/,$p' /run/pmd.out |
		awk -v n=$((2 * PASSED)) '/RX-packets:/ { rx = $2; rxd = $4 } /TX-packets:/ { tx = $2; txd = $4 } END { exit rx != n || tx != n || rxd + txd > 0 }'
}

# The kernel's drivers come up on what a killed program left. One at a time: they are in one
# network.
kernel_drivers() {
	testpmd_killed && testpmd_unbind || return
	l2_cmd $G --timeout 120 "i=0
		until [ \$(ls -d /sys/class/net/eth* 2>/dev/null | wc -l) = ${#DEVICES[@]} ]; do i=\$((i + 1)); [ \$i -lt $((150 * SLOW)) ] || exit 1; sleep 0.2; done
		a=60
		for d in /sys/class/net/eth*; do
			d=\${d##*/}
			a=\$((a + 1))
			ip link set \$d up && ip addr add $NET.\$a/24 dev \$d || exit 1
			i=0
			until ping -c 1 -W 1 ${ADDR[host]} >/dev/null; do i=\$((i + 1)); [ \$i -lt 30 ] || exit 1; done
			$(each_ping 5 "${ADDR[host]}" -q)
			ip addr flush dev \$d && ip link set \$d down
		done" >/run/pings && cat /run/pings && equal "$(grep -c ' 0% packet loss' /run/pings)" $((5 * ${#DEVICES[@]}))
}

gone() {
	local d

	kill_l2 $G
	for d in "${DEVICES[@]}"; do
		idle_again "${UUID[$d]}" && mdevctl stop -u "${UUID[$d]}" || return
	done
	equal "$(pool "$PF")" "$FULL"
}

binding() { # uio|vfio
	must "$1: three devices" devices
	must "$1: a guest with DPDK" "$1_guest"
	check "$1: AVF and virtio, one queue each way" eval 'switch a v 1 1 && passes'
	check "$1: ports stopped and started" stopped_started
	check "$1: after SIGKILL, two queues each way, many flows" eval 'testpmd_killed && switch a v 2 2 && passes udp'
	check "$1: testpmd has counted as many" testpmd_counted
	check "$1: two queues to receive, one to send" eval 'switch a v 2 1 && passes'
	# net_virtio then asks for two pairs, and testpmd does not read the second receive queue.
	check "$1: after quit, one to receive, two to send" eval 'testpmd_quits && switch a v 1 2 && passes'
	check "$1: after SIGKILL, virtio and virtio" eval 'testpmd_killed && switch v w 1 1 && passes'
	check "$1: the PF was reset, testpmd goes on" eval 'pf_reset && passes'
	check "$1: iavf and virtio_net after testpmd was killed" kernel_drivers
	check "$1: the end leaves nothing behind" gone
}

main() {
	local b

	plan $((2 + 12 * $#))
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) FULL=$(pool "$PF")
	must "the PF is up" host_up
	for b; do binding "$b"; done
	finish
}

main "$@"
