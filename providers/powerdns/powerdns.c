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
	REST_TABLE,
	.name = "powerdns",
	.open = open_session,
	.types_open = open_types,
};
