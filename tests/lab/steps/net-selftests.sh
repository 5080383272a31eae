# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# net-selftests: the drivers/net selftests of the newest backported kernel's source, built,
# with the Python and the programs that they call: DIR/archive (cpio), for / of a guest or a
# folder of L1. They are in /kst there, in the folders of the kernel's tree.

KST_MEMBERS='tools/testing/selftests tools/net/ynl Documentation/netlink'

net_selftests_inputs() {
	cat "$LAB/packages/l2@net" "$LAB/net-selftests-build" "$LAB/l2/programs"
	step_key chroot
	step_key rootfs
	step_key tree@fuzz
	step_key linux-src@bpo
}

# Its source again, with what linux-src leaves out, and headers of the same version.
kst_source() { # DIR IN THE CHROOT
	local package version

	version=$(cat "$(step_dir linux-src@bpo)/version")
	package=linux-source-${version%%.*}.$(cut -d. -f2 <<<"$version")
	build_apt bash -ec "cd $1; mkdir src
		apt-get -q download $package=$version linux-libc-dev=$version libbpf-dev python3-yaml
		for p in linux-libc-dev libbpf-dev python3-yaml; do dpkg-deb -x \$p*.deb packages; done
		dpkg-deb --fsys-tarfile $package*.deb | tar -xO ./usr/src/$package.tar.xz |
			tar -xJ -C src --strip-components=1 --wildcards $(for m in $KST_MEMBERS; do printf "'*/%s' " "$m"; done)
		rm ./*.deb"
}

net_selftests_build() {
	local dir=$1 in=/cache/${1#"$CACHE"/} s r

	for s in chroot rootfs tree@fuzz linux-src@bpo; do step $s; done
	step_load tree@fuzz
	build_apt_update
	kst_source "$in"
	r=$(step_dir rootfs) s=$(step_dir chroot)
	in_build bash /src/tests/lab/net-selftests-build programs "$in"
	BINDS="$dir:/kst-build" in_tree fuzz bash /src/tests/lab/net-selftests-build bpf /kst-build
	in_build bash /src/tests/lab/net-selftests-build archive "$in" "/cache/${s#"$CACHE"/}/tree" "/cache/${r#"$CACHE"/}/tree"
	rm_tree "$dir/src" "$dir/packages"
}
