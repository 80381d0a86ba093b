/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/waitfor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/goroutines_priv.h"
#include "go/heapobject.h"
#include "go/values.h"
#include "stack/idmap.h"

enum {
	SUDOG_MAX = 256, HCHAN_MAX = 256,
	CASES_MAX = 1024,	/* of a select; the language allows 65536 */
	SEMA_NODES = 1 << 21,	/* semaphores in the tree, at most */
	SEMA_ROOTS = 251, SEMA_ROOT_SIZE = 64,	/* runtime/sema.go, semTable */
	FRAMES = 8,
};

struct offsets {
	uint32_t g_waiting, sudog_g, sudog_prev, sudog_next, sudog_elem, sudog_waitlink, sudog_c, sudog_size;
	uint32_t qcount, dataqsiz, closed, timer, hchan_size;
	uint32_t treap, mutex_sema, writer_sem, reader_sem, reader_count, wg_sema;
};

struct work {
	struct go_g_reader *r;
	struct go_goroutines *gs;
	struct go_wait_graph *w;
	struct offsets o;
	struct go_heap heap;
	uint64_t semtable;
	struct idmap by_addr;	/* objects */
	struct idmap by_g;	/* gs->v by address */
	struct symboliser sym;
};

static int find_offsets(struct work *k)
{
	struct offsets *o = &k->o;
	const struct go_offset_want wants[] = {
		{ "runtime.g", "waiting", &o->g_waiting, NULL, false },
		{ "runtime.sudog", "sizeof", NULL, &o->sudog_size, false },
		{ "runtime.sudog", "g", &o->sudog_g, NULL, false },
		{ "runtime.sudog", "prev", &o->sudog_prev, NULL, false },
		{ "runtime.sudog", "next", &o->sudog_next, NULL, false },
		{ "runtime.sudog", "elem", &o->sudog_elem, NULL, false },
		{ "runtime.sudog", "waitlink", &o->sudog_waitlink, NULL, false },
		{ "runtime.sudog", "c", &o->sudog_c, NULL, false },
		{ "runtime.hchan", "sizeof", NULL, &o->hchan_size, false },
		{ "runtime.hchan", "qcount", &o->qcount, NULL, false },
		{ "runtime.hchan", "dataqsiz", &o->dataqsiz, NULL, false },
		{ "runtime.hchan", "closed", &o->closed, NULL, false },
		{ "runtime.hchan", "timer", &o->timer, NULL, true },
		{ "runtime.semaRoot", "treap", &o->treap, NULL, false },
		{ "sync.Mutex", "sema", &o->mutex_sema, NULL, false },
		{ "sync.RWMutex", "writerSem", &o->writer_sem, NULL, false },
		{ "sync.RWMutex", "readerSem", &o->reader_sem, NULL, false },
		{ "sync.RWMutex", "readerCount", &o->reader_count, NULL, false },
		{ "sync.WaitGroup", "sema", &o->wg_sema, NULL, false },
	};
	int err;

	o->timer = NOT_THERE;
	err = go_offsets_find(k->r->p, wants, ARRAY_SIZE(wants));
	if (!err && (o->sudog_size > SUDOG_MAX || o->hchan_size > HCHAN_MAX))
		err = err_set(ENOEXEC, "unexpected layout of runtime.sudog");
	if (!err)
		err = global_find(&k->r->p->go, GLOBAL_SEMTABLE, &k->semtable, NULL);
	k->semtable += k->r->p->bias;
	return err;
}

static uint64_t hash_of(uint64_t addr)
{
	uint64_t hash = hash_mix(0, addr);

	return hash ^ hash >> 32;
}

/* The object of that address and kind, a new one if need be; UINT32_MAX: out of memory. */
static uint32_t object_at(struct work *k, uint64_t addr, enum go_wait_kind kind)
{
	struct go_wait_graph *w = k->w;
	uint64_t hash = hash_of(addr);
	size_t at = idmap_at(&k->by_addr, hash);
	uint32_t id;

	while (idmap_next(&k->by_addr, hash, &at, &id))
		if (w->objects[id].addr == addr && w->objects[id].kind == kind)
			return id;
	if (!ARRAY_ROOM(w->objects, w->nobjects, w->objects_cap) ||
	    !idmap_add(&k->by_addr, hash, w->nobjects))
		return UINT32_MAX;
	w->objects[w->nobjects] = (struct go_wait_object){ .addr = addr, .kind = kind };
	return w->nobjects++;
}

static int add_waiter(struct work *k, uint32_t g, uint64_t addr, enum go_wait_kind kind)
{
	struct go_wait_graph *w = k->w;
	uint32_t object = object_at(k, addr, kind);

	/* a select can have the same channel more than once */
	for (size_t i = w->nwaiters; i && w->waiters[i - 1].g == g; i--)
		if (w->waiters[i - 1].object == object)
			return 0;
	if (object == UINT32_MAX || !ARRAY_ROOM(w->waiters, w->nwaiters, w->waiters_cap))
		return -ENOMEM;
	w->waiters[w->nwaiters++] = (struct go_waiter){ object, g };
	return 0;
}

static bool is_reason(struct work *k, const struct goroutine *g, const char *prefix)
{
	return g->status == G_WAITING &&
	       !strncmp(go_wait_reason(k->r, g->reason), prefix, strlen(prefix));
}

bool go_waits_for_ever(struct go_g_reader *r, const struct goroutine *g)
{
	const char *reason = go_wait_reason(r, g->reason);

	return (g->status == G_WAITING || g->status == G_LEAKED) &&
	       (!strcmp(reason, "chan receive (nil chan)") || !strcmp(reason, "chan send (nil chan)") ||
		!strcmp(reason, "select (no cases)"));
}

/* Still where it was when all were read? */
static bool is_same(struct work *k, const struct goroutine *g, uint64_t *ret_waiting)
{
	uint8_t bytes[G_SIZE_MAX];
	struct span b = { bytes, k->r->layout->size, false };
	struct goroutine now = { .addr = g->addr };

	if (mem_read_now(&k->r->p->mem, g->addr, bytes, k->r->layout->size))
		return false;
	go_g_decode(k->r->layout, bytes, &now);
	*ret_waiting = span_u64(&b, k->o.g_waiting);
	return now.goid == g->goid && now.status == g->status && now.reason == g->reason && now.pc == g->pc &&
	       now.sp == g->sp && now.seq == g->seq;
}

/* The channels that g waits for; they are its if it waits before and after. */
static int read_channels(struct work *k, uint32_t i)
{
	const struct goroutine *g = &k->gs->v[i];
	uint64_t first, again, at, channels[CASES_MAX];
	uint8_t bytes[SUDOG_MAX];
	struct span b = { bytes, k->o.sudog_size, false };
	size_t n = 0;
	int err = 0;

	if (!is_same(k, g, &first))
		return 0;
	for (at = first; at && n < CASES_MAX; n++) {
		if (mem_read_now(&k->r->p->mem, at, bytes, k->o.sudog_size) ||
		    span_u64(&b, k->o.sudog_g) != g->addr)
			return 0;
		channels[n] = span_u64(&b, k->o.sudog_c);
		at = span_u64(&b, k->o.sudog_waitlink);
	}
	if (at || !n || !is_same(k, g, &again) || again != first)
		return 0;
	for (size_t c = 0; c < n && !err; c++)
		err = channels[c] ? add_waiter(k, i, channels[c], GO_WAIT_CHAN) : 0;
	k->w->v[i].waits = !err;
	return err;
}

/* What kind of lock it is, by the functions that wait; how far behind its beginning the semaphore is. */
static enum go_wait_kind kind_of(struct work *k, const struct goroutine *g, uint32_t *ret_offset)
{
	const struct go_stack_pcs none = { 0 };
	const struct go_stack_pcs *s = g->stack < k->gs->nstacks ? &k->gs->stacks[g->stack] : &none;
	bool mutex = false;

	*ret_offset = 0;
	for (uint32_t i = 0; i < s->n && i < FRAMES; i++) {
		struct frame f[FRAMES];
		int n = k->sym.frames(k->sym.ctx, k->gs->pcs[s->first + i], PC_RETURN, f, FRAMES);

		for (int j = 0; j < n; j++) {
			const char *name = f[j].func;

			if (!strncmp(name, "internal/", 9))
				name += 9;
			if (!strcmp(name, "sync.(*RWMutex).Lock")) {
				*ret_offset = mutex ? k->o.mutex_sema : k->o.writer_sem;
				return GO_WAIT_RWMUTEX;
			}
			if (!strcmp(name, "sync.(*RWMutex).RLock")) {
				*ret_offset = k->o.reader_sem;
				return GO_WAIT_RWMUTEX;
			}
			if (!strcmp(name, "sync.(*WaitGroup).Wait")) {
				*ret_offset = k->o.wg_sema;
				return GO_WAIT_WAITGROUP;
			}
			/* one in an RWMutex is its beginning */
			if (!strncmp(name, "sync.(*Mutex).", 14))
				mutex = true;
			else if (mutex) {
				*ret_offset = k->o.mutex_sema;
				return GO_WAIT_MUTEX;
			}
		}
	}
	return GO_WAIT_SEMAPHORE;
}

static int add_semaphore(struct work *k, uint64_t g_addr, uint64_t sema)
{
	uint64_t hash = hash_of(g_addr), waiting;
	size_t at = idmap_at(&k->by_g, hash);
	enum go_wait_kind kind;
	uint32_t i, offset;
	int err;

	while (idmap_next(&k->by_g, hash, &at, &i)) {
		const struct goroutine *g = &k->gs->v[i];

		if (g->addr != g_addr || k->w->v[i].waits || g->status != G_WAITING)
			continue;
		if (!is_same(k, g, &waiting))
			return 0;
		kind = kind_of(k, g, &offset);
		err = add_waiter(k, i, sema - offset, kind);
		k->w->v[i].waits = !err;
		return err;
	}
	return 0;
}

/* Nodes of the tree that are still to be looked at; each heads a list of those with the same address. */
struct nodes {
	uint64_t *v;
	size_t n, cap, seen;
};

static int push(struct nodes *s, uint64_t addr)
{
	if (!addr)
		return 0;
	/* a tree that changes while it is read could go in circles */
	if (s->seen++ >= SEMA_NODES)
		return 0;
	if (!ARRAY_ROOM(s->v, s->n, s->cap))
		return -ENOMEM;
	s->v[s->n++] = addr;
	return 0;
}

static int read_list(struct work *k, struct nodes *s, uint64_t at, const uint8_t *head)
{
	uint8_t bytes[SUDOG_MAX];
	struct span b = { bytes, k->o.sudog_size, false };
	uint64_t sema;
	int err = 0;

	memcpy(bytes, head, k->o.sudog_size);
	sema = span_u64(&b, k->o.sudog_elem);
	while (!err && span_u64(&b, k->o.sudog_elem) == sema) {
		err = add_semaphore(k, span_u64(&b, k->o.sudog_g), sema);
		at = span_u64(&b, k->o.sudog_waitlink);
		if (!at || s->seen++ >= SEMA_NODES ||
		    mem_read_now(&k->r->p->mem, at, bytes, k->o.sudog_size))
			break;
	}
	return err;
}

static int read_semaphores(struct work *k)
{
	uint8_t bytes[SUDOG_MAX];
	struct span b = { bytes, k->o.sudog_size, false };
	struct nodes s = { 0 };
	uint64_t at;
	int err = 0;

	for (unsigned i = 0; i < SEMA_ROOTS && !err; i++) {
		if (mem_read_now(&k->r->p->mem, k->semtable + i * SEMA_ROOT_SIZE + k->o.treap, &at, sizeof(at)))
			continue;
		err = push(&s, at);
		while (s.n && !err) {
			at = s.v[--s.n];
			if (mem_read_now(&k->r->p->mem, at, bytes, k->o.sudog_size))
				continue;
			err = push(&s, span_u64(&b, k->o.sudog_prev));
			if (!err)
				err = push(&s, span_u64(&b, k->o.sudog_next));
			if (!err)
				err = read_list(k, &s, at, bytes);
		}
	}
	free(s.v);
	return err;
}

static void read_object(struct work *k, struct go_wait_object *o)
{
	struct mem *m = &k->r->p->mem;
	uint8_t bytes[HCHAN_MAX] = { 0 };
	struct span b = { bytes, sizeof(bytes), false };

	o->lo = o->addr;
	o->hi = o->addr + 1;
	if (o->kind == GO_WAIT_CHAN) {
		mem_read_now(m, o->addr, bytes, k->o.hchan_size);
		o->len = span_u64(&b, k->o.qcount);
		o->cap = span_u64(&b, k->o.dataqsiz);
		o->closed = span_u32(&b, k->o.closed);
		o->timer = k->o.timer != NOT_THERE && span_u64(&b, k->o.timer);
		return;
	}
	/* people have the structure around a lock on their stacks, not the lock */
	if (!go_heap_object(&k->heap, o->addr, &o->lo, &o->hi) && o->kind != GO_WAIT_SEMAPHORE)
		o->hi = o->addr + 24;
	mem_read_now(m, o->addr, &o->state, o->kind == GO_WAIT_WAITGROUP ? 8 : 4);
	if (o->kind == GO_WAIT_RWMUTEX)
		mem_read_now(m, o->addr + k->o.reader_count, &o->readers, sizeof(o->readers));
}

int go_waiter_order(const void *pa, const void *pb)
{
	const struct go_waiter *a = pa, *b = pb;

	if (a->object != b->object)
		return a->object < b->object ? -1 : 1;
	return a->g < b->g ? -1 : a->g > b->g;
}

static void index_waiters(struct go_wait_graph *w)
{
	if (w->nwaiters)
		qsort(w->waiters, w->nwaiters, sizeof(*w->waiters), go_waiter_order);
	for (size_t i = w->nwaiters; i--;) {
		struct go_wait_object *o = &w->objects[w->waiters[i].object];

		o->first = i;
		o->n++;
	}
}

static int read_waiters(struct work *k)
{
	int err = 0;

	for (size_t i = 0; i < k->gs->n && !err; i++) {
		const struct goroutine *g = &k->gs->v[i];

		if (!idmap_add(&k->by_g, hash_of(g->addr), i))
			return -ENOMEM;
		if ((is_reason(k, g, "chan ") || is_reason(k, g, "select")) && !go_waits_for_ever(k->r, g)) {
			err = read_channels(k, i);
			k->w->changed += !k->w->v[i].waits;
		}
	}
	return err ? err : read_semaphores(k);
}

int go_wait_graph_read(struct go_g_reader *r, struct go_goroutines *gs, struct go_wait_graph *ret)
{
	struct work k = { .r = r, .gs = gs, .w = ret, .sym = go_process_symboliser(r->p) };
	int err;

	*ret = (struct go_wait_graph){ .n = gs->n, .v = calloc(gs->n + 1, sizeof(*ret->v)) };
	if (!ret->v)
		return err_sys(ENOMEM, "reading who waits");
	err = find_offsets(&k);
	if (!err)
		err = go_heap_open(&k.heap, r->p);
	if (err)
		return err;
	err = read_waiters(&k);
	for (size_t i = 0; i < ret->nobjects; i++)
		read_object(&k, &ret->objects[i]);
	if (!err) {
		index_waiters(ret);
		err = go_wait_refs(r, gs, ret);
	}
	free(k.by_addr.slots);
	free(k.by_g.slots);
	return err ? go_g_read_failed(r, err, "what goroutines wait for") : 0;
}

void go_wait_graph_free(struct go_wait_graph *w)
{
	free(w->objects);
	free(w->waiters);
	free(w->refs);
	free(w->v);
	*w = (struct go_wait_graph){ 0 };
}
