/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_cfi.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "input/elf_cfi_table.h"

enum { DEPTH = 16, OPS = 64 };

struct elf_cfi {
	struct cfi_table table;
};

struct elf_cfi *elf_cfi_open(const struct elf_file *e)
{
	struct elf_cfi *c = calloc(1, sizeof(*c));

	if (c && !cfi_table_open(&c->table, e))
		return c;
	free(c);
	return NULL;
}

void elf_cfi_close(struct elf_cfi *c)
{
	if (c)
		cfi_table_close(&c->table);
	free(c);
}

enum result { GOOD, SHORT, BAD };

/* The stack of an expression, with what it may refer to. */
struct machine {
	const struct elf_cfi_regs *regs;
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
	if (reg == CFI_RETURN)
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

/* A constant of that many bytes, at *at. */
static enum result constant(struct machine *m, struct span *s, uint64_t *at, unsigned width, bool is_signed)
{
	uint64_t v = span_uint(s, *at, width);
	unsigned unused = 64 - 8 * width;

	*at += width;
	return push(m, is_signed ? (uint64_t)((int64_t)(v << unused) >> unused) : v);
}

/* The operation at *at, which moves behind it. */
static enum result operate(struct machine *m, struct span *s, uint64_t *at)
{
	uint8_t op = span_u8(s, (*at)++);
	uint64_t reg;

	if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		return push_reg(m, op - DW_OP_breg0, cfi_sleb(s, at));
	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		return push(m, op - DW_OP_lit0);
	/* const1u, const1s, const2u … const8s */
	if (op >= DW_OP_const1u && op <= DW_OP_const8s)
		return constant(m, s, at, 1u << (op - DW_OP_const1u) / 2, (op - DW_OP_const1u) % 2);
	switch (op) {
	case DW_OP_bregx:
		reg = cfi_uleb(s, at);
		return push_reg(m, reg, cfi_sleb(s, at));
	case DW_OP_constu:
		return push(m, cfi_uleb(s, at));
	case DW_OP_consts:
		return push(m, cfi_sleb(s, at));
	case DW_OP_plus_uconst:
		if (!m->n)
			return BAD;
		m->v[m->n - 1] += cfi_uleb(s, at);
		return GOOD;
	case DW_OP_deref:
		return m->n ? word(m->regs, m->v[m->n - 1], &m->v[m->n - 1]) : BAD;
	default:
		return two(m, op);
	}
}

/* has_cfa: it is on the stack at first (DWARF 5, 6.4.2.3). */
static enum result evaluate(const struct elf_cfi_regs *regs, struct span s, bool has_cfa, uint64_t cfa,
			    uint64_t *ret)
{
	struct machine m = { .regs = regs, .v[0] = cfa, .n = has_cfa };
	enum result res = s.len && s.len <= OPS ? GOOD : BAD;
	uint64_t at = 0;

	while (res == GOOD && at < s.len)
		res = operate(&m, &s, &at);
	if (res == GOOD && (!m.n || s.bad))
		res = BAD;
	if (res == GOOD)
		*ret = m.v[m.n - 1];
	return res;
}

static enum result find_cfa(const struct cfi_rule *rule, const struct elf_cfi_regs *regs, uint64_t *ret)
{
	if (rule->how == CFI_IS_EXPRESSION)
		return evaluate(regs, rule->expression, false, 0, ret);
	if (rule->how != CFI_IN_REGISTER || rule->reg >= ELF_CFI_REGS || !(regs->known >> rule->reg & 1))
		return BAD;
	*ret = regs->r[rule->reg] + (uint64_t)rule->offset;
	return GOOD;
}

/* A register, or the return address, as the caller has it. *ret_lost: it is not known. */
static enum result find_register(const struct cfi_rule *rule, unsigned reg, const struct elf_cfi_regs *regs,
				 uint64_t cfa, uint64_t *ret, bool *ret_lost)
{
	uint64_t from = rule->how == CFI_IN_REGISTER ? rule->reg : reg;
	enum result res = GOOD;

	*ret_lost = false;
	switch (rule->how) {
	case CFI_SAME:
	case CFI_IN_REGISTER:
		*ret_lost = from >= ELF_CFI_REGS || !(regs->known >> from & 1);
		*ret = *ret_lost ? 0 : regs->r[from];
		return GOOD;
	case CFI_AT_OFFSET:
		return word(regs, cfa + (uint64_t)rule->offset, ret);
	case CFI_IS_OFFSET:
		*ret = cfa + (uint64_t)rule->offset;
		return GOOD;
	case CFI_AT_EXPRESSION:
	case CFI_IS_EXPRESSION:
		res = evaluate(regs, rule->expression, true, cfa, ret);
		return res == GOOD && rule->how == CFI_AT_EXPRESSION ? word(regs, *ret, ret) : res;
	case CFI_UNDEFINED:
		break;
	}
	*ret_lost = true;
	return GOOD;
}

static enum elf_cfi_step step(const struct cfi_row *row, struct elf_cfi_regs *regs)
{
	struct elf_cfi_regs caller = *regs;
	uint64_t cfa = 0;
	enum result res = find_cfa(&row->cfa, regs, &cfa);
	bool lost;

	/* a caller's frame is above its callee's */
	if (res == GOOD && cfa <= regs->r[ELF_CFI_SP])
		res = BAD;
	if (res == GOOD)
		res = find_register(&row->regs[CFI_RETURN], CFI_RETURN, regs, cfa, &caller.pc, &lost);
	if (res != GOOD)
		return res == SHORT ? ELF_CFI_SHORT : ELF_CFI_UNKNOWN;
	if (lost || !caller.pc)
		return ELF_CFI_TOP;
	for (unsigned reg = 0; reg < ELF_CFI_REGS; reg++) {
		res = find_register(&row->regs[reg], reg, regs, cfa, &caller.r[reg], &lost);
		lost |= res != GOOD;
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
	struct cfi_row row;

	return c && cfi_table_row(&c->table, addr - is_return, &row) ? step(&row, regs) : ELF_CFI_UNKNOWN;
}
