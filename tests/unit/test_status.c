/* Looks at a project: status, outputs, graph, validate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "engine/engine.h"
#include "engine/result.h"
#include "tests/unit/planner_fixture.h"

#define MANIFEST                                         \
	"Project: shop\nRegions: {east: {}, west: {}}\n" \
	"Stacks: {web: {Template: web.yaml, Targets: [east, west]}}\n"
#define TEMPLATE                                                               \
	"Resources:\n"                                                         \
	"  A: {Type: Fake::Thing, Properties: {Name: a}}\n"                    \
	"  B: {Type: Fake::Plain, DependsOn: A, Properties: {Name: !Ref A}}\n" \
	"Outputs: {Name: {Value: a, Description: what it is called}}\n"

static const struct instance_id east = {"web", ACCOUNT_NONE, "east"};
static const struct lock_owner owner = {"kim", "desk", "apply", 1, 1};

static void commit(struct fixture *f, const struct instance_id *id, const struct state_edit *edits,
		   size_t count)
{
	const struct lock_wait no_wait = {0};

	assert_int_equal(
		state_lock(f->state, &(struct lock_request){id, 1, &owner, &no_wait}, &f->d), 0);
	assert_int_equal(state_commit(f->state, edits, count, &f->d), 0);
	state_unlock(f->state);
}

static void put_instance(struct fixture *f, const struct instance_id *id, const char *status,
			 const char *outputs)
{
	const struct instance_record r = {.id = *id,
					  .parameters = "{}",
					  .outputs = outputs,
					  .template_name = "web.yaml",
					  .template_digest = "",
					  .status = status,
					  .applied_ms = 7};
	const struct state_edit edit = {.kind = EDIT_PUT_INSTANCE, .instance = &r};

	commit(f, id, &edit, 1);
}

static void put_record(struct fixture *f, const char *key, const char *type, const char *inputs)
{
	struct record *r = fixture_record(f, key, type, inputs, NULL);
	const struct state_edit edit = {.kind = EDIT_PUT_RECORD, .record = r};

	commit(f, &r->addr.instance, &edit, 1);
}

/* web/east as the template wants it. */
static void put_east(struct fixture *f, const char *status)
{
	put_record(f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}");
	put_record(f, "web/-/east/B", "Fake::Plain", "{\"Name\":\"a\"}");
	put_instance(f, &east, status, "{\"Name\":\"a\"}");
}

static struct engine_options options_of(const struct fixture *f)
{
	return (struct engine_options){
		.dir = f->dir,
		.providers = fixture_builtins,
		.wake_fd = -1,
		.command = "status",
	};
}

static struct engine *open_engine(struct fixture *f)
{
	const struct engine_options o = options_of(f);
	struct engine *e = engine_open(&o, &f->d);

	assert_non_null(e);
	return e;
}

static void rewrite(const struct fixture *f, const char *name, const char *text)
{
	assert_int_equal(file_write_atomic(path_join(f->a, f->dir, name), text_of(text)), 0);
}

/* "web/east CURRENT 2 0" per row: recorded resources, pending changes. */
static const char *rows_text(struct fixture *f, const struct status_rows *rows)
{
	struct str out = STR_INIT;
	const char *text;

	for (size_t i = 0; i < rows->count; i++) {
		instance_id_format(&rows->rows[i].id, &out);
		str_printf(&out, " %s %zu %zu\n", rows->rows[i].status, rows->rows[i].recorded,
			   rows->rows[i].pending_changes);
	}
	text = arena_strdup(f->a, str_cstr(&out));
	str_release(&out);
	return text;
}

static void expect_status(struct fixture *f, const char *expected)
{
	struct engine *e = open_engine(f);
	struct status_rows rows;

	assert_int_equal(engine_status(e, &rows, &f->d), 0);
	assert_string_equal(rows_text(f, &rows), expected);
	engine_close(e);
}

static void targets_without_a_record_are_not_deployed(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	expect_status(&f, "web/east NOT_DEPLOYED 0 2\nweb/west NOT_DEPLOYED 0 2\n");
	fixture_close(&f);
}

static void put_run(struct fixture *f, const char *id, const char *command, const char *status)
{
	const struct run_record run = {.id = id,
				       .command = command,
				       .owner = owner,
				       .started_ms = 1,
				       .ended_ms = 2,
				       .status = status};
	const struct instance_result result = {id, east, status, "B: it broke", "", 0, 1, 2, ""};

	assert_int_equal(state_put_run(f->state, &run, &f->d), 0);
	assert_int_equal(state_put_results(f->state, &result, 1, &f->d), 0);
}

/* Until something else has become of it. */
static void what_failed_to_be_destroyed_is_inoperable(void **state)
{
	struct fixture f;
	struct engine *e;
	struct status_rows rows;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	put_east(&f, "FAILED");
	put_run(&f, "r1", "destroy", "FAILED");
	expect_status(&f, "web/east INOPERABLE 2 0\nweb/west NOT_DEPLOYED 0 2\n");
	e = open_engine(&f);
	assert_int_equal(engine_status(e, &rows, &f.d), 0);
	assert_string_equal(rows.rows[0].last->run, "r1");
	assert_string_equal(rows.rows[0].error, "B: it broke");
	assert_null(rows.rows[1].last);
	engine_close(e);
	put_run(&f, "r2", "apply", "FAILED");
	expect_status(&f, "web/east FAILED 2 0\nweb/west NOT_DEPLOYED 0 2\n");
	fixture_close(&f);
}

static void what_was_applied_is_current_until_the_template_changes(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	put_east(&f, "CURRENT");
	expect_status(&f, "web/east CURRENT 2 0\nweb/west NOT_DEPLOYED 0 2\n");
	rewrite(&f, "web.yaml",
		"Resources:\n"
		"  A: {Type: Fake::Thing, Properties: {Name: a, Size: 2}}\n"
		"  B: {Type: Fake::Plain, Properties: {Name: a}}\n"
		"Outputs: {Name: {Value: a}}\n");
	expect_status(&f, "web/east OUTDATED 2 1\nweb/west NOT_DEPLOYED 0 2\n");
	fixture_close(&f);
}

static void the_end_of_the_last_apply_is_told(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	put_east(&f, "FAILED");
	expect_status(&f, "web/east FAILED 2 0\nweb/west NOT_DEPLOYED 0 2\n");
	put_instance(&f, &east, "APPLYING", "{\"Name\":\"a\"}");
	expect_status(&f, "web/east INCOMPLETE 2 0\nweb/west NOT_DEPLOYED 0 2\n");
	fixture_close(&f);
}

static void a_held_lock_is_told_with_its_holder(void **state)
{
	const struct lock_wait no_wait = {0};
	struct status_rows rows;
	struct fixture f;
	struct engine *e;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	assert_int_equal(
		state_lock(f.state, &(struct lock_request){&east, 1, &owner, &no_wait}, &f.d), 0);
	e = open_engine(&f);
	assert_int_equal(engine_status(e, &rows, &f.d), 0);
	assert_string_equal(rows.rows[0].status, "LOCKED");
	assert_string_equal(rows.rows[0].lock->owner.user, "kim");
	assert_null(rows.rows[1].lock);
	engine_close(e);
	state_unlock(f.state);
	fixture_close(&f);
}

static void what_left_the_manifest_is_an_orphan(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	put_record(&f, "old/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}");
	expect_status(&f, "old/east ORPHANED 1 1\nweb/east NOT_DEPLOYED 0 2\n"
			  "web/west NOT_DEPLOYED 0 2\n");
	fixture_close(&f);
}

static void templates_with_errors_leave_what_is_recorded(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	put_east(&f, "CURRENT");
	rewrite(&f, "web.yaml",
		"Parameters: {Size: {Type: Number}}\n"
		"Resources: {A: {Type: Fake::Thing, Properties: {Name: !Ref Size}}}\n");
	expect_status(&f, "web/east CURRENT 2 0\nweb/west NOT_DEPLOYED 0 0\n");
	assert_int_equal(f.d.first->code, DIAG_STATUS_RECORDED_ONLY);
	assert_int_equal(f.d.first->severity, DIAG_NOTE);
	assert_false(diags_failed(&f.d));
	fixture_close(&f);
}

static void status_needs_no_readable_template(void **state)
{
	struct engine_options o;
	struct status_rows rows;
	struct fixture f;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	put_east(&f, "CURRENT");
	rewrite(&f, "web.yaml", "Resources: [\n");
	o = options_of(&f);
	assert_null(engine_open(&o, &f.d));
	diags_release(&f.d);
	assert_int_equal(engine_status_recorded(&o, f.a, &rows, &f.d), 0);
	assert_string_equal(rows_text(&f, &rows), "web/east CURRENT 2 0\n"
						  "web/west NOT_DEPLOYED 0 0\n");
	assert_int_equal(f.d.first->code, DIAG_STATUS_RECORDED_ONLY);
	assert_int_equal(rows.rows[0].applied_ms, 7);
	fixture_close(&f);
}

static void outputs_are_those_of_the_last_apply(void **state)
{
	struct output_rows rows;
	struct fixture f;
	struct engine *e;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	put_instance(&f, &east, "CURRENT", "{\"Name\":\"a\",\"Word\":{\"$secret\":\"aa\"}}");
	e = open_engine(&f);
	assert_int_equal(engine_outputs(e, &rows, &f.d), 0);
	assert_int_equal(rows.count, 2);
	assert_string_equal(rows.rows[0].name, "Name");
	assert_string_equal(rows.rows[0].value, "\"a\"");
	assert_string_equal(rows.rows[0].description, "what it is called");
	assert_false(rows.rows[0].sensitive);
	assert_string_equal(rows.rows[1].name, "Word");
	assert_null(rows.rows[1].description);
	assert_true(rows.rows[1].sensitive);
	engine_close(e);
	fixture_close(&f);
}

static void the_graph_has_every_resource_of_every_target(void **state)
{
	struct graph_view g;
	struct fixture f;
	struct engine *e;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	e = open_engine(&f);
	assert_int_equal(engine_graph(e, &g, &f.d), 0);
	assert_int_equal(g.name_count, 4);
	assert_string_equal(g.names[0], "web/east/A");
	assert_string_equal(g.names[3], "web/west/B");
	assert_string_equal(g.types[1], "Fake::Plain");
	assert_int_equal(g.edge_count, 2);
	assert_int_equal(g.edges[1].from, 3);
	assert_int_equal(g.edges[1].to, 2);
	engine_close(e);
	fixture_close(&f);
}

static void validate_finds_circles(void **state)
{
	struct fixture f;
	struct engine *e;

	(void)state;
	fixture_open_project(&f, MANIFEST, TEMPLATE, NULL);
	e = open_engine(&f);
	assert_int_equal(engine_validate(e, &f.d), 0);
	engine_close(e);
	rewrite(&f, "web.yaml",
		"Resources:\n"
		"  A: {Type: Fake::Thing, Properties: {Name: !Ref B}}\n"
		"  B: {Type: Fake::Thing, Properties: {Name: !Ref A}}\n");
	e = open_engine(&f);
	assert_int_equal(engine_validate(e, &f.d), -1);
	assert_int_equal(f.d.error_count, 1);
	assert_int_equal(f.d.first->code, DIAG_GRAPH_CYCLE);
	diags_release(&f.d);
	engine_close(e);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_failed_to_be_destroyed_is_inoperable),
		cmocka_unit_test(targets_without_a_record_are_not_deployed),
		cmocka_unit_test(what_was_applied_is_current_until_the_template_changes),
		cmocka_unit_test(the_end_of_the_last_apply_is_told),
		cmocka_unit_test(a_held_lock_is_told_with_its_holder),
		cmocka_unit_test(what_left_the_manifest_is_an_orphan),
		cmocka_unit_test(templates_with_errors_leave_what_is_recorded),
		cmocka_unit_test(status_needs_no_readable_template),
		cmocka_unit_test(outputs_are_those_of_the_last_apply),
		cmocka_unit_test(the_graph_has_every_resource_of_every_target),
		cmocka_unit_test(validate_finds_circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
