/* SPDX-License-Identifier: GPL-2.0-only */
/* plugin_script.c - gobpf NAME for NAME.bt */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "bt.h"
#include "plugins.h"
#include "script/resolve.h"

#define NS_PER_S	1000000000ull
#define A_YEAR_S	(366ull * 24 * 3600)

struct job {
	struct bt bt;
	struct opt_output out;
	bool duration_given;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write what it prints to FILE", 50 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct job *j = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &j->bt;
		j->bt.window.duration_ns = UINT64_MAX;
		return 0;
	case 'o':
		if (!arg[0])
			argp_error(state, "--output: an empty word names no file");
		j->out.path = strcmp(arg, "-") ? arg : NULL;
		return 0;
	case ARGP_KEY_ARGS:
		j->bt.words = state->argv + state->next;
		j->bt.nwords = state->argc - state->next;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_SUCCESS:
		j->duration_given = j->bt.window.duration_ns != UINT64_MAX;
		if (!j->duration_given)
			j->bt.window.duration_ns = 0;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* "USAGE: ... PID [SECONDS]", or without brackets: the first argument behind PID is how long it looks. */
static bool takes_seconds(const struct buf *manual)
{
	const char *usage = manual->len ? strstr(manual->data, "USAGE: ") : NULL, *word;
	size_t line = usage ? strcspn(usage, "\n") : 0;

	word = usage ? memmem(usage, line, " PID ", 5) : NULL;
	if (!word)
		return false;
	word += 5;
	word += *word == '[';
	return !strncmp(word, "SECONDS", 7) && (!word[7] || strchr(" ]\n", word[7]));
}

/*
 * A script that ends by itself is told -d as its SECONDS.  Whole ones are its own to count: to interrupt it
 * as it ends would cost its last output.  Others are ours, and it gets more than that.
 */
static void set_seconds(struct job *j, char **words, char seconds[24])
{
	uint64_t ns = j->bt.window.duration_ns, s = ns / NS_PER_S;

	if (!ns) {
		s = A_YEAR_S;
	} else if (ns % NS_PER_S || s > A_YEAR_S) {
		s = (s < A_YEAR_S ? s : A_YEAR_S) + 60;
	} else {
		j->bt.window.duration_ns = 0;
	}
	snprintf(seconds, 24, "%llu", (unsigned long long)s);
	words[0] = j->bt.words[0];
	words[1] = seconds;
	j->bt.words = words;
	j->bt.nwords = 2;
}

static int run(struct job *j, const struct plugin *p, const struct buf *manual)
{
	char file[PLUGIN_NAME_MAX + 4], seconds[24], *words[2];
	int err;

	snprintf(file, sizeof(file), "%s.bt", p->name);
	j->bt.name = file;
	if (j->duration_given && j->bt.nwords == 1 && takes_seconds(manual))
		set_seconds(j, words, seconds);
	err = output_check(&j->out);
	if (!err)
		err = script_load(p->real, &j->bt.text);
	if (err)
		return err;
	if (j->out.path && !freopen(j->out.path, "w", stdout))
		return err_sys(errno, "can't write %s", j->out.path);
	err = bt_run(&j->bt);
	if (err && j->out.path)
		output_discard(&j->out, stdout);
	return err;
}

int plugin_run_script(const struct plugin *p, int argc, char **argv)
{
	static const struct argp_child children[] = { { &bt_argp, 0, NULL, 0 }, { 0 } };
	static char name[PLUGIN_NAME_MAX + 8];
	struct buf summary = { 0 }, manual = { 0 }, doc = { 0 };
	struct argp argp = { options, parse, "[PID [ARG...]]", NULL, children, NULL, NULL };
	struct job j = { 0 };
	int err = plugin_words(p, &summary, &manual);

	snprintf(name, sizeof(name), "gobpf %s", p->name);
	argv[0] = program_invocation_name = program_invocation_short_name = name;
	buf_printf(&doc, "%s\v%s%s(%s)", summary.len ? summary.data : "A script without a summary.",
		   manual.len ? manual.data : "", manual.len ? "\n" : "", p->path);
	argp.doc = doc.failed ? NULL : doc.data;
	if (!err) {
		options_parse(&argp, argc, argv, &j);
		err = run(&j, p, &manual);
	}
	buf_free(&summary);
	buf_free(&manual);
	buf_free(&doc);
	return bt_close(&j.bt, err);
}
