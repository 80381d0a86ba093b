/* SPDX-License-Identifier: GPL-2.0-only */
/* read_goroutines.h - the stacks of goroutines as the Go runtime prints them */
#ifndef GOBPF_STACK_READ_GOROUTINES_H
#define GOBPF_STACK_READ_GOROUTINES_H

#include "stack/readers.h"

/*
 *	goroutine 18 [chan receive, 5 minutes, locked to thread]:
 *	main.inlined(...)
 *		/src/main.go:35
 *	main.receive(0x0?, 0x0, {0x4b2000?, 0x1})
 *		/src/main.go:40 +0x45
 *	created by main.start.func1 in goroutine 1
 *		/src/main.go:62 +0x31
 *
 * Tracebacks of panics, fatal errors and SIGQUIT, runtime.Stack, debug.PrintStack,
 * /debug/pprof/goroutine?debug=2; Go 1.15 to 1.27 (runtime/traceback.go: goroutineheader,
 * traceback2, printcreatedby, printAncestorTraceback; runtime/signal_unix.go: sighandler).
 * Each line may stand behind as many words as the first line of its goroutine, as journald, kubectl and
 * docker put there.  Anything between goroutines is skipped.
 *
 * The value is "goroutines".  Labels: goid, state, wait (nanoseconds: whole minutes), created
 * (the function of the go statement; no frame), parent (the goroutine of it), locked, leaked,
 * bubble, and those of the program (Go 1.26, GODEBUG=tracebacklabels=1).
 *
 * A stack without some of its frames has "[frames elided]" there; one that was running
 * on another thread is "[stack unavailable]", unless GOTRACEBACK=crash printed it later.
 * Stacks of goroutine 0 and "runtime stack:" are a thread's and not counted, those of
 * ancestors neither.  A goroutine that comes again begins another dump.
 */
bool goroutines_match(const char *head, size_t len);
int goroutines_read(struct reading *r);

#endif
