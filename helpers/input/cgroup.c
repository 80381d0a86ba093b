/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

enum { FILE_MAX = 1 << 20 };

/* Is word one of the comma-separated words of [list, end)? */
static bool in_list(const char *list, const char *end, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p < end;) {
		const char *comma = memchr(p, ',', end - p);
		const char *stop = comma ? comma : end;

		if ((size_t)(stop - p) == n && !memcmp(p, word, n))
			return true;
		p = stop + 1;
	}
	return false;
}

/*
 * The process's path in the hierarchy of the memory controller: "4:memory:/path" is v1's,
 * "0::/path" v2's, which has the controller only if v1 doesn't.
 */
static bool find_path(const char *text, struct cgroup *ret)
{
	ret->version = 0;
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		const char *list = memchr(line, ':', end - line);
		const char *path = list ? memchr(list + 1, ':', end - list - 1) : NULL;
		bool v1 = path && in_list(list + 1, path, "memory");
		bool v2 = path && path == list + 1 && line[0] == '0' && list == line + 1;

		if ((v1 || (v2 && !ret->version)) && end - path - 1 < PATH_MAX) {
			ret->version = v1 ? 1 : 2;
			snprintf(ret->path, sizeof(ret->path), "%.*s", (int)(end - path - 1), path + 1);
		}
		line = *end ? end + 1 : end;
	}
	return ret->version;
}

/* mountinfo has blanks, tabs, newlines and backslashes as \040 */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* What of path is below root: "" or "/rest"; NULL: path isn't there at all. */
static const char *below(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (!strcmp(root, "/"))
		return strcmp(path, "/") ? path : "";
	if (strncmp(path, root, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

/* "36 35 98:0 /root /mountpoint options optional... - type source superoptions" */
static bool is_mount(const char *line, const char *end, struct cgroup *ret)
{
	char root[PATH_MAX], point[PATH_MAX], type[32], options[PATH_MAX], *copy;
	const char *dash, *rest;
	bool ok = false;

	copy = strndup(line, end - line);
	if (!copy)
		return false;
	dash = strstr(copy, " - ");
	if (dash && sscanf(copy, "%*d %*d %*s %4095s %4095s", root, point) == 2 &&
	    sscanf(dash, " - %31s %*s %4095s", type, options) == 2 &&
	    (ret->version == 2 ? !strcmp(type, "cgroup2") :
				 !strcmp(type, "cgroup") &&
					 in_list(options, options + strlen(options), "memory"))) {
		unescape(root);
		unescape(point);
		rest = below(ret->path, root);
		ok = rest && strlen(point) + strlen(rest) < sizeof(ret->dir) &&
		     !strstr(rest, "/..");
		if (ok) {
			snprintf(ret->dir, sizeof(ret->dir), "%s%s", point, rest);
			ret->levels = 0;
			for (; *rest; rest++)
				ret->levels += *rest == '/';
		}
	}
	free(copy);
	return ok;
}

int cgroup_find(const char *cgroups, const char *mounts, struct cgroup *ret)
{
	if (!find_path(cgroups, ret))
		return err_set(ENOENT, "the kernel says of no memory cgroup");
	for (const char *line = mounts; *line;) {
		const char *end = strchrnul(line, '\n');

		if (is_mount(line, end, ret))
			return 0;
		line = *end ? end + 1 : end;
	}
	return err_set(ENOENT, "the memory cgroup %s is mounted nowhere here (cgroup v%d)", ret->path,
		       ret->version);
}

static int find_live(const struct target *t, struct cgroup *ret)
{
	struct buf mounts = { 0 };
	char *cgroups;
	int err = target_text(t, "cgroup", &cgroups, NULL);

	if (err)
		return err;
	err = buf_read_file(&mounts, "/proc/self/mountinfo", 16 * FILE_MAX);
	if (err)
		err = err_sys(-err, "can't read /proc/self/mountinfo");
	else
		err = cgroup_find(cgroups, mounts.data ? mounts.data : "", ret);
	free(cgroups);
	buf_free(&mounts);
	return err;
}

static int describe(const struct cgroup *c, struct buf *b)
{
	buf_printf(b, "version %d\nlevels %u\npath %s\ndir %s\n", c->version, c->levels, c->path, c->dir);
	return b->failed ? -ENOMEM : 0;
}

int cgroup_live_text(const struct target *t, const char *name, char **ret, size_t *len)
{
	struct cgroup c;
	struct buf b = { 0 }, path = { 0 };
	int err = find_live(t, &c);

	if (err)
		return err;
	buf_printf(&path, "%s/%s", c.dir, name);
	if (*name)
		err = path.failed ? -ENOMEM : buf_read_file(&b, path.data, FILE_MAX);
	else
		err = describe(&c, &b);
	if (!err)
		buf_str(&b, "");	/* an empty file has no data */
	if (!err && !b.data)
		err = -ENOMEM;
	if (err) {
		buf_free(&b);
		err = err_sys(-err, "can't read %s", path.data ? path.data : name);
	} else {
		*ret = b.data;
		if (len)
			*len = b.len;
	}
	buf_free(&path);
	return err;
}

/* The rest of the line that begins so. */
static bool line_of(const char *text, const char *key, char *ret, size_t size)
{
	const char *at = strstr(text, key);

	if (!at)
		return false;
	at += strlen(key);
	snprintf(ret, size, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

int cgroup_open(const struct target *t, struct cgroup *ret)
{
	char *text, number[16];
	int err = target_text(t, TARGET_CGROUP, &text, NULL);

	if (err)
		return err;
	if (!line_of(text, "version ", number, sizeof(number)))
		err = err_set(ENOENT, "no memory cgroup was kept");
	ret->version = atoi(number);
	ret->levels = line_of(text, "\nlevels ", number, sizeof(number)) ? strtoul(number, NULL, 10) : 0;
	if (ret->levels > PATH_MAX / 2)
		ret->levels = 0;
	if (!line_of(text, "\npath ", ret->path, sizeof(ret->path)) ||
	    !line_of(text, "\ndir ", ret->dir, sizeof(ret->dir)) ||
	    (ret->version != 1 && ret->version != 2))
		err = err_set(ENOENT, "no memory cgroup was kept");
	free(text);
	return err;
}

int cgroup_text(const struct target *t, unsigned level, const char *file, char **ret)
{
	struct buf name = { 0 };
	int err;

	buf_str(&name, TARGET_CGROUP);
	while (level--)
		buf_str(&name, "../");
	buf_str(&name, file);
	err = name.failed ? err_sys(ENOMEM, "reading %s", file) : target_text(t, name.data, ret, NULL);
	buf_free(&name);
	return err;
}
