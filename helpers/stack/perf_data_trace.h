/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_trace.h - the tracepoints of a recording: names and fields */
#ifndef GOBPF_STACK_PERF_DATA_TRACE_H
#define GOBPF_STACK_PERF_DATA_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct pdata_field {
	char *name;
	uint32_t offset, size;	/* in the sample's raw data */
	bool is_signed;
	bool text;		/* characters up to a NUL; else a number */
	bool dynamic; /* what stands there is where the text is: offset | length << 16 … */
	bool relative;		/* … counted from behind it */
};

struct pdata_tracepoint {
	char *name;		/* "sched:sched_switch" */
	uint64_t id;		/* perf_event_attr.config */
	char *format;		/* as in the kernel's file of that name */
	struct pdata_field *fields;
	size_t nfields, fields_cap;
	bool parsed;
};

struct pdata_trace {
	struct pdata_tracepoint *points;
	size_t npoints, points_cap;
};

void pdata_trace_free(struct pdata_trace *t);

/*
 * Takes the tracepoints from what perf recorded of them (tools/perf/util/trace-event-read.c).
 * 0, -ENOMEM, or -EBADMSG; what was found before the mistake stays.
 */
int pdata_trace_read(struct pdata_trace *t, struct span data);

/* NULL: there is none of that id. */
struct pdata_tracepoint *pdata_trace_find(struct pdata_trace *t, uint64_t id);

/* Makes p->fields: numbers and texts; a format that makes no sense has none.  0 or -ENOMEM. */
int pdata_trace_fields(struct pdata_tracepoint *p);

/* A number of a sample's raw data. False: it is outside. */
bool pdata_field_number(const struct pdata_field *f, struct span raw, int64_t *ret);
/* A text, put into b. False: it is outside. */
bool pdata_field_text(const struct pdata_field *f, struct span raw, struct buf *b);

#endif
