# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The build chroot: compiler, kernel build tools, QEMU's build dependencies.

chroot_inputs() { words "$LAB/packages/chroot"; declare -f make_tree; epoch; }

chroot_build() {
	# shellcheck disable=SC2046
	make_tree "$1/tree" trixie $(words "$LAB/packages/chroot")
	ln -sf gcc-14 "$1/tree/usr/bin/gcc"
	ln -sf gcc-14 "$1/tree/usr/bin/cc"
}
