# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For kit.sh: a healthy host made of files, and faults to plant in it. Each fault
# is a line: name | commands, in the host's root | what smartnic-doctor must say

HOST=/run/host
CARD=sys/bus/pci/devices/0000:01:00.0

FAULTS=(
	'no mdev module | rm lib/modules/*/mdev.ko | no mdev module'
	'no vfio_iommu_type1 | rm lib/modules/*/vfio_iommu_type1.ko | no vfio_iommu_type1'
	'VFIO_GROUP off in the configuration | echo "# CONFIG_VFIO_GROUP is not set" >>boot/config-6.12.0 | no VFIO groups'
	'VFIO_GROUP off, no configuration | rm boot/config-6.12.0; rmdir sys/class/vfio; mkdir sys/module/vfio | no VFIO groups'
	'unsigned module under lockdown | rm -r sys/module/vdcm; unsigned vdcm; lockdown integrity | vdcm.ko is not signed, and lockdown is integrity'
	'unsigned module, sig_enforce | rm -r sys/module/vdcm; unsigned vdcm; enforce | vdcm.ko is not signed, and module.sig_enforce'
	'module not installed | rm -r sys/module/vdcm lib/modules/*/vdcm.ko | vdcm.ko is neither loaded nor installed'
	'module not loaded | rm -r sys/module/smartnic $CARD/driver | smartnic.ko is not loaded'
	'no card | echo 0x1000 >$CARD/device | no SmartNIC'
	'driver did not bind | rm $CARD/driver | 0000:01:00.0: the driver did not bind'
	'no mdev types | rmdir $CARD/mdev_supported_types | offers no mdev types'
	'dma_mode=table | echo table >sys/module/smartnic/parameters/dma_mode | no PASIDs.*dma_mode=table'
	'no IOMMU | rm -r $CARD/iommu | no PASIDs.*there is no IOMMU'
	'no PASID capability | config_space 0 0 | no PASIDs.*no PASID capability'
	'scalable mode switched off | config_space 27 0; echo quiet intel_iommu=on,sm_off >proc/cmdline | no PASIDs.*take sm_off off'
	'scalable mode not switched on | config_space 27 0 | no PASIDs.*sm_on on'
	'IOMMU without scalable mode | config_space 27 0; echo f0101a >$CARD/iommu/intel-iommu/ecap | no PASIDs.*has no scalable mode'
	'IOMMU without PASIDs | config_space 27 0; echo 80000f0101a >$CARD/iommu/intel-iommu/ecap | no PASIDs.*but no PASIDs'
	'another IOMMU | config_space 27 0; rm -r $CARD/iommu/intel-iommu | no PASIDs.*does not enable them'
	'a kernel without PASIDs for drivers | echo "0000000000000000 T iommu_attach_group" >proc/kallsyms | no PASIDs.*since 6.11'
	'PASIDs could not be attached | device table 0 | no PASIDs.*could not attach'
	'vectors limited | echo 8 >sys/module/smartnic/parameters/max_adi_vectors | max_adi_vectors=8'
	'few vectors | rm $CARD/msi_irqs/3[2-9] | only 2 interrupt vectors'
	'a device shares vectors | device pasid 3 | shares 3 of its interrupt vectors'
	'a guest cannot lock its memory | device pasid 0; starved 3 8388608 | kvm guest.4711. could not lock its guest.s memory 3 times, RLIMIT_MEMLOCK is 8388608'
	'mdevctl missing | rm usr/bin/mdevctl usr/sbin/mdevctl | mdevctl is not installed'
	'callout missing | rm -r usr/lib/mdevctl etc/mdevctl.d | callout smartnic.sh is not installed'
	'callout not executable | chmod -x usr/lib/mdevctl/scripts.d/callouts/smartnic.sh | is not executable'
	'autostart rule names no program | rm usr/sbin/mdevctl | rules.d/60-mdevctl.rules runs /usr/sbin/mdevctl.*: ln -s /usr/bin/mdevctl /usr/sbin/mdevctl$'
	'autostart rule of the administrator names no program | own_rule | /etc/udev/rules.d/60-mdevctl.rules runs /opt/mdevctl'
	'no autostart rule | rm usr/lib/udev/rules.d/60-mdevctl.rules | udev rule is missing'
)

# With --migration.
MIGRATION_FAULTS=(
	'no QEMU | rm usr/bin/qemu-system-x86_64 | migration: there is no QEMU'
	'a QEMU that is too old | qemu 7.2.22 | migration: QEMU 7.2 does not migrate VFIO'
	'the driver offers no migration | echo N >sys/module/smartnic/parameters/migration | migration: smartnic was loaded without migration=1'
	'a driver without the parameter | rm sys/module/smartnic/parameters/migration | migration: smartnic was loaded without migration=1'
	'a kernel that logs no writes | no_bitmaps | migration: kernel 6.12.0 can not tell .*enable-migration=on'
	'a VMM that was not told | no_bitmaps; vmm -device vfio-pci,sysfsdev=x | 6f70: kvm guest.4711. was started without enable-migration=on'
	'a VMM on iommufd | no_bitmaps; vmm -device vfio-pci,enable-migration=on; ln -s /dev/iommu proc/4711/fd/9 | 6f70: kvm guest.4711. has opened it through iommufd'
)

# With --migration, none of them.
MIGRATION_HEALTHY=(
	'a host that is ready | true'
	'a kernel whose symbols tell that it logs writes | no_bitmaps; echo "0000000000000000 T iova_bitmap_set" >>proc/kallsyms'
	'a VMM that was told | no_bitmaps; vmm -device vfio-pci,sysfsdev=x,enable-migration=on'
	'a VMM that libvirt told | no_bitmaps; vmm -device {"driver":"vfio-pci","enable-migration":"on"}'
)

le32() {
	local i

	for i in 0 8 16 24; do
		# shellcheck disable=SC2059 # the format is the byte
		printf "\\x$(printf %02x $(($1 >> i & 255)))"
	done
}

# config_space CAPABILITY CONTROL: AER, then that capability, then a last one.
config_space() {
	{
		head -c 256 /dev/zero
		le32 $((0x15020001))
		head -c 76 /dev/zero
		le32 $((0x16010000 | $1))
		le32 $(($2 << 16 | 0x1400))
		head -c 8 /dev/zero
		le32 $((0x00010023))
		head -c 3740 /dev/zero
	} >"$CARD/config"
}

# The last words of a signed module, and a module without.
signed() { printf 'code~Module signature appended~\n' >"lib/modules/6.12.0/$1.ko"; }
unsigned() { echo code >"lib/modules/6.12.0/$1.ko"; }
lockdown() { mkdir -p sys/kernel/security; echo "none [$1] confidentiality" >sys/kernel/security/lockdown; }
enforce() { mkdir -p sys/module/module/parameters; echo Y >sys/module/module/parameters/sig_enforce; }

device() { # DMA-MODE SHARED-VECTORS
	local d=$CARD/7c0d3f6e-9f43-4f5a-8b0a-2a3c5d1e6f70/smartnic

	mkdir -p "$d/vectors"
	echo "$1" >"$d/dma_mode"
	echo 2 >"$d/vectors/dedicated"
	echo "$2" >"$d/vectors/shared"
}

starved() { # TIMES LIMIT
	local d=$CARD/7c0d3f6e-9f43-4f5a-8b0a-2a3c5d1e6f70/smartnic

	mkdir -p "$d/counters"
	echo 9 >"$d/counters/pins_failed"
	echo "$1" >"$d/counters/starved"
	echo 'open 4711 kvm guest' >"$d/state"
	mkdir -p proc/4711
	printf '%-26s%-21s%-21s%s\n' 'Max locked memory' "$2" "$2" bytes >proc/4711/limits
}

no_bitmaps() { sed -i /IOMMUFD/d boot/config-6.12.0; }

qemu() { # VERSION
	printf '#!/bin/sh\necho "QEMU emulator version %s (Debian)"\n' "$1" >usr/bin/qemu-system-x86_64
	chmod +x usr/bin/qemu-system-x86_64
}

# A device is open in a VMM with these arguments.
vmm() {
	device pasid 0
	echo 'open 4711 kvm guest' >"$CARD/7c0d3f6e-9f43-4f5a-8b0a-2a3c5d1e6f70/smartnic/state"
	mkdir -p proc/4711/fd
	printf '%s\0' kvm "$@" >proc/4711/cmdline
}

own_rule() {
	mkdir -p etc/udev/rules.d
	sed 's|/usr/sbin/mdevctl|/opt/mdevctl|' usr/lib/udev/rules.d/60-mdevctl.rules >etc/udev/rules.d/60-mdevctl.rules
}

# A fresh copy of the healthy host, to work in.
healthy_host() {
	[ -d $HOST.good ] || build_host || return
	rm -rf $HOST
	cp -a $HOST.good $HOST
}

build_host() (
	mkdir -p $HOST.good && cd $HOST.good || exit
	mkdir -p boot proc/sys/kernel lib/modules/6.12.0 usr/bin usr/sbin usr/lib/udev/rules.d sys/class/vfio sys/module/{vdcm,smartnic/parameters} \
		sys/bus/pci/drivers/smartnic "$CARD"/{iommu/intel-iommu,mdev_supported_types,msi_irqs}
	echo 6.12.0 >proc/sys/kernel/osrelease
	echo quiet >proc/cmdline
	echo '0000000000000000 T iommu_paging_domain_alloc_flags' >proc/kallsyms
	printf 'CONFIG_VFIO_GROUP=y\nCONFIG_IOMMUFD_DRIVER=y\n' >boot/config-6.12.0
	for m in vfio vfio_iommu_type1 mdev vdcm smartnic; do signed "$m"; done
	echo auto >sys/module/smartnic/parameters/dma_mode
	echo -1 >sys/module/smartnic/parameters/max_adi_vectors
	echo Y >sys/module/smartnic/parameters/migration
	qemu 10.0.13
	echo 0x1af4 >"$CARD/vendor"
	echo 0x10f5 >"$CARD/device"
	echo 0x10f5 >"$CARD/subsystem_device"
	ln -s ../../drivers/smartnic "$CARD/driver"
	echo 90000f0101a >"$CARD/iommu/intel-iommu/ecap"
	config_space 27 1
	touch "$CARD"/msi_irqs/{30..39}
	cp /usr/bin/mdevctl usr/bin/
	ln -s ../bin/mdevctl usr/sbin/mdevctl
	cp /usr/lib/udev/rules.d/60-mdevctl.rules usr/lib/udev/rules.d/
	make -s -C /lab/mdevctl install DESTDIR=$HOST.good
)

# shellcheck disable=SC2120 # kit.sh passes some
healthy() { # [OPTIONS]: silent, status 0
	local out

	out=$(smartnic-doctor "$@") && equal "$out" ""
}

doctor_misses() {
	/lab/mdevctl/smartnic-doctor >/run/doctor && return 1
	cat /run/doctor
	grep -q "$1" /run/doctor
}

trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }

# One fault, one line.
finds() { # COMMANDS SAYS [OPTION]
	local out rc=0

	healthy_host && (cd $HOST && eval "$1") || return
	out=$(DOCTOR_ROOT=$HOST smartnic-doctor ${3:+"$3"}) || rc=$?
	printf '%s\n(status %d)\n' "$out" "$rc"
	equal "$rc" 1 && equal "$(wc -l <<<"$out")" 1 && grep -q -- "$2" <<<"$out"
}

silent_there() { # [COMMANDS [OPTION]]
	healthy_host && (cd $HOST && eval "${1:-}") && DOCTOR_ROOT=$HOST healthy ${2:+"$2"}
}

# Of a fault that keeps VMs here the doctor speaks only if it is asked.
keeps_vms() { # COMMANDS SAYS
	silent_there "$1" && finds "$1" "$2" --migration
}

PLANTED=$((1 + ${#FAULTS[@]} + ${#MIGRATION_FAULTS[@]} + ${#MIGRATION_HEALTHY[@]}))
planted_faults() {
	local f name cmds says

	check "the doctor is silent on a healthy host" silent_there
	for f in "${FAULTS[@]}"; do
		IFS='|' read -r name cmds says <<<"$f"
		check "the doctor finds: $(trim "$name")" finds "$cmds" "$(trim "$says")"
	done
	for f in "${MIGRATION_FAULTS[@]}"; do
		IFS='|' read -r name cmds says <<<"$f"
		check "the doctor finds what keeps VMs here: $(trim "$name")" keeps_vms "$cmds" "$(trim "$says")"
	done
	for f in "${MIGRATION_HEALTHY[@]}"; do
		IFS='|' read -r name cmds <<<"$f"
		check "the doctor finds nothing that keeps VMs here: $(trim "$name")" silent_there "$cmds" --migration
	done
}
