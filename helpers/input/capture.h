/* SPDX-License-Identifier: GPL-2.0-only */
/* capture.h - keeps what readers read of a process, and writes it as a core file that they can read again */
#ifndef GOBPF_INPUT_CAPTURE_H
#define GOBPF_INPUT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/span.h"

struct target;
struct maps;

/*
 * While a target has one (target.keep), input/mem and target_text() put into it what they hand out: of memory
 * that a reader read more than once the last bytes count.  Kept in blocks of 512 bytes, with a bit for each byte:
 * what was not read is not in the capture.
 *
 * Readers come one after the other, and meanwhile the process runs: numbers of different moments make no sum.
 * So what a later reader finds changed is kept as it was, too, for those before it.
 */
enum { CAPTURE_BLOCK = 512 };
#define CAPTURE_MAX (2ull << 30)	/* of memory and texts, in bytes of this program */

struct capture {
	struct capture_block **blocks;
	uint32_t *slots;		/* open addressing: number of the block + 1 */
	size_t nblocks, blocks_cap, nslots;
	struct capture_block **old;	/* as they were until their `reader' */
	size_t nold, old_cap;
	struct capture_text {
		char *name, *bytes;
		size_t len;
		uint32_t reader, until;	/* who read it; for those before whom it counts, 0: for all others */
	} *texts;
	size_t ntexts, texts_cap;
	char **missing;			/* "COMMAND: WORDS" */
	size_t nmissing, missing_cap;
	uint64_t bytes;			/* used */
	struct capture_reader {
		char *name;
		uint64_t now_ns, unix_ns;	/* the target's present when it first asked for that */
	} *readers;			/* number 0 comes before all commands */
	size_t nreaders, readers_cap;
	int error;			/* -ENOMEM, -EFBIG: nothing more is kept, there will be no capture */
};

void capture_free(struct capture *c);

/* What is read from here on is read by that command; to be called first of all. */
void capture_reader(struct capture *c, const char *name);
void capture_moment(struct capture *c, uint64_t now_ns, uint64_t unix_ns);

void capture_memory(struct capture *c, uint64_t addr, const void *bytes, size_t len);
/* What is kept there, as it is now; false: not all of it is. */
bool capture_has(const struct capture *c, uint64_t addr, void *out, size_t len);
/* Takes out what was kept there: it was not whole. */
void capture_drop(struct capture *c, uint64_t addr, uint64_t len);
void capture_text(struct capture *c, const char *name, const char *bytes, size_t len);
/* A command could not read what it is about: its name, and why. */
void capture_missing(struct capture *c, const char *command, const char *why);

/* What is written besides. */
struct capture_about {
	const struct target *target;
	const struct maps *maps;
	const char *program;		/* version of gobpf */
	const char *build_id;
	struct span exe;		/* bytes of the executable; empty: left out */
	bool packed;			/* gzipped */
};

/* Sorts c.  0, or -errno with words; what the file can't take is for output_close() to say. */
int capture_write(struct capture *c, const struct capture_about *about, FILE *f);

#endif
