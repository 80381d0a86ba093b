/* SPDX-License-Identifier: GPL-2.0-only */
/* read_json.h - this program's own JSON */
#ifndef GOBPF_STACK_READ_JSON_H
#define GOBPF_STACK_READ_JSON_H

#include "stack/readers.h"

/*
 * "gobpf-profile-1" as json.h describes it: all that is in it but "sites", which follow from
 * the stacks.  And "gobpf-heap-hotspots-1" (helpers/cmd/heap_run.h): its sites, each
 * as its heaviest stack with all of the site's values; what that leaves out is noted.
 *
 * White space and the order of members do not matter.  Memory is that of the text and of the
 * profile.  What is wrong is left out and counted; a text that breaks off is used up to there.
 */
bool json_match(const char *head, size_t len);
int json_read(struct reading *r);

#endif
