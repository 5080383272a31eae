#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# libvirt on the SmartNIC: node devices from definition to removal, and a domain
# with one as its hostdev, unplugged and plugged again while it runs, on machine types
# pc and q35; then with a virtio function. There is no systemd in L1: the daemons are started by hand. With AppArmor
# (tests/lab/run --apparmor) the daemon and each QEMU are confined by Debian's profiles,
# and QEMU is not root, as on any Debian host.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/libvirtd.sh

GUEST=lv
MAC=02:00:00:00:88:01
NODE_TYPE=smartnic-1q
SETTINGS="mac=02:00:00:00:88:09 vlan=100 tx_rate=1000 trust=on spoofchk=off link_state=enable queues=1 rx_ring_size=512 tx_ring_size=1024 itr=20"

# --- node devices -------------------------------------------------------------

parent() { # the PF's name in libvirt
	local n=${PF//[:.]/_}

	echo "pci_$n"
}

parent_known() { virsh -q nodedev-list --cap mdev_types | grep -x "$(parent)"; }

# All types, each with what is left of it.
types_known() {
	local t

	virsh nodedev-dumpxml "$(parent)" >/run/parent.xml || return
	for t in $(types "$PF"); do
		xmllint --xpath "string(//capability[@type='mdev_types']/type[@id='$t']/availableInstances)" /run/parent.xml |
			grep -x "$(available "$PF" "$t")" || { echo "$t"; return 1; }
		xmllint --xpath "string(//type[@id='$t']/deviceAPI)" /run/parent.xml | grep -x vfio-pci || return
		xmllint --xpath "string(//type[@id='$t']/name)" /run/parent.xml | grep SmartNIC || return
	done
}

node_xml() { settings_xml "$1" $NODE_TYPE "mac=$2"; } # UUID MAC
# nodedev-update wants to be told the name, too.
named() { sed "s|^<device>|<device><name>$NODE</name>|"; }

settings_xml() { # UUID TYPE NAME=VALUE...
	local u=$1 t=$2 s

	shift 2
	echo "<device><parent>$(parent)</parent><capability type='mdev'><type id='$t'/>"
	echo "<uuid>$u</uuid>"
	for s; do echo "<attr name='smartnic/${s%%=*}' value='${s#*=}'/>"; done
	echo "</capability></device>"
}

# The device and the XML of it say each NAME=VALUE.
has_settings() { # UUID NODE NAME=VALUE...
	local u=$1 node=$2 s

	shift 2
	virsh nodedev-dumpxml "$node" >/run/seen.xml || return
	for s; do
		equal "$(attr "$u" "${s%%=*}")" "${s#*=}" || { echo "$s"; return 1; }
		grep "<attr name='smartnic/${s%%=*}' value='${s#*=}'/>" /run/seen.xml || { cat /run/seen.xml; return 1; }
	done
}

defined_node() { virsh nodedev-define "$1" | sed -n "s/^Node device '\([^']*\)' defined.*/\1/p"; }
shown() { virsh -q nodedev-list --cap mdev | grep -x "$1"; }

# All settings: in the definition, and in the device each time it is started.
settings_live_on() {
	local u node

	u=$(cat /proc/sys/kernel/random/uuid)
	# shellcheck disable=SC2086
	settings_xml "$u" smartnic-2q $SETTINGS >/run/all.xml && node=$(defined_node /run/all.xml) && [ -n "$node" ] &&
		equal "$(jq -r '[.attrs[] | to_entries[] | "\(.key)=\(.value)"] | join(" ")' "/etc/mdevctl.d/$PF/$u" | sed 's|smartnic/||g')" "$SETTINGS" || return
	for _ in 1 2; do
		virsh nodedev-start "$node" && until_true 20 shown "$node" && until_true 10 has_settings "$u" "$node" $SETTINGS &&
			virsh nodedev-destroy "$node" && [ ! -e "$MDEV/$u" ] || return
	done
	virsh nodedev-undefine "$node"
}

# What a running device takes at once, libvirt gives it at once.
live_update() {
	settings_xml "$U" smartnic-1q mac=$MAC tx_rate=70 trust=on | named >/run/live.xml &&
		virsh nodedev-update "$NODE" /run/live.xml --live && equal "$(attr "$U" tx_rate) $(attr "$U" trust)" "70 on" &&
		node_xml "$U" $MAC | named >/run/live.xml && virsh nodedev-update "$NODE" /run/live.xml --live &&
		equal "$(attr "$U" mac) $(attr "$U" tx_rate) $(attr "$U" trust)" "$MAC 0 off"
}

nodedev_define() {
	node_xml "$U" $MAC >/run/node.xml
	NODE=$(defined_node /run/node.xml)
	equal "$NODE" "mdev_${U//-/_}_${PF//[:.]/_}" && virsh -q nodedev-list --cap mdev --inactive | grep -x "$NODE"
}

# The callout's word reaches whoever asked libvirt.
nodedev_refused() {
	node_xml "$(cat /proc/sys/kernel/random/uuid)" "$1" >/run/bad.xml
	virsh nodedev-define /run/bad.xml && return 1
	virsh nodedev-define /run/bad.xml 2>&1 | grep "smartnic.sh: smartnic/mac: .*$2"
}

nodedev_start() { virsh nodedev-start "$NODE" && equal "$(attr "$U" mac)" $MAC && until_true 20 node_active; }
node_active() { shown "$NODE"; }
# libvirt reads the attributes and the group some time after it has seen the device.
mac_shown() { virsh nodedev-dumpxml "$NODE" | tee /dev/stderr | grep "name='smartnic/mac' value='$MAC'"; }
node_mac() { until_true 20 mac_shown; }
node_group() { until_true 20 group_shown; }
group_shown() { virsh nodedev-dumpxml "$NODE" | grep "<iommuGroup number='$(basename "$(readlink "$MDEV/$U/iommu_group")")'"; }

nodedev_autostart() {
	virsh nodedev-autostart "$NODE" && equal "$(jq -r .start "/etc/mdevctl.d/$PF/$U")" auto &&
		until_true 20 eval "virsh nodedev-info $NODE | grep -x 'Autostart:  *yes'"
}

# libvirt 10.1 and later changes a definition in place.
nodedev_update() {
	node_xml "$U" "$1" | named >/run/node.xml && virsh nodedev-update "$NODE" /run/node.xml --config &&
		until_true 20 eval "virsh nodedev-dumpxml --inactive $NODE | grep \"value='$1'\"" &&
		equal "$(jq -r '.attrs[]["smartnic/mac"]' "/etc/mdevctl.d/$PF/$U")" "$1"
}

# A device that is started anew has what was defined.
restarted() { virsh nodedev-destroy "$NODE" && [ ! -e "$MDEV/$U" ] && nodedev_start; }

# As after a reboot: the driver comes, udev's rule starts the device.
comes_back() {
	unload_modules && [ ! -e "$MDEV/$U" ] && load_modules ${DMA:+dma_mode=$DMA} && until_true 60 [ -e "$MDEV/$U" ] &&
		until_true 10 equal_mac && until_true 30 node_active
}
equal_mac() { equal "$(attr "$U" mac)" $MAC; }

nodedev_gone() {
	virsh nodedev-autostart "$NODE" --disable && virsh nodedev-destroy "$NODE" && [ ! -e "$MDEV/$U" ] &&
		virsh nodedev-undefine "$NODE" && [ ! -e "/etc/mdevctl.d/$PF/$U" ] && fails virsh nodedev-info "$NODE"
}

transient() {
	local u before

	before=$(available "$PF" smartnic-1q)
	u=$(cat /proc/sys/kernel/random/uuid)
	node_xml "$u" 02:00:00:00:88:02 >/run/transient.xml
	virsh nodedev-create /run/transient.xml && [ -d "$MDEV/$u" ] && equal "$(available "$PF" smartnic-1q)" $((before - 1)) &&
		until_true 20 virsh nodedev-destroy "mdev_${u//-/_}_${PF//[:.]/_}" && equal "$(available "$PF" smartnic-1q)" "$before"
}

shows_mac() { virsh nodedev-dumpxml "$1" | grep -E "name='smartnic/mac' value='.[26ae]:"; }

# No UUID and no address: libvirt makes the one, the driver the other. The XML of
# a running device shows what was not defined with libvirt 11.3, not yet with 9.0.
bare() {
	local node

	node_xml X X | sed '/uuid/d; /attr/d' >/run/bare.xml
	node=$(defined_node /run/bare.xml) && [ -n "$node" ] && virsh nodedev-start "$node" && until_true 20 shown "$node" &&
		virsh nodedev-dumpxml "$node" >/run/bare.xml && cat /run/bare.xml &&
		grep -E '^.[26ae]:' "$MDEV/$(xmllint --xpath 'string(//uuid)' /run/bare.xml)/smartnic/mac" &&
		{ [[ $(virsh --version) == 9.* ]] || until_true 20 shows_mac "$node"; } &&
		virsh nodedev-destroy "$node" && virsh nodedev-undefine "$node"
}

# --- the domain -----------------------------------------------------------------

in_use() { [[ $(attr "$U" state) == open* ]] && attr "$U" state; }
guest_mac() { guest_dev $GUEST && l2_cmd $GUEST 'cat /sys/class/net/eth0/address' | grep -x $MAC; }
guest_talks() { guest_up $GUEST 1 && reach $GUEST host && ping_ms $GUEST host; }

unplug() { virsh detach-device $GUEST $HOSTDEV --live && idle_again "$U" && l2_cmd $GUEST '[ ! -e /sys/class/net/eth0 ]'; }
replug() { virsh attach-device $GUEST $HOSTDEV --live && until_true 30 in_use && guest_mac && guest_talks; }
domain_stop() { virsh destroy $GUEST && idle_again "$U" && virsh undefine $GUEST && l2_reap $GUEST; }

# Each by a profile, the guest's own; and not as root.
confined() {
	local pid

	pid=$(l2_pid $GUEST)
	cat "/proc/$(pidof libvirtd)/attr/current" "/proc/$pid/attr/current" && stat -c %U "/proc/$pid" &&
		grep -q '^libvirtd (enforce)' "/proc/$(pidof libvirtd)/attr/current" && grep -q '^libvirt-[-0-9a-f]* (enforce)' "/proc/$pid/attr/current" &&
		equal "$(stat -c %U "/proc/$pid")" libvirt-qemu
}
# Profiles that were loaded are in the log; so would be what they refused.
nothing_denied() { dmesg | grep -a 'apparmor="STATUS".*libvirtd' && ! dmesg | grep -a 'apparmor="DENIED"'; }

daemon_logs() { cp $LOGS/*.log "$LAB_OUT/" 2>/dev/null; true; }

domain() { # WHAT
	check "$1: a domain with the device as hostdev starts" domain_start
	check "$1: its QEMU has it open" in_use
	if apparmor; then
		check "$1: libvirtd and QEMU are confined" confined
	else
		skip "$1: libvirtd and QEMU are confined" "no AppArmor: tests/lab/run --apparmor"
	fi
	check "$1: the guest's driver has the mac" guest_mac
	check "$1: the guest talks to the host" guest_talks
	check "$1: hot-unplug" unplug
	check "$1: plugged in again it works" replug
	check "$1: the domain's end leaves the device idle, nothing pinned" domain_stop
}

main() {
	plan 48
	say "libvirt $(virsh --version), $(mdevctl --version), $(qemu-system-x86_64 --version | head -n 1), kernel $(uname -r)"
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev) U=$(cat /proc/sys/kernel/random/uuid)
	check "install the operator's kit" make -C /lab/mdevctl install
	must "dbus, udev and libvirtd run" daemons
	must "nodedev-list --cap mdev_types has the PF" until_true 30 parent_known
	check "its XML has every type and what is left of it" types_known
	check "nodedev-define refuses a mac that is none, and says so" nodedev_refused 03:00:00:00:00:01 multicast
	must "nodedev-define" nodedev_define
	must "nodedev-start sets the mac" nodedev_start
	check "the XML of the running device has the mac" node_mac
	check "the XML of the running device has its IOMMU group" node_group
	if virsh help nodedev-update >/dev/null 2>&1; then
		check "nodedev-update changes the definition" nodedev_update ${MAC%01}03
		check "nodedev-update changes it back" nodedev_update $MAC
		check "nodedev-update --live changes the running device" live_update
	else
		skip "nodedev-update changes the definition" "libvirt $(virsh --version) has no nodedev-update"
		skip "nodedev-update changes it back" "libvirt $(virsh --version) has no nodedev-update"
		skip "nodedev-update --live changes the running device" "libvirt $(virsh --version) has no nodedev-update"
	fi
	check "the mac survives nodedev-destroy and nodedev-start" restarted
	check "all settings survive nodedev-define, start and destroy" settings_live_on
	check "nodedev-create and nodedev-destroy" transient
	check "a device without UUID and address gets both" bare
	check "nodedev-autostart" nodedev_autostart
	check "after the modules were loaded again udev has started it" comes_back

	pf_up "$PF_DEV"
	trap daemon_logs EXIT
	for MACHINE in pc q35; do domain $MACHINE; done
	check "nodedev-destroy and nodedev-undefine" nodedev_gone
	U=$(cat /proc/sys/kernel/random/uuid) MAC=${MAC%01}05 NODE_TYPE=smartnic-virtio-1q
	must "virtio: nodedev-define" nodedev_define
	must "virtio: nodedev-start sets the mac" nodedev_start
	domain virtio
	check "virtio: nodedev-destroy and nodedev-undefine" nodedev_gone
	if apparmor; then
		check "AppArmor has refused nothing" nothing_denied
	else
		skip "AppArmor has refused nothing" "no AppArmor: tests/lab/run --apparmor"
	fi
	finish
}

main
