/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_layout.c - where the runtime keeps what is read of goroutines, and its names for it */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/goroutines_priv.h"
#include "go/values.h"

static int find_offsets(struct go_g_layout *l, const struct go_process *p)
{
	uint32_t to_run = NOT_THERE;
	const struct go_offset_want wants[] = {
		{ "runtime.g", "sizeof", NULL, &l->size, false },
		{ "runtime.g", "stack.hi", &l->hi, NULL, false },
		{ "runtime.g", "atomicstatus", &l->status, NULL, false },
		{ "runtime.g", "goid", &l->goid, NULL, false },
		{ "runtime.g", "gopc", &l->gopc, NULL, false },
		{ "runtime.g", "startpc", &l->startpc, NULL, false },
		{ "runtime.g", "m", &l->m, NULL, false },
		{ "runtime.g", "labels", &l->labels, NULL, false },
		{ "runtime.g", "waitsince", &l->waitsince, NULL, false },
		{ "runtime.g", "waitreason", &l->reason, NULL, false },
		{ "runtime.g", "lockedm", &l->locked, NULL, false },
		{ "runtime.g", "sched.sp", &l->sp, NULL, false },
		{ "runtime.g", "sched.pc", &l->pc, NULL, false },
		{ "runtime.g", "syscallsp", &l->syscallsp, NULL, false },
		{ "runtime.g", "syscallpc", &l->syscallpc, NULL, false },
		{ "runtime.m", "procid", &l->m_procid, NULL, false },
		{ "runtime.m", "id", &l->m_id, NULL, false },
		{ "runtime.m", "g0", &l->m_g0, NULL, false },
		{ "runtime.g", "parentGoid", &l->parent, NULL, true },
		{ "runtime.g", "trackingSeq", &l->seq, NULL, true },
		{ "runtime.schedt", "timeToRun", &to_run, &l->to_run_size, true },
		{ "runtime.g", "bubble", &l->bubble, NULL, true },
		{ "runtime.synctestBubble", "id", &l->bubble_id, NULL, true },
		{ "runtime.synctestBubble", "root", &l->bubble_root, NULL, true },
	};
	int err;

	l->parent = l->seq = l->bubble = l->bubble_id = l->bubble_root = NOT_THERE;
	err = go_offsets_find(p, wants, ARRAY_SIZE(wants));

	/* nothing depends on it but how exact ages are */
	if (!err && to_run != NOT_THERE && l->to_run_size <= TO_RUN_MAX &&
	    !global_find(&p->go, GLOBAL_SCHED, &l->to_run, NULL))
		l->to_run += p->bias + to_run;
	return !err && l->size > G_SIZE_MAX ? err_set(ENOEXEC, "unexpected layout of runtime.g") : err;
}

static int find_globals(struct go_g_layout *l, const struct go_process *p)
{
	const struct {
		enum go_global which;
		uint64_t *addr;
	} globals[] = {
		{ GLOBAL_ALLGLEN, &l->allglen },
		{ GLOBAL_ALLGPTR, &l->allgptr },
		{ GLOBAL_WAITREASONSTRINGS, &l->reasons },
	};

	for (size_t i = 0; i < ARRAY_SIZE(globals); i++) {
		int err = global_find(&p->go, globals[i].which, globals[i].addr, NULL);

		if (err)
			return err;
		*globals[i].addr += p->bias;
	}
	return 0;
}

int go_g_reader_open(struct go_g_reader *r, struct go_process *p)
{
	int err;

	*r = (struct go_g_reader){ .p = p, .layout = calloc(1, sizeof(*r->layout)) };
	if (!r->layout || go_unwinder_open(&r->unwinder, &p->go, p->bias)) {
		go_g_reader_close(r);
		return err_sys(ENOMEM, "reading goroutines");
	}
	err = find_offsets(r->layout, p);
	if (!err)
		err = find_globals(r->layout, p);
	if (err)
		go_g_reader_close(r);
	return err;
}

void go_g_reader_close(struct go_g_reader *r)
{
	free(r->layout);
	go_unwinder_close(&r->unwinder);
	*r = (struct go_g_reader){ 0 };
}

bool go_g_ran(const struct go_g_reader *r, uint64_t *ret)
{
	uint64_t counts[TO_RUN_MAX / 8];
	uint32_t size = r->layout->to_run_size;

	if (!r->layout->to_run || mem_read_now(&r->p->mem, r->layout->to_run, counts, size))
		return false;
	*ret = 0;
	for (uint32_t i = 0; i < size / 8; i++)
		*ret += counts[i];
	return true;
}

int go_g_read_failed(const struct go_g_reader *r, int err, const char *what)
{
	const struct target *t = r->p->target;

	if (err == -ESRCH)
		return err_set(ESRCH, "process %d (%s) has exited", t->pid, t->comm);
	if (err == -EPERM)
		return target_denied(t->pid, t->comm, "read the memory of");
	if (err == -ENOMEM)
		return err_sys(ENOMEM, "reading %s", what);
	return err_set(EIO, "process %d (%s): %s can't be read: %s", t->pid, t->comm, what,
		       strerror(-err));
}

const char *go_status_name(unsigned status)
{
	static const char *const names[G_STATUSES] = {
		[G_IDLE] = "idle", [G_RUNNABLE] = "runnable", [G_RUNNING] = "running",
		[G_SYSCALL] = "syscall", [G_WAITING] = "waiting", [G_DEAD] = "dead",
		[G_COPYSTACK] = "copystack", [G_PREEMPTED] = "preempted", [G_LEAKED] = "waiting",
	};

	return status < G_STATUSES && names[status] ? names[status] : "???";
}

const char *go_wait_reason(struct go_g_reader *r, unsigned reason)
{
	char *name = r->layout->reason_names[reason % REASONS], text[REASON_LEN] = "";
	uint64_t string[2];

	if (!reason || reason >= REASONS)
		return reason ? "???" : "";
	if (!*name) {
		if (mem_read(&r->p->mem, r->layout->reasons + 16 * reason, string, sizeof(string)) ||
		    string[1] >= REASON_LEN || mem_read(&r->p->mem, string[0], text, string[1]))
			text[0] = '\0';
		snprintf(name, REASON_LEN, "%s", text[0] ? text : "???");
	}
	return name;
}

uint64_t go_bubble(struct go_g_reader *r, const struct goroutine *g)
{
	const struct go_g_layout *l = r->layout;
	uint64_t number = 0, root = 0;

	if (!g->bubble)
		return 0;
	if (l->bubble_id != NOT_THERE) {
		if (mem_read(&r->p->mem, g->bubble + l->bubble_id, &number, sizeof(number)))
			return 0;
	} else if (l->bubble_root == NOT_THERE ||
		   mem_read(&r->p->mem, g->bubble + l->bubble_root, &root, sizeof(root)) ||
		   mem_read(&r->p->mem, root + l->goid, &number, sizeof(number))) {
		return 0;
	}
	return number;
}

uint64_t go_m_thread(struct go_g_reader *r, uint64_t m, int64_t *ret_id)
{
	uint64_t procid = 0;

	*ret_id = -1;
	if (!m || mem_read_now(&r->p->mem, m + r->layout->m_procid, &procid, sizeof(procid)) ||
	    mem_read_now(&r->p->mem, m + r->layout->m_id, ret_id, sizeof(*ret_id)))
		return 0;
	return procid;
}
