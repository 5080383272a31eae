# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# L1's root file system: a tree (the L2 guest is cut from the default one) and a
# squashfs. rootfs is trixie's; rootfs@bookworm and rootfs@bpo (trixie with the
# newest backported QEMU) are for those who want other versions of the consumers.

rootfs_packages() { words <(cat "$LAB/packages/rootfs" "$LAB/packages/rootfs@${1:-trixie}"); }

rootfs_inputs() { rootfs_packages "$1"; declare -f make_tree; epoch; }

rootfs_build() {
	local suite=${2:-trixie}

	[ "$suite" != bpo ] || suite=trixie-backports
	# shellcheck disable=SC2046
	make_tree "$1/tree" "$suite" $(rootfs_packages "$2")
	as_ns_root rm -rf "$1/tree/var/lib/apt/lists" "$1/tree/var/cache/apt"
	as_ns_root mkdir -p "$1/tree/lab" "$1/tree/var/cache/apt" "$1/tree/var/lib/apt/lists"
	step chroot
	in_build $LAB_NICE mksquashfs "/cache/${1#"$CACHE"/}/tree" "/cache/${1#"$CACHE"/}/root.squashfs" \
		-comp zstd -Xcompression-level 6 -noappend -no-progress -quiet
	# The default tree serves the guest and --stock-qemu; of the others only this.
	[ -z "$2" ] || rm_tree "$1/tree"
}
