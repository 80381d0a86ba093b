/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alloc.bpf.c - who allocates in a Go program, counted by stack in the kernel
 *
 * One program for every place; the attach cookie says what the place is.  It
 * uses no kernel type but the registers of the trap, so it needs no kernel
 * BTF.  A uprobe's program can be preempted (kernel >= 6.0), so two threads
 * can be in it on one CPU: the scratch is taken by an atomic exchange.
 *
 * Register ABI of Go >= 1.17 (src/cmd/compile/abi-internal.md): integer
 * arguments in ax, bx, cx …; (*mcache).refill(c, spc), allocLarge(c, size, …),
 * mallocgc(size, typ, needzero).
 */
#include <linux/bpf.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>

#include "collect/alloc_bpf.h"

#ifndef __x86_64__
#error "registers of this architecture are not known"
#endif

char LICENSE[] SEC("license") = "GPL";

const volatile struct alloc_consts consts;

/*
 * enum duty_gate. Nothing is counted while it is shut: all places begin and
 * end their burst together.
 */
int gate;
#define SHUT  0
#define BURST 1

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct alloc_entry);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alloc_stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ALLOC_SPANCLASSES);
	__type(key, __u32);
	__type(value, struct alloc_returned);
} returned SEC(".maps");

struct scratch {
	__u32 busy, pad;
	struct alloc_entry e;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline int read_field(__u64 base, const volatile struct alloc_field *f, __u64 *ret)
{
	__u64 v = 0;

	if (bpf_probe_read_user(&v, sizeof(v), (void *)(base + f->offset)))
		return -1;
	*ret = f->width >= 8 ? v : v & ((1ULL << (f->width * 8)) - 1);
	return 0;
}

/* A field of the span whose first bytes of interest are in block. */
static __always_inline __u64 block_field(const __u8 *block, const volatile struct alloc_field *f)
{
	__u64 v;

	__builtin_memcpy(&v, block + ((f->offset - consts.span_from) & (ALLOC_SPAN_BLOCK / 2 - 1)),
			 sizeof(v));
	return f->width >= 8 ? v : v & ((1ULL << (f->width * 8)) - 1);
}

/*
 * What is left to hand out in a span, and its class. A span that contradicts
 * itself is refused.  One read for all fields: each costs 70 ns.
 */
static __always_inline int span_left(__u64 span, __u64 *ret_objects, __u64 *ret_size,
				     __u32 *ret_spc)
{
	__u8 block[ALLOC_SPAN_BLOCK] __attribute__((aligned(8)));
	__u64 nelems, taken, size, spc;

	if (bpf_probe_read_user(block, sizeof(block), (void *)(span + consts.span_from)))
		return -1;
	nelems = block_field(block, &consts.nelems);
	taken = block_field(block, &consts.alloc_count);
	size = block_field(block, &consts.elem_size);
	spc = block_field(block, &consts.span_class);
	if (spc < 2 || spc >= ALLOC_SPANCLASSES)
		return -1;
	if (nelems == 0 || taken > nelems || nelems > consts.span_objects[spc] ||
	    size != consts.class_size[spc >> 1])
		return -1;
	*ret_objects = nelems - taken;
	*ret_size = size;
	*ret_spc = spc;
	return 0;
}

/* A cache gives back a span that it took: what it didn't hand out was counted too much. */
static __always_inline __u32 count_returned(__u64 span, int open)
{
	struct alloc_returned *v;
	__u64 objects, size;
	__u32 spc;

	if (span_left(span, &objects, &size, &spc))
		return ALLOC_TORN;
	v = bpf_map_lookup_elem(&returned, &spc);
	if (v)
		__sync_fetch_and_add(open == BURST ? &v->burst : &v->stay, objects);
	return ALLOC_RETURNED;
}

/* What an object of this size takes; 0: nothing is allocated; -1: memory unreadable. */
static __always_inline __s64 object_bytes(__u64 size, __u64 type)
{
	__u64 pointers = 0;

	if (size == 0)
		return 0;
	/* the others' class does not depend on it */
	if (type && size <= consts.small_max && (size < ALLOC_TINY || size > consts.header_over) &&
	    read_field(type, &consts.ptr_bytes, &pointers))
		return -1;
	return alloc_object_bytes(&consts, size, pointers != 0);
}

static __always_inline int inner_call(__u64 caller)
{
	__u32 i;

	for (i = 0; i < ALLOC_SKIPS; i++)
		if (i < consts.nskip && caller >= consts.skip[i].start &&
		    caller < consts.skip[i].end)
			return 1;
	return 0;
}

/* What the hit is worth. Returns ALLOC_COUNTED or why not. */
static __always_inline __u32 weigh(struct pt_regs *ctx, __u64 cookie, __u64 caller,
				   struct alloc_entry *e)
{
	__u64 objects = 1, size;
	__u32 spc = ALLOC_NO_CLASS;
	__s64 bytes;

	switch (cookie & ALLOC_COOKIE_KIND) {
	case ALLOC_REFILL_SPAN:
		/* cacheSpan() gives nil when memory is out: the program is about to die */
		if (!ctx->rax)
			return ALLOC_SKIPPED;
		if (span_left(ctx->rax, &objects, &size, &spc) || objects == 0)
			return ALLOC_TORN;
		bytes = objects * size;
		break;
	case ALLOC_LARGE:
		bytes = (ctx->rbx + ALLOC_PAGE - 1) & ~(__u64)(ALLOC_PAGE - 1);
		break;
	case ALLOC_EXACT:
		if (inner_call(caller))
			return ALLOC_SKIPPED;
		bytes = object_bytes(ctx->rax, ctx->rbx);
		if (bytes == 0)
			return ALLOC_SKIPPED;
		break;
	default:
		return ALLOC_TORN;
	}
	/* an object of a terabyte is no object */
	if (bytes <= 0 || bytes >> 40)
		return ALLOC_TORN;
	e->objects = objects;
	e->bytes = bytes;
	e->span_class = spc;
	return ALLOC_COUNTED;
}

/*
 * The stack, with the caller put back.  The kernel walks by frame pointers:
 * before the frame is set up it misses the caller, except that kernels >= 6.11
 * repair probes on push %rbp (is_uprobe_at_func_entry(), events/core.c): then
 * the second frame is already *(rsp).
 */
static __always_inline int walk(struct pt_regs *ctx, struct alloc_entry *e, __u64 caller)
{
	long len = bpf_get_stack(ctx, e->frames + 1, ALLOC_FRAMES * sizeof(__u64), BPF_F_USER_STACK);

	if (len < (long)sizeof(__u64))
		return -1;
	e->first = 1;
	e->nframes = len / sizeof(__u64);
	e->frames[0] = 0;
	if (caller && (e->nframes < 2 || e->frames[2] != caller)) {
		e->frames[0] = e->frames[1];
		e->frames[1] = caller;
		e->first = 0;
		e->nframes++;
	}
	return 0;
}

static __always_inline __u64 hash_entry(const struct alloc_entry *e)
{
	__u64 h = ((__u64)e->span_class << 32 | e->nframes) + 0x9e3779b97f4a7c15ULL;
	__u32 i;

	for (i = 0; i <= ALLOC_FRAMES; i++) {
		if (i >= e->first + e->nframes)
			break;
		h = (h ^ e->frames[i]) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	return h;
}

static __always_inline int add_to(__u64 key, const struct alloc_entry *e)
{
	struct alloc_entry *old = bpf_map_lookup_elem(&stacks, &key);

	if (!old)
		return -1;
	__sync_fetch_and_add(&old->objects, e->objects);
	__sync_fetch_and_add(&old->bytes, e->bytes);
	__sync_fetch_and_add(&old->hits, 1);
	return 0;
}

static __always_inline __u32 count(struct pt_regs *ctx, struct scratch *s, __u64 cookie,
				   __u64 caller)
{
	__u32 why = weigh(ctx, cookie, caller, &s->e);
	__u64 key;

	if (why != ALLOC_COUNTED)
		return why;
	if (walk(ctx, &s->e, caller))
		return ALLOC_NO_STACK;
	s->e.hits = 1;
	key = hash_entry(&s->e) ^ s->e.gate;
	/* another CPU may insert the same stack between the two look-ups */
	if (add_to(key, &s->e) && bpf_map_update_elem(&stacks, &key, &s->e, BPF_NOEXIST) &&
	    add_to(key, &s->e))
		return ALLOC_FULL;
	return ALLOC_COUNTED;
}

static __always_inline __u32 handle(struct pt_regs *ctx, __u64 cookie)
{
	__u64 caller = 0;
	int open = *(volatile int *)&gate;
	struct scratch *s;
	__u32 zero = 0, why;

	if (open == SHUT)
		return ALLOC_CLOSED;
	/* flags CF (bit 0) and ZF (bit 6): jbe will be taken, the function starts again */
	if ((cookie & ALLOC_COOKIE_JBE) && (ctx->eflags & 0x41))
		return ALLOC_SKIPPED;
	if ((cookie & ALLOC_COOKIE_KIND) == ALLOC_RETURN)
		return count_returned(ctx->rbx, open);
	if ((cookie & ALLOC_COOKIE_CALLER) &&
	    bpf_probe_read_user(&caller, sizeof(caller), (void *)ctx->rsp))
		return ALLOC_TORN;
	s = bpf_map_lookup_elem(&scratches, &zero);
	if (!s)
		return ALLOC_BUSY;
	if (__sync_lock_test_and_set(&s->busy, 1))
		return ALLOC_BUSY;
	s->e.gate = open;
	why = count(ctx, s, cookie, caller);
	__sync_lock_test_and_set(&s->busy, 0);
	return why;
}

SEC("uprobe")
int on_alloc(struct pt_regs *ctx)
{
	__u64 start = bpf_ktime_get_ns();
	struct alloc_stats *st;
	__u32 zero = 0, why;

	st = bpf_map_lookup_elem(&stats, &zero);
	if (!st)
		return 0;
	/* before the gate is looked at: who shuts it and then sees 0 everywhere has seen the last */
	__sync_fetch_and_add(&st->inside, 1);
	why = handle(ctx, bpf_get_attach_cookie(ctx));
	__sync_fetch_and_add(&st->inside, -1);
	if (why >= ALLOC_OUTCOMES)
		return 0;
	__sync_fetch_and_add(&st->v[why], 1);
	start = bpf_ktime_get_ns() - start;
	__sync_fetch_and_add(&st->v[ALLOC_RUN_NS], start < ALLOC_RUN_MAX ? start : ALLOC_RUN_MAX);
	return 0;
}
