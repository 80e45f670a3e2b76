/* chance.c - see chance.h. */
#include "tests/unit/chance.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Where so few are tried each takes long, and may be the one that takes all down. */
#define TOLD_MAX 100

static uint64_t trying;
static bool tries;

static uint64_t given(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void tell(void)
{
	if (tries)
		print_message("it ended with HADEPLOY_SEED=%" PRIu64 "\n", trying);
}

struct chances chances_of(size_t usual)
{
	static bool heard;
	bool one = getenv("HADEPLOY_SEED") != NULL;
	struct chances c = {given("HADEPLOY_SEED", 1), given("HADEPLOY_ROUNDS", one ? 1 : usual)};

	if (!heard)
		atexit(tell);
	heard = true;
	print_message("HADEPLOY_SEED=%" PRIu64 " HADEPLOY_ROUNDS=%zu\n", c.next, c.left);
	return c;
}

bool chances_next(struct chances *c, uint64_t *seed)
{
	tries = c->left > 0;
	if (!tries)
		return false;
	trying = *seed = c->next++;
	if (c->left-- <= TOLD_MAX)
		print_message("HADEPLOY_SEED=%" PRIu64 "\n", trying);
	return true;
}
