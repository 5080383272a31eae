# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernel that runs as a program, for tests/kunit: DIR/build holds "linux" and
# what modules are built against.

uml_inputs() { cat "$REPO/tests/kunit/uml.config"; step_key linux-src@bpo; }

uml_build() {
	local src make

	step linux-src@bpo
	src=$(step_dir linux-src@bpo)/src
	mkdir "$1/build"
	# The build tree records its own paths: the same for every build and use.
	export BINDS="$src:/build/linux $1/build:/build/uml"
	make="make -C /build/linux O=/build/uml ARCH=um CC=gcc-14"
	in_build bash -ec "$make KCONFIG_ALLCONFIG=/src/tests/kunit/uml.config allnoconfig
		grep -v '^#' /src/tests/kunit/uml.config | grep =y | while read -r line; do
			grep -qx \$line /build/uml/.config || { echo missing \$line; exit 1; }
		done
		$LAB_NICE $make -j2 linux modules
		strip --strip-debug -o /build/uml/linux.new /build/uml/linux
		mv /build/uml/linux.new /build/uml/linux
		rm -f /build/uml/vmlinux* /build/uml/.tmp_*
		find /build/uml -name '*.o' ! -path '*/scripts/*' ! -path '*/tools/*' -delete"
}
