/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

char *buf_room(struct buf *b, size_t extra)
{
	size_t cap = b->cap ? b->cap : 256;
	char *data;

	if (b->failed || extra > SIZE_MAX / 4 - b->len) {
		b->failed = true;
		return NULL;
	}
	while (cap < b->len + extra + 1)
		cap *= 2;
	if (cap != b->cap) {
		data = realloc(b->data, cap);
		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	return b->data + b->len;
}

void buf_add(struct buf *b, const void *p, size_t len)
{
	char *room = buf_room(b, len);

	if (!room)
		return;
	if (len)
		memcpy(room, p, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

static void add_formatted(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *room;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->failed = true;
		return;
	}
	room = buf_room(b, n);
	if (!room)
		return;
	vsnprintf(room, n + 1, fmt, ap);
	b->len += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_formatted(b, fmt, ap);
	va_end(ap);
}

void buf_line(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_formatted(b, fmt, ap);
	va_end(ap);
	buf_char(b, '\n');
}

int buf_read_fd(struct buf *b, int fd, size_t limit)
{
	for (;;) {
		char *room = buf_room(b, 65536);
		ssize_t n;

		if (!room)
			return -ENOMEM;
		n = read(fd, room, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		b->len += n;
		b->data[b->len] = '\0';
		if (n == 0)
			return 0;
		if (b->len > limit)
			return -EFBIG;
	}
}

int buf_read_file(struct buf *b, const char *path, size_t limit)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = buf_read_fd(b, fd, limit);
	close(fd);
	return ret;
}

bool array_room(void *pv, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap : 16;
	void *old, *new;

	if (n < *cap)
		return true;
	while (want <= n) {
		if (want > SIZE_MAX / 2 / size)
			return false;
		want *= 2;
	}
	memcpy(&old, pv, sizeof(old));
	new = realloc(old, want * size);
	if (!new)
		return false;
	memcpy(pv, &new, sizeof(new));
	*cap = want;
	return true;
}
