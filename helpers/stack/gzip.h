/* SPDX-License-Identifier: GPL-2.0-only */
/* gzip.h - bytes compressed into a file */
#ifndef GOBPF_STACK_GZIP_H
#define GOBPF_STACK_GZIP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The same bytes give the same file (RFC 1952, without name and time).  0, -ENOMEM or -EIO; write errors stay in f. */
int gzip_write(FILE *f, const uint8_t *data, size_t len);

#endif
