/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/smaps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

static bool parse_head(char *line, struct smap *ret)
{
	struct smap m = { 0 };
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &m.start, &m.end,
		   m.perms, &m.offset, &m.ino, &path) < 5 ||
	    m.start >= m.end)
		return false;
	m.path = path ? line + path : "";
	*ret = m;
	return true;
}

/* "Rss:                 123 kB" */
static void parse_field(const char *line, struct smap *m)
{
	const struct {
		const char *key;
		uint64_t *to;
	} fields[] = {
		{ "Rss:", &m->rss },
		{ "Pss:", &m->pss },
		{ "Anonymous:", &m->anonymous },
		{ "LazyFree:", &m->lazy_free },
		{ "AnonHugePages:", &m->anon_huge },
		{ "Shared_Hugetlb:", &m->hugetlb },
		{ "Private_Hugetlb:", &m->hugetlb },
		{ "Swap:", &m->swap },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t n = strlen(fields[i].key);
		uint64_t kib;

		if (strncmp(line, fields[i].key, n) != 0)
			continue;
		kib = strtoull(line + n, NULL, 10);
		/* more than an address space holds is nonsense; sums of the rest can't overflow soon */
		if (kib < 1ull << 40)
			*fields[i].to += kib * 1024;
		return;
	}
}

int smaps_parse(char *text, struct smaps *ret)
{
	struct smaps s = { .text = text };
	size_t cap = 0;

	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (line[0] >= 'A' && line[0] <= 'Z') {
			if (s.n)
				parse_field(line, &s.v[s.n - 1]);
			continue;
		}
		if (!ARRAY_ROOM(s.v, s.n, cap)) {
			smaps_free(&s);
			return err_sys(ENOMEM, "reading smaps");
		}
		if (parse_head(line, &s.v[s.n]))
			s.n++;
	}
	if (!s.n) {
		smaps_free(&s);
		return err_set(ENOEXEC, "the kernel says of no mapping what is in memory");
	}
	*ret = s;
	return 0;
}

void smaps_free(struct smaps *s)
{
	free(s->v);
	free(s->text);
	*s = (struct smaps){ 0 };
}
