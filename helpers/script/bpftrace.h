/* SPDX-License-Identifier: GPL-2.0-only */
/* bpftrace.h - which bpftrace there is, and what that version can do */
#ifndef GOBPF_SCRIPT_BPFTRACE_H
#define GOBPF_SCRIPT_BPFTRACE_H

#include <limits.h>
#include <stdbool.h>

/*
 * What differs between versions, as far as Go programs notice.  Each row was
 * tried with the Debian packages named in bpftrace.c, on static and PIE Go
 * programs, with and without symbols.
 */
struct bpftrace_abilities {
	unsigned major, minor;	/* from this version on */
	/*
	 * uprobe:FILE:0xADDRESS inside a function of .symtab is checked to be an
	 * instruction boundary and accepted.  Without this only 0xFILE-OFFSET
	 * outside every symbol is, with --unsafe.
	 */
	bool address;
	/* ustack(raw): addresses only. Without it ustack(perf) has them in front. */
	bool raw_stacks;
	/*
	 * Inside a PID namespace `pid' is what that namespace calls the process.
	 * Without this it is the machine's number (0.17) or the thread's (0.23).
	 */
	bool own_pids;
	const char *max_keys;	/* the environment's word for a map's size */
};

struct bpftrace {
	char path[PATH_MAX];
	unsigned major, minor, patch;
	const struct bpftrace_abilities *can;
};

/*
 * Finds and asks bpftrace.  path NULL: the first in $PATH, as root only one
 * that is root's own.  0 or -errno with words: EOPNOTSUPP (none, or older
 * than 0.17), or why the one named can't be run.
 */
int bpftrace_find(const char *path, struct bpftrace *ret);

/*
 * Would a script's /pid == N/ see the process that is called N here?  Always
 * outside of PID namespaces.  0 or -EOPNOTSUPP with words.
 */
int bpftrace_check_pids(const struct bpftrace *b);

/* Reads "bpftrace v0.23.2" and such; false when there is no version in text. */
bool bpftrace_parse_version(const char *text, struct bpftrace *ret);

#endif
