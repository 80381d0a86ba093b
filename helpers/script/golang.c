/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/golang.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "script/rewrite.h"

#define DEPTH_MAX 127	/* frames; bpftrace's own limit */

/* The newest bpftrace counts where it can't see that both sides are unsigned: so say it. */
#define UNSIGNED_ZERO "(uint64)0"

static bool same_args(const struct golang_args *a, const struct golang_args *b)
{
	return a->known == b->known && a->regs == b->regs && a->stack == b->stack;
}

void golang_site_add(struct golang_site *s, enum golang_where where, const struct golang_args *args)
{
	if (s->any && s->where != where)
		s->mixed = true;
	if (!s->any || where < s->where)
		s->where = where;
	if (args && s->any && !same_args(&s->args, args))
		s->args_differ = true;
	if (args)
		s->args = *args;
	s->any = true;
}

static int refuse(const struct rewriting *rw, const char *at, const char *why)
{
	return err_set(EINVAL, "%s line %u: %s", rw->rq->name, text_line(rw->rq->text, at), why);
}

static int facts(struct rewriting *rw, struct golang_facts *ret)
{
	const struct golang *go = rw->rq->go;

	return go->facts(go->ctx, ret);
}

const char *golang_load(const struct rewriting *rw)
{
	return rw->site->where == GOLANG_ELSEWHERE ? "*(uint64 *)uptr(" : "*(uint64 *)(";
}

int golang_curg(struct rewriting *rw, const struct golang_facts *f, struct buf *out)
{
	const char *load = golang_load(rw);

	buf_printf(out, "%s%s", load, load);
	if (rw->site->where == GOLANG_FUNCTION && f->g_reg)
		buf_printf(out, "reg(\"%s\")", f->g_reg);
	else if (f->tls)
		/* in two's complement, since newer bpftraces warn of a signed number here */
		buf_printf(out, "%scurtask->thread.fsbase + (uint64)0x%" PRIx64 ")", load,
			   (uint64_t)f->tls_offset);
	else
		return err_set(EOPNOTSUPP, "%s: the goroutine can be found at go: probes only: where this "
			       "program's threads keep it is not known", rw->rq->name);
	buf_printf(out, " + %u) + %u)", f->m, f->curg);
	return 0;
}

/* In a probe that other processes hit, too, the words mean nothing there. */
static bool needs_guard(const struct rewriting *rw)
{
	return !rw->site->guarded && rw->site->where != GOLANG_FUNCTION;
}

static int put_goid(struct rewriting *rw, struct buf *out)
{
	struct golang_facts f = { 0 };
	int err = facts(rw, &f);

	if (err)
		return err;
	if (needs_guard(rw))
		buf_printf(out, "(pid == %d ? ", rw->rq->go->pid);
	buf_str(out, golang_load(rw));
	err = golang_curg(rw, &f, out);
	buf_printf(out, " + %u)", f.goid);
	if (needs_guard(rw))
		buf_str(out, " : " UNSIGNED_ZERO ")");
	return err;
}

static int put_goarg(struct rewriting *rw, struct part token, struct buf *out)
{
	const struct golang_site *site = rw->site;
	const struct golang_args *a = &site->args;
	unsigned n = atoi(token.p + strlen("goarg"));

	if (site->where != GOLANG_FUNCTION || site->mixed || site->returns)
		return refuse(rw, token.p, "goarg needs a go: probe, and no other in the same list");
	if (site->args_differ)
		return refuse(rw, token.p, "these functions take their arguments by different conventions: "
			      "goarg needs a probe for each");
	if (!a->known)
		return refuse(rw, token.p, "the function is assembly: how it takes its arguments is not "
			      "known; reg(\"...\") says what its registers hold");
	if (a->nregs && n >= a->nregs)
		return refuse(rw, token.p, "only goarg0 to goarg8 come in registers; what is on the stack hangs "
			      "on the types: see gobpf sym --args");
	if (a->nregs)
		buf_printf(out, "reg(\"%s\")", a->regs[n]);
	else
		buf_printf(out, "*(uint64 *)(reg(\"sp\") + %u)", a->stack + 8 * n);
	return 0;
}

/* "(A, B)" at i: the arguments between the brackets, their number; 0: there are none. *ret_len: of all. */
static unsigned arguments(struct part run, size_t i, struct part *v, unsigned max, size_t *ret_len)
{
	size_t start = i, from;
	unsigned depth = 0, n = 0;

	while (i < run.len && isspace((unsigned char)run.p[i]))
		i++;
	if (i >= run.len || run.p[i] != '(')
		return 0;
	from = i + 1;
	for (; i < run.len; i += text_token(run, i)) {
		char c = run.p[i];

		depth += c == '(' || c == '[';
		depth -= (c == ')' || c == ']') && depth;
		if ((depth == 1 && c == ',') || !depth) {
			if (n < max)
				v[n] = (struct part){ run.p + from, i - from };
			n++;
			from = i + 1;
		}
		if (!depth) {
			*ret_len = i + 1 - start;
			return n <= max ? n : 0;
		}
	}
	return 0;
}

/* Adds `open', the run rewritten, `close'. */
static int put_within(struct rewriting *rw, const char *open, struct part run, const char *close, struct buf *out)
{
	int err;

	buf_str(out, open);
	err = rewrite(rw, run, out);
	buf_str(out, close);
	return err;
}

/* Where bpftrace's str() leaves room for a NUL, that comes on top. */
static int put_string(struct rewriting *rw, const struct part *v, unsigned n, struct buf *out)
{
	bool more = rw->rq->bt->can->short_strings, kernel = rw->site->where == GOLANG_ELSEWHERE;
	const char *load = golang_load(rw);
	int err;

	if (n == 1 && memchr(v[0].p, '\n', v[0].len))
		return refuse(rw, v[0].p, "gostr(POINTER) belongs on one line");
	buf_str(out, kernel ? "str(uptr(" : "str(");
	if (n == 2) {
		err = put_within(rw, "", v[0], kernel ? "), " : ", ", out);
		err = err ? err : put_within(rw, more ? "(" : "", v[1], more ? ") + 1)" : ")", out);
		return err;
	}
	err = put_within(rw, load, v[0], kernel ? ")), " : "), ", out);
	buf_str(out, load);
	return err ? err : put_within(rw, "(", v[0], more ? ") + 8) + 1)" : ") + 8))", out);
}

static int put_slice(struct rewriting *rw, const struct part *v, const struct brackets *b, struct buf *out)
{
	bool kernel = rw->site->where == GOLANG_ELSEWHERE;
	int err;

	for (unsigned i = 0; i < b->depth && i < BRACKETS_MAX; i++)
		if (b->v[i].map.len && !rw->rq->bt->can->short_strings)
			return refuse(rw, v[0].p, "this bpftrace prints bytes as a key with zeros behind them: "
				      "print goslice() by printf(\"%r\"), or use gostr()");
	err = put_within(rw, kernel ? "buf(uptr(" : "buf(", v[0], kernel ? "), " : ", ", out);
	return err ? err : put_within(rw, "", v[1], ")", out);
}

/* Without the blanks around it, but with its lines. */
static struct part trimmed(struct part p)
{
	while (p.len && (*p.p == ' ' || *p.p == '\t'))
		p = (struct part){ p.p + 1, p.len - 1 };
	while (p.len && (p.p[p.len - 1] == ' ' || p.p[p.len - 1] == '\t'))
		p.len--;
	return p;
}

/* gostr(...), goslice(...) and label(...), whose word is `len' long: the length of all, or -errno. */
static int call(struct rewriting *rw, struct part run, size_t i, size_t len, const struct brackets *b,
		struct buf *out)
{
	struct part word = { run.p + i, len }, v[2];
	size_t more = 0;
	unsigned n = arguments(run, i + len, v, ARRAY_SIZE(v), &more);
	int err;

	for (unsigned k = 0; k < n && k < ARRAY_SIZE(v); k++) {
		v[k] = trimmed(v[k]);
		if (!v[k].len)
			n = 0;
	}
	if (part_is(word, "gostr"))
		err = n ? put_string(rw, v, n, out) :
			  refuse(rw, word.p, "gostr(POINTER, LENGTH), or gostr(POINTER) of a string in memory");
	else if (part_is(word, "goslice"))
		err = n == 2 ? put_slice(rw, v, b, out) : refuse(rw, word.p, "goslice(POINTER, LENGTH)");
	else if (n == 1 && v[0].len >= 3 && v[0].p[0] == '"' && text_token(v[0], 0) == v[0].len)
		err = golang_label(rw, (struct part){ v[0].p + 1, v[0].len - 2 }, out);
	else
		err = refuse(rw, word.p, "label(\"KEY\"), the key between quotes");
	return err ? err : (int)(len + more);
}

/* Remembers that the map has stacks to be read; the same map is used the same way everywhere. */
static int remember(struct rewriting *rw, struct part map, unsigned nth, unsigned depth)
{
	struct script *s = rw->script;

	if (map.len >= sizeof(s->maps->name))
		return refuse(rw, map.p, "the map's name is too long");
	for (size_t i = 0; i < s->nmaps; i++)
		if (part_is(map, s->maps[i].name)) {
			if (s->maps[i].nth != nth || s->maps[i].depth != depth)
				return refuse(rw, map.p, "gostack is another key of this map elsewhere");
			return 0;
		}
	if (!ARRAY_ROOM(s->maps, s->nmaps, s->maps_cap))
		return err_set(ENOMEM, "out of memory");
	s->maps[s->nmaps] = (struct script_map){ .nth = nth, .depth = depth };
	memcpy(s->maps[s->nmaps].name, map.p, map.len);
	s->maps[s->nmaps].name[map.len] = '\0';
	s->nmaps++;
	return 0;
}

/* Two keys: the stack, and the caller that it misses where no frame is set up yet. */
static int put_stack(struct rewriting *rw, struct part run, size_t i, struct brackets *b, struct buf *out)
{
	struct bracket *top = b->depth && b->depth <= BRACKETS_MAX ? &b->v[b->depth - 1] : NULL;
	struct part depth = { NULL, 0 };
	size_t len = strlen("gostack"), more = rewrite_depth(run, i + len, &depth);
	unsigned frames = depth.len && depth.len < 5 ? atoi(depth.p) : depth.len ? 0 : DEPTH_MAX;
	int err;

	if (!top || !top->map.len)
		return refuse(rw, run.p + i, "gostack is for a map's key: @[gostack] = count()");
	if (rw->site->mixed)
		return refuse(rw, run.p + i, "gostack needs probes of one kind: go: and others have their "
			      "callers in different places");
	if (!frames || frames > DEPTH_MAX)
		return refuse(rw, run.p + i, "gostack(N): N is a number from 1 to 127");
	top->stacks++;
	err = remember(rw, top->map, top->stacks, frames);
	if (err)
		return err;
	buf_str(out, rw->rq->bt->can->raw_stacks ? "ustack(raw" : "ustack(perf");
	buf_printf(out, depth.len ? ", %u), " : "), ", frames);
	buf_str(out, rw->site->where == GOLANG_FUNCTION ? "*(uint64 *)reg(\"sp\")" : UNSIGNED_ZERO);
	return len + more;
}

enum word { WORD_NONE, WORD_GOID, WORD_GOARG, WORD_CALL, WORD_STACK };

static enum word word_of(struct part token)
{
	static const char goarg[] = "goarg";
	size_t n = strlen(goarg);

	if (part_is(token, "goid"))
		return WORD_GOID;
	if (part_is(token, "gostack"))
		return WORD_STACK;
	if (part_is(token, "gostr") || part_is(token, "goslice") || part_is(token, "label"))
		return WORD_CALL;
	if (token.len > n && token.len <= n + 3 && !memcmp(token.p, goarg, n) &&
	    isdigit((unsigned char)token.p[n]) && isdigit((unsigned char)token.p[token.len - 1]))
		return WORD_GOARG;
	return WORD_NONE;
}

static int replace(struct rewriting *rw, struct part run, size_t i, struct brackets *b, struct buf *out)
{
	struct part token = { run.p + i, text_token(run, i) };
	int err;

	switch (word_of(token)) {
	case WORD_GOID:
		err = put_goid(rw, out);
		break;
	case WORD_GOARG:
		err = put_goarg(rw, token, out);
		break;
	case WORD_CALL:
		return call(rw, run, i, token.len, b, out);
	case WORD_STACK:
		return put_stack(rw, run, i, b, out);
	default:
		return 0;
	}
	return err ? err : (int)token.len;
}

bool golang_used(struct part text)
{
	for (size_t i = 0; i < text.len; i += text_token(text, i)) {
		struct part token = { text.p + i, text_token(text, i) };
		const char *behind = token.p + token.len;

		if ((part_is(token, "go") || part_is(token, "goreturn")) && behind < text.p + text.len &&
		    *behind == ':')
			return true;
		if (!rewrite_own_word(text, i) && word_of(token) != WORD_NONE)
			return true;
	}
	return false;
}

int golang_word(struct rewriting *rw, struct part run, size_t i, struct brackets *b, struct buf *out)
{
	size_t before = out->len;
	int len = replace(rw, run, i, b, out);

	if (len <= 0)
		return len;
	/* what follows keeps its line: label()'s key, and the blanks around it, may have had some */
	for (unsigned n = text_line_ends((struct part){ run.p + i, len }),
		      m = text_line_ends((struct part){ out->data + before, out->len - before }); m < n; m++)
		buf_char(out, '\n');
	return len;
}
