# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# stock@bookworm, stock@trixie: that release as a machine has it that is to get
# our package: DKMS, mdevctl, and the headers of the kernel the lab boots.

stock_kernel() {
	case $1 in
	bookworm) echo 6.1 ;;
	trixie) echo 6.12 ;;
	esac
}

stock_inputs() { words "$LAB/packages/stock"; step_key "kernel@$(stock_kernel "$1")"; }

stock_build() {
	local dir=$1 suite=$2 kernel mode=root tmp include

	kernel=kernel@$(stock_kernel "$suite")
	step "$kernel"
	[ "$(id -u)" = 0 ] || mode=unshare
	include=$(words "$LAB/packages/stock")
	include="${include// /,},linux-headers-$(cat "$(step_dir "$kernel")/release")"
	mkdir -p "$dir/tree"
	tmp=$(mktemp -d)
	apt_settings >"$tmp/apt.conf"
	sources deb "$suite" "$suite-updates" "$suite-security" >"$tmp/sources"
	TMPDIR=${LAB_TMPDIR:-/var/tmp} $LAB_NICE mmdebstrap --mode="$mode" --variant=apt \
		--aptopt="$tmp/apt.conf" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt=force-unsafe-io \
		--skip=output/dev --skip=check/empty \
		--include="$include" --format=tar "$suite" - "$tmp/sources" |
		as_ns_root tar -x --numeric-owner -C "$dir/tree" -f -
	rm -r "$tmp"
}
