/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool has_unit(const struct value_type *t, const char *unit)
{
	return !strcmp(t->unit, unit);
}

const char *value_text(char out[NUM_LEN], const struct value_type *t, double v)
{
	if (has_unit(t, "bytes"))
		return num_bytes(out, v);
	if (has_unit(t, "nanoseconds"))
		return num_duration(out, v);
	if (v > -10000 && v < 10000 && v == (int)v)
		snprintf(out, NUM_LEN, "%.0f", v);
	else
		num_count(out, v);
	return out;
}

static void with_commas(char out[NUM_LEN], int64_t v)
{
	char digits[NUM_LEN];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, v < 0 ? -(uint64_t)v : (uint64_t)v);
	char *to = out;

	if (v < 0)
		*to++ = '-';
	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
}

const char *value_words(char out[2 * NUM_LEN], const struct value_type *t, int64_t v)
{
	char number[NUM_LEN];

	if (has_unit(t, "bytes") || has_unit(t, "nanoseconds"))
		return value_text(out, t, v);
	with_commas(number, v);
	snprintf(out, 2 * NUM_LEN, "%s %s", number, t->name);
	return out;
}

const char *value_head(const struct value_type *t)
{
	return has_unit(t, "bytes") ? "bytes" : has_unit(t, "nanoseconds") ? "time" : t->name;
}

int value_find(const struct profile *p, const char *name)
{
	for (unsigned i = 0; i < p->ntypes; i++)
		if (!p->types[i].internal && !strcmp(p->types[i].name, name))
			return i;
	for (unsigned i = 0; i < p->ntypes; i++)
		if (!p->types[i].internal && has_unit(&p->types[i], name))
			return i;
	return -1;
}

unsigned value_default(const struct profile *p)
{
	if (p->main_value < p->ntypes && !p->types[p->main_value].internal)
		return p->main_value;
	for (unsigned i = 0; i < p->ntypes; i++)
		if (!p->types[i].internal)
			return i;
	return 0;
}
