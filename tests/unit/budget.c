/* SPDX-License-Identifier: GPL-2.0-only */
/* budget.c - the overhead budget on simulated targets: exact arithmetic, no clock */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/budget.h"

#define MS 1000000ULL

static int failures;

#define CHECK(cond, ...)                                                        \
	do {                                                                    \
		if (!(cond) && failures++ < 10) {                               \
			printf("%s:%d: not %s: ", __func__, __LINE__, #cond);   \
			printf(__VA_ARGS__);                                    \
			printf("\n");                                           \
		}                                                               \
	} while (0)

/* A target: hits per ms while breakpoints are in, and CPUs that it keeps busy, by time. */
struct target {
	double (*rate)(double ms);
	double (*cpus)(double ms);
	double hit_ns;
};

struct result {
	double overhead, on_share, true_hits, estimate;
	uint64_t bursts;
	double longest_off_ms;
};

static double ms_of(uint64_t ns)
{
	return (double)ns / (double)MS;
}

static double integral(double (*f)(double), uint64_t from, uint64_t to)
{
	double sum = 0, step = (double)(to - from) / 64;

	for (int i = 0; i < 64; i++)
		sum += f(((double)from + (i + 0.5) * step) / (double)MS);
	return sum * step / (double)MS;
}

/* Plays duty.c's part against the target for window ns. */
static struct result simulate(const struct target *t, double share, uint64_t window, uint64_t seed)
{
	struct result r = { 0 };
	struct budget_step step = { .on_ns = BUDGET_FIRST_NS };
	uint64_t now = 0, on_since = 0, end;
	double cpu = 0, pending = 0, total = 0, weight = 0;
	bool staying = false;
	struct budget b;

	budget_init(&b, share, 40000, seed);
	for (uint64_t ns = 0; ns < window; ns += MS)
		r.true_hits += integral(t->rate, ns, ns + MS);
	while (now < window) {
		double hits;

		end = now + step.on_ns < window ? now + step.on_ns : window;
		hits = integral(t->rate, now, end);
		cpu += integral(t->cpus, now, end) * (double)MS;
		pending += hits;
		budget_book(&b, end, (uint64_t)cpu + 1, end - now, (uint64_t)hits);
		now = end;
		budget_calibrate(&b, t->hit_ns);
		step = budget_next(&b);
		if (!staying)
			weight = budget_weight(&b, now - on_since, now);
		else
			budget_stayed(&b, now);
		total += pending * (staying ? 1 : weight);
		pending = 0;
		staying = step.stay;
		if (step.stay && now < window)
			continue;
		staying = false;
		budget_toggled(&b, 0);
		r.bursts++;
		on_since = now;
		step = (struct budget_step){ .off_ns = 40 * MS }; /* the kernel takes that */
		do {
			cpu += integral(t->cpus, now, now + step.off_ns) * (double)MS;
			now += step.off_ns;
			budget_book(&b, now, (uint64_t)cpu + 1, 0, 0);
			if (step.on_ns || now >= window)
				break;
			step = budget_next(&b);
		} while (true);
		if (ms_of(now - on_since) > r.longest_off_ms)
			r.longest_off_ms = ms_of(now - on_since);
		on_since = now;
	}
	r.overhead = budget_overhead(&b);
	r.on_share = (double)b.on_ns / (double)window;
	r.estimate = total * budget_tail(&b, window);
	return r;
}

static double one(double ms)
{
	(void)ms;
	return 1;
}

static double fast(double ms)	/* 500,000 hits/s: 85 % of a CPU at 1.7 us */
{
	(void)ms;
	return 500;
}

static double slow(double ms)	/* 0.17 % */
{
	(void)ms;
	return 1;
}

static double waves(double ms)	/* 20 times a second between nothing and twice the mean */
{
	return 300 + 300 * sin(2 * M_PI * ms / 50);
}

static double growing(double ms)
{
	return ms / 20;
}

static double batches(double ms)	/* 60 hits/s, three at once; the first ones at once, too */
{
	return fmod(ms, 50) < 1 ? 3 : 0;
}

static double none(double ms)
{
	(void)ms;
	return 0;
}

static double half_idle(double ms)
{
	return fmod(ms, 2000) < 1000 ? 1 : 0.001;
}

static double half_rate(double ms)
{
	return fmod(ms, 2000) < 1000 ? 400 : 0;
}

static void keeps_to_the_budget(void)
{
	const struct target targets[] = {
		{ fast, one, 1700 }, { waves, one, 1700 }, { growing, one, 1700 },
		{ half_rate, half_idle, 1700 }, { fast, one, 300 }, { waves, one, 3000 },
	};

	for (unsigned i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		for (double share = 0.005; share < 0.2; share *= 2) {
			struct result r = simulate(&targets[i], share, 30000 * MS, 7);

			CHECK(r.overhead < share * 1.12 + 0.001, "target %u: %g of %g", i, r.overhead,
			      share);
			CHECK(r.overhead > share * 0.4, "target %u: %g of %g", i, r.overhead, share);
		}
}

static void stays_on_when_cheap(void)
{
	struct result r = simulate(&(struct target){ slow, one, 1700 }, 0.01, 10000 * MS, 3);

	CHECK(r.bursts == 1, "%lu bursts", r.bursts);
	CHECK(r.estimate == r.true_hits, "%g hits of %g", r.estimate, r.true_hits);
	r = simulate(&(struct target){ none, none, 1700 }, 0.01, 10000 * MS, 3);
	CHECK(r.bursts == 1, "%lu bursts of an idle target", r.bursts);
	r = simulate(&(struct target){ batches, none, 1700 }, 0.01, 10000 * MS, 3);
	CHECK(r.bursts == 1, "%lu bursts of one that wakes up at times", r.bursts);
	r = simulate(&(struct target){ fast, one, 1700 }, 0, 1000 * MS, 3);
	CHECK(r.bursts == 1, "%lu bursts without a limit", r.bursts);
}

/* The mean over many windows is the truth: bursts don't prefer busy or quiet times. */
static void estimates_without_bias(double (*rate)(double), const char *name, double within)
{
	double sum = 0, truth = 0;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct result r = simulate(&(struct target){ rate, one, 1700 }, 0.01,
					   (10000 + 10 * seed) * MS,
					   seed * 0x9e3779b97f4a7c15ULL);

		sum += r.estimate;
		truth += r.true_hits;
	}
	CHECK(fabs(sum / truth - 1) < within, "%s: %g of the truth", name, sum / truth);
}

static void books(void)
{
	struct budget b;

	budget_init(&b, 0.01, 1000, 1);
	budget_book(&b, 100 * MS, 50 * MS, 100 * MS, 1000);
	CHECK(b.spent_ns == 3000000, "%g at the guessed cost", b.spent_ns);
	budget_calibrate(&b, 2000);
	CHECK(b.spent_ns == 2000000, "%g at the measured cost", b.spent_ns);
	budget_toggled(&b, 0);
	CHECK(b.spent_ns == 2001000, "%g with a toggle", b.spent_ns);
	CHECK(budget_overhead(&b) == 2001000.0 / 50e6, "overhead %g", budget_overhead(&b));
	CHECK(fabs(b.balance_ns - (1000000 + 500000 - 2001000)) < 1, "balance %g", b.balance_ns);
	budget_toggled(&b, 500);
	CHECK(b.spent_ns == 3002000 && b.hits == 1500, "%g with a dear toggle", b.spent_ns);
	CHECK(b.toggle_ns == 1000 + 1e6 / 4, "toggle %g", b.toggle_ns);
	CHECK(budget_weight(&b, 4 * MS, 100 * MS) == 25, "first weight");
	CHECK(budget_weight(&b, 10 * MS, 140 * MS) == 4, "second weight");
	CHECK(budget_tail(&b, 210 * MS) == 1.5, "tail");
	/* 0.5 ms after bursts of 5.5 ms on average: as if it were a quarter of those */
	CHECK(fabs(budget_weight(&b, MS / 2, 162 * MS) - 22 / 1.375) < 1e-9, "short burst's weight");
	CHECK(b.uncovered_ns == 14 * MS, "%lu for the next", b.uncovered_ns);
	CHECK(budget_tail(&b, 296 * MS) == 2, "tail with a rest");
	CHECK(budget_weight(&b, 5 * MS, 173 * MS) == 5, "it takes what was left");
	CHECK(!b.uncovered_ns && budget_tail(&b, 173 * MS) == 1, "nothing left");
	CHECK(budget_weight(&b, 0, 180 * MS) == 0, "no time on");
	/* unknown CPU time counts as one busy CPU */
	budget_book(&b, 200 * MS, 0, 0, 0);
	CHECK(b.cpu_ns == 150 * MS, "%lu", b.cpu_ns);
}

static void jitters(void)
{
	double low = 1e9, high = 0, sum = 0;
	struct budget_step step;
	struct budget b;

	budget_init(&b, 0.01, 0, 99);
	budget_init(&b, 0.01, 0, 99);
	for (int i = 0; i < 1000; i++) {
		double off = 0;

		b.balance_ns = 0;
		b.density = b.mean = 0.5;
		b.planned_ns = 6e6;
		b.end_ns = b.now_ns;
		budget_toggled(&b, 0);
		while (step = budget_next(&b), !step.on_ns) {
			off += ms_of(step.off_ns);
			b.now_ns += step.off_ns;
			b.balance_ns = 0;
		}
		off += ms_of(step.off_ns);
		CHECK(step.on_ns == 6 * MS, "on %lu", step.on_ns);
		low = fmin(low, off);
		high = fmax(high, off);
		sum += off;
	}
	/* 6 ms at half a CPU cost 3 ms, earned in 300 ms */
	CHECK(low > 143 && low < 150 && high > 438 && high < 445, "%g to %g", low, high);
	CHECK(fabs(sum / 1000 - 294) < 6, "mean %g", sum / 1000);
}

int main(void)
{
	books();
	jitters();
	keeps_to_the_budget();
	stays_on_when_cheap();
	estimates_without_bias(fast, "fast", 0.02);
	estimates_without_bias(waves, "waves", 0.03);
	estimates_without_bias(growing, "growing", 0.03);
	estimates_without_bias(half_rate, "half_rate", 0.07);
	if (failures > 1)
		printf("%d failures\n", failures);
	if (!failures)
		printf("budget: all as expected\n");
	return failures != 0;
}
