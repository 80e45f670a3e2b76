# hadeploy.  `make help` lists the targets; `make demo` and `make test` need nothing else first.
#
#   CC=clang  V=1  DEBUG=1  WERROR=1  SANITIZE=address,undefined|thread  JOBS=N
#   PREFIX=/usr/local  DESTDIR=  BUILD=build (where everything made goes)
#
# Each variant (compiler, DEBUG, SANITIZE) has its own folder, so variants never mix.

VERSION := 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build
PYTHON  ?= /usr/bin/python3
JOBS    ?= $(shell nproc)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif
MAKEFLAGS += --no-print-directory

comma := ,
space := $() $()
compiler := $(filter-out cc gcc,$(notdir $(CC)))
words    := $(compiler) $(if $(DEBUG),debug) $(subst $(comma),-,$(SANITIZE))
variant  := $(subst $(space),-,$(strip $(words)))
OUT      := $(BUILD)/$(or $(variant),release)
PROGRAM  := $(if $(variant),$(OUT)/hadeploy,$(BUILD)/hadeploy)

# Sources: everything in these folders; cli/main.c alone stays out of the test programs.
folders := base templates engine engine/* vcs providers providers/* cli
sources := $(sort $(wildcard $(addsuffix /*.c,$(folders))))
objects := $(sources:%.c=$(OUT)/%.o)
library := $(OUT)/hadeploy.a
units   := $(sort $(wildcard tests/unit/test_*.c))
unit_programs   := $(units:%.c=$(OUT)/%)
# Unit tests of what runs in several threads run under SANITIZE=thread too.
threads         := pthread_|workers_|executor_|bench_apply|conduct_bench|driver_bench
thread_units    := $(if $(units),$(shell grep -lE '$(threads)' $(units)))
thread_programs := $(thread_units:%.c=$(OUT)/%)
fuzzers         := $(sort $(wildcard tests/fuzz/fuzz_*.c))
fuzz_programs   := $(fuzzers:%.c=$(OUT)/%)
fuzz_main       := $(if $(findstring fuzzer,$(SANITIZE)),,$(OUT)/tests/fuzz/driver.o)
contract_objects := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/contract/*.c)))
contract_program := $(OUT)/tests/contract/contract
fault_objects   := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/fault/*.c)))
fault_program   := $(OUT)/tests/fault/hadeploy-fault
test_objects    := $(patsubst %.c,$(OUT)/%.o,$(units) $(wildcard tests/f*/*.c)) $(contract_objects)
shared_test_objects := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(units),$(wildcard tests/unit/*.c)))

packages := yaml-0.1 jansson libssh2 sqlite3 libcrypto libpcre2-8 libcurl libxml-2.0 libpq libgit2 \
	zlib
LIBS     := $(shell pkg-config --libs $(packages) 2>/dev/null) -ljq -ldl -lm

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wwrite-strings -Wpointer-arith -Wformat=2 -Wundef -Wvla \
	-Wswitch-enum -Wimplicit-fallthrough $(if $(WERROR),-Werror)
hardening := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
sanitizing := -O1 -g1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-DARENA_DEBUG
mode := $(if $(SANITIZE),$(sanitizing),$(if $(DEBUG),-Og -g3,-O2 -g $(hardening)))

compile := $(CC) -std=c11 -D_GNU_SOURCE -I. -DHADEPLOY_VERSION='"$(VERSION)"' $(warnings) $(mode) \
	-fno-common -fvisibility=hidden -fPIE -pthread \
	$(shell pkg-config --cflags $(packages) 2>/dev/null) $(CPPFLAGS) $(CFLAGS)
# Hundreds of test programs are joined: by the quicker of two linkers. The sanitizer's tables of
# globals are a third of a million places to correct at each start of what is not at its place.
gold := $(if $(compiler),,$(if $(SANITIZE),$(if $(shell command -v ld.gold),-fuse-ld=gold)))
pie := $(if $(findstring address,$(SANITIZE)),-no-pie,-pie)
link := $(CC) $(mode) $(gold) $(CFLAGS) $(pie) -pthread -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)

say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)
# A check that fails does not stop the next one: the report counts them all.
RESULTS := $(BUILD)/results
results := $(PYTHON) tests/run.py
test_env = HADEPLOY=$(abspath $(PROGRAM)) CONTRACT=$(abspath $(contract_program)) \
	HADEPLOY_FAULTY=$(abspath $(fault_program)) PYTHONDONTWRITEBYTECODE=1

.PHONY: all objects check check-unit check-threads check-corpus check-golden check-integration \
	check-fault check-programs fault golden-accept contract test lint format demo \
	demo-failover bench aws-types install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM)                     ## build the program (build/hadeploy)

objects: $(objects) $(test_objects) $(shared_test_objects) ## compile all, link nothing

$(PROGRAM): $(objects) $(OUT)/files
	$(call say,LD,$@)$(link) -o $@ $(objects) $(LIBS)

$(library): $(filter-out $(OUT)/cli/main.o,$(objects)) $(OUT)/files
	$(call say,AR,$@)rm -f $@ && ar rcsPT $@ $(filter %.o,$^)

$(OUT)/%.o: %.c $(OUT)/flags
	$(call say,CC,$<)mkdir -p $(@D) && $(compile) -MMD -MP -c -o $@ $<

$(OUT)/tests/unit/test_%: $(OUT)/tests/unit/test_%.o $(shared_test_objects) $(library)
	$(call say,LD,$@)$(link) -o $@ $(filter-out %.a,$^) $(library) $(LIBS) -lcmocka

# Their own conductor (driver_bench.h) stands for that of the library.
$(OUT)/tests/unit/test_driver $(OUT)/tests/unit/test_driver_apply: private link += -Wl,-z,muldefs

$(contract_program): $(contract_objects) $(library)
	$(call say,LD,$@)$(link) -o $@ $(contract_objects) $(library) $(LIBS)

$(OUT)/tests/fuzz/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o $(fuzz_main) $(library)
	$(call say,LD,$@)$(link) -o $@ $(filter-out %.a,$^) $(library) $(LIBS)

$(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o $(library)
	$(call say,LD,$@)$(link) -o $@ $< $(library) $(LIBS)

# The whole program, joined so that it can be broken at a counted moment (tests/fault/fault.h).
$(fault_program): $(fault_objects) $(OUT)/cli/main.o $(library)
	$(call say,LD,$@)$(link) -o $@ $^ @tests/fault/joints $(LIBS)

# Rewritten only when they change: new flags mean new objects, a new list of files a new link.
$(OUT)/flags: export stamp = $(compile) $(link) $(LIBS)
$(OUT)/files: export stamp = $(objects)
$(OUT)/flags $(OUT)/files: FORCE
	@mkdir -p $(@D); printf '%s\n' "$$stamp" | cmp -s - $@ || printf '%s\n' "$$stamp" >$@

-include $(objects:.o=.d) $(test_objects:.o=.d) $(shared_test_objects:.o=.d)

check:                              ## all tests with the current variant
	@rm -rf $(RESULTS); broken=; \
	for part in unit corpus golden integration fault; do \
		$(MAKE) check-$$part || broken="$$broken $$part"; done; \
	$(results) report $(RESULTS) $$broken

check-unit: $(unit_programs)        ## unit tests
	@$(test_env) $(results) unit $(RESULTS)/unit $(unit_programs)

check-threads: $(thread_programs)   ## unit tests of threaded code, for SANITIZE=thread
	@$(test_env) $(results) unit $(RESULTS)/threads $(thread_programs)

check-corpus: $(fuzz_programs)      ## every fuzz target once over its corpus
	@$(test_env) $(results) corpus $(RESULTS)/corpus $(fuzz_programs)

check-golden: $(PROGRAM)            ## golden tests: output compared byte for byte
	@$(test_env) $(results) pytest $(RESULTS)/golden tests/test_golden.py $(PYTEST_ARGS)

contract: $(contract_program)       ## provider contract suite: PLUGIN=x.so SPEC=file (sim, ssh)
	@$(test_env) PYTHONPATH=tests $(PYTHON) tests/contract/run.py \
		$(if $(PLUGIN),$(PLUGIN) $(SPEC))

check-integration: $(PROGRAM) $(contract_program) ## tests against real servers on loopback
	@$(test_env) $(results) pytest $(RESULTS)/integration tests/integration \
		-n $$((1 + $(JOBS))) --dist loadfile $(PYTEST_ARGS)

check-fault: $(fault_program)       ## kill, cut the power, fill the disk: a few hundred points
	@$(test_env) $(results) unit $(RESULTS)/fault tests/fault/sweep.py

golden-accept: $(PROGRAM)           ## rewrite what the golden tests expect
	@$(test_env) GOLDEN_ACCEPT=1 $(results) pytest $(RESULTS)/accept \
		tests/test_golden.py $(PYTEST_ARGS)

check-programs: $(PROGRAM) $(contract_program) $(fault_program) $(unit_programs) $(fuzz_programs)

# Tests against servers mostly wait for them, so they go on beside everything else, and more at
# once than there are processors.
checked := WERROR=1 SANITIZE=address,undefined
beside  := $(RESULTS)/integration.log
# Who tests AWS's APIs would wait for it; without the network these tests say so.
fetch   := from lab.moto import PACKAGES, venv; venv('moto', PACKAGES)
test:                               ## install what is missing, build with sanitizers, run all tests
	@tools/install-deps build test
	@rm -rf $(RESULTS); mkdir -p $(RESULTS); broken=; \
	(cd tests && exec $(PYTHON) -Bc "$(fetch)") >/dev/null 2>&1 & \
	$(MAKE) $(checked) check-programs || broken=" build"; \
	$(MAKE) $(checked) check-integration >$(beside) 2>&1 & servers=$$!; \
	for part in unit corpus golden fault; do \
		$(MAKE) $(checked) check-$$part || broken="$$broken $$part"; done; \
	$(MAKE) WERROR=1 SANITIZE=thread check-threads || broken="$$broken threads"; \
	wait $$servers || broken="$$broken integration"; cat $(beside); \
	$(results) report $(RESULTS) $$broken

fault: $(fault_program)             ## every point of the crash sweep, and random moments
	@$(test_env) $(PYTHON) tests/fault/sweep.py --all $(FAULT_ARGS)

lint:                               ## check the rules that a machine can check
	@tools/install-deps build lint
	@BUILD=$(BUILD) PYTHON=$(PYTHON) tools/lint/run

format:                             ## let clang-format rewrite the C files
	@find $(sort $(foreach f,$(folders),$(firstword $(subst /, ,$f)))) tests -name '*.[ch]' \
		-exec clang-format -i {} +

demo:                               ## a tour on four SSH servers started on this machine
	@tools/install-deps build demo
	@$(MAKE) all
	@HADEPLOY=$(abspath $(PROGRAM)) examples/quickstart/demo.sh

demo-failover:                      ## a region is left, lost and brought back, on this machine
	@tools/install-deps build failover
	@$(MAKE) all
	@HADEPLOY=$(abspath $(PROGRAM)) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) examples/dr-lab/demo

bench:                              ## measure, beside the peers that are installed
	@tools/install-deps build bench
	@$(MAKE) all $(OUT)/tests/bench/jq_runs $(OUT)/tests/bench/mirror_commits
	@$(test_env) $(PYTHON) tests/bench/run.py $(BENCH_ARGS)

aws-types:                          ## fetch what is known about AWS types (npm, pip) and write it
	tools/aws-types/generate

include tools/bundle.mk tools/install.mk tools/soak.mk

clean:                              ## remove everything made
	rm -rf $(BUILD)

help:                               ## this list
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' Makefile tools/*.mk | expand -t 20
	@sed -n 's/^#   /    /p' Makefile
