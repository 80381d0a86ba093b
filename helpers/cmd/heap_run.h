/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_run.h - one run of heap-hotspots: what was asked, what was found; shared by its engines */
#ifndef GOBPF_CMD_HEAP_RUN_H
#define GOBPF_CMD_HEAP_RUN_H

#include "base/buf.h"
#include "base/progress.h"
#include "go/alloc.h"
#include "go/buckets.h"
#include "go/process.h"
#include "input/target.h"
#include "options.h"
#include "stack/profile.h"

/* The profile's values */
enum { HEAP_OBJECTS, HEAP_BYTES, HEAP_SAMPLES, HEAP_NVALUES };

struct heap_run {
	/* asked */
	struct opt_output out;
	struct opt_window window;
	const char *target_word;
	const char *engine_name;	/* "auto", or an engine's */
	bool exact, force;
	double max_overhead;		/* fraction of the target's CPU time */
	const char *bpftrace;		/* program, NULL: found */

	/* opened */
	struct target target;
	struct go_process process;
	struct symboliser symboliser;
	struct progress progress;

	/* found by the engine's usable() */
	struct go_bucket_layout buckets;
	struct alloc_sampling sampling;
	struct alloc_exact exact_set;
	struct layout_field ptr_bytes;	/* internal/abi.Type's */

	/* found */
	struct profile profile;
	const struct heap_engine *engine;
	char how[160];			/* the engine in words, for the first line */
	uint64_t start_ns, end_ns;	/* the window as measured */
	enum wait_result ended;		/* why it ended */
	bool estimated;			/* from samples of known number: shares have an error */
	struct buf notes;		/* remarks for people, a line each */

	/* what can wait until the result is printed: taking breakpoints out takes a while */
	void (*cleanup)(void *arg);
	void *cleanup_arg;
};

struct heap_engine {
	const char *name;
	/*
	 * Can it work on this target? 0, or -errno with words that say why not and what would.
	 * Comes before run().
	 */
	int (*usable)(struct heap_run *run);
	/*
	 * Fills everything under the last `found'. 0, or -errno with words.  An end of
	 * the target in mid-window is no error: run->ended says so.
	 */
	int (*run)(struct heap_run *run);
};

extern const struct heap_engine heap_buckets, heap_refill, heap_exact, heap_bpftrace;

/*
 * Waits until the given moment or the end of the window, whichever is first,
 * and shows progress; WAIT_TIME means the moment has come.
 */
enum wait_result heap_wait(struct heap_run *run, uint64_t until_ns);

/* When the window that began at run->start_ns ends; 0: by Ctrl-C only. */
uint64_t heap_window_end(const struct heap_run *run);

/* How the window went and who allocates: the table and all other formats. 0 or -errno with words. */
int heap_print(struct heap_run *run, FILE *f);

/*
 * The result as JSON:
 *	{
 *	 "schema": "gobpf-heap-hotspots-1",
 *	 "engine": "buckets", "how": the engine in words,
 *	 "target": { "pid", "comm", "exe", "go", "module" },
 *	 "time": ns since 1970, "duration": ns,
 *	 "samples": how many; null when everything was counted, or it is not known (bpftrace),
 *	 "notes": [ remarks ],
 *	 "total": { "alloc_space": bytes, "alloc_objects": n } in the window,
 *	 "sites": [ { "func", "file", "line", "alloc_space", "alloc_objects",
 *	   "share": percent of the bytes, "error": points at 95 % or null,
 *	   "stacks": how many different ones,
 *	   "stack": the heaviest, leaf first: [ { "func", "file", "line", "inlined" } ] } ]
 *	}
 * Sites by falling alloc_space. file is null and line 0 where unknown.
 */
int heap_print_json(struct heap_run *run, FILE *f);

/* The error of a site's share, in points at 95 % confidence; all: the totals. */
double heap_share_error(const struct site *s, const struct site *all);

/* Sites by falling bytes, at most --top, and the totals; caller frees. 0 or -errno with words. */
int heap_sites(struct heap_run *run, struct site **ret, size_t *ret_shown, size_t *ret_n,
	       struct site *ret_all);

#endif
