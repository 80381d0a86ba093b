/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

enum { WINDOW = 1 << 20, MOST_AT_ONCE = 256 << 20 };

int pdata_source_open(struct pdata_source *s, struct lines *lines)
{
	struct stat st;
	off_t at;

	*s = (struct pdata_source){ .lines = lines, .fd = -1, .copy = -1, .size = UINT64_MAX };
	if (lines->fd < 0) {
		s->size = lines->end - lines->start;
		return 0;
	}
	at = lseek(lines->fd, 0, SEEK_CUR);
	if (at < 0 || fstat(lines->fd, &st) || !S_ISREG(st.st_mode)) {
		s->pipe = true;
		return 0;
	}
	s->fd = lines->fd;
	s->base = at - (lines->end - lines->start);
	s->size = (uint64_t)st.st_size > s->base ? st.st_size - s->base : 0;
	return 0;
}

void pdata_source_close(struct pdata_source *s)
{
	if (s->copy >= 0)
		close(s->copy);
	buf_free(&s->window);
	buf_free(&s->part);
}

/* A file that nobody else sees and that is gone when it is closed. */
static int temporary(void)
{
	const char *dir = getenv("TMPDIR");
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/gobpf-XXXXXX", dir && *dir ? dir : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		data += n > 0 ? n : 0;
		len -= n > 0 ? n : 0;
	}
	return 0;
}

int pdata_source_spool(struct pdata_source *s)
{
	int fd = temporary(), ret = fd < 0 ? -errno : 0;
	uint64_t size = 0;

	if (ret)
		return err_sys(-ret, "%s: no temporary file for what can't be read twice",
			       s->lines->name);
	for (;;) {
		const char *data;
		size_t len;

		ret = lines_peek(s->lines, 1, &data, &len);
		if (ret || !len)
			break;
		ret = write_all(fd, data, len);
		if (ret) {
			err_sys(-ret, "%s: can't write a temporary file", s->lines->name);
			break;
		}
		size += len;
		s->lines->start += len;
	}
	if (ret) {
		close(fd);
		return ret;
	}
	s->fd = s->copy = fd;
	s->pipe = false;
	s->size = size;
	return 0;
}

static int read_at(struct pdata_source *s, uint64_t off, size_t len, struct buf *b)
{
	char *room = buf_room(b, len);

	if (!room)
		return err_sys(ENOMEM, "%s", s->lines->name);
	while (len) {
		ssize_t n = pread(s->fd, room, len, s->base + off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "can't read %s", s->lines->name);
		if (!n)
			break;
		b->len += n;
		room += n;
		off += n;
		len -= n;
	}
	return 0;
}

int pdata_source_at(struct pdata_source *s, uint64_t off, uint64_t len, struct span *ret)
{
	int err = 0;

	*ret = (struct span){ 0 };
	if (off >= s->size)
		return 0;
	if (len > s->size - off)
		len = s->size - off;
	if (len > MOST_AT_ONCE)
		len = MOST_AT_ONCE;
	if (s->fd < 0) {
		*ret = (struct span){ (const uint8_t *)s->lines->data + s->lines->start + off,
				      len };
		return 0;
	}
	buf_clear(&s->part);
	err = read_at(s, off, len, &s->part);
	*ret = (struct span){ (const uint8_t *)s->part.data, s->part.len };
	return err;
}

/* The window moved so that it begins at s->at, with want bytes and more. */
static int move_window(struct pdata_source *s, size_t want)
{
	size_t keep = s->window_at + s->window.len - s->at, len = want > WINDOW ? want : WINDOW;
	int ret;

	if (s->at >= s->window_at + s->window.len || s->at < s->window_at)
		keep = 0;
	if (keep)
		memmove(s->window.data, s->window.data + s->window.len - keep, keep);
	s->window.len = keep;
	s->window_at = s->at;
	if (len > s->size - s->at)
		len = s->size - s->at;
	ret = len > keep ? read_at(s, s->at + keep, len - keep, &s->window) : 0;
	if (s->lines->on_read)
		s->lines->on_read(s->lines->arg, s->at);
	return ret;
}

int pdata_source_peek(struct pdata_source *s, size_t want, struct span *ret)
{
	const char *data;
	int err;

	*ret = (struct span){ 0 };
	if (s->pipe) {
		err = lines_peek(s->lines, want, &data, &ret->len);
		ret->p = (const uint8_t *)data;
		return err;
	}
	if (s->at >= s->size)
		return 0;
	if (s->fd < 0) {
		*ret = (struct span){ (const uint8_t *)s->lines->data + s->lines->start + s->at,
				      s->size - s->at };
		return 0;
	}
	if (s->at < s->window_at || s->at > s->window_at + s->window.len ||
	    s->window_at + s->window.len - s->at < want) {
		err = move_window(s, want);
		if (err)
			return err;
	}
	ret->p = (const uint8_t *)s->window.data + (s->at - s->window_at);
	ret->len = s->window_at + s->window.len - s->at;
	return 0;
}

int pdata_source_skip(struct pdata_source *s, uint64_t n)
{
	if (!s->pipe) {
		s->at = n > s->size - s->at ? s->size : s->at + n;
		return 0;
	}
	s->at += n;
	while (n) {
		const char *data;
		size_t len;
		int ret = lines_peek(s->lines, 1, &data, &len);

		if (ret || !len)
			return ret;
		if (len > n)
			len = n;
		s->lines->start += len;
		n -= len;
	}
	return 0;
}
