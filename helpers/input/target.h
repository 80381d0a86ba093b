/* SPDX-License-Identifier: GPL-2.0-only */
/* target.h - the process that a command was pointed at, or what was kept of one */
#ifndef GOBPF_INPUT_TARGET_H
#define GOBPF_INPUT_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "input/capture.h"
#include "input/core.h"
#include "input/maps.h"

/*
 * A target is held by a pidfd from the first moment, so a reused PID is never
 * taken for it.  Its executable is reached through /proc/PID/exe, which works
 * across mount namespaces and when the file was deleted or replaced on disk.
 */
struct target {
	pid_t pid;		/* of the thread group, in our PID namespace */
	int pidfd;
	struct core *core;	/* not a process but its core file, or a capture; else NULL */
	struct capture *keep;	/* what is read is put into this, too; else NULL */
	char comm[32];
	char exe[64];		/* "/proc/PID/exe": open or attach to this; of a core file "/proc/self/fd/N" */
	char exe_path[PATH_MAX]; /* where that link points, for people; as the target sees it */
	uint64_t exe_dev, exe_ino;
	uint64_t auxv_hash;	/* of /proc/PID/auxv, which every exec makes anew; 0: not readable */
};

/*
 * word is a PID or a unique process name (comm or basename of the executable).
 * 0, or -errno with words (ESRCH: no such process, a kernel thread, a zombie,
 * or an ambiguous name with the PIDs that match; EPERM).
 */
int target_open(const char *word, struct target *ret);
/*
 * The same where what was kept of a process will do, too: the path of a core file or capture.  exe: the
 * executable, where that isn't found, or NULL.  All functions here take such a target: it never changes, the
 * process is never gone, its present is when it was kept.
 */
int target_open_any(const char *word, const char *exe, struct target *ret);
/*
 * The same where a file will do, too: when word is the path of one, nothing is opened and
 * ret->pidfd is -1.  -ENOENT with words for a path where nothing is.
 */
int target_open_or_file(const char *word, struct target *ret);
void target_close(struct target *t);

/* Still the same process running the same executable? 0, -ESRCH (exited) or -ENOEXEC (ran exec). */
int target_check(const struct target *t);

/*
 * Sleeps until the time (CLOCK_MONOTONIC ns; 0 = for ever), the target's end,
 * or a Ctrl-C (SIGINT, SIGTERM or SIGHUP, blocked and turned into this by
 * wait_signals_init()).  t may be NULL.
 */
enum wait_result { WAIT_TIME, WAIT_STOP, WAIT_EXITED };
void wait_signals_init(void);
enum wait_result target_wait(const struct target *t, uint64_t until_ns);

/*
 * -EPERM with words: the kernel let us not do `what' ("look into") to process pid, and
 * whether that is for want of a capability.  name is for words, too, and may be "".
 */
int target_denied(pid_t pid, const char *name, const char *what);

/* Where the kernel put the program's entry point (AT_ENTRY): run-time address; 0 or -errno with words. */
int target_entry(const struct target *t, uint64_t *ret);

/*
 * A text that the kernel keeps about the target: "maps", "smaps_rollup", "status", "auxv" and
 * whatever else is in /proc/PID; NUL-terminated, to be free()d; len may be NULL.  All readers get at these through
 * here, so that they work the same on what was kept of a process.  "system:meminfo" and such are of the
 * machine: /proc/meminfo; "cgroup:memory.max" of its memory cgroup (input/cgroup.h);
 * "fds" its descriptors (input/sockets.h).  0, or -errno with words: -ENOENT (this
 * kernel has no such file, or it was not kept), -EPERM, -ESRCH.
 */
#define TARGET_SYSTEM "system:"
int target_text(const struct target *t, const char *name, char **ret, size_t *len);

/*
 * The file that a mapping of the target shows, opened for reading: the very file, also when it was
 * deleted or lies in another mount namespace.  t NULL: of this program itself.  -1: can't be had.
 */
int target_mapped_fd(const struct target *t, const struct map *m);

/*
 * The target's present moment, for ages and the like: CLOCK_MONOTONIC and Unix time in nanoseconds;
 * 0: not known, of core files that don't say it.
 */
uint64_t target_now_ns(const struct target *t);
uint64_t target_unix_ns(const struct target *t);

/* Where a thread was when its core file was made; false: not known, of running processes never. */
bool target_registers(const struct target *t, uint64_t tid, uint64_t *ret_pc, uint64_t *ret_sp);

/* CPU time that the whole process has used, ns; 0 when unknown. */
uint64_t target_cpu_ns(const struct target *t);

#endif
