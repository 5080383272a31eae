# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The QEMU of step qemu with ASan and UBSan in our device, for tests/fuzz/hw.

qemu_asan_inputs() {
	cat "$LAB/qemu-asan"
	step_key qemu >/dev/null
	qemu_inputs
}

qemu_asan_build() {
	# The tree as step qemu makes it; locked until this step ends.
	step_load qemu
	qemu_build "$1"
	in_build $LAB_NICE python3 /src/tests/lab/qemu-asan /build/qemu "/cache/${1#"$CACHE"/}/qemu-system-x86_64"
}
