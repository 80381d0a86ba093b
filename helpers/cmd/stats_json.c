/* SPDX-License-Identifier: GPL-2.0-only */
/* stats_json.c - gobpf stats as JSON; the schema is in docs/gobpf-stats.1 */
#include <math.h>

#include "base/buf.h"
#include "cmd/stats_run.h"
#include "live_json.h"

/* A number of the runtime, by its name. */
struct named {
	const char *name;
	uint64_t v;
};

static json_t *numbers(const struct named *v, size_t n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(o, v[i].name, json_integer((json_int_t)v[i].v));
	return o;
}

static json_t *memory(const struct go_memstats *m)
{
	const struct named v[] = {
		{ "sys", m->sys },
		{ "heap_alloc", m->alloc },
		{ "heap_objects", m->mallocs - m->frees },
		{ "heap_sys", m->heap_sys },
		{ "heap_idle", m->heap_idle },
		{ "heap_inuse", m->heap_inuse },
		{ "heap_released", m->heap_released },
		{ "stack_inuse", m->stack_inuse },
		{ "stack_sys", m->stack_sys },
		{ "stack_cached_max", m->stack_cached },
		{ "mspan_inuse", m->mspan_inuse },
		{ "mspan_sys", m->mspan_sys },
		{ "mcache_inuse", m->mcache_inuse },
		{ "mcache_sys", m->mcache_sys },
		{ "buckhash_sys", m->buckhash_sys },
		{ "gc_sys", m->gc_sys },
		{ "other_sys", m->other_sys },
		{ "total_alloc", m->total_alloc },
		{ "mallocs", m->mallocs },
		{ "frees", m->frees },
	};
	json_t *o = numbers(v, ARRAY_SIZE(v));

	json_object_set_new(o, "exact", json_boolean(m->exact));
	json_object_set_new(o, "lag_bytes", m->lag_known ? json_integer((json_int_t)m->lag_bytes) : json_null());
	json_object_set_new(o, "lag_objects", m->lag_known ? json_integer((json_int_t)m->lag_objects) : json_null());
	return o;
}

/* Unix time; null: not known, or never. */
static json_t *when(uint64_t ns)
{
	return ns ? json_integer((json_int_t)ns) : json_null();
}

/* The last ones first. */
static json_t *pauses(const struct go_gcstats *gc)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < ARRAY_SIZE(gc->pause_ns) && i < gc->cycles; i++) {
		uint32_t at = (gc->cycles - 1 - i) % GO_PAUSES;

		json_array_append_new(list, json_pack("{s:I, s:I}", "end",
						      (json_int_t)gc->pause_end_unix_ns[at], "ns",
						      (json_int_t)gc->pause_ns[at]));
	}
	return list;
}

static json_t *collector(const struct go_gcstats *gc)
{
	static const char *const phases[] = { "off", "mark", "mark termination" };
	json_t *goal = gc->goal_known && gc->heap_goal != UINT64_MAX ?
			       json_integer((json_int_t)gc->heap_goal) :
			       json_null();
	json_t *limit = gc->memory_limit == GO_NO_LIMIT ? json_null() : json_integer(gc->memory_limit);

	return json_pack("{s:I, s:I, s:I, s:s, s:o, s:I, s:o, s:i, s:o, s:o, s:I, s:I, s:o}", "cycles",
			 (json_int_t)gc->cycles, "forced", (json_int_t)gc->forced, "started",
			 (json_int_t)gc->started, "phase",
			 gc->phase < ARRAY_SIZE(phases) ? phases[gc->phase] : "?", "last_end",
			 when(gc->last_gc_unix_ns),
			 "pause_total_ns", (json_int_t)gc->pause_total_ns, "cpu_fraction",
			 isfinite(gc->cpu_fraction) ? json_real(gc->cpu_fraction) : json_null(), "gogc", gc->gc_percent, "gomemlimit", limit, "next_gc", goal,
			 "heap_live", (json_int_t)gc->heap_live, "heap_marked",
			 (json_int_t)gc->heap_marked, "pauses", pauses(gc));
}

static json_t *scheduler(const struct stats *now)
{
	const struct go_sched *s = &now->sched;
	const struct named v[] = {
		{ "gomaxprocs", s->gomaxprocs },
		{ "procs_idle", s->p_idle },
		{ "procs_running", s->p_running },
		{ "procs_syscall", s->p_syscall },
		{ "procs_gcstop", s->p_gcstop },
		{ "runq_global", s->runq_global },
		{ "runq_local", s->runq_local },
		{ "runq_longest", s->runq_longest },
		{ "threads", s->threads },
		{ "threads_idle", s->threads_idle },
		{ "threads_idle_locked", s->threads_idle_locked },
		{ "threads_spinning", s->threads_spinning },
		{ "timers", s->timers },
	};
	json_t *o = numbers(v, ARRAY_SIZE(v));

	json_object_set_new(o, "threads_kernel", now->kernel_threads ?
			    json_integer((json_int_t)now->kernel_threads) : json_null());
	json_object_set_new(o, "finalizers", s->finalizers_known ?
			    json_integer((json_int_t)s->finalizers) : json_null());
	json_object_set_new(o, "sysmon", json_string(s->sysmon_sleeps ? "sleeps" : "runs"));
	json_object_set_new(o, "stopping", json_boolean(s->gc_waiting));
	return o;
}

static json_t *goroutines(struct stats_run *run)
{
	const struct go_sched *s = &run->now.sched;
	json_t *states = json_object(), *reasons = json_object();

	for (unsigned i = 0; i < G_STATUSES; i++) {
		const char *name = go_status_name(i);
		json_t *sum = json_object_get(states, name);

		/* two states of some versions have a name between them */
		if (i != G_IDLE && i != G_DEAD && *name != '?')
			json_object_set_new(states, name, json_integer(json_integer_value(sum) +
								       (json_int_t)s->by_status[i]));
	}
	for (unsigned i = 0; i < GO_REASONS; i++)
		if (s->by_reason[i])
			json_object_set_new(reasons, i ? go_wait_reason(&run->reasons, i) : "?",
					    json_integer((json_int_t)s->by_reason[i]));
	return json_pack("{s:I, s:I, s:o, s:o}", "count", (json_int_t)s->goroutines, "system",
			 (json_int_t)s->system_goroutines, "states", states, "waiting", reasons);
}

static json_t *rates(const struct stats_run *run)
{
	struct stats_rates r;

	if (!run->live.rounds)
		return json_null();
	r = stats_rates(run);
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "seconds", r.seconds, "alloc_bytes",
			 r.alloc_bytes, "mallocs", r.mallocs, "frees", r.frees, "gc_per_minute", r.gcs,
			 "gcs", (json_int_t)r.gcs_n, "pause_ns", (json_int_t)r.pause_ns);
}

static json_t *uptime(const struct stats *now)
{
	int64_t up = (int64_t)now->now_ns - now->sched.init_ns;

	return now->now_ns && now->sched.init_ns > 0 && up >= 0 ? json_integer(up) : json_null();
}

int stats_print_json(struct stats_run *run, FILE *f)
{
	const struct go_sched *s = &run->now.sched;
	const struct go_process *p = &run->live.process;
	json_t *root = live_json(
		&run->live, "gobpf-stats-1",
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I}, s:o}", "time",
			  when(run->now.unix_ns), "uptime_ns", uptime(&run->now), "memory",
			  memory(&run->now.mem), "gc", collector(&run->now.gc), "scheduler",
			  scheduler(&run->now), "goroutines", goroutines(run), "profile_rates",
			  "memory_bytes", (json_int_t)s->mem_profile_rate, "block_ticks",
			  (json_int_t)s->block_profile_rate, "mutex_fraction",
			  (json_int_t)s->mutex_profile_rate, "rates", rates(run)));

	json_object_update_new(json_object_get(root, "target"),
			       json_pack("{s:b, s:b, s:b}", "stripped", !elf_has_symtab(p->go.elf), "pie",
					 p->go.elf->pie, "cgo", run->cgo));
	return json_print(root, f, !run->live.interval_ns);
}
