// SPDX-License-Identifier: GPL-2.0-only

//go:build linux

#include "textflag.h"

// Never run. A program that has one of the probes has all of them: tracers
// fail when one is missing.
TEXT ·all(SB), NOSPLIT|NOFRAME, $0-0
	JMP	·probe_span_start(SB)
	JMP	·probe_span_end(SB)
	JMP	·probe_request_start(SB)
	JMP	·probe_request_end(SB)
	JMP	·probe_event(SB)

TEXT ·spanStart(SB), NOSPLIT|NOFRAME, $0-40
	MOVD	name_len+32(FP), R0
	CBZ	R0, probe
	MOVD	name_base+24(FP), R0
	MOVBU	(R0), R0
probe:
	JMP	·probe_span_start(SB)
	JMP	·all(SB)

TEXT ·spanEnd(SB), NOSPLIT|NOFRAME, $0-40
	MOVD	name_len+24(FP), R0
	CBZ	R0, probe
	MOVD	name_base+16(FP), R0
	MOVBU	(R0), R0
probe:
	JMP	·probe_span_end(SB)
	JMP	·all(SB)

TEXT ·requestStart(SB), NOSPLIT|NOFRAME, $0-32
	MOVD	name_len+16(FP), R0
	CBZ	R0, probe
	MOVD	name_base+8(FP), R0
	MOVBU	(R0), R0
probe:
	JMP	·probe_request_start(SB)
	JMP	·all(SB)

TEXT ·requestEnd(SB), NOSPLIT|NOFRAME, $0-32
	MOVD	name_len+16(FP), R0
	CBZ	R0, probe
	MOVD	name_base+8(FP), R0
	MOVBU	(R0), R0
probe:
	JMP	·probe_request_end(SB)
	JMP	·all(SB)

TEXT ·event(SB), NOSPLIT|NOFRAME, $0-48
	MOVD	name_len+8(FP), R0
	CBZ	R0, text
	MOVD	name_base+0(FP), R0
	MOVBU	(R0), R0
text:
	MOVD	text_len+24(FP), R0
	CBZ	R0, probe
	MOVD	text_base+16(FP), R0
	MOVBU	(R0), R0
probe:
	JMP	·probe_event(SB)
	JMP	·all(SB)
