/* SPDX-License-Identifier: GPL-2.0-only */
/* err.h - why something failed, in words */
#ifndef GOBPF_BASE_ERR_H
#define GOBPF_BASE_ERR_H

/*
 * Libraries return 0 or a negative errno and never print.  The words that go
 * with the newest failure of this thread stand in one text: what happened, on
 * what, what to do.  The caller that gives up prints err_text().
 *
 * The errno chosen decides the exit status (err_status()), so choose it by
 * whose fault it is:
 *   ESRCH    the target is gone           ENOEXEC  the target is not what it must be
 *   EPERM    not permitted                EOPNOTSUPP  this kernel or machine lacks it
 *   EINVAL   usage                        anything else: failed
 */

/* Sets the text, returns -err: `return err_set(ENOEXEC, "%s: not ELF", path);' */
int err_set(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As err_set(), with ": " and strerror(err) added. */
int err_sys(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text, returns ret unchanged (for `return err_in(ret, ...)'). */
int err_in(int ret, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The newest failure's words; never NULL, without a newline. */
const char *err_text(void);

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_TARGET = 3,	/* no such process, not Go, unknown Go version, gone */
	EXIT_DENIED = 4,	/* not permitted, or not supported here */
	EXIT_FINDINGS = 5,	/* findings at or above --fail-on */
};

/* The exit status for a negative errno as above (0 gives EXIT_DONE). */
enum exit_status err_status(int ret);

#endif
