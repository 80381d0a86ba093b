/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/unwind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "stack/idmap.h"

enum { CACHE_MAX = 1 << 20 };	/* programs have fewer return addresses; hostile ones may not */

/* What is known of a pc. */
struct known {
	uint64_t pc;
	int32_t frame;		/* bytes from sp to the return address */
	bool go;		/* else nothing else is known */
	bool top, spwrite, assembly, injected, behind_call;
};

struct unwind_cache {
	struct idmap by_pc;
	struct known *v;
	size_t n, cap;
};

int go_unwinder_open(struct go_unwinder *u, const struct go_file *go, uint64_t bias)
{
	*u = (struct go_unwinder){ go, bias, calloc(1, sizeof(*u->cache)) };
	return u->cache ? 0 : -ENOMEM;
}

void go_unwinder_close(struct go_unwinder *u)
{
	if (u->cache) {
		free(u->cache->by_pc.slots);
		free(u->cache->v);
	}
	free(u->cache);
	*u = (struct go_unwinder){ 0 };
}

static bool one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

/* Before 1.17 the table doesn't say it (runtime/traceback.go, topofstack, and those without a way back). */
static bool is_top(const struct go_func *f)
{
	static const char *const names[] = { "runtime.goexit", "runtime.mstart", "runtime.rt0_go",
					     "runtime.mcall", "runtime.morestack", NULL };

	return (f->flags & GO_FUNC_TOP) || (!f->flags && one_of(f->name, names));
}

static bool is_switch(const struct go_func *f)
{
	static const char *const names[] = { "runtime.systemstack", "runtime.gogo",
					     "runtime.asmcgocall", NULL };

	return (f->flags & GO_FUNC_SPWRITE) || (!f->flags && one_of(f->name, names));
}

bool go_is_injected(const char *func)
{
	static const char *const names[] = { "runtime.sigpanic", "runtime.asyncPreempt",
					     "runtime.debugCallV1", "runtime.debugCallV2", NULL };

	return one_of(func, names);
}

/* CALL rel32, or CALL through a register or memory: ff /2 with whatever its operand takes. */
static bool is_behind_call(const struct go_file *g, uint64_t addr)
{
	struct span code = elf_bytes_at(g->elf, addr - 7);

	if (code.len < 7)
		return false;
	if (code.p[2] == 0xe8)
		return true;
	for (int i = 0; i <= 5; i++)
		if (code.p[i] == 0xff && (code.p[i + 1] & 0x38) == 0x10)
			return true;
	return false;
}

static struct known look_up(const struct go_unwinder *u, uint64_t pc)
{
	struct known k = { .pc = pc };
	uint64_t addr = pc - u->bias;
	struct go_func f;

	if (!go_func_at(u->go, addr, &f) || !go_pcsp(u->go, &f, addr, &k.frame) || k.frame < 0)
		return k;
	k.go = true;
	k.top = is_top(&f);
	k.spwrite = is_switch(&f);
	k.assembly = f.flags & GO_FUNC_ASM;
	k.injected = go_is_injected(f.name);
	k.behind_call = is_behind_call(u->go, addr);
	return k;
}

/* NULL: out of memory. Valid until the next call. */
static const struct known *find(struct go_unwinder *u, uint64_t pc)
{
	struct unwind_cache *c = u->cache;
	uint64_t hash = hash_mix(0, pc);
	size_t at;
	uint32_t id;

	hash ^= hash >> 32;
	at = idmap_at(&c->by_pc, hash);
	while (idmap_next(&c->by_pc, hash, &at, &id))
		if (c->v[id].pc == pc)
			return &c->v[id];
	if (c->n >= CACHE_MAX) {
		free(c->by_pc.slots);
		c->by_pc = (struct idmap){ 0 };
		c->n = 0;
	}
	if (!ARRAY_ROOM(c->v, c->n, c->cap) || !idmap_add(&c->by_pc, hash, c->n))
		return NULL;
	c->v[c->n] = look_up(u, pc);
	return &c->v[c->n++];
}

static bool word_at(const struct go_stack *s, uint64_t addr, uint64_t *ret)
{
	if (addr < s->addr || addr - s->addr > s->len || s->len - (addr - s->addr) < sizeof(*ret))
		return false;
	memcpy(ret, s->bytes + (addr - s->addr), sizeof(*ret));
	return true;
}

/* Where a walk is. */
struct place {
	uint64_t pc, sp;
	bool interrupted;	/* pc is not behind a call */
	bool chain;		/* the frame below saved a frame pointer: */
	uint64_t saved_bp;
};

/* One frame of k at p: to its caller.  false: the walk ends there, as ret->end says. */
static bool step(const struct go_stack *s, const struct known *k, struct place *p, bool first,
		 struct go_unwound *ret)
{
	uint64_t top = p->sp + k->frame, caller;

	/* a frame has the frame pointer right under the return address (cmd/internal/obj/x86, preprocess) */
	if (p->chain && !k->assembly && k->frame && p->saved_bp != top - 8)
		ret->unchained++;
	if (k->top) {
		ret->end = GO_UNWIND_TOP;
		return false;
	}
	if (k->spwrite && !first) {
		ret->end = GO_UNWIND_SWITCH;
		return false;
	}
	if (!word_at(s, top, &caller)) {
		ret->end = GO_UNWIND_SHORT;
		return false;
	}
	p->chain = k->frame && !k->assembly && word_at(s, top - 8, &p->saved_bp);
	p->pc = caller;
	p->sp = top + 8;
	p->interrupted = k->injected;
	return true;
}

int go_unwind(struct go_unwinder *u, const struct go_stack *s, uint64_t *pcs, size_t max,
	      struct go_unwound *ret)
{
	struct place p = { .pc = s->pc, .sp = s->sp };
	bool on = true;

	*ret = (struct go_unwound){ .end = GO_UNWIND_FULL };
	for (bool first = true; on && ret->n < max; first = false) {
		const struct known *k = find(u, p.pc);

		if (!k)
			return -ENOMEM;
		/* goexit's return address is made up: its first instruction but one */
		if (!k->go || (!first && !p.interrupted && !k->behind_call && !k->top)) {
			ret->end = GO_UNWIND_FOREIGN;
			break;
		}
		pcs[ret->n++] = p.pc + (p.interrupted && !first);
		on = step(s, k, &p, first, ret);
	}
	ret->next_pc = p.pc;
	ret->next_sp = p.sp;
	return 0;
}
