/* SPDX-License-Identifier: GPL-2.0-only */
/* read_perf_data.h - perf.data, as perf record writes it to a file or to a pipe */
#ifndef GOBPF_STACK_READ_PERF_DATA_H
#define GOBPF_STACK_READ_PERF_DATA_H

#include "stack/readers.h"

bool perf_data_match(const char *head, size_t len);

/*
 * A sample counts 1 in the value "samples" and its period in the value of its event, which
 * has the event's name: that is what perf report sums up.  The first event is the
 * profile's main value.  With sampling by frequency the period is what the kernel chose; with
 * -c N it is N; of tracepoints and probes it is 1 a hit.  cpu-clock and task-clock
 * have nanoseconds.
 *
 * Frames are addresses with their mapping, for stack/resolve.h, called after their file,
 * "[libc.so.6]": what was mapped there at the time of the sample.  Labels: comm, pid, tid, cpu, event, time, and
 * the fields of tracepoints.  Without a time stamp in the records their order in the file counts.
 */
int perf_data_read(struct reading *r);

#endif
