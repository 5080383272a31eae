#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The PF in devlink, by the stock tool: information, resources, health, and reload and recovery
# under open devices. Run the script with --qmp: the SmartNIC's model breaks parts of the SmartNIC
# (property "inject").
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

inject() { l1_qmp '{"execute":"qom-set","arguments":{"path":"nic0","property":"inject","value":"'"$1"'"}}'; }

until_s() { # SECONDS COMMAND...
	local i n=$(($1 * 10 * SLOW))

	shift
	for ((i = 0; i < n; i++)); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "not within the time: $*"
	return 1
}

# reporter NAME: state, errors, recoveries
reporter() { devlink -j health show "$DEV" reporter "$1" | jq -r '.health[][0] | "\(.state) \(.error) \(.recover)"'; }
reporter_is() { [ "$(reporter "$1")" = "$2" ]; }
diagnosed() { devlink -j health diagnose "$DEV" reporter "$1" | jq -c .; }
resource() { devlink -j resource show "$DEV" | jq -r --arg n "$1" '.resources[][] | select(.name == $n) | "\(.size) \(.occ)"'; }
param() { devlink -j dev param show "$DEV" name "$1" | jq -r '.param[][0].values[0].value'; }
snapshots() { devlink -j region show "$DEV/$1" | jq -r '.regions[].snapshot | length'; }
resumes() { attr "${UUID[n]}" counters/resumes; }
resumes_are() { [ "$(resumes)" = "$1" ]; }

there() {
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	DEV=pci/$PF
	devlink dev show | grep -qx "$DEV" || devlink dev show "$DEV"
}

info() {
	devlink -j dev info "$DEV" | jq '.info[]' >/run/info || return
	cat /run/info
	equal "$(jq -r '.driver' /run/info)" smartnic &&
		grep -qE '"serial_number": "[0-9a-f]{16}"' /run/info &&
		equal "$(jq -r '.versions.running.fw' /run/info)" "$(ethtool -i "$PF_DEV" | sed -n 's/^firmware-version: //p')" &&
		equal "$(jq -r '.versions.stored.fw' /run/info)" "$(jq -r '.versions.running.fw' /run/info)" &&
		equal "$(jq -r '.versions.running."fw.mgmt.api"' /run/info)" 1.0 &&
		jq -e '.versions.fixed | has("board.id") and has("asic.rev")' /run/info
}

params() {
	equal "$(param region_snapshot_enable) $(param fault_storm)" "true 10000" &&
		devlink dev param set "$DEV" name fault_storm value 77 cmode runtime && equal "$(param fault_storm)" 77 &&
		fails devlink dev param set "$DEV" name fault_storm value 77 cmode permanent &&
		devlink dev param set "$DEV" name fault_storm value 10000 cmode runtime && equal "$(param fault_storm)" 10000
}

# What a device takes is taken, and comes back.
resources() {
	local adis queues vectors

	adis=$(resource adis) queues=$(resource queue_pairs) vectors=$(resource vectors)
	say "$adis, $queues, $vectors"
	equal "${adis#* }" 0 && guest_mdev x "$PF" smartnic-2q || return
	equal "$(resource adis)" "${adis% *} 1" && equal "$(resource queue_pairs)" "${queues% *} $((${queues#* } + 2))" &&
		equal "$(resource vectors)" "${vectors% *} 3" && mdevctl stop -u "${UUID[x]}" &&
		equal "$(resource adis) $(resource queue_pairs) $(resource vectors)" "$adis $queues $vectors"
}

reporters() {
	local r

	for r in fw hw_fatal tx fault_storm; do
		reporter_is "$r" "healthy 0 0" || { echo "$r: $(reporter "$r")"; return 1; }
		diagnosed "$r" | grep -q '"last":"nothing"' || { diagnosed "$r"; return 1; }
	done
	diagnosed fw | grep -q '"answers":"yes"' && diagnosed hw_fatal | grep -q '"state":"up"' &&
		diagnosed tx | grep -q '"queue":0,"control":3'
}

# A snapshot by hand: the device's magic number, and nothing that a read would change.
regions() {
	devlink region new "$DEV/registers" snapshot 42 && devlink region new "$DEV/adi-windows" snapshot 43 &&
		equal "$(devlink region read "$DEV/registers" snapshot 42 address 0 length 4 | awk '{ print $2 $3 $4 $5 }')" 534e4943 &&
		equal "$(devlink region read "$DEV/registers" snapshot 42 address 64 length 4 | awk '{ print $2 $3 $4 $5 }')" 00000000 &&
		equal "$(snapshots registers) $(snapshots adi-windows)" "1 1" &&
		fails devlink region new "$DEV/registers" snapshot 42 &&
		devlink region del "$DEV/registers" snapshot 42 && devlink region del "$DEV/adi-windows" snapshot 43 &&
		equal "$(snapshots registers) $(snapshots adi-windows)" "0 0"
}

neighbour() {
	guest_mdev n "$PF" smartnic-1q || return
	start_hold /run/hold "${UUID[n]}"
	HOLD=$!
	until_s 20 grep -q ready /run/hold
}
neighbour_well() { equal "$(attr "${UUID[n]}" state)" "open $HOLD hold" && fails grep -q error /run/hold; }

# One answer is lost: reported once, with a dump and a snapshot; asked again it answers.
firmware_lost() {
	local n

	n=$(resumes)
	inject "firmware lost" && guest_mdev x "$PF" smartnic-1q || return
	timeout 10 /lab/selftests/hold "${UUID[x]}" >/dev/null 2>&1
	until_s 10 reporter_is fw "healthy 1 1" || { reporter fw; return 1; }
	devlink -j health dump show "$DEV" reporter fw | jq -c . >/run/dump
	cat /run/dump
	grep -q '"last":"firmware message [0-9]*: -110"' /run/dump && grep -q '"request":\[' /run/dump &&
		diagnosed fw | grep -q '"answers":"yes"' && equal "$(snapshots registers) $(snapshots adi-windows)" "1 1" &&
		equal "$(resumes)" "$n" && mdevctl stop -u "${UUID[x]}" && neighbour_well
}

# It hangs: the reporter says so until the operator has the device reset.
firmware_hangs() {
	local n

	n=$(resumes)
	inject "firmware hangs" && ip link set "$PF_DEV" address 02:00:00:00:99:01
	until_s 10 eval '[[ $(reporter fw) = "error 2 1" ]]' || { reporter fw; return 1; }
	diagnosed fw | grep -q '"answers":"no"' && inject "" && devlink health recover "$DEV" reporter fw &&
		until_s 15 resumes_are $((n + 1)) && until_s 10 eval '[[ $(reporter fw) = healthy* ]]' && neighbour_well
}

# The driver resets a stuck device by itself. The registers are kept as they were before.
stuck() {
	local n taken errors

	n=$(resumes) taken=$(snapshots registers) errors=$(reporter hw_fatal | cut -d' ' -f2)
	devlink health dump clear "$DEV" reporter hw_fatal && inject "ring rx" && until_s 15 resumes_are $((n + 1)) &&
		until_s 10 reporter_is hw_fatal "healthy $((errors + 1)) $((errors + 1))" || { reporter hw_fatal; return 1; }
	inject ""
	devlink health dump show "$DEV" reporter hw_fatal >/run/dump
	cat /run/dump
	grep -q 'last: without a ring of the PF' /run/dump && equal "$(snapshots registers)" $((taken + 1)) && neighbour_well
}

# New sizes of its rings meet queues that do not stop: the reset brings the interface back.
resized_while_stuck() {
	local n

	n=$(resumes)
	inject "function 0 queues"
	ethtool -G "$PF_DEV" rx 1024
	until_s 15 resumes_are $((n + 1)) && inject "" && until_s 10 grep -qx 1 "/sys/class/net/$PF_DEV/carrier" && neighbour_well
}

# One tenant faults more often than is allowed here: it is named, and nothing is done to it.
storm() {
	local i

	devlink dev param set "$DEV" name fault_storm value 5 cmode runtime || return
	for i in 1 2 3; do
		timeout 120 /lab/selftests/demand_paging >/dev/null 2>&1
		[[ $(reporter fault_storm) = *" 0 "* ]] || break
	done
	diagnosed fault_storm
	diagnosed fault_storm | grep -qE '"last":"[0-9a-f-]{36}: [0-9]+ faults in a second"' &&
		devlink dev param set "$DEV" name fault_storm value 10000 cmode runtime &&
		until_s 10 eval '[[ $(reporter fault_storm) = healthy* ]]' && neighbour_well
}

reload() {
	local n

	n=$(resumes)
	devlink dev reload "$DEV" && resumes_are $((n + 1)) && devlink dev reload "$DEV" action driver_reinit && resumes_are $((n + 2)) &&
		fails devlink dev reload "$DEV" action fw_activate && neighbour_well && ip link set "$PF_DEV" up
}

# port JQ-FILTER: of device p's port, in the list of all.
port_of() { basename "$(attr "${UUID[p]}" devlink_port)"; }
port() { devlink -j port show | jq -r --arg p "$(attr "${UUID[p]}" devlink_port)" ".port[\$p]$1"; }
port_is() { equal "$(port "$1")" "$2"; }
ports_are() { equal "$(devlink -j port show | jq -r --arg d "$DEV/" '[.port | keys[] | select(startswith($d))] | length')" "$1"; }
rate() { devlink -j port function rate show "$(attr "${UUID[p]}" devlink_port)" | jq -r '.rate[].tx_max // 0'; }
rate_is() { equal "$(rate)" "$1"; }

# The list of ports is that of devices.
ports() {
	until_s 10 ports_are 1 && guest_mdev p "$PF" smartnic-2q && until_s 10 ports_are 2 || return
	devlink port show
	port_is .flavour pcisf && port_is .sfnum "$(port_of)" && port_is .function.hw_addr "$(attr "${UUID[p]}" mac)" &&
		port_is .function.state active && port_is .function.opstate detached || return
	start_hold /run/hold-p "${UUID[p]}"
	until_s 20 grep -q ready /run/hold-p && port_is .function.opstate attached || return
	fails devlink port function set "$(attr "${UUID[p]}" devlink_port)" hw_addr 02:00:00:00:99:02 || return
	kill $! && wait $!
	until_s 20 port_is .function.opstate detached
}

port_address() {
	local port

	port=$(attr "${UUID[p]}" devlink_port)
	devlink port function set "$port" hw_addr 02:00:00:00:99:02 && equal "$(attr "${UUID[p]}" mac)" 02:00:00:00:99:02 &&
		port_is .function.hw_addr 02:00:00:00:99:02 || return
	fails devlink port function set "$port" hw_addr 01:00:5e:00:00:01 &&
		fails devlink port function set "$port" hw_addr "$(attr "${UUID[n]}" mac)" &&
		fails devlink port function set "$port" state inactive &&
		equal "$(attr "${UUID[p]}" mac)" 02:00:00:00:99:02
}

# One limit, by either name; a reload keeps it.
port_rate() {
	local port

	port=$(attr "${UUID[p]}" devlink_port)
	rate_is 0 && devlink port function rate set "$port" tx_max 100mbit && equal "$(attr "${UUID[p]}" tx_rate)" 100 &&
		rate_is 12500000 || return
	echo 40 >"$MDEV/${UUID[p]}/smartnic/tx_rate" && until_s 10 rate_is 5000000 || return
	fails devlink port function rate set "$port" tx_max 1kbit && fails devlink port function rate set "$port" tx_max 200gbit &&
		fails devlink port function rate set "$port" tx_share 1mbit && equal "$(attr "${UUID[p]}" tx_rate)" 40 && rate_is 5000000 || return
	devlink dev reload "$DEV" && until_s 10 ports_are 2 && rate_is 5000000 && ip link set "$PF_DEV" up
}

# Twenty come and go; nothing of them stays.
ports_many() {
	local i

	for ((i = 0; i < 20; i++)); do
		guest_mdev "m$i" "$PF" smartnic-1q || return
	done
	until_s 10 ports_are 22 || return
	for ((i = 0; i < 20; i++)); do
		mdevctl stop -u "${UUID[m$i]}" || return
	done
	mdevctl stop -u "${UUID[p]}" && until_s 10 ports_are 1 && neighbour_well
}

leave() {
	kill "$HOLD"
	wait "$HOLD" 2>/dev/null
	mdevctl stop -u "${UUID[n]}"
	unload_modules && ! devlink dev show | grep -q pci/
}

plan 20
must "modules load" load_modules
must "the PF has a devlink instance" there
must "the PF is up" pf_up "$PF_DEV"
check "info" info
check "parameters" params
check "resources" resources
check "reporters" reporters
check "regions" regions
must "a device is open" neighbour
check "reload under an open device" reload
check "a port for each device" ports
check "the address of a port" port_address
check "the rate of a port" port_rate
check "ports come and go" ports_many
check "an answer of the firmware is lost" firmware_lost
check "the firmware hangs, the operator recovers it" firmware_hangs
check "the device is stuck" stuck
check "the interface's queues do not stop" resized_while_stuck
check "a storm of faults" storm
check "modules unload" leave
finish
