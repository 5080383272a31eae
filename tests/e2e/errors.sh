# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For removal.sh: errors of PCI Express, raised by L1's own machine. Linux gets them
# from the port above the SmartNIC (AER) and runs the recovery of the PF's driver.
#
#   correctable, nonfatal   nothing is lost: counted and logged
#   fatal                   the link is reset, and the SmartNIC with it
#   clash                   likewise, amid resets through sysfs
#   lost                    the link does not come back: given up after 30 s. For a port
#                           without hot plug of its own, which never says that it is back

declare -A ERROR=([correctable]=BAD_TLP [nonfatal]=COMP_TIME)

# From here on the kernel's log is the event's.
mark() { MARK="lab: $1, $2, $EPOCHREALTIME"; echo "$MARK" >/dev/kmsg; }
log() { dmesg --color=never | awk -v m="$MARK" 'on; index($0, m) { on = 1 }'; }
logged() { log | grep -q "$1"; }

# Lines that may be there: of AER, of the driver, and the moves of vdcm's states.
SAID='AER: |PCIe Bus Error|error status/mask=|\[ ?[0-9]+\] [A-Za-z]|back again|: [a-z]+ -> [a-z]+$'
SAID_LOST='cannot be opened: -5|PASID [0-9]+ detached|no recovery after 30 s|the device is given up|Link Active not set'
only_expected() { # EVENT
	local said=$SAID

	[ "$1" != lost ] || said+="|$SAID_LOST"
	! log | grep -E "smartnic|vdcm|pcieport|$PF" | grep -vE "$said"
}

inject() { l1_qmp '{"execute":"human-monitor-command","arguments":{"command-line":"pcie_aer_inject_error nic0 '"$1"'"}}'; }

counted() { awk '/^TOTAL/ { print $2 }' "/sys/bus/pci/devices/$PF/aer_dev_$1"; }
counted_is() { [ "$(counted "$1")" = "$2" ]; }

harmless() { # EVENT: an error that takes nothing
	local n

	n=$(counted "$1") && inject "${ERROR[$1]}" && until_ms 5000 counted_is "$1" $((n + 1)) || return
	[ "$1" = correctable ] || until_ms 5000 logged 'device recovery successful'
}

recovery_over() { logged 'AER: device recovery \(successful\|failed\)'; }
recovered() { until_ms 20000 recovery_over && logged 'AER: device recovery successful'; }

# Resets without a pause, and errors between them until one comes through: a device
# that is being reset reports none. The resets end at once then: a later one would heal
# what recovery did not.
CLASH=/run/clash
resets() {
	while [ -e $CLASH ]; do
		echo 1 >"/sys/bus/pci/devices/$PF/reset" || return
	done
}

each_recovered() {
	log | awk '/AER: .*[(]Fatal[)].* received/ { n++ } /AER: device recovery successful/ { n-- } END { exit n != 0 }'
}

clash() {
	local i pid

	touch $CLASH
	resets &
	pid=$!
	for ((i = 0; i < 40; i++)); do
		inject MALF_TLP || break
		sleep 0.03
		! logged 'AER: .*(Fatal)' || break
	done
	rm $CLASH
	wait $pid && recovered && until_ms 5000 each_recovered
}

error() { # EVENT
	case $1 in
	correctable | nonfatal) harmless "$1" ;;
	fatal) inject MALF_TLP && recovered ;;
	clash) clash ;;
	lost) inject MALF_TLP ;;
	esac
}

# How many times an open device was brought back.
resumes() { attr "${UUID[x]}" counters/resumes; }
resumes_by() { # EVENT STATE
	case $1:$2 in
	*:idle | correctable:* | nonfatal:*) echo 0 ;;
	fatal:*) echo 1 ;;
	esac
}

# One device more can be had, and the SmartNIC answers its driver.
works() {
	local uuid pid rc=0

	uuid=$(mdevctl start -p "$PF" -t smartnic-1q) || return
	start_hold /run/works "$uuid"
	pid=$!
	until_ms 5000 grep -q ready /run/works || rc=1
	kill -KILL $pid
	wait $pid 2>/dev/null
	until_ms 3000 grep -q idle "$MDEV/$uuid/smartnic/state" && mdevctl stop -u "$uuid" && return $rc
}

# EVENT STATE: it carries on, and nobody complained.
goes_on() {
	local was by

	mark "$1" "$2"
	was=$(resumes) by=$(resumes_by "$1" "$2")
	on "$1" "$2" || { log; return 1; }
	# As many as resets through sysfs and recovery together, where they clash.
	[ -z "$by" ] || equal "$(resumes)" $((was + by)) || return
	only_expected "$1" && works
}

# --- a SmartNIC that does not come back -----------------------------------------------

refused() { ! timeout $((5 * SLOW)) /lab/selftests/hold "${UUID[x]}" >/run/hold 2>&1 && grep -q failed /run/hold; }
has_bus() { [ $((0x$(setpci -s "$PF" COMMAND) & 4)) != 0 ]; }

dead() { # EVENT STATE
	local rc=0

	mark "$1" "$2"
	request "$1" "$2" && until_ms 5000 recovery_over || { log; return 1; }
	logged 'device recovery failed' || { echo "recovered"; rc=1; }
	until_ms 40000 logged 'the device is given up' && until_ms 3000 hardware_free || { bill; rc=1; }
	stop_watch
	# Kernels newer than 6.12 tell the driver that recovery failed.
	[ "$TOOK_MS" -lt 5000 ] || logged 'no recovery after 30 s' || { echo "not by the time limit"; rc=1; }
	equal "$(state)" dead || rc=1
	case $2 in
	open) until_ms 1000 grep -q error /run/hold || { echo "no error interrupt"; rc=1; } ;;
	guest) kill_l2 x ;;
	esac
	drop_holder
	refused || { echo "it was opened"; rc=1; }
	! has_bus || { echo "it may do DMA"; rc=1; }
	only_expected "$1" || rc=1
	[ $rc = 0 ] || log | tail -n 6
	put_back "$1" && ! there && return $rc
}
