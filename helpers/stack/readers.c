/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/readers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "stack/pprof_tables.h"
#include "stack/read_bpftrace.h"
#include "stack/read_folded.h"
#include "stack/read_goroutines.h"
#include "stack/read_json.h"
#include "stack/read_perf_data.h"
#include "stack/read_perf_script.h"
#include "stack/read_pprof.h"
#include "stack/read_pproftext.h"

enum { HEAD = 64 << 10 };

const struct reader readers[] = {
	{ "perf-data", "perf.data", "comm", true, perf_data_match, perf_data_read },
	{ "pprof", "pprof profiles", NULL, true, pprof_match, pprof_read },
	{ "json", "JSON of gobpf", NULL, false, json_match, json_read },
	{ "pprof-text", "profiles of ?debug=1", NULL, false, pproftext_match, pproftext_read },
	{ "goroutines", "goroutines as Go prints them", NULL, false,
	  goroutines_match, goroutines_read },
	{ "bpftrace", "bpftrace maps with stack keys", NULL, false,
	  bpftrace_match, bpftrace_read },
	{ "perf-script", "the text of perf script", "comm", false,
	  perf_script_match, perf_script_read },
	{ "folded", "folded stacks", NULL, false, folded_match, folded_read },
	{ 0 },
};

/* Words quote the input, which may hold anything. */
static void say(char *to, size_t size, const char *fmt, va_list ap)
{
	struct buf clean = { 0 };

	vsnprintf(to, size, fmt, ap);
	for (char *c = to; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	utf8_clean(&clean, to);
	snprintf(to, size, "%s", clean.data && !clean.failed ? clean.data : "");
	buf_free(&clean);
}

static int bad(struct reading *r, const char *unit, uint64_t at, const char *fmt, va_list ap)
{
	char what[200], where[sizeof(r->first_bad)];

	say(what, sizeof(what), fmt, ap);
	snprintf(where, sizeof(where), "%s: %s %llu: %s", r->lines->name, unit, (unsigned long long)at, what);
	if (r->strict)
		return err_set(EBADMSG, "%s", where);
	if (!r->bad++)
		memcpy(r->first_bad, where, sizeof(where));
	return 0;
}

int reading_bad(struct reading *r, const char *fmt, ...)
{
	const struct lines *l = r->lines;
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = bad(r, l->number ? "line" : "byte", l->number ? l->number : l->taken, fmt, ap);
	va_end(ap);
	return ret;
}

int reading_bad_at(struct reading *r, uint64_t offset, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = bad(r, "offset", offset, fmt, ap);
	va_end(ap);
	return ret;
}

void reading_note(struct reading *r, const char *fmt, ...)
{
	char what[400];
	va_list ap;

	va_start(ap, fmt);
	say(what, sizeof(what), fmt, ap);
	va_end(ap);
	buf_printf(&r->notes, "%s: %s\n", r->lines->name, what);
}

int reading_last_line(struct reading *r)
{
	static const char words[] = "the line has no end, so its number may be cut off";
	unsigned long long line = r->lines->number;

	/* what is gzipped and breaks off is without that line */
	if (!r->lines->cut || r->lines->broken)
		return 0;
	if (r->strict)
		return err_set(EBADMSG, "%s: line %llu: %s", r->lines->name, line, words);
	reading_note(r, "line %llu: %s (--strict refuses)", line, words);
	return 0;
}

bool reading_value(struct reading *r, const char *name, const char *unit, unsigned *ret)
{
	struct profile *p = r->profile;
	struct value_type *t;

	for (*ret = 0; *ret < p->ntypes; (*ret)++)
		if (!strncmp(p->types[*ret].name, name, sizeof(t->name) - 1))
			return true;
	if (p->ntypes == PROFILE_VALUES)
		return false;
	t = &p->types[p->ntypes++];
	*t = (struct value_type){ 0 };
	snprintf(t->name, sizeof(t->name), "%s", name);
	snprintf(t->unit, sizeof(t->unit), "%s", r->unit ? r->unit : unit);
	return true;
}

int reading_typed_value(struct reading *r, const char *name, const char *unit, unsigned *ret)
{
	struct profile *p = r->profile;
	unsigned known = p->ntypes;
	struct value_type *t;

	if (!reading_value(r, name, unit, ret))
		return 0;
	t = &p->types[*ret];
	if (*ret == known)
		snprintf(t->unit, sizeof(t->unit), "%s", unit);
	else if (strncmp(t->unit, unit, sizeof(t->unit) - 1))
		return err_set(EBADMSG, "%s: '%s' is in %s here and in %s in the input before it",
			       r->lines->name, name, unit, t->unit);
	return 1;
}

bool reading_wants(const struct reading *r, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = r->labels ? r->labels : ""; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == 1 && *at == '*' && strcmp(key, "time"))
			return true;
		if (n == len && !memcmp(at, key, n))
			return true;
		at += n;
	}
	return false;
}

static const struct reader *unknown_format(const struct reading *r, bool name)
{
	char list[400] = "";

	for (const struct reader *f = readers; f->name; f++) {
		size_t n = strlen(list);

		snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", name ? f->name : f->what);
	}
	if (name)
		err_set(EINVAL, "--from: no format '%s' (one of: %s)", r->from, list);
	else
		err_set(EBADMSG, "%s: not a format read here (%s)", r->lines->name, list);
	return NULL;
}

static const struct reader *by_name(const struct reading *r)
{
	for (const struct reader *f = readers; f->name; f++)
		if (!strcmp(f->name, r->from))
			return f;
	return unknown_format(r, true);
}

static const struct reader *by_content(const struct reading *r, const char *head, size_t len)
{
	/* a name may hold any stray control character, but only binary files have this one */
	bool binary = memchr(head, '\0', len);

	for (const struct reader *f = readers; f->name; f++)
		if ((f->binary || !binary) && f->match(head, len))
			return f;
	if (!binary)
		return unknown_format(r, false);
	err_set(EBADMSG, "%s: binary data where stacks as text are expected", r->lines->name);
	return NULL;
}

const struct reader *readers_find(struct reading *r)
{
	const char *head;
	size_t len;

	if (r->from)
		return by_name(r);
	if (lines_peek(r->lines, HEAD, &head, &len))
		return NULL;
	if (len)
		return by_content(r, head, len);
	err_set(EBADMSG, "%s: %s", r->lines->name,
		r->lines->broken ? r->lines->broken : "empty: no stacks were recorded");
	return NULL;
}

static int say_lost(struct reading *r)
{
	unsigned long long lost = r->lost;

	reading_note(r, "the recording lost %llu events: its counts are too low by as many", lost);
	return profile_comment(r->profile, "the recording lost %llu events", lost);
}

int readers_read(struct reading *r)
{
	const struct reader *f = readers_find(r);
	int ret;

	if (!f)
		return r->from ? -EINVAL : -EBADMSG;
	if (r->caller && f->read != bpftrace_read)
		return err_set(EBADMSG, "%s: --caller is for bpftrace's maps, these are %s", r->lines->name, f->what);
	ret = f->read(r);
	if (!ret && r->lost)
		ret = say_lost(r);
	if (!ret && r->lines->broken)
		ret = reading_bad(r, "%s", r->lines->broken);
	if (ret == -ENOMEM)
		return err_sys(ENOMEM, "%s", r->lines->name);
	if (!ret && (!r->samples || !r->profile->ntypes))
		return err_set(EBADMSG, "%s%s", r->bad ? r->first_bad : r->lines->name,
			       r->bad ? "" : ": no stacks in it");
	return ret;
}
