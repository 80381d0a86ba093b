/* SPDX-License-Identifier: GPL-2.0-only */
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

/* The source tree that the program was built in, or NULL when it is installed. */
static const char *source_tree(void)
{
	static char tree[PATH_MAX];
	static int known;
	char probe[PATH_MAX + 64];
	ssize_t n;

	if (known)
		return known > 0 ? tree : NULL;
	known = -1;
	n = readlink("/proc/self/exe", tree, sizeof(tree) - 1);
	if (n <= 0)
		return NULL;
	tree[n] = '\0';
	for (int up = 0; up < 2; up++) {	/* off with "/build/gobpf" */
		char *slash = strrchr(tree, '/');

		if (!slash)
			return NULL;
		*slash = '\0';
	}
	snprintf(probe, sizeof(probe), "%s/helpers/gobpf.c", tree);
	if (access(probe, F_OK))
		return NULL;
	known = 1;
	return tree;
}

const char *path_dir(enum path_kind kind)
{
	static const char *const in_tree[] = { "scripts", "libexec" };
	static const char *const installed[] = { GOBPF_DATADIR "/scripts", GOBPF_LIBEXECDIR };
	static char dirs[2][PATH_MAX + 16];
	const char *tree = source_tree();

	if (!tree)
		return installed[kind];
	snprintf(dirs[kind], sizeof(dirs[kind]), "%s/%s", tree, in_tree[kind]);
	return dirs[kind];
}

bool path_in_tree(void)
{
	return source_tree();
}

const char *path_user_scripts(void)
{
	static char dir[PATH_MAX];
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct passwd *pw;

	if (config && config[0] == '/') {
		snprintf(dir, sizeof(dir), "%s/gobpf/scripts", config);
		return dir;
	}
	if (!home && (pw = getpwuid(geteuid())))
		home = pw->pw_dir;
	if (!home || home[0] != '/')
		return NULL;
	snprintf(dir, sizeof(dir), "%s/.config/gobpf/scripts", home);
	return dir;
}

/* DIR:DIR... from the command line, as absolute paths */
static struct buf given;

/* The next of DIR:DIR..., "" when it is too long to be one; false: no more. */
static bool next_dir(const char **list, char ret[PATH_MAX])
{
	size_t n;

	*list += strspn(*list, ":");
	n = strcspn(*list, ":");
	snprintf(ret, PATH_MAX, "%.*s", n < PATH_MAX ? (int)n : 0, *list);
	*list += n;
	return n;
}

int path_add_scripts(const char *dirs)
{
	char dir[PATH_MAX], real[PATH_MAX];
	const char *at = dirs;
	DIR *d;

	if (!dirs[strspn(dirs, ":")])
		return err_set(EINVAL, "which folder?");
	while (next_dir(&at, dir)) {
		d = opendir(dir);
		if (!d || !realpath(dir, real)) {
			int err = errno;

			if (d)
				closedir(d);
			return err_sys(err, "can't read %s", dir[0] ? dir : dirs);
		}
		closedir(d);
		buf_printf(&given, "%s%s", given.len ? ":" : "", real);
	}
	return given.failed ? err_set(ENOMEM, "out of memory") : 0;
}

const char *path_given_scripts(void)
{
	static struct buf all;
	const char *env = getenv("GOBPF_SCRIPT_PATH");

	buf_clear(&all);
	buf_printf(&all, "%s%s%s", given.len ? given.data : "", given.len && env ? ":" : "",
		   env ? env : "");
	return all.failed ? "" : all.data;
}

bool path_plugin_folder(unsigned i, struct path_folder *ret)
{
	const char *at = path_given_scripts(), *user = path_user_scripts();
	const char *const rest[] = { user, path_dir(PATH_LIBEXEC), path_dir(PATH_SCRIPTS) };

	while (next_dir(&at, ret->path)) {
		if (ret->path[0] != '/')
			continue;
		ret->given = true;
		ret->ours = false;
		if (!i--)
			return true;
	}
	i += !user;
	if (i >= ARRAY_SIZE(rest))
		return false;
	snprintf(ret->path, sizeof(ret->path), "%s", rest[i]);
	ret->given = false;
	ret->ours = i > 0;
	return true;
}
