/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_source.h - the bytes of a recording: a file that is read here and there, or a pipe */
#ifndef GOBPF_STACK_PERF_DATA_SOURCE_H
#define GOBPF_STACK_PERF_DATA_SOURCE_H

#include "base/buf.h"
#include "base/span.h"
#include "stack/lines.h"

struct pdata_source {
	struct lines *lines;
	int fd;			/* to pread() from; -1: in memory, or a pipe */
	bool pipe;		/* can only be read on: no pdata_source_at() */
	uint64_t base;		/* where in fd the recording begins */
	uint64_t size;		/* UINT64_MAX: not known, a pipe */
	uint64_t at;		/* what pdata_source_peek() gives next */
	struct buf window;	/* of fd: window_at .. + window.len */
	uint64_t window_at;
	struct buf part;	/* for pdata_source_at() */
	int copy;		/* a file of our own that fd stands for, or -1 */
};

/* Goes on where lines stands.  0, or -errno with words. */
int pdata_source_open(struct pdata_source *s, struct lines *lines);
void pdata_source_close(struct pdata_source *s);
/* A pipe becomes a temporary file, so that it can be read here and there. */
int pdata_source_spool(struct pdata_source *s);

/* [off, off+len), as much of it as there is, at most 256 MiB; valid until the next call. */
int pdata_source_at(struct pdata_source *s, uint64_t off, uint64_t len, struct span *ret);

/* At least want bytes at s->at unless the input ends before; valid until the next call. */
int pdata_source_peek(struct pdata_source *s, size_t want, struct span *ret);
/* Goes on by n bytes, at most to the end. */
int pdata_source_skip(struct pdata_source *s, uint64_t n);

#endif
