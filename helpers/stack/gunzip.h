/* SPDX-License-Identifier: GPL-2.0-only */
/* gunzip.h - gzipped input, a part at a time */
#ifndef GOBPF_STACK_GUNZIP_H
#define GOBPF_STACK_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the packed bytes come from: as read(2), 0 at the end, -errno on failure. */
typedef ssize_t gunzip_source(void *arg, void *buf, size_t n);

/*
 * Any number of gzip members one behind the other (RFC 1952), zeroes behind the
 * last as tar and tapes leave them.  Memory does not depend on the data.
 */
struct gunzip;

enum { GUNZIP_HEAD = 3 };	/* bytes that tell */

/* Do these bytes begin a gzip member? */
bool gunzip_match(const void *head, size_t len);
/* head: the bytes that were read from the source already. NULL: out of memory. */
struct gunzip *gunzip_new(const void *head, size_t len, gunzip_source *source, void *arg);
void gunzip_free(struct gunzip *g);

/*
 * As read(2), but -errno on failure: -EBADMSG when the data is damaged, so that what was
 * unpacked can't be relied on either.  Data that breaks off, or that something else follows,
 * ends there and *ret_broken says so; else it is not touched.
 */
ssize_t gunzip_read(struct gunzip *g, void *buf, size_t n, const char **ret_broken);

#endif
