/* SPDX-License-Identifier: GPL-2.0-only */
/* resolvelib.c - stacks resolved by helpers/go/resolver of any mappings, for tests/resolve.bats */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "go/resolver.h"
#include "stack/transform.h"

static struct profile in, out;
static struct go_resolver_from from;
static struct profile_mapping mapping;
static uint32_t current;	/* number of what `mapping' is, 0: not added yet */
static bool always, drop;

static uint64_t number(const char *s, char **end)
{
	return strtoull(s, end, 0);
}

/* START-LIMIT@OFFSET */
static void place(char *s)
{
	mapping.start = number(s, &s);
	mapping.limit = number(s + 1, &s);
	mapping.offset = number(s + 1, &s);
}

/* NAME@ADDR */
static uint64_t split(char *s)
{
	char *at = strrchr(s, '@');

	*at = '\0';
	return number(at + 1, &at);
}

static int add(const char *name, uint64_t addr, unsigned flags)
{
	struct frame f = { .func = name, .addr = addr, .flags = flags };
	char text[32];
	uint32_t id, sample;

	if (mapping.path && !current && profile_mapping(&in, &mapping, &current))
		return 9;
	if (!name) {
		snprintf(text, sizeof(text), "0x%" PRIx64, addr);
		f.func = text;
		f.flags |= FRAME_UNKNOWN;
	}
	f.mapping = current;
	if (profile_frame(&in, &f, &id))
		return 9;
	return profile_add_labelled(&in, &id, 1, 0, (int64_t[]){ 1 }, &sample) ? 9 : 0;
}

static int word(char *w)
{
	char *value = strchr(w, '=');

	if (!value)
		return (always |= !strcmp(w, "always"), drop |= !strcmp(w, "drop"), 0);
	*value++ = '\0';
	if (!strcmp(w, "exe"))
		from.exe = value;
	else if (!strcmp(w, "debug"))
		from.debug_dir = value;
	else if (!strcmp(w, "map"))
		mapping = (struct profile_mapping){ .path = value }, current = 0;
	else if (!strcmp(w, "id"))
		mapping.build_id = value;
	else if (!strcmp(w, "place"))
		place(value);
	else if (!strcmp(w, "anchor"))
		mapping.anchor_addr = split(value), mapping.anchor_name = value;
	else if (!strcmp(w, "pid"))
		mapping.pid = atoi(value);
	else if (!strcmp(w, "at"))
		return add(NULL, number(value, &value), 0);
	else if (!strcmp(w, "return"))
		return add(NULL, number(value, &value), FRAME_RETURN);
	else if (!strcmp(w, "kernel"))
		return add(NULL, number(value, &value), FRAME_KERNEL);
	else if (!strcmp(w, "named")) {
		uint64_t addr = split(value);

		return add(value, addr, 0);
	} else
		return 2;
	return 0;
}

static void print_sample(const struct sample *s)
{
	printf("%" PRId64 " ", s->values[0]);
	for (uint32_t i = s->n; i--;) {
		const struct frame *f = &out.frames[out.stack_frames[s->first + i]];

		printf("%s%s%s%s", f->func, f->flags & FRAME_INLINED ? "*" : "",
		       f->flags & FRAME_KERNEL ? "_[k]" : "", i ? ";" : "");
		if (!i && f->addr)
			printf(" %#" PRIx64, f->addr);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	static const struct value_type type = { "samples", "count" };
	struct transform nothing = { .keep_labels = true };
	struct go_resolver *r = NULL;
	struct profile frames;
	struct resolver resolver;
	struct resolved resolved;
	const char *remark;
	int err = 0;

	if (profile_init(&in, &type, 1) || profile_init(&out, NULL, 0) || profile_init(&frames, NULL, 0))
		return 9;
	for (int i = 1; i < argc && !err; i++)
		err = word(argv[i]);
	if (err)
		return err;
	if (go_resolver_open(&from, &r) || go_resolver_begin(r, &in, !always, &resolver) ||
	    resolved_init(&resolved, &in, &resolver, !always, drop, &frames) ||
	    profile_transform_resolved(&resolved, &nothing, &out)) {
		printf("%s\n", err_text());
		return 1;
	}
	for (size_t i = 0; i < out.nsamples; i++)
		print_sample(&out.samples[i]);
	for (size_t i = 0; (remark = go_resolver_remark(r, i)); i++)
		printf("%s\n", remark);
	resolved_free(&resolved);
	go_resolver_close(r);
	profile_free(&frames);
	profile_free(&in);
	profile_free(&out);
	return 0;
}
