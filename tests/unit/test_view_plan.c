/* test_view_plan.c - plans and drift as text, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json_plan.h"
#include "cli/view.h"

static const struct style plain = {false};
static const struct manifest manifest = {.project = "shop"};
static const struct version version = {.nowhere = "not in a git repository"};
static const struct project project = {.manifest = &manifest, .version = &version};
static const struct instance east = {.id = {"web", "-", "east"}};
static const struct record recorded = {.type = "SSH::File", .deposed = "", .id = "x"};

#define PAGE                                 \
	{                                    \
		{"web", "-", "east"}, "Page" \
	}

/* A plan of one change in web/east. */
struct one {
	struct change change;
	struct instance_plan instance;
	struct output_change output;
	struct plan plan;
};

static void wrap(struct one *o, struct change c)
{
	memset(o, 0, sizeof(*o));
	o->change = c;
	o->change.unknown_pointers = c.unknown_pointers ? c.unknown_pointers : "[]";
	o->change.sensitive_pointers = c.sensitive_pointers ? c.sensitive_pointers : "[]";
	o->instance = (struct instance_plan){
		.id = {"web", "-", "east"}, .instance = &east, .change_count = 1};
	o->plan = (struct plan){.project = &project,
				.changes = &o->change,
				.change_count = 1,
				.instances = &o->instance,
				.instance_count = 1};
}

static void shows(const struct one *o, enum plan_view kind, const char *expected)
{
	struct str out = STR_INIT;

	view_plan(&out, &o->plan, kind, &plain);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static void a_create_shows_what_is_wanted(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_CREATE,
				 .reason = REASON_NEW,
				 .type = "SSH::File",
				 .desired = "{\"Content\":\"a\\nb\\n\",\"Host\":\"web-e1\","
					    "\"Path\":null,\"Token\":\"x\"}",
				 .unknown_pointers = "[\"/Path\"]",
				 .sensitive_pointers = "[\"/Token\"]"});
	o.plan.counts.create = 1;
	o.plan.counts.none = 2;
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 1 to create, 0 to update, 0 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "web/east: 1 to create\n"
	      "\n"
	      "  + web/east/Page  SSH::File  not recorded yet\n"
	      "      Content:\n"
	      "        | a\n"
	      "        | b\n"
	      "      Host: \"web-e1\"\n"
	      "      Path: (known after apply)\n"
	      "      Token: (sensitive)\n"
	      "\n"
	      "2 resources stay as they are\n");
}

static void an_update_shows_what_differs(void **state)
{
	const struct path_change paths[] = {
		{.pointer = "/Content",
		 .before = "\"one\\ntwo\\nthree\\n\"",
		 .after = "\"one\\n2\\nthree\\n\""},
		{.pointer = "/ContentSha256",
		 .before = "\"a\"",
		 .after = "\"b\"",
		 .computed = true},
		{.pointer = "/Environment/A~1B", .after = "8080"},
		{.pointer = "/Group", .before = "\"web\""},
		{.pointer = "/Mode", .before = "\"0644\"", .after = "\"0600\"", .drift = true},
		{.pointer = "/Owner", .before = "\"ann\"", .unknown = true},
		{.pointer = "/Token",
		 .before = "{\"$secret\":\"1\"}",
		 .after = "{\"$secret\":\"2\"}",
		 .sensitive = true},
	};
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_UPDATE,
				 .reason = REASON_CHANGED,
				 .cause = "Content",
				 .type = "SSH::File",
				 .before = &recorded,
				 .paths = paths,
				 .path_count = ARRAY_LEN(paths)});
	o.plan.counts.update = 1;
	o.plan.refreshed = true;
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 1 to update, 0 to delete\n"
	      "(compared with the world)\n"
	      "\n"
	      "web/east: 1 to update\n"
	      "\n"
	      "  ~ web/east/Page  SSH::File\n"
	      "      Content:\n"
	      "          one\n"
	      "        - two\n"
	      "        + 2\n"
	      "          three\n"
	      "      Environment.A/B: (none) -> 8080\n"
	      "      Group: \"web\" -> (none)\n"
	      "      Mode: \"0644\" -> \"0600\" (changed from outside)\n"
	      "      Owner: \"ann\" -> (known after apply)\n"
	      "      Token: (sensitive) -> (sensitive)\n");
}

static void a_replacement_says_what_forces_it(void **state)
{
	const struct path_change paths[] = {{.pointer = "/Path",
					     .before = "\"/srv/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
					     .after = "\"/srv/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"",
					     .replaces = true}};
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_REPLACE,
				 .reason = REASON_CREATE_ONLY,
				 .cause = "Path",
				 .type = "SSH::File",
				 .before = &recorded,
				 .paths = paths,
				 .path_count = 1});
	o.plan.counts.replace = 1;
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 0 to update, 1 to replace, 0 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "web/east: 1 to replace\n"
	      "\n"
	      "  -/+ web/east/Page  SSH::File\n"
	      "      Path: (forces replacement)\n"
	      "        - \"/srv/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
	      "        + \"/srv/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n");
}

static void another_type_is_a_replacement_too(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_REPLACE,
				 .reason = REASON_CREATE_ONLY,
				 .cause = "Type",
				 .type = "SSH::Directory",
				 .before = &recorded});
	o.plan.counts.replace = 1;
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 0 to update, 1 to replace, 0 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "web/east: 1 to replace\n"
	      "\n"
	      "  -/+ web/east/Page  SSH::File -> SSH::Directory  Type cannot be changed in "
	      "place\n");
}

static void deletes_and_retained_ones_say_why(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_DELETE,
				 .reason = REASON_NOT_IN_TEMPLATE,
				 .type = "SSH::File",
				 .before = &recorded});
	o.plan.counts.remove = 1;
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 0 to update, 1 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "web/east: 1 to delete\n"
	      "\n"
	      "  - web/east/Page  SSH::File  not in the template any more\n");
	o.change.action = ACTION_RETAIN;
	o.change.reason = REASON_DESTROY;
	o.plan.destroy = true;
	o.plan.counts = (struct plan_counts){.retain = 1};
	shows(&o, PLAN_FOR_PLAN,
	      "Plan to destroy project shop: 0 to create, 0 to update, 0 to delete, 1 to retain\n"
	      "(of everything that is recorded)\n"
	      "\n"
	      "web/east: 1 to retain\n"
	      "\n"
	      "  = web/east/Page  SSH::File  its record goes, the thing stays\n");
	o.change.reason = REASON_NOT_IN_TEMPLATE;
	o.plan.destroy = false;
	o.plan.counts = (struct plan_counts){
		.create = 100, .update = 100, .replace = 100, .remove = 100, .retain = 1};
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop:\n"
	      "  100 to create, 100 to update, 100 to replace, 100 to delete, 1 to retain\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "web/east: 1 to retain\n"
	      "\n"
	      "  = web/east/Page  SSH::File  not in the template any more; the thing stays\n");
}

static void changes_of_one_line_stand_close_together(void **state)
{
	const struct path_change paths[] = {{.pointer = "/Mode", .after = "\"0600\""}};
	struct change changes[4];
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_DELETE,
				 .reason = REASON_DESTROY,
				 .type = "SSH::File",
				 .before = &recorded});
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		changes[i] = o.change;
	changes[2].action = ACTION_UPDATE;
	changes[2].reason = REASON_CHANGED;
	changes[2].paths = paths;
	changes[2].path_count = 1;
	o.plan.changes = changes;
	o.plan.change_count = o.instance.change_count = ARRAY_LEN(changes);
	o.plan.counts = (struct plan_counts){.remove = 3, .update = 1};
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 1 to update, 3 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "web/east: 1 to update, 3 to delete\n"
	      "\n"
	      "  - web/east/Page  SSH::File\n"
	      "  - web/east/Page  SSH::File\n"
	      "\n"
	      "  ~ web/east/Page  SSH::File\n"
	      "      Mode: (none) -> \"0600\"\n"
	      "\n"
	      "  - web/east/Page  SSH::File\n");
}

static void nothing_to_do_is_one_sentence(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE, .type = "SSH::File", .before = &recorded});
	o.plan.counts.none = 1;
	shows(&o, PLAN_FOR_PLAN,
	      "Nothing to do: recorded state is as the templates say (1 resource).\n");
	o.plan.refreshed = true;
	shows(&o, PLAN_FOR_PLAN,
	      "Nothing to do: the world is as the templates say (1 resource).\n");
	o.plan.destroy = true;
	shows(&o, PLAN_FOR_PLAN, "Nothing to do: nothing of project shop is recorded.\n");
}

static void what_could_not_be_read_is_not_said_to_be_right(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE, .type = "SSH::File", .before = &recorded});
	o.plan.counts.none = 1;
	o.plan.refreshed = true;
	o.plan.unread = 1;
	shows(&o, PLAN_FOR_APPLY,
	      "Nothing to do by what is recorded; 1 of 1 resource could not be read.\n");
	o.change.drift = DRIFT_FAILED;
	shows(&o, PLAN_FOR_DRIFT,
	      "No drift in what could be read; 1 of 1 resource could not be read.\n");
	o.change.action = ACTION_DELETE;
	o.change.reason = REASON_NOT_IN_TEMPLATE;
	o.plan.counts = (struct plan_counts){.remove = 1};
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 0 to update, 1 to delete\n"
	      "(compared with the world)\n"
	      "(1 of 1 resource could not be read; what is recorded of it is taken instead)\n"
	      "\n"
	      "web/east: 1 to delete\n"
	      "\n"
	      "  - web/east/Page  SSH::File  not in the template any more\n");
}

static void outputs_come_last(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE, .type = "SSH::File", .before = &recorded});
	o.output = (struct output_change){east.id, &east, "Url", NULL, "\"http://a/\"", false};
	o.plan.outputs = &o.output;
	o.plan.output_count = 1;
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 0 to update, 0 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "Outputs\n"
	      "  web/east  Url = \"http://a/\"\n");
	o.output = (struct output_change){east.id, &east, "Url", "\"a\"", NULL, true};
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 0 to update, 0 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "Outputs\n"
	      "  web/east  Url = \"a\" -> (known after apply)\n");
}

static void drift_reads_from_what_should_be_to_what_is(void **state)
{
	const struct path_change paths[] = {
		{.pointer = "/Content", .before = "\"b\"", .after = "\"c\""},
		{.pointer = "/Mode", .before = "\"0666\"", .after = "\"0644\"", .drift = true},
	};
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_UPDATE,
				 .reason = REASON_DRIFTED,
				 .cause = "Mode",
				 .type = "SSH::File",
				 .before = &recorded,
				 .paths = paths,
				 .path_count = ARRAY_LEN(paths),
				 .drift = DRIFT_CHANGED});
	o.plan.refreshed = true;
	o.plan.drifted = 1;
	shows(&o, PLAN_FOR_DRIFT,
	      "Drift in project shop: 1 resource differs from what was applied\n"
	      "(0 in sync, 1 changed, 0 gone, 0 not checked)\n"
	      "(from what should be there to what is there)\n"
	      "\n"
	      "web/east\n"
	      "\n"
	      "  ~ web/east/Page  SSH::File\n"
	      "      Mode: \"0644\" -> \"0666\"\n"
	      "\n"
	      "'hadeploy apply --refresh' mends it.\n");
}

static void drift_names_what_is_gone(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_CREATE,
				 .reason = REASON_GONE,
				 .type = "SSH::File",
				 .desired = "{\"Host\":\"web-e1\"}",
				 .drift = DRIFT_DELETED});
	o.plan.drifted = 1;
	shows(&o, PLAN_FOR_DRIFT,
	      "Drift in project shop: 1 resource differs from what was applied\n"
	      "(0 in sync, 0 changed, 1 gone, 0 not checked)\n"
	      "(from what should be there to what is there)\n"
	      "\n"
	      "web/east\n"
	      "\n"
	      "  - web/east/Page  SSH::File  is not there any more\n"
	      "\n"
	      "'hadeploy apply --refresh' mends it.\n");
}

static void no_drift_is_one_sentence(void **state)
{
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE, .type = "SSH::File", .before = &recorded});
	shows(&o, PLAN_FOR_DRIFT, "No drift: 1 resource is as recorded.\n");
}

static void json_shows_no_secret_and_only_what_holds(void **state)
{
	const struct path_change paths[] = {{.pointer = "/Token",
					     .before = "{\"$secret\":\"1\"}",
					     .after = "{\"$secret\":\"2\"}",
					     .sensitive = true},
					    {.pointer = "/Mode", .after = "\"0600\""}};
	const struct change c = {.addr = PAGE,
				 .action = ACTION_UPDATE,
				 .reason = REASON_CHANGED,
				 .cause = "Token",
				 .type = "SSH::File",
				 .before = &recorded,
				 .endpoint = "",
				 .paths = paths,
				 .path_count = ARRAY_LEN(paths)};
	json_t *j = json_plan_change(&c);
	struct str out = STR_INIT;

	(void)state;
	json_canonical(j, &out);
	assert_string_equal(str_cstr(&out),
			    "{\"action\":\"update\",\"address\":\"web/east/Page\","
			    "\"cause\":\"Token\",\"id\":\"x\",\"instance\":\"web/east\","
			    "\"paths\":[{\"path\":\"/Token\",\"sensitive\":true},"
			    "{\"after\":\"0600\",\"path\":\"/Mode\"}],"
			    "\"reason\":\"differs from what was applied\","
			    "\"resource_type\":\"SSH::File\",\"schema\":1,\"type\":\"change\"}");
	str_release(&out);
	json_decref(j);
}

static void is_json(json_t *j, const char *expected)
{
	struct str out = STR_INIT;

	json_canonical(j, &out);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
	json_decref(j);
}

#define MASKED "{\"$secret\":\"1\"}"

static void secrets_inside_of_values_are_hidden_everywhere(void **state)
{
	const struct path_change paths[] = {
		{.pointer = "/Environment", .after = "{\"A\":[" MASKED ",1],\"B\":" MASKED "}"}};
	const struct change c = {.addr = PAGE,
				 .action = ACTION_UPDATE,
				 .type = "SSH::File",
				 .endpoint = "",
				 .paths = paths,
				 .path_count = 1};
	struct output_change o = {.id = {"web", "-", "east"},
				  .name = "Url",
				  .before = MASKED,
				  .after = "{\"Password\":" MASKED "}"};

	(void)state;
	is_json(json_plan_change(&c),
		"{\"action\":\"update\",\"address\":\"web/east/Page\","
		"\"instance\":\"web/east\",\"paths\":[{\"after\":"
		"{\"A\":[\"(sensitive)\",1],\"B\":\"(sensitive)\"},"
		"\"path\":\"/Environment\",\"sensitive\":true}],"
		"\"resource_type\":\"SSH::File\",\"schema\":1,\"type\":\"change\"}");
	is_json(json_output_change(&o),
		"{\"after\":{\"Password\":\"(sensitive)\"},\"before\":\"(sensitive)\","
		"\"instance\":\"web/east\",\"name\":\"Url\",\"schema\":1,"
		"\"sensitive\":true,\"type\":\"output_change\"}");
}

static void people_see_no_secret_inside_of_a_value(void **state)
{
	const struct path_change paths[] = {{.pointer = "/Environment",
					     .before = "{\"A\":" MASKED "}",
					     .after = "{\"A\":[" MASKED "]}"}};
	struct one o;

	(void)state;
	wrap(&o, (struct change){.addr = PAGE,
				 .action = ACTION_UPDATE,
				 .reason = REASON_CHANGED,
				 .type = "SSH::File",
				 .before = &recorded,
				 .paths = paths,
				 .path_count = 1});
	o.output =
		(struct output_change){east.id, &east, "Url", MASKED, "{\"P\":" MASKED "}", false};
	o.plan.outputs = &o.output;
	o.plan.output_count = 1;
	o.plan.counts.update = 1;
	shows(&o, PLAN_FOR_PLAN,
	      "Plan for project shop: 0 to create, 1 to update, 0 to delete\n"
	      "(compared with recorded state; --refresh reads the world first)\n"
	      "\n"
	      "web/east: 1 to update\n"
	      "\n"
	      "  ~ web/east/Page  SSH::File\n"
	      "      Environment: {A: (sensitive)} -> {A: [(sensitive)]}\n"
	      "\n"
	      "Outputs\n"
	      "  web/east  Url = (sensitive) -> {P: (sensitive)}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_create_shows_what_is_wanted),
		cmocka_unit_test(an_update_shows_what_differs),
		cmocka_unit_test(a_replacement_says_what_forces_it),
		cmocka_unit_test(another_type_is_a_replacement_too),
		cmocka_unit_test(deletes_and_retained_ones_say_why),
		cmocka_unit_test(changes_of_one_line_stand_close_together),
		cmocka_unit_test(nothing_to_do_is_one_sentence),
		cmocka_unit_test(what_could_not_be_read_is_not_said_to_be_right),
		cmocka_unit_test(outputs_come_last),
		cmocka_unit_test(drift_reads_from_what_should_be_to_what_is),
		cmocka_unit_test(drift_names_what_is_gone),
		cmocka_unit_test(no_drift_is_one_sentence),
		cmocka_unit_test(json_shows_no_secret_and_only_what_holds),
		cmocka_unit_test(secrets_inside_of_values_are_hidden_everywhere),
		cmocka_unit_test(people_see_no_secret_inside_of_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
