/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/params.h"

/* Registers taken so far, of parameters or of results. */
struct used {
	unsigned ints, floats;
};

/* All of it or nothing (src/cmd/compile/abi-internal.md, "register-assignment"). */
static bool in_registers(const struct go_args *a, struct used *used, struct go_param *v)
{
	struct used u = *used;

	if (a->abi != GO_ABI_REGISTERS || !v->p.whole || !v->p.size)
		return false;
	for (unsigned i = 0; i < v->p.nscalars; i++) {
		bool is_float = v->p.scalars[i].is_float;

		if (is_float ? u.floats >= a->nfloats : u.ints >= a->nints)
			return false;
		v->registers[i] = is_float ? a->floats[u.floats++] : a->ints[u.ints++];
	}
	*used = u;
	return true;
}

static uint32_t aligned(uint32_t at, uint32_t to)
{
	return to > 1 ? (at + to - 1) / to * to : at;
}

void go_params_place(const struct go_args *a, struct go_param *v, unsigned n)
{
	uint32_t at = 0;

	for (int results = 0; results < 2; results++) {
		struct used used = { 0, 0 };

		at = aligned(at, 8);
		for (unsigned i = 0; i < n; i++) {
			if (v[i].p.result != results)
				continue;
			v[i].on_stack = !in_registers(a, &used, &v[i]);
			if (!v[i].on_stack)
				continue;
			at = aligned(at, v[i].p.align);
			v[i].stack = a->stack + at;
			at += v[i].p.size;
		}
	}
}
