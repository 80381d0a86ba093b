/* SPDX-License-Identifier: GPL-2.0-only */
/* bt_near.c - functions whose names are near one that was misspelt */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "bt_golang.h"

enum { NEAR_MAX = 3, NAME_LEN_MAX = 160 };

/* Edit distance, but no more than limit: rows are left as soon as all of one is beyond it. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m, unsigned limit)
{
	unsigned row[NAME_LEN_MAX + 1];

	if (n > NAME_LEN_MAX || m > NAME_LEN_MAX || (n > m ? n - m : m - n) >= limit)
		return limit;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0], least = row[0] = i;

		for (size_t j = 1; j <= m; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			best = row[j] + 1 < best ? row[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			row[j] = best;
			least = best < least ? best : least;
		}
		if (least >= limit)
			return limit;
	}
	return row[m] < limit ? row[m] : limit;
}

/* "serve" of "net/http.(*conn).serve" */
static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot[1] ? dot + 1 : name;
}

struct near {
	const char *name;
	unsigned distance;
};

static void consider(struct near v[NEAR_MAX], const char *name, unsigned d)
{
	size_t i = NEAR_MAX;

	for (size_t k = 0; k < NEAR_MAX; k++)
		if (v[k].name && !strcmp(v[k].name, name))
			return;
	while (i && d < v[i - 1].distance)
		i--;
	if (i == NEAR_MAX)
		return;
	memmove(v + i + 1, v + i, (NEAR_MAX - i - 1) * sizeof(*v));
	v[i] = (struct near){ name, d };
}

/* One that ends alike is nearer than its letters say: people forget the package, or the star. */
void bt_near(const struct go_file *g, const char *name, char ret[BT_NEAR_WORDS])
{
	const char *last = last_part(name);
	size_t len = strlen(name), n = 0;
	unsigned limit = len / 3 + 2;
	struct near v[NEAR_MAX];

	for (size_t i = 0; i < NEAR_MAX; i++)
		v[i] = (struct near){ NULL, limit };
	for (uint32_t i = 0; i < g->nfunc; i++) {
		struct go_func f;
		bool alike;
		unsigned d;

		if (!go_func_nth(g, i, &f))
			continue;
		alike = !strcasecmp(last_part(f.name), last);
		d = distance(name, len, f.name, strlen(f.name), alike ? NAME_LEN_MAX : v[NEAR_MAX - 1].distance);
		consider(v, f.name, alike ? d / 8 : d);
	}
	ret[0] = '\0';
	for (size_t i = 0; i < NEAR_MAX && v[i].name && n < BT_NEAR_WORDS; i++)
		n += snprintf(ret + n, BT_NEAR_WORDS - n, "%s%s", i ? ", " : "", v[i].name);
}
