/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

enum { FIRST_CAP = 256 << 10 };

void lines_open(struct lines *l, int fd, const char *name)
{
	*l = (struct lines){ .name = name, .fd = fd };
}

int lines_open_mem(struct lines *l, const void *data, size_t len, const char *name)
{
	*l = (struct lines){ .name = name, .fd = -1, .eof = true, .end = len, .cap = len + 1 };
	l->data = malloc(l->cap);
	if (!l->data)
		return -ENOMEM;
	if (len)
		memcpy(l->data, data, len);
	return 0;
}

void lines_close(struct lines *l)
{
	free(l->data);
	l->data = NULL;
}

/* Room for more behind what is unread; one byte stays free for the last line's NUL. */
static int make_room(struct lines *l)
{
	size_t unread = l->end - l->start, cap = l->cap ? l->cap : FIRST_CAP;
	char *data;

	if (l->start && unread)
		memmove(l->data, l->data + l->start, unread);
	l->start = 0;
	l->end = unread;
	if (unread > LINE_MAX_BYTES)
		return err_set(EFBIG, "%s: line %llu is longer than %d MiB", l->name,
			       (unsigned long long)l->number + 1, LINE_MAX_BYTES >> 20);
	if (unread + 1 >= cap)
		cap *= 2;
	if (cap == l->cap)
		return 0;
	data = realloc(l->data, cap);
	if (!data)
		return err_sys(ENOMEM, "%s", l->name);
	l->data = data;
	l->cap = cap;
	return 0;
}

static int fill(struct lines *l)
{
	int ret = make_room(l);
	ssize_t n;

	if (ret)
		return ret;
	do
		n = read(l->fd, l->data + l->end, l->cap - 1 - l->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(errno, "can't read %s", l->name);
	l->end += n;
	l->eof = !n;
	l->bytes += n;
	if (l->on_read)
		l->on_read(l->arg, l->bytes);
	return 0;
}

int lines_next(struct lines *l, char **ret, size_t *ret_len)
{
	size_t seen = 0;
	char *nl, *line;
	size_t len;

	for (;;) {
		size_t unread = l->end - l->start;
		int err;

		nl = unread ? memchr(l->data + l->start + seen, '\n', unread - seen) : NULL;
		if (nl)
			break;
		if (l->eof && !unread)
			return 0;
		if (l->eof) {
			nl = l->data + l->end;
			break;
		}
		seen = unread;
		err = fill(l);
		if (err)
			return err;
	}
	line = l->data + l->start;
	len = nl - line;
	l->start = nl - l->data < (ptrdiff_t)l->end ? l->start + len + 1 : l->end;
	if (len && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	l->number++;
	*ret = line;
	*ret_len = len;
	return 1;
}

int lines_peek(struct lines *l, size_t want, const char **ret, size_t *ret_len)
{
	while (!l->eof && l->end - l->start < want) {
		int err = fill(l);

		if (err)
			return err;
	}
	*ret = l->data ? l->data + l->start : "";
	*ret_len = l->end - l->start;
	return 0;
}

int lines_take(struct lines *l, size_t n, char **ret)
{
	const char *head;
	size_t len;
	int err = lines_peek(l, n, &head, &len);

	if (err)
		return err;
	if (len < n)
		return 0;
	*ret = l->data + l->start;
	l->start += n;
	return 1;
}
