/* test_view_diag.c - diagnostics as text, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/view.h"

struct fixture {
	struct arena *arena;
	struct diags diags;
};

static const struct style plain = {false};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->arena = arena_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	diags_release(&f->diags);
	arena_free(f->arena);
	free(f);
	return 0;
}

/* Columns [start, end) of a line; -1 as end: the rest of a range over several lines. */
static struct range at(struct fixture *f, const char *text, uint32_t line, uint32_t start,
		       uint32_t end)
{
	const struct source *src =
		source_from(f->arena, "stacks/web.yaml", text_of(text), &f->diags);

	assert_non_null(src);
	return (struct range){src, {line, start}, {line, end}};
}

static void shows(struct fixture *f, const char *expected)
{
	struct str out = STR_INIT;

	view_diags(&out, &f->diags, &plain);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static void nothing_is_shown_for_an_empty_list(void **state)
{
	shows(*state, "");
}

static void an_error_shows_its_line_and_range(void **state)
{
	struct fixture *f = *state;
	struct diag *g = diag_add(&f->diags, DIAG_NAME_INVALID,
				  at(f, "Resources:\n  Page-1:\n    Type: X\n", 2, 3, 9),
				  "'%s' is no logical id", "Page-1");

	diag_detail(&f->diags, g, "Only letters and digits.");
	diag_hint(&f->diags, g, "write 'Page1'");
	shows(f, "stacks/web.yaml:2:3: error HD1203: 'Page-1' is no logical id\n"
		 "  2 |   Page-1:\n"
		 "    |   ^^^^^^\n"
		 "  Only letters and digits.\n"
		 "  hint: write 'Page1'\n");
}

static void tabs_and_wide_letters_keep_the_carets_in_place(void **state)
{
	struct fixture *f = *state;

	diag_add(&f->diags, DIAG_SHAPE, at(f, "\tä\tKey: x\n", 1, 4, 7), "odd");
	shows(f, "stacks/web.yaml:1:4: error HD1202: odd\n"
		 "  1 |         ä       Key: x\n"
		 "    |                 ^^^\n");
}

static void raw_control_characters_of_the_source_are_escaped(void **state)
{
	struct fixture *f = *state;

	diag_add(&f->diags, DIAG_SHAPE, at(f, "a: \x1b[2J b\n", 1, 9, 10), "odd");
	shows(f, "stacks/web.yaml:1:9: error HD1202: odd\n"
		 "  1 | a: \\x1b[2J b\n"
		 "    |            ^\n");
}

static void an_empty_range_shows_one_caret(void **state)
{
	struct fixture *f = *state;

	diag_add(&f->diags, DIAG_SHAPE, at(f, "ab\n", 1, 3, 3), "odd");
	shows(f, "stacks/web.yaml:1:3: error HD1202: odd\n"
		 "  1 | ab\n"
		 "    |   ^\n");
}

static void a_range_over_several_lines_ends_with_the_first(void **state)
{
	struct fixture *f = *state;
	struct range where = at(f, "a: [1,\n 2]\n", 1, 4, 3);

	where.end.line = 2;
	diag_add(&f->diags, DIAG_SHAPE, where, "odd");
	shows(f, "stacks/web.yaml:1:4: error HD1202: odd\n"
		 "  1 | a: [1,\n"
		 "    |    ^^^\n");
}

static void a_long_line_is_cut_around_the_range(void **state)
{
	struct fixture *f = *state;
	char line[301];

	memset(line, '.', 300);
	line[300] = '\0';
	memcpy(line + 200, "HERE", 4);
	diag_add(&f->diags, DIAG_SHAPE, at(f, line, 1, 201, 205), "odd");
	shows(f, "stacks/web.yaml:1:201: error HD1202: odd\n"
		 "  1 | ...........................HERE......................................"
		 "...\n"
		 "    |                            ^^^^\n");
}

static void a_long_line_is_shown_from_its_start_while_the_range_is_in_sight(void **state)
{
	struct fixture *f = *state;

	diag_add(&f->diags, DIAG_SHAPE,
		 at(f,
		    "    Targets: [east, {Region: west, Parameters: {Greeting: Good evening, More: "
		    "words}}]",
		    1, 48, 56),
		 "odd");
	shows(f, "stacks/web.yaml:1:48: error HD1202: odd\n"
		 "  1 |     Targets: [east, {Region: west, Parameters: {Greeting: Good evenin..."
		 "\n"
		 "    |                                                ^^^^^^^^\n");
}

static void the_end_of_a_long_line_is_shown_when_the_range_is_near_it(void **state)
{
	struct fixture *f = *state;
	char line[101];

	memset(line, '.', 100);
	line[100] = '\0';
	memcpy(line + 90, "HERE", 4);
	diag_add(&f->diags, DIAG_SHAPE, at(f, line, 1, 91, 95), "odd");
	shows(f, "stacks/web.yaml:1:91: error HD1202: odd\n"
		 "  1 | ..............................................................HERE...."
		 "..\n"
		 "    |                                                               ^^^^\n");
}

static void related_places_follow(void **state)
{
	struct fixture *f = *state;
	struct range where = at(f, "a: 1\nb: 2\na: 3\n", 3, 1, 2), first = where;
	struct diag *g = diag_add(&f->diags, DIAG_YAML_DUPLICATE_KEY, where, "'a' appears twice");

	first.start.line = first.end.line = 1;
	diag_related(&f->diags, g, first, "first here");
	shows(f, "stacks/web.yaml:3:1: error HD1005: 'a' appears twice\n"
		 "  3 | a: 3\n"
		 "    | ^\n"
		 "stacks/web.yaml:1:1: note: first here\n"
		 "  1 | a: 1\n"
		 "    | ^\n");
}

static void without_a_file_the_address_leads(void **state)
{
	struct fixture *f = *state;
	struct diag *g = diag_add(&f->diags, DIAG_RECORD_BUSY, RANGE_NONE, "it has no end yet");

	diag_address(&f->diags, g, "web/east/Page");
	diag_endpoint(&f->diags, g, "web-e1");
	diag_foreign_code(&f->diags, g, "Throttling");
	diag_detail(&f->diags, g, "first line\n\n\tsecond line\n");
	shows(f, "web/east/Page: error HD9005 (Throttling): it has no end yet\n"
		 "  on web-e1\n"
		 "  first line\n"
		 "\n"
		 "  \tsecond line\n");
}

static void with_a_file_the_address_follows(void **state)
{
	struct fixture *f = *state;
	struct diag *g = diag_warn(&f->diags, DIAG_SHAPE, at(f, "ab\n", 1, 1, 3), "odd");

	diag_address(&f->diags, g, "web/east/Page");
	diag_endpoint(&f->diags, g, "web-e1");
	shows(f, "stacks/web.yaml:1:1: warning HD1202: odd\n"
		 "  1 | ab\n"
		 "    | ^^\n"
		 "  web/east/Page on web-e1\n");
}

static void add_refused(struct fixture *f, unsigned host, unsigned resource, const char *detail)
{
	struct diag *g = diag_add(&f->diags, DIAG_SSH_REFUSED, RANGE_NONE, "connection refused");
	char name[32];

	snprintf(name, sizeof(name), "web/east/Page%u", resource);
	diag_address(&f->diags, g, name);
	snprintf(name, sizeof(name), "web-e%u", host);
	diag_endpoint(&f->diags, g, name);
	diag_detail(&f->diags, g, "%s", detail);
	diag_hint(&f->diags, g, "start sshd");
}

static void the_same_cause_on_many_hosts_is_shown_once(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= 24; i++)
		add_refused(f, (i + 1) / 2, i, "port 22");
	shows(f, "error HD5002: connection refused\n"
		 "  on 12 hosts (24 resources): web-e1, web-e2, web-e3, web-e4, web-e5, web-e6,\n"
		 "  web-e7, web-e8, web-e9, web-e10 and 2 more\n"
		 "  port 22\n"
		 "  hint: start sshd\n");
}

static void of_different_details_one_is_an_example(void **state)
{
	struct fixture *f = *state;

	add_refused(f, 1, 1, "port 22");
	add_refused(f, 2, 2, "port 2222");
	shows(f, "error HD5002: connection refused\n"
		 "  on 2 hosts (2 resources): web-e1, web-e2\n"
		 "  for example web-e1:\n"
		 "    port 22\n"
		 "  hint: start sshd\n");
}

static void resources_without_a_host_are_grouped_by_address(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= 2; i++) {
		struct diag *g = diag_add(&f->diags, DIAG_RECORD_BUSY, RANGE_NONE, "busy");

		diag_address(&f->diags, g, i == 1 ? "web/east/A" : "web/east/B");
	}
	shows(f, "error HD9005: busy\n"
		 "  2 resources: web/east/A, web/east/B\n");
}

static void the_same_fault_at_two_places_of_a_file_stays_two(void **state)
{
	struct fixture *f = *state;
	struct range second = at(f, "a: 1\nb: 2\n", 2, 1, 2), first = second;

	first.start.line = first.end.line = 1;
	diag_add(&f->diags, DIAG_SHAPE, second, "odd");
	diag_warn(&f->diags, DIAG_SHAPE, first, "odd");
	shows(f, "stacks/web.yaml:1:1: warning HD1202: odd\n"
		 "  1 | a: 1\n"
		 "    | ^\n"
		 "stacks/web.yaml:2:1: error HD1202: odd\n"
		 "  2 | b: 2\n"
		 "    | ^\n"
		 "1 error, 1 warning\n");
}

static void add_unusable(struct fixture *f, struct range where, const char *address)
{
	struct diag *g =
		diag_add(&f->diags, DIAG_RECORD_BUSY, where, "property 'Name' cannot be used");

	diag_address(&f->diags, g, address);
}

static void the_same_cause_at_different_places_stays_apart(void **state)
{
	struct fixture *f = *state;
	struct range second = at(f, "a: 1\nb: 2\n", 2, 1, 2), first = second;

	first.start.line = first.end.line = 1;
	add_unusable(f, first, "web/east/A");
	add_unusable(f, second, "web/east/B");
	shows(f, "stacks/web.yaml:1:1: error HD9005: property 'Name' cannot be used\n"
		 "  1 | a: 1\n"
		 "    | ^\n"
		 "  web/east/A\n"
		 "stacks/web.yaml:2:1: error HD9005: property 'Name' cannot be used\n"
		 "  2 | b: 2\n"
		 "    | ^\n"
		 "  web/east/B\n"
		 "2 errors\n");
}

static void the_same_place_for_several_targets_is_shown_once(void **state)
{
	struct fixture *f = *state;
	struct range where = at(f, "a: 1\n", 1, 1, 2);

	add_unusable(f, where, "web/east/A");
	add_unusable(f, where, "web/west/A");
	shows(f, "stacks/web.yaml:1:1: error HD9005: property 'Name' cannot be used\n"
		 "  1 | a: 1\n"
		 "    | ^\n"
		 "  2 resources: web/east/A, web/west/A\n");
}

static void a_host_that_is_down_is_told_once_whatever_lines_need_it(void **state)
{
	struct fixture *f = *state;
	struct range where = at(f, "a: 1\nb: 2\n", 2, 1, 2);

	add_refused(f, 1, 1, "port 22");
	add_refused(f, 1, 2, "port 22");
	f->diags.first->where = f->diags.last->where = where;
	f->diags.first->where.start.line = f->diags.first->where.end.line = 1;
	shows(f, "error HD5002: connection refused\n"
		 "  on 1 host (2 resources): web-e1\n"
		 "  port 22\n"
		 "  hint: start sshd\n");
}

static void colour_changes_nothing_but_colour(void **state)
{
	struct fixture *f = *state;
	struct style colour = {.colour = true};
	struct str out = STR_INIT;

	diag_add(&f->diags, DIAG_CODE_UNKNOWN, RANGE_NONE, "no such code");
	view_diags(&out, &f->diags, &colour);
	assert_string_equal(str_cstr(&out),
			    "\x1b[1m\x1b[0m\x1b[31merror HD9004\x1b[0m: no such code\n");
	str_release(&out);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(nothing_is_shown_for_an_empty_list),
		ROW(an_error_shows_its_line_and_range),
		ROW(tabs_and_wide_letters_keep_the_carets_in_place),
		ROW(raw_control_characters_of_the_source_are_escaped),
		ROW(an_empty_range_shows_one_caret),
		ROW(a_range_over_several_lines_ends_with_the_first),
		ROW(a_long_line_is_cut_around_the_range),
		ROW(a_long_line_is_shown_from_its_start_while_the_range_is_in_sight),
		ROW(the_end_of_a_long_line_is_shown_when_the_range_is_near_it),
		ROW(related_places_follow),
		ROW(without_a_file_the_address_leads),
		ROW(with_a_file_the_address_follows),
		ROW(the_same_cause_on_many_hosts_is_shown_once),
		ROW(of_different_details_one_is_an_example),
		ROW(resources_without_a_host_are_grouped_by_address),
		ROW(the_same_fault_at_two_places_of_a_file_stays_two),
		ROW(the_same_cause_at_different_places_stays_apart),
		ROW(the_same_place_for_several_targets_is_shown_once),
		ROW(a_host_that_is_down_is_told_once_whatever_lines_need_it),
		ROW(colour_changes_nothing_but_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
