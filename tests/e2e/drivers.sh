#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# drivers.sh PROGRAM[@GUEST]...: stock programs drive a device, each started at a point
# of another one's life where drivers do start: cleanly, in a kernel that another one
# left (kexec) or died in (kdump), after the user-space driver was killed, after resets
# of the function and of the PF. Each must come up by itself, and its frames must arrive.
#
#   iavf@GUEST, virtio_net@GUEST   the kernel's own driver, in guest l2 or l2@GUEST
#   ipxe         Debian's iPXE, which then boots the guest over this network
#   testpmd      DPDK's net_iavf, with Debian's testpmd
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/testpmd.sh

G=drv
MB=2
# The second kernel of a crash, its initramfs, and room to unpack it.
CRASHKERNEL=320M
# The command line of a kernel that starts in another one's place.
WORDS="console=ttyS0 loglevel=4 mitigations=off tsc=reliable no_timer_check net.ifnames=0"
MENU=/run/menu.ipxe
WWW=/run/www

device() { # TYPE
	guest_mdev $G "$PF" "smartnic-$1"
}

end() {
	kill_l2 $G
	idle_again "${UUID[$G]}" && mdevctl stop -u "${UUID[$G]}"
}

# --- iavf -----------------------------------------------------------------------

guest_files() { if [ -n "$1" ]; then echo "/lab/guests/$1"; else echo /lab/l2; fi; }

# The guest sleeps (S3). Its VMM resets the device when it wakes up.
sleeps() {
	local i

	l2_cmd $G 'cat /sys/power/mem_sleep; grep -w mem /sys/power/state && grep -w deep /sys/power/mem_sleep && echo deep >/sys/power/mem_sleep' &&
		l2_cmd $G '(sleep 1; echo mem >/sys/power/state) >/dev/null 2>&1 </dev/null &' || return
	for ((i = 0; i < 60 * SLOW; i++)); do
		[[ $(l2_qmp $G '{"execute":"query-status"}') != *'"suspended"'* ]] || break
		sleep 0.5
	done
	[ "$i" -lt $((60 * SLOW)) ] || { echo "the guest does not sleep"; return 1; }
	l2_qmp $G '{"execute":"system_wakeup"}' && l2_cmd $G --timeout 60 "$(awake)"
}

# Programs run before the kernel says that it is awake.
awake() {
	echo "i=0
		until dmesg | grep 'PM: suspend exit'; do
			i=\$((i + 1)); [ \$i -lt $((100 * SLOW)) ] || exit 1; sleep 0.2
		done
		cat /sys/class/net/eth0/operstate"
}

# Its kernel and initramfs are its disks too: it starts them a second time.
start_guest() { # GUEST
	local f

	f=$(guest_files "$1")
	start_l2 $G ${1:+--guest "$1"} --mdev "${UUID[$G]}" --mem 768 --smp 2 --append "crashkernel=$CRASHKERNEL" \
		--qemu "-drive if=virtio,readonly=on,format=raw,file=$f/vmlinuz -drive if=virtio,readonly=on,format=raw,file=$f/initrd"
}

answers() { guest_dev $G && guest_up $G 1 && ping_ms $G host && ping_ms host $G; }
works() { answers && sent; }

# Data both ways, compared.
sent() {
	make_data $G $MB && make_data host $MB &&
		{ transfer $G host 60 && transfer host $G 60 || { echo "$XFER_ERROR"; return 1; }; }
}

# kexec reads files, not disks.
KEXEC="cat /dev/vda >/tmp/vmlinuz && cat /dev/vdb >/tmp/initrd"

kexec_boots() {
	l2_cmd $G --timeout 120 "$KEXEC && kexec -s -l /tmp/vmlinuz --initrd=/tmp/initrd --command-line='$WORDS lab.second crashkernel=$CRASHKERNEL'" &&
		again_l2 $G 'kexec -e' && second
}

# Rings, interrupts and bus mastering are as the dead kernel had them.
crash_boots() {
	l2_cmd $G --timeout 120 "$KEXEC && kexec -s -p /tmp/vmlinuz --initrd=/tmp/initrd \
		--command-line='$WORDS lab.second maxcpus=1 reset_devices' && rm /tmp/vmlinuz /tmp/initrd" &&
		traffic_on && again_l2 $G 'echo c >/proc/sysrq-trigger' && traffic_off && second && l2_cmd $G '[ -s /proc/vmcore ]'
}

# Frames come in all the while.
traffic_on() { ping -f -q -i 0.002 "${ADDR[$G]}" >/dev/null 2>&1 & FLOOD=$!; }
traffic_off() { kill $FLOOD; wait $FLOOD 2>/dev/null; true; }

second() { l2_cmd $G 'grep -o lab.second /proc/cmdline'; }

# The guest resets its function while the driver has it.
flr() { l2_cmd $G 'cat /sys/class/net/eth0/device/reset_method; echo 1 >/sys/class/net/eth0/device/reset'; }
pf_reset() { echo 1 >"/sys/bus/pci/devices/$PF/reset"; }

# virtio_net notices a reset of its function from 7.2 on.
kernel_driver() { # DRIVER TYPE GUEST
	local t="$1${3:+ of $3}" type=$2

	set -- "$3"
	must "$t: a device" device "$type"
	must "$t: the guest boots" start_guest "$1"
	say "$t: $(l2_cmd $G 'uname -r')"
	check "$t: clean" works
	[[ $t != iavf* ]] || check "$t: its function was reset" eval 'flr && answers'
	check "$t: the PF was reset" eval 'pf_reset && answers'
	check "$t: in a kernel that kexec started" eval 'kexec_boots && works'
	check "$t: in the second kernel after a crash" eval 'crash_boots && works'
	[[ $t != virtio_net* ]] || check "$t: after the guest has slept" eval 'reboot_l2 $G && answers && sleeps && answers && sent'
	check "$t: the end leaves nothing behind" end
}

iavf_cases=8
iavf() { kernel_driver iavf 2q "$1"; }
virtio_net_cases=8
virtio_net() { kernel_driver virtio_net virtio-2q "$1"; }

# --- iPXE ------------------------------------------------------------------------

# A DHCP server (the only one: the uplink must have none), and a web server that has the guest's kernel and initramfs.
servers() {
	mkdir -p $WWW && ln -sf /lab/l2/vmlinuz /lab/l2/initrd $WWW/ || return
	cat >/run/udhcpd.conf <<-END
		start $NET.50
		end $NET.50
		interface $PF_DEV
		lease_file /run/udhcpd.leases
		pidfile /run/udhcpd.pid
		option subnet 255.255.255.0
		option router ${ADDR[host]}
	END
	: >/run/udhcpd.leases
	busybox udhcpd -I "${ADDR[host]}" /run/udhcpd.conf && busybox httpd -p "${ADDR[host]}:80" -h $WWW
}

# iPXE answers pings while it waits. When there is a file "go", it boots the guest. ADDR[host] is the address of
# this machine on the guests' network.
menu() {
	cat >$MENU <<-END
		#!ipxe
		dhcp net0 || shell
		:wait
		imgfetch --timeout 2000 http://${ADDR[host]}/go || goto waiting
		imgfree
		kernel http://${ADDR[host]}/vmlinuz initrd=initrd $WORDS lab.second || shell
		initrd http://${ADDR[host]}/initrd || shell
		boot || shell
		:waiting
		sleep 1
		goto wait
	END
}

ipxe_up() {
	ADDR[$G]=$NET.50
	menu
	start_l2 $G --guest ipxe --initrd $MENU --mdev "${UUID[$G]}" --mem 512 --machine pc,graphics=off --no-wait && reach host $G 90 &&
		ping -c 5 -i 0.2 -W 3 "${ADDR[$G]}"
}

ipxe_boots() {
	echo '#!ipxe' >$WWW/go
	wait_l2 $G 300 && second
}


ipxe() {
	must "iPXE: servers for it" servers
	must "iPXE: a device" device 1q
	say "iPXE $(cat /lab/guests/ipxe/version)"
	check "iPXE: it gets a lease and answers pings" ipxe_up
	check "iPXE: it boots the guest over the network" ipxe_boots
	check "iavf after iPXE" works
	check "iPXE: the end leaves nothing behind" end
}
ipxe_cases=6

# --- DPDK ------------------------------------------------------------------------

testpmd_guest() { start_l2 $G --guest dpdk --mdev "${UUID[$G]}" --mem 768 --smp 2 && testpmd_bind uio_pci_generic; }

# testpmd answers ARP and pings for any address.
testpmd_start() { # RXQ TXQ
	ADDR[$G]=$NET.60
	testpmd_run "${BDF[0]}" "--rxq=$1" "--txq=$2" --forward-mode=icmpecho &&
		if [ "$1" -le "$2" ]; then answered; else arp_answered; fi
}

# testpmd serves no more queues to receive than it has to send, and only IP is spread.
arp_answered() { busybox arping -c 10 -w 40 -I "$PF_DEV" "${ADDR[$G]}" | tee /dev/stderr | grep -q 'Received [5-9]\|Received 10'; }
answered() { ip neigh flush dev "$PF_DEV"; reach host $G 30 && guest_cmd host --timeout 110 "$(each_ping 20 "${ADDR[$G]}" -q)"; }

testpmd_stops_starts() {
	local c

	for c in stop 'port stop all' 'port start all' start; do testpmd_do "$c" || return; done
	answered
}

testpmd_cases=9
testpmd() {
	must "testpmd: a device" device 4q
	must "testpmd: a guest with DPDK" testpmd_guest
	check "testpmd: one queue each way" testpmd_start 1 1
	check "testpmd: ports stopped and started" testpmd_stops_starts
	check "testpmd: after SIGKILL, two queues to receive, one to send" eval 'testpmd_killed && testpmd_start 2 1'
	check "testpmd: after quit, one to receive, two to send" eval 'testpmd_quits && testpmd_start 1 2'
	check "testpmd: the PF was reset" eval 'testpmd_killed && pf_reset && testpmd_start 2 2'
	check "iavf after testpmd was killed" eval 'testpmd_killed && testpmd_unbind && works'
	check "testpmd: the end leaves nothing behind" end
}

main() {
	local p n=2

	for p; do
		name=${p%%@*}_cases
		n=$((n + ${!name}))
	done
	plan $n
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) PF_DEV=$(pf_netdev)
	must "the PF is up" pf_up "$PF_DEV"
	for p; do
		case $p in *@*) "${p%%@*}" "${p#*@}" ;; *) "$p" "" ;; esac
	done
	finish
}

main "$@"
