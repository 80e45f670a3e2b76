/* References to secrets, and the settings that providers are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "engine/address.h"
#include "engine/manifest.h"
#include "engine/secrets.h"

struct fixture {
	struct arena *a;
	struct diags d;
	char dir[64];
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	static const char template[] = "/tmp/hadeploy-config-XXXXXX";

	memcpy(f->dir, template, sizeof(template));
	f->a = arena_new();
	assert_non_null(mkdtemp(f->dir));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(path_join(f->a, f->dir, "secret"));
	unlink(path_join(f->a, f->dir, "hadeploy.yaml"));
	unlink(path_join(f->a, f->dir, "hadeploy.yml"));
	unlink(path_join(f->a, f->dir, "web.yaml"));
	assert_int_equal(rmdir(f->dir), 0);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

static void write_file(struct fixture *f, const char *name, const char *text)
{
	assert_int_equal(file_write_atomic(path_join(f->a, f->dir, name), text_of(text)), 0);
}

/* NULL when it cannot be resolved. */
static const char *resolved(struct fixture *f, const char *text)
{
	struct placed_text placed = {text_of(text), RANGE_NONE};
	const char *out = NULL;
	int result = manifest_resolve(f->a, f->dir, placed, &out, &f->d);

	assert_int_equal(result != 0, diags_failed(&f->d));
	return result == 0 ? out : NULL;
}

static void check_refused(struct fixture *f, const char *text, enum diag_code code,
			  const char *summary)
{
	assert_null(resolved(f, text));
	assert_int_equal(f->d.error_count, 1);
	assert_int_equal(f->d.first->code, code);
	assert_string_equal(f->d.first->summary, summary);
	diags_release(&f->d);
}

static void text_without_references_stays(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(resolved(f, "plain {{text}}"), "plain {{text}}");
	assert_false(manifest_has_reference(TEXT_LIT("plain {{text}}")));
	assert_false(manifest_has_reference(TEXT_LIT("")));
}

static void the_environment_gives_values(void **state)
{
	struct fixture *f = *state;

	setenv("HA_TEST_SECRET", "s3cret", 1);
	setenv("HA_TEST_EMPTY", "", 1);
	assert_true(manifest_has_reference(TEXT_LIT("x{{resolve:env:HA_TEST_SECRET}}")));
	assert_string_equal(resolved(f, "{{resolve:env:HA_TEST_SECRET}}"), "s3cret");
	assert_string_equal(resolved(f, "a{{resolve:env:HA_TEST_SECRET}}b{{resolve:env:HA_TEST_"
					"EMPTY}}c"),
			    "as3cretbc");
	unsetenv("HA_TEST_SECRET");
	check_refused(f, "{{resolve:env:HA_TEST_SECRET}}", DIAG_RESOLVE_UNSET,
		      "environment variable 'HA_TEST_SECRET' is not set");
}

static void files_give_values_without_their_last_newline(void **state)
{
	struct fixture *f = *state;

	write_file(f, "secret", "two\nlines\n");
	assert_string_equal(resolved(f, "{{resolve:file:secret}}"), "two\nlines");
	write_file(f, "secret", "dos\r\n");
	assert_string_equal(resolved(f, "{{resolve:file:secret}}"), "dos");
	check_refused(f, "{{resolve:file:missing}}", DIAG_RESOLVE_FILE,
		      "secret file 'missing' cannot be used: No such file or directory");
	write_file(f, "secret", "\xff\xfe");
	check_refused(f, "{{resolve:file:secret}}", DIAG_RESOLVE_FILE,
		      "secret file 'secret' cannot be used: it is not UTF-8 text");
}

static void a_secret_file_has_a_limit(void **state)
{
	struct fixture *f = *state;
	struct str big = STR_INIT;

	str_repeat(&big, 'x', 70000);
	write_file(f, "secret", str_cstr(&big));
	str_release(&big);
	check_refused(f, "{{resolve:file:secret}}", DIAG_RESOLVE_FILE,
		      "secret file 'secret' cannot be used: it is larger than 64 KiB");
}

static void parameters_keep_what_only_a_provider_knows(void **state)
{
	struct fixture *f = *state;
	struct placed_text t = {TEXT_LIT("{{resolve:ssm:a}}-{{resolve:env:HADEPLOY_TEST_X}}"),
				RANGE_NONE};
	const char *out;

	setenv("HADEPLOY_TEST_X", "x", 1);
	assert_int_equal(manifest_resolve_parameter(f->a, f->dir, t, &out, &f->d), 0);
	assert_string_equal(out, "{{resolve:ssm:a}}-x");
	unsetenv("HADEPLOY_TEST_X");
}

static void other_kinds_and_bad_forms_are_refused(void **state)
{
	struct fixture *f = *state;

	check_refused(f, "{{resolve:ssm-secure:db}}", DIAG_RESOLVE_UNSUPPORTED,
		      "settings cannot come from AWS ('db')");
	check_refused(f, "{{resolve:vault:db}}", DIAG_RESOLVE_SERVICE,
		      "'vault' is no service that references are resolved by");
	check_refused(f, "{{resolve:env:}}", DIAG_RESOLVE_SYNTAX,
		      "'{{resolve:env:}}' does not say what to resolve");
	check_refused(f, "{{resolve:env}}", DIAG_RESOLVE_SYNTAX,
		      "'{{resolve:env}}' does not say what to resolve");
	check_refused(f, "{{resolve:env:1 WRONG}}", DIAG_RESOLVE_SYNTAX,
		      "'1 WRONG' cannot be the name of an environment variable");
	check_refused(f, "{{resolve:env:X", DIAG_RESOLVE_SYNTAX,
		      "'{{resolve:' has no '}}' at its end");
}

static const struct manifest *parse(struct fixture *f, const char *yaml)
{
	const struct source *src = source_from(f->a, "hadeploy.yaml", text_of(yaml), &f->d);
	const struct manifest *m = manifest_parse(f->a, src, "/srv/shop", &f->d);

	if (f->d.first)
		fail_msg("%s", f->d.first->summary);
	return m;
}

static void check_config(struct fixture *f, const struct manifest *m, const char *provider,
			 const char *account, const char *expected)
{
	struct provider_place place = {manifest_provider(m, provider), &m->regions[0], account};
	const struct secrets *secrets;
	const char *json = manifest_provider_config(f->a, m, &place, &secrets, &f->d);

	assert_non_null(json);
	assert_string_equal(json, expected);
}

static void settings_are_laid_over_each_other(void **state)
{
	struct fixture *f = *state;
	const struct manifest *m =
		parse(f, "Project: shop\n"
			 "Providers: {x: {Use: ./x.so, A: 1, Deep: {K: 1, L: [1, 2]}, Keep: yes}}\n"
			 "Accounts: {prod: {Providers: {x: {A: 3, Deep: {N: 4}}}}}\n"
			 "Regions: {east: {Providers: {x: {A: 2, Deep: {K: 5, L: [3]}}}}}\n");

	check_config(f, m, "x", ACCOUNT_NONE,
		     "{\"A\":2,\"Account\":\"-\",\"Deep\":{\"K\":5,\"L\":[3]},\"Hosts\":{},"
		     "\"Keep\":\"yes\",\"Project\":\"shop\",\"ProjectDir\":\"/srv/shop\","
		     "\"Region\":\"east\"}");
	check_config(f, m, "x", "prod",
		     "{\"A\":3,\"Account\":\"prod\",\"Deep\":{\"K\":5,\"L\":[3],\"N\":4},"
		     "\"Hosts\":{},\"Keep\":\"yes\",\"Project\":\"shop\",\"ProjectDir\":\"/srv/"
		     "shop\",\"Region\":\"east\"}");
}

static void scalars_keep_what_they_mean(void **state)
{
	struct fixture *f = *state;
	const struct manifest *m =
		parse(f, "Project: p\n"
			 "Providers: {x: {Use: ./x.so, V: [true, 'true', 5, '5', -7, 0, 0644, +1, "
			 "1.5, yes, ~, 99999999999999999999]}}\n"
			 "Regions: {e: }\n");

	check_config(
		f, m, "x", ACCOUNT_NONE,
		"{\"Account\":\"-\",\"Hosts\":{},\"Project\":\"p\",\"ProjectDir\":\"/srv/shop\","
		"\"Region\":\"e\",\"V\":[true,\"true\",5,\"5\",-7,0,\"0644\",\"+1\",\"1.5\","
		"\"yes\",null,\"99999999999999999999\"]}");
}

static void hosts_come_with_all_they_have(void **state)
{
	struct fixture *f = *state;
	const struct manifest *m =
		parse(f, "Project: p\n"
			 "Regions: {e: {Zones: [z], Hosts: {h: {Address: 10.0.0.1, Port: 2222, "
			 "Zone: z, Roles: [web], User: '{{resolve:env:HA_TEST_USER}}'}}}}\n");
	struct provider_place place;
	const struct secrets *secrets;

	setenv("HA_TEST_USER", "deploy", 1);
	check_config(f, m, "ssh", ACCOUNT_NONE,
		     "{\"Account\":\"-\",\"Hosts\":{\"h\":{\"Address\":\"10.0.0.1\",\"Port\":2222,"
		     "\"Roles\":[\"web\"],\"User\":\"deploy\",\"Zone\":\"z\"}},\"Project\":\"p\","
		     "\"ProjectDir\":\"/srv/shop\",\"Region\":\"e\"}");
	place = (struct provider_place){manifest_provider(m, "ssh"), &m->regions[0], ACCOUNT_NONE};
	assert_non_null(manifest_provider_config(f->a, m, &place, &secrets, &f->d));
	assert_int_equal(secrets->count, 1);
	assert_string_equal(secrets->values[0], "deploy");
	unsetenv("HA_TEST_USER");
	assert_null(manifest_provider_config(f->a, m, &place, &secrets, &f->d));
	assert_int_equal(f->d.first->code, DIAG_RESOLVE_UNSET);
	assert_int_equal(f->d.first->where.start.line, 2);
}

static void aws_keeps_its_own_name_of_the_region(void **state)
{
	struct fixture *f = *state;
	const struct manifest *m =
		parse(f, "Project: p\nRegions: {e: {Providers: {aws: {Region: us-west-2}}}}\n");

	check_config(
		f, m, "aws", ACCOUNT_NONE,
		"{\"Account\":\"-\",\"Hosts\":{},\"Project\":\"p\",\"ProjectDir\":\"/srv/shop\","
		"\"Region\":\"us-west-2\"}");
}

static void a_folder_without_manifest_is_named(void **state)
{
	struct fixture *f = *state;

	assert_null(manifest_load(f->a, f->dir, &f->d));
	assert_int_equal(f->d.first->code, DIAG_MANIFEST_ABSENT);
	assert_non_null(strstr(f->d.first->hint, "--project DIR"));
	diags_release(&f->d);
	write_file(f, "hadeploy.yml", "Project: p\n");
	assert_null(manifest_load(f->a, f->dir, &f->d));
	assert_string_equal(f->d.first->hint, "rename 'hadeploy.yml' to 'hadeploy.yaml'");
	diags_release(&f->d);
	assert_null(manifest_load(f->a, "/nonexistent/folder", &f->d));
	assert_int_equal(f->d.first->code, DIAG_MANIFEST_ABSENT);
}

static void a_missing_template_is_named_where_it_is_written(void **state)
{
	struct fixture *f = *state;
	const struct manifest *m;

	write_file(f, "hadeploy.yaml",
		   "Project: p\nRegions: {e: }\nStacks: {s: {Template: web.yaml, Targets: [e]}}\n");
	m = manifest_load(f->a, f->dir, &f->d);
	assert_non_null(m);
	manifest_check_templates(f->a, m, &f->d);
	assert_int_equal(f->d.error_count, 1);
	assert_int_equal(f->d.first->code, DIAG_TEMPLATE_ABSENT);
	assert_int_equal(f->d.first->where.start.line, 3);
	assert_int_equal(f->d.first->where.start.column, 24);
	assert_string_equal(f->d.first->summary, "template 'web.yaml' of stack 's' does not exist");
	diags_release(&f->d);
	write_file(f, "web.yaml", "Resources: {}\n");
	m = manifest_load(f->a, f->dir, &f->d);
	assert_non_null(m);
	manifest_check_templates(f->a, m, &f->d);
	assert_int_equal(f->d.error_count, 0);
	assert_int_equal(m->dir[0], '/');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_without_references_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_environment_gives_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_give_values_without_their_last_newline,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_secret_file_has_a_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parameters_keep_what_only_a_provider_knows, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(other_kinds_and_bad_forms_are_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(settings_are_laid_over_each_other, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(scalars_keep_what_they_mean, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hosts_come_with_all_they_have, set_up, tear_down),
		cmocka_unit_test_setup_teardown(aws_keeps_its_own_name_of_the_region, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_folder_without_manifest_is_named, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_missing_template_is_named_where_it_is_written,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
