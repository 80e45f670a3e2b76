/*
 * lookup.h - what templates ask AWS for: parameters, secrets, zones, the account.
 *
 * As hd_provider.lookup (provider.h) has it.
 */
#ifndef PROVIDERS_AWS_LOOKUP_H
#define PROVIDERS_AWS_LOOKUP_H

#include "providers/rest/rest.h"

/* All but "account-id", which the session knows.  A new reference; NULL with a fault. */
json_t *aws_lookup(const struct rest_session *s, const struct kit_call *c, struct text what,
		   const json_t *args, struct fault *f);

#endif
