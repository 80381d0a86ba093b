/* SPDX-License-Identifier: GPL-2.0-only */
/* profile.h - stacks with weights: what every engine ends in and every renderer starts from */
#ifndef GOBPF_STACK_PROFILE_H
#define GOBPF_STACK_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_VALUES 8	/* values per sample, at most */
#define STACK_DEPTH    1024	/* frames per stack, at most; deeper ones are cut at the root end and counted in `cut` */

enum frame_flag {
	FRAME_INLINED = 1,	/* was inlined into the next frame (its caller), shares its addr */
	FRAME_KERNEL = 2,
	FRAME_UNKNOWN = 4,	/* func is only an address in words */
	FRAME_WRAPPER = 8,	/* made by the compiler: left out of stacks, unless nothing else is there */
	FRAME_RETURN = 16,	/* addr is a return address: the call is before it (raw input only) */
};

/* One logical frame, as pprof shows it. Strings belong to whoever made it; the profile copies. */
struct frame {
	const char *func;	/* never NULL: "main.(*T).f", "0x47a3b1" when nothing is known */
	const char *file;	/* or NULL */
	uint32_t line;		/* 0: unknown */
	uint32_t start_line;	/* of the function, 0: unknown */
	uint64_t addr;		/* address as pprof records it, 0: none */
	uint32_t flags;		/* enum frame_flag */
	uint32_t mapping;	/* what addr lies in: profile->mappings[mapping - 1]; 0: unknown */
};

/*
 * What was mapped at the addresses start .. limit; 0 and 0 when only the file is
 * known.  Then the anchor says where in it something lies: the function anchor_name
 * had the address anchor_addr (NULL: not known either).
 */
struct profile_mapping {
	uint64_t start, limit, offset;	/* offset: of start in the file */
	const char *path, *build_id;	/* never NULL: "" when unknown; build_id in hex */
	const char *anchor_name;
	uint64_t anchor_addr;
	uint32_t pid;			/* whose mapping this is, 0: unknown or all the same */
	bool kernel;
};

/* What is known of a sample besides its stack: a word or a number. */
struct label {
	const char *key;	/* "comm", "goid"; the usual ones stand in stack/readers.h */
	const char *str;	/* NULL: it is num */
	int64_t num;
	const char *unit;	/* of num; NULL: none */
};

struct value_type {
	char name[64], unit[16];	/* "alloc_space", "bytes" */
	bool internal;			/* not written to files: e.g. the raw number of samples */
};

/* A stack: frame numbers, leaf first; equal ones with equal labels are stored once. */
struct sample {
	uint32_t first, n;		/* profile->stack_frames[first .. first+n) */
	uint32_t labels;		/* which set of labels, see profile_labels_of(); 0: none */
	int64_t values[PROFILE_VALUES];
};

struct profile {
	struct value_type types[PROFILE_VALUES];
	unsigned ntypes;
	unsigned main_value;	/* the value that matters most: what renderers show when not told otherwise */

	struct frame *frames;		/* interned: equal frames once, strings interned too */
	size_t nframes, frames_cap;
	uint32_t *stack_frames;
	size_t nstack_frames, stack_frames_cap;
	struct sample *samples;
	size_t nsamples, samples_cap;
	uint64_t cut;			/* stacks deeper than STACK_DEPTH */

	/* what is known of the recording; zero or NULL where unknown; strings copied by the setters */
	uint64_t time_unix_ns, duration_ns;
	struct value_type period_type;
	int64_t period;
	struct profile_mapping *mappings;	/* [0] is the executable where there is one */
	size_t nmappings, mappings_cap;
	char **comments;		/* free lines: engine, target, how to read it */
	size_t ncomments, comments_cap;

	struct profile_index *index;	/* hash tables, private */
};

/* All functions return 0 or -ENOMEM unless said otherwise. */
int profile_init(struct profile *p, const struct value_type *types, unsigned ntypes);
void profile_free(struct profile *p);
int profile_comment(struct profile *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds a mapping, unless it is there: equal in all of it.  Gives its number for frames, from 1. */
int profile_mapping(struct profile *p, const struct profile_mapping *m, uint32_t *ret_id);

/* Interns a frame, gives its number. */
int profile_frame(struct profile *p, const struct frame *f, uint32_t *ret_id);

/* Interns a set of labels (in any order), gives its number; that of none is 0. */
int profile_labels(struct profile *p, const struct label *labels, size_t n, uint32_t *ret_id);
/* The labels of set id, sorted by key. */
const struct label *profile_labels_of(const struct profile *p, uint32_t id, size_t *ret_n);

/*
 * Adds values (ntypes of them; sums saturate at INT64_MAX) to the stack of n
 * frames, leaf first.  No frames at all count as the frame "[no stack]".
 */
int profile_add(struct profile *p, const uint32_t *ids, size_t n, const int64_t *values);
/* The same with labels; gives the sample's number, which more values can be added to. */
int profile_add_labelled(struct profile *p, const uint32_t *ids, size_t n, uint32_t labels,
			 const int64_t *values, uint32_t *ret_sample);
void profile_add_values(struct profile *p, uint32_t sample, const int64_t *values);

/*
 * Adds all of `from' to p: samples (values by the names of their types, new ones added),
 * mappings, comments; what is known of the recording where p doesn't know it.
 * -E2BIG when there are more than PROFILE_VALUES value types.
 */
int profile_merge(struct profile *p, const struct profile *from);

/*
 * What stands around the samples of `from', into p, which is initialised and empty: types of
 * values, mappings (they keep their numbers), comments, what is known of the recording.
 */
int profile_begin_as(struct profile *p, const struct profile *from);

/*
 * Raw stacks become frames here.  The symboliser is whoever knows the target;
 * this layer knows neither ELF nor Go.
 */
enum pc_flag {
	PC_RETURN = 1,		/* a return address: the call is at pc-1 */
	/*
	 * Stands for one logical frame, even if inlined (runtime.Callers form); but
	 * the last of a stack for those that it is inlined into, too: where the stack
	 * was cut they are missing (runtime/symtab.go, runtime_expandFinalInlineFrame).
	 */
	PC_LOGICAL = 2,
};

struct symboliser {
	/*
	 * The frames at run-time address pc, innermost first: at least one,
	 * at most max; returns how many, or -errno.  Strings stay valid until the
	 * next call.
	 */
	int (*frames)(void *ctx, uint64_t pc, unsigned pc_flags, struct frame *out, int max);
	/* Should this frame be left out when it is at the leaf end of a stack? NULL: none. */
	bool (*hide_leaf)(void *ctx, const struct frame *f);
	/* Should this frame be left out wherever it stands (runtime.goexit)? NULL: none. */
	bool (*hide)(void *ctx, const struct frame *f);
	void *ctx;
};

/*
 * pcs leaf first; the first has flags `leaf_flags', the others PC_RETURN plus
 * those.  Leaf frames that hide_leaf names are left out unless nothing else
 * would remain.  Frames per pc, flags and sym->ctx are cached in the profile.
 */
int profile_add_pcs(struct profile *p, const struct symboliser *sym, const uint64_t *pcs, size_t n,
		    unsigned leaf_flags, const int64_t *values);
/* The same with labels; gives the sample's number. */
int profile_add_pcs_labelled(struct profile *p, const struct symboliser *sym, const uint64_t *pcs,
			     size_t n, unsigned leaf_flags, uint32_t labels,
			     const int64_t *values, uint32_t *ret_sample);

/* a + b, saturating */
int64_t profile_sum(int64_t a, int64_t b);

int64_t profile_total(const struct profile *p, unsigned value);

/* Sample numbers by falling values[value]; ties by stack so that output is stable. Caller frees. */
int profile_order(const struct profile *p, unsigned value, uint32_t **ret);

/*
 * What a table shows: samples merged by site, i.e. by (func, file, line) of
 * the leaf frame, by falling values[value].  `sample` is the heaviest sample
 * of the site (its stack is the one to show).
 */
struct site {
	uint32_t frame;		/* profile->frames[frame] */
	uint32_t sample;	/* the heaviest sample that ends here */
	uint32_t nstacks;	/* how many different stacks end here */
	int64_t values[PROFILE_VALUES];
};
int profile_sites(const struct profile *p, unsigned value, struct site **ret, size_t *ret_n);

#endif
