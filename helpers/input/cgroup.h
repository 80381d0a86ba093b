/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup.h - the memory cgroup of a process, v1 or v2 */
#ifndef GOBPF_INPUT_CGROUP_H
#define GOBPF_INPUT_CGROUP_H

#include <limits.h>
#include <stddef.h>

#include "input/target.h"

/*
 * A process's memory cgroup is where /proc/PID/cgroup says, in the hierarchy that has the
 * memory controller, mounted somewhere in our mount namespace: so it is found from the host for
 * processes in containers, and inside a container for its own (cgroups(7)).
 *
 * Its files are texts of the target: target_text(t, "cgroup:memory.max"); those of the cgroup
 * above are "cgroup:../memory.max", and so on, up to as many levels as there are.  Which hierarchy
 * it is says the text "cgroup:" itself, in the lines that cgroup_open() reads.
 */
#define TARGET_CGROUP "cgroup:"

struct cgroup {
	int version;		/* 1 or 2 */
	unsigned levels;	/* cgroups above it that can be seen */
	char path[PATH_MAX];	/* "/system.slice/etcd.service", as the kernel says it */
	char dir[PATH_MAX];	/* where it is mounted */
};

/* 0, or -errno with words: -ENOENT when no memory cgroup of it can be seen here. */
int cgroup_open(const struct target *t, struct cgroup *ret);

/* One file of the cgroup so many levels above; as target_text(). */
int cgroup_text(const struct target *t, unsigned level, const char *file, char **ret);

/* For target_text(): name is what follows TARGET_CGROUP. */
int cgroup_live_text(const struct target *t, const char *name, char **ret, size_t *len);

/* What cgroup_open() reads, of the contents of /proc/PID/cgroup and /proc/self/mountinfo. */
int cgroup_find(const char *cgroups, const char *mounts, struct cgroup *ret);

#endif
