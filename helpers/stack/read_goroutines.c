/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_goroutines.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/gotext.h"
#include "stack/idmap.h"

enum { MAX_FRAMES = 1 << 16, MAX_HEADER = 16 << 10 };

#define MINUTE 60000000000

/* "goroutine 18 gp=0x… m=nil [chan receive, 5 minutes] {job: recv}:", parts of the line */
struct header {
	size_t at;		/* bytes before it */
	int64_t goid;
	const char *state, *labels;
	size_t state_len, labels_len;
};

/* A goroutine of the dump being read. */
struct seen {
	uint64_t goid;
	uint32_t labels;	/* of one that is still without a stack */
	bool waits;
};

struct dump {
	struct reading *r;
	unsigned value;
	bool open;		/* within a goroutine */
	bool others;		/* what follows are stacks of its ancestors, or of a thread */
	bool unavailable;
	uint64_t goid;
	struct gathered g;
	unsigned words;		/* before each line */
	bool unsure;		/* is that so? the first line waits until the second is there */
	struct buf first, function;	/* function: the line whose place comes next */
	struct seen *seen;
	size_t nseen, seen_cap;
	struct idmap by_goid;
	bool threads;		/* GOTRACEBACK=crash: what each thread was running follows */
	bool thread_next;
};

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool parse_header(const char *line, const char *at, const char *end, struct header *h)
{
	const char *digits = at + strlen("goroutine "), *open, *close;
	size_t n = strspn(digits, "0123456789");

	if (!n || (at > line && !isblank((unsigned char)at[-1])))
		return false;
	if (!starts(digits + n, " [") && !starts(digits + n, " gp="))
		return false;
	open = memchr(digits, '[', end - digits);
	close = open ? memchr(open, ']', end - open) : NULL;
	if (!close || (close + 2 != end && (!starts(close, "] {") || end[-2] != '}')))
		return false;
	*h = (struct header){ .at = at - line, .goid = gotext_number(digits, n),
			      .state = open + 1, .state_len = close - open - 1 };
	if (close + 2 != end) {
		h->labels = close + 3;
		h->labels_len = end - 2 - h->labels;
	}
	return true;
}

/* Is there a goroutine's first line in this one?  line is NUL-terminated. */
static bool find_header(const char *line, size_t len, struct header *h)
{
	const char *end = line + len, *at = line;

	while (end > line && isblank((unsigned char)end[-1]))
		end--;
	if (len > MAX_HEADER || end == line || end[-1] != ':')
		return false;
	for (; (at = strstr(at, "goroutine ")); at++)
		if (at + strlen("goroutine ") < end && parse_header(line, at, end, h))
			return true;
	return false;
}

bool goroutines_match(const char *head, size_t len)
{
	struct header h;
	char line[MAX_HEADER];

	for (const char *at = head, *end = head + len; at < end;) {
		const char *nl = memchr(at, '\n', end - at);
		size_t n = (nl ? nl : end) - at;

		if (n && n < sizeof(line)) {
			memcpy(line, at, n);
			if (line[n - 1] == '\r')
				n--;
			line[n] = '\0';
			if (n && find_header(line, n, &h))
				return true;
		}
		at = nl ? nl + 1 : end;
	}
	return false;
}

static unsigned count_words(const char *s, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += !isblank((unsigned char)s[i]) && (!i || isblank((unsigned char)s[i - 1]));
	return n;
}

/* What stands behind the words that come before each line. */
static const char *behind_words(const char *s, unsigned words)
{
	if (!words)
		return s;
	while (words--) {
		s += strspn(s, " \t");
		s += strcspn(s, " \t");
	}
	return s + (*s != '\0');
}

static int add_sample(struct dump *d, struct gathered *g, uint32_t labels)
{
	static const struct frame none = { .func = "[stack unavailable]", .flags = FRAME_UNKNOWN };
	int64_t values[PROFILE_VALUES] = { 0 };
	uint32_t frame, sample;
	int ret;

	values[d->value] = 1;
	d->r->samples++;
	if (g)
		return gathered_add(g, d->r->profile, values);
	ret = profile_frame(d->r->profile, &none, &frame);
	return ret ? ret : profile_add_labelled(d->r->profile, &frame, 1, labels, values, &sample);
}

/* Those whose stack did not come are counted all the same. */
static int end_dump(struct dump *d)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < d->nseen; i++)
		if (d->seen[i].waits)
			ret = add_sample(d, NULL, d->seen[i].labels);
	free(d->by_goid.slots);
	d->by_goid = (struct idmap){ 0 };
	d->nseen = 0;
	d->threads = d->thread_next = false;
	return ret;
}

static struct seen *find_seen(struct dump *d, uint64_t hash)
{
	size_t at = idmap_at(&d->by_goid, hash);
	uint32_t i;

	while (idmap_next(&d->by_goid, hash, &at, &i))
		if (d->seen[i].goid == d->goid)
			return &d->seen[i];
	return NULL;
}

/* Frames that were inlined have no pc of their own, but their caller's. */
static void share_addresses(struct gathered *g)
{
	for (size_t i = g->nframes; i-- > 1;)
		if ((g->frames[i - 1].flags & FRAME_INLINED) && !g->frames[i - 1].addr)
			g->frames[i - 1].addr = g->frames[i].addr;
}

/* Counts the goroutine that was read, unless it is one of this dump already. */
static int add_goroutine(struct dump *d)
{
	uint64_t hash = hash_bytes(&d->goid, sizeof(d->goid));
	struct seen *s = find_seen(d, hash);
	int ret = 0;

	share_addresses(&d->g);
	if (s && !d->threads) {
		ret = end_dump(d);
		s = NULL;
	}
	if (s) {
		if (!s->waits || d->unavailable)
			return 0;
		s->waits = false;
		return add_sample(d, &d->g, 0);
	}
	if (ret || !ARRAY_ROOM(d->seen, d->nseen, d->seen_cap) ||
	    !idmap_add(&d->by_goid, hash, d->nseen))
		return ret ? ret : -ENOMEM;
	s = &d->seen[d->nseen++];
	*s = (struct seen){ .goid = d->goid, .waits = d->unavailable };
	return d->unavailable ? gathered_labels(&d->g, d->r->profile, &s->labels) :
				add_sample(d, &d->g, 0);
}

/* Is s "pkg.(*T).f(0x1, {0x2, …})"?  A word and arguments, then: gives the arguments. */
static const char *arguments(const char *s, size_t len)
{
	const char *open = memrchr(s, '(', len);

	return open > s && s[len - 1] == ')' && !memchr(s, ' ', open - s) ? open : NULL;
}

static int body_line(struct dump *d, const char *line);

static int finish(struct dump *d)
{
	int ret = 0;

	if (d->unsure && d->first.len) {
		d->unsure = false;
		ret = body_line(d, behind_words(d->first.data, d->words));
	}
	if (!ret && d->open && d->function.len && arguments(d->function.data, d->function.len))
		ret = reading_bad(d->r, "a frame without its place: '%.60s'", d->function.data);
	if (!ret && d->open && d->goid)
		ret = add_goroutine(d);
	d->open = d->unsure = false;
	buf_clear(&d->first);
	buf_clear(&d->function);
	return ret;
}

/* "chan receive (leaked) (scan), 5 minutes, locked to thread, synctest bubble 3" */
static int add_state(struct dump *d, const char *s, size_t len)
{
	static const char *const marks[] = { " (scan)", " (leaked)" };
	const char *end = s + len, *comma = memmem(s, len, ", ", 2);
	size_t n = comma ? (size_t)(comma - s) : len;
	bool leaked = false;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		size_t m = strlen(marks[i]);

		if (n > m && !memcmp(s + n - m, marks[i], m)) {
			n -= m;
			leaked |= i == 1;
		}
	}
	ret = gathered_word(&d->g, d->r, "state", s, n);
	if (!ret && leaked)
		ret = gathered_word(&d->g, d->r, "leaked", "true", 4);
	while (!ret && comma) {
		const char *part = comma + 2;
		size_t digits = strspn(part, "0123456789");

		comma = memmem(part, end - part, ", ", 2);
		if (digits && starts(part + digits, " minutes")) {
			int64_t m = gotext_number(part, digits);

			if (m >= 0 && m < INT64_MAX / MINUTE)
				ret = gathered_number(&d->g, d->r, "wait", m * MINUTE, "nanoseconds");
		} else if (starts(part, "locked to thread")) {
			ret = gathered_word(&d->g, d->r, "locked", "true", 4);
		} else if (starts(part, "synctest bubble ")) {
			int64_t bubble;

			part += strlen("synctest bubble ");
			bubble = gotext_number(part, strspn(part, "0123456789"));
			if (bubble >= 0)
				ret = gathered_number(&d->g, d->r, "bubble", bubble, NULL);
		}
	}
	return ret;
}

static int begin(struct dump *d, const char *line, const struct header *h)
{
	int ret = finish(d);

	gathered_clear(&d->g);
	if (!ret && h->goid < 0)
		return reading_bad(d->r, "a goroutine's number is over 2^63-1");
	d->open = true;
	d->others = d->unavailable = false;
	d->goid = h->goid;
	d->words = count_words(line, h->at);
	d->unsure = d->words;
	if (!ret)
		ret = gathered_number(&d->g, d->r, "goid", h->goid, NULL);
	if (!ret)
		ret = add_state(d, h->state, h->state_len);
	if (!ret && h->labels)
		ret = gotext_labels(&d->g, d->r, h->labels, h->labels_len);
	return ret;
}

/* "X in goroutine 7", "X" before Go 1.21 */
static int created_by(struct dump *d, const char *s)
{
	static const char in[] = " in goroutine ";
	const char *at = strstr(s, in);
	int64_t parent = at ? gotext_number(at + strlen(in), strlen(at + strlen(in))) : -1;
	int ret = gathered_word(&d->g, d->r, "created", s, at ? (size_t)(at - s) : strlen(s));

	if (!ret && parent >= 0)
		ret = gathered_number(&d->g, d->r, "parent", parent, NULL);
	return ret;
}

static int add_plain(struct dump *d, const char *func, uint64_t addr)
{
	struct frame f = { .func = gathered_text(&d->g, func, strlen(func)), .addr = addr,
			   .flags = FRAME_UNKNOWN };

	return gathered_frame(&d->g, &f);
}

static int function_line(struct dump *d, const char *s)
{
	static const char created[] = "created by ", c[] = "non-Go function at pc=";

	buf_clear(&d->function);
	if (starts(s, created))
		return created_by(d, s + strlen(created));
	if (starts(s, c))
		return add_plain(d, s + strlen(c), strtoull(s + strlen(c), NULL, 16));
	if (starts(s, "[originating from goroutine ") || !strcmp(s, "runtime stack:")) {
		d->others = true;
		return 0;
	}
	if (starts(s, "...") && strstr(s, "frames elided..."))
		return add_plain(d, "[frames elided]", 0);
	buf_str(&d->function, s);
	return d->function.failed ? -ENOMEM : 0;
}

/* "/src/main.go:40 +0x45 fp=0x1 sp=0x2 pc=0x3": the file's length, 0 when it is none of that kind */
static size_t parse_place(const char *s, struct frame *f, bool *ret_offset)
{
	static const char *const behind[] = { " +0x", " fp=0x", " pc=0x" };
	const char *end = s + strlen(s), *colon, *pc = strstr(s, "pc=0x");
	int64_t line;

	*ret_offset = false;
	f->addr = pc ? strtoull(pc + 3, NULL, 16) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(behind); i++) {
		const char *at = strstr(s, behind[i]);

		if (at && at < end)
			end = at;
		*ret_offset |= at != NULL;
	}
	colon = memrchr(s, ':', end - s);
	line = colon && colon > s ? gotext_number(colon + 1, end - colon - 1) : -1;
	if (line < 0 || line > UINT32_MAX)
		return 0;
	f->line = line;
	return colon - s;
}

static int place_line(struct dump *d, const char *s)
{
	size_t len = d->function.len, file;
	const char *name = d->function.data, *args = len ? arguments(name, len) : NULL;
	struct frame f = { 0 };
	bool offset;

	if (starts(s, "goroutine running on other thread")) {
		d->unavailable = true;
		return 0;
	}
	file = parse_place(s, &f, &offset);
	/* C functions, named by a cgo symboliser, have no arguments but a pc; all else is a stranger's line */
	if (!len || (!args && !f.addr))
		return 0;
	if (!file && !f.addr)
		return reading_bad(d->r, "a frame's place is not FILE:LINE: '%.60s'", s);
	if (args && !strcmp(args, "(...)") && !offset)
		f.flags = FRAME_INLINED;
	/* callers stand where they return to */
	if (f.addr && d->g.nframes)
		f.addr--;
	if (!d->r->addresses)
		f.addr = 0;
	if (args)
		len = args - name;
	/* traceback.go prints it so */
	if (len == 5 && !memcmp(name, "panic", 5))
		f.func = gathered_text(&d->g, "runtime.gopanic", strlen("runtime.gopanic"));
	else
		f.func = gathered_text(&d->g, name, len);
	if (file)
		f.file = gathered_text(&d->g, s, file);
	buf_clear(&d->function);
	return gathered_frame(&d->g, &f);
}

/* With GOTRACEBACK=crash, "-----" stands before each thread but the first. */
static int between(struct dump *d, const char *s)
{
	bool next = d->thread_next;

	if (starts(s, "-----"))
		d->threads = d->thread_next = true;
	if (starts(s, "PC=0x"))
		d->thread_next = false;
	/* so begins another dump, unless it is but another thread of this one */
	if ((starts(s, "PC=0x") && !next) || starts(s, "panic: ") || starts(s, "fatal error: "))
		return end_dump(d);
	return 0;
}

/* A line of a goroutine, as it was printed. */
static int body_line(struct dump *d, const char *line)
{
	const char *s = line + strspn(line, " \t");

	if (!*s)
		return finish(d);
	if (starts(s, "-----") || starts(s, "PC=0x")) {
		int ret = finish(d);

		return ret ? ret : between(d, s);
	}
	if (d->others)
		return 0;
	if (d->g.nframes >= MAX_FRAMES) {
		d->others = true;
		return reading_bad(d->r, "a stack of more than %d frames", MAX_FRAMES);
	}
	return s > line ? place_line(d, s) : function_line(d, s);
}

/*
 * Where a goroutine's line stands behind words, the second after it tells whether all do, for a
 * place begins with a blank: a logger puts its words before the first line only.
 */
static int settle(struct dump *d, const char *line)
{
	bool alone = !*line || isblank((unsigned char)*line) || starts(line, "non-Go function");
	int ret = 0;

	if (!d->first.len && !alone) {
		buf_str(&d->first, line);
		return d->first.failed ? -ENOMEM : 0;
	}
	if (alone)
		d->words = 0;
	d->unsure = false;
	if (d->first.len)
		ret = body_line(d, behind_words(d->first.data, d->words));
	return ret ? ret : body_line(d, behind_words(line, d->words));
}

static int each_line(struct dump *d, const char *line, size_t len)
{
	struct header h;

	if (find_header(line, len, &h))
		return begin(d, line, &h);
	if (d->open && d->unsure)
		return settle(d, line);
	line = behind_words(line, d->words);
	return d->open ? body_line(d, line) : between(d, line);
}

int goroutines_read(struct reading *r)
{
	struct dump d = { .r = r };
	size_t len;
	char *line;
	int ret;

	if (!reading_value(r, "goroutines", "count", &d.value))
		return reading_bad(r, "no room for another value");
	while ((ret = lines_next(r->lines, &line, &len)) > 0) {
		ret = each_line(&d, line, strlen(line));
		if (ret)
			break;
	}
	if (!ret)
		ret = finish(&d);
	if (!ret)
		ret = end_dump(&d);
	gathered_free(&d.g);
	buf_free(&d.first);
	buf_free(&d.function);
	free(d.seen);
	free(d.by_goid.slots);
	return ret;
}
