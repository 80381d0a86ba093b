/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The places of the probes in programs with cgo, and a note about each.  They are jumped to
 * by Go assembly on a goroutine's stack and need none of their own.  Arguments are where
 * Go's ABI0 has them: 8 bytes above the stack pointer and up, on arm64 as well.
 */
#if defined(__x86_64__)
#define NOP .byte 0x0f, 0x1f, 0x44, 0x00, 0x00
#define ARG(n) n(%rsp)
#elif defined(__aarch64__)
#define NOP nop
#define ARG(n) [sp, n]
#endif
#define STRING_(x) #x
#define STRING(x) STRING_(x)

#define U(n) "8@" STRING(ARG(n))
#define S(n) "-8@" STRING(ARG(n))
#define AND " "

	.section .stapsdt.base, "aG", "progbits", .stapsdt.base, comdat
	.weak _.stapsdt.base
	.hidden _.stapsdt.base
_.stapsdt.base:
	.space 1
	.size _.stapsdt.base, 1

	.section .probes, "aw", "progbits"
	.balign 2
	.globl gobpf_sdt_semaphores
	.hidden gobpf_sdt_semaphores
	.type gobpf_sdt_semaphores, %object
	.size gobpf_sdt_semaphores, 10
gobpf_sdt_semaphores:
	.space 10

.macro probe name, number, args:vararg
	.text
	.globl gobpf_sdt_\name
	.hidden gobpf_sdt_\name
	.type gobpf_sdt_\name, %function
	.balign 16
gobpf_sdt_\name:
	NOP
	ret
	.size gobpf_sdt_\name, . - gobpf_sdt_\name
	.section .note.stapsdt, "", "note"
	.balign 4
	.4byte 2f - 1f, 4f - 3f, 3
1:	.asciz "stapsdt"
2:	.balign 4
3:	.8byte gobpf_sdt_\name, _.stapsdt.base, gobpf_sdt_semaphores + 2 * \number
	.asciz "gobpf"
	.asciz "\name"
	.ascii \args
	.byte 0
4:	.balign 4
.endm

	probe span_start, 0, U(8) AND U(16) AND U(24) AND U(32) AND U(40)
	probe span_end, 1, U(8) AND U(16) AND U(24) AND U(32) AND S(40)
	probe request_start, 2, U(8) AND U(16) AND U(24) AND U(32)
	probe request_end, 3, U(8) AND U(16) AND U(24) AND S(32)
	probe event, 4, U(8) AND U(16) AND U(24) AND U(32) AND S(40) AND U(48)

	.section .note.GNU-stack, "", %progbits
