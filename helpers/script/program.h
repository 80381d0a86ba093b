/* SPDX-License-Identifier: GPL-2.0-only */
/* program.h - programs of others that are run */
#ifndef GOBPF_SCRIPT_PROGRAM_H
#define GOBPF_SCRIPT_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The first of that name in $PATH; as root only one that nobody but root could have put there.
 * A relative entry of $PATH is never used: it means another program in each folder.
 */
bool program_find(const char *name, char ret[PATH_MAX]);

/* The output of `PROGRAM --version'; 0 or -errno with words. */
int program_version(const char *path, struct buf *ret);

struct program_result {
	struct buf out, err;
	int wait_status;	/* as waitpid() gives it */
};

/*
 * Runs argv[0], an absolute path, to its end; env: "K=V" words put over our environment; in: its stdin, -1 for
 * none.  0 whatever its status was, or -errno with words, ETIMEDOUT when it was
 * killed at the deadline (CLOCK_MONOTONIC).
 */
int program_run(char *const argv[], char *const env[], int in, uint64_t deadline_ns,
		struct program_result *ret);
void program_result_free(struct program_result *r);

#endif
