/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/recorded.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "go/resolver_priv.h"
#include "go/unwind.h"
#include "input/elf_cfi.h"
#include "stack/idmap.h"

/* What one mapping shows. */
struct shown {
	uint64_t start, limit, offset;
	char *path, *build_id;
	struct place place;
	struct go_unwinder go;
	bool has_go;
	struct elf_cfi *cfi;
};

struct go_recorded {
	struct go_resolver *resolver;
	struct shown **v;
	size_t n, cap;
	struct idmap by_content;
};

int go_recorded_open(struct go_resolver *r, struct go_recorded **ret)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	(*ret)->resolver = r;
	return 0;
}

static void shown_free(struct shown *s)
{
	if (s->has_go)
		go_unwinder_close(&s->go);
	elf_cfi_close(s->cfi);
	free(s->path);
	free(s->build_id);
	free(s);
}

void go_recorded_close(struct go_recorded *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		shown_free(w->v[i]);
	free(w->v);
	free(w->by_content.slots);
	free(w);
}

static struct shown *look(struct go_recorded *w, const struct profile_mapping *m)
{
	struct shown *s = calloc(1, sizeof(*s));
	struct go_image *i;

	if (!s)
		return NULL;
	*s = (struct shown){ .start = m->start, .limit = m->limit, .offset = m->offset,
			     .path = strdup(m->path), .build_id = strdup(m->build_id) };
	if (!s->path || !s->build_id)
		goto fail;
	if (m->kernel || !m->limit)
		return s;
	resolver_find_file(w->resolver, m, &s->place);
	i = s->place.how == HOW_FILE ? s->place.image : NULL;
	if (!i || i->elf.machine != EM_X86_64)
		return s;
	if (i->go.elf) {
		if (go_unwinder_open(&s->go, &i->go, s->place.bias))
			goto fail;
		s->has_go = true;
	}
	s->cfi = elf_cfi_open(&i->elf);
	return s;
fail:
	shown_free(s);
	return NULL;
}

/* NULL: out of memory. */
static struct shown *shown_by(struct go_recorded *w, const struct profile_mapping *m)
{
	uint64_t hash =
		hash_mix(hash_mix(m->start, m->limit), hash_bytes(m->path, strlen(m->path)));
	size_t at;
	uint32_t id;

	hash = hash_mix(hash, m->offset);
	hash ^= hash >> 32;
	at = idmap_at(&w->by_content, hash);
	while (idmap_next(&w->by_content, hash, &at, &id)) {
		struct shown *s = w->v[id];

		if (s->start == m->start && s->limit == m->limit && s->offset == m->offset &&
		    !strcmp(s->path, m->path) && !strcmp(s->build_id, m->build_id))
			return s;
	}
	if (!ARRAY_ROOM(w->v, w->n, w->cap) || !idmap_add(&w->by_content, hash, w->n))
		return NULL;
	w->v[w->n] = look(w, m);
	return w->v[w->n] ? w->v[w->n++] : NULL;
}

/* The stack from here on is Go's; the number of addresses found, 0: none, or -ENOMEM. */
static int walk_go(struct shown *s, const struct unwind_input *in, const struct elf_cfi_regs *regs,
		   uint64_t *pcs, size_t max, bool *cut)
{
	struct go_stack stack = { .pc = regs->pc, .sp = regs->r[ELF_CFI_SP], .bytes = in->stack,
				  .addr = in->sp, .len = in->len };
	struct go_unwound u;
	int ret = go_unwind(&s->go, &stack, pcs, max, &u);

	if (ret)
		return ret;
	*cut = u.end == GO_UNWIND_SHORT;
	return u.n;
}

int go_recorded_unwind(void *ctx, const struct unwind_input *in, uint64_t *pcs, size_t max,
		       bool *cut)
{
	struct go_recorded *w = ctx;
	struct elf_cfi_regs regs = { .pc = in->pc, .known = 1 << ELF_CFI_SP | 1 << ELF_CFI_BP,
				     .stack = in->stack, .addr = in->sp, .len = in->len };
	size_t n = 0;

	regs.r[ELF_CFI_SP] = in->sp;
	regs.r[ELF_CFI_BP] = in->bp;
	*cut = false;
	while (n < max) {
		const struct profile_mapping *m = in->mapping(in, regs.pc - !!n);
		struct shown *s = m ? shown_by(w, m) : NULL;
		int found;

		if (m && !s)
			return -ENOMEM;
		found = s && s->has_go ? walk_go(s, in, &regs, pcs + n, max - n, cut) : 0;
		if (found)
			return found < 0 ? found : (int)n + found;
		pcs[n++] = regs.pc;
		switch (s ? elf_cfi_step(s->cfi, regs.pc - s->place.bias, n > 1, &regs) :
			    ELF_CFI_UNKNOWN) {
		case ELF_CFI_CALLER:
			continue;
		case ELF_CFI_TOP:
			return n;
		case ELF_CFI_SHORT:
		case ELF_CFI_UNKNOWN:
			*cut = true;
			return n;
		}
	}
	return n;
}
