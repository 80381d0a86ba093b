/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_file.h - what a recording says about itself: events, build ids, where its records are */
#ifndef GOBPF_STACK_PERF_DATA_FILE_H
#define GOBPF_STACK_PERF_DATA_FILE_H

#include "stack/perf_data_events.h"
#include "stack/perf_data_source.h"
#include "stack/perf_data_threads.h"
#include "stack/perf_data_trace.h"

/*
 * The format is described in tools/perf/Documentation/perf.data-file-format.txt of Linux.
 * A file has a header, the events ("attrs"), the records, and behind them the features, most of
 * which perf knows only at the end of recording.  What perf writes to a pipe has a header of 16
 * bytes and then records only: events and features are records, too.
 */
struct pdata_file {
	struct pdata_source source;
	bool records_only;		/* the pipe's format */
	uint64_t records, end;		/* where the records are; UINT64_MAX: to the end */
	bool unfinished;		/* perf did not come to write the header's sizes */
	uint64_t truncated;		/* where the header says the records end, if the file does before */
	unsigned bad_feature;		/* one that could not be used, 0: none */
	uint64_t bad_feature_at;
	struct pdata_events events;
	struct pdata_threads threads;	/* build ids of features are there */
	struct pdata_trace trace;
	bool other_arch;		/* recorded on another machine than x86-64 */
	char *command;			/* what was run to record, or NULL */
};

/* Does it begin like one? */
bool pdata_file_match(const char *head, size_t len);

/*
 * Reads what stands outside of the records; then f->source is at the first of them.
 * 0 or -errno with words.  pdata_file_close() also after a failure.
 */
int pdata_file_open(struct pdata_file *f, struct lines *lines);
void pdata_file_close(struct pdata_file *f);

/* Features and the like that are records.  0, -ENOMEM, -EBADMSG: it makes no sense. */
int pdata_file_record(struct pdata_file *f, struct span record);

#endif
