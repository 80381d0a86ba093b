/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/current.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/insn.h"

#define REGISTER_SINCE 17	/* amd64 */

/* Assembly in which the g is got from or put into thread-local storage (runtime/asm_amd64.s). */
static const char *const users[] = {
	"runtime.mcall", "runtime.systemstack", "runtime.gogo", "gogo", "runtime.asmcgocall",
	"runtime.morestack", "runtime.cgocallback",
};
#define WITNESSES 2

/*
 * What f says; false when nothing, or different things.  The compiler and linkers write
 *	mov %fs:-8,%rax
 *	mov $-8,%rcx ; mov %fs:(%rcx),%rax
 *	mov slot(%rip),%rcx ; mov %fs:(%rcx),%rax	with the offset in the slot
 */
static bool slot_in(const struct go_file *g, const struct go_func *f, int64_t *ret)
{
	struct insn_reader *r = insn_open(go_func_code(g, f), f->entry);
	struct insn i, last = { 0 };
	bool found = false, same = true;

	if (!r)
		return false;
	for (; insn_next(r, &i); last = i) {
		int64_t v = i.fs_offset;

		if (!i.fs)
			continue;
		if (i.fs_base != REG_OTHER) {
			bool loaded = last.writes == REG_BIT(i.fs_base);
			struct span slot = elf_bytes_at(g->elf, last.rip_addr);

			if (loaded && last.constant)
				v += last.value;
			else if (loaded && last.kind == INSN_MOV && last.rip_addr)
				v += (int64_t)span_u64(&slot, 0);
			else
				continue;
		}
		same = same && (!found || v == *ret);
		found = true;
		*ret = v;
	}
	insn_close(r);
	/* a slot that is filled in when the file is loaded holds 0 */
	return found && same && *ret < 0;
}

static void find_slot(const struct go_file *g, struct go_current *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		struct go_func f;
		int64_t at = 0;

		if (!go_func_named(g, users[i], &f) || !slot_in(g, &f, &at))
			continue;
		if (c->tls_funcs && at != c->tls_offset) {
			c->tls_funcs = 0;
			return;
		}
		c->tls_offset = at;
		if (!c->tls_funcs++)
			c->tls_func = users[i];
	}
	c->tls = c->tls_funcs >= WITNESSES;
}

int go_current(const struct go_file *g, struct go_current *ret)
{
	struct go_current c = { 0 };

	switch (g->elf->machine) {
	case EM_AARCH64:
		c.reg = "r28";
		break;
	case EM_X86_64:
		if (g->version.first >= REGISTER_SINCE)
			c.reg = "r14";
		find_slot(g, &c);
		break;
	default:
		return err_set(EOPNOTSUPP, "%s: goroutines are found on amd64 and arm64 only",
			       g->elf->path);
	}
	if (!c.reg && !c.tls)
		return err_set(ENOEXEC, "%s: where threads keep their goroutine is not certain",
			       g->elf->path);
	*ret = c;
	return 0;
}
