/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as what bpftrace says, as the script that it speaks of, and as what an earlier
 * command learnt of it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "script/explain.h"
#include "script/learnt.h"
#include "script/said.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lines(struct part text, bool messages)
{
	struct said s = { .messages = messages, .max_keys = 2 };
	unsigned from, to;

	for (size_t n; text.len; text = (struct part){ text.p + n, text.len - n }) {
		const char *nl = memchr(text.p, '\n', text.len);
		struct part line = { text.p, nl ? (size_t)(nl - text.p) : text.len };

		n = line.len + !!nl;
		if (line.len && said_line(&s, line) != SAID_SCRIPT && s.attached &&
		    part_is(line, SAID_ATTACHED) && !said_may_be(&s, line))
			abort();
		if (explain_place(line, &from, &to) && (!from || to < from))
			abort();
	}
	if (strlen(s.full) >= sizeof(s.full))
		abort();
}

/* The first half is what it says, the second the script; the length decides how it ended. */
static void words(struct part text)
{
	struct bpftrace bt = { .minor = text.len % 3 ? 17 : 27 };
	size_t half = text.len / 2;
	struct part rest = { text.p + half, text.len - half };
	struct explain e = {
		.bt = &bt, .name = text.len % 5 ? "fuzz.bt" : NULL, .text = rest,
		.wait_status = text.len % 7 ? 0x100 : 11,
	};

	if (text.len % 2)
		e.source = (struct part){ rest.p, rest.len / 2 };
	if (explain(&e, (struct part){ text.p, half }) >= 0 || strpbrk(err_text(), "\033\177"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of just that size, so that a read beyond is seen */
	char *copy = memcpy(malloc(size ? size : 1), data, size);
	struct part text = { copy, size };
	struct bpftrace b = { .path = "/bpftrace" };
	struct buf again = { 0 };

	lines(text, true);
	lines(text, false);
	words(text);
	if (learnt_parse(text, "KEY", &b)) {
		learnt_print(&b, "KEY", &again);
		if (again.len != size || memcmp(again.data, copy, size) != 0)
			abort();
	}
	buf_free(&again);
	free(copy);
	return 0;
}
