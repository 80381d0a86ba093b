/* SPDX-License-Identifier: GPL-2.0-only */
/* gc_signals_judge.c - from what was seen to yes, no, or can't be told */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cmd/gc_signals_run.h"

/* What a cycle found alive, and when. */
struct point {
	double minutes, bytes;
};

enum { POINTS_MAX = 512 };	/* slopes are of each pair */
#define NOISE_FLOOR 0.01	/* of the live heap: it is never the same twice */
#define NOISE_TIMES 3

static int by_value(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

/* Sorts v. */
static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double median_bytes(const struct point *p, size_t n, double *scratch)
{
	for (size_t i = 0; i < n; i++)
		scratch[i] = p[i].bytes;
	return median(scratch, n);
}

static double median_minutes(const struct point *p, size_t n, double *scratch)
{
	for (size_t i = 0; i < n; i++)
		scratch[i] = p[i].minutes;
	return median(scratch, n);
}

/* A cycle is seen when the number of cycles moved; many: every k-th. */
static size_t points_of(const struct gcs_run *run, struct point *ret, unsigned *ret_seen)
{
	uint64_t last = 0, first = 0;
	size_t n = 0, seen = 0, step = run->nlooks / POINTS_MAX + 1;

	for (size_t i = 0; i < run->nlooks; i++) {
		const struct gcs_look *l = &run->looks[i];

		if (!l->marked_unix_ns || l->marked_unix_ns <= last)
			continue;
		if (!first)
			first = l->marked_unix_ns;
		last = l->marked_unix_ns;
		if (seen++ % step == 0 && n < POINTS_MAX)
			ret[n++] = (struct point){ (double)(last - first) / 60e9, (double)l->marked };
	}
	*ret_seen = seen;
	return n;
}

/* The median of the slopes of all pairs (Theil and Sen): one odd cycle does not move it. */
static double slope(const struct point *p, size_t n, double *scratch)
{
	size_t pairs = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (p[k].minutes > p[i].minutes)
				scratch[pairs++] = (p[k].bytes - p[i].bytes) / (p[k].minutes - p[i].minutes);
	return pairs ? median(scratch, pairs) : 0;
}

/* How far the points are from the line, typically. */
static double scatter(const struct point *p, size_t n, double per_minute, double *scratch)
{
	double level;

	for (size_t i = 0; i < n; i++)
		scratch[i] = p[i].bytes - per_minute * p[i].minutes;
	level = median(scratch, n);
	for (size_t i = 0; i < n; i++)
		scratch[i] = fabs(p[i].bytes - per_minute * p[i].minutes - level);
	return median(scratch, n);
}

static void judge_points(const struct gcs_run *run, const struct point *p, size_t n, double *scratch,
			 struct gcs_verdict *ret)
{
	size_t third = n / 3;
	const struct point *middle = p + third, *late = p + n - third;
	double base = median_bytes(p, third, scratch), m2 = median_bytes(middle, third, scratch);
	double m3 = median_bytes(late, third, scratch);
	double t2 = median_minutes(middle, third, scratch), t3 = median_minutes(late, third, scratch);
	double per_minute = slope(p, n, scratch), growth = per_minute * p[n - 1].minutes;
	double noise = NOISE_TIMES * scatter(p, n, per_minute, scratch);

	if (noise < NOISE_FLOOR * base)
		noise = NOISE_FLOOR * base;
	ret->first_marked = (uint64_t)p[0].bytes;
	ret->last_marked = (uint64_t)p[n - 1].bytes;
	/* a heap that was empty: any growth is beyond measure */
	ret->trend = 100 * per_minute / (base > 1 ? base : 1);
	ret->late_trend = t3 > t2 ? 100 * (m3 - m2) / (t3 - t2) / (m2 > 1 ? m2 : 1) : 0;
	ret->noise = growth <= noise;
	ret->shows[GCS_TREND] = ret->trend > run->trend && !ret->noise && ret->late_trend > run->trend &&
					m3 - m2 > noise / 3 ? GCS_YES : GCS_NO;
}

static int judge_trend(const struct gcs_run *run, struct gcs_verdict *ret)
{
	struct point *p = malloc(POINTS_MAX * sizeof(*p));
	double *scratch = malloc((size_t)POINTS_MAX * (POINTS_MAX - 1) / 2 * sizeof(*scratch));
	int err = p && scratch ? 0 : -ENOMEM;

	ret->shows[GCS_TREND] = GCS_UNKNOWN;
	if (!err) {
		size_t n = points_of(run, p, &ret->points);

		if (n >= GCS_MIN_POINTS)
			judge_points(run, p, n, scratch, ret);
	}
	free(p);
	free(scratch);
	return err;
}

/* Higher than ever in this window, and at once by so much: what goes up and down again is no jump. */
static void judge_goal(const struct gcs_run *run, struct gcs_verdict *ret)
{
	double highest = 0;

	ret->goal_known = true;
	for (size_t i = 0; i < run->nlooks; i++) {
		const struct gcs_look *l = &run->looks[i];
		double goal = (double)l->goal;

		ret->goal_known &= l->goal_known;
		/* the goal of a cycle that began late is pushed on while it runs */
		if (l->goal == UINT64_MAX || l->marking)
			continue;
		if (highest > 0 && goal / highest > ret->jump)
			ret->jump = goal / highest;
		if (highest > 0 && goal >= run->jump * highest && goal > highest)
			ret->jumps++;
		if (goal > highest)
			highest = goal;
	}
	ret->shows[GCS_GOAL] = !ret->goal_known ? GCS_UNKNOWN : ret->jumps ? GCS_YES : GCS_NO;
}

/*
 * Over a minute at least, so that one long pause in a short window is not many a minute: what was before
 * the window is in the ring.  A program that has not run for a minute had no more pauses than it had.
 */
static void judge_pauses(const struct gcs_run *run, struct gcs_verdict *ret)
{
	uint64_t end = run->looks[run->nlooks - 1].unix_ns, from;

	ret->pause_minutes = ret->minutes < 1 ? 1 : ret->minutes;
	from = end - (uint64_t)(ret->pause_minutes * 60e9);
	if (run->forgotten && run->npauses && run->pauses[0].end_unix_ns > from &&
	    run->pauses[0].end_unix_ns < end) {
		from = run->pauses[0].end_unix_ns;
		ret->pause_minutes = (double)(end - from) / 60e9;
	}
	for (size_t i = 0; i < run->npauses; i++) {
		const struct gcs_pause *p = &run->pauses[i];

		if (p->end_unix_ns < from)
			continue;
		ret->pauses++;
		ret->long_pauses += p->ns > run->pause_ns;
		if (p->ns > ret->longest_ns)
			ret->longest_ns = p->ns;
	}
	ret->long_per_minute = ret->long_pauses / ret->pause_minutes;
	if (ret->long_pauses && ret->long_per_minute >= run->pause_rate)
		ret->shows[GCS_PAUSES] = GCS_YES;
	else
		ret->shows[GCS_PAUSES] = run->lost ? GCS_UNKNOWN : GCS_NO;
}

int gcs_judge(const struct gcs_run *run, struct gcs_verdict *ret)
{
	int err;

	*ret = (struct gcs_verdict){ 0 };
	ret->minutes = (double)(run->looks[run->nlooks - 1].time_ns - run->looks[0].time_ns) / 60e9;
	err = judge_trend(run, ret);
	judge_goal(run, ret);
	judge_pauses(run, ret);
	for (unsigned i = 0; i < GCS_SIGNALS; i++)
		ret->n += ret->shows[i] == GCS_YES;
	return err;
}
