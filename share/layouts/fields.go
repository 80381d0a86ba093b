// SPDX-License-Identifier: GPL-2.0-only

// fields.go - what gen.go looks up: structures of the runtime, and a program that has them all
package main

// A structure to look up: its name in the table, its names over time, and fields, each "name"
// or "name|older name", with dots into structures inside it.
type want struct {
	name   string
	names  []string
	fields string
}

var wantFields = []want{
	// goroutines, threads, processors
	{"runtime.g", nil, "stack.lo stack.hi stackguard0 _panic _defer m sched.sp sched.pc sched.g" +
		" sched.ctxt sched.lr sched.bp syscallsp syscallpc syscallbp stktopsp param atomicstatus" +
		" goid schedlink waitsince waitreason preempt asyncSafePoint parkingOnChan" +
		" activeStackChans inMarkAssist lockedm gopc parentGoid ancestors startpc waiting" +
		" cgoCtxt labels timer sleepWhen selectDone bubble|syncGroup trackingSeq runnableTime" +
		" gcAssistBytes coroarg"},
	{"runtime.gobuf", nil, "sp pc g ctxt lr bp"},
	{"runtime.stack", nil, "lo hi"},
	{"runtime.m", nil, "g0 morebuf gsignal tls mstartfn curg p nextp oldp id procid" +
		" mallocing throwing preemptoff locks dying profilehz spinning blocked incgo isextra" +
		" ncgocall ncgo cgoCallers park alllink schedlink lockedg createstack lockedExt" +
		" lockedInt libcall libcallpc libcallsp libcallg vdsoSP vdsoPC freelink profStack" +
		" waitlock mLockProfile fastrand"},
	{"runtime.p", nil, "id status link schedtick syscalltick sysmontick m mcache pcache goidcache" +
		" goidcacheend runqhead runqtail runq runnext gFree sudogcache mspancache" +
		" gcAssistTime gcFractionalMarkTime gcMarkWorkerMode gcMarkWorkerStartTime gcw statsSeq" +
		" timers timersLock numTimers deletedTimers timer0When timerModifiedEarliest preempt" +
		" limiterEvent maxStackScanDelta scannedStackSize gFree.n|gFree.size cleanupsQueued"},
	{"runtime.sysmontick", nil, "schedtick schedwhen syscalltick syscallwhen"},
	{"runtime.schedt", nil, "goidgen lastpoll pollUntil lock midle nmidle nmidlelocked mnext" +
		" maxmcount nmsys nmfreed ngsys pidle npidle nmspinning needspinning runq.head runq.tail" +
		" runqsize|runq.size gFree sudogcache freem gcwaiting stopwait sysmonwait" +
		" procresizetime totaltime timeToRun idleTime totalMutexWaitTime" +
		" totalRuntimeLockWaitTime stwStoppingTimeGC stwStoppingTimeOther stwTotalTimeGC" +
		" stwTotalTimeOther gFree.n gFree.stack.size gFree.noStack.size"},
	{"runtime.gQueue", nil, "head tail size"},
	{"runtime.gList", nil, "head size"},
	{"runtime.libcall", nil, "fn n args r1 r2 err"},
	{"runtime._defer", nil, "heap rangefunc sp pc fn link"},
	{"runtime._panic", nil, "arg link recovered goexit"},
	// what goroutines wait for
	{"runtime.sudog", nil, "g next prev elem acquiretime releasetime ticket isSelect success" +
		" waiters parent waitlink waittail c"},
	{"runtime.hchan", nil, "qcount dataqsiz buf elemsize closed timer elemtype sendx recvx" +
		" recvq sendq lock"},
	{"runtime.waitq", nil, "first last"},
	{"runtime.synctestBubble", []string{"runtime.synctestGroup"}, "id root"},
	{"runtime.mutex", nil, "key"},
	{"runtime.note", nil, "key"},
	{"runtime.semaRoot", nil, "lock treap nwait"},
	{"runtime.pollDesc", nil, "link fd closing rg wg rd wd rt wt"},
	{"runtime.timer", nil, "when period f arg seq pp|ts astate state status isChan blocked" +
		" isSending nextwhen"},
	{"runtime.timers", nil, "mu heap len zombies minWhenHeap minWhenModified"},
	{"runtime.timerWhen", nil, "timer when"},
	{"sync.Mutex", nil, "state|mu.state sema|mu.sema"},
	{"sync.RWMutex", nil, "w writerSem readerSem readerCount readerWait"},
	{"sync.WaitGroup", nil, "state|state1 sema|state2"},
	{"sync.Once", nil, "done m"},
	{"sync.Cond", nil, "L notify"},
	{"sync.notifyList", nil, "wait notify lock head tail"},
	{"sync.Pool", nil, "local localSize victim victimSize New"},
	{"sync.poolLocal", nil, "private|poolLocalInternal.private shared|poolLocalInternal.shared"},
	{"sync.poolChain", nil, "head tail"},
	{"sync.poolChainElt", nil, "next prev headTail|poolDequeue.headTail vals|poolDequeue.vals"},
	// the heap
	{"runtime.mheap", nil, "lock pages sweepgen allspans pagesInUse pagesSwept reclaimCredit" +
		" arenas allArenas heapArenas sweepArenas markArenas curArena central speciallock" +
		" spanalloc.inuse cachealloc.inuse"},
	{"runtime.heapArena", nil, "spans pageInUse pageMarks pageSpecials zeroedBase"},
	{"runtime.mspan", nil, "next prev startAddr npages freeindex nelems allocCache allocBits" +
		" gcmarkBits sweepgen allocCount spanclass state needzero allocCountBeforeCache" +
		" elemsize limit speciallock specials largeType freeIndexForScan"},
	{"runtime.mcache", nil, "nextSample memProfRate scanAlloc tiny tinyoffset tinyAllocs alloc" +
		" stackcache flushGen"},
	{"runtime.mcentral", nil, "spanclass partial full"},
	{"runtime.spanSet", nil, "spine spineLen spineCap index"},
	{"runtime.mstats", nil, "heapStats stacks_sys stacks_inuse mspan_sys mspan_inuse mcache_sys" +
		" mcache_inuse buckhash_sys gcMiscSys|gc_sys other_sys last_gc_unix pause_total_ns" +
		" pause_ns pause_end numgc numforcedgc gc_cpu_fraction last_gc_nanotime lastHeapInUse" +
		" enablegc gcPauseDist next_gc heap_live heap_marked heap_sys heap_inuse heap_released"},
	{"runtime.consistentHeapStats", nil, "stats gen"},
	{"runtime.heapStatsDelta", nil, "committed released inHeap inStacks inWorkBufs" +
		" inPtrScalarBits tinyAllocCount largeAlloc largeAllocCount smallAllocCount largeFree" +
		" largeFreeCount smallFreeCount"},
	{"runtime.gcControllerState", nil, "gcPercent memoryLimit heapMinimum" +
		" lastHeapGoal heapLive heapScan heapMarked triggered globalsScan" +
		" lastHeapScan lastStackScan maxStackScan heapScanWork stackScanWork globalsScanWork" +
		" bgScanCredit assistTime dedicatedMarkTime fractionalMarkTime idleMarkTime" +
		" markStartTime dedicatedMarkWorkersNeeded idleMarkWorkers assistWorkPerByte" +
		" assistBytesPerWork heapInUse heapReleased heapFree totalAlloc totalFree mappedReady" +
		" gcPercentHeapGoal sweepDistMinTrigger"},
	{"runtime.workType", nil, "bytesMarked nproc nwait tstart mode userForced stwprocs maxprocs" +
		" tSweepTerm tMark tMarkTerm tEnd pauseNS pauseStart heap0 heap1 heap2" +
		" cycles totaltime nSpanRoots nStackRoots cpuStats"},
	{"runtime.gcWork", nil, "wbuf1 wbuf2 bytesMarked heapScanWork|scanWork flushedWork"},
	{"runtime.bucket", nil, "next allnext typ hash size nstk"},
	{"runtime.memRecord", nil, "active future"},
	{"runtime.memRecordCycle", nil, "allocs frees alloc_bytes free_bytes"},
	{"runtime.blockRecord", nil, "count cycles"},
	{"runtime.special", nil, "next offset kind"},
	{"runtime.specialfinalizer", nil, "fn nret fint ot"},
	{"runtime.specialprofile", nil, "b"},
	{"runtime.specialCleanup", nil, "fn id cleanup"},
	{"runtime.cleanupQueue", nil, "lock free full ng asleep running queued executed needg"},
	{"runtime.cleanupBlock", nil, "next alllink n cleanups"},
	{"runtime.finBlock", []string{"runtime.finblock"}, "alllink next cnt fin"},
	{"runtime.finalizer", nil, "fn arg nret fint ot"},
	{"runtime.profBuf", nil, "r w overflow overflowTime eof hdrsize data tags"},
	// types and values
	{"internal/abi.Type", []string{"runtime._type"}, "Size_|size PtrBytes|ptrdata Hash|hash" +
		" TFlag|tflag Align_|align Kind_|kind GCData|gcdata Str|str PtrToThis|ptrToThis"},
	{"internal/abi.UncommonType", []string{"runtime.uncommontype"}, "PkgPath|pkgpath Mcount|mcount" +
		" Xcount|xcount Moff|moff"},
	{"internal/abi.ITab", []string{"runtime.itab"}, "Inter|inter Type|_type Hash|hash Fun|fun"},
	{"runtime.eface", nil, "_type data"},
	{"runtime.iface", nil, "tab data"},
	{"runtime.slice", nil, "array len cap"},
	{"runtime.stringStruct", nil, "str len"},
	{"runtime.hmap", nil, "count flags B noverflow hash0 buckets oldbuckets nevacuate extra"},
	{"internal/runtime/maps.Map", nil, "used seed dirPtr dirLen globalDepth globalShift writing" +
		" clearSeq"},
	{"internal/runtime/maps.table", nil, "used capacity growthLeft localDepth index groups"},
	{"runtime.moduledata", nil, "pcHeader funcnametab cutab filetab pctab pclntable ftab" +
		" findfunctab minpc maxpc text etext noptrdata enoptrdata data edata bss ebss" +
		" noptrbss enoptrbss end gcdata gcbss types etypes rodata gofunc textsectmap typelinks" +
		" itablinks pluginpath modulename hasmain bad gcdatamask gcbssmask next"},
}

// What must be in a program for its DWARF to have all of these.
const program = `package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

var (
	mu   sync.Mutex
	rw   sync.RWMutex
	wg   sync.WaitGroup
	once sync.Once
	cond = sync.NewCond(&mu)
	pool = sync.Pool{New: func() interface{} { return new(int) }}
	m    = map[string]int{}
	c    = make(chan int, 3)
)

func main() {
	var p [1]runtime.MemProfileRecord
	runtime.MemProfile(p[:], true)
	pprof.StartCPUProfile(os.Stdout)
	pprof.StopCPUProfile()
	once.Do(func() { rw.RLock(); mu.Lock(); wg.Add(1) })
	cond.Signal()
	pool.Put(pool.Get())
	runtime.SetFinalizer(new(int), func(*int) {})
	time.AfterFunc(time.Hour, func() {}).Stop()
	select {
	case v := <-c:
		m["x"] = v
	case <-time.After(time.Hour):
	}
	defer func() { fmt.Println(recover(), m) }()
	wg.Wait()
}
`
