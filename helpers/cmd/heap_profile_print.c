/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_profile_print.c - one reading of the heap profile: the table, and the other formats */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_profile_run.h"
#include "sites.h"
#include "stack/value.h"
#include "stack/writers.h"

void hp_describe(const struct hp_run *run, struct buf *b)
{
	const struct live *l = &run->live;
	uint64_t rate = run->buckets.rate;

	buf_printf(b, "heap-profile: %s (pid %d), %s: the runtime's own samples", live_name(l),
		   l->target.pid, l->process.go.version.text);
	if (rate == 1)
		buf_str(b, ", every allocation");
	else if (rate)
		buf_printf(b, ", 1 per %llu %s", (unsigned long long)(rate < 1024 ? rate : rate / 1024),
			   rate < 1024 ? "B" : "KiB");
}

/* "as of the last GC, 2.31 s ago" */
static void describe_time(const struct hp_run *run, struct buf *b)
{
	const struct go_buckets *k = &run->buckets;
	char ago[NUM_LEN];

	if (!k->published)
		buf_str(b, "until now");
	else if (k->mixed)
		buf_str(b, "as of different GCs");
	else
		buf_printf(b, "as of the %s", k->newest ? "last GC" : "GC before the last");
	if (run->published_ns && run->unix_ns > run->published_ns)
		buf_printf(b, ", %s ago", num_duration(ago, (double)(run->unix_ns - run->published_ns)));
}

static void describe_totals(const struct hp_run *run, struct buf *b)
{
	const struct profile *p = &run->profile;
	char text[NUM_LEN];

	buf_printf(b, "in use: %s", num_bytes(text, (double)profile_total(p, MEM_INUSE_SPACE)));
	buf_printf(b, " in %s objects, ", num_count(text, (double)profile_total(p, MEM_INUSE_OBJECTS)));
	describe_time(run, b);
	buf_printf(b, "; allocated since the start: %s",
		   num_bytes(text, (double)profile_total(p, MEM_ALLOC_SPACE)));
	buf_printf(b, " in %s objects", num_count(text, (double)profile_total(p, MEM_ALLOC_OBJECTS)));
}

static void add_row(struct table *t, const struct hp_run *run, const struct site *s, double total)
{
	static const unsigned shown[] = { MEM_INUSE_SPACE, MEM_INUSE_OBJECTS, MEM_ALLOC_SPACE,
					  MEM_ALLOC_OBJECTS };
	const struct profile *p = &run->profile;
	char text[NUM_LEN];

	table_cell(t, "%.1f %%", 100 * (double)s->values[run->value] / total);
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		table_cell(t, "%s", value_text(text, &p->types[shown[i]],
					       (double)s->values[shown[i]]));
	site_cell(t, p, s->sample, run->live.process.go.module);
	if (run->live.out.verbose)
		site_stack(t, p, s->sample, s->nstacks - 1);
}

static int print_sites(struct hp_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "SHARE", TABLE_RIGHT },	{ "IN USE", TABLE_RIGHT },
		{ "OBJECTS", TABLE_RIGHT },	{ "ALLOCATED", TABLE_RIGHT },
		{ "OBJECTS", TABLE_RIGHT },	{ "SITE", TABLE_SHORTEN },
	};
	double total = (double)profile_total(&run->profile, run->value);
	size_t n, some = 0, shown;
	struct site *sites;
	struct table t;
	int err = profile_sites(&run->profile, run->value, &sites, &n);

	if (err)
		return err_sys(-err, "sorting the sites");
	while (some < n && sites[some].values[run->value] > 0)
		some++;
	shown = run->live.out.top && run->live.out.top < some ? run->live.out.top : some;
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < shown; i++)
		add_row(&t, run, &sites[i], total);
	err = some ? table_print(&t, f) : 0;
	if (!some)
		fprintf(f, "no site has %s\n", go_heap_types[run->value].name);
	else if (shown < some)
		fprintf(f, "\n%zu more site%s (-n 0 shows all)\n", some - shown,
			some - shown == 1 ? "" : "s");
	table_free(&t);
	free(sites);
	return err ? err_sys(-err, "printing") : 0;
}

static int print_format(struct hp_run *run, FILE *f, const struct buf *head, const struct buf *totals)
{
	const char *format = run->live.out.format;
	char title[160];

	if (!strcmp(format, "table")) {
		fprintf(f, "%s\n%s\n\n", head->data, totals->data);
		return print_sites(run, f);
	}
	snprintf(title, sizeof(title), "%s: heap, %s", live_name(&run->live),
		 go_heap_types[run->value].name);
	return writer_write(writer_find(format), f, &run->profile, &(struct write_options){
		.title = title, .subtitle = totals->data, .value = run->value,
		.module = run->live.process.go.module });
}

int hp_print(struct hp_run *run, FILE *f)
{
	struct buf head = { 0 }, totals = { 0 };
	int err;

	run->profile.main_value = run->value;
	run->profile.time_unix_ns = run->unix_ns;
	hp_describe(run, &head);
	describe_totals(run, &totals);
	err = head.failed || totals.failed ? -ENOMEM : 0;
	if (!err)
		err = profile_comment(&run->profile, "%s", head.data);
	if (!err)
		err = profile_comment(&run->profile, "%s", totals.data);
	for (const char *line = run->notes.data; !err && line && *line; line = strchr(line, '\n') + 1)
		err = profile_comment(&run->profile, "%.*s", (int)strcspn(line, "\n"), line);
	err = err ? err_sys(-err, "printing") : print_format(run, f, &head, &totals);
	buf_free(&head);
	buf_free(&totals);
	return err;
}
