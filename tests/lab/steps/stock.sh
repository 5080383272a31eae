# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# stock@bookworm, stock@trixie: that release as a machine has it that is to get
# our package: DKMS, mdevctl, and the headers of the kernel the lab boots.

stock_kernel() {
	case $1 in
	bookworm) echo 6.1 ;;
	trixie) echo 6.12 ;;
	esac
}

stock_inputs() { words "$LAB/packages/stock"; declare -f make_tree; step_key "kernel@$(stock_kernel "$1")"; }

stock_build() {
	local kernel

	kernel=kernel@$(stock_kernel "$2")
	step "$kernel"
	# shellcheck disable=SC2046
	make_tree "$1/tree" "$2" $(words "$LAB/packages/stock") \
		"linux-headers-$(cat "$(step_dir "$kernel")/release")"
}
