# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a run of L1 has come to, from the files it left. Sourced by "run" and "check";
# verdict_test.py asks the same functions about logs of its own.
#   $run    console.log, and cpu-reset.log of QEMU
#   $share  out/, what the script wrote: rc, allow-dmesg, allow-reports, l2-*.log

# Messages of a kernel that fail a run.
LAB_BAD='WARNING:|BUG:|kernel BUG|Oops|general protection|[Kk]ernel panic|Call Trace|KASAN|KFENCE|UBSAN|DMAR:.*[Ff]ault|DMA-API: .*:'
LAB_BAD+='|unregister_netdevice: waiting|blocked for more than|Disabling lock debugging|INFO: (possible|suspicious|inconsistent|rcu_|task |trying to register)'
LAB_BAD+='|possible circular|kmemleak:.*new|refcount_t:|soft lockup|hard LOCKUP|detected stall|scheduling while atomic|sleeping function|NETDEV WATCHDOG|bad page state'
# A check that has switched itself off finds nothing any more.
LAB_BAD+='|ODEBUG disabled|DMA-API: debugging out of memory|leak detector disabled'

# The console without the reports ("cut here" to "end trace") in which all the texts of a line
# of allow-reports occur: their own lines, that is, not what another processor said meanwhile.
without_reports() {
	[ -e "$share/out/allow-reports" ] || { cat; return; }
	LC_ALL=C awk -F '\t' '
		function fulfils(r,   i, a, k) { k = split(want[r], a, "\t"); for (i = 1; i <= k; i++) if (!index(report, a[i])) return 0; return 1 }
		function own(l, r,   i, a, k) { k = split(want[r], a, "\t"); for (i = 1; i <= k; i++) if (index(l, a[i])) return 1; return index(l, "Call Trace:") }
		function tell(whole,   r, i) {
			for (r = whole ? n : 0; r > 0 && !fulfils(r); r--) ;
			for (i = 1; i <= lines; i++) if (!r || !own(line[i], r)) print line[i]
			lines = 0; report = ""
		}
		NR == FNR { want[++n] = $0; next }
		index($0, "[ cut here ]") { tell(0) }
		{ line[++lines] = $0; report = report $0 "\n" }
		index($0, "[ end trace ") || lines > 1000 { tell(lines <= 1000) }
		END { tell(0) }' "$share/out/allow-reports" -
}

# kernel_hits [REGEX]...: the lines of the console that fail the run; those that match a REGEX,
# or one of allow-dmesg, do not.
kernel_hits() {
	local -a allow=("$@")
	local hits re

	[ ! -e "$share/out/allow-dmesg" ] || mapfile -t -O "${#allow[@]}" allow <"$share/out/allow-dmesg"
	hits=$(tr -d '\r' <"$run/console.log" | without_reports | grep -aE "$LAB_BAD" || true)
	for re in "${allow[@]}"; do
		[ -z "$re" ] || hits=$(grep -avE -- "$re" <<<"$hits" || true)
	done
	printf '%s' "$hits"
}

# verdict_of QEMU_STATUS SECONDS HITS: the status of the run, in $verdict: the script's; 123,
# messages in the kernel log; 124, ended after SECONDS; 125, L1 did not finish.
verdict_of() {
	local rc=$1 timeout=$2 hits=$3

	verdict=125
	if [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
		verdict=124
		say "time-out after $timeout s"
	elif [ "$rc" = 1 ] && [ -s "$share/out/rc" ]; then
		verdict=$(cat "$share/out/rc")
	elif grep -qs 'Triple fault' "$run/cpu-reset.log"; then
		say "L1's processor reset itself (triple fault)"
	else
		say "L1 did not finish (QEMU's status $rc)"
	fi
	if [ "$verdict" -ge 124 ] && [ -z "$hits" ]; then
		say "the end of its console:"
		tail -n 15 "$run/console.log" >&2
	fi
	if [ -n "$hits" ]; then
		say "the kernel log has:"
		head -n 40 <<<"$hits" >&2
		[ "$verdict" != 0 ] && [ "$verdict" != 4 ] || verdict=123
	fi
}

# emulation_fault STATUS CONSOLE...: what the emulation of processors got wrong in a run that
# failed, told by its name; nothing if the failure is the run's own.
emulation_fault() {
	local status=$1

	shift
	case $status in 0 | 4) return ;; esac
	# L1's kernel (KVM's static keys) had already replaced the breakpoint.
	if grep -qs 'Oops: int3' "$@"; then
		echo "a kernel died of a stale breakpoint under emulation"
	# The timer of an idle processor never fires: then everything waits.
	elif grep -qs "timer wakeup didn't happen for" "$@"; then
		echo "a processor lost its timer under emulation"
	fi
}

# suite_result STATUS KTAP NAME: a status that the results in KTAP do not explain is a result
# of its own, which is added to them.
suite_result() {
	case $1 in
	0 | 4) ;;
	1 | 2) grep -qE '^[# ]*not ok' "$2" || echo "Bail out! $3: status $1" | tee -a "$2" ;;
	123) echo "Bail out! $3: messages in the kernel log" | tee -a "$2" ;;
	124) echo "Bail out! $3: time-out" | tee -a "$2" ;;
	*) echo "Bail out! $3: status $1" | tee -a "$2" ;;
	esac
}
