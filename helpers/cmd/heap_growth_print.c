/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_growth_print.c - heap-profile: growth as a table, as JSON, and as a diff in other formats */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_profile_run.h"
#include "live_json.h"
#include "sites.h"
#include "stack/diff.h"
#include "stack/value.h"
#include "stack/writers.h"

static int64_t change_of(const struct sample *s)
{
	return diff_change(s->values[DIFF_BEFORE], s->values[DIFF_AFTER]);
}

static int by_growth(const void *pa, const void *pb, void *arg)
{
	const struct profile *p = arg;
	uint32_t ia = *(const uint32_t *)pa, ib = *(const uint32_t *)pb;
	int64_t a = change_of(&p->samples[ia]), b = change_of(&p->samples[ib]);

	if (a != b)
		return a > b ? -1 : 1;
	return ia < ib ? -1 : ia > ib;
}

/* Stacks by falling growth; *ret_n: those that changed at all. */
static int order(const struct profile *p, uint32_t **ret, size_t *ret_n)
{
	uint32_t *v = malloc((p->nsamples + 1) * sizeof(*v));

	if (!v)
		return err_sys(ENOMEM, "sorting the stacks");
	*ret_n = 0;
	for (size_t i = 0; i < p->nsamples; i++)
		if (change_of(&p->samples[i]))
			v[(*ret_n)++] = i;
	qsort_r(v, *ret_n, sizeof(*v), by_growth, (void *)p);
	*ret = v;
	return 0;
}

static double minutes(const struct hp_run *run)
{
	return (double)run->profile.duration_ns / 6e10;
}

/* "+1.20 MiB", of a minute if per_minute */
static void growth_cell(struct table *t, const struct hp_run *run, int64_t change, bool per_minute)
{
	const struct value_type *type = &run->profile.types[DIFF_AFTER];
	char text[NUM_LEN];
	double v = (double)change;

	if (per_minute && !run->profile.duration_ns) {
		table_cell(t, "?");
		return;
	}
	table_cell(t, "%s%s", change > 0 ? "+" : "",
		   value_text(text, type, per_minute ? v / minutes(run) : v));
}

static void add_row(struct table *t, const struct hp_run *run, uint32_t sample)
{
	const struct profile *p = &run->profile;
	const struct sample *s = &p->samples[sample];
	char text[NUM_LEN];

	growth_cell(t, run, change_of(s), true);
	growth_cell(t, run, change_of(s), false);
	table_cell(t, "%s", value_text(text, &p->types[DIFF_AFTER], (double)s->values[DIFF_AFTER]));
	if (!run->diff)
		table_cell(t, "%u/%u", run->stacks[sample].grew, run->news);
	table_cell(t, "%s", run->diff ? (s->values[DIFF_BEFORE] ? "" : "new") :
				       (hp_is_suspect(run, sample) ? "leak-suspect" : ""));
	site_cell(t, p, sample, run->live.process.go.module);
	if (run->live.out.verbose)
		site_stack(t, p, sample, 0);
}

static int print_table(struct hp_run *run, FILE *f, const uint32_t *sorted, size_t n)
{
	static const struct table_column every[] = {
		{ "PER MIN", TABLE_RIGHT }, { "GROWTH", TABLE_RIGHT }, { "NOW", TABLE_RIGHT },
		{ "GREW", TABLE_RIGHT },    { "", 0 },		       { "SITE", TABLE_SHORTEN },
	};
	static const struct table_column since[] = {
		{ "PER MIN", TABLE_RIGHT }, { "GROWTH", TABLE_RIGHT }, { "NOW", TABLE_RIGHT },
		{ "", 0 },		    { "SITE", TABLE_SHORTEN },
	};
	size_t shown = run->live.out.top && run->live.out.top < n ? run->live.out.top : n;
	struct table t;
	int err;

	if (run->diff)
		table_init(&t, since, ARRAY_SIZE(since));
	else
		table_init(&t, every, ARRAY_SIZE(every));
	for (size_t i = 0; i < shown; i++)
		add_row(&t, run, sorted[i]);
	err = n ? table_print(&t, f) : 0;
	if (!n)
		fprintf(f, "%s of no stack changed\n", go_heap_types[run->value].name);
	else if (shown < n)
		fprintf(f, "\n%zu more stack%s (-n 0 shows all)\n", n - shown, n - shown == 1 ? "" : "s");
	table_free(&t);
	return err ? err_sys(-err, "printing") : 0;
}

/* "inuse_space: 1.20 MiB before, 2.40 MiB after: +1.20 MiB (+100.0 %); 5 readings in 120 s" */
static void describe(const struct hp_run *run, struct buf *b)
{
	const struct profile *p = &run->profile;
	struct value_type type = p->types[DIFF_AFTER];
	char text[NUM_LEN];

	snprintf(type.name, sizeof(type.name), "%s", go_heap_types[run->value].name);
	if (!strcmp(type.unit, "bytes"))
		buf_printf(b, "%s: ", type.name);
	diff_words(b, &type, profile_total(p, DIFF_BEFORE), profile_total(p, DIFF_AFTER));
	if (run->diff)
		buf_printf(b, "; since %s", run->diff);
	else
		buf_printf(b, "; %u readings", run->readings);
	if (p->duration_ns)
		buf_printf(b, run->diff ? ", %s ago" : " in %s", num_duration(text, (double)p->duration_ns));
}

/* With --diff nothing was counted. */
static json_t *counted(const struct hp_run *run, uint32_t n)
{
	return run->diff ? json_null() : json_integer(n);
}

static json_t *stack(const struct profile *p, const struct sample *s)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		json_array_append_new(list, json_pack("{s:o, s:o, s:i}", "func", json_text(f->func), "file",
						      f->file ? json_text(f->file) : json_null(),
						      "line", (int)f->line));
	}
	return list;
}

static json_t *stacks(const struct hp_run *run, const uint32_t *sorted, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n && (!run->live.out.top || i < run->live.out.top); i++) {
		const struct sample *s = &run->profile.samples[sorted[i]];
		double rate = minutes(run) > 0 ? (double)change_of(s) / minutes(run) : 0;

		json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:o, s:o, s:b, s:o}",
			"before", (json_int_t)s->values[DIFF_BEFORE],
			"after", (json_int_t)s->values[DIFF_AFTER], "growth", (json_int_t)change_of(s),
			"per_minute", minutes(run) > 0 ? json_integer((json_int_t)rate) : json_null(),
			"grew", counted(run, run->diff ? 0 : run->stacks[sorted[i]].grew),
			"leak_suspect", !run->diff && hp_is_suspect(run, sorted[i]),
			"stack", stack(&run->profile, s)));
	}
	return list;
}

static json_t *notes(const struct hp_run *run)
{
	json_t *list = json_array();

	for (const char *line = run->notes.data; line && *line; line = strchr(line, '\n') + 1)
		json_array_append_new(list, json_stringn(line, strcspn(line, "\n")));
	return list;
}

static int print_json(struct hp_run *run, FILE *f, const uint32_t *sorted, size_t n)
{
	const struct profile *p = &run->profile;
	json_t *root = live_json(
		&run->live, "gobpf-heap-growth-1",
		json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "value",
			  go_heap_types[run->value].name, "time", (json_int_t)run->unix_ns, "duration",
			  p->duration_ns ? json_integer((json_int_t)p->duration_ns) : json_null(), "since",
			  run->diff ? json_text(run->diff) : json_null(), "readings",
			  counted(run, run->readings), "news", counted(run, run->news), "notes", notes(run),
			  "before", (json_int_t)profile_total(p, DIFF_BEFORE), "after",
			  (json_int_t)profile_total(p, DIFF_AFTER), "stacks", stacks(run, sorted, n)));

	return json_print(root, f, true);
}

static int print_as(struct hp_run *run, FILE *f, const uint32_t *sorted, size_t n)
{
	const char *format = run->live.out.format;
	struct buf head = { 0 }, words = { 0 };
	char title[160];
	int err;

	if (!strcmp(format, "json"))
		return print_json(run, f, sorted, n);
	hp_describe(run, &head);
	describe(run, &words);
	if (head.failed || words.failed) {
		err = err_sys(ENOMEM, "printing");
	} else if (!strcmp(format, "table")) {
		fprintf(f, "%s\n%s\n\n", head.data, words.data);
		err = print_table(run, f, sorted, n);
	} else {
		snprintf(title, sizeof(title), "%s: growth of the heap, %s", live_name(&run->live),
			 go_heap_types[run->value].name);
		err = writer_write(writer_find_diff(format), f, &run->profile, &(struct write_options){
			.title = title, .subtitle = words.data, .value = DIFF_AFTER,
			.diff_of = go_heap_types[run->value].name,
			.module = run->live.process.go.module });
	}
	buf_free(&head);
	buf_free(&words);
	return err;
}

int hp_print_growth(struct hp_run *run, FILE *f)
{
	uint32_t *sorted = NULL;
	size_t n = 0;
	int err = order(&run->profile, &sorted, &n);

	if (err)
		return err;
	err = print_as(run, f, sorted, n);
	free(sorted);
	return err;
}
