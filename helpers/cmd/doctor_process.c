/* SPDX-License-Identifier: GPL-2.0-only */
/* doctor_process.c - what there is to say of a process beyond its executable */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/doctor_run.h"
#include "go/buckets.h"
#include "go/values.h"
#include "input/cgroup.h"

static void row(struct doctor *d, const char *name, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void row(struct doctor *d, const char *name, bool ok, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	doctor_row(d, d->about, "part", name, ok ? doctor_ok : doctor_no, text, NULL);
}

/* The namespaces that it doesn't share with us, with commas. */
static void container(struct doctor *d)
{
	static const char *const names[] = { "pid", "mnt", "net", "user", "cgroup" };
	char path[64], others[64] = "";
	struct stat ours, theirs;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", d->target.pid, names[i]);
		if (stat(path, &theirs))
			continue;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		if (!stat(path, &ours) && ours.st_ino != theirs.st_ino)
			snprintf(others + strlen(others), sizeof(others) - strlen(others), "%s%s",
				 *others ? ", " : "", names[i]);
	}
	if (*others)
		row(d, "container", true, "in other namespaces than this shell: %s", others);
	else
		row(d, "container", true, "in the same namespaces as this shell");
}

static void cgroup(struct doctor *d)
{
	struct cgroup *c = malloc(sizeof(*c));

	if (c && !cgroup_open(&d->target, c))
		row(d, "memory cgroup", true, "%s (v%d)", c->path, c->version);
	else
		row(d, "memory cgroup", false, "%s", err_text());
	free(c);
}

static void memory(struct doctor *d)
{
	char byte;
	int err = d->no_process[0] ? -EIO :
				     mem_read_now(&d->process.mem, d->process.maps.v[0].start, &byte, 1);

	if (d->no_process[0])
		snprintf(d->no_memory, sizeof(d->no_memory), "%s", d->no_process);
	else if (err) {
		if (err == -EPERM)
			target_denied(d->target.pid, d->target.comm, "read the memory of");
		else
			err_sys(-err, "process %d: reading its memory", d->target.pid);
		snprintf(d->no_memory, sizeof(d->no_memory), "%s", err_text());
	}
	row(d, "memory", !d->no_memory[0], "%s", d->no_memory[0] ? d->no_memory : "readable");
}

static void heap_rate(struct doctor *d)
{
	struct go_bucket_layout l;
	uint64_t rate;

	if (go_bucket_layout(&d->process, &l) || go_memprofile_rate(&d->process, &l, &rate))
		row(d, "memory profile", false, "%s", err_text());
	else if (!rate)
		row(d, "memory profile", false, "off: MemProfileRate is 0 (set so, or runtime.MemProfile is not linked in)");
	else
		row(d, "memory profile", true, "one sample per %llu bytes", (unsigned long long)rate);
}

static void profile_rate(struct doctor *d, const char *name, enum go_global which, const char *set)
{
	const struct go_value_want want = { which, NULL, NULL, 8, false };
	struct go_value v;
	uint64_t rate;

	if (go_values_find(&d->process, &want, 1, &v) || go_values_read(&d->process, &v, 1, &rate))
		row(d, name, false, "not known: %s", err_text());
	else if (!rate)
		row(d, name, false, "off: the program did not call %s", set);
	else
		row(d, name, true, "on, rate %llu", (unsigned long long)rate);
}

void doctor_process(struct doctor *d)
{
	if (go_process_open(&d->target, &d->process))
		snprintf(d->no_process, sizeof(d->no_process), "%s", err_text());
	memory(d);
	container(d);
	cgroup(d);
	if (d->no_memory[0])
		return;
	heap_rate(d);
	profile_rate(d, "mutex profile", GLOBAL_MUTEXPROFILERATE, "runtime.SetMutexProfileFraction");
	profile_rate(d, "block profile", GLOBAL_BLOCKPROFILERATE, "runtime.SetBlockProfileRate");
}

void doctor_process_close(struct doctor *d)
{
	if (!d->no_process[0] && d->about)
		go_process_close(&d->process);
}
