#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# soak.sh [MINUTES [SEED]], in L1: sixteen devices in the hands of four processes,
# and beside them two guests, one with a device of each kind, that talk to each other all
# the time.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

export MINUTES=${1:-2} SEED=${2:-$(($(date +%s%N) % 1000000007))}
GUESTS='red blue'
declare -A TYPE=([red]=smartnic-1q [blue]=smartnic-virtio-1q)
OUT=/run/soak

guests_up() {
	local n=0 g

	for g in $GUESTS; do
		guest_mdev "$g" "$PF" "${TYPE[$g]}" && start_l2 "$g" --no-wait --mdev "${UUID[$g]}" || return
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
	/lab/selftests/soak | tee "$OUT" | sed -u 's/^/  /'
	return "${PIPESTATUS[0]}"
}

# Both processors of this machine are busy, but hardly a ping is lost; after a reset of
# the PF the guests' drivers begin again, which takes seconds, not half a minute.
talked() {
	local resets

	resets=$(sed -n 's/.* \([0-9]*\) resets of the PF$/\1/p' "$OUT")
	l2_cmd red 'kill -INT $(cat /tmp/talk.pid); until grep -q "packets transmitted" /tmp/talk; do sleep 0.2; done; sleep 1; cat /tmp/talk' >"$OUT.talk" || return
	tail -n 3 "$OUT.talk"
	awk -v most=$((MINUTES * 60)) -v resets="${resets:-0}" '
		/bytes from .*seq=/ { split($0, a, "seq="); n = a[2] + 0; if (n - last > gap) gap = n - last; last = n }
		/ packets transmitted/ { sent = $1; got = $4 }
		END { if (sent - last > gap) gap = sent - last
		      print "longest silence: " gap / 2 " s, resets of the PF: " resets
		      exit !(sent > most && gap <= 60 && got >= sent * 0.98 - 40 * resets) }' "$OUT.talk"
}

guests_gone() {
	local g

	for g in $GUESTS; do
		stop_l2 "$g" && mdevctl stop -u "${UUID[$g]}" || return
	done
}

plan 8
must "the modules are loaded" load_modules migration=1
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
check "they still reach each other" reach red blue
check "they leave" guests_gone
check "the pool is what it was" equal "$(pool "$PF")" "$before"
finish
