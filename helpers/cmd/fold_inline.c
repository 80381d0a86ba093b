/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf fold --classic=inline - what addr2line says about addresses, as stackcollapse-perf.pl asks it */
#include <ctype.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd/fold_run.h"

extern char **environ;

/* What argv prints, as far as it does. */
static void output_of(char *const argv[], struct buf *ret)
{
	posix_spawn_file_actions_t actions;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds))
		return;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, fds[0]);
	posix_spawn_file_actions_addclose(&actions, fds[1]);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ))
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (pid > 0) {
		buf_read_fd(ret, fds[0], 64 << 20);
		waitpid(pid, &status, 0);
	}
	close(fds[0]);
	buf_add(ret, "", 0);
}

/* " (discriminator 2)" out of a line */
static void drop_discriminator(char *line)
{
	static const char word[] = " (discriminator ";
	char *at = strstr(line, word), *end;

	if (!at)
		return;
	end = at + sizeof(word) - 1 + strcspn(at + sizeof(word) - 1, " \t)");
	if (*end == ')')
		memmove(at, end + 1, strlen(end + 1) + 1);
}

/* Pairs of lines, function and place, innermost first, become "root;leaf"; the first line is the address. */
static void join(char *text, bool context, struct buf *ret)
{
	char *function = NULL, *save, *line = strtok_r(text, "\n", &save);
	struct buf before = { 0 };

	while ((line = strtok_r(NULL, "\n", &save))) {
		drop_discriminator(line);
		if (!function) {
			function = line;
			continue;
		}
		buf_clear(&before);
		buf_add(&before, ret->data, ret->len);
		buf_clear(ret);
		buf_str(ret, function);
		if (context) {
			buf_char(ret, ':');
			buf_str(ret, line);
		}
		if (before.len) {
			buf_char(ret, ';');
			buf_add(ret, before.data, before.len);
		}
		function = NULL;
	}
	ret->failed |= before.failed;
	buf_free(&before);
}

/* Where nm says that name begins; false: nowhere. */
static bool symbol_at(const char *file, struct text name, uint64_t *ret)
{
	char *const argv[] = { (char *)"nm", (char *)file, NULL };
	struct buf symbols = { 0 };
	bool found = false;
	char *save, *line;

	output_of(argv, &symbols);
	line = symbols.data ? strtok_r(symbols.data, "\n", &save) : NULL;
	for (; line && !found; line = strtok_r(NULL, "\n", &save)) {
		struct text t = { line, strlen(line) };
		size_t n = text_hex(t, ret);

		found = n && t.len == n + 3 + name.len && line[n] == ' ' && line[n + 2] == ' ' &&
			!memcmp(line + n + 3, name.p, name.len);
	}
	buf_free(&symbols);
	return found;
}

static void ask(const struct opt_classic *o, const char *pc, const char *file, struct text name, struct buf *ret)
{
	char *const argv[] = { (char *)"addr2line", (char *)"-a", (char *)pc, (char *)"-e", (char *)file,
			       (char *)"-i", (char *)"-f", (char *)"-s", (char *)"-C", NULL };
	struct buf text = { 0 };
	const char *plus = name.len ? memrchr(name.p, '+', name.len) : NULL;
	uint64_t offset, base;
	char moved[32];

	output_of(argv, &text);
	if (text.data && strstr(text.data, "??\n??:0") && plus > name.p && name.p + name.len - plus > 3 &&
	    !memcmp(plus, "+0x", 3) &&
	    text_hex(text_of(plus + 3, name.p + name.len), &offset) == (size_t)(name.p + name.len - plus - 3) &&
	    symbol_at(file, text_of(name.p, plus), &base)) {
		snprintf(moved, sizeof(moved), "0x%llx", (unsigned long long)(base + offset));
		ask(o, moved, file, (struct text){ "", 0 }, ret);
	} else if (text.data) {
		join(text.data, o->context, ret);
	}
	buf_free(&text);
}

/* Files that addr2line is not asked about: of the kernel, of code made at run time, "[vdso]" */
static bool no_file(const char *dso)
{
	const char *perf = dso, *open = dso;

	if (strstr(dso, "kernel."))
		return true;
	while ((open = strchr(open, '['))) {
		size_t n = strcspn(++open, "]");

		if (n && open[n])
			return true;
	}
	while ((perf = strstr(perf, "perf-"))) {
		size_t n = strspn(perf += 5, "0123456789");

		if (n && perf[n] && !strncmp(perf + n + 1, "map", 3))
			return true;
	}
	return false;
}

/* What was asked before, and the answer. */
struct answer {
	char *question, *text;
};

static const char *known(struct opt_classic *o, const char *question, uint64_t hash)
{
	size_t at = idmap_at(&o->by_question, hash);
	uint32_t id;

	while (idmap_next(&o->by_question, hash, &at, &id))
		if (!strcmp(o->answers[id].question, question))
			return o->answers[id].text;
	return NULL;
}

static const char *answer_to(struct opt_classic *o, const char *pc, const char *file, struct text name)
{
	struct buf question = { 0 }, text = { 0 };
	const char *ret = NULL;
	uint64_t hash;

	buf_printf(&question, "%s %s", pc, file);
	if (question.failed)
		return NULL;
	hash = hash_bytes(question.data, question.len);
	ret = known(o, question.data, hash);
	if (ret) {
		buf_free(&question);
		return ret;
	}
	ask(o, pc, file, name, &text);
	buf_add(&text, "", 0);
	if (text.failed || !ARRAY_ROOM(o->answers, o->nanswers, o->answers_cap) ||
	    !idmap_add(&o->by_question, hash, o->nanswers)) {
		buf_free(&question);
		buf_free(&text);
		return NULL;
	}
	o->answers[o->nanswers++] = (struct answer){ question.data, text.data };
	return text.data;
}

bool fold_inlined(void *arg, struct text pc, struct text name, struct text dso, struct buf *ret)
{
	struct buf words = { 0 };
	const char *answer = NULL;
	bool good;

	buf_printf(&words, "%.*s%c%.*s", (int)pc.len, pc.p, 0, (int)dso.len, dso.p);
	if (!words.failed && dso.len && !no_file(words.data + pc.len + 1))
		answer = answer_to(arg, words.data, words.data + pc.len + 1, name);
	good = answer && *answer && strcmp(answer, "??") && strcmp(answer, "??:??:0");
	if (good)
		buf_str(ret, answer);
	buf_free(&words);
	return good;
}

void fold_inline_free(struct opt_classic *o)
{
	for (size_t i = 0; i < o->nanswers; i++) {
		free(o->answers[i].question);
		free(o->answers[i].text);
	}
	free(o->answers);
	free(o->by_question.slots);
}
