/* SPDX-License-Identifier: GPL-2.0-only */
/* read_pprof.h - the profiles of runtime/pprof and net/http/pprof, and all others in that format */
#ifndef GOBPF_STACK_READ_PPROF_H
#define GOBPF_STACK_READ_PPROF_H

#include "stack/readers.h"

/*
 * profile.proto (github.com/google/pprof, proto/profile.proto), as far as
 * share/profile.proto has it.  All value types are read, the one that pprof shows by default
 * is the main one: default_sample_type, else the last.  Addresses are those of calls,
 * not of returns (Go's runtime/pprof/proto.go, emitLocation: Frame.PC), so frames have
 * no FRAME_RETURN.  A location's lines but the last are inlined ones; one without lines
 * is an address yet to be named, with its mapping.  Frames in a mapping named "[kernel…" are the
 * kernel's.  Frames stand as they were recorded: drop_frames is not applied, and that is noted.
 *
 * What is wrong (an index or id of nothing, a sample with too few values) is left out or unnamed,
 * and counted.  A message that breaks off is used if its value types have names.
 */
int pprof_read(struct reading *r);

#endif
