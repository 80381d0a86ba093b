/* SPDX-License-Identifier: GPL-2.0-only */
/* program.h - programs of others that are run */
#ifndef GOBPF_SCRIPT_PROGRAM_H
#define GOBPF_SCRIPT_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"

/*
 * The first of that name in $PATH; as root only one that nobody but root could have put there.
 * A relative entry of $PATH is never used: it means another program in each folder.
 */
bool program_find(const char *name, char ret[PATH_MAX]);

/* The output of `PROGRAM --version'; 0 or -errno with words. */
int program_version(const char *path, struct buf *ret);

#endif
