/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/trust.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

/* shared: a sticky folder will do. */
static int roots_own(const char *path, bool shared)
{
	struct stat st;

	if (lstat(path, &st))
		return err_sys(errno, "%s", path);
	if (st.st_uid)
		return err_set(EPERM, "root does not use what is not root's alone: %s belongs to user %u",
			       path, st.st_uid);
	if (!(st.st_mode & (S_IWGRP | S_IWOTH)) || (shared && st.st_mode & S_ISVTX))
		return 0;
	return err_set(EPERM, "root does not use what is not root's alone: %s can write to %s",
		       st.st_mode & S_IWOTH ? "everybody" : "its group", path);
}

int trust_resolve(const char *path, char ret[PATH_MAX])
{
	char real[PATH_MAX];
	struct stat st;
	bool folder;
	int err;

	if (!realpath(path, real) || stat(real, &st))
		return err_sys(errno, "%s", path);
	strcpy(ret, real);
	if (geteuid())
		return 0;
	/* below: a folder stands behind the one that is looked at */
	folder = S_ISDIR(st.st_mode);
	err = roots_own(real, false);
	for (bool below = folder; !err && real[1]; below = true) {
		char *slash = strrchr(real, '/');

		slash[slash == real] = '\0';
		err = roots_own(real, below);
	}
	return err;
}
