/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cuts.c FORMAT FILE - reads the file cut off at every byte: "used N refused M".  What holds of each cut:
 * no sum is larger than that of the whole, if that is without a mistake; --strict refuses it if and only if something
 * was left out, or the last line has no end; whoever refuses or leaves out says of which file and, where it knows, at
 * which line or byte.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "stack/readers.h"

#define NAME "input"

static size_t cut;

static void must(bool right, const char *what, const char *words)
{
	if (right)
		return;
	printf("cut at %zu: %s: %s\n", cut, what, words);
	exit(1);
}

/* "input: line 3: ...", "input: byte 7: ...", "input: offset 7: ..." */
static bool says_where(const char *s)
{
	static const char *const units[] = { "line ", "byte ", "offset " };

	if (strncmp(s, NAME ": ", strlen(NAME ": ")) != 0)
		return false;
	s += strlen(NAME ": ");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strncmp(s, units[i], strlen(units[i])) && isdigit((unsigned char)s[strlen(units[i])]))
			return true;
	return false;
}

static int read_cut(struct profile *p, const void *data, size_t len, const char *from, struct reading *r)
{
	struct lines lines;
	int ret;

	r->lines = &lines;
	r->profile = p;
	r->from = from;
	r->labels = "* time";
	must(!profile_init(p, NULL, 0) && !lines_open_mem(&lines, data, len, NAME), "memory", "");
	ret = readers_read(r);
	lines_close(&lines);
	buf_free(&r->notes);
	return ret;
}

/* A value whose name is cut off is another one, without samples. */
static void must_be_part(const struct profile *part, const struct profile *whole)
{
	for (unsigned i = 0, k; i < part->ntypes; i++) {
		for (k = 0; k < whole->ntypes && strcmp(whole->types[k].name, part->types[i].name) != 0; k++)
			;
		must(profile_total(part, i) <= (k < whole->ntypes ? profile_total(whole, k) : 0),
		     "more than the whole has", part->types[i].name);
	}
}

/* whole: NULL when it has mistakes */
static bool try_cut(const char *data, const char *from, const struct profile *whole)
{
	struct reading lenient = { 0 }, strict = { .strict = true };
	struct profile p, q;
	int ret = read_cut(&p, data, cut, from, &lenient), refused;

	if (ret)
		must(!strncmp(err_text(), NAME ": ", strlen(NAME ": ")), "refused without a word", err_text());
	else if (whole)
		must_be_part(&p, whole);
	if (lenient.bad)
		must(says_where(lenient.first_bad), "left out without a place", lenient.first_bad);
	refused = read_cut(&q, data, cut, from, &strict);
	if (refused && !ret && !lenient.bad && strstr(err_text(), "the line has no end"))
		lenient.bad = 1;	/* used, but noted */
	must(refused ? ret || lenient.bad : !ret && !lenient.bad, "strict and lenient don't agree",
	     refused ? err_text() : lenient.first_bad);
	if (refused)
		must(!strncmp(err_text(), NAME ": ", strlen(NAME ": ")) && (!lenient.bad || says_where(err_text())),
		     "refused without a place", err_text());
	profile_free(&p);
	profile_free(&q);
	return !ret;
}

int main(int argc, char **argv)
{
	struct buf file = { 0 };
	struct reading r = { 0 };
	struct profile whole;
	size_t used = 0;

	if (argc != 3 || buf_read_file(&file, argv[2], 1 << 20)) {
		fprintf(stderr, "usage: cuts FORMAT FILE\n");
		return 2;
	}
	cut = file.len;
	r.bad |= read_cut(&whole, file.data, file.len, argv[1], &r) != 0;
	for (cut = 0; cut < file.len; cut++) {
		char *copy = malloc(cut ? cut : 1);

		must(copy, "memory", "");
		memcpy(copy, file.data, cut);
		used += try_cut(copy, argv[1], r.bad ? NULL : &whole);
		free(copy);
	}
	printf("used %zu refused %zu\n", used, file.len - used);
	profile_free(&whole);
	buf_free(&file);
	return 0;
}
