/*
 * aws_types.h - facts about AWS resource types, read from one data file.
 *
 * The file is part of the program (aws_types_data), made by tools/aws-types/generate.
 * aws_types_open looks at its head alone; then ask for names and schemas, in any order, from
 * any thread.  Nothing is kept and nothing freed: struct aws_types borrows the bytes.
 * Whatever the bytes are, nothing is read beyond them, and what they say wrongly ends with
 * "unknown".
 */
#ifndef PROVIDERS_AWS_AWS_TYPES_H
#define PROVIDERS_AWS_AWS_TYPES_H

#include "base/str.h"
#include "base/text.h"

/* Where the parts of the file begin. */
struct aws_types {
	size_t count; /* of types */
	size_t piece_count;
	const unsigned char *index, *piece_ends, *pieces, *values;
	size_t piece_len, value_len;
};

/* The data file that was built in. */
struct text aws_types_data(void);

/* False when these are not the bytes of such a file; *t then knows no types. */
bool aws_types_open(struct aws_types *t, struct text data);
/* Appends the name of a type; they ascend bytewise.  False: the bytes are damaged. */
bool aws_types_name(const struct aws_types *t, size_t i, struct str *out);
/* Appends the schema of a type, the JSON object that would stand at its name in a provider's
 * schema.  False, and nothing appended, when the type is unknown or the bytes are damaged. */
bool aws_types_schema(const struct aws_types *t, struct text name, struct str *out);

#endif
