/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/heatmap.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "stack/chart.h"
#include "stack/idmap.h"
#include "stack/markup.h"
#include "stack/value.h"

enum { NAMES = 330, SUMS = 60, ROW = 20, FIT_COLUMNS = 120, DEFAULT_ROWS = 30 };

struct row {
	char *name;		/* of the function, or the stack, root first */
	int64_t total;
	uint32_t place;		/* from the top */
};

struct heatmap {
	const struct profile *p;
	const struct heatmap_options *o;
	uint64_t first, last, interval;
	size_t ncolumns, nshown;
	struct row *rows;
	size_t nrows, rows_cap;
	struct idmap by_name;
	struct buf name;
	uint32_t *row_of;	/* sample: its row, NO_ROW: none, OTHERS */
	int64_t *cells;		/* [place][column] */
	int64_t total, without, others;
	int64_t least, most;	/* of the cells that are not 0, and of those that are not the others' */
	struct chart chart;
};

#define NO_ROW UINT32_MAX
#define OTHERS (UINT32_MAX - 1)

static bool time_of(const struct heatmap *h, const struct sample *s, uint64_t *ret)
{
	size_t n;
	const struct label *labels = profile_labels_of(h->p, s->labels, &n);

	for (size_t i = 0; i < n; i++) {
		if (labels[i].str || labels[i].num < 0 || strcmp(labels[i].key, "time"))
			continue;
		*ret = labels[i].num;
		return true;
	}
	return false;
}

static const struct frame *frame_at(const struct heatmap *h, const struct sample *s, uint32_t i)
{
	return &h->p->frames[h->p->stack_frames[s->first + i]];
}

/* The name of the sample's row; false: it is one of the others. */
static bool name_row(struct heatmap *h, const struct sample *s)
{
	const char *level = h->o->level ? h->o->level : "leaf";

	buf_clear(&h->name);
	if (!strcmp(level, "leaf")) {
		markup_name(&h->name, frame_at(h, s, 0));
		return true;
	}
	if (!strcmp(level, "root")) {
		markup_name(&h->name, frame_at(h, s, s->n - 1));
		return true;
	}
	for (uint32_t i = s->n; i--;) {
		if (!strcmp(level, "stack")) {
			markup_name(&h->name, frame_at(h, s, i));
			buf_str(&h->name, i ? ";" : "");
		} else if (!strcmp(level, frame_at(h, s, i)->func)) {
			markup_name(&h->name, frame_at(h, s, i ? i - 1 : 0));
			return true;
		}
	}
	return h->name.len;
}

static int find_row(struct heatmap *h, uint32_t *ret)
{
	uint64_t hash = hash_bytes(h->name.data, h->name.len);
	size_t at = idmap_at(&h->by_name, hash);
	char *name;

	while (idmap_next(&h->by_name, hash, &at, ret))
		if (!strcmp(h->rows[*ret].name, h->name.data))
			return 0;
	name = strdup(h->name.data);
	if (!name || !ARRAY_ROOM(h->rows, h->nrows, h->rows_cap) ||
	    !idmap_add(&h->by_name, hash, h->nrows)) {
		free(name);
		return -ENOMEM;
	}
	*ret = h->nrows;
	h->rows[h->nrows++] = (struct row){ .name = name };
	return 0;
}

static int gather_sample(struct heatmap *h, size_t i)
{
	const struct sample *s = &h->p->samples[i];
	int64_t v = s->values[h->o->value];
	uint64_t time;
	int ret;

	h->row_of[i] = NO_ROW;
	if (v <= 0)
		return 0;
	if (!time_of(h, s, &time)) {
		h->without = profile_sum(h->without, v);
		return 0;
	}
	if (!h->total || time < h->first)
		h->first = time;
	if (time > h->last)
		h->last = time;
	h->total = profile_sum(h->total, v);
	h->row_of[i] = OTHERS;
	if (!name_row(h, s)) {
		h->others = profile_sum(h->others, v);
		return h->name.failed ? -ENOMEM : 0;
	}
	ret = h->name.failed ? -ENOMEM : find_row(h, &h->row_of[i]);
	if (!ret)
		h->rows[h->row_of[i]].total = profile_sum(h->rows[h->row_of[i]].total, v);
	return ret;
}

static int gather(struct heatmap *h)
{
	int ret = 0;

	h->row_of = malloc((h->p->nsamples + 1) * sizeof(*h->row_of));
	if (!h->row_of)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < h->p->nsamples; i++)
		ret = gather_sample(h, i);
	if (!ret && !h->total)
		return err_set(ENODATA, "heatmap: no sample has a time; recordings of perf have");
	return ret;
}

/* Of 1, 2, 5, 10, ... nanoseconds the first with few enough columns. */
static int choose_columns(struct heatmap *h)
{
	uint64_t span = h->last - h->first;

	h->interval = h->o->interval_ns;
	if (!h->interval)
		h->interval = (uint64_t)fmax(1, chart_step((double)span + 1, FIT_COLUMNS));
	if (span / h->interval >= HEATMAP_COLUMNS)
		return err_set(EINVAL, "--interval: %.3g columns; at most %d: a longer one",
			       (double)span / (double)h->interval, HEATMAP_COLUMNS);
	h->first -= h->first % h->interval;
	h->ncolumns = (h->last - h->first) / h->interval + 1;
	return 0;
}

static int by_total(const void *pa, const void *pb, void *arg)
{
	const struct row *rows = arg, *a = &rows[*(const uint32_t *)pa], *b = &rows[*(const uint32_t *)pb];

	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* The last row shown is that of the others, if there are any. */
static int choose_rows(struct heatmap *h, uint32_t **ret_order)
{
	uint32_t *order = malloc((h->nrows + 1) * sizeof(*order));
	size_t most = h->o->rows ? h->o->rows : DEFAULT_ROWS;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < h->nrows; i++)
		order[i] = i;
	qsort_r(order, h->nrows, sizeof(*order), by_total, h->rows);
	h->nshown = h->nrows < most ? h->nrows : most;
	for (size_t i = 0; i < h->nrows; i++) {
		h->rows[order[i]].place = i < h->nshown ? i : h->nshown;
		if (i >= h->nshown)
			h->others = profile_sum(h->others, h->rows[order[i]].total);
	}
	*ret_order = order;
	h->cells = calloc((h->nshown + 1) * h->ncolumns, sizeof(*h->cells));
	return h->cells ? 0 : -ENOMEM;
}

static void fill_cells(struct heatmap *h)
{
	for (size_t i = 0; i < h->p->nsamples; i++) {
		const struct sample *s = &h->p->samples[i];
		uint32_t row = h->row_of[i];
		uint64_t time;
		int64_t *cell;

		if (row == NO_ROW || !time_of(h, s, &time))
			continue;
		row = row == OTHERS ? h->nshown : h->rows[row].place;
		cell = &h->cells[row * h->ncolumns + (time - h->first) / h->interval];
		*cell = profile_sum(*cell, s->values[h->o->value]);
	}
}

static double column_x(const struct heatmap *h, double column)
{
	return CHART_PAD + NAMES + column * (CHART_WIDTH - 2 * CHART_PAD - NAMES - SUMS) / (double)h->ncolumns;
}

/* Time since the beginning, as precise as columns are. */
static const char *since(char out[2 * NUM_LEN], const struct heatmap *h, double column)
{
	double s = column * (double)h->interval / 1e9;
	int digits = h->interval % 1000000000 ? (int)fmin(9, ceil(-log10((double)(h->interval % 1000000000) / 1e9))) : 0;

	snprintf(out, 2 * NUM_LEN, "%.*f s", digits, s);
	return out;
}

/* The end of a name says more than its beginning: of a stack the leaf, of a function what comes behind its path. */
static void add_short(struct buf *b, const char *name)
{
	size_t room = (size_t)(NAMES / CHART_CHAR) - 1, columns = utf8_columns(name);
	uint32_t c;

	if (columns <= room) {
		buf_str(b, name);
		return;
	}
	while (*name && columns >= room) {
		size_t n = utf8_decode(name, &c);

		columns -= utf8_width(c);
		name += n;
	}
	buf_printf(b, "…%s", name);
}

/* One hot cell must not hide all others: from a factor of 10 on, colours are logarithmic. */
static bool is_log(const struct heatmap *h)
{
	return h->most / h->least >= 10;
}

/* How deep in colour: from 0.1, which can still be seen, to 1. */
static double depth(const struct heatmap *h, int64_t v)
{
	double part = is_log(h) ? log((double)v / (double)h->least) / log((double)h->most / (double)h->least) :
				  (double)v / (double)h->most;

	return fmin(1, 0.1 + 0.9 * part);
}

static void draw_row(struct heatmap *h, size_t place, const char *name, int64_t total)
{
	const struct value_type *type = &h->p->types[h->o->value];
	double y = CHART_HEAD + (double)place * ROW;
	struct buf text = { 0 };
	char words[2 * NUM_LEN], from[2 * NUM_LEN], to[2 * NUM_LEN], share[NUM_LEN];

	add_short(&text, name);
	chart_text(&h->chart, "name end", CHART_PAD + NAMES - 8, y + 14, text.data ? text.data : "");
	snprintf(share, sizeof(share), "%.1f %%", 100 * (double)total / (double)h->total);
	chart_text(&h->chart, "dim end", CHART_WIDTH - CHART_PAD, y + 14, share);
	chart_line(&h->chart, "grid", column_x(h, 0), y + ROW - 0.5, column_x(h, (double)h->ncolumns),
		   y + ROW - 0.5);
	for (size_t i = 0; i < h->ncolumns; i++) {
		int64_t v = h->cells[place * h->ncolumns + i];
		double x = column_x(h, (double)i), width = column_x(h, (double)i + 1) - x;

		if (!v)
			continue;
		buf_clear(&text);
		buf_printf(&text, "%s\n%s to %s: %s", name, since(from, h, (double)i),
			   since(to, h, (double)i + 1), value_words(words, type, v));
		chart_rect(&h->chart, "cell", x, y, width > 3 ? width - 0.5 : width, ROW - 1.5,
			   depth(h, v), text.data ? text.data : "");
	}
	h->chart.out.failed |= text.failed;
	buf_free(&text);
}

static void draw_axis(struct heatmap *h, double y)
{
	double step = fmax(1, chart_step((double)h->ncolumns, 10));
	char text[2 * NUM_LEN];

	for (double i = 0; i <= (double)h->ncolumns; i += step) {
		double x = column_x(h, i);

		chart_line(&h->chart, "axis", x, y, x, y + 5);
		chart_text(&h->chart, "dim middle", x, y + 19, since(text, h, i));
	}
}

/* What the colours mean. */
static const char *scale_words(char out[6 * NUM_LEN], const struct heatmap *h)
{
	const struct value_type *type = &h->p->types[h->o->value];
	char least[2 * NUM_LEN], most[2 * NUM_LEN];

	value_words(most, type, h->most);
	if (is_log(h))
		snprintf(out, 6 * NUM_LEN, "%s to %s, logarithmic", value_words(least, type, h->least), most);
	else
		snprintf(out, 6 * NUM_LEN, "up to %s", most);
	return out;
}

static void draw_scale(struct heatmap *h, double y)
{
	char words[6 * NUM_LEN];

	for (int i = 0; i < 10; i++)
		chart_rect(&h->chart, "cell", CHART_PAD + 14 * i, y, 14, 12, 0.1 + 0.1 * i, NULL);
	chart_text(&h->chart, "dim", CHART_PAD + 148, y + 10, scale_words(words, h));
}

/* The others together may be more than any: their colours end with the deepest. */
static void find_range(struct heatmap *h)
{
	size_t n = h->nshown * h->ncolumns, others = h->others > 0 ? h->ncolumns : 0;

	for (size_t i = 0; i < n + others; i++) {
		int64_t v = h->cells[i];

		if (v && (!h->least || v < h->least))
			h->least = v;
		if (v > h->most && (i < n || !n))
			h->most = v;
	}
}

static void add_words(struct heatmap *h, const uint32_t *order)
{
	const struct value_type *type = &h->p->types[h->o->value];
	char words[2 * NUM_LEN], width[NUM_LEN], scale[6 * NUM_LEN];
	struct buf *note = &h->chart.note, *all = &h->chart.description;

	buf_printf(note, "%s  ·  %zu columns of %s", value_words(words, type, h->total), h->ncolumns,
		   num_duration(width, (double)h->interval));
	if (h->without)
		buf_printf(note, "  ·  without a time: %s", value_words(words, type, h->without));
	buf_str(all, "A heat map, functions by time: ");
	buf_add(all, note->data ? note->data : "", note->len);
	buf_printf(all, "\nColours: %s", scale_words(scale, h));
	for (size_t i = 0; i < h->nshown; i++) {
		const struct row *r = &h->rows[order[i]];

		buf_printf(all, "\n%s: %s, %.1f %%", r->name, value_words(words, type, r->total),
			   100 * (double)r->total / (double)h->total);
	}
}

static int draw(FILE *f, struct heatmap *h, const uint32_t *order)
{
	size_t rows = h->nshown + (h->others > 0);
	double y = CHART_HEAD + (double)rows * ROW;
	char words[64];

	find_range(h);
	h->chart.title = h->o->title ? h->o->title : "Functions over time";
	h->chart.subtitle = h->o->subtitle;
	h->chart.height = y + 68;
	add_words(h, order);
	for (size_t i = 0; i < h->nshown; i++)
		draw_row(h, i, h->rows[order[i]].name, h->rows[order[i]].total);
	snprintf(words, sizeof(words), "(%zu more)", h->nrows - h->nshown);
	if (h->others > 0)
		draw_row(h, h->nshown, h->nrows > h->nshown ? words : "(others)", h->others);
	draw_axis(h, y);
	draw_scale(h, y + 40);
	return chart_write(f, &h->chart);
}

int heatmap_write(FILE *f, const struct profile *p, const struct heatmap_options *o)
{
	struct heatmap h = { .p = p, .o = o };
	uint32_t *order = NULL;
	int ret = gather(&h);

	if (!ret)
		ret = choose_columns(&h);
	if (!ret)
		ret = choose_rows(&h, &order);
	if (!ret) {
		fill_cells(&h);
		ret = draw(f, &h, order);
	}
	for (size_t i = 0; i < h.nrows; i++)
		free(h.rows[i].name);
	free(h.rows);
	free(h.by_name.slots);
	free(h.row_of);
	free(h.cells);
	free(order);
	buf_free(&h.name);
	return ret;
}
