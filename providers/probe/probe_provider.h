/*
 * probe_provider.h - the table of the provider probe: health checks over HTTP and TCP, and by a
 * command on this machine.
 *
 * It serves no types of resources; its lookup answers "check" (provider.h, docs/probe.md).
 */
#ifndef PROVIDERS_PROBE_PROBE_PROVIDER_H
#define PROVIDERS_PROBE_PROBE_PROVIDER_H

#include "providers/api/provider.h"

extern const struct hd_provider hadeploy_provider_probe;

#endif
