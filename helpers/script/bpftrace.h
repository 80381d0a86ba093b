/* SPDX-License-Identifier: GPL-2.0-only */
/* bpftrace.h - which bpftrace there is, and what that version can do */
#ifndef GOBPF_SCRIPT_BPFTRACE_H
#define GOBPF_SCRIPT_BPFTRACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"

/*
 * What differs between versions, as far as Go programs notice.  Stack modes perf and
 * bpftrace, while loops, -f json and -B line are in all from 0.17 on.
 */
struct bpftrace_abilities {
	unsigned major, minor;	/* of the row of the table: from this version on */
	/*
	 * uprobe:FILE:0xADDRESS inside a function of .symtab is checked to be an
	 * instruction boundary and accepted.  Without this only 0xFILE-OFFSET
	 * outside every symbol is, with --unsafe.
	 */
	bool address;
	bool offset;		/* uprobe:FILE:"name"+N, at an instruction's beginning */
	/* ustack(raw): addresses only. Without it ustack(perf) has them in front. */
	bool raw_stacks;
	/*
	 * Inside a PID namespace `pid' is what that namespace calls the process.
	 * Without this it is the machine's number (0.17) or the thread's (0.23).
	 */
	bool own_pids;
	bool config;		/* a block config = { key = value } */
	/*
	 * config = { missing_probes = "error" or "warn" or "ignore" }.  Without being asked, 0.17 says
	 * nothing of a probe that can't be attached, 0.23 skips it with a warning if its
	 * list has others, 0.27 refuses the script.
	 */
	bool missing_probes;
	bool map_loops;		/* for ($kv : @map) { } */
	bool range_loops;	/* for ($i : 0..10) { } */
	bool short_strings;	/* str(p, n) is n - 1 bytes long, the last is taken by the NUL */
	const char *max_keys;	/* the environment's word for the size of a map; NULL: it is too old */
	const char *max_strlen;	/* and for the length of a string */
};

enum bpftrace_learnt {
	BPFTRACE_TABLE,		/* by its version alone; learnt_why says why */
	BPFTRACE_CACHED,	/* tried by an earlier command */
	BPFTRACE_TRIED,
};

struct bpftrace {
	char path[PATH_MAX];
	unsigned major, minor, patch;
	struct bpftrace_abilities can[1];
	enum bpftrace_learnt learnt;
	char learnt_why[160];
};

/*
 * Finds bpftrace and what it can do.  path NULL: the first in $PATH, as root only one
 * that is root's own.  0 or -errno with words: EOPNOTSUPP (none, or older
 * than 0.17), or why the one named can't be run.
 *
 * What it can do is tried once for each bpftrace and kernel, which takes up to some seconds, and kept
 * (learnt.h).  Then not even its version is asked again.  What was tried wins over
 * the table by versions, as distributions change what they package; the table is used when
 * nothing can be tried, or kept.
 */
int bpftrace_find(const char *path, struct bpftrace *ret);

/* The same, but tries it also where that can't be kept. */
int bpftrace_find_and_try(const char *path, struct bpftrace *ret);

/* "addresses, raw stacks" is added to ret: what it is able to do, or not. */
void bpftrace_list(const struct bpftrace *b, bool able, struct buf *ret);

/*
 * Would a script's /pid == N/ see the process that is called N here?  Always
 * outside of PID namespaces.  0 or -EOPNOTSUPP with words.
 */
int bpftrace_check_pids(const struct bpftrace *b);

/* Reads "bpftrace v0.23.2" and such; false when there is no version in text. */
bool bpftrace_parse_version(const char *text, struct bpftrace *ret);

#endif
