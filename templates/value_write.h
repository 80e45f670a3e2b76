/*
 * value_write.h - values as JSON or YAML text for people, members in their order.
 *
 * Numbers and booleans are written as such where reading them again gives the same text;
 * strings are quoted in YAML whenever a reader could take them for something else.  Unknown
 * values are null.  Sensitive ones are written as they are: the caller keeps them out.
 */
#ifndef TEMPLATES_VALUE_WRITE_H
#define TEMPLATES_VALUE_WRITE_H

#include "base/str.h"
#include "templates/value.h"

/* Append the whole text, with a newline at its end.  False: it is longer than
 * LIMIT_NORMAL_LEN, and cut off. */
bool value_write_json(const struct value *v, struct str *out);
bool value_write_yaml(const struct value *v, struct str *out);

#endif
