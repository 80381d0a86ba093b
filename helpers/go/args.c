/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/args.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

static const char *const amd64_ints[] = {
	"ax", "bx", "cx", "di", "si", "r8", "r9", "r10", "r11", NULL,
};
static const char *const amd64_floats[] = {
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
	"xmm10", "xmm11", "xmm12", "xmm13", "xmm14", NULL,
};
static const char *const arm64_ints[] = {
	"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12",
	"r13", "r14", "r15", NULL,
};
static const char *const arm64_floats[] = {
	"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12",
	"v13", "v14", "v15", NULL,
};
static const char *const none[] = { NULL };

/* A machine's convention, one row each. */
static const struct machine {
	uint16_t machine;
	uint8_t registers_since;	/* Go version of ABIInternal in registers */
	uint8_t stack;			/* what a call leaves on the stack, below the arguments */
	uint8_t nints, nfloats;
	const char *const *ints, *const *floats;
	const char *g, *closure;
} machines[] = {
	{ EM_X86_64, 17, 8, ARRAY_SIZE(amd64_ints) - 1, ARRAY_SIZE(amd64_floats) - 1, amd64_ints,
	  amd64_floats, "r14", "dx" },
	/* 0(SP) is where a callee keeps the link register */
	{ EM_AARCH64, 18, 8, ARRAY_SIZE(arm64_ints) - 1, ARRAY_SIZE(arm64_floats) - 1, arm64_ints,
	  arm64_floats, "r28", "r26" },
};

static bool ends_in(const char *s, const char *tail)
{
	size_t n = s ? strlen(s) : 0, m = strlen(tail);

	return n >= m && !strcmp(s + n - m, tail);
}

/* The symbol table marks what has a version in each convention; the function table does not. */
static bool is_abi0(const struct go_file *g, const struct go_func *f)
{
	struct elf_sym sym;
	char name[256];

	return snprintf(name, sizeof(name), "%s.abi0", f->name) < (int)sizeof(name) &&
	       elf_symbol(g->elf, name, &sym) && sym.addr == f->entry;
}

static enum go_abi abi_of(const struct go_file *g, const struct go_func *f, unsigned since)
{
	struct go_frame fr[1];

	if (g->version.minor < since || ends_in(f->name, ".abi0") || is_abi0(g, f))
		return GO_ABI_STACK;
	/* nothing is inlined into assembly, so its first frame is its own */
	if (go_frames_at(g, f->entry, fr, 1) == 1 && ends_in(fr->file, ".s"))
		return GO_ABI_UNKNOWN;
	return GO_ABI_REGISTERS;
}

int go_args_of(const struct go_file *g, const struct go_func *f, struct go_args *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct machine *m = &machines[i];
		enum go_abi abi;
		bool registers;

		if (m->machine != g->elf->machine)
			continue;
		abi = abi_of(g, f, m->registers_since);
		registers = abi != GO_ABI_STACK;
		*ret = (struct go_args){
			.abi = abi,
			.ints = registers ? m->ints : none,
			.floats = registers ? m->floats : none,
			.nints = registers ? m->nints : 0,
			.nfloats = registers ? m->nfloats : 0,
			.g = registers || m->machine == EM_AARCH64 ? m->g : NULL,
			.closure = m->closure,
			.sp = "sp",
			.stack = m->stack,
		};
		return 0;
	}
	return err_set(ENOEXEC, "%s: calls are known for amd64 and arm64 only", g->elf->path);
}
