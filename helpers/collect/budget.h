/* SPDX-License-Identifier: GPL-2.0-only */
/* budget.h - when to have breakpoints in, so that they cost no more than was allowed */
#ifndef GOBPF_COLLECT_BUDGET_H
#define GOBPF_COLLECT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Pure arithmetic: times are nanoseconds since the window began, given by the
 * caller; there is no clock in here.
 *
 * The account: the target may lose `share` of the CPU time it uses, of a tenth
 * of a CPU when it uses less (a part of next to nothing would be too little to
 * see anything, and a tenth's part harms nobody).  That is what comes in; every
 * hit and every on/off pair is booked against it.  A step says how long to stay
 * off and how long to be on after that.  How far apart bursts are doesn't
 * depend on what they see (but for large debts), so quiet and busy times are
 * seen alike, and budget_weight() is an unbiased estimate when the rate changes.
 *
 * Bursts are 0.5 … 1.5 times 300 ms apart, so that they do not run in step with
 * something periodic in the target.  A burst that turns into a stay stands for
 * the time before it with its first part only; the rest stands for itself.
 *
 * A burst that is far shorter than those before it, cut off by the window's end or short
 * after a long debt, would give its few hits the say over all the time before it.  It stands
 * for a part of that time; the next one, or budget_tail(), stands for the rest.
 */
struct budget {
	double share;		/* 0.01: 1 % of the target's CPU time; 0: no limit */
	double hit_ns;		/* cost of a hit: a guess until budget_calibrate() */
	double fixed_ns;	/* what one on/off pair costs the target at least */
	double toggle_ns;	/* with the hits before and after the burst, of late */

	/* totals */
	uint64_t hits, toggles, on_ns, cpu_ns;
	double spent_ns;

	/* state */
	double balance_ns;	/* income not spent; negative: debt */
	double density;		/* cost per ns of on time, of late */
	double mean;		/* the same over the last seconds */
	double cpu_rate;	/* target's CPU ns per ns, of late */
	uint64_t now_ns;	/* of the last booking */
	uint64_t seen_ns;	/* of the last booking with on time */
	uint64_t end_ns;	/* where the last burst ended */
	uint64_t uncovered_ns;	/* time before that which no burst stands for yet */
	double usual_ns;	/* how long bursts were, of late */
	double planned_ns;	/* the last on time */
	double jitter;		/* -0.5 … 0.5, anew for each off time */
	uint64_t random;
};

struct budget_step {
	uint64_t off_ns;	/* first have them out this long */
	uint64_t on_ns;		/* then in for this long; 0: ask again instead */
	bool stay;		/* the rate is low enough to leave them in: off_ns is 0 */
};

/*
 * CPUs that a target is taken to use at least: to one that is almost idle, a
 * few hits are much beside its CPU time and nothing beside its time.
 */
#define BUDGET_LEAST_RATE 0.1

#define BUDGET_FIRST_NS 2000000	/* the first burst, before anything is known */

/* fixed_ns: as above. seed: any number; the same seed gives the same jitter. */
void budget_init(struct budget *b, double share, double fixed_ns, uint64_t seed);

/* The measured cost of a hit; what was booked at the guess is booked anew. */
void budget_calibrate(struct budget *b, double hit_ns);

/*
 * Books what happened since the last call: hits, in on_ns of being on, until
 * now_ns.  cpu_ns: CPU time of the target since the window began; 0: unknown,
 * then one busy CPU is assumed.
 */
void budget_book(struct budget *b, uint64_t now_ns, uint64_t cpu_ns, uint64_t on_ns,
		 uint64_t hits);

/* Books one on/off pair, and the hits outside its burst, which counted for nothing. */
void budget_toggled(struct budget *b, uint64_t hits);

/* What to do from now on. */
struct budget_step budget_next(struct budget *b);

/* They stayed in since the end of the last burst, until now: that time stands for itself. */
void budget_stayed(struct budget *b, uint64_t now_ns);

/*
 * The burst that was on for on_ns and ends now stands for the time that no burst
 * stands for yet, or for a part of it when it is short: what to multiply its counts by.
 */
double budget_weight(struct budget *b, uint64_t on_ns, uint64_t now_ns);

/* The window ends: what to multiply all weighted counts by, for the time nothing stands for. */
double budget_tail(const struct budget *b, uint64_t window_ns);

/* Overhead so far as a fraction of the target's CPU time; of one CPU's when that is unknown. */
double budget_overhead(const struct budget *b);

#endif
