/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_growth.c - heap-profile: what grew between readings, or since a file */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/heap_profile_run.h"
#include "filter.h"
#include "stack/diff.h"
#include "stack/value.h"

static int init_profile(struct hp_run *run, struct profile *p)
{
	struct value_type types[] = {
		[DIFF_BEFORE] = { "before", "", false }, [DIFF_AFTER] = { "after", "", false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		memcpy(types[i].unit, go_heap_types[run->value].unit, sizeof(types[i].unit));
	if (profile_init(p, types, ARRAY_SIZE(types)))
		return err_sys(ENOMEM, "comparing");
	p->main_value = DIFF_AFTER;
	p->time_unix_ns = run->unix_ns;
	return 0;
}

/* The stack that bucket i of the reading belongs to: looked up when the bucket is new. */
static int stack_of(struct hp_run *run, size_t i, uint32_t *ret)
{
	const struct go_buckets *b = &run->buckets;
	size_t from_end = b->n - 1 - i;
	int err;

	if (from_end < run->nsamples) {
		*ret = run->samples[from_end];
		return run->addrs[from_end] == b->v[i].addr ? 0 :
			err_set(ENOEXEC, "two readings of the memory profile don't fit together");
	}
	err = go_heap_sample(b, &b->v[i], &run->symboliser, false, &run->profile, ret);
	if (err || !ARRAY_ROOM(run->samples, from_end, run->samples_cap) ||
	    !ARRAY_ROOM(run->addrs, from_end, run->addrs_cap) ||
	    !ARRAY_ROOM(run->stacks, *ret, run->stacks_cap))
		return err_sys(ENOMEM, "comparing");
	if (*ret >= run->nstacks)
		run->stacks[run->nstacks++] = (struct hp_stack){ 0 };
	run->samples[from_end] = *ret;
	run->addrs[from_end] = b->v[i].addr;
	run->nsamples = from_end + 1;
	return 0;
}

/* The oldest bucket comes first, so that new ones are added in the list's order. */
static int add_up(struct hp_run *run)
{
	const struct go_buckets *b = &run->buckets;
	int err = 0;

	for (size_t i = 0; i < run->nstacks; i++)
		run->stacks[i].now = 0;
	for (size_t i = b->n; !err && i--;) {
		int64_t values[MEM_VALUES];
		uint32_t stack;

		err = stack_of(run, i, &stack);
		if (err)
			break;
		go_heap_values(b, &b->v[i], values);
		run->stacks[stack].now = profile_sum(run->stacks[stack].now, values[run->value]);
	}
	return err;
}

/* Which end of marking what is published is as of, from 1; 0: nothing is published. */
static uint64_t edition(const struct go_buckets *b)
{
	return b->published ? 1 + (uint64_t)(uint32_t)(b->cycle - !b->newest) : 0;
}

int hp_grow(struct hp_run *run)
{
	uint64_t now = edition(&run->buckets);
	bool news = !now || run->edition != now;
	int err = 0;

	if (!run->readings) {
		run->first_ns = run->unix_ns;
		run->began_unpublished = !now;
		err = init_profile(run, &run->profile);
	}
	if (!err)
		err = add_up(run);
	if (err)
		return err;
	for (size_t i = 0; i < run->nstacks; i++) {
		struct hp_stack *s = &run->stacks[i];

		if (!run->readings)
			s->first = s->now;
		else if (news && s->now > s->last)
			s->grew++;
		s->last = s->now;
	}
	run->news += run->readings && news;
	run->edition = now;
	run->readings++;
	return 0;
}

bool hp_is_suspect(const struct hp_run *run, uint32_t sample)
{
	return run->news >= 2 && run->stacks[sample].grew == run->news;
}

int hp_growth_finish(struct hp_run *run)
{
	for (size_t i = 0; i < run->nstacks; i++) {
		run->profile.samples[i].values[DIFF_BEFORE] = run->stacks[i].first;
		run->profile.samples[i].values[DIFF_AFTER] = run->stacks[i].last;
	}
	run->profile.duration_ns = run->unix_ns - run->first_ns;
	if (run->began_unpublished && run->edition)
		buf_line(&run->notes, "the first reading was of all allocations until then, the last one is as of a "
			     "garbage collection: what grew less than was freed is missing");
	if (run->news + 1 < run->readings)
		buf_line(&run->notes, "the runtime published no other profile before %u of the %u readings: no "
			     "garbage collection came in between", run->readings - 1 - run->news,
			run->readings);
	return 0;
}

/* Frames by what both sides know of them. */
static int add_plain(struct profile *out, const struct profile *p, const struct sample *s,
		     unsigned side, int64_t value)
{
	static uint32_t ids[STACK_DEPTH];
	int64_t values[2] = { 0 };
	int err = 0;

	for (uint32_t i = 0; !err && i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		err = profile_frame(out, &(struct frame){ .func = f->func, .file = f->file,
							  .line = f->line }, &ids[i]);
	}
	values[side] = value;
	return err ? err : profile_add(out, ids, s->n, values);
}

static int add_side(struct profile *out, const struct profile *p, unsigned side, unsigned value)
{
	int err = 0;

	for (size_t i = 0; !err && i < p->nsamples; i++)
		if (p->samples[i].values[value])
			err = add_plain(out, p, &p->samples[i], side, p->samples[i].values[value]);
	return err ? err_sys(-err, "comparing") : 0;
}

static int load(struct hp_run *run, struct profile *ret, unsigned *ret_value)
{
	struct opt_filter f = { .out = { .format = "table", .quiet = run->live.out.quiet } };
	const char *name = go_heap_types[run->value].name;
	char *file = strdup(run->diff);
	int err = file ? filter_load(&f, &file, 1, ret) : err_sys(ENOMEM, "comparing"), value;

	free(file);
	if (err)
		return err;
	value = value_find(ret, name);
	if (value < 0 || strcmp(ret->types[value].name, name))
		return err_set(EINVAL, "%s: it has no %s: no heap profile", run->diff, name);
	*ret_value = value;
	return 0;
}

int hp_growth_of_file(struct hp_run *run)
{
	struct profile before = { 0 }, now = { 0 };
	unsigned value = 0;
	int err = load(run, &before, &value);

	if (!err)
		err = go_heap_profile(&run->live.process, &run->buckets, &run->symboliser, &now);
	if (!err)
		err = init_profile(run, &run->profile);
	if (!err)
		err = add_side(&run->profile, &before, DIFF_BEFORE, value);
	if (!err)
		err = add_side(&run->profile, &now, DIFF_AFTER, run->value);
	run->first_ns = before.time_unix_ns;
	if (!err && run->first_ns && run->first_ns < run->unix_ns)
		run->profile.duration_ns = run->unix_ns - run->first_ns;
	if (!err && before.period && before.period != (int64_t)run->buckets.rate)
		buf_line(&run->notes, "%s was sampled at another MemProfileRate: %lld, now %llu", run->diff,
			(long long)before.period, (unsigned long long)run->buckets.rate);
	profile_free(&before);
	profile_free(&now);
	return err;
}
