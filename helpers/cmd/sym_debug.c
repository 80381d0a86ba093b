/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_debug.c - gobpf sym --debug-file: the functions of a stripped program for perf, gdb and the like */
#include "cmd/sym_run.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "input/elf_debug.h"

static void add_functions(struct sym *s, struct elf_debug *d)
{
	struct elf_native_func c;
	struct go_func f;

	for (size_t i = 0; elf_native_nth(s->native, i, &c); i++)
		if (!go_func_at(s->go, c.addr, &f))
			elf_debug_add(d, c.name, c.addr, c.size, c.local);
	for (uint32_t i = 0; i < s->go->nfunc; i++)
		if (go_func_nth(s->go, i, &f) && f.name[0])
			elf_debug_add(d, f.name, f.entry, go_func_size(s->go, &f), false);
}

/* In a folder: where debuggers look for it by the build id, DIR/.build-id/79/d0e636….debug */
static int place_by_build_id(struct sym *s, const char *dir, char ret[PATH_MAX])
{
	const char *id = elf_build_id(s->go->elf);
	int n;

	if (!elf_section(s->go->elf, ".note.gnu.build-id") || strlen(id) < 4)
		return err_set(ENOEXEC, "%s has no GNU build id, so nothing would look for it in %s: "
					"name a file", s->object, dir);
	n = snprintf(ret, PATH_MAX, "%s/.build-id", dir);
	if (n >= PATH_MAX - (int)strlen(id) - 16)
		return err_sys(ENAMETOOLONG, "%s", dir);
	if (mkdir(ret, 0777) && errno != EEXIST)
		return err_sys(errno, "can't make %s", ret);
	sprintf(ret + n, "/%.2s", id);
	if (mkdir(ret, 0777) && errno != EEXIST)
		return err_sys(errno, "can't make %s", ret);
	sprintf(ret + n, "/%.2s/%s.debug", id, id + 2);
	return 0;
}

static bool is_the_program(const struct sym *s, const char *path)
{
	struct stat a, b;

	return !stat(path, &a) && !stat(s->go->elf->path, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int write_file(const char *path, const struct buf *b)
{
	struct opt_output o = { .path = path };
	FILE *f;
	int err = output_open(&o, &f);

	if (err)
		return err;
	fwrite(b->data, 1, b->len, f);
	return output_close(&o, f);
}

int sym_debug_file(struct sym *s)
{
	const char *path = s->debug_file;
	struct elf_debug d = { 0 };
	char placed[PATH_MAX];
	struct buf b = { 0 };
	struct stat st;
	int err = 0;

	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		err = place_by_build_id(s, path, placed);
		path = placed;
	} else if (is_the_program(s, path)) {
		err = err_set(EINVAL, "%s is the program itself: it would be overwritten", path);
	}
	if (!err)
		err = elf_debug_begin(&d, s->go->elf);
	if (!err) {
		add_functions(s, &d);
		err = elf_debug_end(&d, &b);
	}
	if (!err)
		err = write_file(path, &b);
	if (!err)
		buf_printf(&s->text, "%s: %zu functions\n", path, d.nsymbols);
	buf_free(&b);
	elf_debug_free(&d);
	return err;
}
