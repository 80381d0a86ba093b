/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/said.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/*
 * Seen on working runs of 0.17, 0.23 and 0.27: no CAP_SYS_RESOURCE, no list of
 * kernel functions, kernels without legacy uprobe files, and the remark that
 * comes with each file offset (those are decoded and checked by the resolver).
 */
static const char *const noise[] = {
	"couldn't set RLIMIT_MEMLOCK",
	"Could not read functions from",
	"/uprobe_events)",
	"failed to detach probe: uprobe:",
	"Could not determine instruction boundary",
};

static bool skip(struct part *p, const char *word)
{
	size_t n = strlen(word);

	if (p->len < n || memcmp(p->p, word, n) != 0)
		return false;
	*p = (struct part){ p->p + n, p->len - n };
	return true;
}

static bool skip_number(struct part *p, uint64_t *ret)
{
	size_t n = 0;
	uint64_t v = 0;

	for (; n < p->len && n < 18 && isdigit((unsigned char)p->p[n]); n++)
		v = v * 10 + (p->p[n] - '0');
	*p = (struct part){ p->p + n, p->len - n };
	*ret = v;
	return n;
}

/* "Attaching 2 probes..." (0.17, 0.23), "Attached 1 probe" (0.27) */
static bool says_attaching(struct part line)
{
	uint64_t n;

	return (skip(&line, "Attaching ") && skip_number(&line, &n) &&
		(skip(&line, " probe...") || skip(&line, " probes...")) && !line.len) ||
	       (skip(&line, "Attached ") && skip_number(&line, &n) && skip(&line, " probe") &&
		(skip(&line, "s") || true) && !line.len);
}

/* "Lost 23 events" of all versions, and the sum that 0.27 adds at the end */
static bool says_lost(struct said *s, struct part line)
{
	struct part sum = line;
	uint64_t n;

	if (skip(&line, "Lost ") && skip_number(&line, &n) && skip(&line, " events") && !line.len) {
		s->lost_total += n;
	} else if (skip(&sum, "WARNING: Total lost event count: ") && skip_number(&sum, &n) && !sum.len) {
		s->lost_total = n > s->lost_total ? n : s->lost_total;
	} else {
		return false;
	}
	s->lost = s->lost_total;
	return true;
}

/*
 * From 0.23 on: "stdin:3:5-9: WARNING: Map full; can't update element. ...", then "Additional Info - ...", then the
 * line of the script, and marks below it; "stdin:3-4: WARNING: ..." has two lines and no marks.
 */
static bool says_missed(struct said *s, struct part line)
{
	uint64_t from, to, col;
	bool one = true;

	if (!skip(&line, "stdin:") || !skip_number(&line, &from))
		return false;
	to = from;
	if (skip(&line, "-"))
		one = !skip_number(&line, &to);
	else if (!skip(&line, ":") || !skip_number(&line, &col) ||
		 (skip(&line, "-") && !skip_number(&line, &col)))
		return false;
	if (!skip(&line, ": WARNING: ") ||
	    !(skip(&line, "Map full; can't update element") || skip(&line, "Failed to map_update_elem")))
		return false;
	s->missed++;
	s->details = true;
	s->quoted = one ? 1 : to >= from && to - from < 100 ? to - from + 1 : 0;
	s->marks = one;
	return true;
}

static bool only_marks(struct part line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!strchr(" \t~", line.p[i]))
			return false;
	return line.len;
}

/* A line that belongs to the warning before. */
static bool of_warning(struct said *s, struct part line)
{
	if (s->details) {
		s->details = false;
		if (skip(&line, "Additional Info - helper: "))
			return true;
	}
	if (s->quoted) {
		s->quoted--;
		return true;
	}
	if (s->marks) {
		s->marks = false;
		return only_marks(line);
	}
	return false;
}

/* Counts "@name[" line by line: 0.17 says nothing of a map that is full. */
static void count_entry(struct said *s, struct part line)
{
	const char *end = line.len && line.p[0] == '@' ? memchr(line.p, '[', line.len) : NULL;
	size_t n = end ? (size_t)(end - line.p) : 0;

	if (!n || n >= sizeof(s->map))
		return;
	if (strlen(s->map) != n || memcmp(s->map, line.p, n) != 0) {
		memcpy(s->map, line.p, n);
		s->map[n] = '\0';
		s->entries = 0;
	}
	if (++s->entries == s->max_keys)
		memcpy(s->full, s->map, sizeof(s->full));
}

static bool is_noise(struct part line)
{
	if (!line.len)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (memmem(line.p, line.len, noise[i], strlen(noise[i])))
			return true;
	return false;
}

enum said_kind said_line(struct said *s, struct part line)
{
	if (of_warning(s, line))
		return SAID_NOISE;
	if (part_is(line, SAID_ATTACHED)) {
		s->attached = true;
		return SAID_NOISE;
	}
	if (says_attaching(line) || says_lost(s, line) || says_missed(s, line))
		return SAID_NOISE;
	if (s->messages)
		return is_noise(line) ? SAID_NOISE : SAID_SCRIPT;
	if (part_is(line, "No probes to attach"))
		return SAID_ERROR;
	count_entry(s, line);
	return SAID_SCRIPT;
}

bool said_may_be(const struct said *s, struct part beginning)
{
	static const char *const begin[] = { "Attach", "Lost ", "stdin:", SAID_ATTACHED, "No probes", "@" };

	if (s->messages || s->details || s->quoted || s->marks)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(begin); i++) {
		size_t n = strlen(begin[i]);

		if (!memcmp(beginning.p, begin[i], n < beginning.len ? n : beginning.len))
			return true;
	}
	return false;
}
