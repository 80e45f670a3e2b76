/* test_saved_plan.c - a plan from a file is what was saved, or it is refused with the cause. */
#include "tests/unit/run_bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define THING(rest) "Resources:\n  A: {Type: 'Cloud::Thing', Properties: {Name: a" rest "}}\n"
#define SECRET "Parameters: {Key: {Type: String, NoEcho: true}}\n" THING(", Secret: !Ref Key")
#define SIZED "Parameters: {Size: {Type: String, Default: '1'}}\n" THING(", Note: !Ref Size")

static const char *plan_path(struct bench *b)
{
	return path_join(b->a, b->dir, "plan.json");
}

static int write_plan(struct bench *b, const struct run_request *q, const char *made_from)
{
	struct saving s = {.path = plan_path(b),
			   .request = q,
			   .made_from = made_from,
			   .lines = TEXT_LIT("{\"type\":\"plan\"}"),
			   .shown = TEXT_LIT("Plan\nfor shop\n")};

	return saved_plan_write(b->e, &s, &b->d);
}

static int save_request(struct bench *b, struct run_request *q)
{
	const char *made_from = NULL;

	q->made_from = &made_from;
	if (!engine_plan(bench_engine(b), q, &b->d))
		return -1;
	return write_plan(b, q, made_from);
}

static void save(struct bench *b)
{
	struct run_request q = {.mode = RUN_APPLY};

	assert_int_equal(save_request(b, &q), 0);
}

static struct saved_plan *open_saved(struct bench *b)
{
	struct saved_plan_source src = {plan_path(b), b->dir, &b->clock.base};

	return saved_plan_open(&src, &b->d);
}

static void forget(struct bench *b)
{
	engine_close(b->e);
	b->e = NULL;
	diags_release(&b->d);
}

/* As `apply --plan` does; parameters that are set in the bench are given again. */
static int apply_saved(struct bench *b)
{
	struct selection sel, before = b->selection;
	struct run_request q = {0};
	struct saved_plan *s;
	int rc = -1;

	forget(b);
	s = open_saved(b);
	if (s && saved_plan_check_files(s, b->dir, &b->d) == 0) {
		saved_plan_selection(s, &sel);
		if (before.param_count) {
			sel.params = before.params;
			sel.param_count = before.param_count;
		}
		b->selection = sel;
		saved_plan_request(s, &q);
		rc = engine_run(bench_engine(b), &q, &b->result, &b->d);
		b->selection = before;
	}
	saved_plan_close(s);
	return rc;
}

static void refused(struct bench *b, enum diag_code code, const char *words)
{
	size_t things = cloud_count();

	assert_int_equal(apply_saved(b), -1);
	if (!bench_said(b, code) || !strstr(bench_diag(b, code)->summary, words))
		bench_show(b);
	assert_true(bench_said(b, code));
	assert_non_null(strstr(bench_diag(b, code)->summary, words));
	assert_int_equal(cloud_count(), things);
}

static struct str read_plan(struct bench *b)
{
	struct str bytes = STR_INIT;

	assert_int_equal(file_read(plan_path(b), 1 << 20, &bytes), 0);
	return bytes;
}

/* Without the fsyncs of file_write_atomic: it is done thousands of times. */
static void put_plan(struct bench *b, const char *bytes, size_t len)
{
	FILE *f = fopen(plan_path(b), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Puts one text in the place of another and seals the file again: what a later version of the
 * program, or another provider, would have written. */
static void forge(struct bench *b, const char *from, const char *to)
{
	static const char tail[] = "],\n\"seal\":\"";
	struct str bytes = read_plan(b), forged = STR_INIT;
	const char *at = strstr(str_cstr(&bytes), from), *end = strstr(bytes.ptr, tail);
	char seal[65];

	assert_non_null(at);
	str_add_len(&forged, bytes.ptr, (size_t)(at - bytes.ptr));
	str_add(&forged, to);
	at += strlen(from);
	str_add_len(&forged, at, (size_t)(end - at));
	state_seal(bench_state(b), str_text(&forged), seal);
	str_printf(&forged, "%s%s\"}\n", tail, seal);
	put_plan(b, forged.ptr, forged.len);
	str_release(&bytes);
	str_release(&forged);
}

/* --- what holds -------------------------------------------------------------------------- */

static void a_saved_plan_is_applied_once(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	save(b);
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(apply_saved(b), 0);
	assert_true(cloud_has("a"));
	refused(b, DIAG_PLAN_STALE_STATE, "web/east");
}

static void nothing_to_do_can_be_saved_too(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	assert_int_equal(bench_apply(b), 0);
	save(b);
	assert_int_equal(apply_saved(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void a_saved_plan_may_destroy(void **state)
{
	struct bench *b = *state;
	struct run_request q = {.mode = RUN_DESTROY};

	bench_template(b, THING(""));
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(save_request(b, &q), 0);
	assert_int_equal(apply_saved(b), 0);
	assert_int_equal(cloud_count(), 0);
}

static void options_come_back(void **state)
{
	static const char *const only[] = {"web/east/A*", "B"}, *const stacks[] = {"web"};
	struct import_wish import = {"web/east/A", "a@h0", RANGE_NONE};
	struct param_override param = {
		.name = "Size", .value = "7", .from_arguments = true, .origin = "--param"};
	struct run_request q = {.mode = RUN_APPLY, .refresh = REFRESH_YES}, back = {0};
	struct bench *b = *state;
	struct saved_plan *s;
	struct selection sel;

	bench_template(b, SIZED);
	b->selection = (struct selection){
		.stacks = stacks, .stack_count = 1, .params = &param, .param_count = 1};
	assert_int_equal(save_request(b, &q), 0);
	/* Whether they fit anything is the planner's to say. */
	q.wishes = (struct plan_wishes){.imports = &import, .import_count = 1};
	q.wishes.only = q.wishes.replace = (struct patterns){only, 2};
	assert_int_equal(write_plan(b, &q, "{}"), 0);
	s = open_saved(b);
	assert_non_null(s);
	saved_plan_request(s, &back);
	saved_plan_selection(s, &sel);
	assert_int_equal(back.mode, RUN_APPLY);
	assert_int_equal(back.refresh, REFRESH_YES);
	assert_ptr_equal(back.saved, s);
	assert_int_equal(back.wishes.only.count, 2);
	assert_string_equal(back.wishes.only.items[0], "web/east/A*");
	assert_string_equal(back.wishes.replace.items[1], "B");
	assert_int_equal(back.wishes.exclude.count, 0);
	assert_string_equal(back.wishes.imports[0].id, "a@h0");
	assert_false(back.wishes.adopt);
	assert_int_equal(sel.stack_count, 1);
	assert_string_equal(sel.stacks[0], "web");
	assert_int_equal(sel.param_count, 1);
	assert_string_equal(sel.params[0].value, "7");
	assert_true(sel.params[0].from_arguments);
	saved_plan_close(s);
}

static void how_it_goes_over_its_targets_comes_back(void **state)
{
	static const char *const order[] = {"west", "east"};
	struct run_request q = {.mode = RUN_APPLY, .on_failure = ON_FAILURE_WAVE}, back = {0};
	struct bench *b = *state;
	struct saved_plan *s;

	q.rollout = (struct rollout_wishes){
		.has_regions = true,
		.regions = REGIONS_PARALLEL,
		.has_mode = true,
		.mode = CONCURRENCY_STRICT,
		.max_concurrent = {25, true, true},
		.tolerance = {0, false, true},
		.region_order = order,
		.region_order_count = 2,
	};
	bench_template(b, THING(""));
	assert_non_null(bench_engine(b));
	assert_int_equal(save_request(b, &(struct run_request){.mode = RUN_APPLY}), 0);
	assert_int_equal(write_plan(b, &q, "{}"), 0);
	s = open_saved(b);
	assert_non_null(s);
	saved_plan_request(s, &back);
	assert_true(back.rollout.has_regions && back.rollout.has_mode);
	assert_int_equal(back.rollout.regions, REGIONS_PARALLEL);
	assert_int_equal(back.rollout.mode, CONCURRENCY_STRICT);
	assert_int_equal(back.rollout.max_concurrent.value, 25);
	assert_true(back.rollout.max_concurrent.percent);
	assert_true(back.rollout.tolerance.given);
	assert_int_equal(back.rollout.region_order_count, 2);
	assert_string_equal(back.rollout.region_order[0], "west");
	assert_int_equal(back.on_failure, ON_FAILURE_WAVE);
	back.on_failure = ON_FAILURE_KEEP;
	saved_plan_request(s, &back);
	assert_int_equal(back.on_failure, ON_FAILURE_KEEP);
	saved_plan_close(s);
}

static void what_was_shown_is_in_the_file(void **state)
{
	struct bench *b = *state;
	struct str lines = STR_INIT;
	struct saved_plan *s;

	bench_template(b, THING(""));
	save(b);
	s = open_saved(b);
	assert_string_equal(saved_plan_shown(s), "Plan\nfor shop\n");
	saved_plan_lines(s, &lines);
	assert_string_equal(str_cstr(&lines), "{\"type\":\"plan\"}\n");
	assert_string_equal(json_str(saved_plan_header(s), "project", ""), "shop");
	str_release(&lines);
	saved_plan_close(s);
}

static void the_file_is_private_and_holds_no_secret(void **state)
{
	struct bench *b = *state;
	struct str bytes;
	struct stat st;

	bench_template(b, SECRET);
	bench_param(b, "Key", "hunter2-s3cret");
	save(b);
	assert_int_equal(stat(plan_path(b), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	bytes = read_plan(b);
	assert_null(strstr(str_cstr(&bytes), "hunter2"));
	assert_non_null(strstr(str_cstr(&bytes), "\"Key\""));
	str_release(&bytes);
	assert_int_equal(apply_saved(b), 0);
	assert_string_equal(cloud_property("a", "Secret"), "hunter2-s3cret");
}

static void what_cannot_be_written_leaves_what_was_there(void **state)
{
	struct bench *b = *state;
	struct run_request q = {.mode = RUN_APPLY};
	struct saving s = {.path = path_join(b->a, b->dir, "none/plan.json"),
			   .request = &q,
			   .made_from = "{}"};

	bench_template(b, THING(""));
	save(b);
	assert_int_equal(saved_plan_write(b->e, &s, &b->d), -1);
	assert_true(bench_said(b, DIAG_PLAN_FILE_WRITE));
	assert_false(file_exists(s.path));
	assert_int_equal(apply_saved(b), 0);
}

/* --- files that are none ------------------------------------------------------------------- */

static bool is_refusal(enum diag_code code)
{
	return code == DIAG_PLAN_FILE_SHAPE || code == DIAG_PLAN_FILE_FORMAT ||
	       code == DIAG_PLAN_FILE_FOREIGN || code == DIAG_PLAN_FILE_SEAL;
}

static void not_opened(struct bench *b, size_t at)
{
	struct saved_plan *s = open_saved(b);

	if (s || !b->d.first || !is_refusal(b->d.first->code))
		print_message("byte %zu\n", at);
	assert_null(s);
	assert_non_null(b->d.first);
	assert_true(is_refusal(b->d.first->code));
	diags_release(&b->d);
}

static void not_one_byte_may_be_another(void **state)
{
	static const char masks[] = {1, 0x20, (char)0x80};
	struct bench *b = *state;
	struct str bytes;

	bench_template(b, SIZED);
	save(b);
	bytes = read_plan(b);
	for (size_t i = 0; i < bytes.len; i++) {
		char mask = masks[i % sizeof(masks)];

		bytes.ptr[i] ^= mask;
		put_plan(b, bytes.ptr, bytes.len);
		not_opened(b, i);
		bytes.ptr[i] ^= mask;
	}
	put_plan(b, bytes.ptr, bytes.len);
	assert_int_equal(apply_saved(b), 0);
	str_release(&bytes);
}

static void no_beginning_of_it_is_a_plan(void **state)
{
	struct bench *b = *state;
	struct str bytes;

	bench_template(b, THING(""));
	save(b);
	bytes = read_plan(b);
	for (size_t len = 0; len < bytes.len; len++) {
		put_plan(b, bytes.ptr, len);
		not_opened(b, len);
	}
	str_add_char(&bytes, '\n');
	put_plan(b, bytes.ptr, bytes.len);
	not_opened(b, bytes.len);
	str_release(&bytes);
}

static void what_is_no_plan_is_told_exactly(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	save(b);
	put_plan(b, "{\"a\": \xff}", 9);
	refused(b, DIAG_PLAN_FILE_SHAPE, "not a saved plan");
	assert_non_null(strstr(bench_diag(b, DIAG_PLAN_FILE_SHAPE)->detail, "Byte 7"));
	put_plan(b, "{\"a\":\n 1,}", 10);
	refused(b, DIAG_PLAN_FILE_SHAPE, "not a saved plan");
	assert_non_null(strstr(bench_diag(b, DIAG_PLAN_FILE_SHAPE)->detail, "line 2"));
	put_plan(b, "[1]", 3);
	refused(b, DIAG_PLAN_FILE_SHAPE, "not a saved plan");
	put_plan(b, "{\"hadeploy_plan\":2,\"header\":{}}", 31);
	refused(b, DIAG_PLAN_FILE_FORMAT, "format 2");
	remove(plan_path(b));
	refused(b, DIAG_PLAN_FILE_READ, "cannot be read");
}

static void another_state_is_another_project(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	save(b);
	bench_engine(b);
	engine_close(b->e);
	b->e = NULL;
	assert_int_equal(
		rename(path_join(b->a, b->dir, ".hadeploy"), path_join(b->a, b->dir, "elsewhere")),
		0);
	refused(b, DIAG_PLAN_FILE_FOREIGN, "another recorded state");
	assert_int_equal(bench_refresh(b), 0);
	refused(b, DIAG_PLAN_FILE_FOREIGN, "another recorded state");
}

/* --- what changed since --------------------------------------------------------------------- */

static void other_versions_are_refused(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	save(b);
	forge(b, "\"program\":\"" HADEPLOY_VERSION "\",\"providers\"",
	      "\"program\":\"9.9\",\"providers\"");
	refused(b, DIAG_PLAN_STALE_PROGRAM, "made by hadeploy 9.9");
	save(b);
	forge(b, "\"sim\":\"sim ", "\"sim\":\"sim 0.0.");
	refused(b, DIAG_PLAN_STALE_PROGRAM, "provider 'sim' as sim 0.0.");
	save(b);
	forge(b, "{\"hadeploy_plan\":1", "{\"hadeploy_plan\":7");
	refused(b, DIAG_PLAN_FILE_FORMAT, "format 7");
}

static void a_changed_file_is_named(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	save(b);
	bench_template(b, THING("") " ");
	refused(b, DIAG_PLAN_STALE_FILE, "'web.yaml' has changed");
	/* Broken, it is still the file that changed. */
	bench_template(b, "Resources: [");
	refused(b, DIAG_PLAN_STALE_FILE, "'web.yaml' has changed");
	remove(path_join(b->a, b->dir, "web.yaml"));
	bench_file(b, "web.yaml", THING(""));
	bench_manifest(b, "Project: shop\nRegions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [east, west]}}\n");
	refused(b, DIAG_PLAN_STALE_FILE, "'hadeploy.yaml' has changed");
}

static void nested_templates_count(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources:\n  Net: {Type: 'AWS::CloudFormation::Stack', Properties: "
			  "{TemplateURL: net.yaml}}\n");
	bench_file(b, "net.yaml", THING(""));
	save(b);
	bench_file(b, "net.yaml", THING(", Size: 2"));
	refused(b, DIAG_PLAN_STALE_FILE, "'net.yaml' has changed");
}

static void parameters_are_told_by_name(void **state)
{
	struct bench *b = *state;

	bench_template(b, SIZED);
	bench_param(b, "Size", "5");
	save(b);
	bench_param(b, "Size", "6");
	refused(b, DIAG_PLAN_STALE_PARAMETER, "'Size' of web/east has another value");
	b->selection.param_count = 0;
	refused(b, DIAG_PLAN_PARAMETER_ABSENT, "'Size' was given by --param-file");
	save(b);
	bench_param(b, "Size", "1");
	refused(b, DIAG_PLAN_STALE_PARAMETER, "is given by --param-file now");
}

static void the_environment_has_to_say_it_again(void **state)
{
	struct bench *b = *state;

	bench_template(b, SECRET);
	setenv("HADEPLOY_PARAM_Key", "hunter2", 1);
	save(b);
	unsetenv("HADEPLOY_PARAM_Key");
	refused(b, DIAG_PLAN_PARAMETER_ABSENT, "given by HADEPLOY_PARAM_Key");
	/* From anywhere: it is the value that counts. */
	bench_param(b, "Key", "hunter2");
	assert_int_equal(apply_saved(b), 0);
}

static void somebody_applied_meanwhile(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, THING(", Size: 2"));
	save(b);
	bench_template(b, THING(", Size: 3"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, THING(", Size: 2"));
	refused(b, DIAG_PLAN_STALE_STATE, "recorded of web/east");
	assert_non_null(bench_diag(b, DIAG_PLAN_STALE_STATE)->detail);
}

static void the_world_moved_meanwhile(void **state)
{
	struct bench *b = *state;
	struct run_request q = {.mode = RUN_APPLY, .refresh = REFRESH_YES};

	bench_template(b, THING(", Note: x"));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, THING(", Note: x, Size: 2"));
	assert_int_equal(save_request(b, &q), 0);
	cloud_meddle("a", "Note", "y");
	refused(b, DIAG_PLAN_STALE_WORLD, "exists of web/east");
	cloud_meddle("a", "Note", "x");
	assert_int_equal(apply_saved(b), 0);
}

static void another_plan_is_refused_even_without_a_cause(void **state)
{
	struct bench *b = *state;

	bench_template(b, THING(""));
	save(b);
	forge(b, "\"plan\":\"", "\"plan\":\"0");
	refused(b, DIAG_PLAN_STALE, "another plan");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_saved_plan_is_applied_once),
		RUN_TEST(nothing_to_do_can_be_saved_too),
		RUN_TEST(a_saved_plan_may_destroy),
		RUN_TEST(options_come_back),
		RUN_TEST(how_it_goes_over_its_targets_comes_back),
		RUN_TEST(what_was_shown_is_in_the_file),
		RUN_TEST(the_file_is_private_and_holds_no_secret),
		RUN_TEST(what_cannot_be_written_leaves_what_was_there),
		RUN_TEST(not_one_byte_may_be_another),
		RUN_TEST(no_beginning_of_it_is_a_plan),
		RUN_TEST(what_is_no_plan_is_told_exactly),
		RUN_TEST(another_state_is_another_project),
		RUN_TEST(other_versions_are_refused),
		RUN_TEST(a_changed_file_is_named),
		RUN_TEST(nested_templates_count),
		RUN_TEST(parameters_are_told_by_name),
		RUN_TEST(the_environment_has_to_say_it_again),
		RUN_TEST(somebody_applied_meanwhile),
		RUN_TEST(the_world_moved_meanwhile),
		RUN_TEST(another_plan_is_refused_even_without_a_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
