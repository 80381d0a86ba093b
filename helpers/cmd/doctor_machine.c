/* SPDX-License-Identifier: GPL-2.0-only */
/* doctor_machine.c - what the kernel, the rights and the other programs here allow */
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/caps.h"
#include "base/err.h"
#include "cmd/doctor_run.h"
#include "script/bpftrace.h"
#include "script/program.h"

static void row(struct doctor *d, const char *name, const char *state, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void row(struct doctor *d, const char *name, const char *state, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	doctor_row(d, d->machine, "part", name, state, text, NULL);
}

static void kernel(struct doctor *d)
{
	struct utsname u;

	if (!uname(&u))
		row(d, "kernel", doctor_ok, "Linux %s, %s", u.release, u.machine);
}

static void features(struct doctor *d)
{
	features_try(d->features);
	for (int i = 0; i < FEATURES; i++) {
		const struct feature *f = &d->features[i];

		row(d, f->name, f->state == FEATURE_YES ? doctor_ok : f->state == FEATURE_NO ? doctor_no : doctor_denied,
		    "%s", f->says);
	}
}

static void capabilities(struct doctor *d)
{
	static const struct {
		const char *name;
		unsigned cap;
	} caps[] = {
		{ "CAP_BPF", CAP_BPF },		  { "CAP_PERFMON", CAP_PERFMON },
		{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE }, { "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	};
	char have[128] = "", lack[128] = "";

	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		char *to = caps_have(caps[i].cap) ? have : lack;

		snprintf(to + strlen(to), 128 - strlen(to), "%s%s", *to ? ", " : "", caps[i].name);
	}
	row(d, "capabilities", *lack ? doctor_no : doctor_ok, "user %u; %s%s%s", geteuid(),
	    *have ? have : "none of those that matter", *lack ? "; without " : "", lack);
}

/* First line of a small file; false: there is none. */
static bool line_of(const char *path, char *ret, size_t size)
{
	struct buf b = { 0 };
	bool ok = !buf_read_file(&b, path, 4096) && b.data;

	if (ok)
		snprintf(ret, size, "%.*s", (int)strcspn(b.data, "\n"), b.data);
	buf_free(&b);
	return ok;
}

/* "none [integrity] confidentiality": the one in brackets is on */
static void lockdown(struct doctor *d)
{
	char line[128];

	if (!line_of("/sys/kernel/security/lockdown", line, sizeof(line)))
		row(d, "lockdown", doctor_ok, "not said (no /sys/kernel/security/lockdown)");
	else
		row(d, "lockdown", strstr(line, "[confidentiality]") ? doctor_no : doctor_ok, "%s", line);
}

/* The settings that decide what is permitted without capabilities. */
static void settings(struct doctor *d)
{
	static const char *const names[] = {
		"kernel/perf_event_paranoid", "kernel/unprivileged_bpf_disabled", "kernel/yama/ptrace_scope",
		"kernel/kptr_restrict",
	};
	char path[96], line[64], text[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/proc/sys/%s", names[i]);
		if (line_of(path, line, sizeof(line)))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", *text ? ", " : "",
				 strrchr(names[i], '/') + 1, line);
	}
	row(d, "settings", doctor_ok, "%s", *text ? text : "none can be read");
}

/* What was learnt of it; script/bpftrace.h says what the words mean. */
static void bpftrace_can(struct doctor *d, const struct bpftrace *b)
{
	struct buf can = { 0 }, lacks = { 0 };

	bpftrace_list(b, true, &can);
	bpftrace_list(b, false, &lacks);
	if (can.len)
		row(d, "bpftrace can", doctor_ok, "%s", can.data);
	if (lacks.len)
		row(d, "bpftrace lacks", doctor_no, "%s", lacks.data);
	buf_free(&can);
	buf_free(&lacks);
}

/* Its version, and what it says no error of. */
static void bpftrace(struct doctor *d)
{
	struct bpftrace *b = malloc(sizeof(*b));

	if (!b || bpftrace_find_and_try(NULL, b) || bpftrace_check_pids(b)) {
		row(d, "bpftrace", doctor_no, "%s", err_text());
	} else {
		row(d, "bpftrace", doctor_ok, "%u.%u.%u%s%s%s%s", b->major, b->minor, b->patch,
		    b->can->address ? "" : "; attaches to nothing in stripped programs, and says no error: use gobpf script",
		    b->learnt == BPFTRACE_TABLE ? "; not tried (" : "", b->learnt == BPFTRACE_TABLE ? b->learnt_why : "",
		    b->learnt == BPFTRACE_TABLE ? ")" : "");
		bpftrace_can(d, b);
	}
	free(b);
}

/* perf 6.1: no inlined calls of Go; --call-graph dwarf ends at the first frame of a stripped program. */
static void perf(struct doctor *d)
{
	char path[PATH_MAX];
	struct buf b = { 0 };

	if (!program_find("perf", path))
		row(d, "perf", doctor_no, "not in PATH (on Debian: apt-get install linux-perf)");
	else if (program_version(path, &b) || !b.data || strncmp(b.data, "perf version ", 13) != 0)
		row(d, "perf", doctor_no, "%s does not say its version", path);
	else
		row(d, "perf", doctor_ok, "%.*s; no inlined calls, no names in stripped programs: use gobpf fold",
		    (int)strcspn(b.data + 13, "\n"), b.data + 13);
	buf_free(&b);
}

void doctor_machine(struct doctor *d)
{
	kernel(d);
	features(d);
	capabilities(d);
	lockdown(d);
	settings(d);
	bpftrace(d);
	perf(d);
}
