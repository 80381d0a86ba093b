/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf.h - probes that an application has in it, for bpftrace, perf and gobpf */
#ifndef GOBPF_USDT_H
#define GOBPF_USDT_H

/*
 * Each function below is one probe of the provider "gobpf": a 5-byte nop in the code and a note
 * about it in the file, nothing else; no library is needed.  When nobody looks it costs what a nop
 * costs and what it takes to have the arguments at hand.  For C and C++ by gcc and clang, Linux.
 *
 *	gobpf_span_start(trace_id, span_id, parent_id, name, name_len)
 *	gobpf_span_end(trace_id, span_id, name, name_len, status)
 *	gobpf_request_start(id, name, name_len, trace_id)
 *	gobpf_request_end(id, name, name_len, status)
 *	gobpf_event(name, name_len, text, text_len, value, span_id)
 *
 * trace_id points to 16 bytes, span_id and parent_id to 8, as on the wire (W3C trace context); NULL:
 * none.  name and text need no NUL.  status is 0 or an error's number, for requests the protocol's
 * ("404").  id is any number by which the end of a request is matched with its start.  The probes'
 * names are those of the functions without "gobpf_", their arguments are in this order; the
 * lists don't change, what comes later gets a probe of its own.
 *
 * gobpf_enabled(event) is not 0 while somebody looks at that probe by its note: for arguments
 * that are dear to make.  Do not keep a span's start from being told by it without its end.
 *
 * The notes: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
 */
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
/* One instruction: Linux >= 6.18 makes a call of it instead of a breakpoint */
#define GOBPF_NOP_ "990: .byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"
#else
#define GOBPF_NOP_ "990: nop\n"
#endif

/* The counters in which tracers say that they look, one for the whole program. */
#define GOBPF_SEMAPHORE_(probe)                                                          \
	__attribute__((weak, used, visibility("hidden"), section(".probes"))) volatile   \
		unsigned short gobpf_##probe##_semaphore = 0
GOBPF_SEMAPHORE_(span_start);
GOBPF_SEMAPHORE_(span_end);
GOBPF_SEMAPHORE_(request_start);
GOBPF_SEMAPHORE_(request_end);
GOBPF_SEMAPHORE_(event);

#define gobpf_enabled(probe) __builtin_expect(gobpf_##probe##_semaphore != 0, 0)

/* _.stapsdt.base is where the file was linked to: prelinked files move, notes don't. */
#define GOBPF_NOTE_(probe, args)                                                         \
	GOBPF_NOP_                                                                       \
	".pushsection .note.stapsdt, \"\", \"note\"\n"                                   \
	".balign 4\n"                                                                    \
	".4byte 992f-991f, 994f-993f, 3\n"                                               \
	"991: .asciz \"stapsdt\"\n"                                                      \
	"992: .balign 4\n"                                                               \
	"993: .8byte 990b, _.stapsdt.base, gobpf_" probe "_semaphore\n"                  \
	".asciz \"gobpf\"\n"                                                             \
	".asciz \"" probe "\"\n"                                                         \
	".asciz \"" args "\"\n"                                                          \
	"994: .balign 4\n"                                                               \
	".popsection\n"                                                                  \
	".ifndef _.stapsdt.base\n"                                                       \
	".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"      \
	".weak _.stapsdt.base\n"                                                         \
	".hidden _.stapsdt.base\n"                                                       \
	"_.stapsdt.base: .space 1\n"                                                     \
	".size _.stapsdt.base, 1\n"                                                      \
	".popsection\n"                                                                  \
	".endif\n"

/* A note tells of each argument its size, negative for signed ones, and where it is. */
#define GOBPF_WORD_(x) "nor"((uint64_t)(uintptr_t)(x))

static inline __attribute__((always_inline)) void
gobpf_span_start(const void *trace_id, const void *span_id, const void *parent_id,
		 const char *name, size_t name_len)
{
	__asm__ volatile(GOBPF_NOTE_("span_start", "8@%0 8@%1 8@%2 8@%3 8@%4")
			 :: GOBPF_WORD_(trace_id), GOBPF_WORD_(span_id), GOBPF_WORD_(parent_id),
			    GOBPF_WORD_(name), GOBPF_WORD_(name_len) : "memory");
}

static inline __attribute__((always_inline)) void
gobpf_span_end(const void *trace_id, const void *span_id, const char *name, size_t name_len,
	       int64_t status)
{
	__asm__ volatile(GOBPF_NOTE_("span_end", "8@%0 8@%1 8@%2 8@%3 -8@%4")
			 :: GOBPF_WORD_(trace_id), GOBPF_WORD_(span_id), GOBPF_WORD_(name),
			    GOBPF_WORD_(name_len), "nor"(status) : "memory");
}

static inline __attribute__((always_inline)) void
gobpf_request_start(uint64_t id, const char *name, size_t name_len, const void *trace_id)
{
	__asm__ volatile(GOBPF_NOTE_("request_start", "8@%0 8@%1 8@%2 8@%3")
			 :: "nor"(id), GOBPF_WORD_(name), GOBPF_WORD_(name_len),
			    GOBPF_WORD_(trace_id) : "memory");
}

static inline __attribute__((always_inline)) void
gobpf_request_end(uint64_t id, const char *name, size_t name_len, int64_t status)
{
	__asm__ volatile(GOBPF_NOTE_("request_end", "8@%0 8@%1 8@%2 -8@%3")
			 :: "nor"(id), GOBPF_WORD_(name), GOBPF_WORD_(name_len), "nor"(status)
			 : "memory");
}

static inline __attribute__((always_inline)) void
gobpf_event(const char *name, size_t name_len, const char *text, size_t text_len, int64_t value,
	    const void *span_id)
{
	__asm__ volatile(GOBPF_NOTE_("event", "8@%0 8@%1 8@%2 8@%3 -8@%4 8@%5")
			 :: GOBPF_WORD_(name), GOBPF_WORD_(name_len), GOBPF_WORD_(text),
			    GOBPF_WORD_(text_len), "nor"(value), GOBPF_WORD_(span_id) : "memory");
}

#endif
