/* SPDX-License-Identifier: GPL-2.0-only */
/* globals_sources.h - the table of globals.c */
#ifndef GOBPF_GO_GLOBALS_SOURCES_H
#define GOBPF_GO_GLOBALS_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "go/globals.h"

/* How an instruction refers to the variable. */
enum shape {
	SHAPE_LOAD,		/* mov from it */
	SHAPE_STORE,		/* mov to it */
	SHAPE_LEA,		/* its address is taken */
	SHAPE_CMP,		/* cmp with it */
};

/* A function that refers to a variable. */
struct source {
	uint8_t from, to;	/* Go versions */
	uint8_t global;
	const char *func;
	uint8_t shape;
	uint8_t size;		/* bytes that are accessed, of SHAPE_LEA 8 */
	const char *field;	/* of the variable's structure, NULL: .. */
	uint8_t offset;		/* .. this far inside it */
	bool not;		/* refers to another variable so, and not to this */
};

extern const struct source global_sources[];
extern const size_t n_global_sources;

#endif
