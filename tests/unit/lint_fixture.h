/*
 * lint_fixture.h - what the tests of the linter share: a template in, what schemas and
 * references say out.
 *
 * The same type is known twice: as Test::Thing to a provider that deploys it, and as
 * AWS::Test::Thing to a catalogue (lint_fixture.c has its schema).  The catalogue knows
 * AWS::Test::Vpc and AWS::Test::Subnet too, whose Ref are ids of those.
 */
#ifndef TESTS_UNIT_LINT_FIXTURE_H
#define TESTS_UNIT_LINT_FIXTURE_H

#include "tests/unit/template_fixture.h"

/* One line per diagnostic, sorted by place: "5:3 error HD2004 summary".  Fails the test when the
 * template does not load.  Codes of rules, from 2420 on, are left out. */
const char *lint_said(struct template_fixture *f, const char *text);
/* The template that is loaded; what lint_template returns. */
int lint_loaded(struct template_fixture *f);
/* Of a template whose one resource R is a Test::Thing with these properties (flow style), in line
 * 8; parameters Text, Secret (NoEcho), Choice (Fast or Medium), List, Vpc, Subnet, conditions
 * Prod, NotProd and Other, mapping Map, further resources Net (a subnet) and Thing. */
const char *lint_properties_said(struct template_fixture *f, const char *properties);

#define assert_lint(f, text, expected) assert_string_equal(lint_said((f), (text)), (expected))
#define assert_properties(f, properties, expected) \
	assert_string_equal(lint_properties_said((f), (properties)), (expected))

#define LINT_TEST(test) cmocka_unit_test_setup_teardown(test, template_setup, template_teardown)

#endif
