/* SPDX-License-Identifier: GPL-2.0-only */
/* said.h - bpftrace's own lines among those of the script */
#ifndef GOBPF_SCRIPT_SAID_H
#define GOBPF_SCRIPT_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "script/text.h"

/* bpftrace prints this line when the variable of this name is set (bpftrace.cpp). */
#define SAID_ATTACHED "__BPFTRACE_NOTIFY_PROBES_ATTACHED"

enum said_kind {
	SAID_SCRIPT,	/* the script's, or something that is to be passed on */
	SAID_NOISE,	/* means nothing */
	SAID_ERROR,	/* on stdout, but a message: 0.17's "No probes to attach" */
};

/*
 * One stream's state; zero-initialise.  A script that itself prints "Lost 5 events" on a line of its own
 * can't be told from bpftrace, and is counted.
 */
struct said {
	bool messages;		/* preset: it is stderr, which has nothing but messages */
	unsigned max_keys;	/* preset: what a map holds; 0: not known */
	bool attached;		/* the line was seen */
	uint64_t lost;		/* events that did not get from the kernel to bpftrace */
	uint64_t missed;	/* values that did not get into a map: it was full */
	char full[64];		/* a map with max_keys entries was printed: its name */

	/* internal */
	uint64_t lost_total;
	bool details;		/* "Additional Info" may come */
	unsigned quoted;	/* so many lines of the script still come */
	bool marks;		/* and then marks below them */
	char map[64];
	unsigned entries;
};

/* The next line, without its end. */
enum said_kind said_line(struct said *s, struct part line);

/* Could a line that begins like this be one of bpftrace's? Then it must be whole before it can be judged. */
bool said_may_be(const struct said *s, struct part beginning);

#endif
