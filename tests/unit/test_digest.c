/* test_digest.c - SHA-256 and HMAC against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static void sha256_matches_fips_180(void **state)
{
	char out[65];

	(void)state;
	digest_sha256(TEXT_LIT("abc"), out);
	assert_string_equal(out,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_sha256(text_of(NULL), out);
	assert_string_equal(out,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hmac_matches_rfc_4231(void **state)
{
	char out[65], key[131];

	(void)state;
	digest_hmac_sha256(TEXT_LIT("Jefe"), TEXT_LIT("what do ya want for nothing?"), out);
	assert_string_equal(out,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	digest_hmac_sha256((struct text){key, sizeof(key)},
			   TEXT_LIT("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	assert_string_equal(out,
			    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hmac_takes_an_empty_key(void **state)
{
	char out[65];

	(void)state;
	digest_hmac_sha256(TEXT_LIT("other"), TEXT_LIT("x"), out);
	digest_hmac_sha256(text_of(NULL), text_of(NULL), out);
	assert_string_equal(out,
			    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void the_raw_forms_are_the_same_bytes(void **state)
{
	unsigned char raw[DIGEST_LEN];

	(void)state;
	digest_sha256_raw(TEXT_LIT("abc"), raw);
	assert_memory_equal(raw, "\xba\x78\x16\xbf", 4);
	assert_int_equal(raw[DIGEST_LEN - 1], 0xad);
	digest_hmac_sha256_raw(TEXT_LIT("Jefe"), TEXT_LIT("what do ya want for nothing?"), raw);
	assert_memory_equal(raw, "\x5b\xdc\xc1\x46", 4);
	assert_int_equal(raw[DIGEST_LEN - 1], 0x43);
}

static void hmac_sha1_matches_rfc_2202(void **state)
{
	unsigned char raw[DIGEST_SHA1_LEN];

	(void)state;
	digest_hmac_sha1_raw(TEXT_LIT("Jefe"), TEXT_LIT("what do ya want for nothing?"), raw);
	assert_memory_equal(raw,
			    "\xef\xfc\xdf\x6a\xe5\xeb\x2f\xa2\xd2\x74\x16\xd5\xf1\x84\xdf\x9c"
			    "\x25\x9a\x7c\x79",
			    sizeof(raw));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_matches_fips_180),
		cmocka_unit_test(hmac_matches_rfc_4231),
		cmocka_unit_test(hmac_takes_an_empty_key),
		cmocka_unit_test(hmac_sha1_matches_rfc_2202),
		cmocka_unit_test(the_raw_forms_are_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
