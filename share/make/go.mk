# SPDX-License-Identifier: GPL-2.0-only
# The test program of helpers/go for tests/golib.bats.
$O/tests/golib: tests/unit/golib.c $O/libgobpf.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $^ $(LDLIBS) -o $@

check-run: $O/tests/golib
# check-asan makes `all' with sanitizers and then runs tests
$(if $(SANITIZE),all: $O/tests/golib)

-include $O/tests/golib.d
