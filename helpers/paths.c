/* SPDX-License-Identifier: GPL-2.0-only */
#include "paths.h"

#include <dirent.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *script_path;

bool path_set_scripts(const char *dir)
{
	DIR *d = opendir(dir);

	if (!d)
		return false;
	closedir(d);
	script_path = dir;
	return true;
}

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

/* Root runs only what nobody but root could have put there. */
static bool trusted(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	if (geteuid() != 0)
		return true;
	return (st.st_uid == 0 && !(st.st_mode & 022)) || source_tree();
}

static bool plain_name(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/');
}

static const char *user_scripts(void)
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

/* Where scripts are looked for, in order; some may be NULL. */
static void script_dirs(const char *dirs[3])
{
	dirs[0] = script_path;
	dirs[1] = user_scripts();
	dirs[2] = path_dir(PATH_SCRIPTS);
}

bool path_find_script(const char *name, char ret[PATH_MAX])
{
	const char *dirs[3];

	if (!plain_name(name))
		return false;
	script_dirs(dirs);
	for (int i = 0; i < 3; i++) {
		if (!dirs[i] || snprintf(ret, PATH_MAX, "%s/%s.bt", dirs[i], name) >= PATH_MAX)
			continue;
		if (trusted(ret))
			return true;
	}
	return false;
}

bool path_find_plugin(const char *name, char ret[PATH_MAX])
{
	if (!plain_name(name) || snprintf(ret, PATH_MAX, "%s/gobpf-%s", path_dir(PATH_LIBEXEC),
					  name) >= PATH_MAX)
		return false;
	return trusted(ret) && !access(ret, X_OK);
}

struct each {
	void (*fn)(const char *name, const char *path, void *arg);
	void *arg;
};

/* Is the script of that name that would be run the one in dir, and no plugin before it? */
static bool shown_first(const char *dir, const char *name, char ret[PATH_MAX])
{
	size_t n = strlen(dir);

	return !path_find_plugin(name, ret) && path_find_script(name, ret) &&
	       !strncmp(ret, dir, n) && ret[n] == '/';
}

static void each_in(const char *dir, const char *prefix, const char *suffix, const struct each *e)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[PATH_MAX], name[NAME_MAX + 1];
		const char *file = list[i]->d_name;
		size_t len = strlen(file), p = strlen(prefix), s = strlen(suffix);

		if (len > p + s && !strncmp(file, prefix, p) && !strcmp(file + len - s, suffix)) {
			snprintf(name, sizeof(name), "%.*s", (int)(len - p - s), file + p);
			if (*prefix ? path_find_plugin(name, path) : shown_first(dir, name, path))
				e->fn(name, path, e->arg);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

void path_each_plugin(void (*fn)(const char *name, const char *path, void *arg), void *arg)
{
	struct each e = { fn, arg };
	const char *dirs[3];

	script_dirs(dirs);
	each_in(path_dir(PATH_LIBEXEC), "gobpf-", "", &e);
	for (int i = 0; i < 3; i++)
		if (dirs[i])
			each_in(dirs[i], "", ".bt", &e);
}
