/* SPDX-License-Identifier: GPL-2.0-only */
/* runtimelib.c - calls leave, args and names for tests/probe.bats */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/args.h"
#include "go/insn.h"
#include "go/layout.h"
#include "go/layout_code.h"
#include "go/leave.h"
#include "go/names.h"
#include "golib.h"

static void print_leaves(const struct go_leaves *l, uint64_t entry)
{
	for (size_t i = 0; i < l->n; i++)
		printf("%" PRIx64 " %" PRIx64 " %s %" PRIx64 " %" PRIx64 "\n", l->v[i].addr,
		       l->v[i].offset, go_leave_kind_name(l->v[i].kind), l->v[i].target, entry);
}

/* leaves FILE: "ADDRESS OFFSET KIND TARGET ENTRY" of every function, and for each "ENTRY function NAME" or
   "ENTRY unreadable NAME" */
static int cmd_leaves(char **a)
{
	int err = open_file(a[0]);
	struct go_leaves l = { 0 };
	struct go_func f;

	for (uint32_t i = 0; !err && i < go.nfunc; i++) {
		if (!go_func_nth(&go, i, &f) || !f.name[0])
			continue;
		if (go_leaves_of(&go, &f, &l))
			printf("%" PRIx64 " unreadable %s\n", f.entry, f.name);
		else
			printf("%" PRIx64 " function %s\n", f.entry, f.name);
		print_leaves(&l, f.entry);
		go_leaves_free(&l);
	}
	return err;
}

/* code HEX: the same of bare code at 0x1000 */
static int cmd_code(char **a)
{
	struct go_leaves l = { 0 };
	uint8_t bytes[256];
	size_t n = 0;

	while (n < sizeof(bytes) && sscanf(a[0] + 2 * n, "%2hhx", &bytes[n]) == 1)
		n++;
	if (go_leaves_in((struct span){ .p = bytes, .len = n }, 0x1000, &l))
		puts("unreadable");
	print_leaves(&l, 0x1000);
	go_leaves_free(&l);
	return 0;
}

static void print_args(const struct go_args *args)
{
	static const char *const abis[] = { "stack", "registers", "unknown" };

	printf("%s %u %s %s", abis[args->abi], args->stack, args->g ? args->g : "-",
	       args->closure);
	for (unsigned i = 0; i < args->nints; i++)
		printf(" %s", args->ints[i]);
	for (unsigned i = 0; i < args->nfloats; i++)
		printf(" %s", args->floats[i]);
	puts(args->ints[args->nints] || args->floats[args->nfloats] ? " BAD" : "");
}

/* args FILE FUNC: a line for each function of that name */
static int cmd_args(char **a)
{
	struct go_func f;
	struct go_args args;
	int err = open_file(a[0]);

	for (uint32_t i = 0; !err && i < go.nfunc; i++) {
		if (!go_func_nth(&go, i, &f) || strcmp(f.name, a[1]) != 0)
			continue;
		err = go_args_of(&go, &f, &args);
		if (!err)
			print_args(&args);
	}
	return err;
}

/* names MINOR: the name of each function in that version, and "- NAME" for the others */
static int cmd_names(char **a)
{
	unsigned n, minor = atoi(a[0]);
	const struct go_name *v = go_names(&n);

	for (unsigned i = 0; i < n; i++)
		printf("%s%s\n", minor >= v[i].from && minor <= v[i].to ? "" : "- ", v[i].name);
	return 0;
}

/* named FILE NAME: the name that the function has in this file, and all it ever had */
static int cmd_named(char **a)
{
	const struct go_name *names;
	struct go_func f;
	unsigned n = 0;
	int err = open_file(a[0]);

	if (!err && !go_func_named_ever(&go, a[1], &f))
		err = err_set(ENOENT, "no such function");
	if (err)
		return err;
	puts(f.name);
	names = go_names_of(a[1], &n);
	for (unsigned i = 0; i < n; i++)
		printf("%u %u %s\n", names[i].from, names[i].to, names[i].name);
	return 0;
}

/* layout FILE STRUCT FIELD: "OFFSET SIZE SOURCE" */
static int cmd_layout(char **a)
{
	char words[LAYOUT_WORDS];
	struct layout_field f;
	struct layout l;
	int err = open_file(a[0]);

	if (err)
		return err;
	layout_open(&l, &go);
	err = layout_of(&l, a[1], a[2], &f);
	layout_close(&l);
	if (!err)
		printf("%u %u %s\n", f.offset, f.size,
		       layout_source_words(f.source, &go.version, words));
	return err;
}

static void print_reference(const struct insn *i, const char *func)
{
	if (i->rip_addr)
		printf("%d%s %u %" PRIx64 " %s\n", i->kind, i->rip_written ? "w" : "", i->rip_size,
		       i->rip_addr, func);
	if (i->mem && i->mem_base != REG_SP)
		printf("%d%s %u +%" PRId64 "(%d) %s\n", i->kind, i->mem_written ? "w" : "",
		       i->mem_size, i->mem_offset, i->mem_base, func);
}

/*
 * refs FILE: "KIND SIZE ADDRESS FUNC" of every reference relative to rip, "KIND SIZE +OFFSET(BASE)
 * FUNC" of those through another register; for finding witnesses
 */
static int cmd_refs(char **a)
{
	int err = open_file(a[0]);
	struct go_func f;
	struct insn i;

	for (uint32_t n = 0; !err && n < go.nfunc; n++) {
		struct insn_reader *r;

		if (!go_func_nth(&go, n, &f))
			continue;
		r = insn_open(go_func_code(&go, &f), f.entry);
		while (r && insn_next(r, &i))
			print_reference(&i, f.name);
		insn_close(r);
	}
	return err;
}

/* bycode FILE STRUCT FIELD: its offset by the code alone */
static int cmd_bycode(char **a)
{
	uint32_t offset;
	int err = open_file(a[0]);

	if (!err)
		err = layout_code_offset(&go, a[1], a[2], &offset);
	if (!err)
		printf("%u\n", offset);
	return err;
}

static const struct unit_command commands[] = {
	{ "leaves", 1, cmd_leaves },
	{ "code", 1, cmd_code },
	{ "args", 2, cmd_args },
	{ "names", 1, cmd_names },
	{ "named", 2, cmd_named },
	{ "layout", 3, cmd_layout },
	{ "refs", 1, cmd_refs },
	{ "bycode", 3, cmd_bycode },
};

int main(int argc, char **argv)
{
	return run_command("runtimelib", commands, ARRAY_SIZE(commands), argc, argv);
}
