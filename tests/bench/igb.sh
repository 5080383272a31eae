# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A peer of the benchmarks, in L1: a virtual function of an emulated igb (tests/lab/run --igb).

# vf_on_vfio: the function on vfio-pci; its directory in VF, the physical one's in IGB.
vf_on_vfio() {
	modprobe igb && modprobe vfio-pci || return
	IGB=$(readlink -f /sys/bus/pci/drivers/igb/*:*.* | head -n 1)
	[ -e "$IGB/sriov_numvfs" ] || { echo "no igb: tests/lab/run --igb"; return 1; }
	echo 0 >"$IGB/sriov_drivers_autoprobe" && echo 1 >"$IGB/sriov_numvfs" || return
	VF=$(readlink -f "$IGB/virtfn0")
	echo vfio-pci >"$VF/driver_override" && basename "$VF" >/sys/bus/pci/drivers_probe &&
		equal "$(basename "$(readlink "$VF/driver")")" vfio-pci && [ -e "/dev/vfio/$(basename "$(readlink "$VF/iommu_group")")" ]
}

no_vf() { echo 0 >"$IGB/sriov_numvfs"; }
