/* SPDX-License-Identifier: GPL-2.0-only */
/* vma_gaps_print.c - holes of an address space as tables and as JSON */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/vma_gaps_run.h"
#include "live_json.h"

static const char *const limit_names[LIMITS] = {
	[LIMIT_HOLE] = "largest hole",
	[LIMIT_AS] = "RLIMIT_AS",
	[LIMIT_COUNT] = "vm.max_map_count",
	[LIMIT_DATA] = "RLIMIT_DATA",
	[LIMIT_COMMIT] = "overcommit",
};

const char *gaps_verdict(const struct gaps_run *run)
{
	uint64_t bytes;

	if (run->usable == LIMITS)
		return "unknown";
	bytes = run->limits[run->usable].bytes;
	return bytes > run->fine     ? "fine" :
	       bytes > run->tight    ? "fair" :
	       bytes >= run->critical ? "tight" :
					"critical";
}

static void size_cell(struct table *t, const struct gap *g)
{
	char n[NUM_LEN];

	if (g->end == g->start)
		table_cell(t, "none");
	else
		table_cell(t, "%s", num_bytes(n, (double)(g->end - g->start)));
}

static void hole_row(struct table *t, const char *what, const struct gap *g)
{
	table_cell(t, "%s", what);
	size_cell(t, g);
	if (g->end == g->start)
		table_cell(t, " ");
	else
		table_cell(t, "%llx-%llx", (unsigned long long)g->start, (unsigned long long)g->end);
}

static int print_holes(const struct gaps_run *run, FILE *f)
{
	static const struct table_column columns[] = { { "HOLE", 0 }, { "SIZE", TABLE_RIGHT }, { "AT", 0 } };
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	hole_row(&t, "largest between anonymous mappings", &run->largest_anonymous);
	hole_row(&t, "largest of all", &run->largest);
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static int print_bins(const struct gaps_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "HOLES OF", 0 }, { "COUNT", TABLE_RIGHT }, { "TOGETHER", TABLE_RIGHT } };
	char n[NUM_LEN];
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < ARRAY_SIZE(run->bins); i++) {
		const struct gap_bin *bin = &run->bins[i];

		if (bin->most == UINT64_MAX)
			table_cell(&t, "more");
		else
			table_cell(&t, "up to %s", num_bytes(n, (double)bin->most));
		table_cell(&t, "%llu", (unsigned long long)bin->count);
		table_cell(&t, "%s", num_bytes(n, (double)bin->bytes));
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static int print_limits(const struct gaps_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "AN MMAP MUST FIT INTO", 0 }, { "LEFT", TABLE_RIGHT }, { "FROM", TABLE_SHORTEN } };
	char n[NUM_LEN];
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (enum gaps_limit i = LIMIT_HOLE; i < LIMITS; i++) {
		uint64_t bytes = run->limits[i].bytes;

		table_cell(&t, "%s", limit_names[i]);
		table_cell(&t, "%s", run->limits[i].unknown ? "?" :
				     bytes == UINT64_MAX    ? "no limit" :
							      num_bytes(n, (double)bytes));
		table_cell(&t, "%s", run->limits[i].unknown ? run->limits[i].unknown :
				     *run->limits[i].about  ? run->limits[i].about :
							      " ");
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static void print_fit(const struct gaps_run *run, FILE *f, const char *what, enum gaps_limit which)
{
	char n[NUM_LEN];

	if (which == LIMITS)
		fprintf(f, "%s: not known\n", what);
	else
		fprintf(f, "%s: %s (%s)\n", what, num_bytes(n, (double)run->limits[which].bytes),
			limit_names[which]);
}

static int print_table(const struct gaps_run *run, FILE *f)
{
	int err;

	fprintf(f, "vma-gaps: %s (pid %d): %llu mappings, %llu of them anonymous; %llu holes: %s\n\n",
		live_name(&run->live), run->live.target.pid, (unsigned long long)run->mappings,
		(unsigned long long)run->anonymous, (unsigned long long)run->holes, gaps_verdict(run));
	err = print_holes(run, f);
	fputc('\n', f);
	if (!err)
		err = print_bins(run, f);
	fputc('\n', f);
	if (!err)
		err = print_limits(run, f);
	fputc('\n', f);
	print_fit(run, f, "largest mmap that fits, memory to be used", run->usable);
	print_fit(run, f, "largest mmap that fits, only reserved (PROT_NONE)", run->reserve);
	return err ? err_sys(-err, "printing") : 0;
}

static json_t *gap(const struct gap *g)
{
	return json_pack("{s:o, s:o, s:o}", "bytes", live_json_u64(g->end - g->start), "start",
			 live_json_u64(g->start), "end", live_json_u64(g->end));
}

static json_t *bins(const struct gaps_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(run->bins); i++)
		json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "up_to", live_json_u64(run->bins[i].most),
						      "count", live_json_u64(run->bins[i].count), "bytes",
						      live_json_u64(run->bins[i].bytes)));
	return list;
}

static json_t *limits(const struct gaps_run *run)
{
	json_t *list = json_array();

	for (enum gaps_limit i = LIMIT_HOLE; i < LIMITS; i++) {
		uint64_t bytes = run->limits[i].bytes;
		bool known = !run->limits[i].unknown;

		json_array_append_new(
			list, json_pack("{s:s, s:b, s:o, s:s}", "limit", limit_names[i], "known", known, "left",
					known ? live_json_u64(bytes) : json_null(), "from",
					known ? run->limits[i].about : run->limits[i].unknown));
	}
	return list;
}

static json_t *fit(const struct gaps_run *run, enum gaps_limit which)
{
	if (which == LIMITS)
		return json_null();
	return json_pack("{s:o, s:s}", "bytes", live_json_u64(run->limits[which].bytes), "by", limit_names[which]);
}

static int print_json(const struct gaps_run *run, FILE *f)
{
	json_t *root = live_json(
		&run->live, "gobpf-vma-gaps-1",
		json_pack("{s:s, s:I, s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "verdict",
			  gaps_verdict(run), "mappings", (json_int_t)run->mappings, "anonymous",
			  (json_int_t)run->anonymous, "max_mappings",
			  live_json_u64(run->most_mappings), "holes", (json_int_t)run->holes, "largest",
			  gap(&run->largest), "largest_anonymous", gap(&run->largest_anonymous),
			  "histogram", bins(run), "limits", limits(run), "fits",
			  fit(run, run->usable), "fits_reserved", fit(run, run->reserve)));

	return json_print(root, f, true);
}

int gaps_write(void *ctx, FILE *f)
{
	const struct gaps_run *run = ctx;

	return strcmp(run->live.out.format, "json") ? print_table(run, f) : print_json(run, f);
}
