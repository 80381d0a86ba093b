/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/mapping.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARDED = 64 };

static struct {
	atomic_uintptr_t from, to;	/* from 0: free; 1: being filled */
} guarded[GUARDED];

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* The mapping itself, and the page of zeroes behind it. */
static size_t whole(size_t len)
{
	size_t page = page_size();

	return (len + page - 1) / page * page + page;
}

/* The page is gone from the file: zeroes take its place. */
static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr, page = page_size();

	(void)context;
	for (unsigned i = 0; i < GUARDED; i++) {
		if (at < atomic_load(&guarded[i].from) || at >= atomic_load(&guarded[i].to))
			continue;
		if (mmap((void *)(at / page * page), page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
			return;
	}
	signal(sig, SIG_DFL);	/* the instruction runs again, and this is the end */
}

static void install_handler(void)
{
	struct sigaction old, new = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	if (!sigaction(SIGBUS, NULL, &old) && !(old.sa_flags & SA_SIGINFO) &&
	    old.sa_handler == SIG_DFL)
		sigaction(SIGBUS, &new, NULL);
}

static void guard(uintptr_t from, size_t len)
{
	install_handler();
	for (unsigned i = 0; i < GUARDED; i++) {
		uintptr_t none = 0;

		if (!atomic_compare_exchange_strong(&guarded[i].from, &none, 1))
			continue;
		atomic_store(&guarded[i].to, from + len);
		atomic_store(&guarded[i].from, from);
		return;
	}
}

static void unguard(uintptr_t from)
{
	for (unsigned i = 0; i < GUARDED; i++) {
		if (atomic_load(&guarded[i].from) != from)
			continue;
		atomic_store(&guarded[i].to, 0);
		atomic_store(&guarded[i].from, 0);
		return;
	}
}

int mapping_open(int fd, size_t len, struct span *ret)
{
	void *room, *p;
	int err;

	room = mmap(NULL, whole(len), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return -errno;
	p = mmap(room, len, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
	if (p == MAP_FAILED) {
		err = -errno;
		munmap(room, whole(len));
		return err;
	}
	guard((uintptr_t)p, len);
	*ret = (struct span){ .p = p, .len = len };
	return 0;
}

void mapping_close(struct span *s)
{
	if (!s->p)
		return;
	unguard((uintptr_t)s->p);
	munmap((void *)(uintptr_t)s->p, whole(s->len));
	*s = (struct span){ 0 };
}
