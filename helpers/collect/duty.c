/* SPDX-License-Identifier: GPL-2.0-only */
/* duty.c - runs a collector in bursts within its overhead budget */
#include "collect/duty.h"

#include <errno.h>
#include <unistd.h>

#include "base/num.h"
#include "collect/trap.h"

/*
 * What an on/off pair is taken to cost the target beside hits: two changes of a page,
 * each with interrupts to the CPUs it runs on.  Too small to be told from noise
 * (docs/internals.md).
 */
#define TOGGLE_NS 40000.0

/*
 * The kernel brings a running thread's CPU time up to date for others at its
 * ticks only (4 ms at 250 Hz, 10 at 100): the measurement must be long beside that.
 */
#define MEASURE_CPU_NS 50000000
#define MEASURE_MAX_NS 200000000

/* 50 ms in all, then the sure way */
#define QUIET_TRIES 500
#define QUIET_US    100

static uint64_t since_start(const struct duty *d, uint64_t now)
{
	return now - d->start_ns;
}

static uint64_t target_cpu(const struct duty *d)
{
	uint64_t now = d->clock->cpu_ns ? d->clock->cpu_ns(d->clock->arg) : 0;

	if (!now)
		return 0;
	return now > d->cpu_start_ns ? now - d->cpu_start_ns : 1;
}

static double hit_ns(const struct duty *d)
{
	double n = (double)d->counts.hits;

	return d->trap_ns + (n > 0 ? (double)d->counts.run_ns / n : 0);
}

/* Books what happened until now; the gate was open for on_ns of that. */
static void book(struct duty *d, uint64_t now, uint64_t on_ns)
{
	struct duty_counts before = d->counts;
	uint64_t closed;

	d->ops->counts(d->ctx, &d->counts);
	closed = d->counts.closed - before.closed;
	if (d->trap_ns > 0 && d->counts.hits)
		budget_calibrate(&d->budget, hit_ns(d));
	budget_book(&d->budget, since_start(d, now), target_cpu(d), on_ns,
		    d->counts.hits - before.hits - closed);
	d->closed += closed;
	d->booked_ns = now;
}

static int turn_on(struct duty *d)
{
	int err = attach_on(d->attach);

	if (err)
		return err;
	d->ops->gate(d->ctx, DUTY_BURST);
	d->on_since = d->booked_ns = num_now_ns();
	d->on_hits = d->counts.hits;
	d->staying = false;
	return 0;
}

/* Programs that were running when the gate was shut take microseconds, if they aren't preempted. */
static bool wait_quiet(struct duty *d)
{
	for (int i = 0; i < QUIET_TRIES; i++) {
		if (d->ops->quiet(d->ctx))
			return true;
		usleep(QUIET_US);
	}
	return false;
}

/*
 * When a perf event is closed, the kernel takes our program off first and the
 * breakpoint out a grace period later (perf_event_detach_bpf_prog() waits, since
 * 6.13 and in stable kernels).  What is hit in between nobody counts; it is booked
 * as many traps as the burst's rate makes in the whole time that closing took.
 */
static uint64_t blind_hits(const struct duty *d, uint64_t on_ns, uint64_t off_ns)
{
	double rate = (double)(d->counts.hits - d->on_hits) / (double)(on_ns ? on_ns : 1);

	if (d->attach->how != ATTACH_PERF || !d->trap_ns)
		return 0;
	return (uint64_t)(rate * (double)off_ns * d->trap_ns / hit_ns(d));
}

/* last: results matter now, the breakpoints can be taken out later. */
static int turn_off(struct duty *d, bool last)
{
	uint64_t end, on_ns, off_ns;

	d->ops->gate(d->ctx, DUTY_SHUT);
	end = num_now_ns();
	on_ns = end - d->on_since;
	d->on_ns += on_ns;
	d->bursts++;
	if (!last || !wait_quiet(d))
		attach_off(d->attach);
	off_ns = num_now_ns() - end;
	book(d, num_now_ns(), end - d->booked_ns);
	budget_toggled(&d->budget, d->closed + blind_hits(d, on_ns, off_ns));
	d->closed = 0;
	if (d->staying)
		budget_stayed(&d->budget, since_start(d, end));
	else
		d->weight = budget_weight(&d->budget, on_ns, since_start(d, end));
	return d->ops->drain(d->ctx, d->weight);
}

/* The burst ends here as far as it stands for the time before it, but they stay in. */
static void begin_stay(struct duty *d, uint64_t now)
{
	if (d->staying)
		return;
	d->ops->gate(d->ctx, DUTY_STAY);
	d->weight = budget_weight(&d->budget, now - d->on_since, since_start(d, now));
	d->staying = true;
}

/* Sleeps for ns, not beyond the end of the window; false when the window is over. */
static bool sleep_for(struct duty *d, uint64_t ns, uint64_t window_ns)
{
	uint64_t until = num_now_ns() + ns, end = d->start_ns + window_ns;

	if (window_ns && until > end)
		until = end;
	d->stopped = d->clock->wait(d->clock->arg, until);
	d->window_ns = num_now_ns() - d->start_ns;
	return !d->stopped && !(window_ns && d->window_ns >= window_ns);
}

/* A burst or a stay: until the budget wants to be off. 1: on, 0: window over. */
static bool stay_on(struct duty *d, uint64_t on_ns, uint64_t window_ns, struct budget_step *next)
{
	uint64_t now;

	do {
		if (!sleep_for(d, on_ns, window_ns))
			return false;
		now = num_now_ns();
		book(d, now, now - d->booked_ns);
		*next = budget_next(&d->budget);
		on_ns = next->on_ns;
		if (next->stay)
			begin_stay(d, now);
		if (next->stay && !d->trap_ns)
			return true;
	} while (next->stay);
	return true;
}

static int calibrate(struct duty *d)
{
	double ns;
	int err;

	if (d->trap_ns > 0)
		return 0;
	err = trap_cost(&ns);
	if (err)
		return err;
	/* an unlucky measurement must not make hits look free */
	d->trap_ns = ns > 50 ? ns : 50;
	return 0;
}

/* The off time, asked for piece by piece. false: window over. */
static bool stay_off(struct duty *d, uint64_t window_ns, uint64_t *ret_on_ns)
{
	struct budget_step step;

	do {
		step = budget_next(&d->budget);
		if (step.off_ns && !sleep_for(d, step.off_ns, window_ns))
			return false;
		book(d, num_now_ns(), 0);
	} while (!step.on_ns);
	*ret_on_ns = step.on_ns;
	return true;
}

static int bursts(struct duty *d, uint64_t window_ns)
{
	struct budget_step next = { 0 };
	uint64_t on_ns = BUDGET_FIRST_NS;
	int err;

	for (;;) {
		bool more = stay_on(d, on_ns, window_ns, &next);

		if (more && next.stay) {	/* time to measure, nothing to turn off */
			err = calibrate(d);
			if (err)
				return err;
			on_ns = next.on_ns;
			continue;
		}
		err = turn_off(d, !more);
		if (!err && more)
			err = calibrate(d);
		if (err || !more || !stay_off(d, window_ns, &on_ns))
			return err;
		err = turn_on(d);
		if (err)
			return err;
	}
}

int duty_run(struct duty *d, uint64_t window_ns)
{
	int err = turn_on(d);

	if (err)
		return err;
	d->start_ns = d->on_since;
	d->cpu_start_ns = d->clock->cpu_ns ? d->clock->cpu_ns(d->clock->arg) : 0;
	budget_init(&d->budget, d->max_overhead, TOGGLE_NS, d->start_ns ^ (uint64_t)getpid());
	err = bursts(d, window_ns);
	d->ops->gate(d->ctx, DUTY_SHUT);
	/* it went away between two bursts: what was gathered stands */
	if (err == -ESRCH && d->bursts)
		err = 0;
	return err;
}

/* Until the target has run for a while: on a busy machine it may have to wait. */
static uint64_t measure_cpu(struct duty *d)
{
	uint64_t from = target_cpu(d), until = d->start_ns + MEASURE_MAX_NS, cpu, now;

	do {
		now = num_now_ns();
		d->stopped = d->clock->wait(d->clock->arg, now + BUDGET_FIRST_NS);
		cpu = target_cpu(d) - from;
	} while (!d->stopped && cpu < MEASURE_CPU_NS && now < until);
	return cpu;
}

int duty_measure(struct duty *d, double *ret_slowdown)
{
	uint64_t cpu, on_ns;
	double lost, least;
	int err = turn_on(d);

	if (err)
		return err;
	d->start_ns = d->on_since;
	cpu = measure_cpu(d);
	d->ops->gate(d->ctx, DUTY_SHUT);
	on_ns = num_now_ns() - d->on_since;
	attach_off(d->attach);
	d->ops->counts(d->ctx, &d->counts);
	err = calibrate(d);
	if (err)
		return err;
	least = BUDGET_LEAST_RATE * (double)on_ns;
	/* what the target did in that time was the rest of its CPU time */
	lost = (double)(d->counts.hits - d->counts.closed) * hit_ns(d) /
	       ((double)cpu > least ? (double)cpu : least);
	lost = lost < 0.99 ? lost : 0.99;
	*ret_slowdown = lost / (1 - lost);
	return 0;
}
