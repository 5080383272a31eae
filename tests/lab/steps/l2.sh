# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The stock guest: Debian's kernel, busybox, a few tools, and the agent through
# which L1 runs commands in it.

l2_inputs() { cat "$LAB/packages/l2" "$LAB/l2/init" "$LAB/l2/modules"; step_key rootfs; step_key kernel@6.12; }

l2_build() {
	local dir=$1 k r

	step rootfs
	step kernel@6.12
	k=$(step_dir kernel@6.12)
	r=$(step_dir rootfs)
	ln "$k/vmlinuz" "$dir/vmlinuz"
	in_build bash /src/tests/lab/l2/make "/cache/${dir#"$CACHE"/}" "/cache/${r#"$CACHE"/}/tree" \
		"/cache/${k#"$CACHE"/}/image" "$(cat "$k/release")"
}
