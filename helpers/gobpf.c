/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf.c - finds the command, runs it, checks that stdout was written */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "command.h"
#include "options.h"
#include "paths.h"
#include "plugins.h"

#define COMMAND(name) extern const struct command cmd_##name;
#include "commands.inc"
#undef COMMAND

#define COMMAND(name) &cmd_##name,
const struct command *const commands[] = {
#include "commands.inc"
	NULL,
};
#undef COMMAND

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

/* Edit distance with neighbours swapped counted once; names are short. */
static unsigned distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	unsigned d[MAX + 1][MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX || m > MAX)
		return MAX;
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			unsigned best;

			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

struct nearest {
	const char *wanted;
	char name[256];
	unsigned distance;
};

static void consider(const char *name, struct nearest *near)
{
	unsigned d = distance(near->wanted, name);

	if (!strncmp(name, near->wanted, strlen(near->wanted)) && d > 2)
		d = 2;
	if (d < near->distance) {
		near->distance = d;
		snprintf(near->name, sizeof(near->name), "%s", name);
	}
}

static void consider_plugin(const struct plugin *p, void *arg)
{
	if (!p->unused[0])
		consider(p->name, arg);
}

static int unknown_command(const char *name)
{
	struct nearest near = { .wanted = name, .distance = strlen(name) < 4 ? 2 : 4 };

	for (const struct command *const *c = commands; *c; c++)
		consider((*c)->name, &near);
	plugin_each(consider_plugin, &near);
	if (near.name[0])
		fprintf(stderr, "gobpf: no command '%s'; did you mean '%s'?\n", name, near.name);
	else
		fprintf(stderr, "gobpf: no command '%s'; 'gobpf list' shows them all\n", name);
	return EXIT_USAGE;
}

/* A command's own name in its messages is "gobpf NAME". */
static int run_command(const struct command *c, int argc, char **argv)
{
	static char name[64];

	snprintf(name, sizeof(name), "gobpf %s", c->name);
	argv[0] = name;
	program_invocation_name = program_invocation_short_name = name;
	return c->run(argc, argv);
}

static int run_plugin(int argc, char **argv)
{
	struct buf passed_over = { 0 };
	struct plugin p;
	int err = plugin_find(argv[0], &p, &passed_over);

	if (err == -ESRCH)
		return unknown_command(argv[0]);
	if (err) {
		fprintf(stderr, "gobpf: no command '%s': %s\n", argv[0], err_text());
		return err == -EPERM ? EXIT_DENIED : EXIT_USAGE;
	}
	if (passed_over.len)
		fprintf(stderr, "gobpf: %s; %s is run\n", passed_over.data, p.path);
	buf_free(&passed_over);
	return p.kind == PLUGIN_PROGRAM ? plugin_exec(&p, argv) :
					    plugin_run_script(&p, argc, argv);
}

/* Output that nobody got is a failure, whatever the command thought. */
static int finish(int status)
{
	int err = output_flush(stdout);

	if (!err)
		return status;
	if (status == EXIT_DONE) {
		if (err == EPIPE)
			fprintf(stderr, "gobpf: stdout: the reader closed the pipe\n");
		else
			fprintf(stderr, "gobpf: can't write to stdout: %s\n", strerror(err));
	}
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

/*
 * Closed ones would be the next file that is opened, and be written to.  Opened
 * the wrong way round they fail as closed ones do.
 */
static void hold_standard_files(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int dispatch(int argc, char **argv)
{
	const struct command *c;
	struct plugin hidden;

	while (argc > 1 && !strcmp(argv[1], "--script-path")) {
		if (argc < 3) {
			fprintf(stderr, "gobpf: --script-path: which folder?\n");
			return EXIT_USAGE;
		}
		if (path_add_scripts(argv[2])) {
			fprintf(stderr, "gobpf: --script-path: %s\n", err_text());
			return EXIT_USAGE;
		}
		argc -= 2;
		argv += 2;
	}
	if (argc < 2) {
		fprintf(stderr, "gobpf: which command? 'gobpf list' shows them, "
				"'gobpf help COMMAND' explains one\n");
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("gobpf %s\n", GOBPF_VERSION);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		argv[1] = (char *)"help";
	if (argv[1][0] == '-') {
		fprintf(stderr, "gobpf: unknown option '%s'; see 'gobpf help'\n", argv[1]);
		return EXIT_USAGE;
	}
	c = command_find(argv[1]);
	if (c && plugin_is_hidden(c->name, &hidden))
		fprintf(stderr, "gobpf: %s is not run: '%s' is a command of gobpf\n", hidden.path,
			c->name);
	if (c)
		return run_command(c, argc - 1, argv + 1);
	return run_plugin(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	hold_standard_files();
	signal(SIGPIPE, SIG_IGN);
	return finish(dispatch(argc, argv));
}
