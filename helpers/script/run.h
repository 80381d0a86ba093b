/* SPDX-License-Identifier: GPL-2.0-only */
/* run.h - a resolved script run for a while */
#ifndef GOBPF_SCRIPT_RUN_H
#define GOBPF_SCRIPT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "script/bpftrace.h"
#include "script/resolve.h"

struct script_window {
	/* From the moment the probes are attached; 0: until wait() or the script ends it. */
	uint64_t duration_ns;
	/*
	 * Sleeps until the time (CLOCK_MONOTONIC), or returns true earlier: end
	 * it now (Ctrl-C, the target has gone).  Called every 50 ms or so.
	 */
	bool (*wait)(void *ctx, uint64_t until_ns);
	/* Called once, when the probes are attached. May be NULL. */
	void (*attached)(void *ctx);
	void *ctx;
	/* The output goes to our stdout as it comes, none is kept. */
	bool pass_through;
	/*
	 * For words about errors: the script's name ("slow.bt", "-e"; NULL: "the script"), and the text as the user
	 * wrote it, line by line what bpftrace gets (empty: that is what bpftrace gets).
	 */
	const char *name;
	struct part source;
};

struct script_output {
	struct buf out;		/* what the script printed; empty with pass_through */
	struct buf err;		/* bpftrace's messages without its known noise */
	uint64_t window_ns;	/* from when the probes were attached until the end was asked for */
	uint64_t lost;		/* events that never got from the kernel to bpftrace: it was too slow */
	uint64_t missed;	/* values that found no place in a map */
	/*
	 * What the result lacks, a line each, "" when it is whole: to be told, always.  Beside lost and missed
	 * also a map that is full, of which 0.17 says nothing, and output that could not be written.
	 */
	struct buf losses;
};

/*
 * Runs bpftrace until the window's end, then ends it as Ctrl-C would and takes
 * its last output.  It never stays behind: Ctrl-C is repeated until bpftrace notices it, after 30 s it is
 * killed, and by the kernel should we die.
 *
 * 0, or -errno with the words of explain(), which can be several lines; what the script had printed by then has
 * been passed on, or is given back with EIO (freed by script_output_free(), too; empty on other errors).
 * EPIPE with words: our stdout was closed.
 * Also 0 when wait() ended it before the probes were attached (window_ns 0).
 */
int script_run(const struct bpftrace *bt, const struct script *script,
	       const struct script_window *window, struct script_output *ret);
void script_output_free(struct script_output *o);

#endif
