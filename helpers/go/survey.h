/* SPDX-License-Identifier: GPL-2.0-only */
/* survey.h - what a Go executable still says about itself, and what took the rest */
#ifndef GOBPF_GO_SURVEY_H
#define GOBPF_GO_SURVEY_H

#include <stdbool.h>

#include "go/gofile.h"

/*
 * Who removed symbols or DWARF.  The build information records -ldflags since Go 1.18
 * (cmd/go/internal/load/pkg.go), but not in a build with -trimpath.
 */
enum survey_culprit {
	REMOVED_UNKNOWN,
	REMOVED_BY_LINKER,	/* the recorded -ldflags say so */
	REMOVED_LATER,		/* the recorded build keeps them: strip */
};

struct go_survey {
	struct go_file go;		/* go.elf is NULL when the tables can't be read: */
	char no_tables[256];		/* .. why */
	bool sections, symtab, dwarf, buildinfo;
	bool dwarf5;			/* as Go writes it since 1.25; libbfd finds no lines in that */
	enum survey_culprit symtab_culprit, dwarf_culprit;	/* where they are gone */
	char ldflags[256];		/* as recorded, or "" */
	bool trimpath;			/* recorded, or the runtime's own files have no absolute path */
	bool cgo;			/* C code is linked in */
	bool memprofile;		/* runtime.MemProfile is linked in, so the runtime keeps the profile */
	bool http_pprof;		/* net/http/pprof is, too */
};

/* elf must outlive ret.  Always fills what can be known. */
void go_survey(struct elf_file *elf, struct go_survey *ret);
void go_survey_free(struct go_survey *s);

#endif
