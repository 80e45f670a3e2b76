#include "providers/powerdns/powerdns_provider.h"

#include "providers/rest/bundle.h"
#include "providers/rest/rest.h"

BUNDLE(powerdns, "providers/powerdns/types.bundle");

static struct rest_kind kind(void)
{
	return (struct rest_kind){.name = "powerdns", .bundle = powerdns_bundle()};
}
