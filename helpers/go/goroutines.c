/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/goroutines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/goroutines_priv.h"
#include "go/stopped.h"
#include "stack/idmap.h"

enum {
	G_MAX = 1 << 26,	/* goroutines: 64 million need 128 GiB of stack */
	STACK_READ = 256 << 10,	/* of one stack, at most */
	STACK_PCS = 1024,
	BATCH_MAX = 256,
	SCAN = 0x1000,		/* _Gscan: a GC looks at it */
};

#define NO_STACK UINT32_MAX

void go_goroutines_free(struct go_goroutines *gs)
{
	free(gs->v);
	free(gs->stacks);
	free(gs->pcs);
	go_labels_free(&gs->labels);
	*gs = (struct go_goroutines){ 0 };
}

/* One reading of all. */
struct snapshot {
	struct go_g_reader *r;
	struct go_goroutines *gs;
	uint32_t *todo;			/* numbers of those to be read in this round */
	size_t ntodo;
	struct mem_piece *pieces;	/* of the batch being read */
	size_t npieces;
	struct try {
		uint64_t bytes, kept;	/* hashes of its stack's bytes: of odd ones, for captures */
		bool again, odd;	/* again: to be read again; odd: believed if twice the same */
	} *tries;			/* by number */
	struct idmap by_stack;
};

/*
 * The first round reads many at a time, which is fast; what a goroutine did meanwhile makes its
 * reading worthless, so those that are busy are read again in ever smaller batches.
 */
static const unsigned batches[] = { BATCH_MAX, 32, 4, 1, 1, 1, 1, 1 };

/* The length is written behind the array (runtime/proc.go, allgadd), so it is read first. */
static int read_addresses(struct snapshot *s)
{
	struct go_g_layout *l = s->r->layout;
	struct mem *m = &s->r->p->mem;
	uint64_t n, array, last;
	uint64_t *addrs;
	int err = mem_read_now(m, l->allglen, &n, sizeof(n));

	if (!err)
		err = mem_read_now(m, l->allgptr, &array, sizeof(array));
	if (err)
		return go_g_read_failed(s->r, err, "runtime.allgs");
	if (!n || n > G_MAX)
		return err_set(EIO, "process %d (%s): runtime.allglen says %llu goroutines",
			       s->r->p->target->pid, s->r->p->target->comm, (unsigned long long)n);
	/* a length that is not true must not make room for so many */
	err = mem_read_now(m, array + 8 * (n - 1), &last, sizeof(last));
	if (err)
		return go_g_read_failed(s->r, err, "runtime.allgs");
	addrs = malloc(n * sizeof(*addrs));
	s->gs->v = calloc(n, sizeof(*s->gs->v));
	s->tries = calloc(n, sizeof(*s->tries));
	s->todo = malloc(n * sizeof(*s->todo));
	s->pieces = malloc(batches[0] * sizeof(*s->pieces));
	if (!addrs || !s->gs->v || !s->tries || !s->todo || !s->pieces)
		err = -ENOMEM;
	if (!err)
		err = mem_read_now(m, array, addrs, n * sizeof(*addrs));
	for (uint64_t i = 0; !err && i < n; i++) {
		s->gs->v[i].addr = addrs[i];
		s->todo[i] = i;
	}
	s->gs->n = s->ntodo = err ? 0 : n;
	free(addrs);
	return err ? go_g_read_failed(s->r, err, "runtime.allgs") : 0;
}

void go_g_decode(const struct go_g_layout *l, const uint8_t *bytes, struct goroutine *g)
{
	struct span b = { bytes, l->size, false };
	uint32_t status = span_u32(&b, l->status) & ~SCAN;
	bool syscall = status == G_SYSCALL;

	g->lo = span_u64(&b, l->lo);
	g->hi = span_u64(&b, l->hi);
	g->status = status < G_STATUSES ? status : G_STATUSES;
	g->goid = span_u64(&b, l->goid);
	g->parent = l->parent != NOT_THERE ? span_u64(&b, l->parent) : 0;
	g->seq = l->seq != NOT_THERE ? span_u8(&b, l->seq) : 0;
	g->bubble = l->bubble != NOT_THERE ? span_u64(&b, l->bubble) : 0;
	g->gopc = span_u64(&b, l->gopc);
	g->startpc = span_u64(&b, l->startpc);
	g->m = span_u64(&b, l->m);
	g->labels = span_u64(&b, l->labels);
	g->waitsince_ns = (int64_t)span_u64(&b, l->waitsince);
	g->reason = span_u8(&b, l->reason);
	g->locked = span_u64(&b, l->locked);
	g->pc = span_u64(&b, syscall ? l->syscallpc : l->pc);
	g->sp = span_u64(&b, syscall ? l->syscallsp : l->sp);
}

/* Of one that runs what its g says counts only together with its thread's registers. */
static void decode_place(struct snapshot *s, const uint8_t *bytes, struct goroutine *g)
{
	const struct go_g_layout *l = s->r->layout;
	const struct go_stopped r = { l->m_procid, l->m_g0, l->lo, l->hi };

	go_g_decode(l, bytes, g);
	if (g->status == G_RUNNING && !go_stopped_at(s->r->p, &r, g->m, g->lo, g->hi, &g->pc, &g->sp))
		g->sp = 0;
}

static bool is_gone(const struct goroutine *g)
{
	return g->status == G_DEAD || g->status == G_DEADEXTRA || g->status == G_IDLE;
}

static bool has_stack(const struct goroutine *g)
{
	return !is_gone(g) && g->status != G_COPYSTACK && g->sp && g->pc && g->sp >= g->lo && g->sp < g->hi;
}

/* Has it not run in between?  waitsince may be written by a GC meanwhile. */
static bool unchanged(const struct goroutine *a, const struct goroutine *b)
{
	return a->goid == b->goid && a->status == b->status && a->reason == b->reason &&
	       a->pc == b->pc && a->sp == b->sp && a->lo == b->lo && a->hi == b->hi &&
	       a->labels == b->labels;
}

/* A g before its stack is read. */
static int got_g(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct snapshot *s = ctx;
	struct goroutine *g = &s->gs->v[piece->id];

	s->tries[piece->id].again = false;
	g->stack = NO_STACK;
	g->stack_state = GO_STACK_UNREADABLE;
	g->status = G_DEAD;
	if (!bytes)
		return 0;
	decode_place(s, bytes, g);
	if (g->status == G_RUNNING)
		g->stack_state = GO_STACK_RUNNING;
	s->tries[piece->id].again = has_stack(g);
	return 0;
}

static int intern_stack(struct snapshot *s, const uint64_t *pcs, size_t n, uint32_t *ret)
{
	struct go_goroutines *gs = s->gs;
	uint64_t hash = hash_bytes(pcs, n * sizeof(*pcs));
	size_t at = idmap_at(&s->by_stack, hash);

	while (idmap_next(&s->by_stack, hash, &at, ret)) {
		const struct go_stack_pcs *k = &gs->stacks[*ret];

		if (k->n == n && !memcmp(gs->pcs + k->first, pcs, n * sizeof(*pcs)))
			return 0;
	}
	if (gs->nstacks >= NO_STACK - 1 || !ARRAY_ROOM(gs->stacks, gs->nstacks, gs->stacks_cap) ||
	    !ARRAY_ROOM(gs->pcs, gs->npcs + n, gs->pcs_cap) ||
	    !idmap_add(&s->by_stack, hash, gs->nstacks))
		return -ENOMEM;
	memcpy(gs->pcs + gs->npcs, pcs, n * sizeof(*pcs));
	*ret = gs->nstacks;
	gs->stacks[gs->nstacks++] = (struct go_stack_pcs){ gs->npcs, n };
	gs->npcs += n;
	return 0;
}

/* Could what was walked be a stack that changed meanwhile, or none at all? */
static bool is_odd(const struct goroutine *g, const struct mem_piece *piece,
		   const struct go_unwound *walked)
{
	return walked->unchained || walked->end == GO_UNWIND_FOREIGN ||
	       (walked->end == GO_UNWIND_SHORT && piece->addr + piece->len >= g->hi);
}

static int got_stack(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	static const uint8_t states[] = {
		[GO_UNWIND_TOP] = GO_STACK_WHOLE,      [GO_UNWIND_SWITCH] = GO_STACK_PARTIAL,
		[GO_UNWIND_FOREIGN] = GO_STACK_PARTIAL, [GO_UNWIND_SHORT] = GO_STACK_CUT,
		[GO_UNWIND_FULL] = GO_STACK_CUT,
	};
	struct snapshot *s = ctx;
	struct goroutine *g = &s->gs->v[piece->id];
	struct try *t = &s->tries[piece->id];
	struct go_stack stack = { g->pc, g->sp, bytes, piece->addr, piece->len };
	uint64_t pcs[STACK_PCS], hash;
	struct go_unwound walked;
	int err;

	if (!bytes)
		return 0;
	err = go_unwind(&s->r->unwinder, &stack, pcs, STACK_PCS, &walked);
	/* all saved pcs are behind a call but that of a goroutine that has not run yet, and of one that runs */
	if (walked.n && (g->pc == g->startpc || g->status == G_RUNNING))
		pcs[0]++;
	if (!err)
		err = intern_stack(s, pcs, walked.n, &g->stack);
	g->stack_state = states[walked.end];
	if (s->r->p->target->keep)
		t->kept = hash_bytes(bytes, piece->len);
	t->odd = is_odd(g, piece, &walked);
	if (t->odd) {
		hash = hash_mix(hash_bytes(bytes, piece->len), g->sp);
		t->odd = hash != t->bytes;
		t->bytes = hash;
	}
	return err;
}

/*
 * What a goroutine has as labels is never written again, and not freed while it has them: what
 * is read now is true if it still has them when it is checked.
 */
static int read_labels(struct snapshot *s, const uint32_t *ids, size_t n)
{
	struct { uint64_t addr; uint32_t set; } seen[BATCH_MAX];
	struct go_process *p = s->r->p;
	size_t nseen = 0;
	int err = 0;

	mem_forget(&p->mem);
	for (size_t i = 0; !err && i < n; i++) {
		struct goroutine *g = &s->gs->v[ids[i]];
		size_t k = 0;

		g->label_set = 0;
		if (!g->labels || is_gone(g))
			continue;
		while (k < nseen && seen[k].addr != g->labels)
			k++;
		if (k == nseen) {
			seen[nseen].addr = g->labels;
			err = go_labels_read(&s->gs->labels, &p->mem, p->go.version.minor, g->labels,
					     &seen[nseen++].set);
		}
		g->label_set = seen[k].set;
	}
	return err ? go_g_read_failed(s->r, err, "labels") : 0;
}

/* The g once more: what was read is true if nothing changed. */
static int check_g(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct snapshot *s = ctx;
	struct goroutine *g = &s->gs->v[piece->id], now = *g;
	struct try *t = &s->tries[piece->id];

	if (bytes)
		decode_place(s, bytes, &now);
	if (!t->again) {
		if (!bytes || now.goid != g->goid || now.labels != g->labels)
			g->label_set = GO_LABELS_UNKNOWN;
		return 0;
	}
	t->again = !bytes || !unchanged(g, &now) || t->odd || g->stack == NO_STACK;
	s->gs->rereads += t->again;
	return 0;
}

static void list_gs(struct snapshot *s, const uint32_t *ids, size_t n, bool check)
{
	s->npieces = 0;
	for (size_t i = 0; i < n; i++)
		if (!check || s->tries[ids[i]].again || s->gs->v[ids[i]].label_set)
			s->pieces[s->npieces++] = (struct mem_piece){
				s->gs->v[ids[i]].addr, s->r->layout->size, ids[i] };
}

static struct mem_piece stack_piece(const struct goroutine *g, uint32_t i)
{
	uint64_t len = g->hi - g->sp;

	return (struct mem_piece){ g->sp, len < STACK_READ ? len : STACK_READ, i };
}

static void list_stacks(struct snapshot *s, const uint32_t *ids, size_t n)
{
	s->npieces = 0;
	for (size_t i = 0; i < n; i++)
		if (s->tries[ids[i]].again)
			s->pieces[s->npieces++] = stack_piece(&s->gs->v[ids[i]], ids[i]);
}

static int each(struct snapshot *s, int (*got)(void *ctx, const struct mem_piece *piece,
					       const uint8_t *bytes), const char *what)
{
	int err = mem_each(&s->r->p->mem, s->pieces, s->npieces, got, s);

	return err ? go_g_read_failed(s->r, err, what) : 0;
}

static int read_batch(struct snapshot *s, const uint32_t *ids, size_t n)
{
	int err;

	list_gs(s, ids, n, false);
	err = each(s, got_g, "goroutines");
	list_stacks(s, ids, n);
	if (!err)
		err = each(s, got_stack, "stacks");
	if (!err)
		err = read_labels(s, ids, n);
	list_gs(s, ids, n, true);
	return err ? err : each(s, check_g, "goroutines");
}

static int read_round(struct snapshot *s, unsigned batch)
{
	size_t left = 0;
	int err = 0;

	for (size_t i = 0; !err && i < s->ntodo; i += batch)
		err = read_batch(s, s->todo + i, s->ntodo - i < batch ? s->ntodo - i : batch);
	for (size_t i = 0; i < s->ntodo; i++)
		if (s->tries[s->todo[i]].again)
			s->todo[left++] = s->todo[i];
	s->ntodo = left;
	return err;
}

static int by_goid(const void *pa, const void *pb)
{
	const struct goroutine *a = pa, *b = pb;

	return a->goid < b->goid ? -1 : a->goid > b->goid;
}

/* What never held still must not be whole in a capture: by what was read first, and by what is kept of it. */
static void disown(struct snapshot *s, const struct goroutine *g)
{
	struct mem *m = &s->r->p->mem;
	struct goroutine kept;
	uint8_t bytes[G_SIZE_MAX];

	mem_disown(m, g->lo, g->hi - g->lo);
	if (!mem_kept(m, g->addr, bytes, s->r->layout->size))
		return;
	go_g_decode(s->r->layout, bytes, &kept);
	mem_disown(m, kept.lo, kept.hi - kept.lo);
}

/* Those that are gone go; what never held still is torn. */
static void tidy(struct snapshot *s)
{
	struct go_goroutines *gs = s->gs;
	uint64_t newest = 0;
	size_t n = 0;

	for (size_t i = 0; i < gs->n; i++) {
		struct goroutine *g = &gs->v[i];

		if (is_gone(g)) {
			gs->dead++;
			continue;
		}
		if (s->tries[i].again) {
			g->stack_state = GO_STACK_TORN;
			g->stack = NO_STACK;
			if (g->labels)
				g->label_set = GO_LABELS_UNKNOWN;
			gs->torn++;
			disown(s, g);
		}
		if (g->waitsince_ns > (int64_t)newest)
			newest = g->waitsince_ns;
		gs->v[n++] = *g;
	}
	/* a core file doesn't say when it was made; not before what the runtime has noted */
	if (!gs->time_ns)
		gs->time_ns = newest;
	gs->n = n;
	qsort(gs->v, n, sizeof(*gs->v), by_goid);
}

/* Has the capture of a goroutine what was believed of it? */
static bool is_kept(struct snapshot *s, uint32_t i, uint8_t *room)
{
	const struct go_g_layout *l = s->r->layout;
	const struct goroutine *g = &s->gs->v[i];
	const struct mem *m = &s->r->p->mem;
	struct goroutine kept = *g;
	struct mem_piece piece = stack_piece(g, i);

	if (!mem_kept(m, g->addr, room, l->size))
		return false;
	go_g_decode(l, room, &kept);
	return unchanged(g, &kept) && mem_kept(m, piece.addr, room, piece.len) &&
	       hash_bytes(room, piece.len) == s->tries[i].kept;
}

/*
 * A capture has each byte once, as it was read last.  Where a stack was read that has been another's, whose
 * goroutine has ended since or got a larger one, that one is read again.
 */
static int settle(struct snapshot *s)
{
	enum { ROUNDS = 8 };
	struct go_goroutines *gs = s->gs;
	uint8_t *room = malloc(STACK_READ + G_SIZE_MAX);
	int err = room ? 0 : err_sys(ENOMEM, "reading goroutines");

	for (unsigned round = 0; !err && round <= ROUNDS; round++) {
		s->ntodo = 0;
		for (size_t i = 0; i < gs->n; i++)
			if (!is_gone(&gs->v[i]) && gs->v[i].stack != NO_STACK && !s->tries[i].again &&
			    !is_kept(s, i, room))
				s->todo[s->ntodo++] = i;
		if (!s->ntodo)
			break;
		for (size_t k = 0; round == ROUNDS && k < s->ntodo; k++)
			s->tries[s->todo[k]].again = true;
		if (round < ROUNDS)
			err = read_round(s, 1);
	}
	free(room);
	return err;
}

int go_goroutines_read(struct go_g_reader *r, struct go_goroutines *ret)
{
	struct snapshot s = { .r = r, .gs = ret };
	int err;

	*ret = (struct go_goroutines){ .time_ns = target_now_ns(r->p->target) };
	ret->ran_known = go_g_ran(r, &ret->ran_begin);
	err = read_addresses(&s);
	for (size_t round = 0; !err && round < ARRAY_SIZE(batches) && s.ntodo; round++)
		err = read_round(&s, batches[round]);
	ret->ran_known = ret->ran_known && go_g_ran(r, &ret->ran_end);
	ret->end_ns = target_now_ns(r->p->target);
	if (!err && r->p->target->keep)
		err = settle(&s);
	if (!err)
		tidy(&s);
	free(s.pieces);
	free(s.todo);
	free(s.tries);
	free(s.by_stack.slots);
	return err;
}

