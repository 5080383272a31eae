#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# soak.sh [MINUTES [SEED]], in L1: sixteen devices in the hands of four processes,
# and beside them two guests that talk to each other all the time.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

export MINUTES=${1:-2} SEED=${2:-$(($(date +%s%N) % 1000000007))}
GUESTS='red blue'

guests_up() {
	local n=0 g

	for g in $GUESTS; do
		guest_mdev "$g" "$PF" smartnic-1q && start_l2 "$g" --no-wait --mdev "${UUID[$g]}" || return
	done
	for g in $GUESTS; do
		n=$((n + 1))
		wait_l2 "$g" && guest_dev "$g" && guest_up "$g" "$n" || return
	done
	reach red blue
}

# A ping twice a second from within the guest, for as long as it takes.
talk() { l2_cmd red "ping -i 0.5 -W 5 ${ADDR[blue]} >/tmp/talk 2>&1 </dev/null & echo \$! >/tmp/talk.pid"; }

soak() {
	/lab/selftests/soak | sed -u 's/^/  /'
	return "${PIPESTATUS[0]}"
}

# Hardly any is lost: both processors of this machine are busy, but none is cut off.
talked() {
	local out sent got

	out=$(l2_cmd red 'kill -INT $(cat /tmp/talk.pid); sleep 1; tail -n 3 /tmp/talk') || return
	echo "$out"
	sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' <<<"$out")
	got=$(sed -n 's/.*, \([0-9]*\) packets received.*\|.*, \([0-9]*\) received.*/\1\2/p' <<<"$out")
	[ "${sent:-0}" -gt $((MINUTES * 60)) ] && [ "${got:-0}" -gt $((sent * 98 / 100)) ]
}

guests_gone() {
	local g

	for g in $GUESTS; do
		stop_l2 "$g" && mdevctl stop -u "${UUID[$g]}" || return
	done
}

plan 7
must "the modules are loaded" load_modules
PF=$(pf_bdf)
before=$(pool "$PF")
say "SEED=$SEED MINUTES=$MINUTES"
must "two guests reach each other" guests_up
check "they go on talking" talk
n=$((KTAP_N + 1))
if soak; then KTAP_N=$n; echo "ok $n sixteen devices for $MINUTES minutes"; else
	KTAP_N=$n KTAP_BAD=$((KTAP_BAD + 1))
	echo "not ok $n sixteen devices for $MINUTES minutes"
fi
check "the guests have talked all the while" talked
check "they leave" guests_gone
check "the pool is what it was" equal "$(pool "$PF")" "$before"
finish
