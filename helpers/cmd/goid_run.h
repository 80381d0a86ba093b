/* SPDX-License-Identifier: GPL-2.0-only */
/* goid_run.h - one run of gobpf goid: what was found, and how to print it */
#ifndef GOBPF_CMD_GOID_RUN_H
#define GOBPF_CMD_GOID_RUN_H

#include <stdio.h>

#include "go/current.h"
#include "go/layout.h"

enum goid_kind {
	GOID_FIELD,		/* value is an offset */
	GOID_VARIABLE,		/* value is an address: in the file, or in the process */
};

struct goid_value {
	enum goid_kind kind;
	bool known;		/* else `source' says why not */
	char name[80];		/* "runtime.g.goid" */
	uint64_t value;
	uint32_t size;		/* of a field, bytes */
	char source[160];
};

struct goid_run {
	const char *object;	/* as the user wrote it */
	bool live;
	const struct go_file *go;
	uint64_t bias;
	struct go_current current;
	struct goid_value *v;	/* fields first */
	size_t n, cap;
};

/* goid_print.c: 0 or -errno with words; write errors stay in f */
int goid_text(const struct goid_run *r, FILE *f);
int goid_json(const struct goid_run *r, FILE *f);
/* "-D NAME=VALUE", one a line: the shell makes words of them */
int goid_define(const struct goid_run *r, FILE *f);
/* "#define NAME VALUE" with the source as a comment */
int goid_header(const struct goid_run *r, FILE *f);

#endif
