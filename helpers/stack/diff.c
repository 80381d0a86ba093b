/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "stack/pprof.h"
#include "stack/value.h"

/* A profile with one value of another; it borrows all but its samples. */
struct side {
	struct profile p;
	int64_t total;
};

static int side_init(struct side *s, const struct profile *p, unsigned value, const char *name)
{
	struct sample *samples = malloc((p->nsamples + 1) * sizeof(*samples));
	size_t n = 0;

	if (!samples)
		return -ENOMEM;
	*s = (struct side){ .p = *p };
	for (size_t i = 0; i < p->nsamples; i++) {
		int64_t v = p->samples[i].values[value];

		if (!v)
			continue;
		samples[n] = p->samples[i];
		memset(samples[n].values, 0, sizeof(samples[n].values));
		samples[n++].values[0] = v;
		s->total = profile_sum(s->total, v);
	}
	s->p.samples = samples;
	s->p.nsamples = n;
	s->p.ntypes = 1;
	s->p.types[0] = (struct value_type){ 0 };
	snprintf(s->p.types[0].name, sizeof(s->p.types[0].name), "%s", name);
	memcpy(s->p.types[0].unit, p->types[value].unit, sizeof(s->p.types[0].unit));
	s->p.comments = NULL;
	s->p.ncomments = 0;
	return 0;
}

/* What is rounded off of one sample goes to the next, so that the sum is exact. */
static int side_scale(struct side *s, int64_t total)
{
	__int128 given = 0;
	int64_t sum = 0;

	if (s->total <= 0 || total <= 0)
		return err_set(ENODATA, "--normalise: a side without values can't be scaled");
	for (size_t i = 0; s->total != total && i < s->p.nsamples; i++) {
		int64_t *v = &s->p.samples[i].values[0];
		__int128 due;

		/* saturates where the total does, so that all is given in the end */
		sum = profile_sum(sum, *v);
		due = ((__int128)sum * total + (sum < 0 ? -1 : 1) * (s->total / 2)) / s->total;
		*v = due - given > INT64_MAX ? INT64_MAX :
		     due - given < INT64_MIN ? INT64_MIN :
					       (int64_t)(due - given);
		given = due;
	}
	return 0;
}

static int add_comments(struct profile *out, const struct profile *p, const char *side)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < p->ncomments; i++)
		ret = profile_comment(out, "%s: %s", side, p->comments[i]);
	return ret;
}

int profile_diff(const struct profile *before, unsigned before_value, const struct profile *after,
		 unsigned after_value, bool normalise, struct profile *out)
{
	const struct value_type *b = &before->types[before_value], *a = &after->types[after_value];
	struct side sides[2] = { 0 };
	struct value_type types[2];
	int ret;

	*out = (struct profile){ 0 };
	if (strcmp(a->unit, b->unit))
		return err_set(EINVAL, "before is in %s (%s), after in %s (%s): choose with --value, "
				       "or say --unit", b->unit, b->name, a->unit, a->name);
	ret = side_init(&sides[DIFF_BEFORE], before, before_value, "before");
	if (!ret)
		ret = side_init(&sides[DIFF_AFTER], after, after_value, "after");
	if (!ret && normalise)
		ret = side_scale(&sides[DIFF_BEFORE], sides[DIFF_AFTER].total);
	types[DIFF_BEFORE] = sides[DIFF_BEFORE].p.types[0];
	types[DIFF_AFTER] = sides[DIFF_AFTER].p.types[0];
	if (!ret)
		ret = profile_init(out, types, 2);
	/* what is known of the recording is taken from the first */
	if (!ret)
		ret = profile_merge(out, &sides[DIFF_AFTER].p);
	if (!ret)
		ret = profile_merge(out, &sides[DIFF_BEFORE].p);
	out->main_value = DIFF_AFTER;
	if (!ret)
		ret = add_comments(out, before, "before");
	if (!ret)
		ret = add_comments(out, after, "after");
	free(sides[DIFF_BEFORE].p.samples);
	free(sides[DIFF_AFTER].p.samples);
	return ret == -ENOMEM ? err_sys(ENOMEM, "can't compare") : ret;
}

int64_t diff_change(int64_t before, int64_t after)
{
	int64_t change;

	if (!__builtin_sub_overflow(after, before, &change))
		return change;
	return after > before ? INT64_MAX : INT64_MIN;
}

/* The base's part of sample i as a sample of its own. */
static int add_base(struct profile *p, size_t i, int64_t before, uint32_t *ids)
{
	const struct sample *s = &p->samples[i];
	struct label labels[64];
	uint32_t set, sample;
	size_t n;
	const struct label *known = profile_labels_of(p, s->labels, &n);
	int ret;

	if (n > ARRAY_SIZE(labels) - 1)
		n = ARRAY_SIZE(labels) - 1;
	if (n)
		memcpy(labels, known, n * sizeof(*labels));
	labels[n++] = (struct label){ .key = "pprof::base", .str = "true" };
	memcpy(ids, p->stack_frames + s->first, s->n * sizeof(*ids));
	ret = profile_labels(p, labels, n, &set);
	return ret ? ret : profile_add_labelled(p, ids, s->n, set, &(int64_t){ diff_change(before, 0) }, &sample);
}

int diff_write_pprof(FILE *f, const struct profile *diff, const struct diff_options *o)
{
	static uint32_t ids[STACK_DEPTH];
	struct profile p;
	int ret = profile_init(&p, NULL, 0);

	if (!ret)
		ret = profile_merge(&p, diff);
	if (!ret) {
		p.ntypes = 1;
		p.main_value = 0;
		snprintf(p.types[0].name, sizeof(p.types[0].name), "%s", o->of);
	}
	for (size_t i = 0, n = p.nsamples; !ret && i < n; i++) {
		int64_t before = p.samples[i].values[DIFF_BEFORE];

		p.samples[i].values[0] = p.samples[i].values[DIFF_AFTER];
		if (before)
			ret = add_base(&p, i, before, ids);
	}
	if (!ret)
		ret = pprof_write(f, &p);
	profile_free(&p);
	return ret;
}

const char *diff_class(int64_t before, int64_t after)
{
	static const char *const up[] = { "up1", "up2", "up3", "up4", "up5" };
	static const char *const down[] = { "down1", "down2", "down3", "down4", "down5" };
	static const double limits[] = { 0.05, 0.15, 0.35, 0.7 };
	double change = (double)after - (double)before;
	double share = change / (after > before ? (double)after : (double)before);
	unsigned depth = 0;

	if (before <= 0 || after <= 0)
		return after > 0 ? "new" : before > 0 ? "gone" : "same";
	if (share < 0)
		share = -share;
	if (share < 0.005)
		return "same";
	while (depth < ARRAY_SIZE(limits) && share > limits[depth])
		depth++;
	return change > 0 ? up[depth] : down[depth];
}

/* "5 samples before, 7 samples after: +2 (+40.0 %)" */
void diff_words(struct buf *b, const struct value_type *t, int64_t before, int64_t after)
{
	char from[2 * NUM_LEN], to[2 * NUM_LEN], by[NUM_LEN];
	int64_t change = diff_change(before, after);

	buf_printf(b, "%s before, %s after: ", value_words(from, t, before), value_words(to, t, after));
	if (before <= 0 && after > 0)
		buf_str(b, "new");
	else if (before > 0 && after <= 0)
		buf_str(b, "gone");
	else if (!change)
		buf_str(b, "the same");
	else
		buf_printf(b, "%s%s (%+.1f %%)", change > 0 ? "+" : "", value_text(by, t, change),
			   100.0 * (double)change / (double)before);
}
