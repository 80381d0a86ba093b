/* SPDX-License-Identifier: GPL-2.0-only */
/* The line that a sample begins with; perf_text.h says what is in it. */
#include <ctype.h>

#include "stack/perf_text.h"

/* A period stands right-aligned in ten columns, a PID in five (print_sample_start, process_event). */
enum { PERIOD_COLUMNS = 10 };

/* How far into a line its time or event is looked for */
enum { HEADER_MAX = 512 };

/* "158665.570607" before the colon: where it begins; NULL: no time. perf prints 6 or 9 places. */
static const char *time_before(const char *line, const char *colon, uint64_t *ret_ns)
{
	const char *p = colon, *point;
	uint64_t seconds, places, ns;

	while (p > line && text_digit(p[-1]))
		p--;
	if (colon - p < 6 || colon - p > 9 || p == line || p[-1] != '.')
		return NULL;
	point = --p;
	while (p > line && text_digit(p[-1]))
		p--;
	if (p == point || (p > line && !text_blank(p[-1])))
		return NULL;
	text_decimal(text_of(p, point), &seconds);
	text_decimal(text_of(point + 1, colon), &places);
	for (const char *d = colon; d < point + 10; d++)
		places *= 10;
	if (__builtin_mul_overflow(seconds, 1000000000ULL, &ns) ||
	    __builtin_add_overflow(ns, places, &ns))
		return NULL;
	*ret_ns = ns;
	return p;
}

/* The last word of t, cut off; len 0: there is none. */
static struct text last_word(struct text *t)
{
	size_t n = t->len;
	struct text word;

	while (n && !text_blank(t->p[n - 1]))
		n--;
	word = text_of(t->p + n, t->p + t->len);
	*t = text_trim(text_of(t->p, t->p + n));
	return word;
}

static bool is_number(struct text t)
{
	uint64_t v;

	return t.len && text_decimal(t, &v) == t.len;
}

/* "[003]", and "[000003]" of machines with many */
static bool take_cpu(struct text *t, int64_t *ret)
{
	struct text rest = *t, word = last_word(&rest);
	uint64_t v;

	if (word.len < 3 || word.p[0] != '[' || word.p[word.len - 1] != ']' ||
	    text_decimal(text_of(word.p + 1, word.p + word.len), &v) != word.len - 2)
		return false;
	*ret = (int64_t)v;
	*t = rest;
	return true;
}

/* -F misc: up to two letters that say where it was, behind the cpu or the pid */
static void skip_misc(struct text *t)
{
	struct text rest = *t, word = last_word(&rest), before = rest;
	int64_t cpu;

	if (!word.len || word.len > 2 || !rest.len)
		return;
	for (size_t i = 0; i < word.len; i++)
		if (!isalpha((unsigned char)word.p[i]) || islower((unsigned char)word.p[i]))
			return;
	if (take_cpu(&before, &cpu) || text_digit(rest.p[rest.len - 1]))
		*t = rest;
}

/* "12/13", "12/13" with blanks behind, "12" */
static bool take_pid(struct text *t, struct perf_header *h)
{
	struct text rest = *t, word = last_word(&rest), pid = word;
	const char *slash = memchr(word.p, '/', word.len);
	uint64_t v;

	if (slash) {
		struct text tid = text_of(slash + 1, word.p + word.len);

		pid = text_of(word.p, slash);
		if (!is_number(pid) || !is_number(tid))
			return false;
		text_decimal(pid, &v);
		h->pid = (int64_t)v;
		text_decimal(tid, &v);
		h->tid = (int64_t)v;
	} else {
		if (!is_number(word))
			return false;
		text_decimal(word, &v);
		h->tid = (int64_t)v;
	}
	*t = rest;
	return true;
}

/* What stands before the time or the period: comm, pid, cpu, misc */
static bool take_left(struct text t, struct perf_header *h)
{
	bool pid;

	t = text_trim(t);
	skip_misc(&t);
	take_cpu(&t, &h->cpu);
	pid = take_pid(&t, h);
	if (t.len)
		h->comm = t;
	return pid;
}

/* The colon that ends a name of an event which begins at p: one with a blank or nothing behind. */
static const char *event_end(const char *p, const char *end)
{
	for (; p < end && !text_blank(*p); p++)
		if (*p == ':' && (p + 1 == end || text_blank(p[1])))
			return p;
	return NULL;
}

/* Behind the time: "  250000 cpu-clock:pppH: the rest" */
static void take_right(const char *p, const char *end, struct perf_header *h)
{
	const char *colon, *at;
	uint64_t v;
	size_t n;

	while (p < end && text_blank(*p))
		p++;
	n = text_decimal(text_of(p, end), &v);
	at = p + n;
	while (at < end && text_blank(*at))
		at++;
	/* digits may be an address, too: then no event is behind them, but more */
	if (n && (at == end || (at > p + n && event_end(at, end)))) {
		h->has_period = true;
		h->period = v;
		p = at;
	}
	colon = event_end(p, end);
	if (colon && colon > p) {
		h->event = text_of(p, colon);
		p = colon + 1;
	}
	h->rest = text_of(p, end);
}

/* No time: the event, what is before it, and a number right-aligned as periods are */
static bool without_time(struct text line, struct perf_header *h)
{
	const char *end = line.p + line.len, *colon = NULL, *word;
	struct text left, rest;

	for (word = line.p; word < end; word++) {
		if (text_blank(*word) || (word > line.p && !text_blank(word[-1])))
			continue;
		colon = event_end(word, end);
		/* "tmux: server 12 cycles:": before an event a number stands, or all is the event */
		left = text_trim(text_of(line.p, word));
		if (colon > word && (!left.len || text_digit(left.p[left.len - 1]) ||
			      left.p[left.len - 1] == ']'))
			break;
		colon = NULL;
	}
	if (!colon) {
		h->rest = text_of(end, end);
		return take_left(line, h) && h->comm.p;
	}
	h->event = text_of(word, colon);
	h->rest = text_of(colon + 1, end);
	rest = left;
	if (is_number(last_word(&rest)) &&
	    left.p + left.len - (rest.len ? rest.p + rest.len + 1 : line.p) >= PERIOD_COLUMNS) {
		struct text period = left;

		text_decimal(last_word(&period), &h->period);
		h->has_period = true;
		left = rest;
	}
	take_left(left, h);
	return true;
}

bool perf_header(struct text line, struct perf_header *ret)
{
	const char *end = line.p + line.len, *limit = line.len > HEADER_MAX ? line.p + HEADER_MAX : end;

	*ret = (struct perf_header){ .pid = -1, .tid = -1, .cpu = -1 };
	for (const char *p = line.p; (p = memchr(p, ':', limit - p)); p++) {
		const char *start;

		if (p + 1 < end && !text_blank(p[1]))
			continue;
		start = time_before(line.p, p, &ret->time_ns);
		if (!start)
			continue;
		ret->has_time = true;
		take_left(text_of(line.p, start), ret);
		take_right(p + 1, end, ret);
		return true;
	}
	return without_time(text_of(line.p, limit), ret);
}
