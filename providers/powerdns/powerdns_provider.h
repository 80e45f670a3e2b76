/*
 * powerdns_provider.h - the powerdns provider's table: zones and record sets of a PowerDNS server.
 *
 * Everything it knows is in the files of types/ (docs/powerdns.md); rest carries it out.
 */
#ifndef PROVIDERS_POWERDNS_POWERDNS_PROVIDER_H
#define PROVIDERS_POWERDNS_POWERDNS_PROVIDER_H

#include "providers/api/provider.h"

extern const struct hd_provider hadeploy_provider_powerdns;

#endif
