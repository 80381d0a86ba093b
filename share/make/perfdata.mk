# SPDX-License-Identifier: GPL-2.0-only
# The test program of the perf.data reader for tests/perf-data.bats.
$O/tests/perfdata: $O/tests/unit/perfdata.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $O/tests/perfdata
-include $O/tests/unit/perfdata.d
