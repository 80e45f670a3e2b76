/*
 * http_reply.h - an HTTP answer read from a stream that ends with it, for checks from hosts.
 */
#ifndef PROVIDERS_SSH_HTTP_REPLY_H
#define PROVIDERS_SSH_HTTP_REPLY_H

#include "base/str.h"
#include "base/text.h"

enum http_reply_state {
	HTTP_REPLY_MORE, /* the rest is still to come */
	HTTP_REPLY_WHOLE,
	HTTP_REPLY_BAD /* no HTTP */
};
enum http_reply_body { HTTP_REPLY_BODY, HTTP_REPLY_NO_BODY /* an answer to HEAD */ };

struct http_reply {
	int status;
	struct str body; /* as far as it has come */
};

/* Reads all that has come so far, anew each time; the body is filled in any state.  MORE of a
 * stream that has ended is its whole answer only when nothing says how long it is. */
enum http_reply_state http_reply_read(struct text received, enum http_reply_body body,
				      struct http_reply *out);
/* The same of a stream that has ended. */
enum http_reply_state http_reply_ended(struct text received, enum http_reply_body body,
				       struct http_reply *out);

#endif
