/* SPDX-License-Identifier: GPL-2.0-only */
/* survey.c - what a Go executable still says about itself */
#include "go/survey.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "go/buildinfo.h"

static bool has_dwarf(const struct elf_file *elf)
{
	return elf_section(elf, ".debug_info") || elf_section(elf, ".zdebug_info");
}

struct settings {
	struct go_survey *s;
	unsigned n;
};

static bool is(struct span text, const char *word)
{
	return text.len == strlen(word) && !memcmp(text.p, word, text.len);
}

static void note_setting(struct span key, struct span value, void *arg)
{
	struct settings *all = arg;

	all->n++;
	if (is(key, "-ldflags"))
		snprintf(all->s->ldflags, sizeof(all->s->ldflags), "%.*s", (int)value.len,
			 (const char *)value.p);
	if (is(key, "-trimpath") && is(value, "true"))
		all->s->trimpath = true;
}

/* Is a word of flags this one? They stand as typed: "-s -w", "-s=true". */
static bool has_flag(const char *flags, const char *flag)
{
	for (const char *p = flags; *p; p += strcspn(p, " \"'")) {
		size_t n;

		p += strspn(p, " \"'");
		n = strcspn(p, " \"'=");
		if (n > 1 && p[0] == '-' && p[1] == '-') {
			p++;
			n--;
		}
		if (n == strlen(flag) && !strncmp(p, flag, n))
			return strncmp(p + n, "=false", 6) != 0 && strncmp(p + n, "=0", 2) != 0;
	}
	return false;
}

/* -s leaves out both, -w DWARF alone. */
static void find_culprits(struct go_survey *s, bool recorded)
{
	bool no_symtab = has_flag(s->ldflags, "-s"), no_dwarf = has_flag(s->ldflags, "-w");

	if (!recorded)
		return;
	s->symtab_culprit = no_symtab ? REMOVED_BY_LINKER : REMOVED_LATER;
	s->dwarf_culprit = no_symtab || no_dwarf ? REMOVED_BY_LINKER : REMOVED_LATER;
}

static void look_at_functions(struct go_survey *s)
{
	struct go_frame fr;
	struct go_func f;

	s->cgo = go_func_named(&s->go, "crosscall2", &f);
	s->memprofile = go_func_named(&s->go, "runtime.MemProfile", &f);
	s->http_pprof = go_func_named(&s->go, "net/http/pprof.Index", &f);
	if (go_func_named(&s->go, "runtime.main", &f)) {
		go_position(&s->go, &f, f.entry, &fr);
		s->trimpath |= fr.file && fr.file[0] && fr.file[0] != '/';
	}
}

void go_survey(struct elf_file *elf, struct go_survey *ret)
{
	struct settings all = { .s = ret };
	struct go_version version;
	char module[256];

	memset(ret, 0, sizeof(*ret));
	ret->sections = elf->nsections;
	ret->symtab = elf_section(elf, ".symtab");
	ret->dwarf = has_dwarf(elf);
	ret->dwarf5 = ret->dwarf && elf_section(elf, ".debug_addr"); /* new in DWARF 5 */
	ret->buildinfo = !go_buildinfo(elf, &version, module);
	go_build_settings(elf, note_setting, &all);
	find_culprits(ret, all.n && !ret->trimpath);
	if (go_open(elf, &ret->go)) {
		snprintf(ret->no_tables, sizeof(ret->no_tables), "%s", err_text());
		ret->go = (struct go_file){ 0 };
		return;
	}
	look_at_functions(ret);
}

void go_survey_free(struct go_survey *s)
{
	if (s->go.elf)
		go_close(&s->go);
}
