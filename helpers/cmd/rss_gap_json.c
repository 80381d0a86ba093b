/* SPDX-License-Identifier: GPL-2.0-only */
/* rss_gap_json.c - memory by kind as JSON; the schema is in docs/gobpf-rss-gap.1 */
#include "cmd/rss_gap_run.h"
#include "live_json.h"

static json_t *go_object(const struct rss_go *g)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sys",
			 live_json_u64(g->sys), "heap_inuse", live_json_u64(g->heap_inuse), "heap_idle",
			 live_json_u64(g->heap_idle), "heap_released", live_json_u64(g->heap_released),
			 "stack_inuse", live_json_u64(g->stack_inuse), "stack_sys",
			 live_json_u64(g->stack_sys), "mspan_sys", live_json_u64(g->mspan_sys), "mcache_sys",
			 live_json_u64(g->mcache_sys), "buckhash_sys", live_json_u64(g->buckhash_sys), "gc_sys",
			 live_json_u64(g->gc_sys), "other_sys", live_json_u64(g->other_sys), "says",
			 live_json_u64(g->in_heap + g->outside));
}

static json_t *sum_object(const struct rss_sum *s, const uint64_t *says)
{
	return json_pack("{s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I}", "mappings", (json_int_t)s->mappings,
			 "rss", (json_int_t)s->rss, "go_says", says ? live_json_u64(*says) : json_null(),
			 "difference", (json_int_t)(s->rss - (says ? *says : 0)), "swap",
			 (json_int_t)s->swap, "huge", (json_int_t)s->anon_huge, "lazy_free",
			 (json_int_t)s->lazy_free, "hugetlb", (json_int_t)s->hugetlb);
}

static json_t *kinds(const struct rss_run *run)
{
	json_t *list = json_array();
	uint64_t says;

	for (enum rss_kind k = RSS_HEAP; k < RSS_KINDS; k++) {
		bool has = rss_go_says(run, k, &says);
		json_t *o = sum_object(&run->sums[k], has ? &says : NULL);

		json_object_set_new(o, "kind", json_string(rss_kind_key(k)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *mappings(const struct rss_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->smaps.n; i++) {
		const struct smap *m = &run->smaps.v[i];

		if (m->rss || m->swap)
			json_array_append_new(
				list, json_pack("{s:s, s:o, s:o, s:s, s:o, s:I, s:I}", "kind",
						rss_kind_key(run->kind_of[i]), "start",
						live_json_u64(m->start), "end", live_json_u64(m->end), "perms",
						m->perms, "path", json_text(m->path), "rss",
						(json_int_t)m->rss, "swap", (json_int_t)m->swap));
	}
	return list;
}

static json_t *cgroup(const struct rss_cgroup *c)
{
	if (c->unknown)
		return json_pack("{s:o}", "unknown", json_text(c->unknown));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "path", json_text(c->path), "current",
			 live_json_u64(c->current), "anon",
			 c->have_stat ? live_json_u64(c->anon) : json_null(), "file",
			 c->have_stat ? live_json_u64(c->file) : json_null(), "kernel",
			 c->have_stat ? live_json_u64(c->kernel) : json_null());
}

int rss_write_json(struct rss_run *run, FILE *f)
{
	uint64_t says = run->go.in_heap + run->go.outside;
	bool known = run->vm_rss != UINT64_MAX;
	json_t *root = live_json(
		&run->live, "gobpf-rss-gap-1",
		json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "go", go_object(&run->go), "kinds",
			  kinds(run), "all", sum_object(&run->total, &says), "not_go_at_least",
			  (json_int_t)rss_not_go(run), "vm_rss", live_json_u64(run->vm_rss),
			  "unexplained",
			  known ? json_integer((json_int_t)(run->vm_rss - run->total.rss)) : json_null(),
			  "moved", live_json_u64(run->moved), "cgroup", cgroup(&run->cgroup),
			  "mappings", mappings(run)));

	return json_print(root, f, true);
}
