/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/bpftrace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "script/program.h"

#define OLD_NAMES .max_keys = "BPFTRACE_MAP_KEYS_MAX", .max_strlen = "BPFTRACE_STRLEN"
#define NEW_NAMES .max_keys = "BPFTRACE_MAX_MAP_KEYS", .max_strlen = "BPFTRACE_MAX_STRLEN"

/* Tried: 0.17.0 (Debian 12), 0.23.2 (Debian 13), 0.27.1 (Debian unstable). */
static const struct bpftrace_abilities abilities[] = {
	{ 0, 17, OLD_NAMES },
	{ 0, 23, .address = true, .offset = true, .raw_stacks = true, .config = true,
	  .missing_probes = true, .map_loops = true, .short_strings = true, NEW_NAMES },
	{ 0, 27, .address = true, .offset = true, .raw_stacks = true, .own_pids = true,
	  .config = true, .missing_probes = true, .map_loops = true, .range_loops = true,
	  .short_strings = true, NEW_NAMES },
};

static bool at_least(const struct bpftrace *b, const struct bpftrace_abilities *row)
{
	return b->major > row->major || (b->major == row->major && b->minor >= row->minor);
}

bool bpftrace_parse_version(const char *text, struct bpftrace *ret)
{
	const char *p = strstr(text, "bpftrace ");
	unsigned major, minor, patch = 0;

	if (!p)
		return false;
	p += strlen("bpftrace ");
	p += *p == 'v';
	if (sscanf(p, "%4u.%4u.%4u", &major, &minor, &patch) < 2)
		return false;
	ret->major = major;
	ret->minor = minor;
	ret->patch = patch;
	ret->can[0] = (struct bpftrace_abilities){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(abilities); i++)
		if (at_least(ret, &abilities[i]))
			ret->can[0] = abilities[i];
	return true;
}

static int find(const char *path, char ret[PATH_MAX])
{
	if (path) {
		if (!realpath(path, ret) || access(ret, X_OK))
			return err_sys(errno, "can't run %s", path);
		return 0;
	}
	if (program_find("bpftrace", ret))
		return 0;
	return err_set(EOPNOTSUPP, "bpftrace is not in PATH (on Debian and Ubuntu: "
				   "apt-get install bpftrace)");
}

/* Linux include/linux/proc_ns.h: PROC_PID_INIT_INO, the first PID namespace's inode */
static bool in_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == 0xeffffffc;
}

int bpftrace_check_pids(const struct bpftrace *b)
{
	if (b->can->own_pids || in_first_pid_namespace())
		return 0;
	return err_set(EOPNOTSUPP, "bpftrace %u.%u.%u does not know a process by its PID of this "
		       "container (PID namespace): run gobpf outside of it, or use bpftrace 0.27",
		       b->major, b->minor, b->patch);
}

int bpftrace_find(const char *path, struct bpftrace *ret)
{
	struct bpftrace b = { 0 };
	struct buf out = { 0 };
	int err = find(path, b.path);

	if (!err)
		err = program_version(b.path, &out);
	if (!err && (!out.data || !bpftrace_parse_version(out.data, &b)))
		err = err_set(EOPNOTSUPP, "%s doesn't say which bpftrace it is", b.path);
	if (!err && !b.can->max_keys)
		err = err_set(EOPNOTSUPP, "%s is version %u.%u.%u: too old, at least 0.17 is needed "
			      "(Debian 12 has it)", b.path, b.major, b.minor, b.patch);
	buf_free(&out);
	if (!err)
		*ret = b;
	return err;
}
