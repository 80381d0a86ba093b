/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_buckets.c - heap-hotspots from the runtime's own samples, read twice: no probe */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_run.h"

static int usable(struct heap_run *run)
{
	uint64_t rate = 0;
	int err = go_bucket_layout(&run->process, &run->buckets);

	if (!err)
		err = go_memprofile_rate(&run->process, &run->buckets, &rate);
	if (err || rate)
		return err;
	return err_set(ENOEXEC,
		       "process %d (%s) keeps no memory profile: its MemProfileRate is 0 (set so, or "
		       "runtime.MemProfile was not linked in); --engine=refill works without",
		       run->target.pid, run->target.comm);
}

/* How often the buckets are read in between, so that there is a result if the target ends. */
static uint64_t step_ns(const struct heap_run *run)
{
	uint64_t step = run->window.duration_ns / 10;

	return step < 100000000 ? 100000000 : step > 1000000000 ? 1000000000 : step;
}

/*
 * One more reading.  When the target ended or ran exec by the end of it, what was read may
 * be another program's, and *last stays.
 */
static int step(struct heap_run *run, struct go_buckets *last)
{
	struct go_buckets now = { 0 };
	int err = go_buckets_read(&run->process, &run->buckets, &now);

	if (target_check(&run->target)) {
		run->ended = WAIT_EXITED;
		go_buckets_free(&now);
		return 0;
	}
	if (err)
		return err;
	go_buckets_free(last);
	*last = now;
	return 0;
}

/* Reads again and again until the window ends; *last is the newest whole reading. */
static int watch(struct heap_run *run, struct go_buckets *last)
{
	uint64_t next = run->start_ns, end = heap_window_end(run);

	for (;;) {
		int err;

		next += step_ns(run);
		run->ended = heap_wait(run, end && next > end ? end : next);
		if (run->ended == WAIT_EXITED)
			return 0;
		err = step(run, last);
		if (err || run->ended != WAIT_TIME || (end && num_now_ns() >= end))
			return err;
	}
}

/* The rate in words, for the first line. */
static void describe(struct heap_run *run, const struct go_buckets *first,
		     const struct go_buckets *last)
{
	uint64_t rate = go_buckets_rate(first, last);

	run->estimated = rate > 1;
	run->profile.period = (int64_t)rate;
	if (first->rate != last->rate)
		buf_line(&run->notes, "MemProfileRate was changed in the window, from %llu to %llu: the "
			       "numbers are scaled as if it had been %llu all the time",
			  (unsigned long long)first->rate, (unsigned long long)last->rate,
			  (unsigned long long)rate);
	snprintf(run->how, sizeof(run->how),
		 "the runtime's own samples (1 per %llu %s) read twice, no probe",
		 (unsigned long long)(rate < 1024 ? rate : (rate + 512) / 1024),
		 rate < 1024 ? "B" : "KiB");
}

static int run_buckets(struct heap_run *run)
{
	struct go_buckets first = { 0 }, last = { 0 };
	int err = go_buckets_read(&run->process, &run->buckets, &first);

	if (err)
		return err;
	run->start_ns = first.time_ns;
	err = target_check(&run->target);
	if (err)
		goto out;
	err = watch(run, &last);
	if (err)
		goto out;
	if (!last.time_ns) {
		err = target_check(&run->target);
		err_in(err, "nothing was gathered yet");
		goto out;
	}
	run->end_ns = last.time_ns;
	describe(run, &first, &last);
	err = go_buckets_diff(&first, &last, &run->symboliser, &run->profile);
out:
	go_buckets_free(&first);
	go_buckets_free(&last);
	return err;
}

const struct heap_engine heap_buckets = { "buckets", usable, run_buckets };
