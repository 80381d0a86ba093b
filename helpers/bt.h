/* SPDX-License-Identifier: GPL-2.0-only */
/* bt.h - what all commands that run a bpftrace text on a target have in common */
#ifndef GOBPF_BT_H
#define GOBPF_BT_H

#include <argp.h>
#include <stdbool.h>

#include "base/buf.h"
#include "filter.h"
#include "go/process.h"
#include "input/target.h"
#include "options.h"
#include "script/bpftrace.h"

/*
 * A command has one of these, makes bt_argp a child of its own argp, sets what is its own, then:
 *
 *	err = bt_run(&bt);
 *	return bt_close(&bt, err);
 *
 * The text's $1 is the target's executable (/proc/PID/exe), $2 its PID, the words behind TARGET are
 * $3 and so on.  Of a text that needs no target, all words are its own, from $1 on.
 */
struct bt {
	/* the command's */
	const char *name;	/* of the text, for words: "heap-hotspots.bt" */
	struct buf text;	/* freed by bt_close() */
	char **words;		/* TARGET ARG... */
	unsigned nwords;
	bool wants_target;	/* whatever the text probes; else when it probes "$1" */
	/* by the options */
	struct opt_window window;	/* preset to the default; 0: until Ctrl-C or until the text ends it */
	const char *bpftrace;		/* NULL: the one in $PATH */
	bool print;
	struct opt_filter filter;	/* how stacks of gostack are written; .out.quiet counts for all */

	/* opened */
	struct bpftrace found;
	bool has_target;
	struct target target;
	struct go_process process;
	char pid[16];
};

/* -d, --print, --bpftrace, -f, -o, --value, -n, -q, -v */
extern const struct argp bt_argp;

/*
 * Resolves the text for the target, Go's own words in it too (script/golang.h), and runs it; its
 * output goes to stdout, remarks to stderr.  With .print it is only shown.  0 or -errno with words.
 */
int bt_run(struct bt *b);

/* Prints the words that go with err (0: none), closes all; the exit status. */
int bt_close(struct bt *b, int err);

#endif
