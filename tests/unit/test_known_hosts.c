/* test_known_hosts.c - what known_hosts says of a host, in all the forms it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/base64.h"
#include "base/known_hosts.h"

/* Keys that were made for this test; nobody has the private parts. */
#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIOHr7es7FNoqqRRa8+lmwG2+bjY1DJ2cPo73iFOLSziA"
#define OTHER "AAAAC3NzaC1lZDI1NTE5AAAAIPfFTfSh833pgUeNoFqe4xQ4ltV1Wc7u+rNaMnJo6CCy"
#define ECDSA                                                                    \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOM1ZWVBoeyzhuiXta" \
	"e4pJrGnZkTLnIsgHNUeDwnBESM5ZQkTfllr25Ql6qGcpWG0O6yg/v39LjfRrrg5KPHrVs="
/* ssh-keygen -H of "web.example" and of "[10.0.0.1]:2222". */
#define HASHED_NAME "|1|lWjpKX91NODdzYHGzoFOF4AyTTU=|GhUIv/PQM5DA62uPd8tNJIVAYAM="
#define HASHED_PORT "|1|vbDCCvB0yNZxKchJvjrczgf7rIc=|5wNDhCUSyoL/c0OWBE5fuo6DXeo="

static struct known_result look(const char *file, const char *address, int port)
{
	struct str key = STR_INIT;
	struct known_query q = {text_of(address), port, TEXT_LIT("ssh-ed25519"), {NULL, 0}};
	struct known_result result;

	assert_true(base64_decode(TEXT_LIT(KEY), &key));
	q.key = str_text(&key);
	result = known_hosts_find(text_of(file), &q);
	str_release(&key);
	return result;
}

static void a_known_key_is_found_with_its_line(void **state)
{
	struct known_result r = look("# a comment\n\nweb.example ssh-ed25519 " KEY " root@web\n",
				     "web.example", 22);

	(void)state;
	assert_int_equal(r.answer, KNOWN_SAME);
	assert_int_equal(r.line, 3);
}

static void names_come_in_lists_patterns_and_any_case(void **state)
{
	(void)state;
	assert_int_equal(look("a,WEB.example,b ssh-ed25519 " KEY, "b", 22).answer, KNOWN_SAME);
	assert_int_equal(look("*.example ssh-ed25519 " KEY, "web.example", 22).answer, KNOWN_SAME);
	assert_int_equal(look("web.example ssh-ed25519 " KEY, "WEB.Example", 22).answer,
			 KNOWN_SAME);
	assert_int_equal(look("*.example,!web.example ssh-ed25519 " KEY, "web.example", 22).answer,
			 KNOWN_NOTHING);
	assert_int_equal(look("web.example ssh-ed25519 " KEY, "web.example.org", 22).answer,
			 KNOWN_NOTHING);
}

static void ports_belong_to_the_name(void **state)
{
	(void)state;
	assert_int_equal(look("[h]:2222 ssh-ed25519 " KEY, "h", 2222).answer, KNOWN_SAME);
	assert_int_equal(look("[h]:2222 ssh-ed25519 " KEY, "h", 2223).answer, KNOWN_NOTHING);
	assert_int_equal(look("[h]:2222 ssh-ed25519 " KEY, "h", 22).answer, KNOWN_NOTHING);
	/* A line without port confirms a key, but does not make another one wrong. */
	assert_int_equal(look("h ssh-ed25519 " KEY, "h", 2222).answer, KNOWN_SAME);
	assert_int_equal(look("h ssh-ed25519 " OTHER, "h", 2222).answer, KNOWN_NOTHING);
}

static void hashed_names_are_understood(void **state)
{
	(void)state;
	assert_int_equal(look(HASHED_NAME " ssh-ed25519 " KEY, "web.example", 22).answer,
			 KNOWN_SAME);
	assert_int_equal(look(HASHED_NAME " ssh-ed25519 " KEY, "web2.example", 22).answer,
			 KNOWN_NOTHING);
	assert_int_equal(look(HASHED_PORT " ssh-ed25519 " KEY, "10.0.0.1", 2222).answer,
			 KNOWN_SAME);
	assert_int_equal(look(HASHED_PORT " ssh-ed25519 " OTHER, "10.0.0.1", 2222).answer,
			 KNOWN_OTHER_KEY);
	assert_int_equal(look(HASHED_PORT " ssh-ed25519 " KEY, "10.0.0.1", 22).answer,
			 KNOWN_NOTHING);
}

static void a_changed_key_is_named_by_its_line(void **state)
{
	struct known_result r = look("x ssh-ed25519 " KEY "\nh ssh-ed25519 " OTHER "\n", "h", 22);

	(void)state;
	assert_int_equal(r.answer, KNOWN_OTHER_KEY);
	assert_int_equal(r.line, 2);
}

static void the_right_key_wins_over_old_lines(void **state)
{
	struct known_result r = look("h ssh-ed25519 " OTHER "\nh ssh-ed25519 " KEY "\n", "h", 22);

	(void)state;
	assert_int_equal(r.answer, KNOWN_SAME);
	assert_int_equal(r.line, 2);
}

static void a_key_of_another_type_proves_nothing(void **state)
{
	(void)state;
	assert_int_equal(look("h ecdsa-sha2-nistp256 " ECDSA, "h", 22).answer, KNOWN_OTHER_TYPE);
}

static void a_revoked_key_is_never_accepted(void **state)
{
	(void)state;
	assert_int_equal(
		look("h ssh-ed25519 " KEY "\n@revoked * ssh-ed25519 " KEY "\n", "h", 22).answer,
		KNOWN_REVOKED);
	assert_int_equal(look("@revoked h ssh-ed25519 " OTHER "\n", "h", 22).answer, KNOWN_NOTHING);
	assert_int_equal(look("@cert-authority h ssh-ed25519 " KEY "\n", "h", 22).answer,
			 KNOWN_NOTHING);
}

static void broken_lines_are_passed_over(void **state)
{
	static const char *const lines[] = {"h",        "h ssh-ed25519",
					    "|1|x",     "|1||| a b",
					    "@revoked", "|1|%%|%% ssh-ed25519 " KEY,
					    ", , ,",    "[h ssh-ed25519 " KEY};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		assert_int_equal(look(lines[i], "h", 22).answer, KNOWN_NOTHING);
	assert_int_equal(look("h ssh-ed25519 ====", "h", 22).answer, KNOWN_OTHER_KEY);
}

static void collect(void *context, struct text type)
{
	struct str *out = context;

	str_printf(out, "%.*s ", TEXT_ARG(type));
}

static void the_types_of_a_host_are_listed(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	known_hosts_types(text_of("[h]:2 ecdsa-sha2-nistp256 " ECDSA "\nx ssh-ed25519 " KEY
				  "\n@revoked * ssh-rsa " KEY "\n[h]:2 ssh-ed25519 " KEY),
			  TEXT_LIT("h"), 2, collect, &out);
	assert_string_equal(str_cstr(&out), "ecdsa-sha2-nistp256 ssh-ed25519 ");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_key_is_found_with_its_line),
		cmocka_unit_test(names_come_in_lists_patterns_and_any_case),
		cmocka_unit_test(ports_belong_to_the_name),
		cmocka_unit_test(hashed_names_are_understood),
		cmocka_unit_test(a_changed_key_is_named_by_its_line),
		cmocka_unit_test(the_right_key_wins_over_old_lines),
		cmocka_unit_test(a_key_of_another_type_proves_nothing),
		cmocka_unit_test(a_revoked_key_is_never_accepted),
		cmocka_unit_test(broken_lines_are_passed_over),
		cmocka_unit_test(the_types_of_a_host_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
