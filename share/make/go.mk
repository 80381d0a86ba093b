# SPDX-License-Identifier: GPL-2.0-only
# The test programs of helpers/go for tests/golib.bats and tests/gofile.bats.
GO_TESTS := $O/tests/golib $O/tests/gofile

$(GO_TESTS): $O/tests/%: tests/unit/%.c $O/libgobpf.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $^ $(LDLIBS) -o $@

check-run: $(GO_TESTS)
# check-asan makes `all' with sanitizers and then runs tests
$(if $(SANITIZE),all: $(GO_TESTS))

-include $(GO_TESTS:=.d)
