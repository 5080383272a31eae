# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# KTAP from shell scripts, inside L1.
#
#   plan N                        first
#   check WHAT COMMAND...         one result: the command's status
#   must WHAT COMMAND...          the same, and without it nothing makes sense
#   skip WHAT WHY
#   equal GOT WANT; below N LIMIT for "check": they say what they saw
#   until_true SECONDS COMMAND...  asked again and again, at last when the time is over; what it
#                                 said then is printed
#   finish                        last: exits 0, or 1 if anything failed

KTAP_PLAN=0 KTAP_N=0 KTAP_BAD=0 KTAP_T0=$SECONDS
KTAP_OUT=/run/ktap.out

plan() {
	KTAP_PLAN=$1
	printf 'KTAP version 1\n1..%s\n' "$1"
}

say() { printf '# %s\n' "$*"; }

# Runs in this shell, so that a command may leave variables behind.
check() {
	local what=$1 rc=0 t0=$SECONDS

	shift
	"$@" >"$KTAP_OUT" 2>&1 || rc=$?
	KTAP_N=$((KTAP_N + 1))
	t0=$((SECONDS - t0))
	if [ "$rc" = 0 ]; then
		[ "$t0" -lt 2 ] && t0='' || t0=" # $t0 s"
		printf 'ok %d %s%s\n' "$KTAP_N" "$what" "$t0"
		return 0
	fi
	KTAP_BAD=$((KTAP_BAD + 1))
	printf 'not ok %d %s\n' "$KTAP_N" "$what"
	tail -n 12 "$KTAP_OUT" | sed 's/^/#   | /'
	printf '#   status %d after %d s, %d s from the start\n' "$rc" "$t0" $((SECONDS - KTAP_T0))
	return 1
}

must() {
	check "$@" && return
	evidence
	printf 'Bail out! %s\n' "$1"
	exit 1
}

# Why it may have been: the kernel's log and the guests' last words.
evidence() {
	local f

	dmesg | tail -n 15 | sed 's/^/#   L1 | /'
	for f in "$LAB_OUT"/l2-*; do
		[ ! -s "$f" ] || tail -n 5 "$f" | tr -d '\r' | sed "s/^/#   $(basename "$f") | /"
	done
}

skip() {
	KTAP_N=$((KTAP_N + 1))
	printf 'ok %d %s # SKIP %s\n' "$KTAP_N" "$1" "$2"
}

equal() { [ "$1" = "$2" ] || { printf 'is: %s\nnot: %s\n' "$1" "$2"; return 1; }; }
below() { [ "$1" -lt "$2" ] || { printf '%s is not below %s\n' "$1" "$2"; return 1; }; }
fails() { ! "$@"; }

until_true() {
	local end=$((SECONDS + $1 * ${SLOW:-1}))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { "$@"; return; }
		sleep 0.5
	done
}

finish() {
	[ "$KTAP_N" = "$KTAP_PLAN" ] || { printf 'Bail out! %d of %d results\n' "$KTAP_N" "$KTAP_PLAN"; exit 1; }
	printf '# Totals: %d of %d passed, %d s\n' $((KTAP_N - KTAP_BAD)) "$KTAP_N" $((SECONDS - KTAP_T0))
	[ "$KTAP_BAD" = 0 ]
	exit
}
