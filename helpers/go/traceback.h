/* SPDX-License-Identifier: GPL-2.0-only */
/* traceback.h - what Go itself shows of goroutines and their stacks, when it prints them */
#ifndef GOBPF_GO_TRACEBACK_H
#define GOBPF_GO_TRACEBACK_H

#include <stdbool.h>

#include "base/buf.h"
#include "go/process.h"

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

/*
 * Does Go add " (durable)" to the state of a goroutine in a synctest bubble (goroutineheader,
 * isIdleInSynctest in runtime/runtime2.go)?  state: what stands there else.
 */
bool go_traceback_says_durable(unsigned minor, unsigned status, const char *state);

/*
 * Does this process print labels in its tracebacks (GODEBUG=tracebacklabels, since 1.26; the default since
 * 1.27)?  Its variable is found in the code of goroutineheader; if not for certain: false.
 */
bool go_traceback_has_labels(struct go_process *p);

/* Adds one label of a header, the opening bracket before the first; then the header's end, of one with labels or without. */
void go_traceback_label(struct buf *b, unsigned minor, const char *key, const char *value, bool first);
void go_traceback_labels_end(struct buf *b, unsigned minor, bool any);

#endif
