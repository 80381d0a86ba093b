/* SPDX-License-Identifier: GPL-2.0-only */
/* newer.h - words of bpftrace's language that older versions do not know */
#ifndef GOBPF_SCRIPT_NEWER_H
#define GOBPF_SCRIPT_NEWER_H

#include "script/text.h"

struct newer {
	const char *word;	/* as it stands in a script */
	unsigned major, minor;	/* the first version that has it */
	const char *words;	/* for people, when it isn't the word itself */
};

/* The word in this line that a bpftrace major.minor lacks; of several, what the newest has. NULL: none. */
const struct newer *newer_in(struct part line, unsigned major, unsigned minor);

#endif
