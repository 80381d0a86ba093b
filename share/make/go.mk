# SPDX-License-Identifier: GPL-2.0-only
# The test programs of helpers/go for tests/{golib,gofile,probe}.bats
GO_TESTS := golib gofile runtimelib heldlib dwarflib

$(GO_TESTS:%=$O/tests/%): $O/tests/%: $O/tests/unit/%.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $(GO_TESTS:%=$O/tests/%)

-include $(GO_TESTS:%=$O/tests/unit/%.d)
