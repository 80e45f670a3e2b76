#include "providers/aws/ask.h"

#include "base/clock.h"

int64_t aws_wall_ms(const struct kit_call *c)
{
	const struct hd_host *h = c->host;

	if (HD_KNOWS(struct hd_host, h, wall_ms) && h->wall_ms)
		return h->wall_ms(c->op);
	return clock_real()->wall_ms(clock_real());
}

/* --- partitions -------------------------------------------------------------------------- */

/* botocore's endpoints: partitions and their dnsSuffix; the last row is for all others. */
static const struct {
	const char *prefix, *partition, *suffix;
} partitions[] = {
	{"cn-", "aws-cn", "amazonaws.com.cn"},       {"us-gov-", "aws-us-gov", "amazonaws.com"},
	{"us-iso-", "aws-iso", "c2s.ic.gov"},        {"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov"}, {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
	{"eusc-", "aws-eusc", "amazonaws.eu"},       {"", "aws", "amazonaws.com"},
};

static size_t partition_row(const char *region)
{
	size_t i = 0;

	while (!text_starts(text_of(region), partitions[i].prefix))
		i++;
	return i;
}

const char *aws_partition(const char *region)
{
	return partitions[partition_row(region)].partition;
}

const char *aws_suffix(const char *region)
{
	return partitions[partition_row(region)].suffix;
}

/* --- questions --------------------------------------------------------------------------- */

static int given_key(void *context, const struct kit_call *c, struct arena *a,
		     struct sigv4_key *out, struct fault *f)
{
	const struct aws_key *key = context;

	(void)c;
	(void)a;
	(void)f;
	*out = (struct sigv4_key){key->id, key->secret, key->token};
	return 0;
}

/* The session, signing as the question says. */
static struct rest_session session_for(const struct rest_session *s, const struct aws_question *q)
{
	struct rest_session with = *s;

	switch (q->as) {
	case ASK_AS_SESSION:
		break;
	case ASK_AS_KEY:
		with.context = NULL;
		with.auth = (struct auth){.scheme = AUTH_SIGV4,
					  .given = true,
					  .credentials = given_key,
					  .context = (void *)(uintptr_t)q->key};
		break;
	case ASK_AS_NOBODY:
		with.context = NULL;
		with.auth = (struct auth){.scheme = AUTH_NONE, .given = true};
		break;
	}
	return with;
}

json_t *aws_ask(const struct asker *w, const struct aws_question *q)
{
	const struct aws_service *from = q->service;
	struct definition definition = {
		.type = from->name,
		.service = {.name = from->name,
			    .protocol = from->protocol,
			    .auth = q->as == ASK_AS_NOBODY ? AUTH_NONE : AUTH_SIGV4,
			    .auth_given = true,
			    .signing_name = from->name,
			    .api_version = from->api_version,
			    .target_prefix = from->target_prefix},
	};
	struct step step = {
		.name = q->action, .method = "POST", .action = q->action, .reads = true};
	struct rest_session with = session_for(w->s, q);
	const char *region = w->s->aws_region;
	json_t *wish = json_object(), *body;
	struct rest_request request = {&definition, &step, wish};

	json_object_set_new(wish, "endpoint",
			    json_string(arena_printf(w->a, "https://%s.%s.%s", from->name, region,
						     aws_suffix(region))));
	json_object_set_new(wish, "path", json_string("/"));
	json_object_set_new(wish, "body", json_deep_copy(q->parameters));
	body = rest_ask(&with, w->c, w->a, &request, w->f);
	json_decref(wish);
	return body;
}
