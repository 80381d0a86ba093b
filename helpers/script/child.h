/* SPDX-License-Identifier: GPL-2.0-only */
/* child.h - a program run beside us that never outlives us */
#ifndef GOBPF_SCRIPT_CHILD_H
#define GOBPF_SCRIPT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/*
 * The child leads a process group of its own (a Ctrl-C at the terminal is ours
 * to pass on), has the default signal mask, and is killed by the kernel when
 * we die, however we die (PR_SET_PDEATHSIG).
 */
enum child_streams {
	/* What it writes goes to memory files, so it never waits for a reader; more than CHILD_OUTPUT_MAX ends it. */
	CHILD_MEMORY,
	CHILD_PIPES,	/* somebody has to read them all the time */
};
#define CHILD_OUTPUT_MAX (256u << 20)

struct child {
	pid_t pid;		/* 0: not running */
	int out, err;		/* memory files, or the pipes' ends to read from; -1: whoever took one closes it */
	int wait_status;	/* as waitpid() gives it; valid once ended */
	bool killed;		/* by child_stop(), as it did not end otherwise */
};

/*
 * argv[0] is an absolute path.  env: "K=V" words put over our environment,
 * NULL-terminated.  in: its stdin, -1 for none.  0 or -errno with words;
 * nothing runs on failure.
 */
int child_start(struct child *c, char *const argv[], char *const env[], int in,
		enum child_streams streams);

/* Has it ended? Sets wait_status then. Never blocks. */
bool child_ended(struct child *c);

/*
 * Ends it: `sig' to its group, again for as long as it has a handler for that, after
 * grace_ns SIGKILL. Returns when it is gone.
 */
void child_stop(struct child *c, int sig, uint64_t grace_ns);

/* Kills what still runs and closes the files. Harmless when nothing was started. */
void child_free(struct child *c);

/* What it wrote so far to a memory file, from the beginning; 0 or -errno. */
int child_output(int fd, struct buf *ret);

#endif
