/* SPDX-License-Identifier: GPL-2.0-only */
/* golib.h - what the test programs of helpers/go have in common: commands by name, one executable */
#ifndef GOBPF_UNIT_GOLIB_H
#define GOBPF_UNIT_GOLIB_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "go/gofile.h"

/* Run by its name with that many arguments; 0, or -errno with words (-EINVAL without: wrong usage). */
struct unit_command {
	const char *name;
	int nargs;
	int (*run)(char **args);
	bool opens;		/* the first argument is the executable, open when it runs */
};

/* The executable. */
static struct elf_file elf;
static struct go_file go;

static int open_file(const char *path)
{
	int err = elf_open(path, &elf);

	return err ? err : go_open(&elf, &go);
}

/* The status to exit with: main() of the program whose name that is. */
static int run_command(const char *program, const struct unit_command *commands, size_t n,
		       int argc, char **argv)
{
	int err = -EINVAL;

	for (size_t i = 0; argc > 1 && i < n; i++) {
		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 != commands[i].nargs)
			continue;
		err = commands[i].opens ? open_file(argv[2]) : 0;
		if (!err)
			err = commands[i].run(argv + 2);
	}
	if (err)
		fprintf(stderr, "%s: %s\n", program, err == -EINVAL ? "usage" : err_text());
	go_close(&go);
	if (elf.priv)
		elf_close(&elf);
	return err_status(err);
}

#endif
