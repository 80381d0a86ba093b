/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_probes_run.h - one run of gobpf perf-probes: events of the runtime, what of them is registered */
#ifndef GOBPF_CMD_PERF_PROBES_RUN_H
#define GOBPF_CMD_PERF_PROBES_RUN_H

#include <stdio.h>

#include "go/events.h"
#include "input/target.h"
#include "input/tracefs.h"
#include "options.h"

/*
 * Which executable an event was made for, and that gobpf made it, stands in the event itself: its last
 * field is a constant, "go=\0xIIIIIIIIIIIIIIVV:u8", of which records have the low byte alone: VV, the Go
 * version, by which the plugin of libtraceevent knows the enumerations (0: not certain).  I, 56 bits,
 * are a hash of the file's device, inode, size and time of change: the kernel holds on to the inode, so an event of a file
 * that was replaced never fires again, though its path looks right.
 */
struct probe_mark {
	uint64_t file;		/* the hash */
	unsigned go;
};

enum probe_state {
	PROBE_ABSENT,		/* not registered */
	PROBE_ADDED,		/* by this run */
	PROBE_THERE,		/* registered before */
};

struct perf_probe {
	const struct go_event *event;
	struct go_event_place place;
	char *line;		/* as uprobe_events takes it */
	enum probe_state state;
};

struct perf_probes {
	struct opt_output out;
	const char *object;	/* PID, process name or file */
	char **names;		/* of events, with * and ? */
	int nnames;
	char **command;		/* NULL: none */
	const char *group;	/* NULL: not given */
	bool all, print, list, remove, stale, plugin_dir;
	/* opened */
	struct target target;
	struct elf_file elf;
	struct go_file go;
	char path[PATH_MAX];	/* of the executable, as the kernel is told */
	struct probe_mark mark;
	struct tracefs tracefs;
	struct tracefs_list there;
	struct perf_probe *v;
	size_t n, cap;
	unsigned left_out;	/* events not asked for that can pass 10,000/s */
};

#define PERF_PROBES_GROUP "gobpf"
const char *perf_probes_group(const struct perf_probes *p);

/* perf_probes_event.c: events of one executable.  0 or -errno with words. */
int perf_probes_open(struct perf_probes *p);
/* Finds places for what was asked for and makes the lines. */
int perf_probes_find(struct perf_probes *p);

/* perf_probes_kernel.c: the kernel's list */
/* Did gobpf make this event? */
bool probe_mark_of(const struct tracefs_event *e, struct probe_mark *ret);
/* Of the file with that path; false: there is none. */
bool probe_file_hash(const char *path, uint64_t *ret);
/* Why an event can't fire any more, NULL: it can. */
const char *probe_stale(const struct tracefs_event *e, const struct probe_mark *m);
/* Sets the states; refuses groups that are not for this executable. */
int perf_probes_compare(struct perf_probes *p);
/* All that are PROBE_ABSENT, or none. */
int perf_probes_add(struct perf_probes *p);
/* Takes away what this run added; waits a little for whoever still has them open. */
int perf_probes_undo(struct perf_probes *p);
/* Of the executable, all, or stale ones, as asked for; ret_n: how many. */
int perf_probes_remove(struct perf_probes *p, unsigned *ret_n);

/* perf_probes_command.c: runs p->command and takes the events away when it ends; its exit status or -errno with words */
int perf_probes_command(struct perf_probes *p, const char *plugins);

/* perf_probes_print.c: 0 or -errno with words */
int perf_probes_print(const struct perf_probes *p, FILE *f);
int perf_probes_print_there(const struct perf_probes *p, FILE *f);

#endif
