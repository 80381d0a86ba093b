// SPDX-License-Identifier: GPL-2.0-only

package usdt

import "testing"

var (
	trace = [16]byte{1}
	span  = [8]byte{2}
	name  = "GET /orders"
)

func BenchmarkSpan(b *testing.B) {
	for i := 0; i < b.N; i++ {
		SpanStart(trace, span, [8]byte{}, name)
		SpanEnd(trace, span, name, 0)
	}
}

func BenchmarkRequest(b *testing.B) {
	for i := 0; i < b.N; i++ {
		RequestStart(uint64(i), name, trace)
		RequestEnd(uint64(i), name, 200)
	}
}

func BenchmarkEvent(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Event(name, "", int64(i), span)
	}
}

func BenchmarkEventEnabled(b *testing.B) {
	for i := 0; i < b.N; i++ {
		if EventEnabled() {
			Event(name, "", int64(i), span)
		}
	}
}

func TestAllocates(t *testing.T) {
	n := testing.AllocsPerRun(100, func() {
		SpanStart(trace, span, [8]byte{}, name)
		SpanEnd(trace, span, name, 0)
		RequestStart(1, "", trace)
		RequestEnd(1, "", 200)
		Event(name, "text", 1, span)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
