/*
 * fake_checks.h - a provider called "probe" for tests, whose health checks answer as scripted.
 *
 * checks_reset (cloud_reset does it), then scripts, then let the engine work, then look.  What
 * no script is for is healthy.
 */
#ifndef TESTS_UNIT_FAKE_CHECKS_H
#define TESTS_UNIT_FAKE_CHECKS_H

#include <stddef.h>

#include "providers/api/provider.h"

extern const struct hd_provider fake_checks;

void checks_reset(void);
/* Answers of the check in this region, one after the other, the last one for ever: '1' healthy,
 * '0' not, 'n' not as an answer ("SaidNo": true), '-' not and without values, '!' it cannot be
 * carried out, '?' not and that says nothing ("Asked": false). */
void checks_script(const char *check, const char *region, const char *answers);
/* What it measured, a JSON object, with all answers from now on. */
void checks_values(const char *check, const char *region, const char *values);
/* How often it was made; region NULL: anywhere. */
size_t checks_made(const char *check, const char *region);
/* Called before each answer; NULL: nothing. */
void checks_set_hook(void (*hook)(const char *check, const char *region));

#endif
