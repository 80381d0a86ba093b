/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_text.h - one line of perf script text in its parts */
#ifndef GOBPF_STACK_PERF_TEXT_H
#define GOBPF_STACK_PERF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A part of a line; not NUL-terminated. */
struct text {
	const char *p;
	size_t len;
};

static inline struct text text_of(const char *p, const char *end)
{
	return (struct text){ p, end - p };
}

static inline bool text_is(struct text t, const char *word)
{
	return t.len == strlen(word) && !memcmp(t.p, word, t.len);
}

static inline bool text_equal(struct text a, struct text b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* Does word stand in it? */
static inline bool text_has(struct text t, const char *word)
{
	return memmem(t.p, t.len, word, strlen(word));
}

static inline bool text_begins(struct text t, const char *begin)
{
	size_t n = strlen(begin);

	return t.len >= n && !memcmp(t.p, begin, n);
}

static inline bool text_ends(struct text t, const char *end)
{
	size_t n = strlen(end);

	return t.len >= n && !memcmp(t.p + t.len - n, end, n);
}

/* Blanks and tabs; what Perl's \s and the tools mean is more, see perf_classic.c. */
static inline bool text_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool text_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Without blanks at both ends. */
struct text text_trim(struct text t);

/*
 * The line that a sample begins with: the fields that tools/perf/builtin-script.c
 * (perf_sample__fprintf_start, process_event) prints before the stack, any of which -F may
 * have left out:
 *
 *	comm pid/tid [cpu] time: period event: the rest
 *
 * A comm and an event's name may hold blanks and colons; pid alone may be a tid.
 */
struct perf_header {
	struct text comm, event;	/* p is NULL: not there */
	int64_t pid, tid, cpu;		/* -1: not there */
	bool has_time, has_period;
	uint64_t time_ns, period;
	struct text rest;		/* behind the event: fields of a tracepoint, flags, ip sym (dso) */
};

/* False: the line is none.  A line needs a time, an event, or a number behind the comm. */
bool perf_header(struct text line, struct perf_header *ret);

/*
 * A line of a stack (tools/perf/util/evsel_fprintf.c, sample__fprintf_callchain):
 *
 *	ip sym+0xoff (dso)
 *
 * Names may hold blanks and parentheses, paths too.  Inlined frames have no dso but
 * the word (inlined).
 */
struct perf_frame {
	bool has_offset, inlined;
	uint64_t addr, offset;
	struct text sym, dso;		/* p is NULL: not there; sym neither when it is [unknown] */
};

/* False: the line is none. */
bool perf_frame(struct text line, struct perf_frame *ret);

/* Is code of this dso (p may be NULL) at this address the kernel's? */
bool perf_is_kernel(struct text dso, uint64_t addr);

/* "file.c:12", as -F +srcline puts under a frame.  False: it says nothing. */
bool perf_srcline(struct text line, struct text *ret_file, uint32_t *ret_line);

/* PERF_RECORD_MMAP and MMAP2 in the rest of a header. */
struct perf_mmap {
	uint64_t start, len, offset;
	int64_t pid;
	struct text path, build_id;	/* build_id.p NULL: not there */
};
bool perf_mmap(struct text rest, struct perf_mmap *ret);

/* Digits at the beginning of t, 16 at most for hex; how many there were. A decimal over 2^64-1 is that. */
size_t text_hex(struct text t, uint64_t *ret);
size_t text_decimal(struct text t, uint64_t *ret);

#endif
