# Unit tests that draw lots (tests/unit/chance.h): the same seeds in every `make test`, others here.

SOAK_SECONDS ?= 60
random_units    := $(if $(units),$(shell grep -l chances_of $(units)))
random_programs := $(random_units:%.c=$(OUT)/%)

.PHONY: soak
soak: $(random_programs)            ## tests that draw lots, with other seeds for SOAK_SECONDS (60)
	@$(test_env) $(results) soak $(SOAK_SECONDS) $(random_programs)
