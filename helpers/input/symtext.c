/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/symtext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"

enum {
	TEXT_MAX = 256 << 20,
	UNSIZED_MAX = 1 << 20,	/* no function of unknown size is longer */
};

static int by_addr(const void *pa, const void *pb)
{
	const struct symtext_row *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (!*a->name != !*b->name)
		return !*a->name - !*b->name;
	/* of functions whose code is the same the one with the shortest name, as a rule not the special case */
	if (strlen(a->name) != strlen(b->name))
		return strlen(a->name) < strlen(b->name) ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

/* As strtoull() does with base 16, which takes several times as long: there are a hundred thousand lines. */
static uint64_t hexadecimal(char *text, char **end)
{
	uint64_t v = 0;
	char *c;

	for (c = text;; c++) {
		unsigned digit = *c >= '0' && *c <= '9' ? *c - '0' :
				 (*c | 32) >= 'a' && (*c | 32) <= 'f' ? (*c | 32) - 'a' + 10 : 16;

		if (digit == 16 || v >> 60)
			break;
		v = v << 4 | digit;
	}
	*end = c;
	return v;
}

/* "ffffffff81000000 T _text" or "... t name\t[module]"; what is no function ends the one before it */
static int kernel_line(char *line, struct symtext_row *ret)
{
	char *end, *name;

	ret->addr = hexadecimal(line, &end);
	ret->size = 0;
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return 0;
	ret->name = name = end + 3;
	if (end[1] != 't' && end[1] != 'T' && end[1] != 'w' && end[1] != 'W')
		*name = '\0';
	while (*name && *name != '\t' && *name != ' ')
		name++;
	*name = '\0';
	return 1;
}

static int jit_line(char *line, struct symtext_row *ret)
{
	char *end, *size;

	ret->addr = strtoull(line, &size, 16);
	if (size == line || *size != ' ')
		return 0;
	ret->size = strtoull(size, &end, 16);
	if (end == size || *end != ' ' || !ret->size)
		return 0;
	ret->name = end + 1;
	return *ret->name != '\0';
}

/* The rows by address; of the kernel they nearly are already. */
static void sort(struct symtext *s)
{
	size_t moves = 8 * s->n;

	for (size_t i = 1; i < s->n; i++) {
		struct symtext_row row = s->v[i];
		size_t k = i;

		for (; k && by_addr(&row, &s->v[k - 1]) < 0 && moves; moves--, k--)
			s->v[k] = s->v[k - 1];
		s->v[k] = row;
	}
	if (!moves)
		qsort(s->v, s->n, sizeof(*s->v), by_addr);
}

/* Takes b's text over. */
static int parse(struct buf *b, int (*line_of)(char *, struct symtext_row *), struct symtext *ret)
{
	struct symtext s = { .text = b->data };
	size_t cap = 0;

	for (char *line = b->data, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!ARRAY_ROOM(s.v, s.n, cap)) {
			symtext_free(&s);
			return -ENOMEM;
		}
		s.n += line_of(line, &s.v[s.n]);
	}
	sort(&s);
	*ret = s;
	return 0;
}

int symtext_kernel(struct symtext *ret)
{
	struct buf b = { 0 };
	int err = buf_read_file(&b, "/proc/kallsyms", TEXT_MAX);

	if (err) {
		buf_free(&b);
		return err;
	}
	err = parse(&b, kernel_line, ret);
	/* without leave to see them all are 0 */
	if (!err && (!ret->n || !ret->v[ret->n - 1].addr)) {
		symtext_free(ret);
		return -EACCES;
	}
	return err;
}

int symtext_jit(const char *path, struct symtext *ret)
{
	struct buf b = { 0 };
	struct stat st;
	int err;

	if (stat(path, &st))
		return -errno;
	err = S_ISREG(st.st_mode) ? buf_read_file(&b, path, TEXT_MAX) : -EINVAL;
	if (err) {
		buf_free(&b);
		return err;
	}
	return parse(&b, jit_line, ret);
}

void symtext_free(struct symtext *s)
{
	free(s->v);
	free(s->text);
	*s = (struct symtext){ 0 };
}

const struct symtext_row *symtext_at(const struct symtext *s, uint64_t addr)
{
	const struct symtext_row *row;
	size_t lo = 0, hi = s->n;

	while (lo < hi) {	/* the first beyond addr */
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	/* several names of one address: the first of them */
	while (lo > 1 && s->v[lo - 2].addr == s->v[lo - 1].addr)
		lo--;
	row = &s->v[lo - 1];
	if (!*row->name || addr - row->addr >= (row->size ? row->size : UNSIZED_MAX))
		return NULL;
	return row;
}

bool symtext_has(const struct symtext *s, const char *name, uint64_t addr)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].addr == addr && !strcmp(s->v[i].name, name))
			return true;
	return false;
}
