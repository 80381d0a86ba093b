/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"

#define POLL_MS 50
#define HURRY_MS 2000
#define PIECE 4096	/* what a pipe takes at once, when poll() says that it takes any (PIPE_BUF) */
#define LINE_MAX_LEN 65536	/* a longer one is the script's */

static void fail(struct relay *r, int err)
{
	int none = 0;

	atomic_compare_exchange_strong(&r->failed, &none, err);
}

/* 0 or errno. */
static int write_piece(int fd, const char *p, size_t len, size_t *ret_done)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	*ret_done = 0;
	if (poll(&ready, 1, POLL_MS) <= 0)
		return 0;
	n = write(fd, p, len < PIECE ? len : PIECE);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : errno;
	*ret_done = n;
	return 0;
}

static void put(struct relay *r, struct relay_stream *s, const char *p, size_t len)
{
	if (s->to >= 0 || s->kept.len + len <= (s->said.messages ? RELAY_MESSAGES_MAX : RELAY_OUTPUT_MAX))
		buf_add(&s->kept, p, len);
	else if (s->said.messages)
		r->more++;
	else
		fail(r, EFBIG);
}

/* Passes on what was taken.  What can't be written is read all the same, so that bpftrace can end. */
static void flush(struct relay *r, struct relay_stream *s)
{
	unsigned waited = 0;

	if (s->to < 0)
		return;
	for (size_t done, at = 0; at < s->kept.len && !atomic_load(&r->failed); at += done) {
		int err = write_piece(s->to, s->kept.data + at, s->kept.len - at, &done);

		waited = done ? 0 : waited + 1;
		if (!err && waited > HURRY_MS / POLL_MS && atomic_load(&r->hurry))
			err = ETIMEDOUT;
		if (err)
			fail(r, err);
	}
	buf_clear(&s->kept);
}

/* A whole line, with its end unless it is the last. */
static void put_line(struct relay *r, struct relay_stream *s, struct part line)
{
	size_t len = line.len && line.p[line.len - 1] == '\n' ? line.len - 1 : line.len;
	enum said_kind kind = said_line(&s->said, (struct part){ line.p, len });

	if (s->said.attached)
		atomic_store(&r->attached, true);
	if (kind == SAID_SCRIPT)
		put(r, s, line.p, line.len);
	else if (kind == SAID_ERROR)
		put(r, &r->err, line.p, line.len);
}

/* What is left of the data goes on: the beginning of a line, held if it could be one of bpftrace's own. */
static void put_beginning(struct relay *r, struct relay_stream *s)
{
	if (s->line.len && s->line.len < LINE_MAX_LEN &&
	    said_may_be(&s->said, (struct part){ s->line.data, s->line.len }))
		return;
	if (s->line.len)
		put(r, s, s->line.data, s->line.len);
	s->middle |= s->line.len != 0;
	buf_clear(&s->line);
}

static void take(struct relay *r, struct relay_stream *s, const char *p, size_t len)
{
	while (len) {
		const char *nl = memchr(p, '\n', len);
		size_t n = nl ? (size_t)(nl - p) + 1 : len;

		if (s->middle) {
			put(r, s, p, n);
			s->middle = !nl;
		} else if (nl && !s->line.len) {
			put_line(r, s, (struct part){ p, n });
		} else {
			buf_add(&s->line, p, n);
			if (nl && s->line.data) {
				put_line(r, s, (struct part){ s->line.data, s->line.len });
				buf_clear(&s->line);
			} else {
				put_beginning(r, s);
			}
		}
		p += n;
		len -= n;
	}
}

static void at_end(struct relay *r, struct relay_stream *s)
{
	if (s->line.len)
		put_line(r, s, (struct part){ s->line.data, s->line.len });
	buf_clear(&s->line);
	flush(r, s);
	close(s->from);
	s->from = -1;
}

static void pump(struct relay *r, struct relay_stream *s)
{
	char data[65536];
	ssize_t n = read(s->from, data, sizeof(data));

	if (n > 0) {
		take(r, s, data, n);
		flush(r, s);
		return;
	}
	if (n == 0 || (errno != EINTR && errno != EAGAIN))
		at_end(r, s);
}

static void *run(void *arg)
{
	struct relay *r = arg;

	while (r->out.from >= 0 || r->err.from >= 0) {
		struct pollfd p[2] = {
			{ .fd = r->out.from, .events = POLLIN },
			{ .fd = r->err.from, .events = POLLIN },
		};
		/* asked before looking: what it wrote is seen then */
		bool gone = atomic_load(&r->child_gone);
		int n = poll(p, 2, gone ? 0 : POLL_MS);

		if (p[0].revents)
			pump(r, &r->out);
		if (p[1].revents)
			pump(r, &r->err);
		/* somebody else has the pipes, too: a program that the script started */
		if (n == 0 && gone)
			break;
	}
	if (r->out.from >= 0)
		at_end(r, &r->out);
	if (r->err.from >= 0)
		at_end(r, &r->err);
	return NULL;
}

int relay_start(struct relay *r, int out, int err, int to, unsigned max_keys)
{
	sigset_t all, old;
	int ret;

	*r = (struct relay){ 0 };
	r->out = (struct relay_stream){ .from = out, .to = to, .said.max_keys = max_keys };
	r->err = (struct relay_stream){ .from = err, .to = -1, .said.messages = true };
	/* signals are for the thread that waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&r->thread, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret) {
		close(out);
		close(err);
		r->out.from = r->err.from = -1;
		return err_sys(ret, "can't read what bpftrace prints");
	}
	r->running = true;
	return 0;
}

void relay_finish(struct relay *r, bool (*wait)(void *ctx, uint64_t until_ns), void *ctx)
{
	struct timespec nap = { 0, 1000000 };

	if (!r->running)
		return;
	atomic_store(&r->child_gone, true);
	while (pthread_tryjoin_np(r->thread, NULL)) {
		if (atomic_load(&r->hurry))
			nanosleep(&nap, NULL);
		else if (!wait || wait(ctx, num_now_ns() + 2000000))
			atomic_store(&r->hurry, true);
	}
	r->running = false;
}

void relay_free(struct relay *r)
{
	relay_finish(r, NULL, NULL);
	buf_free(&r->out.kept);
	buf_free(&r->out.line);
	buf_free(&r->err.kept);
	buf_free(&r->err.line);
}
