/*
 * rule_fixture.h - what the tests of the linter's rules share: a template in, what the rules
 * say out.
 */
#ifndef TESTS_UNIT_RULE_FIXTURE_H
#define TESTS_UNIT_RULE_FIXTURE_H

#include "tests/unit/template_fixture.h"

/* One line per diagnostic of a rule, sorted by place: "5:3 HD2420 summary".  Fails the test
 * when the template does not load.  Codes below 2420 and above 2499 are left out. */
const char *rules_said(struct template_fixture *f, const char *text);

#define assert_rules(f, text, expected) assert_string_equal(rules_said((f), (text)), (expected))

/* The test's function, with the fixture made around it. */
#define RULE_TEST(test) cmocka_unit_test_setup_teardown(test, template_setup, template_teardown)

#endif
