/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_bpftrace.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "stack/fold.h"

enum { MAX_FRAMES = 1 << 16 };

/* The entry being gathered; texts are kept as offsets into `text' until it is whole. */
struct gather {
	struct reading *r;
	bool open;		/* between "@map[" and "]: value" */
	bool callers;		/* a stack has begun: its next frames are return addresses */
	unsigned parts;		/* stacks and keys so far */
	size_t leaf;		/* of the newest stack */
	bool stack;		/* there is one */
	bool caller_known;	/* in some entry */
	struct buf text;
	size_t map;
	struct frame *frames;
	size_t nframes, frames_cap;
	const char **keys;
	size_t nkeys, keys_cap;
	uint32_t *ids;			/* frame numbers of the newest entry */
	size_t ids_cap;
};

static void gather_free(struct gather *g)
{
	buf_free(&g->text);
	free(g->frames);
	free(g->keys);
	free(g->ids);
}

static size_t keep(struct gather *g, const char *s, size_t len)
{
	size_t at = g->text.len;

	buf_add(&g->text, s, len);
	buf_add(&g->text, "", 1);
	return at;
}

static size_t keep_address(struct gather *g, uint64_t addr)
{
	char text[32];

	int n = snprintf(text, sizeof(text), "0x%llx", (unsigned long long)addr);

	return keep(g, text, n);
}

/* "@name[": the length of "@name", 0 when the line is not the beginning of a map's entry */
static size_t map_name(const char *line, size_t len)
{
	size_t n = 1;

	if (len < 2 || line[0] != '@')
		return 0;
	while (n < len && (isalnum((unsigned char)line[n]) || line[n] == '_'))
		n++;
	return n < len && line[n] == '[' ? n : 0;
}

static int put_caller(struct gather *g, const char *s, size_t len);

static int add_key(struct gather *g, const char *s, size_t len)
{
	if (!len)
		return 0;
	if (++g->parts == g->r->caller && g->stack)
		return put_caller(g, s, len);
	if (!ARRAY_ROOM(g->keys, g->nkeys, g->keys_cap))
		return -ENOMEM;
	g->keys[g->nkeys++] = (const char *)keep(g, s, len);
	return 0;
}

/* "spin, 4242, " between two stacks or behind the last */
static int add_keys(struct gather *g, const char *s, size_t len)
{
	const char *end = s + len;
	int ret = 0;

	while (!ret && s < end) {
		const char *comma = memmem(s, end - s, ", ", 2);
		const char *stop = comma ? comma : end;

		ret = add_key(g, s, stop - s);
		s = comma ? comma + 2 : end;
	}
	return ret;
}

/* "main.work+18" without its offset, which is within one function */
static size_t without_offset(const char *s, size_t len)
{
	size_t n = len;

	while (n && isdigit((unsigned char)s[n - 1]))
		n--;
	return n > 1 && n < len && s[n - 1] == '+' ? n - 1 : len;
}

static void named_frame(struct gather *g, const char *s, size_t len, struct frame *f)
{
	uint64_t addr;

	f->func = (const char *)keep(g, s, without_offset(s, len));
	if (g->text.failed || !fold_is_address(g->text.data + (size_t)f->func, &addr))
		return;
	f->flags |= FRAME_UNKNOWN;
	if (addr)
		f->addr = addr;
}

/* A frame with a name may lose its address, see struct reading. */
static bool keeps_address(const struct gather *g, const struct frame *f)
{
	return g->r->addresses || (f->flags & FRAME_UNKNOWN);
}

/* The file that stands behind a frame, "(/usr/bin/spin)" without the brackets; it can do without. */
static void in_file(struct gather *g, const char *path, size_t len, struct frame *f)
{
	size_t at = keep(g, path, len);

	if (g->text.failed ||
	    profile_mapping(g->r->profile, &(struct profile_mapping){ .path = g->text.data + at }, &f->mapping))
		f->mapping = 0;
}

/* perf mode: "459d80 main.work+0 (/usr/bin/spin)", the address without 0x */
static bool perf_frame(struct gather *g, const char *s, size_t len, struct frame *f)
{
	const char *end = s + len, *name, *paren = NULL;
	char *stop;

	f->addr = strtoull(s, &stop, 16);
	if (stop == s || *stop != ' ')
		return false;
	name = stop + 1;
	for (const char *p = name; p + 1 < end; p++)
		if (p[0] == ' ' && p[1] == '(')
			paren = p;
	if (paren)
		end = paren;
	/* without a symbol the name is "[unknown]" or the address again */
	if (end - name == 9 && !memcmp(name, "[unknown]", 9)) {
		f->func = (const char *)keep_address(g, f->addr);
		f->flags |= FRAME_UNKNOWN;
	} else {
		named_frame(g, name, end - name, f);
	}
	if (paren && paren[2] == '/' && s[len - 1] == ')' && keeps_address(g, f))
		in_file(g, paren + 2, s + len - paren - 3, f);
	return true;
}

/* raw mode: "459d80"; no function's name begins with a digit, kernel addresses begin with ffff */
static bool raw_frame(struct gather *g, const char *s, size_t len, struct frame *f)
{
	size_t digits = strspn(s, "0123456789abcdef");

	if (digits != len || len > 16 ||
	    (!isdigit((unsigned char)*s) && (len != 16 || memcmp(s, "ffff", 4))))
		return false;
	f->addr = strtoull(s, NULL, 16);
	f->func = (const char *)keep_address(g, f->addr);
	f->flags = FRAME_UNKNOWN;
	return true;
}

static int add_frame(struct gather *g, const char *line, size_t len)
{
	const char *s = line;
	struct frame f = { 0 };

	if (g->nframes >= MAX_FRAMES) {
		g->open = false;
		return reading_bad(g->r, "a stack of more than %d frames", MAX_FRAMES);
	}
	while (*s == ' ' || *s == '\t')
		s++;
	len -= s - line;
	if (!len)
		return 0;
	if (!ARRAY_ROOM(g->frames, g->nframes, g->frames_cap))
		return -ENOMEM;
	if ((*line != '\t' || !perf_frame(g, s, len, &f)) && !raw_frame(g, s, len, &f))
		named_frame(g, s, len, &f);
	if (f.addr && g->callers)
		f.flags |= FRAME_RETURN;
	if (!g->callers) {
		g->parts++;
		g->leaf = g->nframes;
		g->stack = true;
	}
	g->callers = true;
	g->frames[g->nframes++] = f;
	return 0;
}

/* "4312254", as bpftrace prints numbers: an address; below any that code can have it is a PID, say */
static bool decimal_address(const char *s, size_t len, uint64_t *ret)
{
	enum { LOWEST = 1 << 16 };
	char *end;

	errno = 0;
	*ret = strtoull(s, &end, 10);
	return end == s + len && !errno && (!*ret || *ret >= LOWEST);
}

/*
 * Behind the leaf, unless it is there already: the kernel from 6.11 on puts it there itself at a
 * `push %rbp'.  That compares addresses, or names where bpftrace left no more.
 */
static int put_caller(struct gather *g, const char *s, size_t len)
{
	struct frame f = { .flags = FRAME_RETURN }, *at;
	uint64_t addr = 0;

	if (!isdigit((unsigned char)*s) || !strncmp(s, "0x", 2)) {
		named_frame(g, s, len, &f);
	} else if (!decimal_address(s, len, &addr)) {
		g->open = false;
		return reading_bad(g->r, "key %u is '%.*s', not the address of code", g->r->caller,
				   (int)(len < 60 ? len : 60), s);
	}
	g->caller_known = true;
	if (addr) {
		f.func = (const char *)keep_address(g, f.addr = addr);
		f.flags |= FRAME_UNKNOWN;
	}
	/* 0, or "0x0" of usym(): bpftrace could not read it */
	if (!f.func || ((f.flags & FRAME_UNKNOWN) && !f.addr))
		return 0;
	if (!ARRAY_ROOM(g->frames, g->nframes, g->frames_cap) || g->text.failed)
		return -ENOMEM;
	at = g->frames + g->leaf + 1;
	if (g->leaf + 1 < g->nframes &&
	    (f.addr ? at->addr == f.addr :
		      !strcmp(g->text.data + (size_t)at->func, g->text.data + (size_t)f.func)))
		return 0;
	memmove(at + 1, at, (g->frames + g->nframes - at) * sizeof(*at));
	*at = f;
	g->nframes++;
	return 0;
}

/* Roots of kernel stacks: those that a syscall, an interrupt or a new thread begins with (arch/x86/entry). */
static bool kernel_root(const struct frame *f)
{
	static const char *const roots[] = { "entry_SYSCALL", "entry_INT80", "do_syscall_64",
					     "asm_",	      "ret_from_fork", "x64_sys_call",
					     "el0t_64_sync",  "secondary_startup" };

	if (f->addr >> 63)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (!strncmp(f->func, roots[i], strlen(roots[i])))
			return true;
	return false;
}

/* Frames up to the outermost kernel root are the kernel's: kstack stands before ustack as a rule. */
static void mark_kernel(struct gather *g)
{
	size_t n = g->nframes;

	while (n && !kernel_root(&g->frames[n - 1]))
		n--;
	while (n--)
		g->frames[n].flags |= FRAME_KERNEL;
}

/* "23", "-5" or stats' "count 6, average 3, total 18" */
static bool parse_value(const char *s, int64_t *ret)
{
	const char *total = strstr(s, "total ");
	char *end;

	if (!strncmp(s, "count ", 6) && total)
		s = total + 6;
	if (!isdigit((unsigned char)*s) && *s != '-')
		return false;
	errno = 0;
	*ret = strtoll(s, &end, 10);
	return !*end && !errno && end != s;
}

static const char *unit_of(const char *map)
{
	size_t n = strlen(map);

	if (strstr(map, "bytes"))
		return "bytes";
	return n > 3 && !strcmp(map + n - 3, "_ns") ? "nanoseconds" : "count";
}

/* The entry into the profile: the other keys at the root, the first one outermost. */
static int add_entry(struct gather *g, int64_t v)
{
	const char *map = g->text.data + g->map;
	struct profile *p = g->r->profile;
	int64_t values[PROFILE_VALUES] = { 0 };
	unsigned value;
	size_t n = 0;

	if (!reading_value(g->r, map[1] ? map + 1 : "samples", unit_of(map), &value))
		return reading_bad(g->r, "%s: more maps than %d", map, PROFILE_VALUES);
	if (!ARRAY_ROOM(g->ids, g->nframes + g->nkeys, g->ids_cap))
		return -ENOMEM;
	for (size_t i = 0; i < g->nframes; i++) {
		struct frame f = g->frames[i];
		int ret;

		if (!keeps_address(g, &f)) {
			f.addr = 0;
			f.flags &= ~FRAME_RETURN;
		}
		ret = profile_frame(p, &f, &g->ids[n++]);
		if (ret)
			return ret;
	}
	for (size_t i = g->nkeys; i--;) {
		struct frame f = { .func = g->keys[i] };
		int ret = profile_frame(p, &f, &g->ids[n++]);

		if (ret)
			return ret;
	}
	values[value] = v;
	return profile_add(p, g->ids, n, values);
}

static int emit(struct gather *g, const char *value)
{
	int64_t v;
	uint64_t bad = g->r->bad;
	int ret;

	g->open = false;
	if (g->text.failed)
		return -ENOMEM;
	if (!g->nframes)
		return 0;
	if (!parse_value(value, &v))
		return reading_bad(g->r, *value ? "value '%.60s' is not a whole number" :
						  "a histogram%s: use count() or sum()", value);
	for (size_t i = 0; i < g->nframes; i++)
		g->frames[i].func = g->text.data + (size_t)g->frames[i].func;
	for (size_t i = 0; i < g->nkeys; i++)
		g->keys[i] = g->text.data + (size_t)g->keys[i];
	mark_kernel(g);
	ret = add_entry(g, v);
	if (!ret && g->r->bad == bad)
		g->r->samples++;
	return ret;
}

/* Key text from s on: ends the entry when "]: " stands in it. */
static int key_line(struct gather *g, const char *s, size_t len)
{
	const char *close = NULL;
	int ret;

	g->callers = false;
	for (const char *p = s; (p = memmem(p, s + len - p, "]: ", 3)); p++)
		close = p;
	ret = add_keys(g, s, close ? (size_t)(close - s) : len);
	if (!ret && close && g->open)
		ret = emit(g, close + 3);
	return ret;
}

static int begin(struct gather *g, const char *line, size_t len, size_t name)
{
	g->open = true;
	g->nframes = g->nkeys = g->parts = 0;
	g->callers = g->stack = false;
	buf_clear(&g->text);
	g->map = keep(g, line, name);
	return key_line(g, line + name + 1, len - name - 1);
}

static int each_line(struct gather *g, const char *line, size_t len)
{
	size_t name = map_name(line, len);
	int ret = 0;

	if (g->open && !name) {
		if (*line == ' ' || *line == '\t')
			return add_frame(g, line, len);
		if (*line == ',' || *line == ']')
			return key_line(g, line, len);
	}
	if (g->open && g->nframes)
		ret = reading_bad(g->r, "a map's entry breaks off");
	g->open = false;
	if (!ret && name)
		ret = begin(g, line, len, name);
	return ret;
}

bool bpftrace_match(const char *head, size_t len)
{
	for (const char *at = head, *end = head + len; at < end;) {
		const char *nl = memchr(at, '\n', end - at);
		size_t n = (nl ? nl : end) - at, name = map_name(at, n);

		/* an entry's first line ends in a key's comma, the bracket, or the value */
		if (name && (at[n - 1] == '[' || memmem(at, n, "]: ", 3) ||
			     (n > 2 && !memcmp(at + n - 2, ", ", 2))))
			return true;
		at = nl ? nl + 1 : end;
	}
	return false;
}

int bpftrace_read(struct reading *r)
{
	struct gather g = { .r = r };
	size_t len;
	char *line;
	int ret;

	while ((ret = lines_next(r->lines, &line, &len)) > 0) {
		ret = each_line(&g, line, strnlen(line, len));
		if (ret)
			break;
	}
	if (!ret && g.open && g.nframes)
		ret = reading_bad(r, "the input ends within a map's entry");
	if (!ret && r->caller && !g.caller_known && !r->bad)
		ret = err_set(EBADMSG, "%s: --caller %u: no map has an address as key %u, behind a stack",
			      r->lines->name, r->caller, r->caller);
	gather_free(&g);
	return ret;
}
