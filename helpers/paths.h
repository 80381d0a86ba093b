/* SPDX-License-Identifier: GPL-2.0-only */
/* paths.h - where the program's own files are, installed or in the source tree */
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

/*
 * Finds the script NAME.bt: in --script-path (path_set_scripts), the user's
 * ~/.config/gobpf/scripts, the installed scripts.  Never the current folder.
 * As root a file is taken only when root owns it and nobody else can write it.
 */
bool path_find_script(const char *name, char ret[PATH_MAX]);

/* Finds the plugin program gobpf-NAME in libexec; same ownership rule as root. */
bool path_find_plugin(const char *name, char ret[PATH_MAX]);

/* One more folder to look for scripts in, before the others. False with errno: it can't be read. */
bool path_set_scripts(const char *dir);

/* Calls fn for each script or plugin name (without prefix and ending), each name once. */
void path_each_plugin(void (*fn)(const char *name, const char *path, void *arg), void *arg);

#endif
