/* SPDX-License-Identifier: GPL-2.0-only */
/* tracefs.h - the kernel's list of uprobe events */
#ifndef GOBPF_INPUT_TRACEFS_H
#define GOBPF_INPUT_TRACEFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * uprobe_events of tracefs (Documentation/trace/uprobetracer.rst) is one list for the whole machine: a line
 * is an event that perf and ftrace can switch on; the breakpoint is in the code only while
 * somebody does.  "p:GROUP/NAME PATH:OFFSET FETCH..." adds one, "-:GROUP/NAME" takes it away.
 */
struct tracefs {
	char dir[PATH_MAX];	/* where it is mounted */
	int fd;			/* uprobe_events, locked against others who use this; -1: not open */
};

#define TRACEFS_NAME 64		/* MAX_EVENT_NAME_LEN, with the NUL byte */

/* One event; all texts are part of tracefs_list.text. */
struct tracefs_event {
	const char *group, *name, *path, *fetch;
	uint64_t offset;
};

struct tracefs_list {
	struct tracefs_event *v;
	size_t n, cap;
	char *text;
};

/*
 * Finds the mount by /proc/self/mounts and opens the list, for reading only or both.  0, or -errno with words:
 * EOPNOTSUPP (not mounted, or a kernel without uprobe events), EPERM.
 */
int tracefs_open(struct tracefs *ret, bool write);
void tracefs_close(struct tracefs *t);

/* All uprobes of it (uretprobes are left out).  0 or -errno with words; free it also after a failure. */
int tracefs_read(const struct tracefs *t, struct tracefs_list *ret);
void tracefs_list_free(struct tracefs_list *l);

/* One line, without newline.  0, or -errno with words. */
int tracefs_add(const struct tracefs *t, const char *line);
/* 0, or -errno with words: -EBUSY while somebody uses it. */
int tracefs_remove(const struct tracefs *t, const char *group, const char *name);

/* Are there events in this group, whoever made them? */
bool tracefs_has_group(const struct tracefs *t, const char *group);

/* Is this a name that the kernel takes for a group or event? */
bool tracefs_name_ok(const char *name);
/* Can a path stand in a line?  Not with blanks or '#'. */
bool tracefs_path_ok(const char *path);

#endif
