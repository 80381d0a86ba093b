/* SPDX-License-Identifier: GPL-2.0-only */
/* golang_label.c - label("KEY"): loops that bpftrace can unroll, over at most eight labels */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "script/rewrite.h"

enum {
	LABELS_MAX = 8, KEY_MAX = 64,
	/* a map of at most 8 is one bucket of this shape: go/labels.c */
	HMAP_B = 9, HMAP_BUCKETS = 16, VALUES_AT = 8 + 8 * 16,
};

#define MORE "[one of more than 8]"

static int refuse(const struct rewriting *rw, const char *at, const char *why)
{
	return err_set(EINVAL, "%s line %u: label(): %s", rw->rq->name, text_line(rw->rq->text, at), why);
}

/* The key's bytes without its backslashes; 0: none or too many, or an escape that is not read. */
static size_t key_bytes(struct part key, char ret[KEY_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < key.len; i++) {
		if (key.p[i] == '\\' && (++i == key.len || !strchr("\"\\", key.p[i])))
			return 0;
		if (n == KEY_MAX)
			return 0;
		ret[n++] = key.p[i];
	}
	return n;
}

/* " && <the words at POINTER are those of key>", in the largest pieces that don't read behind its end */
static void compare(const struct rewriting *rw, const char *pointer, const char *key, size_t len, struct buf *out)
{
	const char *user = rw->site->where == GOLANG_ELSEWHERE ? "uptr" : "";

	for (size_t i = 0, n; i < len; i += n) {
		uint64_t v = 0;

		n = len - i >= 8 ? 8 : len - i >= 4 ? 4 : len - i >= 2 ? 2 : 1;
		memcpy(&v, key + i, n);
		buf_printf(out, " && *(uint%zu *)%s(%s + %zu) == (uint%zu)0x%" PRIx64, n * 8, user, pointer, i,
			   n * 8, v);
	}
}

/*
 * Before the block's own text: the value's pointer and length in $_golpK and $_golnK; $_golmK: there
 * are more labels than were looked at.
 */
static int begin(struct rewriting *rw, const struct golang_facts *f, unsigned k, const char *key, size_t len)
{
	const char *load = golang_load(rw), *user = load + strlen("*(uint64 *)");
	struct buf *out = rw->begin;
	int err;

	buf_printf(out, " $_golp%u = (uint64)0; $_goln%u = (uint64)0; $_golm%u = (uint64)0; $_gol = %s", k, k, k,
		   load);
	err = golang_curg(rw, f, out);
	buf_printf(out, " + %u); if ($_gol != 0", f->labels);
	if (!rw->site->guarded)
		buf_printf(out, " && pid == %d", rw->rq->go->pid);
	buf_str(out, ") {");
	if (f->labels_are_map)
		buf_printf(out, " $_gol = %s$_gol); $_gole = %s$_gol + %d); $_goli = (uint64)0;"
			   " $_golm%u = (uint64)*(uint8 *)%s$_gol + %d);"
			   " unroll(%d) { if ($_gol != 0 && $_golm%u == 0 && *(uint8 *)%s$_gole + $_goli) >= 5",
			   load, load, HMAP_BUCKETS, k, user, HMAP_B, LABELS_MAX, k, user);
	else
		buf_printf(out, " $_gole = %s$_gol); $_goln = %s$_gol + 8); $_goli = (uint64)0;"
			   " if ($_goln > %d) { $_golm%u = (uint64)1; }"
			   " unroll(%d) { if ($_goli < $_goln", load, load, LABELS_MAX, k, LABELS_MAX);
	buf_printf(out, " && %s$_gole + %s8) == %zu) { $_golk = %s$_gole%s); if (1 == 1", load,
		   f->labels_are_map ? "$_goli * 16 + 8 + " : "", len, load,
		   f->labels_are_map ? " + $_goli * 16 + 8" : "");
	compare(rw, "$_golk", key, len, out);
	if (f->labels_are_map)
		buf_printf(out, ") { $_golp%u = %s$_gole + $_goli * 16 + %d); $_goln%u = %s$_gole + $_goli * 16 + %d); } }"
			   " $_goli = $_goli + 1; } }", k, load, VALUES_AT, k, load, VALUES_AT + 8);
	else
		buf_printf(out, ") { $_golp%u = %s$_gole + 16); $_goln%u = %s$_gole + 24); } }"
			   " $_gole = $_gole + 32; $_goli = $_goli + 1; } }", k, load, k, load);
	return err;
}

/* The number of the key among those of the block; -1: it is new and there is no room. */
static int number(struct rewriting *rw, struct part key, bool *fresh)
{
	unsigned k = 0;

	while (k < rw->nlabels && (rw->labels[k].len != key.len || memcmp(rw->labels[k].p, key.p, key.len)))
		k++;
	*fresh = k == rw->nlabels;
	if (k == ARRAY_SIZE(rw->labels))
		return -1;
	if (*fresh)
		rw->labels[rw->nlabels++] = key;
	return k;
}

int golang_label(struct rewriting *rw, struct part key, struct buf *out)
{
	const struct golang *go = rw->rq->go;
	struct golang_facts f = { 0 };
	char bytes[KEY_MAX];
	size_t len = key_bytes(key, bytes);
	bool fresh;
	int err, k;

	if (!rw->begin)
		return refuse(rw, key.p, "bpftrace has no loops in a predicate: use if (label(\"KEY\") == ...) in the block");
	if (!len)
		return refuse(rw, key.p, "the key has 1 to 64 bytes, and no escapes but \\\" and \\\\");
	k = number(rw, key, &fresh);
	if (k < 0)
		return refuse(rw, key.p, "at most four keys in a block");
	err = go->facts(go->ctx, &f);
	if (!err && !f.has_labels)
		err = err_set(EOPNOTSUPP, "%s: where this Go version keeps labels is not known", rw->rq->name);
	if (!err && fresh)
		err = begin(rw, &f, k, bytes, len);
	buf_printf(out, "($_golm%d != 0 && $_golp%d == 0 ? \"" MORE "\" : str(%s$_golp%d%s, $_goln%d%s))", k, k,
		   rw->site->where == GOLANG_ELSEWHERE ? "uptr(" : "", k,
		   rw->site->where == GOLANG_ELSEWHERE ? ")" : "", k, rw->rq->bt->can->short_strings ? " + 1" : "");
	return err;
}
