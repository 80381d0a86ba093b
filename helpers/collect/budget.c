/* SPDX-License-Identifier: GPL-2.0-only */
/* budget.c - when to have breakpoints in, so that they cost no more than was allowed */
#include "collect/budget.h"

#include <math.h>

#define MS	   1000000.0
#define PERIOD_NS  (300 * MS)	/* from burst to burst, when the budget allows that */
#define MIN_ON_NS  (2 * MS)	/* shorter ones cost more in toggles than in hits */
#define MAX_LEAST_NS (10 * MS)	/* what dear toggles may raise that to */
#define CHECK_NS   (10 * MS)	/* while staying on, look at the rate this often */
#define PIECE_NS   (100 * MS)	/* off times come in pieces: the target may use more CPU by then */
#define CREDIT_NS  (1000 * MS)	/* an idle target saves up no more than this much time's income */
#define START_NS   (100 * MS)	/* what there is in the beginning, so that one hit doesn't decide */
#define UNLUCKY	   2.0		/* standard deviations that a first burst may be off by */
#define MEMORY_NS  (200 * MS)	/* how far the CPU rate looks back */
#define SHORT	   0.25		/* a burst below this part of the usual length is short */
#define MEAN_NS	   (5000 * MS)	/* how far the decision to stay looks back */
#define GUESS_NS   3000.0	/* cost of a hit before it was measured: high */

static double clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

void budget_init(struct budget *b, double share, double fixed_ns, uint64_t seed)
{
	*b = (struct budget){
		.share = share,
		.hit_ns = GUESS_NS,
		.fixed_ns = fixed_ns,
		.toggle_ns = fixed_ns,
		.balance_ns = share * START_NS,
		.cpu_rate = 1,
		.planned_ns = BUDGET_FIRST_NS,
		.random = seed ? seed : 1,
	};
}

static void spend(struct budget *b, double ns)
{
	b->spent_ns += ns;
	b->balance_ns -= ns;
}

void budget_calibrate(struct budget *b, double hit_ns)
{
	spend(b, (double)b->hits * (hit_ns - b->hit_ns));
	if (b->density > 0)
		b->density *= hit_ns / b->hit_ns;
	b->hit_ns = hit_ns;
}

static void book_cpu(struct budget *b, uint64_t now_ns, uint64_t cpu_ns)
{
	double dt = (double)(now_ns - b->now_ns), used, part;

	if (now_ns <= b->now_ns)
		return;
	used = cpu_ns > b->cpu_ns ? (double)(cpu_ns - b->cpu_ns) : cpu_ns ? 0 : dt;
	part = b->now_ns ? clamp(dt / MEMORY_NS, 0.05, 1) : 1;
	b->cpu_rate += part * (used / dt - b->cpu_rate);
	b->balance_ns += b->share * (used > BUDGET_LEAST_RATE * dt ? used : BUDGET_LEAST_RATE * dt);
	b->cpu_ns += (uint64_t)used;
	b->now_ns = now_ns;
}

void budget_book(struct budget *b, uint64_t now_ns, uint64_t cpu_ns, uint64_t on_ns, uint64_t hits)
{
	double cost = (double)hits * b->hit_ns, limit;

	book_cpu(b, now_ns, cpu_ns);
	b->hits += hits;
	b->on_ns += on_ns;
	spend(b, cost);
	if (on_ns) {
		double density = cost / (double)on_ns;
		double part = clamp((double)on_ns / (2 * CHECK_NS), 0.25, 1);
		double slow = clamp((double)(now_ns - b->seen_ns) / MEAN_NS, 0, 1);
		double early = (double)on_ns / (double)b->on_ns;

		b->mean += (early > slow ? early : slow) * (density - b->mean);
		b->density += (early > part ? early : part) * (density - b->density);
		b->seen_ns = now_ns;
	}
	limit = b->share * clamp(b->cpu_rate, BUDGET_LEAST_RATE, 1e6) * CREDIT_NS;
	if (b->balance_ns > limit)
		b->balance_ns = limit;
}

/* xorshift64 (Marsaglia 2003): -0.5 … 0.5 */
static double draw(struct budget *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (double)(b->random >> 11) / 9007199254740992.0 - 0.5;
}

void budget_toggled(struct budget *b, uint64_t hits)
{
	double cost = b->fixed_ns + (double)hits * b->hit_ns;

	b->toggles++;
	b->hits += hits;
	b->jitter = draw(b);
	b->toggle_ns += (cost - b->toggle_ns) * (b->toggles == 1 ? 1 : 0.25);
	spend(b, cost);
}

/*
 * How long to be on: what comes in during a period, and a part of what was
 * saved or overdrawn.  How often does not depend on that: were the next burst
 * near because this one saw few hits, quiet times would be seen more often.
 */
static double plan_on(const struct budget *b, double income, double density)
{
	double money = income * PERIOD_NS + b->balance_ns / 4 - b->toggle_ns;
	double on = density > 0 ? money / density : PERIOD_NS;
	/* where toggles are dear (perf events), fewer and longer bursts see more */
	double least = density > 0 ? clamp(b->toggle_ns / density, MIN_ON_NS, MAX_LEAST_NS) : MIN_ON_NS;

	return clamp(on, least, clamp(2 * b->planned_ns, least, PERIOD_NS));
}

/*
 * The mean, but for the first burst: 2 ms that a pause of the target's ended in may see
 * all the hits of a long time, so what counts is the least mean that they leave likely.
 */
static double sure_mean(const struct budget *b)
{
	double n = (double)b->hits, least;

	if (b->toggles || !b->on_ns || (double)b->on_ns > START_NS)
		return b->mean;
	least = (n - UNLUCKY * sqrt(n)) * b->hit_ns / (double)b->on_ns;
	return least < b->mean ? least : b->mean;
}

struct budget_step budget_next(struct budget *b)
{
	double income = b->share * clamp(b->cpu_rate, BUDGET_LEAST_RATE, 1e6);
	/* a quiet moment is no reason for a long burst: it may end in the middle of that */
	double density = b->density > b->mean ? b->density : b->mean;
	double since = (double)(b->now_ns - b->end_ns);
	double on, off, poor;

	/*
	 * Staying is for what is cheap for seconds: to stay in each short quiet
	 * time would let the busy ones around it count less.
	 */
	if (b->share <= 0 || (sure_mean(b) <= income && b->balance_ns >= 0))
		return (struct budget_step){ .on_ns = (uint64_t)CHECK_NS, .stay = true };

	on = plan_on(b, income, density);
	off = PERIOD_NS * (1 + b->jitter) - on - since;
	/* not more debt than a period brings in */
	poor = (density * on + b->toggle_ns - b->balance_ns) / income - PERIOD_NS - on;
	off = clamp(off > poor ? off : poor, 0, 1e15);
	if (off > PIECE_NS)
		return (struct budget_step){ .off_ns = (uint64_t)PIECE_NS };
	b->planned_ns = on;
	return (struct budget_step){ .off_ns = (uint64_t)off, .on_ns = (uint64_t)on };
}

void budget_stayed(struct budget *b, uint64_t now_ns)
{
	b->end_ns = now_ns;
}

double budget_weight(struct budget *b, uint64_t on_ns, uint64_t now_ns)
{
	double open = (double)(now_ns - b->end_ns + b->uncovered_ns), on = (double)on_ns, weight;

	b->end_ns = now_ns;
	b->uncovered_ns = (uint64_t)open;
	if (!on_ns)
		return 0;
	weight = open / (on > SHORT * b->usual_ns ? on : SHORT * b->usual_ns);
	if (weight < 1)
		weight = 1;
	b->uncovered_ns -= (uint64_t)clamp(weight * on, 0, open);
	b->usual_ns += (on - b->usual_ns) * (b->usual_ns > 0 ? 0.25 : 1);
	return weight;
}

double budget_tail(const struct budget *b, uint64_t window_ns)
{
	uint64_t covered_ns = b->end_ns - b->uncovered_ns;

	return covered_ns && window_ns > covered_ns ? (double)window_ns / (double)covered_ns : 1;
}

double budget_overhead(const struct budget *b)
{
	return b->cpu_ns ? b->spent_ns / (double)b->cpu_ns : 0;
}
