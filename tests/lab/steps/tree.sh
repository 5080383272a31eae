# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# tree@NAME: a trixie tree with what one job alone needs (packages/NAME), so that
# nobody who only builds and tests pays for it.

tree_inputs() { words "$LAB/packages/$1"; declare -f make_tree; epoch; }

tree_build() {
	# shellcheck disable=SC2046
	make_tree "$1/tree" trixie $(words "$LAB/packages/$2")
}

# in_tree NAME COMMAND...: in that tree.
in_tree() {
	local name=$1

	shift
	in_chroot "$(step_dir "tree@$name")/tree" "$@"
}
