# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The QEMU of step qemu with ASan and UBSan in our device, for tests/fuzz/hw.

qemu_asan_inputs() {
	cat "$LAB/qemu-asan"
	step_key qemu >/dev/null
	qemu_inputs
}

qemu_asan_build() {
	local src=/build/qemu out

	step qemu-src
	out=/cache/${1#"$CACHE"/}
	BINDS="$(step_dir qemu-src):$src"
	# One build tree: one writer.
	exec 8>"$CACHE/lock/qemu-tree"
	flock 8
	in_build bash /src/tests/lab/qemu-sync "$src"
	in_build $LAB_NICE ninja -j2 -C "$src/build" qemu-system-x86_64
	in_build $LAB_NICE python3 /src/tests/lab/qemu-asan "$src" "$out/qemu-system-x86_64"
}
