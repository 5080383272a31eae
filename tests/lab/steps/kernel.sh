# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One Debian kernel: vmlinuz, its modules (a tree, and a squashfs for L1), and
# the headers of exactly this kernel.
# Which versions are meant: the table "kernels".

kernel_inputs() { epoch; }

# ABI name ("6.12.107+deb13") of the newest kernel of one kind.
kernel_pick() {
	build_apt apt-cache show linux-image-amd64 | awk -v want="$(kernel_fact "$1" 2)" '
		$1 == "Version:" { v = $2 }
		$1 == "Depends:" && match($0, /linux-image-[0-9][^ ,]*-amd64/) {
			d = substr($0, RSTART + 12, RLENGTH - 18)
		}
		/^$/ { if (v ~ want) print v, d; v = d = "" }
		END { if (v ~ want) print v, d }' |
		sort -V | tail -n 1 | cut -d' ' -f2
}

kernel_build() {
	local dir=$1 in=/cache/${1#"$CACHE"/} abi kbuild

	step chroot
	build_apt_update
	abi=$(kernel_pick "$2")
	[ -n "$abi" ] || { echo "no linux-image-amd64 for $2"; return 1; }
	# linux-kbuild-6.1 up to bookworm, with the whole ABI name since.
	case $abi in
	6.1.*) kbuild=linux-kbuild-6.1 ;;
	*) kbuild=linux-kbuild-$abi ;;
	esac
	echo "$abi-amd64" >"$dir/release"
	mkdir "$dir/debs"
	# Newer image packages are empty: binary, modules and base hold the files.
	build_apt sh -ec "cd $in/debs
		for p in binary modules base; do
			p=linux-\$p-$abi-amd64
			! apt-cache show \$p >/dev/null 2>&1 || more=\"\${more:-} \$p\"
		done
		apt-get -q download linux-image-$abi-amd64 \${more:-} \
			linux-headers-$abi-amd64 linux-headers-$abi-common $kbuild"
	build_apt sh -ec "cd $in; mkdir image headers
		for d in debs/*.deb; do
			case \$d in
			*/linux-headers* | */linux-kbuild*) dpkg-deb -x \$d headers ;;
			*) dpkg-deb -x \$d image ;;
			esac
		done
		rm -rf debs headers/usr/share
		[ ! -d image/lib/modules ] || { mkdir -p image/usr/lib; mv image/lib/modules image/usr/lib/; rmdir image/lib; }
		ln -s usr/lib image/lib
		m=image/usr/lib/modules/$abi-amd64
		mv image/boot/vmlinuz-* vmlinuz || mv \$m/vmlinuz vmlinuz
		mv image/boot/System.map* System.map || mv \$m/System.map System.map
		rm -f headers/usr/lib/modules/*/build headers/lib/modules/*/build
		depmod -b image -F System.map $abi-amd64
		mksquashfs image/usr/lib/modules/$abi-amd64 modules.squashfs -comp zstd \
			-Xcompression-level 3 -noappend -no-progress -quiet
		rm -rf System.map image/boot image/usr/share"
}
