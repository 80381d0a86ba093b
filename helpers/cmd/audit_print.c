/* SPDX-License-Identifier: GPL-2.0-only */
/* audit_print.c - what is exposed as tables and as JSON */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/table.h"
#include "cmd/audit_run.h"
#include "live_json.h"

static const char *const steps[] = {
	"listen on loopback only: http.ListenAndServe(\"127.0.0.1:6060\", nil), reached by ssh -L or kubectl port-forward",
	"give servers for others a handler of their own: http.NewServeMux(), never nil or http.DefaultServeMux",
	"put only the paths that are needed on it, /debug/pprof/ and such only behind authentication",
	"or leave the import of the package out (a build tag): gobpf reads goroutines and heap without it",
};

static const char *reach(const struct listener *l)
{
	static const struct in6_addr any6 = IN6ADDR_ANY_INIT;

	if (listener_is_loopback(l))
		return "loopback";
	if (l->v6 ? !memcmp(&l->addr.v6, &any6, sizeof(any6)) : !l->addr.v4.s_addr)
		return "all addresses";
	return "that address";
}

static int print_endpoints(const struct audit_run *run, FILE *f)
{
	static const struct table_column columns[] = { { "DEBUG ENDPOINT", 0 }, { "LINKED IN", 0 }, { "PATHS", 0 } };
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < AUDIT_ENDPOINTS; i++) {
		const struct audit_endpoint *e = &audit_endpoints[i];

		table_cell(&t, "%s", e->package);
		table_cell(&t, "%s", run->linked[i] ? "yes" : "no");
		table_cell(&t, "%s", !run->linked[i] ? "" : e->paths ? e->paths : "a server of its own, if started");
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static int print_sockets(const struct audit_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "LISTENS ON", 0 },	  { "REACH", 0 },    { "FD", TABLE_RIGHT }, { "ACCEPTED BY", TABLE_SHORTEN },
		{ "DEBUG ENDPOINT", 0 }, { "SEVERITY", 0 },
	};
	char at[LISTENER_LEN];
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < run->nsockets; i++) {
		const struct audit_socket *s = &run->sockets[i];

		table_cell(&t, "%s", listener_text(&s->at, at));
		table_cell(&t, "%s", reach(&s->at));
		table_cell(&t, "%d", s->at.fd);
		table_cell(&t, "%s", s->acceptor ? s->acceptor : "?");
		table_cell(&t, "%s", audit_certainty_name(s->certainty));
		table_cell(&t, "%s", audit_severity_name(s->severity));
		table_line(&t, "%s", s->why);
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static int print_table(const struct audit_run *run, FILE *f)
{
	int err;

	fprintf(f, "audit: %s (pid %d), %s: %zu listening socket%s, severity %s\n\n", live_name(&run->live),
		run->live.target.pid, run->live.process.go.version.text, run->nsockets,
		run->nsockets == 1 ? "" : "s", audit_severity_name(run->worst));
	err = print_endpoints(run, f);
	fputc('\n', f);
	if (!err && run->nsockets)
		err = print_sockets(run, f);
	else if (!err)
		fputs("it listens on no TCP socket\n", f);
	if (run->no_acceptors)
		fprintf(f, "\nwhat accepts connections is not known: %s\n", run->no_acceptors);
	if (run->worst)
		fputs("\nto do:\n", f);
	for (size_t i = 0; run->worst && i < ARRAY_SIZE(steps); i++)
		fprintf(f, "%zu. %s\n", i + 1, steps[i]);
	return err ? err_sys(-err, "printing") : 0;
}

static json_t *endpoints(const struct audit_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < AUDIT_ENDPOINTS; i++)
		json_array_append_new(list, json_pack("{s:s, s:b, s:s?}", "package", audit_endpoints[i].package,
						      "linked", run->linked[i], "paths", audit_endpoints[i].paths));
	return list;
}

static json_t *sockets(const struct audit_run *run)
{
	json_t *list = json_array();
	char at[LISTENER_LEN];

	for (size_t i = 0; i < run->nsockets; i++) {
		const struct audit_socket *s = &run->sockets[i];

		json_array_append_new(
			list, json_pack("{s:s, s:i, s:b, s:s, s:i, s:s?, s:b, s:s, s:s, s:s}", "address",
					listener_text(&s->at, at), "port", s->at.port, "loopback",
					listener_is_loopback(&s->at), "reach", reach(&s->at), "fd", s->at.fd,
					"accepted_by", s->acceptor, "net_http", s->http, "certainty",
					audit_certainty_name(s->certainty), "severity",
					audit_severity_name(s->severity), "why", s->why));
	}
	return list;
}

static json_t *todo(const struct audit_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; run->worst && i < ARRAY_SIZE(steps); i++)
		json_array_append_new(list, json_string(steps[i]));
	return list;
}

int audit_write(void *ctx, FILE *f)
{
	const struct audit_run *run = ctx;
	json_t *root;

	if (strcmp(run->live.out.format, "json") != 0)
		return print_table(run, f);
	root = live_json(&run->live, "gobpf-audit-1",
			 json_pack("{s:s, s:b, s:o, s:o, s:o}", "severity", audit_severity_name(run->worst),
				   "connected", run->connect, "endpoints", endpoints(run), "sockets",
				   sockets(run), "todo", todo(run)));
	return json_print(root, f, true);
}
