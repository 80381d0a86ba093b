/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_perf_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "stack/perf_data_file.h"
#include "stack/perf_data_labels.h"
#include "stack/perf_data_order.h"
#include "stack/perf_data_stacks.h"
#include "stack/perf_data_unpack.h"

struct pdata_reader {
	struct reading *r;
	struct pdata_file file;
	struct pdata_order order;
	struct pdata_unpack unpack;
	struct pdata_stacks stacks;
	struct pdata_labels labels;
	bool timed;			/* records can be put in order */
	size_t known_events;		/* how many there were when that was found out */
	unsigned samples;		/* the value that counts samples */
	size_t main_event; /* whose value is the main one; SIZE_MAX: not mine to choose */
	uint64_t lost, lost_samples, throttled;
	uint64_t first_time, last_time;
	uint64_t offset;		/* of the record that is being read */
};

bool perf_data_match(const char *head, size_t len)
{
	return pdata_file_match(head, len);
}

enum { VALUE_NAME = sizeof(((struct value_type *)0)->name) };

/* A label that is too long loses what is before its colon, then its beginning. */
static const char *short_label(const struct pdata_kind *k)
{
	const char *colon = strchr(k->label, ':');
	const char *name = strlen(k->label) >= VALUE_NAME && colon ? colon + 1 : k->label;
	size_t len = strlen(name);

	return len < VALUE_NAME ? name : name + len - (VALUE_NAME - 1);
}

/* Two events whose names differ must not be added up. */
static bool is_anothers(const struct pdata_reader *p, const struct pdata_kind *k, unsigned value)
{
	for (size_t i = 0; i < p->file.events.nkinds; i++)
		if (p->file.events.kinds[i].value == (int)value &&
		    strcmp(p->file.events.kinds[i].label, k->label))
			return true;
	return value == p->samples;
}

/* A value for the event, when its first sample comes. False: there is no room. */
static bool value_of(struct pdata_reader *p, struct pdata_kind *k)
{
	bool ns =
		k->attr.type == PERF_TYPE_SOFTWARE && (k->attr.config == PERF_COUNT_SW_CPU_CLOCK ||
						       k->attr.config == PERF_COUNT_SW_TASK_CLOCK);
	char name[VALUE_NAME];
	unsigned value;

	if (k->value >= 0)
		return true;
	snprintf(name, sizeof(name), "%s", short_label(k));
	for (unsigned n = 2;; n++) {
		if (!reading_value(p->r, name, ns ? "nanoseconds" : "count", &value))
			return false;
		if (!is_anothers(p, k, value))
			break;
		snprintf(name, sizeof(name), "%.*s#%u", VALUE_NAME - 8, short_label(k), n);
	}
	k->value = value;
	if (k->number < p->main_event && p->main_event != SIZE_MAX) {
		p->main_event = k->number;
		p->r->profile->main_value = value;
	}
	return true;
}

/* Names of tracepoints, where only their numbers are with the events. */
static int name_events(struct pdata_reader *p)
{
	struct pdata_events *e = &p->file.events;

	for (size_t i = 0; i < e->nkinds; i++) {
		const struct pdata_kind *k = &e->kinds[i];
		struct pdata_tracepoint *t =
			k->named || k->attr.type != PERF_TYPE_TRACEPOINT ?
				NULL :
				pdata_trace_find(&p->file.trace, k->attr.config);
		int ret = t ? pdata_events_name(e, i, t->name, strlen(t->name)) : 0;

		if (ret)
			return ret;
	}
	return pdata_events_label(e);
}

static int count(struct pdata_reader *p, struct pdata_sample *s)
{
	int64_t values[PROFILE_VALUES] = { 0 };
	uint32_t labels;
	int ret = p->file.events.labels_done ? 0 : name_events(p);

	if (ret)
		return ret;
	if (!value_of(p, s->kind))
		return reading_bad_at(p->r, p->offset,
				      "%s: more events than a profile has values (%d)",
				      s->kind->label, PROFILE_VALUES);
	values[p->samples] = 1;
	values[s->kind->value] = s->period > INT64_MAX ? INT64_MAX : s->period;
	ret = pdata_labels_of(&p->labels, s, &labels);
	if (!ret)
		ret = pdata_stacks_add(&p->stacks, s, labels, values);
	p->r->samples += !ret;
	return ret;
}

/*
 * Of a group only the first event samples, and reads the others' counters: each that moved since
 * then is a sample of that event (tools/perf/util/session.c, deliver_sample_value).
 */
static int count_group(struct pdata_reader *p, struct pdata_sample *s)
{
	uint64_t id, value;
	int ret = 0;

	for (uint64_t i = 0; !ret && pdata_sample_read(s, i, &id, &value); i++) {
		struct pdata_counter *c = pdata_events_counter(&p->file.events, id);
		struct pdata_sample one = *s;

		if (!c)
			return reading_bad_at(p->r, p->offset,
					      "a sample of a counter that the file doesn't have");
		one.kind = &p->file.events.kinds[c->kind];
		one.period = value - c->last;
		c->last = value;
		if (one.period)
			ret = count(p, &one);
	}
	return ret;
}

static int on_sample(struct pdata_reader *p, struct span record)
{
	struct pdata_kind *k = pdata_events_of(&p->file.events, record);
	struct pdata_sample s;
	const char *why;

	if (!k)
		return reading_bad_at(p->r, p->offset,
				      "a sample of an event that the file doesn't have");
	if (pdata_sample_parse(k, record, &s, &why))
		return reading_bad_at(p->r, p->offset, "%s", why);
	if (s.time && (!p->first_time || s.time < p->first_time))
		p->first_time = s.time;
	if (s.time > p->last_time)
		p->last_time = s.time;
	return k->attr.sample_type & PERF_SAMPLE_READ ? count_group(p, &s) : count(p, &s);
}

/* A record whose time has come */
static int deliver(void *ctx, struct span record, uint64_t offset)
{
	struct pdata_reader *p = ctx;
	int ret;

	p->offset = offset;
	if (pdata_header(record).type == PERF_RECORD_SAMPLE)
		return on_sample(p, record);
	ret = pdata_threads_record(&p->file.threads, record);
	if (ret == -EBADMSG)
		return reading_bad_at(p->r, offset, "a record about a process that ends too early");
	return ret == -E2BIG ?
		       reading_bad_at(p->r, offset, "more mappings than %d", PERF_MOST_AREAS) :
		       ret;
}

static bool in_order(struct pdata_reader *p)
{
	if (p->known_events != p->file.events.nkinds)
		p->timed = pdata_events_timed(&p->file.events);
	p->known_events = p->file.events.nkinds;
	return p->timed;
}

/* A record of the kernel's: at once, or when its time comes. */
static int on_kernel_record(struct pdata_reader *p, struct span record)
{
	struct perf_event_header h = pdata_header(record);
	bool sample = h.type == PERF_RECORD_SAMPLE;
	uint64_t time = 0;
	struct pdata_kind *k;

	switch (h.type) {
	case PERF_RECORD_LOST: /* { header, u64 id, lost } */
		p->lost += span_u64(&record, 16);
		return 0;
	case PERF_RECORD_LOST_SAMPLES: /* { header, u64 lost }; misc: a filter took them */
		if (!(h.misc & 1 << 15))
			p->lost_samples += span_u64(&record, 8);
		return 0;
	case PERF_RECORD_THROTTLE:
		p->throttled++;
		return 0;
	case PERF_RECORD_SAMPLE:
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
	case PERF_RECORD_COMM:
	case PERF_RECORD_FORK:
		break;
	default:
		return 0;
	}
	k = in_order(p) ? pdata_events_of(&p->file.events, record) : NULL;
	if (k)
		time = pdata_record_time(k, record);
	/* what perf says itself about processes that ran before has no time */
	if (!time || time == UINT64_MAX)
		return deliver(p, record, p->offset);
	return pdata_order_add(&p->order, time, record, p->offset, !sample);
}

static int on_unpacked(void *ctx, struct span record)
{
	struct pdata_reader *p = ctx;

	return pdata_header(record).type < PERF_USER_ATTR ? on_kernel_record(p, record) : 0;
}

/* { header, bytes } or { header, u64 length, bytes } */
static int on_packed(struct pdata_reader *p, struct span record)
{
	struct span packed = span_from(&record, sizeof(struct perf_event_header));
	int ret;

	if (pdata_header(record).type == PERF_USER_COMPRESSED2)
		packed = span_sub(&record, 16, span_u64(&record, 8));
	if (packed.bad)
		return reading_bad_at(p->r, p->offset, "a compressed record that ends too early");
	ret = pdata_unpack(&p->unpack, packed, on_unpacked, p);
	if (ret != -EBADMSG || !p->unpack.why)
		return ret;
	/* what follows depends on it, so none of it can be unpacked either */
	ret = reading_bad_at(p->r, p->offset, "can't unpack it or what follows: %s", p->unpack.why);
	return ret ? ret : -EBADMSG;
}

/* Bytes behind a record that its size doesn't count. */
static int on_payload(struct pdata_reader *p, struct span record)
{
	struct pdata_source *s = &p->file.source;
	uint64_t size = span_u64(&record, 8);
	struct span data;
	int ret;

	if (pdata_header(record).type == PERF_USER_AUXTRACE)
		return pdata_source_skip(s, size);
	size = (uint32_t)size;
	ret = pdata_source_peek(s, size, &data);
	if (ret)
		return ret;
	data = span_sub(&data, 0, size < data.len ? size : data.len);
	ret = pdata_trace_read(&p->file.trace, data);
	if (ret == -EBADMSG)
		ret = reading_bad_at(p->r, p->offset, "fields of tracepoints that can't be read");
	return ret ? ret : pdata_source_skip(s, (size + 7) & ~7ULL);
}

static int on_record(struct pdata_reader *p, struct span record)
{
	int ret;

	switch (pdata_header(record).type) {
	case PERF_USER_FINISHED_ROUND:
		return pdata_order_round(&p->order);
	case PERF_USER_COMPRESSED:
	case PERF_USER_COMPRESSED2:
		return on_packed(p, record);
	case PERF_USER_TRACING_DATA:
	case PERF_USER_AUXTRACE:
		return 0;
	}
	if (pdata_header(record).type < PERF_USER_ATTR)
		return on_kernel_record(p, record);
	ret = pdata_file_record(&p->file, record);
	if (ret != -EBADMSG)
		return ret;
	return reading_bad_at(p->r, p->offset, "a record of type %u that can't be read",
			      pdata_header(record).type);
}

/* The next record.  1, 0 at the end (also of what can be read), or -errno with words. */
static int next_record(struct pdata_reader *p)
{
	struct pdata_source *s = &p->file.source;
	uint64_t left = p->file.end - s->at;
	struct span record;
	uint32_t type;
	size_t size;
	int ret;

	p->offset = s->at;
	if (s->at >= p->file.end)
		return 0;
	ret = pdata_source_peek(s, sizeof(struct perf_event_header), &record);
	if (ret || !record.len)
		return ret;
	size = record.len < sizeof(struct perf_event_header) ? sizeof(struct perf_event_header) :
							      pdata_header(record).size;
	if (size < sizeof(struct perf_event_header))
		return reading_bad_at(p->r, p->offset,
				      "a record of %zu bytes: nothing behind it can be read", size);
	ret = pdata_source_peek(s, size, &record);
	if (ret)
		return ret;
	if (record.len < size || left < size)
		return reading_bad_at(p->r, p->offset, "the file ends within a record");
	record.len = size;
	type = pdata_header(record).type;
	ret = on_record(p, record);
	if (!ret)
		ret = pdata_source_skip(s, size);
	if (!ret && (type == PERF_USER_TRACING_DATA || type == PERF_USER_AUXTRACE))
		ret = on_payload(p, record);
	return ret ? ret : 1;
}

/* What the user must know of the recording as a whole. */
static int say(struct pdata_reader *p)
{
	struct reading *r = p->r;
	int ret = 0;

	/* the same ones, by the buffers and by the events' own counts */
	r->lost += p->lost > p->lost_samples ? p->lost : p->lost_samples;
	if (p->stacks.cut)
		reading_note(r,
			     "%llu of %llu stacks lack their outermost callers: what was recorded "
			     "of them ends before, "
			     "or can't be followed",
			     (unsigned long long)p->stacks.cut, (unsigned long long)r->samples);
	if (p->throttled)
		reading_note(r,
			     "the kernel paused recording %llu times: there were too many events a "
			     "second",
			     (unsigned long long)p->throttled);
	if (!ret && p->file.command)
		ret = profile_comment(r->profile, "recorded by: %s", p->file.command);
	if (!r->profile->duration_ns && p->last_time > p->first_time)
		r->profile->duration_ns = p->last_time - p->first_time;
	return ret;
}

static int read_records(struct pdata_reader *p)
{
	int ret = 0;

	if (p->file.truncated)
		ret = reading_bad_at(p->r, p->file.end,
				     "the file ends here, its records at offset %" PRIu64,
				     p->file.truncated);
	else if (p->file.unfinished)
		ret = reading_bad_at(p->r, 48, "perf was ended before it completed the file");
	else if (p->file.bad_feature)
		ret = reading_bad_at(p->r, p->file.bad_feature_at,
				     "what the file says about itself can't be read (feature %u)",
				     p->file.bad_feature);
	if (ret)
		return ret;
	do
		ret = next_record(p);
	while (ret > 0);
	if (ret == -EBADMSG && !p->r->strict && p->r->bad)
		ret = 0;
	if (!ret)
		ret = pdata_order_end(&p->order);
	if (!ret)
		ret = pdata_stacks_end(&p->stacks);
	return ret ? ret : say(p);
}

int perf_data_read(struct reading *r)
{
	struct pdata_reader p = {
		.r = r,
		.order = { .deliver = deliver, .ctx = &p },
		.stacks = { .r = r, .threads = &p.file.threads,
			    .other_arch = &p.file.other_arch,
			    .frames = { .profile = r->profile, .maps = &p.file.threads.maps } },
		.labels = { .r = r, .threads = &p.file.threads, .trace = &p.file.trace },
		.main_event = r->profile->ntypes ? SIZE_MAX : SIZE_MAX - 1,
	};
	int ret;

	if (!reading_value(r, "samples", "count", &p.samples))
		p.samples = 0;
	ret = pdata_file_open(&p.file, r->lines);
	if (!ret)
		ret = read_records(&p);
	pdata_order_free(&p.order);
	pdata_unpack_free(&p.unpack);
	pdata_stacks_free(&p.stacks);
	pdata_labels_free(&p.labels);
	pdata_file_close(&p.file);
	return ret;
}
