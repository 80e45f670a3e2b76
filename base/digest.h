/*
 * digest.h - SHA-256 and HMAC-SHA-256 from libcrypto, the only file that includes it.
 *
 * For fingerprints, for salted digests of secrets, and for request signing.  Not
 * for passwords.  Thread-safe.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/text.h"

#define DIGEST_LEN 32

void digest_sha256_raw(struct text bytes, unsigned char out[DIGEST_LEN]);
void digest_hmac_sha256_raw(struct text key, struct text bytes, unsigned char out[DIGEST_LEN]);
/* Lower-case hex with NUL. */
void digest_sha256(struct text bytes, char out[65]);
/* HMAC-SHA-256, for salted digests of secrets; hex with NUL. */
void digest_hmac_sha256(struct text key, struct text bytes, char out[65]);

#endif
