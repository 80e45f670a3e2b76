/* rest.c - the rest provider: types are what the user's definitions say. */
#include "providers/rest/rest.h"

static const struct rest_kind kind = {.name = "rest"};

static int open_session(const struct hd_host *host, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	return rest_open(&kind, host, op, config, out);
}

static int open_types(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		      struct hd_types **out)
{
	return rest_types_open(&kind, host, op, config, out);
}

const struct hd_provider hadeploy_provider_rest = {
	REST_TABLE,
	.name = "rest",
	.open = open_session,
	.types_open = open_types,
};
