/* SPDX-License-Identifier: GPL-2.0-only */
/* traceback.h - what Go itself shows of goroutines and their stacks, when it prints them */
#ifndef GOBPF_GO_TRACEBACK_H
#define GOBPF_GO_TRACEBACK_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Is this frame shown in a crash dump at GOTRACEBACK=all (runtime/traceback.go, showfuncinfo)?
 * first: none was shown before it.  minor: of the Go version, whose rule it is.
 */
bool go_traceback_shows(unsigned minor, const char *func, bool first);

/*
 * Is it a goroutine of the runtime itself, by the name of its function (isSystemGoroutine)?  The one
 * of finalizers is, unless one is being run: then there is a frame that go_traceback_shows().
 */
bool go_goroutine_is_system(const char *start_func);

/* Adds a function's name as crash dumps have it: "panic" for runtime.gopanic, "[...]" for type arguments. */
void go_traceback_name(struct buf *b, const char *func);

#endif
