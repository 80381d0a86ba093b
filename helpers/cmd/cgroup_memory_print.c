/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup_memory_print.c - memory cgroups as a table and as JSON */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/cgroup_memory_run.h"
#include "live_json.h"

static const char *amount(char out[NUM_LEN], uint64_t v)
{
	if (v == CGROUP_UNKNOWN)
		return "?";
	return v == CGROUP_NO_LIMIT ? "no limit" : num_bytes(out, (double)v);
}

static void amount_cell(struct table *t, uint64_t v)
{
	char n[NUM_LEN];

	table_cell(t, "%s", amount(n, v));
}

static void count_cell(struct table *t, uint64_t v)
{
	if (v == CGROUP_UNKNOWN)
		table_cell(t, "?");
	else
		table_cell(t, "%llu", (unsigned long long)v);
}

static bool is_shown(const struct cgmem_run *run, size_t i)
{
	const struct cgroup_memory *m = &run->levels[i].memory;

	return !i || run->live.out.verbose || m->max < CGROUP_NO_LIMIT || m->high < CGROUP_NO_LIMIT;
}

static int print_levels(const struct cgmem_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "CGROUP", TABLE_SHORTEN }, { "CURRENT", TABLE_RIGHT }, { "PEAK", TABLE_RIGHT },
		{ "HIGH", TABLE_RIGHT },     { "MAX", TABLE_RIGHT },	 { "LEFT", TABLE_RIGHT },
		{ "AT HIGH", TABLE_RIGHT },  { "AT MAX", TABLE_RIGHT },	 { "OOM KILLS", TABLE_RIGHT },
	};
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < run->nlevels; i++) {
		const struct cgroup_memory *m = &run->levels[i].memory;

		if (!is_shown(run, i))
			continue;
		table_cell(&t, "%s", run->levels[i].path);
		amount_cell(&t, m->current);
		amount_cell(&t, m->peak);
		amount_cell(&t, m->high);
		amount_cell(&t, m->max);
		amount_cell(&t, cgmem_left(m));
		count_cell(&t, m->at_high);
		count_cell(&t, m->at_max);
		count_cell(&t, m->oom_kills);
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static int print_parts(const struct cgmem_run *run, FILE *f)
{
	static const struct table_column columns[] = { { "OF IT", 0 }, { "BYTES", TABLE_RIGHT }, { "", 0 } };
	const struct cgroup_memory *m = &run->levels[0].memory;
	const struct {
		const char *name;
		uint64_t v;
		const char *words;
	} rows[] = {
		{ "working set", cgmem_working_set(m), "all but files that were not used for long" },
		{ "anonymous", m->anon, "heaps, stacks" },
		{ "files", m->file, "cache of files, and shared memory" },
		{ "  mapped", m->mapped, "code, mmap" },
		{ "  shared memory", m->shmem, "" },
		{ "kernel", m->kernel, "page tables, sockets, slabs" },
		{ "swapped out", m->swap, "not of current" },
	};
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		table_cell(&t, "%s", rows[i].name);
		amount_cell(&t, rows[i].v);
		table_cell(&t, "%s", rows[i].words);
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static void print_pressure(FILE *f, const char *whose, const struct cgroup_pressure *some,
			   const struct cgroup_pressure *full)
{
	char n[NUM_LEN];

	if (!some->known) {
		fprintf(f, "%s: ?\n", whose);
		return;
	}
	fprintf(f, "%s: some waited %.2f %% of the last 10 s, %.2f %% of 60 s, %.2f %% of 300 s, %s in all", whose,
		some->avg10, some->avg60, some->avg300, num_duration(n, (double)some->total_us * 1000));
	if (full->known)
		fprintf(f, "; all at once %.2f, %.2f, %.2f %%, %s", full->avg10, full->avg60, full->avg300,
			num_duration(n, (double)full->total_us * 1000));
	fputc('\n', f);
}

static void print_request(const struct cgmem_run *run, FILE *f)
{
	const struct cgmem_request *r = &run->request;
	char a[NUM_LEN], b[NUM_LEN], c[NUM_LEN], d[NUM_LEN];

	if (r->bytes == CGROUP_UNKNOWN)
		fputs("suggested request: ? (the kernel does not say of what the memory is)\n", f);
	else
		fprintf(f, "suggested request: %s (base %s, mapped files %s, headroom %s)\n",
			num_bytes(a, (double)r->bytes), num_bytes(b, (double)r->base),
			num_bytes(c, (double)r->mapped), num_bytes(d, (double)r->headroom));
}

static void head(const struct cgmem_run *run, FILE *f)
{
	const struct cgmem_level *l = &run->levels[run->nearest < run->nlevels ? run->nearest : 0];
	char a[NUM_LEN], b[NUM_LEN];

	fprintf(f, "cgroup-memory: %s (pid %d), cgroup v%d: ", live_name(&run->live), run->live.target.pid,
		run->cgroup.version);
	if (run->nearest < run->nlevels && l->memory.max)
		fprintf(f, "%s of %s, %.1f %%", amount(a, l->memory.current), amount(b, l->memory.max),
			100. * (double)l->memory.current / (double)l->memory.max);
	else
		fprintf(f, "%s, no limit", amount(a, l->memory.current));
	fprintf(f, " (%s)\n\n", l->path);
}

static int print_table(const struct cgmem_run *run, FILE *f)
{
	int err;

	head(run, f);
	err = print_levels(run, f);
	fputc('\n', f);
	if (!err)
		err = print_parts(run, f);
	fputc('\n', f);
	if (run->cgroup.version == 2)
		print_pressure(f, "pressure", &run->levels[0].memory.some, &run->levels[0].memory.full);
	else
		fputs("pressure: ? (cgroup v1 does not keep it)\n", f);
	print_pressure(f, "pressure of the whole machine", &run->some, &run->full);
	print_request(run, f);
	return err ? err_sys(-err, "printing") : 0;
}

/* null: not known; "no limit" is a word, since 0 and null would be other things */
static json_t *number(uint64_t v)
{
	return v == CGROUP_NO_LIMIT ? json_string("no limit") : live_json_u64(v);
}

static json_t *pressure(const struct cgroup_pressure *p)
{
	if (!p->known)
		return json_null();
	return json_pack("{s:f, s:f, s:f, s:I}", "avg10", p->avg10, "avg60", p->avg60, "avg300", p->avg300,
			 "total_us", (json_int_t)p->total_us);
}

static json_t *level(const struct cgmem_level *l)
{
	const struct cgroup_memory *m = &l->memory;
	const struct {
		const char *key;
		uint64_t v;
	} numbers[] = {
		{ "current", m->current },
		{ "peak", m->peak },
		{ "high", m->high },
		{ "max", m->max },
		{ "left", cgmem_left(m) },
		{ "swap", m->swap },
		{ "swap_max", m->swap_max },
		{ "working_set", cgmem_working_set(m) },
		{ "anon", m->anon },
		{ "file", m->file },
		{ "mapped", m->mapped },
		{ "shmem", m->shmem },
		{ "inactive_file", m->inactive_file },
		{ "kernel", m->kernel },
		{ "kernel_reclaimable", m->reclaimable },
		{ "at_high", m->at_high },
		{ "at_max", m->at_max },
		{ "ooms", m->ooms },
		{ "oom_kills", m->oom_kills },
	};
	json_t *o = json_pack("{s:o, s:o, s:o}", "path", json_text(l->path), "pressure_some", pressure(&m->some),
			      "pressure_full", pressure(&m->full));

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_set_new(o, numbers[i].key, number(numbers[i].v));
	return o;
}

static json_t *request(const struct cgmem_request *r)
{
	if (r->bytes == CGROUP_UNKNOWN)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "bytes", (json_int_t)r->bytes, "base", (json_int_t)r->base,
			 "mapped", (json_int_t)r->mapped, "headroom", (json_int_t)r->headroom);
}

static int print_json(const struct cgmem_run *run, FILE *f)
{
	json_t *levels = json_array(), *root;
	bool limited = run->nearest < run->nlevels;

	for (size_t i = 0; i < run->nlevels; i++)
		json_array_append_new(levels, level(&run->levels[i]));
	root = live_json(
		&run->live, "gobpf-cgroup-memory-1",
		json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "version", run->cgroup.version, "nearest",
			  limited ? json_text(run->levels[run->nearest].path) : json_null(), "cgroups",
			  levels, "request", request(&run->request), "machine_pressure_some",
			  pressure(&run->some), "machine_pressure_full", pressure(&run->full)));
	return json_print(root, f, true);
}

int cgmem_write(void *ctx, FILE *f)
{
	const struct cgmem_run *run = ctx;

	return strcmp(run->live.out.format, "json") ? print_table(run, f) : print_json(run, f);
}
