/* Which provider serves a type, and which tables are accepted. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "engine/plugin.h"
#include "engine/registry.h"

static int open_session(const struct hd_host *host, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	(void)host;
	(void)op;
	(void)config;
	*out = NULL;
	return HD_OK;
}

static void close_session(struct hd_session *s)
{
	(void)s;
}

static int call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	(void)s;
	(void)op;
	(void)r;
	return HD_OK;
}

static int poll_call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		     struct hd_span token)
{
	(void)token;
	return call(s, op, r);
}

#define TABLE(name_, schema_)                                                                     \
	{                                                                                         \
		.abi = HD_ABI, .size = sizeof(struct hd_provider), .name = (name_),               \
		.version = "1", .schema = {(schema_), sizeof(schema_) - 1}, .open = open_session, \
		.close = close_session, .read = call, .create = call, .update = call,             \
		.remove = call, .poll = poll_call                                                 \
	}

static const struct hd_provider ssh =
	TABLE("ssh", "{\"types\": {\"SSH::File\": {}, \"SSH::User\": {}}}");
static const struct hd_provider sim = TABLE("sim", "{\"types\": {\"SSH::File\": {}}}");
static const struct hd_provider broken = TABLE("ssh", "{\"types\": 5}");
static const struct hd_provider *const builtins[] = {&ssh, NULL};

static int knows_queue(struct hd_span type, void *context,
		       void (*take)(void *context, struct hd_span schema))
{
	static const char schema[] = "{\"properties\": {\"Name\": {\"type\": \"string\"}}}";

	if (!text_is((struct text){type.ptr, type.len}, "AWS::SQS::Queue"))
		return 0;
	take(context, (struct hd_span){schema, sizeof(schema) - 1});
	return 1;
}

static void one_name(void *context, void (*take)(void *context, struct hd_span name))
{
	take(context, (struct hd_span){"AWS::SQS::Queue", 15});
}

static const struct hd_provider aws = {.abi = HD_ABI,
				       .size = sizeof(struct hd_provider),
				       .name = "aws",
				       .version = "1",
				       .type_names = one_name,
				       .type_schema = knows_queue};

/* Takes any type. */
static struct hd_provider cloud(void)
{
	struct hd_provider table = TABLE("sim", "{\"types\": {\"Sim::Node\": {}}}");

	table.any_type = 1;
	return table;
}

struct fixture {
	struct arena *a;
	struct diags d;
	struct registry *r;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->a = arena_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	registry_close(f->r);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

/* The registry of a manifest with these provider entries. */
static void open_with(struct fixture *f, const char *providers,
		      const struct hd_provider *const *tables)
{
	const char *yaml = arena_printf(f->a, "Project: p\nProviders: {%s}\n", providers);
	const struct source *src = source_from(f->a, "hadeploy.yaml", text_of(yaml), &f->d);
	const struct manifest *m = manifest_parse(f->a, src, "/srv/shop", &f->d);

	if (f->d.first)
		fail_msg("%s", f->d.first->summary);
	assert_non_null(m);
	f->r = registry_open(m, tables, &f->d);
}

static const char *server_of(struct fixture *f, const char *type)
{
	const struct provider_entry *entry;
	const struct schema *schema;

	if (!registry_find(f->r, type, &entry, &schema))
		return NULL;
	assert_string_equal(schema_type(schema), type);
	return entry->name;
}

static void built_in_types_need_no_entry(void **state)
{
	struct fixture *f = *state;
	size_t count;

	open_with(f, "", builtins);
	assert_string_equal(server_of(f, "SSH::File"), "ssh");
	assert_null(server_of(f, "SSH::Fil"));
	assert_non_null(registry_entry(f->r, "ssh")->entry);
	assert_null(registry_entry(f->r, "aws"));
	assert_string_equal(registry_types(f->r, &count)[0], "SSH::File");
	assert_int_equal(count, 2);
}

static void the_longest_pattern_wins(void **state)
{
	struct fixture *f = *state;

	open_with(f, "a: {Use: ssh, Types: ['SSH::*']}, b: {Use: ssh, Types: ['SSH::F*', 'X']}",
		  builtins);
	assert_string_equal(server_of(f, "SSH::File"), "b");
	assert_string_equal(server_of(f, "SSH::User"), "a");
}

static void an_entry_of_the_manifest_comes_before_a_predefined_one(void **state)
{
	struct fixture *f = *state;

	open_with(f, "mine: {Use: ssh}", builtins);
	assert_string_equal(server_of(f, "SSH::User"), "mine");
}

static void patterns_leave_types_out(void **state)
{
	struct fixture *f = *state;

	open_with(f, "ssh: {Types: ['SSH::User']}", builtins);
	assert_string_equal(server_of(f, "SSH::User"), "ssh");
	assert_null(server_of(f, "SSH::File"));
}

static void two_that_fit_equally_well_are_an_error(void **state)
{
	static const struct hd_provider *const both[] = {&ssh, &sim, NULL};
	struct fixture *f = *state;

	open_with(f, "ssh: {}, sim: {}", both);
	assert_null(f->r);
	assert_int_equal(f->d.error_count, 1);
	assert_int_equal(f->d.first->code, DIAG_TYPE_AMBIGUOUS);
	assert_string_equal(f->d.first->summary,
			    "providers 'ssh' and 'sim' both serve 'SSH::File'");
}

static void take_text(void *context, struct hd_span schema)
{
	str_add_len(context, schema.ptr, schema.len);
}

static void claimed_types_come_with_the_schema_of_others(void **state)
{
	const struct hd_provider sim_any = cloud();
	const struct hd_provider *const tables[] = {&ssh, &aws, &sim_any, NULL};
	const struct provider_entry *entry;
	struct fixture *f = *state;
	struct str text = STR_INIT;

	open_with(f, "sim: {Types: ['AWS::*', 'SSH::File']}", tables);
	assert_string_equal(server_of(f, "AWS::SQS::Queue"), "sim");
	assert_string_equal(server_of(f, "SSH::File"), "sim");
	assert_string_equal(server_of(f, "SSH::User"), "ssh");
	assert_null(server_of(f, "AWS::SQS::Topic"));
	assert_null(server_of(f, "Sim::Node")); /* its Types do not have it */
	entry = registry_entry(f->r, "sim");
	assert_false(registry_is_catalogue(entry));
	assert_non_null(registry_schema(f->r, entry, "AWS::SQS::Queue"));
	assert_non_null(registry_schema(f->r, entry, "SSH::File"));
	assert_int_equal(registry_tell_schema(f->r, TEXT_LIT("AWS::SQS::Queue"), &text, take_text),
			 1);
	assert_int_equal(registry_tell_schema(f->r, TEXT_LIT("SSH::None"), &text, take_text), 0);
	assert_true(text_starts(str_text(&text), "{\"properties\""));
	assert_non_null(registry_schema_text(f->r, f->a, "SSH::File"));
	str_release(&text);
}

static void who_takes_any_type_claims_none_without_types(void **state)
{
	const struct hd_provider sim_any = cloud();
	const struct hd_provider *const tables[] = {&ssh, &aws, &sim_any, NULL};
	struct fixture *f = *state;

	open_with(f, "sim: {}", tables);
	assert_string_equal(server_of(f, "SSH::File"), "ssh");
	assert_string_equal(server_of(f, "Sim::Node"), "sim");
	assert_string_equal(server_of(f, "AWS::SQS::Queue"), "aws");
	assert_true(registry_is_catalogue(registry_entry(f->r, "aws")));
}

static void two_clouds_that_claim_the_same_are_an_error(void **state)
{
	const struct hd_provider sim_any = cloud();
	const struct hd_provider *const tables[] = {&aws, &sim_any, NULL};
	struct fixture *f = *state;

	open_with(f, "sim: {Types: ['AWS::*']}, other: {Use: sim, Types: ['AWS::*']}", tables);
	assert_null(f->r);
	assert_int_equal(f->d.first->code, DIAG_TYPE_AMBIGUOUS);
}

static void in_a_rehearsal_one_answers_for_all(void **state)
{
	const struct hd_provider sim_any = cloud();
	const struct hd_provider *const tables[] = {&ssh, &aws, &sim_any, NULL};
	struct fixture *f = *state;
	const char *yaml = "Project: p\n";
	const struct source *src = source_from(f->a, "hadeploy.yaml", text_of(yaml), &f->d);
	const struct manifest *m = manifest_parse(f->a, src, "/srv/shop", &f->d);

	f->r = registry_open_simulated(m, tables, "sim", &f->d);
	assert_string_equal(server_of(f, "SSH::File"), "ssh");
	assert_ptr_equal(registry_entry(f->r, "ssh")->table, &sim_any);
	assert_ptr_equal(registry_entry(f->r, "ssh")->known, &ssh);
	assert_string_equal(server_of(f, "AWS::SQS::Queue"), "aws");
	assert_false(registry_is_catalogue(registry_entry(f->r, "aws")));
}

static void absent_providers_matter_only_to_their_types(void **state)
{
	struct fixture *f = *state;

	open_with(f, "aws: {Region: x}, mine: {Use: rest, Types: ['My::*', 'AWS::My::*']}",
		  builtins);
	assert_non_null(f->r);
	assert_null(f->d.first);
	assert_string_equal(registry_absent_provider(f->r, "AWS::S3::Bucket"), "aws");
	assert_string_equal(registry_absent_provider(f->r, "AWS::My::Thing"), "mine");
	assert_string_equal(registry_absent_provider(f->r, "My::Thing"), "mine");
	assert_null(registry_absent_provider(f->r, "SSH::File"));
	assert_null(registry_absent_provider(f->r, "Other::Thing"));
}

static void a_broken_schema_is_an_error(void **state)
{
	static const struct hd_provider *const tables[] = {&broken, NULL};
	struct fixture *f = *state;

	open_with(f, "", tables);
	assert_null(f->r);
	assert_int_equal(f->d.first->code, DIAG_SCHEMA_INVALID);
}

static void a_plugin_that_is_not_there_is_named(void **state)
{
	struct fixture *f = *state;

	open_with(f, "mine: {Use: ./none.so, Types: ['My::*']}", builtins);
	assert_null(f->r);
	assert_int_equal(f->d.first->code, DIAG_PLUGIN_LOAD);
	assert_string_equal(f->d.first->summary, "plugin './none.so' does not exist");
	assert_int_equal(f->d.first->where.start.line, 2);
}

static void a_file_that_is_no_library_is_named(void **state)
{
	struct fixture *f = *state;
	struct plugin p = {NULL, NULL};

	assert_int_equal(plugin_open(&p, "/dev/null", "null.so", RANGE_NONE, &f->d), -1);
	assert_int_equal(f->d.first->code, DIAG_PLUGIN_LOAD);
	assert_string_equal(f->d.first->summary, "plugin 'null.so' cannot be loaded");
	assert_non_null(f->d.first->detail);
}

static void a_library_that_is_no_plugin_is_named(void **state)
{
	struct fixture *f = *state;
	struct plugin p = {NULL, NULL};
	void *symbol = dlsym(RTLD_DEFAULT, "json_object");
	Dl_info info;

	assert_non_null(symbol);
	assert_int_not_equal(dladdr(symbol, &info), 0);
	assert_int_equal(plugin_open(&p, info.dli_fname, "libjson.so", RANGE_NONE, &f->d), -1);
	assert_int_equal(f->d.first->code, DIAG_PLUGIN_LOAD);
	assert_non_null(strstr(f->d.first->summary, "is no plugin of hadeploy"));
	assert_null(p.loaded);
}

static void check_refused(struct fixture *f, const struct hd_provider *table, const char *part)
{
	assert_int_equal(plugin_check(table, "acme", RANGE_NONE, &f->d), -1);
	assert_int_equal(f->d.error_count, 1);
	assert_int_equal(f->d.first->code, DIAG_PLUGIN_CONTRACT);
	assert_non_null(strstr(f->d.first->summary, "'acme'"));
	assert_non_null(strstr(f->d.first->summary, part));
	assert_non_null(f->d.first->hint);
	diags_release(&f->d);
}

static void tables_that_break_the_contract_are_refused(void **state)
{
	struct fixture *f = *state;
	struct hd_provider table = ssh;

	assert_int_equal(plugin_check(&table, "acme", RANGE_NONE, &f->d), 0);
	check_refused(f, NULL, "it gives no table");
	table.abi = HD_ABI + 1;
	check_refused(f, &table, "was built for version 2");
	table = ssh;
	table.size = offsetof(struct hd_provider, poll);
	check_refused(f, &table, "too short");
	table = ssh;
	table.name = NULL;
	check_refused(f, &table, "no name");
	table = ssh;
	table.schema.ptr = NULL;
	check_refused(f, &table, "no resource types");
	table = ssh;
	table.remove = NULL;
	check_refused(f, &table, "lacks the function 'remove'");
}

static void an_older_table_without_optional_functions_is_accepted(void **state)
{
	struct fixture *f = *state;
	struct hd_provider table = ssh;

	table.size = offsetof(struct hd_provider, plan);
	assert_int_equal(plugin_check(&table, "acme", RANGE_NONE, &f->d), 0);
	assert_null(f->d.first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(built_in_types_need_no_entry),
		TEST(the_longest_pattern_wins),
		TEST(an_entry_of_the_manifest_comes_before_a_predefined_one),
		TEST(patterns_leave_types_out),
		TEST(two_that_fit_equally_well_are_an_error),
		TEST(claimed_types_come_with_the_schema_of_others),
		TEST(who_takes_any_type_claims_none_without_types),
		TEST(two_clouds_that_claim_the_same_are_an_error),
		TEST(in_a_rehearsal_one_answers_for_all),
		TEST(absent_providers_matter_only_to_their_types),
		TEST(a_broken_schema_is_an_error),
		TEST(a_plugin_that_is_not_there_is_named),
		TEST(a_file_that_is_no_library_is_named),
		TEST(a_library_that_is_no_plugin_is_named),
		TEST(tables_that_break_the_contract_are_refused),
		TEST(an_older_table_without_optional_functions_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
