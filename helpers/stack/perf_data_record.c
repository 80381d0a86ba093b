/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_record.h"

#include <errno.h>

/* Where the parsing of a sample is; fields come as in the kernel's comment at PERF_RECORD_SAMPLE. */
struct cursor {
	struct span s;
	uint64_t off;
	uint64_t type;		/* sample_type */
	const char *why;
};

static uint64_t take(struct cursor *c, uint64_t bit)
{
	uint64_t v;

	if (!(c->type & bit))
		return 0;
	v = span_u64(&c->s, c->off);
	c->off += 8;
	return v;
}

/* n times size bytes; a bad span when they are more than the record has. */
static struct span take_bytes(struct cursor *c, uint64_t n, uint64_t size, const char *what)
{
	bool before = c->s.bad;
	struct span bytes = { .bad = true };
	uint64_t len;

	if (!__builtin_mul_overflow(n, size, &len))
		bytes = span_sub(&c->s, c->off, len);
	if (!bytes.bad)
		c->off += len;
	else if (!c->why)
		c->why = before ? "a sample shorter than its event's samples are" : what;
	c->s.bad |= bytes.bad;
	return bytes;
}

static void take_reads(struct cursor *c, const struct perf_event_attr *a, struct pdata_sample *s)
{
	uint64_t format = a->read_format, words = 1 + !!(format & PERF_FORMAT_ID);
	uint64_t times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
			 !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);

	if (!(c->type & PERF_SAMPLE_READ))
		return;
	words += !!(format & PERF_FORMAT_LOST);
	s->read_size = words * 8;
	s->nreads = 1;
	if (format & PERF_FORMAT_GROUP) {
		s->nreads = take(c, PERF_SAMPLE_READ);
		c->off += times * 8;
		s->reads = take_bytes(c, s->nreads, s->read_size,
				      "more counters than the record holds");
		return;
	}
	/* a single one has the times between its value and its id, which nobody asks for */
	s->reads = take_bytes(c, 1, (words + times) * 8, "more counters than the record holds");
}

static void take_branches(struct cursor *c, const struct perf_event_attr *a)
{
	uint64_t n;

	if (!(c->type & PERF_SAMPLE_BRANCH_STACK))
		return;
	n = take(c, PERF_SAMPLE_BRANCH_STACK);
	if (a->branch_sample_type & PERF_SAMPLE_BRANCH_HW_INDEX)
		c->off += 8;
	take_bytes(c, n, 24, "more branches than the record holds");
	/* PERF_SAMPLE_BRANCH_COUNTERS, since Linux 6.8 */
	if (a->branch_sample_type & 1 << 19)
		take_bytes(c, n, 8, "more branch counters than the record holds");
}

static void take_user_regs(struct cursor *c, const struct perf_event_attr *a,
			   struct pdata_sample *s)
{
	s->abi = take(c, PERF_SAMPLE_REGS_USER);
	if (s->abi)
		s->regs = take_bytes(c, __builtin_popcountll(a->sample_regs_user), 8,
				     "more registers than the record holds");
}

static void take_user_stack(struct cursor *c, struct pdata_sample *s)
{
	uint64_t size = take(c, PERF_SAMPLE_STACK_USER), used;

	if (!size)
		return;
	s->stack = take_bytes(c, size, 1, "more bytes of stack than the record holds");
	used = take(c, PERF_SAMPLE_STACK_USER);
	if (used > s->stack.len)
		c->s.bad = true;
	else
		s->stack.len = used;
}

static void take_raw(struct cursor *c, struct pdata_sample *s)
{
	uint32_t size;

	if (!(c->type & PERF_SAMPLE_RAW))
		return;
	size = span_u32(&c->s, c->off);
	c->off += 4;
	s->raw = take_bytes(c, size, 1, "more raw data than the record holds");
	/* the kernel makes the sum of both a multiple of 8; old files may not */
	c->off = (c->off + 7) & ~7ULL;
}

int pdata_sample_parse(struct pdata_kind *k, struct span record, struct pdata_sample *s,
		       const char **why)
{
	struct cursor c = { .s = record, .off = sizeof(struct perf_event_header),
			    .type = k->attr.sample_type };
	uint64_t word;

	*s = (struct pdata_sample){ .kind = k, .period = k->attr.sample_period };
	s->mode = pdata_header(record).misc & PERF_RECORD_MISC_CPUMODE_MASK;
	s->id = take(&c, PERF_SAMPLE_IDENTIFIER);
	s->has_ip = c.type & PERF_SAMPLE_IP;
	s->ip = take(&c, PERF_SAMPLE_IP);
	word = take(&c, PERF_SAMPLE_TID);
	s->pid = word;
	s->tid = word >> 32;
	s->time = take(&c, PERF_SAMPLE_TIME);
	take(&c, PERF_SAMPLE_ADDR);
	word = take(&c, PERF_SAMPLE_ID);
	s->id = s->id ? s->id : word;
	take(&c, PERF_SAMPLE_STREAM_ID);
	s->cpu = take(&c, PERF_SAMPLE_CPU);
	if (c.type & PERF_SAMPLE_PERIOD)
		s->period = take(&c, PERF_SAMPLE_PERIOD);
	take_reads(&c, &k->attr, s);
	if (c.type & PERF_SAMPLE_CALLCHAIN) {
		s->has_chain = true;
		s->chain = take_bytes(&c, take(&c, PERF_SAMPLE_CALLCHAIN), 8,
				      "a stack of more addresses than the record holds");
	}
	take_raw(&c, s);
	take_branches(&c, &k->attr);
	take_user_regs(&c, &k->attr, s);
	take_user_stack(&c, s);
	*why = c.why ? c.why : "a sample shorter than its event's samples are";
	return c.s.bad ? -EBADMSG : 0;
}

bool pdata_sample_read(const struct pdata_sample *s, uint64_t i, uint64_t *ret_id,
		       uint64_t *ret_value)
{
	bool group = s->kind->attr.read_format & PERF_FORMAT_GROUP;
	struct span reads = s->reads;

	if (i >= s->nreads)
		return false;
	*ret_value = span_u64(&reads, i * s->read_size);
	*ret_id = group && s->kind->attr.read_format & PERF_FORMAT_ID ?
			  span_u64(&reads, i * s->read_size + 8) : s->id;
	return !reads.bad;
}

bool pdata_sample_reg(const struct pdata_sample *s, unsigned reg, uint64_t *ret)
{
	uint64_t mask = s->kind->attr.sample_regs_user;
	struct span regs = s->regs;

	if (reg > 63 || !(mask >> reg & 1))
		return false;
	*ret = span_u64(&regs, __builtin_popcountll(mask & ((1ULL << reg) - 1)) * 8);
	return !regs.bad;
}

bool pdata_mmap_parse(struct span r, struct pdata_mmap *m)
{
	struct perf_event_header h = pdata_header(r);
	unsigned mode = h.misc & PERF_RECORD_MISC_CPUMODE_MASK;
	size_t path = h.type == PERF_RECORD_MMAP2 ? 72 : 40;

	*m = (struct pdata_mmap){
		.pid = span_u32(&r, 8),
		.start = span_u64(&r, 16),
		.len = span_u64(&r, 24),
		.offset = span_u64(&r, 32),
		.kernel = mode == PERF_RECORD_MISC_KERNEL,
		.guest = mode == PERF_RECORD_MISC_GUEST_KERNEL ||
			 mode == PERF_RECORD_MISC_GUEST_USER,
	};
	if (h.type == PERF_RECORD_MMAP2 && h.misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
		uint8_t size = span_u8(&r, 40);

		m->build_id = span_sub(&r, 44, size > 20 ? 20 : size);
	} else if (h.type == PERF_RECORD_MMAP2) {
		m->inode[0] = span_u64(&r, 40);
		m->inode[1] = span_u64(&r, 48);
		m->inode[2] = span_u64(&r, 56);
	}
	m->path = span_str(&r, path);
	return !r.bad;
}
