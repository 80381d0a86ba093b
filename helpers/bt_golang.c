/* SPDX-License-Identifier: GPL-2.0-only */
#include "bt_golang.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "go/args.h"
#include "go/current.h"
#include "go/layout.h"
#include "go/leave.h"
#include "go/names.h"
#include "script_place.h"

/* Labels are a slice from this version on: go/labels.h. */
#define LABELS_SLICE_SINCE 24

/* A bracket with one of these in it is type arguments, not a choice of letters. */
static const char *choice_end(const char *open)
{
	const char *close = strchr(open, ']');
	size_t n = close ? (size_t)(close - open) : 0;

	return n > 1 && strcspn(open, ".*?") > n ? close : NULL;
}

static bool in_choice(const char *p, const char *close, char c)
{
	bool negated = p[1] == '!' || p[1] == '^', in = false;

	for (p += 1 + negated; p < close; p++) {
		if (p[1] == '-' && p + 2 < close) {
			in |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			in |= c == *p;
		}
	}
	return in != negated;
}

/* "[...]" in a pattern stands for any type arguments, as the runtime prints them. */
static bool any_types(const char *p)
{
	return !strncmp(p, "[...]", 5);
}

bool bt_name_matches(const char *p, const char *s)
{
	const char *star = NULL, *retry = NULL, *start = p;

	while (*s) {
		const char *close = *p == '[' ? choice_end(p) : NULL;

		if (*p == '*' && (p == start || p[-1] != '(')) {
			star = p++;
			retry = s;
		} else if (any_types(p) && *s == '[' && !any_types(s)) {
			p += strlen("[...");
			star = p - 1;
			retry = ++s;
		} else if (close && in_choice(p, close, *s)) {
			p = close + 1;
			s++;
		} else if (!close && *p && (*p == '?' || *p == *s)) {
			p++;
			s++;
		} else if (star) {
			p = star + 1;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (*p == '*' && (p == start || p[-1] != '('))
		p++;
	return !*p;
}

static bool is_pattern(const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p == '?' || (*p == '*' && (p == name || p[-1] != '(')) || any_types(p) ||
		    (*p == '[' && choice_end(p)))
			return true;
	return false;
}

struct finding {
	struct go_process *p;
	bool returns;
	int (*each)(void *arg, const struct golang_place *p);
	void *arg;
	struct buf *remarks;
	unsigned found;
};

/*
 * The name that bpftrace finds f by in the symbol table: it takes the star in "(*T)" for any
 * letters, so a name that would match another symbol is none.
 */
static const char *symbol_of(struct go_process *p, const struct go_func *f)
{
	struct elf_sym sym;

	if (!elf_symbol_at(&p->elf, f->entry, &sym) || sym.addr != f->entry || strchr(sym.name, '"'))
		return NULL;
	for (uint32_t i = 0; strchr(sym.name, '*') && i < p->go.nfunc; i++) {
		const char *star = strchr(sym.name, '*');
		size_t before = star - sym.name, behind = strlen(star + 1);
		struct go_func other;
		size_t n;

		if (!go_func_nth(&p->go, i, &other) || other.entry == f->entry)
			continue;
		n = strlen(other.name);
		if (n >= before + behind && !strncmp(other.name, sym.name, before) &&
		    !strcmp(other.name + n - behind, star + 1))
			return NULL;
	}
	return sym.name;
}

static void learn_args(struct go_process *p, const struct go_func *f, struct golang_args *ret)
{
	struct go_args a;

	if (go_args_of(&p->go, f, &a) || a.abi == GO_ABI_UNKNOWN)
		return;
	ret->known = true;
	ret->stack = a.stack;
	if (a.abi == GO_ABI_REGISTERS) {
		ret->regs = a.ints;
		ret->nregs = a.nints;
	}
}

static int returns_of(struct finding *f, const struct go_func *func)
{
	struct golang_place place = { .name = func->name, .returns = true };
	struct go_leaves leaves = { 0 };
	unsigned rets = 0, jumps = 0;
	int err = go_leaves_of(&f->p->go, func, &leaves);

	for (size_t i = 0; !err && i < leaves.n; i++) {
		place.at = (struct script_place){ leaves.v[i].addr, leaves.v[i].offset, SCRIPT_PLACE_ENTRY };
		if (leaves.v[i].kind == LEAVE_RET)
			err = f->each(f->arg, &place);
		rets += leaves.v[i].kind == LEAVE_RET;
		jumps += leaves.v[i].kind != LEAVE_RET;
	}
	go_leaves_free(&leaves);
	if (!err && jumps)
		buf_line(f->remarks, "goreturn:%s: it is also left by %u jump%s to other functions: those calls' "
			 "ends are not seen", func->name, jumps, jumps == 1 ? "" : "s");
	if (!err && !rets)
		err = err_set(ENOEXEC, "goreturn:%s: it has no return", func->name);
	return err;
}

static int found(struct finding *f, const struct go_func *func)
{
	struct golang_place place = { .name = func->name };
	int err;

	f->found++;
	if (f->returns)
		return returns_of(f, func);
	err = script_place_of(f->p, func, &place.at);
	if (err)
		return err;
	place.symbol = symbol_of(f->p, func);
	learn_args(f->p, func, &place.args);
	return f->each(f->arg, &place);
}

/* All functions of that name: instances of one generic function may share it. */
static int find(struct finding *f, const char *name, bool (*matches)(const char *pattern, const char *name))
{
	const struct go_file *g = &f->p->go;
	int err = 0;

	for (uint32_t i = 0; !err && i < g->nfunc; i++) {
		struct go_func func;

		if (go_func_nth(g, i, &func) && matches(name, func.name))
			err = found(f, &func);
	}
	return err;
}

static bool equal(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static bool is_inlined(const struct go_file *g, const char *name)
{
	char with_ends[1024];
	int n = snprintf(with_ends + 1, sizeof(with_ends) - 1, "%s", name);

	with_ends[0] = '\0';
	return n > 0 && n < (int)sizeof(with_ends) - 2 &&
	       memmem(g->funcnames.p, g->funcnames.len, with_ends, n + 2);
}

static int nothing(const struct go_file *g, const char *name)
{
	char near[BT_NEAR_WORDS];

	if (is_inlined(g, name))
		return err_set(ENOENT, "%s is inlined into all its callers: there is nothing of its own to probe "
			       "(build with -gcflags=-l, or probe the callers)", name);
	bt_near(g, name, near);
	if (is_pattern(name))
		return err_set(ENOENT, "no function of the program matches %s", name);
	return err_set(ENOENT, "the program has no function %s%s%s", name, near[0] ? "; near it: " : "", near);
}

static int places(void *ctx, const char *name, bool returns,
		  int (*each)(void *arg, const struct golang_place *p), void *arg, struct buf *remarks)
{
	struct finding f = { ctx, returns, each, arg, remarks, 0 };
	struct go_func moved;
	int err = find(&f, name, equal);

	if (err || f.found)
		return err;
	if (go_func_named_ever(&f.p->go, name, &moved)) {
		buf_line(remarks, "%s is %s in %s", name, moved.name, f.p->go.version.text);
		return found(&f, &moved);
	}
	if (is_pattern(name))
		err = find(&f, name, bt_name_matches);
	return err || f.found ? err : nothing(&f.p->go, name);
}

static int facts(void *ctx, struct golang_facts *ret)
{
	struct go_process *p = ctx;
	struct layout_field m, curg, goid, labels;
	struct layout_want want[] = {
		{ "runtime.g", "m", &m },
		{ "runtime.m", "curg", &curg },
		{ "runtime.g", "goid", &goid },
	};
	struct layout_want want_labels = { "runtime.g", "labels", &labels };
	struct go_current current;
	int err = go_current(&p->go, &current);

	if (!err)
		err = layout_fields(&p->go, want, ARRAY_SIZE(want));
	if (err)
		return err;
	*ret = (struct golang_facts){ current.reg, current.tls, current.tls_offset, m.offset, curg.offset,
				      goid.offset };
	if (p->go.version.minor && !layout_fields(&p->go, &want_labels, 1)) {
		ret->has_labels = true;
		ret->labels = labels.offset;
		ret->labels_are_map = p->go.version.minor < LABELS_SLICE_SINCE;
	}
	return 0;
}

static bool names_go(const struct go_file *g, const char *name)
{
	struct go_func f;

	if (is_pattern(name))
		return true;
	return go_func_named(g, name, &f);
}

/* Of the target or of any other file: a Go function is no place for it. */
static int uretprobe(void *ctx, struct part path, struct part name)
{
	char file[PATH_MAX], func[1024];
	struct elf_file elf;
	struct go_file go;
	bool is_go;

	(void)ctx;
	if (path.len >= sizeof(file) || name.len >= sizeof(func))
		return 0;
	snprintf(file, sizeof(file), "%.*s", (int)path.len, path.p);
	snprintf(func, sizeof(func), "%.*s", (int)name.len, name.p);
	if (elf_open(file, &elf))
		return 0;
	is_go = !go_open(&elf, &go);
	if (is_go) {
		is_go = names_go(&go, func);
		go_close(&go);
	}
	elf_close(&elf);
	if (!is_go)
		return 0;
	return err_set(EOPNOTSUPP, "a uretprobe on a Go function crashes the program when a stack moves; "
		       "goreturn:%s is safe", func);
}

void bt_golang(struct go_process *p, struct golang *ret)
{
	*ret = (struct golang){
		.pid = p->target->pid, .ctx = p, .places = places, .facts = facts, .uretprobe = uretprobe,
	};
}
