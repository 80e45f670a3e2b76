/* test_ssh_provider.c - what the ssh provider says without any host: its schema, its
 * settings, and what it adds to a plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "providers/kit/span.h"
#include "tests/unit/provider_fixture.h"

/* Opens with these settings; fills the op. */
static int open_with(const char *config, struct hd_op *op)
{
	struct hd_session *s = NULL;
	int status;

	*op = (struct hd_op){.effect = -1};
	status = provider_ssh()->open(provider_engine(), op, span_of(config), &s);
	if (status == HD_OK)
		provider_ssh()->close(s);
	return status;
}

static int plan(const char *type, const char *desired, const char *recorded, struct hd_op *op)
{
	static const char config[] = "{\"Region\": \"east\", \"ProjectDir\": \"/nonexistent\","
				     "\"Hosts\": {\"web-e1\": {\"Address\": \"192.0.2.1\"}}}";
	struct hd_resource r = {.size = sizeof(r), .deadline_ms = 5000};
	struct hd_session *s = NULL;
	int status;

	*op = (struct hd_op){.effect = -1};
	assert_int_equal(provider_ssh()->open(provider_engine(), op, span_of(config), &s), HD_OK);
	r.type = span_of(type);
	r.desired = span_of(desired);
	r.recorded = span_of(recorded);
	status = provider_ssh()->plan(s, op, &r);
	provider_ssh()->close(s);
	return status;
}

static void the_schema_is_json_with_every_type(void **state)
{
	static const char *const types[] = {"SSH::File",    "SSH::Directory", "SSH::Command",
					    "SSH::Package", "SSH::Service",   "SSH::User"};
	const char *why = "";
	json_t *schema = json_parse(span_text(provider_ssh()->schema), NULL, &why);
	json_t *all = json_object_get(schema, "types");

	(void)state;
	assert_non_null(schema);
	assert_int_equal(json_object_size(all), ARRAY_LEN(types));
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		json_t *type = json_object_get(all, types[i]);
		json_t *properties = json_object_get(type, "properties");

		assert_non_null(json_object_get(properties, "Host"));
		assert_string_equal(json_str(type, "endpointProperty", ""), "/properties/Host");
		assert_string_equal(
			json_string_value(json_array_get(json_object_get(type, "required"), 0)),
			"Host");
	}
	json_decref(schema);
}

static void a_wrong_setting_is_refused_by_name(void **state)
{
	static const struct {
		const char *config, *summary, *hint;
	} cases[] = {
		{"{\"Usr\": \"x\"}", "unknown key 'Usr' for the ssh provider ",
		 "did you mean 'User'? "},
		{"{\"Hosts\": {\"a\": {\"Adress\": \"x\"}}}", "unknown key 'Adress' for a host ",
		 "did you mean 'Address'? "},
		{"{\"Hosts\": {\"a\": {\"Port\": 99999}}}",
		 "'Port' cannot be '99999': a port is a number from 1 to 65535 ", " "},
		{"{\"HostKeyPolicy\": \"ignore\"}",
		 "'HostKeyPolicy' cannot be 'ignore': it is 'strict' or 'accept-new' ", " "},
		{"{\"Become\": \"su\"}", "'Become' cannot be 'su': it is 'sudo' or 'no' ", " "},
		{"{\"BecomeUser\": \"a'b\"}",
		 "'BecomeUser' cannot be 'a'b': it is empty or has characters that no user name "
		 "has ",
		 " "},
		{"[]", "the settings of the ssh provider are no map ", " "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hd_op op;

		assert_int_equal(open_with(cases[i].config, &op), HD_FATAL);
		assert_string_equal(str_cstr(&op.summary), cases[i].summary);
		assert_string_equal(str_cstr(&op.hint), cases[i].hint);
		assert_string_equal(str_cstr(&op.code), "HD5018 ");
		provider_op_release(&op);
	}
}

static void settings_may_be_numbers_words_or_quoted(void **state)
{
	struct hd_op op;

	(void)state;
	assert_int_equal(open_with("{\"Port\": \"2222\", \"IdentityAgent\": true, \"Become\": "
				   "\"sudo\", \"ConnectTimeout\": \"2s\", \"Use\": \"ssh\","
				   "\"Hosts\": {\"a\": {\"Address\": \"::1\", \"Port\": 22,"
				   "\"Zone\": \"z\", \"Roles\": [\"web\"], \"Become\": false}}}",
				   &op),
			 HD_OK);
	provider_op_release(&op);
}

static void a_plan_knows_the_digest_of_content(void **state)
{
	struct hd_op op;

	(void)state;
	assert_int_equal(plan("SSH::File",
			      "{\"Host\": \"web-e1\", \"Path\": \"/x\", \"Content\": \"abc\"}",
			      "{}", &op),
			 HD_OK);
	assert_string_equal(
		str_cstr(&op.computed),
		"/ContentSha256 "
		"\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\" /Size 3 ");
	provider_op_release(&op);
}

static void a_mode_spelled_otherwise_is_the_same(void **state)
{
	static const char desired[] =
		"{\"Host\": \"web-e1\", \"Path\": \"/x\", \"Content\": \"\", \"Mode\": \"644\"}";
	struct hd_op op;

	(void)state;
	assert_int_equal(plan("SSH::File", desired, "{\"Mode\": \"0644\"}", &op), HD_OK);
	assert_string_equal(str_cstr(&op.same), "/Mode ");
	provider_op_release(&op);
	assert_int_equal(plan("SSH::File", desired, "{\"Mode\": \"0640\"}", &op), HD_OK);
	assert_string_equal(str_cstr(&op.same), "");
	provider_op_release(&op);
}

static void a_command_without_update_is_replaced(void **state)
{
	struct hd_op op;

	(void)state;
	assert_int_equal(plan("SSH::Command", "{\"Host\": \"web-e1\", \"Create\": \"b\"}",
			      "{\"Host\": \"web-e1\", \"Create\": \"a\"}", &op),
			 HD_OK);
	assert_string_equal(str_cstr(&op.replace),
			    "/Create /Triggers /Environment /WorkingDirectory ");
	provider_op_release(&op);
	assert_int_equal(plan("SSH::Command",
			      "{\"Host\": \"web-e1\", \"Create\": \"b\", \"Update\": \"c\"}",
			      "{\"Host\": \"web-e1\", \"Create\": \"a\"}", &op),
			 HD_OK);
	assert_string_equal(str_cstr(&op.replace), "");
	provider_op_release(&op);
}

static void a_plan_refuses_what_cannot_work(void **state)
{
	static const struct {
		const char *type, *desired, *code, *pointer;
	} cases[] = {
		{"SSH::File", "{\"Host\": \"web-e2\", \"Path\": \"/x\", \"Content\": \"\"}",
		 "HD5019 ", "/Host "},
		{"SSH::File", "{\"Host\": \"web-e1\", \"Path\": \"/x\", \"Source\": \"gone\"}",
		 "HD5102 ", "/Source "},
		{"SSH::File",
		 "{\"Host\": \"web-e1\", \"Path\": \"/x\", \"Source\": \"a\", \"Content\": \"\"}",
		 "HD5106 ", "/Source "},
		{"SSH::File", "{\"Host\": \"web-e1\", \"Path\": \"/x\"}", "HD5106 ", "/Content "},
		{"SSH::File", "{\"Host\": \"web-e1\", \"Path\": \"x\", \"Content\": \"\"}",
		 "HD5106 ", "/Path "},
		{"SSH::Directory", "{\"Host\": \"web-e1\", \"Path\": \"/a\\nb\"}", "HD5106 ",
		 "/Path "},
		{"SSH::Directory", "{\"Host\": \"web-e1\", \"Path\": \"/a\", \"Mode\": \"0888\"}",
		 "HD5106 ", "/Mode "},
		{"SSH::Directory", "{\"Host\": \"web-e1\", \"Path\": \"/a\", \"Owner\": \"-R\"}",
		 "HD5106 ", "/Owner "},
		{"SSH::Command",
		 "{\"Host\": \"web-e1\", \"Create\": \"x\", \"Environment\": {\"A;B\": \"\"}}",
		 "HD5106 ", "/Environment "},
		{"SSH::Package", "{\"Host\": \"web-e1\", \"Name\": \"a;b\"}", "HD5106 ", "/Name "},
		{"SSH::Service", "{\"Host\": \"web-e1\", \"Name\": \"a'b\"}", "HD5106 ", "/Name "},
		{"SSH::User", "{\"Host\": \"web-e1\", \"Name\": \"-r\"}", "HD5106 ", "/Name "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hd_op op;

		assert_int_equal(plan(cases[i].type, cases[i].desired, "{}", &op), HD_FATAL);
		assert_string_equal(str_cstr(&op.code), cases[i].code);
		assert_string_equal(str_cstr(&op.pointer), cases[i].pointer);
		assert_int_equal(op.effect, HD_EFFECT_NONE);
		provider_op_release(&op);
	}
}

static void a_token_of_another_version_is_not_guessed_at(void **state)
{
	struct hd_resource r = {.size = sizeof(r), .deadline_ms = 5000};
	struct hd_op op = {.effect = -1};
	struct hd_session *s = NULL;

	(void)state;
	assert_int_equal(provider_ssh()->open(provider_engine(), &op, span_of("{}"), &s), HD_OK);
	r.type = span_of("SSH::Command");
	assert_int_equal(provider_ssh()->poll(s, &op, &r, span_of("{\"v\": 2}")), HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5109 ");
	assert_int_equal(op.effect, HD_EFFECT_UNKNOWN);
	provider_ssh()->close(s);
	provider_op_release(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_is_json_with_every_type),
		cmocka_unit_test(a_wrong_setting_is_refused_by_name),
		cmocka_unit_test(settings_may_be_numbers_words_or_quoted),
		cmocka_unit_test(a_plan_knows_the_digest_of_content),
		cmocka_unit_test(a_mode_spelled_otherwise_is_the_same),
		cmocka_unit_test(a_command_without_update_is_replaced),
		cmocka_unit_test(a_plan_refuses_what_cannot_work),
		cmocka_unit_test(a_token_of_another_version_is_not_guessed_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
