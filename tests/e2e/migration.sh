# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Migrations of a QEMU, by its name: for scripts that have qmp NAME COMMAND [ARGUMENTS].

status() { qmp "$1" query-status | jq -r .return.status; }

# of NAME QUERY: a field of query-migrate.
of() { qmp "$1" query-migrate | jq -r "$2"; }
migration() { of "$1" '.return.status // "none"'; }

# becomes NAME STATUS...: the migration ends with one of these.
becomes() {
	local name=$1 s w end=$((SECONDS + 120 * SLOW))

	shift
	while [ "$SECONDS" -lt "$end" ]; do
		s=$(migration "$name")
		for w; do [ "$s" != "$w" ] || return 0; done
		case $s in completed | failed | cancelled) break ;; esac
		sleep 0.1
	done
	echo "migration: $s, not $*"
	qmp "$name" query-migrate
	return 1
}

runs() {
	local i

	for ((i = 0; i < 200 * SLOW; i++)); do
		[ "$(status "$1")" != running ] || return 0
		sleep 0.2
	done
	equal "$(status "$1")" running
}
