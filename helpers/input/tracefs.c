/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/tracefs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

#define LIST_MAX (64u << 20)

/* tracefs, or the folder of debugfs that older systems have it in; false: neither is mounted. */
static bool find_mount(char *ret, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	bool found = false;

	while (f && !found && (m = getmntent(f)))
		if (!strcmp(m->mnt_type, "tracefs"))
			found = snprintf(ret, size, "%s", m->mnt_dir) < (int)size;
	if (f && !found)
		rewind(f);
	while (f && !found && (m = getmntent(f)))
		if (!strcmp(m->mnt_type, "debugfs"))
			found = snprintf(ret, size, "%s/tracing", m->mnt_dir) < (int)size;
	if (f)
		endmntent(f);
	return found;
}

static int open_failed(const char *path)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		return err_set(EPERM, "%s: only root may use it; run this with sudo, or use --print and have "
				      "somebody write the lines there", path);
	case ENOENT:
	case ENOTDIR:
		return err_set(EOPNOTSUPP, "%s is missing: this kernel has no uprobe events "
					   "(CONFIG_UPROBE_EVENTS)", path);
	case EROFS:
		return err_set(EOPNOTSUPP, "%s is mounted read-only, as in most containers: run this on the "
					   "host", path);
	}
	return err_sys(errno, "can't open %s", path);
}

int tracefs_open(struct tracefs *ret, bool write)
{
	char path[PATH_MAX + 16];

	ret->fd = -1;
	if (!find_mount(ret->dir, sizeof(ret->dir)))
		return err_set(EOPNOTSUPP, "tracefs is not mounted: mount -t tracefs nodev /sys/kernel/tracing");
	snprintf(path, sizeof(path), "%s/uprobe_events", ret->dir);
	ret->fd = open(path, (write ? O_RDWR | O_APPEND : O_RDONLY) | O_CLOEXEC);
	if (ret->fd < 0)
		return open_failed(path);
	if (write && flock(ret->fd, LOCK_EX))
		return err_sys(errno, "can't lock %s", path);
	return 0;
}

void tracefs_close(struct tracefs *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* "p:GROUP/NAME PATH:OFFSET(REFERENCE COUNT) FETCH..." (trace_uprobe_show() in kernel/trace/trace_uprobe.c) */
static bool parse(char *line, struct tracefs_event *ret)
{
	char *slash = strchr(line, '/'), *path = slash ? strchr(slash, ' ') : NULL;
	char *fetch = path ? strchr(path + 1, ' ') : NULL, *colon;

	if (!path || strncmp(line, "p:", 2) != 0)
		return false;
	*slash++ = *path++ = '\0';
	if (fetch)
		*fetch++ = '\0';
	colon = strrchr(path, ':');
	if (!colon)
		return false;
	*colon++ = '\0';
	*ret = (struct tracefs_event){ line + 2, slash, path, fetch ? fetch : "",
				       strtoull(colon, NULL, 0) };
	return true;
}

int tracefs_read(const struct tracefs *t, struct tracefs_list *ret)
{
	struct buf b = { 0 };
	char *line, *save;
	int err = lseek(t->fd, 0, SEEK_SET) < 0 ? -errno : buf_read_fd(&b, t->fd, LIST_MAX);

	*ret = (struct tracefs_list){ .text = b.data };
	if (err)
		return err_sys(-err, "can't read %s/uprobe_events", t->dir);
	for (line = b.data ? strtok_r(b.data, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		if (!ARRAY_ROOM(ret->v, ret->n, ret->cap))
			return err_sys(ENOMEM, "can't read %s/uprobe_events", t->dir);
		ret->n += parse(line, &ret->v[ret->n]);
	}
	return 0;
}

void tracefs_list_free(struct tracefs_list *l)
{
	free(l->v);
	free(l->text);
	*l = (struct tracefs_list){ 0 };
}

static int write_line(const struct tracefs *t, const char *line)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "%s\n", line);
	ssize_t done;

	if (n >= (int)sizeof(text))
		return -E2BIG;
	do {
		done = write(t->fd, text, n);
	} while (done < 0 && errno == EINTR);
	return done < 0 ? -errno : done < n ? -EIO : 0;
}

int tracefs_add(const struct tracefs *t, const char *line)
{
	int err = write_line(t, line);

	if (err == -EINVAL)
		return err_set(EOPNOTSUPP, "this kernel doesn't take the event '%s' (%s/error_log says more)", line,
			       t->dir);
	return err ? err_sys(-err, "the kernel doesn't take the event '%s'", line) : 0;
}

int tracefs_remove(const struct tracefs *t, const char *group, const char *name)
{
	char line[2 * TRACEFS_NAME + 8];
	int err;

	snprintf(line, sizeof(line), "-:%s/%s", group, name);
	err = write_line(t, line);
	if (err == -EBUSY)
		return err_set(EBUSY, "%s:%s is in use, by a perf that still runs or by ftrace; end that first", group,
			       name);
	return err && err != -ENOENT ? err_sys(-err, "can't remove %s:%s", group, name) : 0;
}

bool tracefs_has_group(const struct tracefs *t, const char *group)
{
	char path[PATH_MAX + TRACEFS_NAME + 16];

	snprintf(path, sizeof(path), "%s/events/%s", t->dir, group);
	return !access(path, F_OK);
}

bool tracefs_name_ok(const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= TRACEFS_NAME || isdigit((unsigned char)name[0]))
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	return true;
}

bool tracefs_path_ok(const char *path)
{
	for (const char *p = path; *p; p++)
		if (isspace((unsigned char)*p) || *p == '#')
			return false;
	return true;
}
