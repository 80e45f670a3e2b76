# What the assembler puts into the program; part of the Makefile.  Nobody else sees that an object
# depends on it.
$(OUT)/providers/aws/aws_types.o: providers/aws/aws_types.dat
$(OUT)/providers/rest/prelude.o: providers/rest/prelude.jq
