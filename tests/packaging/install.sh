#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# install.sh KERNEL DEB OUT, in a stock release: install the package with apt, see
# what DKMS built for KERNEL, leave the modules in OUT, purge, and look for what
# is left.
set -u
. "$(dirname "$0")/../e2e/ktap.sh"

kernel=$1 deb=$2 out=$3
version=$(dpkg-deb -f "$deb" Version)
built=/lib/modules/$kernel/updates/dkms
evidence() { tail -n 40 /var/lib/dkms/smartnic-vdcm/*/build/make.log 2>/dev/null | sed 's/^/#   | /'; }

# Every file, without what dpkg, apt and time itself write, and without the key
# that DKMS makes once for all modules of a machine.
files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /src -o -path /cache -o -path "$out" \
		-o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache/apt -o -path /var/cache/debconf \
		-o -path /var/log -o -path '/var/lib/dkms/mok.*' \) -prune -o -print | sort
}

prepare() { depmod "$kernel" && files >/tmp/before; }

install_it() { apt-get install -y --no-install-recommends "$deb" </dev/null; }
module() { ls "$built/$1".ko*; }
built_both() { module vdcm && module smartnic; }
field() { modinfo -k "$kernel" -F "$2" "$1"; }

kit_there() {
	[ -x /usr/lib/mdevctl/scripts.d/callouts/smartnic.sh ] && [ -x /etc/mdevctl.d/scripts.d/callouts/smartnic.sh ] &&
		[ -x /usr/sbin/smartnic-doctor ] && [ -x /usr/sbin/smartnic-sign ] &&
		/usr/lib/mdevctl/scripts.d/callouts/smartnic.sh -t smartnic-1q -e get -a capabilities -s none -u - -p - </dev/null | grep -q supports
}

# Its documents link to one another; what they link to in the source is not in it. They
# are looked at in the package, for a small installation leaves documents out.
documents() {
	local doc=/tmp/package/usr/share/doc/smartnic-vdcm-dkms

	dpkg-deb -x "$deb" /tmp/package && [ -e "$doc/README.md" ] || return
	equal "$(for f in "$doc"/*.md "$doc"/docs/*.md; do
		grep -oP '\]\(\K[^)#:]+(?=\))' "$f" | grep -vE '(^|/)(tests|include|samples|LICENSES)(/|$)|CONTRIBUTING' | sed "s|^|${f%/*}/|"
	done | while read -r link; do [ -e "$link" ] || echo "$link"; done)" ""
}

# The probes must have been asked of the kernel that is built for.
probed() {
	local h

	h=$(find "/var/lib/dkms/smartnic-vdcm" -name vdcm_config.h | head -n 1)
	if [ -z "$h" ]; then
		# DKMS cleans up after itself: what the modules need tells as much.
		case $kernel in
		6.1.*) field vdcm depends | grep -qw mdev ;;
		*) field vdcm vermagic | grep -qF "$kernel" ;;
		esac
		return
	fi
	grep -qF "$kernel" "$h"
}

signed_by() { equal "$(field "$1" signer)" "DKMS module signing key"; }

# smartnic-sign does for a bare module what DKMS did for its own.
sign_by_hand() {
	local m

	m=$(module vdcm)
	mkdir -p /tmp/sign && cp "$m" /tmp/sign/ && cd /tmp/sign || return
	case $m in
	*.xz) xz -d vdcm.ko.xz ;;
	*.zst) zstd -qd --rm vdcm.ko.zst ;;
	esac
	strip --strip-debug vdcm.ko && equal "$(modinfo -F signer ./vdcm.ko)" "" || return
	KEY=/tmp/sign/key CERT=/tmp/sign/cert smartnic-sign -k "$kernel" vdcm.ko &&
		[ "$(stat -c %a key)" = 600 ] && equal "$(modinfo -F signer ./vdcm.ko)" "DKMS module signing key" || return
	# A second time the pair is used as it is; half a pair is refused.
	sum=$(sha256sum <key)
	KEY=/tmp/sign/key CERT=/tmp/sign/cert smartnic-sign -k "$kernel" vdcm.ko && equal "$(sha256sum <key)" "$sum" &&
		rm cert && fails env KEY=/tmp/sign/key CERT=/tmp/sign/cert smartnic-sign -k "$kernel" vdcm.ko && [ ! -e cert ]
	sum=$?
	cd / && rm -r /tmp/sign
	return $sum
}

purged() {
	apt-get purge -y smartnic-vdcm-dkms </dev/null && depmod "$kernel" || return
	files >/tmp/after
	diff /tmp/before /tmp/after
}

# Without the package: what modprobe finds then, and what stays.
by_hand() { make -C /tmp/source "$1" KDIR="/lib/modules/$kernel/build"; }
from_source() {
	mkdir -p /tmp/source/tests && cp -a /src/{Makefile,Kbuild,vdcm,driver,include,mdevctl} /tmp/source/ &&
		cp -a /src/tests/lab /tmp/source/tests/ && by_hand install || return
	equal "$(modprobe -S "$kernel" --show-depends smartnic | grep -cE '/updates/(vdcm/vdcm|driver/smartnic)\.ko')" 2 &&
		equal "$(field smartnic version)" "$version" && [ -x /usr/sbin/smartnic-doctor ]
}
# Directories of mdevctl's may stay.
not_from_source() {
	by_hand uninstall && files >/tmp/after || return
	equal "$(comm -13 /tmp/before /tmp/after | while read -r f; do [ -d "$f" ] || echo "$f"; done)" ""
}

plan 15
must "the machine is prepared" prepare
must "apt installs the package" install_it
must "DKMS built both modules for $kernel" built_both
check "they are where modprobe finds them" equal \
	"$(modprobe -S "$kernel" --show-depends smartnic | awk '{ print $2 }' | grep -c "/updates/dkms/")" 2
check "vdcm says its version" equal "$(field vdcm version)" "$version"
check "smartnic says its version" equal "$(field smartnic version)" "$version"
check "the feature probes saw this kernel" probed
check "vdcm carries the signature of DKMS's key" signed_by vdcm
check "smartnic carries it" signed_by smartnic
check "the operator's kit is in place" kit_there
check "its documents find one another" documents
check "smartnic-sign signs a bare module" sign_by_hand
mkdir -p "$out" && cp -a "$built"/. "$out/"
check "after a purge no file is left" purged
check "make install, without the package" from_source
check "make uninstall leaves no file" not_from_source
finish
