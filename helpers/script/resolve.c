/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/resolve.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "script/rewrite.h"

#define SCRIPT_MAX (1u << 20)
#define NAME_MAX_LEN 1024

/* CF or ZF: what `jbe' looks at (Intel SDM vol. 1, 3.4.3.1). */
#define BRANCH_NOT_TAKEN "(reg(\"flags\") & 0x41) == 0"

struct work {
	const struct script_request *rq;
	struct script *out;
	struct buf notes;	/* for the top of the result */
	unsigned wanted;	/* probes of the target in the script */
};

/* The specs of one probe that remain, by what they need, with their line ends. */
struct specs {
	struct buf text;
	unsigned lines;		/* line ends in it */
};

struct head {
	struct specs plain, branch;
	unsigned lines;		/* line ends before the spec at hand */
};

int script_load(const char *path, struct buf *ret)
{
	int err = buf_read_file(ret, path, SCRIPT_MAX);

	if (!err && (!ret->data || memchr(ret->data, '\0', ret->len)))
		err = -ENOEXEC;
	return err ? err_sys(-err, "can't read the script %s", path) : 0;
}

static bool probes_target(const struct text_spec *s)
{
	static const char *const providers[] = { "uprobe", "u", "uretprobe", "ur" };

	if (!part_is(s->path, "$1"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (part_is(s->provider, providers[i]))
			return true;
	return false;
}

int script_wants_target(struct part text, bool *ret)
{
	struct text_item item;
	struct text_spec spec;
	size_t pos = 0, at;
	bool wants = false;
	int got;

	while ((got = text_next(text, &pos, &item)) > 0) {
		if (item.kind != TEXT_PROBE)
			continue;
		at = 0;
		while ((got = text_next_spec(item.specs, &at, &spec)) > 0)
			wants |= probes_target(&spec);
		if (got < 0)
			break;
	}
	if (got < 0)
		return got;
	*ret = wants;
	return 0;
}

static unsigned line_ends(const char *from, const char *to)
{
	unsigned n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* As many line ends as there are in the original, so that no line gets another number. */
static void keep_lines(struct specs *s, unsigned lines)
{
	if (s->lines >= lines && s->text.len)
		buf_char(&s->text, ' ');
	for (; s->lines < lines; s->lines++)
		buf_char(&s->text, '\n');
}

static struct buf *list_for(struct head *h, bool branch)
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

static void note(struct work *w, const char *name, const char *form, uint64_t value,
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

/* Puts the probe of the function at its place, or says why not. */
static void place(struct work *w, const struct text_spec *s, const char *name,
		  const struct script_place *at, struct head *h)
{
	const struct script_request *rq = w->rq;
	bool branch = at->kind == SCRIPT_PLACE_BRANCH, symbols = elf_has_symtab(rq->elf);

	if (symbols && rq->bt->can->address) {
		buf_printf(list_for(h, branch), "uprobe:%s:0x%" PRIx64, rq->args[0], at->addr);
		note(w, name, "address", at->addr, at->kind);
		return;
	}
	if (!taken_for_address(rq->elf, at->offset)) {
		buf_printf(list_for(h, branch), "uprobe:%s:0x%" PRIx64, rq->args[0], at->offset);
		note(w, name, "file offset", at->offset, at->kind);
		w->out->unsafe = true;
		return;
	}
	if (!symbols) {
		left_out(w, name, "this bpftrace can't probe there in a stripped file");
		return;
	}
	buf_printf(list_for(h, false), "uprobe:%s:%s%.*s%s", rq->args[0], s->quoted ? "\"" : "",
		   (int)s->name.len, s->name.p, s->quoted ? "\"" : "");
	note(w, name, "by name", at->addr, SCRIPT_PLACE_ENTRY);
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

static int add_spec(struct work *w, const struct text_spec *s, struct head *h)
{
	const struct script_request *rq = w->rq;

	if (rq->elf && probes_target(s))
		return target_spec(w, s, h);
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

static int emit(struct work *w, const struct text_item *item, struct specs *specs, bool branch)
{
	struct buf *out = &w->out->text;
	const char *behind = item->predicate.p + item->predicate.len + 1;
	int ret = 0;

	if (!specs->text.len)
		return 0;
	keep_lines(specs, line_ends(item->specs.p, item->specs.p + item->specs.len));
	buf_add(out, specs->text.data, specs->text.len);
	if (item->predicate.len || branch) {
		buf_str(out, item->predicate.len && branch ? "/(" : "/");
		ret = rewrite(w->rq, item->predicate, out);
		buf_str(out, item->predicate.len && branch ? ") && " : "");
		buf_str(out, branch ? BRANCH_NOT_TAKEN "/" : "/");
		if (item->predicate.len)
			buf_add(out, behind, item->body.p - behind);
		else
			buf_char(out, ' ');
	}
	return ret ? ret : rewrite(w->rq, item->body, out);
}

/* A block for each of the two lists that has specs. */
static int emit_both(struct work *w, const struct text_item *item, struct head *h)
{
	struct buf *out = &w->out->text;
	bool both = h->plain.text.len && h->branch.text.len;
	int ret = emit(w, item, &h->plain, false);
	size_t from;

	if (ret)
		return ret;
	if (both)
		buf_char(out, ' ');
	from = out->len;
	ret = emit(w, item, &h->branch, true);
	if (!ret && both)
		one_line(out, from);
	/* nothing is left of it but its lines */
	if (!h->plain.text.len && !h->branch.text.len)
		for (unsigned n = line_ends(item->all.p, item->all.p + item->all.len); n; n--)
			buf_char(out, '\n');
	return ret;
}

/* A probe that isn't ours stays as it is written. */
static int verbatim(struct work *w, const struct text_item *item)
{
	struct buf *out = &w->out->text;
	const char *behind = item->specs.p + item->specs.len;
	int ret = rewrite_spec(w->rq, item->specs, out);

	if (!ret && item->predicate.len) {
		buf_char(out, '/');
		ret = rewrite(w->rq, item->predicate, out);
		behind = item->predicate.p + item->predicate.len;
	}
	buf_add(out, behind, item->body.p - behind);
	return ret ? ret : rewrite(w->rq, item->body, out);
}

/* Has the probe a spec that probes the target? As script_wants_target(). */
static int has_ours(struct work *w, const struct text_item *item, bool *ret_ours)
{
	struct text_spec spec;
	size_t pos = 0;
	int ret;

	*ret_ours = false;
	while ((ret = text_next_spec(item->specs, &pos, &spec)) > 0)
		*ret_ours |= w->rq->elf && probes_target(&spec);
	return ret < 0 ? err_in(ret, "%s", w->rq->name) : 0;
}

static int add_probe(struct work *w, const struct text_item *item)
{
	struct head h = { 0 };
	struct text_spec spec;
	size_t pos = 0;
	bool ours;
	int ret = has_ours(w, item, &ours);

	if (ret || !ours)
		return ret ? ret : verbatim(w, item);
	while (!ret && text_next_spec(item->specs, &pos, &spec) > 0) {
		h.lines = line_ends(item->specs.p, spec.all.p);
		ret = add_spec(w, &spec, &h);
	}
	if (!ret)
		ret = emit_both(w, item, &h);
	w->out->text.failed |= h.plain.text.failed || h.branch.text.failed;
	buf_free(&h.plain.text);
	buf_free(&h.branch.text);
	return ret;
}

static int add_items(struct work *w)
{
	struct part text = w->rq->text;
	struct text_item item;
	size_t pos = 0;
	int ret;

	while ((ret = text_next(text, &pos, &item)) > 0) {
		if (item.kind == TEXT_PROBE)
			ret = add_probe(w, &item);
		else if (item.all.p[0] == '#')
			buf_add(&w->out->text, item.all.p, item.all.len);
		else
			ret = rewrite(w->rq, item.all, &w->out->text);
		if (ret < 0)
			return ret;
	}
	return ret ? err_in(ret, "%s", w->rq->name) : 0;
}

static void add_top(struct work *w)
{
	const struct script_request *rq = w->rq;
	const char *id = rq->elf ? elf_build_id(rq->elf) : "";
	struct buf *text = &w->out->text, *top = &w->out->top;

	if (text->len >= 2 && !memcmp(text->data, "#!", 2)) {
		const char *nl = memchr(text->data, '\n', text->len);

		w->out->shebang = nl ? (size_t)(nl - text->data) + 1 : text->len;
		buf_str(top, w->out->unsafe ? "#!/usr/bin/env -S bpftrace --unsafe\n"
					    : "#!/usr/bin/env bpftrace\n");
	}
	buf_printf(top, "// Made by gobpf %s from %s for bpftrace %u.%u.%u%s.\n", GOBPF_VERSION,
		   rq->name, rq->bt->major, rq->bt->minor, rq->bt->patch,
		   w->out->unsafe ? ", to be run with --unsafe" : "");
	if (rq->elf)
		buf_printf(top, "// The places below are those of one build only, build id %s:\n",
			   id[0] ? id : "unknown");
	buf_add(top, w->notes.data ? w->notes.data : "", w->notes.len);
	buf_str(top, "//\n");
	top->failed |= w->notes.failed;
}

/* An argument that nothing takes is a mistake of whoever gave it: "30 s". */
static int check_args(const struct script_request *rq)
{
	unsigned last = rewrite_last(rq->text);

	/* the program and its PID are always given */
	if (rq->elf && last < 2)
		last = 2;
	if (rq->nargs <= last)
		return 0;
	if (!last)
		return err_set(EINVAL, "%s takes no arguments: '%s' is one too many", rq->name,
			       rq->args[0]);
	return err_set(EINVAL, "%s has no use for the argument '%s': $%u is its last", rq->name,
		       rq->args[last], last);
}

int script_resolve(const struct script_request *rq, struct script *ret)
{
	struct script s = { .raw_stacks = rq->raw_stacks };
	struct work w = { .rq = rq, .out = &s };
	int err = check_args(rq);

	if (!err)
		err = add_items(&w);
	if (!err && rq->elf && w.wanted && !s.placed)
		err = err_set(ENOEXEC, "%s: nothing to probe: %.*s", rq->name,
			      (int)strcspn(s.remarks.data, "\n"), s.remarks.data);
	if (!err)
		add_top(&w);
	if (!err && (s.text.failed || s.top.failed || s.remarks.failed))
		err = err_set(ENOMEM, "out of memory");
	buf_free(&w.notes);
	if (err)
		script_free(&s);
	else
		*ret = s;
	return err;
}

void script_free(struct script *s)
{
	buf_free(&s->text);
	buf_free(&s->top);
	buf_free(&s->remarks);
}
