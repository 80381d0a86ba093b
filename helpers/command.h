/* SPDX-License-Identifier: GPL-2.0-only */
/* command.h - what a command is, and how to add one */
#ifndef GOBPF_COMMAND_H
#define GOBPF_COMMAND_H

/*
 * How to add a command `foo'
 * --------------------------
 *   helpers/cmd/foo.c     define `const struct command cmd_foo'
 *   helpers/commands.inc  add COMMAND(foo), in order
 *   docs/gobpf-foo.1      its manual, with EXAMPLES; SYNOPSIS is what --help says, word for word
 *   tests/foo.bats        its tests
 *   .capture              if it reads a process (helpers/live.h): the options with which `gobpf capture'
 *                         runs it to find out what it reads, so that it works on captures
 * tests/registry.bats fails until all of them agree.  `gobpf list', `gobpf
 * help', and the completions all come from this table.
 */
struct command {
	const char *name;
	const char *group;	/* heading in `gobpf list': "Heap", "Stacks", … */
	const char *summary;	/* one line, no full stop */
	/* argv[0] is "gobpf NAME"; returns an exit status (base/err.h) */
	int (*run)(int argc, char **argv);
	/*
	 * Words with blanks between them, "" for none, NULL: not for captures.  Whatever comes through struct
	 * mem and target_text() is kept then; a command that reads more with some options names them here.
	 */
	const char *capture;
};

/* The command table: sorted by name, ends in NULL. */
extern const struct command *const commands[];

/* The command of that name or NULL. */
const struct command *command_find(const char *name);

#endif
