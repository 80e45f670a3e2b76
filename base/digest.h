/*
 * digest.h - SHA-256 and HMAC from libcrypto, the only file that includes it.
 *
 * For fingerprints, for salted digests of secrets, and for request signing.  Not
 * for passwords.  SHA-1 is for known_hosts alone, which hides names with it.  Thread-safe.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/text.h"

#define DIGEST_LEN 32
#define DIGEST_SHA1_LEN 20

void digest_sha256_raw(struct text bytes, unsigned char out[DIGEST_LEN]);
void digest_hmac_sha256_raw(struct text key, struct text bytes, unsigned char out[DIGEST_LEN]);
void digest_hmac_sha1_raw(struct text key, struct text bytes, unsigned char out[DIGEST_SHA1_LEN]);
/* Lower-case hex with NUL. */
void digest_sha256(struct text bytes, char out[65]);
/* HMAC-SHA-256, for salted digests of secrets; hex with NUL. */
void digest_hmac_sha256(struct text key, struct text bytes, char out[65]);

#endif
