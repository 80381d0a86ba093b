/* SPDX-License-Identifier: GPL-2.0-only */
/* transformlib.c - profile_transform() with labels and inlined frames, for tests/transform.bats */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "stack/transform.h"

static uint32_t frame(struct profile *p, const char *name, unsigned flags)
{
	uint32_t id;

	if (profile_frame(p, &(struct frame){ .func = name, .flags = flags }, &id))
		exit(9);
	return id;
}

static void add(struct profile *p, const uint32_t *ids, size_t n, const struct label *labels,
		size_t nlabels, int64_t value)
{
	uint32_t set, sample;

	if (profile_labels(p, labels, nlabels, &set) ||
	    profile_add_labelled(p, ids, n, set, (int64_t[]){ value, 1 }, &sample))
		exit(9);
}

/* leaf and mid are inlined into work, work is called by gate (hidden), that by main */
static void fill(struct profile *p)
{
	static const struct value_type types[] = { { "bytes", "bytes" }, { "samples", "count" } };

	if (profile_init(p, types, 2))
		exit(9);
	uint32_t ids[] = {
		frame(p, "main.leaf", FRAME_INLINED), frame(p, "main.mid", FRAME_INLINED),
		frame(p, "main.work", 0), frame(p, "main.bridge", FRAME_INLINED),
		frame(p, "gate", 0), frame(p, "main.main", 0),
	};
	const struct label one[] = { { "comm", "web" }, { "goid", NULL, 17 } };
	const struct label two[] = { { "goid", NULL, 18 }, { "comm", "web" } };
	const struct label wait[] = { { "wait", NULL, 5, "ns" } };
	uint32_t gate = ids[4];

	add(p, ids, 6, one, 2, 100);
	add(p, ids, 6, two, 2, 20);
	add(p, ids + 1, 5, NULL, 0, 3);
	add(p, &gate, 1, wait, 1, 7000);
}

static bool hide(void *ctx, const struct frame *f)
{
	return !strcmp(f->func, ctx);
}

static void upper(void *ctx, const struct frame *f, struct buf *b)
{
	(void)ctx;
	if (f->flags & FRAME_INLINED)
		buf_printf(b, "<%s>", f->func);
}

static void print_sample(const struct profile *p, const struct sample *s)
{
	size_t n;
	const struct label *l = profile_labels_of(p, s->labels, &n);

	for (uint32_t i = s->n; i--;) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		printf("%s%s%s", f->func, f->flags & FRAME_INLINED ? "*" : "", i ? ";" : "");
	}
	for (size_t i = 0; i < n; i++) {
		printf(" %s=", l[i].key);
		if (l[i].str)
			printf("%s", l[i].str);
		else
			printf("%" PRId64, l[i].num);
	}
	printf(" %" PRId64 " %" PRId64 "\n", s->values[0], s->values[1]);
}

static int deep(void)
{
	struct transform t = { .by = "comm" };
	struct profile in, out;
	uint32_t ids[STACK_DEPTH];
	char name[16];

	if (profile_init(&in, NULL, 0) || profile_init(&out, NULL, 0))
		return 9;
	for (int i = 0; i < STACK_DEPTH; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		ids[i] = frame(&in, name, 0);
	}
	add(&in, ids, STACK_DEPTH, &(struct label){ "comm", "web" }, 1, 1);
	if (profile_transform(&in, &t, &out))
		return 9;
	printf("%u frames, %s to %s, cut %" PRIu64 "\n", out.samples[0].n,
	       out.frames[out.stack_frames[0]].func,
	       out.frames[out.stack_frames[out.samples[0].n - 1]].func, out.cut);
	profile_free(&in);
	profile_free(&out);
	return 0;
}

/* WORD=VALUE..., as struct transform has them */
int main(int argc, char **argv)
{
	struct transform t = { 0 };
	struct profile in, out;

	if (argc > 1 && !strcmp(argv[1], "deep"))
		return deep();
	for (int i = 1; i < argc; i++) {
		char *value = strchrnul(argv[i], '=');
		uint64_t n = 0;

		if (*value)
			*value++ = '\0';
		num_parse_u64(value, 1000, &n);
		if (!strcmp(argv[i], "by"))
			t.by = value;
		else if (!strcmp(argv[i], "forget"))
			t.forget = value;
		else if (!strcmp(argv[i], "keep"))
			t.keep_labels = true;
		else if (!strcmp(argv[i], "depth"))
			t.depth = n;
		else if (!strcmp(argv[i], "root"))
			t.root = value;
		else if (!strcmp(argv[i], "leaf"))
			t.leaf = value;
		else if (!strcmp(argv[i], "rename"))
			t.rename = upper;
		else if (!strcmp(argv[i], "hide")) {
			t.hide = hide;
			t.ctx = value;
		} else
			return 2;
	}
	fill(&in);
	if (profile_init(&out, NULL, 0))
		return 9;
	printf("%s\n", transform_needed(&in, &t) ? "needed" : "not needed");
	if (profile_transform(&in, &t, &out)) {
		printf("%s\n", err_text());
		return 1;
	}
	for (size_t i = 0; i < out.nsamples; i++)
		print_sample(&out, &out.samples[i]);
	profile_free(&in);
	profile_free(&out);
	return 0;
}
