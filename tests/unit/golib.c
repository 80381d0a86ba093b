/* SPDX-License-Identifier: GPL-2.0-only */
/* golib.c - calls layout, globals, probe and alloc for tests/golib.bats */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/alloc.h"
#include "go/calls.h"
#include "go/current.h"
#include "go/globals.h"
#include "go/insn.h"
#include "go/heap_profile.h"
#include "go/layout.h"
#include "go/probe.h"
#include "golib.h"

/* "go1.24.6", or "go1.22 to go1.24" for what only the tables tell */
static bool set_version(struct go_file *g, const char *text)
{
	struct go_version *v = &g->version;

	*v = (struct go_version){ 0 };
	snprintf(v->text, sizeof(v->text), "%s", text);
	switch (sscanf(text, "go1.%u to go1.%u", &v->first, &v->last)) {
	case 1:
		v->minor = v->last = v->first;
		return true;
	case 2:
		v->source = GO_VERSION_TABLES;
		return true;
	}
	return false;
}

static int print_layout(struct go_file *g, char **a)
{
	struct layout l = { .go = g };
	char words[LAYOUT_WORDS];
	struct layout_field f;
	int err = set_version(g, a[0]) ? layout_of(&l, a[1], a[2], &f) : -EINVAL;

	if (!err)
		printf("%u %u %s\n", f.offset, f.size,
		       layout_source_words(f.source, &g->version, words));
	return err;
}

/* layout VERSION STRUCT FIELD: "OFFSET SIZE SOURCE" without DWARF, for a program without functions */
static int cmd_layout(char **a)
{
	struct elf_file none = { .path = a[0], .machine = EM_X86_64 };
	struct go_file g = { .elf = &none };

	return print_layout(&g, a);
}

/* layout-in VERSION STRUCT FIELD FILE: the same for FILE, as if it were of that version */
static int cmd_layout_in(char **a)
{
	int err = open_file(a[3]);

	return err ? err : print_layout(&go, a);
}

/* globals FILE: "ADDRESS NAME" of each found in the code */
static int cmd_globals(char **a)
{
	int err = open_file(a[0]);

	for (int i = 0; !err && i < GLOBALS; i++) {
		uint64_t addr, again;
		bool symtab;

		if (global_find_by_code(&go, i, &addr)) {
			fprintf(stderr, "%s\n", err_text());
			continue;
		}
		if (global_find(&go, i, &again, &symtab) || again != addr)
			printf("DIFFERENT ");
		printf("%" PRIx64 " %s%s\n", addr, global_name(i), symtab ? " symtab" : "");
	}
	return err;
}

/* global FILE NAME: its address by the code, or why there is none */
static int cmd_global(char **a)
{
	int err = open_file(a[0]);

	for (int i = 0; !err && i < GLOBALS; i++) {
		uint64_t addr;

		if (strcmp(global_name(i), a[1]))
			continue;
		err = global_find_by_code(&go, i, &addr);
		if (!err)
			printf("0x%" PRIx64 "\n", addr);
	}
	return err;
}

/* global-names */
static int cmd_global_names(char **a)
{
	(void)a;
	for (int i = 0; i < GLOBALS; i++)
		puts(global_name(i));
	return 0;
}

static void print_place(const char *name, uint64_t entry, const struct probe_place *p)
{
	printf("%" PRIx64 " %" PRIx64 " %" PRIx64 " %s%s%s %s\n", entry, p->addr, p->offset,
	       probe_kind_name(p->kind), p->skip_if_cf_or_zf ? "+skip" : "",
	       p->repeats ? "+repeats" : "", name);
}

/* places FILE: "ENTRY PLACE OFFSET KIND NAME" of every function */
static int cmd_places(char **a)
{
	int err = open_file(a[0]);

	for (uint32_t i = 0; !err && i < go.nfunc; i++) {
		struct probe_place p;
		struct go_func f;

		if (!go_func_nth(&go, i, &f) || !f.name[0])
			continue;
		err = probe_place(&go, &f, &p);
		if (!err)
			print_place(f.name, f.entry, &p);
	}
	return err;
}

/* after FILE FUNC CALLEE: the same of the places behind FUNC's calls of CALLEE */
static int cmd_after(char **a)
{
	struct go_func f, callee;
	struct probe_place p[8];
	unsigned n;
	int err = open_file(a[0]);

	if (err)
		return err;
	if (!go_func_named(&go, a[1], &f) || !go_func_named(&go, a[2], &callee))
		return err_set(ENOENT, "no such function");
	err = probe_after_calls(&go, &f, &callee, p, ARRAY_SIZE(p), &n);
	for (unsigned i = 0; !err && i < n; i++)
		print_place(a[1], f.entry, &p[i]);
	return err;
}

/* calls FILE FUNC: "CALLER N" of every function that calls it directly */
static int cmd_calls(char **a)
{
	static struct go_calls calls;
	struct go_func f;
	int err = open_file(a[0]);

	if (!err && !go_func_named(&go, a[1], &f))
		err = err_set(ENOENT, "no such function");
	if (!err)
		err = go_calls_of(&go, &f, 1, &calls);
	for (unsigned i = 0; !err && i < calls.n; i++)
		printf("%s %u\n", calls.v[i].caller.name, calls.v[i].n);
	return err;
}

static struct span parse_hex(const char *hex)
{
	static uint8_t bytes[256];
	size_t n = 0;

	while (n < sizeof(bytes) && sscanf(hex + 2 * n, "%2hhx", &bytes[n]) == 1)
		n++;
	return (struct span){ .p = bytes, .len = n };
}

/* code HEX: the place in bare code that begins at 0x1000: "PLACE KIND" */
static int cmd_code(char **a)
{
	struct probe_place p;
	int err = probe_place_in(parse_hex(a[0]), 0x1000, &p);

	if (!err)
		printf("%" PRIx64 " %s%s%s\n", p.addr, probe_kind_name(p.kind),
		       p.skip_if_cf_or_zf ? "+skip" : "", p.repeats ? "+repeats" : "");
	return err;
}

static void print_insn(const struct insn *i)
{
	static const char *const kinds[] = { "push", "nop", "jcc", "jmp", "call", "mov", "lea", "cmp",
					     "plain", "other", "ret", "table", "far" };

	printf("%u %s", i->len, kinds[i->kind]);
	if (i->kind == INSN_JCC)
		printf(" cc=%u", i->cc);
	if (i->target)
		printf(" to=%" PRIx64, i->target);
	if (i->writes)
		printf(" writes=%x", i->writes);
	if (i->writes_mem)
		printf(" stores");
	if (i->checks_stack)
		printf(" checks");
	if (i->rip_addr)
		printf(" rip=%" PRIx64 ":%u%s", i->rip_addr, i->rip_size, i->rip_written ? "w" : "");
	if (i->mem)
		printf(" mem=%d%+" PRId64 ":%u%s", i->mem_base, i->mem_offset, i->mem_size,
		       i->mem_written ? "w" : "");
	if (i->fs)
		printf(" fs=%d%+" PRId64, i->fs_base, i->fs_offset);
	if (i->constant)
		printf(" const=%" PRIx64, (uint64_t)i->value);
	printf("; ");
}

/* insns: of each line on stdin, bare code that begins at 0x1000, the instructions and how much is left of it */
static int cmd_insns(char **a)
{
	char line[256];

	(void)a;
	while (fgets(line, sizeof(line), stdin)) {
		struct span code;
		struct insn_reader *r;
		struct insn i;

		line[strcspn(line, "\n")] = '\0';
		code = parse_hex(line);
		r = insn_open(code, 0x1000);
		for (; r && insn_next(r, &i); code.len -= i.len)
			print_insn(&i);
		insn_close(r);
		printf("left %zu\n", code.len);
	}
	return 0;
}

/* behind HEX CALLEE: the places behind calls of the address CALLEE, or "none" */
static int cmd_behind(char **a)
{
	struct probe_place p[2];
	unsigned n = 0;

	if (probe_after_calls_in(parse_hex(a[0]), 0x1000, strtoull(a[1], NULL, 16), p,
				 ARRAY_SIZE(p), &n))
		puts("none");
	for (unsigned i = 0; i < n; i++)
		printf("%" PRIx64 " %s\n", p[i].addr, probe_kind_name(p[i].kind));
	return 0;
}

/* exact FILE: the place of each function to probe, "skip FROM TO" before */
static int cmd_exact(char **a)
{
	static struct alloc_exact e;
	int err = open_file(a[0]);

	if (!err)
		err = alloc_exact(&go, &e);
	for (unsigned i = 0; !err && i < e.nskip; i++)
		printf("skip %" PRIx64 " %" PRIx64 "\n", e.skip[i].from, e.skip[i].to);
	for (unsigned i = 0; !err && i < e.n; i++) {
		printf("%s ", e.v[i].inner ? "inner" : "outer");
		print_place(e.v[i].func.name, e.v[i].func.entry, &e.v[i].place);
	}
	return err;
}

/* sampling FILE: places, then "OFFSET SIZE" of mspan's nelems, allocCount, elemsize, spanclass */
static int cmd_sampling(char **a)
{
	struct alloc_sampling s;
	int err = open_file(a[0]);

	if (!err)
		err = alloc_sampling(&go, &s);
	if (err)
		return err;
	for (unsigned i = 0; i < s.nspans; i++)
		print_place("span", 0, &s.spans[i]);
	for (unsigned i = 0; i < s.nreturns; i++)
		print_place("return", 0, &s.returns[i]);
	print_place("large", 0, &s.large);
	printf("%u %u %u %u %u %u %u %u\n", s.nelems.offset, s.nelems.size, s.alloc_count.offset,
	       s.alloc_count.size, s.elemsize.offset, s.elemsize.size, s.spanclass.offset,
	       s.spanclass.size);
	return 0;
}

/* current VERSION FILE: "REGISTER OFFSET WITNESSES", as if of that version; "-": of its own */
static int cmd_current(char **a)
{
	struct go_current c;
	int err = open_file(a[1]);

	if (!err && a[0][0] != '-' && !set_version(&go, a[0]))
		err = -EINVAL;
	if (!err)
		err = go_current(&go, &c);
	if (!err && c.tls)
		printf("%s %" PRId64 " %u\n", c.reg ? c.reg : "-", c.tls_offset, c.tls_funcs);
	else if (!err)
		printf("%s - 0\n", c.reg ? c.reg : "-");
	return err;
}

/* exp: of each line "e X E^X", bits in hex, the same with our e^X */
static int cmd_exp(char **a)
{
	uint64_t in, out;
	double x, y;

	(void)a;
	while (scanf("e %" SCNx64 " %*x ", &in) == 1) {
		memcpy(&x, &in, sizeof(x));
		y = go_exp(x);
		memcpy(&out, &y, sizeof(out));
		printf("e %" PRIx64 " %" PRIx64 "\n", in, out);
	}
	return 0;
}

static const struct unit_command commands[] = {
	{ "layout", 3, cmd_layout },
	{ "layout-in", 4, cmd_layout_in },
	{ "globals", 1, cmd_globals },
	{ "global", 2, cmd_global },
	{ "global-names", 0, cmd_global_names },
	{ "places", 1, cmd_places },
	{ "after", 3, cmd_after },
	{ "calls", 2, cmd_calls },
	{ "code", 1, cmd_code },
	{ "insns", 0, cmd_insns },
	{ "behind", 2, cmd_behind },
	{ "exact", 1, cmd_exact },
	{ "exp", 0, cmd_exp },
	{ "sampling", 1, cmd_sampling },
	{ "current", 2, cmd_current },
};

int main(int argc, char **argv)
{
	return run_command("golib", commands, ARRAY_SIZE(commands), argc, argv);
}
