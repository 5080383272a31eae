# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Where packages come from: the host's own apt settings, whatever format they
# are in, or LAB_MIRROR (and LAB_MIRROR_SECURITY).

# host_mirror SUFFIX: the address the host uses for its suite + SUFFIX.
host_mirror() {
	local code

	code=$(. /etc/os-release; echo "${VERSION_CODENAME:-stable}")
	apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' \
		'Created-By: Packages' 2>/dev/null |
		awk -v a="$code$1" -v b="stable$1" '
			$2 == a || $2 == b { sub("/$", "", $1); print $1; exit }'
}

mirror_main() {
	local m=${LAB_MIRROR:-}

	[ -n "$m" ] || { grep -qx 'ID=debian' /etc/os-release && m=$(host_mirror ""); }
	[ -n "$m" ] || die "no Debian mirror in this host's apt settings: set LAB_MIRROR to one"
	printf '%s\n' "${m%/}"
}

mirror_security() {
	local m=${LAB_MIRROR_SECURITY:-}

	if [ -z "$m" ] && [ -z "${LAB_MIRROR:-}" ]; then
		m=$(host_mirror -security)
	fi
	if [ -z "$m" ]; then
		m=$(mirror_main)
		m=${m%/debian}/debian-security
	fi
	printf '%s\n' "${m%/}"
}

# sources TYPE SUITE...: sources.list lines for each suite.
sources() {
	local type=$1 s opt= keys main sec

	shift
	main=$(mirror_main)
	sec=$(mirror_security)
	keys=$(keyring)
	[ -z "$keys" ] || [ -n "${SOURCES_NO_KEY:-}" ] || opt="[signed-by=$keys] "
	for s; do
		case $s in
		*-security) echo "$type $opt$sec $s main" ;;
		*) echo "$type $opt$main $s main" ;;
		esac
	done
}

keyring() {
	local k=/usr/share/keyrings/debian-archive-keyring

	if [ -e "$k.gpg" ]; then echo "$k.gpg"; elif [ -e "$k.pgp" ]; then echo "$k.pgp"; fi
}

# The host's proxies, retries and other download settings, for our own apt.
apt_settings() {
	apt-config dump 2>/dev/null |
		grep -E '^(Acquire::(http|https|Check-Valid-Until|Check-Date|Retries)|Acquire::[a-z]+::Proxy)' || true
}

# make_tree DIR SUITE PACKAGES...: a tree of SUITE in DIR; with trixie-backports a
# trixie tree whose packages named PACKAGE/trixie-backports come from there.
make_tree() {
	local dir=$1 suite=$2 base=${2%-backports} mode=root tmp

	shift 2
	[ "$(id -u)" = 0 ] || mode=unshare
	mkdir -p "$dir"
	tmp=$(mktemp -d)
	apt_settings >"$tmp/apt.conf"
	[ "$suite" != "$base" ] || suite=
	# shellcheck disable=SC2086 # none, or one more
	sources deb "$base" "$base-updates" "$base-security" $suite >"$tmp/sources"
	# A tar in between, so that every owner is one of our own namespace's ids.
	TMPDIR=${LAB_TMPDIR:-/var/tmp} $LAB_NICE mmdebstrap --mode="$mode" --variant=minbase \
		--aptopt="$tmp/apt.conf" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--dpkgopt=force-unsafe-io \
		--skip=output/dev --skip=check/empty \
		--include="$(IFS=,; echo "$*")" --format=tar "$base" - "$tmp/sources" |
		as_ns_root tar -x --numeric-owner -C "$dir" -f -
	rm -r "$tmp"
}

# build_apt ARGS...: apt-get in the build chroot, against every suite we use
# (sources included), with lists of its own.
build_apt_conf() {
	mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/cache/archives/partial"
	{ apt_settings; cat <<-EOF; } | put "$CACHE/apt/apt.conf"
	Dir::Etc::SourceList "/cache/apt/sources.list";
	Dir::Etc::SourceParts "-";
	Dir::State::Lists "/cache/apt/lists";
	Dir::Cache "/cache/apt/cache";
	APT::Sandbox::User "root";
	EOF
	SOURCES_NO_KEY=1
	{
		sources deb trixie trixie-updates trixie-security trixie-backports \
			bookworm bookworm-updates bookworm-security
		sources deb-src trixie trixie-updates trixie-security
	} | put "$CACHE/apt/sources.list"
}

# put FILE: standard input becomes FILE, at once, and only if it differs.
put() {
	cat >"$1.new"
	if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

build_apt() { in_build env APT_CONFIG=/cache/apt/apt.conf "$@"; }

# Fresh lists at most once an hour: several steps of one cold run share them.
build_apt_update() (
	exec 8>"$CACHE/lock/apt"
	flock 8
	build_apt_conf
	if [ -z "$(find "$CACHE/apt/updated" -mmin -60 2>/dev/null)" ]; then
		build_apt apt-get -q update
		touch "$CACHE/apt/updated"
	fi
)
