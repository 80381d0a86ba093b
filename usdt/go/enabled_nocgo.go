// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && (amd64 || arm64) && !cgo

package usdt

// The notes that usdtnotes adds point to the semaphores here, and it finds
// them by the mark. Not being all zero, this is in the file, where the kernel
// wants semaphores to be.
var state = struct {
	mark       [16]byte
	semaphores [probes]uint16
	noted      uint16    // 1: the file has the notes
	_          [2]uint16 // to a multiple of 4 bytes
}{mark: [16]byte{'g', 'o', 'b', 'p', 'f', ' ', 'u', 's', 'd', 't', ' ', 'n', 'o', 't', 'e', 's'}}

func enabled(probe int) bool {
	return state.semaphores[probe] != 0 || state.noted == 0
}
