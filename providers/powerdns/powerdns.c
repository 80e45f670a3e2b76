#include "providers/powerdns/powerdns_provider.h"

#include "providers/rest/bundle.h"
#include "providers/rest/rest.h"

BUNDLE(powerdns, "providers/powerdns/types.bundle");

static const struct rest_kind kind = {.name = "powerdns", .bundle = powerdns_bundle};

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

const struct hd_provider hadeploy_provider_powerdns = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "powerdns",
	.version = "1",
	.open = open_session,
	.close = rest_close,
	.read = rest_read,
	.create = rest_create,
	.update = rest_update,
	.remove = rest_remove,
	.poll = rest_poll,
	.find = rest_find,
	.list = rest_list,
	.act = rest_act,
	.types_open = open_types,
	.types_close = rest_types_close,
	.types_names = rest_types_names,
	.types_schema = rest_types_schema,
};
