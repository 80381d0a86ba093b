/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/walk.h"

#define KERNEL_MARK "_[k]"

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), e = strlen(end);

	return n >= e && !strcmp(s + n - e, end);
}

/* Takes blanks and kernel marks off the end of b[start..]; was there a mark? */
static bool strip_end(struct buf *b, size_t start)
{
	bool marked = false;

	for (;;) {
		while (b->len > start && b->data[b->len - 1] == ' ')
			b->len--;
		b->data[b->len] = '\0';
		if (!ends_in(b->data + start, KERNEL_MARK))
			return marked;
		b->len -= strlen(KERNEL_MARK);
		marked = true;
	}
}

/* A blank at the end would be lost before the count, so it is lost everywhere. */
void fold_name(struct buf *b, const struct frame *f)
{
	size_t start = b->len;
	bool marked;

	buf_str(b, f->func);
	if (b->failed)
		return;
	for (char *c = b->data + start; *c; c++) {
		if (*c == ';')
			*c = ':';
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	marked = strip_end(b, start);
	if (b->len == start)
		buf_str(b, "[unknown]");
	if ((f->flags & FRAME_KERNEL) || marked)
		buf_str(b, KERNEL_MARK);
}

bool fold_is_address(const char *name, uint64_t *ret_addr)
{
	unsigned long long v;
	char *end;

	*ret_addr = 0;
	if (!strcmp(name, "[unknown]"))
		return true;
	if (name[0] != '0' || name[1] != 'x' || !name[2])
		return false;
	errno = 0;
	v = strtoull(name, &end, 16);
	if (*end || errno)
		return false;
	*ret_addr = v;
	return true;
}

void fold_frame(char *name, struct frame *ret)
{
	*ret = (struct frame){ .func = name };
	if (ends_in(name, KERNEL_MARK)) {
		name[strlen(name) - strlen(KERNEL_MARK)] = '\0';
		ret->flags = FRAME_KERNEL;
	}
	if (!*name)
		ret->func = "[unknown]";
	if (fold_is_address(ret->func, &ret->addr))
		ret->flags |= FRAME_UNKNOWN;
}

struct lines_out {
	FILE *f;
	const struct labels *labels;
	struct buf path;
	size_t *lens, lens_cap;		/* [depth]: of the path up to there */
};

static void add_count(struct buf *b, int64_t count)
{
	uint64_t rest = count < 0 ? -(uint64_t)count : (uint64_t)count;
	char text[24], *at = text + sizeof(text);

	do
		*--at = '0' + rest % 10;
	while (rest /= 10);
	if (count < 0)
		*--at = '-';
	buf_char(b, ' ');
	buf_add(b, at, text + sizeof(text) - at);
	buf_char(b, '\n');
}

static int write_frame(void *ctx, unsigned depth, uint32_t label, int64_t total, int64_t self)
{
	struct lines_out *o = ctx;
	const struct label_text *name = &o->labels->v[label];
	struct buf *path = &o->path;
	char *at;

	(void)total;
	if (depth >= o->lens_cap && !ARRAY_ROOM(o->lens, depth, o->lens_cap))
		return -ENOMEM;
	path->len = depth > 1 ? o->lens[depth - 1] : 0;
	at = buf_room(path, name->len + 1);
	if (!at)
		return -ENOMEM;
	if (depth > 1)
		*at++ = ';';
	memcpy(at, name->text, name->len);
	path->len = at + name->len - path->data;
	o->lens[depth] = path->len;
	if (self && !path->failed) {
		add_count(path, self);
		fwrite(path->data, 1, path->len, o->f);
	}
	return path->failed ? -ENOMEM : 0;
}

int fold_write_by(FILE *f, const struct profile *p, unsigned value, const struct labels *labels)
{
	struct lines_out o = { .f = f, .labels = labels };
	struct walk w = { .p = p, .labels = labels, .value = value, .enter = write_frame, .ctx = &o };
	int ret = walk_stacks(&w);

	buf_free(&o.path);
	free(o.lens);
	return ret;
}

int fold_write(FILE *f, const struct profile *p, unsigned value)
{
	struct labels labels;
	int ret = labels_build(&labels, p, fold_name);

	if (!ret)
		ret = fold_write_by(f, p, value, &labels);
	labels_free(&labels);
	return ret;
}
