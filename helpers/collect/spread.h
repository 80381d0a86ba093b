/* SPDX-License-Identifier: GPL-2.0-only */
/* spread.h - how far bursts differ from each other, and so how well their sum is known */
#ifndef GOBPF_COLLECT_SPREAD_H
#define GOBPF_COLLECT_SPREAD_H

/*
 * A program that runs in pieces, because it serves requests or because other programs
 * take the CPUs, is seen by some bursts and missed by others: what these see together
 * is then far less certain than the number of their hits makes believe.
 */
struct spread {
	double n, sum, squares;
};

/* A burst, with all that it stands for. */
void spread_add(struct spread *s, double v);

/*
 * The standard error of the bursts' sum as a fraction of total, which they are a part of:
 * sqrt(n) times their standard deviation; of one burst nothing less than all of it.
 */
double spread_error(const struct spread *s, double total);

#endif
