/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/bpftrace_gather.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "stack/fold.h"

enum { MAX_FRAMES = 1 << 16 };

void gather_free(struct gather *g)
{
	buf_free(&g->text);
	if (g->keyed.index)
		profile_free(&g->keyed);
	if (g->printed.index)
		profile_free(&g->printed);
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

static int put_caller(struct gather *g, const char *s, size_t len);

int gather_key(struct gather *g, const char *s, size_t len)
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

/* Where the entry goes. What has no stack is of use only where nothing has one; what was printed, where no map has. */
static struct profile *profile_of(struct gather *g)
{
	return g->printing ? &g->printed : g->nframes ? g->r->profile : &g->keyed;
}

/* The file that stands behind a frame, "(/usr/bin/spin)" without the brackets; it can do without. */
static void in_file(struct gather *g, const char *path, size_t len, struct frame *f)
{
	size_t at = keep(g, path, len);

	if (g->text.failed ||
	    profile_mapping(g->printing ? &g->printed : g->r->profile, &(struct profile_mapping){ .path = g->text.data + at }, &f->mapping))
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

int gather_frame(struct gather *g, const char *line, size_t len)
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
static bool kernel_root(uint64_t addr, const char *name)
{
	static const char *const roots[] = { "entry_SYSCALL", "entry_INT80", "do_syscall_64",
					     "asm_",	      "ret_from_fork", "x64_sys_call",
					     "el0t_64_sync",  "secondary_startup" };

	if (addr >> 63)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (!strncmp(name, roots[i], strlen(roots[i])))
			return true;
	return false;
}

bool gather_kernel_root(const char *line)
{
	uint64_t addr;
	char *name;

	while (*line == ' ' || *line == '\t')
		line++;
	addr = strtoull(line, &name, 16);
	if (!memchr(" \n", *name, 3)) {	/* no address but a name */
		addr = 0;
		name = (char *)line;
	}
	return kernel_root(addr, name + strspn(name, " "));
}

/* Frames up to the outermost kernel root are the kernel's: kstack stands before ustack as a rule. */
static void mark_kernel(struct gather *g)
{
	size_t n = g->nframes;

	while (n && !kernel_root(g->frames[n - 1].addr, g->frames[n - 1].func))
		n--;
	while (n--)
		g->frames[n].flags |= FRAME_KERNEL;
}

static const char *unit_of(const char *map)
{
	size_t n = strlen(map);

	if (strstr(map, "bytes"))
		return "bytes";
	return n > 3 && !strcmp(map + n - 3, "_ns") ? "nanoseconds" : "count";
}

/* Frames of the stack, then the keys, the first one outermost. */
static int make_ids(struct gather *g, struct profile *p)
{
	int ret = 0;

	g->nids = 0;
	if (!ARRAY_ROOM(g->ids, g->nframes + g->nkeys + 1, g->ids_cap))
		return -ENOMEM;
	for (size_t i = 0; !ret && i < g->nframes; i++) {
		struct frame f = g->frames[i];

		if (!keeps_address(g, &f)) {
			f.addr = 0;
			f.flags &= ~FRAME_RETURN;
		}
		ret = profile_frame(p, &f, &g->ids[g->nids++]);
	}
	for (size_t i = g->nkeys; !ret && i--;) {
		struct frame f = { .func = g->keys[i] };

		ret = profile_frame(p, &f, &g->ids[g->nids++]);
	}
	/* a map without keys stands for itself */
	if (!ret && !g->nids)
		ret = profile_frame(p, &(struct frame){ .func = g->text.data + g->map },
				    &g->ids[g->nids++]);
	return ret;
}

int gather_begin(struct gather *g, const char *map, size_t len)
{
	g->open = true;
	g->whole = g->printing = false;
	g->nframes = g->nkeys = g->parts = 0;
	g->callers = g->stack = false;
	buf_clear(&g->text);
	g->map = keep(g, map, len);
	return g->text.failed ? -ENOMEM : 0;
}

int gather_begin_printed(struct gather *g)
{
	int ret = gather_begin(g, "@", 1);

	g->printing = true;
	return ret || g->printed.index ? ret : profile_init(&g->printed, NULL, 0);
}

void gather_next(struct gather *g)
{
	g->callers = false;
}

/* Texts get their places, the value its number.  1, 0 when there is no room for the value, or -errno. */
static int make_whole(struct gather *g, struct profile *p, const char *unit)
{
	struct reading r = *g->r;
	const char *map;

	if (g->text.failed)
		return -ENOMEM;
	map = g->text.data + g->map;
	for (size_t i = 0; i < g->nframes; i++)
		g->frames[i].func = g->text.data + (size_t)g->frames[i].func;
	for (size_t i = 0; i < g->nkeys; i++)
		g->keys[i] = g->text.data + (size_t)g->keys[i];
	mark_kernel(g);
	g->whole = true;
	r.profile = p;
	if (!reading_value(&r, map[1] ? map + 1 : "samples", unit, &g->value)) {
		g->open = false;
		return reading_bad(g->r, "%s: more maps than %d", map, PROFILE_VALUES);
	}
	return make_ids(g, p);
}

static int add_entry(struct gather *g, int64_t v, const char *unit, const struct label *labels, size_t n)
{
	struct profile *p = profile_of(g);
	int64_t values[PROFILE_VALUES] = { 0 };
	uint32_t set, sample;
	int ret = 0;

	if (!g->open || (!g->nframes && g->r->samples))
		return 0;
	if (!g->nframes && !p->index)
		ret = profile_init(p, NULL, 0);
	if (!ret && !g->whole)
		ret = make_whole(g, p, unit);
	if (!ret && g->open)
		ret = profile_labels(p, labels, n, &set);
	if (ret || !g->open)
		return ret;
	values[g->value] = v;
	g->nprinted += g->printing;
	g->r->samples += g->nframes && !g->printing;
	return profile_add_labelled(p, g->ids, g->nids, set, values, &sample);
}

int gather_value(struct gather *g, int64_t v)
{
	int ret = g->nframes || g->nkeys ? add_entry(g, v, unit_of(g->text.data + g->map), NULL, 0) : 0;

	g->open = false;
	return ret;
}

int gather_bucket(struct gather *g, int64_t lower, int64_t count)
{
	const char *unit = g->text.failed ? "" : unit_of(g->text.data + g->map);
	struct label l = { .key = "value", .num = lower,
			   .unit = strcmp(unit, "count") != 0 ? unit : NULL };

	return add_entry(g, count, "count", &l, reading_wants(g->r, "value"));
}

int gather_end(struct gather *g)
{
	struct reading *r = g->r;
	int ret = 0;

	if (g->lost)
		reading_note(r, "bpftrace lost %llu events: counts are too low",
			     (unsigned long long)g->lost);
	if (!r->samples && g->nprinted) {
		ret = profile_merge(r->profile, &g->printed);
		r->samples = g->nprinted;
		reading_note(r, "no map with stacks: those that were printed count 1 each");
	} else if (g->nprinted) {
		reading_note(r, "%llu stacks that were printed are left out, as maps have stacks",
			     (unsigned long long)g->nprinted);
	}
	if (!ret && !r->samples && g->keyed.nsamples) {
		ret = profile_merge(r->profile, &g->keyed);
		r->samples = g->keyed.nsamples;
		reading_note(r, "no stacks in it: the keys of its maps stand for them");
	}
	if (ret == -E2BIG)
		return err_set(E2BIG, "%s: more maps than %d", r->lines->name, PROFILE_VALUES);
	if (!ret && r->caller && !g->caller_known && !r->bad)
		ret = err_set(EBADMSG, "%s: --caller %u: no map has an address as key %u, behind a stack",
			      r->lines->name, r->caller, r->caller);
	return ret;
}
