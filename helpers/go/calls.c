/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/calls.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "go/insn.h"

/* Instructions read to confirm calls, bytes: damaged tables make functions of any length, over and over. */
#define MAX_READ (256u << 20)
#define CALL_LEN 5	/* e8 and a signed displacement from the next instruction */

static bool is_callee(const struct go_func *callees, unsigned n, uint64_t addr, unsigned *ret)
{
	for (unsigned i = 0; i < n; i++) {
		if (callees[i].entry != addr)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static bool known(const struct go_calls *c, const struct go_func *caller, unsigned callee)
{
	for (unsigned i = c->n; i-- > 0;)
		if (c->v[i].caller.entry == caller->entry && c->v[i].callee == callee)
			return true;
	return false;
}

/* How many calls there are really: e8 may also be part of something else. */
static int count_calls(const struct go_file *g, const struct go_func *caller, uint64_t callee,
		       unsigned *ret)
{
	struct insn_reader *r = insn_open(go_func_code(g, caller), caller->entry);
	unsigned n = 0;
	struct insn i;

	if (!r)
		return -ENOMEM;
	while (insn_next(r, &i))
		n += i.kind == INSN_CALL && i.target == callee;
	insn_close(r);
	*ret = n;
	return 0;
}

static int add_call(const struct go_file *g, uint64_t at, const struct go_func *callees,
		    unsigned callee, struct go_calls *c, uint64_t *read)
{
	struct go_func caller;
	unsigned n;
	int err;

	if (!go_func_at(g, at, &caller) || known(c, &caller, callee))
		return 0;
	*read += caller.end - caller.entry;
	if (*read > MAX_READ)
		return err_set(ENOEXEC, "%s: its functions are too long to look for calls of %s",
			       g->elf->path, callees[callee].name);
	err = count_calls(g, &caller, callees[callee].entry, &n);
	if (err)
		return err_sys(-err, "%s", caller.name);
	if (!n)
		return 0;
	if (c->n == GO_CALLS)
		return err_set(ENOEXEC, "%s: %s has more callers than expected", g->elf->path,
			       callees[callee].name);
	c->v[c->n++] = (struct go_call){ caller, callee, n };
	return 0;
}

int go_calls_of(const struct go_file *g, const struct go_func *callees, unsigned n,
		struct go_calls *ret)
{
	struct span text = elf_bytes_at(g->elf, g->text);
	const uint8_t *p, *end;
	uint64_t read = 0;

	if (g->elf->machine != EM_X86_64)
		return err_set(EOPNOTSUPP, "%s: calls are looked for in x86-64 code only",
			       g->elf->path);
	ret->n = 0;
	if (text.len > g->etext - g->text)
		text.len = g->etext - g->text;
	end = text.p + text.len;
	for (p = text.p; p && end - p >= CALL_LEN; p++) {
		uint64_t addr;
		unsigned callee;
		int32_t rel;
		int err;

		p = memchr(p, 0xe8, end - p - (CALL_LEN - 1));
		if (!p)
			break;
		memcpy(&rel, p + 1, sizeof(rel));
		addr = g->text + (p - text.p);
		if (!is_callee(callees, n, addr + CALL_LEN + (int64_t)rel, &callee))
			continue;
		err = add_call(g, addr, callees, callee, ret, &read);
		if (err)
			return err;
	}
	return 0;
}
