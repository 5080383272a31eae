# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# l2@net: the guest with the newest backported kernel and, in a second archive behind its own,
# the drivers/net selftests of that kernel; the archive by itself, for L1.

l2_net_inputs() {
	step_key l2@bpo
	step_key net-selftests
}

l2_net_build() {
	local dir=$1 base kst

	step l2@bpo
	step net-selftests
	base=$(step_dir l2@bpo)
	kst=$(step_dir net-selftests)
	ln "$base/vmlinuz" "$dir/vmlinuz"
	ln "$kst/archive" "$dir/archive"
	cat "$base/initrd" "$kst/archive" >"$dir/initrd"
}
