/* SPDX-License-Identifier: GPL-2.0-only */
/* symtext.h - addresses of functions as text: /proc/kallsyms, and perf-PID.map of compilers at run time */
#ifndef GOBPF_INPUT_SYMTEXT_H
#define GOBPF_INPUT_SYMTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symtext_row {
	uint64_t addr, size;	/* size 0: up to the next one */
	char *name;		/* "": no function */
};

struct symtext {
	struct symtext_row *v;	/* by address */
	size_t n;
	char *text;
};

/*
 * /proc/kallsyms (kernel/kallsyms.c, s_show: "ffffffff81000000 T _text", a module's name behind in
 * brackets).  0, or -errno: -EACCES when the kernel shows no addresses (kptr_restrict).
 */
int symtext_kernel(struct symtext *ret);
/*
 * "7f12c0a0 1f name", hexadecimal start and size (Linux: tools/perf/Documentation/jit-interface.txt).
 * Only a regular file is opened.  0 or -errno.
 */
int symtext_jit(const char *path, struct symtext *ret);
void symtext_free(struct symtext *s);

/* The function that holds addr, or NULL. */
const struct symtext_row *symtext_at(const struct symtext *s, uint64_t addr);
/* Does a function of that name begin there? */
bool symtext_has(const struct symtext *s, const char *name, uint64_t addr);

#endif
