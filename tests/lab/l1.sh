# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For scripts that run in L1: load the modules, and drive stock L2 guests.
#
#   load_modules [PARAMETERS OF smartnic]   dma_mode=$DMA unless given; SUBJECT=NAME: another
#                                           PF driver takes its place
#   start_l2 NAME [--mdev UUID]... [--smp N] [--mem MB] [--vfio-opts OPTS]
#            [--machine M] [--append ARGS] [--qemu ARGS] [--no-wait]
#            [--guest G] [--initrd FILE]   another guest (tests/lab/run --guest)
#            [--as USER]  QEMU as that user, its locked memory limited to $L2_MEMLOCK KiB
#   wait_l2 NAME [SECONDS]       until its agent answers
#   l2_cmd NAME [--timeout S] 'sh commands'   output and status; 124: no answer,
#                                125: it does not run, or reset itself
#   l2_pid NAME; l2_console NAME (its serial log: a path); l2_alive NAME
#   stop_l2 NAME                 power off, then reap
#   kill_l2 NAME                 SIGKILL, then reap
#   reboot_l2 NAME [SECONDS]     the same QEMU, the guest starts again
#   again_l2 NAME 'sh commands' [SECONDS]   the same, by these commands
#   l2_qmp NAME COMMAND          asks its QEMU; prints the answer, fails if it is an error

LAB_OUT=${LAB_OUT:-/lab/out}
L2_RUN=/run/l2
# On the debug kernel everything takes longer, and guests and selftests do without type1,
# which has an inversion of locks of its own (tests/suites). Time limits are multiplied.
if [ "${LAB_KERNEL:-}" = debug ]; then
	export VFIO=${VFIO:-cdev} SLOW=${SLOW:-8}
	L2_IOMMUFD=${L2_IOMMUFD-1} L2_BOOT_SECONDS=${L2_BOOT_SECONDS:-900}
fi
SLOW=${SLOW:-1}
L2_BOOT_SECONDS=${L2_BOOT_SECONDS:-$((240 * SLOW))}
mkdir -p "$L2_RUN"

l1_fail() { printf '# %s\n' "$*" >&2; return 1; }

# Everything the modules need of the kernel, then the modules themselves.
load_modules() {
	local m driver=${SUBJECT:-smartnic}

	modprobe -a vfio mdev vfio_iommu_type1 irqbypass || return
	for m in vdcm "$driver"; do
		[ -e "/lab/modules/$m.ko" ] || { l1_fail "no $m.ko: see tests/lab/build-modules"; return 1; }
		# What modprobe would have loaded for it.
		modinfo -F depends "/lab/modules/$m.ko" | tr , '\n' | sed '/^vdcm$/d; /^$/d' |
			xargs -r modprobe -a || return
	done
	# PASIDs are logged as they come and go: tests count them.
	[ -d /sys/module/vdcm ] || insmod /lab/modules/vdcm.ko dyndbg=+p || return
	[ "$driver" = smartnic ] || { [ -d "/sys/module/$driver" ] || insmod "/lab/modules/$driver.ko"; return; }
	[[ -z "${DMA:-}" || " $* " == *" dma_mode="* ]] || set -- "$@" "dma_mode=$DMA"
	[ -d /sys/module/smartnic ] || insmod /lab/modules/smartnic.ko "$@"
}

unload_modules() {
	local rc=0

	[ ! -d /sys/module/smartnic ] || rmmod smartnic || rc=$?
	[ ! -d /sys/module/vdcm ] || rmmod vdcm || rc=$?
	return "$rc"
}

# KVM over whatever virtualization L1 got; an emulated CPU is far slower.
l2_accel() {
	if [ -z "${L2_ACCEL:-}" ]; then
		[ -e /dev/kvm ] || modprobe -q kvm_amd || modprobe -q kvm_intel || true
		if [ -w /dev/kvm ]; then L2_ACCEL=kvm; else L2_ACCEL=tcg; fi
	fi
	case $L2_ACCEL in
	kvm) echo -accel kvm -cpu host ;;
	*) echo -accel tcg -cpu max,la57=off ;;
	esac
}

l2_pid() { cat "$L2_RUN/$1/pid" 2>/dev/null; }
l2_console() { printf '%s/l2-%s.log\n' "$LAB_OUT" "$1"; }

l2_alive() {
	local pid

	pid=$(l2_pid "$1") && [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null
}

# The log of a life before goes to lives/, with a number.
keep_log() { # NAME
	local n=1

	[ -e "$(l2_console "$1")" ] || return 0
	mkdir -p "$LAB_OUT/lives"
	while [ -e "$LAB_OUT/lives/$1-$n.log" ]; do n=$((n + 1)); done
	mv "$(l2_console "$1")" "$LAB_OUT/lives/$1-$n.log"
}

start_l2() {
	local words="console=ttyS0 loglevel=4 mitigations=off tsc=reliable no_timer_check net.ifnames=0"
	local name=$1 mem=256 smp=1 vfio= machine=pc append= wait=1 files=/lab/l2 initrd= d u
	local -a mdevs=() extra=() more as=()

	shift
	while [ "$#" -gt 0 ]; do
		case $1 in
		--mdev) mdevs+=("$2"); shift ;;
		--smp) smp=$2; shift ;;
		--mem) mem=$2; shift ;;
		--vfio-opts) vfio=,$2; shift ;;
		--machine) machine=$2; shift ;;
		--append) append=$2; shift ;;
		--qemu) read -ra more <<<"$2"; extra+=("${more[@]}"); shift ;;
		--no-wait) wait= ;;
		--guest) files=/lab/guests/$2; shift ;;
		--initrd) initrd=$2; shift ;;
		--as) as=(setpriv "--reuid=$2" "--regid=$2" --init-groups --inh-caps=-all); shift ;;
		*) l1_fail "start_l2: $1?"; return 2 ;;
		esac
		shift
	done
	l2_alive "$name" && { l1_fail "L2 $name runs already"; return 1; }
	# What is no Linux (iPXE) takes no words of Linux.
	[ -e "$files/initrd" ] || words=
	d=$L2_RUN/$name
	keep_log "$name"
	rm -rf "$d"
	mkdir -p "$d"
	mkfifo "$d/agent.in" "$d/agent.out"
	if [ -n "${L2_IOMMUFD:-}" ] && [ "${#mdevs[@]}" -gt 0 ]; then
		extra+=(-object iommufd,id=iommufd)
		vfio+=,iommufd=iommufd
	fi
	for u in "${mdevs[@]}"; do
		extra+=(-device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$u$vfio")
	done
	: >"$(l2_console "$name")"
	if [ "${#as[@]}" -gt 0 ]; then
		chmod 777 "$d" && chmod 666 "$d"/agent.* "$(l2_console "$name")" || return
	fi
	# The guest reboots in the same QEMU, and hangs when it panics: the console tells.
	# shellcheck disable=SC2046
	([ "${#as[@]}" = 0 ] || ulimit -l "$L2_MEMLOCK"
	setsid "${as[@]}" qemu-system-x86_64 -M "$machine" $(l2_accel) -m "$mem" -smp "$smp" \
		-nodefaults -no-user-config -display none \
		-kernel "$files/vmlinuz" -initrd "${initrd:-$files/initrd}" \
		-append "$words${append:+ $append}" \
		-serial "file:$(l2_console "$name")" \
		-chardev "pipe,id=agent,path=$d/agent" -device virtio-serial-pci \
		-device virtserialport,chardev=agent,name=lab.agent \
		-qmp "unix:$d/qmp,server=on,wait=off" \
		"${extra[@]}" </dev/null >"$LAB_OUT/l2-$name.qemu" 2>&1 &
	echo $! >"$d/pid")
	[ -z "$wait" ] || wait_l2 "$name"
}

# l2_answer NAME ID DEADLINE: skip whatever else comes (a late answer, a boot),
# then print the answer's output and return its status.
l2_answer() {
	local d=$L2_RUN/$1 want=$2 end=$3 mark id rc n left

	exec {L2_FD}<>"$d/agent.out"
	while :; do
		left=$((end - SECONDS))
		l2_alive "$1" && [ "$left" -gt 0 ] || { exec {L2_FD}>&-; return 124; }
		# Short reads, so that a QEMU that died is noticed.
		[ "$left" -lt 2 ] || left=2
		IFS=' ' read -r -t "$left" -u "$L2_FD" mark id rc n || continue
		[ "$mark" = "#L2" ] && [[ $rc$n =~ ^[0-9]+$ ]] || continue
		if [ "$id" = boot ] && [ -e "$d/up" ]; then
			# Nobody told it to: nothing that was asked of it will be answered.
			l1_fail "L2 $1 reset itself"
			exec {L2_FD}>&-
			return 125
		fi
		[ "$id" != boot ] || : >"$d/up"
		if [ "$id" = "$want" ]; then
			[ "$n" = 0 ] || timeout 30 head -c "$n" <&"$L2_FD"
			exec {L2_FD}>&-
			return "$rc"
		fi
		[ "$n" = 0 ] || timeout 30 head -c "$n" <&"$L2_FD" >/dev/null
	done
}

wait_l2() {
	local name=$1 end=$((SECONDS + ${2:-$L2_BOOT_SECONDS})) d=$L2_RUN/$1

	(
		flock 9
		[ -e "$d/up" ] || l2_answer "$name" boot "$end"
	) 9>"$d/lock" && return
	l1_fail "L2 $name did not come up: $(tail -n 3 "$LAB_OUT/l2-$name.qemu" "$(l2_console "$name")" 2>/dev/null | tr '\n' '|')"
	return 124
}

l2_cmd() {
	local name=$1 secs=60 d=$L2_RUN/$1 rc=0

	shift
	[ "$1" != --timeout ] || { secs=$2; shift 2; }
	secs=$((secs * SLOW))
	l2_alive "$name" || { l1_fail "L2 $name does not run"; return 125; }
	(
		flock 9
		id=$(($(cat "$d/id" 2>/dev/null || echo 0) + 1))
		echo "$id" >"$d/id"
		printf '%s %s %s\n' "$id" "$secs" "$(printf '%s\n' "$*" | base64 -w 0)" >"$d/agent.in"
		l2_answer "$name" "$id" $((SECONDS + secs + 15))
	) 9>"$d/lock" || rc=$?
	# 137: the agent's own time limit ended the command.
	[ "$rc" != 137 ] || rc=124
	return "$rc"
}

l2_reap() {
	local pid i max=$((${2:-100} * SLOW))

	pid=$(l2_pid "$1") || return 0
	for ((i = 0; i < max; i++)); do
		[ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || break
		sleep 0.1
	done
	if [ "$i" = "$max" ]; then
		kill -KILL "$pid" 2>/dev/null
		l1_fail "L2 $1 had to be killed"
	fi
	rm -rf "${L2_RUN:?}/$1"
}

stop_l2() {
	l2_alive "$1" && printf '0 %s %s\n' $((5 * SLOW)) "$(echo 'poweroff -f' | base64)" >"$L2_RUN/$1/agent.in"
	l2_reap "$1" 200
}

kill_l2() {
	local pid

	pid=$(l2_pid "$1") && kill -KILL "$pid" 2>/dev/null
	l2_reap "$1"
}

again_l2() {
	rm -f "$L2_RUN/$1/up"
	printf '0 %s %s\n' $((5 * SLOW)) "$(echo "$2" | base64 -w 0)" >"$L2_RUN/$1/agent.in"
	wait_l2 "$1" "${3:-}"
}

reboot_l2() { again_l2 "$1" 'reboot -f' "${2:-}"; }

# A session of its own for each question. Events may come in between.
l2_qmp() {
	local cmd line=

	coproc QMP { exec socat - "UNIX-CONNECT:$L2_RUN/$1/qmp" 2>/dev/null; }
	for cmd in '{"execute":"qmp_capabilities"}' "$2"; do
		printf '%s\n' "$cmd" >&"${QMP[1]}"
		while read -r -t $((30 * SLOW)) -u "${QMP[0]}" line; do
			[[ $line != *'"return":'* && $line != *'"error":'* ]] || break
		done
	done
	kill "$QMP_PID" 2>/dev/null
	wait "$QMP_PID" 2>/dev/null
	printf '%s\n' "$line"
	[[ $line == *'"return":'* ]]
}
