#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# removal.sh [TYPE|EVENT|STATE...]: everything that takes a device, or its SmartNIC, away (or
# nearly so), each with a device that nobody has open, one that a program holds which
# ignores release requests, and one in a guest under traffic. None takes longer than ten
# seconds (or it is an error's recovery that fails: 40; both times $SLOW), and each leaves
# nothing behind. Devices are opened as $VFIO and $L2_IOMMUFD say: through type1, on the
# debug kernel through iommufd.
#
# L1 sleeps, and asks its own machine to unplug the SmartNIC: run it with --copy
# --qmp, and with the hot plug left to the port, which alone can tell of a surprise:
# --qemu '-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'. Event "lost" comes
# only when it is named, and without that option (errors.sh).
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/errors.sh

# In this order a guest that carries on serves the next event as well.
EVENTS=(reset correctable nonfatal fatal clash suspend rmmod kill stop unbind unplug)
STATES=(idle open guest)
TYPE=smartnic-1q
declare -A LIMIT_MS=([lost]=40000)
HOLDER=''

# What becomes of a device in each state: it carries on; it is idle; it is gone, or
# its SmartNIC dead.
declare -A OUTCOME=(
	[reset]=on [suspend]=on [rmmod]=on [kill]=idle [stop]=gone [unbind]=gone [unplug]=gone
	[rmmod:idle]=gone
	[correctable]=goes_on [nonfatal]=goes_on [fatal]=goes_on [clash]=goes_on [lost]=dead
)
# Guests' own limits.
declare -A UNFIT=(
	[iavf:clash:guest]="stock iavf, reset again while it starts anew, may leave its interface down"
)
outcome() { echo "${OUTCOME[$1:$2]:-${OUTCOME[$1]}}"; }

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
stop_watch() { TOOK_MS=$(($(now_ms) - T0)); }

# until_ms LIMIT COMMAND...: LIMIT, as all of them, for a machine of the usual speed
until_ms() {
	local end=$(($(now_ms) + $1 * SLOW))

	shift
	until "$@"; do
		[ "$(now_ms)" -lt $end ] || { echo "not within the time: $*"; return 1; }
		sleep 0.05
	done
}

# --- the bill -------------------------------------------------------------------

adi_irqs() { grep -c 'smartnic-adi' /proc/interrupts; }
pasids() { dmesg | awk '/PASID [0-9]+ attached/ { n++ } /PASID [0-9]+ detached/ { n-- } END { print n + 0 }'; }
pins() {
	cat /proc/sys/vm/stat_refresh
	awk '$1 == "nr_foll_pin_acquired" { a = $2 } $1 == "nr_foll_pin_released" { r = $2 } END { print a - r }' /proc/vmstat
}

hardware_free() { [ "$(adi_irqs) $(pasids) $(pins)" = "0 0 $PINS" ]; }
bill() { echo "$(adi_irqs) vectors, $(pasids) PASIDs, $(pins) pins (before: $PINS), pool $(pool "$PF")"; }
settled() { hardware_free && [ "$(pool "$PF")" = "$FULL" ]; }

# --- states ---------------------------------------------------------------------

there() { [ -d "$MDEV/${UUID[x]:-none}" ]; }
holder_alive() { [ -n "$HOLDER" ] && kill -0 "$HOLDER" 2>/dev/null; }
state() { attr "${UUID[x]}" state; }
state_is() { [[ "$(state 2>/dev/null)" = $1 ]]; }

hold() { # [node]
	start_hold /run/hold "${UUID[x]}" "$@"
	HOLDER=$!
	until_ms 10000 grep -q ready /run/hold
}

drop_holder() {
	holder_alive && kill -KILL "$HOLDER"
	wait "$HOLDER" 2>/dev/null
	HOLDER=''
}

ping_for_ever() { l2_cmd x "ping -i 0.05 ${ADDR[host]} >/dev/null 2>&1 </dev/null &"; }

enter() { # STATE
	there || guest_mdev x "$PF" "$TYPE" || return
	case $1 in
	open) holder_alive || hold ;;
	guest)
		l2_alive x && return
		start_l2 x --mdev "${UUID[x]}" && [ "$(guest_dev x)" = eth0 ] && guest_up x 1 && reach x host && ping_for_ever
		;;
	esac
}

leave() {
	drop_holder
	! l2_alive x || stop_l2 x
	! there || { until_ms 5000 state_is idle && mdevctl stop -u "${UUID[x]}"; }
}

# --- events ---------------------------------------------------------------------

surprise() { l1_qmp '{"execute":"qom-set","arguments":{"path":"nic0","property":"removed","value":'"$1"'}}'; }
pf_there() { [ -d "/sys/class/mdev_bus/$PF/mdev_supported_types" ]; }
pf_gone() { [ ! -e "/sys/bus/pci/devices/$PF" ]; }

# On the debug kernel nobody listens to the port, but somebody removes what has gone: pciehp
# takes pci_rescan_remove_lock and its own reset_lock in both orders, whoever's device it is,
# and lockdep is off after its first report.
PCIEHP=/sys/bus/pci_express/drivers/pciehp
no_hot_plug() {
	local s

	for s in "$PCIEHP"/*:pcie*; do
		[ ! -e "$s" ] || echo "${s##*/}" >$PCIEHP/unbind || return
	done
}

hot_plug() { [ -n "$(find $PCIEHP -name '*:pcie*')" ]; }
taken_out() { hot_plug || echo 1 >"/sys/bus/pci/devices/$PF/remove"; }
put_in() { hot_plug || echo 1 >/sys/bus/pci/rescan; }

to_sleep() {
	echo devices >/sys/power/pm_test && echo 1 >/sys/module/suspend/parameters/pm_test_delay &&
		echo freeze >/sys/power/state && echo none >/sys/power/pm_test
}

# One that has to wait for a user does so in the background.
request() {
	case $1 in
	reset) echo 1 >"/sys/bus/pci/devices/$PF/reset" ;;
	suspend) to_sleep ;;
	rmmod) rmmod smartnic ;;
	stop) mdevctl stop -u "${UUID[x]}" ;;
	unbind) echo "$PF" >/sys/bus/pci/drivers/smartnic/unbind ;;
	unplug) surprise true && taken_out && until_ms 60000 pf_gone ;;
	kill)
		case $2 in
		# One that had not come further than the file in /dev/vfio.
		idle) hold node && drop_holder ;;
		open) drop_holder ;;
		guest) kill_l2 x ;;
		esac
		;;
	*) error "$1" ;;
	esac
}

# What is needed for the next event.
put_back() {
	case $1 in
	rmmod) load_modules ${DMA:+dma_mode=$DMA} ;;
	unbind) echo "$PF" >/sys/bus/pci/drivers/smartnic/bind ;;
	# The port takes a second to power the slot off: before that QEMU would
	# think that it is the device that is to go.
	unplug) sleep 3 && surprise false && put_in ;;
	# Its configuration space went with the link, and nobody restored it.
	lost) echo 1 >"/sys/bus/pci/devices/$PF/remove" && echo 1 >/sys/bus/pci/rescan ;;
	*) return 0 ;;
	esac && until_ms 20000 pf_there && PF_DEV=$(pf_netdev) && pf_up "$PF_DEV"
}

# --- outcomes -------------------------------------------------------------------

identity() { echo "$(attr "${UUID[x]}" function) $(attr "${UUID[x]}" pasid)"; }

guest_says() {
	l2_cmd x 'dmesg | tail -n 8; cat /sys/class/net/eth0/carrier'
	return 1
}

# EVENT STATE: it carries on as what it was.
on() {
	local was rc=0

	was=$(identity)
	request "$1" "$2" || rc=$?
	[ "$1" = rmmod ] || equal $rc 0 || return
	[ "$1" != rmmod ] || [ $rc != 0 ] || { echo "the module was unloaded"; return 1; }
	equal "$(identity)" "$was" || return
	case $2 in
	idle) state_is idle ;;
	open) state_is "open $HOLDER hold" ;;
	guest) reach x host 40 || guest_says ;;
	esac || { state; return 1; }
	stop_watch
	# Not only once: no reset of the guest's own comes after.
	[ "$2" != guest ] || { sleep 3; reach x host 5 && [ "$(l2_cmd x 'cat /sys/class/net/eth0/carrier')" = 1 ]; }
}

idle() {
	request "$1" "$2" && until_ms 9000 state_is idle && until_ms 2000 hardware_free
	local rc=$?

	stop_watch
	return $rc
}

ended() { ! kill -0 "$1" 2>/dev/null; }
no_nic() { l2_cmd x '[ ! -e /sys/class/net/eth0 ]'; }

# EVENT PID: the guest is asked, and ejects it, unless its hardware is gone already.
gone_guest() {
	if [ "$1" = unplug ]; then
		until_ms 60000 hardware_free || return
		stop_watch
		kill_l2 x
		return
	fi
	until_ms 60000 ended "$2" && until_ms 2000 hardware_free || return
	stop_watch
	l2_alive x && no_nic && stop_l2 x
}

gone() {
	local rc=0 pid

	request "$1" "$2" &
	pid=$!
	case $2 in
	idle) until_ms 9000 ended $pid; rc=$?; stop_watch ;;
	open)
		until_ms 9000 hardware_free || { rc=1; bill; }
		stop_watch
		kill -0 $pid || { echo "the removal did not wait"; rc=1; }
		until_ms 2000 grep -q error /run/hold || { echo "no error interrupt"; rc=1; }
		drop_holder
		;;
	guest) gone_guest "$1" $pid || rc=1 ;;
	esac
	wait $pid || { echo "$1: status $?"; rc=1; }
	! there || { echo "still there"; rc=1; }
	put_back "$1" && return $rc
}

row() { # EVENT STATE
	local what

	TOOK_MS=''
	enter "$2" || { echo "no device in state $2"; leave; return 1; }
	what=$(outcome "$1" "$2")
	T0=$(now_ms)
	$what "$1" "$2" || { [[ $what = *on ]] || leave; return 1; }
	[[ $what = *on ]] || { leave && until_ms 3000 settled || { bill; return 1; }; }
	below "$TOOK_MS" $((${LIMIT_MS[$1]:-10000} * SLOW))
}

# The type, events and states among the arguments; all events or states if there is none.
choose() {
	local -a e=() s=()
	local a

	for a; do
		case $a in
		smartnic-*) TYPE=$a ;;
		idle | open | guest) s+=("$a") ;;
		*) e+=("$a") ;;
		esac
	done
	[ ${#e[@]} = 0 ] || EVENTS=("${e[@]}")
	[ ${#s[@]} = 0 ] || STATES=("${s[@]}")
}

main() {
	local s e unfit more=4

	choose "$@"
	[ "${LAB_KERNEL:-}" != debug ] || more=5
	plan $((${#STATES[@]} * ${#EVENTS[@]} + more))
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	# A slow guest lets go later, and is waited for.
	echo $((10 * SLOW)) >/sys/module/vdcm/parameters/release_timeout
	[ "${LAB_KERNEL:-}" != debug ] || must "no hot plug by the port" no_hot_plug
	must "L1 reaches its machine" l1_qmp '{"execute":"query-status"}'
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) FULL=$(pool "$PF") PINS=$(pins)
	must "the PF is up" pf_up "$PF_DEV"
	for s in "${STATES[@]}"; do
		for e in "${EVENTS[@]}"; do
			unfit=${UNFIT[$(driver_of "$TYPE"):$e:$s]:-}
			if [ -n "$unfit" ]; then
				skip "$e, $s: $(outcome "$e" "$s")" "$unfit"
				continue
			fi
			check "$e, $s: $(outcome "$e" "$s")" row "$e" "$s"
			say "$e, $s: ${TOOK_MS:-?} ms"
		done
		leave
	done
	check "modules unload" unload_modules
	finish
}

main "$@"
