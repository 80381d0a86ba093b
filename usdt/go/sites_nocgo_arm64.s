// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && !cgo

#include "textflag.h"

TEXT ·probe_span_start(SB), NOSPLIT|NOFRAME, $0-40
	HINT	$0
	RET

TEXT ·probe_span_end(SB), NOSPLIT|NOFRAME, $0-40
	HINT	$0
	RET

TEXT ·probe_request_start(SB), NOSPLIT|NOFRAME, $0-32
	HINT	$0
	RET

TEXT ·probe_request_end(SB), NOSPLIT|NOFRAME, $0-32
	HINT	$0
	RET

TEXT ·probe_event(SB), NOSPLIT|NOFRAME, $0-48
	HINT	$0
	RET
