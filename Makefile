# SPDX-License-Identifier: MIT
# twc: one non-recursive Makefile. Adding a source file is adding a file: the lists are wildcards.
# `make help` shows the targets and variables.

VERSION = $(shell sed -n 's/.*TWC_VERSION "\(.*\)".*/\1/p' lib/include/twc/base.h)
SOVERSION := 0
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
FUZZ_TIME ?= 5
JOBS ?= 2

V ?= 0
Q := $(if $(filter 0,$(V)),@)
SAY := $(if $(filter 0,$(V)),@printf '  %-7s %s\n',@true)

# ---- modes: objects of different modes never mix ----
comma := ,
ifdef FUZZ
CC := clang
endif
MODE := $(if $(STATIC),static,release)$(if $(SAN),-san)$(if $(DEV),-dev)$(if $(COV),-cov)$(if $(FUZZ),-fuzz)$(if $(DEBUG),-debug)
MODE := $(MODE)$(if $(FUZZ),,$(if $(findstring clang,$(CC)),-clang))$(if $(filter-out address$(comma)undefined,$(SAN)),-$(subst $(comma),-,$(SAN)))
B ?= build/$(MODE)

AR ?= ar
PKG_CONFIG ?= pkg-config
# Asked when first needed, and once: `make deps` may have to install pkg-config before.
LIB_PKGS := libcares libevent_core openssl zlib libnghttp2 libbrotlidec libzstd libidn2 jansson
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(LIB_PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs $(LIB_PKGS)))$(PKG_LIBS)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wvla -Wwrite-strings -Wpointer-arith -Wformat=2 -Wformat-security \
	-Wimplicit-fallthrough -Wdouble-promotion -Wcast-qual -fno-common
OPT := -O2 -g
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2
PIC := -fPIC -fno-semantic-interposition
LINK := -Wl,-O1 -Wl,--as-needed -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now
ifdef STATIC
PIC := -fno-pie
LINK += -static -no-pie
endif
ifdef SAN
OPT := -O1 -g -fno-omit-frame-pointer
HARDEN := -fsanitize=$(SAN) -fno-sanitize-recover=all -DTWC_DEBUG=1
LINK := -fsanitize=$(SAN)
endif
ifdef COV
OPT := -O0 -g --coverage
HARDEN := -DTWC_DEBUG=1
LINK := --coverage
endif
ifdef FUZZ
OPT := -O1 -g -fno-omit-frame-pointer
HARDEN := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DTWC_DEBUG=1
LINK := -fsanitize=fuzzer,address,undefined
endif
ifdef DEBUG
HARDEN += -DTWC_DEBUG=1
endif
ifdef DEV
WARN += -Werror
endif

BASE_CFLAGS = -std=c17 -D_GNU_SOURCE -MMD -MP -pthread $(OPT) $(WARN) $(HARDEN) $(PIC) \
	-ffunction-sections -fdata-sections -fvisibility=hidden -Ilib/include
LIB_CFLAGS = $(BASE_CFLAGS) -Ilib $(PKG_CFLAGS)
CMD_CFLAGS = $(BASE_CFLAGS)
TEST_CFLAGS = $(BASE_CFLAGS) -Ilib -Icmd -Itests -Wno-unused-parameter
LDLIBS = $(PKG_LIBS) -lcrypt -pthread

LIB_SRC := $(filter-out lib/examples/%,$(wildcard lib/*/*.c lib/protocol/*/*.c lib/app/*/*.c))
CMD_SRC := $(wildcard cmd/*.c)
UNIT_SRC := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
SUPPORT_SRC := $(wildcard tests/support/*.c)
EXAMPLE_SRC := $(wildcard lib/examples/*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CMD_OBJ := $(CMD_SRC:%.c=$(B)/%.o)
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(B)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
EXAMPLE_BIN := $(EXAMPLE_SRC:lib/%.c=$(B)/%)
BENCH_BIN := $(BENCH_SRC:%.c=$(B)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(B)/%)
SHARED := $(B)/libtwc.so.$(SOVERSION)

# ---- building ----
.PHONY: all
.SECONDARY:
all: $(B)/twc $(B)/libtwc.a $(SHARED)

# One rule for everything that is compiled: lib/, cmd/ and tests/support/ differ in their flags alone.
$(B)/lib/%.o: FLAGS = $(LIB_CFLAGS)
$(B)/cmd/%.o: FLAGS = $(CMD_CFLAGS)
$(B)/tests/%.o: FLAGS = $(TEST_CFLAGS)
$(B)/%.o: %.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) -c -o $@ $<

$(B)/libtwc.a: $(LIB_OBJ)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(SHARED): $(LIB_OBJ)
	$(SAY) LD $@
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -Wl,-Bsymbolic-functions $(LINK) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/twc: $(CMD_OBJ) $(B)/libtwc.a
	$(SAY) LD $@
	$(Q)$(CC) $(LINK) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# One binary per unit test file; those of cmd/ get its objects, too.
CMD_TEST_OBJ := $(filter-out $(B)/cmd/main.o,$(CMD_OBJ))
$(B)/tests/unit/cmd/%: MORE = $(CMD_TEST_OBJ)
$(filter $(B)/tests/unit/cmd/%,$(UNIT_BIN)): $(CMD_TEST_OBJ)
$(B)/tests/unit/%: tests/unit/%.c $(SUPPORT_OBJ) $(B)/libtwc.a
	$(SAY) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $< $(SUPPORT_OBJ) $(MORE) $(B)/libtwc.a $(LDLIBS) -lcmocka

# Examples are built as a user of the library would, with nothing but the public headers. One that names
# GLib or libevent in an #include is linked with it.
needs = $(if $(shell grep -l '^#include <$(1)' $(2)),$(shell $(PKG_CONFIG) $(3) $(4)))
example_pkgs = $(call needs,glib,$<,$(1),glib-2.0) $(call needs,event2/,$<,$(1),libevent_core)
$(B)/examples/%: lib/examples/%.c $(B)/libtwc.a
	$(SAY) EXAMPLE $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(call example_pkgs,--cflags) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $< $(B)/libtwc.a \
		$(call example_pkgs,--libs) $(LDLIBS)

$(B)/tests/bench/%: tests/bench/%.c $(wildcard tests/bench/*.h) $(B)/libtwc.a
	$(SAY) BENCH $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $< $(B)/libtwc.a $(LDLIBS)

$(B)/tests/fuzz/%: tests/fuzz/%.c $(SUPPORT_OBJ) $(B)/libtwc.a
	$(SAY) FUZZ $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) $(LINK) $(LDFLAGS) -o $@ $< $(SUPPORT_OBJ) $(MORE) $(B)/libtwc.a $(LDLIBS) -lcmocka

# The differential target is linked with llhttp as Debian's node-llhttp ships it; without that package there is none.
LLHTTP := $(wildcard /usr/share/llhttp)
LLHTTP_OBJ := $(patsubst %,$(B)/llhttp/%.o,api http llhttp)
LLHTTP_FLAGS := -isystem /usr/share/include/llhttp
$(B)/llhttp/%.o: $(LLHTTP)/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) -w $(LLHTTP_FLAGS) $(OPT) $(HARDEN) -fno-sanitize=undefined -c -o $@ $<
$(B)/tests/fuzz/fuzz_http_llhttp: MORE = $(LLHTTP_FLAGS) $(LLHTTP_OBJ)
$(B)/tests/fuzz/fuzz_http_llhttp: $(LLHTTP_OBJ)

.PHONY: units examples
units: $(UNIT_BIN)
examples: $(EXAMPLE_BIN)

# One file that runs anywhere.
.PHONY: static
static:
	$(Q)$(MAKE) --no-print-directory STATIC=1 build/static/twc
	$(Q)strip build/static/twc
	$(SAY) STATIC build/static/twc

# ---- testing ----
.PHONY: check check-unit check-cli check-tools bench fuzz demo
check: deps
	$(Q)CC='$(CC)' MAKE='$(MAKE)' JOBS='$(JOBS)' FUZZ_TIME='$(FUZZ_TIME)' tests/tools/check-all

ifdef T
check-unit: $(B)/tests/unit/$(dir $(T))test_$(notdir $(T))
	$(Q)$<
else
check-unit: $(UNIT_BIN)
	$(Q)JOBS='$(JOBS)' tests/tools/run-units $(sort $^)
	$(if $(COV),$(Q)tests/tools/coverage $(B))
endif

check-cli: all examples
	$(Q)TWC='$(abspath $(B)/twc)' B='$(abspath $(B))' JOBS='$(JOBS)' tests/tools/run-cli $(T)
	$(if $(COV),$(Q)tests/tools/coverage $(B))

check-tools: all
	$(Q)tests/tools/check-layers
	$(Q)CC='$(CC)' tests/tools/check-headers
	$(Q)tests/tools/check-symbols $(B)

bench: deps-bench
	$(Q)$(MAKE) --no-print-directory all examples $(BENCH_BIN) static
	$(Q)$(MAKE) --no-print-directory STATIC=1 B=build/static build/static/examples/relay
	$(Q)TWC='$(abspath $(B)/twc)' B='$(abspath $(B))' tests/bench/run $(ARGS)

fuzz:
	$(Q)$(MAKE) --no-print-directory FUZZ=1 fuzz-binaries
	$(Q)JOBS='$(JOBS)' tests/tools/run-fuzz build/release-fuzz $(FUZZ_TIME) $(T)
.PHONY: fuzz-binaries
fuzz-binaries: $(filter-out $(if $(LLHTTP),,%/fuzz_http_llhttp),$(FUZZ_BIN))

demo: deps-build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)TWC='$(abspath $(B)/twc)' tests/tools/demo

# ---- what a fresh Debian needs: to build, to run every test, and to measure ----
DEPS_BUILD := gcc libc6-dev make pkg-config libc-ares-dev libevent-dev libssl-dev zlib1g-dev \
	libnghttp2-dev libbrotli-dev libzstd-dev libidn2-dev libunistring-dev libjansson-dev
DEPS_TEST := libcmocka-dev bats clang libclang-rt-dev mandoc socat ncat netcat-openbsd netcat-traditional \
	curl openssl python3 python3-twisted python3-aiosmtpd haproxy nginx libnginx-mod-stream libglib2.0-dev \
	zsh fish expect strace iproute2 procps util-linux binutils jq microsocks tinyproxy tmux netbase openssh-client \
	lighttpd wget apache2-utils wrk node-llhttp nghttp2-client nghttp2-server python3-websockets python3-autobahn python3-h2 brotli zstd file httpie python3-requests
DEPS_BENCH := hitch stunnel4 h2o wrk
.PHONY: deps deps-build deps-bench
deps:
	$(Q)tests/tools/deps $(DEPS_BUILD) $(DEPS_TEST)
deps-bench:
	$(Q)tests/tools/deps $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_BENCH)
deps-build:
	$(Q)tests/tools/deps $(DEPS_BUILD)

# ---- installing ----
define PC
prefix=$(PREFIX)
libdir=$(LIBDIR)
includedir=$(INCLUDEDIR)

Name: libtwc
Description: event-driven networking: reactor, transports, protocols, endpoints
Version: $(VERSION)
Requires.private: $(LIB_PKGS)
Libs: -L$${libdir} -ltwc
Libs.private: -lcrypt -pthread
Cflags: -I$${includedir}
endef
export PC

HEADERS := $(notdir $(wildcard lib/include/twc/*.h))
MAN1 := $(notdir $(wildcard man/*.1))
MAN7 := $(notdir $(wildcard man/*.7))
BASHCOMP := $(DATADIR)/bash-completion/completions
ZSHCOMP := $(DATADIR)/zsh/site-functions
FISHCOMP := $(DATADIR)/fish/vendor_completions.d

.PHONY: install uninstall completions clean help
install: all
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBDIR)/pkgconfig $(INCLUDEDIR)/twc $(DATADIR)/man/man1 \
		$(DATADIR)/man/man7 $(BASHCOMP) $(ZSHCOMP) $(FISHCOMP))
	install -m 755 $(B)/twc $(DESTDIR)$(BINDIR)/twc
	install -m 644 $(addprefix lib/include/twc/,$(HEADERS)) $(DESTDIR)$(INCLUDEDIR)/twc
	install -m 644 $(B)/libtwc.a $(DESTDIR)$(LIBDIR)/libtwc.a
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)/libtwc.so.$(VERSION)
	ln -sf libtwc.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libtwc.so.$(SOVERSION)
	ln -sf libtwc.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libtwc.so
	printf '%s\n' "$$PC" > $(DESTDIR)$(LIBDIR)/pkgconfig/libtwc.pc
	$(if $(MAN1),install -m 644 $(addprefix man/,$(MAN1)) $(DESTDIR)$(DATADIR)/man/man1)
	$(if $(MAN7),install -m 644 $(addprefix man/,$(MAN7)) $(DESTDIR)$(DATADIR)/man/man7)
	install -m 644 completions/twc.bash $(DESTDIR)$(BASHCOMP)/twc
	install -m 644 completions/_twc $(DESTDIR)$(ZSHCOMP)/_twc
	install -m 644 completions/twc.fish $(DESTDIR)$(FISHCOMP)/twc.fish

uninstall:
	rm -f $(addprefix $(DESTDIR),$(BINDIR)/twc $(addprefix $(INCLUDEDIR)/twc/,$(HEADERS)) \
		$(addprefix $(LIBDIR)/,libtwc.a libtwc.so libtwc.so.$(SOVERSION) libtwc.so.$(VERSION) pkgconfig/libtwc.pc) \
		$(addprefix $(DATADIR)/man/man1/,$(MAN1)) $(addprefix $(DATADIR)/man/man7/,$(MAN7)) \
		$(BASHCOMP)/twc $(ZSHCOMP)/_twc $(FISHCOMP)/twc.fish)
	-rmdir $(DESTDIR)$(INCLUDEDIR)/twc 2>/dev/null || true

completions: $(B)/twc
	$(Q)mkdir -p completions
	$(Q)$(B)/twc --emit=bash > completions/twc.bash
	$(Q)$(B)/twc --emit=zsh > completions/_twc
	$(Q)$(B)/twc --emit=fish > completions/twc.fish

clean:
	rm -rf build

help:
	@printf '%s\n' \
	'make                the program and the libraries, in build/release' \
	'make demo           build it and see it work' \
	'make check          every test; ends with "N passed, N failed"' \
	'make check-unit     the unit tests          T=net/addr   one of them' \
	'make check-cli      the command line tests  T=serve      one file of them' \
	'make check-tools    layers, headers, exported symbols' \
	'make fuzz           every fuzz target       FUZZ_TIME=5 seconds each   T=parse one of them' \
	'make bench          twc and its peers measured side by side' \
	'make static         build/static/twc: one file that runs anywhere' \
	'make install        PREFIX=/usr/local DESTDIR= BINDIR= LIBDIR= INCLUDEDIR= DATADIR=; and make uninstall' \
	'make completions    completions/ from the option rows' \
	'make deps           install the Debian packages that are missing' \
	'' \
	'V=1 commands shown   DEV=1 warnings are errors   SAN=address,undefined   COV=1 coverage   DEBUG=1   CC=clang'

-include $(LIB_OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(SUPPORT_OBJ:.o=.d) $(addsuffix .d,$(UNIT_BIN) $(FUZZ_BIN) $(EXAMPLE_BIN) $(BENCH_BIN))
