/*
 * template_fixture.h - what the tests of templates share: text in, one line per
 * diagnostic or one formatted value out.
 *
 * cmocka's set-up and tear-down; the fixture is the test's *state.  The target is
 * region east (AWS: us-east-1) of project shop with hosts web-e1, web-e2 (role web)
 * and db-e1 (roles db, cache) in zones east-a and east-b.
 */
#ifndef TESTS_UNIT_TEMPLATE_FIXTURE_H
#define TESTS_UNIT_TEMPLATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "templates/node.h"
#include "templates/template.h"

struct template_fixture {
	struct arena *a;
	struct diags d;
	struct eval_target target;
	struct map parameters;
	const struct eval_outside *outside;
	struct map files; /* name to text: what templates may name */
	const struct template *tpl;
	const struct document *doc;
};

int template_setup(void **state);
int template_teardown(void **state);

const struct source *fixture_source(struct template_fixture *f, const char *text);
const struct node *fixture_parse(struct template_fixture *f, const char *text,
				 enum node_dialect dialect);
/* A file beside the template t.yaml. */
void fixture_file(struct template_fixture *f, const char *name, const char *text);
/* NULL when it has errors. */
const struct template *fixture_load(struct template_fixture *f, const char *text);
/* Fails the test when loading fails; the document, or NULL when it has errors. */
const struct document *fixture_eval(struct template_fixture *f, const char *text);
/* A value from the command line for the next fixture_eval. */
void fixture_parameter(struct template_fixture *f, const char *name, const char *text);

/* All diagnostics, forgotten afterwards: "5:3 HD1214 summary; detail; hint: ...\n"; places in
 * other files than t.yaml begin with their name, "net.yaml:5:3". */
const char *fixture_said(struct template_fixture *f);
/* A property of the last document's resource, formatted; fails when it is not there. */
const char *fixture_property(struct template_fixture *f, const char *id, const char *name);
/* "A.Ref C.Arn" of the last document's resource. */
const char *fixture_refs(struct template_fixture *f, const char *id);

/* The template's errors of loading and checking, as fixture_said. */
const char *fixture_check(struct template_fixture *f, const char *text);
/* The property P of a resource R, which stands at 15:10; formatted, or what was said. */
const char *fixture_expression(struct template_fixture *f, const char *value);

#endif
