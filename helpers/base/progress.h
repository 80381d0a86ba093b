/* SPDX-License-Identifier: GPL-2.0-only */
/* progress.h - one line on stderr that says how far we are */
#ifndef GOBPF_BASE_PROGRESS_H
#define GOBPF_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Shown only when stderr is a terminal; at most ten times a second; gone when done. */
struct progress {
	const char *label;	/* "reading perf.data" */
	bool on, shown;
	uint64_t begin_ns, last_ns;
};

void progress_begin(struct progress *p, const char *label, bool quiet);

/* done of all (in any unit); all 0: unknown, shows the time passed.  note: a few words behind, or NULL. */
void progress_show(struct progress *p, uint64_t done, uint64_t all, const char *note);

/* Takes the line away, e.g. before anything else is printed; progress_show() brings it back. */
void progress_clear(struct progress *p);

#endif
