#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The sysfs contract: replays what management tools read and write (the table
# "consumers" beside this file) against the live tree. One result per line of the
# table, with the consumer's name. CONTRACT=FILE takes another table.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

TABLE=${CONTRACT:-/lab/tests/contract/consumers}
ONE='' U='' REMEMBERED='' MAC_REMEMBERED=''
ALL=()

trim() { local v=${1#"${1%%[![:space:]]*}"}; printf '%s' "${v%"${v##*[![:space:]]}"}"; }

fill() {
	local s=$1

	s=${s//\{parent\}/$PF}
	s=${s//\{one\}/$ONE}
	s=${s//\{uuid\}/$U}
	[[ $s != *"{group}"* ]] || s=${s//\{group\}/$(basename "$(readlink "$MDEV/$U/iommu_group")")}
	printf '%s' "$s"
}

# --- demands ------------------------------------------------------------------

# A whole file, with its last newline, in CONTENT.
content() {
	[ -r "$1" ] && IFS= read -r -d '' CONTENT <"$1"
	[ -n "${CONTENT+set}" ] && [ -e "$1" ] || { echo "$1: not to be read"; return 1; }
}

satisfies() { # PATH DEMAND
	local v t

	CONTENT=
	content "$1" || return
	v=$(trim "$CONTENT")
	echo "$1: '$CONTENT'"
	case $2 in
	i32) [[ $v =~ ^[+-]?[0-9]{1,10}$ ]] && [ "$v" -le 2147483647 ] && [ "$v" -ge 0 ] ;;
	uint) [[ $CONTENT =~ ^[0-9]{1,9}$'\n'$ ]] ;;
	int) [[ $v =~ ^-?[0-9]{1,9}$ ]] ;;
	text) [ -n "$v" ] ;;
	line) [ -n "$v" ] && [ "$CONTENT" = "$v"$'\n' ] ;;
	unique)
		for t in $(types "$PF"); do
			[[ $1 == */"$t"/* ]] || fails grep -qxF "$v" "/sys/class/mdev_bus/$PF/mdev_supported_types/$t/${1##*/}" || return
		done
		[ -n "$v" ]
		;;
	'= '*) equal "$v" "${2#= }" ;;
	*) echo "unknown demand '$2'"; return 1 ;;
	esac
}

# --- accesses -----------------------------------------------------------------

use() {
	ONE=$1
	U=$2
	[ "$2" != random ] || U=$(cat /proc/sys/kernel/random/uuid)
}

has() { # DIRECTORY NAMES
	local n

	for n in $2; do
		find "$1/" -mindepth 1 -maxdepth 1 -name "$n" | grep -q . || { echo "$1 lacks $n"; return 1; }
	done
}

# One write() of exactly these bytes, its errno's text on the output.
# shellcheck disable=SC2069 # the message, not what is written
put() { printf %s "$2" 2>&1 >"$1"; }

taken() { echo "$2 > $1"; put "$1" "$2"; }

refuse() { # PATH "TEXT MESSAGE": the device is as it was
	local before out

	before=$(cat "$1")
	out=$(put "$1" "${2%% *}") && { echo "taken"; return 1; }
	echo "$out"
	[[ $out == *"${2#* }"* ]] && equal "$(cat "$1")" "$before"
}

leads_to() { # LINK NAME
	[ -L "$1" ] && equal "$(basename "$(readlink "$1")")" "$2"
}

soon() {
	local i

	for ((i = 0; i < 10; i++)); do
		[ ! -e "$1" ] || return 0
		sleep 0.1
	done
	echo "$1: not there"
	return 1
}

# The directory above the device's real place is its parent.
below() { equal "$(basename "$(dirname "$(readlink -f "$1")")")" "$2"; }

create_all() { # PATH OF create
	local n u

	ALL=()
	n=$(cat "${1%/create}/available_instances")
	while [ "${#ALL[@]}" -lt "$n" ]; do
		u=$(cat /proc/sys/kernel/random/uuid)
		taken "$1" "$u" || return
		ALL+=("$u")
	done
	echo "$n created"
	[ "$n" -gt 0 ] && equal "$(cat "${1%/create}/available_instances")" 0
}

remove_all() {
	local u

	for u in "${ALL[@]}"; do
		put "$MDEV/$u/remove" 1 && [ ! -e "$MDEV/$u" ] || { echo "$u stays"; return 1; }
	done
	echo "${#ALL[@]} removed"
}

each() { # PATH WITH {uuid}, DEMAND
	local u p g
	local -A seen=()

	for u in "${ALL[@]}"; do
		p=${1//\{uuid\}/$u}
		if [ "$2" != group ]; then
			satisfies "$p" "$2" || return
			continue
		fi
		g=$(basename "$(readlink "$p")")
		[[ $g =~ ^[0-9]+$ ]] && [ -z "${seen[$g]:-}" ] && [ -e "/dev/vfio/$g" ] || { echo "$u: group '$g'"; return 1; }
		seen[$g]=1
	done
	[ "${#ALL[@]}" -gt 0 ]
}

total() { # TYPE DIRECTORY, remember | same | all free
	local n made

	made=$(find "$1/devices" -mindepth 1 -maxdepth 1 | wc -l)
	n=$(($(cat "$1/available_instances") + made))
	echo "$made exist, $n in all"
	case $2 in
	remember) REMEMBERED=$n ;;
	same) equal "$n" "$REMEMBERED" ;;
	*) equal "$made" 0 && equal "$(pool "$PF")" "$FULL" ;;
	esac
}

mac() { # PATH, remember | same | other
	local m n=0 i a b

	m=$(cat "$1") && [[ $m =~ ^([0-9a-f]{2}:){5}[0-9a-f]{2}$ ]] || return
	case $2 in
	remember) MAC_REMEMBERED=$m ;;
	same) equal "$m" "$MAC_REMEMBERED" ;;
	# Not a neighbour of it: most octets differ.
	other)
		for i in 1 2 3 4 5 6; do
			a=$(cut -d: -f$i <<<"$m") b=$(cut -d: -f$i <<<"$MAC_REMEMBERED")
			[ "$a" = "$b" ] || n=$((n + 1))
		done
		echo "$MAC_REMEMBERED, $m"
		[ "$n" -ge 3 ]
		;;
	esac
}

# One line of the table; {type} is every type in turn.
access() { # ACCESS PATH DEMAND
	local t path

	if [[ $2 == *"{type}"* ]]; then
		for t in $(types "$PF"); do access "$1" "${2//\{type\}/$t}" "$3" || return; done
		return
	fi
	path=$2
	[ "$1" = each ] || path=$(fill "$2")
	case $1 in
	list) has "$path" "$(fill "$3")" ;;
	read) satisfies "$path" "$3" ;;
	'read?') [ ! -e "$path" ] || satisfies "$path" "$3" ;;
	link) leads_to "$path" "$(fill "$3")" ;;
	write) taken "$path" "$(fill "$3")" ;;
	refuse) refuse "$path" "$3" ;;
	no) fails test -e "$path" ;;
	yes) soon "$path" ;;
	parent) below "$path" "$(fill "$3")" ;;
	'create*') create_all "$path" ;;
	'remove*') remove_all ;;
	each) each "${path//\{parent\}/$PF}" "$3" ;;
	total | mac) "$1" "$path" "$3" ;;
	*) echo "unknown access '$1'"; return 1 ;;
	esac
}

lines() { grep -v '^[[:space:]]*\(#\|$\)' "$TABLE"; }

main() {
	local consumer how path demand

	plan $(($(lines | grep -vc '|[[:space:]]*use[[:space:]]*|') + 2))
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) FULL=$(pool "$PF")
	while IFS='|' read -r consumer how path demand; do
		consumer=$(trim "$consumer") how=$(trim "$how") path=$(trim "$path") demand=$(trim "$demand")
		if [ "$how" = use ]; then
			use "$path" "$demand"
			continue
		fi
		check "$consumer: $how ${path#/sys/}${demand:+: $demand}" access "$how" "$path" "$demand"
	done < <(lines)
	check "everything is free again" equal "$(pool "$PF")" "$FULL"
	finish
}

main
