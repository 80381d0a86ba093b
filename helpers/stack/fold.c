/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/fold.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stack/tree.h"

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

/* The next node in depth-first order, 0 behind the last; *depth follows. */
static uint32_t next_node(const struct tree *t, uint32_t node, size_t *depth)
{
	if (t->nodes[node].child != TREE_NONE) {
		++*depth;
		return t->nodes[node].child;
	}
	while (node && t->nodes[node].sibling == TREE_NONE) {
		node = t->nodes[node].parent;
		--*depth;
	}
	return node ? t->nodes[node].sibling : 0;
}

static int write_tree(FILE *f, const struct tree *t)
{
	size_t *lens = malloc((t->depth + 1) * sizeof(*lens)), depth = 0;
	struct buf path = { 0 };
	uint32_t node = 0;
	bool failed;

	if (!lens)
		return -ENOMEM;
	lens[0] = 0;
	while (!path.failed && (node = next_node(t, node, &depth))) {
		path.len = lens[depth - 1];
		if (path.len)
			buf_char(&path, ';');
		buf_str(&path, t->labels[t->nodes[node].label].text);
		lens[depth] = path.len;
		if (t->nodes[node].self)
			fprintf(f, "%s %" PRId64 "\n", path.data, t->nodes[node].self);
	}
	failed = path.failed;
	free(lens);
	buf_free(&path);
	return failed ? -ENOMEM : 0;
}

int fold_write(FILE *f, const struct profile *p, unsigned value)
{
	struct tree t;
	int ret = tree_build(&t, p, value, false, fold_name);

	if (ret)
		return ret;
	ret = write_tree(f, &t);
	tree_free(&t);
	return ret;
}
