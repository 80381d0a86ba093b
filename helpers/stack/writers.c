/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/writers.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "stack/diff.h"
#include "stack/flame.h"
#include "stack/fold.h"
#include "stack/heatmap.h"
#include "stack/histogram.h"
#include "stack/html.h"
#include "stack/json.h"
#include "stack/pprof.h"
#include "stack/report.h"
#include "stack/speedscope.h"
#include "stack/value.h"

static int folded(FILE *f, const struct profile *p, const struct write_options *o)
{
	return fold_write(f, p, o->value);
}

static int json(FILE *f, const struct profile *p, const struct write_options *o)
{
	(void)o;
	return json_write(f, p);
}

static int pprof(FILE *f, const struct profile *p, const struct write_options *o)
{
	(void)o;
	return pprof_write(f, p);
}

static int speedscope(FILE *f, const struct profile *p, const struct write_options *o)
{
	return speedscope_write(f, p, o->value, o->title);
}

static int histogram(FILE *f, const struct profile *p, const struct write_options *o)
{
	return histogram_write(f, p, &(struct histogram_options){
		.title = o->title, .subtitle = o->subtitle, .label = o->label, .value = o->value });
}

static int heatmap(FILE *f, const struct profile *p, const struct write_options *o)
{
	return heatmap_write(f, p, &(struct heatmap_options){
		.title = o->title, .subtitle = o->subtitle, .value = o->value, .rows = o->rows,
		.level = o->level, .interval_ns = o->interval_ns });
}

static struct flame_options flame_options(const struct write_options *o)
{
	return (struct flame_options){ .title = o->title, .subtitle = o->subtitle, .module = o->module,
				       .value = o->value, .icicle = o->icicle, .diff_of = o->diff_of };
}

static int svg(FILE *f, const struct profile *p, const struct write_options *o)
{
	struct flame_options flame = flame_options(o);

	return flame_write(f, p, &flame);
}

static int html(FILE *f, const struct profile *p, const struct write_options *o)
{
	struct flame_options flame = flame_options(o);

	return html_write(f, p, &flame);
}

static int table(FILE *f, const struct profile *p, const struct write_options *o)
{
	return report_write(f, p, &(struct report_options){
		.value = o->value, .top = o->top, .stacks = o->stacks, .cum = o->cum });
}

static int diff_table(FILE *f, const struct profile *p, const struct write_options *o)
{
	return diff_write_table(f, p, &(struct diff_options){ .top = o->top, .cum = o->cum });
}

static int diff_folded(FILE *f, const struct profile *p, const struct write_options *o)
{
	(void)o;
	return diff_write_folded(f, p);
}

static int diff_pprof(FILE *f, const struct profile *p, const struct write_options *o)
{
	return diff_write_pprof(f, p, &(struct diff_options){ .of = o->diff_of });
}

/* Differently from others; svg, html and json know diffs. */
static const struct writer diff_writers[] = {
	{ "folded", .write = diff_folded },
	{ "html", .picture = true, .write = html },
	{ "json", .write = json },
	{ "pprof", .write = diff_pprof },
	{ "svg", .picture = true, .write = svg },
	{ "table", .write = diff_table },
	{ 0 },
};

const struct writer writers[] = {
	{ "folded", .write = folded },
	{ "heatmap", .labels = "time", .picture = true, .write = heatmap },
	{ "histogram", .labels = "value", .picture = true, .write = histogram },
	{ "html", .picture = true, .write = html },
	{ "json", .labels = "*", .addresses = true, .write = json },
	{ "pprof", .labels = "*", .addresses = true, .write = pprof },
	{ "speedscope", .write = speedscope },
	{ "svg", .picture = true, .write = svg },
	{ "table", .write = table },
	{ 0 },
};

static const struct writer *find(const struct writer *w, const char *name)
{
	for (; w->name; w++)
		if (!strcmp(w->name, name))
			return w;
	return NULL;
}

const struct writer *writer_find(const char *name)
{
	return find(writers, name);
}

const struct writer *writer_find_diff(const char *name)
{
	return find(diff_writers, name);
}

/* Negative ones are drawn no more than zeroes. */
static bool has_values(const struct profile *p, unsigned value)
{
	for (size_t i = 0; i < p->nsamples; i++)
		if (p->samples[i].values[value] > 0)
			return true;
	return false;
}

int writer_check(const struct writer *w, const struct profile *p, const struct write_options *o)
{
	if (w->picture && !has_values(p, o->value))
		return err_set(ENODATA, "%s: nothing to draw: all its values are 0",
			       p->ntypes ? p->types[o->value].name : w->name);
	return 0;
}

int writer_write(const struct writer *w, FILE *f, const struct profile *p,
		 const struct write_options *o)
{
	int ret = w->write(f, p, o);

	return ret == -ENOMEM ? err_sys(ENOMEM, "can't write %s", w->name) : ret;
}
