/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf help - what there is, and how to use one command */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "command.h"
#include "options.h"
#include "plugins.h"

static const char *topic;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (topic)
		argp_error(state, "one command at a time");
	topic = arg;
	return 0;
}

static const struct argp argp = { NULL, parse, "[COMMAND]",
				  "Explain gobpf, or one of its commands." };

static const char overview[] =
	"gobpf - diagnose live Go services: no endpoint, no restart, stripped or not\n"
	"\n"
	"Usage: gobpf COMMAND [OPTION...] TARGET\n"
	"\n"
	"TARGET is a PID or a unique process name; some commands take files.\n"
	"\n"
	"  gobpf heap-hotspots 4242              which call sites allocate, now\n"
	"  gobpf heap-hotspots -o hot.svg 4242   the same as a flame graph\n"
	"  gobpf list                            all commands\n"
	"  gobpf help COMMAND                    one command's options and examples\n"
	"  gobpf --version\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 target unusable,\n"
	"4 not permitted or not supported here.\n";

/* NAME.bt is the script, also where a command or a program is NAME: then *by_file. */
static int find_plugin(struct plugin *ret, bool *by_file)
{
	char name[PLUGIN_NAME_MAX + 1];
	size_t n = strlen(topic);

	*by_file = n > 3 && n - 3 < sizeof(name) && !strcmp(topic + n - 3, ".bt");
	if (!*by_file)
		return plugin_find(topic, ret, NULL);
	snprintf(name, sizeof(name), "%.*s", (int)(n - 3), topic);
	return plugin_find_script(name, ret, NULL);
}

static int explain_plugin(void)
{
	struct buf summary = { 0 }, manual = { 0 };
	struct plugin p;
	bool by_file;
	int err = find_plugin(&p, &by_file);

	if (err) {
		fprintf(stderr, "gobpf help: no command '%s'%s%s\n", topic,
			err == -ESRCH ? "; 'gobpf list' shows them all" : ": ",
			err == -ESRCH ? "" : err_text());
		return EXIT_USAGE;
	}
	if (p.kind == PLUGIN_SCRIPT && !by_file) {
		char *ask[] = { NULL, (char *)"--help", NULL };

		return plugin_run_script(&p, 2, ask);	/* argp prints its help and exits */
	}
	err = plugin_words(&p, &summary, &manual);
	if (err)
		fprintf(stderr, "gobpf help: %s\n", err_text());
	else if (manual.len)
		printf("Usage: gobpf %s%s%s\n\n%s\n(%s)\n", by_file ? "script --run " : "", p.name,
		       by_file ? " [OPTION...] PID [ARG...]" : "", manual.data, p.path);
	else
		printf("gobpf %s runs %s, which has no words on itself.\n", p.name, p.path);
	buf_free(&summary);
	buf_free(&manual);
	return err_status(err);
}

static int run(int argc, char **argv)
{
	const struct command *c;
	char *ask[] = { NULL, (char *)"--help", NULL };

	options_parse(&argp, argc, argv, NULL);
	if (!topic) {
		fputs(overview, stdout);
		return EXIT_DONE;
	}
	c = command_find(topic);
	if (!c)
		return explain_plugin();
	ask[0] = malloc(strlen(c->name) + sizeof("gobpf "));
	if (!ask[0])
		return EXIT_FAILED;
	sprintf(ask[0], "gobpf %s", c->name);
	return c->run(2, ask);	/* argp prints its help and exits */
}

const struct command cmd_help = {
	.name = "help",
	.group = "Help",
	.summary = "explain gobpf or one command",
	.run = run,
};
