// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && (amd64 || arm64)

// Package sdt has the places that notes about probes point to: the C linker
// puts the notes into the program, Go's can't.
package sdt

/*
extern unsigned short gobpf_sdt_semaphores[5];
extern void gobpf_sdt_span_start(void);
extern void gobpf_sdt_span_end(void);
extern void gobpf_sdt_request_start(void);
extern void gobpf_sdt_request_end(void);
extern void gobpf_sdt_event(void);
*/
import "C"

import "unsafe"

// Semaphores are not 0 while a tracer looks at the probe of that number.
var Semaphores = (*[5]uint16)(unsafe.Pointer(&C.gobpf_sdt_semaphores))

// Being named here, the linker knows them: package usdt's assembly goes on to
// them.
var _ = [...]interface{}{C.gobpf_sdt_span_start, C.gobpf_sdt_span_end,
	C.gobpf_sdt_request_start, C.gobpf_sdt_request_end, C.gobpf_sdt_event}
