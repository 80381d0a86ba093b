/* SPDX-License-Identifier: GPL-2.0-only */
/* explain.h - what bpftrace said when it failed, in words for who ran the script */
#ifndef GOBPF_SCRIPT_EXPLAIN_H
#define GOBPF_SCRIPT_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "script/bpftrace.h"
#include "script/text.h"

struct explain {
	const struct bpftrace *bt;
	const char *name;	/* the script's: "slow.bt", "-e"; NULL: "the script" */
	/*
	 * What bpftrace was given, and what the user wrote: line N of one is line N of the other.
	 * Empty source: the same.  Both empty: bpftrace's own quotation is passed on.
	 */
	struct part text, source;
	int wait_status;	/* as waitpid() gives it */
	bool oom;		/* the kernel ended somebody for lack of memory meanwhile */
};

/*
 * said: all of bpftrace's messages, as text of any kind.  Sets the words and returns -errno:
 *
 *	EINVAL		the script: "slow.bt:3:5: Unknown function: foo", the line, a mark below
 *			the place, and from which bpftrace on it is known.  Several lines!
 *	ENOEXEC		there is nothing to attach to in the target
 *	EPERM		not root, confined, lockdown
 *	EOPNOTSUPP	the kernel, or this bpftrace, lacks what is needed
 *	EIO		it crashed, was killed, or what it says is passed on
 */
int explain(const struct explain *e, struct part said);

/* Is it "stdin:3:5-9: ERROR: ..." or "stdin:3-4: ERROR: ..."? Then the lines, from 1. */
bool explain_place(struct part line, unsigned *ret_from, unsigned *ret_to);

#endif
