/*
 * sim_provider.h - the sim provider's table: a cloud in a file.
 *
 * It serves Sim::Node, and any other type that its entry's Types claim, with the schema that
 * another provider knows.
 */
#ifndef PROVIDERS_SIM_SIM_PROVIDER_H
#define PROVIDERS_SIM_SIM_PROVIDER_H

#include "providers/api/provider.h"

extern const struct hd_provider hadeploy_provider_sim;

#endif
