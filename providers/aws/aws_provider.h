/*
 * aws_provider.h - the aws provider's table: a catalogue of types.
 *
 * Templates are checked against it; nothing can be deployed with it (it has no open()).
 */
#ifndef PROVIDERS_AWS_AWS_PROVIDER_H
#define PROVIDERS_AWS_AWS_PROVIDER_H

#include "providers/api/provider.h"

extern const struct hd_provider hadeploy_provider_aws;

#endif
