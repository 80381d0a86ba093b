# SPDX-License-Identifier: GPL-2.0-only
# The test programs of helpers/go for tests/{golib,gofile,probe}.bats
GO_TESTS := golib gofile runtimelib

$(GO_TESTS:%=$O/tests/%): $O/tests/%: $O/tests/unit/%.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# A fuzz target without libFuzzer, for a short run in every check
$O/tests/fuzz-gotable: tests/unit/fuzzrun.c helpers/fuzz/gotable.c $O/libgobpf.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $(GO_TESTS:%=$O/tests/%) $O/tests/fuzz-gotable

-include $(GO_TESTS:%=$O/tests/unit/%.d)
