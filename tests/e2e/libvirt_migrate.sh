#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# virsh migrate --live between two libvirtds, as docs/migration.md says it. The second one has a
# host name, a host UUID and folders of its own, in namespaces; kernel and SmartNIC are the same.
# The guest is pinged and sends and receives data meanwhile, and must notice nothing.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/libvirtd.sh
. /lab/tests/e2e/meanwhile.sh

TYPE=${1:-smartnic-1q}
GUEST=a MACHINE=q35
RUN=/run/migrate
OTHER=/run/other	# folders of the second daemon
MOVES=2			# there and back
declare -A DEV=() URI=([a]=qemu:///system [b]="qemu+unix:///system?socket=$OTHER/run/libvirt/libvirt-sock")
OVERRIDE="<qemu:override><qemu:device alias='hostdev0'><qemu:frontend>
<qemu:property name='enable-migration' type='string' value='on'/>
</qemu:frontend></qemu:device></qemu:override>"
mkdir -p $RUN

# Each folder that libvirtd writes to is another one for the second daemon.
second_daemon() {
	local d dirs="/etc/libvirt /run/libvirt /var/lib/libvirt /var/cache/libvirt"

	for d in $dirs; do mkdir -p "$OTHER$d" || return; done
	cp -a /etc/libvirt/. $OTHER/etc/libvirt/ && echo "host_uuid = \"$(cat /proc/sys/kernel/random/uuid)\"" >>$OTHER/etc/libvirt/libvirtd.conf || return
	unshare --mount --uts --propagation private sh -ec "
		hostname other
		for d in $dirs; do mount --bind $OTHER\$d \$d; done
		exec libvirtd -d -p $OTHER/libvirtd.pid" || return
	until_true 120 virsh -q -c "${URI[b]}" version
}

devices() {
	local l t

	for l in a b other; do
		t=$TYPE
		[ $l != other ] || t=${TYPE%-1q}-2q
		DEV[$l]=$(mdevctl start -p "$PF" -t "$t") || return
	done
	U=${DEV[a]} AT=a
}

boots() {
	domain_start && equal "$(guest_dev a)" eth0 && guest_up a 1 || return
	ADDR[b]=${ADDR[a]}
	reach host a && traffic && data_starts host a && data_starts a host && counters >$RUN/counters
}

# target_xml TO DEVICE: the domain as it is, on another device, its agent in another place.
target_xml() {
	mkdir -p "$L2_RUN/$1" && { [ -p "$L2_RUN/$1/agent.in" ] || mkfifo "$L2_RUN/$1/agent.in" "$L2_RUN/$1/agent.out"; } &&
		virsh -c "${URI[$AT]}" dumpxml --migratable $GUEST |
		sed "s|${DEV[$AT]}|${DEV[$2]}|; s|$L2_RUN/$AT/agent|$L2_RUN/$1/agent|" >$RUN/target.xml
}

# migrate TO DEVICE OPTIONS...
migrate() {
	local to=$1 dev=$2

	shift 2
	target_xml "$to" "$dev" &&
		virsh -c "${URI[$AT]}" migrate --live --xml $RUN/target.xml --migrateuri tcp://127.0.0.1 "$@" $GUEST "${URI[$to]}"
}

domain_is() { equal "$(virsh -c "${URI[$1]}" domstate $GUEST)" "$2"; }

moves() { # TO
	local from=$AT to=$1 since

	since=$(last_ping)
	migrate "$to" "$to" || return
	until_true 20 domain_is "$to" running && fails domain_is "$from" running || return
	cp "$(pid_file "$to")" "$L2_RUN/$to/pid" && : >"$L2_RUN/$to/up" && rm -rf "${L2_RUN:?}/$from"
	AT=$to
	idle_again "${DEV[$from]}" && well "$since"
}

# In the daemon's own folder.
pid_file() { case $1 in a) echo /run/libvirt/qemu/$GUEST.pid ;; b) echo $OTHER/run/libvirt/qemu/$GUEST.pid ;; esac; }

refused() {
	local since

	since=$(last_ping)
	fails migrate b other && domain_is "$AT" running && well "$since" &&
		fails virsh -q -c "${URI[b]}" domstate $GUEST
}

aborted() {
	local since

	since=$(last_ping)
	migrate b b --bandwidth 4 &
	until_true 60 eval "virsh -c '${URI[$AT]}' domjobinfo $GUEST | grep -q 'Data processed:'"
	virsh -c "${URI[$AT]}" domjobabort $GUEST && fails wait $! && domain_is "$AT" running && well "$since"
}

all_gone() { virsh -c "${URI[$AT]}" destroy $GUEST && gives_back; }

daemon_logs() {
	local f

	for f in $LOGS/*.log; do [ ! -e "$f" ] || cp "$f" "$LAB_OUT/"; done
}

main() {
	plan 11
	say "libvirt $(virsh --version), $(qemu-system-x86_64 --version | head -n 1), kernel $(uname -r), $TYPE"
	must "modules load" load_modules ${DMA:+dma_mode=$DMA} migration=1
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) FULL=$(pool "$PF")
	must "the PF is up" pf_up "$PF_DEV"
	must "a libvirtd runs" daemons
	must "and one as if on another host" second_daemon
	trap daemon_logs EXIT
	must "devices" devices
	must "a domain runs, with traffic" boots
	check "virsh migrate --live to the other daemon and back, $MOVES times" there_and_back
	check "refused by a device of another type" refused
	check "virsh domjobabort" aborted
	check "all data sent meanwhile has arrived" data_arrives
	check "all is given back" all_gone
	finish
}

main
