/* SPDX-License-Identifier: GPL-2.0-only */
/* plugins.h - commands that are files: programs gobpf-NAME and bpftrace scripts NAME.bt */
#ifndef GOBPF_PLUGINS_H
#define GOBPF_PLUGINS_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"
#include "paths.h"

/*
 * A plugin is a regular file in one of the folders of path_plugin_folder(); of two
 * with one name the first wins, gobpf-NAME before NAME.bt in one folder.  Commands
 * of the table always win.  NAME is of a-z, 0-9 and '-', begins with one of the
 * first two, and has at most PLUGIN_NAME_MAX of them.
 *
 * As root it is used only when nobody but root could have put it there
 * (base/trust.h), both its folder and what it is a link to.  The source tree's own
 * are as good as the program that runs from there.
 *
 * Only the last two functions here run one.
 */
#define PLUGIN_NAME_MAX 63

enum plugin_kind {
	PLUGIN_PROGRAM,		/* gobpf-NAME, executable */
	PLUGIN_SCRIPT,		/* NAME.bt: text */
	PLUGIN_FOLDER,		/* one that can't be used as a whole */
};

struct plugin {
	enum plugin_kind kind;
	bool ours;			/* came with gobpf */
	char name[NAME_MAX + 1];	/* as the file has it, which may be no plugin's name */
	char path[PATH_MAX];		/* as found, to be shown */
	char real[PATH_MAX];		/* links resolved, to be opened */
	char unused[512];		/* why it isn't used; "": it is */
};

bool plugin_name_ok(const char *name);

/*
 * The plugin, or the script, of that name.  0; -ESRCH: there is none; other -errno with words: there is
 * one, but it can't be used (EPERM: not trusted).  passed_over, unless NULL, gets the words on one that
 * would have come first.
 */
int plugin_find(const char *name, struct plugin *ret, struct buf *passed_over);
int plugin_find_script(const char *name, struct plugin *ret, struct buf *passed_over);

/* Does the user have a plugin of that name, used or not? Then ret->path is it. */
bool plugin_is_hidden(const char *command, struct plugin *ret);

/*
 * Calls fn for each file that is or looks like a plugin, folder by folder, sorted, with `unused' set
 * where it isn't used: also because a command or another plugin has its name.
 */
void plugin_each(void (*fn)(const struct plugin *p, void *arg), void *arg);

/*
 * What the plugin says of itself, as clean UTF-8 ("" when it says nothing):
 *   script	its header, the comments in front; the line "NAME.bt - SUMMARY" in it
 *   program	gobpf-NAME.help beside it, its first line being the summary; else, of a
 *		program that begins with "#!", its header from the line "gobpf: SUMMARY" on
 * The manual has a newline behind each line.  0 or -errno with words.
 */
int plugin_words(const struct plugin *p, struct buf *summary, struct buf *manual);

/*
 * Runs the script on the target that argv names, with the options of helpers/bt.h and -o; -d is also the
 * SECONDS of one that has those behind PID in its USAGE.  --help prints its manual and ends.
 */
int plugin_run_script(const struct plugin *p, int argc, char **argv);

/*
 * Becomes the program: argv as given, and in its environment GOBPF (this program), GOBPF_VERSION
 * and, where given, GOBPF_SCRIPT_PATH.  Returns an exit status only when that failed, with words printed.
 */
int plugin_exec(const struct plugin *p, char **argv);

#endif
