/* SPDX-License-Identifier: GPL-2.0-only */
/* gc_signals_run.h - what the files of gobpf gc-signals share */
#ifndef GOBPF_CMD_GC_SIGNALS_RUN_H
#define GOBPF_CMD_GC_SIGNALS_RUN_H

#include "go/gcstats.h"
#include "live.h"

/* What one look found. */
struct gcs_look {
	uint64_t unix_ns, time_ns;	/* when: Unix time, CLOCK_MONOTONIC */
	uint64_t marked_unix_ns;	/* when the last cycle ended; 0: there was none yet */
	uint64_t marked, live, goal;	/* bytes; goal UINT64_MAX: never */
	uint32_t cycles, forced;
	bool goal_known, marking;	/* marking: a cycle is under way, its goal moves */
};

/* A cycle's stops together. */
struct gcs_pause {
	uint32_t cycle;			/* from 1 on, as gctrace counts */
	uint64_t end_unix_ns, ns;
};

enum gcs_shows { GCS_NO, GCS_YES, GCS_UNKNOWN };

enum gcs_signal { GCS_TREND, GCS_GOAL, GCS_PAUSES, GCS_SIGNALS };

struct gcs_verdict {
	enum gcs_shows shows[GCS_SIGNALS];
	unsigned n;			/* how many show */

	/* the live heap: what each cycle found alive */
	unsigned points;		/* cycles that were seen */
	double trend, late_trend;	/* percent a minute: of all, and of the last third against the middle one */
	uint64_t first_marked, last_marked;
	bool noise;			/* it grew, but no more than it goes up and down anyway */

	double jump;			/* the largest: how many times the highest goal before */
	unsigned jumps;			/* how many of at least the threshold */
	bool goal_known;

	double minutes;			/* the window */
	/* pauses of the window, and before that, so that it is a minute if the runtime remembers it */
	double pause_minutes;
	unsigned pauses, long_pauses;
	double long_per_minute;		/* at least that, if pauses were lost */
	uint64_t longest_ns;
};

struct gcs_run {
	struct live live;
	struct opt_window window;
	bool count_given;
	/* thresholds */
	double trend, jump, pause_rate;
	uint64_t pause_ns;
	unsigned fail_on;		/* so many signals; 0: never */

	struct go_gc_reader reader;
	struct go_gcstats now;
	struct gcs_look *looks;
	size_t nlooks, looks_cap;
	/* by cycle; also of cycles before the first look, as far back as the runtime remembers */
	struct gcs_pause *pauses;
	size_t npauses, pauses_cap;
	bool forgotten;			/* it doesn't remember the first cycle */
	uint64_t lost;			/* pauses that it had overwritten between two looks */

	struct gcs_verdict verdict;
};

#define GCS_MIN_POINTS 4	/* cycles: fewer don't tell a trend from chance */

/* Judges what was seen; -ENOMEM without words. */
int gcs_judge(const struct gcs_run *run, struct gcs_verdict *ret);

const char *gcs_level(unsigned signals);	/* "none", "low", "medium", "high" */

/* The writers: 0 or -errno with words. */
int gcs_print_table(struct gcs_run *run, FILE *f);
int gcs_print_json(struct gcs_run *run, FILE *f);

#endif
