#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The life of one stock guest: boot, traffic, a second boot, SIGKILL in the middle of
# traffic, everything gone. On the debug kernel its QEMU is on iommufd, and L1 asks the
# kernel at the end what it saw.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

up() {
	equal "$(guest_dev v)" eth0 && guest_up v 1 && reach v host
}

pings() { guest_cmd "$1" --timeout 120 "$(each_ping 30 "${ADDR[$2]}" -q -s 1400)"; }

killed() {
	ping -f -q -w 60 "${ADDR[v]}" >/dev/null 2>&1 &
	sleep 2
	kill_l2 v
	kill $! 2>/dev/null
	idle_again "${UUID[v]}"
}

plan 12
must "modules load" load_modules ${DMA:+dma_mode=$DMA}
PF=$(pf_bdf) PF_DEV=$(pf_netdev) FULL=$(pool "$PF")
must "the PF is up" pf_up "$PF_DEV"
must "a device" guest_mdev v "$PF" smartnic-2q
must "a guest boots" start_l2 v --mdev "${UUID[v]}"
must "its link is up, the host answers" up
check "pings to the host" pings v host
check "pings from the host" pings host v
must "the guest boots again" reboot_l2 v
must "and is on the network again" up
check "killed in traffic: nothing is pinned or open" killed
check "the device goes" mdevctl stop -u "${UUID[v]}"
check "the pool is full" equal "$(pool "$PF")" "$FULL"
finish
