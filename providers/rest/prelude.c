/* prelude.c - prelude.jq as the assembler puts it here. */
#include "providers/rest/program.h"

__asm__(".pushsection .rodata\n"
	".global rest_prelude\n"
	".hidden rest_prelude\n"
	".global rest_prelude_len\n"
	".hidden rest_prelude_len\n"
	"rest_prelude:\n"
	".incbin \"providers/rest/prelude.jq\"\n"
	"rest_prelude_end:\n"
	".balign 8\n"
	"rest_prelude_len:\n"
	".quad rest_prelude_end - rest_prelude\n"
	".popsection\n");
extern const char rest_prelude[];
extern const uint64_t rest_prelude_len;

struct text program_prelude(void)
{
	return (struct text){rest_prelude, (size_t)rest_prelude_len};
}
