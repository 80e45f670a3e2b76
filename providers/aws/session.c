#include "providers/aws/session.h"

#include <pthread.h>
#include <stdlib.h>

#include "providers/aws/ask.h"
#include "providers/aws/credentials.h"
#include "providers/aws/lookup.h"

struct aws_session {
	const struct rest_session *rest;
	struct aws_settings settings;
	struct credentials *credentials;
	pthread_mutex_t lock; /* of the account: one asks for all */
	struct arena *arena;  /* of the account */
	const char *account;  /* NULL: not known yet */
};

int aws_session_open(const struct rest_session *s, const json_t *config, void **context,
		     struct fault *f)
{
	struct aws_session *w = xcalloc(1, sizeof(*w));

	w->rest = s;
	w->arena = arena_new();
	if (aws_settings_read(w->arena, config, &w->settings, f)) {
		arena_free(w->arena);
		free(w);
		return -1;
	}
	pthread_mutex_init(&w->lock, NULL);
	w->account = w->settings.account_id;
	w->credentials = credentials_new(s, &w->settings);
	*context = w;
	return 0;
}

void aws_session_close(void *context)
{
	struct aws_session *w = context;

	credentials_free(w->credentials);
	pthread_mutex_destroy(&w->lock);
	arena_free(w->arena);
	free(w);
}

int aws_session_credentials(void *context, const struct kit_call *c, struct arena *a,
			    struct sigv4_key *out, struct fault *f)
{
	const struct aws_session *w = context;

	return credentials_get(w->credentials, c, a, out, f);
}

void aws_session_refused(void *context, struct fault *f)
{
	const struct aws_session *w = context;

	if (w)
		credentials_refused(w->credentials, f);
}

/* Who waits for the lock waits for one small request, which ends when its run does. */
static int account_of(struct aws_session *w, const struct kit_call *c, const char **out,
		      struct fault *f)
{
	const struct asker asker = {w->rest, c, w->arena, f};
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	if (!w->account)
		rc = sts_account(&asker, &w->account);
	*out = w->account;
	pthread_mutex_unlock(&w->lock);
	return rc;
}

static bool is_asked_for(const json_t *v, const char *name)
{
	return json_is_null(json_object_get(v, name));
}

int aws_session_variables(void *context, const struct kit_call *c, json_t *v, struct fault *f)
{
	struct aws_session *w = context;
	const char *region = w->rest->aws_region, *account;

	if (is_asked_for(v, "partition"))
		json_object_set_new(v, "partition", json_string(aws_partition(region)));
	if (is_asked_for(v, "suffix"))
		json_object_set_new(v, "suffix", json_string(aws_suffix(region)));
	if (!is_asked_for(v, "account"))
		return 0;
	if (account_of(w, c, &account, f))
		return -1;
	json_object_set_new(v, "account", json_string(account));
	return 0;
}

json_t *aws_session_lookup(void *context, const struct kit_call *c, struct text what,
			   const json_t *args, struct fault *f)
{
	struct aws_session *w = context;
	const char *account;

	if (!text_is(what, "account-id"))
		return aws_lookup(w->rest, c, what, args, f);
	return account_of(w, c, &account, f) ? NULL : json_string(account);
}
