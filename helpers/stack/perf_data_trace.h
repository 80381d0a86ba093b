/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_trace.h - the tracepoints of a recording: names and fields */
#ifndef GOBPF_STACK_PERF_DATA_TRACE_H
#define GOBPF_STACK_PERF_DATA_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct perf_field {
	char *name;
	uint32_t offset, size;	/* in the sample's raw data */
	bool is_signed;
	bool text;		/* characters up to a NUL; else a number */
	bool dynamic;		/* what stands there is where the text is: offset | length << 16 … */
	bool relative;		/* … counted from behind it */
};

struct perf_tracepoint {
	char *name;		/* "sched:sched_switch" */
	uint64_t id;		/* perf_event_attr.config */
	char *format;		/* as in the kernel's file of that name */
	struct perf_field *fields;
	size_t nfields, fields_cap;
	bool parsed;
};

struct perf_trace {
	struct perf_tracepoint *points;
	size_t npoints, points_cap;
};

void perf_trace_free(struct perf_trace *t);

/*
 * Takes the tracepoints from what perf recorded of them (tools/perf/util/trace-event-read.c).
 * 0, -ENOMEM, or -EBADMSG; what was found before the mistake stays.
 */
int perf_trace_read(struct perf_trace *t, struct span data);

/* NULL: there is none of that id. */
struct perf_tracepoint *perf_trace_find(struct perf_trace *t, uint64_t id);

/* Makes p->fields: numbers and texts, not arrays of other things. 0 or -ENOMEM; a format that makes no sense has none. */
int perf_trace_fields(struct perf_tracepoint *p);

/* A number of a sample's raw data. False: it is outside. */
bool perf_field_number(const struct perf_field *f, struct span raw, int64_t *ret);
/* A text, put into b. False: it is outside. */
bool perf_field_text(const struct perf_field *f, struct span raw, struct buf *b);

#endif
