/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf spans - spans and requests of an application, with the goroutines they are on */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/spans_run.h"
#include "command.h"
#include "go/layout.h"
#include "paths.h"
#include "script_place.h"

enum { OPT_TRACE = OPT_OWN, OPT_PRINT, OPT_SOURCE, OPT_BPFTRACE };

#define OTEL "go.opentelemetry.io/otel/sdk/trace."

static const struct spans_source sources[] = {
	{ "usdt", "spans", { "gobpf/usdt.probe_span_start", "gobpf/usdt.probe_span_end" }, "gobpf/usdt", NULL },
	{ "otel", "otel-spans", { OTEL "(*recordingSpan).runtimeTrace", OTEL "(*recordingSpan).End" },
	  "OpenTelemetry", spans_otel_args },
};

static const struct argp_option options[] = {
	{ "trace", OPT_TRACE, NULL, 0, "Every span, not sums by name", 1 },
	{ "source", OPT_SOURCE, "NAME", 0, "Whose spans: usdt (package gobpf/usdt) or otel (OpenTelemetry-Go)", 1 },
	{ "print", OPT_PRINT, NULL, 0, "Print the bpftrace script for this process instead of running it", 1 },
	{ "bpftrace", OPT_BPFTRACE, "PATH", 0, "The bpftrace to use", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct spans_run *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &r->live;
		state->child_inputs[1] = &r->window;
		return 0;
	case OPT_TRACE:
		r->trace = true;
		return 0;
	case OPT_PRINT:
		r->print = true;
		return 0;
	case OPT_SOURCE:
		r->wanted = arg;
		return 0;
	case OPT_BPFTRACE:
		r->bpftrace = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &live_argp, 0, NULL, 0 },
					      { &opt_window_argp, 0, NULL, 0 },
					      { 0 } };
static const struct argp argp = {
	options, parse, "PID|NAME",
	"Show the spans and requests that an application ends, how long they took, and the goroutines "
	"they were on: those that it tells of by the probes of package gobpf/usdt, else those that it "
	"makes by OpenTelemetry-Go, as it is. Nothing is stopped.\v"
	"Examples:\n"
	"  gobpf spans 4242\n"
	"  gobpf spans --trace -d 2s server\n"
	"  gobpf spans --json server | jq '.names[] | select(.p99_ns > 1e9)'",
	children, NULL, NULL,
};

static bool has(const struct spans_run *r, const struct spans_source *s)
{
	struct go_func f;

	for (size_t i = 0; i < ARRAY_SIZE(s->functions); i++)
		if (!go_func_named(&r->live.process.go, s->functions[i], &f))
			return false;
	return true;
}

static int choose(struct spans_run *r)
{
	bool known = !r->wanted;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		bool named = r->wanted && !strcmp(r->wanted, sources[i].name);

		known |= named;
		if ((r->wanted && !named) || !has(r, &sources[i]))
			continue;
		if (r->source)
			buf_line(&r->notes, "it uses %s, too: --source=%s", sources[i].what, sources[i].name);
		else
			r->source = &sources[i];
	}
	if (r->source)
		return 0;
	if (!known)
		return err_set(EINVAL, "'%s' is no source of spans", r->wanted);
	return err_set(ENOEXEC, "process %d (%s) tells of no spans: it has nothing of %s", r->live.target.pid,
		       r->live.target.comm, r->wanted ? r->wanted : "package gobpf/usdt or OpenTelemetry's SDK");
}

/* 0 with a note when this Go's layout is not known: goroutines are left out then. */
static uint32_t goid_offset(struct spans_run *r)
{
	struct layout_field goid = { 0 };
	const struct layout_want want = { "runtime.g", "goid", &goid };

	if (!layout_fields(&r->live.process.go, &want, 1))
		return goid.offset;
	buf_line(&r->notes, "goroutines are not known: %s", err_text());
	return 0;
}

static int resolve(struct spans_run *r, const struct bpftrace *bt, struct script *ret)
{
	char path[PATH_MAX], name[64], words[3 + SPANS_ARGS_MAX][24];
	struct buf text = { 0 };
	const char *args[4 + SPANS_ARGS_MAX] = { r->live.target.exe, words[0], words[1], words[2] };
	struct script_request rq = {
		.name = name,
		.bt = bt,
		.args = args,
		.nargs = 4,
		.elf = &r->live.process.elf,
		.resolve = script_place,
		.ctx = &r->live.process,
	};
	/* we end it; its own limit is there in case we can't */
	uint64_t seconds = r->window.duration_ns ? r->window.duration_ns / 1000000000 + 60 : 366ull * 24 * 3600;
	uint32_t more[SPANS_ARGS_MAX];
	int err, n = r->source->args ? r->source->args(&r->live.process, more) : 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		snprintf(words[3 + i], sizeof(words[0]), "%u", more[i]);
		args[rq.nargs++] = words[3 + i];
	}
	snprintf(name, sizeof(name), "%s.bt", r->source->script);
	snprintf(words[0], sizeof(words[0]), "%d", r->live.target.pid);
	snprintf(words[1], sizeof(words[1]), "%u", goid_offset(r));
	snprintf(words[2], sizeof(words[2]), "%llu", (unsigned long long)seconds);
	/* ours: one of the user's may have that name and print something else */
	snprintf(path, sizeof(path), "%s/%s", path_dir(PATH_SCRIPTS), name);
	err = script_load(path, &text);
	if (err)
		return err;
	rq.text = (struct part){ text.data, text.len };
	err = script_resolve(&rq, ret);
	buf_free(&text);
	if (!err && ret->remarks.len)
		buf_line(&r->notes, "%.*s", (int)strcspn(ret->remarks.data, "\n"), ret->remarks.data);
	return err;
}

static bool over(void *ctx, uint64_t until_ns)
{
	struct spans_run *r = ctx;

	return target_wait(&r->live.target, until_ns) != WAIT_TIME;
}

static void attached(void *ctx)
{
	struct spans_run *r = ctx;

	if (!r->live.out.quiet)
		fprintf(stderr, "gobpf spans: watching process %d\n", r->live.target.pid);
}

static int run_script(struct spans_run *r, const struct bpftrace *bt, const struct script *s)
{
	struct script_window window = {
		.duration_ns = r->window.duration_ns, .wait = over, .attached = attached, .ctx = r,
	};
	int err;

	wait_signals_init();
	err = script_run(bt, s, &window, &r->output);
	if (!err)
		err = spans_read(r);
	if (err)
		return err;
	if (target_check(&r->live.target) == -ESRCH)
		buf_line(&r->notes, "%s", err_text());
	return live_write(&r->live, spans_write, r);
}

static int watch(struct spans_run *r)
{
	struct script s = { 0 };
	struct bpftrace bt;
	int err = choose(r);

	if (!err)
		err = bpftrace_find(r->bpftrace, &bt);
	if (!err)
		err = bpftrace_check_pids(&bt);
	if (!err)
		err = resolve(r, &bt, &s);
	if (!err && r->print)
		fwrite(s.text.data, 1, s.text.len, stdout);
	else if (!err)
		err = run_script(r, &bt, &s);
	script_free(&s);
	return err;
}

static int run(int argc, char **argv)
{
	struct spans_run r = {
		.live = { .out = { .formats = "table json", .top = 20 }, .running = "is traced" },
		.window = { .duration_ns = 10000000000 },
	};
	int err;

	options_parse(&argp, argc, argv, &r);
	err = live_open(&r.live);
	if (!err)
		err = watch(&r);
	if (!err && !r.live.out.quiet && r.notes.len)
		fputs(r.notes.data, stderr);
	script_output_free(&r.output);
	free(r.v);
	buf_free(&r.notes);
	return live_close(&r.live, err);
}

const struct command cmd_spans = {
	.name = "spans",
	.group = "Goroutines",
	.summary = "spans and requests of an application, and the goroutines they are on",
	.run = run,
};
