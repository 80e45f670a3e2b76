/* Providers whose types are what their entry of the manifest says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "engine/plugin.h"
#include "engine/registry.h"

/* Types are the words of the setting Knows, and "-X" knows X and cannot deploy it. */
struct hd_types {
	json_t *config;
};

static size_t open_count;

static struct hd_span span(const char *s)
{
	return (struct hd_span){s, s ? strlen(s) : 0};
}

static void complain(const struct hd_host *host, struct hd_op *op, const json_t *config)
{
	struct hd_message m = {.size = sizeof(m), .severity = HD_ERROR};

	m.code = span("HD5330");
	m.summary = span("something is wrong");
	m.file = span(json_str(config, "File", NULL));
	m.line = (uint32_t)json_int(config, "Line", 0);
	m.column = (uint32_t)json_int(config, "Column", 0);
	host->diagnose(op, &m);
}

static int types_open(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		      struct hd_types **out)
{
	struct hd_types *t;
	json_t *settings = json_parse((struct text){config.ptr, config.len}, NULL, NULL);

	assert_true(json_is_object(settings));
	assert_null(json_object_get(settings, "Region"));
	assert_string_equal(json_str(settings, "ProjectDir", ""), "/srv/shop");
	if (json_object_get(settings, "Silent") || json_object_get(settings, "File")) {
		if (!json_object_get(settings, "Silent"))
			complain(host, op, settings);
		json_decref(settings);
		return HD_FATAL;
	}
	t = xcalloc(1, sizeof(*t));
	t->config = settings;
	*out = t;
	open_count++;
	return HD_OK;
}

static void types_close(struct hd_types *t)
{
	json_decref(t->config);
	free(t);
	open_count--;
}

static void types_names(struct hd_types *t, void *context,
			void (*take)(void *context, struct hd_span name))
{
	json_t *word;
	size_t i;

	json_array_foreach(json_object_get(t->config, "Knows"), i, word)
	{
		const char *name = json_string_value(word);

		take(context, span(*name == '-' ? name + 1 : name));
	}
}

static int types_schema(struct hd_types *t, struct hd_span type, void *context,
			void (*take)(void *context, struct hd_span schema))
{
	json_t *word;
	size_t i;

	json_array_foreach(json_object_get(t->config, "Knows"), i, word)
	{
		const char *name = json_string_value(word);
		bool idle = *name == '-';

		if (!text_is((struct text){type.ptr, type.len}, name + idle))
			continue;
		take(context, span(idle ? "{\"deployable\": false, \"published\": true}"
					: "{\"properties\": {\"A\": {}}}"));
		return 1;
	}
	return 0;
}

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

#define CALLS                                                                                    \
	.abi = HD_ABI, .size = sizeof(struct hd_provider), .version = "1", .open = open_session, \
	.close = close_session, .read = call, .create = call, .update = call, .remove = call,    \
	.poll = poll_call

static const struct hd_provider rest = {CALLS,
					.name = "rest",
					.types_open = types_open,
					.types_close = types_close,
					.types_names = types_names,
					.types_schema = types_schema};
static const struct hd_provider aws = {CALLS,
				       .name = "aws",
				       .types_open = types_open,
				       .types_close = types_close,
				       .types_names = types_names,
				       .types_schema = types_schema};
static const struct hd_provider sim = {CALLS, .name = "sim", .schema = {"{\"types\": {}}", 13},
				       .any_type = 1};
static const struct hd_provider ssh = {CALLS, .name = "ssh",
				       .schema = {"{\"types\": {\"SSH::File\": {}}}", 28}};
static const struct hd_provider *const builtins[] = {&rest, &aws, &sim, &ssh, NULL};

struct fixture {
	struct arena *a;
	struct diags d;
	struct registry *r;
	char file[64];
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
	assert_int_equal(open_count, 0);
	diags_release(&f->d);
	if (f->file[0])
		assert_int_equal(unlink(f->file), 0);
	arena_free(f->a);
	free(f);
	return 0;
}

static const struct manifest *manifest_with(struct fixture *f, const char *providers)
{
	const char *yaml = arena_printf(f->a, "Project: p\nProviders: {%s}\n", providers);
	const struct source *src = source_from(f->a, "hadeploy.yaml", text_of(yaml), &f->d);
	const struct manifest *m = manifest_parse(f->a, src, "/srv/shop", &f->d);

	if (f->d.first)
		fail_msg("%s", f->d.first->summary);
	return m;
}

static void open_with(struct fixture *f, const char *providers)
{
	registry_close(f->r);
	f->r = registry_open(manifest_with(f, providers), builtins, &f->d);
}

static const char *server_of(struct fixture *f, const char *type)
{
	const struct provider_entry *entry;
	const struct schema *schema;

	return registry_find(f->r, type, &entry, &schema) ? entry->name : NULL;
}

static bool deploys(struct fixture *f, const char *type)
{
	const struct provider_entry *entry;
	const struct schema *schema;

	assert_true(registry_find(f->r, type, &entry, &schema));
	return registry_deploys(entry, schema);
}

static void types_are_what_the_settings_say(void **state)
{
	struct fixture *f = *state;
	size_t count;

	open_with(f, "mine: {Use: rest, Knows: ['X::A', 'X::B'], Secret: '{{resolve:env:NO}}'}");
	assert_non_null(f->r);
	assert_string_equal(server_of(f, "X::A"), "mine");
	assert_null(server_of(f, "X::C"));
	assert_true(deploys(f, "X::A"));
	assert_string_equal(registry_types(f->r, &count)[1], "X::A");
	assert_int_equal(count, 3);
	assert_string_equal(registry_schema_text(f->r, f->a, "X::B"),
			    "{\"properties\": {\"A\": {}}}");
}

static void patterns_narrow_what_is_served(void **state)
{
	struct fixture *f = *state;

	open_with(f, "mine: {Use: rest, Knows: ['X::A', 'X::B'], Types: ['X::B']}");
	assert_null(server_of(f, "X::A"));
	assert_string_equal(server_of(f, "X::B"), "mine");
}

static void a_predefined_name_uses_its_own_provider(void **state)
{
	struct fixture *f = *state;

	open_with(f, "aws: {Knows: ['AWS::A']}, mine: {Use: rest, Knows: ['X::A']}");
	assert_ptr_equal(registry_entry(f->r, "aws")->table, &aws);
	assert_ptr_equal(registry_entry(f->r, "mine")->table, &rest);
	assert_null(registry_absent_provider(f->r, "AWS::B"));
}

static void a_type_may_be_known_and_not_deployed(void **state)
{
	const struct provider_entry *entry;
	const struct schema *schema;
	struct fixture *f = *state;

	open_with(f, "aws: {Knows: ['AWS::A', '-AWS::B']}");
	assert_true(deploys(f, "AWS::A"));
	assert_false(deploys(f, "AWS::B"));
	assert_true(registry_find(f->r, "AWS::A", &entry, &schema));
	assert_false(registry_is_catalogue(entry));
	assert_false(registry_doubts(entry, schema));
	assert_true(registry_find(f->r, "AWS::B", &entry, &schema));
	assert_true(registry_doubts(entry, schema));
}

static void a_simulation_deploys_what_is_only_known(void **state)
{
	struct fixture *f = *state;

	f->r = registry_open_simulated(manifest_with(f, "aws: {Knows: ['-AWS::B']}"), builtins,
				       "sim", &f->d);
	assert_true(deploys(f, "AWS::B"));
	registry_close(f->r);
	f->r = NULL;
	open_with(f, "aws: {Knows: ['-AWS::B']}, sim: {Types: ['AWS::*']}");
	assert_string_equal(server_of(f, "AWS::B"), "sim");
	assert_true(deploys(f, "AWS::B"));
}

static void two_that_have_the_same_type_are_an_error(void **state)
{
	struct fixture *f = *state;

	open_with(f, "a: {Use: rest, Knows: ['X::A', 'X::B']}, b: {Use: rest, Knows: ['X::B']}");
	assert_null(f->r);
	assert_int_equal(f->d.error_count, 1);
	assert_string_equal(f->d.first->summary, "providers 'a' and 'b' both serve 'X::B'");
	assert_int_equal(f->d.first->code, DIAG_TYPE_AMBIGUOUS);
	diags_release(&f->d);
	open_with(f, "ssh: {}, b: {Use: rest, Knows: ['SSH::File']}");
	assert_int_equal(f->d.first->code, DIAG_TYPE_AMBIGUOUS);
	diags_release(&f->d);
	open_with(f, "a: {Use: rest, Knows: ['X::A']}, b: {Use: rest, Knows: ['X::A'], "
		     "Types: ['X::*']}");
	assert_string_equal(server_of(f, "X::A"), "b");
	/* What nobody mentions gives way. */
	open_with(f, "b: {Use: rest, Knows: ['SSH::File']}");
	assert_string_equal(server_of(f, "SSH::File"), "b");
}

static void settings_that_are_refused_are_an_error_at_the_entry(void **state)
{
	struct fixture *f = *state;

	open_with(f, "a: {Use: rest, Silent: true}");
	assert_null(f->r);
	assert_int_equal(f->d.first->code, DIAG_PROVIDER_OPEN);
	assert_string_equal(f->d.first->where.src->name, "hadeploy.yaml");
	assert_string_equal(f->d.first->detail, "provider 'a'");
}

static void a_place_in_a_file_is_shown_with_its_line(void **state)
{
	struct fixture *f = *state;
	const struct diag *g;

	snprintf(f->file, sizeof(f->file), "/tmp/hadeploy-place-%d.yaml", (int)getpid());
	assert_int_equal(file_write_atomic(f->file, TEXT_LIT("Type: X::A\nCreat: []\n")), 0);
	open_with(f, arena_printf(f->a, "a: {Use: rest, File: %s, Line: 2, Column: 3}", f->file));
	assert_null(f->r);
	g = f->d.first;
	assert_int_equal(g->code, DIAG_DEFINITION_KEY);
	assert_null(g->foreign_code);
	assert_string_equal(g->where.src->name, f->file);
	assert_int_equal(g->where.start.line, 2);
	assert_int_equal(g->where.start.column, 3);
	assert_true(text_is(source_line(g->where.src, 2), "Creat: []"));
}

static void a_place_in_no_file_is_shown_by_name(void **state)
{
	struct fixture *f = *state;

	open_with(f, "a: {Use: rest, File: 'aws:ec2/vpc.yaml', Line: 7}");
	assert_string_equal(f->d.first->where.src->name, "aws:ec2/vpc.yaml");
	assert_int_equal(f->d.first->where.start.line, 7);
	assert_int_equal(f->d.first->where.src->line_count, 0);
}

static void tables_have_all_functions_of_types_or_none(void **state)
{
	struct fixture *f = *state;
	struct hd_provider table = rest;

	assert_int_equal(plugin_check(&table, "acme", RANGE_NONE, &f->d), 0);
	table.types_names = NULL;
	assert_int_equal(plugin_check(&table, "acme", RANGE_NONE, &f->d), -1);
	assert_string_equal(f->d.first->summary,
			    "provider 'acme' lacks the function 'types_names'");
	diags_release(&f->d);
	/* One of an older contract has none of them. */
	table = ssh;
	table.types_open = types_open;
	table.size = offsetof(struct hd_provider, types_open);
	assert_int_equal(plugin_check(&table, "acme", RANGE_NONE, &f->d), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(types_are_what_the_settings_say),
		TEST(patterns_narrow_what_is_served),
		TEST(a_predefined_name_uses_its_own_provider),
		TEST(a_type_may_be_known_and_not_deployed),
		TEST(a_simulation_deploys_what_is_only_known),
		TEST(two_that_have_the_same_type_are_an_error),
		TEST(settings_that_are_refused_are_an_error_at_the_entry),
		TEST(a_place_in_a_file_is_shown_with_its_line),
		TEST(a_place_in_no_file_is_shown_by_name),
		TEST(tables_have_all_functions_of_types_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
