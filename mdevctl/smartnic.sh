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

# --- settings -----------------------------------------------------------------

# A row a setting: its name; the value of a device that was not given one (-: an address
# of its own, @: the queues of its type); whether it may change while the device is open;
# how a value is checked, by check_... below and its arguments.
SETTINGS=$(
	cat <<-END
		mac		-	closed	mac
		vlan		all	live	vlan
		tx_rate		0	live	number 0 100000 1
		trust		off	live	word on off
		spoofchk	on	live	word on off
		link_state	auto	live	word auto enable disable
		queues		@	closed	number 1 @ 1
		rx_ring_size	4096	closed	number 64 4096 32
		tx_ring_size	4096	closed	number 64 4096 32
		itr		0	live	number 0 8190 2
	END
)
NAMES=$(printf '%s\n' "$SETTINGS" | awk '{ printf "%s%s", sep, $1; sep = " " }')

# setting NAME: its row, as $usual, $when and $check. Status 1: there is none.
setting() {
	while read -r row usual when check; do
		[ "$row" != "$1" ] || return 0
	done <<-END
		$SETTINGS
	END
	return 1
}

is_setting() {
	case $1 in
	smartnic/*) setting "${1#smartnic/}" ;;
	*) return 1 ;;
	esac
}

usual() {
	setting "$1"
	case $usual in
	-) ;;
	@) echo "$type_queues" ;;
	*) echo "$usual" ;;
	esac
}

closed_only() {
	setting "$1"
	[ "$when" = closed ]
}

# The checks: NAME VALUE, then the arguments of the setting's row.

# check_number NAME VALUE MIN MAX STEP
check_number() {
	case $2 in
	'' | *[!0-9]* | 0?*) refuse "smartnic/$1: '$2' is no decimal number" ;;
	esac
	[ "$4" != @ ] || set -- "$1" "$2" "$3" "$type_queues" "$5"
	# What has more digits is too large, for the shell as well.
	if [ "${#2}" -gt 9 ] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || [ "$(($2 % $5))" != 0 ]; then
		[ "$5" = 1 ] || refuse "smartnic/$1: $2 is no multiple of $5 from $3 to $4"
		refuse "smartnic/$1: $2 is not from $3 to $4"
	fi
}

# check_word NAME VALUE WORD...
check_word() {
	name=$1 value=$2
	shift 2
	for w; do
		[ "$value" != "$w" ] || return 0
	done
	refuse "smartnic/$name: '$value' is none of: $*"
}

h='[0-9A-Fa-f]'
check_mac() {
	# shellcheck disable=SC2254 # it is a pattern
	case $2 in
	$h$h:$h$h:$h$h:$h$h:$h$h:$h$h) ;;
	*) refuse "smartnic/mac: '$2' is no address of the form 02:00:00:00:00:01" ;;
	esac
	case $2 in
	00:00:00:00:00:00) refuse "smartnic/mac: $2 is no address of a device" ;;
	?[13579bBdDfF]:*) refuse "smartnic/mac: $2 is a multicast address" ;;
	esac
}

# check_vids LIST: items that ascend, each a number or a range.
check_vids() {
	last=0 rest=$1,
	while [ -n "$rest" ]; do
		item=${rest%%,*} rest=${rest#*,}
		from=${item%%-*} to=${item#*-}
		check_number vlan "$from" 1 4094 1
		check_number vlan "$to" 1 4094 1
		# 5-5 is the list of one; 5 alone would be a port VLAN.
		case $item in
		*-*) [ "$from" -lt "$to" ] || [ "$to-$to" = "$2" ] || refuse "smartnic/vlan: '$item' is no range" ;;
		esac
		[ "$last" = 0 ] || [ "$from" -gt $((last + 1)) ] ||
			refuse "smartnic/vlan: '$1': the numbers of a list ascend, and neighbours are a range: 1,3-5"
		last=$to
	done
}

check_vlan() {
	case $2 in
	all | untagged | 0) ;;
	*,* | *-*) check_vids "${2#untagged,}" "$2" ;;
	*)
		vid=${2#802.1ad:}
		case $vid in *:p[0-7]) vid=${vid%:p?} ;; esac
		case $vid in
		'' | *[!0-9]* | 0?*) refuse "smartnic/vlan: '$2' is none of: untagged, all, 100, 100:p3, 802.1ad:100:p3, 100,200-210" ;;
		esac
		check_number vlan "$vid" 1 4094 1
		;;
	esac
}

# The driver's rules.
check_value() { # NAME VALUE
	setting "$1"
	# shellcheck disable=SC2086 # words
	set -- "$1" "$2" $check
	f=check_$3 name=$1 value=$2
	shift 3
	"$f" "$name" "$value" "$@"
}

# --- the other devices of the parent ----------------------------------------------

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

# What the others may send, Mb/s: each as it runs, or else as it is defined.
rates_of_others() {
	sum=0
	for f in "$PARENTS/$parent"/*/smartnic/tx_rate; do
		case $f in
		*/"$uuid"/smartnic/tx_rate) ;;
		*) read -r rate 2>/dev/null <"$f" && sum=$((sum + rate)) ;;
		esac
	done
	for f in "$DEFINED/$parent"/*; do
		other=${f##*/}
		[ "$other" != "$uuid" ] && [ ! -e "$MDEVS/$other" ] && [ -f "$f" ] || continue
		rate=$(read_attrs <"$f" | sed -n 's|^smartnic/tx_rate	||p' | tail -n 1)
		case $rate in
		'' | *[!0-9]* | ??????????*) ;;
		*) sum=$((sum + rate)) ;;
		esac
	done
	echo "$sum"
}

# A device with a rate is promised it: together they may not exceed the link. A
# device without one takes what is left.
check_rate_free() {
	[ "$1" -gt 0 ] && read -r speed 2>/dev/null <"$PARENTS/$parent/smartnic/link_speed" || return 0
	sum=$(($(rates_of_others) + $1))
	[ "$sum" -le "$speed" ] ||
		refuse "smartnic/tx_rate: with $1 Mb/s the devices of $parent would have $sum Mb/s, its link has $speed"
}

# --- events -------------------------------------------------------------------

# The definition on stdin; what it sets in $v_NAME, the names in $given.
check_attrs() {
	attrs=$(read_attrs) || refuse "$uuid: the definition is not understood"
	given=' '
	while IFS='	' read -r key value; do
		[ -n "$key" ] || continue
		is_setting "$key" ||
			refuse "'$key' is no attribute of $type that can be set; there are, below smartnic/: $NAMES"
		name=${key#smartnic/}
		case $given in
		*" $name "*) refuse "$key is given twice; remove one: mdevctl modify --delattr --index=N" ;;
		esac
		check_value "$name" "$value"
		given="$given$name "
		eval "v_$name=\$value"
	done <<-END
		$attrs
	END
	[ -z "${v_mac:-}" ] || check_mac_free "$v_mac"
	check_rate_free "${v_tx_rate:-0}"
}

current() { cat "$MDEVS/$uuid/smartnic/$1" 2>/dev/null; }

# wanted NAME: what the definition says of it, or what is so without it.
wanted() {
	case $given in
	*" $1 "*) eval "printf '%s\n' \"\$v_$1\"" ;;
	*) usual "$1" ;;
	esac
}

differs() {
	want=$(wanted "$1")
	[ -n "$want" ] || return 1
	# All VLANs are in force with trust only, and read "untagged" without.
	case $1-$want in
	vlan-all | vlan-0) [ "$(wanted trust)-$(current vlan)" != off-untagged ] || return 1 ;;
	esac
	! current "$1" | grep -qixF "$want"
}

# A running device becomes as the definition says: what needs it closed is looked
# at first, so that nothing is done by halves.
modify_live() {
	state=$(current state) || refuse "$uuid does not run"
	for n in $NAMES; do
		closed_only "$n" && differs "$n" || continue
		case $state in
		open*) refuse "smartnic/$n: $uuid is in use ($state): it changes only while the device is closed" ;;
		esac
	done
	for n in $NAMES; do
		differs "$n" || continue
		(printf %s "$want" >"$MDEVS/$uuid/smartnic/$n") 2>/dev/null ||
			refuse "smartnic/$n: the driver refused $want, see the kernel's log"
	done
}

# The address, and what somebody has set. Nothing to say about a device that is
# just going away.
get_attributes() {
	comma=
	printf '['
	for n in $NAMES; do
		v=$(current "$n") && [ "$v" != "$(usual "$n")" ] || continue
		[ "$n-$v-$(current trust)" != vlan-untagged-off ] || continue
		printf '%s{"smartnic/%s":"%s"}' "$comma" "$n" "$v"
		comma=,
	done
	printf ']\n'
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

type_queues=${type##*-}
type_queues=${type_queues%q}
case $type_queues in
'' | *[!0-9]*) type_queues=16 ;;
esac

case $event-$action in
pre-define | pre-modify | pre-start) check_attrs ;;
live-modify) check_attrs && modify_live ;;
get-attributes) get_attributes ;;
get-capabilities) get_capabilities ;;
# mdevctl 1.2 wants its definition read.
*) cat >/dev/null ;;
esac
