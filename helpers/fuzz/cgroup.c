/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any texts as /proc/PID/cgroup and, behind a NUL, /proc/self/mountinfo, and the first as
 * everything else that is read of cgroups: what is found stays below the mount.
 */
#include <stdlib.h>
#include <string.h>

#include "input/cgroup.h"
#include "input/keyed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keys(const char *text)
{
	uint64_t v;

	keyed_word(text, "anon", &v);
	keyed_number(text, "VmRSS", &v);
	keyed_limit(text, "Max data size", &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 2);
	struct cgroup *c = calloc(1, sizeof(*c));

	memcpy(text, data, size);
	keys(text);
	if (!cgroup_find(text, text + strlen(text) + (strlen(text) < size), c)) {
		if ((c->version != 1 && c->version != 2) || c->levels > PATH_MAX)
			abort();
		if (strlen(c->dir) >= sizeof(c->dir) || strlen(c->path) >= sizeof(c->path))
			abort();
	}
	free(text);
	free(c);
	return 0;
}
