/* SPDX-License-Identifier: GPL-2.0-only */
/* smaps.h - /proc/PID/smaps: what of each mapping is in memory */
#ifndef GOBPF_INPUT_SMAPS_H
#define GOBPF_INPUT_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One mapping; amounts in bytes (fs/proc/task_mmu.c, show_smap()).  rss + swap is what was
 * touched; huge pages of hugetlbfs are not in rss.
 */
struct smap {
	uint64_t start, end;
	uint64_t offset, ino;	/* of the file; ino 0: none */
	char perms[5];		/* "rw-p" */
	const char *path;	/* "" for anonymous memory; "[vdso]" and such as they are */
	uint64_t rss, pss, anonymous, anon_huge, lazy_free, swap, hugetlb;
};

struct smaps {
	struct smap *v;
	size_t n;
	char *text;
};

/*
 * The text of such a file, NUL-terminated, malloc()ed; takes it in any case.  0 or -errno with
 * words: -ENOEXEC when there is no mapping in it.
 */
int smaps_parse(char *text, struct smaps *ret);
void smaps_free(struct smaps *s);

#endif
