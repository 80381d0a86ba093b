/* SPDX-License-Identifier: GPL-2.0-only */
/* resolve_work.h - what the parts of script_resolve() share */
#ifndef GOBPF_SCRIPT_RESOLVE_WORK_H
#define GOBPF_SCRIPT_RESOLVE_WORK_H

#include "script/golang.h"
#include "script/resolve.h"

struct work {
	const struct script_request *rq;
	struct script *out;
	struct buf notes;	/* for the top of the result */
	unsigned wanted;	/* probes of the target in the script */
};

/* The specs of one probe that remain, by what they need, with their line ends. */
struct specs {
	struct buf text;
	unsigned lines;		/* line ends in it */
};

struct head {
	struct specs plain, branch;
	unsigned lines;		/* line ends before the spec at hand */
	struct golang_site site;
	bool go;		/* it has go: specs */
	const char *other;	/* and this one, that is none */
	uint64_t *seen;		/* addresses that are probed already */
	size_t nseen, seen_cap;
};

enum { NAME_MAX_LEN = 1024 };	/* of a function */

/* The list for one more spec, a comma and the line ends before it added. */
struct buf *list_for(struct head *h, bool branch);

/* Puts the probe at its place by a number; false: this bpftrace can't have it so. */
bool place_by_number(struct work *w, const char *name, const struct script_place *at, struct head *h);

/* Says in the result's top where it is. */
void note_place(struct work *w, const char *name, const char *form, uint64_t value, enum script_place_kind kind);

/* "go:NAME" or "goreturn:NAME": 0 or -errno with words */
int golang_spec(struct work *w, const struct text_spec *s, struct head *h);

/* Is it "uprobe:$1:..." or the like? */
bool probes_target(const struct text_spec *s);

/* Adds the probe to the text, its specs placed. 0 or -errno with words. */
int add_probe(struct work *w, const struct text_item *item);

#endif
