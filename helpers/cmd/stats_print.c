/* SPDX-License-Identifier: GPL-2.0-only */
/* stats_print.c - gobpf stats for people: a page, and a line for each further look */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "base/utf8.h"
#include "cmd/stats_run.h"

enum { LAST_PAUSES = 5 };

static const char *bytes(char out[NUM_LEN], uint64_t v)
{
	return num_bytes(out, (double)v);
}

static const char *count(char out[NUM_LEN], uint64_t v)
{
	return num_count(out, (double)v);
}

static const char *duration(char out[NUM_LEN], uint64_t ns)
{
	return num_duration(out, (double)ns);
}

static void head(const struct stats_run *run, FILE *f)
{
	const struct go_process *p = &run->live.process;
	const struct go_sched *s = &run->now.sched;
	struct buf module = { 0 };
	char up[NUM_LEN];

	fprintf(f, "stats: %s (pid %d), %s%s%s%s", live_name(&run->live), run->live.target.pid,
		p->go.version.text, elf_has_symtab(p->go.elf) ? "" : ", stripped",
		p->go.elf->pie ? ", PIE" : "", run->cgo ? ", cgo" : "");
	/* no time yet: main.init has not begun */
	if (s->init_ns > 0 && (uint64_t)s->init_ns < run->now.now_ns)
		fprintf(f, "; up %s", duration(up, run->now.now_ns - s->init_ns));
	utf8_clean(&module, p->go.module);
	if (module.data && *module.data)
		fprintf(f, "\nmodule %s", module.data);
	buf_free(&module);
	fputs("\n\n", f);
}

static void memory_row(struct table *t, const char *what, uint64_t in_use, uint64_t sys)
{
	char a[NUM_LEN], b[NUM_LEN];

	table_cell(t, "%s", what);
	table_cell(t, "%s", in_use ? bytes(a, in_use) : "");
	table_cell(t, "%s", bytes(b, sys));
}

/* What a busy program moved while it was read. */
static const char *about(const struct go_memstats *m)
{
	return m->exact ? "" : "~";
}

static void heap_lines(struct table *t, const struct go_memstats *m)
{
	char a[NUM_LEN], b[NUM_LEN], c[NUM_LEN], d[NUM_LEN];

	memory_row(t, "heap", m->heap_inuse, m->heap_sys);
	table_cell(t, "%s%s in %s objects; idle %s, %s of it returned", about(m), bytes(a, m->alloc),
		   count(b, m->mallocs - m->frees), bytes(c, m->heap_idle), bytes(d, m->heap_released));
}

static int print_table(struct table *t, FILE *f)
{
	int err = table_print(t, f);

	table_free(t);
	fputc('\n', f);
	return err ? err_sys(-err, "printing") : 0;
}

static int print_memory(const struct stats_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "MEMORY", 0 }, { "IN USE", TABLE_RIGHT }, { "FROM THE OS", TABLE_RIGHT }, { "", 0 },
	};
	const struct go_memstats *m = &run->now.mem;
	char a[NUM_LEN], b[NUM_LEN];
	struct table t;

	table_init(&t, columns, ARRAY_SIZE(columns));
	heap_lines(&t, m);
	memory_row(&t, "stacks", m->stack_inuse, m->stack_sys);
	table_cell(&t, "%s", "");
	memory_row(&t, "spans", m->mspan_inuse, m->mspan_sys);
	table_cell(&t, "%s", "");
	memory_row(&t, "caches", m->mcache_inuse, m->mcache_sys);
	table_cell(&t, "%s", "");
	memory_row(&t, "GC", 0, m->gc_sys);
	table_cell(&t, "%s", "");
	memory_row(&t, "profiles", 0, m->buckhash_sys);
	table_cell(&t, "%s", "");
	memory_row(&t, "other", 0, m->other_sys);
	table_cell(&t, "%s", "");
	memory_row(&t, "sum", 0, m->sys);
	table_cell(&t, "allocated so far: %s%s in %s objects", about(m), bytes(a, m->total_alloc),
		   count(b, m->mallocs));
	return print_table(&t, f);
}

static const char *limit_words(char out[NUM_LEN], int64_t limit)
{
	return limit == GO_NO_LIMIT ? "off" : bytes(out, limit);
}

static void pause_words(struct buf *b, const struct go_gcstats *gc)
{
	char a[NUM_LEN];

	buf_printf(b, "%s in all", duration(a, gc->pause_total_ns));
	for (uint32_t i = 0; i < LAST_PAUSES && i < gc->cycles; i++)
		buf_printf(b, "%s%s", i ? ", " : "; the last: ",
			   duration(a, gc->pause_ns[(gc->cycles - 1 - i) % GO_PAUSES]));
}

static void cycle_words(struct buf *b, const struct stats *s)
{
	static const char *const phases[] = { "", "marking", "ending" };
	const struct go_gcstats *gc = &s->gc;
	char when[32] = "", a[NUM_LEN];
	time_t t = gc->last_gc_unix_ns / 1000000000;
	struct tm tm;

	buf_printf(b, "%u", gc->cycles);
	if (gc->forced)
		buf_printf(b, ", %u of them forced", gc->forced);
	if (gc->last_gc_unix_ns && s->unix_ns > gc->last_gc_unix_ns && localtime_r(&t, &tm) &&
	    strftime(when, sizeof(when), "%F %T", &tm))
		buf_printf(b, "; the last ended %s ago, %s", duration(a, s->unix_ns - gc->last_gc_unix_ns),
			   when);
	if (gc->phase < ARRAY_SIZE(phases) && gc->phase)
		buf_printf(b, "; %s now", phases[gc->phase]);
}

static const char *goal_words(char out[NUM_LEN], const struct go_gcstats *gc)
{
	return !gc->goal_known ? "?" : gc->heap_goal == UINT64_MAX ? "never" : bytes(out, gc->heap_goal);
}

static int print_gc(const struct stats_run *run, FILE *f)
{
	static const struct table_column columns[] = { { "GC", 0 }, { "", TABLE_SHORTEN } };
	const struct go_gcstats *gc = &run->now.gc;
	char a[NUM_LEN], b[NUM_LEN], c[NUM_LEN];
	struct buf words = { 0 };
	struct table t;

	table_init(&t, columns, ARRAY_SIZE(columns));
	table_cell(&t, "cycles");
	cycle_words(&words, &run->now);
	table_cell(&t, "%s", words.data ? words.data : "");
	buf_clear(&words);
	table_cell(&t, "pauses");
	pause_words(&words, gc);
	table_cell(&t, "%s", words.data ? words.data : "");
	buf_free(&words);
	table_cell(&t, "heap");
	table_cell(&t, "alive after the last cycle %s, now at most %s, next cycle at %s",
		   bytes(a, gc->heap_marked), bytes(b, gc->heap_live), goal_words(c, gc));
	table_cell(&t, "limits");
	if (gc->gc_percent < 0)
		table_cell(&t, "GOGC off, GOMEMLIMIT %s", limit_words(a, gc->memory_limit));
	else
		table_cell(&t, "GOGC %d, GOMEMLIMIT %s", gc->gc_percent, limit_words(a, gc->memory_limit));
	table_cell(&t, "CPU");
	table_cell(&t, "%.2f %% of what there was for the program", gc->cpu_fraction * 100);
	return print_table(&t, f);
}

static void queue_cells(struct table *t, const struct go_sched *s)
{
	char finalizers[NUM_LEN] = "?";

	if (s->finalizers_known)
		count(finalizers, s->finalizers);
	table_cell(t, "queues");
	table_cell(t, "to run: global %llu, of the processors %llu (longest %llu); timers %llu, finalizers %s",
		   (unsigned long long)s->runq_global, (unsigned long long)s->runq_local,
		   (unsigned long long)s->runq_longest, (unsigned long long)s->timers, finalizers);
}

static void thread_cells(struct table *t, const struct stats *now)
{
	const struct go_sched *s = &now->sched;

	table_cell(t, "threads");
	if (now->kernel_threads)
		table_cell(t, "%llu; Ms %llu: %llu idle, %llu spinning; sysmon %s",
			   (unsigned long long)now->kernel_threads, (unsigned long long)s->threads,
			   (unsigned long long)s->threads_idle, (unsigned long long)s->threads_spinning,
			   s->sysmon_sleeps ? "sleeps" : "runs");
	else
		table_cell(t, "Ms %llu: %llu idle, %llu spinning; sysmon %s",
			   (unsigned long long)s->threads, (unsigned long long)s->threads_idle,
			   (unsigned long long)s->threads_spinning, s->sysmon_sleeps ? "sleeps" : "runs");
}

static void profile_cells(struct table *t, const struct go_sched *s)
{
	char a[NUM_LEN], memory[NUM_LEN + 16] = "off", block[NUM_LEN + 16] = "off", mutex[NUM_LEN + 16] = "off";

	if (s->mem_profile_rate)
		snprintf(memory, sizeof(memory), "1 per %s", bytes(a, s->mem_profile_rate));
	if (s->block_profile_rate)
		snprintf(block, sizeof(block), "1 per %s ticks", count(a, s->block_profile_rate));
	if (s->mutex_profile_rate)
		snprintf(mutex, sizeof(mutex), "1 of %s", count(a, s->mutex_profile_rate));
	table_cell(t, "profiles");
	table_cell(t, "memory %s, block %s, mutex %s", memory, block, mutex);
}

static int print_scheduler(const struct stats_run *run, FILE *f)
{
	static const struct table_column columns[] = { { "SCHEDULER", 0 }, { "", TABLE_SHORTEN } };
	const struct go_sched *s = &run->now.sched;
	struct table t;

	table_init(&t, columns, ARRAY_SIZE(columns));
	table_cell(&t, "processors");
	table_cell(&t, "GOMAXPROCS %u: %u idle, %u running Go, %u in a system call%s", s->gomaxprocs,
		   s->p_idle, s->p_running, s->p_syscall,
		   s->p_gcstop || s->gc_waiting ? "; the world is being stopped" : "");
	thread_cells(&t, &run->now);
	queue_cells(&t, s);
	profile_cells(&t, s);
	return print_table(&t, f);
}

/* The most frequent reasons, a row each. */
static void reason_rows(struct stats_run *run, struct table *t)
{
	uint64_t left[GO_REASONS];

	memcpy(left, run->now.sched.by_reason, sizeof(left));
	for (unsigned n = 0; !run->live.out.top || n < run->live.out.top; n++) {
		unsigned most = 0;

		for (unsigned i = 0; i < GO_REASONS; i++)
			if (left[i] > left[most])
				most = i;
		if (!left[most])
			return;
		table_cell(t, "  %s", most ? go_wait_reason(&run->reasons, most) : "?");
		table_cell(t, "%llu", (unsigned long long)left[most]);
		left[most] = 0;
	}
	table_cell(t, "  …");
	table_cell(t, "%s", "");
}

static int print_goroutines(struct stats_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "GOROUTINES", 0 }, { "", TABLE_RIGHT },
	};
	static const unsigned states[] = { G_WAITING, G_RUNNABLE, G_RUNNING, G_SYSCALL, G_PREEMPTED,
					   G_COPYSTACK };
	const struct go_sched *s = &run->now.sched;
	struct table t;

	table_init(&t, columns, ARRAY_SIZE(columns));
	table_cell(&t, "the program's");
	table_cell(&t, "%llu", (unsigned long long)s->goroutines);
	table_cell(&t, "the runtime's");
	table_cell(&t, "%llu", (unsigned long long)s->system_goroutines);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		bool waiting = states[i] == G_WAITING;
		uint64_t n = s->by_status[states[i]] + (waiting ? s->by_status[G_LEAKED] : 0);

		if (!n)
			continue;
		table_cell(&t, "%s", go_status_name(states[i]));
		table_cell(&t, "%llu", (unsigned long long)n);
		if (waiting)
			reason_rows(run, &t);
	}
	return print_table(&t, f);
}

static void lag_line(const struct stats_run *run, FILE *f)
{
	const struct go_memstats *m = &run->now.mem;
	char a[NUM_LEN], b[NUM_LEN];

	if (m->exact || run->live.out.quiet)
		return;
	if (!m->lag_known) {
		fputs("~ as far as the memory in a capture is from one moment\n\n", f);
		return;
	}
	fprintf(f, "~ right within %s and %s objects, which were allocated while it was read, and what each "
		   "processor\n  was adding just then\n\n",
		bytes(a, m->lag_bytes), count(b, m->lag_objects));
}

int stats_print_page(struct stats_run *run, FILE *f)
{
	int err;

	head(run, f);
	err = print_memory(run, f);
	lag_line(run, f);
	if (!err)
		err = print_gc(run, f);
	if (!err)
		err = print_scheduler(run, f);
	return err ? err : print_goroutines(run, f);
}

/* A cell of a line, aligned by columns on the screen: num.h's texts have no wide characters but "µ". */
static void cell(FILE *f, int width, const char *text)
{
	int columns = 0;

	for (const char *p = text; *p; p++)
		columns += ((unsigned char)*p & 0xc0) != 0x80;
	fprintf(f, "%*s%s", columns < width ? width - columns : 1, "", text);
}

enum { HEAD_EVERY = 20 };

void stats_print_line(struct stats_run *run, FILE *f)
{
	struct stats_rates r = stats_rates(run);
	const struct stats *now = &run->now;
	time_t t = now->unix_ns / 1000000000;
	char when[16] = "?", a[NUM_LEN + 4];
	struct tm tm;

	if (run->live.rounds % HEAD_EVERY == 1)
		fputs("    TIME        HEAP       ALIVE     ALLOC/s  OBJECTS/s    FREED/s  GC/min"
		      "       PAUSE  GOROUTINES  TO RUN\n", f);
	if (localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%T", &tm);
	fputs(when, f);
	cell(f, 12, bytes(a, now->mem.alloc));
	cell(f, 12, bytes(a, now->gc.heap_marked));
	cell(f, 12, num_bytes(a, r.alloc_bytes));
	cell(f, 11, num_count(a, r.mallocs));
	cell(f, 11, num_count(a, r.frees));
	snprintf(a, sizeof(a), "%.1f", r.gcs);
	cell(f, 8, a);
	cell(f, 12, duration(a, r.pause_ns));
	cell(f, 12, count(a, now->sched.goroutines));
	cell(f, 8, count(a, now->sched.runq_global + now->sched.runq_local));
	fputc('\n', f);
}
