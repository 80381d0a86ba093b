/* SPDX-License-Identifier: GPL-2.0-only */
/* layout_code.h - where the runtime keeps a field, by the code that uses it */
#ifndef GOBPF_GO_LAYOUT_CODE_H
#define GOBPF_GO_LAYOUT_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * For a few fields there are witnesses: functions of the runtime that get at them in a
 * certain way (layout_code.c).  The field is at the one offset that most of those have, at
 * least two.  That needs no table of offsets, so it answers for versions that have none, and
 * checks the table of those that have.
 *
 * Verified against DWARF for Go 1.19 and 1.21 to 1.27: static, cgo PIE, -gcflags=all=-l, -pgo
 * and a program that does nothing (tests/goid.bats, tests/matrix.bats).
 */

/* Are there witnesses for this field, in this executable's machine code (x86-64)? */
bool layout_code_has(const struct go_file *g, const char *strct, const char *field);

/* 0, or -ENOEXEC with words when there is no field or not one offset for certain. */
int layout_code_offset(const struct go_file *g, const char *strct, const char *field,
		       uint32_t *ret);

#endif
