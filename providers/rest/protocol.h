/*
 * protocol.h - from what a step asks for to HTTP, from an answer to JSON, and what an error means.
 *
 * A table row per enum protocol: how a body is written, which headers go with it, how an answer's
 * body is decoded, where an error's code and message stand, and what codes and statuses mean unless
 * a definition says otherwise.  Pure: no network here.
 *
 * The query protocols put Action, Version, the wish's query and its body into one form; the others
 * put the query into the URL.  Steps with an Action of these protocols and of JSON 1.0 and 1.1 are
 * POST.
 */
#ifndef PROVIDERS_REST_PROTOCOL_H
#define PROVIDERS_REST_PROTOCOL_H

#include "providers/kit/http.h"
#include "providers/rest/definition.h"

/* What the program's request function gave. */
struct wish {
	const struct definition *definition;
	const struct step *step;
	const json_t *request; /* {"path", "query", "headers", "body"} */
	const char *endpoint;  /* "http://127.0.0.1:8081/api" */
};

/* Fills *out (but for authentication) in the arena.  -1 with *why in the arena. */
int protocol_request(struct arena *a, const struct wish *w, struct http_request *out,
		     const char **why);

/* The decoded body, a new reference: JSON, XML as xml.h has it (the query protocols: without the
 * outer <XResponse><XResult>, unless the status says error), or the text; null when empty.  NULL
 * with *why when it is not what the protocol promises, such as an HTML page of a proxy in
 * between. */
json_t *protocol_body(struct arena *a, const struct definition *t, const struct http_answer *answer,
		      const char **why);

/* An error as the service tells it, each one bounded line; "" where it does not.  body may be NULL;
 * of an HTML page the title is the message. */
struct protocol_error {
	const char *code, *message, *request_id;
};
void protocol_error(struct arena *a, const struct definition *t, const struct http_answer *answer,
		    const json_t *body, struct protocol_error *out);
/* What it means: rules of the step (may be NULL), type, service, protocol, in this order; at each,
 * codes before statuses.  Whether something was done is another question: see the effect. */
enum error_kind protocol_meaning(const struct definition *t, const struct step *step, int status,
				 const char *code);
/* Whether it is the service itself that says so, rather than the page of something else at its
 * address.  AWS's errors have codes; of others it is enough that the body can be read (unread: why
 * not).  A rule for the status says that there may be none. */
bool protocol_told(const struct definition *t, const struct step *step, int status,
		   const char *code, const char *unread);

#endif
