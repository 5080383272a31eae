# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# l2@dpdk: the stock guest and, in a second archive behind its own, DPDK's testpmd
# with the drivers it needs (packages/l2@dpdk), from Debian's packages.

l2_dpdk_inputs() {
	cat "$LAB/packages/l2@dpdk"
	step_key l2
	step_key tree@dpdk
}

l2_dpdk_build() {
	local dir=$1 in=/cache/${1#"$CACHE"/} base tree

	step l2
	step tree@dpdk
	base=$(step_dir l2)
	tree=$(step_dir tree@dpdk)
	ln "$base/vmlinuz" "$dir/vmlinuz"
	in_build bash -ec "bash /src/tests/lab/l2/programs $in/ir /cache/${tree#"$CACHE"/}/tree /src/tests/lab/packages/l2@dpdk
		cd $in/ir
		find . | cpio --quiet -o -H newc -R 0:0 | cat /cache/${base#"$CACHE"/}/initrd - >../initrd
		rm -r $in/ir"
}
