/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/explain.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/err.h"
#include "script/newer.h"

#define WORDS_MAX	900	/* of the error text's 1,023 bytes */
#define QUOTE_MAX	100	/* bytes of a line that are shown */

/* What bpftrace says, as far as it takes to know it again, and what that means. */
struct pattern {
	const char *says;
	int err;
	const char *words;	/* %s: bpftrace's own; NULL: only those */
};

/*
 * Seen of 0.17, 0.23 and 0.27, but for what is marked: that is in their sources.  The first that fits.
 */
static const struct pattern patterns[] = {
	{ "as the root user", EPERM, "it has to be run as root (sudo): %s" },
	{ "Missing CAP_", EPERM, "it has to be run as root (sudo): %s" },
	/* src/lockdown.cpp */
	{ "Kernel lockdown is enabled", EPERM, "the kernel's lockdown mode forbids it (see "
	  "/sys/kernel/security/lockdown; boot with lockdown=integrity or none)" },
	{ "Creation of the required BPF maps has failed", EPERM, "the kernel refuses BPF maps: "
	  "it has to be run as root with CAP_BPF or CAP_SYS_ADMIN, which a container may lack: %s" },
	{ "BEGIN_trigger", EOPNOTSUPP, "this bpftrace was stripped and can't find its own BEGIN: install "
	  "its debug symbols or another bpftrace: %s" },
	{ "No probes to attach", ENOEXEC, "nothing to attach to: there is no such function or event: %s" },
	{ "No matches for kprobe", EOPNOTSUPP, "this kernel has no such function, or no kprobes: %s" },
	{ "No matches for fentry", EOPNOTSUPP, "this kernel has no such function, or no fentry: %s" },
	{ "No matches for tracepoint", EOPNOTSUPP, "this kernel has no such tracepoint: %s" },
	{ "No matches for", ENOEXEC, "nothing to attach to: %s" },
	{ "no valid attach points", ENOEXEC, "nothing to attach to: %s" },
	{ "Could not resolve symbol", ENOEXEC, "nothing to attach to: %s" },
	{ "does not exist or is not executable", ENOEXEC, NULL },
	{ "tracepoint not found", EOPNOTSUPP, "this kernel has no such tracepoint: %s" },
	{ "not available for your kernel version", EOPNOTSUPP, "this kernel can't do that: %s" },
	{ "kprobe_events", EOPNOTSUPP, "this kernel has no kprobes: %s" },
	{ "perf_event_open failed: No such file", EOPNOTSUPP, "this machine has no such counter: %s" },
	{ "BPF stack limit of 512 bytes", EINVAL, "it needs more than BPF's stack of 512 bytes: fewer or shorter "
	  "strings (BPFTRACE_STRLEN), or bpftrace 0.23, which keeps them elsewhere" },
	{ "Error loading program", EINVAL, "the kernel's verifier refuses the program, which is too "
	  "long, loops too often, or reads what it may not ('bpftrace -v' shows its log): %s" },
	{ "Error loading BPF program", EINVAL, "the kernel's verifier refuses the program, which is too "
	  "long, loops too often, or reads what it may not ('bpftrace -v' shows its log): %s" },
	{ "unsafe function", EINVAL, NULL },
	{ "unexpected end of file", EINVAL, "the script is empty, or ends too early: %s" },
	{ "hardware:", EOPNOTSUPP, "this machine has no such counter: %s" },
	{ "Error attaching probe", EOPNOTSUPP, "the kernel does not take the probe: %s" },
	{ "Unable to attach probe", EOPNOTSUPP, "the kernel does not take the probe: %s" },
	{ "ermission denied", EPERM, "not permitted: %s" },
	{ "ot permitted", EPERM, "not permitted: %s" },
};

static bool find_in(struct part p, const char *words)
{
	return p.len && memmem(p.p, p.len, words, strlen(words)) != NULL;
}

/* The next line, without its end; false when there is none. */
static bool next_line(struct part *rest, struct part *ret)
{
	const char *nl = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
	size_t n = nl ? (size_t)(nl - rest->p) : rest->len;

	if (!rest->len)
		return false;
	*ret = (struct part){ rest->p, n };
	rest->p += n + !!nl;
	rest->len -= n + !!nl;
	return true;
}

/* Where in the script, and what it says. */
struct place {
	unsigned from, to;	/* lines */
	unsigned col, end;	/* bytes, from 1; 0: the whole lines */
	struct part message;
};

/* A number at *pos, which moves behind it; 0: there is none, or it is no line or column. */
static unsigned number(struct part p, size_t *pos)
{
	unsigned n = 0;

	for (; *pos < p.len && isdigit((unsigned char)p.p[*pos]); ++*pos)
		n = n < 10000000 ? n * 10 + (p.p[*pos] - '0') : n;
	return n;
}

static bool skip(struct part p, size_t *pos, const char *word)
{
	size_t n = strlen(word);

	if (p.len - *pos < n || memcmp(p.p + *pos, word, n) != 0)
		return false;
	*pos += n;
	return true;
}

/* "stdin:3:5-9: ERROR: message", "stdin:3-4: ERROR: message"; colours are off when it is no terminal. */
static bool parse_place(struct part line, struct place *ret)
{
	struct place at = { 0 };
	size_t pos = 0;

	if (!skip(line, &pos, "stdin:"))
		return false;
	at.from = at.to = number(line, &pos);
	if (skip(line, &pos, "-")) {
		at.to = number(line, &pos);
	} else if (skip(line, &pos, ":")) {
		at.col = at.end = number(line, &pos);
		if (skip(line, &pos, "-"))
			at.end = number(line, &pos);
	}
	if (!at.from || at.to < at.from || !skip(line, &pos, ": ERROR: "))
		return false;
	at.message = (struct part){ line.p + pos, line.len - pos };
	*ret = at;
	return true;
}

bool explain_place(struct part line, unsigned *ret_from, unsigned *ret_to)
{
	struct place at;

	if (!parse_place(line, &at))
		return false;
	*ret_from = at.from;
	*ret_to = at.to;
	return true;
}

static struct part nth_line(struct part text, unsigned n)
{
	struct part line = { "", 0 };

	while (n && next_line(&text, &line))
		n--;
	return n ? (struct part){ "", 0 } : line;
}

/* Nothing of a script's text may steer the terminal. */
static void add_clean(struct buf *out, struct part p)
{
	for (size_t i = 0; i < p.len; i++) {
		unsigned char c = p.p[i];

		buf_char(out, c == '\t' || (c >= ' ' && c != 0x7f) ? c : '?');
	}
}

static bool inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The line, and below it a mark from byte col to end, from 1; a long one around the place only. */
static void quote(struct buf *out, struct part line, unsigned col, unsigned end)
{
	size_t from = col > 70 ? col - 40 : 0, to;

	if (!line.len)
		return;
	from = from < line.len ? from : 0;
	while (from && inside_character(line.p[from]))
		from--;
	to = line.len - from > QUOTE_MAX ? from + QUOTE_MAX : line.len;
	while (to < line.len && inside_character(line.p[to]))
		to++;
	buf_str(out, from ? "\n    ..." : "\n    ");
	add_clean(out, (struct part){ line.p + from, to - from });
	buf_str(out, to < line.len ? "..." : "");
	if (!col || col > to || col <= from)
		return;
	buf_str(out, from ? "\n       " : "\n    ");
	for (size_t i = from; i + 1 < col; i++)
		if (!inside_character(line.p[i]))
			buf_char(out, line.p[i] == '\t' ? '\t' : ' ');
	buf_char(out, '^');
	for (size_t i = col; i + 1 < end && i < to; i++)
		if (!inside_character(line.p[i]))
			buf_char(out, '~');
}

/* Where in the user's line what bpftrace means is: at the same place, or the first such words. */
static void find_column(struct part line, struct part given, struct place *at)
{
	struct part words;
	const char *same;

	if (line.len == given.len && !memcmp(line.p, given.p, line.len))
		return;
	if (!at->col || at->col > given.len || at->end < at->col) {
		at->col = 0;
		return;
	}
	words = (struct part){ given.p + at->col - 1, at->end - at->col };
	if (words.len > given.len - (at->col - 1))
		words.len = given.len - (at->col - 1);
	same = words.len ? memmem(line.p, line.len, words.p, words.len) : NULL;
	at->col = same ? same - line.p + 1 : 0;
	at->end = same ? at->col + words.len : 0;
}

/* bpftrace's message at a place, as one of the user's script. */
static void add_error(const struct explain *e, struct place at, struct buf *out)
{
	struct part given = nth_line(e->text, at.from), line = given;
	const struct newer *newer;

	if (e->source.len) {
		line = nth_line(e->source, at.from);
		find_column(line, given, &at);
	}
	buf_printf(out, "%s:%u", e->name ? e->name : "the script", at.from);
	if (at.col)
		buf_printf(out, ":%u", at.col);
	buf_str(out, ": ");
	add_clean(out, at.message);
	quote(out, line, at.col, at.end);
	newer = newer_in(line, e->bt->major, e->bt->minor);
	if (newer)
		buf_printf(out, "\n    %s needs bpftrace %u.%u or newer; this is %u.%u.%u",
			   newer->words ? newer->words : newer->word, newer->major, newer->minor,
			   e->bt->major, e->bt->minor, e->bt->patch);
}

/* All errors with a place; how many. */
static unsigned script_errors(const struct explain *e, struct part said, struct buf *out)
{
	struct buf one = { 0 };
	unsigned n = 0, left = 0;
	struct place at;
	struct part line;

	while (next_line(&said, &line)) {
		if (!parse_place(line, &at))
			continue;
		n++;
		buf_clear(&one);
		if (out->len)
			buf_char(&one, '\n');
		add_error(e, at, &one);
		if (left || (out->len && out->len + one.len > WORDS_MAX))
			left++;
		else
			buf_add(out, one.data, one.len);
	}
	if (left)
		buf_printf(out, "\n(%u more)", left);
	buf_free(&one);
	return n;
}

/* The first message that is one, else the first line. */
static struct part message(struct part said)
{
	struct part rest = said, line, first = { "", 0 }, place;
	struct place at;

	while (next_line(&rest, &line)) {
		const char *error = memmem(line.p, line.len, "ERROR: ", 7);

		if (parse_place(line, &at))
			return at.message;
		place = error ? (struct part){ error + 7, line.p + line.len - (error + 7) } : line;
		if (error)
			return place;
		if (!first.len)
			first = line;
	}
	return first;
}

static const struct pattern *match(struct part said)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (find_in(said, patterns[i].says))
			return &patterns[i];
	return NULL;
}

static int say(const struct explain *e, int err, const char *words, struct part own)
{
	const char *s = words ? strstr(words, "%s") : NULL;
	struct buf text = { 0 };

	if (!words)
		add_clean(&text, own);
	else
		buf_add(&text, words, s ? (size_t)(s - words) : strlen(words));
	if (s)
		add_clean(&text, own);
	err_set(err, "bpftrace %u.%u.%u: %.*s", e->bt->major, e->bt->minor, e->bt->patch, WORDS_MAX,
		text.data ? text.data : "");
	buf_free(&text);
	return -err;
}

/* It ended by a signal that we did not send. */
static int killed(const struct explain *e)
{
	int sig = WTERMSIG(e->wait_status);
	const char *hint = "";

	if (sig == SIGKILL && e->oom)
		hint = ", as the kernel was out of memory (see dmesg): fewer map keys, or shorter strings";
	else if (sig == SIGKILL)
		hint = ", by somebody, or by the kernel for lack of memory (see dmesg)";
	else if (sig == SIGXFSZ)
		hint = ", as it printed too much";
	else if ((sig == SIGSEGV || sig == SIGABRT) && e->bt->minor == 23 && !e->bt->major)
		hint = ". It does so when a script uses a name that it doesn't know";
	else if (sig == SIGSEGV || sig == SIGABRT || sig == SIGBUS || sig == SIGILL || sig == SIGFPE)
		hint = ": it crashed";
	return err_set(EIO, "bpftrace %u.%u.%u was ended by signal %d (%s)%s", e->bt->major,
		       e->bt->minor, e->bt->patch, sig, strsignal(sig), hint);
}

int explain(const struct explain *e, struct part said)
{
	const struct pattern *p = match(said);
	struct part own = message(said);
	struct buf text = { 0 };
	int err;

	if (WIFSIGNALED(e->wait_status))
		return killed(e);
	if ((!p || p->err != EPERM) && script_errors(e, said, &text)) {
		err = p ? p->err : EINVAL;
		err_set(err, "%s", text.data ? text.data : "out of memory");
		buf_free(&text);
		return -err;
	}
	if (p)
		return say(e, p->err, p->words, own);
	if (own.len)
		return say(e, EIO, NULL, own);
	return err_set(EIO, "bpftrace %u.%u.%u ended with status %d and said nothing; a script's exit(%d) does that", e->bt->major,
		       e->bt->minor, e->bt->patch, WEXITSTATUS(e->wait_status), WEXITSTATUS(e->wait_status));
}
