/* SPDX-License-Identifier: GPL-2.0-only */
/* events.h - points of the Go runtime as events of the kernel: where, and what to fetch there */
#ifndef GOBPF_GO_EVENTS_H
#define GOBPF_GO_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"

enum go_event_flag {
	GO_EVENT_OFTEN = 1,	/* can pass 10,000/s in a busy service */
	GO_EVENT_G0 = 2,	/* runs on system stacks only */
};

struct go_event {
	const char *name;
	const char *rate, *what;	/* for people */
	unsigned flags;			/* enum go_event_flag */
};

/* The table (events.inc), and how many rows it has. */
const struct go_event *go_events(unsigned *ret_n);

/* What is the same for all events of one executable. */
struct go_event_target {
	const struct go_file *go;
	uint32_t goid, m, curg;		/* runtime.g.goid, g.m, m.curg */
};

/*
 * 0, or -errno with words: ENOEXEC for a Go before 1.19 or an unknown one (g must be in r14, arguments
 * in registers), EOPNOTSUPP for other machines than x86-64.
 */
int go_event_target(const struct go_file *g, struct go_event_target *ret);

#define GO_EVENT_FETCH 320

struct go_event_place {
	const char *func;
	uint64_t addr, offset;		/* in the file: its address, where the uprobe goes */
	bool dear;			/* the kernel doesn't emulate this instruction: a second trap */
	bool repeats;			/* may be passed more often than the function is called */
	char fetch[GO_EVENT_FETCH];	/* "goid=+152(+192(+48(%r14))):u64 reason=%cx:u8" */
};

/*
 * Event number i in this executable.  The place is passed once per call, with arguments and g in their
 * registers: behind the stack check, not on its jump, unless the function runs on a stack that never
 * grows.  0, or -errno with words, -ENOENT when the executable has no such function (the linker left it out,
 * or this Go has another one).
 */
int go_event_place(const struct go_event_target *t, unsigned i, struct go_event_place *ret);

#endif
