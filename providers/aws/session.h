/*
 * session.h - what the aws provider adds to a session of rest: credentials, the account, lookups.
 */
#ifndef PROVIDERS_AWS_SESSION_H
#define PROVIDERS_AWS_SESSION_H

#include "providers/rest/rest.h"

/* For the members of struct rest_kind of the same names. */
int aws_session_open(const struct rest_session *s, const json_t *config, void **context,
		     struct fault *f);
void aws_session_close(void *context);
credentials_fn aws_session_credentials;
void aws_session_refused(void *context, struct fault *f);
int aws_session_variables(void *context, const struct kit_call *c, json_t *v, struct fault *f);
json_t *aws_session_lookup(void *context, const struct kit_call *c, struct text what,
			   const json_t *args, struct fault *f);

#endif
