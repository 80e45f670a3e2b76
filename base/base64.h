/*
 * base64.h - RFC 4648 base 64, as keys and fingerprints of SSH are written.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/str.h"
#include "base/text.h"

/* Appends the encoding without padding, as fingerprints have it. */
void base64_add(struct str *out, struct text bytes);
/* Appends with padding, as known_hosts has it. */
void base64_add_padded(struct str *out, struct text bytes);
/* Appends the decoded bytes; blanks and line ends are skipped, padding is optional.
 * False, with `out` as before, when something else is inside. */
bool base64_decode(struct text t, struct str *out);

#endif
