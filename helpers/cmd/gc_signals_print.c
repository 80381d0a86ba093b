/* SPDX-License-Identifier: GPL-2.0-only */
/* gc_signals_print.c - gobpf gc-signals: the table, and JSON, whose schema is in docs/gobpf-gc-signals.1 */
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/gc_signals_run.h"
#include "live_json.h"

static void head(const struct gcs_run *run, FILE *f)
{
	const struct gcs_look *first = &run->looks[0], *last = &run->looks[run->nlooks - 1];
	uint32_t cycles = last->cycles - first->cycles;
	char window[NUM_LEN];

	fprintf(f, "gc-signals: %s (pid %d), %s: %s, %zu looks, %u cycle%s", live_name(&run->live),
		run->live.target.pid, run->live.process.go.version.text,
		num_duration(window, run->verdict.minutes * 60e9), run->nlooks, cycles,
		cycles == 1 ? "" : "s");
	if (last->forced != first->forced)
		fprintf(f, ", %u of them forced", last->forced - first->forced);
	fputs("\n\n", f);
}

static void shows_cell(struct table *t, const struct gcs_run *run, enum gcs_signal which)
{
	static const char *const words[] = { [GCS_NO] = "no", [GCS_YES] = "YES", [GCS_UNKNOWN] = "?" };

	table_cell(t, "%s", words[run->verdict.shows[which]]);
}

static void trend_row(struct table *t, const struct gcs_run *run)
{
	const struct gcs_verdict *v = &run->verdict;
	char a[NUM_LEN], b[NUM_LEN];

	table_cell(t, "live heap grows");
	shows_cell(t, run, GCS_TREND);
	if (v->shows[GCS_TREND] == GCS_UNKNOWN) {
		table_cell(t, "?");
		table_cell(t, "%g %%/min", run->trend);
		table_line(t, "%u cycle%s seen, %d are needed: look longer (-d), or more often (-i)", v->points,
			   v->points == 1 ? "" : "s", GCS_MIN_POINTS);
		return;
	}
	table_cell(t, "%+.1f %%/min", v->trend);
	table_cell(t, "%g %%/min", run->trend);
	num_bytes(a, (double)v->first_marked);
	num_bytes(b, (double)v->last_marked);
	if (v->shows[GCS_TREND] == GCS_YES)
		table_line(t, "alive after a cycle: %s to %s; the last third %+.1f %%/min, no plateau", a, b,
			   v->late_trend);
	else if (v->trend > run->trend)
		table_line(t, "alive after a cycle: %s to %s, %s", a, b,
			   v->noise ? "no more than it goes up and down" : "but it levels off");
	else
		table_line(t, "alive after a cycle: %s to %s", a, b);
}

static void goal_row(struct table *t, const struct gcs_run *run)
{
	const struct gcs_verdict *v = &run->verdict;
	const struct gcs_look *last = &run->looks[run->nlooks - 1];
	char a[NUM_LEN];

	table_cell(t, "goal jumps");
	shows_cell(t, run, GCS_GOAL);
	if (!v->goal_known) {
		table_cell(t, "?");
		table_cell(t, "×%g", run->jump);
		table_line(t, "GOMEMLIMIT decides, and how this Go reckons with it is not known");
		return;
	}
	if (v->jump > 0)
		table_cell(t, "×%.2f", v->jump);
	else
		table_cell(t, "none");
	table_cell(t, "×%g", run->jump);
	if (last->goal == UINT64_MAX)
		table_line(t, "GOGC is off, and there is no limit: no goal");
	else
		table_line(t, "%u jump%s; the next cycle at %s", v->jumps, v->jumps == 1 ? "" : "s",
			   num_bytes(a, (double)last->goal));
}

static void pause_row(struct table *t, const struct gcs_run *run)
{
	const struct gcs_verdict *v = &run->verdict;
	char a[NUM_LEN], b[NUM_LEN], limit[NUM_LEN];

	num_duration(limit, (double)run->pause_ns);
	table_cell(t, "long pauses");
	shows_cell(t, run, GCS_PAUSES);
	table_cell(t, "%s%.1f/min", run->lost ? "≥" : "", v->long_per_minute);
	table_cell(t, "%s, %g/min", limit, run->pause_rate);
	table_line(t, "%u of %u in the last %s; the longest %s", v->long_pauses, v->pauses,
		   num_duration(b, v->pause_minutes * 60e9), num_duration(a, (double)v->longest_ns));
	if (run->lost)
		table_line(t, "%llu more were overwritten before they were seen: look more often (-i)",
			   (unsigned long long)run->lost);
}

int gcs_print_table(struct gcs_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "SIGNAL", 0 }, { "SHOWS", 0 }, { "VALUE", TABLE_RIGHT }, { "THRESHOLD", TABLE_RIGHT },
	};
	struct table t;
	int err;

	head(run, f);
	table_init(&t, columns, ARRAY_SIZE(columns));
	trend_row(&t, run);
	goal_row(&t, run);
	pause_row(&t, run);
	err = table_print(&t, f);
	table_free(&t);
	fprintf(f, "\n%u of %d signals show: %s\n", run->verdict.n, GCS_SIGNALS, gcs_level(run->verdict.n));
	return err ? err_sys(-err, "printing") : 0;
}

static json_t *shows(const struct gcs_run *run, enum gcs_signal which)
{
	enum gcs_shows s = run->verdict.shows[which];

	return s == GCS_UNKNOWN ? json_null() : json_boolean(s == GCS_YES);
}

static json_t *trend(const struct gcs_run *run)
{
	const struct gcs_verdict *v = &run->verdict;
	bool known = v->shows[GCS_TREND] != GCS_UNKNOWN;

	return json_pack("{s:o, s:o, s:o, s:f, s:i, s:b}", "shows", shows(run, GCS_TREND),
			 "percent_per_minute", known ? json_real(v->trend) : json_null(),
			 "late_percent_per_minute", known ? json_real(v->late_trend) : json_null(),
			 "threshold", run->trend, "cycles", (int)v->points, "noise", v->noise);
}

static json_t *goal_jumps(const struct gcs_run *run)
{
	const struct gcs_verdict *v = &run->verdict;

	return json_pack("{s:o, s:o, s:f, s:i}", "shows", shows(run, GCS_GOAL), "factor",
			 v->goal_known && v->jump > 0 ? json_real(v->jump) : json_null(), "threshold",
			 run->jump, "jumps", (int)v->jumps);
}

static json_t *long_pauses(const struct gcs_run *run)
{
	const struct gcs_verdict *v = &run->verdict;

	return json_pack("{s:o, s:f, s:f, s:f, s:I, s:i, s:i, s:I, s:I}", "shows", shows(run, GCS_PAUSES),
			 "seconds", v->pause_minutes * 60, "per_minute", v->long_per_minute, "threshold",
			 run->pause_rate, "threshold_ns", (json_int_t)run->pause_ns, "pauses",
			 (int)v->pauses, "long", (int)v->long_pauses, "longest_ns",
			 (json_int_t)v->longest_ns, "lost", (json_int_t)run->lost);
}

static json_t *looks(const struct gcs_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->nlooks; i++) {
		const struct gcs_look *l = &run->looks[i];
		json_t *goal = l->goal_known && l->goal != UINT64_MAX ? json_integer((json_int_t)l->goal) :
									 json_null();

		json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:b, s:I, s:I, s:o}", "time",
						      (json_int_t)l->unix_ns, "cycle", (json_int_t)l->cycles,
						      "forced", (json_int_t)l->forced, "marking", l->marking,
						      "heap_marked",
						      (json_int_t)l->marked, "heap_live",
						      (json_int_t)l->live, "next_gc", goal));
	}
	return list;
}

static json_t *pauses(const struct gcs_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->npauses; i++)
		json_array_append_new(list, json_pack("{s:I, s:I, s:I}", "cycle",
						      (json_int_t)run->pauses[i].cycle, "end",
						      (json_int_t)run->pauses[i].end_unix_ns, "ns",
						      (json_int_t)run->pauses[i].ns));
	return list;
}

int gcs_print_json(struct gcs_run *run, FILE *f)
{
	json_t *root = live_json(
		&run->live, "gobpf-gc-signals-1",
		json_pack("{s:f, s:i, s:s, s:{s:o, s:o, s:o}, s:o, s:o}", "seconds",
			  run->verdict.minutes * 60, "shown", (int)run->verdict.n, "level",
			  gcs_level(run->verdict.n), "signals", "live_heap", trend(run), "goal",
			  goal_jumps(run), "pauses", long_pauses(run), "looks", looks(run), "pauses",
			  pauses(run)));

	return json_print(root, f, true);
}
