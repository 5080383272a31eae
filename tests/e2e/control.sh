#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The test of the tests: on a SmartNIC whose translation is broken on purpose
# (--nic x-break-xlat=on) the isolation tests must fail, and a guest's traffic must
# not notice: so a guest that works proves nothing about isolation.
set -u
. /lab/tests/e2e/lib.sh
. /lab/tests/e2e/ktap.sh

# Each of these reaches for another function's memory.
CASES="foreign_read foreign_write foreign_rings foreign_admin_queues"

isolation() {
	/lab/selftests/isolation foreign >/run/isolation 2>&1
	[ $? = 1 ] || { cat /run/isolation; return 1; }
}

noticed() { grep "^not ok [0-9]* $1" /run/isolation; }

main() {
	local c

	# shellcheck disable=SC2086
	plan $((2 + $(wc -w <<<$CASES)))
	must "modules load" load_modules dma_mode=table
	must "isolation fails on a broken device" isolation
	for c in $CASES; do
		check "$c notices" noticed "$c"
	done
	finish
}

main
