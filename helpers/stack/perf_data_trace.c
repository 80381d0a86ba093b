/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_trace.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

enum { MOST_POINTS = 1 << 16, MOST_FORMAT = 64 << 10 };

void pdata_trace_free(struct pdata_trace *t)
{
	for (size_t i = 0; i < t->npoints; i++) {
		for (size_t j = 0; j < t->points[i].nfields; j++)
			free(t->points[i].fields[j].name);
		free(t->points[i].fields);
		free(t->points[i].name);
		free(t->points[i].format);
	}
	free(t->points);
}

/* "name: sched_switch\nID: 316\n…" */
static int add_point(struct pdata_trace *t, const char *system, struct span text)
{
	struct pdata_tracepoint p = { 0 };
	unsigned long long id;
	char name[256];

	/* what no kernel writes is not for a library that expects a kernel's text */
	if (!text.len || text.len > MOST_FORMAT || memchr(text.p, 0, text.len) ||
	    t->npoints >= MOST_POINTS)
		return -EBADMSG;
	p.format = strndup((const char *)text.p, text.len);
	if (!p.format)
		return -ENOMEM;
	if (sscanf(p.format, "name: %255s ID: %llu", name, &id) != 2) {
		free(p.format);
		return -EBADMSG;
	}
	p.id = id;
	if (asprintf(&p.name, "%s:%s", system, name) < 0)
		p.name = NULL;
	if (!p.name || !ARRAY_ROOM(t->points, t->npoints, t->points_cap)) {
		free(p.name);
		free(p.format);
		return -ENOMEM;
	}
	t->points[t->npoints++] = p;
	return 0;
}

/* { u64 size, bytes } */
static struct span take_sized(struct span *s, uint64_t *off)
{
	uint64_t size = span_u64(s, *off);
	struct span bytes = span_sub(s, *off + 8, size);

	*off += bytes.bad ? 0 : 8 + size;
	return bytes;
}

static int read_systems(struct pdata_trace *t, struct span *s, uint64_t *off)
{
	uint32_t systems = span_u32(s, *off);
	int ret = 0;

	*off += 4;
	for (uint32_t i = 0; !ret && i < systems && !s->bad; i++) {
		const char *system = span_str(s, *off);
		uint32_t events;

		*off += strlen(system) + 1;
		events = span_u32(s, *off);
		*off += 4;
		for (uint32_t j = 0; !ret && j < events && !s->bad; j++) {
			struct span text = take_sized(s, off);

			ret = s->bad ? -EBADMSG : add_point(t, system, text);
		}
	}
	return s->bad ? -EBADMSG : ret;
}

int pdata_trace_read(struct pdata_trace *t, struct span s)
{
	uint64_t off = 10, header;
	uint32_t n;

	if (s.len < off || memcmp(s.p, "\x17\x08\x44tracing", off))
		return -EBADMSG;
	/* version; byte order; size of long; u32 of a page; two descriptions; ftrace's formats */
	off += strlen(span_str(&s, off)) + 1;
	if (span_u8(&s, off))
		return -EBADMSG;
	off += 6;
	for (header = 0; header < 2 && !s.bad; header++) {
		off += header ? sizeof("header_event") : sizeof("header_page");
		take_sized(&s, &off);
	}
	n = span_u32(&s, off);
	off += 4;
	for (uint32_t i = 0; i < n && !s.bad; i++)
		take_sized(&s, &off);
	return s.bad ? -EBADMSG : read_systems(t, &s, &off);
}

struct pdata_tracepoint *pdata_trace_find(struct pdata_trace *t, uint64_t id)
{
	for (size_t i = 0; i < t->npoints; i++)
		if (t->points[i].id == id)
			return &t->points[i];
	return NULL;
}

static int add_field(struct pdata_tracepoint *p, const struct tep_format_field *f)
{
	struct pdata_field new = {
		.offset = f->offset, .size = f->size,
		.is_signed = f->flags & TEP_FIELD_IS_SIGNED,
		.text = f->flags & TEP_FIELD_IS_STRING,
		.dynamic = f->flags & TEP_FIELD_IS_DYNAMIC,
		.relative = f->flags & TEP_FIELD_IS_RELATIVE,
	};

	if (f->offset < 0 || f->size <= 0 || (f->flags & TEP_FIELD_IS_ARRAY && !new.text) ||
	    (!new.text && f->size > 8))
		return 0;
	new.name = strdup(f->name);
	if (!new.name || !ARRAY_ROOM(p->fields, p->nfields, p->fields_cap)) {
		free(new.name);
		return -ENOMEM;
	}
	p->fields[p->nfields++] = new;
	return 0;
}

/*
 * The library expects text that a kernel wrote, and this is a file's: so it gets only the lines
 * that say a field in the way the kernel does, and nothing of how to print the event.
 */
static int only_fields(const char *format, struct buf *text)
{
	static const char pattern[] =
		"^\tfield:(__(data|rel)_loc( [A-Za-z_][A-Za-z0-9_]*)+\\[\\]"
		"|[a-z_][A-Za-z0-9_]*( [A-Za-z_][A-Za-z0-9_]*)*( ?\\*+(const)?)*) "
		"[A-Za-z_][A-Za-z0-9_]*(\\[[0-9A-Z_]+\\])?;"
		"\toffset:[0-9]{1,5};\tsize:[0-9]{1,5};\tsigned:[01];$";
	regex_t field;
	char line[512];

	if (regcomp(&field, pattern, REG_EXTENDED | REG_NOSUB))
		return -ENOMEM;
	buf_str(text, "name: recorded\nID: 1\nformat:\n");
	for (const char *at = format; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t len = strcspn(at, "\n");

		if (len >= sizeof(line))
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)len, at);
		if (!regexec(&field, line, 0, NULL, 0))
			buf_printf(text, "%s\n", line);
	}
	buf_str(text, "\nprint fmt: \"\"\n");
	regfree(&field);
	return text->failed ? -ENOMEM : 0;
}

int pdata_trace_fields(struct pdata_tracepoint *p)
{
	struct tep_event *event = NULL;
	struct tep_handle *tep;
	struct buf text = { 0 };
	int ret;

	if (p->parsed)
		return 0;
	p->parsed = true;
	tep = tep_alloc();
	ret = tep ? only_fields(p->format, &text) : -ENOMEM;
	tep_set_loglevel(TEP_LOG_NONE);
	if (!ret && tep_parse_event(tep, text.data, text.len, "recorded") == 0)
		event = tep_get_first_event(tep);
	for (struct tep_format_field *f = event ? event->format.common_fields : NULL; !ret && f;
	     f = f->next)
		ret = add_field(p, f);
	for (struct tep_format_field *f = event ? event->format.fields : NULL; !ret && f;
	     f = f->next)
		ret = add_field(p, f);
	buf_free(&text);
	tep_free(tep);
	return ret;
}

bool pdata_field_number(const struct pdata_field *f, struct span raw, int64_t *ret)
{
	uint64_t v = span_uint(&raw, f->offset, f->size);
	unsigned unused = 64 - 8 * f->size;

	if (raw.bad)
		return false;
	*ret = f->is_signed ? (int64_t)(v << unused) >> unused : (int64_t)v;
	return true;
}

bool pdata_field_text(const struct pdata_field *f, struct span raw, struct buf *b)
{
	uint64_t offset = f->offset, size = f->size;
	struct span text;

	if (f->dynamic) {
		uint32_t where = span_u32(&raw, f->offset);

		offset = (where & 0xffff) + (f->relative ? f->offset + f->size : 0);
		size = where >> 16;
	}
	text = span_sub(&raw, offset, size);
	if (raw.bad)
		return false;
	buf_add(b, text.p, strnlen((const char *)text.p ? (const char *)text.p : "", text.len));
	buf_char(b, '\0');
	return true;
}
