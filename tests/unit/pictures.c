/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pictures.c FORMAT [LABEL] - stacks with labels, as tests need them, to any writer.
 *
 * Lines on stdin; words are separated by tabs:
 *	types	NAME/UNIT ...		first; "-NAME/UNIT" is internal
 *	STACK	VALUE ...		root first, frames separated by ";"
 *	...	KEY=WORD KEY:NUM:UNIT	labels, behind the values
 * A frame FUNC@FILE:LINE#ADDR has those, each may be missing; "~" before it: inlined.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "stack/writers.h"

static int add_types(struct profile *p, char *words)
{
	for (char *w; (w = strsep(&words, "\t"));) {
		struct value_type *t = &p->types[p->ntypes++];
		char *unit = strchr(w, '/');

		t->internal = *w == '-';
		*unit++ = '\0';
		snprintf(t->name, sizeof(t->name), "%s", w + t->internal);
		snprintf(t->unit, sizeof(t->unit), "%s", unit);
	}
	return 0;
}

static int add_frame(struct profile *p, char *text, uint32_t *ret)
{
	struct frame f = { .func = text };
	char *addr = strchr(text, '#'), *file = strchr(text, '@'), *line;
	size_t n = strlen(text);

	if (*text == '~') {
		f.flags |= FRAME_INLINED;
		f.func++;
	}
	if (addr) {
		*addr = '\0';
		f.addr = strtoull(addr + 1, NULL, 16);
	}
	if (file) {
		*file++ = '\0';
		f.file = file;
		line = strrchr(file, ':');
		if (line) {
			*line = '\0';
			f.line = strtoul(line + 1, NULL, 10);
		}
	}
	if (n > 4 && !strcmp(text + n - 4, "_[k]")) {
		text[n - 4] = '\0';
		f.flags |= FRAME_KERNEL;
	}
	return profile_frame(p, &f, ret);
}

static int add_stack(struct profile *p, char *stack, uint32_t *ids, size_t *ret_n)
{
	uint32_t n = 0;
	int ret = 0;

	for (char *name; !ret && (name = strsep(&stack, ";")); n++) {
		memmove(ids + 1, ids, n * sizeof(*ids));
		ret = add_frame(p, name, &ids[0]);
	}
	*ret_n = n;
	return ret;
}

static int add_line(struct profile *p, char *line)
{
	static uint32_t ids[STACK_DEPTH];
	int64_t values[PROFILE_VALUES] = { 0 };
	struct label labels[8];
	size_t n, nlabels = 0;
	char *stack = strsep(&line, "\t"), *w;
	uint32_t set, sample;
	int ret;

	for (unsigned i = 0; i < p->ntypes && (w = strsep(&line, "\t")); i++)
		values[i] = strtoll(w, NULL, 10);
	while (nlabels < ARRAY_SIZE(labels) && (w = strsep(&line, "\t"))) {
		struct label *l = &labels[nlabels++];
		size_t key = strcspn(w, "=:");

		*l = (struct label){ .key = w };
		if (w[key] == '=') {
			l->str = w + key + 1;
		} else {
			char *unit;

			l->num = strtoll(w + key + 1, &unit, 10);
			l->unit = *unit == ':' ? unit + 1 : NULL;
		}
		w[key] = '\0';
	}
	ret = add_stack(p, stack, ids, &n);
	if (!ret)
		ret = profile_labels(p, labels, nlabels, &set);
	return ret ? ret : profile_add_labelled(p, ids, n, set, values, &sample);
}

static int read_stdin(struct profile *p)
{
	char *line = NULL;
	size_t cap = 0;
	int ret = 0;

	while (!ret && getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		ret = strncmp(line, "types\t", 6) ? add_line(p, line) : add_types(p, line + 6);
	}
	free(line);
	return ret;
}

static int write_as(const char *format, const char *label, struct profile *p)
{
	const struct writer *w = writer_find(format);
	struct write_options o = { .label = label };
	int ret = w ? writer_check(w, p, &o) : err_set(EINVAL, "no format %s", format);

	return ret ? ret : writer_write(w, stdout, p, &o);
}

int main(int argc, char **argv)
{
	struct profile p;
	int ret = profile_init(&p, NULL, 0);

	if (!ret)
		ret = read_stdin(&p);
	if (!ret)
		ret = write_as(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : NULL, &p);
	profile_free(&p);
	if (ret)
		fprintf(stderr, "pictures: %s: %s\n", strerror(-ret), err_text());
	return ret ? 1 : 0;
}
