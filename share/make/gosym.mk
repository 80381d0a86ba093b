# SPDX-License-Identifier: GPL-2.0-only
# libgosym: reading Go executables as a library for others, static and shared.  Its
# version stands in helpers/gosym/gosym.h.
GOSYM_VERSION := $(shell sed -n 's/^.define GOSYM_VERSION "\([0-9.]*\)".*/\1/p' helpers/gosym/gosym.h)
GOSYM_SONAME  := libgosym.so.$(firstword $(subst ., ,$(GOSYM_VERSION)))
GOSYM_SHARED  := libgosym.so.$(GOSYM_VERSION)
libdir         = $(prefix)/lib
includedir     = $(prefix)/include

# What it consists of: whoever needs more of helpers/ sees it by an undefined symbol.
GOSYM_SRCS := helpers/gosym/gosym.c helpers/base/buf.c helpers/base/err.c helpers/base/span.c \
	helpers/input/elf.c helpers/input/elf_note.c helpers/input/mapping.c helpers/input/relocate.c \
	$(addprefix helpers/go/,buildinfo.c expect.c format.c frames.c gofile.c pcvalue.c tables.c)
GOSYM_OBJS := $(GOSYM_SRCS:%.c=$O/pic/%.o)

all: $O/libgosym.a $O/$(GOSYM_SHARED) $O/gosym.pc

$(GOSYM_OBJS): $O/pic/%.o: %.c $O/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden -MMD -MP -c $< -o $@

$O/$(GOSYM_SHARED): $(GOSYM_OBJS) share/make/gosym.mk helpers/gosym/gosym.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(GOSYM_SONAME) \
		-Wl,--version-script=helpers/gosym/gosym.map $(if $(SANITIZE),,-Wl,--no-undefined) \
		$(GOSYM_OBJS) -lelf -o $@
	$(Q)ln -sf $(GOSYM_SHARED) $O/$(GOSYM_SONAME) && ln -sf $(GOSYM_SHARED) $O/libgosym.so

# One object, so that only the public symbols can meet those of a program.
$O/libgosym.a: $(GOSYM_OBJS) share/make/gosym.mk
	$(call say,AR,$@)
	$(Q)$(LD) -r -o $O/pic/gosym.o $(GOSYM_OBJS) && objcopy --localize-hidden $O/pic/gosym.o
	$(Q)rm -f $@ && $(AR) rcs $@ $O/pic/gosym.o

$O/gosym.pc: helpers/gosym/gosym.h share/make/gosym.mk $O/prefix
	$(Q)printf '%s\n' 'prefix=$(prefix)' 'libdir=$(libdir)' 'includedir=$(includedir)' '' \
		'Name: gosym' 'Description: names, files and lines of addresses in Go executables, stripped or not' \
		'Version: $(GOSYM_VERSION)' 'Requires.private: libelf' 'Libs: -L$${libdir} -lgosym' \
		'Cflags: -I$${includedir}' >$@

.PHONY: install-gosym uninstall-gosym
install: install-gosym
install-gosym: all
	$(Q)install -d $(addprefix $(DESTDIR),$(libdir)/pkgconfig $(includedir) $(datadir)/examples)
	$(Q)install -m 644 helpers/gosym/gosym.h $(DESTDIR)$(includedir)/gosym.h
	$(Q)install -m 644 $O/libgosym.a $(DESTDIR)$(libdir)/libgosym.a
	$(Q)install -m 755 $O/$(GOSYM_SHARED) $(DESTDIR)$(libdir)/$(GOSYM_SHARED)
	$(Q)ln -sf $(GOSYM_SHARED) $(DESTDIR)$(libdir)/$(GOSYM_SONAME)
	$(Q)ln -sf $(GOSYM_SHARED) $(DESTDIR)$(libdir)/libgosym.so
	$(Q)install -m 644 $O/gosym.pc $(DESTDIR)$(libdir)/pkgconfig/gosym.pc
	$(Q)install -m 644 share/examples/gosym.c $(DESTDIR)$(datadir)/examples/gosym.c

uninstall: uninstall-gosym
uninstall-gosym:
	$(Q)rm -f $(addprefix $(DESTDIR),$(includedir)/gosym.h $(libdir)/pkgconfig/gosym.pc \
		$(addprefix $(libdir)/,libgosym.a libgosym.so $(GOSYM_SONAME) $(GOSYM_SHARED)))

-include $(GOSYM_OBJS:.o=.d)

# A user of it, for tests/gosym.bats and make bench.
$O/tests/gosymlib: tests/unit/gosymlib.c helpers/gosym/gosym.h $O/libgosym.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Ihelpers/gosym $(LDFLAGS) $< $O/libgosym.a -lelf -pthread -o $@

test-programs: $O/tests/gosymlib
