/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "script/child.h"

#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define VERSION_DEADLINE_NS 5000000000ULL

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

static bool search(const char *path, const char *name, char ret[PATH_MAX])
{
	char folder[PATH_MAX];

	while (*path) {
		size_t n = strcspn(path, ":");

		if (path[0] == '/' && n + 1 + strlen(name) < sizeof(folder)) {
			snprintf(folder, sizeof(folder), "%.*s", (int)n, path);
			snprintf(ret, PATH_MAX, "%.*s/%s", (int)n, path, name);
			if (trusted(folder, ret))
				return true;
		}
		path += n + (path[n] == ':');
	}
	return false;
}

bool program_find(const char *name, char ret[PATH_MAX])
{
	const char *folders = getenv("PATH");

	return search(folders ? folders : SYSTEM_PATH, name, ret);
}

int program_version(const char *path, struct buf *ret)
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
