/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_group.c - goroutines chosen and put into groups: what a reading becomes before it is printed */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/goroutines_run.h"
#include "go/traceback.h"

const char *g_state(struct g_run *run, const struct goroutine *g)
{
	const char *reason = go_wait_reason(&run->reader, g->reason);

	return (g->status == G_WAITING || g->status == G_LEAKED) && *reason ? reason :
									       go_status_name(g->status);
}

uint64_t g_waited_ns(const struct g_run *run, const struct goroutine *g, uint64_t *ret_bound)
{
	const struct go_wait *w = &run->waits.v[g - run->gs.v];

	*ret_bound = w->after_ns ? run->gs.end_ns - w->after_ns : UINT64_MAX;
	return w->before_ns && w->before_ns < run->gs.time_ns ? run->gs.time_ns - w->before_ns : 0;
}

const char *g_stack_words(const struct goroutine *g)
{
	static const char *const words[] = {
		[GO_STACK_CUT] = "deeper than what was read: outer frames are missing",
		[GO_STACK_PARTIAL] = "up to where it left Go's stack",
		[GO_STACK_RUNNING] = "running on a thread: its stack is in use",
		[GO_STACK_TORN] = "changed each time it was read",
		[GO_STACK_UNREADABLE] = "no stack to be read",
	};

	return g->stack_state == GO_STACK_WHOLE ? NULL : words[g->stack_state];
}

const char *g_from_words(const struct goroutine *g)
{
	static const char *const words[] = {
		[GO_FROM_MEMORY] = "memory",
		[GO_FROM_SAMPLE] = "running: its thread's registers were sampled",
		[GO_FROM_KERNEL] = "running, but its thread sleeps in the kernel",
	};

	return words[g->from];
}

bool g_created_by(struct g_run *run, const struct goroutine *g, struct frame *ret)
{
	struct frame frames[16];
	int n;

	if (!g->gopc)
		return false;
	n = run->symboliser.frames(run->symboliser.ctx, g->gopc, PC_RETURN, frames, ARRAY_SIZE(frames));
	if (n <= 0 || (frames[n - 1].flags & FRAME_UNKNOWN))
		return false;
	/* as Go has it: the function that the code is in, where the statement is */
	*ret = frames[n - 1];
	ret->line = frames[0].line;
	ret->file = frames[0].file;
	return true;
}

const char *g_by_value(const struct g_run *run, const struct goroutine *g)
{
	const char *value = go_labels_value(&run->gs.labels, g->label_set, run->by);

	return g->label_set == GO_LABELS_UNKNOWN ? "?" : value ? value : "-";
}

/* wanted: KEY or KEY=VALUE */
static bool has_label(const struct g_run *run, const struct goroutine *g, const char *wanted)
{
	size_t len = strcspn(wanted, "=");
	char *key = strndup(wanted, len);
	const char *value = key ? go_labels_value(&run->gs.labels, g->label_set, key) : NULL;

	free(key);
	return value && (!wanted[len] || !strcmp(value, wanted + len + 1));
}

static bool has_match(struct g_run *run, uint32_t sample)
{
	const struct sample *s = &run->profile.samples[sample];

	for (uint32_t i = 0; i < s->n; i++)
		if (!regexec(&run->match_regex,
			     run->profile.frames[run->profile.stack_frames[s->first + i]].func, 0, NULL, 0))
			return true;
	return false;
}

/* A goroutine that runs finalizers or cleanups is the program's while it does. */
static bool is_system(struct g_run *run, const struct goroutine *g)
{
	struct go_func f;

	return go_func_at(&run->live.process.go, g->startpc - run->live.process.bias, &f) &&
	       go_goroutine_is_system(f.name);
}

static bool shows_user_code(const struct g_run *run, const struct sample *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &run->profile.frames[run->profile.stack_frames[s->first + i]];

		if (!(f->flags & FRAME_UNKNOWN) && strncmp(f->func, "runtime.", 8) != 0)
			return true;
	}
	return false;
}

static bool is_wanted(struct g_run *run, const struct goroutine *g)
{
	if (run->goid && g->goid != run->goid)
		return false;
	if (run->state && strcmp(run->state, go_status_name(g->status)) != 0)
		return false;
	for (unsigned i = 0; i < run->nlabels; i++)
		if (!has_label(run, g, run->labels[i]))
			return false;
	return !run->reason || (g->status == G_WAITING &&
				strstr(go_wait_reason(&run->reader, g->reason), run->reason));
}

static void add_to_group(struct g_run *run, struct g_group *group, uint32_t i)
{
	uint64_t bound, waited = g_waited_ns(run, &run->gs.v[i], &bound);

	if (!group->n) {
		group->example = i;
		group->least_wait_ns = UINT64_MAX;
	}
	if (!waited)
		group->unknown_wait++;
	else if (waited < group->least_wait_ns)
		group->least_wait_ns = waited;
	if (waited > group->most_wait_ns) {
		group->most_wait_ns = waited;
		group->example = i;
	}
	if (bound > group->bound_ns)
		group->bound_ns = bound;
	group->last = i;
	group->n++;
}

/* What tells groups apart besides the stack. */
static int labels_of(struct g_run *run, const struct goroutine *g, uint32_t *ret)
{
	struct label labels[GO_LABELS_MAX + 4] = { { .key = "state", .str = g_state(run, g) } };
	const struct go_label_table *t = &run->gs.labels;
	char created[512];
	size_t n = 1;
	struct frame f;

	if (g_created_by(run, g, &f)) {
		snprintf(created, sizeof(created), "%s %s:%u", f.func, f.file ? f.file : "?", f.line);
		labels[n++] = (struct label){ .key = "created", .str = created };
	}
	if (g_stack_words(g))
		labels[n++] = (struct label){ .key = "stack", .str = g_stack_words(g) };
	if (g->from != GO_FROM_MEMORY)
		labels[n++] = (struct label){ .key = "from", .str = g_from_words(g) };
	if (run->by_labels && g->label_set < t->nsets)
		for (uint32_t i = 0; i < t->sets[g->label_set].n; i++) {
			const struct go_label *label = &t->v[t->sets[g->label_set].first + i];

			labels[n++] = (struct label){ .key = t->text.data + label->key,
						      .str = t->text.data + label->value };
		}
	else if (run->by)
		labels[n++] = (struct label){ .key = run->by, .str = g_by_value(run, g) };
	return profile_labels(&run->profile, labels, n, ret);
}

static int add_kind(struct g_run *run, const struct goroutine *g, struct g_kind *ret)
{
	static const struct go_stack_pcs none;
	const struct go_stack_pcs *s = g->stack < run->gs.nstacks ? &run->gs.stacks[g->stack] : &none;
	struct profile *p = &run->profile;
	size_t before = p->nsamples;
	int64_t zero = 0;
	uint32_t labels;
	int err = labels_of(run, g, &labels);

	if (!err)
		err = profile_add_pcs_labelled(p, &run->symboliser, run->gs.pcs + s->first, s->n,
					       PC_RETURN, labels, &zero, &ret->sample);
	if (err || !ARRAY_ROOM(run->groups, ret->sample, run->groups_cap))
		return -ENOMEM;
	if (ret->sample == before)
		run->groups[before] = (struct g_group){ 0 };
	ret->system = is_system(run, g) && !shows_user_code(run, &p->samples[ret->sample]);
	return 0;
}

static bool same_kind(const struct g_kind *a, const struct g_kind *b)
{
	return a->stack == b->stack && a->gopc == b->gopc && a->startpc == b->startpc &&
	       a->label_set == b->label_set && a->status == b->status && a->reason == b->reason && a->stack_state == b->stack_state &&
	       a->from == b->from;
}

/* Most goroutines are of few kinds: names and labels are made once for each. NULL: out of memory. */
static const struct g_kind *find_kind(struct g_run *run, const struct goroutine *g)
{
	struct g_kind new = {
		g->gopc, g->startpc, g->stack, 0, run->by || run->by_labels ? g->label_set : 0,
		g->status, g->reason, g->stack_state, g->from, false,
	};
	uint64_t hash = hash_mix(hash_mix(hash_mix(g->gopc, g->startpc), new.label_set),
				 (uint64_t)g->stack << 24 | g->status << 16 | g->reason << 8 |
					 g->stack_state);
	size_t at;
	uint32_t id;

	hash ^= hash >> 32;
	at = idmap_at(&run->by_kind, hash);
	while (idmap_next(&run->by_kind, hash, &at, &id))
		if (same_kind(&run->kinds[id], &new))
			return &run->kinds[id];
	if (add_kind(run, g, &new) || !ARRAY_ROOM(run->kinds, run->nkinds, run->kinds_cap) ||
	    !idmap_add(&run->by_kind, hash, run->nkinds))
		return NULL;
	run->kinds[run->nkinds] = new;
	return &run->kinds[run->nkinds++];
}

static int add_goroutine(struct g_run *run, uint32_t i)
{
	const struct goroutine *g = &run->gs.v[i];
	const struct g_kind *k = find_kind(run, g);

	if (!k)
		return -ENOMEM;
	*(k->system ? &run->system_n : &run->user) += 1;
	run->group_of[i] = G_NOT_CHOSEN;
	if ((k->system && !run->system && !run->goid) || !is_wanted(run, g) ||
	    (run->match && !has_match(run, k->sample)))
		return 0;
	run->group_of[i] = k->sample;
	run->profile.samples[k->sample].values[0]++;
	add_to_group(run, &run->groups[k->sample], i);
	return 0;
}

/* The groups of the reading before, emptied: the same goroutines come into the same ones. */
static int begin(struct g_run *run)
{
	static const struct value_type type = { "goroutines", "count", false };
	struct profile *p = &run->profile;
	int err = p->ntypes ? 0 : profile_init(p, &type, 1);

	for (size_t i = 0; i < p->nsamples; i++) {
		p->samples[i].values[0] = 0;
		run->groups[i] = (struct g_group){ .before = run->groups[i].n };
	}
	run->user = run->system_n = run->nkinds = 0;
	free(run->by_kind.slots);
	run->by_kind = (struct idmap){ 0 };
	free(run->group_of);
	free(run->members);
	run->group_of = malloc((run->gs.n + 1) * sizeof(*run->group_of));
	run->members = malloc((run->gs.n + 1) * sizeof(*run->members));
	return run->group_of && run->members ? err : -ENOMEM;
}

static void list_members(struct g_run *run)
{
	uint32_t first = 0;

	for (size_t i = 0; i < run->profile.nsamples; i++) {
		run->groups[i].first = first;
		first += run->groups[i].n;
		run->groups[i].n = 0;
	}
	for (size_t i = 0; i < run->gs.n; i++) {
		struct g_group *group;

		if (run->group_of[i] == G_NOT_CHOSEN)
			continue;
		group = &run->groups[run->group_of[i]];
		run->members[group->first + group->n++] = i;
	}
}

int g_group(struct g_run *run)
{
	int err = begin(run);

	for (size_t i = 0; !err && i < run->gs.n; i++)
		err = add_goroutine(run, i);
	if (err)
		return err_sys(ENOMEM, "sorting %zu goroutines", run->gs.n);
	list_members(run);
	return 0;
}
