// SPDX-License-Identifier: GPL-2.0-only

//go:build linux && (amd64 || arm64) && cgo

package usdt

import "gobpf/usdt/internal/sdt"

func enabled(probe int) bool { return sdt.Semaphores[probe] != 0 }
