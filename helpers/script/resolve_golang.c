/* SPDX-License-Identifier: GPL-2.0-only */
/* resolve_golang.c - go: and goreturn: specs at their places */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "script/resolve_work.h"

/* As spec.name, but of a go: spec, which has no path: all behind the first colon, without quotes. */
static int golang_name(struct work *w, const struct text_spec *s, char name[NAME_MAX_LEN])
{
	struct part rest = { s->all.p + s->provider.len + 1, s->all.len - s->provider.len };
	const char *why = "a function's name belongs behind the colon, as in go:main.main";

	rest.len = s->all.len > s->provider.len ? rest.len - 1 : 0;
	if (rest.len >= 2 && rest.p[0] == '"' && text_token(rest, 0) == rest.len)
		rest = (struct part){ rest.p + 1, rest.len - 2 };
	if (rest.len && rest.len < NAME_MAX_LEN && !memchr(rest.p, '"', rest.len)) {
		memcpy(name, rest.p, rest.len);
		name[rest.len] = '\0';
		return 0;
	}
	if (rest.len >= NAME_MAX_LEN)
		why = "the function's name is too long";
	else if (rest.len)
		why = "quotes go around the whole name, with a blank or a comma behind them";
	return err_set(EINVAL, "%s line %u: %s", w->rq->name, text_line(w->rq->text, s->all.p), why);
}

/* What golang_spec() hands through golang.places(). */
struct placing {
	struct work *w;
	struct head *h;
	const struct text_spec *spec;
};

/* Was the place probed in this list? Two probes would count each hit twice. */
static int seen_before(struct head *h, uint64_t addr, bool *ret)
{
	*ret = false;
	for (size_t i = 0; i < h->nseen; i++)
		*ret |= h->seen[i] == addr;
	if (*ret)
		return 0;
	if (!ARRAY_ROOM(h->seen, h->nseen, h->seen_cap))
		return err_set(ENOMEM, "out of memory");
	h->seen[h->nseen++] = addr;
	return 0;
}

static int golang_place(void *arg, const struct golang_place *p)
{
	struct placing *g = arg;
	struct work *w = g->w;
	const struct script_request *rq = w->rq;
	unsigned line = text_line(rq->text, g->spec->all.p);
	bool seen;
	int err = seen_before(g->h, p->at.addr, &seen);

	if (err || seen)
		return err;
	if (w->out->placed >= GOLANG_PLACES_MAX)
		return err_set(EINVAL, "%s line %u: more than %d probes: a closer pattern is needed", rq->name,
			       line, GOLANG_PLACES_MAX);
	golang_site_add(&g->h->site, GOLANG_FUNCTION, &p->args);
	g->h->site.returns |= p->returns;
	if (place_by_number(w, p->name, &p->at, g->h))
		return 0;
	if (!p->symbol || p->returns)
		return err_set(EOPNOTSUPP, "%s line %u: bpftrace %u.%u can't probe %s%s in this program (its "
			       "symbols have another function at that file offset): use bpftrace 0.23 or newer",
			       rq->name, line, rq->bt->major, rq->bt->minor,
			       p->returns ? "the returns of " : "", p->name);
	buf_printf(list_for(g->h, false), "uprobe:%s:\"%s\"", rq->args[0], p->symbol);
	note_place(w, p->name, "by name", p->at.addr, SCRIPT_PLACE_ENTRY);
	return 0;
}

int golang_spec(struct work *w, const struct text_spec *s, struct head *h)
{
	const struct script_request *rq = w->rq;
	struct placing g = { w, h, s };
	char name[NAME_MAX_LEN];
	int err = golang_name(w, s, name);

	w->wanted++;
	h->go = true;
	if (!err) {
		err = rq->go->places(rq->go->ctx, name, part_is(s->provider, "goreturn"), golang_place, &g,
				     &w->out->remarks);
		if (err == -ENOENT)
			err = err_in(-ENOEXEC, "%s line %u", rq->name, text_line(rq->text, s->all.p));
	}
	return err;
}
