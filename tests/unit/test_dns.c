/* Messages of the DNS: questions written, answers read, and answers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "providers/probe/dns.h"

#define RAW(s)                     \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define BYTES(s) ((struct text)RAW(s))
#define OWNER "\xc0\x0c" /* the question's name */

/* The question with its flags, and records behind it. */
static struct text answer_of(struct arena *a, const struct dns_question *q, const char *flags,
			     unsigned count, struct text records)
{
	unsigned char *message = arena_alloc(a, DNS_QUERY_LEN + records.len);
	size_t len = dns_write(q, message);

	memcpy(message + 2, flags, 2);
	message[7] = (unsigned char)count;
	memcpy(message + len, records.ptr, records.len);
	return (struct text){(const char *)message, len + records.len};
}

static const char *texts_of(struct arena *a, const struct dns_answer *answer)
{
	const char *all = "";

	for (size_t i = 0; i < answer->count; i++)
		all = arena_printf(a, "%s%s|", all, answer->texts[i]);
	return all;
}

static void questions_are_written(void **state)
{
	static const char expected[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\3www\4shop\4test\0\0\1\0\1";
	unsigned char out[DNS_QUERY_LEN];
	struct dns_question q = {0x1234, "www.shop.test", DNS_A};
	char label[70];

	(void)state;
	assert_int_equal(dns_write(&q, out), sizeof(expected) - 1);
	assert_memory_equal(out, expected, sizeof(expected) - 1);
	q.name = "www.shop.test.";
	assert_int_equal(dns_write(&q, out), sizeof(expected) - 1);
	q.name = "a..b";
	assert_int_equal(dns_write(&q, out), 0);
	q.name = "";
	assert_int_equal(dns_write(&q, out), 0);
	memset(label, 'a', sizeof(label));
	label[64] = '\0';
	q.name = label;
	assert_int_equal(dns_write(&q, out), 0);
	label[63] = '\0';
	assert_int_not_equal(dns_write(&q, out), 0);
}

static const struct {
	enum dns_type type;
	unsigned count;
	struct text records;
	const char *texts;
} answers[] = {
	{DNS_A, 2,
	 RAW(OWNER "\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\2" OWNER "\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1"),
	 "192.0.2.1|192.0.2.2|"},
	{DNS_AAAA, 1, RAW(OWNER "\0\x1c\0\1\0\0\0\5\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
	 "2001:db8::1|"},
	{DNS_CNAME, 1, RAW(OWNER "\0\5\0\1\0\0\0\5\0\7\4EAST\xc0\x10"), "east.shop.test.|"},
	{DNS_MX, 1, RAW(OWNER "\0\x0f\0\1\0\0\0\5\0\4\0\x0a\xc0\x10"), "10 shop.test.|"},
	{DNS_SRV, 1, RAW(OWNER "\0\x21\0\1\0\0\0\5\0\7\0\1\0\2\0\x50\0"), "1 2 80 .|"},
	{DNS_TXT, 1, RAW(OWNER "\0\x10\0\1\0\0\0\5\0\7\2ab\3c\"\n"), "abc\"\\010|"},
	/* An alias, and what it stands for. */
	{DNS_A, 2,
	 RAW(OWNER "\0\5\0\1\0\0\0\5\0\7\4east\xc0\x10"
		   "\4east\4shop\4test\0\0\1\0\1\0\0\0\5\0\4\xc0\0\2\3"),
	 "192.0.2.3|"},
	/* Of another name, class or type: nothing of ours. */
	{DNS_A, 3,
	 RAW("\1x\0\0\1\0\1\0\0\0\5\0\4\xc0\0\2\3" OWNER "\0\1\0\3\0\0\0\5\0\4\xc0\0\2\3" OWNER
	     "\0\x63\0\1\0\0\0\5\0\1z"),
	 ""},
};

static void answers_are_read(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct dns_question q = {7, "WWW.shop.test", answers[i].type};
		struct text message =
			answer_of(a, &q, "\x80\0", answers[i].count, answers[i].records);
		struct dns_answer answer;

		assert_int_equal(dns_read(a, &q, message, &answer), DNS_READ);
		assert_string_equal(texts_of(a, &answer), answers[i].texts);
		/* Cut off anywhere, it is none; nothing is read beyond its end. */
		for (size_t len = 0; len < message.len; len++) {
			char *part = arena_strndup(a, message.ptr, len);

			assert_int_not_equal(dns_read(a, &q, (struct text){part, len}, &answer),
					     DNS_READ);
		}
	}
	arena_free(a);
}

static void codes_and_strangers(void **state)
{
	struct arena *a = arena_new();
	struct dns_question q = {7, "www.shop.test.", DNS_A}, other = {8, "www.shop.test.", DNS_A};
	struct dns_answer answer;

	(void)state;
	assert_int_equal(dns_read(a, &q, answer_of(a, &q, "\x81\x83", 0, BYTES("")), &answer),
			 DNS_READ);
	assert_string_equal(dns_code_name(answer.code), "NXDOMAIN");
	assert_int_equal(answer.ttl, -1);
	assert_int_equal(dns_read(a, &q, answer_of(a, &q, "\x82\0", 0, BYTES("")), &answer),
			 DNS_CUT);
	assert_int_equal(dns_read(a, &q, answer_of(a, &other, "\x80\0", 0, BYTES("")), &answer),
			 DNS_FOREIGN);
	other = (struct dns_question){7, "www.shop.best.", DNS_A};
	assert_int_equal(dns_read(a, &q, answer_of(a, &other, "\x80\0", 0, BYTES("")), &answer),
			 DNS_FOREIGN);
	assert_int_equal(dns_read(a, &q, answer_of(a, &q, "\0\0", 0, BYTES("")), &answer),
			 DNS_FOREIGN);
	arena_free(a);
}

/* Names that point to themselves, forward, or grow too long; data of the wrong length. */
static const struct text nonsense[] = {
	RAW("\xc0\x1f\0\1\0\1\0\0\0\5\0\4\xc0\0\2\2"),
	RAW("\xc0\xff\0\1\0\1\0\0\0\5\0\4\xc0\0\2\2"),
	RAW("\x80\0\1\0\1\0\0\0\5\0\4\xc0\0\2\2"),
	RAW(OWNER "\0\1\0\1\0\0\0\5\0\3\xc0\0\2"),
	RAW(OWNER "\0\5\0\1\0\0\0\5\0\1\4east\xc0\x10"),
	RAW(OWNER "\0\5\0\1\0\0\0\5\xff\xff\4east\xc0\x10"),
	RAW(OWNER "\0\x10\0\1\0\0\0\5\0\2\7ab"),
	RAW(""),
};

static void nonsense_is_refused(void **state)
{
	struct arena *a = arena_new();
	struct dns_question q = {7, "www.shop.test", DNS_A};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++)
		assert_int_equal(
			dns_read(a, &q, answer_of(a, &q, "\x80\0", 1, nonsense[i]), &answer),
			DNS_BROKEN);
	arena_free(a);
}

static void the_same_thing_has_one_text(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(dns_normal(a, DNS_CNAME, "East.Shop.test"), "east.shop.test.");
	assert_string_equal(dns_normal(a, DNS_AAAA, "2001:DB8:0::1"), "2001:db8::1");
	assert_string_equal(dns_normal(a, DNS_A, "192.0.2.1"), "192.0.2.1");
	assert_string_equal(dns_normal(a, DNS_MX, "10 Mail.test."), "10 mail.test.");
	assert_string_equal(dns_normal(a, DNS_TXT, "Ab"), "Ab");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_written),
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(codes_and_strangers),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(the_same_thing_has_one_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
