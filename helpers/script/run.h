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
};

struct script_output {
	struct buf out;		/* what the script printed; empty with pass_through */
	struct buf err;		/* bpftrace's messages without its known noise */
	uint64_t window_ns;	/* from when the probes were attached until the end was asked for */
};

/*
 * Runs bpftrace until the window's end, then ends it as Ctrl-C would and takes
 * its last output.  It never stays behind: it is killed 10 s later, and by the
 * kernel should we die.  0, or -errno with bpftrace's own words: EPERM,
 * ENOEXEC ("No probes to attach"), EINVAL (the script), EIO (anything else).
 * Also 0 when wait() ended it before the probes were attached (window_ns 0).
 */
int script_run(const struct bpftrace *bt, const struct script *script,
	       const struct script_window *window, struct script_output *ret);
void script_output_free(struct script_output *o);

/* Leaves out of bpftrace's messages what means nothing; returns the new length. */
size_t script_drop_noise(char *text, size_t len);

#endif
