/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

#undef ARRAY_SIZE	/* libiberty's; base/buf.h has one of its own */

#include "base/buf.h"

struct result {
	struct buf text;
	jmp_buf too_long;
};

static void take(const char *p, size_t len, void *arg)
{
	struct result *r = arg;

	if (r->text.len + len > DEMANGLED_MAX)
		longjmp(r->too_long, 1);
	buf_add(&r->text, p, len);
}

/*
 * A name may refer to its own parts so that each doubles the result: 300 bytes become
 * gigabytes.  Nothing but a jump out of it stops libiberty, which has all it works with on the stack.
 */
static bool run(const char *name, struct result *r,
		int (*demangler)(const char *name, int options, demangle_callbackref fn, void *arg))
{
	buf_clear(&r->text);
	return !setjmp(r->too_long) && demangler(name, DMGL_PARAMS | DMGL_ANSI, take, r) &&
	       r->text.len && !r->text.failed;
}

char *demangle(const char *name)
{
	struct result r = { .text = { 0 } };

	if (strncmp(name, "_Z", 2) && strncmp(name, "_R", 2))
		return NULL;
	/* Rust's older names are C++ names, too, of another form */
	if (run(name, &r, rust_demangle_callback) || run(name, &r, cplus_demangle_v3_callback))
		return r.text.data;
	buf_free(&r.text);
	return NULL;
}
