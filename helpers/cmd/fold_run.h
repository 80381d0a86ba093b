/* SPDX-License-Identifier: GPL-2.0-only */
/* fold_run.h - gobpf fold --classic: the classic collapser's output; shared with fold.c */
#ifndef GOBPF_CMD_FOLD_RUN_H
#define GOBPF_CMD_FOLD_RUN_H

#include <argp.h>
#include <stdbool.h>

#include "filter.h"
#include "stack/idmap.h"
#include "stack/perf_classic.h"

/* Zero-initialised, the input of fold_classic_argp. */
struct opt_classic {
	bool classic;		/* --classic was given */
	struct perf_classic rules;
	bool inlined, context;	/* addr2line is asked about addresses, and its places are shown */
	struct answer *answers;	/* what it said */
	size_t nanswers, answers_cap;
	struct idmap by_question;
};
extern const struct argp fold_classic_argp;

/* perf_classic.inlined, with the struct opt_classic as its argument. */
bool fold_inlined(void *arg, struct text pc, struct text name, struct text dso, struct buf *ret);
void fold_inline_free(struct opt_classic *o);

/* Reads and writes. Returns the exit status. */
int fold_classic_run(struct opt_classic *o, struct opt_filter *f);

#endif
