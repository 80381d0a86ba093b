/* SPDX-License-Identifier: GPL-2.0-only */
#include "script_place.h"

#include <errno.h>
#include <string.h>

#include "go/probe.h"
#include "go/process.h"

static enum script_place_kind kind_of(const struct probe_place *p)
{
	if (p->skip_if_cf_or_zf)
		return SCRIPT_PLACE_BRANCH;
	return p->kind == PROBE_ENTRY ? SCRIPT_PLACE_ENTRY : SCRIPT_PLACE_CHEAP;
}

int script_place_of(struct go_process *p, const struct go_func *f, struct script_place *ret)
{
	struct probe_place place;
	int err = probe_place(&p->go, f, &place);

	if (err)
		return err;
	if (place.repeats)	/* more hits than calls: the entry is dearer, but right */
		*ret = (struct script_place){ f->entry, elf_offset_of(&p->elf, f->entry),
					      SCRIPT_PLACE_ENTRY };
	else
		*ret = (struct script_place){ place.addr, place.offset, kind_of(&place) };
	return 0;
}

/* The symbol table, so bpftrace, calls assembly NAME.abi0; the function table does not. */
static bool named(const struct go_file *g, const char *name, struct go_func *ret)
{
	char plain[256];
	size_t len = strlen(name), end = strlen(".abi0");

	if (go_func_named(g, name, ret))
		return true;
	if (len <= end || len - end >= sizeof(plain) || strcmp(name + len - end, ".abi0"))
		return false;
	memcpy(plain, name, len - end);
	plain[len - end] = 0;
	return go_func_named(g, plain, ret);
}

int script_place(void *ctx, const char *name, struct script_place *ret)
{
	struct go_process *p = ctx;
	struct go_func f;

	return named(&p->go, name, &f) ? script_place_of(p, &f, ret) : -ENOENT;
}
