/* SPDX-License-Identifier: GPL-2.0-only */
/* Any text as /proc/PID/maps: what is found for an address holds it, paths lie in the text. */
#include <stdlib.h>
#include <string.h>

#include "input/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct maps *m, const char *text, size_t size)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct map *at = maps_at(m, m->v[i].start);

		if (at && (at->start > m->v[i].start || at->end <= m->v[i].start))
			abort();
		if (strlen(m->v[i].path) > size ||
		    (*m->v[i].path && (m->v[i].path < text || m->v[i].path >= text + size)))
			abort();
	}
	maps_at(m, 0);
	maps_at(m, UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct maps m;

	memcpy(text, data, size);
	text[size] = '\0';
	if (maps_parse(text, 1, &m))
		return 0;
	if (!m.n || m.text != text)
		abort();
	check(&m, text, size);
	maps_free(&m);
	return 0;
}
