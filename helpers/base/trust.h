/* SPDX-License-Identifier: GPL-2.0-only */
/* trust.h - what root may run: only what nobody but root could have put there */
#ifndef GOBPF_BASE_TRUST_H
#define GOBPF_BASE_TRUST_H

#include <limits.h>

/*
 * Resolves path, symbolic links and all.  As root, what comes out and every folder
 * above it must belong to root, and neither a group nor everybody may write to them.
 * A folder where everybody may write but rename only what is his (sticky, as /tmp)
 * is no way to move a folder of root's, so it may stand above one, but not right
 * above a file: there others could place links to root's files.
 *
 * 0, or -errno with words that say what is wrong with which of them: EPERM (not
 * trusted), or what resolving it gave.
 */
int trust_resolve(const char *path, char ret[PATH_MAX]);

#endif
