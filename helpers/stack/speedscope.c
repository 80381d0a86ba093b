/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/speedscope.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stack/idmap.h"
#include "stack/markup.h"

struct speedscope {
	const struct profile *p;
	struct buf out;
	uint32_t *frame_of;	/* frame number: number in the file */
};

static bool same_function(const struct frame *a, const struct frame *b)
{
	return a->func == b->func && a->file == b->file &&
	       (a->flags & FRAME_KERNEL) == (b->flags & FRAME_KERNEL);
}

static void add_frame(struct buf *b, const struct frame *f)
{
	struct buf name = { 0 };

	markup_name(&name, f);
	buf_str(b, "\n{\"name\":");
	markup_json(b, name.data ? name.data : "");
	if (f->file) {
		buf_str(b, ",\"file\":");
		markup_json(b, f->file);
	}
	if (f->start_line)
		buf_printf(b, ",\"line\":%" PRIu32, f->start_line);
	buf_char(b, '}');
	b->failed |= name.failed;
	buf_free(&name);
}

/* The same function at several lines or addresses is one frame: speedscope would draw each. */
static int add_frames(struct speedscope *s)
{
	const struct profile *p = s->p;
	struct idmap m = { 0 };
	uint32_t n = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < p->nframes; i++) {
		const struct frame *f = &p->frames[i];
		uint64_t hash = hash_mix(hash_mix((uintptr_t)f->func, (uintptr_t)f->file),
					 f->flags & FRAME_KERNEL);
		size_t at;
		uint32_t id;
		bool known = false;

		hash ^= hash >> 32;
		at = idmap_at(&m, hash);
		while (!known && idmap_next(&m, hash, &at, &id))
			known = same_function(f, &p->frames[id]);
		if (known) {
			s->frame_of[i] = s->frame_of[id];
			continue;
		}
		if (n)
			buf_char(&s->out, ',');
		add_frame(&s->out, f);
		s->frame_of[i] = n++;
		if (!idmap_add(&m, hash, i))
			ret = -ENOMEM;
	}
	free(m.slots);
	return ret;
}

/* The format knows time and bytes; what is only counted has no unit. */
static const char *unit_of(const struct value_type *t)
{
	static const char *const units[] = { "nanoseconds", "microseconds", "milliseconds",
					     "seconds", "bytes" };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(t->unit, units[i]))
			return units[i];
	return "none";
}

static void add_stack(struct speedscope *s, const struct sample *sample)
{
	const uint32_t *frames = s->p->stack_frames + sample->first;

	for (uint32_t i = sample->n; i--;)
		buf_printf(&s->out, "%" PRIu32 "%s", s->frame_of[frames[i]], i ? "," : "");
}

static int add_profile(struct speedscope *s, unsigned value)
{
	const struct profile *p = s->p;
	struct buf *b = &s->out, weights = { 0 };
	const char *between = "\n";
	int64_t total = 0;
	uint32_t *order;
	int ret = profile_order(p, value, &order);

	if (ret)
		return ret;
	buf_str(b, "{\"type\":\"sampled\",\"name\":");
	markup_json(b, p->types[value].name);
	buf_printf(b, ",\"unit\":\"%s\",\"startValue\":0,\"samples\":[", unit_of(&p->types[value]));
	for (size_t i = 0; i < p->nsamples; i++) {
		const struct sample *sample = &p->samples[order[i]];
		int64_t weight = sample->values[value];

		if (weight <= 0)
			break;
		buf_printf(b, "%s[", between);
		add_stack(s, sample);
		buf_char(b, ']');
		buf_printf(&weights, "%s%" PRId64, total ? "," : "", weight);
		total = profile_sum(total, weight);
		between = ",\n";
	}
	buf_printf(b, "],\"weights\":[%s],\"endValue\":%" PRId64 "}",
		   weights.data ? weights.data : "", total);
	b->failed |= weights.failed;
	buf_free(&weights);
	free(order);
	return 0;
}

static int add_profiles(struct speedscope *s, unsigned value)
{
	unsigned n = 0, active = 0;
	int ret = 0;

	for (unsigned i = 0; !ret && i < s->p->ntypes; i++) {
		if (s->p->types[i].internal)
			continue;
		if (i == value)
			active = n;
		buf_str(&s->out, n++ ? ",\n" : "\n");
		ret = add_profile(s, i);
	}
	buf_printf(&s->out, "\n],\n\"activeProfileIndex\":%u}\n", active);
	return ret;
}

int speedscope_write(FILE *f, const struct profile *p, unsigned value, const char *title)
{
	struct speedscope s = { .p = p, .frame_of = malloc((p->nframes + 1) * sizeof(uint32_t)) };
	int ret = s.frame_of ? 0 : -ENOMEM;

	if (!ret) {
		buf_str(&s.out, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
				"\"exporter\":\"gobpf " GOBPF_VERSION "\",\"name\":");
		markup_json(&s.out, title ? title : "gobpf");
		buf_str(&s.out, ",\n\"shared\":{\"frames\":[");
		ret = add_frames(&s);
	}
	if (!ret) {
		buf_str(&s.out, "\n]},\n\"profiles\":[");
		ret = add_profiles(&s, value);
	}
	if (!ret)
		ret = markup_write(f, &s.out);
	buf_free(&s.out);
	free(s.frame_of);
	return ret;
}
