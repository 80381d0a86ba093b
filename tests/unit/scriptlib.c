/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scriptlib.c - helpers/script on stdin.
 *
 *	read	a line for each stack: map, value, addresses leaf first
 *	noise	bpftrace's messages without those that mean nothing; "stdout" behind: its output without its own lines; then
 *		what was counted, if anything
 *	run BPFTRACE	the text as it is, bpftrace by its path, until it ends; "quiet" behind: the output is kept, then
 *		printed between lines of ---
 *	can BPFTRACE	its version, how it is known what it can do, and what that is
 *	stop MS CMD...	starts it, ends it by SIGINT once it said "ready", kills it after so many milliseconds
 *	version	what `bpftrace --version' says, as numbers and abilities
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "script/child.h"
#include "script/read.h"
#include "script/run.h"
#include "script/said.h"

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

static void do_noise(bool output, const struct buf *text)
{
	struct said s = { .messages = !output, .max_keys = 3 };

	for (size_t i = 0, n; i < text->len; i += n + 1) {
		n = strcspn(text->data + i, "\n");
		if (said_line(&s, (struct part){ text->data + i, n }) == SAID_SCRIPT)
			printf("%.*s\n", (int)n, text->data + i);
	}
	if (s.lost || s.missed || s.full[0])
		printf("lost %" PRIu64 " missed %" PRIu64 " full %s\n", s.lost, s.missed, s.full);
}

static bool never(void *ctx, uint64_t until_ns)
{
	struct timespec nap = { 0, 1000000 };

	(void)ctx;
	(void)until_ns;
	nanosleep(&nap, NULL);
	return false;
}

static int do_run(const char *path, bool keep, const struct buf *text)
{
	struct script script = { .text = *text };
	struct script_window window = { .wait = never, .pass_through = !keep, .name = "user.bt" };
	struct script_output out = { 0 };
	struct bpftrace bt;
	int err = bpftrace_find(path, &bt);

	if (!err)
		err = script_run(&bt, &script, &window, &out);
	if (keep)
		printf("---\n%s---\n", out.out.data ? out.out.data : "");
	if (out.losses.len)
		printf("losses: %s", out.losses.data);
	if (out.err.len && !err)
		printf("messages: %s", out.err.data);
	script_output_free(&out);
	return err;
}

static int do_can(const char *path)
{
	static const char *const how[] = { "table", "cached", "tried" };
	struct bpftrace bt;
	struct buf able = { 0 }, lacks = { 0 };
	int err = bpftrace_find(path, &bt);

	if (err)
		return err;
	bpftrace_list(&bt, true, &able);
	bpftrace_list(&bt, false, &lacks);
	printf("%u.%u.%u %s\n+ %s\n- %s\n%s\n%s %s\n", bt.major, bt.minor, bt.patch, how[bt.learnt],
	       able.data ? able.data : "", lacks.data ? lacks.data : "", bt.learnt_why, bt.can->max_keys,
	       bt.can->max_strlen);
	buf_free(&able);
	buf_free(&lacks);
	return 0;
}

static int do_stop(const char *ms, char **argv)
{
	char *env[] = { NULL };
	struct buf out = { 0 };
	struct child c;
	int err = child_start(&c, argv, env, -1, CHILD_MEMORY);

	if (err)
		return err;
	while (!child_ended(&c) && (child_output(c.out, &out) || !out.data || !strstr(out.data, "ready")))
		never(NULL, 0);
	child_stop(&c, SIGINT, strtoul(ms, NULL, 10) * 1000000);
	printf("%s, signal %d\n", c.killed ? "killed" : "ended", c.wait_status & 0x7f);
	child_free(&c);
	buf_free(&out);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct buf in = { 0 };
	int err = buf_read_fd(&in, STDIN_FILENO, 1 << 20);

	if (err)
		return 2;
	buf_str(&in, "");
	if (!strcmp(mode, "read"))
		err = script_read((struct part){ in.data, in.len }, print_stack, NULL);
	else if (!strcmp(mode, "noise"))
		do_noise(argc > 2, &in);
	else if (!strcmp(mode, "run"))
		err = do_run(argv[2], argc > 3, &in);
	else if (!strcmp(mode, "can"))
		err = do_can(argv[2]);
	else if (!strcmp(mode, "stop"))
		err = do_stop(argv[2], argv + 3);
	else if (!strcmp(mode, "version"))
		err = do_version(in.data);
	if (err)
		printf("error %d: %s\n", err_status(err), err_text());
	buf_free(&in);
	return err ? 1 : 0;
}
