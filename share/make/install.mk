# SPDX-License-Identifier: GPL-2.0-only
# make install DESTDIR= PREFIX=: program, libexec, scripts, manual pages, completions.
# The program looks for its own files where PREFIX said, so PREFIX belongs to the build, too.

PLUGINS := $(wildcard libexec/gobpf-*)
# The probes for applications: the header and the Go module
USDT := $(shell find usdt -type f)

.PHONY: install uninstall
install: all
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d $(addprefix $(DESTDIR),$(bindir) $(libexecdir) $(datadir)/scripts $(mandir) \
		$(bashcompdir) $(zshcompdir) $(fishcompdir) $(addprefix $(datadir)/,$(sort $(dir $(USDT)))))
	$(Q)install -m 755 $O/gobpf $(DESTDIR)$(bindir)/gobpf
	$(Q)$(if $(PLUGINS),install -m 755 $(PLUGINS) $(DESTDIR)$(libexecdir))
	$(Q)$(if $(SCRIPTS),install -m 755 $(SCRIPTS) $(DESTDIR)$(datadir)/scripts)
	$(Q)install -m 644 $(MANUALS) $(DESTDIR)$(mandir)
	$(Q)install -m 644 share/completions/gobpf.bash $(DESTDIR)$(bashcompdir)/gobpf
	$(Q)install -m 644 share/completions/gobpf.zsh $(DESTDIR)$(zshcompdir)/_gobpf
	$(Q)install -m 644 share/completions/gobpf.fish $(DESTDIR)$(fishcompdir)/gobpf.fish
	$(Q)$(foreach file,$(USDT),install -m 644 $(file) $(DESTDIR)$(datadir)/$(file) && ):

uninstall:
	$(Q)rm -f $(DESTDIR)$(bindir)/gobpf $(DESTDIR)$(bashcompdir)/gobpf $(DESTDIR)$(zshcompdir)/_gobpf \
		$(DESTDIR)$(fishcompdir)/gobpf.fish $(addprefix $(DESTDIR)$(mandir)/,$(notdir $(MANUALS)))
	$(Q)rm -rf $(DESTDIR)$(libexecdir) $(DESTDIR)$(datadir)
