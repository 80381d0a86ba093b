/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a script and as bpftrace's output.  What a script was made into
 * can be taken apart again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "script/read.h"
#include "script/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bpftrace_abilities can[] = {
	{ 0, 17, .max_keys = "A" },
	{ 0, 23, .address = true, .raw_stacks = true, .max_keys = "B" },
};

/* The answer hangs on the name, so that every case is reached. */
static int resolve(void *ctx, const char *name, struct script_place *ret)
{
	size_t n = strlen(name);

	(void)ctx;
	if (n % 4 == 3)
		return -ENOENT;
	*ret = (struct script_place){ 0x401000 + n, 0x1000 + n, n % 3 };
	return 0;
}

/* Of the eight ways one, by the length: all of them are one change away. */
static void resolve_one(struct part text, const struct elf_file *elf)
{
	static const char *const args[] = { "/proc/1/exe", "1", "0x10", "a\"b\\" };
	unsigned way = text.len % 8;
	struct bpftrace bt = { .path = "/bpftrace", .minor = can[way & 1].minor,
			       .can = { can[way & 1] } };
	struct script_request rq = {
		.name = "fuzz.bt", .text = text, .bt = &bt, .args = args,
		.nargs = way & 2 ? ARRAY_SIZE(args) : 2, .elf = way & 4 ? elf : NULL,
		.resolve = resolve, .raw_stacks = way & 1,
	};
	struct script s;
	bool wants;

	if (script_resolve(&rq, &s))
		return;
	if (!s.text.data || (s.unsafe && !s.placed))
		abort();
	if (script_wants_target((struct part){ s.text.data, s.text.len }, &wants))
		abort();
	script_free(&s);
}

static int each(void *ctx, const struct script_stack *s)
{
	(void)ctx;
	if (s->n > SCRIPT_STACK_MAX + 1 || strlen(s->map) > 64)
		abort();
	for (size_t i = 0; i < s->n; i++)
		if (s->pcs[i] == 1 && s->value == 1)
			return 1;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of just that size, so that a read beyond is seen */
	char *copy = memcpy(malloc(size ? size : 1), data, size);
	struct part text = { copy, size };
	static struct elf_file elf;
	bool wants;

	if (!elf.path && elf_open("/proc/self/exe", &elf))
		abort();
	script_wants_target(text, &wants);
	if (!memchr(copy, '\0', size))	/* as script_load() */
		resolve_one(text, &elf);
	script_read(text, each, NULL);
	free(copy);
	return 0;
}
