// SPDX-License-Identifier: GPL-2.0-only

// Package usdt has probes for tracers in it: provider gobpf, probes span_start,
// span_end, request_start, request_end and event. gobpf spans, bpftrace and
// perf see them in a running program, with the goroutine that they are in.
//
// When nobody looks, a probe is a call of a function that does nothing. It
// never blocks, never allocates and keeps none of its arguments. It does
// nothing at all on other systems than Linux on amd64 and arm64.
//
// With cgo the program has notes about its probes, and tracers find them as
// usdt:PROGRAM:gobpf:NAME. Without cgo the probes are found by the names of
// their functions, gobpf/usdt.probe_NAME, in stripped programs by gobpf; and
//
//	go run gobpf/usdt/usdtnotes PROGRAM
//
// adds the notes to a finished program.
package usdt

// SpanStart says that a span begins. A parent of zeroes is none.
func SpanStart(trace [16]byte, span, parent [8]byte, name string) {
	spanStart(&trace, &span, &parent, name)
}

// SpanEnd says that a span, which may have begun on another goroutine, ends:
// status 0, or the number of an error.
func SpanEnd(trace [16]byte, span [8]byte, name string, status int64) {
	spanEnd(&trace, &span, name, status)
}

// RequestStart says that a request begins. Its end is matched by id, which is
// any number that no other request has at the same time. A trace of zeroes
// is none.
func RequestStart(id uint64, name string, trace [16]byte) {
	requestStart(id, name, &trace)
}

// RequestEnd says that a request ends, with the status of its protocol.
func RequestEnd(id uint64, name string, status int64) {
	requestEnd(id, name, status)
}

// Event says that something happened. text and value are what you like; a
// span of zeroes is none.
func Event(name, text string, value int64, span [8]byte) {
	event(name, text, value, &span)
}

// EventEnabled tells whether somebody may be looking at events: ask before
// making a text that is dear to make. It is true, too, when that can't be
// known, in a program without notes.
func EventEnabled() bool { return enabled(probeEvent) }

// In the order of state.semaphores.
const (
	probeSpanStart = iota
	probeSpanEnd
	probeRequestStart
	probeRequestEnd
	probeEvent
	probes
)
