# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# mtty@KERNEL: the kernel's own mdev sample, which Debian does not build, compiled
# from Debian's source package: what the benchmarks compare with. Its limit of 24
# devices is lifted, so that it can be measured with as many as ours.

mtty_inputs() { step_key "kernel@$1"; }

mtty_build() {
	local dir=$1 in=/cache/${1#"$CACHE"/} src release pkg f

	step chroot
	step "kernel@$2"
	build_apt_update
	src=$(step_dir "kernel@$2")
	release=$(cat "$src/release")
	pkg=linux-source-$(cut -d. -f1,2 <<<"$release")
	build_apt sh -ec "cd $in
		apt-get -q download $pkg
		dpkg-deb --fsys-tarfile ./*.deb | tar -xO ./usr/src/$pkg.tar.xz |
			tar -xJO $pkg/samples/vfio-mdev/mtty.c >mtty.c
		rm ./*.deb
		sed -i 's/^#define MAX_MTTYS.*/#define MAX_MTTYS 2048/' mtty.c
		echo 'obj-m := mtty.o' >Kbuild"
	BINDS=
	for f in "$src"/headers/usr/src/* "$src"/headers/usr/lib/linux-kbuild*; do
		[ -d "$f" ] && [ ! -L "$f" ] || continue
		BINDS+="$f:${f#"$src"/headers/} "
	done
	in_build make -C "/usr/src/linux-headers-$release" "M=$in" CC=gcc-14 modules
	find "$dir" -mindepth 1 ! -name mtty.ko -delete
}
