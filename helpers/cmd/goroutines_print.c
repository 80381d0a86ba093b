/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_print.c - goroutines as a table */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/goroutines_run.h"
#include "go/tidy.h"
#include "go/traceback.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_place(struct buf *b, const struct frame *f)
{
	go_name_short(b, f->func);
	if (f->file)
		buf_printf(b, " %s:%u", base_name(f->file), f->line);
}

/* What a reader wants to know first: the innermost frame that is not the runtime's. */
static const struct frame *site_of(const struct g_run *run, const struct sample *s)
{
	const struct profile *p = &run->profile;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		if (go_traceback_shows(run->live.process.go.version.minor, f->func, true))
			return f;
	}
	return &p->frames[p->stack_frames[s->first]];
}

static void stack_lines(struct table *t, const struct profile *p, const struct sample *s)
{
	struct buf b = { 0 };

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		buf_clear(&b);
		add_place(&b, f);
		table_line(t, "%s%s", b.data ? b.data : "?",
			   f->flags & FRAME_INLINED ? " (inlined)" : "");
	}
	buf_free(&b);
}

/* Without any it has one made up frame, "[no stack]". */
static bool has_stack(const struct g_run *run, const struct sample *s)
{
	return s->n != 1 || run->profile.frames[run->profile.stack_frames[s->first]].func[0] != '[';
}

static void wait_cell(struct table *t, const struct g_group *g)
{
	char least[NUM_LEN], most[NUM_LEN], bound[NUM_LEN];

	num_duration(most, (double)g->most_wait_ns);
	num_duration(least, (double)g->least_wait_ns);
	num_duration(bound, (double)g->bound_ns);
	if (g->bound_ns != UINT64_MAX && g->bound_ns)
		if (g->unknown_wait)
			table_cell(t, "≤%s", bound);
		else if (strcmp(least, bound) != 0)
			table_cell(t, "%s…%s", least, bound);
		else
			table_cell(t, "%s", bound);
	else if (!g->most_wait_ns)
		table_cell(t, "?");
	else if (g->unknown_wait || g->least_wait_ns * 10 > g->most_wait_ns * 9)
		table_cell(t, "≥%s", most);
	else
		table_cell(t, "≥%s…%s", least, most);
}

static int by_set(const void *pa, const void *pb, void *ctx)
{
	const struct g_run *run = ctx;
	uint32_t a = run->gs.v[*(const uint32_t *)pa].label_set, b = run->gs.v[*(const uint32_t *)pb].label_set;

	return a < b ? -1 : a > b;
}

static void label_line(struct table *t, const struct g_run *run, uint32_t set, uint32_t n)
{
	const struct go_label_table *l = &run->gs.labels;
	struct buf b = { 0 };

	for (uint32_t i = 0; set < l->nsets && i < l->sets[set].n; i++) {
		const struct go_label *label = &l->v[l->sets[set].first + i];

		buf_printf(&b, " %s=%s", l->text.data + label->key, l->text.data + label->value);
	}
	if (set == GO_LABELS_UNKNOWN)
		buf_str(&b, " ? (changed while they were read)");
	table_line(t, "labels%s (%u)", b.data ? b.data : "", n);
	buf_free(&b);
}

/* The sets of labels in a group, each with how many have it; the first few. */
static void label_lines(struct table *t, const struct g_run *run, const struct g_group *group)
{
	enum { LINES = 8 };
	uint32_t *v = run->members + group->first, sets = 0, from = 0;

	qsort_r(v, group->n, sizeof(*v), by_set, (void *)run);
	for (uint32_t i = 1; i <= group->n; i++) {
		uint32_t set = run->gs.v[v[from]].label_set;

		if (i < group->n && run->gs.v[v[i]].label_set == set)
			continue;
		if (set && sets++ < LINES)
			label_line(t, run, set, i - from);
		from = i;
	}
	if (sets > LINES)
		table_line(t, "%u more sets of labels", sets - LINES);
}

static void verbose_lines(struct table *t, const struct g_run *run, uint32_t sample)
{
	const struct g_group *group = &run->groups[sample];
	const struct goroutine *g = &run->gs.v[group->example];

	stack_lines(t, &run->profile, &run->profile.samples[sample]);
	label_lines(t, run, group);
	if (group->n == 1)
		table_line(t, "goroutine %llu", (unsigned long long)g->goid);
	else
		table_line(t, "goroutines %llu … %llu", (unsigned long long)g->goid,
			   (unsigned long long)run->gs.v[group->last].goid);
}

static const char *label_of(const struct g_run *run, uint32_t sample, const char *key)
{
	size_t n;
	const struct label *labels = profile_labels_of(&run->profile,
						       run->profile.samples[sample].labels, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(labels[i].key, key))
			return labels[i].str;
	return "";
}

static void group_row(struct table *t, struct g_run *run, uint32_t sample)
{
	const struct sample *s = &run->profile.samples[sample];
	const struct g_group *group = &run->groups[sample];
	const struct goroutine *g = group->n ? &run->gs.v[group->example] : NULL;
	const char *missing = label_of(run, sample, "stack"), *from = label_of(run, sample, "from");
	struct buf b = { 0 };
	struct frame creator;

	table_cell(t, "%u", group->n);
	if (run->live.rounds && group->n != group->before)
		table_cell(t, "%+lld", (long long)group->n - group->before);
	else if (run->live.rounds)
		table_cell(t, "=");
	table_cell(t, "%s", label_of(run, sample, "state"));
	if (run->by)
		table_cell(t, "%s", label_of(run, sample, run->by));
	if (g)
		wait_cell(t, group);
	else
		table_cell(t, "%s", "");
	add_place(&b, site_of(run, s));
	table_cell(t, "%s", b.data && has_stack(run, s) ? b.data : "");
	buf_clear(&b);
	if (g && g_created_by(run, g, &creator))
		add_place(&b, &creator);
	table_cell(t, "%s", b.data ? b.data : g ? "" : label_of(run, sample, "created"));
	buf_free(&b);
	if (*missing)
		table_line(t, "(%s)", missing);
	if (*from)
		table_line(t, "(%s)", from);
	if (g && run->live.out.verbose)
		verbose_lines(t, run, sample);
}

static void head(const struct g_run *run, FILE *f)
{
	const struct go_goroutines *gs = &run->gs;

	fprintf(f, "goroutines: %s (pid %d), %s: %zu goroutine%s and %zu of the runtime itself, %zu "
		   "different stack%s",
		base_name(run->live.target.exe_path), run->live.target.pid, run->live.process.go.version.text,
		run->user, run->user == 1 ? "" : "s", run->system_n, gs->nstacks,
		gs->nstacks == 1 ? "" : "s");
	if (gs->torn)
		fprintf(f, "; %zu changed each time %s read", gs->torn, gs->torn == 1 ? "it was" : "they were");
	fputs("\n\n", f);
}

/* By how many there are now; of those that are gone, by how many there were. */
static int by_count(const void *pa, const void *pb, void *ctx)
{
	const struct g_group *groups = ctx, *a = &groups[*(const uint32_t *)pa],
			     *b = &groups[*(const uint32_t *)pb];

	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	return a->n ? 0 : a->before < b->before ? 1 : a->before > b->before ? -1 : 0;
}

/* The groups to be shown, the largest first; NULL with words: out of memory. */
static uint32_t *order_groups(struct g_run *run, size_t *ret_n)
{
	uint32_t *order;
	size_t n = 0;

	if (profile_order(&run->profile, 0, &order)) {
		err_sys(ENOMEM, "printing");
		return NULL;
	}
	for (size_t i = 0; i < run->profile.nsamples; i++)
		if (run->groups[order[i]].n || run->groups[order[i]].before)
			order[n++] = order[i];
	/* what is there is in order and stays so: the others are behind it */
	for (*ret_n = n; n && !run->groups[order[n - 1]].n; n--)
		;
	qsort_r(order + n, *ret_n - n, sizeof(*order), by_count, run->groups);
	return order;
}

static void set_columns(const struct g_run *run, struct table_column *columns, size_t *n)
{
	*n = 0;
	columns[(*n)++] = (struct table_column){ "COUNT", TABLE_RIGHT };
	if (run->live.rounds)
		columns[(*n)++] = (struct table_column){ "CHANGE", TABLE_RIGHT };
	columns[(*n)++] = (struct table_column){ "STATE", 0 };
	if (run->by)
		columns[(*n)++] = (struct table_column){ run->by, TABLE_SHORTEN };
	columns[(*n)++] = (struct table_column){ "WAITING", TABLE_RIGHT };
	columns[(*n)++] = (struct table_column){ "AT", TABLE_SHORTEN };
	columns[(*n)++] = (struct table_column){ "CREATED BY", TABLE_SHORTEN };
}

int g_print_table(struct g_run *run, FILE *f)
{
	struct table_column columns[7];
	size_t shown = 0, groups, ncolumns;
	uint32_t *order = order_groups(run, &groups);
	struct table t;
	int err;

	if (!order)
		return -ENOMEM;
	head(run, f);
	set_columns(run, columns, &ncolumns);
	table_init(&t, columns, ncolumns);
	for (; shown < groups && (!run->live.out.top || shown < run->live.out.top); shown++)
		group_row(&t, run, order[shown]);
	err = groups ? table_print(&t, f) : 0;
	if (!groups)
		fputs("no goroutine is as asked for\n", f);
	else if (shown < groups)
		fprintf(f, "\n%zu more group%s (-n 0 shows all)\n", groups - shown,
			groups - shown == 1 ? "" : "s");
	table_free(&t);
	free(order);
	return err ? err_sys(-err, "printing") : 0;
}
