/* SPDX-License-Identifier: GPL-2.0-only */
/* relay.h - what a bpftrace prints, taken as it comes, without its own lines */
#ifndef GOBPF_SCRIPT_RELAY_H
#define GOBPF_SCRIPT_RELAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "script/said.h"

#define RELAY_OUTPUT_MAX (256u << 20)	/* of what is kept of the output */
#define RELAY_MESSAGES_MAX (256u << 10)	/* and of messages: the first ones; the rest is counted */

/* A stream of it: its pipe, and where its lines go. */
struct relay_stream {
	int from;		/* -1: at its end */
	int to;			/* -1: kept */
	struct buf kept;
	struct said said;
	struct buf line;	/* the beginning of a line that is not whole yet */
	bool middle;		/* of a line whose beginning is through */
};

/*
 * A thread reads both pipes until they are closed, so bpftrace waits for nobody but, with pass-through, who
 * reads our stdout.  What bpftrace says on stdout although it is no output goes to the messages.
 */
struct relay {
	struct relay_stream out, err;
	pthread_t thread;
	bool running;
	uint64_t more;			/* messages that were not kept */
	atomic_bool attached;
	atomic_int failed;		/* errno: our stdout is closed, or EFBIG: too much to be kept */
	atomic_bool child_gone;		/* what is not there now will not come */
	atomic_bool hurry;		/* who does not read our stdout for a while will not get the rest */
};

/* The pipes become the relay's. to: a descriptor for the output, -1 to keep it. 0 or -errno with words. */
int relay_start(struct relay *r, int out, int err, int to, unsigned max_keys);

/*
 * Once the child has gone: until all that is in the pipes has been passed on.  For a reader of our
 * stdout that has stopped reading only so long as wait(), as in struct script_window,
 * says that nothing is over, and 2 s more.
 */
void relay_finish(struct relay *r, bool (*wait)(void *ctx, uint64_t until_ns), void *ctx);

/* Also of one that was never started. */
void relay_free(struct relay *r);

#endif
