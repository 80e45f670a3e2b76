/* digest.c - libcrypto's SHA-256 and HMAC. */
#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <limits.h>

static void to_hex(const unsigned char raw[DIGEST_LEN], char out[65])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_LEN; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[64] = '\0';
}

void digest_sha256_raw(struct text bytes, unsigned char out[DIGEST_LEN])
{
	if (!EVP_Digest(bytes.ptr, bytes.len, out, NULL, EVP_sha256(), NULL))
		fail_fast("libcrypto has no SHA-256");
}

/* A NULL key would mean "the key of the last call" to libcrypto. */
static void hmac(const EVP_MD *kind, struct text key, struct text bytes, unsigned char *out)
{
	const char *key_ptr = key.len ? key.ptr : "";

	if (key.len > INT_MAX)
		fail_fast("an HMAC key is too long");
	if (!HMAC(kind, key_ptr, (int)key.len, (const unsigned char *)bytes.ptr, bytes.len, out,
		  NULL))
		fail_fast("libcrypto has no HMAC of this kind");
}

void digest_hmac_sha256_raw(struct text key, struct text bytes, unsigned char out[DIGEST_LEN])
{
	hmac(EVP_sha256(), key, bytes, out);
}

void digest_hmac_sha1_raw(struct text key, struct text bytes, unsigned char out[DIGEST_SHA1_LEN])
{
	hmac(EVP_sha1(), key, bytes, out);
}

void digest_sha256(struct text bytes, char out[65])
{
	unsigned char raw[DIGEST_LEN];

	digest_sha256_raw(bytes, raw);
	to_hex(raw, out);
}

void digest_hmac_sha256(struct text key, struct text bytes, char out[65])
{
	unsigned char raw[DIGEST_LEN];

	digest_hmac_sha256_raw(key, bytes, raw);
	to_hex(raw, out);
}
