/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf cgroup-memory - how close is the memory limit */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/cgroup_memory_run.h"
#include "command.h"

enum { OPT_HEADROOM = OPT_OWN };

static const struct argp_option options[] = {
	{ "headroom", OPT_HEADROOM, "PERCENT", 0, "Of the suggested request (20)", 10 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cgmem_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->live;
		return 0;
	case OPT_HEADROOM:
		if (num_parse_percent(arg, &run->headroom))
			argp_error(state, "--headroom: %s", err_text());
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &live_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "PID|NAME|CAPTURE",
	"Show how close the memory cgroup of a process is to its limit: use, limits and events of the "
	"cgroup and of those above it, what its memory is, how it was held up, and what to ask for.\v"
	"Any program will do, not only Go's. Version 1 and 2 of cgroups are read, also for processes in "
	"containers. -v shows the cgroups above that have no limit, too.\n"
	"\n"
	"Examples:\n"
	"  gobpf cgroup-memory 4242\n"
	"  gobpf cgroup-memory --headroom 30 server",
	children, NULL, NULL,
};

uint64_t cgmem_left(const struct cgroup_memory *m)
{
	if (m->max >= CGROUP_NO_LIMIT || m->current == CGROUP_UNKNOWN)
		return m->max == CGROUP_NO_LIMIT ? CGROUP_NO_LIMIT : CGROUP_UNKNOWN;
	return m->max > m->current ? m->max - m->current : 0;
}

uint64_t cgmem_working_set(const struct cgroup_memory *m)
{
	if (m->current == CGROUP_UNKNOWN || m->inactive_file == CGROUP_UNKNOWN)
		return CGROUP_UNKNOWN;
	return m->current > m->inactive_file ? m->current - m->inactive_file : 0;
}

struct level {
	const struct target *target;
	unsigned level;
};

static int read_file(void *ctx, const char *file, char **ret)
{
	const struct level *l = ctx;

	return cgroup_text(l->target, l->level, file, ret);
}

/* "/a/b" is "/a" one level up. */
static char *path_above(const char *path, unsigned level)
{
	size_t n = strlen(path);

	while (level-- && n)
		while (n && path[--n] != '/')
			;
	return n ? strndup(path, n) : strdup("/");
}

static int read_levels(struct cgmem_run *run)
{
	run->levels = calloc(run->cgroup.levels + 1, sizeof(*run->levels));
	for (unsigned i = 0; run->levels && i <= run->cgroup.levels; i++) {
		struct cgmem_level *l = &run->levels[run->nlevels];

		if (!cgroup_memory_read(run->cgroup.version, read_file,
					&(struct level){ &run->live.target, i }, &l->memory))
			continue;
		l->path = path_above(run->cgroup.path, i);
		if (!l->path)
			return err_sys(ENOMEM, "reading cgroups");
		run->nlevels++;
	}
	if (!run->levels)
		return err_sys(ENOMEM, "reading cgroups");
	if (!run->nlevels)
		return err_set(ENOENT, "the cgroup %s has no memory controller (v%d)", run->cgroup.path,
			       run->cgroup.version);
	return 0;
}

static void find_nearest(struct cgmem_run *run)
{
	uint64_t least = CGROUP_NO_LIMIT;

	run->nearest = run->nlevels;
	for (size_t i = 0; i < run->nlevels; i++) {
		uint64_t left = cgmem_left(&run->levels[i].memory);

		if (left < least) {
			least = left;
			run->nearest = i;
		}
	}
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void suggest(struct cgmem_run *run)
{
	const struct cgroup_memory *m = &run->levels[0].memory;
	struct cgmem_request *r = &run->request;
	uint64_t shmem = m->shmem == CGROUP_UNKNOWN ? 0 : m->shmem;
	uint64_t reclaimable = m->reclaimable == CGROUP_UNKNOWN ? 0 : m->reclaimable;

	r->bytes = CGROUP_UNKNOWN;
	if (m->anon == CGROUP_UNKNOWN || m->kernel == CGROUP_UNKNOWN || m->mapped == CGROUP_UNKNOWN)
		return;
	r->base = m->anon + shmem + less(m->kernel, reclaimable);
	/* what is shared memory is mapped, too */
	r->mapped = less(m->mapped, shmem);
	r->headroom = (uint64_t)((double)(r->base + r->mapped) * run->headroom / 100);
	r->bytes = (r->base + r->mapped + r->headroom + (1 << 20) - 1) >> 20 << 20;
}

/* Version 1 has no pressure by cgroup. */
static void read_machine(struct cgmem_run *run)
{
	char *text;

	if (target_text(&run->live.target, TARGET_SYSTEM "pressure/memory", &text, NULL))
		return;
	cgroup_pressure_parse(text, &run->some, &run->full);
	free(text);
}

static int read_all(struct cgmem_run *run)
{
	int err = live_open(&run->live);

	if (!err)
		err = cgroup_open(&run->live.target, &run->cgroup);
	if (!err)
		err = read_levels(run);
	if (err)
		return err;
	find_nearest(run);
	suggest(run);
	read_machine(run);
	return live_write(&run->live, cgmem_write, run);
}

static int run(int argc, char **argv)
{
	struct cgmem_run run = {
		.live = { .out = { .formats = "table json" }, .any_program = true },
		.headroom = 20,
	};
	int err;

	options_parse(&argp, argc, argv, &run);
	err = read_all(&run);
	for (size_t i = 0; i < run.nlevels; i++)
		free(run.levels[i].path);
	free(run.levels);
	return live_close(&run.live, err);
}

const struct command cmd_cgroup_memory = {
	.name = "cgroup-memory",
	.group = "Memory and kernel",
	.summary = "how close is the memory limit of its cgroup",
	.run = run,
	.capture = "",
};
