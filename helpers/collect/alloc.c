/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc.c - which stacks allocate in a live Go program */
#include "collect/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "base/num.h"
#include "collect/alloc_bpf.h"	/* before the skeleton, which uses it */
#include "alloc.skel.h"
#include "collect/alloc_tables.h"
#include "collect/kernel.h"
#include "collect/tally.h"

#define BATCH	   128	/* stacks per read of the map: 130 KiB */
#define MAX_STACKS 8192
#define LEAST_CPU_NS 1000000	/* a share of less CPU time says nothing */

struct alloc {
	struct alloc_bpf *skel;
	struct attach attach;
	struct attach_place *places;
	int exe_fd;
	char exe[32];			/* /proc/self/fd/N: the inode we know, whatever PID runs later */
	unsigned ncpus;
	struct alloc_stats *cpu_stats;	/* ncpus of them */
	struct alloc_returned *cpu_returned;
	struct alloc_entry *batch;
	uint64_t *batch_keys;

	struct duty duty;
	struct alloc_stats base;	/* counters when the run began */
	struct tally tally;
	/* weighted objects by span class: taken by caches, and given back unused */
	double taken[ALLOC_SPANCLASSES], returned[ALLOC_SPANCLASSES];
	struct alloc_returned returned_before[ALLOC_SPANCLASSES];
	uint64_t cut_short, too_deep;
	bool returns_seen;		/* there is a place for them */
	struct alloc_stack *results;
};

static void read_stats(struct alloc *a, struct alloc_stats *ret)
{
	uint32_t zero = 0;

	memset(ret, 0, sizeof(*ret));
	if (bpf_map_lookup_elem(bpf_map__fd(a->skel->maps.stats), &zero, a->cpu_stats))
		return;
	for (unsigned cpu = 0; cpu < a->ncpus; cpu++) {
		for (unsigned i = 0; i < ALLOC_NSTATS; i++)
			ret->v[i] += a->cpu_stats[cpu].v[i];
		ret->inside += a->cpu_stats[cpu].inside;
	}
}

static uint64_t all_hits(const struct alloc_stats *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < ALLOC_OUTCOMES; i++)
		n += s->v[i];
	return n;
}

static void op_gate(void *ctx, enum duty_gate gate)
{
	struct alloc *a = ctx;

	__atomic_store_n(&a->skel->bss->gate, gate, __ATOMIC_RELEASE);
}

static void op_counts(void *ctx, struct duty_counts *ret)
{
	struct alloc *a = ctx;
	struct alloc_stats s;

	read_stats(a, &s);
	for (unsigned i = 0; i < ALLOC_NSTATS; i++)
		s.v[i] -= a->base.v[i];
	*ret = (struct duty_counts){
		.hits = all_hits(&s),
		.closed = s.v[ALLOC_CLOSED],
		.run_ns = s.v[ALLOC_RUN_NS],
	};
}

static bool op_quiet(void *ctx)
{
	struct alloc_stats s;

	read_stats(ctx, &s);
	return !s.inside;
}

static int add_entry(struct alloc *a, uint64_t key, const struct alloc_entry *e, double weight)
{
	struct tally_stack *s;

	if (e->gate == DUTY_STAY)
		weight = 1;
	if (e->first > 1 || e->nframes > 1 + ALLOC_FRAMES - e->first)
		return err_set(EIO, "the kernel's map of stacks is damaged");
	/* what was counted in a burst and in a stay is one stack */
	s = tally_at(&a->tally, key ^ e->gate, (const uint64_t *)e->frames + e->first, e->nframes);
	if (!s)
		return err_sys(ENOMEM, "stacks");
	s->tag = e->span_class;
	s->hits += e->hits;
	s->values[0] += (double)e->objects * weight;
	s->values[1] += (double)e->bytes * weight;
	if (e->span_class < ALLOC_SPANCLASSES)
		a->taken[e->span_class] += (double)e->objects * weight;
	/* the place, its caller and no more: no Go stack is that short */
	if (e->nframes < 3)
		a->cut_short += e->hits;
	if (e->nframes >= ALLOC_FRAMES)
		a->too_deep += e->hits;
	return 0;
}

/* Spans given back since the last burst. */
static int drain_returned(struct alloc *a, double weight)
{
	int fd = bpf_map__fd(a->skel->maps.returned);

	for (uint32_t spc = 0; a->returns_seen && spc < ALLOC_SPANCLASSES; spc++) {
		struct alloc_returned now = { 0 }, *before = &a->returned_before[spc];

		if (bpf_map_lookup_elem(fd, &spc, a->cpu_returned))
			return err_sys(errno, "reading the map of spans");
		for (unsigned cpu = 0; cpu < a->ncpus; cpu++) {
			now.burst += a->cpu_returned[cpu].burst;
			now.stay += a->cpu_returned[cpu].stay;
		}
		a->returned[spc] += (double)(now.burst - before->burst) * weight +
				    (double)(now.stay - before->stay);
		*before = now;
	}
	return 0;
}

static int op_drain(void *ctx, double weight)
{
	struct alloc *a = ctx;
	int fd = bpf_map__fd(a->skel->maps.stacks), err = 0, end = 0;
	uint32_t position, n;
	void *from = NULL;

	while (!end && !err) {
		n = BATCH;
		end = bpf_map_lookup_and_delete_batch(fd, from, &position, a->batch_keys, a->batch,
						      &n, NULL);
		if (end && errno != ENOENT)
			return err_sys(errno, "reading the map of stacks");
		from = &position;
		for (uint32_t i = 0; i < n && !err; i++)
			err = add_entry(a, a->batch_keys[i], &a->batch[i], weight);
	}
	return err ? err : drain_returned(a, weight);
}

static const struct duty_ops ops = { op_gate, op_counts, op_quiet, op_drain };

static int copy_places(struct alloc *a, const struct alloc_config *c)
{
	a->places = calloc(c->nplaces, sizeof(*a->places));
	if (!a->places)
		return err_sys(ENOMEM, "places");
	for (unsigned i = 0; i < c->nplaces; i++) {
		const struct alloc_place *p = &c->places[i];

		a->places[i] = (struct attach_place){
			.offset = p->offset,
			.cookie = p->kind | (p->skip_if_cf_zf ? ALLOC_COOKIE_JBE : 0) |
				  (p->caller_at_rsp ? ALLOC_COOKIE_CALLER : 0),
		};
		a->returns_seen |= p->kind == ALLOC_RETURN;
	}
	return 0;
}

static int open_exe(struct alloc *a, const struct alloc_config *c)
{
	a->exe_fd = open(c->exe, O_RDONLY | O_CLOEXEC);
	if (a->exe_fd < 0 && (errno == EACCES || errno == EPERM))
		return err_set(EPERM, "%s: not permitted: CAP_SYS_PTRACE is missing", c->exe);
	if (a->exe_fd < 0)
		return err_sys(errno == ENOENT ? ESRCH : errno, "%s", c->exe);
	snprintf(a->exe, sizeof(a->exe), "/proc/self/fd/%d", a->exe_fd);
	return 0;
}

static int load(struct alloc *a, const struct alloc_config *c)
{
	int err;

	a->skel = alloc_bpf__open();
	if (!a->skel)
		return kernel_words(errno, "BPF object");
	err = alloc_tables(c, (struct alloc_consts *)&a->skel->rodata->consts);
	if (err)
		return err;
	a->attach = (struct attach){
		.how = c->no_multi ? ATTACH_PERF : attach_best(),
		.pid = c->pid,
		.path = a->exe,
		.prog = a->skel->progs.on_alloc,
		.places = a->places,
		.nplaces = c->nplaces,
	};
	attach_init(&a->attach);
	attach_prepare(a->skel->progs.on_alloc, a->attach.how);
	bpf_map__set_max_entries(a->skel->maps.stacks, c->max_stacks ? c->max_stacks : MAX_STACKS);
	err = alloc_bpf__load(a->skel);
	return err ? kernel_words(-err, "BPF program") : 0;
}

static int make_buffers(struct alloc *a)
{
	int n = libbpf_num_possible_cpus();

	if (n <= 0)
		return err_sys(n ? -n : EIO, "number of CPUs");
	a->ncpus = (unsigned)n;
	a->cpu_stats = calloc(a->ncpus, sizeof(*a->cpu_stats));
	a->cpu_returned = calloc(a->ncpus, sizeof(*a->cpu_returned));
	a->batch = calloc(BATCH, sizeof(*a->batch));
	a->batch_keys = calloc(BATCH, sizeof(*a->batch_keys));
	if (!a->cpu_stats || !a->cpu_returned || !a->batch || !a->batch_keys)
		return err_sys(ENOMEM, "buffers");
	return 0;
}

int alloc_open(const struct alloc_config *c, struct alloc **ret)
{
	struct alloc *a;
	int err;

	if (!c->nplaces || c->nplaces > ALLOC_MAX_PLACES)
		return err_set(EINVAL, "%u places to count allocations at", c->nplaces);
	a = calloc(1, sizeof(*a));
	if (!a)
		return err_sys(ENOMEM, "collector");
	a->exe_fd = -1;
	kernel_log_init();
	err = copy_places(a, c);
	if (!err)
		err = load(a, c);
	if (!err)
		err = open_exe(a, c);
	if (!err)
		err = make_buffers(a);
	if (err) {
		alloc_close(a);
		return err;
	}
	*ret = a;
	return 0;
}

static void begin(struct alloc *a, const struct duty_clock *clock, double max_overhead)
{
	read_stats(a, &a->base);
	a->duty = (struct duty){
		.attach = &a->attach,
		.ops = &ops,
		.ctx = a,
		.clock = clock,
		.max_overhead = max_overhead,
	};
}

int alloc_measure(struct alloc *a, const struct duty_clock *clock, double *ret_slowdown)
{
	int err;

	begin(a, clock, 0);
	err = duty_measure(&a->duty, ret_slowdown);
	if (!err)
		err = op_drain(a, 0);
	tally_free(&a->tally);
	a->cut_short = a->too_deep = 0;
	return err;
}

/* Given-back objects were never allocated: each class loses its part of them. */
static double kept(const struct alloc *a, unsigned span_class)
{
	if (span_class >= ALLOC_SPANCLASSES || a->taken[span_class] <= 0)
		return 1;
	if (a->returned[span_class] >= a->taken[span_class])
		return 0;
	return 1 - a->returned[span_class] / a->taken[span_class];
}

static int make_results(struct alloc *a)
{
	double tail = budget_tail(&a->duty.budget, a->duty.window_ns);

	a->results = calloc(a->tally.n + 1, sizeof(*a->results));
	if (!a->results)
		return err_sys(ENOMEM, "results");
	for (size_t i = 0; i < a->tally.n; i++) {
		const struct tally_stack *s = &a->tally.v[i];
		double factor = tail * kept(a, s->tag);

		a->results[i] = (struct alloc_stack){
			.frames = s->frames,
			.nframes = s->nframes,
			.objects = s->values[0] * factor,
			.bytes = s->values[1] * factor,
			.hits = s->hits,
		};
	}
	return 0;
}

int alloc_run(struct alloc *a, const struct duty_clock *clock, double max_overhead,
	      uint64_t window_ns)
{
	int err;

	begin(a, clock, max_overhead);
	err = duty_run(&a->duty, window_ns);
	return err ? err : make_results(a);
}

const struct alloc_stack *alloc_results(const struct alloc *a, size_t *ret_n)
{
	*ret_n = a->results ? a->tally.n : 0;
	return a->results;
}

void alloc_report(const struct alloc *a, struct alloc_report *ret)
{
	const struct duty *d = &a->duty;
	struct alloc_stats s;

	read_stats((struct alloc *)a, &s);
	for (unsigned i = 0; i < ALLOC_NSTATS; i++)
		s.v[i] -= a->base.v[i];
	*ret = (struct alloc_report){
		.start_ns = d->start_ns,
		.window_ns = d->window_ns,
		.on_ns = d->on_ns,
		.bursts = d->bursts,
		.hits = all_hits(&s),
		.counted = s.v[ALLOC_COUNTED],
		.skipped = s.v[ALLOC_SKIPPED],
		.returned = s.v[ALLOC_RETURNED],
		.closed = s.v[ALLOC_CLOSED],
		.torn = s.v[ALLOC_TORN],
		.full = s.v[ALLOC_FULL],
		.busy = s.v[ALLOC_BUSY],
		.no_stack = s.v[ALLOC_NO_STACK],
		.cut_short = a->cut_short,
		.too_deep = a->too_deep,
		.trap_ns = d->trap_ns,
		.run_ns = d->counts.hits ? (double)d->counts.run_ns / (double)d->counts.hits : 0,
		.overhead = d->trap_ns > 0 && d->budget.cpu_ns >= LEAST_CPU_NS ?
				    budget_overhead(&d->budget) : -1,
		.multi = a->attach.how == ATTACH_MULTI,
		.stopped = d->stopped,
	};
}

void alloc_close(struct alloc *a)
{
	if (!a)
		return;
	attach_off(&a->attach);
	alloc_bpf__destroy(a->skel);
	if (a->exe_fd >= 0)
		close(a->exe_fd);
	tally_free(&a->tally);
	free(a->places);
	free(a->cpu_stats);
	free(a->cpu_returned);
	free(a->batch);
	free(a->batch_keys);
	free(a->results);
	free(a);
}
