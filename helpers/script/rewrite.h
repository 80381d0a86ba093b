/* SPDX-License-Identifier: GPL-2.0-only */
/* rewrite.h - a run of bpftrace text with the arguments filled in */
#ifndef GOBPF_SCRIPT_REWRITE_H
#define GOBPF_SCRIPT_REWRITE_H

#include "script/resolve.h"

/*
 * Adds `run' to out: $N, $# and str($N) become literals; with rq->raw_stacks
 * ustack and usym() become their forms that print addresses.  Comments and
 * strings stay as they are.  0, or -EINVAL with words: an argument that is
 * not a number where one is needed.
 */
int rewrite(const struct script_request *rq, struct part run, struct buf *out);

/* The same of a probe's spec, which is no expression: $N and $# only. */
int rewrite_spec(const struct script_request *rq, struct part spec, struct buf *out);

/* The N of the last $N that the text uses; UINT_MAX when it counts them by $#. */
unsigned rewrite_last(struct part text);

#endif
