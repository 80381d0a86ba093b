/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/leave.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/insn.h"

const char *go_leave_kind_name(enum go_leave_kind kind)
{
	static const char *const names[] = {
		[LEAVE_RET] = "ret",
		[LEAVE_JUMP] = "jump",
		[LEAVE_JUMP_UNKNOWN] = "jump?",
	};

	return names[kind];
}

static bool add(struct go_leaves *l, const struct insn *i, enum go_leave_kind kind)
{
	if (!ARRAY_ROOM(l->v, l->n, l->cap))
		return false;
	l->v[l->n++] = (struct go_leave){
		.addr = i->addr,
		.kind = kind,
		.target = kind == LEAVE_JUMP ? i->target : 0,
	};
	return true;
}

static bool look_at(const struct insn *i, uint64_t addr, uint64_t end, struct go_leaves *l)
{
	switch (i->kind) {
	case INSN_RET:
		return add(l, i, LEAVE_RET);
	case INSN_JMP_FAR:
		return add(l, i, LEAVE_JUMP_UNKNOWN);
	case INSN_CALL:
	case INSN_JMP_TABLE:
		return true;
	default:
		/* loop, jrcxz and the like have a target, too */
		return !i->target || (i->target >= addr && i->target < end) || add(l, i, LEAVE_JUMP);
	}
}

int go_leaves_in(struct span code, uint64_t addr, struct go_leaves *ret)
{
	struct go_leaves l = { 0 };
	uint64_t end = addr + code.len, next = addr;
	struct insn_reader *r = insn_open(code, addr);
	struct insn i;
	int err = 0;

	if (!r)
		return -ENOMEM;
	while (!err && insn_next(r, &i)) {
		next = i.addr + i.len;
		if (!look_at(&i, addr, end, &l))
			err = -ENOMEM;
	}
	insn_close(r);
	if (!err && next != end)
		err = -ENOEXEC;
	if (err) {
		go_leaves_free(&l);
		return err;
	}
	free(ret->v);
	*ret = l;
	return 0;
}

int go_leaves_of(const struct go_file *g, const struct go_func *f, struct go_leaves *ret)
{
	struct span code;
	int err;

	if (g->elf->machine != EM_X86_64)
		return err_set(EOPNOTSUPP, "%s: returns are looked for in x86-64 code only",
			       g->elf->path);
	code = go_func_code(g, f);
	if (!code.len)
		return err_set(ENOEXEC, "%s: the code of %s is not in the file", g->elf->path,
			       f->name);
	err = go_leaves_in(code, f->entry, ret);
	if (err == -ENOEXEC)
		return err_set(ENOEXEC, "%s: %s has instructions that are not known here, so a "
			       "return of it might be missed", g->elf->path, f->name);
	if (err)
		return err_sys(-err, "%s", f->name);
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i].offset = elf_offset_of(g->elf, ret->v[i].addr);
	return 0;
}

void go_leaves_free(struct go_leaves *l)
{
	free(l->v);
	*l = (struct go_leaves){ 0 };
}
