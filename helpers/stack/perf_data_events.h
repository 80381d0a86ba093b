/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_events.h - the events of a recording: layout of their samples, names */
#ifndef GOBPF_STACK_PERF_DATA_EVENTS_H
#define GOBPF_STACK_PERF_DATA_EVENTS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "stack/idmap.h"

enum { PERF_NAME_MAX = 4096 };

/* record has at least this; it may lie anywhere. */
static inline struct perf_event_header pdata_header(struct span record)
{
	struct perf_event_header h;

	memcpy(&h, record.p, sizeof(h));
	return h;
}

/* One event that was recorded ("attr" in the format). */
struct pdata_kind {
	uint32_t number;		/* of the event, in the order of the recording */
	struct perf_event_attr attr;	/* what the recording lacks of it is 0 */
	char *name; /* as recorded, else by type and number; see pdata_events_name() */
	bool named;			/* the recording said it */
	char *label; /* the name without modifiers, unless another has that, too */
	int value; /* for the reader: which of the profile's values, -1: none yet */
};

/* A counter of an event: there is one for each CPU or process. */
struct pdata_counter {
	uint64_t id;
	uint32_t kind;
	uint64_t last;		/* what was read of it last (PERF_SAMPLE_READ) */
};

struct pdata_events {
	struct pdata_kind *kinds;
	size_t nkinds, kinds_cap;
	struct pdata_counter *counters;
	size_t ncounters, counters_cap;
	struct idmap by_id;
	bool labels_done;
};

void pdata_events_free(struct pdata_events *e);

/* Adds the event of these bytes, at most 64 Ki events. 0, -ENOMEM, -E2BIG; *ret its number. */
int pdata_events_add(struct pdata_events *e, struct span attr, uint32_t *ret);
/* ids: of event kind, 8 bytes each. 0 or -ENOMEM. */
int pdata_events_add_ids(struct pdata_events *e, uint32_t kind, struct span ids);
/* NULL: no such counter. */
struct pdata_counter *pdata_events_counter(struct pdata_events *e, uint64_t id);
/* 0 or -ENOMEM; len without NUL. */
int pdata_events_name(struct pdata_events *e, uint32_t kind, const char *name, size_t len);
/* Gives a label to each event, when all names are known. 0 or -ENOMEM. */
int pdata_events_label(struct pdata_events *e);

/*
 * Which event's record this is: that of the id in it.  A single event needs none, and
 * id 0 (records that perf made itself) is the first's.  NULL: there is no such event.
 * header: with struct perf_event_header.  util/evlist.c, evlist__event2evsel().
 */
struct pdata_kind *pdata_events_of(struct pdata_events *e, struct span record);

/* The time of any record of the kernel's, 0: not known. */
uint64_t pdata_record_time(const struct pdata_kind *k, struct span record);

/* Do records of all kinds have their time, so that they can be put in order? */
bool pdata_events_timed(const struct pdata_events *e);

#endif
