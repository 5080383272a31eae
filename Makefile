# SPDX-License-Identifier: GPL-2.0-only
# The one door. Everything is built and run by the lab in tests/lab, in chroots
# of its own; only "install" and "uninstall" touch this machine (and the first
# run as root installs mmdebstrap on it, if it is missing).

KERNELS	?=
KDIR	?= /lib/modules/$(shell uname -r)/build
DESTDIR	?=

# What KDIR builds for. Headers without System.map make modules_install skip depmod.
release	= $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

help:
	@echo 'make lab         build the lab: chroot, root file system, kernels, QEMU (cached)'
	@echo 'make modules     compile the modules against Debian kernels, W=1 -Werror; KERNELS="6.1 bpo"'
	@echo 'make demo        stock guests on slices of the SmartNIC'
	@echo '                 TYPE=smartnic-2q (or smartnic-virtio-2q) GUESTS=2 DMA=pasid|table KEEP=1 (leaves a shell)'
	@echo 'make check       everything that must pass: builds, sparse, selftests, end to end;'
	@echo '                 JOBS=2 suites side by side, WITH=ci adds what continuous integration adds'
	@echo 'make check-long  and what takes longer; SUITES="a b" for some suites only'
	@echo 'make check-debug selftests, guests, their SIGKILL and removal on a kernel that checks itself;'
	@echo '                 an hour or more; builds that kernel first, once: 15 to 25 minutes'
	@echo 'make matrix      kernels x compilers, selftests and guests in each DMA mode, as a table;'
	@echo '                 KERNELS="6.1 bpo", CELLS="build selftests guest"; what passed is not run again'
	@echo 'make lint        checkpatch --strict and coccicheck of the kernel, on the modules;'
	@echo '                 shellcheck and pyflakes on the scripts, layers and sizes on all'
	@echo 'make selftests   the selftests alone'
	@echo 'make kunit       the unit tests, in a kernel that runs as a program, and their coverage'
	@echo 'make coverage    lines and branches that the unit tests and the tests in L1 run; SUITES="a b"'
	@echo 'make mutants     does a test notice each fault of tests/mutants/table? MUTANTS="1 2 name" or RANDOM=5'
	@echo 'make bench-control  costs of creating, opening and reading devices, beside peers'
	@echo 'make bench-data  what traffic costs on an ADI, beside virtio-net, e1000e and an igb VF'
	@echo 'make shell       a shell in L1, the machine with the SmartNIC'
	@echo 'make fuzz        fuzz what reads guest input, FUZZ_SECONDS=60 in all'
	@echo 'make soak        sixteen devices in random hands for MINUTES=2; SEED=n repeats a run'
	@echo 'make deb         the Debian package (DKMS), installed, built and booted on Debian 12 and 13'
	@echo 'make install     build for and install on the running kernel (KDIR, DESTDIR, SIGN=1)'
	@echo 'make uninstall   take that off again'
	@echo 'make lab-refresh fetch newer packages at the next run'
	@echo 'make clean       remove what was built from this checkout'
	@echo 'make distclean   remove the cache altogether'

lab:
	@tests/lab/lab

lab-refresh:
	@tests/lab/lab refresh

modules:
	@tests/lab/build-modules $(KERNELS)

demo:
	@tests/e2e/demo

check:
	@tests/lab/check $(if $(WITH),--$(WITH)) $(SUITES)

check-long:
	@tests/lab/check --long $(SUITES)

# Its kernel is slow enough to need both processors.
check-debug:
	@JOBS=$${JOBS:-1} tests/lab/check --debug $(SUITES)

matrix:
	@CELLS="$(CELLS)" tests/lab/matrix $(KERNELS)

lint:
	@tests/lab/lint

selftests:
	@tests/lab/check =selftests-pasid =selftests-table

kunit:
	@tests/kunit/report $(KUNIT)

coverage:
	@tests/coverage/run $(SUITES)

mutants:
	@tests/mutants/report $(if $(RANDOM),--random $(RANDOM),$(MUTANTS))

bench-control bench-data:
	@tests/lab/check $@

shell:
	@tests/lab/run --shell

fuzz:
	@tests/fuzz/fuzz

soak:
	@tests/soak/run

deb:
	@tests/packaging/deb

install:
	tests/lab/kbuild . build/native $(KDIR)
	$(if $(SIGN),KBUILD=$(KDIR) packaging/sign-modules build/native/vdcm/vdcm.ko build/native/driver/smartnic.ko)
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/native INSTALL_MOD_DIR=updates $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	$(if $(DESTDIR),,depmod $(release))
	$(MAKE) -C mdevctl install DESTDIR=$(DESTDIR)

uninstall:
	rm -f $(addprefix $(DESTDIR)/lib/modules/$(release)/updates/,vdcm/vdcm.ko* driver/smartnic.ko*)
	-rmdir --ignore-fail-on-non-empty $(addprefix $(DESTDIR)/lib/modules/$(release)/updates/,vdcm driver)
	$(if $(DESTDIR),,depmod $(release))
	$(MAKE) -C mdevctl uninstall DESTDIR=$(DESTDIR)

clean:
	@tests/lab/lab clean
	rm -rf build

distclean: clean
	@tests/lab/lab distclean

.PHONY: help lab lab-refresh modules demo check check-long check-debug matrix lint selftests kunit mutants shell install uninstall clean distclean fuzz soak deb bench-control bench-data coverage
