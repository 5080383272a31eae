#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mdevctl's callout for the SmartNIC's mediated devices:
#
#   smartnic.sh -t TYPE -e EVENT -a ACTION -s STATE -u UUID -p PARENT <device.json
#
# Before a device is defined, modified or started its attributes are checked, so
# that a mistake is refused when it is made, with a line that says what it is. The
# driver checks again: it has the last word. Status 2 tells mdevctl that a type is
# not ours; status 1 refuses.

# shellcheck disable=SC2013 # names without blanks
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL

DEFINED=/etc/mdevctl.d
PARENTS=/sys/class/mdev_bus
MDEVS=/sys/bus/mdev/devices

refuse() {
	printf '%s\n' "$*" >&2
	exit 1
}

# Attributes of a definition on stdin, a line each: key, tab, value, both as JSON
# spells them. jq is not where mdevctl is; awk is. Status 1: not a definition.
read_attrs() {
	awk '
	{ text = text $0 " " }
	END {
		while (match(text, /^[ \t\r]+/)) text = substr(text, RLENGTH + 1)
		while (text != "") {
			if (!match(text, /^("([^"\\]|\\.)*"|[^] \t\r",:{}[]+|[],:{}[])/)) exit 1
			tok = substr(text, 1, RLENGTH)
			text = substr(text, RLENGTH + 1)
			while (match(text, /^[ \t\r]+/)) text = substr(text, RLENGTH + 1)
			if (!token(tok)) exit 1
		}
		if (depth || !seen) exit 1
	}
	# What is open is a stack of brackets; keys are those of its objects.
	function token(tok) {
		if (tok == "{" || tok == "[") {
			if (!depth && (seen++ || tok != "{")) return 0
			open[++depth] = tok
			key[depth] = ""
			return 1
		}
		if (!depth) return 0
		if (tok == "}" || tok == "]") {
			if (open[depth] != (tok == "}" ? "{" : "[")) return 0
			depth--
			return value("")
		}
		if (tok == ",") { colon[depth] = 0; return 1 }
		if (tok == ":") { colon[depth] = 1; return open[depth] == "{" }
		if (tok ~ /^"/) tok = substr(tok, 2, length(tok) - 2)
		if (open[depth] == "{" && !colon[depth]) { key[depth] = tok; return 1 }
		return value(tok)
	}
	function value(tok) {
		if (depth == 3 && key[1] == "attrs" && open[2] == "[" && open[3] == "{")
			printf "%s\t%s\n", key[3], tok
		colon[depth] = 0
		return 1
	}'
}

# --- what an address may be ---------------------------------------------------

h='[0-9A-Fa-f]'
check_mac() {
	# shellcheck disable=SC2254 # it is a pattern
	case $1 in
	$h$h:$h$h:$h$h:$h$h:$h$h:$h$h) ;;
	*) refuse "smartnic/mac: '$1' is no address of the form 02:00:00:00:00:01" ;;
	esac
	case $1 in
	00:00:00:00:00:00) refuse "smartnic/mac: $1 is no address of a device" ;;
	?[13579bBdDfF]:*) refuse "smartnic/mac: $1 is a multicast address" ;;
	esac
}

# Nobody else on this parent may have the address, running or defined.
check_mac_free() {
	for f in $(grep -lixF "$1" "$PARENTS/$parent"/*/smartnic/mac 2>/dev/null); do
		other=${f%/smartnic/mac}
		other=${other##*/}
		[ "$other" = "$uuid" ] || refuse "smartnic/mac: $1 is the address of $other, which runs on $parent"
	done
	for f in $(grep -lixF "$1" "$PARENTS/$parent"/net/*/address 2>/dev/null); do
		f=${f%/address}
		refuse "smartnic/mac: $1 is the address of ${f##*/}, the network interface of $parent"
	done
	for f in $(grep -liF "$1" "$DEFINED/$parent"/* 2>/dev/null); do
		other=${f##*/}
		[ "$other" != "$uuid" ] || continue
		! read_attrs <"$f" | grep -qixF "smartnic/mac	$1" ||
			refuse "smartnic/mac: $1 is the address of $other, which is defined on $parent"
	done
}

# --- events -------------------------------------------------------------------

# The definition on stdin; its address, if it has one, in $mac.
check_attrs() {
	attrs=$(read_attrs) || refuse "$uuid: the definition is not understood"
	mac=
	while IFS='	' read -r key value; do
		case $key in
		'') ;;
		smartnic/mac)
			[ -z "$mac" ] || refuse "smartnic/mac is given twice; remove one: mdevctl modify --delattr --index=N"
			check_mac "$value"
			mac=$value
			;;
		*) refuse "'$key' is no attribute of $type that can be set; smartnic/mac is" ;;
		esac
	done <<-END
		$attrs
	END
	[ -z "$mac" ] || check_mac_free "$mac"
}

# A running device that nobody has open can change its address.
modify_live() {
	[ -n "$mac" ] || return 0
	! grep -qixF "$mac" "$MDEVS/$uuid/smartnic/mac" || return 0
	read -r state <"$MDEVS/$uuid/smartnic/state" || refuse "$uuid does not run"
	case $state in
	open*) refuse "smartnic/mac: $uuid is in use ($state): the address changes only while it is closed" ;;
	esac
	(printf %s "$mac" >"$MDEVS/$uuid/smartnic/mac") 2>/dev/null || refuse "smartnic/mac: the driver refused $mac, see the kernel's log"
}

# Nothing to say about a device that is just going away.
get_attributes() {
	if read -r mac 2>/dev/null <"$MDEVS/$uuid/smartnic/mac"; then
		printf '[{"smartnic/mac":"%s"}]\n' "$mac"
	else
		echo '[]'
	fi
}

# mdevctl 1.3 and later asks; whatever is not listed here would be refused.
get_capabilities() {
	echo '{"supports":{"version":2,"actions":["start","stop","define","undefine","modify","attributes","capabilities"],"events":["pre","post","notify","get","live"]}}'
}

type='' event='' action='' uuid='' parent=''
while getopts t:e:a:s:u:p: opt; do
	case $opt in
	t) type=$OPTARG ;;
	e) event=$OPTARG ;;
	a) action=$OPTARG ;;
	u) uuid=$OPTARG ;;
	p) parent=$OPTARG ;;
	s) ;;
	*) exit 1 ;;
	esac
done

case $type in
smartnic-*) ;;
*) exit 2 ;;
esac

case $event-$action in
pre-define | pre-modify | pre-start) check_attrs ;;
live-modify) check_attrs && modify_live ;;
get-attributes) get_attributes ;;
get-capabilities) get_capabilities ;;
# mdevctl 1.2 wants its definition read.
*) cat >/dev/null ;;
esac
