/* SPDX-License-Identifier: GPL-2.0-only */
/* fold_run.h - gobpf fold --classic: the classic collapser's output; shared with fold.c */
#ifndef GOBPF_CMD_FOLD_RUN_H
#define GOBPF_CMD_FOLD_RUN_H

#include <argp.h>
#include <stdbool.h>

#include "filter.h"
#include "stack/perf_classic.h"

/* Zero-initialised, the input of fold_classic_argp. */
struct opt_classic {
	bool classic;		/* --classic was given */
	struct perf_classic rules;
};
extern const struct argp fold_classic_argp;

/* Reads and writes. Returns the exit status. */
int fold_classic_run(struct opt_classic *o, struct opt_filter *f);

#endif
