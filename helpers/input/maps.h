/* SPDX-License-Identifier: GPL-2.0-only */
/* maps.h - /proc/PID/maps */
#ifndef GOBPF_INPUT_MAPS_H
#define GOBPF_INPUT_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct map {
	uint64_t start, end;
	uint64_t offset;	/* in the file */
	uint64_t ino;		/* of the file, 0: none */
	bool exec;
	const char *path;	/* "" for anonymous memory; "[vdso]" and such as they are */
	bool write;
};

struct maps {
	struct map *v;
	size_t n;
	char *text;
};

/* 0 or -errno with words. */
int maps_read(pid_t pid, struct maps *ret);
/* The same from the text of such a file, NUL-terminated, malloc()ed; takes it in any case. Of whom is for words. */
int maps_parse(char *text, pid_t pid, struct maps *ret);
void maps_free(struct maps *m);
/* The mapping that holds addr, or NULL. */
const struct map *maps_at(const struct maps *m, uint64_t addr);

#endif
