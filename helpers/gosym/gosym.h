/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gosym.h - libgosym: names, files and lines of code addresses in Go executables
 *
 * Reads what the Go runtime itself unwinds its stacks with, so executables may be
 * stripped (-s -w), position independent, linked with C; inlined calls are
 * shown as in a Go stack trace.  64-bit little-endian ELF files of Go 1.2 to 1.27
 * (inlined calls since 1.9); a Go version that the library does not know
 * is refused, never guessed.
 *
 *	struct gosym *g;
 *	struct gosym_frame f[16];
 *
 *	if (gosym_open("./server", &g))
 *		errx(1, "%s", gosym_error());
 *	int n = gosym_frames(g, addr, f, 16);
 *	for (int i = 0; i < n; i++)
 *		printf("%s %s:%u\n", f[i].func, f[i].file ? f[i].file : "?", f[i].line);
 *	gosym_close(g);
 *
 * Build with `cc ... $(pkg-config --cflags --libs gosym)`.
 *
 * Addresses are the file's own, those of its program headers.  For an address in a
 * process subtract the load bias, or take the mapping that it lies in (start, offset
 * in /proc/PID/maps): gosym_address(g, address - start + offset).
 *
 * Errors.  Functions that return int give 0 or more for success and a negative errno for
 * failure: -ENOEXEC (not an ELF executable of Go, damaged, packed, unknown version), or
 * what the system said (-ENOENT, -EACCES, -ENOMEM ...).  gosym_error() has the words.  An
 * address or name that is in no function is no error.  No function prints or exits, and the
 * file may hold anything: what lies outside of it reads as nothing.
 *
 * Speed.  An answer takes a microsecond or a few.  Who has thousands of addresses calls
 * gosym_prepare() first and gosym_expect() before each few, and gets them several times as fast.
 *
 * Threads.  A struct gosym is not changed once it is open: any number of threads may ask it
 * at the same time.  gosym_error() is of the calling thread.  gosym_close() is for
 * when nobody asks any more.
 *
 * Lifetime.  Strings in answers belong to the struct gosym and last until gosym_close().
 * The file is mapped, not read, so opening is quick and memory is shared.  When it is
 * truncated meanwhile, what is gone reads as zeroes: for that a handler of SIGBUS is
 * installed by the first gosym_open(), unless the program has one.
 *
 * Versions.  MAJOR.MINOR.PATCH by semver.org; MAJOR is in the shared library's name
 * (libgosym.so.MAJOR).  Structs here keep their size and fields within one MAJOR version; while
 * that is 0 a new MINOR version may change them, and then says so in NEWS.
 */
#ifndef GOSYM_H
#define GOSYM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GOSYM_VERSION "0.1.0"	/* of this header; gosym_version() has that of the library */

#if defined(__GNUC__)
#define GOSYM_API __attribute__((visibility("default")))
#else
#define GOSYM_API
#endif

struct gosym;

/* A function of the executable. */
struct gosym_func {
	uint64_t addr;		/* of its first instruction */
	uint64_t size;		/* bytes of its code */
	const char *name;	/* "main.(*server).handle" */
	const char *file;	/* where it begins; NULL: not recorded */
	uint32_t line;		/* of its declaration (Go >= 1.20), else of its first instruction; 0: not recorded */
	uint32_t index;		/* for gosym_func_nth() */
};

enum gosym_flag {
	GOSYM_INLINED = 1,	/* this call was inlined into the next frame's function */
	GOSYM_WRAPPER = 2,	/* made by the compiler; Go's own stack traces leave it out */
};

/* One frame of a call stack. */
struct gosym_frame {
	const char *func;	/* with type arguments, where the linker kept them */
	const char *file;	/* NULL: not recorded */
	uint32_t line;		/* 0: not recorded */
	uint32_t start_line;	/* of the function's declaration (Go >= 1.20); 0: not recorded */
	uint32_t flags;		/* enum gosym_flag */
	uint32_t reserved;	/* 0 */
};

/* Opens an executable or shared library. 0, or a negative errno and *ret is NULL. */
GOSYM_API int gosym_open(const char *path, struct gosym **ret);
/* The same for an open file, which stays the caller's and may be closed afterwards. */
GOSYM_API int gosym_open_fd(int fd, struct gosym **ret);
/* NULL is allowed. */
GOSYM_API void gosym_close(struct gosym *g);

/*
 * Reads the line tables once, which takes some 20 ms for an executable of 100 MB and
 * about a quarter of the tables' size in memory (5 MB there), for later answers to be quick.  To
 * be called before other threads use g.
 */
GOSYM_API void gosym_prepare(struct gosym *g);

/* Why the newest call in this thread that failed did: a sentence without newline, never NULL. */
GOSYM_API const char *gosym_error(void);
/* Version of the library: "0.1.0". */
GOSYM_API const char *gosym_version(void);

/* "go1.19.8"; "go1.22 to go1.24" when the file doesn't say and its tables fit several. */
GOSYM_API const char *gosym_go_version(const struct gosym *g);
/* The main module's path; "" when it is not recorded. */
GOSYM_API const char *gosym_module(const struct gosym *g);
/* The GNU build id in hexadecimal, else Go's, else "". */
GOSYM_API const char *gosym_build_id(const struct gosym *g);
/* The address of a byte of the file, as perf events and /proc/PID/maps name it; UINT64_MAX when it isn't loaded. */
GOSYM_API uint64_t gosym_address(const struct gosym *g, uint64_t file_offset);

/*
 * The frames at addr, innermost first, those of inlined calls included; at most max
 * (a few suffice; 64 are more than any).  Returns how many; 0 when no Go function is there.
 * For a return address pass it less 1: the call is before it.
 */
GOSYM_API int gosym_frames(const struct gosym *g, uint64_t addr, struct gosym_frame *out, int max);

/*
 * The function that holds addr as the linker knows it, with the file and line of addr, which
 * are those of the innermost inlined call if there is one: what `go tool addr2line' says, and
 * faster than gosym_frames().  1, or 0 when no Go function is there.
 */
GOSYM_API int gosym_frame(const struct gosym *g, uint64_t addr, struct gosym_frame *ret);

/*
 * A hint: these n addresses will be asked for next, n best from 16 to 64.  Lookups of scattered
 * addresses in a large program mostly wait for memory; here they wait together.
 */
GOSYM_API void gosym_expect(const struct gosym *g, const uint64_t *addrs, size_t n);

/* The function that holds addr. 1, or 0 when there is none. */
GOSYM_API int gosym_func_at(const struct gosym *g, uint64_t addr, struct gosym_func *ret);
/* The function of that name. 1, or 0 when there is none. Looks through all of them. */
GOSYM_API int gosym_func_named(const struct gosym *g, const char *name, struct gosym_func *ret);
/* All functions, by address: i from 0 to gosym_func_count() - 1. 1, or 0 when the table is broken there. */
GOSYM_API uint32_t gosym_func_count(const struct gosym *g);
GOSYM_API int gosym_func_nth(const struct gosym *g, uint32_t i, struct gosym_func *ret);

#ifdef __cplusplus
}
#endif

#endif
