#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The operator's kit: the callout through the packaged mdevctl, profiles, and
# smartnic-doctor on this machine and on planted faults.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/faults.sh

KIT=/lab/mdevctl
CONF=/etc/mdevctl.d
MAC=02:00:00:00:77

uuid() { cat /proc/sys/kernel/random/uuid; }

# refused REGEX COMMAND...: fails, with exactly one line of ours, which matches.
refused() {
	local re=$1 out rc=0

	shift
	out=$("$@" 2>&1) || rc=$?
	printf '%s\n(status %d)\n' "$out" "$rc"
	[ "$rc" != 0 ] && [ "$(grep -c '^smartnic.sh: ' <<<"$out")" = 1 ] && grep -q "^smartnic.sh: .*$re" <<<"$out"
}

definition() { printf '{"mdev_type":"smartnic-1q","start":"manual","attrs":[%s]}\n' "$1" >/run/device.json; }
# define_with UUID ATTRS: through a file, as libvirt does it.
define_with() { definition "$2"; mdevctl define -u "$1" -p "$PF" --jsonfile /run/device.json; }
mac_attr() { printf '{"smartnic/mac":"%s"}' "$1"; }

# --- installing ---------------------------------------------------------------

install_kit() {
	make -C $KIT install && [ -x /usr/lib/mdevctl/scripts.d/callouts/smartnic.sh ] &&
		[ -x $CONF/scripts.d/callouts/smartnic.sh ] && [ -x /usr/sbin/smartnic-doctor ]
}

install_elsewhere() {
	make -C $KIT install DESTDIR=/run/dest && make -C $KIT uninstall DESTDIR=/run/dest && equal "$(find /run/dest ! -type d)" ""
}

# --- the callout by hand --------------------------------------------------------

callout() { # EVENT ACTION [TYPE]; definition in /run/device.json
	/usr/lib/mdevctl/scripts.d/callouts/smartnic.sh -t "${3:-smartnic-1q}" -e "$1" -a "$2" -s none -u "$U" -p "$PF" </run/device.json
}

foreign() {
	local e t rc

	definition "$(mac_attr nonsense)"
	for t in i915-GVTg_V5_4 mtty-1 smartnic smart-nic-1q ''; do
		for e in 'pre define' 'pre start' 'get attributes' 'get capabilities' 'live modify' 'post stop'; do
			rc=0
			# shellcheck disable=SC2086
			/usr/lib/mdevctl/scripts.d/callouts/smartnic.sh -t "$t" -e ${e% *} -a ${e#* } -s none -u "$U" -p "$PF" </run/device.json || rc=$?
			[ "$rc" = 2 ] || { echo "$t $e: status $rc"; return 1; }
		done
	done
}

capable() {
	callout get capabilities >/run/caps && cat /run/caps &&
		jq -e '.supports | .version == 2 and (.events | contains(["pre","post","get","notify","live"]))
			and (.actions | contains(["define","undefine","modify","start","stop","attributes","capabilities"]))' /run/caps
}

# What is no definition is refused, whatever it is.
garbage() {
	local g rc

	for g in '' '{' '[]' '{}}' '{"attrs":[{"smartnic/mac":"02:00:00:00:77:01"]}' 'attrs' "$(head -c 300 /dev/urandom | tr -d '\000' | base64)"; do
		printf %s "$g" >/run/device.json
		rc=0
		callout pre define || rc=$?
		[ "$rc" = 1 ] || { echo "'$g': status $rc"; return 1; }
	done
}

# --- the callout through mdevctl ---------------------------------------------------

bad_macs() {
	local m

	for m in 00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:01 02:00:00:00:77 $MAC:01:02 02-00-00-00-77-01 0200.0000.7701 \
		"$MAC:0g" " $MAC:01" "$MAC:01 " "$MAC:01\\n" '' '*' 2:0:0:0:77:1; do
		refused 'smartnic/mac:' define_with "$U" "$(mac_attr "$m")" || { echo "'$m'"; return 1; }
		[ ! -e "$CONF/$PF/$U" ] || return
	done
}

unknown() { refused "'${1/\*/[*]}' is no attribute" define_with "$U" "{\"$1\":\"1\"}" && [ ! -e "$CONF/$PF/$U" ]; }
unknowns() {
	local a

	for a in smartnic/state smartnic/stats/rx_bytes mac vlan smartnic/../remove 'smartnic/mac ' 'smartnic/mac vlan' smartnic/; do
		unknown "$a" || return
	done
}

# Name, value; what the driver would refuse, too.
bad_values() {
	local n v

	while read -r n v; do
		refused "smartnic/$n:" define_with "$U" "{\"smartnic/$n\":\"$v\"}" || { echo "$n '$v'"; return 1; }
		[ ! -e "$CONF/$PF/$U" ] || return
	done <<-'END'
		vlan 4095
		vlan -1
		vlan 010
		vlan 99999999999999999999
		vlan untagged,
		vlan 2,1
		vlan 1,2
		vlan 1-5,3
		vlan 100:p8
		vlan 802.1q:5
		vlan 802.1ad:1-5
		vlan
		tx_rate 100001
		tx_rate 10M
		trust yes
		trust ON
		spoofchk 1
		spoofchk
		link_state up
		queues 0
		queues 2
		rx_ring_size 65
		rx_ring_size 32
		tx_ring_size 8192
		itr 3
		itr 8192
	END
}
twice() { refused 'given twice' define_with "$U" "$(mac_attr $MAC:01),$(mac_attr $MAC:02)"; }

defined_mac() { equal "$(jq -r '.attrs[]["smartnic/mac"]' "$CONF/$PF/$1")" "$2"; }

life() {
	define_with "$U" "$(mac_attr $MAC:01)" && defined_mac "$U" $MAC:01 || return
	for _ in 1 2; do
		mdevctl start -u "$U" && equal "$(attr "$U" mac)" $MAC:01 && mdevctl stop -u "$U" && defined_mac "$U" $MAC:01 || return
	done
}

modified() {
	refused multicast mdevctl modify -u "$U" --addattr=smartnic/mac --value=03:00:00:00:00:01 --index 0 &&
		defined_mac "$U" $MAC:01 && mdevctl modify -u "$U" --delattr --index 0 &&
		mdevctl modify -u "$U" --addattr=smartnic/mac --value=$MAC:02 && defined_mac "$U" $MAC:02
}

ALL_SET='{"smartnic/mac":"02:00:00:00:77:09"},{"smartnic/vlan":"100"},{"smartnic/tx_rate":"1000"},{"smartnic/trust":"on"},{"smartnic/spoofchk":"off"},
	{"smartnic/link_state":"enable"},{"smartnic/queues":"1"},{"smartnic/rx_ring_size":"512"},{"smartnic/tx_ring_size":"1024"},{"smartnic/itr":"20"}'
are() { # UUID, then NAME=VALUE
	local u=$1 s

	shift
	for s; do equal "${s%%=*}=$(attr "$u" "${s%%=*}")" "$s" || return; done
}
all_set() {
	are "$1" mac=02:00:00:00:77:09 vlan=100 tx_rate=1000 trust=on spoofchk=off link_state=enable queues=1 rx_ring_size=512 tx_ring_size=1024 itr=20
}

# Every setting through a definition; then of a running device into one.
settings_live_on() { # TYPE
	local u v

	u=$(uuid)
	printf '{"mdev_type":"%s","start":"manual","attrs":[%s]}\n' "$1" "$ALL_SET" >/run/device.json
	mdevctl define -u "$u" -p "$PF" --jsonfile /run/device.json || return
	for v in 1 2; do
		mdevctl start -u "$u" && all_set "$u" && mdevctl stop -u "$u" || return
	done
	mdevctl undefine -u "$u"
}

# Each form of vlan, through a definition; an old definition's 0 is loaded.
vlan_forms() {
	local u v

	u=$(uuid)
	for v in 7:p3 802.1ad:7 802.1ad:4094:p0 5-5 1,3-4094 untagged,100,200-210 untagged; do
		define_with "$u" "{\"smartnic/vlan\":\"$v\"}" && mdevctl start -u "$u" && are "$u" "vlan=$v" && mdevctl stop -u "$u" &&
			mdevctl undefine -u "$u" || { echo "$v"; return 1; }
	done
	for v in 0 all; do
		define_with "$u" "{\"smartnic/vlan\":\"$v\"},{\"smartnic/trust\":\"on\"}" && mdevctl start -u "$u" && are "$u" vlan=all &&
			mdevctl stop -u "$u" && mdevctl undefine -u "$u" || return
		define_with "$u" "{\"smartnic/vlan\":\"$v\"}" && mdevctl start -u "$u" && are "$u" vlan=untagged && mdevctl stop -u "$u" &&
			mdevctl undefine -u "$u" || return
	done
}

# What was set by hand survives define, stop, start; what was not stays unsaid.
defined_as_it_runs() {
	local u

	u=$(mdevctl start -p "$PF" -t smartnic-2q) && cd "$MDEV/$u/smartnic" || return
	echo 7 >vlan && echo 250 >tx_rate && echo on >trust && echo 1 >queues && echo disable >link_state || return
	cd / && mdevctl define -u "$u" && cat "$CONF/$PF/$u" || return
	equal "$(jq -r '[.attrs[] | keys[0]] | sort | join(" ")' "$CONF/$PF/$u")" \
		'smartnic/link_state smartnic/mac smartnic/queues smartnic/trust smartnic/tx_rate smartnic/vlan' || return
	mdevctl stop -u "$u" && mdevctl start -u "$u" &&
		are "$u" vlan=7 tx_rate=250 trust=on queues=1 link_state=disable spoofchk=on itr=0 rx_ring_size=4096 &&
		mdevctl stop -u "$u" && mdevctl undefine -u "$u"
}

# The link has so many Mb/s; running and defined devices count, others do not.
rates() {
	local speed a b c u

	speed=$(cat "/sys/class/mdev_bus/$PF/smartnic/link_speed") && a=$(uuid) b=$(uuid) c=$(uuid) || return
	define_with "$a" "{\"smartnic/tx_rate\":\"$((speed / 2))\"}" &&
		refused "its link has $speed" define_with "$b" "{\"smartnic/tx_rate\":\"$((speed / 2 + 1))\"}" &&
		define_with "$b" "{\"smartnic/tx_rate\":\"$((speed / 2))\"}" && define_with "$c" '{"smartnic/tx_rate":"0"}' || return
	# One that runs counts by what it has, also itself: again is not twice.
	mdevctl start -u "$a" && mdevctl start -u "$c" && echo 1 >"$MDEV/$c/smartnic/tx_rate" || return
	refused 'smartnic/tx_rate: with' mdevctl start -u "$b" && [ ! -e "$MDEV/$b" ] || return
	echo 0 >"$MDEV/$c/smartnic/tx_rate" && mdevctl start -u "$b" || return
	for u in "$a" "$b" "$c"; do mdevctl stop -u "$u" && mdevctl undefine -u "$u" || return; done
}

# Of a definition, a running device, and the network interface: same or other case.
dup_defined() { V=$(uuid); refused "is the address of $U, which is defined" define_with "$V" "$(mac_attr "$1")" && [ ! -e "$CONF/$PF/$V" ]; }
dup_running() {
	local mac

	R=$(mdevctl start -p "$PF" -t smartnic-2q) && mac=$(attr "$R" mac) || return
	refused "is the address of $R, which runs" define_with "$(uuid)" "$(mac_attr "$mac")" &&
		refused "is the address of $R, which runs" define_with "$(uuid)" "$(mac_attr "${mac^^}")"
}
dup_netdev() { refused "network interface of $PF" define_with "$(uuid)" "$(mac_attr "$(cat "/sys/class/net/$(pf_netdev)/address")")"; }
dup_start() {
	definition "$(mac_attr $MAC:02)"
	V=$(uuid)
	refused "is the address of $U" mdevctl start -u "$V" -p "$PF" --jsonfile /run/device.json && [ ! -e "$MDEV/$V" ]
}

# The other card's, or nobody's, is not ours to refuse.
absent_parent() {
	V=$(uuid)
	definition "$(mac_attr $MAC:02)"
	mdevctl define -u "$V" -p 0000:7f:00.0 --jsonfile /run/device.json && mdevctl undefine -u "$V"
}

# --- running devices ------------------------------------------------------------------

keeps() { mdevctl define -u "$R" && defined_mac "$R" "$(attr "$R" mac)" && mdevctl undefine -u "$R"; }
shows() { mdevctl list -u "$R" -v | tee /dev/stderr | grep -q "smartnic/mac.*$(attr "$R" mac)"; }

live_attrs() { # ATTRS: the running device's, without a definition
	printf '{"mdev_type":"smartnic-2q","start":"manual","attrs":[%s]}\n' "$1" >/run/device.json
	mdevctl modify -u "$R" --live --jsonfile /run/device.json
}
live() { live_attrs "$(mac_attr "$1")"; }
live_set() { live $MAC:03 && equal "$(attr "$R" mac)" $MAC:03; }
live_bad() { refused multicast live 33:33:00:00:00:01 && refused 'which is defined' live $MAC:02 && equal "$(attr "$R" mac)" $MAC:03; }

# Open, as a VMM has it: QEMU that stops before its guest starts.
vmm_open() {
	local i

	qemu-system-x86_64 -M pc -accel tcg -m 64 -S -nodefaults -display none -device "vfio-pci,sysfsdev=$MDEV/$R" </dev/null >"$LAB_OUT/qemu" 2>&1 &
	VMM=$!
	for ((i = 0; i < 300; i++)); do
		[[ $(attr "$R" state) != open* ]] || return 0
		sleep 0.1
	done
	vmm_gone
	return 1
}
vmm_gone() { kill $VMM; wait $VMM; }

live_open() {
	local rc=0

	vmm_open || return
	refused 'in use (open' live $MAC:04 && live $MAC:03 && equal "$(attr "$R" mac)" $MAC:03 || rc=$?
	vmm_gone
	return "$rc"
}

# Open: what is live changes, what is not is refused, and nothing by halves.
live_settings() {
	local rc=0

	vmm_open || return
	live_attrs '{"smartnic/vlan":"5"},{"smartnic/tx_rate":"70"},{"smartnic/trust":"on"},{"smartnic/spoofchk":"off"},{"smartnic/link_state":"enable"},{"smartnic/itr":"40"}' &&
		are "$R" vlan=5 tx_rate=70 trust=on spoofchk=off link_state=enable itr=40 &&
		refused 'smartnic/queues: .* is in use' live_attrs '{"smartnic/vlan":"6"},{"smartnic/queues":"1"}' && are "$R" vlan=5 queues=2 &&
		refused 'smartnic/vlan:' live_attrs '{"smartnic/vlan":"5000"}' && are "$R" vlan=5 &&
		live_attrs "$(mac_attr "$(attr "$R" mac)")" && are "$R" vlan=untagged tx_rate=0 trust=off spoofchk=on link_state=auto itr=0 || rc=$?
	vmm_gone
	return "$rc"
}

# One line for each thing done to a device, with its settings where mdevctl knows them;
# none for others' types.
notified() {
	local u

	dmesg -C
	u=$(mdevctl start -p "$PF" -t smartnic-1q) && mdevctl define -u "$u" && mdevctl stop -u "$u" && mdevctl undefine -u "$u" || return
	$CONF/scripts.d/notifiers/smartnic-notify.sh -t mtty-1 -e notify -a start -s success -u "$u" -p "$PF" <<<'{}' || return
	dmesg | grep 'smartnic: .* of ' | tee /run/notes
	equal "$(grep -c "smartnic: [a-z]* of smartnic-1q $u on $PF: success" /run/notes) $(wc -l </run/notes)" '4 4' &&
		grep -q 'start of ' /run/notes && grep -q 'stop of ' /run/notes && grep -q 'define of .*: success (mac=' /run/notes
}

# mdevctl 1.2 changes definitions only.
live_check() {
	if mdevctl modify --help | grep -q -- --live; then check "$@"; else skip "$1" "$(mdevctl --version) has no modify --live"; fi
}

profiles() {
	local f u n=0

	for f in /usr/share/smartnic/profiles/*.json; do
		u=$(mdevctl define -p "$PF" --jsonfile "$f") && mdevctl start -u "$u" && [ -d "$MDEV/$u" ] &&
			mdevctl stop -u "$u" && mdevctl undefine -u "$u" || { echo "$f"; return 1; }
		n=$((n + 1))
	done
	[ "$n" -ge 5 ]
}

# --- the doctor ----------------------------------------------------------------------

# What the package leaves wrong on this machine it finds, and its cure cures.
doctor_here() {
	local cure

	if [ ! -x /usr/sbin/mdevctl ]; then
		smartnic-doctor >/run/doctor && return 1
		cat /run/doctor
		equal "$(grep -c 'runs /usr/sbin/mdevctl, which does not exist' /run/doctor)" 1 || return
		cure=$(sed -n 's/.*so nothing starts by itself: //p' /run/doctor)
		$cure
	fi
	[ "${DMA:-}" != table ] || { healthy --table; return; }
	healthy
}

main() {
	plan $((33 + PLANTED))
	U=$(uuid)
	say "$(mdevctl --version), kernel $(uname -r)"
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf)
	check "the doctor misses the callout" doctor_misses 'callout smartnic.sh is not installed'
	must "install" install_kit
	check "install and uninstall with DESTDIR" install_elsewhere
	check "the doctor's cure leaves it silent here" doctor_here

	check "callout ignores foreign types" foreign
	check "capabilities" capable
	check "what is no definition is refused" garbage
	check "define with a mac that is none is refused" bad_macs
	check "unknown attributes are refused" unknowns
	check "define with a value that the driver would refuse is refused" bad_values
	check "an attribute given twice is refused" twice
	check "a mac survives define, start, stop" life
	check "modify checks, and changes" modified
	check "all settings survive define, start, stop" settings_live_on smartnic-2q
	check "all settings of a virtio device do" settings_live_on smartnic-virtio-2q
	check "each form of vlan survives define, start, stop" vlan_forms
	check "rates beyond the link are refused" rates
	check "a defined device's mac is refused" dup_defined $MAC:02
	check "a start with a defined device's mac is refused" dup_start
	check "a running device's mac is refused" dup_running
	check "the network interface's mac is refused" dup_netdev
	check "another parent's devices do not count" absent_parent
	check "define of a running device keeps its mac" keeps
	check "define of a running device keeps what was set, over stop and start" defined_as_it_runs
	check "list shows a running device's mac" shows
	live_check "modify --live changes the mac" live_set
	live_check "modify --live checks" live_bad
	live_check "modify --live of an open device is refused" live_open
	live_check "modify --live of an open device changes what is live" live_settings
	check "stop and undefine" eval 'mdevctl stop -u "$R" && mdevctl undefine -u "$U"'
	check "profiles" profiles
	check "the notifier tells of each" notified
	planted_faults
	finish
}

main
