/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_collect.c - heap-hotspots by probes: span refills within a budget, or every allocation */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/heap_run.h"
#include "collect/alloc.h"
#include "go/alloc.h"

/* Slowing the target by more than this needs --force. */
static const double exact_limit = 0.20;

static int wait_in_window(void *arg, uint64_t until_ns)
{
	struct heap_run *run = arg;
	enum wait_result r = heap_wait(run, until_ns);

	if (r == WAIT_TIME && target_check(&run->target))
		r = WAIT_EXITED;
	return r;
}

static uint64_t cpu_of_target(void *arg)
{
	const struct heap_run *run = arg;

	return target_cpu_ns(&run->target);
}

static struct alloc_field field(struct layout_field f)
{
	return (struct alloc_field){ f.offset, f.size };
}

/* What both engines tell the collector about this Go. */
static int common_config(struct heap_run *run, struct alloc_config *c)
{
	struct alloc_sizes sizes;
	int err = alloc_sizes_init(run->process.go.version.minor, &sizes);

	if (err)
		return err;
	c->pid = run->target.pid;
	c->exe = run->target.exe;
	c->nclasses = LAYOUT_CLASSES;
	c->malloc_header = sizes.headers;
	for (int i = 0; i < LAYOUT_CLASSES; i++) {
		c->class_size[i] = sizes.classes[i].size;
		c->class_pages[i] = sizes.classes[i].npages;
	}
	return 0;
}

#define REFILL_PLACES (2 * ALLOC_SPANS + 1)

static int refill_config(struct heap_run *run, struct alloc_config *c,
			 struct alloc_place places[REFILL_PLACES])
{
	struct alloc_sampling s = run->sampling;
	int err = common_config(run, c);

	if (err)
		return err;
	for (unsigned i = 0; i < s.nspans; i++)
		places[i] = (struct alloc_place){
			.offset = s.spans[i].offset,
			.kind = ALLOC_REFILL_SPAN,
		};
	for (unsigned i = 0; i < s.nreturns; i++)
		places[s.nspans + i] = (struct alloc_place){
			.offset = s.returns[i].offset,
			.kind = ALLOC_RETURN,
		};
	places[s.nspans + s.nreturns] = (struct alloc_place){
		.offset = s.large.offset,
		.kind = ALLOC_LARGE,
		.skip_if_cf_zf = s.large.skip_if_cf_or_zf,
		.caller_at_rsp = true,
	};
	c->places = places;
	c->nplaces = s.nspans + s.nreturns + 1;
	c->nelems = field(s.nelems);
	c->alloc_count = field(s.alloc_count);
	c->elem_size = field(s.elemsize);
	c->span_class = field(s.spanclass);
	return 0;
}

static int exact_config(struct heap_run *run, struct alloc_config *c,
			struct alloc_place places[ALLOC_FUNCS])
{
	const struct alloc_exact *exact = &run->exact_set;
	int err = common_config(run, c);

	if (err)
		return err;
	for (unsigned i = 0; i < exact->n; i++)
		places[i] = (struct alloc_place){
			.offset = exact->v[i].place.offset,
			.kind = ALLOC_EXACT,
			.skip_if_cf_zf = exact->v[i].place.skip_if_cf_or_zf,
			.caller_at_rsp = true,
		};
	c->places = places;
	c->nplaces = exact->n;
	c->ptr_bytes = field(run->ptr_bytes);
	for (unsigned i = 0; i < exact->nskip; i++) {
		c->skip[i].start = exact->skip[i].from + run->process.bias;
		c->skip[i].end = exact->skip[i].to + run->process.bias;
	}
	c->nskip = exact->nskip;
	return 0;
}

/* Hits that were not counted, by reason: no silent loss. */
static void note_losses(struct heap_run *run, const struct alloc_report *r)
{
	const struct {
		uint64_t n;
		const char *why;
	} losses[] = {
		{ r->torn, "the span could not be read or made no sense" },
		{ r->full, "more different stacks than there is room for" },
		{ r->busy, "the probe was preempted by itself" },
		{ r->no_stack, "no stack could be taken" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(losses); i++)
		if (losses[i].n)
			buf_line(&run->notes, "%llu of %llu hits were not counted: %s",
				  (unsigned long long)losses[i].n, (unsigned long long)r->hits,
				  losses[i].why);
	if (r->cut_short)
		buf_line(&run->notes, "%llu stacks could not be followed beyond the allocator",
			  (unsigned long long)r->cut_short);
	if (r->too_deep)
		buf_line(&run->notes, "%llu hits have stacks deeper than the 127 calls that are followed: "
			       "their outermost frames are missing",
			  (unsigned long long)r->too_deep);
}

static void describe(struct heap_run *run, const struct alloc_report *r, const char *what)
{
	char cost[32] = "cost not measured";

	if (r->overhead >= 0)
		snprintf(cost, sizeof(cost), "cost ≈ %.2f %%", 100 * r->overhead);
	snprintf(run->how, sizeof(run->how), "%s, probes in %.1f %% of the time, %s", what,
		 r->window_ns ? 100.0 * (double)r->on_ns / (double)r->window_ns : 0.0, cost);
	if (run->out.verbose)
		buf_line(&run->notes, "%llu hits in %llu bursts, %s; a hit costs %.2f µs, %.2f of it the "
			       "breakpoint",
			  (unsigned long long)r->hits, (unsigned long long)r->bursts,
			  r->multi ? "one link" : "perf events", (r->trap_ns + r->run_ns) / 1e3,
			  r->trap_ns / 1e3);
	note_losses(run, r);
}

static int add_stacks(struct heap_run *run, const struct alloc *a)
{
	size_t n;
	const struct alloc_stack *v = alloc_results(a, &n);
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		int64_t values[HEAP_NVALUES] = {
			[HEAP_OBJECTS] = llround(v[i].objects),
			[HEAP_BYTES] = llround(v[i].bytes),
			[HEAP_SAMPLES] = (int64_t)v[i].hits,
		};

		err = profile_add_pcs(&run->profile, &run->symboliser, v[i].frames, v[i].nframes, 0,
				      values);
	}
	return err ? err_sys(-err, "adding up stacks") : 0;
}

/*
 * The collector has opened /proc/PID/exe for itself.  After an exec that is another
 * file, and breakpoints at our places would stand inside its instructions.
 */
static int same_program(const struct heap_run *run)
{
	return target_check(&run->target);
}

static void close_alloc(void *arg)
{
	alloc_close(arg);
}

/* max_overhead 0: attached all the time. */
static int collect(struct heap_run *run, const struct alloc_config *c, double max_overhead,
		   const char *what)
{
	struct duty_clock clock = { wait_in_window, cpu_of_target, run };
	struct alloc_report report;
	struct alloc *a;
	int err = alloc_open(c, &a);

	if (err)
		return err;
	run->cleanup = close_alloc;
	run->cleanup_arg = a;
	err = same_program(run);
	if (err)
		return err;
	err = alloc_run(a, &clock, max_overhead, run->window.duration_ns);
	if (err)
		return err;
	alloc_report(a, &report);
	run->start_ns = report.start_ns;
	run->end_ns = report.start_ns + report.window_ns;
	run->ended = report.stopped;
	describe(run, &report, what);
	return add_stacks(run, a);
}

static int refill_usable(struct heap_run *run)
{
	struct alloc_config c = { 0 };
	int err = common_config(run, &c);

	return err ? err : alloc_sampling(&run->process.go, &run->sampling);
}

static int run_refill(struct heap_run *run)
{
	struct alloc_config c = { 0 };
	struct alloc_place places[REFILL_PLACES];
	int err = refill_config(run, &c, places);

	run->estimated = true;
	return err ? err : collect(run, &c, run->max_overhead, "span refills and large objects");
}

static int exact_usable(struct heap_run *run)
{
	const struct layout_want want = { "internal/abi.Type", "PtrBytes", &run->ptr_bytes };
	struct alloc_config c = { 0 };
	int err = common_config(run, &c);

	if (!err)
		err = alloc_exact(&run->process.go, &run->exact_set);
	return err ? err : layout_fields(&run->process.go, &want, 1);
}

/* Measures for a moment what counting everything would cost; refuses what is too much. */
static int announce(struct heap_run *run, const struct alloc_config *c)
{
	struct duty_clock clock = { wait_in_window, cpu_of_target, run };
	struct alloc *a;
	double slowdown;
	int err = alloc_open(c, &a);

	if (err)
		return err;
	err = same_program(run);
	if (!err)
		err = alloc_measure(a, &clock, &slowdown);
	alloc_close(a);
	if (err)
		return err;
	progress_clear(&run->progress);
	if (!run->out.quiet)
		fprintf(stderr, "counting every allocation will slow process %d by about %.*f %%\n",
			run->target.pid, slowdown < 0.1 ? 1 : 0, 100 * slowdown);
	if (slowdown <= exact_limit || run->force)
		return 0;
	return err_set(EOPNOTSUPP, "counting every allocation would slow process %d (%s) by about "
				   "%.0f %%, more than %.0f %%: --force does it all the same, "
				   "--engine=refill costs at most --max-overhead",
		       run->target.pid, run->target.comm, 100 * slowdown, 100 * exact_limit);
}

static int run_exact(struct heap_run *run)
{
	struct alloc_config c = { 0 };
	struct alloc_place places[ALLOC_FUNCS];
	int err = exact_config(run, &c, places);

	if (!err)
		err = announce(run, &c);
	return err ? err : collect(run, &c, 0, "every allocation");
}

const struct heap_engine heap_refill = { "refill", refill_usable, run_refill };
const struct heap_engine heap_exact = { "exact", exact_usable, run_exact };
