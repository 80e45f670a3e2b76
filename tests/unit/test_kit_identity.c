/* test_kit_identity.c - what kind of private key a file holds, and base 64 below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/base64.h"
#include "providers/kit/ssh_private.h"

/* Made for this test with ssh-keygen; they open nothing. */
static const char ed25519[] =
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
	"QyNTUxOQAAACDbUPLNlQGJveMxeIclWBwzQH7F0H+crT6VL9Wr1AIn0QAAAIhlA0auZQNG\n"
	"rgAAAAtzc2gtZWQyNTUxOQAAACDbUPLNlQGJveMxeIclWBwzQH7F0H+crT6VL9Wr1AIn0Q\n"
	"AAAEBFuhKDiVP6T3rdrgIh8fmOVj9HEOApfgiedv4mm9x47NtQ8s2VAYm94zF4hyVYHDNA\n"
	"fsXQf5ytPpUv1avUAifRAAAABHRlc3QB\n"
	"-----END OPENSSH PRIVATE KEY-----\n";
static const char ed25519_locked[] =
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABClFypHbr\n"
	"79xZChwgKkgDpZAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIIa/seTn4Y9PRiIY\n"
	"UyGwmj5ZRII02jc6hsm+jETl7Ej+AAAAkOIr3j+sSmWI38nfxidYZjIKQNC6rdjdAULJi1\n"
	"wtjgaJlhB/wSRvz213fotoDFIpu0rD+/lmhnedvXQYHz85Evgq8Jd+66yn1ctWD8Z9lxyp\n"
	"vFDS1BdwRLbjiHdN/3zAqYaqfE9W33HiXTfigE1qHOjhqncBMUd1XMSmNe9LeA7DufnZz/\n"
	"6MIOZAsEyqD5S2HA==\n"
	"-----END OPENSSH PRIVATE KEY-----\n";
static const char rsa_head[] = /* the part up to the private numbers */
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAABFwAAAAdzc2gtcn\n"
	"NhAAAAAwEAAQAAAQEAjTYv9daAA9vBAUs7lFrtwrjLxHb2OW9H5E4Ztxqxx75GQGsHfQ6q\n"
	"qQfHHJaDhY1VVz89Y8b45GvyIh1LluyLgldOBQWs+oiFvrSfzCDDakFlpEHbZ5GSq9SRuG\n"
	"SPNs3YOM7f4qTem/QNulFHFiNBTt+Cl5iEiY5VUtbPKNTDxVwZ5g03EtbtTfpU7ad/kpHi\n"
	"8Jfm+yk1jiXnFJ0ST8tpZenbp3EE4Eqm9Nw7yeI0f5wP6cpJtaAv7USH/oZqcLaqhdhlYy\n"
	"N1zjN52I+Exu0aXS7vdgc/kEIycQDcU7Y8KtAjBRtl9iTdqCHC4ieUsBASQHrwsLWdU7CO\n"
	"4fVL5G3w0wAAA8DzJX+y8yV/sgAAAAdzc2gtcnNhAAABAQCNNi/11oAD28EBSzuUWu3CuM\n"
	"vEdvY5b0fkThm3GrHHvkZAawd9DqqpB8ccloOFjVVXPz1jxvjka/IiHUuW7IuCV04FBaz6\n"
	"-----END OPENSSH PRIVATE KEY-----\n";

static struct identity inspect(const char *text)
{
	struct identity found;

	assert_true(identity_inspect(text_of(text), &found));
	return found;
}

static void openssh_keys_tell_their_type_and_lock(void **state)
{
	(void)state;
	assert_int_equal(inspect(ed25519).kind, IDENTITY_OTHER);
	assert_false(inspect(ed25519).encrypted);
	assert_true(inspect(ed25519_locked).encrypted);
	assert_int_equal(inspect(rsa_head).kind, IDENTITY_RSA);
	assert_false(inspect(rsa_head).encrypted);
}

static void pem_keys_tell_by_their_first_line(void **state)
{
	(void)state;
	assert_int_equal(inspect("-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA").kind,
			 IDENTITY_RSA);
	assert_true(inspect("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n"
			    "-----END RSA PRIVATE KEY-----\n")
			    .encrypted);
	assert_int_equal(inspect("-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC").kind,
			 IDENTITY_OTHER);
	assert_true(inspect("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END E").encrypted);
	assert_int_equal(inspect("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE").kind,
			 IDENTITY_UNKNOWN);
}

static void what_is_no_private_key_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "ssh-ed25519 AAAA root@web\n", "-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n!!\n-----END OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END"};
	struct identity found;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(identity_inspect(text_of(texts[i]), &found));
}

static void a_key_cut_anywhere_is_refused_or_read_safely(void **state)
{
	static const char end[] = "-----END OPENSSH PRIVATE KEY-----\n";
	struct identity found;

	(void)state;
	for (size_t len = 0; len < sizeof(ed25519) - 1; len++) {
		struct str s = STR_INIT;

		str_add_len(&s, ed25519, len);
		str_add(&s, end);
		if (identity_inspect(str_text(&s), &found))
			assert_int_equal(found.kind, IDENTITY_OTHER);
		str_release(&s);
	}
}

static void base64_goes_both_ways(void **state)
{
	static const char bytes[] = "\0\377any carnal pleas";
	struct str text = STR_INIT, back = STR_INIT;

	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++) {
		str_clear(&text);
		str_clear(&back);
		base64_add_padded(&text, (struct text){bytes, len});
		assert_int_equal(text.len % 4, 0);
		assert_true(base64_decode(str_text(&text), &back));
		assert_true(text_eq(str_text(&back), (struct text){bytes, len}));
	}
	assert_false(base64_decode(TEXT_LIT("AA=A"), &back));
	assert_false(base64_decode(TEXT_LIT("A-"), &back));
	str_clear(&text);
	base64_add(&text, TEXT_LIT("a"));
	assert_string_equal(str_cstr(&text), "YQ");
	str_release(&text);
	str_release(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssh_keys_tell_their_type_and_lock),
		cmocka_unit_test(pem_keys_tell_by_their_first_line),
		cmocka_unit_test(what_is_no_private_key_is_refused),
		cmocka_unit_test(a_key_cut_anywhere_is_refused_or_read_safely),
		cmocka_unit_test(base64_goes_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
