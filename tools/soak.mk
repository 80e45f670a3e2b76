# What finds more the longer it runs; part of the Makefile.
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 60

.PHONY: fuzz fuzz-run soak
fuzz:                               ## fuzz each target for FUZZ_SECONDS (60)
	@tools/install-deps build fuzz
	@$(MAKE) CC=clang SANITIZE=fuzzer,address,undefined fuzz-run

fuzz-run: $(fuzz_programs)
	@$(results) fuzz $(FUZZ_SECONDS) $(OUT)/corpus $(fuzz_programs)

# Unit tests that draw lots (tests/unit/chance.h): the same seeds in every `make test`, others here.
random_units    := $(if $(units),$(shell grep -l chances_of $(units)))
random_programs := $(random_units:%.c=$(OUT)/%)

soak: $(random_programs)            ## tests that draw lots, with other seeds for SOAK_SECONDS (60)
	@$(test_env) $(results) soak $(SOAK_SECONDS) $(random_programs)
