/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/insn.h"

#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>

struct insn_reader {
	cs_insn *ci;
	const uint8_t *p;
	size_t left;
	uint64_t addr;
};

/*
 * Capstone makes an index of all instructions for each handle, which takes as long as reading a
 * function: so all readers of a thread have one handle.  0: out of memory.
 */
static csh handle(void)
{
	static __thread csh cs;

	if (!cs && cs_open(CS_ARCH_X86, CS_MODE_64, &cs) == CS_ERR_OK)
		cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
	return cs;
}

struct insn_reader *insn_open(struct span code, uint64_t addr)
{
	struct insn_reader *r = handle() ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		return NULL;
	r->ci = cs_malloc(handle());
	if (!r->ci) {
		insn_close(r);
		return NULL;
	}
	r->p = code.p;
	r->left = code.len;
	r->addr = addr;
	return r;
}

void insn_close(struct insn_reader *r)
{
	if (!r)
		return;
	if (r->ci)
		cs_free(r->ci, 1);
	free(r);
}

/* The four sizes of each register, at their number. */
static const uint16_t registers[16][4] = {
	{ X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL },
	{ X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL },
	{ X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL },
	{ X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL },
	{ X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL },
	{ X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL },
	{ X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL },
	{ X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL },
	{ X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B },
	{ X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B },
	{ X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B },
	{ X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B },
	{ X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B },
	{ X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B },
	{ X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B },
	{ X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B },
};

static enum reg reg_of(unsigned id)
{
	if (id == X86_REG_AH)
		return REG_AX;
	if (id == X86_REG_BH)
		return REG_BX;
	if (id == X86_REG_CH)
		return REG_CX;
	if (id == X86_REG_DH)
		return REG_DX;
	for (int r = REG_AX; r < REG_OTHER; r++)
		for (int size = 0; size < 4; size++)
			if (registers[r][size] == id)
				return r;
	return REG_OTHER;
}

/* The kernel looks at the bytes, so this does too, and takes nothing with an unusual prefix. */
static enum insn_kind kind_of(const cs_insn *ci, uint8_t *cc)
{
	const cs_x86 *x = &ci->detail->x86;
	const uint8_t *b = ci->bytes;

	if ((ci->size == 1 && (b[0] & 0xf8) == 0x50) ||
	    (ci->size == 2 && b[0] == 0x41 && (b[1] & 0xf8) == 0x50))
		return INSN_PUSH;
	if ((ci->size == 1 && b[0] == 0x90) || (ci->size == 2 && b[0] == 0x66 && b[1] == 0x90))
		return INSN_NOP;
	if ((ci->size == 2 && (b[0] & 0xf0) == 0x70) ||
	    (ci->size == 6 && b[0] == 0x0f && (b[1] & 0xf0) == 0x80)) {
		*cc = (ci->size == 2 ? b[0] : b[1]) & 0xf;
		return INSN_JCC;
	}
	if ((ci->size == 2 && b[0] == 0xeb) || (ci->size == 5 && b[0] == 0xe9))
		return INSN_JMP;
	if (ci->size == 5 && b[0] == 0xe8)
		return INSN_CALL;
	switch (ci->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
	case X86_INS_MOVZX:
	case X86_INS_MOVSX:
	case X86_INS_MOVSXD:
		return INSN_MOV;
	case X86_INS_LEA:
		return INSN_LEA;
	case X86_INS_CMP:
	case X86_INS_TEST:
		return INSN_CMP;
	case X86_INS_ADD:
	case X86_INS_SUB:
	case X86_INS_AND:
	case X86_INS_OR:
	case X86_INS_XOR:
	case X86_INS_NOP:
		return INSN_PLAIN;
	case X86_INS_RET:
		return INSN_RET;
	case X86_INS_JMP:
		return x->operands[0].type == X86_OP_MEM && x->operands[0].mem.index ?
			       INSN_JMP_TABLE : INSN_JMP_FAR;
	default:
		return INSN_OTHER;
	}
}

static bool checks_stack(const cs_x86 *x)
{
	const cs_x86_op *a = &x->operands[0], *b = &x->operands[1];

	return x->op_count == 2 && a->type == X86_OP_REG && b->type == X86_OP_MEM &&
	       (a->reg == X86_REG_RSP || a->reg == X86_REG_R12 || a->reg == X86_REG_R13) &&
	       b->mem.base == X86_REG_R14 && b->mem.index == X86_REG_INVALID &&
	       (b->mem.disp == 0x10 || b->mem.disp == 0x18);
}

static void read_memory(const cs_insn *ci, struct insn *i)
{
	const cs_x86 *x = &ci->detail->x86;

	for (int n = 0; n < x->op_count; n++) {
		const cs_x86_op *op = &x->operands[n];
		bool written = ci->id != X86_INS_LEA && (op->access & CS_AC_WRITE);

		if (op->type != X86_OP_MEM || op->mem.index != X86_REG_INVALID ||
		    ci->id == X86_INS_NOP)
			continue;
		if (op->mem.base == X86_REG_RIP) {
			i->rip_addr = ci->address + ci->size + op->mem.disp;
			i->rip_size = op->size;
			i->rip_written = written;
		} else if (op->mem.base != X86_REG_INVALID && op->mem.segment == X86_REG_INVALID) {
			i->mem = true;
			i->mem_base = reg_of(op->mem.base);
			i->mem_offset = op->mem.disp;
			i->mem_size = op->size;
			i->mem_written = written;
		}
	}
}

static void read_fs(const cs_x86 *x, struct insn *i)
{
	for (int n = 0; n < x->op_count; n++) {
		const cs_x86_op *op = &x->operands[n];

		if (op->type != X86_OP_MEM || op->mem.segment != X86_REG_FS ||
		    op->mem.index != X86_REG_INVALID)
			continue;
		i->fs = true;
		i->fs_base = op->mem.base == X86_REG_INVALID ? REG_OTHER : reg_of(op->mem.base);
		i->fs_offset = op->mem.disp;
	}
}

/* In Capstone's order (Intel's) the first operand is the one that is changed. */
static void read_data(const cs_insn *ci, struct insn *i)
{
	const cs_x86 *x = &ci->detail->x86;
	bool changes = i->kind != INSN_CMP && ci->id != X86_INS_NOP;

	for (int n = 0; n < x->op_count; n++) {
		const cs_x86_op *op = &x->operands[n];

		if (n == 0 && changes && op->type == X86_OP_REG)
			i->writes |= REG_BIT(reg_of(op->reg));
		if (op->type != X86_OP_MEM || ci->id == X86_INS_NOP)
			continue;
		if (n == 0 && changes)
			i->writes_mem = true;
	}
	i->checks_stack = ci->id == X86_INS_CMP && checks_stack(x);
	if (i->kind == INSN_MOV && x->op_count == 2 && x->operands[0].type == X86_OP_REG &&
	    x->operands[1].type == X86_OP_IMM) {
		i->constant = true;
		i->value = x->operands[1].imm;
	}
}

bool insn_next(struct insn_reader *r, struct insn *ret)
{
	const cs_insn *ci = r->ci;
	const cs_x86_op *op;

	if (!cs_disasm_iter(handle(), &r->p, &r->left, &r->addr, r->ci))
		return false;
	*ret = (struct insn){ .addr = ci->address, .len = ci->size };
	ret->kind = kind_of(ci, &ret->cc);
	read_memory(ci, ret);
	read_fs(&ci->detail->x86, ret);
	op = &ci->detail->x86.operands[0];
	if (ret->kind >= INSN_MOV && ret->kind < INSN_OTHER)
		read_data(ci, ret);
	else if (ci->detail->x86.op_count == 1 && op->type == X86_OP_IMM &&
		 (ret->kind == INSN_CALL || cs_insn_group(handle(), ci, CS_GRP_JUMP)))
		ret->target = op->imm;
	return true;
}
