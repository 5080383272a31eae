// SPDX-License-Identifier: GPL-2.0-only
/* fpu_busy: load the FPU's state, again and again, until somebody ends it: what a
 * processor does that switches tasks all the time. For tests/e2e/nested.sh.
 */
#include <stdint.h>

int main(void)
{
	static uint8_t area[512] __attribute__((aligned(16)));

	asm volatile("fxsave64 %0" : "=m"(area));
	for (;;)
		asm volatile("fxrstor64 %0" : : "m"(area));
}
