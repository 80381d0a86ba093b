/* SPDX-License-Identifier: GPL-2.0-only */
/* paths.h - where the program's own files are, installed or in the source tree, and the user's */
#ifndef GOBPF_PATHS_H
#define GOBPF_PATHS_H

#include <limits.h>
#include <stdbool.h>

enum path_kind { PATH_SCRIPTS, PATH_LIBEXEC };

/*
 * The folder of that kind: beside the program when it runs in its source tree
 * (build/gobpf, scripts/), else the installed one.
 */
const char *path_dir(enum path_kind kind);

/* Is it the program of a source tree that runs? */
bool path_in_tree(void);

/* The user's own folder of scripts and plugins, there or not; NULL: no home. */
const char *path_user_scripts(void);

/*
 * --script-path DIR[:DIR...]: folders to look in before the others. 0 or -errno
 * with words: one that can't be read, or too many.
 */
int path_add_scripts(const char *dirs);

/*
 * What path_add_scripts() was given, DIR:DIR of absolute paths, and behind it
 * $GOBPF_SCRIPT_PATH; "" for none.
 */
const char *path_given_scripts(void);

/*
 * Where plugins are looked for, in this order; never the current folder or $PATH.
 * A relative folder of $GOBPF_SCRIPT_PATH is another one in each folder: left out.
 */
struct path_folder {
	char path[PATH_MAX];
	bool given;	/* named by --script-path or $GOBPF_SCRIPT_PATH: should be there */
	bool ours;	/* came with gobpf */
};

/* The i-th of them; false: there are no more. */
bool path_plugin_folder(unsigned i, struct path_folder *ret);

#endif
