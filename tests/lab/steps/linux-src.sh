# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernel source as Debian patches it: DIR/src, for kernels that nobody packages.
# Never written to afterwards: whoever builds a kernel uses O=. What no kernel of
# ours is made of stays out. Which versions are meant: the table "kernels".

linux_src_inputs() { epoch; }

# Package and version of the newest source of one kind: "linux-source-6.12 6.12.107-1".
linux_src_pick() {
	build_apt apt-cache show linux-source | awk -v want="$(kernel_fact "$1" 3)" '
		$1 == "Version:" { v = $2 }
		$1 == "Depends:" { d = $2 }
		/^$/ { if (v ~ want) print v, d; v = d = "" }
		END { if (v ~ want) print v, d }' |
		sort -V | tail -n 1 | awk '{ print $2, $1 }'
}

linux_src_build() {
	local dir=$1 in=/cache/${1#"$CACHE"/} package version

	step chroot
	build_apt_update
	read -r package version < <(linux_src_pick "$2")
	[ -n "$version" ] || { echo "no linux-source for $2"; return 1; }
	echo "$version" >"$dir/version"
	build_apt bash -ec "cd $in; mkdir src
		apt-get -q download $package=$version
		dpkg-deb --fsys-tarfile $package*.deb | tar -xO ./usr/src/$package.tar.xz |
			tar -xJ -C src --strip-components=1 --exclude='*/Documentation/*/*' \
			--exclude='*/tools/testing/*' --exclude='*/drivers/gpu/drm/amd/include' \
			--exclude='*/arch/*/boot/dts'
		rm $package*.deb"
}
