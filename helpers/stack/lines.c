/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "stack/gunzip.h"

enum { FIRST_CAP = 256 << 10 };

void lines_open(struct lines *l, int fd, const char *name)
{
	*l = (struct lines){ .name = name, .fd = fd };
}

void lines_close(struct lines *l)
{
	gunzip_free(l->gunzip);
	l->gunzip = NULL;
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

static ssize_t read_file(void *arg, void *buf, size_t size)
{
	struct lines *l = arg;
	ssize_t n;

	if (l->fd < 0)
		return 0;
	do
		n = read(l->fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->bytes += n;
	if (l->on_read)
		l->on_read(l->arg, l->bytes);
	return n;
}

/* The first bytes say whether the input is gzipped. */
static int look(struct lines *l)
{
	l->looked = true;
	if (!gunzip_match(l->data, l->end))
		return 0;
	l->gunzip = gunzip_new(l->data, l->end, read_file, l);
	l->end = 0;
	l->eof = false;
	return l->gunzip ? 0 : err_sys(ENOMEM, "%s", l->name);
}

static ssize_t read_part(struct lines *l, char *buf, size_t size)
{
	ssize_t n = l->gunzip ? gunzip_read(l->gunzip, buf, size, &l->broken) :
				read_file(l, buf, size);

	if (n == -EBADMSG)
		return err_set(EBADMSG, "%s: the gzipped data is damaged", l->name);
	return n < 0 ? err_sys(-n, "can't read %s", l->name) : n;
}

static int fill(struct lines *l)
{
	int ret = make_room(l);

	if (ret)
		return ret;
	do {
		ssize_t n = read_part(l, l->data + l->end, l->cap - 1 - l->end);

		if (n < 0)
			return n;
		l->end += n;
		l->eof = !n;
	} while (!l->looked && !l->eof && l->end < GUNZIP_HEAD);
	return l->looked ? 0 : look(l);
}

int lines_open_mem(struct lines *l, const void *data, size_t len, const char *name)
{
	*l = (struct lines){ .name = name, .fd = -1, .end = len, .cap = len + 1 };
	l->data = malloc(l->cap);
	if (!l->data)
		return -ENOMEM;
	if (len)
		memcpy(l->data, data, len);
	l->eof = true;
	return look(l);
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
		if (l->eof && (!unread || l->broken))
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
	l->cut = nl == l->data + l->end;
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
	l->taken += n;
	return 1;
}
