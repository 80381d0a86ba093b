/* SPDX-License-Identifier: GPL-2.0-only */
/* table.h - the one table printer */
#ifndef GOBPF_BASE_TABLE_H
#define GOBPF_BASE_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"

enum table_flag {
	TABLE_RIGHT = 1,	/* right-aligned: numbers */
	TABLE_SHORTEN = 2,	/* may be shortened, in the middle, when the line gets too long */
};

struct table_column {
	const char *head;	/* with the unit: "bytes/s" */
	unsigned flags;		/* enum table_flag */
};

/*
 * Rows are gathered and printed at once, so that columns are as wide as their
 * widest cell and the line fits the terminal (80 to 120 columns; 100 when out
 * is no terminal and COLUMNS is not set).  Control characters and bytes that
 * are not UTF-8 never reach the terminal as they are.  The head is bold and
 * lines under a row are dim on a terminal, unless NO_COLOR is set.
 */
struct table {
	const struct table_column *columns;
	unsigned ncolumns;
	struct buf text;
	struct table_row {
		size_t first;	/* cells[first ..]; one for a line, else ncolumns */
		bool line;
	} *rows;
	size_t nrows, rows_cap;
	size_t *cells;		/* where in text each begins */
	size_t ncells, cells_cap;
	bool failed;
};

void table_init(struct table *t, const struct table_column *columns, unsigned ncolumns);
void table_free(struct table *t);

/* The next cell, row by row. */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A whole line under the row just finished, indented; shortened at its end. */
void table_line(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* 0 or -ENOMEM (also for what failed before); write errors stay in out for its owner. */
int table_print(const struct table *t, FILE *out);

/* How wide lines should be. */
unsigned term_columns(FILE *out);

#endif
