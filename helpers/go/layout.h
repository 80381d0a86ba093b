/* SPDX-License-Identifier: GPL-2.0-only */
/* layout.h - where the Go runtime keeps its fields, and its size classes, per version */
#ifndef GOBPF_GO_LAYOUT_H
#define GOBPF_GO_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The facts are share/layouts.tsv, made from the DWARF of a program built by
 * each toolchain (share/layouts/gen.go); tests/golib.bats compares them with
 * the toolchains at hand.  Nothing is guessed: a version that no toolchain
 * vouches for is refused, field by field.  Go 1.20 had no toolchain; a field
 * for which 1.19 and 1.21 agree is given for it, marked `interpolated'.
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
struct layout_field {
	uint32_t offset, size;	/* bytes */
	bool interpolated;
};

/*
 * 0, or -errno with words, *ret untouched: -ENOEXEC: no toolchain vouches for
 * the field in this version; -ENOENT: this version has no such field.
 */
int layout_offset(unsigned go_minor, const char *strct, const char *field,
		  struct layout_field *ret);

/* Were fields of this version taken from a toolchain (its version in words), not interpolated? */
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
