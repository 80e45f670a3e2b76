/*
 * act.h - what runbooks have done on a host, without a resource: act "command" of provider.h.
 *
 * The command runs by itself on the host (op.h), under its idempotency key, so that a later
 * process finds it again.  Its folder there is removed once its end was read: the same key would
 * then start it anew, so whoever asks keeps the token before the first poll.
 */
#ifndef PROVIDERS_SSH_ACT_H
#define PROVIDERS_SSH_ACT_H

#include "providers/ssh/type.h"

#define ACT_VERB "run"

/* The provider's act(). */
int act_call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span action, struct hd_span args);
/* poll() with a token of such a command; an hd_status. */
int act_poll(struct ask *a);
/* Appends what a shell is to run: the text, or the words of a list as one command.  0, or -1 with
 * a fault. */
int act_command_text(struct ask *a, const json_t *command, struct str *out);

#endif
