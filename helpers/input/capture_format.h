/* SPDX-License-Identifier: GPL-2.0-only */
/* capture_format.h - what a capture has besides what every core file has */
#ifndef GOBPF_INPUT_CAPTURE_FORMAT_H
#define GOBPF_INPUT_CAPTURE_FORMAT_H

/*
 * Notes of this owner.  Readers skip types they don't know, so new ones can be added; what makes
 * a capture unreadable for older programs gets a new number in the manifest's first line.
 */
#define CAPTURE_OWNER "gobpf"
#define CAPTURE_FIRST_LINE "gobpf-capture 1"

enum capture_note {
	/*
	 * First of all: lines of text, "KEY VALUE": gobpf-capture, pid, comm, exe, program, kernel,
	 * unix-ns, monotonic-ns, build-id, command; "reader N COMMAND MONOTONIC-NS UNIX-NS" for each
	 * that was run; "missing COMMAND: WORDS" for each that could not read what it wants.
	 */
	CAPTURE_MANIFEST = 1,
	CAPTURE_TEXT = 2,	/* a name for target_text(), NUL, the text */
	/*
	 * How something was before a reader found it changed, for those that came before it: the
	 * reader's number (u64), then the block's address (u64), a bit for each of its 512 bytes that
	 * is there, the bytes; or a text as above.
	 */
	CAPTURE_OLD_MEMORY = 4,
	CAPTURE_OLD_TEXT = 5,
	CAPTURE_EXE = 3,	/* the executable file, in a PT_NOTE segment of its own */
};

#endif
