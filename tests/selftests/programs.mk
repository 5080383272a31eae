# SPDX-License-Identifier: GPL-2.0-only
# The programs in the order in which they run; read by make and by run_tests.sh.
TEST_PROGS := types attrs vfio_walk virtio_regs virtio_data irqs ioevent mmap virtchnl lives filters dataplane attrs_wire queues tenants isolation demand_paging storm containers slow_pin hostile fuzz_ioctl life recover reset_many args
TEST_SCRIPTS := isolation_control
# On a kernel that makes things fail and checks itself; the last one asks it.
DEBUG_PROGS := failures
DEBUG_SCRIPTS := debug_kernel
# On a PF driver without hardware, these and no others: SUBJECT=vdcm_null, the sample, and vdcm_test.
vdcm_null_PROGS := types vfio_walk irqs mmap copy
vdcm_test_PROGS := types vfio_walk irqs mmap copy open_fails prefetch registers migration migration_streams
# By name only: it loads the SmartNIC's module anew, with migration=1.
MOVE_PROGS := migration_nic dirty
# Used by other tests.
TOOLS := hold odd_frames bounce busy rowdy xdp udp_gso
