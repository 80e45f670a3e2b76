/*
 * aws_provider.h - the aws provider's table: AWS as definitions of the rest provider (types/), with
 * the facts that AWS publishes about types (aws_types.h) as their schemas, and with AWS's
 * credentials (credentials.h).
 *
 * A type that the facts know and that neither has a definition nor can be made by Cloud Control is
 * known and not deployable.
 */
#ifndef PROVIDERS_AWS_AWS_PROVIDER_H
#define PROVIDERS_AWS_AWS_PROVIDER_H

#include "providers/api/provider.h"

extern const struct hd_provider hadeploy_provider_aws;

#endif
