/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * audit_accept.c - which function of the program accepts connections at which socket
 *
 * A goroutine that waits for connections is parked in netpollblock() (runtime/netpoll.go), which put
 * its g into rg of the socket's pollDesc and has that in its frame: so a pollDesc that the top of the
 * stack refers to, whose rg is this g, is of the descriptor that it waits for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/audit_run.h"
#include "go/values.h"

enum { STACK_BYTES = 2048 };	/* of netpollblock() to accept(): some 400 */

struct finder {
	struct audit_run *run;
	struct go_process *p;
	uint32_t fd_at, rg_at;
};

static struct audit_socket *socket_of(struct audit_run *run, uint64_t fd)
{
	for (size_t i = 0; i < run->nsockets; i++)
		if ((uint64_t)run->sockets[i].at.fd == fd)
			return &run->sockets[i];
	return NULL;
}

/* The listening socket that the goroutine waits for, or NULL. */
static struct audit_socket *waits_for(struct finder *f, const struct goroutine *g)
{
	uint64_t words[STACK_BYTES / 8], rg, fd;
	uint64_t size = g->hi > g->sp ? g->hi - g->sp : 0;

	if (size > sizeof(words))
		size = sizeof(words);
	if (g->status != G_WAITING || mem_read(&f->p->mem, g->sp, words, size))
		return NULL;
	for (size_t i = 0; i < size / 8; i++) {
		/* what lies on the stack itself is no pollDesc */
		if (!words[i] || words[i] % 8 || (words[i] >= g->lo && words[i] < g->hi) ||
		    mem_read(&f->p->mem, words[i] + f->rg_at, &rg, sizeof(rg)) || rg != g->addr ||
		    mem_read(&f->p->mem, words[i] + f->fd_at, &fd, sizeof(fd)))
			continue;
		return socket_of(f->run, fd);
	}
	return NULL;
}

/* A listener's Accept, by whatever package; who calls it accepts. */
static bool is_listener(const char *name)
{
	static const char *const prefixes[] = {
		"runtime.", "internal/poll.", "net.",
	};
	static const char accept[] = ".Accept";
	size_t n = strlen(name), end = sizeof(accept) - 1;

	if (n > end && !strcmp(name + n - end, accept))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* These serve http.DefaultServeMux when they are given no handler. */
static bool is_http(const char *name)
{
	return !strcmp(name, "net/http.(*Server).Serve") || !strcmp(name, "net/http/fcgi.Serve");
}

/* net/http's server if that is on the stack, else who calls the innermost listener; NULL: nobody is known. */
static const char *acceptor(const struct finder *f, const struct go_goroutines *gs, const struct goroutine *g)
{
	const struct go_stack_pcs *s = &gs->stacks[g->stack];
	const char *ret = NULL;
	struct go_func func;

	for (uint32_t i = 0; g->stack < gs->nstacks && i < s->n; i++) {
		if (!go_func_at(&f->p->go, gs->pcs[s->first + i] - f->p->bias - 1, &func))
			continue;
		if (is_http(func.name))
			return func.name;
		if (!ret && !is_listener(func.name))
			ret = func.name;
	}
	return ret;
}

static void find(struct finder *f, const struct go_goroutines *gs)
{
	for (size_t i = 0; i < gs->n; i++) {
		const struct goroutine *g = &gs->v[i];
		struct audit_socket *s = waits_for(f, g);
		const char *name = acceptor(f, gs, g);
		bool http = name && is_http(name);

		if (s) {
			s->acceptor = name;
			s->http = http;
		} else if (http) {
			f->run->http_elsewhere = true;
		}
	}
}

int audit_find_acceptors(struct audit_run *run)
{
	struct finder f = { .run = run, .p = &run->live.process };
	const struct go_offset_want wants[] = {
		{ "runtime.pollDesc", "fd", &f.fd_at, NULL, false },
		{ "runtime.pollDesc", "rg", &f.rg_at, NULL, false },
	};
	struct go_g_reader reader = { 0 };
	struct go_goroutines gs = { 0 };
	int err = go_offsets_find(f.p, wants, ARRAY_SIZE(wants));

	if (!err)
		err = go_g_reader_open(&reader, f.p);
	if (!err)
		err = go_goroutines_read(&reader, &gs);
	if (!err)
		find(&f, &gs);
	go_goroutines_free(&gs);
	if (reader.p)
		go_g_reader_close(&reader);
	return err;
}
