/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

/* tools/perf/util/header.h */
enum feature {
	FEATURE_TRACING_DATA = 1,
	FEATURE_BUILD_ID = 2,
	FEATURE_ARCH = 6,
	FEATURE_CMDLINE = 11,
	FEATURE_EVENT_DESC = 12,
	FEATURE_DIR_FORMAT = 24,
	FEATURES = 256,
};

enum {
	PIPE_HEADER = 16,
	FILE_HEADER = 104,	/* with the bits of all features */
	FEATURE_BITS = 72,	/* offset of those */
	SECTION = 16,		/* { u64 offset, size } */
};

static const char magic[8] = "PERFILE2";

bool pdata_file_match(const char *head, size_t len)
{
	return len >= 8 && (!memcmp(head, magic, 8) || !memcmp(head, "2ELIFREP", 8) ||
			    !memcmp(head, "PERFFILE", 8));
}

void pdata_file_close(struct pdata_file *f)
{
	pdata_source_close(&f->source);
	pdata_events_free(&f->events);
	pdata_threads_free(&f->threads);
	pdata_trace_free(&f->trace);
	free(f->command);
}

static int broken(struct pdata_file *f, uint64_t offset, const char *what)
{
	return err_set(EBADMSG, "%s: offset %" PRIu64 ": %s", f->source.lines->name, offset, what);
}

/* A text of { u32 length, bytes with NULs behind }; *off moves behind it. */
static struct span take_text(struct span *s, uint64_t *off)
{
	uint32_t len = span_u32(s, *off);
	struct span text = span_sub(s, *off + 4, len);
	const uint8_t *end = text.len ? memchr(text.p, 0, text.len) : NULL;

	*off += 4 + (uint64_t)len;
	if (end)
		text.len = end - text.p;
	return text;
}

static int read_arch(struct pdata_file *f, struct span data)
{
	static const char x86_64[] = "x86_64";
	uint64_t off = 0;
	struct span arch = take_text(&data, &off);

	f->other_arch = arch.len != sizeof(x86_64) - 1 || memcmp(arch.p, x86_64, arch.len);
	return data.bad ? -EBADMSG : 0;
}

static int read_command(struct pdata_file *f, struct span data)
{
	uint32_t n = span_u32(&data, 0);
	struct buf b = { 0 };
	uint64_t off = 4;

	for (uint32_t i = 0; i < n && !data.bad; i++) {
		struct span word = take_text(&data, &off);

		buf_add(&b, " ", i ? 1 : 0);
		buf_add(&b, word.p, word.len);
	}
	free(f->command);
	f->command = b.data;
	return b.failed ? -ENOMEM : data.bad ? -EBADMSG : 0;
}

/* The events again, in the same order, with their names. */
static int read_names(struct pdata_file *f, struct span data)
{
	uint32_t n = span_u32(&data, 0), attr_size = span_u32(&data, 4);
	uint64_t off = 8;
	int ret = 0;

	for (uint32_t i = 0; !ret && i < n && i < f->events.nkinds; i++) {
		const struct perf_event_attr *a = &f->events.kinds[i].attr;
		uint32_t type = span_u32(&data, off), ids;
		uint64_t config = span_u64(&data, off + 8);
		struct span name;

		off += attr_size;
		ids = span_u32(&data, off);
		off += 4;
		name = take_text(&data, &off);
		off += (uint64_t)ids * 8;
		if (data.bad)
			return -EBADMSG;
		if (type == a->type && config == a->config && name.len)
			ret = pdata_events_name(&f->events, i, (const char *)name.p, name.len);
	}
	return data.bad ? -EBADMSG : ret;
}

/* { header, s32 pid, u8 id[20], u8 size, u8 reserved[3], char path[] } */
static int read_build_id(struct pdata_file *f, struct span record)
{
	struct perf_event_header h = pdata_header(record);
	uint8_t size = h.misc & PERF_MISC_BUILD_ID_SIZE ? span_u8(&record, 32) : 20;
	struct span id = span_sub(&record, 12, size > 20 ? 20 : size);
	const char *path = span_str(&record, 36);

	return record.bad ? -EBADMSG : pdata_maps_build_id(&f->threads.maps, path, id);
}

static int read_build_ids(struct pdata_file *f, struct span data)
{
	int ret = 0;

	while (!ret && data.len >= sizeof(struct perf_event_header)) {
		size_t size = pdata_header(data).size;
		struct span record = span_sub(&data, 0, size);

		if (record.bad || size < sizeof(struct perf_event_header))
			return -EBADMSG;
		ret = read_build_id(f, record);
		data = span_from(&data, size);
	}
	return ret;
}

/* Recordings by --threads: the file with this says only where, the samples are beside it. */
static int refuse_directory(struct pdata_file *f, struct span data)
{
	if (span_u64(&data, 0) == 0)
		return 0;
	return err_set(EOPNOTSUPP,
		       "%s: part of a recording in a directory (perf record --threads), which is "
		       "not read here",
		       f->source.lines->name);
}

static int read_feature(struct pdata_file *f, unsigned feature, struct span data)
{
	switch (feature) {
	case FEATURE_TRACING_DATA:
		return pdata_trace_read(&f->trace, data);
	case FEATURE_BUILD_ID:
		return read_build_ids(f, data);
	case FEATURE_ARCH:
		return read_arch(f, data);
	case FEATURE_CMDLINE:
		return read_command(f, data);
	case FEATURE_EVENT_DESC:
		return read_names(f, data);
	case FEATURE_DIR_FORMAT:
		return refuse_directory(f, data);
	default:
		return 0;
	}
}

/* A section for each bit, in the order of bits, behind the records. */
static int read_features(struct pdata_file *f, const uint64_t *bits)
{
	uint64_t at = f->end;

	for (unsigned i = 0; i < FEATURES; i++) {
		struct span s, data;
		uint64_t offset, size;
		int ret;

		if (!(bits[i / 64] >> i % 64 & 1))
			continue;
		ret = pdata_source_at(&f->source, at, SECTION, &s);
		offset = span_u64(&s, 0);
		size = span_u64(&s, 8);
		if (!ret && !s.bad)
			ret = pdata_source_at(&f->source, offset, size, &data);
		if (ret)
			return ret;
		/* the names of events are not worth losing the samples for */
		ret = s.bad || data.len < size ? -EBADMSG : read_feature(f, i, data);
		if (ret && ret != -EBADMSG)
			return ret;
		if (ret && !f->bad_feature) {
			f->bad_feature = i;
			f->bad_feature_at = s.bad ? at : offset;
		}
		at += SECTION;
	}
	return 0;
}

/* Each: perf_event_attr as long as in the recording's version, then the section of its ids. */
static int read_events(struct pdata_file *f, uint64_t offset, uint64_t size, uint64_t entry)
{
	struct span s, attr, ids;
	uint32_t kind;

	if (entry < SECTION + PERF_ATTR_SIZE_VER0 || entry > 4096)
		return broken(f, 16, "an event's description of that length is none");
	for (uint64_t off = 0; size - off >= entry; off += entry) {
		uint64_t ids_at, ids_size;
		int ret = pdata_source_at(&f->source, offset + off, entry, &s);

		if (ret)
			return ret;
		if (s.len < entry)
			return broken(f, offset + off, "the file ends within its events");
		attr = span_sub(&s, 0, entry - SECTION);
		ids_at = span_u64(&s, entry - SECTION);
		ids_size = span_u64(&s, entry - 8);
		ret = pdata_events_add(&f->events, attr, &kind);
		if (ret == -E2BIG)
			return broken(f, offset + off, "more events than anybody records");
		if (ret)
			return ret;
		ret = pdata_source_at(&f->source, ids_at, ids_size, &ids);
		if (!ret && ids.len < ids_size)
			return broken(f, offset + off, "an event's counters are outside the file");
		ret = ret ? ret : pdata_events_add_ids(&f->events, kind, ids);
		if (ret)
			return ret;
	}
	return f->events.nkinds ? 0 : broken(f, 24, "no events in it");
}

static int open_file(struct pdata_file *f)
{
	struct span h;
	uint64_t attrs, attrs_size, entry, size, bits[FEATURES / 64];
	int ret = pdata_source_at(&f->source, 0, FILE_HEADER, &h);

	if (ret)
		return ret;
	entry = span_u64(&h, 16);
	attrs = span_u64(&h, 24);
	attrs_size = span_u64(&h, 32);
	f->records = span_u64(&h, 40);
	size = span_u64(&h, 48);
	for (unsigned i = 0; i < FEATURES / 64; i++)
		bits[i] = span_u64(&h, FEATURE_BITS + i * 8);
	if (h.bad || h.len < FILE_HEADER)
		return broken(f, h.len, "the file ends within its header");
	ret = read_events(f, attrs, attrs_size, entry);
	if (ret)
		return ret;
	f->unfinished = !size;
	if (__builtin_add_overflow(f->records, size, &f->end) || f->end > f->source.size || !size) {
		f->truncated = size ? f->records + size : 0;
		f->end = f->source.size;
	} else {
		ret = read_features(f, bits);
	}
	f->source.at = f->records;
	return ret;
}

int pdata_file_open(struct pdata_file *f, struct lines *lines)
{
	struct span h;
	int ret;

	*f = (struct pdata_file){ .end = UINT64_MAX };
	ret = pdata_source_open(&f->source, lines);
	if (!ret)
		ret = pdata_threads_init(&f->threads);
	if (!ret)
		ret = pdata_source_peek(&f->source, PIPE_HEADER, &h);
	if (ret)
		return ret;
	if (h.len < PIPE_HEADER)
		return broken(f, h.len, "the file ends within its header");
	if (!memcmp(h.p, "2ELIFREP", 8))
		return err_set(EOPNOTSUPP,
			       "%s: recorded on a big-endian machine, which is not read here",
			       lines->name);
	if (memcmp(h.p, magic, 8))
		return err_set(
			EOPNOTSUPP,
			"%s: recorded by a perf older than Linux 3.0, which is not read here",
			lines->name);
	if (span_u64(&h, 8) == PIPE_HEADER) {
		f->records_only = true;
		f->records = PIPE_HEADER;
		return pdata_source_skip(&f->source, PIPE_HEADER);
	}
	if (span_u64(&h, 8) != FILE_HEADER)
		return broken(f, 8, "a header of that length is none");
	if (f->source.pipe)
		ret = pdata_source_spool(&f->source);
	return ret ? ret : open_file(f);
}

/* { header, perf_event_attr as long as it says, u64 ids[] } */
static int on_attr(struct pdata_file *f, struct span record)
{
	struct span attr = span_from(&record, 8), ids;
	uint32_t size = span_u32(&attr, 4), kind;
	int ret;

	size = size ? size : PERF_ATTR_SIZE_VER0;
	ids = span_from(&attr, size);
	attr = span_sub(&attr, 0, size);
	if (ids.bad || attr.bad || size < PERF_ATTR_SIZE_VER0)
		return -EBADMSG;
	ret = pdata_events_add(&f->events, attr, &kind);
	if (ret)
		return ret == -E2BIG ? -EBADMSG : ret;
	return pdata_events_add_ids(&f->events, kind, ids);
}

/* { header, u64 type, u64 counter, char name[] }; type 2: a name (PERF_EVENT_UPDATE__NAME) */
static int on_update(struct pdata_file *f, struct span record)
{
	struct pdata_counter *c = pdata_events_counter(&f->events, span_u64(&record, 16));
	const char *name;

	if (span_u64(&record, 8) != 2 || !c)
		return record.bad ? -EBADMSG : 0;
	name = span_str(&record, 24);
	return record.bad ? -EBADMSG : pdata_events_name(&f->events, c->kind, name, strlen(name));
}

int pdata_file_record(struct pdata_file *f, struct span record)
{
	switch (pdata_header(record).type) {
	case PERF_USER_ATTR:
		return on_attr(f, record);
	case PERF_USER_EVENT_UPDATE:
		return on_update(f, record);
	case PERF_USER_BUILD_ID:
		return read_build_id(f, record);
	case PERF_USER_FEATURE:
		return record.len < 16 ?
			       -EBADMSG :
			       read_feature(f, span_u64(&record, 8), span_from(&record, 16));
	default:
		return 0;
	}
}
