/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_run.h - what the files of gobpf goroutines share */
#ifndef GOBPF_CMD_GOROUTINES_RUN_H
#define GOBPF_CMD_GOROUTINES_RUN_H

#include <regex.h>

#include "go/goroutines.h"
#include "go/waits.h"
#include "live.h"
#include "stack/idmap.h"
#include "stack/profile.h"

/* Goroutines in the same state with the same stack and creator: a sample of the profile, by its number. */
struct g_group {
	uint32_t example;		/* gs.v[example] is one of them: the one waiting longest */
	uint32_t last;			/* the newest, by goid */
	uint32_t n, unknown_wait;	/* unknown_wait: of how many it is not known how long they wait at least */
	uint32_t before;		/* how many they were at the reading before */
	uint32_t first;			/* run.members[first .. first + n) */
	uint64_t least_wait_ns, most_wait_ns;	/* of what they wait at least */
	uint64_t bound_ns;		/* none waits longer than this; UINT64_MAX: not known */
};

/* Goroutines that are alike in what was read of them, before names are known. */
struct g_kind {
	uint64_t gopc, startpc;
	uint32_t stack, sample;		/* sample: the group they are in */
	uint32_t label_set;		/* 0 unless labels tell groups apart */
	uint8_t status, reason, stack_state, from;
	bool system;
};

enum { LABELS_ASKED = 16 };

struct g_run {
	struct live live;
	/* which goroutines: NULL, 0: all */
	const char *state, *reason, *match;
	const char *labels[LABELS_ASKED];
	unsigned nlabels;
	uint64_t goid;
	bool system, full, no_sample;
	bool labels_in_dumps;		/* the program's own dumps have them */
	const char *by;			/* key of the label that tells groups apart, NULL: none */
	bool by_labels;			/* all labels do: the format shows them */
	regex_t match_regex;

	struct go_g_reader reader;
	struct symboliser symboliser;
	struct go_goroutines gs;
	struct go_waits waits;
	size_t user, system_n;		/* how many are whose */

	struct profile profile;		/* of the chosen ones; kept from reading to reading */
	struct g_group *groups;		/* as profile.samples */
	size_t groups_cap;
	uint32_t *group_of;		/* gs.v[i]: its group; G_NOT_CHOSEN */
	uint32_t *members;		/* numbers of the chosen ones, group by group */
	struct g_kind *kinds;
	size_t nkinds, kinds_cap;
	struct idmap by_kind;
};
#define G_NOT_CHOSEN UINT32_MAX

/* All goroutines of gs into groups; 0 or -errno with words. */
int g_group(struct g_run *run);

/* "chan receive", "running", "syscall": what a crash dump says between brackets. */
const char *g_state(struct g_run *run, const struct goroutine *g);

/* For how long it has been waiting at least, ns; 0: not known.  *ret_bound: and at most; UINT64_MAX: not known. */
uint64_t g_waited_ns(const struct g_run *run, const struct goroutine *g, uint64_t *ret_bound);

/* Why there is no stack, or not the whole, in words; NULL: nothing is missing. */
const char *g_stack_words(const struct goroutine *g);

/* Where its stack begins was found so, in words. */
const char *g_from_words(const struct goroutine *g);

/* The frame of the go statement that made it; false: none is known. Valid until the next call. */
bool g_created_by(struct g_run *run, const struct goroutine *g, struct frame *ret);

/* The value of the label run->by: "-" when it has none of that key, "?" when its labels are not known. */
const char *g_by_value(const struct g_run *run, const struct goroutine *g);

/* The writers: 0 or -errno with words. */
int g_print_table(struct g_run *run, FILE *f);
int g_print_full(struct g_run *run, FILE *f);
int g_print_json(struct g_run *run, FILE *f);

#endif
