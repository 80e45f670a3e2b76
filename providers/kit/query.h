/*
 * query.h - JSON objects as form bodies and query strings.
 *
 * {"A": {"B": [1, {"C": true}]}} becomes A.B.1=1&A.B.2.C=true, with QUERY_MEMBER
 * A.B.member.1=1&A.B.member.2.C=true, as AWS's query protocol wants it; QUERY_REPEAT, for plain
 * query strings, writes A=1&A=2 for lists and refuses deeper ones.  null is left out, an empty list
 * too.  Pairs come in the order of the object; everything is percent-encoded (http_encode).
 */
#ifndef PROVIDERS_KIT_QUERY_H
#define PROVIDERS_KIT_QUERY_H

#include "base/json.h"
#include "base/str.h"

enum query_lists { QUERY_FLAT, QUERY_MEMBER, QUERY_REPEAT };

/* Appends, with "&" in front when *out is not empty.  -1: not an object, or QUERY_REPEAT and
 * deep. */
int query_write(const json_t *j, enum query_lists lists, struct str *out);

#endif
