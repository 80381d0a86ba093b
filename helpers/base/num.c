/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

int num_parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	int base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	unsigned long long v;
	char *end;

	if (!isxdigit((unsigned char)s[0]))
		return err_set(EINVAL, "'%s' is not a number", s);
	errno = 0;
	v = strtoull(s, &end, base);
	if (*end)
		return err_set(EINVAL, "'%s' is not a number", s);
	if (errno || v > max)
		return err_set(EINVAL, "'%s' is too large (at most %llu)", s,
			       (unsigned long long)max);
	*ret = v;
	return 0;
}

/* strtod takes "inf", "nan" and hex floats, which nobody means on a command line. */
static int parse_plain_double(const char *s, double *ret, const char **end)
{
	char *e;

	if (!isdigit((unsigned char)s[0]) && !(s[0] == '.' && isdigit((unsigned char)s[1])))
		return -EINVAL;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return -EINVAL;
	*ret = strtod(s, &e);
	*end = e;
	return 0;
}

int num_parse_duration(const char *s, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {
		{ "", 1e9 },  { "ns", 1 },   { "us", 1e3 }, { "µs", 1e3 }, { "ms", 1e6 },
		{ "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
	};
	const char *end;
	double v;

	if (parse_plain_double(s, &v, &end))
		return err_set(EINVAL, "'%s' is not a duration (try 30s, 500ms, 2m)", s);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (!(v * units[i].ns <= 366 * 24 * 3600e9))
			return err_set(EINVAL, "'%s' is too long a duration (at most a year)", s);
		*ret_ns = (uint64_t)(v * units[i].ns);
		return 0;
	}
	return err_set(EINVAL, "'%s' is not a duration (try 30s, 500ms, 2m)", s);
}

int num_parse_bytes(const char *s, uint64_t *ret)
{
	static const struct {
		const char *unit;
		double bytes;
	} units[] = {
		{ "", 1 },	   { "B", 1 },	       { "k", 0x1p10 },	  { "K", 0x1p10 },
		{ "KiB", 0x1p10 }, { "m", 0x1p20 },    { "M", 0x1p20 },	  { "MiB", 0x1p20 },
		{ "g", 0x1p30 },   { "G", 0x1p30 },    { "GiB", 0x1p30 }, { "t", 0x1p40 },
		{ "T", 0x1p40 },   { "TiB", 0x1p40 },
	};
	const char *end;
	double v;

	if (parse_plain_double(s, &v, &end))
		return err_set(EINVAL, "'%s' is not a size (try 512KiB, 128MiB, 1GiB)", s);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (!(v * units[i].bytes < 0x1p63))
			return err_set(EINVAL, "'%s' is too large a size", s);
		*ret = (uint64_t)(v * units[i].bytes);
		return 0;
	}
	return err_set(EINVAL, "'%s' is not a size (try 512KiB, 128MiB, 1GiB)", s);
}

int num_parse_percent(const char *s, double *ret)
{
	const char *end;
	double v;

	if (parse_plain_double(s, &v, &end) || (strcmp(end, "%") && *end) || !(v <= 100))
		return err_set(EINVAL, "'%s' is not a percentage from 0 to 100", s);
	*ret = v;
	return 0;
}

static const char *scaled(char out[NUM_LEN], double v, double step, const char *const *units,
			  int n)
{
	int i = 0;

	while (i < n - 1 && fabs(v) >= step * 0.9995) {
		v /= step;
		i++;
	}
	snprintf(out, NUM_LEN, "%.*f%s", i == 0 || fabs(v) >= 99.95 ? 0 : fabs(v) >= 9.995 ? 1 : 2,
		 v, units[i]);
	return out;
}

const char *num_bytes(char out[NUM_LEN], double v)
{
	static const char *const units[] = { " B", " KiB", " MiB", " GiB", " TiB", " PiB" };

	return scaled(out, v, 1024, units, ARRAY_SIZE(units));
}

const char *num_count(char out[NUM_LEN], double v)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };

	if (fabs(v) < 9.995 && v != floor(v)) {
		snprintf(out, NUM_LEN, "%.2g", v);
		return out;
	}
	return scaled(out, v, 1000, units, ARRAY_SIZE(units));
}

const char *num_duration(char out[NUM_LEN], double ns)
{
	static const char *const units[] = { " ns", " µs", " ms", " s" };

	return scaled(out, ns, 1000, units, ARRAY_SIZE(units));
}

uint64_t num_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
