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

int program_run(char *const argv[], char *const env[], int in, uint64_t deadline_ns,
		struct program_result *ret)
{
	struct program_result r = { 0 };
	struct timespec nap = { 0, 1000000 };
	struct child c;
	int err = child_start(&c, argv, env, in, CHILD_MEMORY);

	if (err)
		return err;
	while (!child_ended(&c) && num_now_ns() < deadline_ns)
		nanosleep(&nap, NULL);
	if (c.pid)
		err = err_set(ETIMEDOUT, "%s %s doesn't answer", argv[0], argv[1] ? argv[1] : "");
	if (!err)
		err = child_output(c.out, &r.out);
	if (!err)
		err = child_output(c.err, &r.err);
	r.wait_status = c.wait_status;
	child_free(&c);
	if (err)
		program_result_free(&r);
	else
		*ret = r;
	return err;
}

void program_result_free(struct program_result *r)
{
	buf_free(&r->out);
	buf_free(&r->err);
}

int program_version(const char *path, struct buf *ret)
{
	char *argv[] = { (char *)path, (char *)"--version", NULL }, *env[] = { NULL };
	struct program_result r;
	int err = program_run(argv, env, -1, num_now_ns() + VERSION_DEADLINE_NS, &r);

	if (err)
		return err;
	buf_free(&r.err);
	buf_free(ret);
	*ret = r.out;
	return 0;
}
