/* SPDX-License-Identifier: GPL-2.0-only */
/* resolve_probe.c - one probe of a script: its specs at their places, its block made ready */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "script/resolve_work.h"
#include "script/rewrite.h"

/* CF or ZF: what `jbe' looks at (Intel SDM vol. 1, 3.4.3.1). */
#define BRANCH_NOT_TAKEN "(reg(\"flags\") & 0x41) == 0"

bool probes_target(const struct text_spec *s)
{
	static const char *const providers[] = { "uprobe", "u", "uretprobe", "ur" };

	if (!part_is(s->path, "$1"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (part_is(s->provider, providers[i]))
			return true;
	return false;
}

/* As many line ends as there are in the original, so that no line gets another number. */
static void keep_lines(struct specs *s, unsigned lines)
{
	if (s->lines >= lines && s->text.len)
		buf_char(&s->text, ' ');
	for (; s->lines < lines; s->lines++)
		buf_char(&s->text, '\n');
}

struct buf *list_for(struct head *h, bool branch)
{
	struct specs *list = branch ? &h->branch : &h->plain;

	if (list->text.len)
		buf_char(&list->text, ',');
	keep_lines(list, h->lines);
	return &list->text;
}

static void left_out(struct work *w, const char *name, const char *why)
{
	buf_printf(&w->out->remarks, "%s: %s left out: %s\n", w->rq->name, name, why);
	buf_printf(&w->notes, "//   %s: left out, %s\n", name, why);
}

/*
 * Could bpftrace take the number for an address inside a symbol?  It looks for
 * one first, and reads it as a file offset only when there is none.
 */
static bool taken_for_address(const struct elf_file *elf, uint64_t number)
{
	struct elf_sym sym;

	return elf_symbol_at(elf, number, &sym) && number - sym.addr < sym.size;
}

void note_place(struct work *w, const char *name, const char *form, uint64_t value,
		 enum script_place_kind kind)
{
	static const char *const where[] = {
		[SCRIPT_PLACE_ENTRY] = "the entry",
		[SCRIPT_PLACE_CHEAP] = "behind the stack check",
		[SCRIPT_PLACE_BRANCH] = "the stack check's jump, when not taken",
	};

	buf_printf(&w->notes, "//   %s: %s 0x%" PRIx64 ", %s\n", name, form, value, where[kind]);
	w->out->placed++;
}

bool place_by_number(struct work *w, const char *name, const struct script_place *at, struct head *h)
{
	const struct script_request *rq = w->rq;
	bool branch = at->kind == SCRIPT_PLACE_BRANCH, symbols = elf_has_symtab(rq->elf);

	if (symbols && rq->bt->can->address) {
		buf_printf(list_for(h, branch), "uprobe:%s:0x%" PRIx64, rq->args[0], at->addr);
		note_place(w, name, "address", at->addr, at->kind);
		return true;
	}
	if (!taken_for_address(rq->elf, at->offset)) {
		buf_printf(list_for(h, branch), "uprobe:%s:0x%" PRIx64, rq->args[0], at->offset);
		note_place(w, name, "file offset", at->offset, at->kind);
		w->out->unsafe = true;
		return true;
	}
	return false;
}

/* Puts the probe of the function at its place, or says why not. */
static void place(struct work *w, const struct text_spec *s, const char *name,
		  const struct script_place *at, struct head *h)
{
	const struct script_request *rq = w->rq;

	golang_site_add(&h->site, GOLANG_FUNCTION, NULL);
	if (place_by_number(w, name, at, h))
		return;
	if (!elf_has_symtab(rq->elf)) {
		left_out(w, name, "this bpftrace can't probe there in a stripped file");
		return;
	}
	buf_printf(list_for(h, false), "uprobe:%s:%s%.*s%s", rq->args[0], s->quoted ? "\"" : "",
		   (int)s->name.len, s->name.p, s->quoted ? "\"" : "");
	note_place(w, name, "by name", at->addr, SCRIPT_PLACE_ENTRY);
}

/* A "*" that no Go name has: those stand in "(*T)" only. */
static bool wildcard(const char *name)
{
	for (const char *p = strchr(name, '*'); p; p = strchr(p + 1, '*'))
		if (p == name || p[-1] != '(')
			return true;
	return false;
}

static void as_it_is(struct work *w, const struct text_spec *s, struct head *h)
{
	struct buf *list = list_for(h, false);
	const char *rest = s->path.p + s->path.len;

	golang_site_add(&h->site, GOLANG_USER, NULL);
	buf_printf(list, "%.*s:%s%.*s", (int)s->provider.len, s->provider.p, w->rq->args[0],
		   (int)(s->all.p + s->all.len - rest), rest);
	w->out->placed++;
}

static int target_spec(struct work *w, const struct text_spec *s, struct head *h)
{
	const struct script_request *rq = w->rq;
	bool symbols = elf_has_symtab(rq->elf);
	struct script_place at = { 0 };
	char name[NAME_MAX_LEN];
	int ret;

	w->wanted++;
	if (s->provider.len >= 2 && s->provider.p[1] == 'r')
		return err_set(EOPNOTSUPP, "%s line %u: a uretprobe on a Go function crashes the "
			       "program when a stack moves", rq->name,
			       text_line(rq->text, s->all.p));
	if (s->name.len >= sizeof(name))
		return err_set(EINVAL, "%s line %u: the function's name is too long", rq->name,
			       text_line(rq->text, s->all.p));
	memcpy(name, s->name.p, s->name.len);
	name[s->name.len] = '\0';
	ret = s->offset ? -ENOENT : rq->resolve(rq->ctx, name, &at);
	if (!ret)
		place(w, s, name, &at, h);
	else if (ret != -ENOENT)
		return ret;
	else if ((s->offset || wildcard(name)) && symbols)
		as_it_is(w, s, h);
	else if (s->offset || wildcard(name))
		left_out(w, name, "the file is stripped");
	else
		left_out(w, name, "the program has no such function");
	return 0;
}

static bool is_golang(const struct work *w, const struct text_spec *s)
{
	return w->rq->go && (part_is(s->provider, "go") || part_is(s->provider, "goreturn"));
}

/* Probes that stop a process at an instruction of its own. */
static bool in_user_space(const struct text_spec *s)
{
	static const char *const providers[] = { "uprobe", "u", "uretprobe", "ur", "usdt", "U", "watchpoint", "w",
						 "asyncwatchpoint", "aw" };

	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (part_is(s->provider, providers[i]))
			return true;
	return false;
}

/* A spec that is bpftrace's. A uretprobe on Go is refused wherever it is. */
static int plain_spec(struct work *w, const struct text_spec *s, struct head *h)
{
	const struct golang *go = w->rq->go;
	int err;

	golang_site_add(&h->site, in_user_space(s) ? GOLANG_USER : GOLANG_ELSEWHERE, NULL);
	if (!go || !(part_is(s->provider, "uretprobe") || part_is(s->provider, "ur")))
		return 0;
	err = go->uretprobe(go->ctx, s->path, s->name);
	return err ? err_in(err, "%s line %u", w->rq->name, text_line(w->rq->text, s->all.p)) : 0;
}

static int add_spec(struct work *w, const struct text_spec *s, struct head *h)
{
	const struct script_request *rq = w->rq;
	int err;

	if (is_golang(w, s))
		return golang_spec(w, s, h);
	h->other = s->all.p;
	if (rq->elf && probes_target(s))
		return target_spec(w, s, h);
	err = plain_spec(w, s, h);
	if (err)
		return err;
	if (part_is(s->path, "$1") && rq->nargs) {
		as_it_is(w, s, h);
		return 0;
	}
	return rewrite_spec(rq, s->all, list_for(h, false));
}

/* A block on one line: a second one, behind the first, must not move what follows. */
static void one_line(struct buf *out, size_t from)
{
	struct part text = { out->data, out->len };
	size_t to = from, n;

	for (size_t i = from; i < text.len; i += n) {
		n = text_token(text, i);
		if (n > 1 && text.p[i] == '/' && text.p[i + 1] == '/')
			continue;
		memmove(out->data + to, out->data + i, n);
		for (size_t j = to; j < to + n; j++)
			if (out->data[j] == '\n')
				out->data[j] = ' ';
		to += n;
	}
	if (out->data)
		out->data[out->len = to] = '\0';
}

/* The block, behind what its words need before it. */
static int add_body(struct work *w, const struct text_item *item, const struct golang_site *site)
{
	struct buf body = { 0 }, begin = { 0 }, *out = &w->out->text;
	struct rewriting rw = { .rq = w->rq, .script = w->out, .site = w->rq->go ? site : NULL, .begin = &begin };
	int ret = rewrite(&rw, item->body, &body);

	if (!ret && body.len) {
		buf_char(out, '{');
		buf_add(out, begin.data ? begin.data : "", begin.len);
		buf_add(out, body.data + 1, body.len - 1);
	}
	out->failed |= body.failed || begin.failed;
	buf_free(&body);
	buf_free(&begin);
	return ret;
}

static int add_predicate(struct work *w, const struct text_item *item, const struct golang_site *site)
{
	struct rewriting rw = { .rq = w->rq, .script = w->out, .site = w->rq->go ? site : NULL };

	return rewrite(&rw, item->predicate, &w->out->text);
}

/* The user's predicate and ours: the process of a go: probe, the jump that is not taken. */
static int add_conditions(struct work *w, const struct text_item *item, const struct head *h, bool branch)
{
	struct buf *out = &w->out->text;
	bool user = item->predicate.len, ours = h->go || branch;
	int ret = 0;

	if (!user && !ours)
		return 0;
	buf_char(out, '/');
	if (h->go)
		buf_printf(out, "pid == %d%s", w->rq->go->pid, user || branch ? " && " : "");
	buf_str(out, user && ours ? "(" : "");
	if (user)
		ret = add_predicate(w, item, &h->site);
	buf_str(out, user && ours ? ")" : "");
	buf_str(out, user && branch ? " && " : "");
	buf_str(out, branch ? BRANCH_NOT_TAKEN "/" : "/");
	if (user)
		buf_add(out, item->predicate.p + item->predicate.len + 1,
			item->body.p - (item->predicate.p + item->predicate.len + 1));
	else
		buf_char(out, ' ');
	return ret;
}

static int emit(struct work *w, const struct text_item *item, struct head *h, bool branch)
{
	struct specs *specs = branch ? &h->branch : &h->plain;
	int ret;

	if (!specs->text.len)
		return 0;
	keep_lines(specs, text_line_ends(item->specs));
	buf_add(&w->out->text, specs->text.data, specs->text.len);
	ret = add_conditions(w, item, h, branch);
	return ret ? ret : add_body(w, item, &h->site);
}

/* A block for each of the two lists that has specs. */
static int emit_both(struct work *w, const struct text_item *item, struct head *h)
{
	struct buf *out = &w->out->text;
	bool both = h->plain.text.len && h->branch.text.len;
	int ret = emit(w, item, h, false);
	size_t from;

	if (ret)
		return ret;
	if (both)
		buf_char(out, ' ');
	from = out->len;
	ret = emit(w, item, h, true);
	if (!ret && both)
		one_line(out, from);
	/* nothing is left of it but its lines */
	if (!h->plain.text.len && !h->branch.text.len)
		for (unsigned n = text_line_ends(item->all); n; n--)
			buf_char(out, '\n');
	return ret;
}

/* A probe that isn't ours stays as it is written. */
static int verbatim(struct work *w, const struct text_item *item, const struct golang_site *site)
{
	struct buf *out = &w->out->text;
	const char *behind = item->specs.p + item->specs.len;
	int ret = rewrite_spec(w->rq, item->specs, out);

	if (!ret && item->predicate.len) {
		buf_char(out, '/');
		ret = add_predicate(w, item, site);
		behind = item->predicate.p + item->predicate.len;
	}
	buf_add(out, behind, item->body.p - behind);
	return ret ? ret : add_body(w, item, site);
}

/* Has the probe a spec that is for us? */
static int has_ours(struct work *w, const struct text_item *item, bool *ret_ours)
{
	struct text_spec spec;
	size_t pos = 0;
	int ret;

	*ret_ours = false;
	while ((ret = text_next_spec(item->specs, &pos, &spec)) > 0)
		*ret_ours |= is_golang(w, &spec) || (w->rq->elf && probes_target(&spec));
	return ret < 0 ? err_in(ret, "%s", w->rq->name) : 0;
}

static int add_specs(struct work *w, const struct text_item *item, struct head *h, bool ours)
{
	struct text_spec spec;
	size_t pos = 0;
	int ret = 0;

	while (!ret && text_next_spec(item->specs, &pos, &spec) > 0) {
		h->lines = text_line(item->specs, spec.all.p) - 1;
		ret = ours ? add_spec(w, &spec, h) : plain_spec(w, &spec, h);
	}
	h->site.guarded = h->go;
	if (!ret && h->go && h->other)
		ret = err_set(EINVAL, "%s line %u: go: probes are of one process, the others in their list aren't: "
			      "give those a block of their own", w->rq->name, text_line(w->rq->text, h->other));
	return ret;
}

int add_probe(struct work *w, const struct text_item *item)
{
	struct head h = { 0 };
	bool ours;
	int ret = has_ours(w, item, &ours);

	if (!ret)
		ret = add_specs(w, item, &h, ours);
	if (!ret)
		ret = ours ? emit_both(w, item, &h) : verbatim(w, item, &h.site);
	w->out->text.failed |= h.plain.text.failed || h.branch.text.failed;
	buf_free(&h.plain.text);
	buf_free(&h.branch.text);
	free(h.seen);
	return ret;
}
