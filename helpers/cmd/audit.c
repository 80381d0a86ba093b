/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf audit - is a pprof or debug endpoint exposed */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/audit_run.h"
#include "command.h"

enum { OPT_FAIL_ON = OPT_OWN, OPT_CONNECT };

static const struct argp_option options[] = {
	{ "fail-on", OPT_FAIL_ON, "SEVERITY", 0, "Exit with 5 at this, or worse: low, medium, high", 10 },
	{ "connect", OPT_CONNECT, NULL, 0, "Ask the program's servers for the paths: proof, seen in their logs", 10 },
	{ 0 },
};

/* Patterns and handlers: net/http/pprof/pprof.go, expvar/expvar.go, x/net/trace/trace.go, gops/agent/agent.go */
const struct audit_endpoint audit_endpoints[AUDIT_ENDPOINTS] = {
	{ "net/http/pprof", "net/http/pprof.Index", "/debug/pprof/", "/debug/pprof/", "full goroutine stack dump" },
	{ "expvar", "expvar.expvarHandler", "/debug/vars", "/debug/vars", "\"memstats\"" },
	{ "golang.org/x/net/trace", "golang.org/x/net/trace.Traces", "/debug/requests /debug/events",
	  "/debug/requests", "/debug/requests" },
	{ "github.com/google/gops/agent", "github.com/google/gops/agent.Listen", NULL, NULL, NULL },
};

static const char *const severities[AUDIT_SEVERITIES] = { "none", "low", "medium", "high" };

const char *audit_severity_name(enum audit_severity s)
{
	return severities[s];
}

const char *audit_certainty_name(enum audit_certainty c)
{
	static const char *const names[] = { "no", "possible", "proven" };

	return names[c];
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct audit_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->live;
		return 0;
	case OPT_CONNECT:
		run->connect = true;
		return 0;
	case OPT_FAIL_ON:
		for (run->fail_on = AUDIT_LOW; run->fail_on < AUDIT_SEVERITIES; run->fail_on++)
			if (!strcmp(arg, severities[run->fail_on]))
				return 0;
		argp_error(state, "--fail-on: no severity '%s' (one of: low medium high)", arg);
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &live_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "PID|NAME|CAPTURE",
	"Show whether a running Go program exposes pprof or another debug endpoint: which are linked in, "
	"where it listens, what accepts connections there, how bad that is and what to do.\v"
	"No connection is made without --connect: what is read from memory proves that there is no "
	"such endpoint, or that there can be one.\n"
	"\n"
	"Examples:\n"
	"  gobpf audit 4242\n"
	"  gobpf audit --connect --fail-on medium server",
	children, NULL, NULL,
};

#define ADAPTOR "github.com/valyala/fasthttp/fasthttpadaptor.NewFastHTTPHandler"

static void find_linked(struct audit_run *run)
{
	struct go_func f;

	for (size_t i = 0; i < AUDIT_ENDPOINTS; i++) {
		run->linked[i] = go_func_named(&run->live.process.go, audit_endpoints[i].function, &f);
		run->mux = run->mux || (run->linked[i] && audit_endpoints[i].paths);
	}
	run->adaptor = go_func_named(&run->live.process.go, ADAPTOR, &f) ||
		       go_func_named(&run->live.process.go, ADAPTOR "Func", &f);
}

static int read_sockets(struct audit_run *run)
{
	int err = listeners_read(&run->live.target, &run->listeners, &run->nsockets);

	if (err)
		return err;
	run->sockets = calloc(run->nsockets + 1, sizeof(*run->sockets));
	if (!run->sockets)
		return err_sys(ENOMEM, "reading sockets");
	for (size_t i = 0; i < run->nsockets; i++)
		run->sockets[i].at = run->listeners[i];
	return 0;
}

/* What memory tells. */
static void judge_possible(const struct audit_run *run, struct audit_socket *s)
{
	const char *why = "if http.DefaultServeMux is its handler, as it is by default";

	s->certainty = AUDIT_POSSIBLE;
	if (!run->mux) {
		why = "no such endpoint is linked in";
		s->certainty = AUDIT_NO;
	} else if (!s->acceptor) {
		why = "it is not known what accepts here";
	} else if (!s->http && run->http_elsewhere) {
		why = "if it passes connections on to net/http's server, which gets them from other code";
	} else if (!s->http && run->adaptor) {
		why = "if it serves net/http's handlers: fasthttpadaptor is linked in";
	} else if (!s->http) {
		why = "net/http's server gets no connections from here";
		s->certainty = AUDIT_NO;
	}
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static void judge_severity(struct audit_run *run, struct audit_socket *s)
{
	bool loopback = listener_is_loopback(&s->at);

	switch (s->certainty) {
	case AUDIT_NO: s->severity = AUDIT_NONE; break;
	case AUDIT_POSSIBLE: s->severity = loopback ? AUDIT_LOW : AUDIT_MEDIUM; break;
	case AUDIT_PROVEN: s->severity = loopback ? AUDIT_LOW : AUDIT_HIGH; break;
	}
	if (s->severity > run->worst)
		run->worst = s->severity;
}

static int read_all(struct audit_run *run)
{
	int err = live_open(&run->live);

	if (err)
		return err;
	if (run->connect && run->live.target.core)
		return err_set(EINVAL, "--connect: %s is no running process", run->live.word);
	find_linked(run);
	err = read_sockets(run);
	if (err)
		return err;
	if (audit_find_acceptors(run)) {
		snprintf(run->words, sizeof(run->words), "%s", err_text());
		run->no_acceptors = run->words;
	}
	for (size_t i = 0; i < run->nsockets; i++)
		judge_possible(run, &run->sockets[i]);
	if (run->connect)
		err = audit_connect(run);
	for (size_t i = 0; i < run->nsockets; i++)
		judge_severity(run, &run->sockets[i]);
	return err ? err : live_write(&run->live, audit_write, run);
}

static int run(int argc, char **argv)
{
	struct audit_run run = { .live.out = { .formats = "table json" } };
	int err, status;

	options_parse(&argp, argc, argv, &run);
	err = read_all(&run);
	free(run.listeners);
	free(run.sockets);
	status = live_close(&run.live, err);
	return !err && run.fail_on && run.worst >= run.fail_on ? EXIT_FINDINGS : status;
}

const struct command cmd_audit = {
	.name = "audit",
	.group = "Target and symbols",
	.summary = "is a pprof or debug endpoint exposed",
	.run = run,
	.capture = "",
};
