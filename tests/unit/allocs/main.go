// SPDX-License-Identifier: GPL-2.0-only

// allocs - allocates in every way there is, and prints the runtime's own count
//
//	sizes            "SIZE scan|noscan BYTES" for many sizes: what one object really takes
//	mix              "READY", waits for a line, allocates, prints "MALLOCS BYTES" of that
//
// It also reads all three profiles, so that the linker keeps what they need.
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
)

type node struct {
	next *node
	n    [3]int
}

var (
	bytesSink  []byte
	ptrSink    []*byte
	anySink    any
	nodeSink   *node
	int64Sink  *int64
	int16Sink  *int16
	stringSink string
	chanSink   chan *node
	mapSink    map[string]*node
)

//go:noinline
func begin() {}

//go:noinline
func end() {}

//go:noinline
func mix(n int) {
	for i := 0; i < n; i++ {
		nodeSink = &node{}
		int64Sink = new(int64)
		int16Sink = new(int16)
		anySink = i + 1000
		bytesSink = make([]byte, 1+i%5000)
		ptrSink = make([]*byte, 1+i%300)
		stringSink = strings.Repeat("x", 1+i%100)
		stringSink += "tail"
		bytesSink = append([]byte(stringSink), 'a', 'b')
		chanSink = make(chan *node, i%3)
		anySink = reflect.New(reflect.TypeOf(node{})).Interface()
		if i%10 == 0 {
			bytesSink = make([]byte, 33000+i)
			ptrSink = make([]*byte, 4090+i%100)
			mapSink = map[string]*node{}
		}
		mapSink[stringSink[:1+i%len(stringSink)]] = nodeSink
		func(s ...any) { anySink = s }(i, stringSink)
		bytesSink = make([]byte, i&0)
	}
}

func measure(f func()) (mallocs, bytes uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin()
	f()
	end()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc
}

// What one object takes: the least of some tries, because others allocate, too.
func one(size int, noscan bool) uint64 {
	const n = 8
	least := ^uint64(0)
	for try := 0; try < 3; try++ {
		_, b := measure(func() {
			for i := 0; i < n; i++ {
				if noscan {
					bytesSink = make([]byte, size)
				} else {
					ptrSink = make([]*byte, size/8)
				}
			}
		})
		if b/n < least {
			least = b / n
		}
	}
	return least
}

func sizes() {
	for size := 8; size < 100000; size += 8 * (1 + size/256) {
		fmt.Println(size, "scan", one(size, false))
	}
	for size := 16; size < 100000; size += 1 + size/64 {
		fmt.Println(size, "noscan", one(size, true))
	}
	for _, size := range []int{32752, 32760, 32761, 32767, 32768, 32769} {
		fmt.Println(size, "noscan", one(size, true))
		fmt.Println(size&^7, "scan", one(size&^7, false))
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	if len(os.Args) != 2 {
		for _, name := range []string{"heap", "block", "mutex"} {
			pprof.Lookup(name).WriteTo(os.Stderr, 1)
		}
		os.Exit(2)
	}
	if os.Args[1] == "sizes" {
		sizes()
		return
	}
	in := bufio.NewReader(os.Stdin)
	mix(100)
	fmt.Println("READY", os.Getpid())
	in.ReadString('\n')
	fmt.Println(measure(func() { mix(2000) }))
	in.ReadString('\n')
}
