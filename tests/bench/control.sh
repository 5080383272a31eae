#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The control path's costs beside those of its peers in the same machine: the
# kernel's mtty sample (tests/lab/run --mtty), and a virtual function of an
# emulated igb (--igb) on vfio-pci. Ratios count; the clock of an emulated machine does not.
# Wants --mtty --igb --nic adis=1024,queues=1056: make bench-control.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/bench/igb.sh

BENCH=/lab/selftests/bench-control
MTTY=/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1
COUNTS="1 64 256 1024"
ROUNDS=3	# of the largest: the best medians count, what else the machine did does not
LIMIT=1.3
RSTAT=0x8800	# of an AVF: a register that is read from the device
UART_LCR=3
VF_STATUS=8
declare -A NS=()

load_peers() {
	[ -e /lab/modules/mtty.ko ] || { echo "no mtty.ko: tests/lab/run --mtty"; return 1; }
	insmod /lab/modules/mtty.ko && [ -e $MTTY/create ]
}

us() { awk -v n="$1" 'BEGIN { printf "%.1f", n / 1000 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

best() { [ "${NS[$1]:-$2}" -lt "$2" ] || NS[$1]=$2; }

# life NAME TYPE N: NS[NAME create|remove N] and the blocks' medians.
life() {
	local what n mean few many

	"$BENCH" life "$2" "$3" >/run/life || return
	while read -r what n mean few many; do
		best "$1 $what $n" "$mean"
		[ "$3" != "${COUNTS##* }" ] || { best "$1 $what few" "$few" && best "$1 $what many" "$many"; }
	done </run/life
	equal "$(wc -l </run/life)" 2
}

both_lives() { # N
	local i rounds=1

	[ "$1" != "${COUNTS##* }" ] || rounds=$ROUNDS
	for ((i = 0; i < rounds; i++)); do
		life ours "$OURS" "$1" && life mtty $MTTY "$1" || return
	done
}

life_table() {
	local who what n line

	say "microseconds a device, mean of N; then medians of 64 of ${COUNTS##* } with few and with many others present, and their ratio"
	for what in create remove; do
		for who in ours mtty; do
			line=
			for n in $COUNTS; do line+="$n: $(us "${NS[$who $what $n]}")  "; done
			say "$what $who   $line few: $(us "${NS[$who $what few]}")  many: $(us "${NS[$who $what many]}")  ratio $(ratio "${NS[$who $what many]}" "${NS[$who $what few]}")"
		done
		n=$(ratio "${NS[ours $what many]}" "${NS[ours $what few]}")
		if awk -v r="$n" -v l=$LIMIT 'BEGIN { exit r <= l }'; then
			say "$what: $n is ABOVE $LIMIT"
		else
			say "$what: $n is not above $LIMIT"
		fi
	done
}

read_one() { # NAME DEVICE REGION OFFSET WIDTH; the value must be the device's
	local _ ns value

	read -r _ ns value < <("$BENCH" read "$2" "$3" "$4" "$5" 200) && NS[$1]=$ns && echo "$1 $value" && [ "$value" != 0xffffffff ]
}

config_reads() { read_one "config ours" "$A" 7 0 4 && read_one "config mtty" "$B" 7 0 4 && read_one "config vfio-pci" "$VF" 7 0 4; }
register_reads() { read_one "register ours" "$A" 0 $RSTAT 4 && read_one "register mtty" "$B" 0 $UART_LCR 1 && read_one "register vfio-pci" "$VF" 0 $VF_STATUS 4; }

reads_say() {
	say "$1: ours $(us "${NS[$1 ours]}"), mtty $(us "${NS[$1 mtty]}"), vfio-pci $(us "${NS[$1 vfio-pci]}") us; ratio to mtty $(ratio "${NS[$1 ours]}" "${NS[$1 mtty]}"), to vfio-pci $(ratio "${NS[$1 ours]}" "${NS[$1 vfio-pci]}")"
}

open_one() { # NAME DEVICE
	local _ o r c

	read -r _ o _ r _ c < <("$BENCH" open "$2" 11) && NS[open $1]=$o NS[ready $1]=$r NS[close $1]=$c && [ -n "$c" ]
}

opens() { open_one ours "$A" && open_one vfio-pci "$VF"; }
opens_say() {
	local what

	for what in open ready close; do
		say "$what: ours $(us "${NS[$what ours]}"), vfio-pci $(us "${NS[$what vfio-pci]}") us; ratio $(ratio "${NS[$what ours]}" "${NS[$what vfio-pci]}")"
	done
}

peers_mdev() { # TYPE: a device of it; its directory is printed
	local u

	u=$(cat /proc/sys/kernel/random/uuid)
	echo "$u" >"$1/create" && readlink -f "$MDEV/$u"
}

one_of_each() { A=$(peers_mdev "$OURS") && B=$(peers_mdev $MTTY) && [ -d "$A" ] && [ -d "$B" ]; }

gone() {
	echo 1 >"$A/remove" && echo 1 >"$B/remove" && no_vf &&
		equal "$(pool "$PF")" "$FULL" && rmmod mtty && unload_modules
}

main() {
	plan 12
	must "modules load" load_modules ${DMA:+dma_mode=$DMA}
	PF=$(pf_bdf) FULL=$(pool "$(pf_bdf)")
	OURS=/sys/class/mdev_bus/$PF/mdev_supported_types/smartnic-1q
	must "the mtty sample loads" load_peers
	must "an igb VF is on vfio-pci" vf_on_vfio
	for n in $COUNTS; do
		must "create and remove $n" both_lives "$n"
	done
	life_table
	must "one device of each" one_of_each
	check "reads of configuration space" config_reads && reads_say config
	check "reads of a trapped register" register_reads && reads_say register
	check "open to ready" opens && opens_say
	check "all gone" gone
	finish
}

main
