/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "script/child.h"

#define ATTACH_POLL_NS	2000000ULL
#define WINDOW_POLL_NS	50000000ULL
#define STOP_GRACE_NS	30000000000ULL	/* to take probes out and print, on a busy machine */
#define MAX_KEYS	65536	/* different stacks in a map; bpftrace's default is 4,096 */

/* bpftrace prints this line when __BPFTRACE_NOTIFY_PROBES_ATTACHED is set (bpftrace.cpp). */
#define ATTACHED_LINE "__BPFTRACE_NOTIFY_PROBES_ATTACHED"

/*
 * Seen on working runs of 0.17, 0.23 and 0.27: no CAP_SYS_RESOURCE, no list of
 * kernel functions, kernels without legacy uprobe files, and the remark that
 * comes with each file offset (those are decoded and checked by the resolver).
 */
static const char *const noise[] = {
	"couldn't set RLIMIT_MEMLOCK",
	"Could not read functions from",
	"/uprobe_events)",
	"failed to detach probe: uprobe:",
	"Could not determine instruction boundary",
	ATTACHED_LINE,
};

/* An empty line is part of what 0.17 to 0.27 print before their maps. */
static bool is_noise(const char *line, size_t len)
{
	if (len == 0 || (len >= 9 && !memcmp(line, "Attaching", 9)) ||
	    (len >= 9 && !memcmp(line, "Attached ", 9)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (memmem(line, len, noise[i], strlen(noise[i])))
			return true;
	return false;
}

size_t script_drop_noise(char *text, size_t len)
{
	size_t kept = 0, n;

	for (size_t i = 0; i < len; i += n) {
		const char *nl = memchr(text + i, '\n', len - i);
		size_t line = nl ? (size_t)(nl - (text + i)) : len - i;

		n = line + !!nl;
		if (is_noise(text + i, line))
			continue;
		memmove(text + kept, text + i, n);
		kept += n;
	}
	return kept;
}

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

static int start(const struct bpftrace *bt, const struct script *s, const struct script_window *w,
		 struct child *c)
{
	char max_keys[64];
	char *argv[7] = { (char *)bt->path, (char *)"-B", (char *)"line" };
	char *env[4] = { max_keys };
	int fd = text_file(s), ret, n = 3, e = 1;

	if (fd < 0)
		return fd;
	if (s->unsafe)
		argv[n++] = (char *)"--unsafe";
	if (w->pass_through)
		argv[n++] = (char *)"-q";
	else
		env[e++] = (char *)ATTACHED_LINE "=1";
	argv[n] = (char *)"-";
	snprintf(max_keys, sizeof(max_keys), "%s=%d", bt->can->max_keys, MAX_KEYS);
	/* 0.17 reads the target's symbol table for each name that it prints. */
	if (s->raw_stacks && !bt->can->raw_stacks)
		env[e++] = (char *)"BPFTRACE_NO_USER_SYMBOLS=1";
	ret = child_start(c, argv, env, fd, !w->pass_through);
	close(fd);
	return ret;
}

/* 0.17 says it on stderr, later ones on stdout. */
static bool said_attached(const struct child *c, struct buf *scratch)
{
	int fds[] = { c->out, c->err };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (!child_output(fds[i], scratch) && scratch->len &&
		    memmem(scratch->data, scratch->len, ATTACHED_LINE, strlen(ATTACHED_LINE)))
			return true;
	return false;
}

/* Until the probes are attached. 1: they are; 0: ended by wait() or by itself. */
static int await_attached(struct child *c, const struct script_window *w)
{
	struct buf scratch = { 0 };
	int ret = w->pass_through;

	while (!ret) {
		bool over = child_ended(c);

		ret = said_attached(c, &scratch);
		if (over || w->wait(w->ctx, num_now_ns() + ATTACH_POLL_NS))
			break;
	}
	buf_free(&scratch);
	return ret;
}

static void await_end(struct child *c, const struct script_window *w)
{
	uint64_t end = w->duration_ns ? num_now_ns() + w->duration_ns : UINT64_MAX;

	while (!child_ended(c)) {
		uint64_t now = num_now_ns(), until = now + WINDOW_POLL_NS;

		if (now >= end || w->wait(w->ctx, until < end ? until : end))
			return;
	}
}

/* The first message that is one, else the first line. */
static const char *message(struct buf *err, int *ret_len)
{
	const char *error = err->len ? strstr(err->data, "ERROR: ") : NULL;
	const char *line = error ? error + strlen("ERROR: ") : err->len ? err->data : "";

	*ret_len = (int)strcspn(line, "\n");
	return line;
}

static bool says(const struct buf *err, const char *const *words)
{
	for (; *words; words++)
		if (err->len && strstr(err->data, *words))
			return true;
	return false;
}

static int failure(const struct bpftrace *bt, const struct child *c, struct buf *err)
{
	static const char *const denied[] = { "ot permitted", "as the root user",
					      "ermission denied", NULL };
	static const char *const nothing[] = { "No probes to attach", "No matches for",
					       "no valid attach points", "Could not resolve",
					       NULL };
	int len, errnum = says(err, denied) ? EPERM : says(err, nothing) ? ENOEXEC : EIO;
	const char *line = message(err, &len);

	if (!len && WIFSIGNALED(c->wait_status))
		return err_set(EIO, "bpftrace %u.%u was ended by signal %d", bt->major, bt->minor,
			       WTERMSIG(c->wait_status));
	return err_set(errnum, "bpftrace %u.%u: %.*s", bt->major, bt->minor, len ? len : 21,
		       len ? line : "it ended unexpectedly");
}

static void collect(struct child *c, struct script_output *o)
{
	if (c->out >= 0 && !child_output(c->out, &o->out) && o->out.len)
		o->out.data[o->out.len = script_drop_noise(o->out.data, o->out.len)] = '\0';
	if (!child_output(c->err, &o->err) && o->err.len)
		o->err.data[o->err.len = script_drop_noise(o->err.data, o->err.len)] = '\0';
}

int script_run(const struct bpftrace *bt, const struct script *script,
	       const struct script_window *window, struct script_output *ret)
{
	struct script_output o = { 0 };
	uint64_t attached = 0;
	bool by_itself;
	struct child c;
	int err = start(bt, script, window, &c);

	if (err)
		return err;
	if (await_attached(&c, window)) {
		attached = num_now_ns();
		if (window->attached)
			window->attached(window->ctx);
		await_end(&c, window);
		o.window_ns = num_now_ns() - attached;
	}
	by_itself = child_ended(&c);
	child_stop(&c, SIGINT, STOP_GRACE_NS);
	collect(&c, &o);
	if ((by_itself && !attached) || (by_itself && c.wait_status) ||
	    (attached && WIFSIGNALED(c.wait_status)))
		err = failure(bt, &c, &o.err);
	child_free(&c);
	if (err)
		script_output_free(&o);
	else
		*ret = o;
	return err;
}

void script_output_free(struct script_output *o)
{
	buf_free(&o->out);
	buf_free(&o->err);
}
