/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_buckets.c - heap-hotspots from the runtime's own samples, read twice: no probe */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_run.h"
#include "go/buckets.h"

static int usable(struct heap_run *run)
{
	struct go_bucket_layout layout;
	uint64_t rate = 0;
	int err = go_bucket_layout(&run->process, &layout);

	if (!err)
		err = go_memprofile_rate(&run->process, &layout, &rate);
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

/* Reads again and again until the window ends; *last is the newest whole reading. */
static int watch(struct heap_run *run, const struct go_bucket_layout *layout,
		 struct go_buckets *last)
{
	uint64_t next = run->start_ns, end = heap_window_end(run);

	for (;;) {
		enum wait_result r;
		int err;

		next += step_ns(run);
		r = heap_wait(run, end && next > end ? end : next);
		if (r == WAIT_TIME && target_check(&run->target))
			r = WAIT_EXITED;	/* or exec: another program now */
		run->ended = r;
		if (r == WAIT_EXITED)
			return 0;
		err = go_buckets_read(&run->process, layout, last);
		if (err == -ESRCH) {
			run->ended = WAIT_EXITED;
			return 0;
		}
		if (err)
			return err;
		if (r == WAIT_STOP || (end && num_now_ns() >= end))
			return 0;
	}
}

static int run_buckets(struct heap_run *run)
{
	struct go_bucket_layout layout;
	struct go_buckets first = { 0 }, last = { 0 };
	int err = go_bucket_layout(&run->process, &layout);

	if (!err)
		err = go_buckets_read(&run->process, &layout, &first);
	if (err)
		return err;
	run->start_ns = first.time_ns;
	err = watch(run, &layout, &last);
	if (err)
		goto out;
	if (!last.time_ns) {
		err = target_check(&run->target);
		err_in(err, "nothing was gathered yet");
		goto out;
	}
	run->end_ns = last.time_ns;
	run->estimated = last.rate > 1;
	if (first.rate != last.rate)
		heap_note(run, "MemProfileRate was changed in the window, from %llu to %llu: the "
			       "numbers are scaled by the second",
			  (unsigned long long)first.rate, (unsigned long long)last.rate);
	snprintf(run->how, sizeof(run->how),
		 "the runtime's own samples (1 per %llu KiB) read twice, no probe",
		 (unsigned long long)(last.rate + 512) / 1024);
	if (last.rate < 1024)
		snprintf(run->how, sizeof(run->how),
			 "the runtime's own samples (1 per %llu B) read twice, no probe",
			 (unsigned long long)last.rate);
	run->profile.period = (int64_t)last.rate;
	err = go_buckets_diff(&first, &last, &run->symboliser, &run->profile);
out:
	go_buckets_free(&first);
	go_buckets_free(&last);
	return err;
}

const struct heap_engine heap_buckets = { "buckets", usable, run_buckets };
