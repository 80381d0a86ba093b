/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_probes_event.c - the events of one executable, as the kernel takes them */
#include "cmd/perf_probes_run.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/* A path that leads to the executable from here; of processes in other mount namespaces /proc has it. */
static int find_path(struct perf_probes *p)
{
	const char *name = p->target.pidfd < 0 ? p->object : p->target.exe_path;
	char real[PATH_MAX];
	uint64_t hash;

	if (!probe_file_hash(p->target.pidfd < 0 ? p->object : p->target.exe, &p->mark.file))
		return err_sys(errno, "can't read %s", p->object);
	if (!realpath(name, real) || !probe_file_hash(real, &hash) || hash != p->mark.file ||
	    !tracefs_path_ok(real)) {
		if (p->target.pidfd < 0)
			return err_set(EINVAL, "%s: the kernel takes no event for a path with blanks or '#': give "
					       "the PID of a process that runs it, or a link to it", p->object);
		snprintf(real, sizeof(real), "%s", p->target.exe);
	}
	memcpy(p->path, real, sizeof(real));
	return 0;
}

int perf_probes_open(struct perf_probes *p)
{
	const char *file;
	int err = target_open_or_file(p->object, &p->target);

	if (err)
		return err;
	file = p->target.pidfd < 0 ? p->object : p->target.exe;
	err = elf_open(file, &p->elf);
	if (!err)
		err = go_open(&p->elf, &p->go);
	if (!err)
		err = find_path(p);
	p->mark.go = p->go.version.first == p->go.version.last ? p->go.version.minor : 0;
	return err;
}

/* 1: asked for, 0: not, 2: by its very name */
static int wanted(struct perf_probes *p, const struct go_event *e)
{
	int ret = 0;

	for (int i = 0; i < p->nnames; i++)
		if (!strcmp(p->names[i], e->name))
			return 2;
		else if (!fnmatch(p->names[i], e->name, 0))
			ret = 1;
	return p->nnames ? ret : p->all || p->list || !(e->flags & GO_EVENT_OFTEN);
}

static int check_names(const struct perf_probes *p, const struct go_event *events, unsigned n)
{
	for (int i = 0; i < p->nnames; i++) {
		unsigned k = 0;

		while (k < n && fnmatch(p->names[i], events[k].name, 0))
			k++;
		if (k == n)
			return err_set(EINVAL, "there is no event '%s'; --list %s shows all", p->names[i], p->object);
	}
	return 0;
}

static int add(struct perf_probes *p, const struct go_event *e, const struct go_event_place *place)
{
	struct buf b = { 0 };

	buf_printf(&b, "p:%s/%s %s:0x%" PRIx64 " %s go=\\0x%014" PRIx64 "%02x:u8", perf_probes_group(p), e->name,
		   p->path, place->offset, place->fetch, p->mark.file, p->mark.go);
	if (b.failed || !ARRAY_ROOM(p->v, p->n, p->cap)) {
		buf_free(&b);
		return err_sys(ENOMEM, "%s", e->name);
	}
	p->v[p->n++] = (struct perf_probe){ .event = e, .place = *place, .line = b.data };
	return 0;
}

int perf_probes_find(struct perf_probes *p)
{
	struct go_event_target t;
	struct go_event_place place;
	unsigned n;
	const struct go_event *events = go_events(&n);
	int err = check_names(p, events, n), how;

	if (!err)
		err = go_event_target(&p->go, &t);
	for (unsigned i = 0; i < n && !err; i++) {
		how = wanted(p, &events[i]);
		p->left_out += !how && !p->nnames;
		if (!how)
			continue;
		err = go_event_place(&t, i, &place);
		if (!err)
			err = add(p, &events[i], &place);
		else if (err == -ENOENT && how == 1)
			err = 0;
	}
	if (!err && !p->n)
		err = err_set(ENOENT, "%s has none of these events", p->object);
	return err;
}
