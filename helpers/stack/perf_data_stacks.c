/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_stacks.h"

#include <errno.h>

void pdata_stacks_free(struct pdata_stacks *s)
{
	pdata_frames_free(&s->frames);
	profile_queue_free(s->queue);
	free(s->stack.ids);
	free(s->before.ids);
	buf_free(&s->chain);
}

/* What PERF_RECORD_MISC_… the addresses behind a PERF_CONTEXT_… mark have. */
static unsigned mode_of_mark(uint64_t mark)
{
	switch (mark) {
	case (uint64_t)PERF_CONTEXT_KERNEL:
		return PERF_RECORD_MISC_KERNEL;
	case (uint64_t)PERF_CONTEXT_USER:
	case (uint64_t)-640: /* PERF_CONTEXT_USER_DEFERRED, Linux 6.19 */
		return PERF_RECORD_MISC_USER;
	default:
		return PERF_RECORD_MISC_CPUMODE_UNKNOWN;
	}
}

static bool is_mark(uint64_t word)
{
	return word >= (uint64_t)PERF_CONTEXT_MAX;
}

static const struct pdata_space *space_of(const struct pdata_stacks *s, unsigned mode)
{
	switch (mode) {
	case PERF_RECORD_MISC_KERNEL:
		return &s->threads->maps.kernel;
	case PERF_RECORD_MISC_USER:
		return s->user;
	default:
		return NULL;
	}
}

static uint64_t generation_of(const struct pdata_space *space)
{
	return space ? space->generation : 0;
}

/* exact: addr is what was to run next; else the call is before it */
static int put_frame(struct pdata_stacks *s, unsigned mode, uint64_t addr, bool exact)
{
	struct pdata_stack *to = &s->stack;

	if (to->n >= to->cap && !ARRAY_ROOM(to->ids, to->n, to->cap))
		return -ENOMEM;
	return pdata_frames_at(&s->frames, space_of(s, mode), addr, mode == PERF_RECORD_MISC_KERNEL,
			       exact, &to->ids[to->n++]);
}

/*
 * How many outermost addresses the chain shares with the one before: all behind the last mark,
 * and return addresses in both.
 */
static size_t shared_words(struct span a, struct span b)
{
	size_t most = (a.len < b.len ? a.len : b.len) / 8, n = 0;

	while (n < most) {
		uint64_t word = span_u64(&a, a.len - (n + 1) * 8);

		if (word != span_u64(&b, b.len - (n + 1) * 8) || is_mark(word))
			break;
		n++;
	}
	/* without the innermost, which may be the first behind a mark */
	return n ? n - 1 : 0;
}

/* The last n frames of the stack before. */
static int put_shared(struct pdata_stacks *s, size_t n)
{
	struct pdata_stack *to = &s->stack;

	if (!ARRAY_ROOM(to->ids, to->n + n, to->cap))
		return -ENOMEM;
	memcpy(to->ids + to->n, s->before.ids + s->before.n - n, n * sizeof(*to->ids));
	to->n += n;
	return 0;
}

/* without_user: what the chain says of user code is not wanted */
static int put_chain(struct pdata_stacks *s, const struct pdata_sample *sample, bool without_user)
{
	struct span chain = sample->chain, before = { (const uint8_t *)s->chain.data, s->chain.len };
	size_t shared = without_user ? 0 : shared_words(chain, before);
	size_t split = chain.len - shared * 8;
	unsigned mode = sample->mode;
	bool exact = true;
	int ret = 0;

	pdata_frames_soon(&s->frames, (struct span){ chain.p, split });
	for (size_t off = 0; !ret && off < chain.len; off += 8) {
		uint64_t addr = span_u64(&chain, off);

		if (off == split && mode == s->mode &&
		    generation_of(space_of(s, mode)) == s->generation) {
			ret = put_shared(s, shared);
			break;
		}
		if (is_mark(addr)) {
			mode = mode_of_mark(addr);
			exact = true;
			continue;
		}
		if (mode != PERF_RECORD_MISC_USER || !without_user)
			ret = put_frame(s, mode, addr, exact);
		exact = false;
	}
	buf_clear(&s->chain);
	if (!without_user)
		buf_add(&s->chain, chain.p, chain.len);
	s->mode = mode;
	s->generation = generation_of(space_of(s, mode));
	return s->chain.failed ? -ENOMEM : ret;
}

static const struct profile_mapping *mapping_at(const struct unwind_input *in, uint64_t addr)
{
	struct pdata_stacks *s = in->priv;
	const struct pdata_area *area = s->user ? pdata_space_at(s->user, addr) : NULL;
	struct pdata_maps *maps = &s->threads->maps;
	uint32_t number;

	if (!area || pdata_mapping_number(maps, &maps->mappings[area->mapping], s->r->profile, &number))
		return NULL;
	return &s->r->profile->mappings[number - 1];
}

/* Has the sample what its user's stack can be made of? */
static bool has_registers(const struct pdata_stacks *s, const struct pdata_sample *sample,
			  struct unwind_input *ret)
{
	/* arch/x86/include/uapi/asm/perf_regs.h */
	enum { BP = 6, SP = 7, IP = 8 };

	return !*s->other_arch && sample->abi == PERF_SAMPLE_REGS_ABI_64 &&
	       pdata_sample_reg(sample, IP, &ret->pc) && pdata_sample_reg(sample, SP, &ret->sp) &&
	       pdata_sample_reg(sample, BP, &ret->bp);
}

static int put_unwound(struct pdata_stacks *s, const struct unwind_input *in)
{
	uint64_t pcs[STACK_DEPTH] = { in->pc };
	bool cut = true;
	int n = 1, ret = 0;

	if (s->r->unwind)
		n = s->r->unwind(s->r->unwind_ctx, in, pcs, STACK_DEPTH, &cut);
	for (int i = 0; !ret && i < n; i++)
		ret = put_frame(s, PERF_RECORD_MISC_USER, pcs[i], !i);
	s->cut += cut;
	return n < 0 ? n : ret;
}

static int make_stack(struct pdata_stacks *s, const struct pdata_sample *sample)
{
	struct unwind_input in = { .stack = sample->stack.p, .len = sample->stack.len,
				   .mapping = mapping_at, .priv = s };
	bool has_stack = sample->stack.p, unwind = has_stack && has_registers(s, sample, &in);
	struct pdata_stack before = s->before;
	int ret;

	s->before = s->stack;
	s->stack = before;
	s->stack.n = 0;
	ret = put_chain(s, sample, unwind);
	if (!ret && unwind)
		ret = put_unwound(s, &in);
	s->cut += has_stack && !unwind;
	/* without a stack the place is known at least: perf report shows that, too */
	if (!ret && !s->stack.n && sample->has_ip)
		ret = put_frame(s, sample->mode, sample->ip, true);
	return ret;
}

int pdata_stacks_add(struct pdata_stacks *s, const struct pdata_sample *sample, uint32_t labels,
		    const int64_t *values)
{
	int ret;

	if (!s->queue)
		s->queue = profile_queue_new(s->r->profile);
	if (!s->queue)
		return -ENOMEM;
	s->user = pdata_threads_space(s->threads, sample->pid);
	ret = make_stack(s, sample);
	return ret ? ret : profile_queue_add(s->queue, s->stack.ids, s->stack.n, labels, values);
}

int pdata_stacks_end(struct pdata_stacks *s)
{
	return s->queue ? profile_queue_end(s->queue) : 0;
}
