/* SPDX-License-Identifier: GPL-2.0-only */
/* rss_gap_print.c - memory by kind as a table */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/rss_gap_run.h"

/* "+1.50 MiB", "-3.00 KiB", "0 B" */
static const char *difference(char out[NUM_LEN], uint64_t a, uint64_t b)
{
	char n[NUM_LEN];

	num_bytes(n, (double)(a > b ? a - b : b - a));
	snprintf(out, NUM_LEN, "%s%s", a > b ? "+" : a < b ? "-" : "", n);
	return out;
}

/* 0 of what is mostly none is nothing to look at. */
static void amount_cell(struct table *t, uint64_t v)
{
	char n[NUM_LEN];

	table_cell(t, "%s", v ? num_bytes(n, (double)v) : "");
}

static void sum_row(struct table *t, const char *name, const struct rss_sum *s, const uint64_t *says)
{
	char n[NUM_LEN];

	table_cell(t, "%s", name);
	table_cell(t, "%s", num_bytes(n, (double)s->rss));
	table_cell(t, "%s", says ? num_bytes(n, (double)*says) : "");
	table_cell(t, "%s", difference(n, s->rss, says ? *says : 0));
	amount_cell(t, s->swap);
	amount_cell(t, s->anon_huge);
	amount_cell(t, s->lazy_free);
}

static void heap_lines(struct table *t, const struct rss_run *run)
{
	const struct rss_go *g = &run->go;
	const struct rss_sum *s = &run->sums[RSS_HEAP];
	char a[NUM_LEN], b[NUM_LEN], c[NUM_LEN], d[NUM_LEN];

	table_line(t, "in spans %s, goroutine stacks %s, free but kept %s, given back to the kernel %s",
		   num_bytes(a, (double)g->heap_inuse), num_bytes(b, (double)g->stack_inuse),
		   num_bytes(c, (double)(g->heap_idle - g->heap_released)),
		   num_bytes(d, (double)g->heap_released));
	if (s->rss < g->in_heap)
		table_line(t, "at least %s was never touched%s", num_bytes(a, (double)(g->in_heap - s->rss)),
			   s->swap ? ", or is swapped out" : "");
	else if (s->rss > g->in_heap)
		table_line(t, "at least %s was given back and is still here: huge pages, or MADV_FREE",
			   num_bytes(a, (double)(s->rss - g->in_heap)));
}

static void anonymous_lines(struct table *t, const struct rss_run *run)
{
	const struct rss_go *g = &run->go;
	char a[NUM_LEN], b[NUM_LEN];
	uint64_t says;

	if (!rss_go_says(run, RSS_ANON, &says)) {
		table_line(t, "not Go's: mmap, C code");
		return;
	}
	table_line(t, "at most %s the runtime's own: spans %s, GC, profiler and others the rest",
		   num_bytes(a, (double)g->outside), num_bytes(b, (double)g->mspan_sys));
	if (rss_not_go(run))
		table_line(t, "at least %s not Go's: mmap, C code",
			   num_bytes(a, (double)rss_not_go(run)));
}

/* The largest mappings of a kind, for -v. */
static void mapping_lines(struct table *t, const struct rss_run *run, enum rss_kind kind)
{
	unsigned shown = 0, top = run->live.out.top;
	uint64_t limit = UINT64_MAX;
	char n[NUM_LEN];

	while (!top || shown < top) {
		uint64_t most = 0;

		for (size_t i = 0; i < run->smaps.n; i++)
			if (run->kind_of[i] == kind && run->smaps.v[i].rss < limit && run->smaps.v[i].rss > most)
				most = run->smaps.v[i].rss;
		if (!most)
			return;
		for (size_t i = 0; i < run->smaps.n && (!top || shown < top); i++) {
			const struct smap *m = &run->smaps.v[i];

			if (run->kind_of[i] != kind || m->rss != most)
				continue;
			table_line(t, "%llx-%llx %s %s%s%s", (unsigned long long)m->start,
				   (unsigned long long)m->end, m->perms, num_bytes(n, (double)m->rss),
				   *m->path ? " " : "", m->path);
			shown++;
		}
		limit = most;
	}
}

static int print_kinds(const struct rss_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "MEMORY", 0 },
		{ "RSS", TABLE_RIGHT },
		{ "GO SAYS", TABLE_RIGHT },
		{ "DIFFERENCE", TABLE_RIGHT },
		{ "SWAPPED", TABLE_RIGHT },
		{ "HUGE", TABLE_RIGHT },
		{ "LAZY FREE", TABLE_RIGHT },
	};
	uint64_t says, all = run->go.in_heap + run->go.outside;
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (enum rss_kind k = RSS_HEAP; k < RSS_KINDS; k++) {
		bool has = rss_go_says(run, k, &says);

		if (!run->sums[k].mappings && !has)
			continue;
		sum_row(&t, rss_kind_name(k), &run->sums[k], has ? &says : NULL);
		if (k == RSS_HEAP)
			heap_lines(&t, run);
		else if (k == RSS_ANON)
			anonymous_lines(&t, run);
		if (run->live.out.verbose)
			mapping_lines(&t, run, k);
	}
	sum_row(&t, "all", &run->total, &all);
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static void print_cgroup(const struct rss_run *run, FILE *f)
{
	const struct rss_cgroup *c = &run->cgroup;
	char a[NUM_LEN], b[NUM_LEN], k[NUM_LEN];

	if (c->unknown) {
		fprintf(f, "cgroup: ? (%s)\n", c->unknown);
		return;
	}
	fprintf(f, "cgroup %s: %s in all", c->path, num_bytes(a, (double)c->current));
	if (c->have_stat)
		fprintf(f, "; anonymous %s, file cache %s, kernel %s", num_bytes(a, (double)c->anon),
			num_bytes(b, (double)c->file),
			c->kernel == UINT64_MAX ? "?" : num_bytes(k, (double)c->kernel));
	fputc('\n', f);
}

static void print_rest(const struct rss_run *run, FILE *f)
{
	char n[NUM_LEN];

	if (run->total.hugetlb)
		fprintf(f, "huge pages of hugetlbfs, which are not in RSS: %s\n",
			num_bytes(n, (double)run->total.hugetlb));
	if (run->vm_rss == UINT64_MAX)
		fputs("unexplained: ? (the kernel does not say VmRSS)\n", f);
	else
		fprintf(f, "unexplained, VmRSS against this sum: %s\n",
			difference(n, run->vm_rss, run->total.rss));
	print_cgroup(run, f);
	if (run->moved)
		fprintf(f, "while the mappings were read, %s of Go's memory changed hands\n",
			num_bytes(n, (double)run->moved));
}

int rss_write(void *ctx, FILE *f)
{
	struct rss_run *run = ctx;
	const struct rss_go *g = &run->go;
	char rss[NUM_LEN], says[NUM_LEN], sys[NUM_LEN], back[NUM_LEN], gap[NUM_LEN];
	int err;

	if (!strcmp(run->live.out.format, "json"))
		return rss_write_json(run, f);
	fprintf(f, "rss-gap: %s (pid %d), %s: RSS %s, Go says %s (%s from the kernel, %s given back): %s\n\n",
		live_name(&run->live), run->live.target.pid, run->live.process.go.version.text,
		num_bytes(rss, (double)run->total.rss), num_bytes(says, (double)(g->in_heap + g->outside)),
		num_bytes(sys, (double)g->sys), num_bytes(back, (double)g->heap_released),
		difference(gap, run->total.rss, g->in_heap + g->outside));
	err = print_kinds(run, f);
	fputc('\n', f);
	print_rest(run, f);
	return err ? err_sys(-err, "printing") : 0;
}
