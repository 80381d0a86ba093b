/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/waits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A goroutine that left `running' 256 times is recorded at least 31 times; half of that is allowed
 * for what is between reading the sum and reading the goroutine.
 */
enum { RAN_FEW = 16 };

enum same { SAME_WAIT, OTHER_WAIT, UNCERTAIN };

static bool waits(unsigned status)
{
	return status == G_WAITING || status == G_SYSCALL;
}

static enum same compare(const struct go_wait_seen *was, const struct go_wait_seen *is, bool few_ran)
{
	if (!waits(was->status) || was->status != is->status || was->reason != is->reason)
		return OTHER_WAIT;
	if (was->waitsince_ns)
		return was->waitsince_ns == is->waitsince_ns ? SAME_WAIT : OTHER_WAIT;
	if (is->status != G_WAITING)
		return UNCERTAIN;
	if (was->seq != is->seq)
		return OTHER_WAIT;
	return few_ran ? SAME_WAIT : UNCERTAIN;
}

static struct go_wait_seen see(const struct goroutine *g)
{
	return (struct go_wait_seen){ g->goid, g->waitsince_ns, g->status, g->reason, g->seq };
}

static struct go_wait bounds(const struct go_waits *w, struct go_g_reader *r,
			     const struct go_goroutines *gs, const struct go_wait_seen *is, size_t old,
			     bool few_ran)
{
	struct go_wait ret = { w->begin_ns, gs->end_ns };

	/* these run and wait again without the stamp being taken away (runtime/coro.go, coroswitch_m) */
	if (!strcmp(go_wait_reason(r, is->reason), "coroutine"))
		return (struct go_wait){ 0, gs->end_ns };
	if (old < w->n && w->seen[old].goid == is->goid) {
		enum same same = compare(&w->seen[old], is, few_ran);

		if (same == SAME_WAIT)
			ret = w->v[old];
		else if (same == UNCERTAIN)
			ret.after_ns = w->v[old].after_ns;
	}
	/* the stamp is the time when the collection began: a wait can have begun a little later */
	if (is->waitsince_ns > 0 && (uint64_t)is->waitsince_ns < ret.before_ns)
		ret.before_ns = (uint64_t)is->waitsince_ns > ret.after_ns ? (uint64_t)is->waitsince_ns :
									     ret.after_ns;
	return ret;
}

int go_waits_update(struct go_waits *w, struct go_g_reader *r, const struct go_goroutines *gs)
{
	struct go_waits new = { .n = gs->n, .begin_ns = gs->time_ns, .ran_begin = gs->ran_begin,
				.ran_known = gs->ran_known };
	bool few_ran = w->ran_known && gs->ran_known && gs->ran_end - w->ran_begin < RAN_FEW;
	size_t old = 0;

	new.v = calloc(gs->n + 1, sizeof(*new.v));
	new.seen = calloc(gs->n + 1, sizeof(*new.seen));
	if (!new.v || !new.seen) {
		go_waits_free(&new);
		return -ENOMEM;
	}
	for (size_t i = 0; i < gs->n; i++) {
		new.seen[i] = see(&gs->v[i]);
		while (old < w->n && w->seen[old].goid < gs->v[i].goid)
			old++;
		if (waits(gs->v[i].status))
			new.v[i] = bounds(w, r, gs, &new.seen[i], old, few_ran);
	}
	go_waits_free(w);
	*w = new;
	return 0;
}

void go_waits_free(struct go_waits *w)
{
	free(w->v);
	free(w->seen);
	*w = (struct go_waits){ 0 };
}
