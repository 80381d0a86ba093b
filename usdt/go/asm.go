// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && (amd64 || arm64)

package usdt

// In assembly, for the place of a probe has to be one instruction that can be
// found: a nop, of 5 bytes on amd64. Arguments are on the stack there, in the
// order below (ABI0), the first one 8 bytes above the stack pointer.
//
// The functions that Go calls read the first byte of each string: a tracer
// can't read what is not in memory yet.

//go:noescape
func spanStart(trace *[16]byte, span, parent *[8]byte, name string)

//go:noescape
func spanEnd(trace *[16]byte, span *[8]byte, name string, status int64)

//go:noescape
func requestStart(id uint64, name string, trace *[16]byte)

//go:noescape
func requestEnd(id uint64, name string, status int64)

//go:noescape
func event(name, text string, value int64, span *[8]byte)

// The places; never called by Go. Tracers find them by these names.

//go:noescape
func probe_span_start(trace *[16]byte, span, parent *[8]byte, name string)

//go:noescape
func probe_span_end(trace *[16]byte, span *[8]byte, name string, status int64)

//go:noescape
func probe_request_start(id uint64, name string, trace *[16]byte)

//go:noescape
func probe_request_end(id uint64, name string, status int64)

//go:noescape
func probe_event(name, text string, value int64, span *[8]byte)

func all()
