/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/layout.h"

int go_offsets_find(const struct go_process *p, const struct go_offset_want *want, size_t n)
{
	struct layout layout;
	int err = 0;

	layout_open(&layout, &p->go);
	for (size_t i = 0; !err && i < n; i++) {
		struct layout_field f;

		err = layout_of(&layout, want[i].strct, want[i].field, &f);
		if (err == -ENOENT && want[i].may_lack) {
			err = 0;
			continue;
		}
		if (err == -ENOENT)
			err = -ENOEXEC;
		if (!err && want[i].offset)
			*want[i].offset = f.offset;
		if (!err && want[i].size)
			*want[i].size = f.size;
	}
	layout_close(&layout);
	return err;
}

static int find_field(const struct go_process *p, struct layout *layout,
		      const struct go_value_want *want, struct go_value *ret)
{
	struct layout_field f;
	int err = layout_of(layout, want->strct, want->field, &f);

	if (err == -ENOENT && want->may_lack) {
		ret->addr = 0;
		return 0;
	}
	if (err)
		return err == -ENOENT ? -ENOEXEC : err;
	if (f.size > sizeof(uint64_t))
		return err_set(ENOEXEC, "%s: %s.%s is no number", p->go.elf->path, want->strct,
			       want->field);
	ret->addr += f.offset;
	ret->size = f.size;
	return 0;
}

int go_values_find(const struct go_process *p, const struct go_value_want *want, size_t n,
		   struct go_value *ret)
{
	struct layout layout;
	uint64_t base = 0;
	int err = 0;

	layout_open(&layout, &p->go);
	for (size_t i = 0; !err && i < n; i++) {
		/* finding one in a stripped file takes a while */
		if (i == 0 || want[i].base != want[i - 1].base)
			err = global_find(&p->go, want[i].base, &base, NULL);
		if (err)
			break;
		ret[i] = (struct go_value){ base + p->bias, want[i].size };
		if (want[i].strct)
			err = find_field(p, &layout, &want[i], &ret[i]);
	}
	layout_close(&layout);
	return err;
}

int go_read_failed(const struct go_process *p, int err, const char *what)
{
	const struct target *t = p->target;

	if (err == -EPERM)
		return target_denied(t->pid, t->comm, "read the memory of");
	if (err == -ESRCH)
		return err_set(ESRCH, "process %d (%s) has exited", t->pid, t->comm);
	if (err == -ENOMEM)
		return err_sys(ENOMEM, "reading %s", what);
	return err_set(EIO, "process %d (%s): %s can't be read: %s", t->pid, t->comm, what,
		       strerror(-err));
}

struct reading {
	uint64_t *ret;
	size_t unread;
};

static int got_value(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct reading *r = ctx;

	if (!bytes)
		return 0;
	r->ret[piece->id] = 0;
	memcpy(&r->ret[piece->id], bytes, piece->len);
	r->unread--;
	return 0;
}

int go_values_read(struct go_process *p, const struct go_value *v, size_t n, uint64_t *ret)
{
	struct mem_piece *pieces = calloc(n ? n : 1, sizeof(*pieces));
	struct reading r = { .ret = ret };
	int err;

	if (!pieces)
		return err_sys(ENOMEM, "reading the runtime's variables");
	for (size_t i = 0; i < n; i++) {
		ret[i] = 0;
		if (v[i].addr)
			pieces[r.unread++] = (struct mem_piece){ v[i].addr, v[i].size, i };
	}
	err = mem_each(&p->mem, pieces, r.unread, got_value, &r);
	free(pieces);
	if (!err && r.unread)
		err = -EFAULT;
	return err ? go_read_failed(p, err, "the runtime's variables") : 0;
}
