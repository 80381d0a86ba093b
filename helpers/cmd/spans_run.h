/* SPDX-License-Identifier: GPL-2.0-only */
/* spans_run.h - one run of gobpf spans: what the script printed, and what is made of it */
#ifndef GOBPF_CMD_SPANS_RUN_H
#define GOBPF_CMD_SPANS_RUN_H

#include "live.h"
#include "script/run.h"

enum { SPANS_ARGS_MAX = 4 };

/* Where spans come from: a script each, and what a program must have for it. */
struct spans_source {
	const char *name;	/* as --source has it */
	const char *script;
	const char *functions[2];
	const char *what;	/* for words */
	/* What else the script gets: how many, or -errno with words. NULL: nothing. */
	int (*args)(struct go_process *p, uint32_t ret[SPANS_ARGS_MAX]);
};

/* One that has ended, as the script's line has it. */
struct spans_span {
	uint64_t start_ns;	/* since the script began */
	uint64_t duration_ns;
	uint64_t goid, end_goid;	/* 0: not known */
	uint64_t tid;
	const char *kind;	/* "span", "request" */
	const char *trace, *span, *parent, *status, *name;
};

struct spans_run {
	struct live live;
	struct opt_window window;
	bool trace;		/* --trace: each span */
	bool print;		/* --print: the script, resolved */
	const char *wanted, *bpftrace;	/* --source, --bpftrace */

	const struct spans_source *source;
	struct script_output output;	/* the lines; spans point into it */
	struct spans_span *v;
	size_t n, cap;
	uint64_t late;		/* ended, but had begun before */
	struct buf notes;
};

/* spans_otel.c: where recordingSpan has name, spanContext, parent and endTime. */
int spans_otel_args(struct go_process *p, uint32_t ret[SPANS_ARGS_MAX]);

/* spans_read.c: output into v and late; 0 or -errno with words. */
int spans_read(struct spans_run *r);

/* spans_print.c: 0 or -errno with words; write errors stay in f. */
int spans_write(void *run, FILE *f);

#endif
