/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "script/resolve_work.h"
#include "script/rewrite.h"

#define SCRIPT_MAX (1u << 20)

int script_load(const char *path, struct buf *ret)
{
	int err = buf_read_file(ret, path, SCRIPT_MAX);

	if (!err && (!ret->data || memchr(ret->data, '\0', ret->len)))
		err = -ENOEXEC;
	return err ? err_sys(-err, "can't read the script %s", path) : 0;
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
			ret = rewrite(&(struct rewriting){ .rq = w->rq, .script = w->out }, item.all,
				      &w->out->text);
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
	s.raw_stacks |= s.nmaps > 0;
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
	free(s->maps);
}
