// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && !cgo

#include "textflag.h"

#define NOP5 BYTE $0x0f; BYTE $0x1f; BYTE $0x44; BYTE $0x00; BYTE $0x00

TEXT ·probe_span_start(SB), NOSPLIT, $0-40
	NOP5
	RET

TEXT ·probe_span_end(SB), NOSPLIT, $0-40
	NOP5
	RET

TEXT ·probe_request_start(SB), NOSPLIT, $0-32
	NOP5
	RET

TEXT ·probe_request_end(SB), NOSPLIT, $0-32
	NOP5
	RET

TEXT ·probe_event(SB), NOSPLIT, $0-48
	NOP5
	RET
