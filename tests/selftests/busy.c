// SPDX-License-Identifier: GPL-2.0-only
/* busy: keep the processor busy, until somebody ends it, with what others must not
 * suffer from. For tests/e2e/platform.sh.
 *
 *	busy fpu		loads of the FPU's state, as of one that switches tasks
 *	busy mmio FILE		reads of the first register of a BAR (its file in sysfs),
 *				which never changes; else this ends, with status 1
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static void __attribute__((noreturn)) fpu(void)
{
	static uint8_t area[512] __attribute__((aligned(16)));

	asm volatile("fxsave64 %0" : "=m"(area));
	for (;;)
		asm volatile("fxrstor64 %0" : : "m"(area));
}

static int mmio(const char *file)
{
	int fd = open(file, O_RDWR);
	volatile uint32_t *bar = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	uint32_t first, now;

	if (bar == MAP_FAILED) {
		perror(file);
		return 1;
	}
	first = *bar;
	do {
		now = *bar;
	} while (now == first);
	fprintf(stderr, "%s: %#x, and then %#x\n", file, first, now);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "fpu"))
		fpu();
	if (argc == 3 && !strcmp(argv[1], "mmio"))
		return mmio(argv[2]);
	fprintf(stderr, "usage: busy fpu | busy mmio FILE\n");
	return 2;
}
