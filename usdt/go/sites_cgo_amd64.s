// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && cgo

#include "textflag.h"

// What the notes in internal/sdt point to comes behind each place.

#define NOP5 BYTE $0x0f; BYTE $0x1f; BYTE $0x44; BYTE $0x00; BYTE $0x00

TEXT ·probe_span_start(SB), NOSPLIT, $0-40
	NOP5
	JMP	gobpf_sdt_span_start(SB)

TEXT ·probe_span_end(SB), NOSPLIT, $0-40
	NOP5
	JMP	gobpf_sdt_span_end(SB)

TEXT ·probe_request_start(SB), NOSPLIT, $0-32
	NOP5
	JMP	gobpf_sdt_request_start(SB)

TEXT ·probe_request_end(SB), NOSPLIT, $0-32
	NOP5
	JMP	gobpf_sdt_request_end(SB)

TEXT ·probe_event(SB), NOSPLIT, $0-48
	NOP5
	JMP	gobpf_sdt_event(SB)
