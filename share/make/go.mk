# SPDX-License-Identifier: GPL-2.0-only
# The test programs of helpers/go for tests/golib.bats and tests/gofile.bats.
GO_TESTS := $O/tests/golib $O/tests/gofile

$(GO_TESTS): $O/tests/%: tests/unit/%.c $O/libgobpf.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $^ $(LDLIBS) -o $@

# A fuzz target without libFuzzer, for a short run in every check
$O/tests/fuzz-gotable: tests/unit/fuzzrun.c helpers/fuzz/gotable.c $O/libgobpf.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

check-run: $(GO_TESTS) $O/tests/fuzz-gotable
# check-asan makes `all' with sanitizers and then runs tests
$(if $(SANITIZE),all: $(GO_TESTS) $O/tests/fuzz-gotable)

-include $(GO_TESTS:=.d)
