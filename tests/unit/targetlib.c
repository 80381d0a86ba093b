/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * targetlib PID - watches the process until a line comes on stdin or it has exited, without
 * a pause. Prints how often it became another, and "exited" if so; for tests/bad-input.bats.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/err.h"
#include "input/target.h"

static bool told(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

int main(int argc, char **argv)
{
	struct target t;
	unsigned anew = 0;
	int err;

	if (argc != 2)
		return EXIT_USAGE;
	err = target_open(argv[1], &t);
	if (!err)
		printf("WATCHING\n");
	fflush(stdout);
	while (!err && !told()) {
		err = target_check(&t);
		if (err != -ENOEXEC)
			continue;
		anew++;
		target_close(&t);
		do
			err = target_open(argv[1], &t);
		while (err && !told());
	}
	printf("%u times anew%s%s\n", anew, err ? ", " : "", err ? err_text() : "");
	return err_status(err);
}
