// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdp INTERFACE drop|pass: a program that drops or passes each frame, attached to the
 * driver of an interface until this process ends. For guests; tests/e2e/virtio.sh.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int fail(const char *what)
{
	fprintf(stderr, "xdp: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	/* r0 = verdict; exit */
	struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = 2,
		.insns = (uintptr_t)program, .license = (uintptr_t)"GPL",
	};
	union bpf_attr link = { .link_create.attach_type = BPF_XDP };

	if (argc != 3) {
		fprintf(stderr, "usage: xdp INTERFACE drop|pass\n");
		return 2;
	}
	program[0].imm = strcmp(argv[2], "drop") ? XDP_PASS : XDP_DROP;
	link.link_create.target_ifindex = if_nametoindex(argv[1]);
	link.link_create.flags = XDP_FLAGS_DRV_MODE;
	link.link_create.prog_fd = (uint32_t)bpf(BPF_PROG_LOAD, &load);
	if ((int)link.link_create.prog_fd < 0)
		return fail("the program is not loaded");
	if (bpf(BPF_LINK_CREATE, &link) < 0)
		return fail(argv[1]);
	printf("attached\n");
	fflush(stdout);
	for (;;)
		pause();
}
