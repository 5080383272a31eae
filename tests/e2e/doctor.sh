#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# smartnic-doctor on this machine as it runs: what it says of the machine (booted
# with --no-iommu, --no-sm, another kernel or root), and real faults, made and
# undone. Faults that take another machine are in faults.sh, on a host of files.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

RULE=/usr/lib/udev/rules.d/60-mdevctl.rules
CALLOUT=/usr/lib/mdevctl/scripts.d/callouts/smartnic.sh

# name | make the fault | undo it | what the doctor says, and nothing else that is new
FAULTS=(
	'the driver is unbound | echo $PF >$DRV/unbind | echo $PF >$DRV/bind | $PF: the driver did not bind'
	'interrupt vectors are limited | reload max_adi_vectors=2 | reload | max_adi_vectors=2'
	'the driver is not loaded | rmmod smartnic | load_modules | smartnic.ko is neither loaded nor installed'
	'mdevctl is away | mv /usr/bin/mdevctl /run/ | mv /run/mdevctl /usr/bin/ | mdevctl is not installed'
	'the callout is away | mv $CALLOUT /run/ | mv /run/smartnic.sh $CALLOUT | callout smartnic.sh is not installed'
	'the callout is not executable | chmod -x $CALLOUT | chmod +x $CALLOUT | is not executable'
	'the autostart rule is away | mv $RULE /run/ | mv /run/60-mdevctl.rules $RULE | udev rule is missing'
	'the autostart rule names no program | rm /usr/sbin/mdevctl | ln -s ../bin/mdevctl /usr/sbin/mdevctl | ln -s /usr/bin/mdevctl /usr/sbin/mdevctl$'
)

reload() { rmmod smartnic && load_modules "$@"; }
trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }

# What is true of this machine whatever anyone plants.
machine_says() {
	case $LAB_IOMMU,$LAB_KERNEL in
	off,*) echo 'no PASIDs.*there is no IOMMU for it' ;;
	*,6.1) echo 'no PASIDs.*kernel .* can not attach PASIDs for a driver' ;;
	legacy,*) echo 'no PASIDs.*take sm_off off' ;;
	esac
}

# Nothing, or the one line, and with --table nothing.
of_machine() {
	local out want

	want=$(machine_says)
	out=$(smartnic-doctor)
	printf '%s\n' "$out"
	if [ -z "$want" ]; then
		equal "$out" ""
	else
		equal "$(wc -l <<<"$out")" 1 && grep -q -- "$want" <<<"$out" && equal "$(smartnic-doctor --table)" ""
	fi
}

# The package's own fault: its rule names a program that is not there.
installed() {
	make -C /lab/mdevctl install || return
	[ -e /usr/sbin/mdevctl ] || ln -s ../bin/mdevctl /usr/sbin/mdevctl
}

fault() { # MAKE UNDO SAYS
	local out rc=0 n=1

	[ -z "$(machine_says)" ] || n=2
	eval "$1" || return
	out=$(smartnic-doctor) || rc=$?
	printf '%s\n(status %d)\n' "$out" "$rc"
	eval "$2" || return
	equal "$rc" 1 && below "$(wc -l <<<"$out")" $((n + 1)) && grep -q -- "${3/\$PF/$PF}" <<<"$out"
}

# With translation by tables the doctor speaks of PASIDs only once.
table_mode() {
	local out

	reload dma_mode=table || return
	out=$(smartnic-doctor)
	echo "$out"
	reload && equal "$(wc -l <<<"$out")" 1 && grep -q 'no PASIDs.*its driver was given dma_mode=table' <<<"$out"
}

# A kernel without mdev, as far as its user can tell.
no_modules() {
	local out dir

	dir=/usr/lib/modules/$(uname -r)
	unload_modules && modprobe -r mdev vfio_iommu_type1 && mount -t tmpfs none "$dir" || return
	out=$(smartnic-doctor)
	echo "$out"
	umount "$dir" && load_modules && grep -q 'has no mdev module' <<<"$out" && grep -q 'no vfio_iommu_type1' <<<"$out" &&
		grep -q 'vdcm.ko is neither loaded nor installed' <<<"$out"
}

main() {
	local f name make undo says

	plan $((6 + ${#FAULTS[@]}))
	say "$(mdevctl --version), kernel $(uname -r), IOMMU $LAB_IOMMU"
	must "modules load" load_modules
	PF=$(pf_bdf) DRV=/sys/bus/pci/drivers/smartnic
	must "install" installed
	check "what it says of this machine: ${LAB_ROOT}, kernel $LAB_KERNEL, IOMMU $LAB_IOMMU" of_machine
	for f in "${FAULTS[@]}"; do
		IFS='|' read -r name make undo says <<<"$f"
		check "$(trim "$name")" fault "$make" "$undo" "$(trim "$says")"
	done
	check "the driver was loaded with dma_mode=table" table_mode
	check "a kernel without mdev and vfio_iommu_type1" no_modules
	check "the same of this machine as before" of_machine
	finish
}

main
