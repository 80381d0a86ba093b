/* SPDX-License-Identifier: GPL-2.0-only */
/* insn.h - x86-64 instructions, as placing probes needs them; only this sees capstone */
#ifndef GOBPF_GO_INSN_H
#define GOBPF_GO_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* General registers in a bit mask, by their numbers in the machine code. */
enum reg {
	REG_AX, REG_CX, REG_DX, REG_BX, REG_SP, REG_BP, REG_SI, REG_DI,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
	REG_OTHER,		/* a vector, segment or control register */
};
#define REG_BIT(r) (1u << (r))

/*
 * Kinds before INSN_MOV are emulated by the kernel at a uprobe, in every
 * version that we support (branch_setup_xol_ops() and push_setup_xol_ops() in
 * arch/x86/kernel/uprobes.c): they cost one trap, the rest costs two.
 */
enum insn_kind {
	INSN_PUSH,		/* of a 64-bit register */
	INSN_NOP,		/* 90 or 66 90; longer ones are emulated by the newest kernels only */
	INSN_JCC,
	INSN_JMP,		/* direct */
	INSN_CALL,		/* direct */

	INSN_MOV,		/* with or without extension, general registers and memory */
	INSN_LEA,
	INSN_CMP,		/* or test */
	INSN_PLAIN,		/* add, sub, and, or, xor, long nop */
	INSN_OTHER,		/* may change anything */
	/* these, too, and go elsewhere */
	INSN_RET,
	INSN_JMP_TABLE,		/* through a table: jmp *(base,index,8), as a switch compiles to */
	INSN_JMP_FAR,		/* through a register or one word of memory */
};

/* Condition of INSN_JCC, as in its opcode: "below or equal", CF or ZF set. */
#define CC_BE 6

struct insn {
	uint64_t addr;
	uint8_t len;
	enum insn_kind kind;
	uint8_t cc;		/* of INSN_JCC */
	uint64_t target;	/* of a direct branch of any kind, else 0 */
	uint32_t writes;	/* registers that INSN_MOV .. INSN_PLAIN change, REG_BIT()s */
	bool writes_mem;	/* INSN_MOV .. INSN_PLAIN change memory */
	bool checks_stack;	/* compares rsp, r12 or r13 with g.stackguard0 or 1, 0x10 or 0x18(%r14) */
	/* the memory operand if that is relative to rip, else 0 */
	uint64_t rip_addr;
	uint8_t rip_size;	/* bytes */
	bool rip_written;
	/* the memory operand if that is mem_offset(mem_base), not relative to rip or fs, without an index */
	bool mem;
	enum reg mem_base;
	int64_t mem_offset;
	uint8_t mem_size;	/* bytes */
	bool mem_written;
	/* an operand in thread-local storage, fs:fs_offset(fs_base); fs_base REG_OTHER: none */
	bool fs;
	enum reg fs_base;
	int64_t fs_offset;
	/* of a mov of a constant to a register, which is that in `writes' */
	bool constant;
	int64_t value;
};

struct insn_reader;

/* NULL when out of memory. code stays the caller's; addr is that of its first byte. */
struct insn_reader *insn_open(struct span code, uint64_t addr);
void insn_close(struct insn_reader *r);
/* false at the end, or at bytes that are no instruction. */
bool insn_next(struct insn_reader *r, struct insn *ret);

static inline bool insn_emulated(const struct insn *i)
{
	return i->kind < INSN_MOV;
}

#endif
