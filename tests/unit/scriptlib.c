/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scriptlib.c - helpers/script on stdin.
 *
 *	read	a line for each stack: map, value, addresses leaf first
 *	noise	bpftrace's messages without those that mean nothing
 *	version	what `bpftrace --version' says, as numbers and abilities
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "script/read.h"
#include "script/run.h"

static int print_stack(void *ctx, const struct script_stack *s)
{
	(void)ctx;
	printf("%s %" PRId64, s->map, s->value);
	for (size_t i = 0; i < s->n; i++)
		printf(" %" PRIx64, s->pcs[i]);
	printf("\n");
	return 0;
}

static int do_version(const char *text)
{
	struct bpftrace b;

	if (!bpftrace_parse_version(text, &b))
		return err_set(EINVAL, "no version");
	printf("%u.%u.%u %s\n", b.major, b.minor, b.patch,
	       !b.can->max_keys ? "too old" : b.can->address ? "addresses" : "offsets");
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct buf in = { 0 };
	int err = buf_read_fd(&in, STDIN_FILENO, 1 << 20);

	if (err || !in.data)
		return 2;
	if (!strcmp(mode, "read"))
		err = script_read((struct part){ in.data, in.len }, print_stack, NULL);
	else if (!strcmp(mode, "noise"))
		fwrite(in.data, 1, script_drop_noise(in.data, in.len), stdout);
	else if (!strcmp(mode, "version"))
		err = do_version(in.data);
	if (err)
		printf("error: %s\n", err_text());
	buf_free(&in);
	return err ? 1 : 0;
}
