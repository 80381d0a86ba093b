/* SPDX-License-Identifier: GPL-2.0-only */
/* stacklib.c - calls profile, pprof, json, table and utf8 for tests/stacklib.bats */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/table.h"
#include "base/utf8.h"
#include "stack/flame.h"
#include "stack/fold.h"
#include "stack/json.h"
#include "stack/pprof.h"
#include "stack/report.h"

static unsigned asked;		/* how often the symboliser was */

/* 0x1000: main.leaf inlined into main.mid inlined into main.work; as return addresses, the call before */
static int frames(void *ctx, uint64_t pc, unsigned flags, struct frame *out, int max)
{
	static const struct frame table[][3] = {
		{ { "main.leaf", "/src/main.go", 12, 10, 0x1000, FRAME_INLINED },
		  { "main.mid", "/src/main.go", 22, 20, 0x1000, FRAME_INLINED },
		  { "main.work", "/src/main.go", 32, 30, 0x1000, 0 } },
		{ { "main.main", "/src/main.go", 5, 3, 0x2000, 0 } },
		{ { "runtime.goexit", "/go/asm.s", 1594, 0, 0x3000, 0 } },
		{ { "runtime.mallocgc", "/go/malloc.go", 900, 880, 0x4000, 0 } },
	};
	const struct frame *row = table[(pc >> 12) - 1];
	int n = 0;

	(void)ctx;
	asked++;
	/* the table has calls: a return address is one behind */
	if (!(pc & 1) != !(flags & PC_RETURN))
		return err_set(EINVAL, "%#" PRIx64 " with flags %#x", pc, flags);
	while (n < max && n < 3 && row[n].func) {
		out[n] = row[n];
		n++;
	}
	return n;
}

static bool goexit_frame(void *ctx, const struct frame *f)
{
	(void)ctx;
	return !strcmp(f->func, "runtime.goexit");
}

static bool runtime_frame(void *ctx, const struct frame *f)
{
	(void)ctx;
	return !strncmp(f->func, "runtime.", 8);
}

static const struct symboliser symboliser = { frames, runtime_frame, goexit_frame, NULL };

static const struct value_type types[] = {
	{ "alloc_objects", "count" },
	{ "alloc_space", "bytes" },
	{ "events", "count", .internal = true },
};

static int demo(struct profile *p)
{
	static const uint64_t stack[] = { 0x4000, 0x1001, 0x2001, 0x3001 }, other[] = { 0x2000, 0x3001 };
	static const uint64_t runtime_only[] = { 0x4000, 0x3001 };
	int ret = profile_init(p, types, ARRAY_SIZE(types));
	uint32_t id;

	p->main_value = 1;
	p->time_unix_ns = 1700000000123456789;
	p->duration_ns = 10000000000;
	p->period_type = (struct value_type){ "space", "bytes" };
	p->period = 524288;
	if (!ret)
		ret = profile_comment(p, "engine: %s", "test");
	if (!ret)
		ret = profile_mapping(p, &(struct profile_mapping){ .start = 0x1000, .limit = 0x9000,
			.path = "/usr/bin/demo", .build_id = "abc123" }, &id);
	for (int i = 0; !ret && i < 3; i++)
		ret = profile_add_pcs(p, &symboliser, stack, 4, 0, (int64_t[]){ 1, 100, 1 });
	if (!ret)
		ret = profile_add_pcs(p, &symboliser, other, 2, 0, (int64_t[]){ 7, 70, 1 });
	if (!ret)
		ret = profile_add_pcs(p, &symboliser, runtime_only, 2, 0, (int64_t[]){ 2, 23, 1 });
	return ret;
}

static int write_demo(const char *format)
{
	struct profile p;
	int ret = demo(&p);

	if (ret)
		return ret;
	if (!strcmp(format, "pprof"))
		ret = pprof_write(stdout, &p);
	else if (!strcmp(format, "json"))
		ret = json_write(stdout, &p);
	else if (!strcmp(format, "folded"))
		ret = fold_write(stdout, &p, 1);
	else if (!strcmp(format, "svg"))
		ret = flame_write(stdout, &p, &(struct flame_options){ .value = 1 });
	else if (!strcmp(format, "asked"))
		printf("%u\n", asked);
	else
		ret = report_write(stdout, &p, &(struct report_options){ .value = 1, .stacks = true });
	profile_free(&p);
	return ret;
}

/* Values at the edge of 64 bits, stacks at the edge of their depth and with nothing in them. */
static int edges(void)
{
	static uint32_t ids[STACK_DEPTH + 10];
	struct profile p;
	int ret = profile_init(&p, types, 1);

	for (size_t i = 0; !ret && i < ARRAY_SIZE(ids); i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%zu", i);
		ret = profile_frame(&p, &(struct frame){ .func = name }, &ids[i]);
	}
	for (int i = 0; !ret && i < 2; i++)
		ret = profile_add(&p, ids, 1, (int64_t[]){ INT64_MAX - 1 });
	if (!ret)
		ret = profile_add(&p, ids, ARRAY_SIZE(ids), (int64_t[]){ 5 });
	if (!ret)
		ret = profile_add(&p, NULL, 0, (int64_t[]){ 3 });
	if (ret)
		return ret;
	for (size_t i = 0; i < p.nsamples; i++) {
		const struct sample *s = &p.samples[i];
		const uint32_t *f = p.stack_frames + s->first;

		printf("%u frames, %s to %s: %" PRId64 "\n", s->n, p.frames[f[0]].func,
		       p.frames[f[s->n - 1]].func, s->values[0]);
	}
	printf("cut %" PRIu64 ", total %" PRId64 "\n", p.cut, profile_total(&p, 0));
	profile_free(&p);
	return 0;
}

/* Cells from the command line, three a row; "-" begins a line under a row. */
static int table(char **a)
{
	static const struct table_column columns[] = {
		{ "bytes/s", TABLE_RIGHT }, { "share", TABLE_RIGHT }, { "site", TABLE_SHORTEN },
	};
	struct table t;
	int ret;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (; *a; a++) {
		if (strcmp(*a, "-") || !a[1])
			table_cell(&t, "%s", *a);
		else
			table_line(&t, "%s", *++a);
	}
	ret = table_print(&t, stdout);
	table_free(&t);
	return ret;
}

static int clean(const char *s)
{
	struct buf b = { 0 };

	utf8_clean(&b, s);
	printf("%s %zu\n", b.data ? b.data : "", utf8_columns(s));
	buf_free(&b);
	return 0;
}

int main(int argc, char **argv)
{
	int ret = -EINVAL;

	if (argc == 3 && !strcmp(argv[1], "demo"))
		ret = write_demo(argv[2]);
	else if (argc == 2 && !strcmp(argv[1], "edges"))
		ret = edges();
	else if (argc > 2 && !strcmp(argv[1], "table"))
		ret = table(argv + 2);
	else if (argc == 3 && !strcmp(argv[1], "clean"))
		ret = clean(argv[2]);
	if (ret)
		fprintf(stderr, "stacklib: %s: %s\n", strerror(-ret), err_text());
	return ret ? 1 : 0;
}
