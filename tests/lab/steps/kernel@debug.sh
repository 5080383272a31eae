# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The debug kernel: trixie's source with debug.config, in the same form as
# Debian's kernels have here (kernel.sh).

kernel_debug_inputs() { cat "$LAB/debug.config" "$LAB/make-debug-kernel"; step_key linux-src@6.12; }

kernel_debug_build() {
	step chroot
	step linux-src@6.12
	disk_space 4000000
	# The build records its paths: the same for every build.
	BINDS="$(step_dir linux-src@6.12)/src:/build/linux $1:/build/kernel" \
		in_build $LAB_NICE bash /src/tests/lab/make-debug-kernel
}
