/* Manifest, templates and types joined: instances, parameters, checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "engine/project.h"
#include "engine/project_parts.h"
#include "templates/node.h"

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

static const char schema[] =
	"{\"types\": {\"SSH::File\": {\"properties\": {\"Path\": {\"type\": \"string\"}, "
	"\"Content\": {\"type\": \"string\"}, \"Size\": {\"type\": \"integer\"}}, \"required\": "
	"[\"Path\"], \"readOnlyProperties\": [\"/properties/Size\"]}, "
	"\"SSH::Idle\": {\"deployable\": false}}}";
static const struct hd_provider ssh = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "ssh",
	.version = "1",
	.schema = {schema, sizeof(schema) - 1},
	.open = open_session,
	.close = close_session,
	.read = call,
	.create = call,
	.update = call,
	.remove = call,
	.poll = poll_call,
};
static const struct hd_provider *const builtins[] = {&ssh, NULL};

static const char manifest[] = "Project: shop\n"
			       "Regions:\n"
			       "  east:\n"
			       "    Zones: [e1, e2]\n"
			       "    Hosts: {h1: {Address: a1, Zone: e2, Roles: [web]}}\n"
			       "  west: {Providers: {aws: {Region: us-west-2}}}\n"
			       "Stacks:\n"
			       "  web:\n"
			       "    Template: web.yaml\n"
			       "    Parameters: {Name: from-stack}\n"
			       "    Targets:\n"
			       "      - west\n"
			       "      - {Region: east, Parameters: {Name: from-target}}\n"
			       "  api: {Template: web.yaml, Targets: [east]}\n";

static const char template[] = "Parameters:\n"
			       "  Name: {Type: String, Default: none}\n"
			       "  Secret: {Type: String, NoEcho: true, Default: ''}\n"
			       "Resources:\n"
			       "  Page:\n"
			       "    Type: SSH::File\n"
			       "    Properties: {Path: !Ref Name, Content: !Ref AWS::Region}\n";

struct fixture {
	struct arena *a;
	struct diags d;
	char dir[64];
	struct project *p;
};

static void write_file(struct fixture *f, const char *name, const char *text)
{
	assert_int_equal(file_write_atomic(path_join(f->a, f->dir, name), text_of(text)), 0);
}

static int set_up(void **state)
{
	static const char folder[] = "/tmp/hadeploy-project-XXXXXX";
	struct fixture *f = xcalloc(1, sizeof(*f));

	memcpy(f->dir, folder, sizeof(folder));
	f->a = arena_new();
	assert_non_null(mkdtemp(f->dir));
	write_file(f, "hadeploy.yaml", manifest);
	write_file(f, "web.yaml", template);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	project_close(f->p);
	unlink(path_join(f->a, f->dir, "hadeploy.yaml"));
	unlink(path_join(f->a, f->dir, "web.yaml"));
	unlink(path_join(f->a, f->dir, "params"));
	assert_int_equal(rmdir(f->dir), 0);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

static void open_project(struct fixture *f, const struct selection *sel)
{
	f->p = project_open(f->dir, builtins, sel, &f->d);
}

static void open_good(struct fixture *f, const struct selection *sel)
{
	open_project(f, sel);
	if (f->d.first)
		fail_msg("%s", f->d.first->summary);
	assert_non_null(f->p);
}

static void close_all(struct fixture *f)
{
	project_close(f->p);
	f->p = NULL;
	diags_release(&f->d);
}

static void check_refused(struct fixture *f, const struct selection *sel, enum diag_code code,
			  const char *summary)
{
	open_project(f, sel);
	assert_null(f->p);
	assert_string_equal(f->d.first->summary, summary);
	assert_int_equal(f->d.first->code, code);
	assert_int_equal(f->d.error_count, 1);
}

static const struct parameter_value *parameter_of(const struct instance *i, const char *name)
{
	const struct parameter_value *v = map_find(&i->parameters, text_of(name));

	assert_non_null(v);
	return v;
}

static const char *text_of_parameter(const struct instance *i, const char *name)
{
	const struct parameter_value *v = parameter_of(i, name);

	return v->text ? v->text : v->node->text.ptr;
}

static void there_is_one_instance_per_target_in_order(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"api/east", "web/east", "web/west"};

	open_good(f, NULL);
	assert_int_equal(f->p->instance_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(instance_id_text(f->a, &f->p->instances[i].id), names[i]);
		assert_int_equal(f->p->instances[i].index, i);
	}
	assert_ptr_equal(f->p->instances[0].tpl, f->p->instances[2].tpl);
}

static void a_place_knows_its_region(void **state)
{
	struct fixture *f = *state;
	const struct eval_target *east, *west;
	const char *const *zones;
	size_t count;

	open_good(f, NULL);
	east = &f->p->instances[1].place;
	west = &f->p->instances[2].place;
	assert_string_equal(east->project, "shop");
	assert_string_equal(east->stack, "web");
	assert_string_equal(east->region, "east");
	assert_int_equal(east->zone_count, 2);
	assert_int_equal(east->host_count, 1);
	assert_string_equal(east->hosts[0].address, "a1");
	assert_string_equal(west->aws_region, "us-west-2");
	assert_true(west->zones_of(west->context, "east", &zones, &count));
	assert_int_equal(count, 2);
	assert_true(west->zones_of(west->context, "us-west-2", &zones, &count));
	assert_int_equal(count, 0);
	assert_false(west->zones_of(west->context, "north", &zones, &count));
}

static void selections_narrow_what_is_worked_on(void **state)
{
	struct fixture *f = *state;
	static const char *const stacks[] = {"web"}, *const regions[] = {"east"};
	struct selection sel = {.stacks = stacks, .stack_count = 1};

	open_good(f, &sel);
	assert_int_equal(f->p->instance_count, 2);
	close_all(f);
	sel.regions = regions;
	sel.region_count = 1;
	open_good(f, &sel);
	assert_int_equal(f->p->instance_count, 1);
	assert_string_equal(f->p->instances[0].id.region, "east");
}

static void unknown_selections_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const stacks[] = {"wbe"}, *const regions[] = {"eats"};
	struct selection sel = {.stacks = stacks, .stack_count = 1};

	check_refused(f, &sel, DIAG_STACK_UNKNOWN, "there is no stack 'wbe'");
	assert_string_equal(f->d.first->hint, "did you mean 'web'?");
	close_all(f);
	sel = (struct selection){.regions = regions, .region_count = 1};
	check_refused(f, &sel, DIAG_REGION_UNKNOWN, "there is no region 'eats'");
	assert_string_equal(f->d.first->hint, "did you mean 'east'?");
}

static void stronger_places_win(void **state)
{
	struct fixture *f = *state;
	struct param_override o[] = {
		{.name = "Name", .value = "from-file", .origin = "f"},
		{.name = "Name", .value = "from-arg", .origin = "--param", .from_arguments = true},
	};
	struct selection sel = {.params = o, .param_count = 0};

	open_good(f, &sel);
	assert_string_equal(text_of_parameter(&f->p->instances[1], "Name"), "from-target");
	assert_string_equal(text_of_parameter(&f->p->instances[2], "Name"), "from-stack");
	close_all(f);
	sel.param_count = 1;
	open_good(f, &sel);
	assert_string_equal(text_of_parameter(&f->p->instances[1], "Name"), "from-file");
	close_all(f);
	setenv("HADEPLOY_PARAM_Name", "from-environment", 1);
	open_good(f, &sel);
	assert_string_equal(text_of_parameter(&f->p->instances[1], "Name"), "from-environment");
	assert_string_equal(parameter_of(&f->p->instances[1], "Name")->origin,
			    "HADEPLOY_PARAM_Name");
	close_all(f);
	sel.param_count = 2;
	open_good(f, &sel);
	assert_string_equal(text_of_parameter(&f->p->instances[1], "Name"), "from-arg");
	unsetenv("HADEPLOY_PARAM_Name");
}

static void unknown_overrides_are_refused(void **state)
{
	struct fixture *f = *state;
	struct param_override o = {.name = "Nmae", .value = "x", .origin = "--param"};
	struct selection sel = {.params = &o, .param_count = 1};

	check_refused(f, &sel, DIAG_PARAMETER_UNDECLARED,
		      "no selected template declares parameter 'Nmae', given by --param");
	assert_string_equal(f->d.first->hint, "did you mean 'Name'?");
}

static void a_misspelt_variable_is_a_warning(void **state)
{
	struct fixture *f = *state;

	setenv("HADEPLOY_PARAM_Nmae", "x", 1);
	open_project(f, NULL);
	unsetenv("HADEPLOY_PARAM_Nmae");
	assert_non_null(f->p);
	assert_int_equal(f->d.warning_count, 1);
	assert_string_equal(f->d.first->summary,
			    "no template declares the parameter that 'HADEPLOY_PARAM_Nmae' sets");
	assert_string_equal(f->d.first->hint, "did you mean 'Name'?");
}

static void secrets_are_refused_as_arguments(void **state)
{
	struct fixture *f = *state;
	struct param_override o = {
		.name = "Secret", .value = "hush", .origin = "--param", .from_arguments = true};
	struct selection sel = {.params = &o, .param_count = 1};

	check_refused(f, &sel, DIAG_OVERRIDE_PUBLIC,
		      "'Secret' is a NoEcho parameter and cannot be given by --param");
	assert_null(strstr(f->d.first->hint, "hush"));
	close_all(f);
	o.from_arguments = false;
	open_good(f, &sel);
}

static void write_with_secret(struct fixture *f, const char *value)
{
	write_file(f, "hadeploy.yaml",
		   arena_printf(f->a,
				"Project: p\nRegions: {e: }\nStacks:\n  s:\n"
				"    Template: web.yaml\n    Targets: [e]\n"
				"    Parameters: {Secret: %s}\n",
				value));
}

static void secrets_in_clear_are_refused_without_showing_their_line(void **state)
{
	struct fixture *f = *state;

	write_with_secret(f, "hush");
	open_project(f, NULL);
	assert_null(f->p);
	assert_int_equal(f->d.first->code, DIAG_SECRET_IN_CLEAR);
	assert_non_null(strstr(f->d.first->where.src->name, "web.yaml"));
	assert_int_equal(f->d.first->where.start.line, 3);
	assert_non_null(strstr(f->d.first->summary, "hadeploy.yaml, line 7"));
}

static void references_to_secrets_are_resolved(void **state)
{
	struct fixture *f = *state;
	const struct parameter_value *v;

	write_with_secret(f, "'{{resolve:env:HA_TEST_PW}}'");
	setenv("HA_TEST_PW", "hush", 1);
	open_good(f, NULL);
	v = parameter_of(&f->p->instances[0], "Secret");
	assert_string_equal(v->text, "hush");
	assert_true(v->sensitive);
	close_all(f);
	unsetenv("HA_TEST_PW");
	check_refused(f, NULL, DIAG_RESOLVE_UNSET, "environment variable 'HA_TEST_PW' is not set");
	assert_int_equal(f->d.first->where.start.line, 7);
}

static void a_reference_that_is_overridden_is_not_needed(void **state)
{
	struct fixture *f = *state;
	struct param_override o = {.name = "Secret", .value = "x", .origin = "params"};
	struct selection sel = {.params = &o, .param_count = 1};

	write_with_secret(f, "'{{resolve:env:HA_TEST_PW}}'");
	open_good(f, &sel);
	assert_string_equal(text_of_parameter(&f->p->instances[0], "Secret"), "x");
}

static void lists_with_references_become_text(void **state)
{
	struct fixture *f = *state;

	write_with_secret(f, "[a, '{{resolve:env:HA_TEST_PW}}']");
	setenv("HA_TEST_PW", "hush", 1);
	open_good(f, NULL);
	unsetenv("HA_TEST_PW");
	assert_string_equal(text_of_parameter(&f->p->instances[0], "Secret"), "a,hush");
}

static void good_projects_evaluate(void **state)
{
	struct fixture *f = *state;

	open_good(f, NULL);
	assert_int_equal(project_evaluate(f->p, NULL, PROJECT_DEPLOY, &f->d), 0);
	assert_null(f->d.first);
	assert_int_equal(f->p->instances[2].doc->resource_count, 1);
	assert_int_equal(project_evaluate(f->p, NULL, PROJECT_DEPLOY, &f->d), 0);
}

static void check_template(struct fixture *f, const char *text, enum diag_code code,
			   const char *summary, unsigned line)
{
	write_file(f, "web.yaml", text);
	open_good(f, NULL);
	assert_int_equal(project_evaluate(f->p, NULL, PROJECT_DEPLOY, &f->d), -1);
	assert_string_equal(f->d.first->summary, summary);
	assert_int_equal(f->d.first->code, code);
	assert_int_equal(f->d.first->where.start.line, line);
	/* Three instances have it, and it is said once. */
	assert_int_equal(f->d.error_count, 1);
	assert_null(f->d.first->address);
}

#define PARAMETERS                                         \
	"Parameters: {Name: {Type: String, Default: x}}\n" \
	"Resources:\n"

static void unknown_types_are_named_once(void **state)
{
	struct fixture *f = *state;

	check_template(f, PARAMETERS "  P: {Type: 'SSH::Flie'}\n", DIAG_TYPE_UNKNOWN,
		       "unknown resource type 'SSH::Flie'", 3);
	assert_string_equal(f->d.first->hint, "did you mean 'SSH::File'?");
	close_all(f);
	check_template(f, PARAMETERS "  P: {Type: 'Other::Thing'}\n", DIAG_TYPE_UNKNOWN,
		       "unknown resource type 'Other::Thing'", 3);
	assert_string_equal(f->d.first->hint, "the types of this project are SSH::File, SSH::Idle");
}

static void types_of_absent_providers_say_so(void **state)
{
	check_template(*state, PARAMETERS "  P: {Type: 'AWS::S3::Bucket'}\n", DIAG_TYPE_NOT_SERVED,
		       "'AWS::S3::Bucket' needs provider 'aws', which is not part of this version",
		       3);
}

static void types_that_nothing_deploys_say_so(void **state)
{
	struct fixture *f = *state;

	check_template(f, PARAMETERS "  P: {Type: 'SSH::Idle'}\n", DIAG_TYPE_NOT_SERVED,
		       "'SSH::Idle' is known, and nothing here can deploy it", 3);
	assert_non_null(strstr(f->d.first->hint, "docs/writing-types.md"));
}

static void properties_are_checked_once(void **state)
{
	check_template(*state,
		       PARAMETERS "  P: {Type: 'SSH::File', Properties: {Path: a, Contnt: b}}\n",
		       DIAG_PROPERTY_UNKNOWN, "SSH::File has no property 'Contnt'", 3);
}

static void attributes_are_checked_in_properties_and_outputs(void **state)
{
	struct fixture *f = *state;

	check_template(f,
		       PARAMETERS "  P: {Type: 'SSH::File', Properties: {Path: a}}\n"
				  "  Q: {Type: 'SSH::File', Properties: {Path: !GetAtt P.Sizes}}\n",
		       DIAG_ATTRIBUTE_UNKNOWN, "'P' of type SSH::File has no attribute 'Sizes'", 4);
	assert_string_equal(f->d.first->hint, "did you mean 'Size'?");
	close_all(f);
	check_template(f,
		       PARAMETERS "  P: {Type: 'SSH::File', Properties: {Path: a}}\n"
				  "Outputs: {O: {Value: !GetAtt P.Sizes}}\n",
		       DIAG_ATTRIBUTE_UNKNOWN, "'P' of type SSH::File has no attribute 'Sizes'", 4);
}

static void a_fault_in_several_regions_names_some_of_them(void **state)
{
	static const char *const regions[] = {"e", "w", "e", "n", "s", "x", "y", "z"};
	struct diags d = DIAGS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(regions); i++) {
		struct diag *g = diag_add(&d, DIAG_REF_ABSENT, RANGE_NONE, "not there");

		diag_detail(&d, g, "in region '%s'", regions[i]);
		if (i == 1)
			diag_add(&d, DIAG_REF_ABSENT, RANGE_NONE, "without detail");
	}
	project_drop_doubles(&d);
	assert_int_equal(d.error_count, 2);
	assert_string_equal(d.first->detail,
			    "in region 'e'\nin region 'w'\nin region 'n'\nin region 's'\n"
			    "in region 'x'\n...");
	assert_null(d.last->detail);
	diags_release(&d);
}

static void diagnostics_outlive_a_project_that_was_not_opened(void **state)
{
	struct fixture *f = *state;
	struct diags kept = DIAGS_INIT;

	write_file(f, "web.yaml", "Resourcs: {}\n");
	diag_note(&kept, DIAG_FILE_OPEN, RANGE_NONE, "before");
	open_project(f, NULL);
	assert_null(f->p);
	diags_take(&kept, &f->d);
	assert_true(text_is(source_line(kept.last->where.src, 1), "Resourcs: {}"));
	diags_release(&kept);
}

static void parameter_files_are_read(void **state)
{
	struct fixture *f = *state;
	struct param_override *o;
	size_t count;
	const char *path = path_join(f->a, f->dir, "params");

	write_file(f, "params", "Name: web\nZones: [a, b]\nCount: 5\nEmpty: ''\n");
	assert_int_equal(param_file_load(f->a, path, &o, &count, &f->d), 0);
	assert_int_equal(count, 4);
	assert_string_equal(o[0].name, "Name");
	assert_string_equal(o[0].value, "web");
	assert_string_equal(o[1].value, "a,b");
	assert_string_equal(o[2].value, "5");
	assert_string_equal(o[3].value, "");
	assert_string_equal(o[0].origin, path);
	assert_false(o[0].from_arguments);
	assert_int_equal(o[1].where.start.line, 2);
	write_file(f, "params", "{\"Name\": \"json\"}");
	assert_int_equal(param_file_load(f->a, path, &o, &count, &f->d), 0);
	assert_string_equal(o[0].value, "json");
}

static void lines_of_parameter_files_are_never_shown(void **state)
{
	static const char *const wrong[] = {"A: {b: hush}", "A: [hush", "hush: \xff",
					    "A: hush\nA: b"};
	struct fixture *f = *state;
	struct param_override *o;
	size_t count;
	const char *path = path_join(f->a, f->dir, "params");

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		write_file(f, "params", wrong[i]);
		assert_int_equal(param_file_load(f->a, path, &o, &count, &f->d), -1);
		for (const struct diag *g = f->d.first; g; g = g->next) {
			assert_null(strstr(g->summary, "hush"));
			assert_int_equal(g->where.src->line_count, 0);
			assert_int_equal(g->where.src->bytes.len, 0);
		}
		diags_release(&f->d);
	}
	write_file(f, "params", "A: hush\n");
	assert_int_equal(param_file_load(f->a, path, &o, &count, &f->d), 0);
	assert_int_equal(o[0].where.src->line_count, 0);
}

static void parameter_files_of_another_shape_are_refused(void **state)
{
	static const char *const wrong[] = {"[a]", "Name: {a: b}", "Name: [[a]]", "Name:", "text"};
	struct fixture *f = *state;
	struct param_override *o;
	size_t count;
	const char *path = path_join(f->a, f->dir, "params");

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		write_file(f, "params", wrong[i]);
		assert_int_equal(param_file_load(f->a, path, &o, &count, &f->d), -1);
		assert_int_equal(f->d.first->code, DIAG_PARAM_FILE_SHAPE);
		assert_int_equal(f->d.error_count, 1);
		diags_release(&f->d);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(param_file_load(f->a, path, &o, &count, &f->d), -1);
	assert_int_equal(f->d.first->code, DIAG_FILE_OPEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(there_is_one_instance_per_target_in_order),
		TEST(a_place_knows_its_region),
		TEST(selections_narrow_what_is_worked_on),
		TEST(unknown_selections_are_refused),
		TEST(stronger_places_win),
		TEST(unknown_overrides_are_refused),
		TEST(a_misspelt_variable_is_a_warning),
		TEST(secrets_are_refused_as_arguments),
		TEST(secrets_in_clear_are_refused_without_showing_their_line),
		TEST(references_to_secrets_are_resolved),
		TEST(a_reference_that_is_overridden_is_not_needed),
		TEST(lists_with_references_become_text),
		TEST(good_projects_evaluate),
		TEST(unknown_types_are_named_once),
		TEST(types_of_absent_providers_say_so),
		TEST(types_that_nothing_deploys_say_so),
		TEST(properties_are_checked_once),
		TEST(attributes_are_checked_in_properties_and_outputs),
		TEST(a_fault_in_several_regions_names_some_of_them),
		TEST(diagnostics_outlive_a_project_that_was_not_opened),
		TEST(parameter_files_are_read),
		TEST(lines_of_parameter_files_are_never_shown),
		TEST(parameter_files_of_another_shape_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
