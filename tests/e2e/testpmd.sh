# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# DPDK's testpmd in guest $G (step l2@dpdk), driven from L1.
#
#   testpmd_bind DRIVER          uio_pci_generic or vfio-pci gets all our functions; their
#                                addresses, in the order of the guest's --mdev, go to BDF
#   testpmd_unbind               the kernel's drivers get them again
#   testpmd_run BDFS OPTION...   testpmd with these functions as its ports, forwarding
#   testpmd_do COMMAND           one command at its prompt
#   testpmd_quits; testpmd_killed
#
# Its messages are buffered, its prompt is not: whether a command worked is seen from outside,
# what it counted once it has quit (/tmp/pmd.out).

BDF=()
HUGEPAGES=100

# An iavf or a virtio network function. Debian's kernels have no VFIO without an IOMMU
# (CONFIG_VFIO_NOIOMMU): vfio-pci takes a guest that has one.
testpmd_bind() {
	mapfile -t BDF < <(l2_cmd "$G" 'for d in /sys/bus/pci/devices/*; do
		case $(cat $d/vendor $d/device | tr -d "\n") in 0x80860x1889 | 0x1af40x1041) echo ${d##*/} ;; esac
	done')
	[ "${#BDF[@]}" -gt 0 ] && l2_cmd "$G" "modprobe -a $1 || exit 1
		[ $1 != vfio-pci ] || modprobe vfio_iommu_type1 || exit 1
		for b in ${BDF[*]}; do
			d=/sys/bus/pci/devices/\$b
			[ ! -e \$d/driver ] || echo \$b >\$d/driver/unbind
			echo $1 >\$d/driver_override && echo \$b >/sys/bus/pci/drivers/$1/bind || exit 1
		done
		mkdir -p /var/run/dpdk && echo $HUGEPAGES >/proc/sys/vm/nr_hugepages
		grep -x 'HugePages_Total: *$HUGEPAGES' /proc/meminfo"
}

testpmd_unbind() {
	l2_cmd "$G" "for b in ${BDF[*]}; do
			d=/sys/bus/pci/devices/\$b
			echo \$b >\$d/driver/unbind && echo >\$d/driver_override && echo \$b >/sys/bus/pci/drivers_probe || exit 1
		done"
}

testpmd_run() {
	local d allow=

	for d in $1; do allow+=" -a $d"; done
	shift
	l2_cmd "$G" --timeout 90 "rm -f /tmp/pmd.in /tmp/pmd.out; mkfifo /tmp/pmd.in
		setsid sleep 100000 >/tmp/pmd.in &
		setsid dpdk-testpmd --in-memory --no-telemetry -l 0,1 -n 1 -m 128$allow --log-level=pmd.net.iavf:info \
			-d librte_mempool_ring.so.25 -d librte_net_iavf.so.25 -d librte_net_virtio.so.25 -- -i \
			--rxd=256 --txd=256 --total-num-mbufs=4096 $* </tmp/pmd.in >>/tmp/pmd.out 2>&1 &
		$(prompted 60)" && testpmd_do start
}

# prompted SECONDS: shell text, until testpmd asks for a command.
prompted() {
	echo "i=0
		until grep -qaF 'testpmd> ' /tmp/pmd.out 2>/dev/null; do
			i=\$((i + 1)); [ \$i -lt $(($1 * 5 * SLOW)) ] || { tail -n 20 /tmp/pmd.out; exit 1; }; sleep 0.2
		done"
}
testpmd_do() { l2_cmd "$G" --timeout 50 ": >/tmp/pmd.out; echo '$1' >/tmp/pmd.in; $(prompted 30)"; }

testpmd_quits() {
	l2_cmd "$G" --timeout 60 'echo quit >/tmp/pmd.in; i=0
		while p=$(pidof dpdk-testpmd); do
			i=$((i + 1)); [ $i -lt 150 ] || { tail -n 8 /tmp/pmd.out; grep -H . /proc/$p/task/*/wchan; exit 1; }; sleep 0.2
		done
		killall sleep; true'
}
testpmd_killed() { l2_cmd "$G" --timeout 30 'killall -9 dpdk-testpmd; while pidof dpdk-testpmd >/dev/null; do sleep 0.2; done; killall sleep; true'; }
