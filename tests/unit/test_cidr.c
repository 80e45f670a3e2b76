/* test_cidr.c - cutting blocks of addresses, and Fn::Cidr. */
#include "tests/unit/template_fixture.h"

#include "templates/cidr.h"

#define IN_EAST "in account '123456789012', region 'east'"

static struct cidr block(const char *text)
{
	struct cidr c;

	assert_true(cidr_parse(text_of(text), &c));
	return c;
}

static void blocks_are_an_address_and_a_prefix(void **state)
{
	static const char *const bad[] = {"",
					  "10.0.0.0",
					  "10.0.0.0/",
					  "10.0.0.0/33",
					  "10.0.0/8",
					  "10.0.0.256/8",
					  "2001:db8::",
					  "::/129",
					  "10.0.0.0/8x",
					  "/8",
					  "10.0.0.0/-1",
					  "x/8"};
	struct cidr c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (cidr_parse(text_of(bad[i]), &c))
			fail_msg("taken: %s", bad[i]);
	}
	assert_int_equal(block("10.0.0.0/8").prefix, 8);
	assert_int_equal(block("0.0.0.0/0").prefix, 0);
	assert_int_equal(block("2001:db8::/56").width, 128);
}

static void parts_are_exact(void **state)
{
	static const struct {
		const char *block;
		unsigned bits, index;
		const char *part;
	} rows[] = {
		{"10.0.0.0/16", 8, 0, "10.0.0.0/24"},
		{"10.0.0.0/16", 8, 255, "10.0.255.0/24"},
		{"10.0.0.7/16", 5, 9, "10.0.1.32/27"},
		{"192.168.0.0/24", 1, 3, "192.168.0.6/31"},
		{"0.0.0.0/0", 24, 255, "255.0.0.0/8"},
		{"10.0.0.0/16", 16, 0, "10.0.0.0/16"},
		{"10.255.0.0/8", 13, 200, "10.25.0.0/19"},
		{"2001:db8:1234:5600::/56", 64, 0, "2001:db8:1234:5600::/64"},
		{"2001:db8:1234:5600::/56", 64, 255, "2001:db8:1234:56ff::/64"},
		{"2001:db8::/32", 60, 17, "2001:db8:0:1:1000::/68"},
		{"::/0", 120, 255, "ff00::/8"},
		{"::/0", 128, 0, "::/0"},
	};
	char text[CIDR_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cidr c = block(rows[i].block);

		assert_true(rows[i].index < cidr_capacity(&c, rows[i].bits));
		cidr_part(&c, rows[i].bits, rows[i].index, text);
		assert_string_equal(text, rows[i].part);
	}
}

static void capacity_is_what_fits(void **state)
{
	struct cidr small = block("10.0.0.0/24"), large = block("2001:db8::/56");

	(void)state;
	assert_int_equal(cidr_capacity(&small, 9), 0);
	assert_int_equal(cidr_capacity(&small, 8), 1);
	assert_int_equal(cidr_capacity(&small, 5), 8);
	assert_int_equal(cidr_capacity(&large, 64), CIDR_COUNT_MAX);
	assert_int_equal(cidr_capacity(&large, 73), 0);
	assert_int_equal(cidr_capacity(&large, 70), 4);
}

static void the_function_cuts(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(fixture_expression(f, "!Cidr [10.0.0.0/16, 2, 8]"),
			    "[\"10.0.0.0/24\", \"10.0.1.0/24\"]");
	assert_string_equal(fixture_expression(f, "!Select [3, !Cidr [10.0.0.0/16, '4']]"),
			    "\"10.0.3.0/24\"");
	assert_string_equal(fixture_expression(f, "!Cidr ['2001:db8::/56', 2, 64]"),
			    "[\"2001:db8::/64\", \"2001:db8:0:1::/64\"]");
	assert_string_equal(fixture_expression(f, "!Cidr [!GetAtt Other.CidrBlock, 4, 8]"),
			    "(known after apply)");
	assert_string_equal(fixture_expression(f, "!Cidr [!Ref Secret, 1, 8]"),
			    "15:17 HD1319 '(sensitive)' is no block of addresses; " IN_EAST
			    "; hint: write it with its prefix: 10.0.0.0/16, or 2001:db8::/56\n");
}

static void what_does_not_fit_is_told(void **state)
{
	struct template_fixture *f = *state;

	assert_string_equal(fixture_expression(f, "!Cidr [10.0.0.0/24, 9, 5]"),
			    "15:17 HD1319 '10.0.0.0/24' is too small for that; of blocks with the "
			    "prefix /27 it holds 8, and 9 are asked for; hint: ask for fewer or "
			    "smaller blocks, or begin with a larger one\n");
	assert_string_equal(
		fixture_expression(f, "!Cidr [10.0.0.0/16, 257, 5]"),
		"15:30 HD1319 '257' is no count of blocks: it runs from 1 to 256; " IN_EAST "\n");
	assert_string_equal(fixture_expression(f, "!Cidr [10.0.0.0/16, 2, 0]"),
			    "15:33 HD1319 '0' is no number of bits: it runs from 1 to 128; " IN_EAST
			    "\n");
	assert_string_equal(fixture_expression(f, "!Cidr ['2001:db8::/56', 2]"),
			    "15:17 HD1319 '2001:db8::/56' is an IPv6 block, and the number of bits "
			    "is missing; " IN_EAST "; hint: give 64 as third item for subnets "
			    "of the usual size\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_an_address_and_a_prefix),
		cmocka_unit_test(parts_are_exact),
		cmocka_unit_test(capacity_is_what_fits),
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(the_function_cuts),
		TEST(what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
