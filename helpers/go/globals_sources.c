/* SPDX-License-Identifier: GPL-2.0-only */
/* globals_sources.c - which functions of the runtime refer to which variable, and how */
#include "go/globals_sources.h"

#include <stddef.h>

#include "base/buf.h"

/*
 * Each from the sources and the disassembly of Go 1.15, 1.19 and 1.21 to 1.27; for 1.16 to 1.18 and 1.20
 * from the disassembly of stripped programs (esbuild, app-builder), what is found checked in their
 * memory.  The reference is there in static, PIE, cgo, cgo PIE, -gcflags=all=-l and -pgo builds, and
 * in a program that does nothing (those of the profiles' variables: in one that reads profiles).
 */
const struct source global_sources[] = {
	/* mprof.go: stkbucket() takes the address of the list for the bucket's type */
	{ 19, 27, GLOBAL_MBUCKETS, "runtime.stkbucket", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_MBUCKETS, "runtime.mProf_FlushLocked", SHAPE_LOAD, 8, NULL, 0, false },
	{ 19, 22, GLOBAL_MBUCKETS, "runtime.MemProfile", SHAPE_LOAD, 8, NULL, 0, false },
	{ 23, 27, GLOBAL_MBUCKETS, "runtime.memProfileInternal", SHAPE_LOAD, 8, NULL, 0, false },
	/* before they were atomic it stored there itself */
	{ 15, 18, GLOBAL_MBUCKETS, "runtime.stkbucket", SHAPE_STORE, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_MBUCKETS, "runtime.MemProfile", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_XBUCKETS, "runtime.stkbucket", SHAPE_STORE, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_XBUCKETS, "runtime.MutexProfile", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_BBUCKETS, "runtime.stkbucket", SHAPE_STORE, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_BBUCKETS, "runtime.BlockProfile", SHAPE_LOAD, 8, NULL, 0, false },
	/* not inlined, Load() takes the address */
	{ 19, 27, GLOBAL_MBUCKETS, "runtime.mProf_FlushLocked", SHAPE_LEA, 8, NULL, 0, false },
	{ 19, 22, GLOBAL_MBUCKETS, "runtime.MemProfile", SHAPE_LEA, 8, NULL, 0, false },
	{ 23, 27, GLOBAL_MBUCKETS, "runtime.memProfileInternal", SHAPE_LEA, 8, NULL, 0, false },
	{ 19, 27, GLOBAL_XBUCKETS, "runtime.stkbucket", SHAPE_LEA, 8, NULL, 0, false },
	{ 19, 22, GLOBAL_XBUCKETS, "runtime.MutexProfile", SHAPE_LOAD, 8, NULL, 0, false },
	{ 23, 27, GLOBAL_XBUCKETS, "runtime.mutexProfileInternal", SHAPE_LOAD, 8, NULL, 0, false },
	{ 19, 22, GLOBAL_XBUCKETS, "runtime.MutexProfile", SHAPE_LEA, 8, NULL, 0, false },
	{ 23, 27, GLOBAL_XBUCKETS, "runtime.mutexProfileInternal", SHAPE_LEA, 8, NULL, 0, false },
	{ 19, 27, GLOBAL_BBUCKETS, "runtime.stkbucket", SHAPE_LEA, 8, NULL, 0, false },
	{ 19, 22, GLOBAL_BBUCKETS, "runtime.BlockProfile", SHAPE_LOAD, 8, NULL, 0, false },
	{ 23, 27, GLOBAL_BBUCKETS, "runtime.blockProfileInternal", SHAPE_LOAD, 8, NULL, 0, false },
	{ 19, 22, GLOBAL_BBUCKETS, "runtime.BlockProfile", SHAPE_LEA, 8, NULL, 0, false },
	{ 23, 27, GLOBAL_BBUCKETS, "runtime.blockProfileInternal", SHAPE_LEA, 8, NULL, 0, false },
	/* malloc.go: profilealloc() and, inlined everywhere, nextSample(); mcache.go: allocmcache() */
	{ 15, 27, GLOBAL_MEMPROFILERATE, "runtime.profilealloc", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_MEMPROFILERATE, "runtime.allocmcache", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_MEMPROFILERATE, "runtime.nextSample", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 23, GLOBAL_MEMPROFILERATE, "runtime.mallocgc", SHAPE_LOAD, 8, NULL, 0, false },
	{ 24, 27, GLOBAL_MEMPROFILERATE, "runtime.mallocgcLarge", SHAPE_LOAD, 8, NULL, 0, false },
	/* mprof.go: mProfCycleHolder's read() and setFlushed(), or its address when they are not inlined */
	{ 19, 27, GLOBAL_MPROFCYCLE, "runtime.mProf_Malloc", SHAPE_LOAD, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_MPROFCYCLE, "runtime.mProf_Free", SHAPE_LOAD, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_MPROFCYCLE, "runtime.mProf_Flush", SHAPE_LOAD, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_MPROFCYCLE, "runtime.mProf_Flush", SHAPE_LEA, 8, NULL, 0, false },
	{ 19, 27, GLOBAL_MPROFCYCLE, "runtime.mProf_Free", SHAPE_LEA, 8, NULL, 0, false },
	{ 19, 27, GLOBAL_MPROFCYCLE, "runtime.mProf_NextCycle", SHAPE_LEA, 8, NULL, 0, false },
	/* mcache.go, mcentral.go, stack.go, malloc.go: the receiver of alloc(), allocManual(), init() */
	{ 19, 27, GLOBAL_MHEAP, "runtime.(*mcache).allocLarge", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_MHEAP, "runtime.(*mcentral).grow", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_MHEAP, "runtime.stackpoolalloc", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_MHEAP, "runtime.mallocinit", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_ALLGS, "runtime.allgadd", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 16, GLOBAL_ALLGS, "runtime.checkdead", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 16, GLOBAL_ALLGS, "runtime.gcMarkRootCheck", SHAPE_LOAD, 8, NULL, 0, false },
	/* proc.go: forEachG() reads the slice, so does the marking of its roots */
	{ 17, 27, GLOBAL_ALLGS, "runtime.forEachG", SHAPE_LOAD, 8, NULL, 0, false },
	{ 18, 24, GLOBAL_ALLGS, "runtime.gcMarkRootPrepare", SHAPE_LOAD, 8, NULL, 0, false },
	{ 25, 27, GLOBAL_ALLGS, "runtime.gcPrepareMarkRoots", SHAPE_LOAD, 8, NULL, 0, false },
	{ 19, 27, GLOBAL_ALLGS, "runtime.allGsSnapshot", SHAPE_LOAD, 8, NULL, 0, false },
	/* proc.go: atomicAllG(), also in forEachGRace(), the stores in allgadd(), which compares only allgptr */
	{ 15, 15, GLOBAL_ALLGLEN, "runtime.allgadd", SHAPE_STORE, 8, NULL, 0, false },
	{ 15, 17, GLOBAL_ALLGLEN, "runtime.gcMarkRootPrepare", SHAPE_LOAD, 8, NULL, 0, false },
	{ 17, 27, GLOBAL_ALLGLEN, "runtime.forEachGRace", SHAPE_LOAD, 8, NULL, 0, false },
	{ 16, 27, GLOBAL_ALLGLEN, "runtime.atomicAllG", SHAPE_LOAD, 8, NULL, 0, false },
	{ 16, 27, GLOBAL_ALLGLEN, "runtime.allgadd", SHAPE_LEA, 8, NULL, 0, false },
	{ 16, 27, GLOBAL_ALLGLEN, "runtime.allgadd", SHAPE_CMP, 8, NULL, 0, true },
	{ 17, 27, GLOBAL_ALLGPTR, "runtime.forEachGRace", SHAPE_LOAD, 8, NULL, 0, false },
	{ 16, 27, GLOBAL_ALLGPTR, "runtime.atomicAllG", SHAPE_LOAD, 8, NULL, 0, false },
	{ 16, 27, GLOBAL_ALLGPTR, "runtime.allgadd", SHAPE_LEA, 8, NULL, 0, false },
	{ 16, 27, GLOBAL_ALLGPTR, "runtime.allgadd", SHAPE_CMP, 8, NULL, 0, false },
	/* proc.go: mcommoninit() puts a new m in front, mexit() takes one out, schedtrace() walks */
	{ 15, 27, GLOBAL_ALLM, "runtime.mcommoninit", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_ALLM, "runtime.mexit", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_ALLM, "runtime.schedtrace", SHAPE_LOAD, 8, NULL, 0, false },
	{ 23, 27, GLOBAL_ALLM, "runtime.traceAdvance", SHAPE_LOAD, 8, NULL, 0, false },
	/* proc.go, mgcpacer.go, mgclimit.go: loops over all processors */
	{ 19, 27, GLOBAL_ALLP, "runtime.procresize", SHAPE_CMP, 8, NULL, 8, false },
	{ 15, 27, GLOBAL_ALLP, "runtime.retake", SHAPE_CMP, 8, NULL, 8, false },
	{ 19, 27, GLOBAL_ALLP, "runtime.(*gcCPULimiterState).updateLocked",
	  SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_ALLP, "runtime.(*gcControllerState).enlistWorker",
	  SHAPE_LOAD, 8, NULL, 8, false },
	/* proc.go, mgc.go, mgcpacer.go: int32 */
	{ 15, 27, GLOBAL_GOMAXPROCS, "runtime.(*gcControllerState).enlistWorker",
	  SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_GOMAXPROCS, "runtime.procresize", SHAPE_LOAD, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_GOMAXPROCS, "runtime.gcBgMarkStartWorkers", SHAPE_CMP, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_GOMAXPROCS, "runtime.findRunnable", SHAPE_LOAD, 4, NULL, 0, false },
	/* mgc.go: uint32, compared with _GCoff and its like */
	{ 15, 27, GLOBAL_GCPHASE, "runtime.(*gcWork).balance", SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_GCPHASE, "runtime.freeSomeWbufs", SHAPE_CMP, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_GCPHASE, "runtime.gcControllerCommit", SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_GCPHASE, "runtime.gcMark", SHAPE_CMP, 4, NULL, 0, false },
	/* os_linux.go: osinit(); lock_*.go: spins only on more than one; numCPUStartup since 1.25 */
	{ 15, 27, GLOBAL_NCPU, "runtime.lock2", SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_NCPU, "runtime.osinit", SHAPE_STORE, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_NCPU, "runtime.schedinit", SHAPE_LOAD, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_NCPU, "runtime.gcStart", SHAPE_LOAD, 4, NULL, 0, false },
	/* proc.go: fields of schedt */
	{ 15, 27, GLOBAL_SCHED, "runtime.acquireSudog", SHAPE_LOAD, 8, "sudogcache", 0, false },
	{ 15, 27, GLOBAL_SCHED, "runtime.allocm", SHAPE_STORE, 8, "freem", 0, false },
	{ 19, 27, GLOBAL_SCHED, "runtime.checkRunqsNoP", SHAPE_LEA, 8, "lock", 0, false },
	{ 15, 27, GLOBAL_SCHED, "runtime.incidlelocked", SHAPE_LEA, 8, "lock", 0, false },
	{ 15, 27, GLOBAL_SCHED, "runtime.mReserveID", SHAPE_LOAD, 8, "mnext", 0, false },
	{ 19, 27, GLOBAL_SCHED, "runtime.casgstatus", SHAPE_LEA, 8, "timeToRun", 0, false },
	/* mprof.go, malloc.go: buckhash_sys, gcMiscSys and other_sys, mstats being as in 1.17's mstats.go */
	{ 16, 18, GLOBAL_MEMSTATS, "runtime.stkbucket", SHAPE_LEA, 8, NULL, 128, false },
	{ 16, 18, GLOBAL_MEMSTATS, "runtime.(*spanSetBlockAlloc).alloc", SHAPE_LEA, 8, NULL, 152, false },
	{ 15, 18, GLOBAL_MEMSTATS, "runtime.persistentalloc1", SHAPE_LEA, 8, NULL, 160, false },
	/* mgclimit.go, mspanset.go, mcache.go: fields of mstats */
	{ 19, 27, GLOBAL_MEMSTATS, "runtime.(*gcCPULimiterState).accumulate",
	  SHAPE_LOAD, 4, "numgc", 0, false },
	{ 19, 27, GLOBAL_MEMSTATS, "runtime.(*gcCPULimiterState).resetCapacity",
	  SHAPE_LOAD, 4, "numgc", 0, false },
	{ 15, 27, GLOBAL_MEMSTATS, "runtime.(*spanSetBlockAlloc).alloc",
	  SHAPE_LEA, 8, "gcMiscSys", 0, false },
	{ 19, 27, GLOBAL_MEMSTATS, "runtime.(*mcache).allocLarge",
	  SHAPE_LEA, 8, "heapStats", 0, false },
	/* proc.go, mgc.go: the receiver of findRunnableGCWorker(), startCycle(), init() */
	{ 15, 18, GLOBAL_GCCONTROLLER, "runtime.schedule", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_GCCONTROLLER, "runtime.gcStart", SHAPE_LEA, 8, NULL, 0, false },
	{ 17, 18, GLOBAL_GCCONTROLLER, "runtime.gcinit", SHAPE_LEA, 8, NULL, 0, false },
	/* mgcpacer.go, mem.go, mgc.go: fields of gcControllerState */
	{ 19, 27, GLOBAL_GCCONTROLLER, "runtime.gcBgMarkWorker", SHAPE_LEA, 8, "gcPercent", 0,
	  false },
	{ 19, 27, GLOBAL_GCCONTROLLER, "runtime.(*mcache).allocLarge", SHAPE_LEA, 8, "gcPercent", 0,
	  false },
	{ 19, 27, GLOBAL_GCCONTROLLER, "runtime.gcMark", SHAPE_LEA, 8, "gcPercent", 0, false },
	{ 19, 27, GLOBAL_GCCONTROLLER, "runtime.(*gcControllerState).endCycle",
	  SHAPE_STORE, 8, "lastHeapGoal", 0, false },
	{ 15, 27, GLOBAL_GCCONTROLLER, "runtime.pollFractionalWorkerExit",
	  SHAPE_LOAD, 8, "markStartTime", 0, false },
	{ 19, 27, GLOBAL_GCCONTROLLER, "runtime.sysAlloc", SHAPE_LEA, 8, "mappedReady", 0, false },
	{ 19, 27, GLOBAL_GCCONTROLLER, "runtime.(*gcControllerState).update",
	  SHAPE_LEA, 8, "heapLive", 0, false },
	/* mgcwork.go: the list of full buffers, at its beginning; mgcmark.go: markrootNext, markrootJobs */
	{ 15, 20, GLOBAL_WORK, "runtime.trygetfull", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 20, GLOBAL_WORK, "runtime.putfull", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 20, GLOBAL_WORK, "runtime.gcMarkRootCheck", SHAPE_LOAD, 4, NULL, 136, false },
	{ 15, 20, GLOBAL_WORK, "runtime.gcMarkRootCheck", SHAPE_LOAD, 4, NULL, 140, false },
	/* mgc.go, mgcwork.go: fields of workType */
	{ 19, 27, GLOBAL_WORK, "runtime.gcMarkDone", SHAPE_STORE, 8, "tMarkTerm", 0, false },
	{ 19, 27, GLOBAL_WORK, "runtime.gcMarkTermination", SHAPE_CMP, 1, "userForced", 0, false },
	{ 19, 27, GLOBAL_WORK, "runtime.(*gcWork).dispose", SHAPE_LEA, 8, "bytesMarked", 0, false },
	{ 19, 27, GLOBAL_WORK, "runtime.gcMark", SHAPE_LOAD, 8, "bytesMarked", 0, false },
	/* mprof.go, chan.go, sema.go: uint64 */
	{ 19, 27, GLOBAL_BLOCKPROFILERATE, "runtime.blockevent", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_BLOCKPROFILERATE, "runtime.chanrecv", SHAPE_CMP, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_BLOCKPROFILERATE, "runtime.chansend", SHAPE_CMP, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_BLOCKPROFILERATE, "runtime.semacquire1", SHAPE_CMP, 8, NULL, 0, false },
	/* sema.go, mprof.go, lock_spinbit.go: uint64 */
	{ 15, 27, GLOBAL_MUTEXPROFILERATE, "runtime.semacquire1", SHAPE_CMP, 8, NULL, 0, false },
	{ 15, 26, GLOBAL_MUTEXPROFILERATE, "sync.event", SHAPE_LOAD, 8, NULL, 0, false },
	{ 25, 27, GLOBAL_MUTEXPROFILERATE, "runtime.(*mLockProfile).storeSlow",
	  SHAPE_LOAD, 8, NULL, 0, false },
	{ 22, 24, GLOBAL_MUTEXPROFILERATE, "runtime.(*lockTimer).begin",
	  SHAPE_LOAD, 8, NULL, 0, false },
	{ 22, 24, GLOBAL_MUTEXPROFILERATE, "runtime.(*mLockProfile).store",
	  SHAPE_LOAD, 8, NULL, 0, false },
	{ 27, 27, GLOBAL_MUTEXPROFILERATE, "runtime.mutexevent", SHAPE_LOAD, 8, NULL, 0, false },
	/* proc.go: set by main(), tells doInit1() whether to trace */
	{ 15, 27, GLOBAL_RUNTIMEINITTIME, "runtime.main", SHAPE_STORE, 8, NULL, 0, false },
	{ 21, 27, GLOBAL_RUNTIMEINITTIME, "runtime.doInit1", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 15, GLOBAL_RUNTIMEINITTIME, "runtime.gcMarkTermination", SHAPE_LOAD, 8, NULL, 0, false },
	{ 16, 20, GLOBAL_RUNTIMEINITTIME, "runtime.doInit", SHAPE_LOAD, 8, NULL, 0, false },
	/* mgcmark.go, mfinal.go: *finblock */
	{ 15, 27, GLOBAL_ALLFIN, "runtime.markroot", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_ALLFIN, "runtime.queuefinalizer", SHAPE_LOAD, 8, NULL, 0, false },
	/* runtime2.go: String() */
	{ 15, 27, GLOBAL_WAITREASONSTRINGS, "runtime.waitReason.String",
	  SHAPE_LEA, 8, NULL, 0, false },
	/* proc.go: schedinit() keeps both alive; told apart by what they hold */
	{ 15, 27, GLOBAL_MODINFO, "runtime.schedinit", SHAPE_STORE, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_BUILDVERSION, "runtime.schedinit", SHAPE_STORE, 8, NULL, 0, false },
	/* sema.go: rootFor() */
	{ 15, 27, GLOBAL_SEMTABLE, "runtime.semacquire1", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_SEMTABLE, "runtime.semrelease1", SHAPE_LEA, 8, NULL, 0, false },
	/* proc.go, asm_amd64.s: mstart1(), main() and mexit() compare with its address */
	{ 15, 27, GLOBAL_M0, "runtime.mstart1", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_M0, "runtime.main", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_M0, "runtime.mexit", SHAPE_LEA, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_M0, "runtime.rt0_go", SHAPE_LEA, 8, NULL, 0, false },
	/* mgc.go: what the compiler puts before stores of pointers: cmpl $0 */
	{ 15, 27, GLOBAL_WRITEBARRIER, "runtime.(*addrRanges).init", SHAPE_CMP, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_WRITEBARRIER, "runtime.(*fixalloc).init", SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_WRITEBARRIER, "runtime.(*p).init", SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_WRITEBARRIER, "runtime.(*p).destroy", SHAPE_CMP, 4, NULL, 0, false },
	/* mgc.go: uint32 */
	{ 19, 27, GLOBAL_GCBLACKENENABLED, "runtime.(*gcControllerState).update",
	  SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 27, GLOBAL_GCBLACKENENABLED, "runtime.gcParkAssist", SHAPE_LOAD, 4, NULL, 0, false },
	{ 15, 18, GLOBAL_GCBLACKENENABLED, "runtime.mallocgc", SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 18, GLOBAL_GCBLACKENENABLED, "runtime.schedule", SHAPE_CMP, 4, NULL, 0, false },
	{ 15, 18, GLOBAL_GCBLACKENENABLED, "runtime.findrunnable", SHAPE_CMP, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_GCBLACKENENABLED, "runtime.checkIdleGCNoP",
	  SHAPE_LOAD, 4, NULL, 0, false },
	{ 19, 27, GLOBAL_GCBLACKENENABLED, "runtime.findRunnable", SHAPE_CMP, 4, NULL, 0, false },
	/* mfinal.go: queuefinalizer() uses finq, finc, allfin; only finc is compared, allfin marked */
	{ 15, 27, GLOBAL_FINQ, "runtime.queuefinalizer", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_FINQ, "runtime.queuefinalizer", SHAPE_STORE, 8, NULL, 0, false },
	{ 15, 18, GLOBAL_FINQ, "runtime.runfinq", SHAPE_LOAD, 8, NULL, 0, false },
	{ 15, 27, GLOBAL_FINQ, "runtime.queuefinalizer", SHAPE_CMP, 8, NULL, 0, true },
	{ 19, 27, GLOBAL_FINQ, "runtime.markroot", SHAPE_LOAD, 8, NULL, 0, true },
	/* mheap.go, proc.go: the receiver of enqueue() and wake() */
	{ 25, 27, GLOBAL_GCCLEANUPS, "runtime.freeSpecial", SHAPE_LEA, 8, NULL, 0, false },
	{ 25, 27, GLOBAL_GCCLEANUPS, "runtime.findRunnable", SHAPE_LEA, 8, NULL, 0, false },
};
const size_t n_global_sources = ARRAY_SIZE(global_sources);
