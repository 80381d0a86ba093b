// SPDX-License-Identifier: GPL-2.0-only

//go:build linux

#include "textflag.h"

// Never run. A program that has one of the probes has all of them: tracers
// fail when one is missing.
TEXT ·all(SB), NOSPLIT, $0-0
	JMP	·probe_span_start(SB)
	JMP	·probe_span_end(SB)
	JMP	·probe_request_start(SB)
	JMP	·probe_request_end(SB)
	JMP	·probe_event(SB)

TEXT ·spanStart(SB), NOSPLIT, $0-40
	CMPQ	name_len+32(FP), $0
	JEQ	probe
	MOVQ	name_base+24(FP), AX
	MOVBLZX	(AX), AX
probe:
	JMP	·probe_span_start(SB)
	JMP	·all(SB)

TEXT ·spanEnd(SB), NOSPLIT, $0-40
	CMPQ	name_len+24(FP), $0
	JEQ	probe
	MOVQ	name_base+16(FP), AX
	MOVBLZX	(AX), AX
probe:
	JMP	·probe_span_end(SB)
	JMP	·all(SB)

TEXT ·requestStart(SB), NOSPLIT, $0-32
	CMPQ	name_len+16(FP), $0
	JEQ	probe
	MOVQ	name_base+8(FP), AX
	MOVBLZX	(AX), AX
probe:
	JMP	·probe_request_start(SB)
	JMP	·all(SB)

TEXT ·requestEnd(SB), NOSPLIT, $0-32
	CMPQ	name_len+16(FP), $0
	JEQ	probe
	MOVQ	name_base+8(FP), AX
	MOVBLZX	(AX), AX
probe:
	JMP	·probe_request_end(SB)
	JMP	·all(SB)

TEXT ·event(SB), NOSPLIT, $0-48
	CMPQ	name_len+8(FP), $0
	JEQ	text
	MOVQ	name_base+0(FP), AX
	MOVBLZX	(AX), AX
text:
	CMPQ	text_len+24(FP), $0
	JEQ	probe
	MOVQ	text_base+16(FP), AX
	MOVBLZX	(AX), AX
probe:
	JMP	·probe_event(SB)
	JMP	·all(SB)
