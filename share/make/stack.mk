# SPDX-License-Identifier: GPL-2.0-only
# What helpers/stack needs made: the pprof messages, and the flame graph's script and style as text in the program.
PROTOC_C   ?= protoc-c
STACK_GEN  := $O/gen/profile.pb-c.o $O/gen/flame_assets.o

$O/libgobpf.a: $(STACK_GEN)

$O/gen/profile.pb-c.c: share/profile.proto
	$(call say,PROTOC,$<)
	@mkdir -p $(@D)
	$(Q)$(PROTOC_C) --proto_path=share --c_out=$O/gen $<
$O/gen/profile.pb-c.h: $O/gen/profile.pb-c.c ;

$O/helpers/stack/pprof.o: | $O/gen/profile.pb-c.h

# text_array FILE NAME: FILE, with what it includes, as a NUL-terminated C array
text_array = { echo 'const char $(2)[] = {'; awk '$$2 != "@include" { print; next } \
	{ file = "share/flame/" $$3; while ((getline line < file) > 0) print line; close(file) }' share/flame/$(1) | \
	od -An -v -tu1 | sed 's/ *\([0-9]\{1,\}\)/\1,/g'; echo '0 };'; }

$O/gen/flame_assets.c: $(wildcard share/flame/*) share/make/stack.mk
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(call text_array,flame.js,flame_js) >$@.tmp && \
		$(call text_array,flame.css,flame_css) >>$@.tmp && \
		$(call text_array,page.js,page_js) >>$@.tmp && \
		$(call text_array,page.css,page_css) >>$@.tmp && \
		$(call text_array,chart.css,chart_css) >>$@.tmp && mv $@.tmp $@

# Made by others, so no warnings asked for.
$(STACK_GEN): %.o: %.c $O/flags
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -w -c $< -o $@

# The test programs of helpers/stack: for tests/stacklib.bats, and for those of the readers and writers.
STACK_TESTS := stacklib pictures transformlib resolvelib cuts

$(STACK_TESTS:%=$O/tests/%): $O/tests/%: $O/tests/unit/%.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $(STACK_TESTS:%=$O/tests/%)
-include $(STACK_TESTS:%=$O/tests/unit/%.d)
