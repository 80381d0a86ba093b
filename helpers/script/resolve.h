/* SPDX-License-Identifier: GPL-2.0-only */
/* resolve.h - a script made ready for one target and one bpftrace */
#ifndef GOBPF_SCRIPT_RESOLVE_H
#define GOBPF_SCRIPT_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "input/elf.h"
#include "script/bpftrace.h"
#include "script/text.h"

/*
 * How a script is run by gobpf: load, resolve, run, read.
 *
 *	bpftrace_find(NULL, &bt);
 *	script_load("scripts/heap-hotspots.bt", &text);
 *	script_resolve(&(struct script_request){ …, .raw_stacks = true }, &script);
 *	script_run(&bt, &script, &(struct script_window){ … }, &output);
 *	script_read((struct part){ output.out.data, output.out.len }, each_stack, ctx);
 *
 * Every step returns 0 or -errno with words, and the next one must not follow
 * a failure; script_free() and script_output_free() are always allowed.
 */

enum script_place_kind {
	SCRIPT_PLACE_ENTRY,	/* the first instruction */
	SCRIPT_PLACE_CHEAP,	/* behind the stack check; arguments still as at entry */
	SCRIPT_PLACE_BRANCH,	/* the stack check's conditional jump (amd64 jbe) */
};

struct script_place {
	uint64_t addr;		/* in the file's own addresses */
	uint64_t offset;	/* in the file */
	enum script_place_kind kind;
};

struct golang;

struct script_request {
	const char *name;		/* for words: "heap-hotspots.bt" */
	struct part text;
	const struct bpftrace *bt;
	/*
	 * $1, $2, …: literals put into the text, as bpftrace would; missing ones are 0 or "",
	 * more than the text uses are refused
	 */
	const char *const *args;
	unsigned nargs;
	/*
	 * The target; elf NULL: probes are left as they are.  Probes of args[0]
	 * ("uprobe:$1:name") are placed by resolve(): 0, -ENOENT (no such
	 * function) or another -errno with words, which ends it all.
	 */
	const struct elf_file *elf;
	int (*resolve)(void *ctx, const char *name, struct script_place *ret);
	void *ctx;
	/* Stacks and usym() as addresses, for script_read(). */
	bool raw_stacks;
	/* Go's own words (golang.h) are understood; NULL: they aren't. Needs elf. */
	const struct golang *go;
};

/* A map that has gostack among its keys: its stacks are to be read by gostacks.h. */
struct script_map {
	char name[64];		/* "@bytes" */
	unsigned nth;		/* which of its stacks it is, from 1 */
	unsigned depth;		/* frames at most */
};

struct script {
	struct buf text;	/* what bpftrace gets; each line has the number that it had */
	/*
	 * What people want above it: the interpreter's line, the bpftrace, the build, and what was
	 * probed where.  To be shown in place of the first `shebang' bytes of the text.
	 */
	struct buf top;
	size_t shebang;
	bool unsafe;		/* with --unsafe */
	bool raw_stacks;
	struct script_map *maps;
	size_t nmaps, maps_cap;
	unsigned placed;	/* probes of the target that are in it */
	struct buf remarks;	/* what was left out, a line each; "" when nothing was */
};

/* The file's text, bounded. 0 or -errno with words. */
int script_load(const char *path, struct buf *ret);

/* Does the script probe "$1", so that it needs a PID? -EINVAL with words: can't be read. */
int script_wants_target(struct part text, bool *ret);

/*
 * What becomes of uprobe:$1:"name", in this order:
 *   - an address, when this bpftrace checks addresses and the file has symbols;
 *   - a file offset with --unsafe, when no symbol of the file could be taken
 *     to lie there (then bpftrace would read the number as an address);
 *   - the name (the entry), when the file has symbols;
 *   - nothing: left out with a remark, the whole probe when no spec is left.
 * At a SCRIPT_PLACE_BRANCH hits whose jump will be taken are skipped: they come
 * again when the stack has grown.  A name is first taken literally, as Go's
 * method names have a "*"; other wildcards are left to bpftrace.
 *
 * ENOEXEC: the target has none of the functions; EINVAL: the text or an
 * argument; EOPNOTSUPP: a uretprobe of the target, which would crash it.
 */
int script_resolve(const struct script_request *rq, struct script *ret);
void script_free(struct script *s);

#endif
