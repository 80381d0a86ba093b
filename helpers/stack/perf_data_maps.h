/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_maps.h - what was mapped where, in each process of a recording and in the kernel */
#ifndef GOBPF_STACK_PERF_DATA_MAPS_H
#define GOBPF_STACK_PERF_DATA_MAPS_H

#include "base/buf.h"
#include "stack/idmap.h"
#include "stack/perf_data_record.h"
#include "stack/profile.h"

/*
 * A mapping as it was made.  Equal ones of several processes are one: pid is the first
 * process that had it.
 */
struct pdata_mapping {
	uint64_t start, limit, offset, inode[3];
	uint32_t path, build_id;	/* in pdata_maps.names, 0: none */
	int32_t pid;
	bool kernel;
	uint32_t number;		/* the profile's, 0: not asked for yet */
};

/* A part of an address space: what a later mapping left of mapping. */
struct pdata_area {
	uint64_t start, end;
	uint32_t mapping;
};

/* Shared by parent and child until one of them changes it. */
struct pdata_space {
	uint64_t generation;	/* no two spaces that differ have the same */
	uint32_t users;
	struct pdata_area *areas;	/* by start, none overlaps another */
	size_t n, cap;
};

struct pdata_maps {
	struct pdata_mapping *mappings;
	size_t nmappings, mappings_cap;
	struct idmap by_content;
	struct buf names;		/* texts, each with its NUL; the first is "" */
	struct idmap by_name;
	uint32_t *name_at;
	size_t nnames, names_cap;
	struct pdata_file_id {		/* build ids by path */
		uint32_t path, build_id;
	} *files;
	size_t nfiles, files_cap;
	struct idmap by_path;
	struct pdata_space kernel;
	uint64_t generation;
	size_t areas;			/* of all spaces together */
};

enum { PERF_MOST_AREAS = 4 << 20 };

/* All return 0 or -ENOMEM unless said otherwise. */
int pdata_maps_init(struct pdata_maps *m);
void pdata_maps_free(struct pdata_maps *m);

/* The same text gives the same number. 0: out of memory (or ""). */
uint32_t pdata_maps_name(struct pdata_maps *m, const char *text);
const char *pdata_maps_text(const struct pdata_maps *m, uint32_t name);

/* A file's build id: mappings of that path get it from now on, unless they come with their own. */
int pdata_maps_build_id(struct pdata_maps *m, const char *path, struct span id);

struct pdata_space *pdata_space_new(struct pdata_maps *m);
struct pdata_space *pdata_space_share(struct pdata_space *s);
/* One user less. */
void pdata_space_drop(struct pdata_maps *m, struct pdata_space *s);

/*
 * Maps what the record says; *ps becomes another space if others use it, too.  -E2BIG:
 * more than PERF_MOST_AREAS mappings at the same time.
 */
int pdata_space_map(struct pdata_maps *m, struct pdata_space **ps, const struct pdata_mmap *map);
int pdata_kernel_map(struct pdata_maps *m, const struct pdata_mmap *map);

/* The area that holds addr, NULL: none does.  Valid until the space changes. */
const struct pdata_area *pdata_space_at(const struct pdata_space *s, uint64_t addr);

/* The number that the profile has for it. */
int pdata_mapping_number(struct pdata_maps *m, struct pdata_mapping *map, struct profile *p,
			 uint32_t *ret);

#endif
