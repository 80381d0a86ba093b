/* SPDX-License-Identifier: GPL-2.0-only */
/* layout.h - where the Go runtime keeps its fields, and its size classes, per version */
#ifndef GOBPF_GO_LAYOUT_H
#define GOBPF_GO_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * The facts are share/layouts.tsv, made from the DWARF of a program built by
 * each toolchain (share/layouts/gen.go); tests/golib.bats compares them with
 * the toolchains at hand.  Nothing is guessed: a version that no toolchain
 * vouches for is refused, field by field.  Go 1.16 to 1.18 and 1.20 had no toolchain; a field
 * for which 1.15 and 1.19, or 1.19 and 1.21, agree is given for them as LAYOUT_INTERPOLATED.
 * That was wrong for a part of runtime.m, and patch releases of 1.19, 1.23 and 1.24 changed
 * structures as well: the table has these shifts, LAYOUT_SHIFTED.  tests/check-files looks at
 * programs of these versions while they run, tests/compare-code at the code of two.
 *
 * strct and field are the runtime's own names: "runtime.g" and "goid"; a field
 * of a structure inside is "sched.sp".  The field "sizeof" is the structure
 * itself.  Of types that were renamed the newest name counts for all versions:
 * "internal/abi.Type" with Size_ and PtrBytes is runtime._type before 1.21.
 *
 * Surprises in the table: mspan.nelems shrank from 8 bytes to 2 in 1.22 (read
 * by ret.size); memRecordCycle lost alloc_bytes and free_bytes in 1.27 (they
 * are allocs and frees times bucket.size, in every version).
 */
enum layout_source {
	LAYOUT_TABLE,		/* a toolchain of this version says so */
	LAYOUT_INTERPOLATED,	/* those before and after this version agree */
	LAYOUT_SHIFTED,		/* the table, and what a release changed that had no toolchain */
	LAYOUT_RANGE,		/* the version is not known exactly; all that it may be agree */
	LAYOUT_CODE,		/* the code that uses it (layout_code.h); the table does not know the version */
	LAYOUT_DWARF,		/* the executable itself says so */
};

struct layout_field {
	uint32_t offset, size;	/* bytes */
	enum layout_source source;
};

/*
 * By the table alone, for the executable's version and architecture.  0, or -errno with words, *ret
 * untouched: -ENOEXEC: no toolchain vouches for the field in this version; -ENOENT: this version
 * has no such field.
 */
int layout_by_table(const struct go_file *g, const char *strct, const char *field,
		    struct layout_field *ret);

/*
 * Of one executable, for its architecture: by its own DWARF when it has some that knows the
 * structure, else by the table, else by its code.  What the table says is compared with the code where
 * that has witnesses: -ENOEXEC when they differ (a runtime that somebody changed).  Results as
 * above.  For go_open_newer(), too: the table then says nothing.
 */
struct layout {
	const struct go_file *go;
	struct elf_dwarf *dwarf;	/* NULL: none */
};
void layout_open(struct layout *l, const struct go_file *g);
void layout_close(struct layout *l);
int layout_of(struct layout *l, const char *strct, const char *field, struct layout_field *ret);

/* Several at once, for who needs no more of it. 0, or of the first that fails, as layout_of(). */
struct layout_want {
	const char *strct, *field;
	struct layout_field *ret;
};
int layout_fields(const struct go_file *g, const struct layout_want *want, size_t n);

/* "DWARF", "table for go1.27", "table, go1.19 and go1.21 agree", "table, go1.22 to go1.24 agree",
   "table, corrected for go1.24.6", "code that uses it" */
#define LAYOUT_WORDS 64
const char *layout_source_words(enum layout_source source, const struct go_version *version,
				char out[LAYOUT_WORDS]);

/*
 * Every field of the table that this version may have, each once, in the table's order
 * (structures together); "sizeof" among them.  i counts from 0; false at the end.
 */
bool layout_name(unsigned i, const char **ret_strct, const char **ret_field);

/* The toolchain of this version that the table was made with ("go1.27.4"); NULL: none. */
const char *layout_toolchain(unsigned go_minor);

/* Size classes: 1 .. LAYOUT_CLASSES-1; class 0 is for large objects. */
#define LAYOUT_CLASSES 68
struct layout_class {
	uint32_t size;		/* bytes of one object */
	uint32_t npages;	/* of a span, 8 KiB each */
};

/* Fills all LAYOUT_CLASSES; 0, or -ENOEXEC with words for an unknown version. */
int layout_classes(unsigned go_minor, struct layout_class ret[LAYOUT_CLASSES]);

#endif
