/* SPDX-License-Identifier: GPL-2.0-only */
/* read_perf_script.h - the text that `perf script' prints */
#ifndef GOBPF_STACK_READ_PERF_SCRIPT_H
#define GOBPF_STACK_READ_PERF_SCRIPT_H

#include "stack/readers.h"

/*
 *	spin 4242 158665.570607:     250000 cpu-clock:pppH:
 *		   59d80 main.work+0x20 (/usr/bin/spin)
 *		   30bf2 runtime.main+0x212 (/usr/bin/spin)
 *
 * With any fields (-F) that perf_text.h knows; PERF_RECORD_ lines, comments,
 * inlined frames, lines of source, samples on one line.  An empty line ends a stack.
 *
 * Each event is a value of the profile, named after it without modifiers: the sum of the
 * periods where the text has them (of cpu-clock and task-clock nanoseconds), else the
 * number of samples.  Where there are periods a value "samples" counts the samples of
 * all events.  A frame without a name is called after its file, "[libc.so.6]", or
 * "[unknown]".  Code is the kernel's by its address or its dso.
 *
 * With r->classic everything is as perf_classic.h says instead: no labels, no addresses,
 * one value, names as the classic collapser prints them.
 */
bool perf_script_match(const char *head, size_t len);
int perf_script_read(struct reading *r);

#endif
