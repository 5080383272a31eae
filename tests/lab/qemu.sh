# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How QEMU is started on the host: through the build chroot's dynamic loader,
# so that neither the host's libraries nor a namespace are needed.

# The newest SmartNIC QEMU that built, whatever the sources say by now.
qemu_last() {
	local d

	d=$(step_dir qemu)
	[ -d "$d" ] || d=$(ls -1dt "$CACHE"/qemu-[0-9a-f]*/ 2>/dev/null | head -n 1)
	[ -n "$d" ] && printf '%s\n' "${d%/}"
}

# qemu_cmd fills QEMU with the command. LAB_QEMU=stock: Debian's own build;
# plain: our build without our device and changes.
qemu_cmd() {
	local tree fw

	tree=$(step_dir chroot)/tree
	fw=$tree
	case ${LAB_QEMU:-} in
	stock)
		tree=$(step_dir rootfs)/tree
		QEMU_BIN=$tree/usr/bin/qemu-system-x86_64
		;;
	plain) QEMU_BIN=$(step_dir qemu-src)/build/qemu-system-x86_64 ;;
	*) QEMU_BIN=$(qemu_last)/qemu-system-x86_64 ;;
	esac
	QEMU=("$tree/lib64/ld-linux-x86-64.so.2"
		--library-path "$tree/usr/lib/x86_64-linux-gnu:$tree/lib/x86_64-linux-gnu"
		"$QEMU_BIN" -L "$fw/usr/share/seabios" -L "$fw/usr/share/qemu"
		-nodefaults -no-user-config -display none -no-reboot)
}

# Does a guest kernel really boot on KVM here? Asked once per boot of the host.
kvm_works() {
	local memo k rc=0

	[ -w /dev/kvm ] || return 1
	memo=$CACHE/kvm-$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -e "$memo" ]; then
		k=$(step_dir "kernel@$KERNEL")
		rm -f "$CACHE"/kvm-*
		timeout -k 2 20 "${QEMU[@]}" -M q35 -accel kvm -cpu host -smp 2 -m 512M \
			-kernel "$k/vmlinuz" -initrd "$(step_dir "boot@$KERNEL")/initrd" \
			-append "console=ttyS0 panic=-1 lab.probe" \
			-serial "file:$CACHE/log/kvm-probe.log" \
			-device isa-debug-exit,iobase=0x501,iosize=2 \
			</dev/null >/dev/null 2>&1 || rc=$?
		if [ "$rc" = 1 ]; then echo yes; else echo no; fi >"$memo"
	fi
	[ "$(cat "$memo")" = yes ]
}

TCG_CPU=qemu64,+svm,+npt

# accel_args fills ACCEL; $1 is kvm, tcg or empty (choose).
accel_args() {
	local a=${1:-${LAB_ACCEL:-}}

	if [ -z "$a" ]; then
		if kvm_works; then a=kvm; else a=tcg; fi
	fi
	case $a in
	kvm) ACCEL=(-accel kvm -cpu host) MACHINE=q35,kernel-irqchip=split ;;
	tcg) ACCEL=(-accel tcg,thread=multi -cpu "${LAB_CPU:-$TCG_CPU}") MACHINE=q35 ;;
	*) die "--accel $a: kvm or tcg" ;;
	esac
}
