/* SPDX-License-Identifier: GPL-2.0-only */
/* core.h - ELF core files: those of the kernel, gdb's gcore, and what `gobpf capture' keeps */
#ifndef GOBPF_INPUT_CORE_H
#define GOBPF_INPUT_CORE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/span.h"
#include "input/elf.h"
#include "input/maps.h"

/*
 * A core file is PT_LOAD segments with memory, and notes: NT_PRSTATUS (a thread's registers),
 * NT_PRPSINFO, NT_AUXV, NT_FILE (which files are mapped where) (fs/binfmt_elf.c, elf_core_dump();
 * core(5)).  Segments without their bytes show files that the process did not write to: these are read
 * from the file, if it is the one that ran as far as that can be told.
 *
 * A capture has notes of the owner "gobpf", too: see capture.h.  A gzipped file is unpacked into
 * memory first, up to CORE_UNPACKED_MAX.
 *
 * The file is untrusted: all counts are bounded by its size.  amd64.
 */
#define CORE_UNPACKED_MAX (4ull << 30)

enum { CORE_READERS = 64 };

struct core_segment {
	uint64_t addr, filesz, memsz, offset;
	bool read, write, exec;
};

struct core_thread {
	pid_t tid;
	uint64_t pc, sp, bp;
};

/* A mapping of a file (NT_FILE). */
struct core_map {
	uint64_t start, end, offset;
	const char *path;		/* in the core file; " (deleted)" is left on */
	struct core_image *image;	/* NULL: not asked for yet */
};

/* A file that is mapped. */
struct core_image {
	const char *path;
	struct elf_file elf;		/* path NULL: it can't be had */
	int fd;				/* or -1 */
};

/* When what is read of it was so; 0: not known (other core files than captures). */
struct core_about {
	uint64_t now_ns, unix_ns;	/* CLOCK_MONOTONIC, Unix time */
};

struct core {
	char *name;			/* as given */
	struct span bytes;
	bool is_capture;
	unsigned note_segments;
	bool truncated;			/* segments' bytes lie behind the end of the file */
	pid_t pid;
	char comm[32];
	char exe_path[PATH_MAX];	/* where it ran from */
	struct core_image *exe;
	struct core_about about;
	uint64_t entry, vdso, phdr;	/* run-time addresses: AT_ENTRY, AT_SYSINFO_EHDR, AT_PHDR */
	struct span auxv, kept_exe;
	struct core_segment *segments;	/* by address, apart from each other */
	size_t nsegments, segments_cap;
	struct core_map *maps;		/* by address */
	size_t nmaps, maps_cap;
	struct core_thread *threads;
	size_t nthreads, threads_cap;
	struct core_kept {
		const char *name;
		struct span bytes;
		uint64_t until;		/* counts for readers before that one; UINT64_MAX: for all others */
	} *texts;			/* of a capture: what target_text() gives */
	size_t ntexts, texts_cap;
	struct core_old {
		uint64_t addr, until;
		const uint8_t *valid, *bytes;	/* a bit for each byte; both in the file */
	} *old;				/* of a capture: blocks as they were before, by address and until */
	size_t nold, old_cap;
	struct core_reader {
		const char *name, *missing;	/* missing: why it could not read what it wants, or NULL */
		uint64_t now_ns, unix_ns;
	} readers[CORE_READERS];
	uint64_t reader;		/* whose view this is, UINT64_MAX: the last one's */
	struct core_image **images;
	size_t nimages, images_cap;
	char *text;			/* NUL-terminated copies that pointers above lead to */
	bool mapped;			/* bytes, by us */
	int (*open)(const char *path);	/* files for images: -1 can't be had */
};

/* Is it a core file, or gzipped?  By its first bytes; false also when it can't be read. */
bool core_match(const char *path);

/*
 * exe: the executable, when it is not where it was; NULL: that is looked for.  0, or -errno with words:
 * ENOEXEC when it is no core file that can be read, or the executable is another build.
 */
int core_open(const char *path, const char *exe, struct core **ret);
/* The same of bytes in memory, the caller's, without any files. */
int core_open_mem(const char *name, struct span bytes, struct core **ret);
void core_close(struct core *c);

/*
 * From now on a capture shows what that command saw when it was made (see capture.h); others
 * see what the last one did.  0, or -ENOEXEC with words: it could not read what it wants, or was not run.
 */
int core_read_as(struct core *c, const char *command);

/* As process_vm_readv(2): the bytes up to the first that is not there, or -EFAULT when that is none. */
ssize_t core_readv(struct core *c, void *out, const struct iovec *ranges, size_t n);

/* /proc/PID/NAME as far as a core file has it; see target_text(). */
int core_text(struct core *c, const char *name, char **ret, size_t *len);

/* The mapping of a file there, or NULL. */
struct core_map *core_map_at(const struct core *c, uint64_t addr);
/* Its file, opened when first asked for; NULL when it isn't here or is not the one that ran. */
struct core_image *core_image(struct core *c, struct core_map *m);

/* For input/core*.c */
int core_read_notes(struct core *c, struct span notes);
int core_find_exe(struct core *c, const char *exe);

#endif
