/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any text as a number, a duration, a percentage, and as cells of a table: what reaches the
 * terminal is clean UTF-8 in lines that fit.
 */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/table.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 120, CELLS = 24 };

static void must(bool right)
{
	if (!right)
		abort();
}

static void try_numbers(const char *s)
{
	char out[NUM_LEN];
	uint64_t v;
	double d;

	if (!num_parse_u64(s, INT32_MAX, &v))
		must(v <= INT32_MAX);
	if (!num_parse_u64(s, UINT64_MAX, &v))
		must(*num_count(out, (double)v));
	if (!num_parse_duration(s, &v)) {
		must(v <= 366ull * 24 * 3600 * 1000000000);
		must(*num_duration(out, (double)v));
	}
	if (!num_parse_percent(s, &d))
		must(d >= 0 && d <= 100);
}

static void try_double(const void *bytes)
{
	char out[3][NUM_LEN];
	double d;

	memcpy(&d, bytes, sizeof(d));
	must(strlen(num_bytes(out[0], d)) < NUM_LEN && strlen(num_count(out[1], d)) < NUM_LEN &&
	     strlen(num_duration(out[2], d)) < NUM_LEN);
}

/* Each line of clean text is of characters that may be shown, and cleaning it again changes nothing. */
static void must_be_clean(const char *text)
{
	struct buf again = { 0 };
	char *copy = strdup(text);

	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
		must(utf8_columns(line) <= COLUMNS);
		buf_clear(&again);
		utf8_clean(&again, line);
		must(again.len == strlen(line) && !memcmp(again.data, line, again.len));
	}
	buf_free(&again);
	free(copy);
}

/* Words of s, each in a cell, some as a line of their own. */
static void try_table(char *s)
{
	static const struct table_column columns[] = {
		{ "count", TABLE_RIGHT }, { "function", TABLE_SHORTEN }, { "file", TABLE_SHORTEN },
	};
	char *out = NULL, *word;
	size_t len, n = 0, cells = 0;
	struct table t;
	FILE *f = open_memstream(&out, &len);

	table_init(&t, columns, ARRAY_SIZE(columns));
	while ((word = strsep(&s, "\t")) && n++ < CELLS)
		if (n % 7 == 0)
			table_line(&t, "%s", word);
		else	/* numbers are never shortened */
			table_cell(&t, cells++ % ARRAY_SIZE(columns) ? "%s" : "%.9s", word);
	must(f && !table_print(&t, f) && !fclose(f));
	must_be_clean(out);
	table_free(&t);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	memcpy(s, data, size);
	s[size] = '\0';
	try_numbers(s);
	if (size == sizeof(double))
		try_double(data);
	try_table(s);
	free(s);
	return 0;
}
