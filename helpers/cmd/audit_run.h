/* SPDX-License-Identifier: GPL-2.0-only */
/* audit_run.h - what the files of gobpf audit share */
#ifndef GOBPF_CMD_AUDIT_RUN_H
#define GOBPF_CMD_AUDIT_RUN_H

#include "go/goroutines.h"
#include "input/sockets.h"
#include "live.h"

enum audit_severity { AUDIT_NONE, AUDIT_LOW, AUDIT_MEDIUM, AUDIT_HIGH, AUDIT_SEVERITIES };

/* A package whose init puts handlers on http.DefaultServeMux, or that is a server itself. */
struct audit_endpoint {
	const char *package;
	const char *function;	/* linked in whenever the package is */
	const char *paths;	/* what it serves; NULL: it listens itself */
	const char *probe;	/* path to ask for .. */
	const char *proof;	/* .. and text that only its answer has */
};
enum { AUDIT_ENDPOINTS = 4 };
extern const struct audit_endpoint audit_endpoints[AUDIT_ENDPOINTS];

/* Is an endpoint served at a socket? */
enum audit_certainty {
	AUDIT_NO,		/* proven: not linked in, or it answers otherwise */
	AUDIT_POSSIBLE,
	AUDIT_PROVEN,		/* it answered */
};

struct audit_socket {
	struct listener at;
	const char *acceptor;	/* function that accepts there; NULL: not known */
	bool http;		/* that is net/http's */
	enum audit_certainty certainty;
	enum audit_severity severity;
	char why[160];
};

struct audit_run {
	struct live live;
	bool connect;
	enum audit_severity fail_on;	/* AUDIT_NONE: never */
	bool linked[AUDIT_ENDPOINTS];
	bool mux;			/* any of those on DefaultServeMux is */
	bool adaptor;			/* so is what lets another server than net/http's serve it */
	bool http_elsewhere;		/* net/http's server takes connections from other code, not from a socket */
	struct listener *listeners;
	struct audit_socket *sockets;
	size_t nsockets;
	const char *no_acceptors;	/* why none is known; NULL */
	char words[256];		/* of that */
	enum audit_severity worst;
};

const char *audit_severity_name(enum audit_severity s);
const char *audit_certainty_name(enum audit_certainty c);

/* Finds the functions that accept connections: 0 or -errno with words (of which all else is unharmed). */
int audit_find_acceptors(struct audit_run *run);

/*
 * Asks for the endpoints' paths at each socket where net/http may serve, from inside the target's
 * network namespace: sets certainty.  0 or -errno with words.
 */
int audit_connect(struct audit_run *run);

/* 0 or -errno with words. */
int audit_write(void *run, FILE *f);

#endif
