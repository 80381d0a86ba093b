# SPDX-License-Identifier: GPL-2.0-only
# make layouts GOROOTS="/usr/lib/go-1.19 …" remakes the table of runtime layouts from toolchains;
# give all of them: what is not given is not in the table.
GO      ?= go
GOROOTS ?=

.PHONY: layouts
layouts:
	$(Q)test -n '$(GOROOTS)' || { echo 'make layouts GOROOTS="DIR..."' >&2; exit 2; }
	$(Q)mkdir -p $O
	$(Q)$(GO) run share/layouts/gen.go share/layouts/fields.go -arch amd64,arm64 $(GOROOTS) >$O/layouts.tsv
	$(Q)mv $O/layouts.tsv share/layouts.tsv

# The table as C initialisers.
$O/gen/layouts.inc: share/layouts.tsv share/layouts/tsv2c.awk
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)awk -f share/layouts/tsv2c.awk $< >$@

$O/helpers/go/layout.o: $O/gen/layouts.inc
