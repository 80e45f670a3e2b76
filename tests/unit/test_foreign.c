/* test_foreign.c - templates that something else must rewrite get one refusal. */
#include "tests/unit/template_fixture.h"

#include <string.h>

/* The place, and what it is refused for; all else that is said makes the test fail. */
static const char *refused(struct template_fixture *f, const char *text)
{
	const char *said = fixture_check(f, text), *end = strchr(said, ';');

	assert_string_equal(strchr(said, '\n'), "\n");
	assert_non_null(f->tpl);
	assert_non_null(f->tpl->foreign);
	assert_null(fixture_eval(f, text));
	fixture_said(f);
	return arena_strndup(f->a, said, (size_t)(end - said));
}

static void transforms_are_refused_by_name(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"Transform: AWS::Serverless-2016-10-31\nGlobals: {}\nResources: {A: x}\n",
		 "1:12 HD1228 transform 'AWS::Serverless-2016-10-31' runs in AWS only"},
		{"Transform: [AWS::LanguageExtensions, Count]\nResources: {}\n",
		 "1:38 HD1228 transform 'Count' runs in AWS only"},
		{"Transform: {Name: Mine, Parameters: {}}\nResources: {}\n",
		 "1:19 HD1228 transform 'Mine' runs in AWS only"},
		{"Resources: {A: {Type: T, Properties: {P: !Transform {Name: Date}, Q: x}}}\n",
		 "1:60 HD1228 transform 'Date' runs in AWS only"},
		{"Resources: {A: {Type: T, 'Fn::Transform': {Name: Date}}}\n",
		 "1:50 HD1228 transform 'Date' runs in AWS only"},
		{"Resources: {A: {P: {'Fn::Transform': [{Name: Date}]}, Q: !Nothing x}}\n",
		 "1:46 HD1228 transform 'Date' runs in AWS only"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(refused(*state, rows[i].text), rows[i].said);
}

static void keys_of_other_tools_are_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"Resources: {A: {Type: !Rain::Module x.yml, Overrides: {}}}\n",
		 "1:23 HD1228 'Rain::Module' belongs to the tool Rain"},
		{"Resources: {A: {Type: T, Properties: {P: {'Rain::Embed': x}}}}\n",
		 "1:43 HD1228 'Rain::Embed' belongs to the tool Rain"},
		{"Modules: {M: {Source: x.yml}}\nResources: {A: {Type: !Rain::S3 x}}\n",
		 "1:1 HD1228 'Modules' belongs to the tool Rain"},
		{"Constants: {A: b}\nResources: {}\n",
		 "1:1 HD1228 'Constants' belongs to the tool Rain"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(refused(*state, rows[i].text), rows[i].said);
}

static void modules_of_the_registry_are_refused(void **state)
{
	assert_string_equal(
		refused(*state, "Resources: {A: {Type: 'My::S3::Bucket::MODULE', Tags: []}}\n"
				"Outputs: {O: {Value: !Ref AInside}}\n"),
		"1:23 HD1228 module 'My::S3::Bucket::MODULE' comes from a registry in AWS");
}

static void own_transforms_are_not_foreign(void **state)
{
	assert_string_equal(fixture_check(*state, "Transform: AWS::LanguageExtensions\n"
						  "Resources: {A: {Type: T}}\n"),
			    "");
	assert_string_equal(fixture_check(*state, "Transform: [{Name: AWS::LanguageExtensions}]\n"
						  "Resources: {A: {Type: T}}\n"),
			    "");
	assert_string_equal(
		fixture_check(*state, "Transform: ~\nResources: {A: {Type: T}}\n"),
		"1:12 HD1202 a transform is a name, and this is nothing; hint: remove it: "
		"AWS::LanguageExtensions need not be declared\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(transforms_are_refused_by_name),
		TEST(keys_of_other_tools_are_refused),
		TEST(modules_of_the_registry_are_refused),
		TEST(own_transforms_are_not_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
