/* SPDX-License-Identifier: GPL-2.0-only */
/* learnt.h - what was learnt of a bpftrace, kept for the next command */
#ifndef GOBPF_SCRIPT_LEARNT_H
#define GOBPF_SCRIPT_LEARNT_H

#include "base/buf.h"
#include "script/abilities.h"
#include "script/text.h"

/*
 * A file for each bpftrace path, in $XDG_CACHE_HOME/gobpf or ~/.cache/gobpf.  It holds for that
 * program file (device, inode, size, time of change) on that kernel.  Only what this user owns
 * and nobody else can write to is believed; as root the folder above must be root's, too.
 */

/*
 * Sets version and abilities of b, whose path is known.  Of a script that starts a bpftrace the version
 * must be known, too, and is compared.  false: nothing is known.
 */
bool learnt_load(struct bpftrace *b);

/* Is there a place to keep it? */
bool learnt_can_save(void);

/* Written aside and renamed: a reader sees the old file or the new one. 0 or -errno with words. */
int learnt_save(const struct bpftrace *b);

/*
 * The file's text: for these words that name program and kernel.  false: it is not whole, not of this
 * gobpf, or for something else; b is unchanged then.
 */
bool learnt_parse(struct part text, const char *key, struct bpftrace *b);
void learnt_print(const struct bpftrace *b, const char *key, struct buf *ret);

/* Is it a program, not a script that starts one? */
bool learnt_is_elf(const char *path);

#endif
