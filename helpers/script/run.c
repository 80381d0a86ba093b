/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "script/child.h"
#include "script/explain.h"
#include "script/relay.h"

#define ATTACH_POLL_NS	2000000ULL
#define WINDOW_POLL_NS	50000000ULL
#define STOP_GRACE_NS	30000000000ULL	/* to take probes out and print, on a busy machine */
#define MAX_KEYS	65536	/* different stacks in a map; bpftrace's default is 4,096 */

/* The program in a memory file, to be bpftrace's stdin. */
static int text_file(const struct script *s)
{
	int fd = memfd_create("script", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < s->text.len) {
		ssize_t n = pwrite(fd, s->text.data + done, s->text.len - done, done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			fd = -1;
		}
		done += n > 0 ? n : 0;
	}
	return fd >= 0 ? fd : err_sys(errno, "can't keep the script in memory");
}

static int start(const struct bpftrace *bt, const struct script *s, struct child *c)
{
	char max_keys[64];
	char *argv[6] = { (char *)bt->path, (char *)"-B", (char *)"line" };
	char *env[4] = { max_keys, (char *)SAID_ATTACHED "=1" };
	int fd = text_file(s), ret, n = 3, e = 2;

	if (fd < 0)
		return fd;
	if (s->unsafe)
		argv[n++] = (char *)"--unsafe";
	argv[n] = (char *)"-";
	snprintf(max_keys, sizeof(max_keys), "%s=%d", bt->can->max_keys, MAX_KEYS);
	/* 0.17 reads the target's symbol table for each name that it prints. */
	if (s->raw_stacks && !bt->can->raw_stacks)
		env[e++] = (char *)"BPFTRACE_NO_USER_SYMBOLS=1";
	ret = child_start(c, argv, env, fd, CHILD_PIPES);
	close(fd);
	return ret;
}

/* Until the probes are attached. 1: they are; 0: ended by wait() or by itself. */
static bool await_attached(struct child *c, struct relay *r, const struct script_window *w)
{
	while (!atomic_load(&r->attached))
		if (child_ended(c) || w->wait(w->ctx, num_now_ns() + ATTACH_POLL_NS))
			break;
	return atomic_load(&r->attached);
}

static void await_end(struct child *c, struct relay *r, const struct script_window *w)
{
	uint64_t end = w->duration_ns ? num_now_ns() + w->duration_ns : UINT64_MAX;
	uint64_t nap = ATTACH_POLL_NS;	/* what ends by itself often does so at once */

	while (!child_ended(c) && !atomic_load(&r->failed)) {
		uint64_t now = num_now_ns(), until = now + nap;

		nap = nap < WINDOW_POLL_NS / 2 ? nap * 2 : WINDOW_POLL_NS;
		if (now >= end || w->wait(w->ctx, until < end ? until : end))
			return;
	}
}

/* How often the kernel ended a process for lack of memory (proc(5), /proc/vmstat). */
static uint64_t oom_kills(void)
{
	static const char key[] = "\noom_kill ";
	struct buf b = { 0 };
	const char *line = NULL;
	uint64_t n = 0;

	if (!buf_read_file(&b, "/proc/vmstat", 1 << 20) && b.data)
		line = strstr(b.data, key);
	if (line)
		n = strtoull(line + strlen(key), NULL, 10);
	buf_free(&b);
	return n;
}

/* The streams as the caller gets them, and what they lack. */
static void collect(struct relay *r, struct script_output *o)
{
	const struct said *out = &r->out.said, *err = &r->err.said;
	int failed = atomic_load(&r->failed);

	o->lost = out->lost > err->lost ? out->lost : err->lost;
	o->missed = out->missed + err->missed;
	if (o->lost)
		buf_printf(&o->losses, "%" PRIu64 " events were lost: they came faster than bpftrace "
			   "reads them; print less, or count in maps\n", o->lost);
	if (o->missed)
		buf_printf(&o->losses, "%" PRIu64 " values were lost: a map was full (%d keys); use "
			   "fewer keys\n", o->missed, MAX_KEYS);
	if (out->full[0])
		buf_printf(&o->losses, "map %s is full (%d keys): values of further keys are "
			   "missing\n", out->full, MAX_KEYS);
	if (r->more)
		buf_printf(&o->losses, "%" PRIu64 " further messages of bpftrace are left out\n", r->more);
	if (failed == EFBIG)
		buf_printf(&o->losses, "the output ends after %u MiB\n", RELAY_OUTPUT_MAX >> 20);
	if (r->out.kept.failed || r->out.line.failed)
		buf_str(&o->losses, "parts of the output are missing: out of memory\n");
	o->out = r->out.kept;
	o->err = r->err.kept;
	r->out.kept = r->err.kept = (struct buf){ 0 };
}

static int failure(const struct bpftrace *bt, const struct script *s, const struct script_window *w,
		   int wait_status, bool oom, const struct script_output *o)
{
	struct explain e = {
		.bt = bt, .name = w->name, .text = { s->text.data, s->text.len },
		.source = w->source, .wait_status = wait_status, .oom = oom,
	};

	return explain(&e, (struct part){ o->err.data ? o->err.data : "", o->err.len });
}

/* The whole time of the window, and what came of it. */
static int run(struct child *c, struct relay *r, const struct script_window *w,
	       struct script_output *o, bool *ret_failed)
{
	bool by_itself, attached = await_attached(c, r, w);
	uint64_t since = num_now_ns();
	int out;

	if (attached) {
		if (w->attached)
			w->attached(w->ctx);
		await_end(c, r, w);
		o->window_ns = num_now_ns() - since;
	}
	by_itself = child_ended(c);
	child_stop(c, SIGINT, STOP_GRACE_NS);
	relay_finish(r, w->wait, w->ctx);
	collect(r, o);
	*ret_failed = (by_itself || attached) && (c->wait_status && (by_itself || WIFSIGNALED(c->wait_status)));
	out = atomic_load(&r->failed);
	if (out && out != EFBIG)
		return err_sys(out, "can't write to stdout");
	return 0;
}

/* Warnings name the script as the user does. */
static void name_script(struct buf *messages, const char *name)
{
	static const char own[] = "stdin:";
	struct buf named = { 0 };
	const char *p = messages->data;

	while (p && *p) {
		size_t len = strcspn(p, "\n") + 1, skip = strncmp(p, own, strlen(own)) ? 0 : strlen(own) - 1;

		if (len > strlen(p))
			len = strlen(p);
		if (skip)
			buf_str(&named, name);
		buf_add(&named, p + skip, len - skip);
		p += len;
	}
	buf_free(messages);
	*messages = named;
}

int script_run(const struct bpftrace *bt, const struct script *script,
	       const struct script_window *window, struct script_output *ret)
{
	struct script_output o = { 0 };
	uint64_t kills = oom_kills();
	struct relay r = { 0 };
	bool failed = false;
	struct child c;
	int err = start(bt, script, &c);

	if (err)
		return err;
	err = relay_start(&r, c.out, c.err, window->pass_through ? STDOUT_FILENO : -1, MAX_KEYS);
	c.out = c.err = -1;
	if (!err)
		err = run(&c, &r, window, &o, &failed);
	if (!err && c.killed)
		err = err_set(EIO, "bpftrace %u.%u.%u did not end when asked to for %u s and was killed: what "
			      "it prints at the end is missing", bt->major, bt->minor, bt->patch,
			      (unsigned)(STOP_GRACE_NS / 1000000000));
	else if (!err && failed)
		err = failure(bt, script, window, c.wait_status, oom_kills() > kills, &o);
	child_free(&c);
	relay_free(&r);
	name_script(&o.err, window->name ? window->name : "the script");
	if (err && (err != -EIO || window->pass_through))
		script_output_free(&o);
	*ret = o;
	return err;
}

void script_output_free(struct script_output *o)
{
	buf_free(&o->out);
	buf_free(&o->err);
	buf_free(&o->losses);
}
