/*
 * ask.h - one question to a service of AWS that C code has: of credentials and lookups.
 *
 * Like the steps of definitions it goes through rest/rest.h, with endpoint, signature and faults as
 * theirs.
 */
#ifndef PROVIDERS_AWS_ASK_H
#define PROVIDERS_AWS_ASK_H

#include "providers/aws/sts.h"

struct aws_service {
	const char *name; /* "sts": in Endpoints, in signatures, in the address */
	enum protocol protocol;
	const char *api_version, *target_prefix;
};

enum ask_as {
	ASK_AS_SESSION, /* with the session's credentials */
	ASK_AS_KEY,
	ASK_AS_NOBODY /* unsigned */
};

struct aws_question {
	const struct aws_service *service;
	const char *action;
	const json_t *parameters; /* an object */
	enum ask_as as;
	const struct aws_key *key; /* of ASK_AS_KEY */
};

/* The answer's body, a new reference; NULL with a fault. */
json_t *aws_ask(const struct asker *w, const struct aws_question *q);
/* Milliseconds since 1970-01-01 UTC. */
int64_t aws_wall_ms(const struct kit_call *c);
/* "aws", "aws-cn", "aws-us-gov", and the end of its services' names: "amazonaws.com". */
const char *aws_partition(const char *region);
const char *aws_suffix(const char *region);

#endif
