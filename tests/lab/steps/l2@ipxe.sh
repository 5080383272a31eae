# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# l2@ipxe: Debian's iPXE with all its drivers, in the form that boots like a kernel.
# Its script is its initrd.

l2_ipxe_inputs() { epoch; }

l2_ipxe_build() {
	local in=/cache/${1#"$CACHE"/}

	step chroot
	build_apt_update
	build_apt bash -ec "cd $in
		apt-get -q download ipxe/trixie
		dpkg-deb --fsys-tarfile ipxe_*.deb | tar -xO ./usr/lib/ipxe/ipxe.lkrn >vmlinuz
		ls ipxe_*.deb | cut -d_ -f2 >version
		rm ipxe_*.deb"
}
