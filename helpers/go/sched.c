/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/sched.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/values.h"

enum {
	G_MAX = 1 << 26,
	G_PART_MAX = 64,	/* of a g: status and wait reason are close together */
	SCAN = 0x1000,		/* _Gscan: a GC looks at it */
	FINALIZER_BLOCKS = 1 << 16,	/* of 100 finalizers each */
};

enum p_status { P_IDLE, P_RUNNING, P_SYSCALL, P_GCSTOP };

enum {
	MNEXT, NMFREED, NMIDLE, NMIDLELOCKED, NMSPINNING, RUNQSIZE, GCWAITING, SYSMONWAIT, NGSYS,
	GFREE, GFREE_STACK, GFREE_NOSTACK,
	ALLGLEN, ALLGPTR, FINQ, INIT_TIME, MEM_RATE, BLOCK_RATE, MUTEX_RATE, VALUES,
};

static const struct go_value_want wants[VALUES] = {
	[MNEXT] = { GLOBAL_SCHED, "runtime.schedt", "mnext", 0, false },
	[NMFREED] = { GLOBAL_SCHED, "runtime.schedt", "nmfreed", 0, false },
	[NMIDLE] = { GLOBAL_SCHED, "runtime.schedt", "nmidle", 0, false },
	[NMIDLELOCKED] = { GLOBAL_SCHED, "runtime.schedt", "nmidlelocked", 0, false },
	[NMSPINNING] = { GLOBAL_SCHED, "runtime.schedt", "nmspinning", 0, false },
	[RUNQSIZE] = { GLOBAL_SCHED, "runtime.schedt", "runqsize", 0, false },
	[GCWAITING] = { GLOBAL_SCHED, "runtime.schedt", "gcwaiting", 0, false },
	[SYSMONWAIT] = { GLOBAL_SCHED, "runtime.schedt", "sysmonwait", 0, false },
	[NGSYS] = { GLOBAL_SCHED, "runtime.schedt", "ngsys", 0, false },
	/* two lists since 1.25 */
	[GFREE] = { GLOBAL_SCHED, "runtime.schedt", "gFree.n", 0, true },
	[GFREE_STACK] = { GLOBAL_SCHED, "runtime.schedt", "gFree.stack.size", 0, true },
	[GFREE_NOSTACK] = { GLOBAL_SCHED, "runtime.schedt", "gFree.noStack.size", 0, true },
	[ALLGLEN] = { GLOBAL_ALLGLEN, NULL, NULL, 8, false },
	[ALLGPTR] = { GLOBAL_ALLGPTR, NULL, NULL, 8, false },
	[FINQ] = { GLOBAL_FINQ, NULL, NULL, 8, false },
	[INIT_TIME] = { GLOBAL_RUNTIMEINITTIME, NULL, NULL, 8, false },
	[MEM_RATE] = { GLOBAL_MEMPROFILERATE, NULL, NULL, 8, false },
	[BLOCK_RATE] = { GLOBAL_BLOCKPROFILERATE, NULL, NULL, 8, false },
	[MUTEX_RATE] = { GLOBAL_MUTEXPROFILERATE, NULL, NULL, 8, false },
};

struct go_sched_layout {
	struct go_value values[VALUES];
	uint64_t allp;
	/* in p; timers: where their number is */
	uint32_t p_status, p_m, p_head, p_tail, p_next, p_free, p_timers;
	uint32_t m_curg;
	uint32_t g_first, g_len, g_status, g_reason;	/* g_first: of the part that is read */
	uint32_t fin_next, fin_cnt;
};

static int find_offsets(struct go_sched_layout *l, const struct go_process *p)
{
	uint32_t in_timers = 0, num_timers = 0, timers = 0;
	const struct go_offset_want offsets[] = {
		{ "runtime.p", "status", &l->p_status, NULL, false },
		{ "runtime.p", "m", &l->p_m, NULL, false },
		{ "runtime.p", "runqhead", &l->p_head, NULL, false },
		{ "runtime.p", "runqtail", &l->p_tail, NULL, false },
		{ "runtime.p", "runnext", &l->p_next, NULL, false },
		{ "runtime.p", "gFree.n", &l->p_free, NULL, false },
		{ "runtime.p", "numTimers", &num_timers, NULL, true },
		/* since 1.23 */
		{ "runtime.p", "timers", &timers, NULL, false },
		{ "runtime.timers", "len", &in_timers, NULL, true },
		{ "runtime.m", "curg", &l->m_curg, NULL, false },
		{ "runtime.g", "atomicstatus", &l->g_status, NULL, false },
		{ "runtime.g", "waitreason", &l->g_reason, NULL, false },
		{ "runtime.finBlock", "next", &l->fin_next, NULL, false },
		{ "runtime.finBlock", "cnt", &l->fin_cnt, NULL, false },
	};
	int err = go_offsets_find(p, offsets, ARRAY_SIZE(offsets));

	if (err)
		return err;
	l->p_timers = num_timers ? num_timers : in_timers ? timers + in_timers : 0;
	l->g_first = l->g_status < l->g_reason ? l->g_status : l->g_reason;
	l->g_len = (l->g_status > l->g_reason ? l->g_status + 4 : l->g_reason + 1) - l->g_first;
	if (!l->p_timers || l->g_len > G_PART_MAX)
		return err_set(ENOEXEC, "unexpected layout of runtime.p or runtime.g");
	return 0;
}

int go_sched_open(struct go_sched_reader *r, struct go_process *p)
{
	int err;

	*r = (struct go_sched_reader){ .p = p, .layout = calloc(1, sizeof(*r->layout)) };
	if (!r->layout)
		return err_sys(ENOMEM, "reading the scheduler");
	err = find_offsets(r->layout, p);
	if (!err)
		err = go_values_find(p, wants, VALUES, r->layout->values);
	if (!err)
		err = global_find(&p->go, GLOBAL_ALLP, &r->layout->allp, NULL);
	r->layout->allp += p->bias;
	if (err)
		go_sched_close(r);
	return err;
}

void go_sched_close(struct go_sched_reader *r)
{
	free(r->layout);
	*r = (struct go_sched_reader){ 0 };
}

int go_ps_read(struct go_process *p, uint64_t allp, struct go_ps *ret)
{
	uint64_t slice[2];
	int err = mem_read_now(&p->mem, allp, slice, sizeof(slice));

	ret->n = 0;
	if (!err && (!slice[1] || slice[1] > GO_P_MAX))
		return err_set(EIO, "process %d (%s): runtime.allp has %llu processors", p->target->pid,
			       p->target->comm, (unsigned long long)slice[1]);
	if (!err)
		err = mem_read_now(&p->mem, slice[0], ret->addr, slice[1] * sizeof(*ret->addr));
	if (err)
		return go_read_failed(p, err, "runtime.allp");
	ret->n = slice[1];
	return 0;
}

/* Reading what is the same of all Ps. */
enum p_field { STATUS, M, HEAD, TAIL, NEXT, FREE, TIMERS, P_FIELDS };
struct p_reading {
	uint64_t v[GO_P_MAX][P_FIELDS];
	struct mem_piece pieces[GO_P_MAX * P_FIELDS];
	struct go_ps ps;
};

static int got_p(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct p_reading *r = ctx;
	uint64_t *to = &r->v[piece->id / P_FIELDS][piece->id % P_FIELDS];

	*to = 0;
	if (bytes)
		memcpy(to, bytes, piece->len);
	return bytes ? 0 : -EFAULT;
}

/* Since 1.26 a P keeps its status while its thread is in a system call. */
static bool is_in_syscall(struct go_sched_reader *r, uint64_t m)
{
	const struct go_sched_layout *l = r->layout;
	uint64_t g = 0;
	uint32_t status = 0;

	if (!m || mem_read_now(&r->p->mem, m + l->m_curg, &g, sizeof(g)) || !g ||
	    mem_read_now(&r->p->mem, g + l->g_status, &status, sizeof(status)))
		return false;
	return (status & ~SCAN) == G_SYSCALL;
}

static void count_p(struct go_sched_reader *r, const uint64_t *v, struct go_sched *ret)
{
	/* the owner moves the head on before the tail can pass it, but they are read one after the other */
	uint32_t queued = (uint32_t)v[TAIL] - (uint32_t)v[HEAD];

	queued = (int32_t)queued < 0 ? 0 : queued;
	queued += v[NEXT] != 0;
	ret->runq_local += queued;
	if (queued > ret->runq_longest)
		ret->runq_longest = queued;
	ret->timers += v[TIMERS];
	ret->goroutines -= (uint32_t)v[FREE];
	switch ((enum p_status)v[STATUS]) {
	case P_IDLE:
		ret->p_idle++;
		break;
	case P_SYSCALL:
		ret->p_syscall++;
		break;
	case P_GCSTOP:
		ret->p_gcstop++;
		break;
	default:
		if (is_in_syscall(r, v[M]))
			ret->p_syscall++;
		else
			ret->p_running++;
	}
}

static int read_ps(struct go_sched_reader *r, struct p_reading *ps, struct go_sched *ret)
{
	const struct go_sched_layout *l = r->layout;
	const struct {
		uint32_t offset, size;
	} fields[P_FIELDS] = {
		[STATUS] = { l->p_status, 4 }, [M] = { l->p_m, 8 },	  [HEAD] = { l->p_head, 4 },
		[TAIL] = { l->p_tail, 4 },     [NEXT] = { l->p_next, 8 }, [FREE] = { l->p_free, 4 },
		[TIMERS] = { l->p_timers, 4 },
	};
	int err = go_ps_read(r->p, l->allp, &ps->ps);

	if (err)
		return err;
	for (uint32_t i = 0; i < ps->ps.n * P_FIELDS; i++)
		ps->pieces[i] = (struct mem_piece){
			ps->ps.addr[i / P_FIELDS] + fields[i % P_FIELDS].offset, fields[i % P_FIELDS].size, i };
	err = mem_each(&r->p->mem, ps->pieces, ps->ps.n * P_FIELDS, got_p, ps);
	if (err)
		return go_read_failed(r->p, err, "the runtime's processors");
	ret->gomaxprocs = ps->ps.n;
	for (unsigned i = 0; i < ps->ps.n; i++)
		count_p(r, ps->v[i], ret);
	return 0;
}

struct g_counting {
	const struct go_sched_layout *l;
	struct go_sched *ret;
};

static int got_g(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	const struct g_counting *c = ctx;
	struct span b = { bytes, piece->len, false };
	uint32_t status;
	uint8_t reason;

	if (!bytes)
		return 0;
	status = span_u32(&b, c->l->g_status - c->l->g_first) & ~SCAN;
	reason = span_u8(&b, c->l->g_reason - c->l->g_first);
	if (status < G_STATUSES)
		c->ret->by_status[status]++;
	if (status == G_WAITING || status == G_LEAKED)
		c->ret->by_reason[reason < GO_REASONS ? reason : 0]++;
	return 0;
}

/* In portions, so that little memory is needed for many. */
enum { PORTION = 4096 };
struct g_portion {
	uint64_t addrs[PORTION];
	struct mem_piece pieces[PORTION];
};

static int count_goroutines(struct go_sched_reader *r, uint64_t array, uint64_t n, struct go_sched *ret)
{
	struct g_counting counting = { r->layout, ret };
	struct g_portion *g = malloc(sizeof(*g));
	int err = g ? 0 : -ENOMEM;

	for (uint64_t at = 0; !err && at < n; at += PORTION) {
		size_t some = n - at < PORTION ? n - at : PORTION;

		err = mem_read_now(&r->p->mem, array + at * sizeof(*g->addrs), g->addrs,
				   some * sizeof(*g->addrs));
		for (size_t i = 0; !err && i < some; i++)
			g->pieces[i] = (struct mem_piece){ g->addrs[i] + r->layout->g_first,
							   r->layout->g_len, 0 };
		if (!err)
			err = mem_each(&r->p->mem, g->pieces, some, got_g, &counting);
	}
	free(g);
	return err ? go_read_failed(r->p, err, "runtime.allgs") : 0;
}

/* The queue gets blocks in front, so what is read stays a list; unless a batch is taken meanwhile. */
static void count_finalizers(struct go_sched_reader *r, uint64_t block, struct go_sched *ret)
{
	const struct go_sched_layout *l = r->layout;
	uint32_t cnt;

	for (int i = 0; block && i < FINALIZER_BLOCKS; i++) {
		if (mem_read_now(&r->p->mem, block + l->fin_cnt, &cnt, sizeof(cnt)) ||
		    mem_read_now(&r->p->mem, block + l->fin_next, &block, sizeof(block)))
			return;
		ret->finalizers += cnt;
	}
	ret->finalizers_known = !block;
}

static int read_all(struct go_sched_reader *r, struct p_reading *ps, struct go_sched *ret)
{
	uint64_t v[VALUES], live;
	int err = go_values_read(r->p, r->layout->values, VALUES, v);

	if (err)
		return err;
	if (!v[ALLGLEN] || v[ALLGLEN] > G_MAX)
		return err_set(EIO, "process %d (%s): runtime.allglen says %llu goroutines",
			       r->p->target->pid, r->p->target->comm, (unsigned long long)v[ALLGLEN]);
	*ret = (struct go_sched){
		.runq_global = v[RUNQSIZE], .threads = v[MNEXT] - v[NMFREED],
		.threads_idle = v[NMIDLE], .threads_idle_locked = v[NMIDLELOCKED],
		.threads_spinning = v[NMSPINNING], .gc_waiting = v[GCWAITING],
		.sysmon_sleeps = v[SYSMONWAIT], .init_ns = (int64_t)v[INIT_TIME],
		.mem_profile_rate = v[MEM_RATE], .block_profile_rate = v[BLOCK_RATE],
		.mutex_profile_rate = v[MUTEX_RATE],
		/* gcount(): those of the Ps go off below */
		.goroutines = v[ALLGLEN] - v[GFREE] - v[GFREE_STACK] - v[GFREE_NOSTACK] -
			      (uint32_t)v[NGSYS],
	};
	err = read_ps(r, ps, ret);
	if (!err)
		err = count_goroutines(r, v[ALLGPTR], v[ALLGLEN], ret);
	if (err)
		return err;
	count_finalizers(r, v[FINQ], ret);
	if ((int64_t)ret->goroutines < 1)
		ret->goroutines = 1;
	live = ret->by_status[G_RUNNABLE] + ret->by_status[G_RUNNING] + ret->by_status[G_SYSCALL] +
	       ret->by_status[G_WAITING] + ret->by_status[G_COPYSTACK] + ret->by_status[G_PREEMPTED] +
	       ret->by_status[G_LEAKED];
	ret->system_goroutines = live > ret->goroutines ? live - ret->goroutines : 0;
	return 0;
}

int go_sched_read(struct go_sched_reader *r, struct go_sched *ret)
{
	struct p_reading *ps = malloc(sizeof(*ps));
	int err = ps ? read_all(r, ps, ret) : err_sys(ENOMEM, "reading the scheduler");

	free(ps);
	return err;
}
