/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/running.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "go/goroutines_priv.h"
#include "input/regs.h"

enum {
	TRIES = 3,
	TRY_NS = 10000000,
	PCS = 1024,
	G_REGISTER_SINCE = 17,
};

struct candidate {
	struct goroutine *g;	/* in the list */
	struct goroutine now;	/* as it was just before */
	pid_t tid;
	bool done, seen;	/* seen: pcs hold what is to be checked */
	struct go_unwound walked;
	uint64_t pcs[PCS];
	enum go_stack_from from;
};

struct work {
	struct go_g_reader *r;
	struct candidate *v;
	size_t n;
	size_t index[REGS_THREADS];	/* of the threads being sampled */
	int err;
};

static bool read_g(struct go_g_reader *r, uint64_t addr, struct goroutine *ret)
{
	uint8_t bytes[G_SIZE_MAX];

	*ret = (struct goroutine){ .addr = addr };
	if (mem_read_now(&r->p->mem, addr, bytes, r->layout->size))
		return false;
	go_g_decode(r->layout, bytes, ret);
	return true;
}

/* Still the same goroutine on the same stack? */
static bool is_same(struct go_g_reader *r, const struct goroutine *g)
{
	struct goroutine now;

	return read_g(r, g->addr, &now) && now.goid == g->goid && now.lo == g->lo && now.hi == g->hi &&
	       now.status != G_DEAD && now.status != G_DEADEXTRA && now.status != G_IDLE;
}

static bool prepare(struct work *w, struct candidate *c)
{
	struct goroutine *now = &c->now;
	int64_t id;

	c->seen = false;
	if (!read_g(w->r, c->g->addr, now) || now->goid != c->g->goid || now->status != G_RUNNING)
		return false;
	c->tid = regs_thread(w->r->p->target, go_m_thread(w->r, now->m, &id));
	return c->tid > 0;
}

static bool is_function(const struct go_process *p, uint64_t pc, uint64_t start)
{
	struct go_func a, b;

	return go_func_at(&p->go, pc - p->bias, &a) && go_func_at(&p->go, start - p->bias, &b) &&
	       a.entry == b.entry;
}

static void walk(struct work *w, struct candidate *c, const struct go_stack *s, bool has_g)
{
	const struct go_process *p = w->r->p;
	size_t n;

	if (s->sp < c->now.lo || s->sp >= c->now.hi)
		return;
	if (go_unwind(&w->r->unwinder, s, c->pcs, PCS, &c->walked)) {
		w->err = -ENOMEM;
		return;
	}
	n = c->walked.n;
	/* the outermost is runtime.goexit */
	if (c->walked.end == GO_UNWIND_TOP)
		c->seen = n > 1 && is_function(p, c->pcs[n - 2] - 1, c->now.startpc);
	else
		c->seen = n && has_g && c->walked.end == GO_UNWIND_SHORT && s->sp + s->len < c->now.hi;
}

static int take(struct work *w, struct go_goroutines *gs, struct candidate *c)
{
	size_t n = c->walked.n;

	if (!ARRAY_ROOM(gs->stacks, gs->nstacks, gs->stacks_cap) ||
	    !ARRAY_ROOM(gs->pcs, gs->npcs + n, gs->pcs_cap))
		return -ENOMEM;
	if (!c->seen || !is_same(w->r, &c->now))
		return 0;
	/* the leaf is not behind a call, as all others are */
	c->pcs[0]++;
	memcpy(gs->pcs + gs->npcs, c->pcs, n * sizeof(*c->pcs));
	c->g->stack = gs->nstacks;
	c->g->stack_state = c->walked.end == GO_UNWIND_TOP ? GO_STACK_WHOLE : GO_STACK_CUT;
	c->g->from = c->from;
	gs->stacks[gs->nstacks++] = (struct go_stack_pcs){ gs->npcs, n };
	gs->npcs += n;
	c->done = true;
	return 0;
}

/* One that sleeps in the kernel without having told the runtime. */
static void look_at_blocked(struct work *w, struct candidate *c)
{
	const struct target *t = w->r->p->target;
	struct regs_blocked was, is;
	uint8_t *bytes;
	size_t len;

	if (!regs_blocked(t, c->tid, &was) || was.sp < c->now.lo || was.sp >= c->now.hi)
		return;
	len = c->now.hi - was.sp < REGS_STACK ? c->now.hi - was.sp : REGS_STACK;
	bytes = malloc(len);
	if (!bytes) {
		w->err = -ENOMEM;
		return;
	}
	c->from = GO_FROM_KERNEL;
	if (!mem_read_now(&w->r->p->mem, was.sp, bytes, len) && regs_blocked(t, c->tid, &is) &&
	    is.sp == was.sp && is.pc == was.pc && is.switches == was.switches)
		walk(w, c, &(struct go_stack){ was.pc, was.sp, bytes, was.sp, len }, false);
	free(bytes);
}

static void got_sample(void *ctx, size_t i, const struct regs_sample *s)
{
	struct work *w = ctx;
	struct candidate *c = &w->v[w->index[i]];

	c->from = GO_FROM_SAMPLE;
	walk(w, c, &(struct go_stack){ s->pc, s->sp, s->stack, s->sp, s->len },
	     w->r->p->go.version.minor >= G_REGISTER_SINCE && s->r14 == c->now.addr);
}

/* One look at all that have no stack yet; how many threads were asked. */
static size_t one_try(struct work *w, struct go_goroutines *gs, struct go_running *ret)
{
	pid_t tids[REGS_THREADS];
	size_t n = 0;

	for (size_t i = 0; i < w->n && !w->err; i++) {
		struct candidate *c = &w->v[i];

		if (c->done || !prepare(w, c))
			continue;
		look_at_blocked(w, c);
		if (!w->err && c->seen)
			w->err = take(w, gs, c);
		if (c->done || n == REGS_THREADS)
			continue;
		c->seen = false;
		w->index[n] = i;
		tids[n++] = c->tid;
	}
	if (w->err || !n)
		return 0;
	ret->error = regs_sample(tids, n, TRY_NS, got_sample, w);
	for (size_t i = 0; i < n && !w->err; i++)
		if (w->v[w->index[i]].seen)
			w->err = take(w, gs, &w->v[w->index[i]]);
	return n;
}

int go_running_read(struct go_g_reader *r, struct go_goroutines *gs, struct go_running *ret)
{
	struct work w = { .r = r };

	*ret = (struct go_running){ 0 };
	/*
	 * A core file has registers, and they were used.  A capture can't keep what is sampled, and what it
	 * has of a g must stay as it was read with its stack.
	 */
	if (r->p->target->core || r->p->target->keep)
		return 0;
	for (size_t i = 0; i < gs->n; i++)
		ret->n += gs->v[i].status == G_RUNNING;
	if (!ret->n)
		return 0;
	w.n = ret->n < REGS_THREADS ? ret->n : REGS_THREADS;
	w.v = calloc(w.n, sizeof(*w.v));
	if (!w.v)
		return -ENOMEM;
	for (size_t i = 0, k = 0; i < gs->n && k < w.n; i++)
		if (gs->v[i].status == G_RUNNING)
			w.v[k++].g = &gs->v[i];
	for (int i = 0; i < TRIES && !w.err && !ret->error; i++)
		if (!one_try(&w, gs, ret))
			break;
	for (size_t i = 0; i < w.n; i++)
		ret->got += w.v[i].done;
	free(w.v);
	return w.err;
}
