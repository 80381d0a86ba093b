/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf list - every command with one line */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "command.h"
#include "options.h"
#include "paths.h"

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

static void show_script(const char *name, const char *path, void *arg)
{
	size_t n = strlen(path);

	(void)arg;
	if (n > 3 && !strcmp(path + n - 3, ".bt"))
		printf("%s\n", name);
}

static void show_plugin(const char *name, const char *path, void *arg)
{
	bool *heading = arg;

	if (command_find(name))
		return;
	if (names_only) {
		printf("%s\n", name);
		return;
	}
	if (!*heading)
		printf("\nPlugins\n");
	*heading = true;
	printf("  %-16s %s\n", name, path);
}

static void show_group(const char *group)
{
	printf("%s%s\n", group == commands[0]->group ? "" : "\n", group);
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->group, group))
			printf("  %-16s %s\n", (*c)->name, (*c)->summary);
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
	bool heading = false;

	options_parse(&argp, argc, argv, NULL);
	if (scripts_only) {
		path_each_plugin(show_script, NULL);
		return EXIT_DONE;
	}
	for (const struct command *const *c = commands; *c; c++) {
		if (names_only)
			printf("%s\n", (*c)->name);
		else if (first_of_group(c))
			show_group((*c)->group);
	}
	path_each_plugin(show_plugin, &heading);
	if (!names_only)
		printf("\n'gobpf help COMMAND' explains one.\n");
	return EXIT_DONE;
}

const struct command cmd_list = {
	.name = "list",
	.group = "Help",
	.summary = "list the commands",
	.run = run,
};
