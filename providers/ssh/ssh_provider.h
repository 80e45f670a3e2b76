/*
 * ssh_provider.h - the ssh provider's table: files, directories, commands, packages,
 * services and users on hosts that are reached with SSH.
 */
#ifndef PROVIDERS_SSH_PROVIDER_H
#define PROVIDERS_SSH_PROVIDER_H

#include "providers/api/provider.h"

extern const struct hd_provider hadeploy_provider_ssh;

#endif
