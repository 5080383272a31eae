#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A stock QEMU migrates a device: pauses, into a file and back, into another QEMU and back, and
# migrations that a target refuses or an operator cancels. The device is one of
# tests/modules/vdcm-test, whose whole state the script knows. No guest runs: the processor is halted,
# and the qtest protocol takes the place of a driver.
set -u
export SUBJECT=vdcm_test
. /lab/tests/lab/l1.sh
. /lab/tests/e2e/ktap.sh
. /lab/tests/e2e/migration.sh

RUN=/run/migrate
MDEV=/sys/bus/mdev/devices
UUID_A=5e1f7e57-0000-4000-8000-00000000000a
UUID_B=5e1f7e57-0000-4000-8000-00000000000b
UUID_OTHER=5e1f7e57-0000-4000-8000-00000000000c
BAR=$((0xe0000000))	# BAR 0 of the device at 00:02.0
MEM=64			# MiB
SRC=$((0x60000)) DST=$((0x80000)) LEN=$((0x10000))	# of copies: sent first
declare -A PID=() TO=() FROM=()
mkdir -p $RUN
# Firmware that halts.
head -c 65536 /dev/zero | tr '\0' '\364' >$RUN/halt

# --- QEMU --------------------------------------------------------------------------

# link NAME qtest|qmp: lines to and from one of its sockets.
link() {
	local s=$RUN/$1.$2 i fd

	for ((i = 0; i < 300 * SLOW; i++)); do
		[ ! -S "$s" ] || break
		sleep 0.1
	done
	rm -f "$s.to" "$s.from"
	mkfifo "$s.to" "$s.from"
	socat - "UNIX-CONNECT:$s" <"$s.to" >"$s.from" 2>/dev/null &
	exec {fd}>"$s.to"
	TO[$1.$2]=$fd
	exec {fd}<"$s.from"
	FROM[$1.$2]=$fd
}

# vm NAME UUID [OPTIONS of QEMU]
vm() {
	local name=$1 uuid=$2

	shift 2
	rm -f "$RUN/$name".*
	qemu-system-x86_64 -M q35,accel=tcg -bios $RUN/halt -m $MEM -nodefaults -no-user-config -display none \
		-device "vfio-pci,sysfsdev=$MDEV/$uuid,addr=2,enable-migration=on" \
		-qtest "unix:$RUN/$name.qtest,server=on,wait=off" -qtest-log none \
		-qmp "unix:$RUN/$name.qmp,server=on,wait=off" "$@" >"$LAB_OUT/qemu-$name" 2>&1 </dev/null &
	PID[$name]=$!
	link "$name" qtest && link "$name" qmp && qmp "$name" qmp_capabilities
}

# qt NAME COMMAND...: one of the qtest protocol; prints what it answers.
qt() {
	local name=$1 line

	shift
	echo "$*" >&"${TO[$name.qtest]}"
	while read -r -t $((30 * SLOW)) -u "${FROM[$name.qtest]}" line; do
		case $line in
		OK*) line=${line#OK}; echo "${line# }"; return ;;
		FAIL* | ERR*) echo "$*: $line" >&2; return 1 ;;
		esac
	done
	echo "$*: no answer" >&2
	return 1
}

# qmp NAME COMMAND [ARGUMENTS]: its answer, a line; events are skipped.
qmp() {
	local line args=

	[ "$#" -lt 3 ] || args=",\"arguments\":{$3}"
	echo "{\"execute\":\"$2\"$args}" >&"${TO[$1.qmp]}"
	while read -r -t $((30 * SLOW)) -u "${FROM[$1.qmp]}" line; do
		case $line in
		*'"error":'*) echo "$2: $line" >&2; return 1 ;;
		*'"return":'*) echo "$line"; return ;;
		esac
	done
	echo "$2: no answer" >&2
	return 1
}

quit() {
	qmp "$1" quit >/dev/null 2>&1
	wait "${PID[$1]}"
	hang_up "$1"
}

hang_up() {
	local fd

	for fd in "${TO[$1.qtest]}" "${TO[$1.qmp]}"; do exec {fd}>&-; done
	for fd in "${FROM[$1.qtest]}" "${FROM[$1.qmp]}"; do exec {fd}<&-; done
}

# target NAME UUID: a QEMU that waits for another one's VM at $RUN/NAME.wire.
target() {
	vm "$1" "$2" -incoming defer && acknowledges "$1" &&
		qmp "$1" migrate-incoming "\"uri\":\"unix:$RUN/$1.wire\""
}

# to NAME FROM: FROM's VM begins to move there.
to() { acknowledges "$2" && qmp "$2" migrate "\"uri\":\"unix:$RUN/$1.wire\""; }

# The VM stops only when the target has acknowledged HELLO; before it moves.
acknowledges() { capability "$1" return-path && capability "$1" switchover-ack; }

capability() { qmp "$1" migrate-set-capabilities "\"capabilities\":[{\"capability\":\"$2\",\"state\":true}]"; }

# --- the guest's side -----------------------------------------------------------------

cfg_write() { qt "$1" "outl 0xcf8 $((0x80001000 + $2))" && qt "$1" "outl 0xcfc $3"; }
cfg_read() { qt "$1" "outl 0xcf8 $((0x80001000 + $2))" >/dev/null && qt "$1" "inl 0xcfc"; }
reg() { qt "$1" "readl $((BAR + $2))"; }

# What firmware and driver do: BAR, memory, bus mastering, MSI-X.
enables() {
	cfg_write "$1" 0x10 $BAR && cfg_write "$1" 0x14 0 && cfg_write "$1" 4 6 &&
		equal "$(($(reg "$1" 0x401c)))" 0
}

# fill NAME N: values that tell N, in a page that is mapped, registers and its notes.
fill() {
	qt "$1" "writel $((BAR + 0x10)) $2" && qt "$1" "writel $((BAR + 0x4010)) $2" &&
		qt "$1" "writew $((BAR + 0x5002)) $2" && qt "$1" "writeq $((BAR + 0x5008)) $2"
}

has() {
	equal "$(($(reg "$1" 0x10)))" "$2" && equal "$(($(reg "$1" 0x4010)))" "$2" &&
		equal "$(($(qt "$1" "readw $((BAR + 0x5002))")))" "$2" &&
		equal "$(($(qt "$1" "readq $((BAR + 0x5008))")))" "$2" &&
		equal "$(($(cfg_read "$1" 4) & 6))" 6
}

# copies NAME BYTE: the device copies memory that is full of BYTE.
copies() { prepares "$1" "$2" && does "$1" "$2"; }

prepares() {
	qt "$1" "memset $SRC $LEN $2" && qt "$1" "memset $DST $LEN 0" &&
		qt "$1" "writeq $((BAR + 0x4000)) $SRC" && qt "$1" "writeq $((BAR + 0x4008)) $DST" &&
		qt "$1" "writel $((BAR + 0x4010)) $LEN"
}

does() {
	local i

	qt "$1" "writel $((BAR + 0x4014)) 1" || return
	for ((i = 0; i < 100 * SLOW; i++)); do
		[ "$(($(reg "$1" 0x401c)))" = 1 ] || break
		sleep 0.05
	done
	equal "$(($(reg "$1" 0x401c)))" 0 && copied "$1" "$2"
}

# copied NAME BYTE: that copy is there, from its first byte to its last one.
copied() {
	equal "$(($(qt "$1" "readb $DST")))" "$(($2))" &&
		equal "$(($(qt "$1" "readb $((DST + LEN - 1))")))" "$(($2))" &&
		equal "$(($(qt "$1" "readb $((DST + LEN))")))" 0
}

# --- test cases ----------------------------------------------------------------------

pauses() {
	local i

	for ((i = 0; i < 20; i++)); do
		qmp a stop >/dev/null && equal "$(status a)" paused && qmp a cont >/dev/null || return
	done
	has a 77 && copies a $((0x31))
}

into_file() {
	copies a $((0x42)) && fill a 1234 && qmp a migrate "\"uri\":\"file:$RUN/state\"" && becomes a completed &&
		equal "$(status a)" postmigrate && quit a
}

out_of_file() {
	vm a $UUID_A -incoming "file:$RUN/state" && runs a && has a 1234 && copied a $((0x42)) && copies a $((0x43))
}

# moves FROM TO UUID N
moves() {
	local from=$1 to=$2

	fill "$from" "$4" && copies "$from" $((0x50 + $4 % 16)) && fill "$from" "$4" || return
	target "$to" "$3" && to "$to" "$from" && becomes "$from" completed && runs "$to" || return
	qmp "$from" query-migrate | jq -c '.return | {downtime, vfio, ram: .ram.transferred}'
	has "$to" "$4" && copied "$to" $((0x50 + $4 % 16)) && quit "$from" && fill "$to" "$4"
}

there_and_back() {
	local i

	for ((i = 0; i < 3; i++)); do
		moves a b $UUID_B $((1000 + 2 * i)) && moves b a $UUID_A $((1001 + 2 * i)) || return
	done
	copies a $((0x61))
}

sent() { qmp "$1" query-migrate | jq -r '.return.ram.transferred // 0'; }

# Pages that the device alone writes, once they were sent: they are sent again.
written_on_the_way() {
	local i

	prepares a $((0x66)) && target b $UUID_B || return
	qt a "memset 0x100000 0x1000000 0x76" >/dev/null
	qmp a migrate-set-parameters '"max-bandwidth":1048576' && to b a && becomes a active || return
	for ((i = 0; i < 200 * SLOW; i++)); do
		[ "$(sent a)" -lt 2000000 ] || break
		sleep 0.1
	done
	[ "$(sent a)" -ge 2000000 ] && [ "$(migration a)" = active ] && does a $((0x66)) || return
	qmp a migrate-set-parameters '"max-bandwidth":1073741824' && becomes a completed && runs b &&
		copied b $((0x66)) && quit a && moves b a $UUID_A 333
}

# The source is told by HELLO, while its VM runs.
another_type() {
	fill a 4711 && target other $UUID_OTHER || return
	to other a && becomes a failed && runs a && has a 4711 && copies a $((0x71)) ||
		return
	wait "${PID[other]}"
	hang_up other
	grep -qi vfio "$LAB_OUT/qemu-other" && dmesg | grep "state of another device refused: its type differs"
}

# Slowly, so that it is under way.
cancelled() {
	fill a 815 && target b $UUID_B || return
	qt a "memset 0x100000 0x1000000 0x77" >/dev/null
	qmp a migrate-set-parameters '"max-bandwidth":1048576' && to b a && becomes a active && qmp a migrate_cancel && becomes a cancelled && runs a && has a 815 || return
	qmp a migrate-set-parameters '"max-bandwidth":1073741824' && copies a $((0x72)) || return
	wait "${PID[b]}"
	hang_up b
}

# The target's process is gone in the midst of it.
target_killed() {
	fill a 816 && target b $UUID_B || return
	qt a "memset 0x100000 0x1000000 0x78" >/dev/null
	qmp a migrate-set-parameters '"max-bandwidth":1048576' && to b a && becomes a active || return
	kill -9 "${PID[b]}"
	wait "${PID[b]}"
	hang_up b
	becomes a failed && runs a && has a 816 && qmp a migrate-set-parameters '"max-bandwidth":1073741824' &&
		copies a $((0x73))
}

# What was refused, cancelled and killed is of no effect on the next one.
once_more() { moves a b $UUID_B 9999 && copies b $((0x74)) && quit b; }

no_complaints() { ! dmesg | grep -E 'BUG|WARNING|Oops|Call Trace'; }

create() {
	local types=/sys/class/mdev_bus/vdcm_test/mdev_supported_types

	echo $UUID_A >$types/vdcm_test-v2/create && echo $UUID_B >$types/vdcm_test-v2/create &&
		echo $UUID_OTHER >$types/vdcm_test-v3/create
}

plan 13
say "$(qemu-system-x86_64 --version | head -n 1), kernel $(uname -r)"
must "modules load" load_modules
must "three devices of two types" create
must "a machine without a guest" eval 'vm a $UUID_A && enables a && fill a 77 && copies a 17 && fill a 77'
check "a VM is paused and goes on, twenty times" pauses
check "into a file" into_file
must "out of the file, into the same device" out_of_file
check "to another device and back, three times" there_and_back
check "what the device writes on the way arrives" written_on_the_way
check "a device of another type refuses it, the source goes on" another_type
check "cancelled on the way, the source goes on" cancelled
check "the target is killed, the source goes on" target_killed
check "and to another device again" once_more
check "the kernel has nothing to complain of" no_complaints
finish
