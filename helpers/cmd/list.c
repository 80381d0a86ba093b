/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf list - every command with one line */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "command.h"
#include "options.h"
#include "plugins.h"

static bool names_only, scripts_only;

enum { OPT_NAMES = OPT_OWN, OPT_SCRIPTS };

static const struct argp_option options[] = {
	{ "names", OPT_NAMES, NULL, 0, "Only the names, one a line (for scripts and completion)" },
	{ "scripts", OPT_SCRIPTS, NULL, 0, "Only the names of the bpftrace scripts" },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key == OPT_NAMES || key == OPT_SCRIPTS) {
		*(key == OPT_NAMES ? &names_only : &scripts_only) = true;
		return 0;
	}
	if (key == ARGP_KEY_ARG)
		argp_error(state, "unexpected '%s': this command takes no arguments", arg);
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = { options, parse, NULL, "List the commands." };

/* Those that `gobpf script' takes: it doesn't matter that a command has the name. */
static void show_script(const struct plugin *p, void *arg)
{
	struct plugin found;

	(void)arg;
	if (p->kind == PLUGIN_SCRIPT && !plugin_find_script(p->name, &found, NULL) &&
	    !strcmp(p->path, found.path))
		printf("%s\n", p->name);
}

static void show_name(const struct plugin *p, void *arg)
{
	(void)arg;
	if (!p->unused[0])
		printf("%s\n", p->name);
}

/* Which came with gobpf: among its commands.  Others with where they are. */
static void show_ours(const struct plugin *p, void *arg)
{
	struct buf summary = { 0 }, manual = { 0 };

	(void)arg;
	if (!p->unused[0] && p->ours) {
		plugin_words(p, &summary, &manual);
		printf("  %-16s %s\n", p->name, summary.len ? summary.data : "");
	}
	buf_free(&summary);
	buf_free(&manual);
}

static void show_plugin(const struct plugin *p, void *arg)
{
	struct buf summary = { 0 }, manual = { 0 };
	bool *heading = arg;

	if (p->unused[0] || p->ours)
		return;
	printf("%s", *heading ? "" : "\nPlugins\n");
	*heading = true;
	plugin_words(p, &summary, &manual);
	if (summary.len)
		printf("  %-16s %s\n%-18s %s\n", p->name, summary.data, "", p->path);
	else
		printf("  %-16s %s\n", p->name, p->path);
	buf_free(&summary);
	buf_free(&manual);
}

/* That a command has the name of a script which came with gobpf is meant so. */
static void show_unused(const struct plugin *p, void *arg)
{
	struct buf words = { 0 };
	bool *heading = arg;

	if (!p->unused[0] || (p->ours && command_find(p->name)))
		return;
	utf8_clean(&words, p->unused);
	printf("%s  %s\n", *heading ? "" : "\nNot used\n", words.len ? words.data : p->name);
	*heading = true;
	buf_free(&words);
}

static void show_group(const char *group)
{
	printf("%s%s\n", group == commands[0]->group ? "" : "\n", group);
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->group, group))
			printf("  %-16s %s\n", (*c)->name, (*c)->summary);
	if (!strcmp(group, command_find("script")->group))
		plugin_each(show_ours, NULL);
}

static bool first_of_group(const struct command *const *at)
{
	for (const struct command *const *c = commands; c < at; c++)
		if (!strcmp((*c)->group, (*at)->group))
			return false;
	return true;
}

static int run(int argc, char **argv)
{
	bool plugins = false, unused = false;

	options_parse(&argp, argc, argv, NULL);
	if (scripts_only) {
		plugin_each(show_script, NULL);
		return EXIT_DONE;
	}
	for (const struct command *const *c = commands; *c; c++) {
		if (names_only)
			printf("%s\n", (*c)->name);
		else if (first_of_group(c))
			show_group((*c)->group);
	}
	if (names_only) {
		plugin_each(show_name, NULL);
		return EXIT_DONE;
	}
	plugin_each(show_plugin, &plugins);
	plugin_each(show_unused, &unused);
	printf("\n'gobpf help COMMAND' explains one.\n");
	return EXIT_DONE;
}

const struct command cmd_list = {
	.name = "list",
	.group = "Help",
	.summary = "list the commands",
	.run = run,
};
