/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/histogram.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "stack/chart.h"
#include "stack/value.h"

enum { LEFT = 90, PLOT = 360, FOOT = 56, MAX_BUCKETS = 240, OWN_BUCKETS = 40 };

/* from <= number < to */
struct bucket {
	double from, to;
	int64_t count;
};

struct histogram {
	const struct profile *p;
	const struct histogram_options *o;
	const char *label, *unit;
	struct number {
		int64_t at, count;
	} *numbers;
	size_t n, cap;
	int64_t total, without;		/* of the samples with and without the label */
	struct bucket *buckets;
	size_t nbuckets;
	bool log;
	struct chart chart;
};

static int add_sample(struct histogram *h, const struct sample *s)
{
	int64_t count = s->values[h->o->value];
	size_t n;
	const struct label *labels = profile_labels_of(h->p, s->labels, &n);

	if (count <= 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (labels[i].str || strcmp(labels[i].key, h->label))
			continue;
		if (!ARRAY_ROOM(h->numbers, h->n, h->cap))
			return -ENOMEM;
		h->numbers[h->n++] = (struct number){ labels[i].num, count };
		h->total = profile_sum(h->total, count);
		if (labels[i].unit)
			h->unit = labels[i].unit;
		return 0;
	}
	h->without = profile_sum(h->without, count);
	return 0;
}

static int by_number(const void *pa, const void *pb)
{
	const struct number *a = pa, *b = pb;

	return a->at < b->at ? -1 : a->at > b->at;
}

/* Sorted, each number once. */
static int gather(struct histogram *h)
{
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < h->p->nsamples; i++)
		ret = add_sample(h, &h->p->samples[i]);
	if (ret)
		return ret;
	if (!h->n)
		return err_set(ENODATA, "histogram: no sample has a number '%s'; --label names another one",
			       h->label);
	qsort(h->numbers, h->n, sizeof(*h->numbers), by_number);
	for (size_t i = 0; i < h->n; i++) {
		if (n && h->numbers[n - 1].at == h->numbers[i].at)
			h->numbers[n - 1].count = profile_sum(h->numbers[n - 1].count, h->numbers[i].count);
		else
			h->numbers[n++] = h->numbers[i];
	}
	h->n = n;
	return 0;
}

static bool is_bucket(const struct histogram *h)
{
	return !strcmp(h->label, "value");
}

static bool power_of_two(int64_t v)
{
	return v >= 0 && !(v & (v - 1));
}

/* Are the numbers what bpftrace's hist() has as lower bounds? */
static bool all_powers(const struct histogram *h)
{
	size_t i = 0;

	while (i < h->n && (h->numbers[i].at < 0 ? i == 0 : power_of_two(h->numbers[i].at)))
		i++;
	return i == h->n && h->numbers[h->n - 1].at > 2;
}

/* The largest width that all lower bounds are multiples apart; 0: there is one number only. */
static double common_step(const struct histogram *h)
{
	uint64_t step = 0;

	for (size_t i = 1; i < h->n; i++) {
		uint64_t d = (uint64_t)h->numbers[i].at - (uint64_t)h->numbers[i - 1].at;

		while (d) {
			uint64_t rest = step % d;

			step = d;
			d = rest;
		}
	}
	return (double)step;
}

static int add_bucket(struct histogram *h, double from, double to)
{
	if (h->nbuckets >= MAX_BUCKETS)
		return err_set(E2BIG, "histogram: '%s' has more than %d buckets", h->label, MAX_BUCKETS);
	h->buckets[h->nbuckets++] = (struct bucket){ .from = from, .to = to };
	return 0;
}

/* [..., 0), [0, 1), [1, 2), [2, 4), [4, 8) ... */
static int logarithmic(struct histogram *h)
{
	double first = (double)h->numbers[0].at, last = (double)h->numbers[h->n - 1].at;
	double from = first < 1 ? 0 : exp2(floor(log2(first)));
	int ret = first < 0 ? add_bucket(h, -INFINITY, 0) : 0;

	h->log = true;
	while (!ret && from <= last) {
		double to = from < 1 ? 1 : from * 2;

		ret = add_bucket(h, from, to);
		from = to;
	}
	return ret;
}

static int linear(struct histogram *h, double step)
{
	double first = floor((double)h->numbers[0].at / step) * step, last = (double)h->numbers[h->n - 1].at;
	int ret = 0;

	/* lower bounds may have any phase */
	if (is_bucket(h))
		first = (double)h->numbers[0].at;
	for (size_t i = 0; !ret && first + step * i <= last; i++)
		ret = add_bucket(h, first + step * i, first + step * (i + 1));
	return ret;
}

static int make_buckets(struct histogram *h)
{
	double first = (double)h->numbers[0].at, last = (double)h->numbers[h->n - 1].at;
	double step = common_step(h);

	if (is_bucket(h) && all_powers(h))
		return logarithmic(h);
	if (is_bucket(h) && (last - first) / (step ? step : 1) < MAX_BUCKETS)
		return linear(h, step ? step : 1);
	if (first >= 0 && last > 64 * (first > 1 ? first : 1))
		return logarithmic(h);
	step = chart_step(last - first, OWN_BUCKETS);
	return linear(h, step < 1 ? 1 : step);
}

static void fill_buckets(struct histogram *h)
{
	size_t b = 0;

	for (size_t i = 0; i < h->n; i++) {
		while (b + 1 < h->nbuckets && (double)h->numbers[i].at >= h->buckets[b].to)
			b++;
		h->buckets[b].count = profile_sum(h->buckets[b].count, h->numbers[i].count);
	}
}

/* "4.00 µs to 8.00 µs" */
static void add_range(const struct histogram *h, struct buf *b, const struct bucket *k)
{
	char text[2 * NUM_LEN];

	if (isinf(k->from)) {
		buf_printf(b, "below %s", chart_quantity(text, h->unit, k->to));
		return;
	}
	buf_str(b, chart_quantity(text, h->unit, k->from));
	if (k->to > k->from + 1 || (h->unit && *h->unit))
		buf_printf(b, " to %s", chart_quantity(text, h->unit, k->to));
}

/* The first bucket up to and with which that part of all lies. */
static size_t percentile(const struct histogram *h, double part)
{
	double sum = 0;
	size_t i = 0;

	for (; i + 1 < h->nbuckets; i++) {
		sum += (double)h->buckets[i].count;
		if (sum >= part * (double)h->total)
			break;
	}
	return i;
}

/* The number that stands there; of buckets only the bucket is known. */
static double number_at(const struct histogram *h, double part)
{
	double sum = 0;
	size_t i = 0;

	for (; i + 1 < h->n; i++) {
		sum += (double)h->numbers[i].count;
		if (sum >= part * (double)h->total)
			break;
	}
	return (double)h->numbers[i].at;
}

/* Where it is on the axis, in buckets: the end of the bucket, or where the number is in it. */
static double position(const struct histogram *h, double part)
{
	size_t i = percentile(h, part);
	const struct bucket *k = &h->buckets[i];
	double v = number_at(h, part);

	if (is_bucket(h) || isinf(k->from))
		return (double)i + 1;
	if (h->log && k->from >= 1)
		return (double)i + log2(v / k->from);
	return (double)i + (v - k->from) / (k->to - k->from);
}

static const struct {
	const char *name;
	double part;
} percentiles[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 } };

static double x_of(const struct histogram *h, double bucket)
{
	return LEFT + bucket * (CHART_WIDTH - CHART_PAD - LEFT) / (double)h->nbuckets;
}

static void draw_bars(struct histogram *h, double max)
{
	const struct value_type *type = &h->p->types[h->o->value];
	double below = 0, base = CHART_HEAD + 60 + PLOT;

	for (size_t i = 0; i < h->nbuckets; i++) {
		const struct bucket *k = &h->buckets[i];
		double height = PLOT * (double)k->count / max, x = x_of(h, (double)i), w = x_of(h, (double)i + 1) - x;
		char words[2 * NUM_LEN];
		struct buf tip = { 0 };

		below += (double)k->count;
		add_range(h, &tip, k);
		buf_printf(&tip, "\n%s, %.2f %%; %.2f %% up to here", value_words(words, type, k->count),
			   100 * (double)k->count / (double)h->total, 100 * below / (double)h->total);
		if (k->count)
			chart_rect(&h->chart, "bar", x + w * 0.05, base - fmax(height, 1), w * 0.9,
				   fmax(height, 1), 1, tip.data ? tip.data : "");
		h->chart.out.failed |= tip.failed;
		buf_free(&tip);
	}
}

/* Each percentile has a row of its own over the bars, so that their names never meet. */
static void draw_percentiles(struct histogram *h)
{
	double base = CHART_HEAD + 60 + PLOT;

	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++) {
		double x = x_of(h, position(h, percentiles[i].part)), y = CHART_HEAD + 12 + 14 * i;

		chart_line(&h->chart, "percentile", x, y - 8, x, base);
		chart_text(&h->chart, "mark end", x - 4, y, percentiles[i].name);
	}
}

static void draw_counts(struct histogram *h, double max)
{
	const struct value_type *type = &h->p->types[h->o->value];
	double base = CHART_HEAD + 60 + PLOT, step = chart_step(max, 5);
	char text[NUM_LEN];

	for (double v = 0; v <= max; v += step) {
		double y = base - PLOT * v / max;

		chart_line(&h->chart, v > 0 ? "grid" : "axis", LEFT, y, CHART_WIDTH - CHART_PAD, y);
		chart_text(&h->chart, "dim end", LEFT - 8, y + 4, value_text(text, type, v));
	}
}

/* Lower bounds under the bars' left edges, as many as have room. */
static void draw_numbers(struct histogram *h)
{
	double base = CHART_HEAD + 60 + PLOT, width = x_of(h, 1) - x_of(h, 0);
	size_t every = width > 76 ? 1 : (size_t)ceil(76 / width);
	char text[2 * NUM_LEN];

	for (size_t i = 0; i <= h->nbuckets; i += every) {
		double edge = i < h->nbuckets ? h->buckets[i].from : h->buckets[i - 1].to;
		double x = x_of(h, (double)i);

		chart_line(&h->chart, "axis", x, base, x, base + 5);
		/* the last one ends at the edge */
		if (i < h->nbuckets && h->nbuckets % every == 0 && (double)(h->nbuckets - i) * width < 100)
			continue;
		if (!isinf(edge))
			chart_text(&h->chart, i == h->nbuckets ? "dim end" : "dim middle", x, base + 20,
				   chart_quantity(text, h->unit, edge));
	}
	chart_text(&h->chart, "dim end", CHART_WIDTH - CHART_PAD, base + 42, h->label);
}

/* Of buckets the one that it lies in, of others the number itself. */
static void add_percentile(const struct histogram *h, struct buf *b, double part)
{
	char text[2 * NUM_LEN];

	if (is_bucket(h))
		add_range(h, b, &h->buckets[percentile(h, part)]);
	else
		buf_str(b, chart_quantity(text, h->unit, number_at(h, part)));
}

static void add_words(struct histogram *h)
{
	const struct value_type *type = &h->p->types[h->o->value];
	struct buf *note = &h->chart.note, *all = &h->chart.description;
	char words[2 * NUM_LEN];

	buf_str(note, value_words(words, type, h->total));
	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++) {
		buf_printf(note, "  ·  %s: ", percentiles[i].name);
		add_percentile(h, note, percentiles[i].part);
	}
	if (h->without)
		buf_printf(note, "  ·  without %s: %s", h->label, value_words(words, type, h->without));
	buf_printf(all, "The distribution of %s: ", h->label);
	buf_add(all, note->data ? note->data : "", note->len);
	for (size_t i = 0; i < h->nbuckets; i++) {
		if (!h->buckets[i].count)
			continue;
		buf_char(all, '\n');
		add_range(h, all, &h->buckets[i]);
		buf_printf(all, ": %s", value_words(words, type, h->buckets[i].count));
	}
}

static int draw(FILE *f, struct histogram *h)
{
	char title[64];
	double max = 1;

	for (size_t i = 0; i < h->nbuckets; i++)
		max = fmax(max, (double)h->buckets[i].count);
	snprintf(title, sizeof(title), "Distribution of %.40s", h->label);
	h->chart.title = h->o->title ? h->o->title : title;
	h->chart.subtitle = h->o->subtitle;
	h->chart.height = CHART_HEAD + 60 + PLOT + FOOT;
	add_words(h);
	draw_counts(h, max);
	draw_bars(h, max);
	draw_percentiles(h);
	draw_numbers(h);
	return chart_write(f, &h->chart);
}

int histogram_write(FILE *f, const struct profile *p, const struct histogram_options *o)
{
	struct histogram h = { .p = p, .o = o, .label = o->label ? o->label : "value",
			       .buckets = calloc(MAX_BUCKETS, sizeof(*h.buckets)) };
	int ret = h.buckets ? gather(&h) : -ENOMEM;

	if (!ret)
		ret = make_buckets(&h);
	if (!ret) {
		fill_buckets(&h);
		ret = draw(f, &h);
	}
	free(h.buckets);
	free(h.numbers);
	return ret;
}
