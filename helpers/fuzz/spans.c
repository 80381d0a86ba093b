/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the memory of a process that has a heap.  The first byte is the Go version; the others begin
 * with mheap.allspans, mheap.sweepgen and the runtime's own counts.
 */
#include "fuzz/memory.h"
#include "go/spans.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a program can be built with that the table knows: 1.19, and 1.21 to 1.27. */
static unsigned version_of(uint8_t byte)
{
	return byte % 8 ? 20 + byte % 8 : 19;
}

static struct go_span_layout span_layout_of(unsigned minor)
{
	struct go_span_layout l = {
		.allspans = MEMORY_BASE, .sweepgen = MEMORY_BASE + 24,
		.start = memory_offset(minor, "runtime.mspan", "startAddr", NULL),
		.npages = memory_offset(minor, "runtime.mspan", "npages", NULL),
		.count = memory_offset(minor, "runtime.mspan", "allocCount", NULL),
		.elemsize = memory_offset(minor, "runtime.mspan", "elemsize", NULL),
		.class = memory_offset(minor, "runtime.mspan", "spanclass", NULL),
		.state = memory_offset(minor, "runtime.mspan", "state", NULL),
		.gen = memory_offset(minor, "runtime.mspan", "sweepgen", NULL),
	};

	l.nelems = memory_offset(minor, "runtime.mspan", "nelems", &l.nelems_size);
	l.size = l.elemsize + sizeof(uint64_t);	/* no other field that is read lies behind it */
	for (int i = 0; i < HEAP_VALUES; i++)
		l.values[i] = (struct go_value){ MEMORY_BASE + 32 + 8 * i, 8 };
	return l;
}

/* Every span is somewhere, and no class has more objects than slots. */
static void check(const struct go_spans *s)
{
	uint64_t spans = s->dead + s->manual + s->torn;

	for (unsigned i = 0; i < GO_SPAN_CLASSES; i++) {
		const struct go_span_class *c = &s->classes[i];

		must(c->objects <= c->slots && c->cached <= c->spans && c->unswept <= c->spans);
		spans += c->spans;
	}
	must(spans == s->all);
}

/*
 * Whether the list is longer than the input and could yet be read: what it lists beyond is nowhere, each span
 * another one that is read again and again, thousands of system calls that find nothing new.
 */
static bool lists_nothing(const uint8_t *memory, size_t size)
{
	uint64_t length;

	if (size < 16)
		return false;
	memcpy(&length, memory + 8, sizeof(length));
	return length > size / 8 && length <= MEMORY_SIZE / 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct go_span_layout l;
	struct go_spans s;

	if (!size || size > MEMORY_SIZE || lists_nothing(data + 1, size - 1))
		return 0;
	l = span_layout_of(version_of(data[0]));
	memory_fill(data + 1, size - 1);
	if (!go_spans_read(&memory_process, &l, &s))
		check(&s);
	return 0;
}
