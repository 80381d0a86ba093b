/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf rss-gap - why is RSS more than Go says */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/rss_gap_run.h"
#include "command.h"
#include "input/cgroup.h"
#include "input/keyed.h"

enum { TRIES = 4 };	/* readings until Go's numbers stand still meanwhile */

static const struct argp argp = {
	live_options, live_parse, "PID|NAME|CAPTURE",
	"Show why a Go program takes more memory than Go says: what the kernel has of each kind of "
	"memory, what the runtime says of it, and the difference, which add up.\v"
	"The kernel looks through the page tables for that, about a millisecond per 100 MiB, while the "
	"program can't map memory. Nothing is stopped and nothing is probed.\n"
	"\n"
	"Examples:\n"
	"  gobpf rss-gap 4242\n"
	"  gobpf rss-gap -v server",
	live_children, NULL, NULL,
};

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static uint64_t difference(const struct rss_go *a, const struct rss_go *b)
{
	return apart(a->in_heap, b->in_heap) + apart(a->heap_released, b->heap_released) +
	       apart(a->outside, b->outside);
}

static int read_smaps(struct rss_run *run)
{
	char *text;
	int err = target_text(&run->live.target, "smaps", &text, NULL);

	if (err)
		return err;
	smaps_free(&run->smaps);
	err = smaps_parse(text, &run->smaps);
	return err ? err_in(err, "process %d", run->live.target.pid) : 0;
}

/* Until Go says the same before and after; what it said before is what is shown. */
static int read_both(struct rss_run *run)
{
	struct rss_go after;
	int err = 0;

	for (int i = 0; !err && i < TRIES; i++) {
		err = rss_go_read(run, &run->go);
		if (!err)
			err = read_smaps(run);
		if (!err)
			err = rss_go_read(run, &after);
		run->moved = err ? 0 : difference(&run->go, &after);
		if (!run->moved)
			break;
	}
	return err;
}

static int read_counter(struct rss_run *run)
{
	char *text;
	int err = target_text(&run->live.target, "status", &text, NULL);

	if (err)
		return err;
	if (!keyed_number(text, "VmRSS", &run->vm_rss))
		run->vm_rss = UINT64_MAX;
	free(text);
	return 0;
}

static bool cgroup_number(const struct target *t, const char *file, uint64_t *ret)
{
	char *text, *end;

	if (cgroup_text(t, 0, file, &text))
		return false;
	*ret = strtoull(text, &end, 10);
	end = end == text ? NULL : text;
	free(text);
	return end;
}

static void read_stat(struct rss_run *run, int version)
{
	struct rss_cgroup *c = &run->cgroup;
	char *stat;

	if (cgroup_text(&run->live.target, 0, "memory.stat", &stat))
		return;
	c->kernel = UINT64_MAX;
	c->have_stat = keyed_word(stat, version == 2 ? "anon" : "rss", &c->anon) &&
		       keyed_word(stat, version == 2 ? "file" : "cache", &c->file);
	if (version == 2)
		keyed_word(stat, "kernel", &c->kernel);
	free(stat);
	if (version == 1)
		cgroup_number(&run->live.target, "memory.kmem.usage_in_bytes", &c->kernel);
}

static void read_cgroup(struct rss_run *run)
{
	struct rss_cgroup *c = &run->cgroup;
	struct cgroup *group = malloc(sizeof(*group));

	if (!group || cgroup_open(&run->live.target, group) ||
	    !cgroup_number(&run->live.target,
			   group->version == 2 ? "memory.current" : "memory.usage_in_bytes", &c->current)) {
		snprintf(c->words, sizeof(c->words), "%s", err_text());
		c->unknown = c->words;
	} else {
		snprintf(c->path, sizeof(c->path), "%s", group->path);
		read_stat(run, group->version);
	}
	free(group);
}

static int read_all(struct rss_run *run)
{
	int err = live_open(&run->live);

	if (!err)
		err = rss_go_open(run);
	if (!err)
		err = read_both(run);
	if (!err)
		err = read_counter(run);
	if (err)
		return err;
	read_cgroup(run);
	return rss_sort(run);
}

static int run(int argc, char **argv)
{
	struct rss_run run = { .live.out = { .formats = "table json", .top = 20 } };
	int err;

	options_parse(&argp, argc, argv, &run.live);
	err = read_all(&run);
	if (!err)
		err = live_write(&run.live, rss_write, &run);
	rss_go_close(&run);
	smaps_free(&run.smaps);
	free(run.kind_of);
	return live_close(&run.live, err);
}

const struct command cmd_rss_gap = {
	.name = "rss-gap",
	.group = "Memory and kernel",
	.summary = "why is RSS more than Go says",
	.run = run,
	.capture = "",
};
