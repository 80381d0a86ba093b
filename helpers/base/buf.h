/* SPDX-License-Identifier: GPL-2.0-only */
/* buf.h - a growing run of bytes */
#ifndef GOBPF_BASE_BUF_H
#define GOBPF_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Zero-initialise.  data is always NUL-terminated behind len once anything was
 * added.  When memory runs out, `failed` is set and stays set: add everything,
 * check once.
 */
struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

void buf_free(struct buf *b);		/* back to zero */
void buf_clear(struct buf *b);		/* empty, memory kept */
void buf_add(struct buf *b, const void *p, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As buf_printf(), a whole line. */
void buf_line(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for extra bytes; returns where they begin, or NULL when out of memory. */
char *buf_room(struct buf *b, size_t extra);
/* What follows position `from` of the whole file descriptor; 0 or -errno. limit in bytes, -EFBIG beyond. */
int buf_read_fd(struct buf *b, int fd, size_t limit);
/* The whole of a (small) file such as /proc/PID/maps; 0 or -errno, no words. */
int buf_read_file(struct buf *b, const char *path, size_t limit);

/* Grows an array: ARRAY_ROOM(v, n, cap) makes sure that v[n] exists; false when out of memory. */
bool array_room(void *pv, size_t n, size_t *cap, size_t size);
#define ARRAY_ROOM(v, n, cap) array_room(&(v), (n), &(cap), sizeof(*(v)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
