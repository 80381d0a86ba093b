/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_run.h - one run of gobpf sym: what was asked, what is open, where answers go */
#ifndef GOBPF_CMD_SYM_RUN_H
#define GOBPF_CMD_SYM_RUN_H

#include <jansson.h>
#include <stdio.h>

#include "base/buf.h"
#include "go/process.h"
#include "options.h"

enum {
	SYM_FRAMES_MAX = 64,
	SYM_LINE_MAX = 1 << 20,	/* longer lines of input are cut, at a blank if there is one */
};

enum sym_mode { SYM_ADDRESSES, SYM_FILTER, SYM_LIST, SYM_FUNCTIONS, SYM_DEBUG_FILE };

struct sym;

/* A question about a function: --probe-point FUNC and such. */
struct sym_request {
	int (*answer)(struct sym *s, const char *name);
	const char *name;
};

struct sym {
	struct opt_output out;
	enum sym_mode mode;
	const char *object;
	char **words;		/* addresses and names */
	int nwords;
	struct sym_request *requests;
	size_t nrequests, requests_cap;
	const char *debug_file;
	bool no_inline, return_addresses;
	/* opened */
	bool live;		/* a process, not a file */
	struct target target;
	struct go_process process;
	struct go_image image;
	struct symboliser symboliser;
	const struct go_file *go;
	struct elf_native *native;
	uint64_t bias;
	/* output */
	FILE *f;
	struct buf text;	/* not written yet */
	bool json, tty;
	size_t nentries;	/* of the JSON list */
	bool failed;		/* something asked for was not found */
};

/* sym_print.c: text is gathered; sym_flush() writes it, false when nobody takes it any more */
bool sym_flush(struct sym *s);
void sym_text(struct sym *s, const char *text);	/* control characters never reach a terminal */
void sym_hex(struct sym *s, uint64_t v);	/* with 0x */
void sym_place(struct sym *s, const struct frame *fr);	/* "main.f /src/main.go:12" */
/* The frames at a run-time address that are to be shown; *ret has room for SYM_FRAMES_MAX. */
int sym_frames(struct sym *s, uint64_t addr, bool is_return, struct frame *ret);
void sym_show_addr(struct sym *s, uint64_t addr);
/* One more element of the JSON list; takes e. */
void sym_json(struct sym *s, json_t *e);
json_t *sym_json_hex(uint64_t v);
json_t *sym_json_text(const char *text);

/* sym_words.c: words and standard input */
int sym_show_words(struct sym *s);
/* The whole of text is one hexadecimal number, with 0x or without. */
bool sym_parse_hex(const char *text, size_t len, uint64_t *ret);
/* Reads standard input by lines (with their '\n'); what was printed is written before it waits. */
int sym_each_line(struct sym *s, void (*fn)(struct sym *s, const char *line, size_t len));

/* sym_filter.c */
int sym_filter(struct sym *s);
/* sym_perf.c: a line of perf script whose [unknown] has a name; false: it is none, nothing is printed */
bool sym_perf_line(struct sym *s, const char *line, size_t len);
/* sym_list.c */
int sym_list(struct sym *s);
/* sym_debug.c */
int sym_debug_file(struct sym *s);
/* sym_func.c */
int sym_probe_point(struct sym *s, const char *name);
int sym_returns(struct sym *s, const char *name);
/* sym_args.c */
int sym_args(struct sym *s, const char *name);
/* Made by the compiler, around another function most often. */
bool sym_is_wrapper(const struct sym *s, const struct go_func *f);
/* The Go function that has or, in other versions, had that name; -ENOENT with words. */
int sym_func_named(struct sym *s, const char *name, struct go_func *ret);

#endif
