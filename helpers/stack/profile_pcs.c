/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw stacks into frames, each pc symbolised once. */
#include <errno.h>

#include "base/buf.h"
#include "stack/profile_index.h"

enum { PC_FRAMES = 128 };	/* logical frames of one pc, at most: inlining is nowhere near as deep */

static int symbolise(struct profile *p, const struct symboliser *sym, uint64_t pc, uint32_t flags,
		     struct pc_entry *e)
{
	struct profile_index *x = p->index;
	struct frame frames[PC_FRAMES];
	int n = sym->frames(sym->ctx, pc, flags, frames, PC_FRAMES);

	if (n < 0)
		return n;
	*e = (struct pc_entry){ sym->ctx, pc, flags, n, x->npc_frames };
	if (!ARRAY_ROOM(x->pc_frames, x->npc_frames + n, x->pc_frames_cap))
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		struct pc_frame *f = &x->pc_frames[x->npc_frames + i];
		int ret = profile_frame(p, &frames[i], &f->id);

		if (ret)
			return ret;
		f->hide = sym->hide && sym->hide(sym->ctx, &frames[i]);
		f->hide_leaf = sym->hide_leaf && sym->hide_leaf(sym->ctx, &frames[i]);
	}
	x->npc_frames += n;
	return 0;
}

static int find_pc(struct profile *p, const struct symboliser *sym, uint64_t pc, uint32_t flags,
		   uint32_t *ret_id)
{
	struct profile_index *x = p->index;
	uint64_t hash = hash_mix(hash_mix((uintptr_t)sym->ctx, flags), pc);
	size_t at = idmap_at(&x->by_pc, hash);
	struct pc_entry new;
	uint32_t id;
	int ret;

	while (idmap_next(&x->by_pc, hash, &at, &id)) {
		const struct pc_entry *e = &x->pcs[id];

		if (e->pc == pc && e->flags == flags && e->ctx == sym->ctx) {
			*ret_id = id;
			return 0;
		}
	}
	ret = symbolise(p, sym, pc, flags, &new);
	if (ret)
		return ret;
	if (!ARRAY_ROOM(x->pcs, x->npcs, x->pcs_cap) || !idmap_add(&x->by_pc, hash, x->npcs))
		return -ENOMEM;
	x->pcs[x->npcs] = new;
	*ret_id = x->npcs++;
	return 0;
}

/* What is shown of a stack: `all' counts every frame, `shown' those not hidden, `leaf' is where it begins. */
struct expansion {
	size_t all, shown, leaf;
	bool leaf_found;
};

static unsigned flags_of(unsigned leaf_flags, size_t i, size_t n)
{
	unsigned flags = i ? leaf_flags | PC_RETURN : leaf_flags;

	return i + 1 == n ? flags & ~PC_LOGICAL : flags;
}

/* Frame numbers go to scratch; with keep_hidden all of them. */
static int expand(struct profile *p, const struct symboliser *sym, const uint64_t *pcs, size_t n,
		  unsigned leaf_flags, bool keep_hidden, struct expansion *ret)
{
	struct profile_index *x = p->index;
	struct expansion e = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct pc_entry *pc;
		uint32_t id;
		int err = find_pc(p, sym, pcs[i], flags_of(leaf_flags, i, n), &id);

		if (err)
			return err;
		pc = &x->pcs[id];
		e.all += pc->n;
		if (!ARRAY_ROOM(x->scratch, e.all, x->scratch_cap))
			return -ENOMEM;
		for (size_t k = 0; k < pc->n; k++) {
			const struct pc_frame *f = &x->pc_frames[pc->first + k];

			if (f->hide && !keep_hidden)
				continue;
			if (!f->hide_leaf && !e.leaf_found) {
				e.leaf = e.shown;
				e.leaf_found = true;
			}
			x->scratch[e.shown++] = f->id;
		}
	}
	*ret = e;
	return 0;
}

int profile_add_pcs_labelled(struct profile *p, const struct symboliser *sym, const uint64_t *pcs,
			     size_t n, unsigned leaf_flags, uint32_t labels,
			     const int64_t *values, uint32_t *ret_sample)
{
	struct expansion e;
	size_t leaf;
	int ret = expand(p, sym, pcs, n, leaf_flags, false, &e);

	if (!ret && !e.shown && e.all)
		ret = expand(p, sym, pcs, n, leaf_flags, true, &e);
	if (!ret && !ARRAY_ROOM(p->index->scratch, e.shown, p->index->scratch_cap))
		ret = -ENOMEM;	/* a stack of nothing has a place, too */
	if (ret)
		return ret;
	leaf = e.leaf_found ? e.leaf : 0;
	return profile_add_labelled(p, p->index->scratch + leaf, e.shown - leaf, labels, values,
				    ret_sample);
}

int profile_add_pcs(struct profile *p, const struct symboliser *sym, const uint64_t *pcs, size_t n,
		    unsigned leaf_flags, const int64_t *values)
{
	uint32_t sample;

	return profile_add_pcs_labelled(p, sym, pcs, n, leaf_flags, 0, values, &sample);
}
