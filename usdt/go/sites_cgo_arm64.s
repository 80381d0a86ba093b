// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && cgo

#include "textflag.h"

// What the notes in internal/sdt point to comes behind each place.

TEXT ·probe_span_start(SB), NOSPLIT|NOFRAME, $0-40
	HINT	$0
	JMP	gobpf_sdt_span_start(SB)

TEXT ·probe_span_end(SB), NOSPLIT|NOFRAME, $0-40
	HINT	$0
	JMP	gobpf_sdt_span_end(SB)

TEXT ·probe_request_start(SB), NOSPLIT|NOFRAME, $0-32
	HINT	$0
	JMP	gobpf_sdt_request_start(SB)

TEXT ·probe_request_end(SB), NOSPLIT|NOFRAME, $0-32
	HINT	$0
	JMP	gobpf_sdt_request_end(SB)

TEXT ·probe_event(SB), NOSPLIT|NOFRAME, $0-48
	HINT	$0
	JMP	gobpf_sdt_event(SB)
