/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf deadlock - who waits for what, and is it stuck */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/deadlock_run.h"
#include "command.h"
#include "go/tidy.h"
#include "go/traceback.h"

static const struct argp argp = {
	live_options, live_parse, "PID|NAME|CORE",
	"Show which goroutines of a running Go program wait for which channels and locks, and whose "
	"stacks these are on. Nothing is stopped and nothing is probed.\v"
	"Go records nobody who holds a lock or could send to a channel, so a deadlock can't be proven from "
	"outside, but for nil channels and selects without cases. What is found is called possible: goroutines "
	"that wait for what only others of them have on their stacks.\n"
	"\n"
	"Examples:\n"
	"  gobpf deadlock 4242\n"
	"  gobpf deadlock --json server",
	live_children, NULL, NULL,
};

static bool is_lock_code(const char *func)
{
	return !strncmp(func, "sync.", 5) || !strncmp(func, "internal/sync.", 14);
}

void d_add_site(struct d_run *run, struct buf *b, const struct goroutine *g)
{
	const struct go_stack_pcs *s = g->stack < run->gs.nstacks ? &run->gs.stacks[g->stack] : NULL;

	for (uint32_t i = 0; s && i < s->n; i++) {
		struct frame f[16];
		int n = run->symboliser.frames(run->symboliser.ctx, run->gs.pcs[s->first + i], PC_RETURN, f, 16);

		for (int k = 0; k < n; k++) {
			const char *slash = f[k].file ? strrchr(f[k].file, '/') : NULL;

			if ((f[k].flags & (FRAME_UNKNOWN | FRAME_WRAPPER)) || is_lock_code(f[k].func) ||
			    !go_traceback_shows(run->live.process.go.version.minor, f[k].func, true))
				continue;
			go_name_short(b, f[k].func);
			if (f[k].file)
				buf_printf(b, " %s:%u", slash ? slash + 1 : f[k].file, f[k].line);
			return;
		}
	}
	buf_char(b, '?');
}

const char *d_kind(const struct go_wait_object *o)
{
	static const char *const names[] = {
		[GO_WAIT_CHAN] = "channel", [GO_WAIT_MUTEX] = "Mutex", [GO_WAIT_RWMUTEX] = "RWMutex",
		[GO_WAIT_WAITGROUP] = "WaitGroup", [GO_WAIT_SEMAPHORE] = "semaphore",
	};

	return names[o->kind];
}

/* sync/mutex.go: bit 0 locked, bit 2 starving; sync/rwmutex.go: readers, less 1 << 30 when a writer waits or writes */
void d_add_state(struct buf *b, const struct go_wait_object *o)
{
	int32_t readers = (int32_t)o->readers;

	switch (o->kind) {
	case GO_WAIT_CHAN:
		if (o->cap)
			buf_printf(b, "%llu of %llu filled", (unsigned long long)o->len,
				   (unsigned long long)o->cap);
		else
			buf_str(b, "unbuffered");
		buf_str(b, o->closed ? ", closed" : o->timer ? ", of a timer" : "");
		return;
	case GO_WAIT_MUTEX:
		buf_str(b, o->state & 1 ? "locked" : "not locked");
		buf_str(b, o->state & 4 ? ", starving" : "");
		return;
	case GO_WAIT_RWMUTEX:
		buf_printf(b, "%d reader%s", readers < 0 ? readers + (1 << 30) : readers,
			   (readers & ((1 << 30) - 1)) == 1 ? "" : "s");
		buf_str(b, readers < 0 ? ", a writer has it or waits" : "");
		return;
	case GO_WAIT_WAITGROUP:
		buf_printf(b, "counter %u", (uint32_t)(o->state >> 32));
		return;
	case GO_WAIT_SEMAPHORE:
		buf_printf(b, "value %u", (uint32_t)o->state);
		return;
	}
}

static int most_waiters(const void *pa, const void *pb, void *ctx)
{
	const struct go_wait_graph *w = ctx;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	if (w->objects[a].n != w->objects[b].n)
		return w->objects[a].n < w->objects[b].n ? 1 : -1;
	return a < b ? -1 : a > b;
}

uint32_t *d_order(const struct go_wait_graph *w)
{
	uint32_t *order = malloc((w->nobjects + 1) * sizeof(*order));

	for (size_t i = 0; order && i < w->nobjects; i++)
		order[i] = i;
	if (order)
		qsort_r(order, w->nobjects, sizeof(*order), most_waiters, (void *)w);
	return order;
}

static int look(struct d_run *run)
{
	int err = go_goroutines_read(&run->reader, &run->gs);

	if (!err)
		err = go_wait_graph_read(&run->reader, &run->gs, &run->graph);
	for (size_t i = 0; !err && i < run->gs.n; i++) {
		run->waiting += run->graph.v[i].waits;
		run->stuck += run->graph.v[i].stuck;
		run->for_ever += go_waits_for_ever(&run->reader, &run->gs.v[i]);
	}
	return err;
}

static int write_as(void *ctx, FILE *f)
{
	struct d_run *run = ctx;

	return strcmp(run->live.out.format, "json") ? d_print_table(run, f) : d_print_json(run, f);
}

static int run(int argc, char **argv)
{
	struct d_run run = { .live.out = { .formats = "table json", .top = 40 } };
	int err;

	options_parse(&argp, argc, argv, &run.live);
	err = live_open(&run.live);
	if (!err)
		err = go_g_reader_open(&run.reader, &run.live.process);
	if (!err) {
		run.symboliser = go_process_symboliser(&run.live.process);
		err = look(&run);
	}
	if (!err)
		err = live_write(&run.live, write_as, &run);
	go_wait_graph_free(&run.graph);
	go_goroutines_free(&run.gs);
	go_g_reader_close(&run.reader);
	return live_close(&run.live, err);
}

const struct command cmd_deadlock = {
	.name = "deadlock",
	.group = "Goroutines",
	.summary = "who waits for which channels and locks, and is it stuck",
	.run = run,
	.capture = "",
};
