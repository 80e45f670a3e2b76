/* test_eval.c - functions and documents, for one target. */
#include "tests/unit/template_fixture.h"

#include <string.h>

#include "base/limits.h"

/* What names the fixture's target. */
#define IN_EAST "in account '123456789012', region 'east'"

/* The expression, as property P of R, formatted; or what is said about it. */
#define assert_gives(state, expression, expected) \
	assert_string_equal(fixture_expression(state, expression), expected)

static void scalars_are_typed_as_they_are_written(void **state)
{
	assert_gives(*state, "[true, 'true', 8080, '8080', 0644, yes, 2026-11-20, 5.10]",
		     "[true, \"true\", 8080, \"8080\", \"0644\", \"yes\", \"2026-11-20\", 5.10]");
}

static void ref_gives_parameters_and_pseudo_parameters(void **state)
{
	assert_gives(*state, "!Ref Env", "\"dev\"");
	assert_gives(*state, "!Ref Names", "[\"a\", \"b\", \"c\"]");
	assert_gives(*state,
		     "[!Ref AWS::Region, !Ref HA::Region, !Ref AWS::AccountId, !Ref HA::Account, "
		     "!Ref AWS::StackName, !Ref HA::Project, !Ref AWS::Partition, !Ref "
		     "AWS::URLSuffix]",
		     "[\"us-east-1\", \"east\", \"123456789012\", \"123456789012\", \"web\", "
		     "\"shop\", \"aws\", \"amazonaws.com\"]");
	assert_gives(*state, "!Ref AWS::NotificationARNs", "[]");
}

static void the_stack_id_is_the_same_every_time(void **state)
{
	const char *first = fixture_expression(*state, "!Ref AWS::StackId");

	assert_memory_equal(first, "\"arn:aws:cloudformation:us-east-1:123456789012:stack/web/",
			    sizeof("\"arn:aws:cloudformation:us-east-1:123456789012:stack/web/") -
				    1);
	assert_gives(*state, "!Ref AWS::StackId", first);
}

static void pseudo_parameters_without_a_value_are_errors(void **state)
{
	struct template_fixture *f = *state;

	f->target.account = "-";
	assert_gives(
		f, "[!Ref AWS::AccountId, !Ref HA::GitCommit]",
		"15:11 HD1309 'AWS::AccountId' has no value for this target; in region "
		"'east'; hint: give the target an account in the manifest\n"
		"15:32 HD2821 'HA::GitCommit' has no value: there is no project; hint: deploy from "
		"a git repository with a commit, or declare a parameter with a Default\n");
}

static void resources_that_do_not_exist_yet_are_unknown(void **state)
{
	struct template_fixture *f = *state;
	const struct value *v;

	assert_gives(f, "{a: !Ref Other, b: !Sub 'x-${Other.Arn}'}",
		     "{a: (known after apply), b: (known after apply)}");
	assert_string_equal(fixture_refs(f, "R"), "Other.Ref Other.Arn");
	v = value_find(value_find(document_find(f->doc, "R")->properties, TEXT_LIT("P")),
		       TEXT_LIT("b"));
	assert_string_equal(v->refs->logical_id, "Other");
	assert_string_equal(v->refs->attribute, "Arn");
	assert_null(v->refs->next);
}

static void unknown_parts_make_every_function_unknown(void **state)
{
	assert_gives(*state, "!Join ['-', [a, !Ref Other]]", "(known after apply)");
	assert_gives(*state, "!Split [',', !Ref Other]", "(known after apply)");
	assert_gives(*state, "!Select [0, !Split [',', !Ref Other]]", "(known after apply)");
	assert_gives(*state, "!Base64 {Ref: Other}", "(known after apply)");
	assert_gives(*state, "{'Fn::ToJsonString': [!Ref Other]}", "(known after apply)");
	assert_gives(*state, "{'Fn::Length': !Split [',', !Ref Other]}", "(known after apply)");
	assert_gives(*state, "{'Fn::Length': [!Ref Other, x]}", "2");
	assert_gives(*state, "!Select [1, [!Ref Other, x]]", "\"x\"");
}

static void sensitive_parts_make_every_function_sensitive(void **state)
{
	assert_gives(*state, "!Ref Secret", "(sensitive)");
	assert_gives(*state, "!Sub 'pw=${Secret}'", "(sensitive)");
	assert_gives(*state, "!Join ['-', [a, !Ref Secret]]", "(sensitive)");
	assert_gives(*state, "!Split [',', !Ref Secret]", "(sensitive)");
	assert_gives(*state, "!Select [0, [!Ref Secret, b]]", "(sensitive)");
	assert_gives(*state, "!Base64 {Ref: Secret}", "(sensitive)");
	assert_gives(*state, "{'Fn::ToJsonString': {a: !Ref Secret}}", "(sensitive)");
	assert_gives(*state, "!Join ['-', [!Ref Other, !Ref Secret]]", "(sensitive)");
	assert_gives(*state, "[!Ref Secret, plain]", "[(sensitive), \"plain\"]");
}

static void sub_puts_values_into_text(void **state)
{
	assert_gives(*state, "!Sub '${Env}-${ AWS::Region }-${!Env}-$x'",
		     "\"dev-us-east-1-${Env}-$x\"");
	assert_gives(*state, "!Sub ['${a}/${Env}', {a: !Select [1, !Ref Names]}]", "\"b/dev\"");
	assert_gives(*state, "!Sub ['${N}', {N: 5}]", "\"5\"");
}

static void sub_tells_the_place_inside_of_its_text(void **state)
{
	assert_gives(*state, "!Sub 'a ${Env} ${Evn}'",
		     "15:25 HD1214 'Evn' names no parameter and no resource; hint: did you mean "
		     "'Env'?\n");
	assert_gives(*state, "!Sub 'a ${Names}'",
		     "15:18 HD1307 'Names' is a list, and only a string can be put into a text; "
		     "hint: join it: !Sub ['...${Names}...', {Names: !Join [',', ...]}]\n");
	assert_gives(*state, "!Sub 'é ${b c}'",
		     "15:18 HD1220 a name in ${...} consists of letters, digits, '.', ':' and '_'; "
		     "hint: write '${!...}' to keep '${...}' literally, as shell scripts need\n");
	assert_gives(*state, "!Sub 'x ${'",
		     "15:18 HD1220 '${' is never closed; hint: close it with '}', or write '${!' "
		     "for a literal '${'\n");
}

static void join_select_and_split_work_on_lists(void **state)
{
	assert_gives(*state, "!Join ['', [a, 1, true]]", "\"a1true\"");
	assert_gives(*state, "!Join ['-', !Ref Names]", "\"a-b-c\"");
	assert_gives(*state, "!Join ['-', []]", "\"\"");
	assert_gives(*state, "!Select ['2', !Ref Names]", "\"c\"");
	assert_gives(*state, "!Split ['--', 'a--b----c']", "[\"a\", \"b\", \"\", \"c\"]");
	assert_gives(*state, "!Split [',', '']", "[\"\"]");
	assert_gives(*state, "!Join ['-', [!If [No, a, !Ref AWS::NoValue], b]]", "\"b\"");
}

/* One text can hold any number of faults; no more are told than of a file. */
static void faults_of_one_text_are_bounded(void **state)
{
	struct str text = STR_INIT;
	size_t lines = 0;

	str_add(&text, "!Sub '");
	for (int i = 0; i < 3 * LIMIT_DIAGS; i++)
		str_add(&text, "${Nobody}");
	str_add_char(&text, '\'');
	for (const char *at = fixture_expression(*state, str_cstr(&text)); *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, LIMIT_DIAGS);
	str_release(&text);
}

static void wrong_operands_are_told(void **state)
{
	assert_gives(*state, "!Join ['-', x]",
		     "15:22 HD1307 the values of 'Fn::Join' must be a list, and this is a string; "
		     "hint: write !Join [delimiter, [value, value]]\n");
	assert_gives(*state, "!Join ['-', [[a]]]",
		     "15:23 HD1307 'Fn::Join' joins strings, and this is a list; hint: its list "
		     "holds strings only; nested lists are joined first\n");
	assert_gives(*state, "!Select [3, !Ref Names]",
		     "15:19 HD1306 there is no item '3' in a list of 3; " IN_EAST
		     "; hint: indices run from 0 "
		     "to 2\n");
	assert_gives(*state, "!Select [-1, []]",
		     "15:19 HD1306 there is no item '-1' in a list of 0; " IN_EAST
		     "; hint: the list is empty "
		     "for this target\n");
	assert_gives(*state, "!Split ['', a]",
		     "15:18 HD1307 the delimiter of 'Fn::Split' is empty; hint: write !Split "
		     "[delimiter, text]\n");
	assert_gives(*state, "!Join [!Ref AWS::NoValue, [a]]",
		     "15:17 HD1315 'Fn::Join' cannot work on AWS::NoValue; hint: write !Join "
		     "[delimiter, [value, value]]\n");
	assert_gives(*state, "!Join [a]",
		     "15:16 HD1211 'Fn::Join' takes a list of 2, and this one has 1; hint: write "
		     "!Join [delimiter, [value, value]]\n");
}

static void small_functions_work(void **state)
{
	assert_gives(*state,
		     "['Fn::Base64': '', 'Fn::Base64': h, 'Fn::Base64': he, "
		     "'Fn::Base64': hello]",
		     "[\"\", \"aA==\", \"aGU=\", \"aGVsbG8=\"]");
	assert_gives(*state, "{'Fn::Length': !Ref Names}", "3");
	assert_gives(*state, "{'Fn::ToJsonString': {b: [1, true], a: 'x\"'}}",
		     "\"{\\\"b\\\":[1,true],\\\"a\\\":\\\"x\\\\\\\"\\\"}\"");
}

static void only_the_taken_branch_is_evaluated(void **state)
{
	struct template_fixture *f = *state;

	assert_gives(f, "!If [Yes, !Ref Env, !Ref Nowhere]", "\"dev\"");
	assert_gives(f, "!If [No, !Ref Other, none]", "\"none\"");
	assert_string_equal(fixture_refs(f, "R"), "");
	assert_gives(f, "{a: !If [No, x, !Ref AWS::NoValue], b: 1}", "{b: 1}");
	assert_gives(f, "!If [Condition: Yes, 1, 2]", "1");
}

static void no_value_takes_items_and_properties_away(void **state)
{
	assert_gives(*state, "{a: !Ref AWS::NoValue, b: [x, !Ref AWS::NoValue, y]}",
		     "{b: [\"x\", \"y\"]}");
}

static void mappings_are_looked_up(void **state)
{
	assert_gives(*state, "!FindInMap [M, !Ref Env, Size]", "1");
	assert_gives(*state, "!FindInMap [M, dev, List]", "[\"x\", \"y\"]");
	assert_gives(*state, "!FindInMap [M, prod, Size, {DefaultValue: !Ref Env}]", "\"dev\"");
	assert_gives(*state, "!FindInMap [X, a, b, {DefaultValue: 7}]", "7");
	assert_gives(*state, "!FindInMap [M, dve, Size]",
		     "15:25 HD1305 mapping 'M' has no key 'dve'; " IN_EAST "; hint: did you mean "
		     "'dev'? If not, add the key, or give {DefaultValue: ...} as fourth item; 5:12 "
		     "the mapping\n");
	assert_gives(*state, "!FindInMap [M, dev, Colour]",
		     "15:30 HD1305 'dev' in mapping 'M' has no key 'Colour'; " IN_EAST
		     "; hint: add "
		     "the key, or give {DefaultValue: ...} as fourth item; 5:12 the mapping\n");
	assert_gives(*state, "!FindInMap [Mm, a, b]",
		     "15:22 HD1219 there is no mapping 'Mm'; hint: did you mean 'M'?\n");
	assert_gives(*state, "!FindInMap [M, !Ref Other, Size]", "(known after apply)");
}

static void zones_come_from_the_manifest(void **state)
{
	assert_gives(*state, "!GetAZs ''", "[\"east-a\", \"east-b\"]");
	assert_gives(*state, "{'Fn::GetAZs': !Ref AWS::Region}", "[\"east-a\", \"east-b\"]");
	assert_gives(*state, "!GetAZs east", "[\"east-a\", \"east-b\"]");
	assert_gives(*state, "!GetAZs west", "[\"west-a\"]");
	assert_gives(*state, "!GetAZs north",
		     "15:18 HD1310 the zones of region 'north' are not known; hint: list them "
		     "under its Zones in the manifest, or use !GetAZs '' for the region of the "
		     "target\n");
}

static void hosts_come_in_manifest_order(void **state)
{
	assert_gives(*state, "!Hosts {}", "[\"web-e1\", \"web-e2\", \"db-e1\"]");
	assert_gives(*state, "!Hosts {Roles: web}", "[\"web-e1\", \"web-e2\"]");
	assert_gives(*state, "!Hosts {Roles: [cache, web], Zone: east-a}",
		     "[\"web-e1\", \"db-e1\"]");
	assert_gives(*state, "!Hosts {Zone: !Select [1, !GetAZs '']}", "[\"web-e2\"]");
	assert_gives(*state, "!Hosts {Role: web}",
		     "15:18 HD1211 'Fn::Hosts' takes Roles and Zone, and not 'Role'; hint: did you "
		     "mean 'Roles'? If not, write !Hosts {Roles: [web], Zone: east-a}\n");
}

static void a_role_that_no_host_has_is_warned_of(void **state)
{
	struct template_fixture *f = *state;

	assert_gives(f, "!Hosts {Roles: wbe}", "[]");
	assert_string_equal(
		fixture_said(f),
		"15:10 HD1314 no host of region 'east' fits; nothing is made here; hint: did "
		"you mean 'web'? If not, check Roles and Zone against the manifest\n");
}

static void only_a_word_that_no_host_has_is_called_misspelt(void **state)
{
	struct template_fixture *f = *state;
	static const char start[] = "15:10 HD1314 no host of region 'east' fits; nothing is made "
				    "here; hint: ";
	static const char check[] = "check Roles and Zone against the manifest\n";
	struct str expected = STR_INIT;

	str_printf(&expected, "%s%s", start, check);
	assert_gives(f, "!Hosts {Roles: db, Zone: east-b}", "[]");
	assert_string_equal(fixture_said(f), str_cstr(&expected));
	str_truncate(&expected, 0);
	str_printf(&expected, "%sdid you mean 'east-a'? If not, %s", start, check);
	assert_gives(f, "!Hosts {Roles: [web, db], Zone: esat-a}", "[]");
	assert_string_equal(fixture_said(f), str_cstr(&expected));
	str_release(&expected);
}

static void references_to_what_a_condition_leaves_out_are_errors(void **state)
{
	assert_gives(*state, "!Sub 'x${Gone.Arn}'",
		     "15:17 HD1304 resource 'Gone' does not exist for this target; its condition "
		     "'No' is false " IN_EAST
		     "; hint: wrap the reference: !If [No, <the reference>, !Ref "
		     "AWS::NoValue]; 11:3 the resource\n");
}

static void wrong_names_are_met_with_near_ones(void **state)
{
	assert_gives(
		*state, "[!Ref Othr, !GetAtt Othr.Arn, !GetAtt Env.Arn, !If [Yess, 1, 2]]",
		"15:16 HD1214 'Othr' names no parameter and no resource; hint: did you mean "
		"'Other'?\n"
		"15:30 HD1215 'Othr' names no resource; hint: did you mean 'Other'?\n"
		"15:48 HD1215 'Env' names no resource; hint: it is a parameter, and parameters "
		"have no attributes: use !Ref Env\n"
		"15:62 HD1216 there is no condition 'Yess'; hint: did you mean 'Yes'?\n");
}

static void what_cannot_be_deployed_is_refused(void **state)
{
	assert_gives(*state, "[!Nope x, ~, {'Fn::Sub': x, b: 1}]",
		     "15:11 HD1210 there is no function 'Fn::Nope'; hint: did you mean 'Fn::Not'?\n"
		     "15:20 HD1224 there is no value here; hint: remove the key, write '' for an "
		     "empty string, or use !Ref AWS::NoValue\n"
		     "15:24 HD1223 function 'Fn::Sub' stands beside other keys in its map; hint: a "
		     "function is the only key of its map; check the indentation\n");
}

static void texts_that_double_each_other_are_stopped(void **state)
{
	struct template_fixture *f = *state;
	const char *text = "x";

	for (int i = 0; i < 30; i++)
		text = arena_printf(f->a, "{'Fn::Sub': ['${a}${a}${a}${a}', {a: %s}]}", text);
	assert_non_null(strstr(fixture_expression(f, text), "HD1313 the values of this template "
							    "grow beyond"));
}

/* Conditions */

static void conditions_combine(void **state)
{
	struct template_fixture *f = *state;

	fixture_eval(f,
		     "Parameters: {E: {Type: String, Default: a}}\n"
		     "Conditions:\n"
		     "  A: !Equals [!Ref E, a]\n"
		     "  B: {Condition: A}\n"
		     "  C: !And [!Condition A, {Condition: B}, !Or [!Condition D, !Condition A]]\n"
		     "  D: !Not [!Condition A]\n"
		     "  E: !Equals [!Select [1, [1, 2]], '2']\n"
		     "Resources:\n"
		     "  RA: {Type: T, Condition: A}\n"
		     "  RC: {Type: T, Condition: C, DependsOn: [RA, RD]}\n"
		     "  RD: {Type: T, Condition: D}\n"
		     "  RE: {Type: T, Condition: E}\n"
		     "Outputs:\n"
		     "  X: {Value: 1, Condition: D}\n"
		     "  Y: {Value: 2, Condition: A, Description: why, Export: {Name: !Ref E}}\n");
	assert_non_null(f->doc);
	assert_int_equal(f->doc->resource_count, 3);
	assert_string_equal(f->doc->resources[2].logical_id, "RE");
	assert_null(document_find(f->doc, "RD"));
	assert_string_equal(fixture_refs(f, "RC"), "RA.Ref");
	assert_int_equal(f->doc->output_count, 1);
	assert_string_equal(f->doc->outputs[0].name, "Y");
	assert_string_equal(f->doc->outputs[0].description, "why");
	assert_string_equal(f->doc->outputs[0].export_name, "a");
}

static void circles_of_conditions_are_named_whole(void **state)
{
	struct template_fixture *f = *state;

	assert_null(fixture_eval(f, "Conditions:\n"
				    "  A: !Condition B\n"
				    "  B: !Not [!Condition C]\n"
				    "  C: !And [!Condition B, !Condition A]\n"
				    "Resources: {R: {Type: T}}\n"));
	assert_string_equal(fixture_said(f),
			    "4:23 HD1217 conditions depend on each other in a circle: B -> C -> B; "
			    "hint: let one of them compare parameters instead; 3:3 the circle "
			    "begins here\n"
			    "4:37 HD1217 conditions depend on each other in a circle: A -> B -> C "
			    "-> A; hint: let one of them compare parameters instead; 2:3 the "
			    "circle begins here\n");
}

static void long_chains_of_conditions_do_not_break_the_stack(void **state)
{
	struct template_fixture *f = *state;
	struct str text = STR_INIT;

	str_add(&text, "Conditions:\n");
	for (int i = 0; i < 5000; i++)
		str_printf(&text, "  C%d: !Not [!Condition C%d]\n", i, i + 1);
	str_add(&text, "  C5000: !Equals [a, b]\nResources: {R: {Type: T}}\n");
	assert_null(fixture_eval(f, str_cstr(&text)));
	assert_non_null(strstr(fixture_said(f), "HD1316"));
	str_release(&text);
}

/* Documents */

static void policies_are_read(void **state)
{
	struct template_fixture *f = *state;

	fixture_eval(f, "Parameters: {P: {Type: String, Default: Retain}}\n"
			"Resources:\n"
			"  A: {Type: T, DeletionPolicy: !Ref P, UpdateReplacePolicy: Snapshot}\n"
			"  B: {Type: T, DeletionPolicy: RetainExceptOnCreate}\n"
			"  C: {Type: T}\n");
	assert_non_null(f->doc);
	assert_int_equal(f->doc->resources[0].deletion_policy, DELETION_RETAIN);
	assert_int_equal(f->doc->resources[0].update_replace_policy, DELETION_SNAPSHOT);
	assert_int_equal(f->doc->resources[1].deletion_policy, DELETION_RETAIN_EXCEPT_ON_CREATE);
	assert_int_equal(f->doc->resources[2].deletion_policy, DELETION_DEFAULT);
	assert_null(fixture_eval(f, "Resources:\n"
				    "  A: {Type: T, DeletionPolicy: Retian}\n"
				    "  B: {Type: T, UpdateReplacePolicy: RetainExceptOnCreate}\n"));
	assert_string_equal(
		fixture_said(f),
		"2:32 HD1227 there is no policy 'Retian'; hint: did you mean 'Retain'? If not, use "
		"Delete, Retain, RetainExceptOnCreate or Snapshot\n"
		"3:37 HD1227 there is no policy 'RetainExceptOnCreate'; hint: use "
		"Delete, Retain or Snapshot\n");
}

struct known_attributes {
	const char *text;
};

static const struct value *known(void *context, struct arena *a, const char *logical_id,
				 const char *attribute)
{
	const struct known_attributes *k = context;

	if (!attribute || strcmp(logical_id, "A") != 0)
		return NULL;
	return value_string(a, text_of(arena_printf(a, "%s-%s", k->text, attribute)), NULL);
}

static void one_resource_is_evaluated_again_with_more_knowledge(void **state)
{
	struct template_fixture *f = *state;
	struct known_attributes k = {"now"};
	const struct eval_lookup lookup = {known, &k};
	const struct value *v;
	struct text t;

	fixture_eval(f, "Resources:\n"
			"  A: {Type: T}\n"
			"  B: {Type: T, Properties: {P: !Sub '${A.Arn}!'}}\n"
			"Outputs: {O: {Value: !GetAtt [A, X.Y]}}\n");
	assert_string_equal(fixture_property(f, "B", "P"), "(known after apply)");
	v = document_eval_resource(f->doc, 1, &lookup, f->a, &f->d);
	assert_true(value_scalar_text(value_find(v, TEXT_LIT("P")), &t));
	assert_string_equal(t.ptr, "now-Arn!");
	v = document_eval_output(f->doc, 0, &lookup, f->a, &f->d);
	assert_true(value_scalar_text(v, &t));
	assert_string_equal(t.ptr, "now-X.Y");
	assert_int_equal(value_where(v).start.column, 22);
}

static void values_know_where_they_were_written(void **state)
{
	struct template_fixture *f = *state;
	const struct value *p;
	bool exact;

	fixture_expression(f, "{a: [!Ref Env, x]}");
	p = document_find(f->doc, "R")->properties;
	assert_int_equal(value_where(value_at(p, TEXT_LIT("/P/a/0"), &exact)).start.column, 15);
	assert_int_equal(value_where(value_at(p, TEXT_LIT("/P/a/1"), &exact)).start.column, 25);
}

static void recorded_parameters_hold_no_secrets(void **state)
{
	struct template_fixture *f = *state;
	json_t *j;

	fixture_expression(f, "x");
	j = document_parameters_json(f->doc);
	assert_string_equal(json_text(f->a, j), "{\"Env\":\"dev\",\"Names\":[\"a\",\"b\",\"c\"],"
						"\"Secret\":\"(sensitive)\"}");
	json_decref(j);
}

static void properties_may_be_left_away(void **state)
{
	struct template_fixture *f = *state;

	fixture_eval(f, "Resources:\n"
			"  A: {Type: T}\n"
			"  B:\n"
			"    Type: T\n"
			"    Properties:\n"
			"  C: {Type: T, Properties: !Ref AWS::NoValue}\n");
	assert_non_null(f->doc);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(f->doc->resources[i].properties->kind, VALUE_MAP);
		assert_int_equal(f->doc->resources[i].properties->count, 0);
	}
	assert_null(fixture_eval(f, "Resources: {A: {Type: T, Properties: !Sub x}}\n"));
	assert_string_equal(fixture_said(f),
			    "1:38 HD1202 Properties is a map, and this is a string\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(scalars_are_typed_as_they_are_written),
		TEST(ref_gives_parameters_and_pseudo_parameters),
		TEST(the_stack_id_is_the_same_every_time),
		TEST(pseudo_parameters_without_a_value_are_errors),
		TEST(resources_that_do_not_exist_yet_are_unknown),
		TEST(unknown_parts_make_every_function_unknown),
		TEST(sensitive_parts_make_every_function_sensitive),
		TEST(sub_puts_values_into_text),
		TEST(sub_tells_the_place_inside_of_its_text),
		TEST(join_select_and_split_work_on_lists),
		TEST(faults_of_one_text_are_bounded),
		TEST(wrong_operands_are_told),
		TEST(small_functions_work),
		TEST(only_the_taken_branch_is_evaluated),
		TEST(no_value_takes_items_and_properties_away),
		TEST(mappings_are_looked_up),
		TEST(zones_come_from_the_manifest),
		TEST(hosts_come_in_manifest_order),
		TEST(a_role_that_no_host_has_is_warned_of),
		TEST(only_a_word_that_no_host_has_is_called_misspelt),
		TEST(references_to_what_a_condition_leaves_out_are_errors),
		TEST(wrong_names_are_met_with_near_ones),
		TEST(what_cannot_be_deployed_is_refused),
		TEST(texts_that_double_each_other_are_stopped),
		TEST(conditions_combine),
		TEST(circles_of_conditions_are_named_whole),
		TEST(long_chains_of_conditions_do_not_break_the_stack),
		TEST(policies_are_read),
		TEST(one_resource_is_evaluated_again_with_more_knowledge),
		TEST(values_know_where_they_were_written),
		TEST(recorded_parameters_hold_no_secrets),
		TEST(properties_may_be_left_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
