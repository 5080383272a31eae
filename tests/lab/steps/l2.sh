# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The stock guest: Debian's kernel, busybox, a few tools, and the agent through
# which L1 runs commands in it. l2 has trixie's kernel, l2@6.1 and l2@bpo have
# bookworm's and the newest backported one (kernel.sh).

l2_inputs() {
	cat "$LAB/packages/l2" "$LAB"/l2/*
	step_key rootfs
	step_key "kernel@${1:-$KERNEL}"
}

l2_build() {
	local dir=$1 kernel=kernel@${2:-$KERNEL} k r

	step rootfs
	step "$kernel"
	k=$(step_dir "$kernel")
	r=$(step_dir rootfs)
	ln "$k/vmlinuz" "$dir/vmlinuz"
	in_build bash /src/tests/lab/l2/make "/cache/${dir#"$CACHE"/}" "/cache/${r#"$CACHE"/}/tree" \
		"/cache/${k#"$CACHE"/}/image" "$(cat "$k/release")"
}
