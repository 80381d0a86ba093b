/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/learnt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/err.h"

#define FORMAT "gobpf abilities 1"
#define FILE_MAX 65536
#define KEY_MAX (PATH_MAX + 512)

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash(const char *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3;
	return h;
}

/* What it is learnt of: this file on this kernel. */
static bool key_of(const char *path, char ret[KEY_MAX])
{
	struct utsname u;
	struct stat st;

	if (stat(path, &st) || uname(&u) || strchr(path, '\n'))
		return false;
	snprintf(ret, KEY_MAX, "%s %ju:%ju %jd %jd.%09ld %s %s", path, (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
		 st.st_mtim.tv_nsec, u.release, u.machine);
	return true;
}

void learnt_print(const struct bpftrace *b, const char *key, struct buf *ret)
{
	struct bpftrace_abilities can = b->can[0];

	buf_printf(ret, "%s\nof %s\nis bpftrace %u.%u.%u\n", FORMAT, key, b->major, b->minor, b->patch);
	for (size_t i = 0; i < ABILITIES; i++)
		buf_printf(ret, "%s %d\n", abilities[i].name, *ability_of(&can, &abilities[i]));
	buf_printf(ret, "sum %016" PRIx64 "\n", ret->data ? hash(ret->data, ret->len) : 0);
}

/*
 * It is believed only if this gobpf would have written just these bytes, so nothing of it
 * has to be understood but a version and a digit for each ability.
 */
bool learnt_parse(struct part text, const char *key, struct bpftrace *b)
{
	struct bpftrace got = *b;
	struct buf want = { 0 }, copy = { 0 };
	const char *line;
	bool same = false;

	buf_add(&copy, text.p, text.len);
	line = copy.data && text.len < FILE_MAX ? strstr(copy.data, "\nis bpftrace ") : NULL;
	if (line && bpftrace_parse_version(line + 1, &got)) {
		for (size_t i = 0; i < ABILITIES && line; i++) {
			char name[64];

			snprintf(name, sizeof(name), "\n%s 1\n", abilities[i].name);
			*ability_of(got.can, &abilities[i]) = strstr(line, name) != NULL;
		}
		learnt_print(&got, key, &want);
		same = !want.failed && want.len == text.len && !memcmp(want.data, text.p, text.len);
	}
	buf_free(&want);
	buf_free(&copy);
	if (!same || !got.can->max_keys)
		return false;
	abilities_set_names(got.can);
	got.learnt = BPFTRACE_CACHED;
	*b = got;
	return true;
}

static bool ours_alone(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* The folder that holds ours: an absolute path. */
static bool above(char ret[PATH_MAX])
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n = -1;

	if (cache && cache[0] == '/')
		n = snprintf(ret, PATH_MAX, "%s", cache);
	else if (home && home[0] == '/')
		n = snprintf(ret, PATH_MAX, "%s/.cache", home);
	return n > 0 && n < PATH_MAX;
}

/* Our folder, opened; made if `make'. -1: there is none that can be trusted. */
static int folder(bool make)
{
	char path[PATH_MAX];
	struct stat st;
	int top, fd;

	if (!above(path))
		return -1;
	if (make)
		mkdir(path, 0700);
	top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -1;
	if (geteuid() == 0 && (fstat(top, &st) || !ours_alone(&st))) {
		close(top);
		return -1;
	}
	if (make)
		mkdirat(top, "gobpf", 0700);
	fd = openat(top, "gobpf", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	close(top);
	if (fd >= 0 && (fstat(fd, &st) || !ours_alone(&st))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void file_name(const char *path, char ret[64])
{
	snprintf(ret, 64, "bpftrace-%016" PRIx64, hash(path, strlen(path)));
}

static bool read_ours(int dir, const char *name, struct buf *ret)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return false;
	ok = !fstat(fd, &st) && S_ISREG(st.st_mode) && ours_alone(&st) &&
	     !buf_read_fd(ret, fd, FILE_MAX) && ret->data;
	close(fd);
	return ok;
}

bool learnt_load(struct bpftrace *b)
{
	struct bpftrace got = *b;
	char key[KEY_MAX], name[64];
	struct buf text = { 0 };
	int dir = folder(false);
	bool ok;

	if (dir < 0)
		return false;
	file_name(b->path, name);
	ok = key_of(b->path, key) && read_ours(dir, name, &text) &&
	     learnt_parse((struct part){ text.data, text.len }, key, &got);
	close(dir);
	buf_free(&text);
	/* the version is known already: then it is not the file that decides it */
	if (b->can->max_keys &&
	    (got.major != b->major || got.minor != b->minor || got.patch != b->patch))
		ok = false;
	if (ok)
		*b = got;
	return ok;
}

bool learnt_can_save(void)
{
	int dir = folder(true);
	bool ok = dir >= 0 && !faccessat(dir, ".", W_OK, AT_EACCESS);

	if (dir >= 0)
		close(dir);
	return ok;
}

static int write_all(int fd, const struct buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? n : 0;
	}
	return 0;
}

static int save_in(int dir, const char *name, const struct buf *text)
{
	char aside[96];
	int fd, err;

	snprintf(aside, sizeof(aside), "%s.%d", name, getpid());
	unlinkat(dir, aside, 0);
	fd = openat(dir, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir, aside, dir, name))
		err = -errno;
	if (err)
		unlinkat(dir, aside, 0);
	return err;
}

int learnt_save(const struct bpftrace *b)
{
	char key[KEY_MAX], name[64];
	struct buf text = { 0 };
	int dir = folder(true), err = -EIO;

	if (dir < 0)
		return err_set(EACCES, "no folder to keep what was learnt of bpftrace");
	file_name(b->path, name);
	if (key_of(b->path, key)) {
		learnt_print(b, key, &text);
		err = text.failed ? -ENOMEM : save_in(dir, name, &text);
	}
	close(dir);
	buf_free(&text);
	return err ? err_sys(-err, "can't keep what was learnt of bpftrace") : 0;
}

bool learnt_is_elf(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool elf = fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
		   !memcmp(magic, "\177ELF", sizeof(magic));

	if (fd >= 0)
		close(fd);
	return elf;
}
