/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/bpftrace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "script/child.h"

#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define VERSION_DEADLINE_NS 5000000000ULL

/* Tried: 0.17.0 (Debian 12), 0.23.2 (Debian 13), 0.27.1 (Debian unstable). */
static const struct bpftrace_abilities abilities[] = {
	{ 0, 17, .max_keys = "BPFTRACE_MAP_KEYS_MAX" },
	{ 0, 23, .address = true, .raw_stacks = true, .max_keys = "BPFTRACE_MAX_MAP_KEYS" },
	{ 0, 27, .address = true, .raw_stacks = true, .own_pids = true,
	  .max_keys = "BPFTRACE_MAX_MAP_KEYS" },
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
	ret->can = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(abilities); i++)
		if (at_least(ret, &abilities[i]))
			ret->can = &abilities[i];
	return true;
}

static bool roots_own(const char *path)
{
	struct stat st;

	return !stat(path, &st) && st.st_uid == 0 && !(st.st_mode & S_IWOTH);
}

/* As root, only a program that nobody but root could have put there. */
static bool trusted(const char *folder, const char *program)
{
	if (access(program, X_OK))
		return false;
	return geteuid() != 0 || (roots_own(folder) && roots_own(program));
}

/* A relative entry of $PATH is never used: it means another program in each folder. */
static bool search(const char *path, char ret[PATH_MAX])
{
	char folder[PATH_MAX];

	while (*path) {
		size_t n = strcspn(path, ":");

		if (path[0] == '/' && n < sizeof(folder) - sizeof("/bpftrace")) {
			snprintf(folder, sizeof(folder), "%.*s", (int)n, path);
			snprintf(ret, PATH_MAX, "%.*s/bpftrace", (int)n, path);
			if (trusted(folder, ret))
				return true;
		}
		path += n + (path[n] == ':');
	}
	return false;
}

static int find(const char *path, char ret[PATH_MAX])
{
	const char *folders = getenv("PATH");

	if (path) {
		if (!realpath(path, ret) || access(ret, X_OK))
			return err_sys(errno, "can't run %s", path);
		return 0;
	}
	if (search(folders ? folders : SYSTEM_PATH, ret))
		return 0;
	return err_set(EOPNOTSUPP, "bpftrace is not in PATH (on Debian and Ubuntu: "
				   "apt-get install bpftrace)");
}

/* The output of `bpftrace --version'; 0 or -errno with words. */
static int ask(const char *path, struct buf *ret)
{
	char *argv[] = { (char *)path, (char *)"--version", NULL }, *env[] = { NULL };
	uint64_t deadline = num_now_ns() + VERSION_DEADLINE_NS;
	struct timespec nap = { 0, 1000000 };
	struct child c;
	int err = child_start(&c, argv, env, -1, true);

	if (err)
		return err;
	while (!child_ended(&c) && num_now_ns() < deadline)
		nanosleep(&nap, NULL);
	if (c.pid)
		err = err_set(ETIMEDOUT, "%s --version doesn't answer", path);
	else
		err = child_output(c.out, ret);
	child_free(&c);
	return err;
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
		err = ask(b.path, &out);
	if (!err && (!out.data || !bpftrace_parse_version(out.data, &b)))
		err = err_set(EOPNOTSUPP, "%s doesn't say which bpftrace it is", b.path);
	if (!err && !b.can)
		err = err_set(EOPNOTSUPP, "%s is version %u.%u.%u: too old, at least 0.17 is needed "
			      "(Debian 12 has it)", b.path, b.major, b.minor, b.patch);
	buf_free(&out);
	if (!err)
		*ret = b;
	return err;
}
