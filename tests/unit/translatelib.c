/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * translatelib.c - Go's own words in the bpftrace program on stdin, for a made-up process 4242.
 *
 *	translatelib MINOR [WORD]...
 *
 * for bpftrace 0.MINOR; words: map (labels as before Go 1.24), noreg (no g in a register), notls,
 * names (no probe by a number is possible).  Its functions are in the table below.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "script/resolve_work.h"

static const char *const registers[] = { "ax", "bx", "cx", NULL };
#define IN_REGISTERS { true, registers, 3, 8 }
#define ON_STACK { true, NULL, 0, 8 }

static const struct function {
	const char *pattern, *name;
	enum script_place_kind kind;
	struct golang_args args;
} functions[] = {
	{ "main.work", "main.work", SCRIPT_PLACE_CHEAP, IN_REGISTERS },
	{ "main.pair", "main.old", SCRIPT_PLACE_BRANCH, IN_REGISTERS },
	{ "main.pair", "main.work", SCRIPT_PLACE_CHEAP, IN_REGISTERS },
	{ "main.old", "main.old", SCRIPT_PLACE_BRANCH, IN_REGISTERS },
	{ "main.stack", "main.stack", SCRIPT_PLACE_ENTRY, ON_STACK },
	{ "main.asm", "main.asm", SCRIPT_PLACE_ENTRY, { false } },
	{ "main.(*T[go.shape.int,go.shape.struct { X int }]).größe", "generic", SCRIPT_PLACE_CHEAP, IN_REGISTERS },
	{ "net/http.(*conn).serve", "net/http.(*conn).serve", SCRIPT_PLACE_CHEAP, IN_REGISTERS },
};

static bool no_numbers;

/* Far from every symbol of this program, or at its own beginning. */
static uint64_t offset_of(const char *name)
{
	uint64_t sum = 0;

	for (; *name; name++)
		sum = sum * 7 + (unsigned char)*name;
	return 0x70000000 + sum % 0x10000;
}

static int places(void *ctx, const char *name, bool returns,
		  int (*each)(void *arg, const struct golang_place *p), void *arg, struct buf *remarks)
{
	const struct elf_file *elf = ctx;
	bool found = false;
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(functions); i++) {
		const struct function *f = &functions[i];
		struct golang_place p = { f->name, f->name, { 0, offset_of(f->name), f->kind }, returns, f->args };

		if (strcmp(f->pattern, name) != 0 && strcmp(name, "main.*"))
			continue;
		found = true;
		if (no_numbers)
			p.at.offset = elf->entry;
		if (returns) {
			p.at.offset += 32;
			p.at.kind = SCRIPT_PLACE_ENTRY;
		}
		for (unsigned k = 0; !err && k < (returns ? 2u : 1u); k++) {
			p.at.addr = p.at.offset + 0x400000;
			err = each(arg, &p);
			p.at.offset += 16;
		}
	}
	if (!strcmp(name, "main.pair"))
		buf_line(remarks, "a remark");
	return err || found ? err : err_set(ENOENT, "the program has no function %s", name);
}

static struct golang_facts known = { "r14", true, -8, 48, 192, 152, 360, true, false };

static int facts(void *ctx, struct golang_facts *ret)
{
	(void)ctx;
	*ret = known;
	return 0;
}

static int uretprobe(void *ctx, struct part path, struct part name)
{
	(void)ctx;
	(void)path;
	return part_is(name, "main.work") ? err_set(EOPNOTSUPP, "a uretprobe on a Go function") : 0;
}

static int resolve(void *ctx, const char *name, struct script_place *ret)
{
	(void)ctx;
	*ret = (struct script_place){ 0x400000 + offset_of(name), offset_of(name), SCRIPT_PLACE_CHEAP };
	return strcmp(name, "main.work") ? -ENOENT : 0;
}

static void print(const struct script *s)
{
	fwrite(s->text.data, 1, s->text.len, stdout);
	for (size_t i = 0; i < s->nmaps; i++)
		fprintf(stderr, "map %s: stack %u, %u frames\n", s->maps[i].name, s->maps[i].nth, s->maps[i].depth);
	fputs(s->remarks.len ? s->remarks.data : "", stderr);
}

int main(int argc, char **argv)
{
	static const char *const args[] = { "/proc/4242/exe", "4242" };
	struct elf_file elf;
	struct golang go = { .pid = 4242, .ctx = &elf, .places = places, .facts = facts, .uretprobe = uretprobe };
	unsigned minor = argc > 1 ? atoi(argv[1]) : 0;
	struct bpftrace bt = { .path = "/bpftrace", .minor = minor };
	struct script_request rq = {
		.name = "-e", .bt = &bt, .args = args, .nargs = 2, .elf = &elf, .resolve = resolve, .go = &go,
	};
	struct script s;
	struct buf in = { 0 };
	int err;

	bt.can[0] = (struct bpftrace_abilities){
		.address = minor >= 23, .raw_stacks = minor >= 23, .short_strings = minor >= 23,
	};
	for (int i = 2; i < argc; i++) {
		known.labels_are_map |= !strcmp(argv[i], "map");
		known.has_labels &= strcmp(argv[i], "nolabels") != 0;
		known.tls &= strcmp(argv[i], "notls") != 0;
		known.g_reg = strcmp(argv[i], "noreg") ? known.g_reg : NULL;
		no_numbers |= !strcmp(argv[i], "names");
	}
	if (elf_open("/proc/self/exe", &elf) || buf_read_fd(&in, STDIN_FILENO, 1 << 20))
		return 2;
	rq.text = (struct part){ in.data ? in.data : "", in.len };
	err = script_resolve(&rq, &s);
	if (err) {
		fprintf(stderr, "%s\n", err_text());
		return err_status(err);
	}
	print(&s);
	script_free(&s);
	buf_free(&in);
	elf_close(&elf);
	return 0;
}
