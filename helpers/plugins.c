/* SPDX-License-Identifier: GPL-2.0-only */
#include "plugins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/trust.h"
#include "command.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"
#define TEXT_PROBE 4096	/* bytes that tell text from other files */

bool plugin_name_ok(const char *name)
{
	size_t n = strspn(name, NAME_CHARACTERS);

	return n && !name[n] && n <= PLUGIN_NAME_MAX && name[0] != '-';
}

/* A folder that was looked at: 0, or -errno with words. */
static int folder_check(const struct path_folder *f)
{
	char real[PATH_MAX];
	struct stat st;

	if (stat(f->path, &st))
		return err_sys(errno, "%s", f->path);
	if (!S_ISDIR(st.st_mode))
		return err_sys(ENOTDIR, "%s", f->path);
	if (access(f->path, R_OK | X_OK))
		return err_sys(errno, "%s", f->path);
	return f->ours && path_in_tree() ? 0 : trust_resolve(f->path, real);
}

static int text_check(const char *path)
{
	char head[TEXT_PROBE];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	int err = errno;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return err_sys(err, "%s", path);
	if (!n)
		return err_set(ENOEXEC, "%s is empty", path);
	return memchr(head, '\0', n) ? err_set(ENOEXEC, "%s is not text", path) : 0;
}

static int file_check(struct plugin *p)
{
	struct stat st;
	int err = 0;

	if (!plugin_name_ok(p->name))
		return err_set(EINVAL, "%s: a plugin's name is of a-z, 0-9 and '-', at most %d of them",
			       p->path, PLUGIN_NAME_MAX);
	if (p->ours && path_in_tree()) {
		if (!realpath(p->path, p->real))
			err = err_sys(errno, "%s", p->path);
	} else {
		err = trust_resolve(p->path, p->real);
	}
	if (err)
		return err;
	if (stat(p->real, &st))
		return err_sys(errno, "%s", p->path);
	if (!S_ISREG(st.st_mode))
		return err_set(ENOEXEC, "%s is not a regular file", p->path);
	if (p->kind == PLUGIN_SCRIPT)
		return text_check(p->real);
	return access(p->real, X_OK) ? err_set(EACCES, "%s is not executable", p->path) : 0;
}

/* Is there a file of that plugin in the folder, in whatever state? */
static bool is_in(const struct path_folder *f, enum plugin_kind kind, const char *name,
		  struct plugin *ret)
{
	const char *prefix = kind == PLUGIN_PROGRAM ? "gobpf-" : "";
	const char *suffix = kind == PLUGIN_SCRIPT ? ".bt" : "";
	struct stat st;

	*ret = (struct plugin){ .kind = kind, .ours = f->ours };
	if (snprintf(ret->path, sizeof(ret->path), "%s/%s%s%s", f->path, prefix, name, suffix) >=
	    (int)sizeof(ret->path))
		return false;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	return !lstat(ret->path, &st);
}

/* A name that is looked for. */
struct search {
	const char *name;
	enum plugin_kind first, last;
	struct buf passed_over;
	int err;		/* of the first that can't be used */
};

static int find_in(struct search *s, const struct path_folder *f, struct plugin *ret)
{
	struct plugin p;
	int err;

	for (enum plugin_kind kind = s->first; kind <= s->last; kind++) {
		if (!is_in(f, kind, s->name, &p))
			continue;
		err = folder_check(f);
		if (!err)
			err = file_check(&p);
		if (!err) {
			*ret = p;
			return 0;
		}
		if (!s->err)
			buf_str(&s->passed_over, err_text());
		s->err = s->err ? s->err : err;
	}
	return -ESRCH;
}

static int find(struct search *s, struct plugin *ret, struct buf *passed_over)
{
	struct path_folder f;
	int err = -ESRCH;

	if (!plugin_name_ok(s->name))
		return err;
	for (unsigned i = 0; err && path_plugin_folder(i, &f); i++)
		err = find_in(s, &f, ret);
	if (err && s->err)
		err = err_set(-s->err, "%s", s->passed_over.len ? s->passed_over.data : s->name);
	else if (passed_over && s->passed_over.len)
		buf_str(passed_over, s->passed_over.data);
	buf_free(&s->passed_over);
	return err;
}

int plugin_find(const char *name, struct plugin *ret, struct buf *passed_over)
{
	struct search s = { name, PLUGIN_PROGRAM, PLUGIN_SCRIPT };

	return find(&s, ret, passed_over);
}

int plugin_find_script(const char *name, struct plugin *ret, struct buf *passed_over)
{
	struct search s = { name, PLUGIN_SCRIPT, PLUGIN_SCRIPT };

	return find(&s, ret, passed_over);
}

bool plugin_is_hidden(const char *command, struct plugin *ret)
{
	struct path_folder f;

	for (unsigned i = 0; path_plugin_folder(i, &f) && !f.ours; i++)
		for (enum plugin_kind kind = PLUGIN_PROGRAM; kind <= PLUGIN_SCRIPT; kind++)
			if (is_in(&f, kind, command, ret))
				return true;
	return false;
}

struct each {
	void (*fn)(const struct plugin *p, void *arg);
	void *arg;
};

/* Another file that `gobpf NAME' runs instead. */
static void note_winner(struct plugin *p)
{
	struct plugin winner;

	if (command_find(p->name))
		snprintf(p->unused, sizeof(p->unused), "%s: the command '%s' of gobpf comes before it",
			 p->path, p->name);
	else if (!plugin_find(p->name, &winner, NULL) && strcmp(winner.path, p->path))
		snprintf(p->unused, sizeof(p->unused), "%s: %s comes before it", p->path,
			 winner.path);
}

/* Takes apart gobpf-NAME and NAME.bt; gobpf-NAME.help belongs to gobpf-NAME. */
static bool is_plugins_file(const char *file, enum plugin_kind *kind, char name[NAME_MAX + 1])
{
	size_t n = strlen(file);

	if (n > 3 && file[0] != '.' && !strcmp(file + n - 3, ".bt")) {
		*kind = PLUGIN_SCRIPT;
		snprintf(name, NAME_MAX + 1, "%.*s", (int)n - 3, file);
		return true;
	}
	*kind = PLUGIN_PROGRAM;
	if (strncmp(file, "gobpf-", 6) || !file[6] || (n > 5 && !strcmp(file + n - 5, ".help")))
		return false;
	snprintf(name, NAME_MAX + 1, "%s", file + 6);
	return true;
}

static void each_file(const struct path_folder *f, const char *file, const struct each *e)
{
	char name[NAME_MAX + 1];
	enum plugin_kind kind;
	struct plugin p;

	if (!is_plugins_file(file, &kind, name) || !is_in(f, kind, name, &p))
		return;
	if (file_check(&p))
		snprintf(p.unused, sizeof(p.unused), "%s", err_text());
	else
		note_winner(&p);
	e->fn(&p, e->arg);
}

static void each_in(const struct path_folder *f, const struct each *e)
{
	struct plugin as_a_whole = { .kind = PLUGIN_FOLDER, .ours = f->ours };
	struct dirent **list;
	int n, err = folder_check(f);

	/* nobody has to have one */
	if (err == -ENOENT && !f->given)
		return;
	if (err) {
		snprintf(as_a_whole.path, sizeof(as_a_whole.path), "%s", f->path);
		snprintf(as_a_whole.unused, sizeof(as_a_whole.unused), "%s", err_text());
		e->fn(&as_a_whole, e->arg);
		return;
	}
	n = scandir(f->path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		each_file(f, list[i]->d_name, e);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* A folder that was given twice, or given and the user's own, has each plugin once. */
static bool looked_at_before(unsigned i, const struct path_folder *f)
{
	struct path_folder earlier;
	struct stat st, other;

	if (stat(f->path, &st))
		return false;
	for (unsigned j = 0; j < i && path_plugin_folder(j, &earlier); j++)
		if (!stat(earlier.path, &other) && st.st_dev == other.st_dev &&
		    st.st_ino == other.st_ino)
			return true;
	return false;
}

void plugin_each(void (*fn)(const struct plugin *p, void *arg), void *arg)
{
	struct each e = { fn, arg };
	struct path_folder f;

	for (unsigned i = 0; path_plugin_folder(i, &f); i++)
		if (!looked_at_before(i, &f))
			each_in(&f, &e);
}
