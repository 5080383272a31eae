# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The initramfs that boots L1 with one kernel: busybox, /init, and the modules
# that reach the disks and the shares.

boot_inputs() { cat "$LAB/l1/modules" "$LAB/l1/init"; step_key "kernel@$1"; step_key rootfs; }

boot_build() {
	local k r abi

	step rootfs
	step chroot
	step "kernel@$2"
	k=/cache/$(basename "$(step_dir "kernel@$2")")
	r=/cache/$(basename "$(step_dir rootfs)")
	abi=$(cat "$(step_dir "kernel@$2")/release")
	in_build sh -ec "cd /cache/${1#"$CACHE"/}; mkdir -p ir/bin ir/dev ir/proc ir/sys ir/mods
		cp $r/tree/usr/bin/busybox ir/bin/busybox
		cp /src/tests/lab/l1/init ir/init; chmod 755 ir/init ir/bin/busybox
		for m in $(words "$LAB/l1/modules"); do
			modprobe -S $abi -d $k/image --show-depends \$m
		done | awk '\$1 == \"insmod\" && !seen[\$2]++ { print \$2 }' >order
		while read -r f; do
			b=\${f##*/}
			case \$b in
			*.xz) b=\${b%.xz}; xz -dc \$f >ir/mods/\$b ;;
			*) cp \$f ir/mods/ ;;
			esac
			echo \$b >>ir/mods/order
		done <order
		rm order
		cd ir; find . | cpio --quiet -o -H newc -R 0:0 >../initrd; cd ..; rm -r ir"
}
