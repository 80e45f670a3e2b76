/* test_options.c - the command line: options, operands, commands, and what is said when
 * they do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"

struct read_line {
	struct arena *arena;
	struct arguments args;
	struct usage usage;
	int status;
	const struct command *command;
};

/* Words are separated by single blanks. */
static struct read_line read_line(const char *text)
{
	struct read_line r = {.arena = arena_new(), .usage = USAGE_INIT};
	char **words = arena_array(r.arena, strlen(text) + 2, sizeof(*words));
	struct text_split split = text_split_start(text_of(text));
	struct text word;
	size_t count = 0;

	while (*text && text_next(&split, ' ', &word))
		words[count++] = arena_text(r.arena, word);
	r.status = options_read(r.arena, words, &r.args, &r.usage);
	return r;
}

static struct read_line read_command(const char *text)
{
	struct read_line r = read_line(text);

	assert_int_equal(r.status, 0);
	r.command = command_find(&r.args, &r.usage);
	r.status = r.command ? command_check(r.command, &r.args, &r.usage) : -1;
	return r;
}

static void drop(struct read_line *r)
{
	usage_release(&r->usage);
	arena_free(r->arena);
}

static void says(struct read_line *r, const char *problem, const char *hint)
{
	assert_int_equal(r->status, -1);
	assert_string_equal(str_cstr(&r->usage.problem), problem);
	assert_string_equal(str_cstr(&r->usage.hint), hint);
	drop(r);
}

static void options_may_stand_anywhere(void **state)
{
	struct read_line r = read_line("--json plan web --region east --region=west api -y");

	(void)state;
	assert_int_equal(r.status, 0);
	assert_int_equal(r.args.operand_count, 3);
	assert_string_equal(r.args.operands[0], "plan");
	assert_string_equal(r.args.operands[2], "api");
	assert_true(option_given(&r.args, OPT_JSON));
	assert_true(option_given(&r.args, OPT_YES));
	assert_int_equal(r.args.options[OPT_REGION].count, 2);
	assert_string_equal(r.args.options[OPT_REGION].items[0], "east");
	assert_string_equal(r.args.options[OPT_REGION].items[1], "west");
	assert_false(option_given(&r.args, OPT_REFRESH));
	drop(&r);
}

static void two_dashes_end_the_options(void **state)
{
	struct read_line r = read_line("state rm -- --yes -");

	(void)state;
	assert_int_equal(r.args.operand_count, 4);
	assert_string_equal(r.args.operands[2], "--yes");
	assert_false(option_given(&r.args, OPT_YES));
	drop(&r);
}

static void the_last_value_of_an_option_holds(void **state)
{
	struct read_line r = read_line("--project a --project b");

	(void)state;
	assert_string_equal(r.args.options[OPT_PROJECT].text, "b");
	drop(&r);
}

static void numbers_and_times_are_read_and_bounded(void **state)
{
	struct read_line r = read_line("--parallelism 8 --lock-timeout 90s");

	(void)state;
	assert_int_equal(r.args.options[OPT_PARALLELISM].number, 8);
	assert_int_equal(r.args.options[OPT_LOCK_TIMEOUT].number, 90000);
	drop(&r);
	r = read_line("--parallelism 0");
	says(&r, "--parallelism takes a number from 1 to 1024, not '0'", "");
	r = read_line("--parallelism 1025");
	says(&r, "--parallelism takes a number from 1 to 1024, not '1025'", "");
	r = read_line("--lock-timeout soon");
	says(&r, "--lock-timeout takes a time up to one day, not 'soon'",
	     "write 30s, 5m or 1h; a bare number is seconds");
	r = read_line("--lock-timeout 2d");
	says(&r, "--lock-timeout takes a time up to one day, not '2d'",
	     "write 30s, 5m or 1h; a bare number is seconds");
}

static void amounts_are_numbers_or_percentages(void **state)
{
	struct read_line r = read_line("--max-concurrent 25% --failure-tolerance 0");

	(void)state;
	assert_int_equal(r.status, 0);
	assert_int_equal(r.args.options[OPT_MAX_CONCURRENT].number, 25);
	assert_true(r.args.options[OPT_MAX_CONCURRENT].percent);
	assert_int_equal(r.args.options[OPT_FAILURE_TOLERANCE].number, 0);
	assert_false(r.args.options[OPT_FAILURE_TOLERANCE].percent);
	drop(&r);
	r = read_line("--max-concurrent 0");
	says(&r, "--max-concurrent takes a number from 1 on or a percentage, not '0'",
	     "for example --max-concurrent 2 or --max-concurrent 20%");
	r = read_line("--failure-tolerance 101%");
	says(&r, "--failure-tolerance takes a number or a percentage, not '101%'",
	     "for example --failure-tolerance 2 or --failure-tolerance 20%");
	r = read_line("--failure-tolerance -1");
	says(&r, "--failure-tolerance takes a number or a percentage, not '-1'",
	     "for example --failure-tolerance 2 or --failure-tolerance 20%");
}

static void names_have_commas_between_and_come_once(void **state)
{
	struct read_line r = read_line("--region-order east,west");
	const char *const *names = r.args.options[OPT_REGION_ORDER].items;

	(void)state;
	assert_int_equal(r.status, 0);
	assert_string_equal(names[0], "east");
	assert_string_equal(names[1], "west");
	assert_null(names[2]);
	drop(&r);
	r = read_line("--region-order east,,west");
	says(&r, "--region-order has an empty name in 'east,,west'",
	     "write each name once, with commas between: --region-order east,west");
	r = read_line("--region-order east,west,east");
	says(&r, "--region-order has a name twice in 'east,west,east'",
	     "write each name once, with commas between: --region-order east,west");
}

static void how_a_rollout_goes_is_one_of_few_words(void **state)
{
	struct read_line r = read_command("apply --on-failure never");

	(void)state;
	says(&r, "--on-failure cannot be 'never'", "it is 'instance' or 'keep' or 'wave' or 'all'");
	r = read_command("plan --region-concurrency parallel");
	says(&r, "--region-concurrency cannot be 'parallel'", "it is 'SEQUENTIAL' or 'PARALLEL'");
	r = read_command("destroy --concurrency-mode HARD");
	says(&r, "--concurrency-mode cannot be 'HARD'", "it is 'STRICT' or 'SOFT'");
}

static void a_saved_plan_says_itself_how_it_goes(void **state)
{
	struct read_line r = read_command("apply --plan p.json --max-concurrent 1");

	(void)state;
	says(&r, "--max-concurrent does not go together with --plan",
	     "what 'hadeploy apply --plan' works on is in the file");
	r = read_command("plan --out p.json --override-freeze why");
	says(&r, "--override-freeze does not go together with --out",
	     "what holds is what is frozen when it is applied; give it to 'hadeploy apply --plan'");
	r = read_command("apply --plan p.json --override-freeze why --on-failure all");
	assert_int_equal(r.status, 0);
	drop(&r);
}

static void values_that_are_missing_or_too_much_are_named(void **state)
{
	struct read_line r = read_line("plan --region");

	(void)state;
	says(&r, "--region needs a value: --region REGION", "");
	r = read_line("--json=yes");
	says(&r, "--json takes no value", "");
	r = read_line("--region=");
	says(&r, "--region is empty", "");
	r = read_command("graph --format png");
	says(&r, "--format cannot be 'png'", "it is 'dot' or 'mermaid'");
	r = read_command("validate --format dot");
	says(&r, "--format cannot be 'dot'", "it is 'sarif'");
}

static void a_pair_without_a_sign_is_not_repeated(void **state)
{
	struct read_line r = read_line("--param hunter2");

	(void)state;
	says(&r, "--param takes NAME=VALUE", "for example --param Capacity=3");
	r = read_line("--param Capacity=");
	assert_int_equal(r.status, 0);
	drop(&r);
}

static void an_unknown_command_names_the_nearest(void **state)
{
	struct read_line r = read_command("aply");

	(void)state;
	says(&r, "unknown command 'aply'", "did you mean 'hadeploy apply'?");
	r = read_command("frobnicate");
	says(&r, "unknown command 'frobnicate'", "'hadeploy help' lists the commands");
	r = read_command("state lst");
	says(&r, "'state' has no command 'lst'", "did you mean 'hadeploy state list'?");
	r = read_command("state");
	says(&r,
	     "'state' needs one of its commands: list, show, rm, mv, unlock, check, export, "
	     "mirror, restore",
	     "'hadeploy help state' explains them");
}

static void an_unknown_option_names_the_nearest_of_the_command(void **state)
{
	struct read_line r = read_command("plan --exit-cod");

	(void)state;
	says(&r, "'plan' has no option '--exit-cod'", "did you mean '--exit-code'?");
	r = read_command("version --xyzzy=secret");
	says(&r, "'version' has no option '--xyzzy'", "'hadeploy help version' lists its options");
	r = read_command("plan -x");
	says(&r, "'plan' has no option '-x'", "'hadeploy help plan' lists its options");
}

static void an_option_of_another_command_is_refused(void **state)
{
	struct read_line r = read_command("plan --yes");

	(void)state;
	says(&r, "'plan' has no option '--yes'", "'hadeploy help plan' lists its options");
}

static void the_number_of_operands_is_checked(void **state)
{
	struct read_line r = read_command("state show");

	(void)state;
	says(&r, "'state show' needs ADDRESS", "usage: hadeploy state show ADDRESS [options]");
	r = read_command("version extra");
	says(&r, "'version' does not take 'extra'", "usage: hadeploy version [options]");
}

static void a_command_takes_its_own_words_away(void **state)
{
	struct read_line r = read_command("state rm web/east/Page web/west/Page --yes");

	(void)state;
	assert_int_equal(r.status, 0);
	assert_ptr_equal(r.command, command_named((const char *const[]){"state", "rm"}, 2));
	assert_int_equal(r.args.operand_count, 2);
	assert_string_equal(r.args.operands[0], "web/east/Page");
	drop(&r);
}

static void help_about_a_parent_needs_no_child(void **state)
{
	struct read_line r = read_line("state --help");

	(void)state;
	r.command = command_find(&r.args, &r.usage);
	assert_ptr_equal(r.command, &cmd_state);
	drop(&r);
}

static void check_row(const struct command *c)
{
	assert_non_null(c->summary);
	assert_non_null(c->help);
	assert_non_null(c->operands);
	assert_true((c->run != NULL) != (c->children != NULL));
	assert_true(c->operand_min <= c->operand_max || c->children);
	assert_int_not_equal(c->summary[strlen(c->summary) - 1], '.');
	for (size_t i = 0; c->examples && c->examples[i]; i += 2)
		assert_non_null(c->examples[i + 1]);
	for (size_t i = 0; c->children && c->children[i]; i++)
		check_row(c->children[i]);
}

static void every_row_of_the_table_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++)
		check_row(commands[i]);
	for (size_t i = 0; i < OPT_END; i++) {
		const struct option_row *row = option_row((enum option_id)i);

		assert_non_null(row->name);
		assert_non_null(row->help);
		assert_int_equal(row->kind == OPTION_FLAG, row->value == NULL);
		assert_int_equal(row->kind == OPTION_CHOICE, row->choices != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(the_last_value_of_an_option_holds),
		cmocka_unit_test(numbers_and_times_are_read_and_bounded),
		cmocka_unit_test(amounts_are_numbers_or_percentages),
		cmocka_unit_test(names_have_commas_between_and_come_once),
		cmocka_unit_test(how_a_rollout_goes_is_one_of_few_words),
		cmocka_unit_test(a_saved_plan_says_itself_how_it_goes),
		cmocka_unit_test(values_that_are_missing_or_too_much_are_named),
		cmocka_unit_test(a_pair_without_a_sign_is_not_repeated),
		cmocka_unit_test(an_unknown_command_names_the_nearest),
		cmocka_unit_test(an_unknown_option_names_the_nearest_of_the_command),
		cmocka_unit_test(an_option_of_another_command_is_refused),
		cmocka_unit_test(the_number_of_operands_is_checked),
		cmocka_unit_test(a_command_takes_its_own_words_away),
		cmocka_unit_test(help_about_a_parent_needs_no_child),
		cmocka_unit_test(every_row_of_the_table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
