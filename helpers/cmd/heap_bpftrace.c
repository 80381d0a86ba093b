/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_bpftrace.c - heap-hotspots by scripts/heap-hotspots.bt, the runbook edition */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_run.h"
#include "script_place.h"
#include "paths.h"
#include "script/read.h"
#include "script/run.h"

static int usable(struct heap_run *run)
{
	static const char *const functions[] = { "runtime.(*mcache).refill",
						 "runtime.(*mcache).allocLarge",
						 "runtime.(*gcControllerState).update" };
	struct bpftrace bt;
	struct go_func f;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (!go_func_named(&run->process.go, functions[i], &f))
			return err_set(ENOEXEC,
				       "process %d (%s) has no function %s (a profile-guided build "
				       "inlined it?): heap-hotspots.bt would miss allocations; "
				       "--engine=refill or --exact do not",
				       run->target.pid, run->target.comm, functions[i]);
	err = bpftrace_find(run->bpftrace, &bt);
	return err ? err : bpftrace_check_pids(&bt);
}

static bool over(void *ctx, uint64_t until_ns)
{
	struct heap_run *run = ctx;
	enum wait_result r = heap_wait(run, until_ns);

	if (r == WAIT_TIME && target_check(&run->target))
		r = WAIT_EXITED;
	run->ended = r;
	return r != WAIT_TIME;
}

static void attached(void *ctx)
{
	struct heap_run *run = ctx;

	run->start_ns = num_now_ns();
}

/* The script sums bytes and objects in two maps of the same keys. */
static int add_stack(void *ctx, const struct script_stack *s)
{
	struct heap_run *run = ctx;
	int64_t values[HEAP_NVALUES] = { 0 };

	if (!strcmp(s->map, "bytes"))
		values[HEAP_BYTES] = s->value;
	else if (!strcmp(s->map, "objects"))
		values[HEAP_OBJECTS] = s->value;
	else if (!strcmp(s->map, "hits"))
		values[HEAP_SAMPLES] = s->value;
	else
		return 0;
	return profile_add_pcs(&run->profile, &run->symboliser, s->pcs, s->n, 0, values);
}

static int resolve(struct heap_run *run, const struct bpftrace *bt, struct script *ret)
{
	char path[PATH_MAX], pid[16], seconds[24];
	struct buf text = { 0 };
	/* $4: everything is printed, not only the top */
	const char *args[] = { run->target.exe, pid, seconds, "1" };
	struct script_request rq = {
		.name = "heap-hotspots.bt",
		.bt = bt,
		.args = args,
		.nargs = ARRAY_SIZE(args),
		.elf = &run->process.elf,
		.resolve = script_place,
		.ctx = &run->process,
		.raw_stacks = true,
	};
	int err;

	/* ours: one of the user's may have that name and other maps */
	snprintf(path, sizeof(path), "%s/heap-hotspots.bt", path_dir(PATH_SCRIPTS));
	err = script_load(path, &text);
	if (err)
		return err;
	/* we end it; its own limit is there in case we can't */
	snprintf(pid, sizeof(pid), "%d", run->target.pid);
	snprintf(seconds, sizeof(seconds), "%llu",
		 run->window.duration_ns ?
			 (unsigned long long)run->window.duration_ns / 1000000000 + 60 :
			 366ull * 24 * 3600);
	rq.text = (struct part){ text.data, text.len };
	err = script_resolve(&rq, ret);
	buf_free(&text);
	return err;
}

static int run_bpftrace(struct heap_run *run)
{
	struct script_window window = {
		.duration_ns = run->window.duration_ns, .wait = over, .attached = attached,
		.ctx = run,
	};
	struct script_output out = { 0 };
	struct script script = { 0 };
	struct bpftrace bt;
	int err = bpftrace_find(run->bpftrace, &bt);

	if (!err)
		err = resolve(run, &bt, &script);
	if (!err)
		err = script_run(&bt, &script, &window, &out);
	if (err)
		goto out;
	run->end_ns = run->start_ns + out.window_ns;
	run->estimated = false;	/* the script does not count its samples, so no error can be given */
	snprintf(run->how, sizeof(run->how), "bpftrace %u.%u.%u, span refills and large objects, error not known",
		 bt.major, bt.minor, bt.patch);
	if (script.remarks.len)
		buf_line(&run->notes, "%.*s", (int)strcspn(script.remarks.data, "\n"), script.remarks.data);
	if (out.err.len)
		buf_line(&run->notes, "bpftrace: %.*s", (int)strcspn(out.err.data, "\n"), out.err.data);
	if (out.losses.len)
		buf_line(&run->notes, "bpftrace: %.*s", (int)strcspn(out.losses.data, "\n"), out.losses.data);
	err = script_read((struct part){ out.out.data, out.out.len }, add_stack, run);
out:
	script_free(&script);
	script_output_free(&out);
	return err;
}

const struct heap_engine heap_bpftrace = { "bpftrace", usable, run_bpftrace };
