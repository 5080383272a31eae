# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The lab's foundation: where the cache is, how a step is built once, and how
# a command runs inside one of our chroots. Sourced by every script here.

set -euo pipefail

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
REPO=$(cd "$LAB/../.." && pwd -P)
CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/smartnic-vdcm}
mkdir -p "$CACHE"
CACHE=$(cd "$CACHE" && pwd -P)
mkdir -p "$CACHE/log" "$CACHE/lock"
LAB_NICE=${LAB_NICE-nice -n 5}

# Progress goes to the terminal even from within a step, whose output is a log.
exec {LAB_TTY}>&2
say() { printf 'lab: %s\n' "$*" >&"$LAB_TTY"; }
die() { say "$*"; exit 125; }

# A list file without comments and blank lines, as one line.
words() { sed -e 's/#.*//' "$1" | xargs; }

# The names of the table "kernels", as one line; KERNEL is the first of them.
kernels() { awk '!/^#/ { printf "%s%s", s, $1; s = " " }' "$LAB/kernels"; }
KERNEL=$(kernels)
KERNEL=${KERNEL%% *}
# kernel_fact NAME COLUMN: of its row; nothing if it has none.
kernel_fact() { awk -v k="$1" -v c="$2" '$1 == k { print $c }' "$LAB/kernels"; }

# --- the host -------------------------------------------------------------

# What the host must bring. Root installs it; anyone else gets one line to paste.
host_tools() {
	local -a miss=()

	command -v mmdebstrap >/dev/null || miss+=(mmdebstrap)
	command -v mount >/dev/null || miss+=(mount)
	if [ "$(id -u)" != 0 ]; then
		command -v newuidmap >/dev/null || miss+=(uidmap)
	fi
	if [ "${#miss[@]}" -gt 0 ]; then
		command -v apt-get >/dev/null ||
			die "missing: ${miss[*]}; install them with your system's package manager"
		[ "$(id -u)" = 0 ] ||
			die "missing tools; paste: sudo apt-get install -y ${miss[*]}"
		say "installing ${miss[*]}"
		{
			apt-get install -y --no-install-recommends "${miss[@]}" ||
			{ apt-get update && apt-get install -y --no-install-recommends "${miss[@]}"; }
		} >"$CACHE/log/host.log" 2>&1 ||
			die "apt-get install ${miss[*]} failed: see $CACHE/log/host.log"
	fi
	[ "$(id -u)" = 0 ] && return
	grep -q "^$(id -un):\|^$(id -u):" /etc/subuid 2>/dev/null ||
		die "no subordinate ids; paste: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
	unshare --user --map-root-user true 2>/dev/null ||
		die "no unprivileged user namespaces; paste: sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
}

# Kilobytes a cold step may need must be there before it starts.
disk_space() {
	local kb

	kb=$(df -Pk "$CACHE" | awk 'NR == 2 { print $4 }')
	[ "$kb" -ge "$1" ] ||
		die "only $((kb / 1024)) MB free for $CACHE, $(($1 / 1024)) MB needed: free some, or set LAB_CACHE to a larger disk"
}

# --- chroots --------------------------------------------------------------

# As root a mount namespace is enough; anyone else becomes root of a user
# namespace, with the subordinate ids for the other owners.
ns_args() {
	if [ "$(id -u)" = 0 ]; then
		echo --mount --propagation unchanged --pid --fork --kill-child
	else
		echo --user --map-root-user --map-auto --mount --propagation unchanged --pid --fork --kill-child
	fi
}

as_ns_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		unshare --user --map-root-user --map-auto "$@"
	fi
}

rm_tree() { as_ns_root rm -rf --one-file-system -- "$@"; }

# in_chroot DIR COMMAND...: the cache is /cache there, the checkout /src, and
# BINDS holds further "FROM:TO" pairs.
in_chroot() {
	local dir=$1

	shift
	# shellcheck disable=SC2046
	CACHE=$CACHE REPO=$REPO BINDS=${BINDS:-} \
		unshare $(ns_args) bash "$LAB/enter-chroot" "$dir" "$@"
}

# in_build COMMAND...: in the build chroot.
in_build() { in_chroot "$(step_dir chroot)/tree" "$@"; }

# --- steps ----------------------------------------------------------------
# steps/NAME.sh defines NAME_inputs (prints everything the result depends on)
# and NAME_build DIR. "kernel@6.1" is step "kernel" with the argument "6.1", unless
# it has a file of its own (kernel@debug.sh, with the functions of kernel_debug).

declare -A STEP_KEYS=()

# The file's name without its ending.
step_name() { if [ -f "$LAB/steps/$1.sh" ]; then echo "$1"; else echo "${1%%@*}"; fi; }

step_fn() { local n; n=$(step_name "$1"); printf '%s_%s\n' "${n//[-@]/_}" "$2"; }

step_load() {
	local f

	f=$LAB/steps/$(step_name "$1").sh
	[ -f "$f" ] || die "no such step: $1"
	# shellcheck disable=SC1090
	. "$f"
}

step_arg() { case $1 in *@*) echo "${1#*@}" ;; esac; }

# The part of a key that a user changes on purpose, to fetch newer packages.
epoch() { cat "$CACHE/epoch" 2>/dev/null || echo 0; }

step_key() {
	local s=$1

	if [ -z "${STEP_KEYS[$s]:-}" ]; then
		step_load "$s"
		STEP_KEYS[$s]=$({ cat "$LAB/steps/$(step_name "$s").sh"; "$(step_fn "$s" inputs)" "$(step_arg "$s")"; } |
			sha256sum | cut -c1-12)
	fi
	printf '%s\n' "${STEP_KEYS[$s]}"
}

step_dir() { printf '%s/%s-%s\n' "$CACHE" "$1" "$(step_key "$1")"; }

# --- results that are kept --------------------------------------------------
# A suite that passed is known by everything its result depends on, so that the
# table of "make matrix" takes from "make check" what has run.

trim() { local v=${1#"${1%%[![:space:]]*}"}; printf '%s' "${v%"${v##*[![:space:]]}"}"; }

content() {
	( cd "$REPO" && find "$@" -type f ! -name vdcm_config.h ! -name '*.pyc' ! -name '*.md' ! -name matrix ! -name lint |
		sort | xargs cat )
}

# build_kept KERNEL SETTING...: where it stands that the modules built so.
build_kept() {
	local key

	key=$({ step_key "kernel@$1"; echo "$@"; content Kbuild vdcm driver samples tests/modules include tests/lab; } | sha256sum | cut -c1-12)
	printf '%s/passed/build-%s-%s-%s\n' "$CACHE" "$1" "${2%%=*}" "$key"
}

# The kernel of a suite, from its options.
suite_kernel() { local re='--kernel ([^ ]+)'; if [[ $1 =~ $re ]]; then echo "${BASH_REMATCH[1]}"; else echo "$KERNEL"; fi; }

# The guests it asks for, as steps.
suite_guests() { grep -oE -- '--guest [^ ]+' <<<"$1" | sed 's/--guest /l2@/' || true; }

# suite_kept NAME DMA OPTIONS SCRIPT: where the counts stand of a suite in L1 that passed.
suite_kept() {
	local k key s

	k=$(suite_kernel "$3")
	key=$({
		for s in qemu rootfs l2 "kernel@$k" "boot@$k" $(suite_guests "$3"); do step_key "$s"; done
		echo "$*"
		# What else tests/lab/run and the scripts go by.
		env | grep -E '^(TYPE|GUESTS|VFIO|SLOW|LAB_MODULES_DIR|LAB_QEMU|LAB_L1_[A-Z0-9_]*)=' | sort || true
		content Kbuild vdcm driver include mdevctl tests/lab tests/selftests tests/e2e tests/soak tests/contract
	} | sha256sum | cut -c1-12)
	printf '%s/passed/%s-%s\n' "$CACHE" "$1" "$key"
}

size_of() { du -sm -- "$1" 2>/dev/null | cut -f1 || true; }

# What went wrong, in one line, from a step's log.
why() {
	if grep -q 'No space left on device' "$1"; then
		echo "no space left on the disk of $CACHE"
	elif grep -qE 'apt-get update .*failed|Could not resolve|Temporary failure|Could not connect|Failed to fetch|Unable to connect' "$1"; then
		echo "packages could not be fetched: check the network, or set LAB_MIRROR"
	else
		echo "see $1"
	fi
}

# step NAME: build it unless its result is there. The result directory appears
# complete or not at all; other runs wait for the one that builds.
step() {
	local s=$1 dir lock tmp log t0 old

	step_key "$s" >/dev/null
	dir=$(step_dir "$s")
	[ -d "$dir" ] && { touch "$dir"; return; }
	mkdir -p "$CACHE/lock"
	exec {lock}>"$CACHE/lock/$s"
	if ! flock -n "$lock"; then
		say "$s: waiting for another run that builds it"
		flock "$lock"
	fi
	if [ ! -d "$dir" ]; then
		disk_space 1500000
		t0=$SECONDS
		tmp=$CACHE/.tmp-$s
		log=$CACHE/log/$s.log
		rm_tree "$tmp"
		mkdir -p "$tmp"
		say "$s: building (log: $log)"
		# A subshell that is not part of a condition, so that -e holds in it.
		set +e
		( set -e; "$(step_fn "$s" build)" "$tmp" "$(step_arg "$s")" ) >"$log" 2>&1 {lock}>&-
		local rc=$?
		set -e
		if [ "$rc" != 0 ]; then
			tail -n 25 "$log" | cut -c1-240 >&2
			die "$s: failed after $((SECONDS - t0)) s: $(why "$log")"
		fi
		mv "$tmp" "$dir"
		for old in "$CACHE/$s"-*; do
			[ "$old" = "$dir" ] || [[ ! $old =~ -[0-9a-f]{12}$ ]] ||
				[ "${old%-*}" != "$CACHE/$s" ] ||
				# Another checkout may be using it today.
				[ -n "$(find "$old" -maxdepth 0 -mmin -720)" ] || rm_tree "$old"
		done
		say "$(printf '%-12s %4d s  %5d MB' "$s" $((SECONDS - t0)) "$(size_of "$dir")")"
	fi
	exec {lock}>&-
}

# shellcheck source=/dev/null
. "$LAB/mirror.sh"
