/* SPDX-License-Identifier: GPL-2.0-only */
/* plugin_exec.c - becoming a plugin's program */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "plugins.h"

static void set_environment(void)
{
	const char *given = path_given_scripts();
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		setenv("GOBPF", self, 1);
	}
	setenv("GOBPF_VERSION", GOBPF_VERSION, 1);
	if (given[0])
		setenv("GOBPF_SCRIPT_PATH", given, 1);
}

/* The file is there, it was looked at just now: what the kernel misses is another one. */
static const char *why(int err)
{
	if (err == ENOENT)
		return "the interpreter that it names isn't there";
	if (err == ENOEXEC)
		return "neither a program for this machine, nor does it begin with #!";
	return strerror(err);
}

int plugin_exec(const struct plugin *p, char **argv)
{
	set_environment();
	fflush(stdout);
	signal(SIGPIPE, SIG_DFL);
	execv(p->real, argv);
	fprintf(stderr, "gobpf: can't run %s: %s\n", p->path, why(errno));
	return EXIT_FAILED;
}
