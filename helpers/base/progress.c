/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/table.h"
#include "base/utf8.h"

enum { EVERY_NS = 100000000, BAR = 24 };

void progress_begin(struct progress *p, const char *label, bool quiet)
{
	*p = (struct progress){ .label = label, .begin_ns = num_now_ns() };
	p->on = !quiet && isatty(STDERR_FILENO);
}

static void add_bar(struct buf *b, double share, double passed_ns)
{
	double left = share > 0 ? passed_ns / share - passed_ns : 0;

	buf_str(b, " [");
	for (int i = 0; i < BAR; i++)
		buf_char(b, i < share * BAR ? '#' : ' ');
	buf_printf(b, "] %3.0f %%", share * 100);
	if (share > 0 && share < 1)
		buf_printf(b, ", %.0f s left", left / 1e9 + 0.5);
}

void progress_show(struct progress *p, uint64_t done, uint64_t all, const char *note)
{
	uint64_t now;
	struct buf b = { 0 };

	if (!p->on)
		return;
	now = num_now_ns();
	if (p->last_ns && now - p->last_ns < EVERY_NS)
		return;
	p->last_ns = now;
	p->shown = true;
	utf8_clean(&b, p->label);
	if (all)
		add_bar(&b, done < all ? (double)done / all : 1, now - p->begin_ns);
	else
		buf_printf(&b, " %.0f s", (now - p->begin_ns) / 1e9);
	if (note) {
		buf_str(&b, ", ");
		utf8_clean(&b, note);
	}
	if (!b.failed && utf8_columns(b.data) < term_columns(stderr))
		fprintf(stderr, "\r\033[K%s", b.data);
	fflush(stderr);
	buf_free(&b);
}

void progress_clear(struct progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
}
