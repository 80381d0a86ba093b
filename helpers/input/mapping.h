/* SPDX-License-Identifier: GPL-2.0-only */
/* mapping.h - a file in memory that somebody may change meanwhile */
#ifndef GOBPF_INPUT_MAPPING_H
#define GOBPF_INPUT_MAPPING_H

#include "base/span.h"

/*
 * Maps len bytes of a file for reading (privately: nothing written to them gets
 * into the file).  A NUL follows the last one.  What the file loses while it is
 * mapped reads as zeroes instead of ending this program: for that a handler of
 * SIGBUS is installed with the first mapping, unless the program has one already.
 * At most 64 mappings at a time are guarded in this way.
 *
 * 0, or -errno without words.
 */
int mapping_open(int fd, size_t len, struct span *ret);
void mapping_close(struct span *s);

#endif
