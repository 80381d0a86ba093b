/* SPDX-License-Identifier: GPL-2.0-only */
/* audit_connect.c - asks the servers of a program for its debug endpoints, from inside its network namespace */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/audit_run.h"

#define ANSWER_NS 2000000000ull	/* how long to wait for one */
enum { ANSWER_MAX = 64 << 10 };

/* The namespace to come back to; -1: it is ours. */
static int enter(const struct target *t, int *ret_back)
{
	struct stat ours, theirs;
	char path[64];

	*ret_back = -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", t->pid);
	if (stat("/proc/self/ns/net", &ours) || stat(path, &theirs))
		return target_denied(t->pid, t->comm, "look at the network namespace of");
	if (ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev)
		return 0;
	*ret_back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*ret_back < 0)
		return err_sys(errno, "can't open our network namespace");
	if (setns(t->pidfd, CLONE_NEWNET))
		return target_denied(t->pid, t->comm, "enter the network namespace of");
	return 0;
}

static socklen_t address(const struct listener *l, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	/* a connection to the unspecified address goes to loopback (connect(2), ip(7)) */
	if (l->v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = l->addr.v6;
		v6->sin6_port = htons(l->port);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_addr = l->addr.v4;
	v4->sin_port = htons(l->port);
	return sizeof(*v4);
}

static bool wait_for(int fd, short what, uint64_t until)
{
	uint64_t now = num_now_ns();
	struct pollfd p = { .fd = fd, .events = what };

	return now < until && poll(&p, 1, (int)((until - now) / 1000000) + 1) > 0;
}

static bool connect_to(int fd, const struct listener *l, uint64_t until)
{
	struct sockaddr_storage to;
	socklen_t len = address(l, &to);
	int err = 0;

	if (!connect(fd, (struct sockaddr *)&to, len))
		return true;
	len = sizeof(err);
	return errno == EINPROGRESS && wait_for(fd, POLLOUT, until) &&
	       !getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) && !err;
}

/* What the server answers, as much as fits; 0: nothing. */
static size_t ask(const struct listener *l, const char *path, char *out, size_t size)
{
	int fd = socket(l->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint64_t until = num_now_ns() + ANSWER_NS;
	char request[256];
	size_t n = 0;
	ssize_t got;

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.0\r\nHost: localhost\r\nUser-Agent: gobpf-audit\r\n\r\n", path);
	if (fd >= 0 && connect_to(fd, l, until) &&
	    send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
		while (n < size - 1 && wait_for(fd, POLLIN, until)) {
			got = read(fd, out + n, size - 1 - n);
			if (got <= 0)
				break;
			n += (size_t)got;
		}
	out[n] = '\0';
	if (fd >= 0)
		close(fd);
	return n;
}

/* One endpoint at one socket: is it served there? */
static enum audit_certainty ask_for(struct audit_socket *s, const struct audit_endpoint *e, char *answer)
{
	unsigned status = 0;

	if (!ask(&s->at, e->probe, answer, ANSWER_MAX)) {
		snprintf(s->why, sizeof(s->why), "no answer to GET %s", e->probe);
		return AUDIT_POSSIBLE;
	}
	if (sscanf(answer, "HTTP/%*u.%*u %u", &status) != 1) {
		snprintf(s->why, sizeof(s->why), "no HTTP in the answer to GET %s", e->probe);
		return AUDIT_POSSIBLE;
	}
	/* Go's servers say so in plain HTTP when they have TLS */
	if (status == 400 && strstr(answer, "HTTPS server")) {
		snprintf(s->why, sizeof(s->why), "it has TLS, and was not asked further");
		return AUDIT_POSSIBLE;
	}
	if (status == 200 && strstr(answer, e->proof)) {
		snprintf(s->why, sizeof(s->why), "GET %s was answered", e->probe);
		return AUDIT_PROVEN;
	}
	snprintf(s->why, sizeof(s->why), "GET %s was answered with %u", e->probe, status);
	return AUDIT_NO;
}

/* One that is served is enough; all must be answered otherwise to prove that none is. */
static void ask_all(const struct audit_run *run, struct audit_socket *s, char *answer)
{
	enum audit_certainty most = AUDIT_NO;
	char why[sizeof(s->why)] = "";

	for (size_t e = 0; e < AUDIT_ENDPOINTS && most != AUDIT_PROVEN; e++) {
		enum audit_certainty c;

		if (!run->linked[e] || !audit_endpoints[e].paths)
			continue;
		c = ask_for(s, &audit_endpoints[e], answer);
		if (c > most || !why[0])
			memcpy(why, s->why, sizeof(why));
		if (c > most)
			most = c;
	}
	memcpy(s->why, why, sizeof(why));
	s->certainty = most;
}

int audit_connect(struct audit_run *run)
{
	static char answer[ANSWER_MAX];
	int back, err = enter(&run->live.target, &back);

	for (size_t i = 0; !err && i < run->nsockets; i++)
		if (run->sockets[i].certainty == AUDIT_POSSIBLE)
			ask_all(run, &run->sockets[i], answer);
	if (back >= 0) {
		if (!err && setns(back, CLONE_NEWNET))
			err = err_sys(errno, "can't return to our network namespace");
		close(back);
	}
	return err;
}
