/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as machine code: places and ways out stand on them, of the sort that they say. */
#include <stdlib.h>

#include "go/insn.h"
#include "go/leave.h"
#include "go/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE 0x400000

static void check(struct span code, const struct probe_place *p, bool entry_allowed)
{
	struct insn_reader *r;
	struct insn i;

	if (p->kind == PROBE_ENTRY && entry_allowed && p->addr == BASE)
		return;
	if (p->kind == PROBE_ENTRY || p->addr < BASE || p->addr - BASE >= code.len)
		abort();
	r = insn_open(span_from(&code, p->addr - BASE), p->addr);
	if (!r || !insn_next(r, &i) || !insn_emulated(&i))
		abort();
	if ((p->kind == PROBE_PUSH) != (i.kind == INSN_PUSH) ||
	    p->skip_if_cf_or_zf != (p->kind == PROBE_CHECK))
		abort();
	insn_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span code = { .p = data, .len = size };
	struct probe_place p, behind[4];
	struct go_leaves leaves = { 0 };
	unsigned n;

	if (probe_place_in(code, BASE, &p) == 0)
		check(code, &p, true);
	if (probe_after_calls_in(code, BASE, BASE + 0x100, behind, 4, &n) == 0)
		while (n-- > 0)
			check(code, &behind[n], false);
	if (go_leaves_in(code, BASE, &leaves) == 0)
		for (size_t i = 0; i < leaves.n; i++)
			if (leaves.v[i].addr - BASE >= size ||
			    (leaves.v[i].kind == LEAVE_JUMP && leaves.v[i].target - BASE < size))
				abort();
	go_leaves_free(&leaves);
	return 0;
}
