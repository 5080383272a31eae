# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# trixie's QEMU from its source package, built once without our device.

qemu_src_inputs() { cat "$LAB/qemu-devices.mak" "$LAB/qemu-configure"; grep "^lib.*-dev" "$LAB/packages/chroot"; epoch; }

qemu_src_build() {
	local in=/build/qemu

	step chroot
	build_apt_update
	# The build tree records its own path: the same for every build.
	BINDS="$1:$in" build_apt bash -ec "
		mkdir -p $in/get; cd $in/get
		v=\$(apt-cache showsrc qemu | awk '\$1 == \"Version:\" && \$2 ~ /^1:10[.]/ { print \$2 }' | sort -V | tail -n 1)
		apt-get -q source --download-only qemu=\$v
		dpkg-source --no-check -x *.dsc $in/src
		cd $in; rm -r get; echo \$v >version
		cp /src/tests/lab/qemu-devices.mak src/configs/devices/x86_64-softmmu/lab.mak
		mkdir build; cd build
		../src/configure $(words "$LAB/qemu-configure") --cc=gcc-14
		${LAB_NICE} ninja -j2 qemu-system-x86_64"
}
