/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as the objects under test use, in user space. It is
 * included before everything else (-include); the headers they name are empty.
 */
#ifndef FUZZ_SHIM_H
#define FUZZ_SHIM_H

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- types ------------------------------------------------------------------ */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int32_t s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16, __le16, __be16;
typedef u32 __u32, __le32, __be32;
typedef u64 __u64, __le64;
typedef s32 __s32;
typedef s64 __s64;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef s64 ktime_t;
typedef struct { u8 b[16]; } uuid_t;

#define U8_MAX		0xffu
#define U16_MAX		0xffffu
#define U32_MAX		0xffffffffu
#define __iomem
#define __bitwise
#define __force
#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define fallthrough	__attribute__((fallthrough))
#define __counted_by(n)
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#define __init
#define __exit

/* --- small helpers ------------------------------------------------------------ */

#define BITS_PER_LONG		64
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (63 - (h))))
#define __ffs64(v)		((unsigned int)__builtin_ctzll(v))
#define GENMASK_ULL(h, l)	((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BUILD_BUG_ON(x)		_Static_assert(!(x), #x)
#define static_assert		_Static_assert
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))
#define lower_32_bits(x)	((u32)(x))
#define upper_32_bits(x)	((u32)((u64)(x) >> 32))
#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))
#define rounddown_pow_of_two(n)	(1UL << (63 - __builtin_clzl(n)))
#define cpu_to_le16(x)		((__le16)(x))
#define cpu_to_le32(x)		((__le32)(x))
#define cpu_to_le64(x)		((__le64)(x))
#define le16_to_cpu(x)		((u16)(x))
#define le32_to_cpu(x)		((u32)(x))
#define le64_to_cpu(x)		((u64)(x))
#define round_up(n, m)		(((n) + (m) - 1) / (m) * (m))
#define struct_size(p, m, n)	(sizeof(*(p)) + sizeof((p)->m[0]) * (n))
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#define IS_ENABLED(x)		0
#define try_cmpxchg(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define array_index_nospec(i, n)	(i)

/* A warning is a finding. */
#define WARN_ON_ONCE(x) \
	({ bool warn_ = (x); if (warn_) { fprintf(stderr, "WARN: %s\n", #x); abort(); } warn_; })
#define WARN_ON(x)		WARN_ON_ONCE(x)

static inline void __set_bit(unsigned long n, unsigned long *map) { map[n / 64] |= BIT(n % 64); }
static inline void __clear_bit(unsigned long n, unsigned long *map) { map[n / 64] &= ~BIT(n % 64); }

static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long end,
					       unsigned long n)
{
	while (n < end && map[n / 64] & BIT(n % 64))
		n++;
	return n;
}

static inline size_t scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return !size ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* --- errors, memory, sorting ---------------------------------------------------- */

#define ERR_PTR(e)	((void *)(long)(e))
#define PTR_ERR(p)	((long)(p))
#define IS_ERR(p)	((unsigned long)(p) >= (unsigned long)-4095)

#define GFP_KERNEL	0
#define GFP_KERNEL_ACCOUNT	0
#define GFP_NOWAIT	0

/* True when the allocation at hand is to fail; each target has its own idea. */
extern bool (*fuzz_alloc_fails)(void);

static inline void *kvzalloc(size_t n, int gfp)
{
	return fuzz_alloc_fails && fuzz_alloc_fails() ? NULL : calloc(1, n);
}

#define kzalloc		kvzalloc
#define kvfree		free
#define kfree		free

/* The first of @n bytes that is not @c, or NULL. */
static inline void *memchr_inv(const void *p, int c, size_t n)
{
	const u8 *at = p;

	for (; n; n--, at++)
		if (*at != (u8)c)
			return (void *)at;
	return NULL;
}

static inline void sort(void *base, size_t n, size_t size,
			int (*cmp)(const void *, const void *), void *swap)
{
	if (n)
		qsort(base, n, size, cmp);
}

/* --- locks: a target has one thread ---------------------------------------------- */

typedef struct { int held; } spinlock_t;
struct mutex { int held; };

#define spin_lock_init(l)	((l)->held = 0)
#define spin_lock(l)		((void)(l), WARN_ON((l)->held++))
#define spin_unlock(l)		WARN_ON(--(l)->held)
#define mutex_lock(l)		WARN_ON((l)->held++)
#define mutex_unlock(l)		WARN_ON(--(l)->held)
#define lockdep_assert_held(l)	((void)(l))

typedef struct { int v; } atomic_t;

#define atomic_read(a)		((a)->v)
#define atomic_inc_return(a)	(++(a)->v)

#define NSEC_PER_USEC		1000LL
#define NSEC_PER_MSEC		1000000LL
#define usleep_range(a, b)	((void)(a), (void)(b))

/* --- xarray: shim_xarray.c ---------------------------------------------------------- */

struct xa_slot {
	unsigned long index;
	void *entry;
	unsigned int marks;
};

struct xarray {
	struct xa_slot *slot;
	size_t nr;
	size_t room;
};

#define XA_MARK_0	0
#define XA_MARK_1	1
#define XA_MARK_2	2
#define XA_PRESENT	8
#define xa_mk_value(v)	((void *)(((unsigned long)(v) << 1) | 1))
#define xa_to_value(e)	((unsigned long)(e) >> 1)
#define xa_err(e)	(IS_ERR(e) ? (int)PTR_ERR(e) : 0)

void xa_init(struct xarray *xa);
#define XA_FLAGS_ACCOUNT	0
#define xa_init_flags(xa, flags)	xa_init(xa)
void xa_destroy(struct xarray *xa);
void *xa_load(struct xarray *xa, unsigned long index);
void *xa_store(struct xarray *xa, unsigned long index, void *entry, int gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long last, int filter);
bool xa_get_mark(struct xarray *xa, unsigned long index, int mark);
void xa_set_mark(struct xarray *xa, unsigned long index, int mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, int mark);

/* --- Ethernet ------------------------------------------------------------------------ */

#define ETH_ALEN	6
#define ETH_ZLEN	60
#define VLAN_N_VID	4096
#define ETH_P_8021Q	0x8100
#define IPPROTO_TCP	6
#define IPPROTO_UDP	17
#define IPPROTO_SCTP	132

static inline bool is_multicast_ether_addr(const u8 *a) { return a[0] & 1; }
static inline bool is_zero_ether_addr(const u8 *a) { return !memcmp(a, "\0\0\0\0\0", 6); }
static inline bool is_broadcast_ether_addr(const u8 *a) { return !memcmp(a, "\377\377\377\377\377\377", 6); }
static inline bool is_link_local_ether_addr(const u8 *a) { return !memcmp(a, "\1\200\302\0\0", 5) && a[5] < 16; }
static inline void eth_zero_addr(u8 *a) { memset(a, 0, ETH_ALEN); }
static inline bool is_valid_ether_addr(const u8 *a) { return !is_multicast_ether_addr(a) && !is_zero_ether_addr(a); }
static inline void ether_addr_copy(u8 *to, const u8 *from) { memcpy(to, from, ETH_ALEN); }
static inline bool ether_addr_equal(const u8 *a, const u8 *b) { return !memcmp(a, b, ETH_ALEN); }
#define ether_addr_equal_unaligned ether_addr_equal
bool mac_pton(const char *s, u8 *mac);

/* --- what only has to have a size or a name --------------------------------------------- */

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
#define DECLARE_HASHTABLE(name, bits)	struct hlist_node *name[1 << (bits)]
struct work_struct { int x; };
typedef void (*work_func_t)(struct work_struct *work);
struct delayed_work { int x; };
struct ida { int x; };
struct device { int x; };
struct device_attribute;
struct attribute_group;
struct pci_dev;
struct workqueue_struct;

#define module_param_named(...)
#define MODULE_PARM_DESC(...)
#define dev_info(d, ...)		((void)(d))
#define dev_warn(d, ...)		((void)(d))
#define dev_notice(d, ...)		((void)(d))
#define dev_warn_ratelimited(d, ...)	((void)(d))
#define dev_info_ratelimited(d, ...)	((void)(d))

#endif /* FUZZ_SHIM_H */
