/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { MOST_KINDS = 1 << 16 };

void pdata_events_free(struct pdata_events *e)
{
	for (size_t i = 0; i < e->nkinds; i++) {
		free(e->kinds[i].name);
		free(e->kinds[i].label);
	}
	free(e->kinds);
	free(e->counters);
	free(e->by_id.slots);
	*e = (struct pdata_events){ 0 };
}

/* tools/perf/util/evsel.c, evsel__hw_names and evsel__sw_names; include/uapi/linux/pdata_event.h */
static char *name_by_number(const struct perf_event_attr *a)
{
	static const char *const hardware[] = {
		"cycles",
		"instructions",
		"cache-references",
		"cache-misses",
		"branches",
		"branch-misses",
		"bus-cycles",
		"stalled-cycles-frontend",
		"stalled-cycles-backend",
		"ref-cycles",
	};
	static const char *const software[] = {
		"cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations",
		"minor-faults", "major-faults", "alignment-faults", "emulation-faults", "dummy",
		"bpf-output", "cgroup-switches",
	};
	unsigned long long config = a->config;
	char *name;
	int n;

	if (a->type == PERF_TYPE_HARDWARE && config < ARRAY_SIZE(hardware))
		return strdup(hardware[config]);
	if (a->type == PERF_TYPE_SOFTWARE && config < ARRAY_SIZE(software))
		return strdup(software[config]);
	if (a->type == PERF_TYPE_RAW)
		n = asprintf(&name, "r%llx", config);
	else if (a->type == PERF_TYPE_BREAKPOINT)
		n = asprintf(&name, "mem:0x%llx", (unsigned long long)a->bp_addr);
	else if (a->type == PERF_TYPE_TRACEPOINT)
		n = asprintf(&name, "tracepoint %llu", config);
	else
		n = asprintf(&name, "event type %u config 0x%llx", a->type, config);
	return n < 0 ? NULL : name;
}

int pdata_events_add(struct pdata_events *e, struct span attr, uint32_t *ret)
{
	struct pdata_kind k = { .number = e->nkinds, .value = -1 };

	if (e->nkinds >= MOST_KINDS)
		return -E2BIG;
	if (!ARRAY_ROOM(e->kinds, e->nkinds, e->kinds_cap))
		return -ENOMEM;
	memcpy(&k.attr, attr.p, attr.len < sizeof(k.attr) ? attr.len : sizeof(k.attr));
	k.name = name_by_number(&k.attr);
	if (!k.name)
		return -ENOMEM;
	*ret = e->nkinds;
	e->kinds[e->nkinds++] = k;
	e->labels_done = false;
	return 0;
}

struct pdata_counter *pdata_events_counter(struct pdata_events *e, uint64_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof(id));
	size_t at = idmap_at(&e->by_id, hash);
	uint32_t i;

	while (idmap_next(&e->by_id, hash, &at, &i))
		if (e->counters[i].id == id)
			return &e->counters[i];
	return NULL;
}

int pdata_events_add_ids(struct pdata_events *e, uint32_t kind, struct span ids)
{
	for (size_t off = 0; ids.len - off >= 8; off += 8) {
		uint64_t id = span_u64(&ids, off);

		if (pdata_events_counter(e, id))
			continue;
		if (!ARRAY_ROOM(e->counters, e->ncounters, e->counters_cap) ||
		    !idmap_add(&e->by_id, hash_bytes(&id, sizeof(id)), e->ncounters))
			return -ENOMEM;
		e->counters[e->ncounters++] = (struct pdata_counter){ id, kind, 0 };
	}
	return 0;
}

int pdata_events_name(struct pdata_events *e, uint32_t kind, const char *name, size_t len)
{
	struct pdata_kind *k = &e->kinds[kind];
	char *copy = strndup(name, len < PERF_NAME_MAX ? len : PERF_NAME_MAX);

	if (!copy)
		return -ENOMEM;
	free(k->name);
	k->name = copy;
	k->named = true;
	e->labels_done = false;
	return 0;
}

/* "cycles:ppu" without what is behind the colon; a tracepoint's first colon is part of its name */
static size_t bare_length(const struct pdata_kind *k)
{
	const char *colon = strrchr(k->name, ':');

	if (!colon || colon == k->name || colon[1 + strspn(colon + 1, "ukhGHpPSDIWeb")])
		return strlen(k->name);
	if (k->attr.type == PERF_TYPE_TRACEPOINT && colon == strchr(k->name, ':'))
		return strlen(k->name);
	return colon - k->name;
}

static bool bare_is_unique(const struct pdata_events *e, size_t i)
{
	size_t len = bare_length(&e->kinds[i]);

	/* of very many only the first are compared: it is a matter of taste */
	for (size_t j = 0; j < e->nkinds && j < 256; j++)
		if (j != i && bare_length(&e->kinds[j]) == len &&
		    !strncmp(e->kinds[j].name, e->kinds[i].name, len) &&
		    strcmp(e->kinds[j].name, e->kinds[i].name))
			return false;
	return true;
}

int pdata_events_label(struct pdata_events *e)
{
	if (e->labels_done)
		return 0;
	for (size_t i = 0; i < e->nkinds; i++) {
		struct pdata_kind *k = &e->kinds[i];

		free(k->label);
		k->label =
			bare_is_unique(e, i) ? strndup(k->name, bare_length(k)) : strdup(k->name);
		if (!k->label)
			return -ENOMEM;
	}
	e->labels_done = true;
	return 0;
}

/* Of a sample: how far behind its header the id is; of other records: how far before the end. */
static size_t id_offset(uint64_t type, bool sample)
{
	unsigned n = 0;

	if (sample) {
		if (type & PERF_SAMPLE_IDENTIFIER)
			return 0;
		n += !!(type & PERF_SAMPLE_IP) + !!(type & PERF_SAMPLE_TID) +
		     !!(type & PERF_SAMPLE_TIME) + !!(type & PERF_SAMPLE_ADDR);
		return n * 8;
	}
	if (type & PERF_SAMPLE_IDENTIFIER)
		return 8;
	n = 1 + !!(type & PERF_SAMPLE_STREAM_ID) + !!(type & PERF_SAMPLE_CPU);
	return n * 8;
}

struct pdata_kind *pdata_events_of(struct pdata_events *e, struct span record)
{
	struct perf_event_header h = pdata_header(record);
	const uint64_t has_id = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID;
	bool sample = h.type == PERF_RECORD_SAMPLE;
	struct pdata_counter *c;
	uint64_t type, id;
	size_t off;

	if (!e->nkinds)
		return NULL;
	type = e->kinds[0].attr.sample_type;
	if (e->nkinds == 1 || !(type & has_id) || (!sample && !e->kinds[0].attr.sample_id_all))
		return &e->kinds[0];
	off = id_offset(type, sample);
	id = sample ? span_u64(&record, sizeof(h) + off) :
		      off <= record.len - sizeof(h) ? span_u64(&record, record.len - off) : 0;
	if (!id)
		return &e->kinds[0];
	c = pdata_events_counter(e, id);
	return c ? &e->kinds[c->kind] : NULL;
}

uint64_t pdata_record_time(const struct pdata_kind *k, struct span record)
{
	struct perf_event_header h = pdata_header(record);
	uint64_t type = k->attr.sample_type;
	size_t off;

	if (!(type & PERF_SAMPLE_TIME))
		return 0;
	if (h.type == PERF_RECORD_SAMPLE) {
		off = !!(type & PERF_SAMPLE_IDENTIFIER) + !!(type & PERF_SAMPLE_IP) +
		      !!(type & PERF_SAMPLE_TID);
		return span_u64(&record, sizeof(h) + off * 8);
	}
	if (!k->attr.sample_id_all)
		return 0;
	off = 1 + !!(type & PERF_SAMPLE_ID) + !!(type & PERF_SAMPLE_STREAM_ID) +
	      !!(type & PERF_SAMPLE_CPU) + !!(type & PERF_SAMPLE_IDENTIFIER);
	return off * 8 <= record.len - sizeof(h) ? span_u64(&record, record.len - off * 8) : 0;
}

bool pdata_events_timed(const struct pdata_events *e)
{
	for (size_t i = 0; i < e->nkinds; i++)
		if (!(e->kinds[i].attr.sample_type & PERF_SAMPLE_TIME) ||
		    !e->kinds[i].attr.sample_id_all)
			return false;
	return e->nkinds;
}
