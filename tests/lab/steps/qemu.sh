# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# qemu-src's tree with our device (device/) and our changes to VT-d: only what
# changed is compiled again.

qemu_files() { find "$REPO/device" "$REPO/include/smartnic" -type f 2>/dev/null | grep -E '\.([ch]|patch|build)$|/Kconfig$|/trace-events$' | sort; }

qemu_inputs() {
	local f

	qemu_files | while read -r f; do
		echo "${f#"$REPO"/}"
		cat "$f"
	done
	cat "$LAB/qemu-sync"
	step_key qemu-src
}

qemu_build() {
	local src=/build/qemu out

	step qemu-src
	out=/cache/${1#"$CACHE"/}
	BINDS="$(step_dir qemu-src):$src"
	# One build tree: one writer.
	exec 8>"$CACHE/lock/qemu-tree"
	flock 8
	in_build bash /src/tests/lab/qemu-sync "$src"
	in_build $LAB_NICE ninja -j2 -C "$src/build" qemu-system-x86_64
	in_build strip -o "$out/qemu-system-x86_64" "$src/build/qemu-system-x86_64"
	[ ! -e "$REPO/device/Kconfig" ] || echo smartnic >"$1/has-nic"
}
