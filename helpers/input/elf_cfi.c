/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_cfi.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

enum { RETURN = 16, DEPTH = 16, OPS = 64 };

struct elf_cfi {
	Elf *elf;
	Dwarf_CFI *cfi;		/* of .eh_frame */
};

struct elf_cfi *elf_cfi_open(const struct elf_file *e)
{
	struct elf_cfi *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	elf_version(EV_CURRENT);
	c->elf = elf_memory((char *)(uintptr_t)e->bytes.p, e->bytes.len);
	c->cfi = c->elf ? dwarf_getcfi_elf(c->elf) : NULL;
	if (c->cfi)
		return c;
	elf_cfi_close(c);
	return NULL;
}

void elf_cfi_close(struct elf_cfi *c)
{
	if (!c)
		return;
	if (c->cfi)
		dwarf_cfi_end(c->cfi);
	if (c->elf)
		elf_end(c->elf);
	free(c);
}

enum result { GOOD, SHORT, BAD };

/* The stack of an expression, with what it may refer to. */
struct machine {
	const struct elf_cfi_regs *regs;
	uint64_t cfa;
	bool has_cfa, value; /* value: what it yields is the value itself, not where it is */
	uint64_t v[DEPTH];
	unsigned n;
};

static enum result word(const struct elf_cfi_regs *r, uint64_t addr, uint64_t *ret)
{
	if (addr < r->addr)
		return BAD;
	if (addr - r->addr > r->len || r->len - (addr - r->addr) < sizeof(*ret))
		return SHORT;
	memcpy(ret, r->stack + (addr - r->addr), sizeof(*ret));
	return GOOD;
}

static enum result push(struct machine *m, uint64_t v)
{
	if (m->n == DEPTH)
		return BAD;
	m->v[m->n++] = v;
	return GOOD;
}

static enum result push_reg(struct machine *m, uint64_t reg, uint64_t offset)
{
	if (reg == RETURN)
		return push(m, m->regs->pc + offset);
	if (reg >= ELF_CFI_REGS || !(m->regs->known >> reg & 1))
		return BAD;
	return push(m, m->regs->r[reg] + offset);
}

/* What of two numbers makes one: the expressions that linkers write for .plt need these. */
static enum result two(struct machine *m, unsigned op)
{
	uint64_t a, b;

	if (m->n < 2)
		return BAD;
	b = m->v[--m->n];
	a = m->v[--m->n];
	switch (op) {
	case DW_OP_plus:
		return push(m, a + b);
	case DW_OP_minus:
		return push(m, a - b);
	case DW_OP_and:
		return push(m, a & b);
	case DW_OP_shl:
		return b < 64 ? push(m, a << b) : BAD;
	case DW_OP_ge:
		return push(m, (int64_t)a >= (int64_t)b);
	}
	return BAD;
}

static enum result operate(struct machine *m, const Dwarf_Op *op)
{
	unsigned a = op->atom;

	if (a >= DW_OP_breg0 && a <= DW_OP_breg31)
		return push_reg(m, a - DW_OP_breg0, op->number);
	if (a >= DW_OP_lit0 && a <= DW_OP_lit31)
		return push(m, a - DW_OP_lit0);
	switch (a) {
	case DW_OP_bregx:
		return push_reg(m, op->number, op->number2);
	case DW_OP_call_frame_cfa:
		return m->has_cfa ? push(m, m->cfa) : BAD;
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_constu:
	case DW_OP_consts:
		return push(m, op->number);
	case DW_OP_plus_uconst:
		if (!m->n)
			return BAD;
		m->v[m->n - 1] += op->number;
		return GOOD;
	case DW_OP_deref:
		return m->n ? word(m->regs, m->v[m->n - 1], &m->v[m->n - 1]) : BAD;
	case DW_OP_stack_value:
		m->value = true;
		return GOOD;
	default:
		return two(m, a);
	}
}

static enum result evaluate(struct machine *m, const Dwarf_Op *ops, size_t n, uint64_t *ret)
{
	enum result res = n && n <= OPS ? GOOD : BAD;

	for (size_t i = 0; res == GOOD && i < n; i++)
		res = operate(m, &ops[i]);
	if (res == GOOD && !m->n)
		res = BAD;
	if (res == GOOD)
		*ret = m->v[m->n - 1];
	return res;
}

static enum result find_cfa(Dwarf_Frame *f, const struct elf_cfi_regs *regs, uint64_t *ret)
{
	struct machine m = { .regs = regs };
	Dwarf_Op *ops;
	size_t n;

	return dwarf_frame_cfa(f, &ops, &n) ? BAD : evaluate(&m, ops, n, ret);
}

/* *ret_undefined: the caller's is lost */
static enum result find_register(Dwarf_Frame *f, int reg, const struct elf_cfi_regs *regs,
				 uint64_t cfa, uint64_t *ret, bool *ret_undefined)
{
	struct machine m = { .regs = regs, .cfa = cfa, .has_cfa = true };
	Dwarf_Op memory[3], *ops;
	enum result res;
	size_t n;

	*ret_undefined = false;
	if (dwarf_frame_register(f, reg, memory, &ops, &n))
		return BAD;
	if (!n) {
		*ret_undefined = ops == memory || reg == RETURN || !(regs->known >> reg & 1);
		*ret = *ret_undefined ? 0 : regs->r[reg];
		return GOOD;
	}
	res = evaluate(&m, ops, n, ret);
	return res == GOOD && !m.value ? word(regs, *ret, ret) : res;
}

static enum elf_cfi_step step(Dwarf_Frame *f, struct elf_cfi_regs *regs)
{
	struct elf_cfi_regs caller = *regs;
	uint64_t cfa = 0;
	enum result res = find_cfa(f, regs, &cfa);
	bool undefined;

	/* a caller's frame is above its callee's */
	if (res == GOOD && cfa <= regs->r[ELF_CFI_SP])
		res = BAD;
	if (res == GOOD)
		res = find_register(f, RETURN, regs, cfa, &caller.pc, &undefined);
	if (res != GOOD)
		return res == SHORT ? ELF_CFI_SHORT : ELF_CFI_UNKNOWN;
	if (undefined || !caller.pc)
		return ELF_CFI_TOP;
	for (int reg = 0; reg < ELF_CFI_REGS; reg++) {
		bool lost = find_register(f, reg, regs, cfa, &caller.r[reg], &undefined) != GOOD ||
			    undefined;

		caller.known &= ~(1u << reg);
		caller.known |= (uint32_t)!lost << reg;
	}
	caller.r[ELF_CFI_SP] = cfa;
	caller.known |= 1u << ELF_CFI_SP;
	*regs = caller;
	return ELF_CFI_CALLER;
}

enum elf_cfi_step elf_cfi_step(struct elf_cfi *c, uint64_t addr, bool is_return,
			       struct elf_cfi_regs *regs)
{
	Dwarf_Frame *f = NULL;
	enum elf_cfi_step ret;

	if (!c || dwarf_cfi_addrframe(c->cfi, addr - is_return, &f))
		return ELF_CFI_UNKNOWN;
	ret = step(f, regs);
	free(f);
	return ret;
}
