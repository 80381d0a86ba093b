/* SPDX-License-Identifier: GPL-2.0-only */
/* doctor_commands.c - which commands of gobpf work on this process, which do worse, which don't, and why */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/doctor_run.h"
#include "command.h"
#include "go/alloc.h"
#include "go/buckets.h"
#include "go/goroutines.h"
#include "go/memstats.h"
#include "go/values.h"
#include "input/cgroup.h"
#include "input/sockets.h"
#include "input/tracefs.h"
#include "script/bpftrace.h"

struct verdict {
	const char *state;
	char says[256];
	const char *todo;	/* NULL: nothing */
};

static void set(struct verdict *v, const char *state, const char *says, const char *todo)
{
	v->state = state;
	snprintf(v->says, sizeof(v->says), "%s", says);
	v->todo = todo;
}

static void files_only(struct doctor *d, struct verdict *v)
{
	(void)d;
	set(v, doctor_ok, "reads no process", NULL);
}

/* Everything that reads memory. */
static bool readable(struct doctor *d, struct verdict *v)
{
	if (!d->no_memory[0])
		return true;
	set(v, doctor_unavailable, d->no_memory, "run as root, or with CAP_SYS_PTRACE");
	return false;
}

static void reader(struct doctor *d, struct verdict *v)
{
	if (readable(d, v))
		set(v, doctor_ok, "reads memory and /proc", NULL);
}

static void executable(struct doctor *d, struct verdict *v)
{
	if (d->no_process[0])
		set(v, doctor_unavailable, d->no_process, NULL);
	else
		set(v, doctor_ok, "functions, lines, inlined calls", NULL);
}

static void goid(struct doctor *d, struct verdict *v)
{
	const struct go_offset_want want = { "runtime.g", "goid", NULL, NULL, false };

	executable(d, v);
	if (v->state == doctor_ok && go_offsets_find(&d->process, &want, 1))
		set(v, doctor_unavailable, err_text(), NULL);
	else if (v->state == doctor_ok)
		set(v, doctor_ok, "registers, offsets, variables", NULL);
}

static bool goroutines_known(struct doctor *d)
{
	struct go_g_reader r = { 0 };
	int err = go_g_reader_open(&r, &d->process);

	if (r.p)
		go_g_reader_close(&r);
	return !err;
}

static void goroutines(struct doctor *d, struct verdict *v)
{
	if (!readable(d, v))
		return;
	if (!goroutines_known(d))
		set(v, doctor_unavailable, err_text(), NULL);
	else if (d->features[FEATURE_PERF].state != FEATURE_YES)
		set(v, doctor_degraded, "no stacks of goroutines that run: no perf events", "grant CAP_PERFMON");
	else
		set(v, doctor_ok, "all, with their stacks", NULL);
}

static void memstats(struct doctor *d, struct verdict *v)
{
	struct go_memstats_reader r = { 0 };

	if (!readable(d, v))
		return;
	if (go_memstats_open(&r, &d->process)) {
		set(v, doctor_unavailable, err_text(), NULL);
		return;
	}
	go_memstats_close(&r);
	set(v, doctor_ok, "the runtime's own numbers", NULL);
}

/* 0, or -errno with words: there is no profile to be read. */
static int memprofile(struct doctor *d)
{
	struct go_bucket_layout l;
	uint64_t rate = 0;
	int err = go_bucket_layout(&d->process, &l);

	if (!err)
		err = go_memprofile_rate(&d->process, &l, &rate);
	if (!err && !rate)
		err = err_set(ENOEXEC, "the program keeps no memory profile: its MemProfileRate is 0");
	return err;
}

static void heap_profile(struct doctor *d, struct verdict *v)
{
	if (!readable(d, v))
		return;
	if (memprofile(d))
		set(v, doctor_unavailable, err_text(), "gobpf heap-hotspots shows what allocates; or link runtime/pprof in");
	else
		set(v, doctor_ok, "the runtime's own samples", NULL);
}

static void heap_hotspots(struct doctor *d, struct verdict *v)
{
	const struct feature *uprobe = &d->features[FEATURE_UPROBE], *multi = &d->features[FEATURE_UPROBE_MULTI];
	struct alloc_sampling sampling;

	if (!readable(d, v))
		return;
	if (!memprofile(d))
		set(v, doctor_ok, "the runtime's own samples, without a probe", NULL);
	else if (alloc_sampling(&d->process.go, &sampling))
		set(v, doctor_unavailable, err_text(), NULL);
	else if (uprobe->state == FEATURE_YES || multi->state == FEATURE_YES)
		set(v, doctor_degraded, "by probes where spans are refilled: no memory profile is kept", NULL);
	else
		set(v, doctor_unavailable, uprobe->says, "run as root, or grant CAP_BPF and CAP_PERFMON");
}

static void script(struct doctor *d, struct verdict *v)
{
	struct bpftrace *b = malloc(sizeof(*b));
	const struct feature *uprobe = &d->features[FEATURE_UPROBE];

	executable(d, v);
	if (v->state == doctor_ok && d->elf.machine != EM_X86_64)
		set(v, doctor_unavailable, "places for probes are found on x86-64 only", NULL);
	else if (v->state == doctor_ok && (!b || bpftrace_find(NULL, b) || bpftrace_check_pids(b)))
		set(v, doctor_unavailable, err_text(), "install bpftrace 0.17 or newer");
	else if (v->state == doctor_ok && uprobe->state != FEATURE_YES)
		set(v, doctor_degraded, "prints scripts; --run needs uprobes, which are not to be had here",
		    "run as root, or grant CAP_BPF and CAP_PERFMON");
	else if (v->state == doctor_ok)
		set(v, doctor_ok, "probes at cheap places", NULL);
	free(b);
}

static void spans(struct doctor *d, struct verdict *v)
{
	struct go_func f;

	script(d, v);
	if (v->state == doctor_unavailable)
		return;
	if (!go_func_named(&d->process.go, "gobpf/usdt.probe_span_end", &f) &&
	    !go_func_named(&d->process.go, "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End", &f))
		set(v, doctor_unavailable, "it has neither package gobpf/usdt nor OpenTelemetry's SDK", NULL);
	else if (v->state == doctor_degraded)
		set(v, doctor_unavailable, "needs uprobes, which are not to be had here",
		    "run as root, or grant CAP_BPF and CAP_PERFMON");
}

static void perf_probes(struct doctor *d, struct verdict *v)
{
	struct tracefs t;

	executable(d, v);
	if (v->state != doctor_ok)
		return;
	if (d->elf.machine != EM_X86_64)
		set(v, doctor_unavailable, "places for probes are found on x86-64 only", NULL);
	else if (tracefs_open(&t, true))
		set(v, doctor_degraded, "prints the events (--print), but can't register them: no access to uprobe_events",
		    "run as root");
	else
		tracefs_close(&t);
}

/* Does the kernel give these texts? */
static bool texts(struct doctor *d, const char *const *names, struct verdict *v)
{
	char *text;

	for (; *names; names++) {
		if (target_text(&d->target, *names, &text, NULL)) {
			set(v, doctor_unavailable, err_text(), "run as root, or with CAP_SYS_PTRACE");
			return false;
		}
		free(text);
	}
	return true;
}

static void vma_gaps(struct doctor *d, struct verdict *v)
{
	static const char *const names[] = { "maps", "status", "limits", "personality", NULL };

	if (texts(d, names, v))
		set(v, doctor_ok, "reads /proc", NULL);
}

static void cgroup_memory(struct doctor *d, struct verdict *v)
{
	struct cgroup *c = malloc(sizeof(*c));

	if (!c || cgroup_open(&d->target, c))
		set(v, doctor_unavailable, err_text(), "run where cgroups are mounted: on the host");
	else if (c->version == 1)
		set(v, doctor_degraded, "cgroup v1: no high limit, no pressure", NULL);
	else
		set(v, doctor_ok, "cgroup v2", NULL);
	free(c);
}

static void audit(struct doctor *d, struct verdict *v)
{
	static const char *const names[] = { "net/tcp", TARGET_FDS, NULL };

	executable(d, v);
	if (v->state != doctor_ok || !texts(d, names, v))
		return;
	if (d->no_memory[0] || !goroutines_known(d))
		set(v, doctor_degraded, "not known what accepts connections", NULL);
	else
		set(v, doctor_ok, "function table, sockets, what accepts there", NULL);
}

static const struct {
	const char *command;
	void (*check)(struct doctor *d, struct verdict *v);
} checks[] = {
	{ "audit", audit },	  { "cgroup-memory", cgroup_memory },
	{ "deadlock", goroutines }, { "diff", files_only },
	{ "doctor", files_only }, { "flame", files_only },
	{ "fold", files_only },	  { "goid", goid },
	{ "goroutines", goroutines }, { "heap-hotspots", heap_hotspots },
	{ "heap-profile", heap_profile }, { "help", files_only },
	{ "list", files_only },	  { "new", files_only },
	{ "perf-probes", perf_probes }, { "pprof", files_only },
	{ "rss-gap", memstats },  { "run", script },
	{ "script", script },	  { "spans", spans },
	{ "stats", memstats },	  { "sym", executable },
	{ "vma-gaps", vma_gaps },
};

static void check(struct doctor *d, const struct command *c, struct verdict *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (!strcmp(checks[i].command, c->name)) {
			checks[i].check(d, v);
			return;
		}
	/* what a capture can stand for reads memory and /proc */
	reader(d, v);
}

void doctor_commands(struct doctor *d)
{
	for (const struct command *const *c = commands; *c; c++) {
		struct verdict v = { 0 };

		check(d, *c, &v);
		doctor_row(d, d->commands, "command", (*c)->name, v.state, v.says, v.todo);
	}
}
