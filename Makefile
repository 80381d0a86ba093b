# SPDX-License-Identifier: GPL-2.0-only
# One makefile, no recursion.  O=dir builds elsewhere, V=1 shows commands,
# SANITIZE=address,undefined instruments everything, W= makes warnings harmless.
O        ?= build
# $(abspath) takes a path with blanks for several
O_ABS     = $(if $(filter /%,$O),$O,$(CURDIR)/$O)
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG    ?= clang
BPFTOOL  ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
CFLAGS   ?= -O2 -g
W        ?= 1
PREFIX   ?= /usr/local
DESTDIR  ?=
prefix    = $(PREFIX)
bindir    = $(prefix)/bin
libexecdir = $(prefix)/libexec/gobpf
datadir   = $(prefix)/share/gobpf
mandir    = $(prefix)/share/man/man1
bashcompdir = $(prefix)/share/bash-completion/completions
zshcompdir = $(prefix)/share/zsh/site-functions
fishcompdir = $(prefix)/share/fish/vendor_completions.d

VERSION  := 0.1.0

ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wpointer-arith -Wwrite-strings -Wundef \
	-Wno-missing-field-initializers -Wno-format-truncation $(if $(W),-Werror) -fno-omit-frame-pointer \
	-Ihelpers -I$O/gen -DGOBPF_VERSION='"$(VERSION)"' \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all) $(CFLAGS)
LDLIBS := -lbpf -ldw -lelf -lcapstone -lz -lprotobuf-c -ljansson -liberty -ltraceevent -lzstd -lm

# A file belongs to the build by being in the right folder.
LIB_SRCS := $(wildcard helpers/base/*.c helpers/input/*.c helpers/stack/*.c helpers/go/*.c \
	helpers/script/*.c)
BPF_SRCS := $(wildcard helpers/collect/*.bpf.c)
CMD_SRCS := $(wildcard helpers/*.c helpers/cmd/*.c) \
	$(filter-out $(BPF_SRCS),$(wildcard helpers/collect/*.c))
LIB_OBJS := $(LIB_SRCS:%.c=$O/%.o)
CMD_OBJS := $(CMD_SRCS:%.c=$O/%.o)
SKELS    := $(BPF_SRCS:helpers/collect/%.bpf.c=$O/gen/%.skel.h)
HEADERS  := $(wildcard helpers/*.h helpers/*/*.h)
SCRIPTS  := $(wildcard scripts/*.bt)
MANS     := $(wildcard docs/*.1)

ifneq ($(V),1)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2);
endif

.PHONY: all
all: $O/gobpf

$O/gobpf: $(CMD_OBJS) $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$O/libgobpf.a: $(LIB_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$O/%.o: %.c $O/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# A collector sees its own skeleton, nobody else does.
$(filter $O/helpers/collect/%,$(CMD_OBJS)): | $(SKELS)

$O/gen/%.bpf.o: helpers/collect/%.bpf.c $O/flags
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -D__x86_64__ -Wall -Werror -Ihelpers \
		-I/usr/include/$(shell $(CC) -dumpmachine) '-ffile-prefix-map=$(CURDIR)=.' -MMD -MP -MT $@ -c $< -o $@

$O/gen/%.skel.h: $O/gen/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@.tmp && mv $@.tmp $@

# Where things are installed, which a single file of the program knows.
PREFIX_CFLAGS = -DGOBPF_LIBEXECDIR='"$(libexecdir)"' -DGOBPF_DATADIR='"$(datadir)"'
$O/helpers/paths.o: private ALL_CFLAGS += $(PREFIX_CFLAGS)
$O/helpers/paths.o: $O/prefix

# Changing CC or any flag rebuilds everything that used it.  Two makes may do this at once.  Where $O
# itself is doesn't matter: a copy of it is as good.
$O/flags: flags = $(CC) $(subst -I$O/gen,,$(ALL_CFLAGS))
$O/prefix: flags = $(PREFIX_CFLAGS)
$O/flags $O/prefix: FORCE
	@mkdir -p $O; echo '$(subst ','\'',$(flags))' >$@.$$$$; \
	cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@
.PHONY: FORCE
FORCE:

-include $(LIB_OBJS:.o=.d) $(CMD_OBJS:.o=.d) $(wildcard $O/gen/*.d)
.DELETE_ON_ERROR:
.SECONDARY:

# Parts with a concern of their own, each a file that is included.
include $(sort $(wildcard share/make/*.mk))

.PHONY: clean
clean:
	$(Q)rm -rf $O
