/* SPDX-License-Identifier: GPL-2.0-only */
/* pprof_tables.h - a profile.proto message that we do not trust, as tables of its parts */
#ifndef GOBPF_STACK_PPROF_TABLES_H
#define GOBPF_STACK_PPROF_TABLES_H

#include "base/buf.h"
#include "stack/idmap.h"
#include "stack/lines.h"
#include "stack/pb.h"

/* Bytes of a message, unpacked, at most: a real one has a thousandth of it. */
#define PPROF_MAX_BYTES (1u << 30)

/* A message within the message. */
struct piece {
	uint32_t at, len;	/* in raw */
};

struct pieces {
	struct piece *v;
	size_t n, cap;
	/* of those that have one: id of v[i], and back */
	uint64_t *ids;
	size_t ids_cap;
	struct idmap by_id;
};

/* Field numbers and meanings: share/profile.proto. What is not there is 0. */
struct pprof_tables {
	struct buf raw;
	struct pieces types, samples, mappings, locations, functions, strings, period_type;
	int64_t *comments;
	size_t ncomments, comments_cap;
	int64_t drop_frames, keep_frames, time_ns, duration_ns, period, default_type;
	bool cut;		/* the bytes from cut_at on are no field */
	uint64_t cut_at;
};

/* Zero-initialise t. 0 or -errno with words; pprof_tables_free(t) also after a failure. */
int pprof_tables_read(struct pprof_tables *t, struct lines *l);
void pprof_tables_free(struct pprof_tables *t);

struct pb piece_fields(const struct pprof_tables *t, struct piece p);
/* What a field of bytes holds; it must be of t->raw. */
struct piece piece_of(const struct pprof_tables *t, const struct pb *field);
/* The first field of that number, a varint; 0: none. */
uint64_t piece_number(const struct pprof_tables *t, struct piece p, unsigned field);

/* Gives each piece its id (field 1): -ENOMEM, or how many ids were 0 or there already. */
ssize_t pieces_index(const struct pprof_tables *t, struct pieces *list);
bool pieces_find(const struct pieces *list, uint64_t id, uint32_t *ret);

/* The string of that number; false when there is none. */
bool pprof_string(const struct pprof_tables *t, uint64_t number, struct piece *ret);

/* Do these first bytes of an input look like a profile.proto message? */
bool pprof_match(const char *head, size_t len);

#endif
