# SPDX-License-Identifier: GPL-2.0-only
# make bench: what the tool costs, as docs/benchmarks.md.  BENCH="alloc" does a part only; PAIRS=3 is quicker.

BENCH ?= own alloc etcd

.PHONY: bench bench-run
bench:
	$(Q)share/deps build run test real
	$(again) bench-run

bench-run: all
	$(Q)O='$(O_ABS)' GOBPF='$(O_ABS)/gobpf' tests/bench/run $(BENCH)
