#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hosts.sh PART...: guests as hosts run them, beside the plain one of guest.sh.
#
#   unprivileged   QEMU without root, with a limit to the memory it may lock
#   hotplug        q35 with root ports, and pc: devices plugged in and out by QMP
#   balloon        virtio-balloon and free page reporting
#   forced         the same with x-balloon-allowed=on: QEMU discards memory beside the device
#   bonding        two devices as one interface, the host takes the active one's link;
#                  three SmartNICs on one wire: two have the devices, the third is the peer
#   kinds          a guest with an AVF and a virtio device, which it bonds
#   iommu          the guest has an IOMMU and uses it
#   pam            a guest of 1, 4 and 16 devices whose low memory changes its mapping
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

G=h
MB=2

device() { guest_mdev "$1" "$PF" "smartnic-$2"; } # NAME TYPE

end() { # NAME...
	kill_l2 $G
	for d; do idle_again "${UUID[$d]}" && mdevctl stop -u "${UUID[$d]}" || return; done
}

works() { guest_dev $G && guest_up $G 1 && ping_ms $G host && ping_ms host $G && sent; }
sent() {
	make_data $G $MB && make_data host $MB &&
		{ transfer $G host 60 && transfer host $G 60 || { echo "$XFER_ERROR"; return 1; }; }
}

# --- QEMU without root ------------------------------------------------------------

USER=libvirt-qemu
L2_MEMLOCK=65536

group() { echo "/dev/vfio/$(basename "$(readlink "$MDEV/${UUID[$1]}/iommu_group")")"; }

user() { l2_accel && chmod 666 /dev/kvm && { getent passwd $USER || useradd -r -U $USER; }; }
refused_to_others() {
	start_l2 $G --as $USER --mdev "${UUID[$G]}" --no-wait
	until_true 30 fails l2_alive $G || return
	cat "$LAB_OUT/l2-$G.qemu"
	l2_reap $G
	grep -q "$(group $G).*Permission denied" "$LAB_OUT/l2-$G.qemu"
}
as_user() {
	chown $USER "$(group $G)" && start_l2 $G --as $USER --mdev "${UUID[$G]}" && grep -e Uid -e CapEff -e VmPin "/proc/$(l2_pid $G)/status" &&
		equal "$(stat -c %U "/proc/$(l2_pid $G)")" $USER
}
# What is pinned counts for QEMU's limit, and is far from it.
within_limit() {
	grep 'Max locked memory' "/proc/$(l2_pid $G)/limits" && below "$(pinned $G)" $((L2_MEMLOCK * 1024))
}

unprivileged_cases=7
unprivileged() {
	must "unprivileged: a device" device $G 2q
	must "unprivileged: a user" user
	check "unprivileged: a user who was not given the device does not get it" refused_to_others
	check "unprivileged: a user who was given it does" as_user
	check "unprivileged: it works" works
	check "unprivileged: what it pins is within its limit" within_limit
	check "unprivileged: the end leaves nothing behind" end $G
}

# --- plugging ---------------------------------------------------------------------

plugged() { # MORE PROPERTIES
	l2_qmp $G "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vfio-pci\",\"id\":\"adi\",\"sysfsdev\":\"$MDEV/${UUID[$G]}\"$1}}" && works
}
unplugged() {
	l2_qmp $G '{"execute":"device_del","arguments":{"id":"adi"}}' && idle_again "${UUID[$G]}" && l2_cmd $G '[ ! -e /sys/class/net/eth0 ]'
}
# Frames come all the while.
unplugged_in_traffic() {
	local rc=0 flood

	ping -f -q -i 0.002 "${ADDR[$G]}" >/dev/null 2>&1 &
	flood=$!
	sleep 1
	unplugged || rc=$?
	kill $flood
	wait $flood 2>/dev/null
	return $rc
}

# Its driver is loaded beforehand: the guest has no udev.
plug_guest() { # MACHINE
	if [ "$1" = q35 ]; then
		start_l2 $G --machine q35 --qemu "-device pcie-root-port,id=rp1,chassis=1,slot=1"
	else
		start_l2 $G --machine "$1"
	fi && l2_cmd $G 'modprobe iavf'
}

hotplug_cases=12
hotplug() {
	local m
	local -A bus=([q35]=',"bus":"rp1"' [pc]='')

	must "hot-plug: a device" device $G 2q
	for m in q35 pc; do
		must "hot-plug: $m: a guest without it" plug_guest $m
		check "hot-plug: $m: plugged in" plugged "${bus[$m]}"
		check "hot-plug: $m: plugged out" unplugged
		check "hot-plug: $m: plugged in again" plugged "${bus[$m]}"
		check "hot-plug: $m: plugged out under traffic" unplugged_in_traffic
		kill_l2 $G
	done
	check "hot-plug: the end" mdevctl stop -u "${UUID[$G]}"
}

# --- the balloon -------------------------------------------------------------------

rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$(l2_pid $G)/status"; }
free_kb() { l2_cmd $G "awk '/^MemFree/ { print \$2 }' /proc/meminfo"; }
balloon_to() { # MB
	local i

	l2_qmp $G "{\"execute\":\"balloon\",\"arguments\":{\"value\":$(($1 << 20))}}" || return
	for ((i = 0; i < 60 * SLOW; i++)); do
		[[ $(l2_qmp $G '{"execute":"query-balloon"}') != *"\"actual\": $(($1 << 20))}"* ]] || return 0
		sleep 1
	done
	l2_qmp $G '{"execute":"query-balloon"}'
	return 1
}

# Pages that were used are free again, and stay with QEMU: device memory must not be discarded.
use_and_free() { l2_cmd $G --timeout 60 'dd if=/dev/zero of=/tmp/much bs=1M count=200 2>/dev/null && rm /tmp/much && sleep 3'; }
keeps_all() {
	local before after

	use_and_free && before=$(rss_kb) && balloon_to 192 && after=$(rss_kb) && echo "QEMU has $before kB, with the balloon $after kB" &&
		below $((before - 8192)) "$after"
}
# The host has less than it had at most.
host_gets_it() {
	local most

	use_and_free && most=$(awk '/^VmHWM/ { print $2 }' "/proc/$(l2_pid $G)/status") && balloon_to 192 &&
		echo "QEMU had $most kB, with the balloon $(rss_kb) kB" && below "$(rss_kb)" $((most - 65536))
}
balloon_guest() { # OPTIONS OF vfio-pci
	start_l2 $G --mem 512 ${1:+--vfio-opts "$1"} --mdev "${UUID[$G]}" \
		--qemu "-device virtio-balloon-pci,id=balloon,free-page-reporting=on"
}
up_and_down() {
	local i

	for i in 1 2; do balloon_to 192 && sent && balloon_to 512 && use_and_free && sent || return; done
}

balloon_cases=6
balloon() {
	must "balloon: a device" device $G 2q
	must "balloon: a guest with balloon and free page reporting" balloon_guest ''
	check "balloon: the device works" works
	check "balloon: the guest gives memory up, QEMU keeps it" keeps_all
	check "balloon: data is right all the while" up_and_down
	check "balloon: the end leaves nothing behind" end $G
}

forced_cases=6
forced() {
	must "forced balloon: a device" device $G 2q
	must "forced balloon: a guest whose QEMU discards what the guest gives up" balloon_guest x-balloon-allowed=on
	check "forced balloon: the device works" works
	check "forced balloon: the guest gives memory up, the host gets it" host_gets_it
	check "forced balloon: data is right all the while" up_and_down
	check "forced balloon: the end leaves nothing behind" end $G
}

# --- bonding ------------------------------------------------------------------------

# b1 and b2 are of the first SmartNIC, b3 is of the second; their interfaces in the guest
# are named so too: iavf registers them in any order.
bond_cards() {
	local -a pfs

	mapfile -t pfs < <(basename -a /sys/bus/pci/drivers/smartnic/*:*.[0-7])
	[ "${#pfs[@]}" = 3 ] && PF=${pfs[0]} device b1 1q && PF=${pfs[0]} device b2 1q && PF=${pfs[1]} device b3 1q || return
	ip addr flush dev "$PF_DEV"
	PF_DEV=$(basename "/sys/bus/pci/devices/${pfs[2]}/net/"*)
	pf_up "$PF_DEV"
}
bond_guest() {
	start_l2 $G --mdev "${UUID[b1]}" --mdev "${UUID[b2]}" --mdev "${UUID[b3]}" && l2_cmd $G --timeout 60 'i=0
		until [ -e /sys/class/net/eth2 ]; do i=$((i + 1)); [ $i -lt 250 ] || exit 1; sleep 0.2; done' && l2_cmd $G "for d in eth0 eth1 eth2; do
		case \$(cat /sys/class/net/\$d/address) in
		$(for d in b1 b2 b3; do echo "$(attr "${UUID[$d]}" mac)) ip link set \$d name $d ;;"; done)
		esac
	done; [ -e /sys/class/net/b1 ] && [ -e /sys/class/net/b2 ] && [ -e /sys/class/net/b3 ]"
}
# bond FAIL_OVER_MAC DEVICE DEVICE: of those two.
bond() {
	local a=$2 b=$3

	PAIR="$2 $3" ADDR[$G]=$NET.11
	l2_cmd $G --timeout 60 "ip link del bond0 2>/dev/null; modprobe bonding max_bonds=0
		ip link add bond0 type bond mode active-backup miimon 100 fail_over_mac $1 || exit 1
		for d in $a $b; do ip link set \$d down && ip link set \$d master bond0 || exit 1; done
		ip addr replace ${ADDR[$G]}/24 dev bond0 && ip link set bond0 up
		i=0
		until [ \"\$(cat /sys/class/net/$a/carrier)\$(cat /sys/class/net/$b/carrier)\" = 11 ]; do
			i=\$((i + 1)); [ \$i -lt 150 ] || { cat /proc/net/bonding/bond0; exit 1; }; sleep 0.2
		done
		cat /proc/net/bonding/bond0" && reach host $G 20 && ping_ms $G host && ping_ms host $G
}
# The guest's bond hears that the address is refused.
bond_refused() {
	local out

	out=$(bond "$@" 2>&1) && return 1
	echo "$out"
	grep -qE 'Permission denied|Invalid argument' <<<"$out"
}
trusted() { local d; for d in b1 b2 b3; do echo on >"$MDEV/${UUID[$d]}/smartnic/trust" || return; done; }
active() { l2_cmd $G 'cat /sys/class/net/bond0/bonding/active_slave'; }
active_is() { # INTERFACE
	local i

	for ((i = 0; i < 40 * SLOW; i++)); do
		[ "$(active)" != "$1" ] || return 0
		sleep 0.3
	done
	l2_cmd $G 'cat /proc/net/bonding/bond0'
	return 1
}
set_link() { printf %s "$2" >"$MDEV/${UUID[$1]}/smartnic/link_state"; }
# The host takes the link of one, the other carries on; then the other way round.
fails_over() {
	local a b

	read -r a b <<<"$PAIR"
	[ "$(active)" != "$b" ] || read -r b a <<<"$PAIR"
	for _ in 1 2; do
		set_link "$a" disable && active_is "$b" && reach $G host 20 && reach host $G 20 && ping_ms host $G && sent || return
		set_link "$a" auto || return
		l2_cmd $G --timeout 30 "i=0; until [ \"\$(cat /sys/class/net/$a/carrier)\" = 1 ]; do i=\$((i + 1)); [ \$i -lt 100 ] || exit 1; sleep 0.2; done" || return
		read -r a b <<<"$b $a"
	done
}

bonding_cases=9
bonding() {
	must "bonding: devices of two cards" bond_cards
	must "bonding: a guest with them" bond_guest
	check "bonding: fail_over_mac=active, one card" bond active b1 b2
	check "bonding: fail_over_mac=active, one card: fails over, and back" fails_over
	# The second interface takes the first one's address: its device must be trusted, and
	# a card takes an address once.
	check "bonding: fail_over_mac=none needs trust" bond_refused none b1 b3
	check "bonding: fail_over_mac=none with trust, two cards" eval 'trusted && bond none b1 b3'
	check "bonding: fail_over_mac=none with trust, two cards: fails over, and back" fails_over
	check "bonding: fail_over_mac=none is refused within one card" bond_refused none b1 b2
	check "bonding: the end leaves nothing behind" end b1 b2 b3
}

# --- both kinds in one guest --------------------------------------------------------

# Names come in any order.
kinds_guest() {
	start_l2 $G --mdev "${UUID[ka]}" --mdev "${UUID[kv]}" && l2_cmd $G --timeout 60 'i=0
		until [ -e /sys/class/net/eth1 ]; do i=$((i + 1)); [ $i -lt 250 ] || exit 1; sleep 0.2; done
		for d in eth0 eth1; do
			case $(readlink -f /sys/class/net/$d/device/driver) in */iavf) n=ka ;; *) n=kv ;; esac
			ip link set $d name $n || exit 1
		done; [ -e /sys/class/net/ka ] && [ -e /sys/class/net/kv ]'
}
# All types share one pool: each device here takes a queue and an ADI from every type's number.
pool_of() { echo "$(available "$PF" smartnic-1q) $(available "$PF" smartnic-virtio-1q)"; }
pool_exact() {
	local before

	before=$(pool_of) && echo "$before" && device ka 1q && equal "$(pool_of)" "$((${before% *} - 1)) $((${before#* } - 1))" &&
		device kv virtio-1q && equal "$(pool_of)" "$((${before% *} - 2)) $((${before#* } - 2))" && KINDS_POOL=$before
}
# The active device is stopped, and taken from the running guest.
kind_ejected() { # INTERFACE OTHER
	set_link "$2" disable && active_is "$1" && set_link "$2" auto && timeout $((60 * SLOW)) mdevctl stop -u "${UUID[$1]}" &&
		active_is "$2" && reach $G host 20 && reach host $G 20
}

kinds_cases=8
kinds() {
	must "both kinds: devices, and what is left" pool_exact
	must "both kinds: a guest with them" kinds_guest
	check "both kinds: fail_over_mac=active" bond active ka kv
	check "both kinds: fails over, and back" fails_over
	check "both kinds: fail_over_mac=none is refused within one card" bond_refused none ka kv
	check "both kinds: the bond goes on when the virtio device is stopped" eval 'ip neigh flush dev "$PF_DEV" && bond active ka kv && kind_ejected kv ka'
	check "both kinds: the end leaves nothing behind" end ka
	check "both kinds: the pool is what it was" eval 'equal "$(pool_of)" "$KINDS_POOL"'
}

# --- an IOMMU in the guest ------------------------------------------------------------

iommu_guest() {
	start_l2 $G --machine q35,kernel-irqchip=split --mem 512 --append "intel_iommu=on iommu.passthrough=0" \
		--qemu "-device intel-iommu,intremap=on,caching-mode=on -device pcie-root-port,id=rp1,chassis=1,slot=1 -device vfio-pci,sysfsdev=$MDEV/${UUID[$G]},bus=rp1"
}
translated() { guest_dev $G && l2_cmd $G 'cat /sys/class/net/eth0/device/iommu_group/type' | grep -x -e DMA -e DMA-FQ; }
big_both_ways() {
	make_data $G 4 && make_data host 4 || return
	transfer $G host 60 || { echo "$XFER_ERROR"; return 1; }
	echo "to the host: $XFER_SECONDS s"
	transfer host $G 60 || { echo "$XFER_ERROR"; return 1; }
	echo "from the host: $XFER_SECONDS s"
}

iommu_cases=6
iommu() {
	must "guest IOMMU: a device" device $G 1q
	must "guest IOMMU: a guest with it" iommu_guest
	check "guest IOMMU: it translates" translated
	check "guest IOMMU: the link is up, pings are answered" eval 'guest_up $G 1 && ping_ms $G host && ping_ms host $G'
	check "guest IOMMU: 4 MiB each way" big_both_ways
	say "guest IOMMU: $(tr '\n' ' ' <$KTAP_OUT)"
	check "guest IOMMU: the end leaves nothing behind" end $G
}

# --- low memory that is unmapped and mapped ---------------------------------------------

# The registers of the host bridge say whether memory or ROM is below 1 MiB. With all at
# memory, one that changes makes QEMU take the guest's low memory out and put it back.
PAM=5a
all_ram() { l2_cmd $G 'setpci -s 0:0.0 59.b=30; for r in 5a 5b 5c 5d 5e 5f; do setpci -s 0:0.0 $r.b=33; done'; }
toggle() { l2_cmd $G --timeout 120 "for i in \$(seq $1); do setpci -s 0:0.0 $PAM.b=00; setpci -s 0:0.0 $PAM.b=33; done"; }

pam_guest() { # N
	local i
	local -a mdevs=()

	for ((i = 1; i <= $1; i++)); do mdevs+=(--mdev "${UUID[p$i]}"); done
	start_l2 $G --mem 512 "${mdevs[@]}" && l2_cmd $G --timeout 90 "i=0
		until [ \"\$(ls -d /sys/class/net/eth* | wc -l)\" = $1 ]; do i=\$((i + 1)); [ \$i -lt 200 ] || exit 1; sleep 0.2; done
		for c in all/arp_ignore=1 all/arp_announce=2 all/rp_filter=0 default/rp_filter=0; do echo \${c#*=} >/proc/sys/net/ipv4/conf/\${c%=*}; done
		n=0
		while [ \$n -lt $1 ]; do
			ip addr add $NET.\$((100 + n))/24 dev eth\$n && ip link set eth\$n up || exit 1; n=\$((n + 1))
		done"
}
all_answer() { # N SECONDS
	local i

	for ((i = 0; i < $1; i++)); do ADDR[p]=$NET.$((100 + i)); reach host p "$2" || { echo "eth$i"; return 1; }; done
}
toggled_in_traffic() { # N
	local i rc=0 before
	local -a floods=()

	all_ram || return
	for ((i = 0; i < $1; i++)); do
		ping -f -q -s 1400 -i 0.002 $NET.$((100 + i)) >/dev/null 2>&1 &
		floods+=($!)
	done
	before=$(attr "${UUID[p1]}" counters/unmap_callbacks)
	toggle 10 || rc=$?
	kill "${floods[@]}"
	wait "${floods[@]}" 2>/dev/null
	echo "unmap callbacks: $before, then $(attr "${UUID[p1]}" counters/unmap_callbacks)"
	[ $rc = 0 ] && below "$before" "$(attr "${UUID[p1]}" counters/unmap_callbacks)"
}

pam() {
	local n i

	for n in 1 4 16; do
		must "PAM: $n devices" eval 'for ((i = 1; i <= n; i++)); do device p$i 1q || break; done; [ $i -gt $n ]'
		must "PAM: a guest with $n" pam_guest $n
		check "PAM: all $n answer" all_answer $n 60
		check "PAM: $n devices: low memory is unmapped and mapped under traffic" toggled_in_traffic $n
		check "PAM: $n devices: all answer afterwards" all_answer $n 30
		# shellcheck disable=SC2046
		check "PAM: $n devices: the end leaves nothing behind" end $(seq -f 'p%.0f' $n)
	done
}
pam_cases=18

main() {
	local p n=2

	for p; do
		name=${p}_cases
		n=$((n + ${!name}))
	done
	plan $n
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf)
	PF_DEV=$(basename "/sys/bus/pci/devices/$PF/net/"*)
	must "the PF is up" pf_up "$PF_DEV"
	for p; do "$p"; done
	finish
}

main "$@"
