# What the assembler puts into the program; part of the Makefile.  Nobody else sees that an object
# depends on it.
$(OUT)/providers/aws/aws_types.o: providers/aws/aws_types.dat
$(OUT)/providers/rest/prelude.o: providers/rest/prelude.jq

# The definitions of a provider as one file, "=== NAME" before each (providers/rest/definition.h).
# Written only when something changed, a file that went away too.  Two makes may do it at once.
bundles := $(patsubst %,$(OUT)/%.bundle,$(wildcard providers/*/types))
compile += -Wa,-I$(OUT)
$(bundles): $(OUT)/%.bundle: FORCE
	@mkdir -p $(@D); new=$(abspath $@).$$$$; cd $* && find * -name '*.yaml' | LC_ALL=C sort | \
		xargs -r awk 'FNR == 1 { print "=== " FILENAME } { print }' >$$new && \
	cd $(CURDIR) && if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi
$(OUT)/providers/powerdns/powerdns.o: $(OUT)/providers/powerdns/types.bundle
$(OUT)/providers/aws/aws_provider.o: $(OUT)/providers/aws/types.bundle
