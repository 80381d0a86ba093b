/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfdata FILE [LABELS [TICK]] - each sample of a recording as the reader has it, in a line:
 *
 *	COUNT [VALUE=SUM]... [LABEL=TEXT]... : FRAME...
 *
 * A frame is "offset(path)" in a file that was mapped, else "address(path)"; those of the kernel
 * are "address(path)k"; return addresses have an r behind.  For tests/perf-data.bats.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "stack/readers.h"

static void print_frame(const struct profile *p, const struct frame *f)
{
	const struct profile_mapping *m = f->mapping ? &p->mappings[f->mapping - 1] : NULL;
	/* perf script has addresses as they are where there are no stacks */
	uint64_t addr =
		m && !m->kernel && !getenv("RAW") ? f->addr - m->start + m->offset : f->addr;

	printf(" %" PRIx64 "(%s)%s%s", addr, m ? m->path : "[unknown]",
	       f->flags & FRAME_KERNEL ? "k" : "", f->flags & FRAME_RETURN ? "r" : "");
}

static void print_sample(const struct profile *p, const struct sample *s)
{
	const struct label *l;
	size_t n;

	printf("%" PRId64, s->values[0]);
	for (unsigned i = 1; i < p->ntypes; i++)
		if (s->values[i])
			printf(" %s=%" PRId64, p->types[i].name, s->values[i]);
	l = profile_labels_of(p, s->labels, &n);
	for (size_t i = 0; i < n; i++)
		if (l[i].str)
			printf(" %s=%s", l[i].key, l[i].str);
		else
			printf(" %s=%" PRId64, l[i].key, l[i].num);
	printf(" :");
	for (uint32_t i = 0; i < s->n; i++)
		print_frame(p, &p->frames[p->stack_frames[s->first + i]]);
	putchar('\n');
}

static void print_mappings(const struct profile *p)
{
	for (size_t i = 0; i < p->nmappings; i++) {
		const struct profile_mapping *m = &p->mappings[i];

		printf("mapping %" PRIx64 "-%" PRIx64 " +%" PRIx64 " %s %s %s %u%s\n", m->start,
		       m->limit, m->offset, m->path, *m->build_id ? m->build_id : "-",
		       m->anchor_name ? m->anchor_name : "-", m->pid, m->kernel ? " kernel" : "");
	}
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	struct profile p;
	struct lines lines;
	struct reading r = { .lines = &lines,
			     .profile = &p,
			     .labels = argc > 2 ? argv[2] : NULL,
			     .tick_ns = argc > 3 ? strtoull(argv[3], NULL, 0) : 0,
			     .addresses = true };
	int ret;

	if (fd < 0 || profile_init(&p, NULL, 0))
		return 2;
	lines_open(&lines, fd, argv[1]);
	ret = readers_read(&r);
	lines_close(&lines);
	close(fd);
	if (ret) {
		fprintf(stderr, "%s\n", err_text());
	} else {
		if (getenv("MAPPINGS"))
			print_mappings(&p);
		for (size_t i = 0; i < p.nsamples; i++)
			print_sample(&p, &p.samples[i]);
		if (r.bad)
			fprintf(stderr, "%s (%" PRIu64 " left out)\n", r.first_bad, r.bad);
		if (r.notes.len)
			fputs(r.notes.data, stderr);
	}
	buf_free(&r.notes);
	profile_free(&p);
	return ret ? 1 : 0;
}
