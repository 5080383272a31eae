#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the selftests on the machine with the SmartNIC, as root:
#
#	run_tests.sh [PROGRAM...]
#
# Programs are looked for in $OUT, in $LAB_SELFTESTS, in out/ and beside this script.
# Loads the modules from $MODULES (or $LAB_MODULES) if they are not loaded, with
# $VDCM_PARAMS and $SMARTNIC_PARAMS. SUBJECT=NAME[,NAME]: PF drivers without hardware take the
# place of smartnic, and the tests of the framework run on each. VFIO=type1|iommufd|cdev: how the
# programs open devices (lib/vfio.h); SLOW=N: this machine is so many times slower. Output: KTAP;
# status: 0 passed, 1 failed, 4 everything was skipped.

here=$(cd "$(dirname "$0")" && pwd)
modules=${MODULES:-${LAB_MODULES:-/lab/modules}}
export MODULES="$modules"

find_program() {
	for d in "${OUT:-}" "${LAB_SELFTESTS:-}" "$here/out" "$here"; do
		if [ -n "$d" ] && [ -x "$d/$1" ] && [ ! -d "$d/$1" ]; then
			echo "$d/$1"
			return
		fi
	done
}

load() {
	for m in mdev vfio vfio_iommu_type1 vfio_virqfd irqbypass ${VFIO:+iommufd}; do
		modprobe -q "$m"
	done
	[ -d /sys/module/vdcm ] || [ ! -f "$modules/vdcm.ko" ] ||
		insmod "$modules/vdcm.ko" dyndbg=+p ${VDCM_PARAMS:-}
	for m in $subjects; do
		[ -d "/sys/module/$m" ] || insmod "$modules/$m.ko"
	done
	[ -z "$subjects" ] || return
	[ -d /sys/module/smartnic ] || [ ! -f "$modules/smartnic.ko" ] ||
		insmod "$modules/smartnic.ko" ${SMARTNIC_PARAMS:-${DMA:+dma_mode=$DMA}}
}

# programs KIND...: those of programs.mk.
programs() { for k; do sed -n "s/^${k}_[A-Z]* := //p" "$here/programs.mk"; done; }

# all PROGRAM...: each of these, or all that there are, as PROGRAM or PROGRAM@SUBJECT.
all() {
	kinds=TEST
	[ ! -r /proc/lockdep_stats ] || kinds='TEST DEBUG'
	# shellcheck disable=SC2086 # names
	[ -n "$subjects" ] || { [ "$#" -gt 0 ] && echo "$@" || programs $kinds; }
	for s in $subjects; do
		# shellcheck disable=SC2046 # names
		printf '%s\n' $([ "$#" -gt 0 ] && echo "$@" || programs "$s") | sed "s/$/@$s/"
	done
}

subjects=$(echo "${SUBJECT:-}" | tr , ' ')
load
# shellcheck disable=SC2046 # names
set -- $(all "$@")

echo "KTAP version 1"
echo "1..$#"
n=0 passed=0 failed=0 skipped=0
t0=$(date +%s)
for name; do
	n=$((n + 1))
	start=$(date +%s)
	[ "$name" = "${name#*@}" ] || export SUBJECT="${name#*@}"
	program=$(find_program "${name%@*}")
	if [ -z "$program" ]; then
		echo "# no program ${name%@*}: make OUT=DIR first"
		rc=127
	else
		# The status of the program, not of sed: through a third descriptor.
		rc=$({ { "$program" 2>&1; echo $? >&3; } | sed 's/^/# /' >&4; } 3>&1) 4>&1
	fi
	took=$(($(date +%s) - start))
	case $rc in
	0) passed=$((passed + 1)); echo "ok $n selftests: $name # ${took} s" ;;
	4) skipped=$((skipped + 1)); echo "ok $n selftests: $name # SKIP" ;;
	*) failed=$((failed + 1)); echo "not ok $n selftests: $name # exit=$rc" ;;
	esac
done
echo "# Totals: pass:$passed fail:$failed skip:$skipped, $(($(date +%s) - t0)) s"
[ "$failed" = 0 ] || exit 1
[ "$passed" != 0 ] || exit 4
