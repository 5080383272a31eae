#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# probe.sh KERNEL_BUILD_DIR OUTPUT: write OUTPUT (vdcm_config.h) with a
# HAVE_* line for everything in the table "probes" that the kernel has.
#
# The build directory is what modules are built against: a kernel tree, or the
# header package of a distribution whose sources are in a directory of their own.
set -eu

[ $# -eq 2 ] || { echo "usage: $0 KERNEL_BUILD_DIR OUTPUT" >&2; exit 2; }
build=$1
out=$2
table=$(dirname "$0")/probes

die() { echo "probe.sh: $*" >&2; exit 1; }

# Where the kernel's own include/ is.
source_of() {
	if [ -n "${VDCM_SRCTREE:-}" ]; then
		echo "$VDCM_SRCTREE"
		return
	fi
	if [ -d "$1/source/include/linux" ]; then
		echo "$1/source"
		return
	fi
	named=$(sed -n 's|^include \(/.*\)/Makefile$|\1|p' "$1/Makefile" 2>/dev/null | head -n 1)
	for d in "$named" "$1/../$(basename "${named:-x}")" "$1"; do
		if [ -e "$d/include/linux/vfio.h" ]; then
			echo "$d"
			return
		fi
	done
}

src=$(source_of "$build")
[ -n "$src" ] && [ -e "$src/include/linux/vfio.h" ] ||
	die "no kernel headers found for $build"
auto=$build/include/config/auto.conf
[ -e "$auto" ] || die "$auto is missing: the kernel is not configured"

stamp="/* $(cat "$build/include/config/kernel.release" 2>/dev/null || echo unknown) in $(cd "$build" && pwd -P) */"
if [ -e "$out" ] && [ "$out" -nt "$table" ] && [ "$out" -nt "$0" ] &&
   [ "$out" -nt "$auto" ] && grep -qxF "$stamp" "$out"; then
	exit 0
fi

mkdir -p "$(dirname "$out")"
tmp=$out.$$
trap 'rm -f "$tmp" "$tmp.h"' EXIT
{
	echo "/* SPDX-License-Identifier: GPL-2.0-only */"
	echo "/* Made by include/compat/probe.sh for */"
	echo "$stamp"
	echo "#ifndef VDCM_CONFIG_H"
	echo "#define VDCM_CONFIG_H"
} >"$tmp"

tab=$(printf '\t')
last=
while IFS=$tab read -r name where pattern; do
	case $name in
	''|'#'*) continue ;;
	esac
	case $where in
	config)
		if grep -qE "^CONFIG_$pattern=[ym]\$" "$auto"; then
			echo "#define $name 1" >>"$tmp"
		fi
		continue
		;;
	export)
		# A tree whose modules were never built has no list: nothing is taken for sure.
		if awk -v s="$pattern" '$2 == s { found = 1 } END { exit !found }' \
			"$build/Module.symvers" 2>/dev/null; then
			echo "#define $name 1" >>"$tmp"
		fi
		continue
		;;
	esac
	if [ "$where" != "$last" ]; then
		if [ -e "$src/include/$where" ]; then
			tr -s ' \t\n' '   ' <"$src/include/$where" >"$tmp.h"
		else
			: >"$tmp.h"
		fi
		last=$where
	fi
	if grep -qE "$pattern" "$tmp.h"; then
		echo "#define $name 1" >>"$tmp"
	fi
done <"$table"
echo "#endif" >>"$tmp"
mv "$tmp" "$out"
