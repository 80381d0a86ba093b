/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/cgroup_memory.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "input/keyed.h"

/* A v1 limit that was never set is the largest multiple of a page: close to 2^63. */
#define V1_NO_LIMIT (1ull << 62)

/* Where a number of struct cgroup_memory comes from. */
struct source {
	size_t to;
	const char *file, *key;	/* key NULL: the file is the number */
};

#define TO(field) offsetof(struct cgroup_memory, field)
static const struct source v1[] = {
	{ TO(current), "memory.usage_in_bytes", NULL },
	{ TO(peak), "memory.max_usage_in_bytes", NULL },
	{ TO(max), "memory.limit_in_bytes", NULL },
	{ TO(swap), "memory.stat", "total_swap" },
	{ TO(anon), "memory.stat", "total_rss" },
	{ TO(file), "memory.stat", "total_cache" },
	{ TO(shmem), "memory.stat", "total_shmem" },
	{ TO(mapped), "memory.stat", "total_mapped_file" },
	{ TO(inactive_file), "memory.stat", "total_inactive_file" },
	{ TO(kernel), "memory.kmem.usage_in_bytes", NULL },
	{ TO(at_max), "memory.failcnt", NULL },
	{ TO(oom_kills), "memory.oom_control", "oom_kill" },
	{ 0 },
};
static const struct source v2[] = {
	{ TO(current), "memory.current", NULL },
	{ TO(peak), "memory.peak", NULL },
	{ TO(high), "memory.high", NULL },
	{ TO(max), "memory.max", NULL },
	{ TO(swap), "memory.swap.current", NULL },
	{ TO(swap_max), "memory.swap.max", NULL },
	{ TO(anon), "memory.stat", "anon" },
	{ TO(file), "memory.stat", "file" },
	{ TO(shmem), "memory.stat", "shmem" },
	{ TO(mapped), "memory.stat", "file_mapped" },
	{ TO(inactive_file), "memory.stat", "inactive_file" },
	{ TO(kernel), "memory.stat", "kernel" },
	{ TO(reclaimable), "memory.stat", "slab_reclaimable" },
	{ TO(at_high), "memory.events", "high" },
	{ TO(at_max), "memory.events", "max" },
	{ TO(ooms), "memory.events", "oom" },
	{ TO(oom_kills), "memory.events", "oom_kill" },
	{ 0 },
};
#undef TO

static uint64_t whole_number(const char *text)
{
	char *end;
	uint64_t v;

	if (!strncmp(text, "max", 3))
		return CGROUP_NO_LIMIT;
	if (*text < '0' || *text > '9')
		return CGROUP_UNKNOWN;
	v = strtoull(text, &end, 10);
	return *end && *end != '\n' ? CGROUP_UNKNOWN : v > CGROUP_NO_LIMIT ? CGROUP_NO_LIMIT : v;
}

/* Each file is read once, so that its numbers are of one moment: sources of the same stand together. */
static bool read_sources(const struct source *from, cgroup_reader *read, void *ctx, struct cgroup_memory *ret)
{
	char *text = NULL;
	const char *file = "";
	bool any = false;

	for (; from->file; from++) {
		uint64_t *to = (uint64_t *)(void *)((char *)ret + from->to);

		if (strcmp(file, from->file) != 0) {
			free(text);
			file = from->file;
			if (read(ctx, file, &text))
				text = NULL;
		}
		*to = CGROUP_UNKNOWN;
		if (!text)
			continue;
		any = true;
		if (!from->key)
			*to = whole_number(text);
		else
			keyed_word(text, from->key, to);
	}
	free(text);
	return any;
}

static void pressure_line(const char *text, const char *word, struct cgroup_pressure *ret)
{
	const char *at = strstr(text, word);
	struct cgroup_pressure p = { .known = true };
	unsigned long long total;

	*ret = (struct cgroup_pressure){ 0 };
	if (!at || sscanf(at + strlen(word), " avg10=%lf avg60=%lf avg300=%lf total=%llu", &p.avg10, &p.avg60,
			  &p.avg300, &total) != 4)
		return;
	p.total_us = total;
	*ret = p;
}

void cgroup_pressure_parse(const char *text, struct cgroup_pressure *some, struct cgroup_pressure *full)
{
	pressure_line(text, "some", some);
	pressure_line(text, "full", full);
}

/*
 * A limit of memory and swap together (Docker sets it to that of memory) is met before that of
 * memory is, and counts for itself.
 */
static void add_memsw(cgroup_reader *read, void *ctx, struct cgroup_memory *m)
{
	uint64_t more;
	char *text;

	if (read(ctx, "memory.memsw.failcnt", &text))
		return;
	more = whole_number(text);
	if (m->at_max < CGROUP_NO_LIMIT && more < CGROUP_NO_LIMIT)
		m->at_max += more;
	free(text);
	/* Linux 6.18 doesn't count them: nobody is killed without a hit */
	if (!m->at_max && m->oom_kills && m->oom_kills != CGROUP_UNKNOWN)
		m->at_max = CGROUP_UNKNOWN;
}

bool cgroup_memory_read(int version, cgroup_reader *read, void *ctx, struct cgroup_memory *ret)
{
	struct cgroup_memory m = { .high = CGROUP_UNKNOWN, .swap_max = CGROUP_UNKNOWN,
				   .reclaimable = CGROUP_UNKNOWN, .at_high = CGROUP_UNKNOWN,
				   .ooms = CGROUP_UNKNOWN };
	bool any = read_sources(version == 1 ? v1 : v2, read, ctx, &m);
	char *text;

	/* the root of v2 has a memory.stat and no more */
	if (!any || m.current == CGROUP_UNKNOWN)
		return false;
	if (version == 1 && m.max != CGROUP_UNKNOWN && m.max >= V1_NO_LIMIT)
		m.max = CGROUP_NO_LIMIT;
	if (version == 1)
		add_memsw(read, ctx, &m);
	if (version == 2 && !read(ctx, "memory.pressure", &text)) {
		cgroup_pressure_parse(text, &m.some, &m.full);
		free(text);
	}
	*ret = m;
	return true;
}
