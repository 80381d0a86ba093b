/* SPDX-License-Identifier: GPL-2.0-only */
/* lines.h - text of any length, line by line, in memory no larger than its longest line */
#ifndef GOBPF_STACK_LINES_H
#define GOBPF_STACK_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_MAX_BYTES = 64 << 20 };

struct lines {
	const char *name;	/* of the input, in messages */
	int fd;			/* -1: all of it is in memory */
	char *data;
	size_t start, end, cap;
	bool eof;
	bool cut;		/* the line given last had no end: nothing follows */
	uint64_t number;	/* of the line given last, from 1 */
	uint64_t taken;		/* by lines_take() */
	uint64_t bytes;		/* read so far, as they are in the file */
	bool looked;		/* is it gzipped? */
	struct gunzip *gunzip;
	const char *broken;	/* the input ended before its time: why; NULL: it did not */
	/* may be set behind lines_open(): called after each read */
	void (*on_read)(void *arg, uint64_t bytes);
	void *arg;
};

/*
 * The descriptor stays the caller's. name must outlive l.  Gzipped input is read as what
 * it holds; when it breaks off, what came of its last line is dropped.
 */
void lines_open(struct lines *l, int fd, const char *name);
/* Reads a copy of data. 0 or -ENOMEM. */
int lines_open_mem(struct lines *l, const void *data, size_t len, const char *name);
void lines_close(struct lines *l);

/*
 * The next line without its end ("\n" or "\r\n"), NUL-terminated and free to
 * be changed; valid until the next call.  1, 0 at the end, or -errno with
 * words (EFBIG: a line longer than LINE_MAX_BYTES).
 */
int lines_next(struct lines *l, char **ret, size_t *ret_len);

/*
 * The next n bytes as they are, for binary formats; valid until the next call and
 * free to be changed.  1, 0 when the input ends before them (nothing is consumed), or -errno
 * with words.
 */
int lines_take(struct lines *l, size_t n, char **ret);

/* What comes next, at least want bytes unless the input ends before; not consumed. 0 or -errno with words. */
int lines_peek(struct lines *l, size_t want, const char **ret, size_t *ret_len);

#endif
