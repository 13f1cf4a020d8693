# SPDX-License-Identifier: MIT
# twc: one non-recursive Makefile. Adding a source file is adding a file: the lists are wildcards.
#
#   make            the program and the libraries           V=1    show the commands
#   make demo       build it and see it work                DEV=1  -Werror and the long warning list
#   make check      every test                              SAN=address,undefined   with sanitizers
#   make deps       what a fresh Debian needs               COV=1  with coverage
#   make install    DESTDIR= PREFIX=/usr/local              FUZZ=1 fuzz targets (clang)

VERSION := $(shell sed -n 's/.*TWC_VERSION "\(.*\)".*/\1/p' lib/include/twc/base.h)
SOVERSION := 0
PREFIX ?= /usr/local
V ?= 0
Q := $(if $(filter 0,$(V)),@)
SAY := $(if $(filter 0,$(V)),@printf '  %-7s %s\n',@true)

# Objects of different modes never mix.
MODE := release$(if $(SAN),-$(subst $(subst ,, ),-,$(subst $(comma),-,$(SAN))))$(if $(DEV),-dev)$(if $(COV),-cov)$(if $(FUZZ),-fuzz)
comma := ,
MODE := release$(if $(SAN),-san)$(if $(DEV),-dev)$(if $(COV),-cov)$(if $(FUZZ),-fuzz)
B ?= build/$(MODE)

ifdef FUZZ
CC := clang
endif
CC ?= cc
AR ?= ar
PKG_CONFIG ?= pkg-config

LIB_PKGS := libcares
HOST_PKGS := libevent_core
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wvla -Wwrite-strings -Wpointer-arith -Wformat=2 -Wformat-security \
	-Wimplicit-fallthrough -Wdouble-promotion -Wcast-qual -fno-common
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2
OPT := -O2 -g
ifdef DEV
WARN += -Werror
endif
ifdef SAN
OPT := -O1 -g -fno-omit-frame-pointer
HARDEN := -fsanitize=$(SAN) -fno-sanitize-recover=all -DTWC_DEBUG=1
LDSAN := -fsanitize=$(SAN)
endif
ifdef COV
OPT := -O0 -g --coverage -DTWC_DEBUG=1
HARDEN :=
LDSAN := --coverage
endif
ifdef FUZZ
OPT := -O1 -g
HARDEN := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DTWC_DEBUG=1
endif
ifdef DEBUG
HARDEN += -DTWC_DEBUG=1
endif
BASE_CFLAGS := -std=c17 -D_GNU_SOURCE -MMD -MP -pthread $(OPT) $(WARN) $(HARDEN) -fvisibility=hidden -Ilib/include
LIB_CFLAGS := $(BASE_CFLAGS) -Ilib -fPIC $(shell $(PKG_CONFIG) --cflags $(LIB_PKGS) $(HOST_PKGS) 2>/dev/null)
CMD_CFLAGS := $(BASE_CFLAGS)
TEST_CFLAGS := $(BASE_CFLAGS) -Ilib -Icmd -Itests -Wno-unused-parameter
LDLIBS := $(shell $(PKG_CONFIG) --libs $(LIB_PKGS) $(HOST_PKGS) 2>/dev/null) -pthread

LIB_SRC := $(wildcard lib/*/*.c lib/protocol/*/*.c)
LIB_SRC := $(filter-out lib/examples/%,$(LIB_SRC))
CMD_SRC := $(wildcard cmd/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CMD_OBJ := $(CMD_SRC:%.c=$(B)/%.o)

.PHONY: all
all: $(B)/twc $(B)/libtwc.so.$(SOVERSION)

$(B)/lib/%.o: lib/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/cmd/%.o: cmd/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CMD_CFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/libtwc.a: $(LIB_OBJ)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/libtwc.so.$(SOVERSION): $(LIB_OBJ)
	$(SAY) LD $@
	$(Q)$(CC) -shared -Wl,-soname,libtwc.so.$(SOVERSION) $(LDSAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/twc: $(CMD_OBJ) $(B)/libtwc.a
	$(SAY) LD $@
	$(Q)$(CC) $(LDSAN) $(LDFLAGS) -o $@ $(CMD_OBJ) $(B)/libtwc.a $(LDLIBS)

# ---- unit tests: one binary per file, tests/unit/<path in lib>/test_<file>.c ----
UNIT_SRC := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
SUPPORT_SRC := $(wildcard tests/support/*.c)
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(B)/%.o)

$(B)/tests/support/%.o: tests/support/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) -c -o $@ $<

CMD_TEST_OBJ := $(filter-out $(B)/cmd/main.o,$(CMD_OBJ))
$(B)/tests/unit/%: tests/unit/%.c $(SUPPORT_OBJ) $(B)/libtwc.a $(CMD_TEST_OBJ)
	$(SAY) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(CFLAGS) $(LDSAN) -o $@ $< $(SUPPORT_OBJ) \
		$(if $(findstring /cmd/,$@),$(CMD_TEST_OBJ)) $(B)/libtwc.a $(LDLIBS) -lcmocka

-include $(LIB_OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(SUPPORT_OBJ:.o=.d) $(addsuffix .d,$(UNIT_BIN))
