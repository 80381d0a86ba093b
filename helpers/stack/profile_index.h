/* SPDX-License-Identifier: GPL-2.0-only */
/* profile_index.h - what profile*.c keep to find things again; private to them */
#ifndef GOBPF_STACK_PROFILE_INDEX_H
#define GOBPF_STACK_PROFILE_INDEX_H

#include "stack/idmap.h"
#include "stack/profile.h"

enum { CHUNK_SIZE = 64 << 10, RECENT = 1 << 10 };

struct chunk {
	struct chunk *next;
	size_t size, used;
	char data[];
};

/* A frame of a symbolised pc, and what the symboliser says about showing it. */
struct pc_frame {
	uint32_t id;
	bool hide, hide_leaf;
};

/* A symbolised pc: pc_frames[first .. first+n). */
struct pc_entry {
	const void *ctx;
	uint64_t pc;
	uint32_t flags;
	uint32_t n;
	size_t first;
};

struct profile_index {
	struct idmap by_string, by_frame, by_stack, by_pc, by_labels;

	struct chunk *chunks;
	/* where texts came from lately, and what they were: frames of one function share theirs */
	struct {
		const char *from, *text;
	} recent[RECENT];
	const char **strings;
	size_t nstrings, strings_cap;

	/* set of labels id: labels[sets[id - 1].first ..) */
	struct label *labels;
	size_t nlabels, labels_cap;
	struct label_set {
		uint32_t first, n;
	} *sets;
	size_t nsets, sets_cap;

	struct pc_entry *pcs;
	size_t npcs, pcs_cap;
	struct pc_frame *pc_frames;
	size_t npc_frames, pc_frames_cap;

	uint32_t *scratch;
	size_t scratch_cap;
};

/* The same text gives the same pointer; NULL: out of memory. */
const char *profile_intern(struct profile_index *x, const char *s);

/* What by_stack finds a stack by. */
uint64_t profile_stack_hash(const uint32_t *ids, size_t n, uint32_t labels);
/* The sample of the stack, which is from 1 to STACK_DEPTH frames deep; a new one has no values. */
int profile_add_hashed(struct profile *p, uint64_t hash, const uint32_t *ids, size_t n,
		       uint32_t labels, uint32_t *ret_sample);

#endif
