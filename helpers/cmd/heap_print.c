/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_print.c - heap-hotspots: the table, and the profile in its other formats */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "stack/writers.h"
#include "cmd/heap_run.h"
#include "sites.h"

static double seconds(const struct heap_run *run)
{
	double s = (double)(run->end_ns - run->start_ns) / 1e9;

	return s > 0 ? s : 1e-9;
}

/* Engine, target, window: the first line of the table, a comment in every file. */
static void describe(const struct heap_run *run, struct buf *b)
{
	char samples[NUM_LEN];

	buf_printf(b, "heap-hotspots: %s (pid %d), %s, engine %s: %s; %.1f s",
		   site_base_name(run->target.exe_path), run->target.pid, run->process.go.version.text,
		   run->engine->name, run->how, seconds(run));
	if (run->estimated)
		buf_printf(b, ", %s samples",
			   num_count(samples, (double)profile_total(&run->profile, HEAP_SAMPLES)));
}

/*
 * The error of a site's share, in points at 95 % confidence.  A sum of n
 * samples of about equal weight has a variance of sum^2 / n; the share's error
 * follows from the site's own and from that of all others.
 */
double heap_share_error(const struct site *s, const struct site *all)
{
	double own = (double)s->values[HEAP_BYTES], total = (double)all->values[HEAP_BYTES];
	double n = (double)s->values[HEAP_SAMPLES], rest_n = (double)all->values[HEAP_SAMPLES] - n;
	double rest = total - own, share = own / total;
	double var_own = n > 0 ? own * own / n : 0;
	double var_rest = rest_n > 0 ? rest * rest / rest_n : 0;

	return 196 * sqrt((1 - share) * (1 - share) * var_own + share * share * var_rest) / total;
}

static void site_row(struct table *t, const struct heap_run *run, const struct site *s,
		     const struct site *all)
{
	const struct profile *p = &run->profile;
	double total = (double)all->values[HEAP_BYTES];
	char num[NUM_LEN];

	table_cell(t, "%s/s", num_bytes(num, (double)s->values[HEAP_BYTES] / seconds(run)));
	table_cell(t, "%.1f %%", 100 * (double)s->values[HEAP_BYTES] / total);
	if (run->estimated)
		table_cell(t, "±%.1f", heap_share_error(s, all));
	table_cell(t, "%s", num_count(num, (double)s->values[HEAP_OBJECTS] / seconds(run)));
	site_cell(t, p, s->sample, run->process.go.module);
	if (run->out.verbose)
		site_stack(t, p, s->sample, s->nstacks - 1);
}

static const struct table_column columns[] = {
	{ "BYTES/s", TABLE_RIGHT }, { "SHARE", TABLE_RIGHT },	{ "±", TABLE_RIGHT },
	{ "OBJECTS/s", TABLE_RIGHT }, { "SITE", TABLE_SHORTEN },
};
static const struct table_column exact_columns[] = {
	{ "BYTES/s", TABLE_RIGHT }, { "SHARE", TABLE_RIGHT }, { "OBJECTS/s", TABLE_RIGHT },
	{ "SITE", TABLE_SHORTEN },
};

int heap_sites(struct heap_run *run, struct site **ret, size_t *ret_shown, size_t *ret_n,
	       struct site *ret_all)
{
	int err = profile_sites(&run->profile, HEAP_BYTES, ret, ret_n);

	if (err)
		return err_sys(-err, "sorting the sites");
	*ret_all = (struct site){ 0 };
	for (unsigned v = 0; v < HEAP_NVALUES; v++)
		ret_all->values[v] = profile_total(&run->profile, v);
	*ret_shown = run->out.top && run->out.top < *ret_n ? run->out.top : *ret_n;
	return 0;
}

static int print_sites(struct heap_run *run, FILE *f)
{
	struct site *sites, all;
	struct table t;
	size_t n, shown;
	char bytes[NUM_LEN], objects[NUM_LEN];
	int err = heap_sites(run, &sites, &shown, &n, &all);

	if (err)
		return err;
	fprintf(f, "all sites: %s/s, %s objects/s%s\n\n",
		num_bytes(bytes, (double)all.values[HEAP_BYTES] / seconds(run)),
		num_count(objects, (double)all.values[HEAP_OBJECTS] / seconds(run)),
		run->estimated ? "; ± is the share's error in points (95 %)" : "");
	if (run->estimated)
		table_init(&t, columns, ARRAY_SIZE(columns));
	else
		table_init(&t, exact_columns, ARRAY_SIZE(exact_columns));
	for (size_t i = 0; i < shown; i++)
		site_row(&t, run, &sites[i], &all);
	err = table_print(&t, f);
	table_free(&t);
	free(sites);
	if (!err && shown < n)
		fprintf(f, "\n%zu more site%s (-n 0 shows all)\n", n - shown,
			n - shown == 1 ? "" : "s");
	return err ? err_sys(-err, "printing") : 0;
}

static int print_table(struct heap_run *run, FILE *f)
{
	struct buf head = { 0 };
	int err = 0;

	describe(run, &head);
	fprintf(f, "%s\n", head.data ? head.data : "");
	buf_free(&head);
	if (profile_total(&run->profile, HEAP_BYTES) > 0)
		err = print_sites(run, f);
	else
		fprintf(f, "no allocation was %s in this window\n", run->estimated ? "sampled" : "seen");
	return err;
}

static int print_format(struct heap_run *run, FILE *f, const char *description)
{
	char title[80];
	struct write_options o = {
		.title = title,
		.subtitle = description,
		.module = run->process.go.module,
		.value = HEAP_BYTES,
	};

	if (!strcmp(run->out.format, "table"))
		return print_table(run, f);
	if (!strcmp(run->out.format, "json"))
		return heap_print_json(run, f);
	snprintf(title, sizeof(title), "%s: bytes allocated in %.1f s",
		 site_base_name(run->target.exe_path), seconds(run));
	return writer_write(writer_find(run->out.format), f, &run->profile, &o);
}

int heap_print(struct heap_run *run, FILE *f)
{
	struct buf description = { 0 };
	int err;

	describe(run, &description);
	if (description.failed)
		return err_sys(ENOMEM, "printing");
	err = profile_comment(&run->profile, "%s", description.data);
	for (char *line = run->notes.data, *end; line && *line && !err; line = end + 1) {
		end = strchrnul(line, '\n');
		err = profile_comment(&run->profile, "%.*s", (int)(end - line), line);
		if (!*end)
			break;
	}
	if (err)
		err_sys(-err, "printing");
	else
		err = print_format(run, f, description.data);
	if (!run->out.quiet && run->notes.len)
		fputs(run->notes.data, stderr);
	buf_free(&description);
	return err;
}
