/* test_resolve.c - dynamic references in texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "templates/resolve.h"

static void add_field(struct str *out, const char *name, struct text t)
{
	if (t.len)
		str_printf(out, " %s=%.*s", name, TEXT_ARG(t));
}

static void add_piece(struct str *out, const struct resolve_piece *p)
{
	switch (p->kind) {
	case RESOLVE_TEXT:
		str_printf(out, "[%.*s]", TEXT_ARG(p->text));
		break;
	case RESOLVE_REFERENCE:
		str_printf(out, "<%s", resolve_service_name(p->ref.service));
		add_field(out, "name", p->ref.name);
		add_field(out, "version", p->ref.version);
		add_field(out, "key", p->ref.key);
		add_field(out, "stage", p->ref.stage);
		add_field(out, "id", p->ref.version_id);
		str_add_char(out, '>');
		break;
	case RESOLVE_BAD:
		str_printf(out, "!'%.*s' %s!", TEXT_ARG(p->culprit), p->problem);
		break;
	}
}

static void assert_pieces(enum resolve_written written, const char *text, const char *expected)
{
	struct resolve_scan s = resolve_start(text_of(text), written);
	struct str out = STR_INIT, joined = STR_INIT;
	struct resolve_piece p;

	while (resolve_next(&s, &p)) {
		add_piece(&out, &p);
		str_add_text(&joined, p.text);
	}
	assert_string_equal(str_cstr(&out), expected);
	assert_string_equal(str_cstr(&joined), text); /* nothing is lost */
	str_release(&out);
	str_release(&joined);
}

static void services_have_their_fields(void **state)
{
	(void)state;
	assert_pieces(RESOLVE_WHOLE, "{{resolve:env:HOME_1}}", "<env name=HOME_1>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:file:C:/a b}}", "<file name=C:/a b>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:ssm:/a/b}}", "<ssm name=/a/b>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:ssm-secure:a.b-c_d:12}}",
		      "<ssm-secure name=a.b-c_d version=12>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:ssm:arn:aws:ssm:us-east-1:1:parameter/x:3}}",
		      "<ssm name=arn:aws:ssm:us-east-1:1:parameter/x version=3>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:secretsmanager:My/Secret}}",
		      "<secretsmanager name=My/Secret>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:secretsmanager:S:SecretString:user name}}",
		      "<secretsmanager name=S key=user name>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:secretsmanager:S::user:AWSPREVIOUS}}",
		      "<secretsmanager name=S key=user stage=AWSPREVIOUS>");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:secretsmanager:S:SecretString:::}}",
		      "<secretsmanager name=S>");
	assert_pieces(RESOLVE_WHOLE,
		      "{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:12:secret:a-B"
		      ":SecretString:k::ID}}",
		      "<secretsmanager name=arn:aws:secretsmanager:eu-west-1:12:secret:a-B key=k "
		      "id=ID>");
}

static void text_around_stays(void **state)
{
	(void)state;
	assert_pieces(RESOLVE_WHOLE, "", "");
	assert_pieces(RESOLVE_WHOLE, "{{ jinja }} {{resolve", "[{{ jinja }} {{resolve]");
	assert_pieces(RESOLVE_WHOLE, "{\"p\":\"{{resolve:env:A}}\"}",
		      "[{\"p\":\"]<env name=A>[\"}]");
	assert_pieces(RESOLVE_WHOLE, "{{{resolve:env:A}}}", "[{]<env name=A>[}]");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:env:A}}{{resolve:env:B}}-",
		      "<env name=A><env name=B>[-]");
}

static void faults_name_their_part(void **state)
{
	(void)state;
	assert_pieces(RESOLVE_WHOLE, "a{{resolve:env:A",
		      "[a]!'{{resolve:' has no '}}' at its end!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:}}",
		      "!'' is no service that references are resolved by!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:vault:x}}",
		      "!'vault' is no service that references are resolved by!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:env}}",
		      "!'{{resolve:env}}' does not say what to resolve!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:ssm::1}}",
		      "!'{{resolve:ssm::1}}' does not say what to resolve!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:ssm: a}}", "!' a' has a blank in it!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:ssm:a:latest}}",
		      "!'latest' is no version: a version is a number!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:ssm:a:b:1}}",
		      "!'a:b' cannot be the name of a parameter: it has a ':'!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:secretsmanager:S:SecretBinary:k}}",
		      "!'SecretBinary' stands where 'SecretString' is expected!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:secretsmanager:S:SecretString:k:A:B:C}}",
		      "!'secretsmanager:S:SecretString:k:A:B:C' has more fields than there are!");
	assert_pieces(RESOLVE_WHOLE, "{{resolve:secretsmanager:S:SecretString:k:A:B}}",
		      "!'secretsmanager:S:SecretString:k:A:B' has a version stage and a version "
		      "id, and takes one of them!");
	assert_pieces(
		RESOLVE_WHOLE, "{{resolve:env:{{resolve:env:A}}}}",
		"!'{{resolve:env:' has another reference begin inside of it!<env name=A>[}}]");
}

static void parts_may_be_filled_in_by_functions(void **state)
{
	(void)state;
	assert_pieces(RESOLVE_PART, "{{resolve:secretsmanager:", "[{{resolve:secretsmanager:]");
	assert_pieces(RESOLVE_PART, "{{resolve:secretsmanager:${Secret}}}",
		      "<secretsmanager name=${Secret}>");
	assert_pieces(RESOLVE_PART, "{{resolve:ssm:/${AWS::Region}/x:${Version}}}",
		      "<ssm name=/${AWS::Region}/x version=${Version}>");
	assert_pieces(RESOLVE_PART, "{{resolve:${Service}:x}}", "<env>");
	assert_pieces(RESOLVE_PART, "{{resolve:smm:${X}}}",
		      "!'smm' is no service that references are resolved by!");
}

static void passwords_take_secure_parameters(void **state)
{
	(void)state;
	assert_true(resolve_secure_allowed(text_of("AWS::RDS::DBInstance"),
					   text_of("/MasterUserPassword")));
	assert_true(resolve_secure_allowed(text_of("AWS::OpsWorks::Stack"),
					   text_of("/RdsDbInstances/0/DbPassword")));
	assert_false(resolve_secure_allowed(text_of("AWS::RDS::DBInstance"),
					    text_of("/MasterUsername")));
	assert_false(resolve_secure_allowed(text_of("AWS::RDS::DBProxy"),
					    text_of("/MasterUserPassword")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_have_their_fields),
		cmocka_unit_test(text_around_stays),
		cmocka_unit_test(faults_name_their_part),
		cmocka_unit_test(parts_may_be_filled_in_by_functions),
		cmocka_unit_test(passwords_take_secure_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
