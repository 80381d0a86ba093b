# SPDX-License-Identifier: GPL-2.0-only
# The plugin of libtraceevent that names what the events of gobpf perf-probes have as numbers.  perf looks in
# $TRACEEVENT_PLUGIN_DIR and ~/.local/lib/traceevent/plugins, trace-cmd in its library's folder, too.
# It is loaded into programs without sanitizers, and so never has any.
TEP_PLUGIN := $O/traceevent/plugin_gobpf.so
tep_dir     = $(libexecdir)/traceevent

all: $(TEP_PLUGIN)

$(TEP_PLUGIN): helpers/traceevent/plugin_gobpf.c $O/gen/layouts.inc $O/flags
	$(call say,PLUGIN,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(ALL_CFLAGS)) $(LDFLAGS) -fPIC -shared \
		-fvisibility=hidden -MMD -MP -MF $@.d -MT $@ $< -o $@
-include $(TEP_PLUGIN).d

.PHONY: install-traceevent
install: install-traceevent
install-traceevent: all
	$(Q)install -d $(DESTDIR)$(tep_dir)
	$(Q)install -m 644 $(TEP_PLUGIN) $(DESTDIR)$(tep_dir)/plugin_gobpf.so


# The test program of the plugin for tests/perf-probes.bats
$O/tests/tepplugin: $O/tests/unit/tepplugin.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $O/tests/tepplugin
-include $O/tests/unit/tepplugin.d
