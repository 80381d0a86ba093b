/* SPDX-License-Identifier: GPL-2.0-only */
/* abilities.h - each ability that can be tried, to be gone through */
#ifndef GOBPF_SCRIPT_ABILITIES_H
#define GOBPF_SCRIPT_ABILITIES_H

#include <stddef.h>

#include "script/bpftrace.h"

struct ability {
	const char *name;	/* the field's; [a-z_]+ */
	const char *words;	/* "an address as a place" */
	size_t at;		/* where its bool is in struct bpftrace_abilities */
};

#define ABILITIES 8
extern const struct ability abilities[ABILITIES];

static inline bool *ability_of(struct bpftrace_abilities *can, const struct ability *a)
{
	return (bool *)((char *)can + a->at);
}

/* The names in the environment go with the names in config. */
void abilities_set_names(struct bpftrace_abilities *can);

#endif
