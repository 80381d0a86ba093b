/* SPDX-License-Identifier: GPL-2.0-only */
/* filter_read.h - the inputs of a filter into one profile */
#ifndef GOBPF_FILTER_READ_H
#define GOBPF_FILTER_READ_H

#include "base/buf.h"
#include "filter.h"
#include "go/recorded.h"

enum { FILTER_JOBS_MAX = 64 };

/*
 * Reads the files ("-": stdin), f->jobs at a time, and adds them up in p in their order, so that
 * the result does not depend on how many were read at once.  Adds to by the keys of labels that
 * stand at the root.  recorded, if not NULL, finds callers in recorded stacks.  What is to be known of the input is said on stderr.  0 or -errno with words.
 */
int filter_read(const struct opt_filter *f, char *const *files, int n,
		struct go_recorded *recorded, struct profile *p, struct buf *by);

#endif
