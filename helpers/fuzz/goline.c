/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a bpftrace program with Go's own words, for a made-up process; the first byte says of which
 * kind, and for which bpftrace.  What comes out has the same lines and no probe of ours, and what the program
 * prints, which is the same bytes once more, is taken apart.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "script/golang.h"
#include "script/gostacks.h"
#include "script/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const registers[] = { "ax", "bx" };

/* The answer hangs on the name's length and the kind, so that every case is one change away. */
static int places(void *ctx, const char *name, bool returns,
		  int (*each)(void *arg, const struct golang_place *p), void *arg, struct buf *remarks)
{
	size_t n = strlen(name);
	struct golang_place p = {
		.name = name, .symbol = n % 5 ? name : NULL, .returns = returns,
		.at = { 0x70400000 + n, 0x70000000 + n, returns ? SCRIPT_PLACE_ENTRY : n % 3 },
		.args = { n % 7 != 0, registers, n % 3, 8 },
	};
	int err = 0;

	(void)ctx;
	if (n % 4 == 3)
		return err_set(ENOENT, "no function %s", name);
	for (size_t i = 0; !err && i <= n % 3; i++, p.at.addr += 64, p.at.offset += 64)
		err = each(arg, &p);
	if (n % 2)
		buf_line(remarks, "%zu", n);
	return err;
}

static unsigned kind;

static int facts(void *ctx, struct golang_facts *ret)
{
	(void)ctx;
	*ret = (struct golang_facts){ kind & 1 ? "r14" : NULL, kind & 2, -8, 48, 192, 152, 360, kind & 4, kind & 8 };
	return 0;
}

static int uretprobe(void *ctx, struct part path, struct part name)
{
	(void)ctx;
	return (path.len + name.len) % 2 ? err_set(EOPNOTSUPP, "a uretprobe on a Go function") : 0;
}

static int resolve(void *ctx, const char *name, struct script_place *ret)
{
	(void)ctx;
	*ret = (struct script_place){ 0x70400000, 0x70000000, strlen(name) % 3 };
	return strlen(name) % 4 == 3 ? -ENOENT : 0;
}

static bool go_probes_left(struct part text)
{
	struct text_item item;
	struct text_spec spec;
	size_t pos = 0;

	while (text_next(text, &pos, &item) == 1)
		for (size_t at = 0; item.kind == TEXT_PROBE && text_next_spec(item.specs, &at, &spec) == 1;)
			if (part_is(spec.provider, "go") || part_is(spec.provider, "goreturn"))
				return true;
	return false;
}

static void translate(struct part text, const struct elf_file *elf)
{
	static const char *const args[] = { "/proc/4242/exe", "4242" };
	struct golang go = { .pid = 4242, .places = places, .facts = facts, .uretprobe = uretprobe };
	bool newer = kind & 16;
	struct bpftrace bt = { .path = "/bpftrace", .minor = newer ? 23 : 17, .can = { {
		.address = newer, .raw_stacks = newer, .short_strings = newer, .max_keys = "A" } } };
	struct script_request rq = {
		.name = "-e", .text = text, .bt = &bt, .args = args, .nargs = 2, .elf = elf, .resolve = resolve,
		.go = &go,
	};
	struct buf stacks = { 0 }, rest = { 0 };
	struct script s;

	if (script_resolve(&rq, &s))
		return;
	if (text_line_ends((struct part){ s.text.data, s.text.len }) != text_line_ends(text) ||
	    go_probes_left((struct part){ s.text.data, s.text.len }))
		abort();
	gostacks_split(&s, text, &stacks, &rest);
	buf_free(&stacks);
	buf_free(&rest);
	script_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct elf_file elf;
	char *copy;

	if (!elf.path && elf_open("/proc/self/exe", &elf))
		abort();
	if (!size || memchr(data, '\0', size))	/* as script_load() */
		return 0;
	/* a copy of just that size, so that a read beyond is seen */
	kind = data[0];
	copy = memcpy(malloc(size > 1 ? size - 1 : 1), data + 1, size - 1);
	translate((struct part){ copy, size - 1 }, &elf);
	free(copy);
	return 0;
}
