/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Of sets remembered; then all is forgotten, which costs time only. */
enum { MOST_KEYS = 1 << 20 };

void pdata_labels_free(struct pdata_labels *l)
{
	free(l->keys);
	free(l->by_key.slots);
	free(l->v);
	buf_free(&l->texts);
}

static void ask(struct pdata_labels *l)
{
	l->comm = reading_wants(l->r, "comm");
	l->pid = reading_wants(l->r, "pid");
	l->tid = reading_wants(l->r, "tid");
	l->cpu = reading_wants(l->r, "cpu");
	l->event = reading_wants(l->r, "event");
	l->time = reading_wants(l->r, "time");
	l->asked = true;
}

/* As perf script has it where no name was recorded. */
static uint32_t comm_of(struct pdata_labels *l, const struct pdata_sample *s)
{
	uint32_t comm = pdata_threads_comm(l->threads, s->tid);
	char text[32];

	if (comm)
		return comm;
	snprintf(text, sizeof(text), s->tid ? ":%d" : "swapper", (int32_t)s->tid);
	return pdata_maps_name(&l->threads->maps, text);
}

static int put(struct pdata_labels *l, struct label label)
{
	if (!ARRAY_ROOM(l->v, l->n, l->cap))
		return -ENOMEM;
	l->v[l->n++] = label;
	return 0;
}

static int put_number(struct pdata_labels *l, bool known, const char *key, int64_t num,
		      const char *unit)
{
	return known ? put(l, (struct label){ .key = key, .num = num, .unit = unit }) : 0;
}

/* The labels that every event has, as far as they were recorded; the texts stay where they are. */
static int put_common(struct pdata_labels *l, const struct pdata_sample *s,
		      const struct pdata_label_key *k)
{
	uint64_t type = s->kind->attr.sample_type;
	int ret = 0;

	l->n = 0;
	if (l->comm && type & PERF_SAMPLE_TID)
		ret = put(l, (struct label){ .key = "comm",
					     .str = pdata_maps_text(&l->threads->maps, k->comm) });
	if (!ret && l->event)
		ret = put(l, (struct label){ .key = "event", .str = s->kind->label });
	if (!ret)
		ret = put_number(l, l->pid && type & PERF_SAMPLE_TID, "pid", (int32_t)s->pid, NULL);
	if (!ret)
		ret = put_number(l, l->tid && type & PERF_SAMPLE_TID, "tid", (int32_t)s->tid, NULL);
	if (!ret)
		ret = put_number(l, l->cpu && type & PERF_SAMPLE_CPU, "cpu", s->cpu, NULL);
	return ret ? ret :
		     put_number(l, l->time && type & PERF_SAMPLE_TIME, "time", k->time,
				"nanoseconds");
}

/* Fields of ftrace itself ("common_pid") are labels only by name; no field is a usual label. */
static bool wants_field(const struct pdata_labels *l, const struct pdata_field *f)
{
	static const char *const usual[] = {
		"comm", "pid", "tid", "cpu", "event", "time", "value"
	};

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!strcmp(f->name, usual[i]))
			return false;
	return strncmp(f->name, "common_", 7) ?
		       reading_wants(l->r, f->name) :
		       strcmp(l->r->labels, "*") && reading_wants(l->r, f->name);
}

static int put_field(struct pdata_labels *l, const struct pdata_field *f, struct span raw)
{
	struct label label = { .key = f->name };
	/* an offset for now: the text may move */
	size_t at = l->texts.len;

	if (!wants_field(l, f))
		return 0;
	if (f->text ? !pdata_field_text(f, raw, &l->texts) :
		      !pdata_field_number(f, raw, &label.num))
		return 0;
	if (f->text)
		label.unit = (const char *)(at + 1);
	return put(l, label);
}

/* Labels that only tracepoints have. */
static int put_fields(struct pdata_labels *l, const struct pdata_sample *s)
{
	struct pdata_tracepoint *p = pdata_trace_find(l->trace, s->kind->attr.config);
	size_t common = l->n;
	int ret = p ? pdata_trace_fields(p) : 0;

	buf_clear(&l->texts);
	for (size_t i = 0; p && !ret && i < p->nfields; i++)
		ret = put_field(l, &p->fields[i], s->raw);
	if (l->texts.failed)
		return -ENOMEM;
	for (size_t i = common; !ret && i < l->n; i++) {
		if (l->v[i].unit)
			l->v[i].str = l->texts.data + ((size_t)l->v[i].unit - 1);
		l->v[i].unit = NULL;
	}
	return ret;
}

static bool find_key(const struct pdata_labels *l, uint64_t hash, const struct pdata_label_key *k,
		     uint32_t *ret)
{
	size_t at = idmap_at(&l->by_key, hash);
	uint32_t id;

	while (idmap_next(&l->by_key, hash, &at, &id)) {
		const struct pdata_label_key *old = &l->keys[id];

		if (old->time == k->time && old->comm == k->comm && old->pid == k->pid &&
		    old->tid == k->tid && old->cpu == k->cpu && old->event == k->event) {
			*ret = old->set;
			return true;
		}
	}
	return false;
}

static int add_key(struct pdata_labels *l, uint64_t hash, const struct pdata_label_key *k)
{
	if (l->nkeys >= MOST_KEYS) {
		free(l->by_key.slots);
		l->by_key = (struct idmap){ 0 };
		l->nkeys = 0;
	}
	if (!ARRAY_ROOM(l->keys, l->nkeys, l->keys_cap) || !idmap_add(&l->by_key, hash, l->nkeys))
		return -ENOMEM;
	l->keys[l->nkeys++] = *k;
	return 0;
}

int pdata_labels_of(struct pdata_labels *l, const struct pdata_sample *s, uint32_t *ret)
{
	struct pdata_label_key k = { 0 };
	uint64_t hash, tick = l->r->tick_ns ? l->r->tick_ns : 1;
	bool fields;
	int err;

	*ret = 0;
	if (!l->r->labels)
		return 0;
	if (!l->asked)
		ask(l);
	fields = s->kind->attr.type == PERF_TYPE_TRACEPOINT && s->raw.len;
	k.comm = l->comm ? comm_of(l, s) : 0;
	if (l->comm && !k.comm)
		return -ENOMEM;
	k.time = l->time ? s->time - s->time % tick : 0;
	k.pid = l->pid ? s->pid : 0;
	k.tid = l->tid ? s->tid : 0;
	k.cpu = l->cpu ? s->cpu : 0;
	/* which labels there are depends on the event, too */
	k.event = s->kind->number;
	hash = hash_mix(hash_mix(hash_mix(k.time, k.comm), (uint64_t)k.pid << 32 | k.tid),
			(uint64_t)k.cpu << 32 | k.event);
	hash ^= hash >> 32;
	if (!fields && find_key(l, hash, &k, ret))
		return 0;
	err = put_common(l, s, &k);
	if (!err && fields)
		err = put_fields(l, s);
	if (!err)
		err = profile_labels(l->r->profile, l->v, l->n, ret);
	k.set = *ret;
	return err || fields ? err : add_key(l, hash, &k);
}
