# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# L1's root file system: a tree (the L2 guest is cut from it) and a squashfs.

rootfs_inputs() { words "$LAB/packages/rootfs"; declare -f make_tree; epoch; }

rootfs_build() {
	# shellcheck disable=SC2046
	make_tree "$1/tree" $(words "$LAB/packages/rootfs")
	as_ns_root rm -rf "$1/tree/var/lib/apt/lists" "$1/tree/var/cache/apt"
	as_ns_root mkdir -p "$1/tree/lab" "$1/tree/var/cache/apt" "$1/tree/var/lib/apt/lists"
	step chroot
	in_build $LAB_NICE mksquashfs "/cache/${1#"$CACHE"/}/tree" "/cache/${1#"$CACHE"/}/root.squashfs" \
		-comp zstd -Xcompression-level 6 -noappend -no-progress -quiet
}
