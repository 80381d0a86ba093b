/* SPDX-License-Identifier: GPL-2.0-only */
/* tidy.h - names of Go functions in stacks: which are noise, and what they are for short */
#ifndef GOBPF_GO_TIDY_H
#define GOBPF_GO_TIDY_H

#include <stdbool.h>

#include "base/buf.h"
#include "stack/profile.h"

/*
 * Is this frame one that Go's own profiles never show?
 *   runtime.goexit	at the root of every goroutine (runtime/pprof/proto.go, allFrames)
 *   runtime.morestack	the profiler goes on with the stack that was too small (runtime/traceback.go,
 *			resolveInternal: "keeps morestack() from showing up"); newstack, which it
 *			calls, is shown
 *   wrappers		FRAME_WRAPPER, and what the compiler names as such: f.gowrap1 and f.deferwrap1
 *			(cmd/compile/internal/ir/func.go, closureName; f·dwrap·1 in Go 1.17 to 1.20), and T.M-fm,
 *			a method as a value (noder/reader.go, methodValueWrapper); they are elided by
 *			runtime/traceback.go, elideWrapperCalling
 * Names may be as other tools print them: with ".abi0", with "+0x1".
 */
bool go_frame_hidden(const struct frame *f);

/*
 * Adds the name that people use: without the directories of the import path and its major
 * version, type arguments as "[...]" ("http.(*conn).serve", "main.Map[...]"), and without the
 * ".abi0" of assembly.  What is no name
 * of a Go function stays as it is.
 */
void go_name_short(struct buf *b, const char *name);

/*
 * Adds the name without what numbers closures: "main.f.func1", "main.f.func2.1" and
 * "main.f.func1.gowrap2" are all "main.f.func"; a loop's body "main.f-range1" is "main.f-range".
 */
void go_name_merged(struct buf *b, const char *name);

/* Does the frame only say which goroutine it is ("goid 17", "goroutine 17")? */
bool go_frame_goroutine(const struct frame *f);

#endif
