/* SPDX-License-Identifier: GPL-2.0-only */
/* attach.h - breakpoints at places of one process's executable, put in and taken out often */
#ifndef GOBPF_COLLECT_ATTACH_H
#define GOBPF_COLLECT_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Two ways into the kernel, one behaviour.  Both put the breakpoints into the
 * memory of the given process only (all its threads; children made by fork
 * lose them at their first hit), both are held by file descriptors alone, so
 * the kernel takes them out when we die.
 *
 * ATTACH_MULTI  one link for all places (BPF_TRACE_UPROBE_MULTI). Kernel >=
 *		 6.10: before that its PID filter took the PID for one thread's
 *		 (kernel commit 46ba0e49b642).
 * ATTACH_PERF	 a perf event and a link for each place (cookies: kernel >= 5.15).
 */
enum attach_how { ATTACH_MULTI, ATTACH_PERF };

struct bpf_program;

struct attach_place {
	uint64_t offset;	/* in the file */
	uint64_t cookie;	/* what bpf_get_attach_cookie() gives there */
};

struct attach {
	enum attach_how how;
	pid_t pid;
	const char *path;		/* of the executable: /proc/PID/exe */
	const struct bpf_program *prog;
	const struct attach_place *places;
	unsigned nplaces;

	int multi_fd;			/* -1: none */
	struct bpf_link **links;	/* perf: nplaces of them, or NULL */
};

/* The better way that this kernel has. */
enum attach_how attach_best(void);
/* What the program must be loaded for; before bpf_object__load(). */
void attach_prepare(struct bpf_program *prog, enum attach_how how);

/* The fields above how…nplaces are the caller's; zero the rest. */
void attach_init(struct attach *a);

/*
 * Puts all breakpoints in, or none.  0, or -errno with words: ENOEXEC (no
 * instruction there), ESRCH, EPERM, EOPNOTSUPP.
 */
int attach_on(struct attach *a);

/*
 * Takes them out, if they are in.  With ATTACH_MULTI they are gone within a
 * millisecond, with ATTACH_PERF within 50; then the kernel waits until no
 * program runs any more, which is so when this returns (15 to 250 ms in all).
 */
void attach_off(struct attach *a);

#endif
