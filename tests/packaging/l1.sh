#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# l1.sh VERSION, in L1: the modules that DKMS built, in the place where it puts
# them, found by modprobe alone.
set -u
. /lab/tests/lab/l1.sh
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

release=$(uname -r)
tree=/usr/lib/modules/$release

# The kernel's tree is read-only: DKMS's directory is laid over it.
place() {
	mkdir -p /run/m && mount -t tmpfs m /run/m && mkdir /run/m/up /run/m/work &&
		mount -t overlay -o "lowerdir=$tree,upperdir=/run/m/up,workdir=/run/m/work" overlay "$tree" &&
		mkdir -p "$tree/updates/dkms" && cp /lab/modules/*.ko* "$tree/updates/dkms/" && depmod "$release"
}

bound() { [ -e "/sys/bus/pci/drivers/smartnic/$(pf_bdf)/net" ]; }
offered() { mdevctl types | grep -c '^ *smartnic-[0-9]*q'; }

works() {
	local u

	u=$(mdevctl start -p "$(pf_bdf)" -t smartnic-1q) && equal "$(attr "$u" state)" idle && mdevctl stop -u "$u"
}

unload() { modprobe -r smartnic && [ ! -d /sys/module/smartnic ] && [ ! -d /sys/module/vdcm ]; }

by_alias() {
	local d

	for d in /sys/bus/pci/devices/*; do
		modprobe -qn "$(cat "$d/modalias")" -R 2>/dev/null | grep -qx smartnic || continue
		modprobe "$(cat "$d/modalias")" && bound
		return
	done
	return 1
}

plan 8
must "the modules are in place" place
must "modprobe smartnic" modprobe smartnic
check "vdcm came along, and what it needs" ls -d /sys/module/vdcm /sys/module/mdev /sys/module/vfio_iommu_type1
check "both say version $1" equal "$(cat /sys/module/vdcm/version /sys/module/smartnic/version | xargs)" "$1 $1"
check "the PF is driven, with a netdev" bound
check "mdevctl sees the types, and one of them starts" works
check "modprobe -r leaves neither" unload
check "the SmartNIC's alias loads them" by_alias
finish
