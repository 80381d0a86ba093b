# SPDX-License-Identifier: GPL-2.0-only
# Fuzz targets, a parser each: `make fuzz' builds each helpers/fuzz/NAME.c with clang and runs
# it for FUZZ_TIME seconds from the seeds in tests/golden/fuzz/NAME, readers of stacks from those in
# fold, too; `make fuzz-build' only builds.  FUZZ=NAME chooses; FUZZ_RUNS=N ends each after N runs, FUZZ_TIME=0 not before.  What is
# found stays in $O/fuzz, what is new to the target in $O/fuzz/corpus.  FUZZ_CMP=0 looks at no
# comparisons: twice as many runs, fewer discoveries; for the long run after a short one.
# gofile changes a Go program (GOBPF_FUZZ_GO), built here when none is given.
FUZZ_ALL  := $(patsubst helpers/fuzz/%.c,%,$(wildcard helpers/fuzz/*.c))
FUZZ      ?= $(FUZZ_ALL)
FUZZ_TIME ?= 6
# Those that read by fuzz/reading.h
FUZZ_READERS := $(shell grep -l fuzz/reading.h helpers/fuzz/*.c | sed 's,.*/,,; s,\.c$$,,')
FUZZ_RUNS ?= -1
FUZZ_CMP  ?= 1
FUZZ_BINS := $(FUZZ:%=$O/fuzz/%)
FUZZ_CFLAGS = $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(ALL_CFLAGS)) -O2 \
	-Wno-unknown-warning-option -fno-sanitize-recover=all
FUZZ_COVERAGE = $(if $(filter 0,$(FUZZ_CMP)),-fno-sanitize-coverage=trace-cmp)
FUZZ_OBJS := $(patsubst $O/%,$O/fuzz/obj/%,$(LIB_OBJS) $O/gen/profile.pb-c.o $O/gen/flame_assets.o)
# Freed memory waits in a quarantine that still fits the processor's cache.
fuzz: export ASAN_OPTIONS ?= quarantine_size_mb=16

.PHONY: fuzz fuzz-build
fuzz-build: $(FUZZ_BINS)

fuzz: $(FUZZ_BINS)
	$(Q)export GOBPF_FUZZ_GO="$${GOBPF_FUZZ_GO-$$(O=$O tests/fixtures/build frames)}"; \
	for name in $(FUZZ); do \
		mkdir -p $O/fuzz/corpus/$$name && \
		$O/fuzz/$$name -max_total_time=$(FUZZ_TIME) -runs=$(FUZZ_RUNS) -print_final_stats=1 -keep_seed=1 \
			-artifact_prefix=$O/fuzz/$$name- $O/fuzz/corpus/$$name \
			$$(find tests/golden/fuzz/$$name -maxdepth 0 2>/dev/null) \
			$$(case " $(filter-out fold,$(FUZZ_READERS)) " in *" $$name "*) echo tests/golden/fuzz/fold ;; esac) >$O/fuzz/$$name.log 2>&1 || \
			{ tail -40 $O/fuzz/$$name.log; exit 1; }; \
		printf '  %-7s %s: %s\n' FUZZ $$name "$$(grep -a -m1 number_of_executed $O/fuzz/$$name.log)"; \
	done

$O/fuzz/flags: FORCE
	@mkdir -p $(@D); echo '$(FUZZ_COVERAGE)' >$@.tmp; \
	cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

$(FUZZ_BINS): $O/fuzz/%: helpers/fuzz/%.c $(wildcard helpers/fuzz/*.h) \
		$(addprefix helpers/cmd/sym_,words.c filter.c perf.c) $O/fuzz/lib.a
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined $(FUZZ_COVERAGE) \
		$< $O/fuzz/lib.a $(LDLIBS) -o $@

$O/fuzz/lib.a: $(FUZZ_OBJS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(filter $O/fuzz/obj/gen/%,$(FUZZ_OBJS)): $O/fuzz/obj/%.o: $O/%.c $O/flags $O/fuzz/flags
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -w -fsanitize=fuzzer-no-link,address,undefined $(FUZZ_COVERAGE) -c $< -o $@

$(filter $O/fuzz/obj/helpers/%,$(FUZZ_OBJS)): $O/fuzz/obj/%.o: %.c $O/flags $O/fuzz/flags | $O/libgobpf.a
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined $(FUZZ_COVERAGE) \
		-MMD -MP -c $< -o $@
-include $(FUZZ_OBJS:.o=.d)

# The same without libFuzzer, on inputs made by chance, for a short run in every check
FUZZ_TESTS := $(FUZZ_ALL:%=$O/tests/fuzz-%)
$(FUZZ_TESTS): $O/tests/fuzz-%: tests/unit/fuzzrun.c helpers/fuzz/%.c $O/libgobpf.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP tests/unit/fuzzrun.c helpers/fuzz/$*.c \
		$O/libgobpf.a $(LDLIBS) -o $@
test-programs: $(FUZZ_TESTS)
-include $(FUZZ_TESTS:=.d)
